// What each command asks of the daemon, and how it ends.

#include <gtest/gtest.h>

#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

class Commands : public testing::Test {
 protected:
  Commands() {
    world_.daemon.On("get_status", SampleStatus());
    world_.daemon.On("list_users", Page(SampleUsers()));
    v1::Reply decided;
    decided.mutable_decide()->set_changed(1);
    world_.daemon.On("decide", decided);
  }
  const v1::Request& Only(const std::string& name) {
    found_ = world_.daemon.Requests(name);
    EXPECT_EQ(found_.size(), 1U) << name;
    if (found_.empty()) found_.emplace_back();
    return found_[0];
  }
  int StatusCode(const std::function<void(v1::Status&)>& change) {
    v1::Reply reply = SampleStatus();
    auto& counters = *reply.mutable_status()->mutable_schools(0)->mutable_counters();
    counters.Clear();
    counters.set_everybody(10);
    counters.set_unchanged(10);
    change(*reply.mutable_status());
    world_.daemon.On("get_status", reply);
    return world_.Run({"status", "--exit-code"}).exit;
  }
  FakeWorld world_;
  std::vector<v1::Request> found_;
};

// Nobody is there to be told of, and nothing can be said to be done.
TEST_F(Commands, BeforeFactsWasReadNoScreenSpeaksAsIfItHadBeen) {
  v1::Reply status = SampleStatus();
  status.mutable_status()->mutable_schools(0)->clear_last_good_poll();
  status.mutable_status()->mutable_schools(0)->clear_counters();
  world_.daemon.On("get_status", status);
  v1::Reply nobody;
  nobody.mutable_users();
  world_.daemon.On("list_users", nobody);
  world_.daemon.On("prepare_plan", PlanOf(v1::Plan{}));
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"users"}, {"users", "--status", "all"}, {"matches"}, {"plan"}, {"sync", "--yes"}}) {
    const Ran ran = world_.Run(args);
    EXPECT_EQ(ran.exit, 0) << args[0] << ran.err;
    EXPECT_TRUE(ran.out.ends_with("Nothing was read from FACTS yet: rosterctl poll --wait.\n"))
        << args[0] << ": " << ran.out;
  }
  status.mutable_status()->mutable_schools(0)->mutable_last_good_poll();
  world_.daemon.On("get_status", status);
  EXPECT_NE(world_.Run({"users"}).out.find("Nobody is new"), std::string::npos)
      << "a school without anybody";
}

TEST_F(Commands, StatusCodeIsZeroWhenAllIsWell) {
  EXPECT_EQ(StatusCode([](v1::Status&) {}), 0);
}

TEST_F(Commands, StatusCodeIsTenWhenSomebodyIsNewOrSomethingPending) {
  const auto counters = [](v1::Status& status) -> v1::Counters& {
    return *status.mutable_schools(0)->mutable_counters();
  };
  EXPECT_EQ(StatusCode([&](v1::Status& s) { counters(s).set_fresh(1); }), 10);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { counters(s).set_to_add(1); }), 10);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { counters(s).set_to_update(1); }), 10);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { counters(s).set_to_archive(1); }), 10);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { counters(s).set_to_restore(1); }), 10);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { counters(s).set_to_skip(1); }), 0);
}

TEST_F(Commands, StatusCodeIsTwelveWhenSomethingFailsEvenIfReviewIsNeeded) {
  const auto school = [](v1::Status& status) -> v1::SchoolStatus& {
    status.mutable_schools(0)->mutable_counters()->set_fresh(1);
    return *status.mutable_schools(0);
  };
  EXPECT_EQ(StatusCode([&](v1::Status& s) { s.set_disk_problem("full"); }), 12);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { s.set_config_problem("wrong"); }), 12);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { school(s).set_source_problem("x"); }), 12);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { school(s).set_site_problem("x"); }), 12);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { school(s).clear_next_poll_at(); }), 12);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { school(s).mutable_tasks()->set_dead(1); }), 12);
  EXPECT_EQ(StatusCode([&](v1::Status& s) {
              school(s).mutable_last_poll()->set_state(v1::Poll::REJECTED);
            }),
            12);
  EXPECT_EQ(StatusCode([&](v1::Status& s) {
              school(s).mutable_tasks()->set_queued(1);
              school(s).set_workers_away(true);
            }),
            12);
  EXPECT_EQ(StatusCode([&](v1::Status& s) { *s.mutable_workers(0)->mutable_seen_at() = At(); }),
            12);
}

TEST_F(Commands, StatusWithoutTheFlagIsZeroWhateverIsWrong) {
  v1::Reply reply = SampleStatus();
  reply.mutable_status()->set_disk_problem("full");
  world_.daemon.On("get_status", reply);
  EXPECT_EQ(world_.Run({"status"}).exit, 0);
}

