// Golden screens of the review, of parents' accounts where it matters, at 80 and 120 columns.
// ROSTER_UPDATE_GOLDEN=1 refreshes tests/data/golden/client.

#include <gtest/gtest.h>

#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

v1::GroupRow OpenGroup() {
  v1::GroupRow group;
  group.set_group(3);
  group.set_reason("duplicate-email");
  group.set_severity("error");
  group.set_address("shared@example.org");
  group.set_members_total(2);
  *group.add_members() = SampleParents()[2];
  *group.add_members() = SampleParents()[3];
  group.set_open(true);
  return group;
}

v1::GroupRow GroupThatCameBack() {
  v1::GroupRow group;
  group.set_group(4);
  group.set_reason("taken");
  group.set_severity("warning");
  group.set_address("ann.abernathy@example.org");
  group.set_account("4f1c-a-long-account-id-as-sites-have-them");
  group.set_family(812);
  group.set_members_total(120);
  *group.add_members() = SampleParents()[0];
  group.set_open(true);
  group.set_decision("keep");
  group.set_holder(20001);
  group.set_decided_by("uid:1000");
  *group.mutable_decided_at() = At(-86400);
  group.add_outdated("e-mail");
  group.add_outdated("20002 joined");
  return group;
}

v1::GroupRow ResolvedGroup() {
  v1::GroupRow group = OpenGroup();
  group.set_group(5);
  group.set_reason("email-collision");
  group.set_account("77aa");
  group.set_open(false);
  group.set_decision("share");
  group.set_holder(20003);
  group.set_decided_by("uid:1000");
  *group.mutable_decided_at() = At(-3600);
  group.mutable_members(0)->set_sync(true);
  group.mutable_members(0)->set_uses_email2(true);
  group.mutable_members(0)->set_email("cy.second@example.org");
  return group;
}

v1::Reply Groups(const std::vector<v1::GroupRow>& groups) {
  v1::Reply reply;
  reply.mutable_groups();
  for (const v1::GroupRow& group : groups) *reply.mutable_groups()->add_rows() = group;
  return reply;
}

v1::UserRow Ambiguous() {
  v1::UserRow row = SampleUsers()[0];
  row.set_status(v1::STATUS_ERROR);
  row.set_severity("error");
  row.set_situation(v1::AMBIGUOUS);
  row.set_reason("ambiguous");
  row.set_sentence("Several accounts on the site fit: a person has to say which one it is.");
  auto* fit = row.add_fits();
  fit->set_account("4f1c");
  fit->set_active(true);
  fit->set_user_name("ann.abbott.of.last.year@example.org");
  fit->set_name("Ann Abbott");
  fit = row.add_fits();
  fit->set_account("9b07");
  fit->set_user_name("a.abbott@example.org");
  return row;
}

v1::UserRow Lost() {
  v1::UserRow row = SampleUsers()[1];
  row.set_status(v1::STATUS_ERROR);
  row.set_severity("warning");
  row.set_situation(v1::LOST);
  row.set_reason("lost");
  row.set_sentence(
      "The linked account is gone from the site: a person has to say whether to add it again.");
  return row;
}

v1::Reply ExcludedFamilies() {
  v1::Reply reply;
  auto* row = reply.mutable_families()->add_rows();
  row->set_family(812);
  row->set_name("Abernathy-Montgomery");
  row->set_users(3);
  row->set_excluded_users(3);
  row->set_excluded(true);
  row->set_note("Home-schooled this year, back in autumn; the office has asked for it.");
  row->set_actor("uid:1000");
  *row->mutable_at() = At(-86400);
  row = reply.mutable_families()->add_rows();
  row->set_family(930);
  row->set_users(1);
  row->set_excluded(true);
  row->set_actor("uid:1001");
  *row->mutable_at() = At(-7200);
  return reply;
}

v1::Reply Invitations() {
  v1::Reply reply;
  auto* task = reply.mutable_tasks()->add_rows();
  task->set_plan(8);
  task->set_person(10412);
  task->set_first_name("Ann");
  task->set_last_name("Abbott");
  task->set_action(v1::INVITE);
  task->set_state(v1::APPLIED);
  *task->mutable_ended_at() = At(60);
  task = reply.mutable_tasks()->add_rows();
  task->set_plan(8);
  task->set_index(1);
  task->set_person(10433);
  task->set_first_name("美咲");
  task->set_last_name("田中");
  task->set_action(v1::INVITE);
  task->set_state(v1::UNKNOWN);
  task->set_sentence("The worker went silent: the site is looked at first.");
  return reply;
}

