// Tasks: leases, reports, and what becomes of an approval.

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using std::chrono::seconds;

TEST_F(Synced, EveryApprovedChangeIsOnTheSiteAndLinked) {
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskApplied), 3U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSyncCompleted), 1U);
  EXPECT_EQ(desk.School().counters().unchanged(), 3U);
  EXPECT_EQ(desk.site.begin()->second.external_id, "tcs:1");
  desk.Poll();
  EXPECT_EQ(desk.School().last_poll().rows_changed(), 0U) << "what was written is what is read";
}

TEST(Engine, ALeaseThatRunsOutIsUnknownAndItsLateReportIsFenced) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  desk.Approve(desk.Plan());
  const auto first = desk.Lease("w1");
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].attempt(), 1U);
  EXPECT_TRUE(desk.Lease("w2").empty()) << "leased once";
  desk.clock.Advance(seconds(61));
  desk.Step();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskUnknown), 1U);
  desk.clock.Advance(std::chrono::minutes(6));
  const auto second = desk.Lease("w2");
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].attempt(), 2U);
  const auto late = desk.Execute(first[0]);
  EXPECT_EQ(desk.Report("w1", {late}).refused_size(), 1);
  EXPECT_EQ(desk.Report("w2", {desk.Execute(second[0])}).refused_size(), 0);
  EXPECT_EQ(desk.Report("w2", {desk.Execute(second[0])}).refused_size(), 1) << "sent twice";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskApplied), 1U);
  EXPECT_EQ(desk.site.size(), 1U);
}

// Found by the simulation: a day's wait for whatever waited for a time.
TEST(Engine, AClockThatIsSetBackHoldsUpNothing) {
  for (const bool restart : {false, true}) {
    SCOPED_TRACE(restart);
    Desk desk;
    desk.pupils = SomePupils();
    desk.Poll();
    desk.Decide(wire::SYNC, {1});
    desk.Approve(desk.Plan());
    ASSERT_EQ(desk.Lease("gone").size(), 1U);
    desk.clock.SetBack(std::chrono::hours(26));
    if (restart) {
      desk.Restart();
    } else {
      desk.Step();
    }
    desk.clock.Advance(seconds(61));
    desk.Step();
    EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskUnknown), 1U) << "the lease has run out";
    desk.clock.SetBack(std::chrono::hours(26));
    desk.Step();
    desk.clock.Advance(std::chrono::minutes(6));
    EXPECT_EQ(desk.Lease("w").size(), 1U) << "and the task goes on";
    desk.clock.Advance(std::chrono::hours(2));
    desk.Step();
    EXPECT_EQ(desk.polls.started.size(), 1U) << "the next poll is due";
  }
}

// While one school of several was synced, the engine never slept: a worker that held its share of
// it asked for tasks of the others, and there were none.
TEST(Engine, ARequestThatMayHaveNoMoreOfASchoolLetsTheEngineSleep) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2, 3});
  desk.Approve(desk.Plan());
  const auto ask = [&](const std::string& route) {
    wire::WorkerRequest request;
    request.set_version(1);
    request.set_request_id(route);
    request.set_worker("w1");
    request.mutable_lease()->set_max(10);
    request.mutable_lease()->set_school_max(2);
    request.mutable_lease()->mutable_wait()->set_seconds(30);
    desk.bus.inputs.push_back(
        {bus::Channel::kTasks, route, desk.peer, request.SerializeAsString()});
    desk.Step();
  };
  const auto answer = [&](const std::string& route) {
    wire::WorkerReply reply;
    EXPECT_EQ(desk.bus.replies[route].size(), 1U);
    if (!desk.bus.replies[route].empty()) reply.ParseFromString(desk.bus.replies[route].front());
    return reply.lease();
  };
  ask("first");
  const auto held = answer("first");
  ASSERT_EQ(held.tasks_size(), 2);
  ask("second");
  EXPECT_TRUE(desk.bus.replies["second"].empty()) << "one waits, and is not for this worker yet";
  Desk::Must(desk.engine().Step(seconds(1)));
  EXPECT_GT(desk.bus.waited, Duration::zero());

  ask("other");  // the worker has given up on what it asked before
  desk.Report("w1", {desk.Execute(held.tasks(0))});
  EXPECT_EQ(answer("other").tasks_size(), 1) << "what makes room is noticed at once";
}

