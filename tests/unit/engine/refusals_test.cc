// Refusals on their way to the journal: at once, then once a minute, and never more than so many.

#include "daemon/engine/refusals.h"

#include <gtest/gtest.h>

namespace roster::engine {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Refused Of(const std::string& actor, const std::string& request = "ApprovePlan") {
  return {SchoolId("tcs"), actor, request, "role-missing"};
}

TEST(Refusals, TheFirstAtOnceThenOnceAMinuteWithTheCount) {
  Refusals refusals(10, 10);
  EXPECT_TRUE(refusals.Note(Of("uid:1"), seconds(100)));
  auto told = refusals.ToTell(seconds(100));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].refused, Of("uid:1"));
  EXPECT_EQ(told[0].times, 1U);
  refusals.Settle(true);
  for (int i = 0; i < 500; ++i) refusals.Note(Of("uid:1"), seconds(101));
  EXPECT_TRUE(refusals.ToTell(seconds(159)).empty());
  told = refusals.ToTell(seconds(160));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].times, 500U);
  refusals.Settle(true);
  EXPECT_TRUE(refusals.ToTell(seconds(300)).empty()) << "nothing since";
  EXPECT_EQ(refusals.kinds(), 0U) << "forgotten after a quiet minute";
}

TEST(Refusals, ActorRequestReasonAndSchoolAreToldApart) {
  Refusals refusals(10, 10);
  refusals.Note(Of("uid:1"), seconds(1));
  refusals.Note(Of("uid:2"), seconds(1));
  refusals.Note(Of("uid:1", "Decide"), seconds(1));
  Refused other = Of("uid:1");
  other.reason = "other-actor";
  refusals.Note(other, seconds(1));
  other.school = SchoolId("scs");
  refusals.Note(other, seconds(1));
  EXPECT_EQ(refusals.ToTell(seconds(1)).size(), 5U);
}

TEST(Refusals, MoreKindsThanTheLimitAreNotCounted) {
  Refusals refusals(2, 10);
  EXPECT_TRUE(refusals.Note(Of("uid:1"), seconds(1)));
  EXPECT_TRUE(refusals.Note(Of("uid:2"), seconds(1)));
  EXPECT_FALSE(refusals.Note(Of("uid:3"), seconds(1)));
  EXPECT_TRUE(refusals.Note(Of("uid:1"), seconds(1))) << "known kinds are";
  EXPECT_EQ(refusals.ToTell(seconds(1)).size(), 2U);
  refusals.Settle(true);
  refusals.ToTell(seconds(61));
  EXPECT_TRUE(refusals.Note(Of("uid:3"), seconds(61))) << "there is room again";
}

TEST(Refusals, MoreEntriesThanTheLimitWaitTheirTurn) {
  Refusals refusals(100, 3);
  for (int i = 9; i >= 0; --i) refusals.Note(Of("uid:" + std::to_string(i)), seconds(100 - i));
  std::vector<std::string> actors;
  for (int minute = 0; minute < 4; ++minute) {
    const auto told = refusals.ToTell(seconds(100) + minutes(minute));
    EXPECT_LE(told.size(), 3U);
    EXPECT_TRUE(refusals.ToTell(seconds(130) + minutes(minute)).empty()) << "not in this minute";
    for (const auto& entry : told) actors.push_back(entry.refused.actor);
    refusals.Settle(true);
  }
  EXPECT_EQ(actors, (std::vector<std::string>{"uid:9", "uid:8", "uid:7", "uid:6", "uid:5", "uid:4",
                                              "uid:3", "uid:2", "uid:1", "uid:0"}))
      << "longest waiting first";
}

TEST(Refusals, WhatDidNotReachTheDiskIsToldAgain) {
  Refusals refusals(10, 10);
  refusals.Note(Of("uid:1"), seconds(1));
  EXPECT_EQ(refusals.ToTell(seconds(1)).size(), 1U);
  refusals.Settle(false);
  refusals.Note(Of("uid:1"), seconds(2));
  EXPECT_TRUE(refusals.ToTell(seconds(2)).empty());
  const auto told = refusals.ToTell(seconds(61));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].times, 2U);
}

}  // namespace
}  // namespace roster::engine
