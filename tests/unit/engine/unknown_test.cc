// What nobody knows: tasks whose outcome is unknown, how they come to rest, and how a person
// settles them.

#include <gtest/gtest.h>

#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

class UnknownTasks : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.pupils = {{1, "Ada", "Abel", "ada@example.org"}, {2, "Ben", "Bold", "ben@example.org"}};
    desk.Poll();
    desk.Decide(wire::SYNC, {1, 2});
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  }
  void TearDown() override { desk.ExpectConsistent(); }

  void ApproveInvitations() {
    desk.WorkUntilDone();
    wire::Request request;
    request.mutable_prepare_plan()->mutable_invitations();
    const auto plan = desk.Command(request).plan().plan();
    ASSERT_EQ(plan.invites(), 2U);
    ASSERT_TRUE(desk.Approve(plan).has_approve());
  }
  void SayUnknown(const wire::Task& task, const std::string& reason, bool untold) {
    wire::Outcome outcome;
    outcome.mutable_lease()->set_school(task.school());
    outcome.mutable_lease()->set_plan(task.plan());
    outcome.mutable_lease()->set_index(task.index());
    outcome.mutable_lease()->set_attempt(task.attempt());
    outcome.mutable_unknown()->set_reason(reason);
    outcome.mutable_unknown()->set_untold(untold);
    EXPECT_EQ(desk.Report("w", {outcome}).refused_size(), 0);
  }
  void LetTheLeaseRunOut() {
    desk.clock.Advance(std::chrono::seconds(61));
    desk.Step();
    desk.clock.Advance(std::chrono::minutes(6));
    desk.Step();
  }
  wire::ConfirmReply Confirm(const std::vector<std::uint32_t>& indexes, std::uint64_t plan = 1,
                             const std::string& id = "") {
    wire::Request request;
    for (const auto index : indexes) {
      auto* task = request.mutable_confirm_tasks()->add_tasks();
      task->set_plan(plan);
      task->set_index(index);
    }
    return desk.Command(request, id).confirm();
  }
  wire::RetryReply Retry(std::uint32_t index, std::uint64_t plan = 1) {
    wire::Request request;
    auto* task = request.mutable_retry_tasks()->add_tasks();
    task->set_plan(plan);
    task->set_index(index);
    return desk.Command(request).retry();
  }
  wire::TaskPage Listed(wire::TaskState state) {
    wire::Request request;
    request.mutable_list_tasks()->set_state(state);
    return desk.Ask(request).tasks();
  }

  Desk desk;
};

TEST_F(UnknownTasks, ALeaseThatRunsOutAgainAndAgainEndsInRestAndIsListed) {
  int leases = 0;
  for (int i = 0; i < 40; ++i) {
    leases += static_cast<int>(desk.Lease("w", 1).size());
    LetTheLeaseRunOut();
  }
  EXPECT_EQ(leases, 2 * 8) << "two tasks, and no more than the policy says";
  EXPECT_EQ(desk.School().tasks().unknown(), 2U);
  EXPECT_EQ(desk.School().tasks().resting(), 2U);
  const auto listed = Listed(wire::UNKNOWN);
  ASSERT_EQ(listed.rows_size(), 2);
  EXPECT_TRUE(listed.rows(0).resting());
  EXPECT_NE(listed.rows(0).sentence().find("`rosterctl confirm 1.1`"), std::string::npos);
  EXPECT_TRUE(desk.Entries().back().task_unknown().resting());
  desk.Restart();
  desk.clock.Advance(std::chrono::hours(24));
  EXPECT_TRUE(desk.Lease("w").empty()) << "also after a restart";
  EXPECT_EQ(desk.site.size(), 0U);
}

