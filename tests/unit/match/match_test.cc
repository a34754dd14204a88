// Which account fits whom, and who is in whose way (rules, 5, 8, 14 to 17).

#include "daemon/match/match.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/base/random.h"
#include "daemon/base/text.h"
#include "daemon/match/protection.h"
#include "tests/unit/dump/dump.h"
#include "tests/unit/dump/golden.h"
#include "tests/unit/dump/sample.h"

namespace roster {
namespace {

using dump::MakeAccount;
using dump::MakeAccounts;
using dump::MakeCandidate;
using dump::MakeLink;
using dump::MakeRules;
using match::AccountIndex;
using model::Account;
using model::Candidate;
using model::Eligibility;
using model::Link;
using model::RosterRules;
using Kind = model::Match::Kind;

match::MatchResult MatchWhole(const std::vector<Candidate>& candidates,
                              const std::vector<Account>& accounts, const std::vector<Link>& links,
                              const RosterRules& rules = MakeRules()) {
  const auto all = MakeAccounts(accounts);
  const AccountIndex index(all, links, rules);
  return match::Match(candidates, index, links, rules, {});
}

std::vector<model::Match> MatchAll(const std::vector<Candidate>& candidates,
                                   const std::vector<Account>& accounts,
                                   const std::vector<Link>& links = {},
                                   const RosterRules& rules = MakeRules()) {
  return MatchWhole(candidates, accounts, links, rules).matches;
}

Account With(Account account, const std::string& external_id) {
  account.external_id = external_id;
  return account;
}

std::vector<PersonId> Persons(std::initializer_list<std::int64_t> ids) {
  std::vector<PersonId> persons;
  for (const auto id : ids) persons.emplace_back(id);
  return persons;
}

TEST(Match, NobodyFits) {
  const auto matches =
      MatchAll({MakeCandidate(1, "a@example.org")}, {MakeAccount("x", "b@example.org")});
  EXPECT_EQ(matches.at(0).kind, Kind::kNone);
  EXPECT_FALSE(matches.at(0).account);
}

// Rules, 15, compared as rules, 5 says.
TEST(Match, AccountWithTheAddressFitsExactly) {
  const auto matches =
      MatchAll({MakeCandidate(1, "Ada@Example.org")}, {MakeAccount("x", "ada@example.ORG")});
  EXPECT_EQ(matches.at(0).kind, Kind::kExact);
  EXPECT_EQ(matches.at(0).account->id, AccountId("x"));
  EXPECT_FALSE(matches.at(0).by_external_id);
}

// Rules, 15.
TEST(Match, OtherEmailsFitToo) {
  Account account = MakeAccount("x", "login@example.org");
  account.other_emails = {"ada@example.org"};
  EXPECT_EQ(MatchAll({MakeCandidate(1, "ada@example.org")}, {account}).at(0).kind, Kind::kExact);
}

// Rules, 14: even with no link on record, and though the address is another.
TEST(Match, AccountThatCarriesTheExternalIdIsLinked) {
  const auto matches = MatchAll({MakeCandidate(7, "new@example.org")},
                                {With(MakeAccount("x", "old@example.org"), "tcs:7")});
  EXPECT_EQ(matches.at(0).kind, Kind::kExact);
  EXPECT_TRUE(matches.at(0).by_external_id);
}

// Rules, 14: what carries the external id goes before what fits by e-mail.
TEST(Match, ExternalIdGoesBeforeEmail) {
  const auto matches = MatchAll(
      {MakeCandidate(7, "a@example.org")},
      {MakeAccount("x", "a@example.org"), With(MakeAccount("y", "b@example.org"), "tcs:7")});
  EXPECT_EQ(matches.at(0).account->id, AccountId("y"));
  EXPECT_EQ(matches.at(0).collision, AccountId("x"));  // its new address is x's (rules, 17)
}

// Rules, 14.
TEST(Match, ExternalIdOfSomebodyElsesLinkIsTaken) {
  const Account account = With(MakeAccount("x", "a@example.org"), "tcs:7");
  const auto matches =
      MatchAll({MakeCandidate(7, "a@example.org")}, {account}, {MakeLink(5, account)});
  EXPECT_EQ(matches.at(0).kind, Kind::kTaken);
  EXPECT_EQ(matches.at(0).taken_by, PersonId(5));
}

TEST(Match, ExternalIdOnTwoAccountsIsNotSettled) {
  const auto matches = MatchAll({MakeCandidate(7, "a@example.org")},
                                {With(MakeAccount("x", "a@example.org"), "tcs:7"),
                                 With(MakeAccount("y", "b@example.org"), "tcs:7")});
  EXPECT_EQ(matches.at(0).kind, Kind::kSeveral);
  ASSERT_EQ(matches.at(0).others.size(), 2U);
  EXPECT_TRUE(matches.at(0).others[0].carries_id);
  EXPECT_TRUE(matches.at(0).others[1].carries_id);
}

// Design: two candidates are never settled by a silent tie-break.
TEST(Match, SeveralFittingAccountsAreNotSettled) {
  Account other = MakeAccount("y", "login@example.org");
  other.other_emails = {"a@example.org"};
  other.active = false;
  const auto matches =
      MatchAll({MakeCandidate(1, "a@example.org")}, {MakeAccount("x", "a@example.org"), other});
  EXPECT_EQ(matches.at(0).kind, Kind::kSeveral);
  ASSERT_EQ(matches.at(0).others.size(), 2U);
  EXPECT_EQ(matches.at(0).others[0].account, AccountId("x"));
  EXPECT_EQ(matches.at(0).others[1],
            (model::Fit{AccountId("y"), false, "login@example.org", "Ada Example"}));
  EXPECT_FALSE(matches.at(0).account);
}

// The design's table: fits, but is linked to another person.
TEST(Match, LinkedToAnotherPersonIsTaken) {
  const Account account = MakeAccount("x", "a@example.org");
  const auto matches =
      MatchAll({MakeCandidate(1, "a@example.org")}, {account}, {MakeLink(5, account)});
  EXPECT_EQ(matches.at(0).kind, Kind::kTaken);
  EXPECT_EQ(matches.at(0).taken_by, PersonId(5));
  EXPECT_EQ(matches.at(0).duplicates, Persons({5}));  // rules, 8: as taken
}

// Rules, 14: an account that carries another person's id is that person's, on record or not.
TEST(Match, CarriesAnotherPersonsIdIsTaken) {
  const auto matches = MatchAll({MakeCandidate(1, "a@example.org")},
                                {With(MakeAccount("x", "a@example.org"), "tcs:5")});
  EXPECT_EQ(matches.at(0).kind, Kind::kTaken);
  EXPECT_EQ(matches.at(0).taken_by, PersonId(5));
}

// An external id that this school did not write is not overwritten.
TEST(Match, ForeignExternalIdIsTakenByNobodyKnown) {
  const auto matches = MatchAll({MakeCandidate(1, "a@example.org")},
                                {With(MakeAccount("x", "a@example.org"), "payroll-17")});
  EXPECT_EQ(matches.at(0).kind, Kind::kTaken);
  EXPECT_FALSE(matches.at(0).taken_by);
  EXPECT_TRUE(matches.at(0).duplicates.empty());
}

// Rules, 16.
TEST(Match, ProtectedRolesAreNotFitted) {
  for (const char* role : {"owner", "Manager", " COORDINATOR "}) {
    Account account = MakeAccount("x", "a@example.org");
    account.roles = {"volunteer", role};
    EXPECT_EQ(MatchAll({MakeCandidate(1, "a@example.org")}, {account}).at(0).kind,
              Kind::kProtected);
  }
  Account account = MakeAccount("x", "a@example.org");
  account.roles = {"volunteer", "co-owner"};
  EXPECT_EQ(MatchAll({MakeCandidate(1, "a@example.org")}, {account}).at(0).kind, Kind::kExact);
}

// Rules, 16: patterns, on the userName and on e-mails.
TEST(Match, ProtectedPatternsAreNotFitted) {
  RosterRules rules = MakeRules();
  rules.protected_accounts = {"*@Office.example.org"};
  EXPECT_EQ(MatchAll({MakeCandidate(1, "a@OFFICE.example.org")},
                     {MakeAccount("x", "a@office.example.org")}, {}, rules)
                .at(0)
                .kind,
            Kind::kProtected);
  Account account = MakeAccount("x", "a@example.org");
  account.other_emails = {"head@office.example.org"};
  EXPECT_EQ(MatchAll({MakeCandidate(1, "a@example.org")}, {account}, {}, rules).at(0).kind,
            Kind::kProtected);
}

// Rules, 16.
TEST(Match, LinkedAccountThatIsProtectedIsSaidToBe) {
  Account account = MakeAccount("x", "a@example.org");
  account.roles = {"owner"};
  const auto matches =
      MatchAll({MakeCandidate(1, "a@example.org")}, {account}, {MakeLink(1, account)});
  EXPECT_EQ(matches.at(0).kind, Kind::kProtected);
  const auto carried = MatchAll({MakeCandidate(1, "a@example.org")}, {With(account, "tcs:1")});
  EXPECT_EQ(carried.at(0).kind, Kind::kProtected);
  EXPECT_TRUE(carried.at(0).by_external_id);
}

// Config, never_archive: said of a linked account, of one by external id and of one that is found.
TEST(Match, SaysWhichAccountsAreNeverArchived) {
  RosterRules rules = MakeRules();
  rules.never_archive = {"*@Board.example.org"};
  Account account = MakeAccount("x", "a@example.org");
  const auto never = [&](const std::vector<Link>& links) {
    return MatchAll({MakeCandidate(1, "a@example.org")}, {account}, links, rules)
        .at(0)
        .never_archive;
  };
  EXPECT_FALSE(never({}));
  account.other_emails = {"a@BOARD.example.org"};
  EXPECT_TRUE(never({}));
  EXPECT_TRUE(never({MakeLink(1, account)}));
  account.external_id = "tcs:1";
  EXPECT_TRUE(never({}));
  account.external_id = "tcs:2";
  EXPECT_FALSE(never({}));  // another's, who is told
}

// Archives are what it is about, so somebody who has left is told too.
TEST(Match, NeverArchivedIsSaidOfPeopleWhoHaveLeft) {
  RosterRules rules = MakeRules();
  rules.never_archive = {"a@*"};
  Candidate gone = MakeCandidate(1, "a@example.org");
  gone.eligibility = Eligibility::kIneligible;
  const Account account = MakeAccount("x", "a@example.org");
  EXPECT_TRUE(MatchAll({gone}, {account}, {MakeLink(1, account)}, rules).at(0).never_archive);
}

TEST(Match, GlobFitsAsWritten) {
  EXPECT_TRUE(match::FitsGlob("*@x", "a@x"));
  EXPECT_TRUE(match::FitsGlob("*", ""));
  EXPECT_TRUE(match::FitsGlob("a*b*c", "a--b-b-c"));
  EXPECT_FALSE(match::FitsGlob("a*b*c", "a--b-b-d"));
  EXPECT_FALSE(match::FitsGlob("a", "ab"));
  EXPECT_FALSE(match::FitsGlob("", "a"));
  EXPECT_FALSE(match::FitsGlob("a?", "ab"));  // '?' is itself
}

// Rules, 8.
TEST(Match, CandidatesWithOneAddressAreDuplicates) {
  const auto matches =
      MatchAll({MakeCandidate(1, "a@example.org"), MakeCandidate(2, "A@example.org"),
                MakeCandidate(3, "b@example.org"), MakeCandidate(4, "a@Example.org")},
               {});
  EXPECT_EQ(matches.at(0).duplicates, Persons({2, 4}));
  EXPECT_EQ(matches.at(1).duplicates, Persons({1, 4}));
  EXPECT_TRUE(matches.at(2).duplicates.empty());
  EXPECT_EQ(matches.at(3).duplicates, Persons({1, 2}));
}

// Rules, 8: holders are candidates: linked ones too, people who have left not.
TEST(Match, OnlyEligiblePeopleHoldAnAddress) {
  Candidate gone = MakeCandidate(2, "a@example.org");
  gone.eligibility = Eligibility::kIneligible;
  const Account account = MakeAccount("x", "a@example.org");
  const auto matches =
      MatchAll({MakeCandidate(1, "a@example.org"), gone, MakeCandidate(3, "a@example.org")},
               {account}, {MakeLink(3, account)});
  EXPECT_EQ(matches.at(0).duplicates, Persons({3}));
  EXPECT_TRUE(matches.at(1).duplicates.empty());
  EXPECT_EQ(matches.at(2).duplicates, Persons({1}));
}

TEST(Match, MissingAddressesAreNoDuplicates) {
  const auto matches =
      MatchAll({MakeCandidate(1, ""), MakeCandidate(2, "")}, {MakeAccount("x", "")});
  EXPECT_TRUE(matches.at(0).duplicates.empty());
  EXPECT_EQ(matches.at(0).kind, Kind::kNone);
}

// Two people whose different addresses fit one account would both be linked to it.
TEST(Match, CandidatesForOneAccountAreDuplicates) {
  Account account = MakeAccount("x", "a@example.org");
  account.other_emails = {"b@example.org"};
  const auto matches =
      MatchAll({MakeCandidate(1, "a@example.org"), MakeCandidate(2, "b@example.org")}, {account});
  EXPECT_EQ(matches.at(0).kind, Kind::kExact);
  EXPECT_EQ(matches.at(0).duplicates, Persons({2}));
  EXPECT_EQ(matches.at(1).duplicates, Persons({1}));
}

TEST(Match, HugeGroupsNameTheirFirst) {
  std::vector<Candidate> candidates;
  for (int i = 1; i <= 3000; ++i) candidates.push_back(MakeCandidate(i, "school@example.org"));
  for (const auto& match : MatchAll(candidates, {})) {
    ASSERT_EQ(match.duplicates.size(), model::kGroupMembersMax);
  }
}

// Rules, 17: a swap.
TEST(Match, SwappedAddressesCollide) {
  const Account x = MakeAccount("x", "a@example.org");
  const Account y = MakeAccount("y", "b@example.org");
  const auto matches =
      MatchAll({MakeCandidate(1, "b@example.org"), MakeCandidate(2, "a@example.org")}, {x, y},
               {MakeLink(1, x), MakeLink(2, y)});
  EXPECT_EQ(matches.at(0).collision, AccountId("y"));
  EXPECT_EQ(matches.at(1).collision, AccountId("x"));
}

// Rules, 17: with any other account, archived too.
TEST(Match, NewAddressOfAnArchivedAccountCollides) {
  const Account x = MakeAccount("x", "a@example.org");
  Account y = MakeAccount("y", "login@example.org");
  y.other_emails = {"New@example.org"};
  y.active = false;
  const auto matches = MatchAll({MakeCandidate(1, "new@example.org")}, {x, y}, {MakeLink(1, x)});
  EXPECT_EQ(matches.at(0).collision, AccountId("y"));
}

// Rules, 17 is about new addresses.
TEST(Match, KeptAddressDoesNotCollide) {
  const Account x = MakeAccount("x", "a@example.org");
  Account y = MakeAccount("y", "login@example.org");
  y.other_emails = {"a@example.org"};
  EXPECT_FALSE(
      MatchAll({MakeCandidate(1, "A@example.org")}, {x, y}, {MakeLink(1, x)}).at(0).collision);
}

// An address that the site owns is never written, so it is in nobody's way.
TEST(Match, AddressTheSiteOwnsDoesNotCollide) {
  RosterRules rules = MakeRules();
  for (auto& rule : rules.fields) rule.owner = model::Owner::kSite;
  const Account x = MakeAccount("x", "a@example.org");
  const Account y = MakeAccount("y", "b@example.org");
  const auto candidate = MakeCandidate(1, "b@example.org");
  EXPECT_FALSE(MatchAll({candidate}, {x, y}, {MakeLink(1, x)}, rules).at(0).collision);
  for (auto& rule : rules.fields) rule.owner = model::Owner::kUntilFirstLogin;
  EXPECT_TRUE(MatchAll({candidate}, {x, y}, {MakeLink(1, x)}, rules).at(0).collision);
  Account seen = x;
  seen.last_accessed = Time{};
  EXPECT_FALSE(MatchAll({candidate}, {seen, y}, {MakeLink(1, x)}, rules).at(0).collision);
}

TEST(Match, PeopleWhoHaveLeftDoNotCollide) {
  const Account x = MakeAccount("x", "a@example.org");
  Candidate gone = MakeCandidate(1, "b@example.org");
  gone.eligibility = Eligibility::kIneligible;
  EXPECT_FALSE(
      MatchAll({gone}, {x, MakeAccount("y", "b@example.org")}, {MakeLink(1, x)}).at(0).collision);
}

TEST(Match, AccountLinkedTwiceCollidesWithItself) {
  const Account x = MakeAccount("x", "a@example.org");
  const auto matches =
      MatchAll({MakeCandidate(1, "a@example.org"), MakeCandidate(2, "b@example.org")}, {x},
               {MakeLink(1, x), MakeLink(2, x)});
  EXPECT_EQ(matches.at(0).collision, AccountId("x"));
  EXPECT_EQ(matches.at(1).collision, AccountId("x"));
}

TEST(Match, LinkToAVanishedAccountMatchesNothing) {
  const auto matches =
      MatchAll({MakeCandidate(1, "a@example.org")}, {MakeAccount("y", "a@example.org")},
               {MakeLink(1, MakeAccount("x", ""))});
  EXPECT_EQ(matches.at(0).kind, Kind::kNone);
}

// Rules, 14.
TEST(RecoverLinks, FindsPeopleByTheirAccounts) {
  const Account x = With(MakeAccount("x", "a@example.org"), "tcs:7");
  const Account y = With(MakeAccount("y", "b@example.org"), "tcs:3");
  const auto links = match::RecoverLinks(MakeAccounts({x, y}), {}, MakeRules());
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].person, PersonId(3));
  EXPECT_EQ(links[1], MakeLink(7, x));
}

