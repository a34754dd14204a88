// The engine, step by step: what is written, what is answered, what is published, and when.

#include "daemon/engine/engine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using std::chrono::seconds;

std::vector<Pupil> SomePupils() {
  return {{1, "Ada", "Abel", "ada@example.org"},
          {2, "Ben", "Bold", "ben@example.org"},
          {3, "Cat", "Cole", "cat@example.org"},
          {4, "Dan", "Dart", ""}};
}

// A school whose first sync is done.
class Synced : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.pupils = SomePupils();
    desk.Poll();
    desk.Decide(wire::SYNC, {1, 2, 3});
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    desk.WorkUntilDone();
    ASSERT_EQ(desk.site.size(), 3U);
  }
  void TearDown() override { desk.ExpectConsistent(); }

  Desk desk;
};

TEST(Engine, TheFirstPollAsksForAReviewOnceAndChangesNothing) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), 1U);
  const auto entries = desk.Entries();
  EXPECT_EQ(entries.back().review_required().new_users(), 3U);
  EXPECT_EQ(entries.back().review_required().new_errors(), 1U);
  EXPECT_EQ(desk.Users(wire::STATUS_NEW).size(), 3U);
  EXPECT_EQ(desk.Users(wire::STATUS_ERROR).size(), 1U);
  EXPECT_EQ(desk.Plan().items(), 0U);
  desk.ExpectConsistent();
}

TEST(Engine, AnUnchangedPollWritesItsRecordAndNothingElse) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  const auto head = desk.School().head();
  desk.Poll();
  EXPECT_EQ(desk.School().head(), head);
  EXPECT_EQ(desk.School().last_poll().rows_changed(), 0U);
  EXPECT_EQ(desk.School().last_poll().poll(), 2U);
}

TEST(Engine, ListsAreSortedByNameAndComeInPages) {
  Desk desk;
  for (int i = 20; i > 0; --i) {
    const std::string name = std::string(1, static_cast<char>('A' + i));
    desk.pupils.push_back({i, "X", name, name + "@example.org"});
  }
  desk.Poll();
  const auto rows = desk.Users(wire::LIST_STATUS_UNSPECIFIED);
  ASSERT_EQ(rows.size(), 20U);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_LT(rows[i - 1].last_name(), rows[i].last_name());
  }
}

TEST_F(Synced, EveryApprovedChangeIsOnTheSiteAndLinked) {
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskApplied), 3U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSyncCompleted), 1U);
  EXPECT_EQ(desk.School().counters().unchanged(), 3U);
  EXPECT_EQ(desk.site.begin()->second.external_id, "tcs:1");
  desk.Poll();
  EXPECT_EQ(desk.School().last_poll().rows_changed(), 0U) << "what was written is what is read";
}

TEST_F(Synced, WhoHasLeftIsArchivedWhoReturnsIsRestored) {
  desk.pupils[0].status = "Withdrawn";
  desk.Poll();
  auto plan = desk.Plan();
  EXPECT_EQ(plan.archives(), 1U);
  EXPECT_EQ(plan.items(), 1U);
  desk.Approve(plan);
  desk.WorkUntilDone();
  EXPECT_FALSE(desk.site["a1"].active);
  desk.Poll();
  desk.pupils[0].status = "enrolled";
  desk.Poll();
  plan = desk.Plan();
  EXPECT_EQ(plan.restores(), 1U);
  desk.Approve(plan);
  desk.WorkUntilDone();
  EXPECT_TRUE(desk.site["a1"].active);
}

TEST_F(Synced, DeselectingTheLinkedProposesAnArchiveAndNothingMore) {
  desk.Decide(wire::SKIP, {2});
  const auto plan = desk.Plan();
  EXPECT_EQ(plan.archives(), 1U);
  EXPECT_TRUE(desk.site["a2"].active);
}

TEST_F(Synced, TheMissingWaitForSeveralWholePolls) {
  desk.pupils.erase(desk.pupils.begin());
  for (int i = 0; i < 2; ++i) {
    desk.Poll();
    EXPECT_EQ(desk.Plan().items(), 0U) << i;
  }
  desk.Poll();
  EXPECT_EQ(desk.Plan().archives(), 1U);
}

