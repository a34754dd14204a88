// Who is in whose way, as groups (rules, 8, 9, 17; the workflow's table of severities).

#include "daemon/match/groups.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "daemon/match/match.h"
#include "tests/unit/dump/sample.h"

namespace roster {
namespace {

using dump::MakeAccount;
using dump::MakeCandidate;
using dump::MakeLink;
using match::MatchResult;
using model::Account;
using model::AccountsOf;
using model::Candidate;
using model::DuplicateGroup;
using model::Eligibility;
using model::Link;
using model::Reason;
using model::RosterRules;
using model::Severity;

RosterRules RulesFor(AccountsOf accounts) {
  RosterRules rules = dump::MakeRules();
  rules.accounts = accounts;
  return rules;
}

MatchResult MatchWhole(const std::vector<Candidate>& candidates,
                       const std::vector<Account>& accounts = {},
                       const std::vector<Link>& links = {},
                       const RosterRules& rules = RulesFor(AccountsOf::kStudents)) {
  const auto all = dump::MakeAccounts(accounts);
  const match::AccountIndex index(all, links, rules);
  return match::Match(candidates, index, links, rules, {});
}

// The one group there must be.
DuplicateGroup OneGroup(const MatchResult& result) {
  EXPECT_EQ(result.groups.size(), 1U);
  return result.groups.empty() ? DuplicateGroup{} : result.groups.front();
}

std::vector<PersonId> Persons(std::initializer_list<std::int64_t> ids) {
  std::vector<PersonId> persons;
  for (const auto id : ids) persons.emplace_back(id);
  return persons;
}

struct Place {
  std::int64_t family = 0;
  bool first = false;
};

Candidate Parent(std::int64_t id, const std::string& email, std::initializer_list<Place> places) {
  Candidate candidate = MakeCandidate(id, email);
  for (const Place& place : places) {
    candidate.families.push_back({FamilyId(place.family), place.first});
  }
  return candidate;
}

Candidate UsesEmail2(std::int64_t id, const std::string& facts, const std::string& email2) {
  Candidate candidate = MakeCandidate(id, email2);
  candidate.uses_email2 = true;
  candidate.facts_email = facts;
  candidate.email2 = email2;
  return candidate;
}

Candidate Gone(Candidate candidate) {
  candidate.eligibility = Eligibility::kIneligible;
  return candidate;
}

Severity OfParents(const std::vector<Candidate>& candidates,
                   const std::vector<Account>& accounts = {}, const std::vector<Link>& links = {}) {
  return OneGroup(MatchWhole(candidates, accounts, links, RulesFor(AccountsOf::kParents))).severity;
}

TEST(Groups, NobodyInAnybodysWayIsNoGroup) {
  const Account x = MakeAccount("x", "a@example.org");
  const auto result = MatchWhole(
      {MakeCandidate(1, "a@example.org"), MakeCandidate(2, "b@example.org"), MakeCandidate(3, "")},
      {x}, {MakeLink(1, x)});
  EXPECT_TRUE(result.groups.empty());
  EXPECT_FALSE(result.matches.at(0).group);
  EXPECT_EQ(result.matches.at(0).severity, Severity::kNone);
}

// Rules, 8.
TEST(Groups, OneAddressIsOneGroup) {
  const auto result =
      MatchWhole({MakeCandidate(1, "Ada@example.org"), MakeCandidate(2, "b@example.org"),
                  MakeCandidate(3, "ada@Example.org")});
  const DuplicateGroup group = OneGroup(result);
  EXPECT_EQ(group.reason, Reason::kDuplicateEmail);
  EXPECT_EQ(group.address, "Ada@example.org");
  EXPECT_EQ(group.members, Persons({1, 3}));
  EXPECT_EQ(group.members_total, 2U);
  EXPECT_FALSE(group.account);
  EXPECT_FALSE(group.family);
  EXPECT_EQ(group.id, GroupId());
  EXPECT_EQ(result.matches.at(0).group, group.key);
  EXPECT_FALSE(result.matches.at(1).group);
  EXPECT_EQ(result.matches.at(2).group, group.key);
}

TEST(Groups, ComeByKeyAndTheirKeysDiffer) {
  std::vector<Candidate> candidates;
  for (int i = 0; i < 20; ++i) {
    candidates.push_back(MakeCandidate(i + 1, "p" + std::to_string(i / 2) + "@example.org"));
  }
  const auto groups = MatchWhole(candidates).groups;
  ASSERT_EQ(groups.size(), 10U);
  for (std::size_t i = 1; i < groups.size(); ++i) {
    EXPECT_LT(groups[i - 1].key.bytes, groups[i].key.bytes);
  }
}

// The workflow's table.
TEST(Groups, StudentsAreAlwaysAnError) {
  std::vector<Candidate> siblings = {Parent(1, "a@example.org", {{7}}),
                                     Parent(2, "a@example.org", {{7}})};
  const auto result = MatchWhole(siblings);
  EXPECT_EQ(OneGroup(result).severity, Severity::kError);
  EXPECT_EQ(result.matches.at(0).severity, Severity::kError);
}

// The workflow's table.
TEST(Groups, ParentsOfSeveralFamiliesAreAnError) {
  EXPECT_EQ(OfParents({Parent(1, "a@example.org", {{7}}), Parent(2, "a@example.org", {{8}})}),
            Severity::kError);
}

// The workflow's table.
TEST(Groups, ParentListedFirstMakesAnError) {
  EXPECT_EQ(OfParents({Parent(1, "a@example.org", {{7}}), Parent(2, "a@example.org", {{7, true}})}),
            Severity::kError);
}

// The workflow's table.
TEST(Groups, ParentsListedLowerAreAWarning) {
  const auto result =
      MatchWhole({Parent(1, "a@example.org", {{7}}), Parent(2, "a@example.org", {{7}})}, {}, {},
                 RulesFor(AccountsOf::kParents));
  EXPECT_EQ(OneGroup(result).severity, Severity::kWarning);
  EXPECT_EQ(OneGroup(result).family, FamilyId(7));
  EXPECT_EQ(result.matches.at(0).severity, Severity::kWarning);
  EXPECT_EQ(result.matches.at(1).severity, Severity::kWarning);
}

// Only the household that holds them all counts.
TEST(Groups, ListedFirstElsewhereIsNoError) {
  EXPECT_EQ(
      OfParents({Parent(1, "a@example.org", {{7}, {9, true}}), Parent(2, "a@example.org", {{7}})}),
      Severity::kWarning);
}

// Rules, 8: no one household holds all three, though each two share one.
TEST(Groups, FamiliesThatOverlapAreSeveral) {
  EXPECT_EQ(
      OfParents({Parent(1, "a@example.org", {{7}, {8}}), Parent(2, "a@example.org", {{7}, {9}}),
                 Parent(3, "a@example.org", {{8}, {9}})}),
      Severity::kError);
}

TEST(Groups, LowestOfSeveralCommonFamiliesIsNamed) {
  const auto result = MatchWhole(
      {Parent(1, "a@example.org", {{7}, {8}, {9}}), Parent(2, "a@example.org", {{8}, {9}})});
  EXPECT_EQ(OneGroup(result).family, FamilyId(8));
}

TEST(Groups, SomebodyWithoutAFamilyHasNoneInCommon) {
  EXPECT_EQ(OfParents({Parent(1, "a@example.org", {{7}}), Parent(2, "a@example.org", {})}),
            Severity::kError);
}

// Rules, 9: a taken address is an error even within a family.
TEST(Groups, TakenByAParentOfTheFamilyIsAnError) {
  const Account x = MakeAccount("x", "a@example.org");
  const auto result =
      MatchWhole({Parent(1, "a@example.org", {{7}}), Parent(2, "b@example.org", {{7}})}, {x},
                 {MakeLink(2, x)}, RulesFor(AccountsOf::kParents));
  const DuplicateGroup group = OneGroup(result);
  EXPECT_EQ(group.reason, Reason::kTaken);
  EXPECT_EQ(group.severity, Severity::kError);
  EXPECT_EQ(group.family, FamilyId(7));
  EXPECT_EQ(group.account, AccountId("x"));
  EXPECT_EQ(group.members, Persons({1, 2}));
  EXPECT_TRUE(result.matches.at(1).duplicates.empty());  // the holder frees it by being updated
}

// Rules, 9: a collision too.
TEST(Groups, CollisionWithinAFamilyIsAnError) {
  const Account x = MakeAccount("x", "a@example.org");
  const Account y = MakeAccount("y", "b@example.org");
  EXPECT_EQ(OfParents({Parent(1, "b@example.org", {{7}}), Parent(2, "b@example.org", {{7}})},
                      {x, y}, {MakeLink(1, x), MakeLink(2, y)}),
            Severity::kError);
}

// Rules, 8: the holder of a taken account is a member, whoever that is.
TEST(Groups, HolderOfATakenAccountIsAMember) {
  const Account x = MakeAccount("x", "a@example.org");
  const auto left =
      MatchWhole({MakeCandidate(1, "a@example.org"), Gone(MakeCandidate(5, "a@example.org"))}, {x},
                 {MakeLink(5, x)});
  EXPECT_EQ(OneGroup(left).members, Persons({1, 5}));
  EXPECT_EQ(left.matches.at(1).group, OneGroup(left).key);
  EXPECT_EQ(left.matches.at(1).severity, Severity::kError);
  const auto unknown = MatchWhole({MakeCandidate(6, "a@example.org")}, {x}, {MakeLink(5, x)});
  EXPECT_EQ(OneGroup(unknown).members, Persons({5, 6}));
  EXPECT_EQ(OneGroup(unknown).address, "a@example.org");
}

// An external id of another shape: nobody to choose between, and still open.
TEST(Groups, TakenByNobodyKnownIsAGroupOfOne) {
  Account x = MakeAccount("x", "a@example.org");
  x.external_id = "payroll-17";
  const DuplicateGroup group = OneGroup(MatchWhole({MakeCandidate(1, "a@example.org")}, {x}));
  EXPECT_EQ(group.members, Persons({1}));
  EXPECT_EQ(group.reason, Reason::kTaken);
  EXPECT_EQ(group.account, AccountId("x"));
}

TEST(Groups, CollisionWithAnUnownedAccountIsAGroupOfOne) {
  const Account x = MakeAccount("x", "a@example.org");
  const auto result = MatchWhole({MakeCandidate(1, "b@example.org")},
                                 {x, MakeAccount("y", "b@example.org")}, {MakeLink(1, x)});
  EXPECT_EQ(OneGroup(result).members, Persons({1}));
  EXPECT_EQ(OneGroup(result).reason, Reason::kEmailCollision);
  EXPECT_EQ(OneGroup(result).account, AccountId("y"));
}

// Rules, 17.
TEST(Groups, SwapIsOneGroupOfTwo) {
  const Account x = MakeAccount("x", "a@example.org");
  const Account y = MakeAccount("y", "b@example.org");
  const auto result =
      MatchWhole({MakeCandidate(1, "b@example.org"), MakeCandidate(2, "a@example.org")}, {x, y},
                 {MakeLink(1, x), MakeLink(2, y)});
  const DuplicateGroup group = OneGroup(result);
  EXPECT_EQ(group.members, Persons({1, 2}));
  EXPECT_EQ(group.reason, Reason::kEmailCollision);
  EXPECT_EQ(group.account, AccountId("y"));  // in the way of the lowest member
  EXPECT_TRUE(result.matches.at(0).duplicates.empty());
}

// 1 and 2 want one address; 2 and 3 fit one account.
TEST(Groups, ChainOfThreeIsOneGroup) {
  Account x = MakeAccount("x", "b@example.org");
  x.other_emails = {"c@example.org"};
  const Account y = MakeAccount("y", "a@example.org");
  const auto result =
      MatchWhole({MakeCandidate(1, "b@example.org"), MakeCandidate(2, "b@example.org"),
                  MakeCandidate(3, "c@example.org")},
                 {x, y}, {MakeLink(1, y)});
  EXPECT_EQ(OneGroup(result).members, Persons({1, 2, 3}));
  EXPECT_EQ(result.matches.at(0).duplicates, Persons({2}));
  EXPECT_EQ(result.matches.at(1).duplicates, Persons({1, 3}));
}

// A collision weighs more than a taken account, and that more than an address.
TEST(Groups, WorstReasonIsNamed) {
  const Account x = MakeAccount("x", "a@example.org");
  const Account y = MakeAccount("y", "b@example.org");
  const auto result = MatchWhole({MakeCandidate(1, "b@example.org"),   // taken by 3
                                  MakeCandidate(2, "b@example.org"),   // collides
                                  MakeCandidate(3, "b@example.org")},  // has it
                                 {x, y}, {MakeLink(2, x), MakeLink(3, y)});
  EXPECT_EQ(OneGroup(result).reason, Reason::kEmailCollision);
  EXPECT_EQ(OneGroup(result).members, Persons({1, 2, 3}));
}

// Both are held whatever they become, so both are shown.
TEST(Groups, PersonsOfOneLinkedAccountAreAGroup) {
  const Account x = MakeAccount("x", "a@example.org");
  const auto result =
      MatchWhole({MakeCandidate(1, "a@example.org"), Gone(MakeCandidate(2, "b@example.org"))}, {x},
                 {MakeLink(1, x), MakeLink(2, x)});
  EXPECT_EQ(OneGroup(result).members, Persons({1, 2}));
  const auto vanished =
      MatchWhole({MakeCandidate(1, "a@example.org"), MakeCandidate(2, "b@example.org")}, {},
                 {MakeLink(1, x), MakeLink(2, x)});
  EXPECT_EQ(OneGroup(vanished).members, Persons({1, 2}));
}

// Who has left holds no address any more.
TEST(Groups, PeopleWhoHaveLeftAreNotJoinedByAddress) {
  EXPECT_TRUE(
      MatchWhole({MakeCandidate(1, "a@example.org"), Gone(MakeCandidate(2, "a@example.org"))})
          .groups.empty());
}

// Rules, 5, by decision: the resolved group stays, to be shown and reopened.
TEST(Groups, WhoeverUsesEmail2StaysAMemberAndIsNoRival) {
  const auto before =
      MatchWhole({MakeCandidate(1, "a@example.org"), MakeCandidate(2, "a@example.org")});
  const auto result = MatchWhole(
      {MakeCandidate(1, "a@example.org"), UsesEmail2(2, "A@example.org", "b@example.org")});
  const DuplicateGroup group = OneGroup(result);
  EXPECT_EQ(group.members, Persons({1, 2}));
  EXPECT_EQ(group.key, OneGroup(before).key);
  EXPECT_TRUE(result.matches.at(0).duplicates.empty());
  EXPECT_TRUE(result.matches.at(1).duplicates.empty());
  EXPECT_EQ(result.matches.at(1).group, group.key);
}

TEST(Groups, AddressOfAGroupIsNotSomebodysEmail2) {
  const auto result = MatchWhole(
      {UsesEmail2(1, "A@example.org", "b@example.org"), MakeCandidate(2, "a@example.org")});
  EXPECT_EQ(OneGroup(result).address, "A@example.org");
}

// Email2 is wanted like any address.
TEST(Groups, Email2ThatAnotherWantsJoinsBothGroups) {
  const auto result = MatchWhole({MakeCandidate(1, "a@example.org"),
                                  UsesEmail2(2, "a@example.org", "b@example.org"),
                                  MakeCandidate(3, "b@example.org")});
  EXPECT_EQ(OneGroup(result).members, Persons({1, 2, 3}));
  EXPECT_TRUE(result.matches.at(0).duplicates.empty());
  EXPECT_EQ(result.matches.at(1).duplicates, Persons({3}));
  EXPECT_EQ(result.matches.at(2).duplicates, Persons({2}));
}

TEST(Groups, Email2ThatIsTheSameAddressIsWantedAsEver) {
  const auto result = MatchWhole(
      {UsesEmail2(1, "a@example.org", "A@example.org"), MakeCandidate(2, "a@example.org")});
  EXPECT_EQ(result.matches.at(0).duplicates, Persons({2}));
  EXPECT_EQ(result.matches.at(1).duplicates, Persons({1}));
}

// A decision is found again by the key.
TEST(Groups, KeyStaysWhenMembersComeAndGo) {
  const Account y = MakeAccount("y", "old@example.org");
  const auto key = [&](std::initializer_list<std::int64_t> ids) {
    std::vector<Candidate> candidates;
    for (const auto id : ids) candidates.push_back(MakeCandidate(id, "a@example.org"));
    return OneGroup(MatchWhole(candidates, {y}, {MakeLink(3, y)})).key;
  };
  EXPECT_EQ(key({4, 5}), key({3, 4, 5, 6}));
  EXPECT_EQ(key({4, 5}), key({2, 3}));
}

// The holder was chosen and added; the others' account is taken now, and nothing is open anew.
TEST(Groups, KeyAndStateStayWhenTheHolderIsAdded) {
  const std::vector<Candidate> both = {MakeCandidate(1, "a@example.org"),
                                       MakeCandidate(2, "a@example.org")};
  const Account x = MakeAccount("x", "a@example.org");
  const DuplicateGroup before = OneGroup(MatchWhole(both));
  const DuplicateGroup found = OneGroup(MatchWhole(both, {x}));
  const DuplicateGroup after = OneGroup(MatchWhole(both, {x}, {MakeLink(1, x)}));
  EXPECT_EQ(after.reason, Reason::kTaken);
  EXPECT_EQ(after.account, AccountId("x"));
  EXPECT_EQ(before.key, found.key);
  EXPECT_EQ(before.key, after.key);
  EXPECT_EQ(before.state, after.state);
}

TEST(Groups, StateChangesWithMembersAddressesAndForeignAccounts) {
  const auto a = MakeCandidate(1, "a@example.org");
  const auto b = MakeCandidate(2, "a@example.org");
  Account foreign = MakeAccount("x", "a@example.org");
  foreign.external_id = "payroll-17";
  Account another = foreign;
  another.id = AccountId("y");
  std::set<std::array<unsigned char, 16>> states;
  const auto add = [&states](const MatchResult& result) {
    states.insert(OneGroup(result).state.bytes);
  };
  add(MatchWhole({a, b}));
  add(MatchWhole({a, b, MakeCandidate(3, "a@example.org")}));
  add(MatchWhole({a, MakeCandidate(3, "a@example.org")}));
  add(MatchWhole({a, UsesEmail2(2, "a@example.org", "b@example.org")}));
  add(MatchWhole({a, UsesEmail2(2, "a@example.org", "c@example.org")}));
  add(MatchWhole({a, b}, {foreign}));
  add(MatchWhole({a, b}, {another}));
  EXPECT_EQ(states.size(), 7U);
}

// Rules, 5: letter case is no difference.
TEST(Groups, StateStaysWhenAnAddressIsWrittenOtherwise) {
  const auto a = MakeCandidate(1, "a@example.org");
  EXPECT_EQ(OneGroup(MatchWhole({a, MakeCandidate(2, "a@example.org")})).state,
            OneGroup(MatchWhole({a, MakeCandidate(2, "A@Example.org")})).state);
}

// All count, the first are named.
TEST(Groups, HugeGroupNamesItsFirstMembers) {
  std::vector<Candidate> candidates;
  for (int i = 1; i <= 3000; ++i) candidates.push_back(MakeCandidate(i, "school@example.org"));
  const auto result = MatchWhole(candidates);
  const DuplicateGroup group = OneGroup(result);
  ASSERT_EQ(group.members.size(), model::kGroupMembersMax);
  EXPECT_EQ(group.members.back(), PersonId(100));
  EXPECT_EQ(group.members_total, 3000U);
  EXPECT_EQ(result.matches.back().group, group.key);
  candidates.back() = MakeCandidate(3001, "school@example.org");
  EXPECT_NE(OneGroup(MatchWhole(candidates)).state, group.state);  // though it is not named
}

}  // namespace
}  // namespace roster
