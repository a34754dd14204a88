// sync and invite: what is approved, by whom, and how it ends.

#include <gtest/gtest.h>

#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

class Sync : public testing::Test {
 protected:
  Sync() {
    world_.daemon.On("get_status", SampleStatus());
    world_.daemon.On("prepare_plan", PlanOf(SamplePlan()));
    world_.daemon.On("get_plan", PlanOf(SamplePlan()));
    world_.daemon.On("list_plan", PlanPage(SampleUsers()));
    v1::Plan approved = Approved();
    v1::Reply reply;
    *reply.mutable_approve()->mutable_plan() = approved;
    world_.daemon.On("approve_plan", reply);
  }
  static v1::Plan Approved() {
    v1::Plan plan = SamplePlan();
    plan.set_state(v1::APPROVED);
    plan.mutable_tasks()->set_queued(18);
    return plan;
  }
  static v1::Plan Finished(unsigned applied, unsigned dead) {
    v1::Plan plan = SamplePlan();
    plan.set_state(v1::FINISHED);
    plan.mutable_tasks()->set_applied(applied);
    plan.mutable_tasks()->set_dead(dead);
    return plan;
  }
  void AtATerminal() { world_.terminal = Terminal{80, true, true, true, false}; }
  std::size_t Approvals() const { return world_.daemon.Requests("approve_plan").size(); }

  FakeWorld world_;
};

TEST_F(Sync, NothingIsApprovedWithoutAYes) {
  AtATerminal();
  for (const char* typed : {"n\n", "\n", ""}) {
    const Ran ran = world_.Run({"sync"}, typed);
    EXPECT_EQ(ran.exit, 1);
    EXPECT_NE(ran.err.find("Approve Plan 7 (3f9a12c4): 12 to add, 3 to update, 2 to archive, 1 to "
                           "restore? [y/N]"),
              std::string::npos);
  }
  EXPECT_EQ(Approvals(), 0U);
}

TEST_F(Sync, WithoutATerminalNothingIsAskedNorApproved) {
  const Ran ran = world_.Run({"sync"}, "y\n");
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("--yes"), std::string::npos);
  EXPECT_TRUE(world_.daemon.requests.empty());
}

TEST_F(Sync, TheApprovalIsForTheDigestThatWasShown) {
  AtATerminal();
  EXPECT_EQ(world_.Run({"sync"}, "y\n").exit, 0);
  ASSERT_EQ(Approvals(), 1U);
  const v1::ApprovePlan approve = world_.daemon.Requests("approve_plan")[0].approve_plan();
  EXPECT_EQ(approve.plan(), 7U);
  EXPECT_EQ(approve.digest(), SamplePlan().digest());
  EXPECT_FALSE(approve.leave_out_changed());
}

TEST_F(Sync, ANumberApprovesThatPlanAndPreparesNone) {
  EXPECT_EQ(world_.Run({"sync", "7", "--leave-out-changed"}).exit, 0);
  EXPECT_TRUE(world_.daemon.Requests("prepare_plan").empty());
  ASSERT_EQ(Approvals(), 1U);
  EXPECT_TRUE(world_.daemon.Requests("approve_plan")[0].approve_plan().leave_out_changed());
}

TEST_F(Sync, YesApprovesWithoutATerminal) {
  EXPECT_EQ(world_.Run({"sync", "--yes"}).exit, 0);
  EXPECT_EQ(Approvals(), 1U);
}

