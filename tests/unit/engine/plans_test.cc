// Plans: what they hold, what they are approved for, and invitations.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

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
  EXPECT_EQ(desk.Plan().adds(), 0U);
  const auto row = desk.User(1);
  EXPECT_EQ(row.status(), wire::STATUS_NEW) << "it comes back, to be decided again";
  EXPECT_EQ(row.reason(), "decision-outdated");
  ASSERT_EQ(row.outdated_size(), 1);
  EXPECT_EQ(row.outdated(0), "name");
  desk.Decide(wire::SYNC, {1});
  EXPECT_EQ(desk.Plan().adds(), 1U);
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

// One change of each kind: a name, an e-mail, somebody withdrawn, somebody missing, somebody back.
class Classes : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.settings.schools[0].rules.missing_polls = 1;
    desk.Restart();
    std::vector<std::int64_t> all;
    for (std::int64_t id = 1; id <= 5; ++id) {
      const std::string name = "N" + std::to_string(id);
      desk.pupils.push_back({id, "F", name, name + "@example.org"});
      all.push_back(id);
    }
    desk.Poll();
    desk.Decide(wire::SYNC, all);
    desk.Approve(desk.Plan());
    desk.WorkUntilDone();
    desk.pupils[0].last = "Other";
    desk.pupils[1].email = "other@example.org";
    desk.pupils[2].status = "Withdrawn";
    desk.site["a5"].active = false;
    desk.pupils.erase(desk.pupils.begin() + 3);
    desk.Poll();
    plan = desk.Plan();
    what.set_plan(plan.plan());
    what.set_digest(plan.digest());
  }
  void TearDown() override { desk.ExpectConsistent(); }

  Desk desk;
  wire::Plan plan;
  wire::ApprovePlan what;
};

TEST_F(Classes, StandApartInThePlanAndInTheCounters) {
  EXPECT_EQ(plan.items(), 5U);
  EXPECT_EQ(plan.updates(), 2U);
  EXPECT_EQ(plan.email_changes(), 1U);
  EXPECT_EQ(plan.archives(), 2U);
  EXPECT_EQ(plan.missing(), 1U);
  EXPECT_EQ(plan.restores(), 1U);
  std::map<std::string, std::uint64_t> counted;
  for (const auto& count : desk.School().counters().by_class()) {
    counted[count.reason()] = count.count();
  }
  EXPECT_EQ(
      counted,
      (std::map<std::string, std::uint64_t>{
          {"update", 1}, {"email-change", 1}, {"archive", 1}, {"missing", 1}, {"restore", 1}}));
}

TEST_F(Classes, AreListedByThemselvesBeforeAndAfterTheApproval) {
  const auto of = [&](wire::ChangeClass which) {
    wire::Request request;
    request.mutable_list_plan()->set_plan(plan.plan());
    request.mutable_list_plan()->set_change_class(which);
    const auto reply = desk.Ask(request);
    std::vector<std::int64_t> persons;
    for (const auto& row : reply.plan_users().rows()) persons.push_back(row.person());
    return persons;
  };
  for (const bool approved : {false, true}) {
    if (approved) desk.Approve(what);
    EXPECT_EQ(of(wire::CLASS_UPDATE), std::vector<std::int64_t>{1});
    EXPECT_EQ(of(wire::CLASS_EMAIL_CHANGE), std::vector<std::int64_t>{2});
    EXPECT_EQ(of(wire::CLASS_ARCHIVE), std::vector<std::int64_t>{3});
    EXPECT_EQ(of(wire::CLASS_MISSING), std::vector<std::int64_t>{4});
    EXPECT_EQ(of(wire::CLASS_RESTORE), std::vector<std::int64_t>{5});
  }
}

TEST_F(Classes, SomeAreApprovedAndTheRestStaysForThePlanAfter) {
  what.add_only(wire::CLASS_UPDATE);
  what.add_only(wire::CLASS_RESTORE);
  what.add_except(5);
  const auto reply = desk.Approve(what);
  EXPECT_EQ(reply.approve().plan().not_chosen(), 4U);
  EXPECT_EQ(reply.approve().plan().left_out(), 0U);
  EXPECT_EQ(desk.Entries().back().plan_approved().not_chosen(), 4U);
  const auto tasks = desk.Lease("w");
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].person(), 1);
  EXPECT_EQ(desk.Plan().items(), 4U);
}

