// What is known is not told again, and silence of the workers is told once.

#include <gtest/gtest.h>

#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

wire::Reply Ack(Desk& desk, std::uint64_t seq) {
  wire::Request request;
  request.mutable_acknowledge()->set_seq(seq);
  return desk.Command(request);
}

TEST_F(Synced, AnAcknowledgementIsKeptAndShown) {
  EXPECT_EQ(desk.School().acknowledged(), 0U);
  const std::uint64_t head = desk.School().head();
  EXPECT_EQ(Ack(desk, head - 2).acknowledge().seq(), head - 2);
  EXPECT_EQ(desk.School().acknowledged(), head - 2);
  const wire::Entry entry = desk.Entries().back();
  ASSERT_TRUE(entry.has_acknowledged());
  EXPECT_EQ(entry.acknowledged().seq(), head - 2);
  EXPECT_EQ(entry.actor(), "uid:1000");
  desk.Restart();
  EXPECT_EQ(desk.School().acknowledged(), head - 2);
}

TEST_F(Synced, AcknowledgingAgainOrLessSaysNothingNew) {
  const std::uint64_t head = desk.School().head();
  Ack(desk, head - 2);
  EXPECT_EQ(Ack(desk, head - 2).acknowledge().seq(), head - 2);
  EXPECT_EQ(Ack(desk, 1).acknowledge().seq(), head - 2) << "what is known stays known";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kAcknowledged), 1U);
  const std::uint64_t all = Ack(desk, 0).acknowledge().seq();
  EXPECT_EQ(all, desk.School().head());
  EXPECT_EQ(desk.CountEntries(wire::Entry::kAcknowledged), 2U);
  EXPECT_EQ(Ack(desk, 0).acknowledge().seq(), desk.School().head()) << "its own entry is known too";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kAcknowledged), 2U);
}

TEST_F(Synced, WhatIsNotThereCannotBeKnown) {
  const wire::Reply reply = Ack(desk, desk.School().head() + 1);
  EXPECT_EQ(reply.error().code(), "invalid");
  EXPECT_EQ(reply.error().reason(), "unknown-entry");
  EXPECT_EQ(desk.CountEntries(wire::Entry::kAcknowledged), 0U);
}

class Silence : public Synced {
 protected:
  void SetUp() override {
    Synced::SetUp();
    desk.pupils[0].last = "Other";
    desk.Poll();
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  }
  void Pass(Duration time) {
    desk.clock.Advance(time);
    desk.Step();
  }
  std::size_t Away() { return desk.CountEntries(wire::Entry::kWorkersAway); }
  std::size_t Back() { return desk.CountEntries(wire::Entry::kWorkersBack); }
};

TEST_F(Silence, IsToldOnceWhileTasksWait) {
  Pass(std::chrono::seconds(59));
  EXPECT_EQ(Away(), 0U);
  Pass(std::chrono::seconds(1));
  ASSERT_EQ(Away(), 1U);
  for (const auto& entry : desk.Entries()) {
    if (!entry.has_workers_away()) continue;
    EXPECT_EQ(entry.workers_away().waiting(), 1U);
    EXPECT_TRUE(entry.workers_away().has_last_seen_at());
    EXPECT_EQ(entry.actor(), "rosterd");
  }
  Pass(std::chrono::hours(5));
  EXPECT_EQ(Away(), 1U);
  EXPECT_EQ(Back(), 0U);
}

TEST_F(Silence, EndsWhenOneAsksAgain) {
  Pass(std::chrono::minutes(2));
  ASSERT_EQ(Away(), 1U);
  desk.WorkUntilDone();
  EXPECT_EQ(Back(), 1U);
  Pass(std::chrono::hours(1));
  EXPECT_EQ(Away(), 1U) << "nothing waits";
}

TEST_F(Silence, IsNotRepeatedByARestart) {
  Pass(std::chrono::minutes(2));
  ASSERT_EQ(Away(), 1U);
  desk.Restart();
  Pass(std::chrono::minutes(5));
  EXPECT_EQ(Away(), 1U);
  EXPECT_EQ(Back(), 0U);
}

TEST_F(Silence, AStartGivesWorkersTime) {
  Pass(std::chrono::seconds(40));
  desk.Restart();
  desk.Step();
  Pass(std::chrono::seconds(40));
  EXPECT_EQ(Away(), 0U);
  Pass(std::chrono::seconds(40));
  EXPECT_EQ(Away(), 1U);
}

TEST_F(Silence, AWorkerThatHoldsATaskIsNotAway) {
  desk.settings.tasks.lease = std::chrono::minutes(10);
  desk.Restart();
  ASSERT_EQ(desk.Lease("w").size(), 1U);
  desk.pupils[1].last = "Other";
  desk.Poll();
  ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  Pass(std::chrono::seconds(61));
  EXPECT_EQ(desk.School().tasks().queued(), 1U);
  EXPECT_EQ(Away(), 0U);
  Pass(std::chrono::minutes(10));
  EXPECT_EQ(Away(), 1U) << "its lease has run out";
}

TEST_F(Synced, NobodyIsMissedWhileNothingWaits) {
  desk.clock.Advance(std::chrono::hours(10));
  desk.Step();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kWorkersAway), 0U);
}

}  // namespace
}  // namespace roster::engine
