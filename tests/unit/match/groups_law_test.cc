// Groups against the plainest way to compute them, on small made-up schools.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "daemon/base/random.h"
#include "daemon/base/text.h"
#include "daemon/match/groups.h"
#include "daemon/match/match.h"
#include "tests/unit/dump/dump.h"
#include "tests/unit/dump/golden.h"
#include "tests/unit/dump/sample.h"

namespace roster {
namespace {

using model::Account;
using model::Candidate;
using model::DuplicateGroup;
using model::Reason;
using model::Severity;
using Kind = model::Match::Kind;

struct World {
  std::vector<Candidate> candidates;
  model::Accounts accounts;
  std::vector<model::Link> links;
  model::Choices choices;
  model::RosterRules rules = dump::MakeRules();
};

class WorldMaker {
 public:
  explicit WorldMaker(std::uint64_t seed) : random_(seed) {}

  World Make() {
    World world;
    if (OneIn(2)) world.rules.accounts = model::AccountsOf::kParents;
    addresses_ = 3 + random_.Next() % 20;
    std::vector<Account> accounts;
    for (int i = 0; i < 8; ++i) accounts.push_back(MakeAccount(i));
    world.accounts = dump::MakeAccounts(accounts);
    for (std::int64_t id = 1; id <= 14; ++id) {
      if (OneIn(3)) world.links.push_back(dump::MakeLink(id, accounts[random_.Next() % 8]));
      if (OneIn(6)) AddChoice(world, id);
      if (!OneIn(8)) world.candidates.push_back(MakeCandidate(id));
    }
    return world;
  }

 private:
  bool OneIn(std::uint64_t number) { return random_.Next() % number == 0; }

  std::string Address() {
    const auto pick = random_.Next() % addresses_;
    if (pick == 0) return "";
    return (OneIn(2) ? "p" : "P") + std::to_string(pick) + "@example.org";
  }

  Account MakeAccount(int number) {
    Account account = dump::MakeAccount("a" + std::to_string(number), Address());
    if (OneIn(3)) account.other_emails = {Address()};
    if (OneIn(8)) account.roles = {"owner"};
    if (OneIn(4)) account.external_id = "tcs:" + std::to_string(1 + random_.Next() % 16);
    if (OneIn(10)) account.external_id = "payroll-" + std::to_string(number);
    return account;
  }

  void AddChoice(World& world, std::int64_t id) {
    model::MatchDecision& decision = world.choices.matches.emplace_back();
    decision.person = PersonId(id);
    if (OneIn(2)) {
      decision.account = AccountId("a" + std::to_string(random_.Next() % 9));
    } else {
      for (int i = 0; i < 8; ++i) {
        if (OneIn(2)) decision.seen.emplace_back("a" + std::to_string(i));
      }
    }
  }

  Candidate MakeCandidate(std::int64_t id) {
    Candidate candidate = dump::MakeCandidate(id, Address());
    if (OneIn(6)) candidate.eligibility = model::Eligibility::kIneligible;
    if (OneIn(5) && !candidate.email.empty()) {
      candidate.uses_email2 = true;
      candidate.facts_email = Address();
    }
    for (std::int64_t family = 1; family <= 3; ++family) {
      if (!OneIn(3)) candidate.families.push_back({FamilyId(family), OneIn(4)});
    }
    return candidate;
  }

  SeededRandom random_;
  std::uint64_t addresses_ = 3;
};

// A group, by the rules' own words.
struct Expected {
  std::set<PersonId> members;
  Reason reason = Reason::kDuplicateEmail;
  std::optional<AccountId> account;
  std::optional<FamilyId> family;
  Severity severity = Severity::kError;
  Fingerprint key;
  std::string address_key;
};

class Oracle {
 public:
  Oracle(const World& world, const std::vector<model::Match>& matches)
      : world_(world), matches_(matches) {}

  std::vector<Expected> Groups() const {
    std::vector<Expected> groups;
    for (const auto& members : Components()) {
      const bool blocked = std::any_of(members.begin(), members.end(), [this](PersonId person) {
        return InTheWay(person).has_value();
      });
      if (members.size() < 2 && !blocked) continue;
      groups.push_back(Describe(members));
    }
    return groups;
  }

  std::set<PersonId> Rivals(PersonId person) const {
    std::set<PersonId> rivals;
    for (const Candidate& other : world_.candidates) {
      if (other.person == person || !Eligible(person) || !Eligible(other.person)) continue;
      const std::string key = EmailKey(Find(person)->email);
      const bool address = !key.empty() && key == EmailKey(other.email);
      const auto account = Exact(person);
      if (address || (account && account == Exact(other.person))) rivals.insert(other.person);
    }
    if (const auto holder = MatchOf(person).taken_by) rivals.insert(*holder);
    return rivals;
  }