TEST_F(Commands, StatusOfOneSchoolShowsThatOneAlone) {
  v1::Reply reply = SampleStatus();
  v1::SchoolStatus& other = *reply.mutable_status()->add_schools();
  other.set_school("other");
  other.set_name("Another School");
  world_.daemon.On("get_status", reply);
  const Ran one = world_.Run({"status", "--school", "tcs"});
  EXPECT_EQ(one.out.find("Another School"), std::string::npos);
  EXPECT_NE(world_.Run({"status"}).out.find("Another School"), std::string::npos);
  const Ran none = world_.Run({"status", "--school", "nope"});
  EXPECT_EQ(none.exit, 2);
  EXPECT_NE(none.err.find("tcs, other"), std::string::npos);
}

TEST_F(Commands, UsersArePresetToNewLikeTheManualTool) {
  world_.Run({"users"});
  EXPECT_EQ(Only("list_users").list_users().filter().status(), v1::STATUS_NEW);
}

TEST_F(Commands, UsersPassOnEveryFilter) {
  world_.Run({"users", "--status", "all", "--match", "gar", "--grade", "09", "--situation",
              "found-archived", "--bucket", "restore"});
  const v1::Filter filter = Only("list_users").list_users().filter();
  EXPECT_EQ(filter.status(), v1::LIST_STATUS_UNSPECIFIED);
  EXPECT_EQ(filter.match(), "gar");
  EXPECT_EQ(filter.grade(), "09");
  EXPECT_EQ(filter.situation(), v1::FOUND_ARCHIVED);
  EXPECT_EQ(filter.bucket(), v1::TO_RESTORE);
}

TEST_F(Commands, EveryPageIsAskedForShortAndEmptyOnesToo) {
  world_.daemon.On("list_users", [](const v1::Request& request) {
    const std::string& token = request.list_users().page_token();
    v1::Reply reply = Page({});
    if (token.empty()) reply.mutable_users()->set_next_page_token("b");
    if (token == "b") {
      reply = Page({SampleUsers()[0]});
      reply.mutable_users()->set_next_page_token("c");
    }
    if (token == "c") reply = Page({SampleUsers()[1]});
    return reply;
  });
  const Ran ran = world_.Run({"users"});
  EXPECT_NE(ran.out.find("10412"), std::string::npos);
  EXPECT_NE(ran.out.find("10433"), std::string::npos);
  EXPECT_NE(ran.out.find("2 users"), std::string::npos);
}

TEST_F(Commands, APageThatRepeatsForEverIsAFailure) {
  world_.daemon.On("list_users", [](const v1::Request&) {
    v1::Reply reply = Page({});
    reply.mutable_users()->set_next_page_token("again");
    return reply;
  });
  EXPECT_EQ(world_.Run({"users"}).exit, 1);
}

TEST_F(Commands, NoEscapeFromANameReachesTheTerminal) {
  const Ran ran = world_.Run({"users"});
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
  EXPECT_NE(ran.out.find("Red"), std::string::npos);
}

