// A site without an API: its list is of when a person made it. One that can't show what was done
// since makes no plan, and tasks that a person has uploaded are confirmed plan by plan.

#include <gtest/gtest.h>

#include "daemon/engine/polls.h"
#include "daemon/model/school_head.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

class StaleList : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.pupils = {{1, "Ada", "Abel", "ada@example.org"}, {2, "Ben", "Bold", "ben@example.org"}};
    model::Account left;  // of somebody who will be archived
    left.id = AccountId("z");
    left.external_id = "tcs:3";
    left.fields.Set(model::Field::kUserName, "cy@example.org");
    left.fields.Set(model::Field::kEmail, "cy@example.org");
    desk.site["z"] = left;
    desk.pupils.push_back({3, "Cy", "Cole", "cy@example.org", "Graduate"});
    Export();
    desk.Poll();
    desk.Decide(wire::SYNC, {1, 2});
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    for (const auto& task : desk.Lease("w")) {
      tasks.push_back(task);
      SayUnknown(task, "to-upload");
    }
    ASSERT_EQ(tasks.size(), 3U);
    ASSERT_EQ(desk.School().tasks().resting(), 3U);
  }
  void TearDown() override { desk.ExpectConsistent(); }

  // A person exports, a while after the last that was done, and a while goes by.
  void Export() {
    desk.clock.Advance(std::chrono::minutes(1));
    desk.as_of = desk.clock.Now();
    desk.clock.Advance(std::chrono::minutes(1));
  }
  void SayUnknown(const wire::Task& task, const std::string& reason) {
    wire::Outcome outcome;
    outcome.mutable_lease()->set_school(task.school());
    outcome.mutable_lease()->set_plan(task.plan());
    outcome.mutable_lease()->set_index(task.index());
    outcome.mutable_lease()->set_attempt(task.attempt());
    outcome.mutable_unknown()->set_reason(reason);
    outcome.mutable_unknown()->set_untold(true);
    EXPECT_EQ(desk.Report("w", {outcome}).refused_size(), 0);
  }
  // A person uploads everything.
  void Upload() {
    for (const auto& task : tasks) desk.Execute(task);
  }
  wire::Reply Confirm(wire::Action action = wire::ACTION_UNSPECIFIED,
                      const std::vector<std::uint32_t>& except = {}, std::uint64_t plan = 1) {
    wire::Request request;
    request.mutable_confirm_tasks()->set_plan(plan);
    request.mutable_confirm_tasks()->set_action(action);
    for (const auto index : except) {
      auto* task = request.mutable_confirm_tasks()->add_except();
      task->set_plan(plan);
      task->set_index(index);
    }
    return desk.Command(request);
  }
  std::string Rejected() {
    desk.Poll();
    return desk.School().last_poll().state() == wire::Poll::REJECTED
               ? desk.School().last_poll().reason()
               : "";
  }
  wire::Reply Prepare() {
    wire::Request request;
    request.mutable_prepare_plan();
    return desk.Command(request);
  }

  Desk desk;
  std::vector<wire::Task> tasks;
};

TEST_F(StaleList, AListOfBeforeAConfirmationMakesNoPlanAndANewOneDoes) {
  EXPECT_EQ(Rejected(), "") << "nothing was confirmed yet";
  const auto open = Prepare();
  Upload();
  EXPECT_EQ(Confirm().confirm().confirmed(), 3U);
  EXPECT_EQ(Prepare().error().reason(), "site-stale") << "the rows are of before";
  EXPECT_EQ(Rejected(), "site-stale");
  EXPECT_NE(desk.School().site_problem().find("Export the volunteers on the site again"),
            std::string::npos);
  EXPECT_EQ(Prepare().error().reason(), "site-stale");
  desk.Restart();
  EXPECT_EQ(Rejected(), "site-stale") << "also after a restart";
  Export();
  EXPECT_EQ(Rejected(), "");
  EXPECT_EQ(Prepare().plan().plan().items(), 0U);
  EXPECT_EQ(desk.School().counters().unchanged(), 3U);
  EXPECT_EQ(desk.writes.size(), 3U);
}

TEST_F(StaleList, ANewExportIsAskedForAsSoonAsItIsWanted) {
  EXPECT_FALSE(desk.School().export_wanted());
  Upload();
  const auto polls = desk.CountEntries(wire::Entry::kPollCompleted);
  const auto confirm = Confirm().confirm();
  EXPECT_TRUE(confirm.export_wanted());
  EXPECT_TRUE(desk.School().export_wanted());
  for (int i = 0; i < 5; ++i) desk.Step();
  EXPECT_FALSE(desk.School().polling()) << "there is nothing new to read";
  Export();
  EXPECT_EQ(Rejected(), "");
  EXPECT_FALSE(desk.School().export_wanted());
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPollCompleted), polls + 1);
}