class ReviewScreens : public testing::TestWithParam<std::size_t> {
 protected:
  ReviewScreens() {
    world_.terminal = Terminal{GetParam(), true, true, true, false};
    world_.daemon.On("get_status", StatusOfParents());
    world_.daemon.On("list_users", Page(SampleParents()));
    world_.daemon.On("list_plan", PlanPage({SampleUsers()[0], SampleUsers()[1]}));
  }
  void Expect(const std::string& name, std::vector<std::string> args,
              const std::string& input = "") {
    ExpectScreen(world_, name, std::move(args), input);
  }
  // A word that shows when poll 13 has ended.
  void SettlesWithPoll(const v1::UserRow& before, const v1::UserRow& after, v1::Poll::State end) {
    v1::Reply settled;
    settled.mutable_settle()->set_poll(13);
    *settled.mutable_settle()->add_rows() = before;
    world_.daemon.On("resolve_group", settled);
    world_.daemon.On("decide_match", settled);
    world_.daemon.On("get_poll", [this, end](const v1::Request&) {
      v1::Reply reply;
      v1::Poll& poll = *reply.mutable_poll()->mutable_poll();
      poll.set_poll(13);
      poll.set_state(++looks_ < 3 ? v1::Poll::RUNNING : end);
      poll.set_phase("compare");
      if (end == v1::Poll::REJECTED) poll.set_message("The site does not answer.");
      return reply;
    });
    v1::Reply explained;
    *explained.mutable_explain()->mutable_row() = after;
    world_.daemon.On("explain", explained);
  }
  FakeWorld world_;
  int looks_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Width, ReviewScreens, testing::Values(80U, 120U));

TEST_P(ReviewScreens, UsersOfParents) { Expect("users-parents", {"users"}); }

TEST_P(ReviewScreens, UsersWithFields) {
  std::vector<v1::UserRow> rows = SampleUsers();
  auto* drift = rows[1].add_drift();
  drift->set_field("name.familyName");
  drift->set_before("田中");
  drift->set_after("Tanaka");
  world_.daemon.On("get_status", SampleStatus());
  world_.daemon.On("list_users", Page(rows));
  Expect("users-fields", {"users", "--status", "all", "--fields"});
}

TEST_P(ReviewScreens, SelectOfParents) {
  v1::Reply reply;
  reply.mutable_decide()->set_changed(12);
  *reply.mutable_decide()->mutable_counters() = SampleCounters();
  world_.daemon.On("decide", reply);
  Expect("select-parents", {"select", "--all"});
}

TEST_P(ReviewScreens, Duplicates) {
  world_.daemon.On("list_groups", Groups({OpenGroup(), GroupThatCameBack(), ResolvedGroup()}));
  Expect("duplicates", {"duplicates", "--status", "all"});
}

TEST_P(ReviewScreens, DuplicatesWithNone) {
  world_.daemon.On("list_groups", Groups({}));
  Expect("duplicates-none", {"duplicates"});
}

TEST_P(ReviewScreens, ResolveShowsAtOnceWhereNoPollIsNeeded) {
  v1::Reply settled;
  *settled.mutable_settle()->add_rows() = SampleParents()[2];
  *settled.mutable_settle()->add_rows() = SampleParents()[3];
  settled.mutable_settle()->mutable_rows(0)->set_status(v1::STATUS_SELECTED);
  settled.mutable_settle()->mutable_rows(0)->clear_severity();
  settled.mutable_settle()->mutable_rows(0)->set_sync(true);
  settled.mutable_settle()->mutable_rows(0)->set_reason("new");
  settled.mutable_settle()->mutable_rows(0)->set_sentence(
      "Has no account on the site yet: one will be added.");
  world_.daemon.On("resolve_group", settled);
  Expect("resolve", {"resolve", "3", "--keep", "20003"});
}

TEST_P(ReviewScreens, ResolveWaitsForThePollThatTakesItUp) {
  v1::UserRow after = SampleParents()[2];
  after.set_status(v1::STATUS_NEW);
  after.clear_severity();
  after.set_email("cy.second@example.org");
  after.set_reason("new");
  after.set_sentence("Has no account on the site yet: one will be added.");
  SettlesWithPoll(SampleParents()[2], after, v1::Poll::USED);
  Expect("resolve-poll", {"resolve", "--use-email2", "20003"});
}