TEST_F(Classes, AnApprovalThatChoosesNothingOrNobodyWhoIsThereIsRefused) {
  what.add_only(wire::CLASS_ADD);
  EXPECT_EQ(desk.Approve(what).error().reason(), "nothing-chosen");
  what.clear_only();
  what.add_except(99);
  EXPECT_EQ(desk.Approve(what).error().reason(), "not-in-plan");
  EXPECT_TRUE(desk.Lease("w").empty());
}

TEST_F(Classes, APlanExpiresIsRefusedAndIsDroppedByTheNextPoll) {
  EXPECT_EQ(plan.expires_at().seconds() - plan.prepared_at().seconds(), 14 * 86'400);
  desk.clock.Advance(std::chrono::days(14));
  EXPECT_EQ(desk.Approve(what).error().reason(), "plan-expired");
  EXPECT_NE(desk.Plan().plan(), plan.plan()) << "today's is another one";
  desk.Poll();
  EXPECT_EQ(desk.Approve(what).error().reason(), "unknown-plan");
  wire::Request request;
  request.mutable_get_plan()->set_plan(plan.plan());
  EXPECT_EQ(desk.Ask(request).error().reason(), "unknown-plan");
  EXPECT_TRUE(desk.Lease("w").empty());
  std::vector<std::uint64_t> expired;
  for (const wire::Entry& entry : desk.Entries()) {
    if (entry.has_plan_expired()) expired.push_back(entry.plan_expired().plan());
  }
  EXPECT_EQ(expired, std::vector<std::uint64_t>{plan.plan()})
      << "told, so that nobody waits for it";
}

TEST_F(Classes, APlanLivesAsLongAsTheConfigSays) {
  desk.settings.schools[0].plans.plan_ttl = std::chrono::hours(1);
  desk.pupils[0].last = "Third";
  desk.Restart();
  desk.Poll();
  const auto young = desk.Plan();
  desk.clock.Advance(std::chrono::minutes(59));
  EXPECT_EQ(desk.Plan().plan(), young.plan());
  desk.clock.Advance(std::chrono::minutes(1));
  EXPECT_EQ(desk.Approve(young).error().reason(), "plan-expired");
}

TEST(Engine, AStatusShowsTheNewestPlansUnderWayAndAllAreCounted) {
  Desk desk;
  constexpr int kPlans = 23;
  for (int i = 1; i <= kPlans; ++i) {
    const std::string name = "N" + std::to_string(i);
    desk.pupils.push_back({i, "X", name, name + "@example.org"});
  }
  desk.Poll();
  for (int i = 1; i <= kPlans; ++i) {
    desk.Decide(wire::SYNC, {i});
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  }
  const wire::SchoolStatus& school = desk.School();
  ASSERT_EQ(school.plans_size(), 20);
  EXPECT_EQ(school.plans(0).plan(), 23U);
  EXPECT_EQ(school.plans(19).plan(), 4U);
  desk.clock.Advance(std::chrono::seconds(1));
  desk.Step();
  EXPECT_EQ(desk.vitals.value().schools.at(0).plans_under_way, 23U);
}

TEST(Engine, AnApprovalThatFoundNoRoomOnTheDiskIsNotUnderWay) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  const auto plan = desk.Plan();
  desk.store.full = true;
  EXPECT_EQ(desk.Approve(plan).error().reason(), "disk-full");
  EXPECT_EQ(desk.School().plans_size(), 0);
  desk.store.full = false;
  desk.Step();
  EXPECT_EQ(desk.School().plans_size(), 0);
  ASSERT_TRUE(desk.Approve(plan).has_approve());
  EXPECT_EQ(desk.School().plans_size(), 1);
}

class Invitations : public Synced {
 protected:
  wire::Reply Prepare(std::uint32_t batch = 0, const std::vector<std::int64_t>& persons = {}) {
    wire::PreparePlan what;
    what.mutable_invitations()->set_batch(batch);
    for (const auto person : persons) what.mutable_invitations()->add_persons(person);
    return desk.Prepare(what);
  }
};

