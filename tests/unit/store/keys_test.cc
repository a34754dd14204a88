// Keys sort as what they name, ranges hold exactly their kind, and keys go back to ids.

#include "daemon/store/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "daemon/base/text.h"

namespace roster::store {
namespace {

const SchoolId kSchool("tcs");

bool Holds(const Range& range, const std::string& key) {
  return key >= range.begin && key < range.end;
}

TEST(Keys, AreTheLayoutOfTheReadme) {
  EXPECT_EQ(FormatKey(), std::string("\0format", 7));
  EXPECT_EQ(QuotaKey({}), std::string("\0quota\0", 7) + std::string(16, '\0'));
  EXPECT_EQ(SchoolHeadKey(kSchool), std::string("tcs\0h", 5));
  EXPECT_EQ(ChangeKey(kSchool, PersonId(1)), std::string("tcs\0c\x80\0\0\0\0\0\0\x01", 13));
  EXPECT_EQ(AccountKey(kSchool, AccountId("a7")), std::string("tcs\0aa7", 7));
  EXPECT_EQ(TaskKey(kSchool, {PlanId(2), 3}),
            std::string("tcs\0t\0\0\0\0\0\0\0\x02\0\0\0\x03", 17));
  EXPECT_EQ(StatusIndexKey(kSchool, model::ListStatus::kError,
                           "b\x01"
                           "a",
                           PersonId(-1)),
            std::string("tcs\0s\x04"
                        "b\x01"
                        "a\0\x7f\xff\xff\xff\xff\xff\xff\xff",
                        18));
}

TEST(Keys, OfGroupsAndFamiliesAreTheLayoutOfTheReadme) {
  const std::string bytes = "0123456789abcdef";
  const Fingerprint group = *Fingerprint::FromBytes(bytes);
  const std::string person("\x80\0\0\0\0\0\0\x01", 8);
  const std::string family("\x80\0\0\0\0\0\0\x02", 8);
  const auto key = [](char kind, const std::string& rest) {
    return std::string("tcs\0", 4) + kind + rest;
  };
  EXPECT_EQ(GroupKey(kSchool, group), key('g', bytes));
  EXPECT_EQ(GroupNumberKey(kSchool, GroupId(1)), key('G', std::string("\0\0\0\0\0\0\0\x01", 8)));
  EXPECT_EQ(GroupDecisionKey(kSchool, group), key('w', bytes));
  EXPECT_EQ(EmailChoiceKey(kSchool, PersonId(1)), key('e', person));
  EXPECT_EQ(MatchDecisionKey(kSchool, PersonId(1)), key('m', person));
  EXPECT_EQ(FamilyExclusionKey(kSchool, FamilyId(2)), key('f', family));
  EXPECT_EQ(FamilyCountKey(kSchool, FamilyId(2)), key('n', family));
  EXPECT_EQ(FamilyUserKey(kSchool, FamilyId(2), PersonId(1)), key('u', family + person));
}

// One key of every kind of the family `review`.
std::vector<std::string> ReviewKeys() {
  const PersonId person(1);
  return {ChangeKey(kSchool, person),
          DecisionKey(kSchool, person),
          PlacementKey(kSchool, person),
          LinkKey(kSchool, person),
          AccountKey(kSchool, AccountId("a")),
          RivalKey(kSchool, person, person),
          StatusIndexKey(kSchool, model::ListStatus::kNew, "", person),
          BucketIndexKey(kSchool, model::Bucket::kAdd, "", person),
          GroupKey(kSchool, {}),
          GroupNumberKey(kSchool, GroupId(1)),
          GroupDecisionKey(kSchool, {}),
          EmailChoiceKey(kSchool, person),
          MatchDecisionKey(kSchool, person),
          FamilyExclusionKey(kSchool, FamilyId(1)),
          FamilyCountKey(kSchool, FamilyId(1)),
          FamilyUserKey(kSchool, FamilyId(1), person),
          ForgottenKey(kSchool, person)};
}

TEST(Keys, RangeHoldsItsKindAlone) {
  const PersonId person(1);
  const std::vector<Range> ranges = {ChangeRange(kSchool),
                                     DecisionRange(kSchool),
                                     PlacementRange(kSchool),
                                     LinkRange(kSchool),
                                     AccountRange(kSchool),
                                     RivalRange(kSchool, person),
                                     StatusIndexRange(kSchool, model::ListStatus::kNew),
                                     BucketIndexRange(kSchool, model::Bucket::kAdd),
                                     GroupRange(kSchool),
                                     GroupNumberRange(kSchool),
                                     GroupDecisionRange(kSchool),
                                     EmailChoiceRange(kSchool),
                                     MatchDecisionRange(kSchool),
                                     FamilyExclusionRange(kSchool),
                                     FamilyCountRange(kSchool),
                                     FamilyUserRange(kSchool, FamilyId(1)),
                                     ForgottenRange(kSchool)};
  const std::vector<std::string> keys = ReviewKeys();
  ASSERT_EQ(keys.size(), ranges.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < ranges.size(); ++j) {
      EXPECT_EQ(Holds(ranges[j], keys[i]), i == j) << i << " " << j;
    }
  }
}

TEST(Keys, FamiliesSortAsNumbersAndTheirUsersWithin) {
  std::vector<std::string> counts;
  std::vector<std::string> users;
  for (const std::int64_t family : {-256, -1, 0, 1, 255, 256}) {
    counts.push_back(FamilyCountKey(kSchool, FamilyId(family)));
    EXPECT_EQ(FamilyOfKey(counts.back()).value(), FamilyId(family));
    for (const std::int64_t person : {-1, 0, 300}) {
      users.push_back(FamilyUserKey(kSchool, FamilyId(family), PersonId(person)));
      EXPECT_EQ(FamilyOfKey(users.back()).value(), FamilyId(family));
      EXPECT_EQ(PersonOfKey(users.back()).value(), PersonId(person));
      EXPECT_TRUE(Holds(FamilyUserRange(kSchool, FamilyId(family)), users.back()));
      EXPECT_FALSE(Holds(FamilyUserRange(kSchool, FamilyId(family + 1)), users.back()));
    }
  }
  EXPECT_TRUE(std::is_sorted(counts.begin(), counts.end()));
  EXPECT_TRUE(std::is_sorted(users.begin(), users.end()));
}

TEST(Keys, GroupNumbersSortAsNumbers) {
  std::vector<std::string> keys;
  for (const std::uint64_t group : {0ULL, 1ULL, 255ULL, 256ULL, ~0ULL}) {
    keys.push_back(GroupNumberKey(kSchool, GroupId(group)));
    EXPECT_EQ(GroupNumberOfKey(keys.back()).value(), GroupId(group));
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(Keys, PersonsSortAsNumbers) {
  const std::vector<std::int64_t> persons = {
      std::numeric_limits<std::int64_t>::min(), -256, -1, 0, 1, 255, 256,
      std::numeric_limits<std::int64_t>::max()};
  std::vector<std::string> keys;
  for (const std::int64_t person : persons) keys.push_back(ChangeKey(kSchool, PersonId(person)));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(PersonOfKey(keys[i]).value().value(), persons[i]);
    EXPECT_TRUE(Holds(ChangeRange(kSchool), keys[i]));
    EXPECT_FALSE(Holds(DecisionRange(kSchool), keys[i]));
    EXPECT_FALSE(Holds(ChangeRange(SchoolId("tcs-2")), keys[i]));
  }
}

TEST(Keys, GoBackToIds) {
  const PersonId person(42);
  for (const auto& key :
       {DecisionKey(kSchool, person), PlacementKey(kSchool, person), LinkKey(kSchool, person),
        EmailChoiceKey(kSchool, person), MatchDecisionKey(kSchool, person),
        FamilyUserKey(kSchool, FamilyId(7), person), RivalKey(kSchool, PersonId(7), person),
        HeldTaskKey(kSchool, person), PersonEntryKey(kSchool, person, Seq(9)),
        StatusIndexKey(kSchool, model::ListStatus::kNew, "", person),
        BucketIndexKey(kSchool, model::Bucket::kSkip, "name", person)}) {
    EXPECT_EQ(PersonOfKey(key).value(), person);
  }
  const Fingerprint group = Xxh3("group");
  EXPECT_EQ(GroupOfKey(GroupKey(kSchool, group)).value(), group);
  EXPECT_EQ(GroupOfKey(GroupDecisionKey(kSchool, group)).value(), group);
  EXPECT_EQ(FamilyOfKey(FamilyExclusionKey(kSchool, FamilyId(7))).value(), FamilyId(7));
  EXPECT_EQ(AccountOfKey(AccountKey(kSchool, AccountId("x"))).value(), AccountId("x"));
  EXPECT_EQ(PollOfKey(PollKey(kSchool, PollId(7))).value(), PollId(7));
  EXPECT_EQ(PlanOfKey(PlanKey(kSchool, PlanId(7))).value(), PlanId(7));
  EXPECT_EQ(TaskOfKey(TaskKey(kSchool, {PlanId(7), 8})).value(), (TaskId{PlanId(7), 8}));
  EXPECT_EQ(TaskOfKey(DeadTaskKey(kSchool, {PlanId(7), 8})).value(), (TaskId{PlanId(7), 8}));
  EXPECT_EQ(SeqOfKey(EntryKey(kSchool, Seq(5))).value(), Seq(5));
  EXPECT_EQ(SeqOfKey(PersonEntryKey(kSchool, person, Seq(5))).value(), Seq(5));
  EXPECT_EQ(CommandOfKey(ReplyKey(kSchool, CommandId("c"))).value(), CommandId("c"));
  EXPECT_EQ(CommandOfKey(ReplyExpiryKey(kSchool, Time{}, CommandId("c"))).value(), CommandId("c"));
}

TEST(Keys, OfAnotherKindAreRefused) {
  for (const std::string& key :
       {std::string(), std::string("tcs"), std::string("tcs\0", 4), std::string("\0format", 7),
        std::string("tcs\0c123", 8), std::string("tcs\0s\x01name", 10), std::string(300, '\0')}) {
    EXPECT_EQ(PersonOfKey(key).error().code, Code::kCorrupt);
    EXPECT_EQ(PlanOfKey(key).error().code, Code::kCorrupt);
    EXPECT_EQ(TaskOfKey(key).error().code, Code::kCorrupt);
    EXPECT_EQ(SeqOfKey(key).error().code, Code::kCorrupt);
    EXPECT_EQ(CommandOfKey(key).error().code, Code::kCorrupt);
    EXPECT_EQ(AccountOfKey(key).error().code, Code::kCorrupt);
    EXPECT_EQ(PollOfKey(key).error().code, Code::kCorrupt);
    EXPECT_EQ(FamilyOfKey(key).error().code, Code::kCorrupt);
    EXPECT_EQ(GroupOfKey(key).error().code, Code::kCorrupt);
    EXPECT_EQ(GroupNumberOfKey(key).error().code, Code::kCorrupt);
  }
}

TEST(Keys, OfReviewGiveTheIdsTheyHoldAndNoOthers) {
  std::string persons;
  std::string families;
  std::string groups;
  std::string numbers;
  for (const std::string& key : ReviewKeys()) {
    const char kind = key[kSchool.value().size() + 1];
    if (PersonOfKey(key)) persons += kind;
    if (FamilyOfKey(key)) families += kind;
    if (GroupOfKey(key)) groups += kind;
    if (GroupNumberOfKey(key)) numbers += kind;
  }
  EXPECT_EQ(persons, "cdvlrsbemuk");
  EXPECT_EQ(families, "fnu");
  EXPECT_EQ(groups, "gw");
  EXPECT_EQ(numbers, "G");
}

TEST(Keys, CutOrLongerThanTheirKindAreRefused) {
  for (const std::string& key : ReviewKeys()) {
    const char kind = key[kSchool.value().size() + 1];
    if (std::string_view("asb").find(kind) != std::string_view::npos) continue;  // of any length
    for (const std::string& bad : {key.substr(0, key.size() - 1), key + "x"}) {
      EXPECT_FALSE(PersonOfKey(bad)) << kind;
      EXPECT_FALSE(FamilyOfKey(bad)) << kind;
      EXPECT_FALSE(GroupOfKey(bad)) << kind;
      EXPECT_FALSE(GroupNumberOfKey(bad)) << kind;
    }
  }
}

TEST(Keys, ListsAreOrderedByLastThenFirstName) {
  const auto key = [](std::string_view first, std::string_view last, std::int64_t person) {
    return StatusIndexKey(kSchool, model::ListStatus::kNew, SortName(first, last),
                          PersonId(person));
  };
  const std::vector<std::string> keys = {key("Zoe", "Adams", 9), key("Ann", "adamson", 1),
                                         key("ann", "Baker", 5), key("Ann", "baker", 6),
                                         key("Bob", "Baker", 2)};
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  const Range range = StatusIndexRange(kSchool, model::ListStatus::kNew);
  for (const std::string& one : keys) EXPECT_TRUE(Holds(range, one));
  EXPECT_FALSE(Holds(StatusIndexRange(kSchool, model::ListStatus::kSelected), keys[0]));
}

TEST(Keys, SortNameIsCutBetweenCharacters) {
  for (std::size_t filler = 40; filler < 50; ++filler) {
    const std::string name = SortName("", std::string(filler, 'a') + "李李李");
    EXPECT_LE(name.size(), kSortNameMax);
    EXPECT_GE(name.size(), kSortNameMax - 2);
    EXPECT_TRUE(IsValidUtf8(name)) << filler;
  }
  EXPECT_EQ(SortName(std::string("B\0c", 3), "A"),
            "a\x01"
            "bc");
}

TEST(Keys, RepliesToForgetAreThoseBeforeATime) {
  const Time now(std::chrono::hours(1000));
  const Range range = ReplyExpiryRange(kSchool, now);
  EXPECT_TRUE(Holds(range, ReplyExpiryKey(kSchool, now - Duration(1), CommandId("z"))));
  EXPECT_FALSE(Holds(range, ReplyExpiryKey(kSchool, now, CommandId("a"))));
  const Range none = ReplyExpiryRange(kSchool, Time(std::chrono::hours(-5)));
  EXPECT_FALSE(Holds(none, ReplyExpiryKey(kSchool, Time{}, CommandId("a"))));
}

TEST(Keys, RangeOfAPrefixEndsAfterItsLastKey) {
  const Range range = PrefixRange("a\xff");
  EXPECT_TRUE(Holds(range, "a\xff\xff\xff"));
  EXPECT_FALSE(Holds(range, "b"));
  const Range plan = TaskRange(kSchool, PlanId(0xff));
  EXPECT_TRUE(Holds(plan, TaskKey(kSchool, {PlanId(0xff), 0xffffffffU})));
  EXPECT_FALSE(Holds(plan, TaskKey(kSchool, {PlanId(0x100), 0})));
}

}  // namespace
}  // namespace roster::store
