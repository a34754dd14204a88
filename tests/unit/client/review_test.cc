// What each command of the review asks of the daemon, and how it ends.

#include <gtest/gtest.h>

#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

class Review : public testing::Test {
 protected:
  Review() {
    world_.daemon.On("get_status", SampleStatus());
    world_.daemon.On("list_users", Page(SampleUsers()));
    v1::Reply reply;
    reply.mutable_decide()->set_changed(1);
    world_.daemon.On("decide", reply);
    reply.mutable_decide_families()->set_changed(1);
    world_.daemon.On("decide_families", reply);
    reply.mutable_groups();
    world_.daemon.On("list_groups", reply);
    reply.mutable_families();
    world_.daemon.On("list_families", reply);
    reply.mutable_settle();
    world_.daemon.On("resolve_group", reply);
    world_.daemon.On("decide_match", reply);
    world_.daemon.On("get_plan", PlanOf(SamplePlan()));
    world_.daemon.On("prepare_plan", PlanOf(SamplePlan()));
    world_.daemon.On("list_plan", PlanPage(SampleUsers()));
    reply.mutable_tasks();
    world_.daemon.On("list_tasks", reply);
    *reply.mutable_approve()->mutable_plan() = SamplePlan();
    world_.daemon.On("approve_plan", reply);
  }
  const v1::Request& Only(const std::string& name) {
    found_ = world_.daemon.Requests(name);
    EXPECT_EQ(found_.size(), 1U) << name;
    if (found_.empty()) found_.emplace_back();
    return found_[0];
  }
  void SettlesWithPoll(v1::Poll::State end) {
    v1::Reply settled;
    settled.mutable_settle()->set_poll(13);
    *settled.mutable_settle()->add_rows() = SampleUsers()[0];
    world_.daemon.On("resolve_group", settled);
    world_.daemon.On("get_poll", [this, end](const v1::Request&) {
      v1::Reply reply;
      reply.mutable_poll()->mutable_poll()->set_poll(13);
      reply.mutable_poll()->mutable_poll()->set_state(++looks_ < 3 ? v1::Poll::RUNNING : end);
      return reply;
    });
    v1::Reply explained;
    *explained.mutable_explain()->mutable_row() = SampleUsers()[1];
    world_.daemon.On("explain", explained);
  }
  FakeWorld world_;
  std::vector<v1::Request> found_;
  int looks_ = 0;
};

TEST_F(Review, NewUsersComeWithTheirRelatives) {
  world_.Run({"users"});
  EXPECT_TRUE(Only("list_users").list_users().filter().family_context());
}

TEST_F(Review, OtherListsComeWithoutRelatives) {
  world_.Run({"users", "--status", "all"});
  EXPECT_FALSE(Only("list_users").list_users().filter().family_context());
}

TEST_F(Review, SelectAllLeavesRelativesAlone) {
  world_.Run({"select", "--all"});
  EXPECT_FALSE(Only("decide").decide().filter().family_context());
}

TEST_F(Review, FiltersOfTheReviewArePassedOn) {
  world_.Run({"users", "--family", "812", "--reason", "missing-email,lost", "--reason", "taken",
              "--class", "email-change"});
  const v1::Filter filter = Only("list_users").list_users().filter();
  EXPECT_EQ(filter.family(), 812);
  EXPECT_EQ(filter.change_class(), v1::CLASS_EMAIL_CHANGE);
  EXPECT_EQ(std::vector<std::string>(filter.reasons().begin(), filter.reasons().end()),
            (std::vector<std::string>{"missing-email", "lost", "taken"}));
}

TEST_F(Review, ARelativeHasNoXAndIsCalledOne) {
  v1::UserRow row = SampleUsers()[0];
  row.set_context(true);
  row.set_is_new(false);
  world_.daemon.On("list_users", Page({row}));
  const std::string out = world_.Run({"users"}).out;
  EXPECT_EQ(out.find("  x  "), std::string::npos) << out;
  EXPECT_NE(out.find("relative, "), std::string::npos) << out;
  EXPECT_NE(out.find("1 user without an x was reviewed before"), std::string::npos) << out;
}

TEST_F(Review, ARelativeWhomNobodyHasReviewedKeepsTheX) {
  v1::UserRow row = SampleUsers()[0];
  row.set_context(true);
  row.set_is_new(true);
  row.set_status(v1::STATUS_ERROR);
  world_.daemon.On("list_users", Page({row}));
  const std::string out = world_.Run({"users"}).out;
  EXPECT_NE(out.find("  x  "), std::string::npos) << out;
  EXPECT_EQ(out.find("reviewed before"), std::string::npos) << out;
  EXPECT_NE(out.find("1 user shown beside their relatives is held back"), std::string::npos) << out;
}

