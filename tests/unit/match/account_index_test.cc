// The site's accounts by what they can be asked for (rules, 5, 14, 15).

#include "daemon/match/account_index.h"

#include <gtest/gtest.h>

#include "daemon/base/random.h"
#include "daemon/base/text.h"
#include "tests/unit/dump/golden.h"
#include "tests/unit/dump/sample.h"

namespace roster {
namespace {

using dump::MakeAccount;
using dump::MakeAccounts;
using dump::MakeLink;
using dump::MakeRules;
using match::AccountIndex;
using match::ExternalIdPattern;
using model::Account;

TEST(AccountIndex, FindsById) {
  const auto accounts = MakeAccounts({MakeAccount("b", "b@example.org"), MakeAccount("a", "")});
  const AccountIndex index(accounts, {}, MakeRules());
  EXPECT_EQ(index.Find(AccountId("b")), &accounts.all[1]);
  EXPECT_EQ(index.Find(AccountId("c")), nullptr);
}

// Rules, 15: by userName or any e-mail; rules, 5: without case.
TEST(AccountIndex, FindsByUserNameAndEveryEmail) {
  Account account = MakeAccount("a", "login@example.org");
  account.fields.Set(model::Field::kEmail, "Primary@Example.ORG");
  account.other_emails = {"other@example.org", "login@example.org"};
  const auto accounts = MakeAccounts({account});
  const AccountIndex index(accounts, {}, MakeRules());
  for (const char* address : {"LOGIN@example.org", "primary@example.org", " other@example.org "}) {
    EXPECT_EQ(index.FindByEmail(EmailKey(address)).size(), 1U) << address;
  }
  EXPECT_TRUE(index.FindByEmail("nobody@example.org").empty());
  EXPECT_TRUE(index.FindByEmail("").empty());
}

TEST(AccountIndex, ArchivedAccountsAreFoundToo) {
  Account account = MakeAccount("a", "a@example.org");
  account.active = false;
  const auto accounts = MakeAccounts({account});
  EXPECT_EQ(AccountIndex(accounts, {}, MakeRules()).FindByEmail("a@example.org").size(), 1U);
}

// RFC 7643, 3.1: externalId is compared exactly.
TEST(AccountIndex, ExternalIdIsComparedExactly) {
  Account account = MakeAccount("a", "a@example.org");
  account.external_id = "tcs:7";
  const auto accounts = MakeAccounts({account});
  const AccountIndex index(accounts, {}, MakeRules());
  EXPECT_EQ(index.FindByExternalId("tcs:7").size(), 1U);
  EXPECT_TRUE(index.FindByExternalId("TCS:7").empty());
  EXPECT_TRUE(index.FindByExternalId("").empty());
}

// Rules, 14: a link on record weighs more than what the account carries.
TEST(AccountIndex, OwnerIsTheLinkElseTheExternalId) {
  Account linked = MakeAccount("a", "a@example.org");
  linked.external_id = "tcs:7";
  Account carrier = MakeAccount("b", "b@example.org");
  carrier.external_id = "tcs:8";
  Account foreign = MakeAccount("c", "c@example.org");
  foreign.external_id = "other:9";
  const auto accounts = MakeAccounts({linked, carrier, foreign});
  const AccountIndex index(accounts, {MakeLink(70, linked)}, MakeRules());
  EXPECT_EQ(index.OwnerOf(linked), PersonId(70));
  EXPECT_EQ(index.OwnerOf(carrier), PersonId(8));
  EXPECT_EQ(index.OwnerOf(foreign), std::nullopt);
}

TEST(AccountIndex, KnowsAccountsThatAreLinkedTwice) {
  const Account account = MakeAccount("a", "a@example.org");
  const Account other = MakeAccount("b", "b@example.org");
  const auto accounts = MakeAccounts({account, other});
  const AccountIndex index(
      accounts, {MakeLink(1, account), MakeLink(2, account), MakeLink(3, other)}, MakeRules());
  EXPECT_TRUE(index.LinkedTwice(AccountId("a")));
  EXPECT_FALSE(index.LinkedTwice(AccountId("b")));
}

// Rules, 14.
TEST(ExternalIdPattern, ReadsWhatItWrites) {
  for (const char* pattern :
       {"{school}:{person}", "{person}", "x-{person}-{school}", "{school}{person}"}) {
    model::RosterRules rules = MakeRules();
    rules.external_id = pattern;
    const ExternalIdPattern ids(rules);
    for (const std::int64_t person : {0LL, 7LL, 1203006LL, -4LL}) {
      EXPECT_EQ(ids.Read(ids.Write(PersonId(person))), PersonId(person)) << pattern;
      EXPECT_EQ(ids.Write(PersonId(person)), model::ExternalId(rules, PersonId(person))) << pattern;
    }
  }
}

TEST(ExternalIdPattern, RefusesWhatIsNotItsOwn) {
  const ExternalIdPattern ids(MakeRules());
  for (const char* text : {"", "tcs:", "tcs:x", "tcs:7x", "tcs:007", "tcs:+7", "tcs: 7", "TCS:7",
                           "tcs2:7", "tcs:99999999999999999999", "7"}) {
    EXPECT_EQ(ids.Read(text), std::nullopt) << text;
  }
}

TEST(ExternalIdPattern, WithoutOnePersonItNamesNobody) {
  for (const char* pattern : {"{school}", "{person}{person}", ""}) {
    model::RosterRules rules = MakeRules();
    rules.external_id = pattern;
    EXPECT_EQ(ExternalIdPattern(rules).Write(PersonId(7)), "") << pattern;
    EXPECT_EQ(ExternalIdPattern(rules).Read("77"), std::nullopt) << pattern;
  }
}

// For every seed the index finds what looking through all accounts finds.
TEST(AccountIndex, AgreesWithLookingThroughAll) {
  for (std::uint64_t seed = 1; seed <= dump::Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    const auto address = [&random] {
      const auto pick = random.Next() % 20;
      return pick == 0 ? std::string() : std::string("P") + std::to_string(pick) + "@example.org";
    };
    std::vector<Account> made;
    for (int i = 0; i < 30; ++i) {
      Account account = MakeAccount("a" + std::to_string(100 + i), address());
      account.fields.Set(model::Field::kEmail, address());
      if (random.Next() % 2 == 0) account.other_emails = {address(), address()};
      made.push_back(account);
    }
    const auto accounts = MakeAccounts(made);
    const AccountIndex index(accounts, {}, MakeRules());
    for (int pick = 1; pick < 21; ++pick) {
      const std::string key = "p" + std::to_string(pick) + "@example.org";
      std::vector<const Account*> expected;
      for (const Account& account : accounts.all) {
        bool has = EmailKey(account.fields.Get(model::Field::kUserName)) == key ||
                   EmailKey(account.fields.Get(model::Field::kEmail)) == key;
        for (const auto& other : account.other_emails) has = has || EmailKey(other) == key;
        if (has) expected.push_back(&account);
      }
      EXPECT_EQ(index.FindByEmail(key), expected);
    }
  }
}

}  // namespace
}  // namespace roster