TEST_F(UnknownTasks, APlanWhoseTasksRestIsUnderWayWhateverWasApprovedSince) {
  for (const auto& task : desk.Lease("w")) SayUnknown(task, "to-upload", true);
  ASSERT_EQ(desk.School().tasks().resting(), 2U);
  desk.pupils.push_back({3, "Cat", "Cole", "cat@example.org"});
  desk.Poll();
  desk.Decide(wire::SYNC, {3});
  ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  const auto shown = [&] {
    std::vector<std::uint64_t> plans;
    for (const auto& plan : desk.School().plans()) plans.push_back(plan.plan());
    return plans;
  };
  const auto counted = [&] {
    desk.clock.Advance(std::chrono::seconds(1));
    desk.Step();
    return desk.vitals.value().schools.at(0).plans_under_way;
  };
  using Plans = std::vector<std::uint64_t>;
  EXPECT_EQ(shown(), (Plans{2, 1})) << "both are, the newest first";
  EXPECT_EQ(counted(), 2U);
  desk.WorkUntilDone();
  EXPECT_EQ(shown(), Plans{1});
  EXPECT_EQ(desk.School().plans(0).tasks().resting(), 2U);
  EXPECT_EQ(counted(), 1U);
  desk.Restart();
  EXPECT_EQ(shown(), Plans{1});
  EXPECT_EQ(counted(), 1U);

  EXPECT_EQ(Confirm({1, 2}).confirmed(), 2U);
  EXPECT_EQ(shown(), Plans{2}) << "none is, and this is the newest";
  EXPECT_EQ(desk.School().plans(0).state(), wire::FINISHED);
  EXPECT_EQ(counted(), 0U);
}

TEST_F(UnknownTasks, WhatAPersonConfirmsIsAppliedAndReadAgain) {
  const auto tasks = desk.Lease("w");
  for (const auto& task : tasks) desk.Execute(task);  // done, and nobody hears of it
  for (const auto& task : tasks) SayUnknown(task, "not-told", true);
  EXPECT_EQ(Confirm({1, 2}).confirmed(), 2U);
  EXPECT_EQ(desk.School().tasks().applied(), 2U);
  EXPECT_EQ(desk.School().tasks().unknown(), 0U);
  const auto listed = Listed(wire::APPLIED);
  EXPECT_EQ(listed.rows(0).reason(), "confirmed");
  EXPECT_NE(listed.rows(0).sentence(), "");
  const auto entries = desk.Entries();
  const auto& entry = entries.at(entries.size() - 2);
  ASSERT_TRUE(entry.has_tasks_confirmed());
  EXPECT_EQ(entry.actor(), "uid:1000");
  ASSERT_EQ(entry.tasks_confirmed().tasks_size(), 2);
  EXPECT_EQ(entry.tasks_confirmed().tasks(1).person(), 2);
  EXPECT_TRUE(entries.back().has_sync_completed());
  // The link comes by the external id.
  desk.Step();
  ASSERT_EQ(desk.polls.started.size(), 1U) << "asked for by nobody";
  desk.Poll();
  EXPECT_EQ(desk.User(1).account(), "a1");
  EXPECT_EQ(desk.School().counters().unchanged(), 2U);
  EXPECT_EQ(desk.Plan().items(), 0U);
}

TEST_F(UnknownTasks, WhatAPersonRetriesIsTriedAgainAndLookedAtFirst) {
  const auto tasks = desk.Lease("w");
  desk.Execute(tasks.at(0));
  for (const auto& task : tasks) SayUnknown(task, "not-told", true);
  EXPECT_EQ(Retry(1).retried(), 1U);
  EXPECT_EQ(Retry(2).retried(), 1U);
  EXPECT_EQ(desk.School().tasks().resting(), 0U);
  const auto again = desk.Lease("w");
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again.at(0).doubt(), "") << "a person has looked";
  for (const auto& task : again) desk.Report("w", {desk.Execute(task)});
  EXPECT_EQ(desk.site.size(), 2U) << "the first was there";
  EXPECT_EQ(desk.School().tasks().applied(), 2U);
}

