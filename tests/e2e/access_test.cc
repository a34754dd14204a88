// Who may, with the real programs: the one user that runs this test is given one role after
// another by reload, and asks for everything each time. And reload itself, by request and by
// signal, before, during and after the start.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <zmq.hpp>

#include "roster/v1/control.pb.h"
#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

namespace v1 = ::roster::v1;

class Access : public testing::Test {
 protected:
  // The config, with `access` of these entries.
  void Write(const std::string& entries) {
    std::string config = ReadFile(world_.config());
    const auto at = config.find("access:\n");
    if (at != std::string::npos) config.resize(at);
    if (!entries.empty()) config += "access:\n" + entries;
    std::ofstream(world_.config() + ".new") << config;
    std::filesystem::rename(world_.config() + ".new", world_.config());
  }
  static std::string Me(const std::string& roles) {
    return "  - {name: me, users: [\"" + std::to_string(::getuid()) + "\"], roles: [" + roles +
           "]}\n";
  }

  v1::Reply Ask(v1::Request request) {
    request.set_version(1);
    request.set_request_id("r" + std::to_string(++asked_));
    request.set_command_id("c" + std::to_string(asked_));
    zmq::socket_t socket(context_, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, 30'000);
    socket.connect(world_.endpoint());
    socket.send(zmq::buffer(request.SerializeAsString()), zmq::send_flags::none);
    zmq::message_t answer;
    v1::Reply reply;
    EXPECT_TRUE(socket.recv(answer));
    EXPECT_TRUE(reply.ParseFromString(answer.to_string()));
    return reply;
  }
  v1::WhoAmIReply WhoAmI() {
    v1::Request request;
    request.mutable_who_am_i();
    return Ask(request).who_am_i();
  }
  std::string Roles() {
    std::string roles;
    const auto who = WhoAmI();
    for (const auto& school : who.schools()) {
      for (const auto& role : school.roles()) roles += (roles.empty() ? "" : ",") + role;
    }
    return roles;
  }
  // By signal: whoever has no role of an operator can't ask for it.
  void ReloadTo(const std::string& entries, const std::string& roles) {
    Write(entries);
    world_.daemon().Kill(SIGHUP);
    EXPECT_TRUE(Eventually([&] { return Roles() == roles; })) << Roles() << ", not " << roles;
  }

  World world_{SmallSchool(41)};
  zmq::context_t context_;
  int asked_ = 0;
};

// As in tests/unit/access, written out: v viewer, r reviewer, a approver, o operator, w worker,
// s subscriber.
std::map<std::string, std::pair<std::string, v1::Request>> Requests() {
  std::map<std::string, std::pair<std::string, v1::Request>> all;
  const auto add = [&](const std::string& name, const std::string& who) -> v1::Request& {
    all[name].first = who;
    return all[name].second;
  };
  add("GetStatus", "vraows").mutable_get_status();
  add("StartPoll", "ro").mutable_start_poll();
  add("GetPoll", "vrao").mutable_get_poll();
  add("ListUsers", "vra").mutable_list_users();
  auto* decide = add("Decide", "r").mutable_decide();
  decide->set_decision(v1::SKIP);
  decide->add_persons(999'999'999);
  add("PreparePlan", "ra").mutable_prepare_plan();
  add("GetPlan", "vra").mutable_get_plan()->set_plan(1);
  add("ListPlans", "vra").mutable_list_plans();
  add("ListPlan", "vra").mutable_list_plan()->set_plan(1);
  auto* approve = add("ApprovePlan", "a").mutable_approve_plan();
  approve->set_plan(999);
  approve->set_digest(std::string(32, 'd'));
  add("ListTasks", "vra").mutable_list_tasks();
  add("RetryTasks", "ao").mutable_retry_tasks()->set_all_dead(true);
  add("Explain", "vra").mutable_explain()->set_person(1);
  add("Replay", "vraos").mutable_replay();
  add("DecideFamilies", "r").mutable_decide_families()->add_families(999'999'999);
  add("ListFamilies", "vra").mutable_list_families();
  add("ListGroups", "vra").mutable_list_groups();
  auto* resolve = add("ResolveGroup", "r").mutable_resolve_group();
  resolve->set_group(999);
  resolve->set_keep(1);
  auto* match = add("DecideMatch", "r").mutable_decide_match();
  match->set_person(999'999'999);
  match->set_none(true);
  add("ConfirmTasks", "a").mutable_confirm_tasks()->add_tasks()->set_plan(999);
  add("VerifyState", "vraos").mutable_verify_state();
  add("Reload", "o").mutable_reload();
  add("Acknowledge", "rao").mutable_acknowledge();
  add("Forget", "o").mutable_forget()->add_persons(999'999'999);
  add("MakeBackup", "o").mutable_make_backup();
  add("ListBackups", "o").mutable_list_backups();
  return all;
}

TEST_F(Access, EveryRequestForEachRoleGivenByReload) {
  constexpr std::pair<char, const char*> kRoles[] = {{'v', "viewer"},   {'r', "reviewer"},
                                                     {'a', "approver"}, {'o', "operator"},
                                                     {'w', "worker"},   {'s', "subscriber"}};
  world_.StartDaemon();
  world_.Poll();
  for (const auto& [letter, role] : kRoles) {
    ReloadTo(Me(role), role);
    for (const auto& [name, one] : Requests()) {
      const v1::Error error = Ask(one.second).error();
      const bool may = one.first.find(letter) != std::string::npos;
      EXPECT_EQ(error.reason() == "role-missing", !may) << role << " " << name << error.message();
    }
  }
  ReloadTo("  - {name: other, users: [\"4294967294\"], roles: [operator]}\n", "");
  for (const auto& [name, one] : Requests()) {
    EXPECT_EQ(Ask(one.second).error().reason(), "no-role") << name;
  }
  // Everything was refused once, and is on record once, but for what was told in the same minute.
  ReloadTo("", "viewer,reviewer,approver,operator,worker,subscriber");
  EXPECT_GT(world_.CountEvents("requestRefused"), 0U);
  EXPECT_EQ(world_.CountEvents("configReloaded"), 9U) << "by signal, and once by the operator";
}

TEST_F(Access, ReloadByRequestTakesWhatIsGoodAndRefusesWhatIsNot) {
  Write(Me("viewer, operator"));
  world_.StartDaemon();
  v1::Request reload;
  reload.mutable_reload();
  v1::Reply reply = Ask(reload);
  ASSERT_TRUE(reply.has_reload()) << reply.error().message();
  EXPECT_EQ(reply.reload().changed_size(), 0);

  Write(Me("viewer, operator, janitor"));
  reply = Ask(reload);
  EXPECT_EQ(reply.error().reason(), "config");
  EXPECT_NE(reply.error().message().find("rosterd.yaml:"), std::string::npos);
  EXPECT_NE(reply.error().message().find("access[0].roles[2]"), std::string::npos);
  EXPECT_EQ(Roles(), "viewer,operator") << "as before";
  v1::Request status;
  status.mutable_get_status();
  EXPECT_NE(Ask(status).status().config_problem().find("access[0].roles[2]"), std::string::npos);
  EXPECT_EQ(world_.Ctl({"status", "--exit-code"}).code, 12);

  Write(Me("viewer, operator, subscriber"));
  reply = Ask(reload);
  ASSERT_EQ(reply.reload().changed_size(), 1) << reply.error().message();
  EXPECT_EQ(reply.reload().changed(0), "access");
  EXPECT_EQ(Roles(), "viewer,operator,subscriber");
  EXPECT_EQ(Ask(status).status().config_problem(), "");
  EXPECT_EQ(world_.CountEvents("configReloaded"), 2U);
}

TEST_F(Access, ASignalBeforeAndWhileStartingKillsNothing) {
  Write(Me("viewer, operator"));
  world_.StartDaemon();
  // As soon as its main has begun, and on through the start.
  ASSERT_TRUE(Eventually([&] {
    std::ifstream status("/proc/" + std::to_string(world_.daemon().pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("SigBlk:")) return (std::stoull(line.substr(7), nullptr, 16) & 1U) != 0;
    }
    return false;
  }));
  for (int i = 0; i < 200; ++i) world_.daemon().Kill(SIGHUP);
  EXPECT_EQ(Roles(), "viewer,operator");
  ReloadTo(Me("viewer"), "viewer");
  EXPECT_FALSE(world_.daemon().HasEnded());
  world_.daemon().Kill(SIGTERM);
  EXPECT_EQ(world_.daemon().Wait(), 0);
}

TEST_F(Access, AWrongFileBySignalIsLoggedAndTold) {
  Write(Me("viewer"));
  world_.StartDaemon();
  ASSERT_EQ(Roles(), "viewer");
  Write(Me("nobody"));
  world_.daemon().Kill(SIGHUP);
  v1::Request status;
  status.mutable_get_status();
  EXPECT_TRUE(Eventually([&] { return !Ask(status).status().config_problem().empty(); }));
  EXPECT_NE(world_.Logs().find("The config file was not taken"), std::string::npos);
  EXPECT_EQ(Roles(), "viewer");
}

TEST_F(Access, WithoutAWordOfTheConfigItIsRootAndOnesOwn) {
  world_.StartDaemon();
  EXPECT_EQ(Roles(), "viewer,reviewer,approver,operator,worker,subscriber");
  EXPECT_EQ(WhoAmI().actor(), "uid:" + std::to_string(::getuid()));
  EXPECT_EQ(WhoAmI().transport(), "ipc");
}

}  // namespace
}  // namespace roster::e2e