TEST_F(Sync, NothingToDoIsDone) {
  v1::Plan plan = SamplePlan();
  plan.set_items(0);
  world_.daemon.On("prepare_plan", PlanOf(plan));
  const Ran ran = world_.Run({"sync", "--yes"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_TRUE(ran.out.starts_with("Nothing is pending"));
  EXPECT_EQ(Approvals(), 0U);
}

TEST_F(Sync, AStalePlanIsRefusedWithWhatHasChanged) {
  v1::Reply reply = ErrorOf("conflict", "plan-changed", "Plan 7 was not approved.");
  *reply.mutable_error()->add_changed() = SampleUsers()[0];
  reply.mutable_error()->set_changed_total(140);
  world_.daemon.On("approve_plan", reply);
  v1::Plan plan = SamplePlan();
  plan.set_items(200);
  world_.daemon.On("get_plan", PlanOf(plan));
  const Ran ran = world_.Run({"sync", "7"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_NE(ran.out.find("140 items have changed"), std::string::npos);
  EXPECT_NE(ran.out.find("10412"), std::string::npos);
  EXPECT_NE(ran.out.find("... and 139 more."), std::string::npos);
  EXPECT_NE(ran.out.find("rosterctl sync 7 --leave-out-changed"), std::string::npos);
}

TEST_F(Sync, OfSomebodyForgottenThereIsNoRowToShow) {
  v1::Reply reply = ErrorOf("conflict", "plan-changed", "Plan 7 was not approved.");
  reply.mutable_error()->set_changed_total(1);
  world_.daemon.On("approve_plan", reply);
  const Ran ran = world_.Run({"sync", "7"});
  EXPECT_NE(ran.out.find("1 person: they are in no list any more"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("more."), std::string::npos);
}

TEST_F(Sync, WhereEverythingHasChangedThereIsNoRestToApprove) {
  v1::Reply reply = ErrorOf("conflict", "plan-changed", "Plan 7 was not approved.");
  reply.mutable_error()->set_changed_total(SamplePlan().items());
  world_.daemon.On("approve_plan", reply);
  const Ran ran = world_.Run({"sync", "7"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.out.find("--leave-out-changed"), std::string::npos);
}

TEST_F(Sync, WaitEndsWithThePlanAndFailsWithADeadTask) {
  world_.daemon.On("get_plan", PlanOf(Finished(18, 0)));
  EXPECT_EQ(world_.Run({"sync", "--yes", "--wait"}).exit, 0);
  world_.daemon.On("get_plan", PlanOf(Finished(17, 1)));
  const Ran ran = world_.Run({"sync", "--yes", "--wait"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("17 applied, 1 dead, 0 superseded, 0 unknown"), std::string::npos);
}

TEST_F(Sync, WaitSurvivesADaemonThatIsRestarted) {
  int looks = 0;
  world_.daemon.On("get_plan", [&](const v1::Request&) {
    if (++looks == 2) world_.daemon.swallow = 3;
    return PlanOf(looks < 4 ? Approved() : Finished(18, 0));
  });
  EXPECT_EQ(world_.Run({"sync", "--yes", "--wait"}).exit, 0);
}

TEST_F(Sync, WaitSaysWhenNoWorkerIsThere) {
  v1::Reply status = SampleStatus();
  status.mutable_status()->clear_workers();
  world_.daemon.On("get_status", status);
  int looks = 0;
  world_.daemon.On("get_plan", [&](const v1::Request&) {
    return PlanOf(++looks < 100 ? Approved() : Finished(18, 0));
  });
  const Ran ran = world_.Run({"sync", "--yes", "--wait"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err.find("No worker is connected"), ran.err.rfind("No worker is connected"));
  EXPECT_NE(ran.err.find("No worker is connected"), std::string::npos);
}

TEST_F(Sync, WaitSaysWhenTheWorkersAreThereForOthersAlone) {
  v1::Reply status = SampleStatus();
  status.mutable_status()->mutable_schools(0)->set_workers_away(true);
  world_.daemon.On("get_status", status);
  int looks = 0;
  world_.daemon.On("get_plan", [&](const v1::Request&) {
    return PlanOf(++looks < 100 ? Approved() : Finished(18, 0));
  });
  EXPECT_NE(world_.Run({"sync", "--yes", "--wait"}).err.find("No worker asks for this school's"),
            std::string::npos);
}

TEST_F(Sync, WaitSaysWhatTheSiteLacksWithCommandsOfItsSchool) {
  v1::Reply status = SampleStatus();
  status.mutable_status()->mutable_schools(0)->set_site_problem(
      "The site can't be reached. Look: `rosterctl tasks` says what waits.");
  world_.daemon.On("get_status", status);
  int looks = 0;
  world_.daemon.On("get_plan", [&](const v1::Request&) {
    return PlanOf(++looks % 100 != 0 ? Approved() : Finished(18, 0));
  });
  EXPECT_NE(world_.Run({"sync", "--yes", "--wait"}).err.find("Look: `rosterctl tasks` says"),
            std::string::npos);
  const Ran ran = world_.Run({"--school", "tcs", "sync", "--yes", "--wait"});
  EXPECT_NE(
      ran.err.find("The site: The site can't be reached. Look: `rosterctl --school tcs tasks` "
                   "says what waits. Waiting on."),
      std::string::npos)
      << ran.err;
}

TEST_F(Sync, WaitDoesNotWaitForEverForWhatOnlyAPersonCanSettle) {
  v1::Plan plan = Approved();
  plan.mutable_tasks()->Clear();
  plan.mutable_tasks()->set_unknown(1);
  plan.mutable_tasks()->set_applied(17);
  world_.daemon.On("get_plan", PlanOf(plan));
  const Ran ran = world_.Run({"sync", "--yes", "--wait"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("1 unknown"), std::string::npos);
}

TEST_F(Sync, WhatWasApprovedBeforeIsNotApprovedAgainButCanBeWaitedFor) {
  world_.daemon.On("get_plan", PlanOf(Finished(18, 0)));
  const Ran ran = world_.Run({"sync", "7", "--wait"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("was approved already"), std::string::npos);
  EXPECT_EQ(Approvals(), 0U);
}

class Invite : public Sync {
 protected:
  Invite() {
    v1::Plan plan;
    plan.set_plan(8);
    plan.set_invitations(true);
    plan.set_state(v1::OPEN);
    plan.set_digest("digest");
    plan.set_items(2);
    plan.set_invites(2);
    world_.daemon.On("prepare_plan", PlanOf(plan));
  }
};

TEST_F(Invite, PreparesItsOwnPlanAndSendsNothingWithoutAYes) {
  AtATerminal();
  const Ran ran = world_.Run({"invite", "--never-accessed", "12", "13"}, "n\n");
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("Send 2 invitations"), std::string::npos);
  EXPECT_EQ(Approvals(), 0U);
  const auto prepare = world_.daemon.Requests("prepare_plan");
  ASSERT_EQ(prepare.size(), 1U);
  const auto& invitations = prepare[0].prepare_plan().invitations();
  EXPECT_TRUE(invitations.never_accessed());
  EXPECT_EQ(invitations.persons_size(), 2);
}

TEST_F(Invite, WithoutATerminalAYesIsNeeded) {
  EXPECT_EQ(world_.Run({"invite"}).exit, 2);
  EXPECT_TRUE(world_.daemon.requests.empty());
  EXPECT_EQ(world_.Run({"invite", "--yes"}).exit, 0);
  ASSERT_EQ(Approvals(), 1U);
  EXPECT_EQ(world_.daemon.Requests("approve_plan")[0].approve_plan().digest(), "digest");
}

TEST_F(Invite, NobodyToInviteIsDone) {
  world_.daemon.On("prepare_plan", PlanOf({}));
  EXPECT_EQ(world_.Run({"invite", "--yes"}).exit, 0);
  EXPECT_EQ(Approvals(), 0U);
}

// One of two approvals: what it takes, who was first, what the other one types.
v1::Plan First() {
  v1::Plan plan = SamplePlan();
  plan.set_two_needed("archives");
  plan.mutable_first_approval()->set_actor("uid:1001");
  *plan.mutable_first_approval()->mutable_at() = At(60);
  return plan;
}

TEST_F(Sync, TheFirstOfTwoIsToldWhatTheOtherTypes) {
  v1::Reply reply;
  *reply.mutable_approve()->mutable_plan() = First();
  world_.daemon.On("approve_plan", reply);
  const Ran ran = world_.Run({"sync", "7"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("waits for a second approver"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("Another person runs: rosterctl sync 7\n"), std::string::npos);
  const Ran waiting = world_.Run({"sync", "7", "--wait"});
  EXPECT_EQ(waiting.exit, 3) << "there is nothing to wait for here";
  EXPECT_NE(waiting.out.find("waits for a second approver"), std::string::npos);
}

TEST_F(Sync, AnApprovalThatIsReplacedIsSaidToBoth) {
  v1::Plan plan = First();
  plan.mutable_first_approval()->set_replaced_actor("uid:1002");
  *plan.mutable_first_approval()->mutable_replaced_at() = At();
  v1::Reply reply;
  *reply.mutable_approve()->mutable_plan() = plan;
  world_.daemon.On("approve_plan", reply);
  const std::string said = "The approval by uid:1002 of ";
  EXPECT_NE(world_.Run({"sync", "7"}).out.find(said), std::string::npos);
  world_.daemon.On("get_plan", PlanOf(plan));
  const Ran shown = world_.Run({"plan", "7"});
  EXPECT_NE(shown.out.find(said), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("no longer counts"), std::string::npos);
}

TEST_F(Sync, CommandsThatAreSaidRunWhereThereAreSeveralSchools) {
  v1::Reply reply;
  *reply.mutable_approve()->mutable_plan() = First();
  world_.daemon.On("approve_plan", reply);
  EXPECT_NE(world_.Run({"--school", "tcs", "sync", "7"})
                .out.find("Another person runs: rosterctl --school tcs sync 7\n"),
            std::string::npos);
  world_.daemon.On("get_plan", PlanOf(HeldPlan()));
  const std::string held = world_.Run({"--school", "tcs", "plan", "7"}).out;
  EXPECT_NE(held.find("rosterctl --school tcs plan "), std::string::npos) << held;
  for (std::size_t at = 0; (at = held.find("rosterctl ", at)) != std::string::npos; ++at) {
    EXPECT_EQ(held.compare(at, 23, "rosterctl --school tcs "), 0) << held.substr(at, 40);
  }
  AtATerminal();
  world_.daemon.On("approve_plan", ErrorOf("refused", "gone", "Look: `rosterctl plan` says it."));
  const Ran ran = world_.Run({"--school", "tcs", "sync", "7"});
  EXPECT_NE(ran.err.find("`rosterctl --school tcs plan` says it."), std::string::npos) << ran.err;
}

TEST_F(Sync, TheSecondIsToldExactlyWhatTheFirstHasApproved) {
  v1::Plan plan = First();
  v1::Approval& first = *plan.mutable_first_approval();
  first.set_leave_out_changed(true);
  first.add_only(v1::CLASS_ADD);
  first.add_only(v1::CLASS_EMAIL_CHANGE);
  first.add_except(10412);
  first.set_override_guards(true);
  first.set_override_reason("it's right");
  world_.daemon.On("get_plan", PlanOf(plan));
  const Ran ran = world_.Run({"plan", "7"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("uid:1001"), std::string::npos);
  EXPECT_NE(ran.out.find("rosterctl sync 7 --leave-out-changed --only add,email-change --except "
                         "10412 --override-guard --reason 'it'\\''s right'\n"),
            std::string::npos)
      << ran.out;
}

TEST_F(Sync, ThatItTakesTwoIsSaidBeforeItIsApproved) {
  v1::Plan plan = SamplePlan();
  plan.set_two_needed("archives");
  world_.daemon.On("get_plan", PlanOf(plan));
  EXPECT_NE(world_.Run({"plan", "7"}).out.find("It takes two people, for what it archives"),
            std::string::npos);
  plan.set_two_needed("all");
  world_.daemon.On("prepare_plan", PlanOf(plan));
  AtATerminal();
  EXPECT_NE(world_.Run({"sync"}, "n\n").out.find("It takes two people, as every plan here"),
            std::string::npos);
}

TEST_F(Sync, TheSamePersonAgainIsRefused) {
  world_.daemon.On("approve_plan", ErrorOf("refused", "same-person", "It takes two people."));
  const Ran ran = world_.Run({"sync", "7"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_NE(ran.err.find("It takes two people."), std::string::npos);
}

}  // namespace
}  // namespace roster::client