TEST(Engine, AHeartbeatHoldsTheLeaseAndNamesWhatIsLost) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  desk.Approve(desk.Plan());
  const auto task = desk.Lease("w1").at(0);
  const auto beat = [&] {
    wire::WorkerRequest request;
    request.set_version(1);
    request.set_request_id("h");
    request.set_worker("w1");
    auto* held = request.mutable_heartbeat()->add_held();
    held->set_school(task.school());
    held->set_plan(task.plan());
    held->set_index(task.index());
    held->set_attempt(task.attempt());
    desk.bus.inputs.push_back({bus::Channel::kTasks, "h", desk.peer, request.SerializeAsString()});
    desk.Step();
    wire::WorkerReply reply;
    reply.ParseFromString(desk.bus.replies["h"].back());
    return reply.heartbeat().lost_size();
  };
  for (int i = 0; i < 5; ++i) {
    desk.clock.Advance(seconds(40));
    EXPECT_EQ(beat(), 0);
  }
  desk.clock.Advance(seconds(61));
  desk.Step();
  EXPECT_EQ(beat(), 1);
}

TEST(Engine, ARestartKeepsQueueLeasesAndAttempts) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2, 3});
  desk.Approve(desk.Plan());
  const auto held = desk.Lease("w1", 1);
  desk.Restart();
  EXPECT_EQ(desk.Report("w1", {desk.Execute(held.at(0))}).refused_size(), 0)
      << "a worker that outlived us reports as if nothing had been";
  desk.WorkUntilDone();
  EXPECT_EQ(desk.site.size(), 3U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSyncCompleted), 1U);
  desk.ExpectConsistent();
}

TEST(Engine, AChangedPersonsQueuedTaskIsSupersededAndComesBack) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2});
  desk.Approve(desk.Plan());
  desk.pupils[0].email = "new@example.org";
  desk.Poll();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskSuperseded), 1U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), 2U);
  desk.WorkUntilDone();
  EXPECT_EQ(desk.site.size(), 1U);
  EXPECT_EQ(desk.User(1).outdated(0), "e-mail") << "to be decided again";
  desk.Decide(wire::SYNC, {1});
  EXPECT_EQ(desk.Plan().adds(), 1U);
  desk.ExpectConsistent();
}

TEST(Engine, AFoundAccountThatIsGivenToSomebodyElseIsNotLinked) {
  Desk desk;
  desk.pupils = SomePupils();
  model::Account& account = desk.site["h7"];
  account.id = AccountId("h7");
  account.fields.Set(model::Field::kUserName, "ada@example.org");
  account.fields.Set(model::Field::kEmail, "ada@example.org");
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  const auto plan = desk.Plan();
  ASSERT_EQ(plan.updates(), 1U) << "hers, and linked";
  desk.Approve(plan);
  account.fields.Set(model::Field::kUserName, "bob@example.org");
  account.fields.Set(model::Field::kEmail, "bob@example.org");
  desk.WorkUntilDone();
  EXPECT_TRUE(desk.writes.empty());
  EXPECT_EQ(account.external_id, "");
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskSuperseded), 1U);
  desk.Poll();
  EXPECT_EQ(desk.User(1).situation(), wire::NEW);
  desk.ExpectConsistent();
}

TEST(Engine, TheDeadAreListedAndRetriedOrReplaced) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  desk.Approve(desk.Plan());
  const auto fail = [&](const wire::Task& task) {
    wire::Outcome outcome;
    outcome.mutable_lease()->set_school(task.school());
    outcome.mutable_lease()->set_plan(task.plan());
    outcome.mutable_lease()->set_index(task.index());
    outcome.mutable_lease()->set_attempt(task.attempt());
    outcome.mutable_failed()->set_reason("rejected-by-site");
    outcome.mutable_failed()->set_again(false);
    desk.Report("w", {outcome});
  };
  fail(desk.Lease("w").at(0));
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskDead), 1U);
  EXPECT_EQ(desk.School().tasks().dead(), 1U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSyncCompleted), 1U);

  wire::Request request;
  request.mutable_retry_tasks()->set_all_dead(true);
  EXPECT_EQ(desk.Command(request).retry().retried(), 1U);
  fail(desk.Lease("w").at(0));
  EXPECT_EQ(desk.School().tasks().dead(), 1U);

  const auto plan = desk.Plan();
  EXPECT_EQ(plan.adds(), 1U) << "a new plan takes it up again";
  desk.Approve(plan);
  EXPECT_EQ(desk.School().tasks().dead(), 0U);
  EXPECT_EQ(desk.Command(request, "again").retry().retried(), 0U);
  desk.WorkUntilDone();
  EXPECT_EQ(desk.site.size(), 1U);
  desk.ExpectConsistent();
}