TEST(RecoverLinks, KeepsOnlyMappedFields) {
  Account x = With(MakeAccount("x", "a@example.org"), "tcs:7");
  x.fields.Set(model::Field::kHomePhone, "555-0100");
  const auto links = match::RecoverLinks(MakeAccounts({x}), {}, MakeRules());
  EXPECT_EQ(links.at(0).last_written.Get(model::Field::kHomePhone), "");
}

TEST(RecoverLinks, LeavesWhatIsOnRecordOrUnsettled) {
  const Account on_record = With(MakeAccount("a", "a@example.org"), "tcs:1");
  const Account of_another = With(MakeAccount("b", "b@example.org"), "tcs:2");
  const Account twice = With(MakeAccount("c", "c@example.org"), "tcs:3");
  const Account twice_again = With(MakeAccount("d", "d@example.org"), "tcs:3");
  const Account foreign = With(MakeAccount("e", "e@example.org"), "other:4");
  const auto links = match::RecoverLinks(
      MakeAccounts({on_record, of_another, twice, twice_again, foreign, MakeAccount("f", "f")}),
      {MakeLink(1, on_record), MakeLink(9, of_another)}, MakeRules());
  EXPECT_TRUE(links.empty());
}

// For every seed: duplicates are mutual, but for the holder of a taken account; nobody is matched
// exactly to an account that is another's, protected, or not fitting.
TEST(Match, NeverGivesAwayWhatIsAnothers) {
  for (std::uint64_t seed = 1; seed <= dump::Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    const auto address = [&random] {
      const auto pick = random.Next() % 25;
      return pick == 0 ? std::string() : "p" + std::to_string(pick) + "@example.org";
    };
    std::vector<Account> accounts;
    for (int i = 0; i < 20; ++i) {
      Account account = MakeAccount("a" + std::to_string(100 + i), address());
      account.active = random.Next() % 4 != 0;
      if (random.Next() % 3 == 0) account.other_emails = {address()};
      if (random.Next() % 6 == 0) account.roles = {"owner"};
      if (random.Next() % 6 == 0) account.external_id = "tcs:" + std::to_string(random.Next() % 30);
      accounts.push_back(account);
    }
    std::vector<Candidate> candidates;
    std::vector<Link> links;
    for (int id = 1; id <= 25; ++id) {
      if (random.Next() % 4 == 0) links.push_back(MakeLink(id, accounts[random.Next() % 20]));
      Candidate candidate = MakeCandidate(id, address());
      if (random.Next() % 5 == 0) candidate.eligibility = Eligibility::kUnclear;
      candidates.push_back(candidate);
    }
    const RosterRules rules = MakeRules();
    const auto all = MakeAccounts(accounts);
    const AccountIndex index(all, links, rules);
    const auto matches = match::Match(candidates, index, links, rules, {}).matches;
    ASSERT_EQ(matches.size(), candidates.size());
    for (std::size_t i = 0; i < matches.size(); ++i) {
      const auto& match = matches[i];
      const PersonId person = candidates[i].person;
      for (const PersonId other : match.duplicates) {
        EXPECT_NE(other, person);
        if (match.taken_by == other) continue;
        const auto& theirs = matches.at(static_cast<std::size_t>(other.value() - 1)).duplicates;
        EXPECT_NE(std::find(theirs.begin(), theirs.end(), person), theirs.end());
      }
      if (match.kind != Kind::kExact) continue;
      ASSERT_TRUE(match.account);
      EXPECT_FALSE(match::IsProtected(*match.account, rules));
      const auto owner = index.OwnerOf(*match.account);
      EXPECT_TRUE(!owner || *owner == person);
      EXPECT_EQ(match.by_external_id, owner.has_value());
    }
  }
}

