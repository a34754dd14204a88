#include "client/format.h"

#include <gtest/gtest.h>

#include "client/words.h"
#include "roster/v1/control.pb.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

TEST(Format, NumbersHaveThousandsSeparators) {
  EXPECT_EQ(Number(0), "0");
  EXPECT_EQ(Number(999), "999");
  EXPECT_EQ(Number(9176), "9,176");
  EXPECT_EQ(Number(18446744073709551615U), "18,446,744,073,709,551,615");
}

TEST(Format, OneOfSomethingIsSingular) {
  EXPECT_EQ(Count(1, "user"), "1 user");
  EXPECT_EQ(Count(0, "user"), "0 users");
  EXPECT_EQ(Count(1400, "user"), "1,400 users");
}

TEST(Format, BytesInSteps) {
  EXPECT_EQ(Bytes(812), "812 B");
  EXPECT_EQ(Bytes(4'200'000), "4.2 MB");
}

TEST(Format, TimesAreLocal) {
  FakeWorld utc;
  EXPECT_EQ(Minute(At()), "2026-08-24 06:30");
  EXPECT_EQ(Second(At(5)), "2026-08-24 06:30:05");
  EXPECT_EQ(Minute({}), "-");
  setenv("TZ", "America/Los_Angeles", 1);
  tzset();
  EXPECT_EQ(Minute(At()), "2026-08-23 23:30");
}

TEST(Format, AgoGrowsCoarser) {
  EXPECT_EQ(Ago(At(), At(1)), "just now");
  EXPECT_EQ(Ago(At(), At(90)), "90 s ago");
  EXPECT_EQ(Ago(At(), At(300)), "5 min ago");
  EXPECT_EQ(Ago(At(), At(3 * 3600)), "3 h ago");
  EXPECT_EQ(Ago(At(), At(3 * 86400)), "3 days ago");
  EXPECT_EQ(Ago(At(9), At(0)), "just now");
}

TEST(Format, DigestsAreShort) { EXPECT_EQ(ShortDigest("\x3f\x9a\x12\xc4\xff"), "3f9a12c4"); }

TEST(Format, NamesWithoutAPartDoWithout) {
  EXPECT_EQ(Name("Ann", "Abbott", 1), "Abbott, Ann");
  EXPECT_EQ(Name("", "Abbott", 1), "Abbott");
  EXPECT_EQ(Name("Ann", "", 1), "Ann");
  EXPECT_EQ(Name("", "", 1), "(person 1)");
}

TEST(Words, EnumsOfTheWireHaveTheWordsOfTheScreen) {
  EXPECT_EQ(Word(v1::FOUND_ARCHIVED), "found-archived");
  EXPECT_EQ(Word(v1::STATUS_NEW), "new");
  EXPECT_EQ(Word(v1::TO_ARCHIVE), "archive");
  EXPECT_EQ(Word(v1::BUCKET_UNSPECIFIED), "");
  EXPECT_EQ(AllWords<v1::ListStatus>(),
            (std::vector<std::string>{"new", "selected", "skipped", "error"}));
}

TEST(Words, EveryWordLeadsBackToItsEnum) {
  for (const std::string& word : AllWords<v1::Situation>()) {
    const auto situation = FromWord<v1::Situation>(word);
    ASSERT_TRUE(situation) << word;
    EXPECT_EQ(Word(*situation), word);
  }
  EXPECT_FALSE(FromWord<v1::Situation>("unspecified"));
}

TEST(Words, AValueOfALaterVersionIsShownByItsNumber) {
  EXPECT_EQ(Word(static_cast<v1::Situation>(99)), "99");
}

TEST(Format, FamiliesAreCounted) {
  EXPECT_EQ(Families(0), "0 families");
  EXPECT_EQ(Families(1), "1 family");
  EXPECT_EQ(Families(1234), "1,234 families");
}

TEST(Format, OfManyIdsTheFirstTwentyAreNamed) {
  google::protobuf::RepeatedField<std::int64_t> ids;
  ids.Add(12);
  ids.Add(13);
  EXPECT_EQ(Ids(ids), "12, 13");
  for (int i = 0; i < 30; ++i) ids.Add(7);
  EXPECT_TRUE(Ids(ids).ends_with("7, ..."));
}

TEST(Words, PrefixesOfTheWireAreLeftOut) {
  EXPECT_EQ(Word(v1::CLASS_EMAIL_CHANGE), "email-change");
  EXPECT_EQ(Word(v1::GUARD_MISSING), "missing");
  EXPECT_EQ(Word(v1::GROUP_RESOLVED), "resolved");
  EXPECT_EQ(FromWord<v1::ChangeClass>("missing"), v1::CLASS_MISSING);
}

}  // namespace
}  // namespace roster::client