TEST_F(Synced, APollWithRejectedRowsDoesNotCountAnybodyAsMissing) {
  desk.pupils.erase(desk.pupils.begin());
  desk.rejected_rows = 1;  // perhaps this very one
  for (int i = 0; i < 6; ++i) desk.Poll();
  EXPECT_EQ(desk.Plan().items(), 0U);
  desk.rejected_rows = 0;
  for (int i = 0; i < 3; ++i) desk.Poll();
  EXPECT_EQ(desk.Plan().archives(), 1U);
}

TEST_F(Synced, WhoIsDeselectedAfterTheApprovalIsNotInvited) {
  wire::Request request;
  request.mutable_prepare_plan()->mutable_invitations();
  ASSERT_TRUE(desk.Approve(desk.Command(request).plan().plan()).has_approve());
  desk.Decide(wire::SKIP, {2});
  std::set<std::int64_t> invited;
  for (const auto& task : desk.Lease("w")) invited.insert(task.person());
  EXPECT_EQ(invited, (std::set<std::int64_t>{1, 3}));
}

TEST_F(Synced, AFinishedPlanStillShowsWhatItWrote) {
  wire::Request request;
  request.mutable_list_plan()->set_plan(1);
  const auto reply = desk.Ask(request);
  ASSERT_EQ(reply.plan_users().rows_size(), 3);
  for (const auto& row : reply.plan_users().rows()) {
    EXPECT_EQ(row.action(), wire::ADD);
    EXPECT_EQ(row.bucket(), wire::TO_ADD);
    EXPECT_GT(row.fields_size(), 0);
    EXPECT_EQ(row.sentence(), "Task 1." + std::to_string(row.person()) + " is applied.");
  }
}

TEST(Engine, ASiteWithoutTheExtensionIsDoneWithout) {
  Desk desk;
  desk.extension = false;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2, 3});
  desk.Approve(desk.Plan());
  desk.WorkUntilDone();
  desk.Poll();
  EXPECT_EQ(desk.School().counters().unchanged(), 3U);
  EXPECT_EQ(desk.site["a1"].fields.Get(model::Field::kGrade), "");
}

TEST_F(Synced, AnUnknownStatusWordIsNoReasonToArchiveAndIsNamed) {
  desk.pupils[0].status = "On leave";
  desk.Poll();
  EXPECT_EQ(desk.Plan().items(), 0U);
  ASSERT_EQ(desk.School().unknown_words_size(), 1);
  EXPECT_EQ(desk.School().unknown_words(0).reason(), "On leave");
}

TEST_F(Synced, AStoreThatWasLostFindsItsLinksByExternalIdWithoutAWrite) {
  Desk other;
  other.pupils = desk.pupils;
  other.site = desk.site;
  other.Poll();
  EXPECT_EQ(other.CountEntries(wire::Entry::kLinksRecorded), 1U);
  EXPECT_EQ(other.School().counters().unchanged(), 3U);
  EXPECT_EQ(other.School().counters().status_selected(), 3U);
  EXPECT_EQ(other.Plan().items(), 0U);
  other.ExpectConsistent();
}

TEST(Engine, ARejectedPollChangesNothingAndSaysWhy) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  const auto before = desk.School().counters().SerializeAsString();
  const PollJob job = desk.StartPoll();
  desk.EndPoll({job.school, job.poll, PollEnd::Side::kSource,
                Fail(Code::kInvalid, "rows-missing", "9,176 people announced, 9,100 received.")});
  EXPECT_EQ(desk.School().counters().SerializeAsString(), before);
  EXPECT_EQ(desk.School().last_poll().reason(), "rows-missing");
  EXPECT_TRUE(desk.School().has_next_poll_at());
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPollRejected), 1U);
  EXPECT_EQ(desk.School().last_good_poll().poll(), 1U);
}

