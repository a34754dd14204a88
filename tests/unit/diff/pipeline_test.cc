// Roster, match and diff one after the other, as the engine runs them.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "daemon/base/random.h"
#include "daemon/base/text.h"
#include "daemon/diff/diff.h"
#include "daemon/match/match.h"
#include "daemon/roster/roster.h"
#include "tests/unit/dump/dump.h"
#include "tests/unit/dump/golden.h"
#include "tests/unit/dump/sample.h"

namespace roster {
namespace {

using dump::MakeAccount;
using dump::MakeAccounts;
using dump::MakeLink;
using dump::MakeRules;
using dump::MakeSnapshot;
using model::Account;
using model::Action;
using model::Change;
using model::Link;

std::vector<Change> RunAll(const model::Snapshot& snapshot, const model::Accounts& accounts,
                           std::vector<Link> links, const model::RosterRules& rules,
                           const std::map<PersonId, std::uint32_t>& missing = {}) {
  for (Link& link : match::RecoverLinks(accounts, links, rules)) links.push_back(std::move(link));
  std::sort(links.begin(), links.end(),
            [](const Link& a, const Link& b) { return a.person < b.person; });
  std::vector<PersonId> linked;
  linked.reserve(links.size());
  for (const Link& link : links) linked.push_back(link.person);
  const auto candidates = roster::Roster(snapshot, rules, linked, {}).candidates;
  const match::AccountIndex index(accounts, links, rules);
  return diff::DiffAll(
      candidates, match::Match(candidates, index, links, rules, {}).matches, links, accounts,
      [&missing](PersonId person) {
        const auto at = missing.find(person);
        return at == missing.end() ? 0U : at->second;
      },
      rules);
}

TEST(Pipeline, GoldenSchool) {
  const auto snapshot = MakeSnapshot({{1, "Ada", "Example", "in-step@example.org"},
                                      {2, "Ada", "Example", "new@example.org"},
                                      {3, "Adele", "Example", "outdated@example.org"},
                                      {4, "Ada", "Example", "found@example.org"},
                                      {5, "Ada", "Example", "drifted@example.org"},
                                      {6, "Ada", "Example", "back@example.org"},
                                      {7, "Ada", "Example", "graduate@example.org"},
                                      {9, "Ada", "Example", "unclear@example.org"},
                                      {10, "Ada", "Example", "lost@example.org"},
                                      {11, "Ada", "Example", "in-step@example.org"},
                                      {12, "Ada", "Example", "nothing"},
                                      {13, "Ada", "Example", "owner@example.org"},
                                      {14, "Ada", "Example", "carried@example.org"},
                                      {16, "Ada", "Example", "unowned@example.org"}},
                                     {{1},
                                      {2},
                                      {3},
                                      {4},
                                      {5},
                                      {6},
                                      {7, "Graduate", "12"},
                                      {9, "On leave"},
                                      {10},
                                      {11},
                                      {12},
                                      {13},
                                      {14},
                                      {15},
                                      {16}});
  Account drifted = MakeAccount("a05", "drifted@example.org");
  const Link drifted_link = MakeLink(5, drifted);
  drifted.fields.Set(model::Field::kFamilyName, "By-Himself");
  Account back = MakeAccount("a06", "back@example.org");
  back.active = false;
  Account owner = MakeAccount("a13", "owner@example.org");
  owner.roles = {"owner"};
  Account carried = MakeAccount("a14", "carried@example.org");
  carried.external_id = "tcs:14";
  const Account one = MakeAccount("a01", "in-step@example.org");
  const Account three = MakeAccount("a03", "outdated@example.org");
  const Account seven = MakeAccount("a07", "graduate@example.org");
  const Account eight = MakeAccount("a08", "missing@example.org");
  const Account nine = MakeAccount("a09", "unclear@example.org");
  const Account sixteen = MakeAccount("a16", "before@example.org");
  const auto accounts = MakeAccounts({one, three, MakeAccount("a04", "found@example.org"), drifted,
                                      back, seven, eight, nine, owner, carried, sixteen,
                                      MakeAccount("a17", "unowned@example.org")});
  const std::vector<Link> links = {MakeLink(1, one),     MakeLink(3, three),
                                   drifted_link,         MakeLink(6, back),
                                   MakeLink(7, seven),   MakeLink(8, eight),
                                   MakeLink(9, nine),    MakeLink(10, MakeAccount("a10", "")),
                                   MakeLink(16, sixteen)};
  std::string text;
  for (const Change& change : RunAll(snapshot, accounts, links, MakeRules(), {{PersonId(8), 2}})) {
    text += dump::Print(change);
  }
  dump::ExpectGolden("diff/school.txt", text);
}

// The world of a property test: made up from a seed.
struct World {
  std::vector<dump::PersonRow> people;
  std::vector<dump::StudentRow> students;
  std::vector<Account> accounts;
  std::vector<Link> links;
};

World MakeWorld(std::uint64_t seed) {
  SeededRandom random(seed);
  const auto address = [&random] {
    const auto pick = random.Next() % 60;
    return pick == 0 ? std::string("none") : "p" + std::to_string(pick) + "@example.org";
  };
  static const std::vector<std::string> kWords = {"Enrolled", "Enrolled",   "Enrolled", "Graduate",
                                                  "",         "Admissions", "Withdrawn"};
  World world;
  for (std::int64_t id = 1; id <= 40; ++id) {
    if (random.Next() % 8 != 0) {
      world.people.push_back({id, "Ada" + std::to_string(random.Next() % 3), "Example", address(),
                              "", random.Next() % 20 == 0});
    }
    if (random.Next() % 6 != 0) {
      world.students.push_back({id, kWords[random.Next() % kWords.size()]});
    }
    if (random.Next() % 2 == 0) continue;
    Account account = MakeAccount("a" + std::to_string(100 + id), address());
    account.active = random.Next() % 5 != 0;
    if (random.Next() % 10 == 0) account.roles = {"manager"};
    if (random.Next() % 3 == 0) account.external_id = "tcs:" + std::to_string(id);
    if (random.Next() % 3 == 0) world.links.push_back(MakeLink(id, account));
    if (random.Next() % 12 != 0) world.accounts.push_back(account);
  }
  return world;
}

// For every seed: everybody is there once, in order; nothing is proposed for what is another's or
// protected; no two adds or updates give two accounts one address unless they are duplicates of
// each other; carrying out the lot and polling again proposes nothing more for those it was done
// to.
TEST(Pipeline, CarriedOutOnceIsInStep) {
  const model::RosterRules rules = MakeRules();
  for (std::uint64_t seed = 1; seed <= dump::Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const World world = MakeWorld(seed);
    const auto snapshot = MakeSnapshot(world.people, world.students);
    const auto changes = RunAll(snapshot, MakeAccounts(world.accounts), world.links, rules);

    std::map<AccountId, Account> site;
    std::map<PersonId, Link> links;
    for (const Account& account : world.accounts) site[account.id] = account;
    for (const Link& link : world.links) links[link.person] = link;
    std::map<std::string, PersonId> written;
    std::vector<PersonId> done;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const Change& change = changes[i];
      const PersonId person = change.candidate.person;
      if (i > 0) {
        EXPECT_LT(changes[i - 1].candidate.person, person);
      }
      if (change.action == Action::kNone || !change.duplicates.empty()) continue;
      if (change.account) {
        EXPECT_FALSE(match::IsProtected(*change.account, rules));
      }
      if (change.action != Action::kArchive) {
        const std::string key = EmailKey(change.candidate.email);
        EXPECT_TRUE(written.emplace(key, person).second) << person.value();
        for (const auto& [id, other] : site) {
          const bool own = change.account && change.account->id == id;
          const bool writes =
              std::any_of(change.fields.begin(), change.fields.end(),
                          [](const auto& field) { return field.field == model::Field::kUserName; });
          if (writes && !own && !id.value().starts_with("new")) {
            EXPECT_NE(EmailKey(other.fields.Get(model::Field::kUserName)), key) << id.value();
          }
        }
      }
      Account account = change.account.value_or(Account{});
      account = diff::Apply(account, change.fields, change.action);
      if (account.id.value().empty())
        account.id = AccountId("new" + std::to_string(person.value()));
      account.external_id = model::ExternalId(rules, person);
      site[account.id] = account;
      links[person] = {person, account.id, account.fields};
      done.push_back(person);
    }

    std::vector<Account> accounts_after;
    std::vector<Link> links_after;
    accounts_after.reserve(site.size());
    links_after.reserve(links.size());
    for (const auto& [id, account] : site) accounts_after.push_back(account);
    for (const auto& [person, link] : links) links_after.push_back(link);
    const auto after = RunAll(snapshot, MakeAccounts(accounts_after), links_after, rules);
    for (const Change& change : after) {
      if (std::binary_search(done.begin(), done.end(), change.candidate.person)) {
        EXPECT_EQ(change.action, Action::kNone) << dump::Print(change);
      }
    }
  }
}

// Rules, 14: the store is lost, and one poll finds every link again, of people who have left too.
TEST(Pipeline, LostStoreIsRecoveredFromTheSite) {
  const model::RosterRules rules = MakeRules();
  const auto snapshot = MakeSnapshot(
      {{1, "Ada", "Example", "ada@example.org"}, {2, "Ada", "Example", "bob@example.org"}},
      {{1}, {2, "Graduate"}});
  Account ada = MakeAccount("x", "ada@example.org");
  ada.external_id = "tcs:1";
  Account bob = MakeAccount("y", "bob@example.org");
  bob.external_id = "tcs:2";
  const auto changes = RunAll(snapshot, MakeAccounts({ada, bob}), {}, rules);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].situation, model::Situation::kInStep);
  EXPECT_TRUE(changes[0].linked);
  EXPECT_EQ(changes[1].action, Action::kArchive);
  EXPECT_EQ(changes[1].reason, model::Reason::kGraduated);
}

}  // namespace
}  // namespace roster
