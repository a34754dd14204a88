// Guards: what holds a plan, what it says, and what lets it through.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using model::GuardKind;

// Ten students who are on the site, and guards that let everything through.
class Guarded : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.settings.schools[0].plans.guards = {};
    desk.settings.schools[0].rules.missing_polls = 1;
    desk.Restart();
    std::vector<std::int64_t> all;
    for (std::int64_t id = 1; id <= 10; ++id) {
      const std::string name = "N" + std::to_string(id);
      desk.pupils.push_back({id, "F", name, name + "@example.org"});
      all.push_back(id);
    }
    desk.Poll();
    desk.Decide(wire::SYNC, all);
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    desk.WorkUntilDone();
    ASSERT_EQ(desk.School().counters().linked_active(), 10U);
  }
  void TearDown() override { desk.ExpectConsistent(); }

  void Set(GuardKind kind, const model::Guard& guard) {
    desk.settings.schools[0].plans.guards[static_cast<std::size_t>(kind)] = guard;
    desk.Restart();
  }
  void Withdraw(int count) {
    for (int i = 0; i < count; ++i) desk.pupils[static_cast<std::size_t>(i)].status = "Withdrawn";
    desk.Poll();
  }
  wire::Reply Override(const wire::Plan& plan, const std::string& reason) {
    wire::ApprovePlan what;
    what.set_plan(plan.plan());
    what.set_digest(plan.digest());
    what.set_override_guards(true);
    what.set_override_reason(reason);
    return desk.Approve(what);
  }
  // Three changes of one kind are waiting: a limit of two holds them all, one of three none.
  void ExpectLimit(GuardKind kind, wire::Guard guard) {
    Set(kind, {2, std::nullopt, 0});
    const auto plan = desk.Plan();
    ASSERT_EQ(plan.holds_size(), 1);
    const auto refused = desk.Approve(plan);
    EXPECT_EQ(refused.error().reason(), "plan-held");
    ASSERT_EQ(refused.error().holds_size(), 1);
    EXPECT_EQ(refused.error().holds(0).guard(), guard);
    EXPECT_EQ(refused.error().holds(0).count(), 3U);
    EXPECT_EQ(refused.error().holds(0).max_count(), 2U);
    EXPECT_EQ(refused.error().holds(0).persons_size(), 3);
    EXPECT_NE(refused.error().message().find("--override-guard"), std::string::npos);
    EXPECT_TRUE(desk.Lease("w").empty()) << "nothing is done";
    Set(kind, {3, std::nullopt, 0});
    EXPECT_TRUE(desk.Approve(desk.Plan()).has_approve()) << "at the limit";
    EXPECT_EQ(desk.Lease("w").size(), 3U);
  }

  Desk desk;
};

TEST_F(Guarded, Adds) {
  for (const std::int64_t id : {11, 12, 13}) {
    desk.pupils.push_back({id, "F", "N", "n" + std::to_string(id) + "@example.org"});
  }
  desk.Poll();
  desk.Decide(wire::SYNC, {11, 12, 13});
  ExpectLimit(GuardKind::kAdd, wire::GUARD_ADD);
}

TEST_F(Guarded, UpdatesAndChangedEmailsTogether) {
  desk.pupils[0].last = "Other";
  desk.pupils[1].last = "Other";
  desk.pupils[2].email = "other@example.org";
  desk.Poll();
  ExpectLimit(GuardKind::kUpdate, wire::GUARD_UPDATE);
}

TEST_F(Guarded, Archives) {
  Withdraw(3);
  ExpectLimit(GuardKind::kArchive, wire::GUARD_ARCHIVE);
}

TEST_F(Guarded, TheMissingApartFromOtherArchives) {
  Set(GuardKind::kArchive, {0, std::nullopt, 0});
  desk.pupils.erase(desk.pupils.begin(), desk.pupils.begin() + 3);
  desk.Poll();
  ExpectLimit(GuardKind::kMissing, wire::GUARD_MISSING);
}

TEST_F(Guarded, Restores) {
  Withdraw(3);
  desk.Approve(desk.Plan());
  desk.WorkUntilDone();
  for (int i = 0; i < 3; ++i) desk.pupils[static_cast<std::size_t>(i)].status = "Enrolled";
  desk.Poll();
  ExpectLimit(GuardKind::kRestore, wire::GUARD_RESTORE);
}

TEST_F(Guarded, AShareCountsAgainstLinkedActiveAccountsAndNeedsEnoughOfThem) {
  Set(GuardKind::kArchive, {std::nullopt, 0.2, 10});
  Withdraw(2);
  EXPECT_EQ(desk.Plan().holds_size(), 0) << "two of ten are at the limit";
  Withdraw(3);
  ASSERT_EQ(desk.Plan().holds_size(), 1);
  EXPECT_EQ(desk.Plan().holds(0).population(), 10U);
  Set(GuardKind::kArchive, {std::nullopt, 0.2, 11});
  EXPECT_EQ(desk.Plan().holds_size(), 0) << "too few accounts for a share to mean anything";
}