TEST_P(ReviewScreens, Matches) {
  world_.daemon.On("get_status", SampleStatus());
  world_.daemon.On("list_users", Page({Ambiguous()}));
  Expect("matches", {"matches"});
}

TEST_P(ReviewScreens, MatchesOfWhoseIdSeveralCarry) {
  v1::UserRow row = Ambiguous();
  for (auto& fit : *row.mutable_fits()) fit.set_carries_id(true);
  row.set_sentence(
      "Several accounts on the site carry this person's id, and no choice made here can tell which "
      "is theirs: take it away from all but one there.");
  world_.daemon.On("get_status", SampleStatus());
  world_.daemon.On("list_users", Page({row}));
  Expect("matches-by-id", {"matches"});
}

TEST_P(ReviewScreens, MatchSaysWhenThePollWasNotUsed) {
  SettlesWithPoll(Ambiguous(), Ambiguous(), v1::Poll::REJECTED);
  Expect("match-rejected", {"match", "10412", "--account", "4f1c"});
}

TEST_P(ReviewScreens, Excluded) {
  v1::UserRow no_email = SampleParents()[0];
  no_email.clear_email();
  no_email.set_status(v1::STATUS_ERROR);
  no_email.set_severity("error");
  no_email.set_reason("missing-email");
  no_email.set_sentence("No usable e-mail in FACTS, and an account needs one: add it there.");
  v1::UserRow excluded = SampleParents()[1];
  excluded.set_decision("exclude");
  excluded.set_note("Asked to be left out.");
  excluded.set_decided_by("uid:1000");
  *excluded.mutable_decided_at() = At(-3600);
  v1::UserRow with_family = SampleParents()[2];
  with_family.set_note("Home-schooled this year.");
  with_family.set_decided_by("uid:1001");
  *with_family.mutable_decided_at() = At(-86400);
  world_.daemon.On("list_users", [=](const v1::Request& request) {
    const bool on_purpose = request.list_users().filter().reasons(0) == "excluded";
    return on_purpose ? Page({excluded, with_family}) : Page({no_email, Lost()});
  });
  world_.daemon.On("list_families", ExcludedFamilies());
  Expect("excluded", {"excluded", "--status", "all"});
}

TEST_P(ReviewScreens, ExcludedWithNobody) {
  world_.daemon.On("list_users", Page({}));
  Expect("excluded-none", {"excluded"});
}

TEST_P(ReviewScreens, ExcludeFamilies) {
  v1::Reply reply;
  reply.mutable_decide_families()->set_changed(2);
  reply.mutable_decide_families()->set_unchanged(1);
  reply.mutable_decide_families()->set_users(5);
  *reply.mutable_decide_families()->mutable_counters() = SampleCounters();
  world_.daemon.On("decide_families", reply);
  Expect("exclude-family", {"exclude", "family", "812", "930", "931", "--note", "left out"});
}

TEST_P(ReviewScreens, ProtectPersons) {
  v1::Reply reply;
  reply.mutable_decide()->set_changed(1);
  *reply.mutable_decide()->mutable_counters() = SampleCounters();
  world_.daemon.On("decide", reply);
  Expect("protect", {"protect", "person", "20001"});
}

TEST_P(ReviewScreens, HeldPlan) {
  world_.daemon.On("prepare_plan", PlanOf(HeldPlan()));
  Expect("plan-held", {"plan"});
}

TEST_P(ReviewScreens, WhatTheGuardOnUpdatesHoldsIsOfTwoClasses) {
  v1::Plan plan = SamplePlan();
  plan.set_email_changes(2);
  v1::Hold& hold = *plan.add_holds();
  hold.set_guard(v1::GUARD_UPDATE);
  hold.set_message("3 accounts of 4 would be updated (75.0 %), and the limit is 50 %.");
  world_.daemon.On("prepare_plan", PlanOf(plan));
  Expect("plan-held-updates", {"plan"});
}

TEST_P(ReviewScreens, SyncOfAHeldPlanIsRefused) {
  world_.daemon.On("get_plan", PlanOf(HeldPlan()));
  v1::Reply reply = ErrorOf("refused", "held", "Plan 7 is held by 2 guards: nothing was approved.");
  *reply.mutable_error()->mutable_holds() = HeldPlan().holds();
  world_.daemon.On("approve_plan", reply);
  Expect("sync-held", {"sync", "7"});
}