TEST_F(StaleList, AnInvitationThatAPersonHasConfirmedCountsThoughTheListDoesNotShowIt) {
  Upload();
  Confirm();
  Export();
  ASSERT_EQ(Rejected(), "");
  wire::PreparePlan what;
  what.mutable_invitations();
  const auto plan = desk.Prepare(what).plan().plan();
  ASSERT_EQ(plan.invites(), 2U);
  ASSERT_TRUE(desk.Approve(plan).has_approve());
  for (const auto& task : desk.Lease("w")) SayUnknown(task, "to-upload");
  EXPECT_EQ(Confirm(wire::INVITE, {}, plan.plan()).confirm().confirmed(), 2U);
  Export();
  ASSERT_EQ(Rejected(), "");
  const auto again = desk.Prepare(what).plan().plan();
  EXPECT_EQ(again.invites(), 0U);
  EXPECT_EQ(again.recently_invited(), 2U);
  desk.Restart();
  what.mutable_invitations()->add_persons(1);
  EXPECT_EQ(desk.Prepare(what).error().reason(), "recently-invited");
  desk.clock.Advance(std::chrono::days(8));
  Export();
  ASSERT_EQ(Rejected(), "");
  EXPECT_EQ(desk.Prepare(what).plan().plan().invites(), 1U);
}

TEST_F(StaleList, AnExceptionThatIsNoneConfirmsNothing) {
  const auto refused = Confirm(wire::ACTION_UNSPECIFIED, {1, 77});
  EXPECT_EQ(refused.error().reason(), "except-unknown");
  EXPECT_NE(refused.error().message().find("1.77"), std::string::npos);
  EXPECT_EQ(desk.School().tasks().resting(), 3U);
  EXPECT_EQ(Confirm(wire::ACTION_UNSPECIFIED, {1}).confirm().confirmed(), 2U);
}

TEST_F(StaleList, AClockThatIsSetBackCountsWhatRestsOnce) {
  desk.clock.SetBack(std::chrono::hours(24));
  desk.Step();
  EXPECT_EQ(desk.School().tasks().resting(), 3U);
  EXPECT_EQ(desk.School().plans(0).tasks().resting(), 3U);
}

// As a version that counted them again has left it.
TEST_F(StaleList, AWrongCountOfWhatRestsIsMendedAtTheStart) {
  const std::string head_key = store::SchoolHeadKey(SchoolId("tcs"));
  const std::string plan_key = store::PlanKey(SchoolId("tcs"), PlanId(1));
  model::SchoolHead head =
      store::DecodeSchoolHead(*desk.store.Get(store::Family::kMeta, head_key).value()).value();
  model::Plan plan =
      store::DecodePlan(PlanId(1), *desk.store.Get(store::Family::kWork, plan_key).value()).value();
  head.tasks.resting = 6;
  plan.tasks.resting = 6;
  store::Batch batch;
  batch.Put(store::Family::kMeta, head_key, store::EncodeSchoolHead(head));
  batch.Put(store::Family::kWork, plan_key, store::EncodePlan(plan));
  Desk::Must(desk.store.Commit(batch, true));
  desk.Restart();
  desk.Step();
  EXPECT_EQ(desk.School().tasks().resting(), 3U);
  EXPECT_EQ(desk.School().plans(0).tasks().resting(), 3U);
}

TEST_F(StaleList, AnOpenPlanOfBeforeIsNotApproved) {
  wire::Request request;
  auto* retry = request.mutable_retry_tasks()->add_tasks();
  retry->set_plan(1);
  retry->set_index(1);
  desk.Decide(wire::SKIP, {1});
  desk.Command(request);
  for (const auto& task : desk.Lease("w")) {
    wire::Outcome outcome = desk.Execute(task);
    desk.Report("w", {outcome});
  }
  desk.Decide(wire::SYNC, {1});
  const auto plan = Prepare().plan().plan();
  ASSERT_EQ(plan.items(), 1U);
  EXPECT_EQ(Confirm().confirm().confirmed(), 2U);
  const auto refused = desk.Approve(plan);
  EXPECT_EQ(refused.error().reason(), "site-stale");
  EXPECT_EQ(desk.School().tasks().queued(), 0U);
}

TEST_F(StaleList, WhatTheListShowsAlreadyAsksForNoNewOne) {
  Upload();
  Export();
  EXPECT_EQ(Rejected(), "");
  EXPECT_EQ(Confirm().confirm().confirmed(), 3U);
  EXPECT_EQ(Rejected(), "") << "the effects are in it";
  EXPECT_EQ(Prepare().plan().plan().items(), 0U);
}