TEST_F(Review, SelectKeepsTheNote) {
  world_.Run({"select", "12", "--note", "asked by the office"});
  EXPECT_EQ(Only("decide").decide().note(), "asked by the office");
}

TEST_F(Review, DuplicatesArePresetToNew) {
  EXPECT_EQ(world_.Run({"duplicates"}).exit, 0);
  EXPECT_EQ(Only("list_groups").list_groups().status(), v1::GROUP_NEW);
  world_.daemon.requests.clear();
  world_.Run({"duplicates", "--status", "resolved"});
  EXPECT_EQ(Only("list_groups").list_groups().status(), v1::GROUP_RESOLVED);
}

TEST_F(Review, ResolveSaysHow) {
  world_.Run({"resolve", "3", "--keep", "12"});
  EXPECT_EQ(Only("resolve_group").resolve_group().group(), 3U);
  EXPECT_EQ(Only("resolve_group").resolve_group().keep(), 12);
  world_.daemon.requests.clear();
  world_.Run({"resolve", "3", "--share-login", "12"});
  EXPECT_EQ(Only("resolve_group").resolve_group().share_login(), 12);
  world_.daemon.requests.clear();
  world_.Run({"resolve", "3", "--reopen"});
  EXPECT_TRUE(Only("resolve_group").resolve_group().reopen());
}

TEST_F(Review, AMissingEmailNeedsNoGroup) {
  EXPECT_EQ(world_.Run({"resolve", "--use-email2", "12"}).exit, 0);
  EXPECT_EQ(Only("resolve_group").resolve_group().group(), 0U);
  EXPECT_EQ(Only("resolve_group").resolve_group().use_email2(), 12);
  EXPECT_FALSE(Only("resolve_group").command_id().empty());
}