TEST_F(Invitations, ComeInBatchesAndNotTwiceWithinTheCoolDown) {
  const auto first = Prepare(2).plan().plan();
  EXPECT_EQ(first.invites(), 2U);
  desk.Approve(first);
  desk.WorkUntilDone();
  desk.Poll();
  const auto second = Prepare().plan().plan();
  EXPECT_EQ(second.invites(), 1U);
  EXPECT_EQ(second.recently_invited(), 2U);
  desk.Approve(second);
  desk.WorkUntilDone();
  EXPECT_EQ(Prepare().plan().plan().items(), 0U);
  EXPECT_EQ(Prepare(0, {1}).error().reason(), "recently-invited");
  desk.clock.Advance(std::chrono::days(7));
  EXPECT_EQ(Prepare(0, {1}).plan().plan().invites(), 1U);
  EXPECT_EQ(Prepare().plan().plan().invites(), 3U);
}

TEST_F(Invitations, AnOlderPlanInvitesNobodyASecondTimeOnASiteThatShowsNone) {
  const auto older = Prepare().plan().plan();
  ASSERT_EQ(older.invites(), 3U);
  const auto newer = Prepare(2).plan().plan();
  ASSERT_EQ(newer.invites(), 2U);
  ASSERT_TRUE(desk.Approve(newer).has_approve());
  std::vector<wire::Outcome> outcomes;
  for (const auto& task : desk.Lease("w")) {
    outcomes.push_back(desk.Execute(task));
    ASSERT_TRUE(outcomes.back().has_applied());
    outcomes.back().mutable_applied()->mutable_account()->clear_invited();
  }
  desk.Report("w", outcomes);
  for (auto& [id, account] : desk.site) account.invited.reset();
  desk.Poll();

  const auto refused = desk.Approve(older).error();
  EXPECT_EQ(refused.reason(), "plan-changed");
  EXPECT_EQ(refused.changed_size(), 2) << "within the cool-down";
  EXPECT_TRUE(desk.Lease("w").empty());
  EXPECT_EQ(desk.Approve(older, true).approve().left_out_total(), 2U);
  const auto tasks = desk.Lease("w");
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].person(), 3);
}

TEST_F(Invitations, WhoHasLoggedInTakesNobodysPlace) {
  desk.site["a1"].last_accessed = Time{};
  desk.Poll();
  const auto plan = Prepare(1).plan().plan();
  ASSERT_EQ(plan.invites(), 1U);
  EXPECT_EQ(desk.PlanRows(plan.plan()).at(0).person(), 2) << "the first who can be invited";
  const auto refused = Prepare(0, {1}).error();
  EXPECT_EQ(refused.reason(), "not-invitable");
  EXPECT_NE(refused.message().find("has logged in already"), std::string::npos);
  desk.Approve(plan);
  desk.WorkUntilDone();
  EXPECT_EQ(Prepare(1).plan().plan().invites(), 1U) << "then the next";
}

TEST_F(Invitations, GoToNobodyWhoIsExcludedProtectedOrDeselected) {
  desk.Decide(wire::EXCLUDE, {1});
  desk.Decide(wire::PROTECT, {2});
  EXPECT_EQ(Prepare().plan().plan().invites(), 1U);
  EXPECT_EQ(Prepare(0, {1}).error().reason(), "not-invitable");
  EXPECT_EQ(Prepare(0, {4}).error().reason(), "not-invitable") << "has no account";
}

TEST_F(Parents, AnExcludedFamilyIsNotInvited) {
  Sync({1, 3, 4});
  wire::PreparePlan what;
  what.mutable_invitations();
  const auto plan = desk.Prepare(what).plan().plan();
  EXPECT_EQ(plan.invites(), 3U);
  desk.Approve(plan);
  desk.DecideFamilies(true, {20});
  const auto tasks = desk.Lease("w");
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].person(), 1);
  EXPECT_EQ(desk.Prepare(what).plan().plan().invites(), 0U);
  what.mutable_invitations()->add_persons(3);
  EXPECT_EQ(desk.Prepare(what).error().reason(), "not-invitable");
}

}  // namespace
}  // namespace roster::engine
