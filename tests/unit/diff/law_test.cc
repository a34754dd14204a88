// The law of sync as a property: apply(old, diff(old, new)) is new.

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/base/random.h"
#include "daemon/diff/diff.h"
#include "daemon/diff/field_diff.h"
#include "tests/unit/dump/golden.h"
#include "tests/unit/dump/sample.h"

namespace roster {
namespace {

using diff::Apply;
using diff::Diff;
using dump::MakeAccount;
using dump::MakeCandidate;
using dump::MakeLink;
using dump::MakeRules;
using model::Account;
using model::Action;
using model::Candidate;
using model::Change;
using model::Field;
using model::Link;
using model::Owner;
using model::RosterRules;

Candidate Ada() { return MakeCandidate(1, "ada@example.org"); }
Account AdasAccount() { return MakeAccount("x", "ada@example.org"); }

model::Match Exact(const Account& account) {
  model::Match match;
  match.kind = model::Match::Kind::kExact;
  match.account = account;
  return match;
}

std::string RandomText(SeededRandom& random) {
  static const std::vector<std::string> kTexts = {
      "",   "Ada", "ada",          " Ada ",         "Ren\xC3\xA9",
      "09", "10",  "Rene\xCC\x81", "x@example.org", "X@Example.org"};
  return kTexts[random.Next() % kTexts.size()];
}

model::Fields RandomFields(SeededRandom& random) {
  model::Fields fields;
  for (const Field field : model::AllFields()) fields.Set(field, RandomText(random));
  return fields;
}

RosterRules RandomRules(SeededRandom& random) {
  RosterRules rules = MakeRules();
  rules.fields.clear();
  for (const Field field : model::AllFields()) {
    if (random.Next() % 3 == 0) continue;
    rules.fields.push_back(
        {model::FactsField::kFirstName, field, static_cast<Owner>(1 + random.Next() % 3)});
  }
  return rules;
}

// The law of sync, for every seed: apply(old, diff(old, new)) is new. After the action the account
// says what FACTS says wherever FACTS owns the field, says what it said everywhere else, and the
// next poll has nothing to write.
TEST(Diff, ApplyOfDiffIsNew) {
  for (std::uint64_t seed = 1; seed <= dump::Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    const RosterRules rules = RandomRules(random);
    Account account = AdasAccount();
    account.fields = RandomFields(random);
    account.active = random.Next() % 3 != 0;
    if (random.Next() % 2 == 0) account.last_accessed = Time{};
    Candidate candidate = Ada();
    candidate.fields = RandomFields(random);
    const bool linked = random.Next() % 3 != 0;
    Link link{candidate.person, account.id, RandomFields(random)};
    const model::Match match = linked ? model::Match{} : Exact(account);

    const Change change =
        Diff(candidate, match, linked ? &link : nullptr, linked ? &account : nullptr, 0, rules);
    const Account after = Apply(account, change.fields, change.action);

    EXPECT_TRUE(after.active || change.action == Action::kNone);
    for (const Field field : model::AllFields()) {
      const auto rule = std::find_if(rules.fields.begin(), rules.fields.end(),
                                     [field](const auto& r) { return r.to == field; });
      const bool facts_owns = rule != rules.fields.end() &&
                              (rule->owner == Owner::kFacts ||
                               (rule->owner == Owner::kUntilFirstLogin && !account.last_accessed));
      const std::string& wanted = candidate.fields.Get(field);
      if (facts_owns && !wanted.empty()) {
        EXPECT_TRUE(model::SameValue(field, after.fields.Get(field), wanted));
      } else {
        EXPECT_EQ(after.fields.Get(field), account.fields.Get(field));
      }
    }
    link.last_written = after.fields;
    const Change next = Diff(candidate, {}, &link, &after, 0, rules);
    EXPECT_EQ(next.action, Action::kNone);
    EXPECT_TRUE(next.fields.empty());
  }
}

// The law to the letter, where FACTS owns everything and no two values are the same but for form.
TEST(Diff, ApplyOfDiffIsExactlyNew) {
  for (std::uint64_t seed = 1; seed <= dump::Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    RosterRules rules = MakeRules();
    rules.fields.clear();
    Account before = AdasAccount();
    Candidate candidate = Ada();
    before.fields = {};
    candidate.fields = {};
    for (const Field field : model::AllFields()) {
      rules.fields.push_back({model::FactsField::kFirstName, field, Owner::kFacts});
      before.fields.Set(field, "v" + std::to_string(random.Next() % 3));
      candidate.fields.Set(field, "v" + std::to_string(random.Next() % 3));
    }
    before.active = random.Next() % 2 == 0;
    const Link link = MakeLink(1, before);
    const Change change = Diff(candidate, {}, &link, &before, 0, rules);
    Account wanted = before;
    wanted.fields = candidate.fields;
    wanted.active = true;
    EXPECT_EQ(Apply(before, change.fields, change.action), wanted);
  }
}

TEST(Apply, AddStartsFromNothing) {
  const Change change = Diff(Ada(), {}, nullptr, nullptr, 0, MakeRules());
  Account nothing;
  nothing.active = false;
  const Account added = Apply(nothing, change.fields, change.action);
  EXPECT_EQ(added.fields, Ada().fields);
  EXPECT_TRUE(added.active);
}

TEST(Apply, ArchiveChangesNothingButTheState) {
  const Account archived = Apply(AdasAccount(), {}, Action::kArchive);
  EXPECT_FALSE(archived.active);
  EXPECT_EQ(archived.fields, AdasAccount().fields);
}

}  // namespace
}  // namespace roster