TEST_F(Review, ResolveWaitsForItsPollWithoutATerminalTooAndAsksAgain) {
  SettlesWithPoll(v1::Poll::USED);
  const Ran ran = world_.Run({"resolve", "3", "--use-email2", "10412"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(world_.daemon.Requests("get_poll").size(), 3U);
  EXPECT_EQ(Only("explain").explain().person(), 10412);
  EXPECT_NE(ran.out.find("Poll 13 has taken it up."), std::string::npos);
  EXPECT_NE(ran.out.find("10433"), std::string::npos);  // as it stands now
}

TEST_F(Review, APollThatIsNotUsedMakesItAFailureThatLosesNothing) {
  SettlesWithPoll(v1::Poll::REJECTED);
  const Ran ran = world_.Run({"resolve", "3", "--use-email2", "10412"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("is kept"), std::string::npos);
}

TEST_F(Review, MatchesAsksForTheAmbiguous) {
  world_.Run({"matches"});
  const v1::Filter filter = Only("list_users").list_users().filter();
  EXPECT_EQ(filter.status(), v1::STATUS_ERROR);
  ASSERT_EQ(filter.reasons_size(), 1);
  EXPECT_EQ(filter.reasons(0), "ambiguous");
}

TEST_F(Review, MatchSaysWhich) {
  world_.Run({"match", "12", "--account", "4f1c"});
  EXPECT_EQ(Only("decide_match").decide_match().person(), 12);
  EXPECT_EQ(Only("decide_match").decide_match().account(), "4f1c");
  world_.daemon.requests.clear();
  world_.Run({"match", "12", "--none"});
  EXPECT_TRUE(Only("decide_match").decide_match().none());
  world_.daemon.requests.clear();
  world_.Run({"match", "12", "--withdraw"});
  EXPECT_TRUE(Only("decide_match").decide_match().withdraw());
}

TEST_F(Review, ExcludedIsPresetToNewErrorsWithoutDuplicates) {
  world_.Run({"excluded"});
  const v1::Filter filter = Only("list_users").list_users().filter();
  EXPECT_EQ(filter.status(), v1::STATUS_ERROR);
  EXPECT_EQ(std::vector<std::string>(filter.reasons().begin(), filter.reasons().end()),
            (std::vector<std::string>{"missing-email", "no-person", "graphs-disagree", "ambiguous",
                                      "lost"}));
  EXPECT_TRUE(world_.daemon.Requests("list_families").empty());
}

TEST_F(Review, ExcludedOnPurposeShowsFamiliesAndPeople) {
  world_.Run({"excluded", "--status", "on-purpose"});
  EXPECT_TRUE(Only("list_families").list_families().excluded_only());
  EXPECT_EQ(Only("list_users").list_users().filter().reasons(0), "excluded");
}

TEST_F(Review, ExcludeAndIncludeFamilies) {
  world_.Run({"exclude", "family", "812", "930", "--note", "moved"});
  const v1::DecideFamilies exclude = Only("decide_families").decide_families();
  EXPECT_TRUE(exclude.exclude());
  EXPECT_EQ(exclude.families_size(), 2);
  EXPECT_EQ(exclude.note(), "moved");
  EXPECT_FALSE(Only("decide_families").command_id().empty());
  world_.daemon.requests.clear();
  world_.Run({"include", "family", "812"});
  EXPECT_FALSE(Only("decide_families").decide_families().exclude());
}

TEST_F(Review, ExcludeIncludeProtectAndUnprotectPersons) {
  const std::vector<std::pair<const char*, v1::Decision>> words = {{"exclude", v1::EXCLUDE},
                                                                   {"include", v1::INCLUDE},
                                                                   {"protect", v1::PROTECT},
                                                                   {"unprotect", v1::INCLUDE}};
  for (const auto& [word, decision] : words) {
    world_.daemon.requests.clear();
    EXPECT_EQ(world_.Run({word, "person", "12", "--note", "why"}).exit, 0);
    EXPECT_EQ(Only("decide").decide().decision(), decision) << word;
    EXPECT_EQ(Only("decide").decide().persons(0), 12) << word;
    EXPECT_EQ(Only("decide").decide().note(), "why") << word;
  }
}

TEST_F(Review, PlanListsOneClassAndAsManyRowsAsAsked) {
  const Ran ran = world_.Run({"plan", "7", "--class", "missing", "--number", "2"});
  EXPECT_EQ(Only("list_plan").list_plan().change_class(), v1::CLASS_MISSING);
  EXPECT_EQ(Only("list_plan").list_plan().page_size(), 2U);
  EXPECT_EQ(ran.out.find("998"), std::string::npos);  // the third row
}

TEST_F(Review, SyncPassesOnOnlyExceptAndTheOverride) {
  world_.Run({"sync", "7", "--only", "add,update", "--except", "12", "13", "--override-guard",
              "--reason", "the seniors have left"});
  const v1::ApprovePlan approve = Only("approve_plan").approve_plan();
  EXPECT_EQ(approve.plan(), 7U);
  ASSERT_EQ(approve.only_size(), 2);
  EXPECT_EQ(approve.only(1), v1::CLASS_UPDATE);
  EXPECT_EQ(approve.except_size(), 2);
  EXPECT_TRUE(approve.override_guards());
  EXPECT_EQ(approve.override_reason(), "the seniors have left");
}

TEST_F(Review, AHeldPlanIsRefusedWithEachGuardsMessage) {
  v1::Reply reply = ErrorOf("conflict", "held", "Plan 7 is held.");
  *reply.mutable_error()->mutable_holds() = HeldPlan().holds();
  world_.daemon.On("approve_plan", reply);
  const Ran ran = world_.Run({"sync", "7"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.err, "rosterctl: Plan 7 is held.\n");
  const v1::Plan held = HeldPlan();
  for (const v1::Hold& hold : held.holds()) {
    EXPECT_NE(ran.out.find(hold.message()), std::string::npos);
  }
}

TEST_F(Review, AHeldPlanIsThreeWhateverTheErrorsCode) {
  v1::Reply reply = ErrorOf("exhausted", "held", "Plan 7 is held.");
  *reply.mutable_error()->mutable_holds() = HeldPlan().holds();
  world_.daemon.On("approve_plan", reply);
  EXPECT_EQ(world_.Run({"sync", "7", "--json"}).exit, 3);
}

TEST_F(Review, StatusCodeIsElevenWhenHeldAndTwelveGoesBefore) {
  v1::Reply reply = SampleStatus();
  *reply.mutable_status()->mutable_schools(0)->mutable_holds() = HeldPlan().holds();
  world_.daemon.On("get_status", reply);
  EXPECT_EQ(world_.Run({"status", "--exit-code"}).exit, 11);
  reply.mutable_status()->set_disk_problem("full");
  world_.daemon.On("get_status", reply);
  EXPECT_EQ(world_.Run({"status", "--exit-code"}).exit, 12);
}

TEST_F(Review, StatusCodeIsElevenWhenAnySchoolIsHeld) {
  v1::Reply reply = SampleStatus();
  v1::SchoolStatus other = reply.status().schools(0);
  other.set_school("other");
  *other.mutable_holds() = HeldPlan().holds();
  *reply.mutable_status()->add_schools() = other;
  world_.daemon.On("get_status", reply);
  EXPECT_EQ(world_.Run({"status", "--exit-code"}).exit, 11);
}

TEST_F(Review, InvitePassesOnTheBatch) {
  world_.Run({"invite", "--batch", "100", "--yes"});
  EXPECT_EQ(Only("prepare_plan").prepare_plan().invitations().batch(), 100U);
}

TEST_F(Review, TheLogOfInvitationsIsTheirTasks) {
  EXPECT_EQ(world_.Run({"invite", "--log"}).exit, 0);
  EXPECT_EQ(Only("list_tasks").list_tasks().action(), v1::INVITE);
  EXPECT_TRUE(world_.daemon.Requests("prepare_plan").empty());
}

TEST_F(Review, UndoPreparesAndApprovesNothing) {
  const Ran ran = world_.Run({"undo", "6"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(Only("prepare_plan").prepare_plan().undo_of(), 6U);
  EXPECT_NE(ran.out.find("rosterctl sync 7"), std::string::npos);
  EXPECT_TRUE(world_.daemon.Requests("approve_plan").empty());
}

TEST_F(Review, TasksOfOneAction) {
  world_.Run({"tasks", "--action", "archive"});
  EXPECT_EQ(Only("list_tasks").list_tasks().action(), v1::ARCHIVE);
}

// Nothing that a name brings along may reach the terminal.
TEST_F(Review, NoEscapeReachesTheTerminalOnAnyOfItsScreens) {
  const std::string bad = "\x1b[31mRed\x1b[0m";
  v1::UserRow row = SampleUsers()[0];
  row.set_family_name(bad);
  row.set_note(bad);
  row.set_severity(bad);
  row.add_outdated(bad);
  auto* fit = row.add_fits();
  fit->set_account(bad);
  fit->set_user_name(bad);
  fit->set_name(bad);
  world_.daemon.On("list_users", Page({row}));
  v1::Reply reply;
  auto* group = reply.mutable_groups()->add_rows();
  for (auto* text : {group->mutable_reason(), group->mutable_severity(), group->mutable_address(),
                     group->mutable_account(), group->mutable_decision(),
                     group->mutable_decided_by(), group->add_outdated()}) {
    *text = bad;
  }
  *group->add_members() = row;
  world_.daemon.On("list_groups", reply);
  auto* family = reply.mutable_families()->add_rows();
  for (auto* text : {family->mutable_name(), family->mutable_note(), family->mutable_actor()}) {
    *text = bad;
  }
  world_.daemon.On("list_families", reply);
  *reply.mutable_explain()->mutable_row() = row;
  world_.daemon.On("explain", reply);
  v1::Plan plan = HeldPlan();
  plan.mutable_holds(0)->set_message(bad);
  plan.set_override_reason(bad);
  auto* left = plan.add_not_undone();
  left->set_sentence(bad);
  world_.daemon.On("prepare_plan", PlanOf(plan));
  *reply.mutable_settle()->add_rows() = row;
  world_.daemon.On("resolve_group", reply);
  const std::vector<std::vector<std::string>> commands = {
      {"users"},        {"matches"}, {"duplicates"}, {"excluded", "--status", "all"},
      {"explain", "1"}, {"plan"},    {"undo", "1"},  {"resolve", "1", "--keep", "1"}};
  for (const bool terminal : {false, true}) {
    world_.terminal = Terminal{80, terminal, terminal, terminal, false};
    for (const auto& command : commands) {
      const Ran ran = world_.Run(command);
      EXPECT_EQ(ran.out.find('\x1b'), std::string::npos) << command[0];
      EXPECT_NE(ran.out.find("Red"), std::string::npos) << command[0];
    }
  }
}

// A made-up daemon that knows nothing of a word shows it, and nothing breaks.
TEST_F(Review, AWordOfALaterVersionIsShownAsItIs) {
  v1::Reply reply;
  auto* group = reply.mutable_groups()->add_rows();
  group->set_group(1);
  group->set_reason("same-phone");
  group->set_decision("split");
  world_.daemon.On("list_groups", reply);
  const std::string out = world_.Run({"duplicates"}).out;
  EXPECT_NE(out.find("same-phone"), std::string::npos);
  EXPECT_NE(out.find("split"), std::string::npos);
}

}  // namespace
}  // namespace roster::client
