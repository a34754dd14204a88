// People's word on a match (rules, 11): this account, or none of those.

#include <gtest/gtest.h>

#include "daemon/match/match.h"
#include "tests/unit/dump/sample.h"

namespace roster {
namespace {

using dump::MakeAccount;
using dump::MakeCandidate;
using dump::MakeLink;
using match::MatchResult;
using model::Account;
using model::Candidate;
using model::Link;
using model::MatchDecision;
using Kind = model::Match::Kind;

MatchDecision Same(std::int64_t person, const std::string& account) {
  MatchDecision decision;
  decision.person = PersonId(person);
  decision.account = AccountId(account);
  return decision;
}

MatchDecision NoneOf(std::int64_t person, std::initializer_list<const char*> seen) {
  MatchDecision decision;
  decision.person = PersonId(person);
  for (const char* account : seen) decision.seen.emplace_back(account);
  return decision;
}

MatchResult MatchWhole(const std::vector<Candidate>& candidates,
                       const std::vector<Account>& accounts, const std::vector<Link>& links,
                       const std::vector<MatchDecision>& decisions) {
  const auto rules = dump::MakeRules();
  const auto all = dump::MakeAccounts(accounts);
  const match::AccountIndex index(all, links, rules);
  model::Choices choices;
  choices.matches = decisions;
  return match::Match(candidates, index, links, rules, choices);
}

// Of one candidate, who wants a@example.org.
model::Match Of(const std::vector<Account>& accounts, const MatchDecision& decision,
                const std::vector<Link>& links = {}) {
  return MatchWhole({MakeCandidate(1, "a@example.org")}, accounts, links, {decision}).matches.at(0);
}

Account Other() { return MakeAccount("y", "login@example.org"); }

Account WithA() {
  Account account = Other();
  account.other_emails = {"a@example.org"};
  return account;
}

// Rules, 11: one of several.
TEST(Choices, SameSettlesSeveral) {
  const auto match = Of({MakeAccount("x", "a@example.org"), WithA()}, Same(1, "x"));
  EXPECT_EQ(match.kind, Kind::kExact);
  EXPECT_EQ(match.account->id, AccountId("x"));
  EXPECT_FALSE(match.by_external_id);
  EXPECT_FALSE(match.collision);
}

TEST(Choices, SameNeedNotFit) {
  const auto match = Of({Other()}, Same(1, "y"));
  EXPECT_EQ(match.kind, Kind::kExact);
  EXPECT_EQ(match.account->id, AccountId("y"));
}

// Rules, 17: the chosen account would be given an address that is another account's.
TEST(Choices, SameCollidesWithTheAccountThatHasTheAddress) {
  const auto match = Of({MakeAccount("x", "a@example.org"), Other()}, Same(1, "y"));
  EXPECT_EQ(match.kind, Kind::kExact);
  EXPECT_EQ(match.collision, AccountId("x"));
}

TEST(Choices, SameIsIgnoredWithoutItsAccount) {
  const auto match = Of({MakeAccount("x", "a@example.org")}, Same(1, "gone"));
  EXPECT_EQ(match.kind, Kind::kExact);
  EXPECT_EQ(match.account->id, AccountId("x"));
}

// Rules, 16: whatever people choose.
TEST(Choices, ProtectedIsNeverChosen) {
  Account owner = Other();
  owner.roles = {"owner"};
  EXPECT_EQ(Of({owner}, Same(1, "y")).kind, Kind::kProtected);
}

TEST(Choices, SameIsTakenWhenLinkedToAnother) {
  const auto match = Of({Other()}, Same(1, "y"), {MakeLink(5, Other())});
  EXPECT_EQ(match.kind, Kind::kTaken);
  EXPECT_EQ(match.taken_by, PersonId(5));
  EXPECT_EQ(match.duplicates, (std::vector<PersonId>{PersonId(5)}));
}

TEST(Choices, SameIsTakenWhenItCarriesAnothersId) {
  Account account = Other();
  account.external_id = "tcs:5";
  EXPECT_EQ(Of({account}, Same(1, "y")).taken_by, PersonId(5));
  account.external_id = "payroll-17";
  const auto match = Of({account}, Same(1, "y"));
  EXPECT_EQ(match.kind, Kind::kTaken);
  EXPECT_FALSE(match.taken_by);
}

// Rules, 14, go first: what carries one's id is one's own.
TEST(Choices, ExternalIdGoesBeforeChoices) {
  Account own = MakeAccount("z", "z@example.org");
  own.external_id = "tcs:1";
  for (const auto& decision : {Same(1, "y"), NoneOf(1, {"z"})}) {
    const auto match = Of({own, Other()}, decision);
    EXPECT_EQ(match.account->id, AccountId("z"));
    EXPECT_TRUE(match.by_external_id);
  }
}

TEST(Choices, AreOfNoMatterToSomebodyLinked) {
  const Account x = MakeAccount("x", "a@example.org");
  for (const auto& decision : {Same(1, "y"), NoneOf(1, {"x"})}) {
    const auto match = Of({x, Other()}, decision, {MakeLink(1, x)});
    EXPECT_EQ(match.kind, Kind::kNone);
    EXPECT_FALSE(match.account);
    EXPECT_FALSE(match.collision);
  }
}

TEST(Choices, AreOfNoMatterToSomebodyWhoHasLeft) {
  Candidate gone = MakeCandidate(1, "a@example.org");
  gone.eligibility = model::Eligibility::kUnclear;
  EXPECT_EQ(MatchWhole({gone}, {Other()}, {}, {Same(1, "y")}).matches.at(0).kind, Kind::kNone);
}

TEST(Choices, HoldForTheirOwnPersonAlone) {
  const auto matches =
      MatchWhole({MakeCandidate(1, "a@example.org"), MakeCandidate(3, "c@example.org"),
                  MakeCandidate(4, "d@example.org")},
                 {MakeAccount("x", "a@example.org"), Other()}, {},
                 {NoneOf(0, {"x"}), Same(2, "x"), Same(3, "y"), Same(9, "x")})
          .matches;
  EXPECT_EQ(matches.at(0).kind, Kind::kExact);
  EXPECT_EQ(matches.at(1).account->id, AccountId("y"));
  EXPECT_EQ(matches.at(2).kind, Kind::kNone);
}

// Two who were both given one account are in each other's way.
TEST(Choices, OneAccountChosenTwiceMakesDuplicates) {
  const auto result =
      MatchWhole({MakeCandidate(1, "a@example.org"), MakeCandidate(2, "b@example.org")}, {Other()},
                 {}, {Same(1, "y"), Same(2, "y")});
  EXPECT_EQ(result.matches.at(0).duplicates, (std::vector<PersonId>{PersonId(2)}));
  EXPECT_EQ(result.groups.size(), 1U);
}

// Rules, 17: the site takes an address once, so that a second account could not be added.
TEST(Choices, NoneLeavesTheAddressInTheWay) {
  const auto result =
      MatchWhole({MakeCandidate(1, "a@example.org")}, {MakeAccount("x", "a@example.org"), WithA()},
                 {}, {NoneOf(1, {"x", "y"})});
  EXPECT_EQ(result.matches.at(0).kind, Kind::kNone);
  EXPECT_FALSE(result.matches.at(0).account);
  EXPECT_EQ(result.matches.at(0).collision, AccountId("x"));
  ASSERT_EQ(result.groups.size(), 1U);
  EXPECT_EQ(result.groups[0].reason, model::Reason::kEmailCollision);
  EXPECT_EQ(result.groups[0].account, AccountId("x"));
}

// By email2, or by better data.
TEST(Choices, NoneFreesAnotherAddress) {
  const auto match = MatchWhole({MakeCandidate(1, "b@example.org")},
                                {MakeAccount("x", "a@example.org")}, {}, {NoneOf(1, {"x"})})
                         .matches.at(0);
  EXPECT_EQ(match.kind, Kind::kNone);
  EXPECT_FALSE(match.collision);
}

TEST(Choices, NoneLeavesTheRestToBeJudged) {
  const std::vector<Account> both = {MakeAccount("x", "a@example.org"), WithA()};
  const auto one = Of(both, NoneOf(1, {"x"}));
  EXPECT_EQ(one.kind, Kind::kExact);  // "y", which people have not seen
  EXPECT_EQ(one.account->id, AccountId("y"));
  EXPECT_EQ(Of(both, NoneOf(1, {"z"})).kind, Kind::kSeveral);
  std::vector<Account> three = both;
  three.push_back(WithA());
  three.back().id = AccountId("z");
  const auto two = Of(three, NoneOf(1, {"y"}));
  ASSERT_EQ(two.others.size(), 2U);
  EXPECT_EQ(two.others[0].account, AccountId("x"));
  EXPECT_EQ(two.others[1].account, AccountId("z"));
}

// Somebody's account that was refused is in the way, with its holder.
TEST(Choices, NoneOfATakenAccountShowsItsHolder) {
  const Account x = MakeAccount("x", "a@example.org");
  const auto result =
      MatchWhole({MakeCandidate(1, "a@example.org")}, {x}, {MakeLink(5, x)}, {NoneOf(1, {"x"})});
  EXPECT_EQ(result.matches.at(0).collision, AccountId("x"));
  ASSERT_EQ(result.groups.size(), 1U);
  EXPECT_EQ(result.groups[0].members, (std::vector<PersonId>{PersonId(1), PersonId(5)}));
}

}  // namespace
}  // namespace roster