// Rules, 18.
TEST_F(StaleList, AnEmailWhoseLettersTheSiteFoldsIsShown) {
  Upload();
  Export();
  ASSERT_EQ(Rejected(), "");
  Confirm();
  desk.pupils[0].email = "Ada@New.org";
  desk.Poll();
  const auto plan = desk.Plan();
  ASSERT_EQ(plan.email_changes(), 1U);
  ASSERT_TRUE(desk.Approve(plan).has_approve());
  tasks = desk.Lease("w");
  ASSERT_EQ(tasks.size(), 1U);
  SayUnknown(tasks[0], "to-upload");
  Upload();
  for (const auto field : {model::Field::kUserName, model::Field::kEmail}) {
    desk.site[tasks[0].account()].fields.Set(field, "ada@new.org");
  }
  Export();
  ASSERT_EQ(Rejected(), "");
  const auto confirm = Confirm(wire::ACTION_UNSPECIFIED, {}, plan.plan()).confirm();
  EXPECT_EQ(confirm.confirmed(), 1U);
  EXPECT_FALSE(confirm.export_wanted());
  EXPECT_EQ(Rejected(), "") << "the effect is in it";
}

TEST_F(StaleList, APollUnderWayWhenSomethingIsConfirmedIsNotUsed) {
  Upload();
  const auto job = desk.StartPoll();
  auto end = desk.Look(job);
  EXPECT_EQ(Confirm().confirm().confirmed(), 3U);
  desk.EndPoll(std::move(end));
  EXPECT_EQ(desk.School().last_poll().reason(), "site-stale");
}

TEST_F(StaleList, AnOlderListThanTheLastIsNotUsed) {
  const auto before = desk.as_of;
  Export();
  EXPECT_EQ(Rejected(), "");
  EXPECT_EQ(Rejected(), "") << "the same again";
  desk.as_of = before;
  EXPECT_EQ(Rejected(), "site-stale");
}

TEST_F(StaleList, AClockThatIsSetBackDoesNotAskForListsOfTheFuture) {
  Upload();
  Confirm();
  desk.clock.SetBack(std::chrono::hours(24 * 365));
  desk.Step();
  Export();
  EXPECT_EQ(Rejected(), "");
}

TEST_F(StaleList, AListThatIsReadOnTheSpotIsNeverStale) {
  Upload();
  Confirm();
  desk.as_of.reset();
  EXPECT_EQ(Rejected(), "");
  EXPECT_EQ(Prepare().plan().plan().items(), 0U);
}

TEST_F(StaleList, AfterARestoreAListOfBeforeIsNotUsed) {
  model::RestoredMark mark;
  mark.actor = "uid:0";
  store::Batch batch;
  batch.Put(store::Family::kMeta, store::RestoredMarkKey(SchoolId("tcs")),
            store::EncodeRestoredMark(mark));
  Desk::Must(desk.store.Commit(batch, true));
  desk.Restart();
  desk.Step();
  EXPECT_EQ(Rejected(), "site-stale");
  Export();
  EXPECT_EQ(Rejected(), "");
}

TEST_F(StaleList, APlanIsConfirmedByActionAndButForSome) {
  EXPECT_EQ(Confirm(wire::ARCHIVE).confirm().confirmed(), 1U);
  EXPECT_EQ(desk.School().tasks().resting(), 2U);
  EXPECT_EQ(Confirm(wire::ARCHIVE).confirm().confirmed(), 0U);
  std::uint32_t first = 0;
  for (const auto& task : tasks) first = task.action() == wire::ADD ? task.index() : first;
  EXPECT_EQ(Confirm(wire::ADD, {first}).confirm().confirmed(), 1U);
  EXPECT_EQ(desk.School().tasks().resting(), 1U);
  EXPECT_EQ(Confirm().confirm().confirmed(), 1U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTasksConfirmed), 3U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSyncCompleted), 1U);
  EXPECT_EQ(Confirm(wire::ACTION_UNSPECIFIED, {}, 99).error().reason(), "unknown-plan");
}

TEST_F(StaleList, WhatAWorkerStillHasIsNotConfirmedWithItsPlan) {
  wire::Request request;
  auto* retry = request.mutable_retry_tasks()->add_tasks();
  retry->set_plan(1);
  retry->set_index(1);
  desk.Command(request);
  EXPECT_EQ(Confirm().confirm().confirmed(), 2U);
  EXPECT_EQ(desk.School().tasks().queued(), 1U);
}

TEST_F(StaleList, ATaskSaysWhichFileItIsInAndTheStatusWhere) {
  wire::Request request;
  request.mutable_list_tasks()->set_plan(1);
  request.mutable_list_tasks()->set_action(wire::ARCHIVE);
  const auto listed = desk.Ask(request).tasks();
  ASSERT_EQ(listed.rows_size(), 1);
  EXPECT_NE(listed.rows(0).sentence().find("plan-1-archive.csv"), std::string::npos);
  desk.settings.schools[0].import_directory = "/srv/imports";
  desk.Restart();
  EXPECT_EQ(desk.School().import_directory(), "/srv/imports");
}

}  // namespace
}  // namespace roster::engine