// The site fails whoever carries this task out.
wire::Outcome SiteFails(const wire::Task& task, const std::string& reason = "site-unavailable") {
  wire::Outcome outcome;
  outcome.mutable_lease()->set_school(task.school());
  outcome.mutable_lease()->set_plan(task.plan());
  outcome.mutable_lease()->set_index(task.index());
  outcome.mutable_lease()->set_attempt(task.attempt());
  outcome.mutable_failed()->set_reason(reason);
  outcome.mutable_failed()->set_again(true);
  outcome.mutable_failed()->set_site_failing(true);
  return outcome;
}

TEST(Engine, ASiteThatFailsEverybodyIsLeftAloneAndDoesNotUseUpAttempts) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2, 3});
  desk.Approve(desk.Plan());
  int handed_out = 0;
  for (int i = 0; i < 500; ++i) {  // half a day
    std::vector<wire::Outcome> outcomes;
    for (const auto& task : desk.Lease("w", 1)) {
      ++handed_out;
      outcomes.push_back(SiteFails(task));
    }
    desk.Report("w", outcomes);
    desk.clock.Advance(seconds(i < 100 ? 1 : 120));
    if (i == 99) {
      EXPECT_LT(handed_out, 20) << "one at a time, further and further apart";
    }
  }
  EXPECT_EQ(desk.School().tasks().dead(), 0U);
  EXPECT_NE(desk.School().site_problem(), "");
  desk.clock.Advance(std::chrono::hours(1));
  desk.WorkUntilDone();
  desk.clock.Advance(std::chrono::hours(1));
  desk.WorkUntilDone();
  EXPECT_EQ(desk.site.size(), 3U);
}

// Two plans on a site that answers some accounts badly, and serves everybody else.
class BadAccounts : public ::testing::Test {
 protected:
  // Plan 1 holds those that are bad, and as many good ones; plan 2 only good ones.
  void Approve(std::int64_t bad, std::int64_t good) {
    bad_ = bad;
    const auto pupils = [&](std::int64_t first, std::int64_t last) {
      std::vector<std::int64_t> all;
      for (std::int64_t id = first; id <= last; ++id) {
        const std::string name = "N" + std::to_string(id);
        desk.pupils.push_back({id, "F", name, name + "@example.org"});
        all.push_back(id);
      }
      desk.Poll();
      desk.Decide(wire::SYNC, all);
      ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    };
    pupils(1, 2 * bad);
    pupils(2 * bad + 1, 2 * bad + good);
  }
  // A worker that takes so many at once, for so long.
  void Work(std::uint32_t max, Duration time, Duration pause = seconds(10)) {
    for (Duration passed{}; passed < time; passed += pause) {
      std::vector<wire::Outcome> outcomes;
      for (const auto& task : desk.Lease("w", max)) {
        const bool fails = down_ || task.person() <= bad_;
        outcomes.push_back(fails ? SiteFails(task, reason_) : desk.Execute(task));
      }
      desk.Report("w", outcomes);
      desk.clock.Advance(pause);
    }
  }
  void TearDown() override { desk.ExpectConsistent(); }

  Desk desk;
  std::int64_t bad_ = 0;
  bool down_ = false;
  std::string reason_ = "site-unavailable";
};

TEST_F(BadAccounts, OneHoldsUpNobodyAndEndsDead) {
  Approve(1, 300);
  Work(1, std::chrono::minutes(20));
  EXPECT_GT(desk.site.size(), 60U) << "later plans, too";
  Work(1, std::chrono::hours(2));
  EXPECT_EQ(desk.site.size(), 301U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSyncCompleted), 2U);
  EXPECT_EQ(desk.School().tasks().dead(), 1U) << "a person sees it";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSiteStopped), 0U) << "it serves everybody else";
  for (const wire::Entry& entry : desk.Entries()) {
    if (!entry.has_task_dead()) continue;
    EXPECT_EQ(entry.task_dead().person(), 1);
    EXPECT_EQ(entry.task_dead().reason(), "site-unavailable");
  }
  wire::Request request;
  request.mutable_retry_tasks()->set_all_dead(true);
  EXPECT_EQ(desk.Command(request).retry().retried(), 1U);
  bad_ = 0;
  desk.WorkUntilDone();
  EXPECT_EQ(desk.site.size(), 302U);
}