TEST_F(Guarded, AnOverrideLetsExactlyThatPlanThroughOnceAndItsReasonIsOnRecord) {
  Set(GuardKind::kArchive, {2, std::nullopt, 0});
  Withdraw(3);
  EXPECT_EQ(Override(desk.Plan(), "").error().code(), "invalid") << "a reason is needed";
  const auto lifted = Override(desk.Plan(), "Graduation of Smith's class");
  ASSERT_TRUE(lifted.has_approve()) << lifted.error().message();
  EXPECT_EQ(lifted.approve().plan().override_reason(), "Graduation of Smith's class");
  int approvals = 0;
  for (const auto& entry : desk.Entries()) {
    EXPECT_EQ(entry.SerializeAsString().find("Smith"), std::string::npos) << "words of a person";
    if (!entry.has_plan_approved() || entry.plan_approved().archives() == 0) continue;
    ++approvals;
    ASSERT_EQ(entry.plan_approved().lifted_size(), 1);
    EXPECT_EQ(entry.plan_approved().lifted(0), wire::GUARD_ARCHIVE);
    EXPECT_EQ(entry.plan_approved().override_reason().size(), 32U);
  }
  EXPECT_EQ(approvals, 1);
  desk.WorkUntilDone();
  for (int i = 3; i < 6; ++i) desk.pupils[static_cast<std::size_t>(i)].status = "Graduate";
  desk.Poll();
  EXPECT_EQ(desk.Approve(desk.Plan()).error().reason(), "plan-held") << "the guard is in force";
}

TEST_F(Guarded, AnOverrideOfAPlanThatIsNotHeldLiftsNothing) {
  Withdraw(1);
  const auto reply = Override(desk.Plan(), "to be sure");
  ASSERT_TRUE(reply.has_approve());
  EXPECT_EQ(reply.approve().plan().holds_size(), 0);
  EXPECT_EQ(reply.approve().plan().override_reason(), "");
}

TEST_F(Guarded, ARolloverWindowHasLimitsOfItsOwnAndEndsByItself) {
  const auto today = std::chrono::floor<std::chrono::days>(desk.clock.Now());
  auto& plans = desk.settings.schools[0].plans;
  plans.guards[static_cast<std::size_t>(GuardKind::kArchive)] = {2, std::nullopt, 0};
  model::Rollover window{std::chrono::sys_days(today + std::chrono::days(1)),
                         std::chrono::sys_days(today + std::chrono::days(2)),
                         {}};
  window.guards[static_cast<std::size_t>(GuardKind::kArchive)] = {4, std::nullopt, 0};
  plans.rollovers = {window};
  desk.Restart();
  Withdraw(3);
  EXPECT_FALSE(desk.School().rollover());
  EXPECT_EQ(desk.Plan().holds_size(), 1) << "not yet";
  desk.clock.Advance(std::chrono::days(1));
  EXPECT_TRUE(desk.School().rollover());
  EXPECT_EQ(desk.Plan().holds_size(), 0);
  Withdraw(5);
  ASSERT_EQ(desk.Plan().holds_size(), 1);
  EXPECT_TRUE(desk.Plan().holds(0).rollover()) << "limits of its own";
  EXPECT_NE(desk.Plan().holds(0).message().find("rollover"), std::string::npos);
  desk.clock.Advance(std::chrono::days(2));
  EXPECT_FALSE(desk.School().rollover());
  EXPECT_EQ(desk.Approve(desk.Plan()).error().reason(), "plan-held");
  EXPECT_EQ(desk.Plan().holds(0).max_count(), 2U);
}

TEST_F(Guarded, WhatWouldBeHeldIsToldOnceWhenItBegins) {
  Set(GuardKind::kArchive, {2, std::nullopt, 0});
  Withdraw(2);
  const auto called = desk.CountEntries(wire::Entry::kReviewRequired);
  EXPECT_EQ(desk.Entries().back().review_required().held_size(), 0);
  Withdraw(3);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), called + 1);
  ASSERT_EQ(desk.Entries().back().review_required().held_size(), 1);
  EXPECT_EQ(desk.Entries().back().review_required().held(0), wire::GUARD_ARCHIVE);
  ASSERT_EQ(desk.School().holds_size(), 1);
  desk.Poll();
  desk.Poll();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), called + 1);
}

TEST_F(Guarded, GuardsCountWhatIsChosen) {
  Set(GuardKind::kArchive, {2, std::nullopt, 0});
  Withdraw(3);
  const auto plan = desk.Plan();
  wire::ApprovePlan what;
  what.set_plan(plan.plan());
  what.set_digest(plan.digest());
  what.add_except(2);
  EXPECT_TRUE(desk.Approve(what).has_approve());
  EXPECT_EQ(desk.Lease("w").size(), 2U);
}

TEST_F(Guarded, AnUndoIsHeldLikeAnyPlan) {
  Set(GuardKind::kArchive, {2, std::nullopt, 0});
  const auto undo = desk.PrepareUndo(1).plan().plan();
  EXPECT_EQ(undo.archives(), 10U);
  EXPECT_EQ(desk.Approve(undo).error().reason(), "plan-held");
}

// A decision that is examined again is no news, and what it makes a guard hold is told by the next
// poll all the same.
TEST_F(Guarded, AGuardThatADecisionTripsIsToldByTheNextPoll) {
  Set(GuardKind::kAdd, {0, std::nullopt, 0});
  Pupil pupil{20, "F", "N20", ""};
  pupil.email2 = "n20@example.org";
  desk.pupils.push_back(pupil);
  desk.Poll();
  desk.Decide(wire::SYNC, {20});
  wire::ResolveGroup email2;
  email2.set_use_email2(20);
  const auto told = desk.CountEntries(wire::Entry::kReviewRequired);
  ASSERT_TRUE(desk.Resolve(email2).has_settle());
  desk.ExamineAgain();
  ASSERT_EQ(desk.School().holds_size(), 1);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), told);
  desk.Poll();
  ASSERT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), told + 1);
  EXPECT_EQ(desk.Entries().back().review_required().held(0), wire::GUARD_ADD);
  desk.Poll();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), told + 1) << "once";
}

}  // namespace
}  // namespace roster::engine
