// Words on families, duplicates, second addresses and matches agree with the journal, and a row of
// them that was changed behind the engine's back is found and named.

#include <gtest/gtest.h>

#include <functional>

#include "daemon/engine/verify.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using store::Family;
using Names = std::vector<std::string>;

const SchoolId kSchool("tcs");

// Ada and Ben share an address, and Ben keeps it after Ada did; Dan has Cat's, and uses email2;
// two accounts fit Eve, and the first is hers. Family 20 is excluded; 30 was, and is no longer.
class VerifiedWords : public Parents {
 protected:
  void SetUp() override {
    Parents::SetUp();
    Person(2).email = Person(1).email;
    Person(4).email = Person(3).email;
    Person(4).email2 = "dan@example.org";
    for (const char* name : {"h1", "h2"}) {
      model::Account account;
      account.id = AccountId(name);
      account.fields.Set(model::Field::kUserName, std::string(name) + "@example.org");
      account.other_emails = {Person(5).email};
      desk.site[name] = account;
    }
    desk.Poll();
    group = desk.User(1).group();
    Keep(1);
    Keep(2);
    wire::ResolveGroup email2;
    email2.set_use_email2(4);
    ASSERT_TRUE(desk.Resolve(email2).has_settle());
    desk.ExamineAgain();
    wire::DecideMatch match;
    match.set_person(5);
    match.set_account("h1");
    ASSERT_TRUE(desk.Match(match).has_settle());
    desk.ExamineAgain();
    desk.DecideFamilies(true, {20, 30}, "moving away");
    desk.DecideFamilies(false, {30});
    desk.ExpectConsistent();
  }
  void TearDown() override {}  // what is stored was altered

  void Keep(std::int64_t person) {
    wire::ResolveGroup keep;
    keep.set_group(group);
    keep.set_keep(person);
    ASSERT_TRUE(desk.Resolve(keep).has_settle());
  }
  void Reopen() {
    wire::ResolveGroup reopen;
    reopen.set_group(group);
    reopen.set_reopen(true);
    ASSERT_TRUE(desk.Resolve(reopen).has_settle());
  }

  void Put(Family family, std::string key, std::optional<std::string> value) {
    store::Batch batch;
    batch.writes.push_back({family, std::move(key), std::move(value)});
    Desk::Must(desk.store.Commit(batch, true));
  }
  std::string Get(const std::string& key) { return **desk.store.Get(Family::kReview, key); }

  // "about id reason" of each difference; the same in one slice and in many.
  Names Found() {
    const auto names = [](const model::VerifyReply& reply) {
      Names found;
      for (const auto& one : reply.differences) {
        EXPECT_NE(one.sentence, "");
        found.push_back(one.about + " " + one.id + " " + one.reason);
      }
      EXPECT_EQ(reply.differences_total, found.size());
      return found;
    };
    const Names whole = names(desk.Verify(kVerifyWork));
    EXPECT_EQ(names(desk.Verify(3)), whole);
    return whole;
  }

  std::string ExclusionKey(std::int64_t family) {
    return store::FamilyExclusionKey(kSchool, FamilyId(family));
  }
  // The key and the row of the one duplicate that was decided on.
  std::string HolderKey() {
    const store::Range range = store::GroupDecisionRange(kSchool);
    const auto at = desk.store.Scan(Family::kReview, range.begin, range.end);
    EXPECT_TRUE(at->Valid());
    return std::string(at->key());
  }
  model::GroupDecision Holder() {
    const std::string key = HolderKey();
    return *store::DecodeGroupDecision(*store::GroupOfKey(key), Get(key));
  }
  const std::string email2_key = store::EmailChoiceKey(kSchool, PersonId(4));
  const std::string match_key = store::MatchDecisionKey(kSchool, PersonId(5));

  // As versions wrote entries that said neither word nor duplicate.
  void MakeEntriesOld() {
    for (wire::Entry entry : desk.Entries()) {
      if (entry.has_families_decided()) entry.mutable_families_decided()->clear_word();
      if (entry.has_email_chosen()) entry.mutable_email_chosen()->clear_word();
      if (entry.has_match_decided()) entry.mutable_match_decided()->clear_word();
      if (entry.has_duplicate_resolved()) {
        entry.mutable_duplicate_resolved()->clear_word();
        entry.mutable_duplicate_resolved()->clear_duplicate();
      }
      Put(Family::kJournal, store::EntryKey(kSchool, Seq(entry.seq())), entry.SerializeAsString());
    }
  }

  std::uint64_t group = 0;
};

TEST_F(VerifiedWords, AreCountedAmongTheDecisions) {
  EXPECT_EQ(Found(), Names{});
  EXPECT_EQ(desk.Verify(kVerifyWork).decisions, 4U);
}