 private:
  const Candidate* Find(PersonId person) const {
    for (const Candidate& candidate : world_.candidates) {
      if (candidate.person == person) return &candidate;
    }
    return nullptr;
  }

  const model::Match& MatchOf(PersonId person) const {
    return matches_.at(static_cast<std::size_t>(Find(person) - world_.candidates.data()));
  }

  bool Eligible(PersonId person) const {
    const Candidate* candidate = Find(person);
    return candidate != nullptr && candidate->eligibility == model::Eligibility::kEligible;
  }

  std::optional<AccountId> Exact(PersonId person) const {
    const model::Match& match = MatchOf(person);
    if (!Eligible(person) || match.kind != Kind::kExact) return std::nullopt;
    return match.account->id;
  }

  std::set<std::string> Addresses(PersonId person) const {
    std::set<std::string> addresses;
    if (!Eligible(person)) return addresses;
    const Candidate& candidate = *Find(person);
    addresses.insert(EmailKey(candidate.email));
    if (candidate.uses_email2) addresses.insert(EmailKey(candidate.facts_email));
    addresses.erase("");
    return addresses;
  }

  std::optional<AccountId> InTheWay(PersonId person) const {
    if (Find(person) == nullptr) return std::nullopt;
    const model::Match& match = MatchOf(person);
    if (match.collision) return match.collision;
    if (match.kind == Kind::kTaken && Eligible(person)) return match.account->id;
    return std::nullopt;
  }

  // What ties somebody in whose way an account is: "" when it is the account itself.
  std::string BlockedAddress(PersonId person) const {
    return Eligible(person) ? EmailKey(Find(person)->email) : "";
  }

  std::optional<PersonId> OwnerOf(const AccountId& id) const {
    for (const model::Link& link : world_.links) {
      if (link.account == id) return link.person;
    }
    for (const Account& account : world_.accounts.all) {
      if (account.id == id && account.external_id.starts_with("tcs:")) {
        return PersonId(std::stoll(account.external_id.substr(4)));
      }
    }
    return std::nullopt;
  }

  bool Joined(PersonId a, PersonId b) const {
    for (const auto& [one, other] : {std::pair(a, b), std::pair(b, a)}) {
      const auto account = InTheWay(one);
      if (account && OwnerOf(*account) == other) return true;
    }
    if (Find(a) == nullptr || Find(b) == nullptr) return false;
    if (Exact(a) && Exact(a) == Exact(b)) return true;
    if (InTheWay(a) && InTheWay(a) == InTheWay(b) && BlockedAddress(a).empty() &&
        BlockedAddress(b).empty()) {
      return true;
    }
    const auto theirs = Addresses(b);
    const auto own = Addresses(a);
    return std::any_of(own.begin(), own.end(),
                       [&theirs](const std::string& key) { return theirs.contains(key); });
  }

  std::vector<std::set<PersonId>> Components() const {
    std::map<PersonId, PersonId> label;
    for (std::int64_t id = 1; id <= 20; ++id) label[PersonId(id)] = PersonId(id);
    for (bool changed = true; changed;) {
      changed = false;
      for (auto& [a, of_a] : label) {
        for (auto& [b, of_b] : label) {
          if (of_a == of_b || a == b || !Joined(a, b)) continue;
          of_a = of_b = std::min(of_a, of_b);
          changed = true;
        }
      }
    }
    std::map<PersonId, std::set<PersonId>> sets;
    for (const auto& [person, lowest] : label) sets[lowest].insert(person);
    std::vector<std::set<PersonId>> components;
    for (auto& [lowest, members] : sets) components.push_back(std::move(members));
    return components;
  }

  Expected Describe(const std::set<PersonId>& members) const {
    Expected group;
    group.members = members;
    for (const PersonId person : members) {
      const auto account = InTheWay(person);
      if (!account) continue;
      if (!group.account) group.account = account;
      if (MatchOf(person).collision) {
        group.reason = Reason::kEmailCollision;
      } else if (group.reason == Reason::kDuplicateEmail) {
        group.reason = Reason::kTaken;
      }
    }
    for (std::int64_t family = 3; family >= 1; --family) {
      if (HoldsAll(FamilyId(family), members)) group.family = FamilyId(family);
    }
    if (world_.rules.accounts == model::AccountsOf::kParents && group.family &&
        group.reason == Reason::kDuplicateEmail && !FirstAmong(*group.family, members)) {
      group.severity = Severity::kWarning;
    }
    SetKey(group);
    return group;
  }