TEST_F(UnknownTasks, WhatAWorkerHoldsOrIsKnownIsRefused) {
  const auto task = desk.Lease("w", 1).at(0);
  const auto held = Confirm({1, 2, 9});
  EXPECT_EQ(held.confirmed(), 0U);
  ASSERT_EQ(held.refused_size(), 3);
  EXPECT_EQ(held.refused(0).reason(), "held");
  EXPECT_EQ(held.refused(1).reason(), "not-unknown");
  EXPECT_EQ(held.refused(2).reason(), "unknown-task");
  EXPECT_EQ(Retry(1).why(0).reason(), "held");
  EXPECT_EQ(Retry(2).why(0).reason(), "not-dead");
  SayUnknown(task, "no-answer", false);
  EXPECT_EQ(Confirm({1, 1}).confirmed(), 1U) << "named twice, done once";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTasksConfirmed), 1U);
}

TEST_F(UnknownTasks, AConfirmationThatIsRepeatedCountsOnce) {
  SayUnknown(desk.Lease("w", 1).at(0), "not-told", true);
  EXPECT_EQ(Confirm({1}, 1, "same").confirmed(), 1U);
  desk.Restart();
  EXPECT_EQ(Confirm({1}, 1, "same").confirmed(), 1U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTasksConfirmed), 1U);
}

TEST_F(UnknownTasks, AReportThatComesAfterAPersonsWordIsDropped) {
  const auto task = desk.Lease("w", 1).at(0);
  SayUnknown(task, "not-told", true);
  ASSERT_EQ(Confirm({1}).confirmed(), 1U);
  EXPECT_EQ(desk.Report("w", {desk.Execute(task)}).refused_size(), 1);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskApplied), 0U);
}

TEST_F(UnknownTasks, AReportThatComesLateSettlesWhatRests) {
  const auto task = desk.Lease("w", 1).at(0);
  SayUnknown(task, "not-told", true);
  EXPECT_EQ(desk.Report("w", {desk.Execute(task)}).refused_size(), 0);
  EXPECT_EQ(desk.School().tasks().applied(), 1U);
  EXPECT_EQ(desk.School().tasks().resting(), 0U);
}

TEST_F(UnknownTasks, AnInvitationThatMayHaveBeenSentSaysSoToWhoeverHasItNext) {
  ApproveInvitations();
  EXPECT_EQ(desk.Lease("w", 1).at(0).doubt(), "");
  LetTheLeaseRunOut();
  for (const auto& task : desk.Lease("w", 2)) {
    EXPECT_EQ(task.doubt(), task.index() == 1 ? "lease-expired" : "");
  }
}

TEST_F(UnknownTasks, AnInvitationAtRestIsInNoOtherPlan) {
  ApproveInvitations();
  for (const auto& task : desk.Lease("w")) SayUnknown(task, "not-told", true);
  wire::Request request;
  request.mutable_prepare_plan()->mutable_invitations();
  EXPECT_EQ(desk.Command(request).plan().plan().invites(), 0U);
  desk.clock.Advance(std::chrono::hours(48));
  EXPECT_TRUE(desk.Lease("w").empty());
  EXPECT_EQ(Confirm({1}, 2).confirmed(), 1U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSyncCompleted), 1U) << "the other still rests";
  EXPECT_EQ(Retry(2, 2).retried(), 1U);
  EXPECT_EQ(desk.Lease("w").size(), 1U);
}

TEST_F(UnknownTasks, WhoHasChangedMeanwhileIsOnlyLookedAt) {
  SayUnknown(desk.Lease("w", 1).at(0), "not-told", true);
  desk.Decide(wire::SKIP, {1});
  EXPECT_EQ(desk.School().tasks().resting(), 1U) << "it may have been done";
  EXPECT_EQ(Retry(1).retried(), 1U);
  for (const auto& task : desk.Lease("w")) EXPECT_EQ(task.look_only(), task.index() == 1);
}

}  // namespace
}  // namespace roster::engine