TEST(Engine, ARefusedKeyStopsThePollsUntilAPersonAsks) {
  Desk desk;
  desk.pupils = SomePupils();
  const PollJob job = desk.StartPoll();
  desk.EndPoll({job.school, job.poll, PollEnd::Side::kSource,
                Fail(Code::kRefused, "scope-missing", "FACTS refuses the People scope.")});
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSourceStopped), 1U);
  desk.clock.Advance(std::chrono::hours(48));
  desk.Step();
  EXPECT_TRUE(desk.polls.started.empty());
  EXPECT_FALSE(desk.School().has_next_poll_at());
  desk.Poll();
  EXPECT_EQ(desk.School().source_problem(), "");
}

TEST(Engine, PollsGoOutOnScheduleOneAtATime) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.clock.Advance(std::chrono::minutes(50));
  desk.Step();
  EXPECT_TRUE(desk.polls.started.empty());
  desk.clock.Advance(std::chrono::minutes(20));
  desk.Step();
  ASSERT_EQ(desk.polls.started.size(), 1U);
  wire::Request request;
  request.mutable_start_poll();
  EXPECT_TRUE(desk.Command(request).poll().already_running());
  EXPECT_EQ(desk.polls.started.size(), 1U);
}

TEST(Engine, APlanThatHoldsTheSameIsTheSamePlan) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  const auto first = desk.Plan();
  EXPECT_EQ(desk.Plan().plan(), first.plan());
  desk.Decide(wire::SYNC, {2});
  EXPECT_NE(desk.Plan().plan(), first.plan());
}

TEST(Engine, WhatChangedSinceItWasShownIsRefusedAndTheRestGoesOnWhenAskedTo) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2});
  const auto plan = desk.Plan();
  desk.pupils[0].last = "Other";
  desk.Poll();
  const auto refused = desk.Approve(plan);
  EXPECT_EQ(refused.error().reason(), "plan-changed");
  ASSERT_EQ(refused.error().changed_size(), 1);
  EXPECT_EQ(refused.error().changed(0).person(), 1);
  EXPECT_TRUE(desk.Lease("w").empty());
  const auto rest = desk.Approve(plan, true);
  EXPECT_EQ(rest.approve().left_out_total(), 1U);
  desk.WorkUntilDone();
  EXPECT_EQ(desk.site.size(), 1U);
  EXPECT_EQ(desk.Plan().adds(), 1U) << "it comes back";
  desk.ExpectConsistent();
}

TEST(Engine, ApprovalNeedsTheDigestThatWasShownAndCountsOnce) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  auto plan = desk.Plan();
  auto forged = plan;
  forged.set_digest(std::string(32, 'x'));
  EXPECT_EQ(desk.Approve(forged).error().reason(), "plan-digest");
  EXPECT_TRUE(desk.Approve(plan).has_approve());
  EXPECT_EQ(desk.Approve(plan).error().reason(), "plan-approved");
  EXPECT_EQ(desk.Plan().items(), 0U) << "under way: in no other plan";
  EXPECT_EQ(desk.School().counters().to_skip(), 4U);
}

TEST(Engine, ARepeatedCommandGetsItsFirstReplyAndDoesNothing) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  wire::Request request;
  request.mutable_decide()->set_decision(wire::SYNC);
  request.mutable_decide()->add_persons(1);
  const auto first = desk.Command(request, "same");
  EXPECT_EQ(first.decide().changed(), 1U);
  desk.Restart();
  EXPECT_EQ(desk.Command(request, "same").decide().changed(), 1U) << "kept over a restart";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPersonsDecided), 1U);
  request.mutable_decide()->add_persons(2);
  EXPECT_EQ(desk.Command(request, "same").error().reason(), "command-id-reused");
  EXPECT_EQ(desk.Users(wire::STATUS_SELECTED).size(), 1U);
}