  bool HoldsAll(FamilyId family, const std::set<PersonId>& members) const {
    return std::all_of(members.begin(), members.end(), [&](PersonId person) {
      const Candidate* candidate = Find(person);
      return candidate != nullptr &&
             std::any_of(candidate->families.begin(), candidate->families.end(),
                         [family](const auto& place) { return place.family == family; });
    });
  }

  bool FirstAmong(FamilyId family, const std::set<PersonId>& members) const {
    return std::any_of(members.begin(), members.end(), [&](PersonId person) {
      const auto& places = Find(person)->families;
      return std::find(places.begin(), places.end(), model::FamilyPlace{family, true}) !=
             places.end();
    });
  }

  void SetKey(Expected& group) const {
    std::map<std::string, int> addresses;  // how often wanted
    std::map<AccountId, int> accounts;
    for (const PersonId person : group.members) {
      if (Find(person) == nullptr) continue;
      for (const std::string& key : Addresses(person)) ++addresses[key];
      if (const auto account = Exact(person)) ++accounts[*account];
      if (const auto account = InTheWay(person)) {
        const std::string key = BlockedAddress(person);
        (key.empty() ? accounts[*account] : addresses[key]) += 2;
      }
    }
    std::map<std::array<unsigned char, 16>, std::string> keys;
    for (const auto& [key, times] : addresses) {
      if (times > 1) keys[match::AddressWanted(key).bytes] = key;
    }
    if (keys.empty()) {
      for (const auto& [account, times] : accounts) {
        if (times > 1) keys[match::AccountWanted(account).bytes] = "";
      }
    }
    ASSERT_FALSE(keys.empty());
    group.key.bytes = keys.begin()->first;
    group.address_key = keys.begin()->second;
  }

  const World& world_;
  const std::vector<model::Match>& matches_;
};

void ExpectSame(const Expected& expected, const DuplicateGroup& group) {
  SCOPED_TRACE(dump::Print(group));
  EXPECT_EQ(std::vector<PersonId>(expected.members.begin(), expected.members.end()), group.members);
  EXPECT_EQ(expected.members.size(), group.members_total);
  EXPECT_EQ(expected.reason, group.reason);
  EXPECT_EQ(expected.account, group.account);
  EXPECT_EQ(expected.family, group.family);
  EXPECT_EQ(expected.severity, group.severity);
  EXPECT_EQ(expected.key, group.key);
  if (!expected.address_key.empty()) {
    EXPECT_EQ(expected.address_key, EmailKey(group.address));
  }
}

// For every seed: the groups, the rivals, and what each row is told of its group.
TEST(GroupsLaw, AreWhatTheRulesSay) {
  std::size_t most = 0;
  for (std::uint64_t seed = 1; seed <= 5 * dump::Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const World world = WorldMaker(seed).Make();
    const match::AccountIndex index(world.accounts, world.links, world.rules);
    const auto result =
        match::Match(world.candidates, index, world.links, world.rules, world.choices);
    const Oracle oracle(world, result.matches);

    auto expected = oracle.Groups();
    std::sort(expected.begin(), expected.end(),
              [](const Expected& a, const Expected& b) { return a.key.bytes < b.key.bytes; });
    ASSERT_EQ(expected.size(), result.groups.size());
    std::map<PersonId, const DuplicateGroup*> of;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ExpectSame(expected[i], result.groups[i]);
      if (i > 0) {
        EXPECT_NE(expected[i - 1].key, expected[i].key);
      }
      for (const PersonId member : expected[i].members) of[member] = &result.groups[i];
      most = std::max(most, expected[i].members.size());
    }
    for (std::size_t i = 0; i < world.candidates.size(); ++i) {
      const PersonId person = world.candidates[i].person;
      const model::Match& match = result.matches[i];
      const auto group = of.find(person);
      ASSERT_EQ(match.group.has_value(), group != of.end());
      EXPECT_EQ(match.severity, match.group ? group->second->severity : Severity::kNone);
      if (match.group) {
        EXPECT_EQ(*match.group, group->second->key);
      }
      const auto rivals = oracle.Rivals(person);
      EXPECT_EQ(match.duplicates, std::vector<PersonId>(rivals.begin(), rivals.end()));
    }
  }
  EXPECT_GT(most, 6U);  // or the schools are too plain
}

}  // namespace
}  // namespace roster