TEST_F(Commands, AnErrorsMessageIsMadeHarmlessToo) {
  world_.daemon.On("list_users", ErrorOf("unavailable", "x", "bad \x1b[31m name"));
  const Ran ran = world_.Run({"users"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err.find('\x1b'), std::string::npos);
}

TEST_F(Commands, HintsAreForTerminalsAlone) {
  EXPECT_EQ(world_.Run({"users"}).out.find("Next:"), std::string::npos);
  world_.terminal.out = true;
  EXPECT_NE(world_.Run({"users"}).out.find("Next:"), std::string::npos);
  EXPECT_EQ(world_.Run({"users", "--json"}).out.find("Next:"), std::string::npos);
}

TEST_F(Commands, SelectTakesIdsOnce) {
  EXPECT_EQ(world_.Run({"select", "12", "7", "12"}).exit, 0);
  const v1::Decide decide = Only("decide").decide();
  EXPECT_EQ(decide.decision(), v1::SYNC);
  EXPECT_EQ(std::vector<std::int64_t>(decide.persons().begin(), decide.persons().end()),
            (std::vector<std::int64_t>{7, 12}));
  EXPECT_FALSE(decide.has_filter());
}

TEST_F(Commands, ManyIdsGoInSeveralRequestsThatAreAddedUp) {
  std::vector<std::string> args = {"select"};
  for (int id = 1; id <= 2500; ++id) args.push_back(std::to_string(id));
  world_.daemon.On("decide", [](const v1::Request& request) {
    v1::Reply reply;
    reply.mutable_decide()->set_changed(static_cast<unsigned>(request.decide().persons_size()));
    return reply;
  });
  EXPECT_NE(world_.Run(args).out.find("Selected 2,500 users."), std::string::npos);
  const auto requests = world_.daemon.Requests("decide");
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_NE(requests[0].command_id(), requests[1].command_id());
}

TEST_F(Commands, SelectAllMeansWhatUsersShows) {
  world_.Run({"select", "--all", "--grade", "09"});
  const v1::Decide decide = Only("decide").decide();
  ASSERT_TRUE(decide.has_filter());
  EXPECT_EQ(decide.filter().status(), v1::STATUS_NEW);
  EXPECT_EQ(decide.filter().grade(), "09");
  EXPECT_EQ(decide.persons_size(), 0);
}

TEST_F(Commands, DeselectSkips) {
  world_.Run({"deselect", "--all", "--status", "all"});
  const v1::Decide decide = Only("decide").decide();
  EXPECT_EQ(decide.decision(), v1::SKIP);
  ASSERT_TRUE(decide.has_filter());
  EXPECT_EQ(decide.filter().status(), v1::LIST_STATUS_UNSPECIFIED);
}

TEST_F(Commands, DeselectAllWithoutAFilterReachesNobody) {
  EXPECT_EQ(world_.Run({"deselect", "--all"}).exit, 2);
  EXPECT_TRUE(world_.daemon.requests.empty());
}

TEST_F(Commands, ARefusalIsThree) {
  world_.daemon.On("decide", ErrorOf("refused", "role", "You may look, and not decide."));
  const Ran ran = world_.Run({"select", "12"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.err, "rosterctl: You may look, and not decide.\n");
}

TEST_F(Commands, PollWithoutWaitOnlyStarts) {
  v1::Reply reply;
  reply.mutable_poll()->mutable_poll()->set_poll(12);
  reply.mutable_poll()->mutable_poll()->set_state(v1::Poll::RUNNING);
  reply.mutable_poll()->set_already_running(true);
  world_.daemon.On("start_poll", reply);
  const Ran ran = world_.Run({"poll"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "Poll 12 is running already.\n");
}

TEST_F(Commands, PollWaitWatchesThePollThatWasStarted) {
  v1::Reply reply;
  reply.mutable_poll()->mutable_poll()->set_poll(12);
  reply.mutable_poll()->mutable_poll()->set_state(v1::Poll::RUNNING);
  world_.daemon.On("start_poll", reply);
  reply.mutable_poll()->mutable_poll()->set_state(v1::Poll::REJECTED);
  reply.mutable_poll()->mutable_poll()->set_message("It was not whole.");
  world_.daemon.On("get_poll", reply);
  const Ran ran = world_.Run({"poll", "--wait"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("changed nothing: It was not whole."), std::string::npos);
  EXPECT_EQ(Only("get_poll").get_poll().poll(), 12U);
}

TEST_F(Commands, PlanByActionListsThatBucketWhole) {
  world_.daemon.On("get_plan", PlanOf(SamplePlan()));
  world_.daemon.On("list_plan", PlanPage(SampleUsers()));
  world_.Run({"plan", "7", "--action", "skip"});
  EXPECT_EQ(Only("list_plan").list_plan().bucket(), v1::TO_SKIP);
  EXPECT_EQ(Only("list_plan").list_plan().plan(), 7U);
}

TEST_F(Commands, WithoutAPlanTheRowsOfTodayAreListed) {
  world_.daemon.On("prepare_plan", PlanOf({}));
  world_.Run({"plan", "--action", "skip"});
  EXPECT_EQ(Only("list_users").list_users().filter().bucket(), v1::TO_SKIP);
}

TEST_F(Commands, PlanShowsTheFirstTwentyAndNoMore) {
  std::vector<v1::UserRow> rows(50, SampleUsers()[0]);
  v1::Plan plan = SamplePlan();
  plan.set_items(50);
  world_.daemon.On("prepare_plan", PlanOf(plan));
  world_.daemon.On("list_plan", PlanPage(rows));
  const Ran ran = world_.Run({"plan"});
  std::size_t shown = 0;
  for (auto at = ran.out.find("10412"); at != std::string::npos;
       at = ran.out.find("10412", at + 1)) {
    ++shown;
  }
  EXPECT_EQ(shown, 20U);
  EXPECT_NE(ran.out.find("The first 20 of 50"), std::string::npos);
}

TEST_F(Commands, TasksPassOnStateAndPlan) {
  world_.daemon.On("get_plan", PlanOf(SamplePlan()));
  world_.daemon.On("list_tasks", [](const v1::Request&) {
    v1::Reply reply;
    reply.mutable_tasks();
    return reply;
  });
  const Ran ran = world_.Run({"tasks", "--state", "dead", "--plan", "7"});
  EXPECT_EQ(Only("list_tasks").list_tasks().state(), v1::DEAD);
  EXPECT_EQ(Only("list_tasks").list_tasks().plan(), 7U);
  EXPECT_NE(ran.out.find("No tasks with state dead of plan 7."), std::string::npos);
}

TEST_F(Commands, RetryNamesTasksOrAll) {
  v1::Reply reply;
  reply.mutable_retry()->set_retried(2);
  world_.daemon.On("retry_tasks", reply);
  EXPECT_EQ(world_.Run({"retry", "7.12", "7.0"}).exit, 0);
  const v1::RetryTasks retry = Only("retry_tasks").retry_tasks();
  ASSERT_EQ(retry.tasks_size(), 2);
  EXPECT_EQ(retry.tasks(0).index(), 12U);
  EXPECT_FALSE(retry.all_dead());
  world_.daemon.requests.clear();
  world_.Run({"retry", "--all"});
  EXPECT_TRUE(Only("retry_tasks").retry_tasks().all_dead());
  // What waits for the site is tried at once all the same.
  reply.mutable_retry()->set_retried(0);
  world_.daemon.On("retry_tasks", reply);
  EXPECT_NE(world_.Run({"retry", "--all"}).out.find("what waits for the site is tried at once"),
            std::string::npos);
  EXPECT_NE(world_.Run({"retry", "7.12"}).out.find("Nothing is queued again."), std::string::npos);
}

TEST_F(Commands, ConfirmNamesTasksUnderACommandId) {
  v1::Reply reply;
  reply.mutable_confirm()->set_confirmed(1);
  auto* refused = reply.mutable_confirm()->add_refused();
  refused->set_plan(7);
  refused->set_index(2);
  refused->set_reason("not-unknown");
  world_.daemon.On("confirm_tasks", reply);
  EXPECT_EQ(world_.Run({"confirm", "7.12", "7.2"}).exit, 3);
  const v1::Request request = Only("confirm_tasks");
  EXPECT_NE(request.command_id(), "");
  ASSERT_EQ(request.confirm_tasks().tasks_size(), 2);
  EXPECT_EQ(request.confirm_tasks().tasks(0).index(), 12U);
}

TEST_F(Commands, ConfirmSaysWhenTheSiteIsToBeExportedAgain) {
  v1::Reply reply;
  reply.mutable_confirm()->set_confirmed(40);
  reply.mutable_confirm()->set_export_wanted(true);
  world_.daemon.On("confirm_tasks", reply);
  const Ran ran = world_.Run({"confirm", "--plan", "7"});
  EXPECT_NE(ran.out.find("Now export the volunteers on the site again"), std::string::npos)
      << ran.out;
  world_.daemon.On("confirm_tasks", [] {
    v1::Reply none;
    none.mutable_confirm();
    return none;
  }());
  EXPECT_NE(world_.Run({"confirm", "--plan", "7"}).out.find("no task of plan 7 waits for it"),
            std::string::npos);
}

TEST_F(Commands, ConfirmOfAPlanNamesItsActionAndWhatIsExcepted) {
  v1::Reply reply;
  reply.mutable_confirm()->set_confirmed(40);
  world_.daemon.On("confirm_tasks", reply);
  EXPECT_EQ(world_.Run({"confirm", "--plan", "7", "--action", "add", "--except", "7.12,7.15"}).exit,
            0);
  const v1::Request request = Only("confirm_tasks");
  EXPECT_EQ(request.confirm_tasks().plan(), 7U);
  EXPECT_EQ(request.confirm_tasks().action(), v1::ADD);
  EXPECT_EQ(request.confirm_tasks().tasks_size(), 0);
  ASSERT_EQ(request.confirm_tasks().except_size(), 2);
  EXPECT_EQ(request.confirm_tasks().except(1).index(), 15U);
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"confirm"},
                                                {"confirm", "7.1", "--plan", "7"},
                                                {"confirm", "7.1", "--action", "add"},
                                                {"confirm", "7.1", "--except", "7.2"}}) {
    EXPECT_EQ(world_.Run(wrong).exit, 2);
  }
}

TEST_F(Commands, StatusNamesTasksThatWaitForAPersonAsFailing) {
  v1::Reply reply = SampleStatus();
  auto& tasks = *reply.mutable_status()->mutable_schools(0)->mutable_tasks();
  tasks.set_dead(0);
  tasks.set_unknown(1);
  tasks.set_resting(1);
  world_.daemon.On("get_status", reply);
  const Ran ran = world_.Run({"status", "--exit-code"});
  EXPECT_EQ(ran.exit, 12);
  EXPECT_NE(ran.out.find("rosterctl confirm"), std::string::npos);
}

TEST_F(Commands, ExplainOfNobodyFails) {
  v1::Reply reply;
  reply.mutable_explain();
  world_.daemon.On("explain", reply);
  const Ran ran = world_.Run({"explain", "5"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("Person 5 is not of everybody"), std::string::npos);
}

}  // namespace
}  // namespace roster::client