TEST(Match, GoldenSchool) {
  Account owner = MakeAccount("06", "owner@example.org");
  owner.roles = {"owner"};
  Account archived = MakeAccount("05", "back@example.org");
  archived.active = false;
  Account second = MakeAccount("08", "login@example.org");
  second.other_emails = {"several@example.org"};
  const Account linked = MakeAccount("01", "linked@example.org");
  const Account renamed = MakeAccount("09", "before@example.org");
  const std::vector<Account> accounts = {linked,
                                         With(MakeAccount("02", "old@example.org"), "tcs:2"),
                                         MakeAccount("03", "found@example.org"),
                                         MakeAccount("04", "unowned@example.org"),
                                         archived,
                                         owner,
                                         MakeAccount("07", "several@example.org"),
                                         second,
                                         renamed};
  const std::vector<Candidate> candidates = {
      MakeCandidate(1, "linked@example.org"),  MakeCandidate(2, "new-address@example.org"),
      MakeCandidate(3, "found@example.org"),   MakeCandidate(4, "nobody@example.org"),
      MakeCandidate(5, "back@example.org"),    MakeCandidate(6, "owner@example.org"),
      MakeCandidate(7, "several@example.org"), MakeCandidate(8, "LINKED@example.org"),
      MakeCandidate(9, "unowned@example.org"), MakeCandidate(10, "")};
  const std::vector<Link> links = {MakeLink(1, linked), MakeLink(9, renamed)};
  RosterRules rules = MakeRules();
  rules.never_archive = {"found@*"};
  const auto found = MatchWhole(candidates, accounts, links, rules);
  std::string text;
  for (std::size_t i = 0; i < found.matches.size(); ++i) {
    text += dump::Print(candidates[i].person, found.matches[i]);
  }
  for (const auto& group : found.groups) text += dump::Print(group);
  dump::ExpectGolden("match/school.txt", text);
}

}  // namespace
}  // namespace roster