TEST_F(VerifiedWords, AFamilyWithAnotherNote) {
  auto kept = *store::DecodeFamilyExclusion(FamilyId(20), Get(ExclusionKey(20)));
  kept.note = "moved away";
  Put(Family::kReview, ExclusionKey(20), store::EncodeFamilyExclusion(kept));
  EXPECT_EQ(Found(), Names{"family 20 other-content"});
}

TEST_F(VerifiedWords, AFamilyThatIsNoLongerExcluded) {
  Put(Family::kReview, ExclusionKey(20), std::nullopt);
  EXPECT_EQ(Found(), Names{"family 20 other-decision"});
}

TEST_F(VerifiedWords, AFamilyThatIsExcludedOnceMore) {
  Put(Family::kReview, ExclusionKey(30), Get(ExclusionKey(20)));
  EXPECT_EQ(Found(), Names{"family 30 other-decision"});
}

TEST_F(VerifiedWords, AFamilyThatNobodyExcluded) {
  Put(Family::kReview, ExclusionKey(-7), Get(ExclusionKey(20)));
  EXPECT_EQ(Found(), Names{"family -7 not-in-journal"});
}

TEST_F(VerifiedWords, AFamilyThatCannotBeRead) {
  Put(Family::kReview, ExclusionKey(20), "\xff");
  EXPECT_EQ(Found(), Names{"family 20 unreadable"});
}

TEST_F(VerifiedWords, AnotherHolder) {
  auto kept = Holder();
  kept.holder = PersonId(1);
  Put(Family::kReview, HolderKey(), store::EncodeGroupDecision(kept));
  EXPECT_EQ(Found(), Names{"duplicate 1 other-decision"});
}

TEST_F(VerifiedWords, AHolderWhoIsNoMember) {
  auto kept = Holder();
  kept.holder = PersonId(3);
  Put(Family::kReview, HolderKey(), store::EncodeGroupDecision(kept));
  EXPECT_EQ(Found(), Names{"duplicate 3 not-in-journal"});
}

TEST_F(VerifiedWords, AHolderMadeOnOtherFacts) {
  auto kept = Holder();
  kept.made_on = Xxh3("x");
  Put(Family::kReview, HolderKey(), store::EncodeGroupDecision(kept));
  EXPECT_EQ(Found(), Names{"duplicate 2 other-content"});
}

TEST_F(VerifiedWords, AHolderWhoIsGone) {
  Put(Family::kReview, HolderKey(), std::nullopt);
  EXPECT_EQ(Found(), Names{"duplicate 2 gone"});
}

TEST_F(VerifiedWords, AHolderWhoWasTakenBack) {
  const std::string key = HolderKey();
  const std::string row = Get(key);
  Reopen();
  EXPECT_EQ(Found(), Names{});
  Put(Family::kReview, key, row);
  EXPECT_EQ(Found(), Names{"duplicate 2 other-decision"});
}

TEST_F(VerifiedWords, AHolderWhoHadLeftTheGroupWhenTheWordWasTakenBack) {
  Pupil another = Person(1);
  another.id = 6;
  desk.pupils.push_back(another);
  desk.households[0].parents.push_back(6);
  Person(2).email = "ben@example.org";
  desk.Poll();
  ASSERT_EQ(desk.User(1).group(), group);
  const std::string key = HolderKey();
  const std::string row = Get(key);
  Keep(6);
  EXPECT_EQ(Found(), Names{});
  Put(Family::kReview, key, row);
  EXPECT_EQ(Found(), (Names{"duplicate 2 other-decision"}));
}

TEST_F(VerifiedWords, AnotherSecondAddress) {
  auto kept = *store::DecodeEmailChoice(PersonId(4), Get(email2_key));
  kept.email2 = "mallory@example.org";
  Put(Family::kReview, email2_key, store::EncodeEmailChoice(kept));
  EXPECT_EQ(Found(), Names{"email2 4 other-content"});
}

TEST_F(VerifiedWords, ASecondAddressThatIsNotChosen) {
  const std::string row = Get(email2_key);
  Put(Family::kReview, email2_key, std::nullopt);
  EXPECT_EQ(Found(), Names{"email2 4 other-decision"});
  Put(Family::kReview, email2_key, row);
  Put(Family::kReview, store::EmailChoiceKey(kSchool, PersonId(1)), row);
  EXPECT_EQ(Found(), Names{"email2 1 other-decision"});
}

TEST_F(VerifiedWords, ASecondAddressOfWhomNobodyKnows) {
  Put(Family::kReview, store::EmailChoiceKey(kSchool, PersonId(77)), Get(email2_key));
  EXPECT_EQ(Found(), Names{"email2 77 not-in-journal"});
}