TEST(Engine, AnswersComeAfterTheCommitAndAFullDiskIsSaidAndSurvived) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
  const auto refused = desk.Decide(wire::SYNC, {1});
  EXPECT_EQ(refused.error().reason(), "disk-full");
  EXPECT_EQ(desk.Users(wire::STATUS_NEW).size(), 3U) << "nothing was decided";
  EXPECT_NE(desk.Status().disk_problem(), "");
  EXPECT_TRUE(desk.Decide(wire::SYNC, {1}).has_decide());
  EXPECT_EQ(desk.Status().disk_problem(), "");
  desk.Entries();  // the chain holds
  desk.ExpectConsistent();
}

TEST(Engine, APollThatEndsOnAFullDiskIsClosedWhenThereIsRoom) {
  Desk desk;
  desk.pupils = SomePupils();
  const PollJob job = desk.StartPoll();
  desk.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
  desk.EndPoll(desk.Look(job));
  desk.Step();
  EXPECT_EQ(desk.School().last_poll().poll(), job.poll.value());
  EXPECT_EQ(desk.School().last_poll().state(), wire::Poll::REJECTED);
  EXPECT_EQ(desk.School().last_poll().reason(), "disk-full");
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPollRejected), 1U);
  desk.Poll();
  EXPECT_EQ(desk.School().counters().everybody(), 4U);
}

TEST(Engine, ADamagedDiskEndsTheProcess) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.store.FailNextCommit({Code::kCorrupt, "damaged", "no"});
  wire::Request request;
  request.set_version(1);
  request.set_request_id("q");
  request.set_command_id("c");
  request.mutable_decide()->set_decision(wire::SYNC);
  request.mutable_decide()->add_persons(1);
  desk.bus.inputs.push_back({bus::Channel::kControl, "r", {}, request.SerializeAsString()});
  EXPECT_FALSE(desk.engine().Step(Duration::zero()));
  EXPECT_TRUE(desk.bus.replies["r"].empty());
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
    desk.bus.inputs.push_back({bus::Channel::kTasks, "h", {}, request.SerializeAsString()});
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

TEST(Engine, APollThatARestartInterruptedIsClosedAndAskedForAgain) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.StartPoll();
  desk.Restart();
  EXPECT_EQ(desk.School().last_poll().reason(), "interrupted");
  EXPECT_EQ(desk.polls.started.size(), 1U);
}

TEST(Engine, AChangedConfigIsPolledAtOnceAnUnchangedOneIsNot) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Restart();
  desk.Step();
  EXPECT_TRUE(desk.polls.started.empty());
  desk.settings.schools[0].rules.scope.grades = {"12"};
  desk.Restart();
  desk.Step();
  EXPECT_EQ(desk.polls.started.size(), 1U);
  desk.Poll();
  EXPECT_EQ(desk.School().counters().everybody(), 0U);
}

TEST(Engine, APageTokenThatIsNotOursIsRefusedAndHarmsNobody) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  const auto plan = desk.Plan();
  for (const char* token : {"zz", "00", "abc", "ffffffffffffffffffffffffffffffff"}) {
    wire::Request plans;
    plans.mutable_list_plans()->set_page_token(token);
    EXPECT_EQ(desk.Ask(plans).error().code(), "invalid") << token;
    wire::Request items;
    items.mutable_list_plan()->set_plan(plan.plan());
    items.mutable_list_plan()->set_page_token(token);
    EXPECT_EQ(desk.Ask(items).error().code(), "invalid") << token;
    wire::Request tasks;
    tasks.mutable_list_tasks()->set_page_token(token);
    EXPECT_EQ(desk.Ask(tasks).error().code(), "invalid") << token;
    wire::Request users;
    users.mutable_list_users()->set_page_token(token);
    desk.Ask(users);
  }
  EXPECT_EQ(desk.School().counters().everybody(), 4U);
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
  EXPECT_EQ(desk.Plan().adds(), 1U);
  desk.ExpectConsistent();
}

TEST(Engine, TheSameContentInANewPollKeepsItsApproval) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2});
  desk.Approve(desk.Plan());
  desk.pupils.push_back({9, "New", "Pupil", "np@example.org"});
  desk.Poll();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskSuperseded), 0U);
  desk.WorkUntilDone();
  EXPECT_EQ(desk.site.size(), 2U);
}

