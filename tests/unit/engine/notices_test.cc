// What is known is not told again, and silence of the workers is told once.

#include <gtest/gtest.h>

#include <functional>

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
  EXPECT_FALSE(desk.School().workers_away());
  Pass(std::chrono::seconds(1));
  ASSERT_EQ(Away(), 1U);
  for (const auto& entry : desk.Entries()) {
    if (!entry.has_workers_away()) continue;
    EXPECT_EQ(entry.workers_away().waiting(), 1U);
    EXPECT_TRUE(entry.workers_away().has_last_seen_at());
    EXPECT_EQ(entry.actor(), "rosterd");
  }
  EXPECT_TRUE(desk.School().workers_away());
  Pass(std::chrono::hours(5));
  EXPECT_EQ(Away(), 1U);
  EXPECT_EQ(Back(), 0U);
}

TEST_F(Silence, EndsWhenOneAsksAgain) {
  Pass(std::chrono::minutes(2));
  ASSERT_EQ(Away(), 1U);
  desk.WorkUntilDone();
  EXPECT_EQ(Back(), 1U);
  EXPECT_FALSE(desk.School().workers_away());
  Pass(std::chrono::hours(1));
  EXPECT_EQ(Away(), 1U) << "nothing waits";
}

TEST_F(Silence, IsNobodysTroubleOnceNothingWaits) {
  Pass(std::chrono::minutes(2));
  ASSERT_EQ(Away(), 1U);
  desk.pupils[0].last = "Another";  // no longer what was approved
  desk.Poll();
  ASSERT_EQ(desk.School().tasks().queued(), 0U);
  EXPECT_FALSE(desk.School().workers_away());
  Pass(std::chrono::seconds(1));
  EXPECT_FALSE(desk.vitals.value().schools.at(0).workers_away);
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

// Three changes are approved, and the site does none.
class Site : public Synced {
 protected:
  void SetUp() override {
    Synced::SetUp();
    for (int i = 0; i < 3; ++i) desk.pupils[static_cast<std::size_t>(i)].last = "Other";
    desk.Poll();
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  }
  // So many tasks are tried, and end like this.
  void End(std::uint32_t tasks, const std::function<void(wire::Outcome&)>& with) {
    std::vector<wire::Outcome> outcomes;
    for (const auto& task : desk.Lease("w", tasks)) {
      wire::Outcome outcome;
      outcome.mutable_lease()->set_school(task.school());
      outcome.mutable_lease()->set_plan(task.plan());
      outcome.mutable_lease()->set_index(task.index());
      outcome.mutable_lease()->set_attempt(task.attempt());
      with(outcome);
      outcomes.push_back(outcome);
    }
    ASSERT_FALSE(outcomes.empty());
    desk.Report("w", outcomes);
  }
  // The site's fault, for this reason.
  void Fail(const std::string& reason, std::uint32_t tasks = 1) {
    End(tasks, [&](wire::Outcome& outcome) {
      outcome.mutable_failed()->set_reason(reason);
      outcome.mutable_failed()->set_again(true);
      outcome.mutable_failed()->set_site_failing(true);
    });
  }
  void Pass(Duration time) {
    desk.clock.Advance(time);
    desk.Step();
  }
  void Retry() {
    wire::Request request;
    request.mutable_retry_tasks()->set_all_dead(true);
    ASSERT_TRUE(desk.Command(request).has_retry());
  }
  std::size_t Stopped() { return desk.CountEntries(wire::Entry::kSiteStopped); }
  std::size_t Back() { return desk.CountEntries(wire::Entry::kSiteBack); }
};

TEST_F(Site, ThatRefusesTheKeyIsToldAtOnceAndOnce) {
  Fail("site-unauthorized", 3);
  ASSERT_EQ(Stopped(), 1U);
  const wire::Entry entry = desk.Entries().back();
  EXPECT_EQ(entry.actor(), "rosterd");
  EXPECT_EQ(entry.site_stopped().reason(), "site-unauthorized");
  EXPECT_EQ(entry.site_stopped().waiting(), 3U);
  Pass(std::chrono::minutes(10));
  Fail("site-unauthorized");
  EXPECT_EQ(Stopped(), 1U);
  Pass(std::chrono::minutes(10));
  desk.WorkUntilDone();
  EXPECT_EQ(Back(), 1U) << "once, whatever is done";
  EXPECT_EQ(desk.School().site_problem(), "");
}

TEST_F(Site, ThatFailsIsToldWhenItGoesOn) {
  Fail("site-unavailable", 3);
  EXPECT_EQ(Stopped(), 0U) << "three failures of one moment are one";
  Pass(std::chrono::minutes(10));
  Fail("site-unavailable");
  ASSERT_EQ(Stopped(), 1U);
  EXPECT_EQ(desk.Entries().back().site_stopped().reason(), "site-unavailable");
  Pass(std::chrono::minutes(10));
  Fail("site-unauthorized");
  EXPECT_EQ(Stopped(), 2U) << "that is another matter, and nobody but a person mends it";
  Pass(std::chrono::minutes(10));
  Fail("site-unavailable");
  EXPECT_EQ(Stopped(), 2U);
}

TEST_F(Site, ThatWorksAgainSoonIsNobodysBusiness) {
  Fail("site-unavailable", 3);
  Pass(std::chrono::minutes(10));
  desk.WorkUntilDone();
  EXPECT_EQ(Stopped(), 0U);
  EXPECT_EQ(Back(), 0U);
}

TEST_F(Site, ARestartNeitherRepeatsNorForgetsIt) {
  Fail("site-unauthorized");
  ASSERT_EQ(Stopped(), 1U);
  desk.Restart();
  EXPECT_NE(desk.School().site_problem(), "");
  desk.vitals.reset();
  Pass(std::chrono::seconds(1));
  ASSERT_TRUE(desk.vitals);
  EXPECT_TRUE(desk.vitals->schools.at(0).site_problem) << "watchers see what the status says";
  Pass(std::chrono::minutes(10));
  Fail("site-unauthorized");
  EXPECT_EQ(Stopped(), 1U);
  desk.Restart();
  Pass(std::chrono::minutes(10));
  desk.WorkUntilDone();
  EXPECT_EQ(Back(), 1U);
}

// The one task ends otherwise: nothing is left that could show that the site works again, and it
// would be called stopped for ever.
TEST_F(Site, IsNoLongerStoppedWhenNothingWaits) {
  Fail("site-unauthorized", 3);
  ASSERT_EQ(Stopped(), 1U);
  Pass(std::chrono::minutes(10));
  // One goes out to see, and then the others.
  const auto supersede = [](wire::Outcome& outcome) {
    outcome.mutable_superseded()->set_reason("changed-on-site");
  };
  End(1, supersede);
  EXPECT_EQ(Back(), 0U);
  EXPECT_NE(desk.School().site_problem(), "");
  End(2, supersede);
  Pass(std::chrono::seconds(1));
  ASSERT_EQ(Back(), 1U);
  for (const wire::Entry& entry : desk.Entries()) {
    if (entry.has_site_back()) {
      EXPECT_TRUE(entry.site_back().nothing_waits());
    }
  }
  EXPECT_EQ(desk.School().site_problem(), "");
}

// Somebody says that they know, mends something, and it was not that.
TEST_F(Site, IsToldAgainWhenARetryIsNoBetter) {
  Fail("site-unauthorized");
  ASSERT_EQ(Ack(desk, 0).error().reason(), "");
  Pass(std::chrono::minutes(10));
  Fail("site-unauthorized");
  EXPECT_EQ(Stopped(), 1U) << "what is known is known";
  Pass(std::chrono::minutes(10));
  Retry();
  Fail("site-unauthorized");
  EXPECT_EQ(Stopped(), 2U);
  EXPECT_GT(desk.Entries().back().seq(), desk.School().acknowledged());
  Pass(std::chrono::minutes(10));
  desk.WorkUntilDone();
  EXPECT_EQ(Back(), 1U);
}

// The same of FACTS: an acknowledgement is of what was, and a key that is refused again is news.
TEST_F(Synced, AKeyThatIsRefusedAgainIsToldAgain) {
  const auto refuse = [&] {
    const PollJob job = desk.StartPoll();
    desk.EndPoll({job.school, job.poll, PollEnd::Side::kSource,
                  Fail(Code::kRefused, "school-key-refused", "FACTS refuses the key.")});
  };
  refuse();
  ASSERT_EQ(desk.CountEntries(wire::Entry::kSourceStopped), 1U);
  Ack(desk, 0);
  refuse();
  ASSERT_EQ(desk.CountEntries(wire::Entry::kSourceStopped), 2U);
  EXPECT_GT(desk.Entries().back().seq(), desk.School().acknowledged());
  desk.Poll();
}

}  // namespace
}  // namespace roster::engine