TEST_F(VerifiedWords, AMatchWithAnotherAccount) {
  auto kept = *store::DecodeMatchDecision(PersonId(5), Get(match_key));
  kept.account = AccountId("h2");
  Put(Family::kReview, match_key, store::EncodeMatchDecision(kept));
  EXPECT_EQ(Found(), Names{"match 5 other-decision"});
  kept.account.reset();
  Put(Family::kReview, match_key, store::EncodeMatchDecision(kept));
  EXPECT_EQ(Found(), Names{"match 5 other-decision"});
}

TEST_F(VerifiedWords, AMatchMadeAmongOtherAccounts) {
  auto kept = *store::DecodeMatchDecision(PersonId(5), Get(match_key));
  kept.seen = {AccountId("h1")};
  Put(Family::kReview, match_key, store::EncodeMatchDecision(kept));
  EXPECT_EQ(Found(), Names{"match 5 other-content"});
}

TEST_F(VerifiedWords, AMatchThatIsGoneOrThatNobodyMade) {
  const std::string row = Get(match_key);
  Put(Family::kReview, match_key, std::nullopt);
  Put(Family::kReview, store::MatchDecisionKey(kSchool, PersonId(77)), row);
  EXPECT_EQ(Found(), (Names{"match 5 other-decision", "match 77 not-in-journal"}));
}

TEST_F(VerifiedWords, OfEntriesThatDoNotSayTheWordAreBelievedAsFarAsTheyGo) {
  MakeEntriesOld();
  EXPECT_EQ(Found(), Names{});
  // Whether there is a word they say all the same.
  Put(Family::kReview, ExclusionKey(30), Get(ExclusionKey(20)));
  auto kept = Holder();
  kept.holder = PersonId(3);
  Put(Family::kReview, HolderKey(), store::EncodeGroupDecision(kept));
  Put(Family::kReview, email2_key, std::nullopt);
  Put(Family::kReview, match_key, std::nullopt);
  EXPECT_EQ(Found(), (Names{"email2 4 other-decision", "match 5 other-decision",
                            "duplicate 3 not-in-journal", "family 30 other-decision"}));
}

TEST_F(VerifiedWords, ANewWordAfterOldEntriesIsToldByItsEntry) {
  MakeEntriesOld();
  Keep(1);
  EXPECT_EQ(Found(), Names{});
  auto kept = Holder();
  kept.address = "x@example.org";
  Put(Family::kReview, HolderKey(), store::EncodeGroupDecision(kept));
  EXPECT_EQ(Found(), Names{"duplicate 1 other-content"});
}

// More than one pass looks for; the last word on each counts.
TEST_F(VerifiedWords, ManyFamilies) {
  std::vector<std::int64_t> families;
  for (std::int64_t id = 1000; id < 1150; ++id) {
    Pupil parent{id, "Par", "Ent", std::to_string(id) + "@example.org"};
    parent.student = false;
    desk.pupils.push_back(parent);
    desk.pupils.push_back({id + 1000, "Kid", "Ent", "", "Enrolled", "03"});
    desk.households.push_back({id, "Ent", {id}, {id + 1000}});
    families.push_back(id);
  }
  desk.Poll();
  desk.DecideFamilies(true, families, "one");
  families.resize(100);
  desk.DecideFamilies(false, families);
  families.resize(30);
  desk.DecideFamilies(true, families, "two");
  EXPECT_EQ(Found(), Names{});
  EXPECT_EQ(desk.Verify(kVerifyWork).decisions, 4U + 30U + 50U);
  const std::string row = Get(ExclusionKey(1149));
  Put(Family::kReview, ExclusionKey(1029), row);  // of the first word
  Put(Family::kReview, ExclusionKey(1060), row);
  Put(Family::kReview, ExclusionKey(1149), std::nullopt);
  EXPECT_EQ(Found(), (Names{"family 1029 other-content", "family 1060 other-decision",
                            "family 1149 other-decision"}));
}

TEST_F(VerifiedWords, ManyFamiliesThatNobodyExcluded) {
  const std::string row = Get(ExclusionKey(20));
  for (std::int64_t id = 1000; id < 1250; ++id) Put(Family::kReview, ExclusionKey(id), row);
  EXPECT_EQ(desk.Verify(kVerifyWork).differences_total, 250U);
  EXPECT_EQ(desk.Verify(7).differences_total, 250U);
  EXPECT_EQ(desk.Verify(7).decisions, 254U);
}

TEST_F(VerifiedWords, ATokenOfFamiliesIsLookedAtBeforeItIsUsed) {
  wire::Request request;
  const std::string begun = "0a0000000000000000000000000000000001";
  request.mutable_verify_state()->set_page_token(begun);
  EXPECT_TRUE(desk.Ask(request).has_verify());
  for (const std::string& token : {std::string("0a"), begun + "00", begun.substr(0, 34) + "00",
                                   begun + "00000000000000150000000000000001"}) {
    request.mutable_verify_state()->set_page_token(token);
    EXPECT_EQ(desk.Ask(request).error().reason(), "page-token") << token;
  }
}

}  // namespace
}  // namespace roster::engine