TEST(Engine, DeselectingWithdrawsWhatHasNotBegun) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2});
  desk.Approve(desk.Plan());
  const auto begun = desk.Lease("w", 1);
  desk.Decide(wire::SKIP, {1, 2});
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskSuperseded), 1U);
  desk.Report("w", {desk.Execute(begun.at(0))});
  EXPECT_EQ(desk.site.size(), 1U);
  EXPECT_EQ(desk.Plan().archives(), 1U) << "begun, done, and deselected: to be archived";
  desk.ExpectConsistent();
}

// A task is applied while a poll that began before it still looks at the old site.
TEST(Engine, APollThatSawTheSiteBeforeATaskDoesNotUndoWhatIsKnown) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  desk.Approve(desk.Plan());
  const PollJob job = desk.StartPoll();
  desk.pupils[0].grade = "10";
  const PollEnd seen = desk.Look(job);  // no account yet
  desk.pupils[0].grade = "09";
  desk.WorkUntilDone();
  desk.EndPoll({seen.school, seen.poll, seen.failed_side, seen.findings});
  const auto rows = desk.Users(wire::STATUS_SELECTED);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].situation(), wire::OUTDATED) << "linked, and the grade differs; not new again";
  desk.ExpectConsistent();
}

TEST(Engine, DuplicatesHoldBothBackUntilOneIsDeselected) {
  Desk desk;
  desk.pupils = {{1, "Ada", "Abel", "same@example.org"}, {2, "Ben", "Bold", "SAME@example.org"}};
  desk.Poll();
  EXPECT_EQ(desk.Users(wire::STATUS_ERROR).size(), 2U);
  desk.Decide(wire::SYNC, {1});
  EXPECT_EQ(desk.Plan().items(), 0U);
  desk.Decide(wire::SKIP, {2});
  EXPECT_EQ(desk.Plan().adds(), 1U);
  EXPECT_TRUE(desk.Users(wire::STATUS_ERROR).empty());
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
      wire::Outcome outcome;
      outcome.mutable_lease()->set_school(task.school());
      outcome.mutable_lease()->set_plan(task.plan());
      outcome.mutable_lease()->set_index(task.index());
      outcome.mutable_lease()->set_attempt(task.attempt());
      outcome.mutable_failed()->set_reason("site-unavailable");
      outcome.mutable_failed()->set_again(true);
      outcome.mutable_failed()->set_site_failing(true);
      outcomes.push_back(outcome);
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

TEST_F(Synced, InvitationsAreTheirOwnPlan) {
  desk.site["a1"].last_accessed = Time{};
  desk.Poll();
  EXPECT_EQ(desk.Plan().items(), 0U) << "never by itself";
  wire::Request request;
  request.mutable_prepare_plan()->mutable_invitations()->set_never_accessed(true);
  const auto reply = desk.Command(request);
  EXPECT_TRUE(reply.plan().plan().invitations());
  EXPECT_EQ(reply.plan().plan().invites(), 2U);
  EXPECT_TRUE(desk.Approve(reply.plan().plan()).has_approve());
  EXPECT_EQ(desk.Lease("w").size(), 2U);
}

TEST_F(Synced, OnePersonExplained) {
  wire::Request request;
  request.mutable_explain()->set_person(1);
  std::string all;
  const auto reply = desk.Ask(request);
  for (const auto& line : reply.explain().lines()) all += line.text() + "\n";
  EXPECT_NE(all.find("Selected by uid:1000."), std::string::npos) << all;
  EXPECT_NE(all.find("done on account a1"), std::string::npos) << all;
  EXPECT_NE(all.find("FACTS says"), std::string::npos) << all;
  request.mutable_explain()->set_person(999);
  EXPECT_EQ(desk.Ask(request).error().reason(), "unknown-person");
}

TEST_F(Synced, TheJournalNamesNobody) {
  for (const auto& entry : desk.Entries()) {
    const std::string bytes = entry.SerializeAsString();
    for (const Pupil& pupil : desk.pupils) {
      EXPECT_EQ(bytes.find(pupil.last), std::string::npos);
      if (!pupil.email.empty()) {
        EXPECT_EQ(bytes.find(pupil.email), std::string::npos);
      }
    }
  }
}

TEST_F(Synced, WhatIsPublishedIsTheJournal) {
  std::vector<std::string> published;
  for (const auto& [topic, payload] : desk.bus.published) {
    if (topic.find(".Beat") == std::string::npos) published.push_back(payload);
  }
  const auto entries = desk.Entries();
  ASSERT_EQ(published.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    wire::Entry entry;
    entry.ParseFromString(published[i]);
    EXPECT_EQ(entry.seq(), entries[i].seq());
  }
}

// Random schools, random decisions, random polls and workers: the counters, lists and rows agree,
// and nothing reaches the site that was not approved.
TEST(EngineProperty, WhateverHappensItAllAgrees) {
  const char* seeds_text = std::getenv("ROSTER_TEST_SEEDS");
  const int seeds = seeds_text != nullptr ? std::atoi(seeds_text) : 20;
  for (int seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Desk desk;
    SeededRandom random(static_cast<std::uint64_t>(seed));
    const auto below = [&](std::uint64_t n) { return random.Next() % n; };
    for (std::int64_t id = 1; id <= 12; ++id) {
      const std::string name = "p" + std::to_string(below(9));
      desk.pupils.push_back({id, "F" + name, "L" + name, below(6) == 0 ? "" : name + "@example.org",
                             below(5) == 0 ? "Withdrawn" : "Enrolled"});
    }
    std::set<std::string> approved;  // "external id action"
    std::vector<wire::Task> held;
    for (int step = 0; step < 60; ++step) {
      switch (below(8)) {
        case 0:
          desk.Poll();
          break;
        case 1: {
          auto& pupil = desk.pupils[below(desk.pupils.size())];
          const std::vector<std::string> words = {"Enrolled", "Graduate", "Withdrawn", "Odd", ""};
          pupil.status = words[below(words.size())];
          if (below(3) == 0) pupil.last += "x";
          if (below(4) == 0) pupil.email = "e" + std::to_string(below(12)) + "@example.org";
          break;
        }
        case 2:
        case 3: {
          const auto person = static_cast<std::int64_t>(1 + below(12));
          desk.Decide(below(3) == 0 ? wire::SKIP : wire::SYNC, {person});
          break;
        }
        case 4: {
          const auto plan = desk.Plan();
          wire::Request request;
          request.mutable_list_plan()->set_plan(plan.plan());
          const auto listed = desk.Ask(request);
          for (const auto& row : listed.plan_users().rows()) {
            approved.insert("tcs:" + std::to_string(row.person()) + " " +
                            wire::Action_Name(row.action()));
          }
          if (plan.items() > 0) {
            EXPECT_TRUE(desk.Approve(plan).has_approve());
          }
          break;
        }
        case 5:
          for (const auto& task : desk.Lease("w", 3)) held.push_back(task);
          break;
        case 6: {
          std::vector<wire::Outcome> outcomes;
          for (const auto& task : held) {
            EXPECT_TRUE(
                approved.contains(task.external_id() + " " + wire::Action_Name(task.action())))
                << task.external_id();
            outcomes.push_back(desk.Execute(task));
          }
          desk.Report("w", outcomes);
          held.clear();
          break;
        }
        default:
          desk.clock.Advance(seconds(below(90)));
          if (below(4) == 0) desk.Restart();
          desk.Step();
          break;
      }
      const auto counters = desk.School().counters();
      ASSERT_EQ(counters.to_add() + counters.to_update() + counters.to_archive() +
                    counters.to_restore() + counters.to_skip() + counters.unchanged(),
                counters.everybody());
    }
    desk.ExpectConsistent();
    desk.Entries();
    std::map<std::string, int> owners;
    for (const auto& [id, account] : desk.site) ++owners[account.external_id];
    for (const auto& [owner, count] : owners) EXPECT_EQ(count, 1) << owner;
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace roster::engine