TEST_P(ReviewScreens, SyncOfAHeldPlanAsksForNothingThatWouldBeRefused) {
  world_.daemon.On("prepare_plan", PlanOf(HeldPlan()));
  Expect("sync-held-asked", {"sync"}, "y\n");
}

TEST_P(ReviewScreens, SyncWithAnOverride) {
  world_.daemon.On("get_plan", PlanOf(HeldPlan()));
  v1::Reply reply;
  *reply.mutable_approve()->mutable_plan() = HeldPlan();
  reply.mutable_approve()->mutable_plan()->set_state(v1::APPROVED);
  reply.mutable_approve()->mutable_plan()->set_not_chosen(3);
  reply.mutable_approve()->mutable_plan()->mutable_tasks()->set_queued(75);
  world_.daemon.On("approve_plan", reply);
  Expect("sync-override", {"sync", "7", "--override-guard", "--reason", "the seniors have left"});
}

TEST_P(ReviewScreens, Undo) {
  v1::Plan plan;
  plan.set_plan(9);
  plan.set_state(v1::OPEN);
  plan.set_digest("\x05\x06\x07\x08");
  plan.set_undo_of(7);
  plan.set_items(2);
  plan.set_archives(1);
  plan.set_updates(1);
  *plan.mutable_expires_at() = At(14 * 86400);
  auto* left = plan.add_not_undone();
  left->set_plan(7);
  left->set_index(4);
  left->set_person(998);
  left->set_reason("changed-since");
  left->set_sentence("The account has been changed on the site since then, so it stays as it is.");
  plan.set_not_undone_total(3);
  world_.daemon.On("prepare_plan", PlanOf(plan));
  Expect("undo", {"undo", "7"});
}

TEST_P(ReviewScreens, InviteLog) {
  world_.daemon.On("list_tasks", Invitations());
  Expect("invite-log", {"invite", "--log"});
}

TEST_P(ReviewScreens, InviteSaysWhoWasInvitedNotLongAgo) {
  v1::Plan plan;
  plan.set_recently_invited(12);
  world_.daemon.On("prepare_plan", PlanOf(plan));
  Expect("invite-recent", {"invite", "--never-accessed", "--yes"});
}

TEST_P(ReviewScreens, StatusOfParentsWithHolds) {
  v1::Reply reply = StatusOfParents();
  v1::SchoolStatus& school = *reply.mutable_status()->mutable_schools(0);
  *school.mutable_holds() = HeldPlan().holds();
  school.set_rollover(true);
  auto* notice = school.mutable_last_good_poll()->add_notices();
  notice->set_reason("families-without-parents");
  notice->set_count(3);
  world_.daemon.On("get_status", reply);
  Expect("status-held", {"status", "--exit-code"});
}

TEST_P(ReviewScreens, PollWithFamiliesAndNotices) {
  v1::Reply reply;
  v1::Poll& poll = *reply.mutable_poll()->mutable_poll();
  poll.set_poll(13);
  poll.set_state(v1::Poll::USED);
  poll.set_people(2170);
  poll.set_students(980);
  poll.set_families(845);
  poll.set_accounts(1190);
  poll.set_reused(true);
  auto* notice = poll.add_notices();
  notice->set_reason("links-to-nobody");
  notice->set_count(2);
  world_.daemon.On("start_poll", reply);
  Expect("poll-families", {"poll", "--wait"});
}

TEST_P(ReviewScreens, ExplainOfAParent) {
  v1::Reply reply;
  v1::UserRow& row = *reply.mutable_explain()->mutable_row();
  row = SampleParents()[3];
  row.mutable_children(0)->set_blocked(true);
  row.add_children()->set_person(10433);
  row.mutable_children(1)->set_link(true);
  row.mutable_children(1)->set_eligible(true);
  row.set_mismatch("link-alone");
  row.add_duplicates(20003);
  row.set_decision("sync");
  row.set_note("asked by the office");
  row.add_outdated("e-mail");
  reply.mutable_explain()->add_lines()->set_text("20003 wants the same e-mail.");
  world_.daemon.On("explain", reply);
  Expect("explain-parent", {"explain", "20004"});
}

}  // namespace
}  // namespace roster::client