TEST_F(BadAccounts, MoreThanAreTakenAtOnceHoldUpNobody) {
  Approve(20, 5);
  Work(4, std::chrono::hours(3));
  EXPECT_EQ(desk.site.size(), 25U);
}

// A 403 on one account is not a key that is refused.
TEST_F(BadAccounts, OneThatMayNotBeReadIsToldAsTheSitesTroubleOnceAtTheMost) {
  reason_ = "site-forbidden";
  Approve(1, 300);
  Work(1, std::chrono::hours(2));
  EXPECT_EQ(desk.School().tasks().dead(), 1U);
  EXPECT_LE(desk.CountEntries(wire::Entry::kSiteStopped), 1U);
}

TEST_F(BadAccounts, AnOutageEndsNobodyWhateverWasServedBefore) {
  Approve(5, 300);
  Work(4, std::chrono::minutes(2));
  const auto served = desk.site.size();
  EXPECT_GT(served, 0U);
  bad_ = 0;
  down_ = true;
  Work(4, std::chrono::hours(12), std::chrono::minutes(1));
  EXPECT_EQ(desk.site.size(), served);
  EXPECT_EQ(desk.School().tasks().dead(), 0U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSiteStopped), 1U);
  desk.Restart();
  Work(4, std::chrono::hours(12), std::chrono::minutes(1));
  EXPECT_EQ(desk.School().tasks().dead(), 0U);
  down_ = false;
  Work(4, std::chrono::hours(1));
  EXPECT_EQ(desk.site.size(), 310U);
  EXPECT_EQ(desk.School().tasks().dead(), 0U);
}

// A licence that has run out fails every add, and no update.
TEST_F(BadAccounts, WhatIsServedOfAnotherKindCountsAgainstNobody) {
  Approve(1, 60);
  bad_ = 0;
  desk.WorkUntilDone();
  ASSERT_EQ(desk.site.size(), 62U);
  for (std::size_t i = 0; i < 28; ++i) desk.pupils[i].last += "-Other";
  std::vector<std::int64_t> added;
  for (std::int64_t id = 301; id <= 303; ++id) {
    const std::string name = "N" + std::to_string(id);
    desk.pupils.push_back({id, "F", name, name + "@example.org"});
    added.push_back(id);
  }
  desk.Poll();
  desk.Decide(wire::SYNC, added);
  const wire::Plan plan = desk.Plan();
  ASSERT_EQ(plan.adds(), 3U);
  ASSERT_EQ(plan.updates(), 28U);
  ASSERT_TRUE(desk.Approve(plan).has_approve());
  for (int i = 0; i < 120; ++i) {
    std::vector<wire::Outcome> outcomes;
    for (const auto& task : desk.Lease("w", 1)) {
      const bool fails = task.action() == wire::ADD;
      outcomes.push_back(fails ? SiteFails(task, reason_) : desk.Execute(task));
    }
    desk.Report("w", outcomes);
    desk.clock.Advance(seconds(30));
  }
  EXPECT_EQ(desk.School().tasks().dead(), 0U);
  EXPECT_EQ(desk.School().counters().to_update(), 0U);
  Work(4, std::chrono::hours(1));
  EXPECT_EQ(desk.site.size(), 65U);
}

TEST_F(BadAccounts, ARetryTriesAtOnceWhatFoundTheSiteFailing) {
  Approve(1, 1);
  down_ = true;
  Work(4, std::chrono::hours(12), std::chrono::minutes(1));
  EXPECT_NE(desk.School().site_problem(), "");
  auto tasks = desk.Lease("w");
  for (; tasks.empty(); tasks = desk.Lease("w")) desk.clock.Advance(seconds(10));
  ASSERT_EQ(tasks.size(), 1U) << "one goes out to see";
  desk.Report("w", {SiteFails(tasks[0])});
  wire::Request request;
  request.mutable_retry_tasks()->set_all_dead(true);
  ASSERT_TRUE(desk.Command(request).has_retry());
  EXPECT_EQ(desk.Lease("w").size(), 3U);
}

}  // namespace
}  // namespace roster::engine
