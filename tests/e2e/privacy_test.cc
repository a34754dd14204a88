// Personal data stays in the store and in the replies to those who may see it. A year of a school
// with the real programs, where nearly everything fails once; then everything that they wrote, sent
// and showed elsewhere is searched for every name, address, phone, birthdate and secret there is:
// logs, journal, events, messages, files, command lines.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "roster/v1/control.pb.h"
#include "tests/contract/notify/receivers.h"
#include "tests/e2e/expected.h"
#include "tests/e2e/needles.h"
#include "tests/e2e/world.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::e2e {
namespace {

namespace fs = std::filesystem;
namespace v1 = ::roster::v1;
using notify::ReadFile;
using notify::WriteFile;
using Words = std::vector<std::string>;

constexpr const char* kMailPassword = "made-up-mail-password";
constexpr const char* kWebhookSecret = "made-up-webhook-secret";

// Whose output a command is.
enum class Shows { kNobody, kPeople };

// Students over tcp, where two people approve; parents over ipc, where rosterd is killed.
class Privacy : public testing::TestWithParam<Mode> {
 protected:
  Privacy() : world_(Options()) {
    // Whatever a program puts there is then found with the rest.
    fs::create_directory(world_.Path("tmp"));
    ::setenv("TMPDIR", world_.Path("tmp").c_str(), 1);
    sandbox::Sandbox& sandbox = world_.sandbox();
    Mark();
    for (const std::string& secret :
         {sandbox.options().facts.subscription_key, sandbox.options().facts.api_key,
          sandbox.options().site.read_token, sandbox.options().site.write_token,
          std::string(kMailPassword), std::string(kWebhookSecret)}) {
      needles_.AddSecret(secret);
    }
    for (const auto& [name, secret] : secrets_) needles_.AddSecret(secret);
    fs::create_directory(world_.Path("mail"));
    fs::create_directory(world_.Path("notify"));
    mail_.emplace(world_.Path("mail"));
    mail_->Start();
  }
  ~Privacy() override {
    notify_ = Process();
    ::unsetenv("TMPDIR");
    if (HasFailure()) std::cerr << "---- notify.log ----\n" << ReadFile(world_.Path("notify.log"));
  }

  static bool tcp() { return GetParam() == Mode::kStudents; }

  std::string Keygen(const std::string& name) {
    const Finished made =
        e2e::Run({Program("client/rosterctl"), "keygen", name, "--dir", keys_.path().string()});
    EXPECT_EQ(made.code, 0) << made.err;
    written_["keygen " + name] = made.out + made.err;
    secrets_[name] = Quoted(ReadFile(Secret(name)), "secret-key");
    EXPECT_EQ(secrets_[name].size(), 40U);
    return Quoted(ReadFile(Secret(name)), "public-key");
  }
  std::string Secret(const std::string& name) const {
    return (keys_.path() / (name + ".cert_secret")).string();
  }
  // name = "VALUE"
  static std::string Quoted(const std::string& text, const std::string& name) {
    const std::size_t begin = text.find('"', text.find(name)) + 1;
    return text.substr(begin, text.find('"', begin) - begin);
  }

  WorldOptions Options() {
    WorldOptions options = SmallSchool(61);
    options.sandbox.site.leaky_errors = true;
    options.accounts = tcp() ? "students" : "parents";
    options.more = "    guards: {add: {max_count: 5}}\n";
    if (!tcp()) {
      options.top = "access:\n  - {name: me, users: [\"" + std::to_string(::getuid()) +
                    "\"], roles: [viewer, reviewer, approver, operator, worker, subscriber]}\n";
      return options;
    }
    for (const char* who : {"server", "ann", "bob", "worker-1", "notify", "eve"}) {
      public_[who] = Keygen(who);
    }
    options.more += "    four_eyes: {lifted_guards: true}\n";
    options.endpoints =
        "{control: \"tcp://127.0.0.1:0\", events: \"tcp://127.0.0.2:0\", "
        "tasks: \"tcp://127.0.0.3:0\"}";
    options.top = "network: {certificate: {file: " + Secret("server") + "}}\n" +
                  "access:\n  - {name: ann, keys: [\"" + public_["ann"] +
                  "\"], roles: [viewer, reviewer, approver, operator]}\n" +
                  "  - {name: bob, keys: [\"" + public_["bob"] + "\"], roles: [approver]}\n" +
                  "  - {name: worker-1, keys: [\"" + public_["worker-1"] +
                  "\"], roles: [worker]}\n" + "  - {name: notify, keys: [\"" + public_["notify"] +
                  "\"], roles: [subscriber]}\n";
    return options;
  }

  void Mark() {
    MarkNames(world_.sandbox());
    needles_.AddPeople(world_.sandbox());
  }

  // Where it listens, as its log tells; "": not yet.
  std::string At(const std::string& what) const {
    if (!tcp()) return "ipc://" + world_.Path(what + ".sock");
    const std::string logs = world_.Logs();
    const std::string before = what + " at ";
    const std::size_t at = logs.find(before + "tcp://");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + before.size();
    const std::size_t end = logs.find_first_of(", \n", begin);
    return end == std::string::npos ? "" : logs.substr(begin, end - begin);
  }

  void StartAll() {
    world_.StartDaemon();
    ASSERT_TRUE(Eventually([&] { return !At("tasks").empty(); }));
    ASSERT_EQ(Ctl("ann", {"status"}).code, 0);
    std::string config = ReadFile(world_.config());
    std::string rosterd = "{control: \"" + At("control") + "\"";
    if (tcp()) {
      const std::string keys_of = "server_key: \"" + public_["server"] + "\", certificate: {file: ";
      const std::string worker = "worker: {";
      config.replace(
          config.find(worker), worker.size(),
          worker + "connect: \"" + At("tasks") + "\", " + keys_of + Secret("worker-1") + "}, ");
      rosterd += ", " + keys_of + Secret("notify") + "}";
    }
    WriteFile(world_.Path("worker.yaml"), config);
    StartWorker();

    WriteFile(world_.Path("mail-password"), std::string(kMailPassword) + "\n", true);
    WriteFile(world_.Path("webhook-secret"), std::string(kWebhookSecret) + "\n", true);
    WriteFile(world_.Path("command"),
              "#!/bin/sh\n{ cat; env; tr '\\0' ' ' </proc/$$/cmdline; } >>\"$1\"\n");
    fs::permissions(world_.Path("command"), fs::perms(0700));
    const std::string hook = "webhook: {url: \"" + receiver_.url() +
                             "\", secret: {file: " + world_.Path("webhook-secret") + "}}";
    WriteFile(world_.Path("notify.yaml"),
              "state_dir: " + world_.Path("notify") + "\nrosterd: " + rosterd + "}\n" +
                  "schools: [{id: tcs, name: Example}]\n" +
                  "mail: {server: localhost, port: " + std::to_string(mail_->port()) +
                  ", ca_file: " + mail_->ca_file() + ", from: rosterd@example.org, login: {user: " +
                  "roster, password: {file: " + world_.Path("mail-password") + "}}}\nrules:\n" +
                  "  - {name: people, entries: all, since: beginning, digest: 1s, mail: {to: "
                  "[office@example.org]}}\n" +
                  "  - {name: program, entries: all, since: beginning, " + hook + "}\n" +
                  "  - {name: script, entries: all, since: beginning, command: {run: [" +
                  world_.Path("command") + ", " + world_.Path("told") + "]}}\n" +
                  "  - {name: astray, entries: [PollRejected, TaskDead], since: beginning, "
                  "tries: 1, webhook: {url: \"" +
                  astray_.url() + "\", secret: {file: " + world_.Path("webhook-secret") + "}}}\n");
    notify_ = Process::Start(
        {Program("client/notify/roster-notify"), "--config", world_.Path("notify.yaml")},
        world_.Path("notify.log"));

    heard_.set(zmq::sockopt::rcvhwm, 0);
    heard_.set(zmq::sockopt::linger, 0);
    Unlock(heard_, "notify");
    heard_.set(zmq::sockopt::subscribe, "tcs.");
    heard_.connect(At("events"));
  }
  void StartWorker() {
    world_.worker() =
        Process::Start({Program("daemon/roster-worker"), "--config", world_.Path("worker.yaml")},
                       world_.Path("worker.log"));
  }

  void Unlock(zmq::socket_t& socket, const std::string& who) {
    if (!tcp()) return;
    socket.set(zmq::sockopt::curve_serverkey, public_.at("server"));
    socket.set(zmq::sockopt::curve_publickey, public_.at(who));
    socket.set(zmq::sockopt::curve_secretkey, secrets_.at(who));
  }

  // As anybody would type it. What it says is searched: all of it, or only what it says of its own
  // failing.
  Finished Ctl(const std::string& who, Words words, Shows shows = Shows::kNobody) {
    Words all = {Program("client/rosterctl"), "--endpoint", At("control")};
    if (tcp())
      all.insert(all.end(), {"--server-key=" + public_.at("server"), "--key", Secret(who)});
    all.insert(all.end(), words.begin(), words.end());
    Finished finished = e2e::Run(all);
    std::string name = "rosterctl";
    for (const std::string& word : words) name += " " + word;
    std::string& written = written_[name + " (" + std::to_string(++commands_) + ")"];
    written = finished.err;
    (shows == Shows::kNobody ? written : shown_) += finished.out;
    return finished;
  }
  std::vector<Json> Rows(const std::string& who, Words words) {
    words.insert(words.begin(), "--json");
    std::vector<Json> rows;
    std::istringstream lines(Ctl(who, words, Shows::kPeople).out);
    for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
    return rows;
  }
  void RunElse(const std::string& name, const Words& words, int code) {
    const Finished finished = e2e::Run(words);
    EXPECT_EQ(finished.code, code) << name << ": " << finished.out << finished.err;
    written_[name] = finished.out + finished.err;
  }

  // Sends these bytes to control; what is answered is searched.
  void SendRaw(const std::string& who, const std::string& bytes, bool answered) {
    zmq::socket_t socket(context_, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 5000);
    socket.set(zmq::sockopt::rcvtimeo, 30'000);
    Unlock(socket, who);
    socket.connect(At("control"));
    socket.send(zmq::buffer(bytes), zmq::send_flags::none);
    if (!answered) return;
    zmq::message_t answer;
    v1::Reply reply;
    ASSERT_TRUE(socket.recv(answer));
    ASSERT_TRUE(reply.ParseFromString(answer.to_string()));
    EXPECT_TRUE(reply.has_error());
    written_["reply " + std::to_string(++commands_)] = reply.error().SerializeAsString();
  }

  // Approves all that is pending, by two people where it takes two, and waits for its end.
  void Sync() {
    const std::vector<Json> rows = Rows("ann", {"plan"});
    ASSERT_FALSE(rows.empty());
    const Json plan = rows.at(0).at("plan");
    plan_ = std::to_string(Int(plan, "plan"));
    Words words = {"sync", plan_, "--wait"};
    if (plan.contains("holds") && !plan.at("holds").empty()) {
      EXPECT_EQ(Ctl("ann", words).code, 3) << "held";
      words.insert(words.end(), {"--override-guard", "--reason", note_});
      if (tcp()) {
        EXPECT_EQ(Ctl("ann", words, Shows::kPeople).code, 3) << "it takes two";
        const Finished second = Ctl("bob", words, Shows::kPeople);
        EXPECT_LE(second.code, 1) << second.out << second.err;
        return;
      }
    }
    const Finished done = Ctl("ann", words, Shows::kPeople);
    EXPECT_LE(done.code, 1) << done.out << done.err;  // 1: tasks are dead
  }

  void Poll(int code) {
    const Finished polled = Ctl("ann", {"poll", "--wait"});
    EXPECT_EQ(polled.code, code) << polled.out << polled.err;
  }

  // The lines of commands that run now, as everybody on the machine may read them.
  void LookAtCommandLines() {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string cmdline = ReadFile((entry.path() / "cmdline").string());
      if (cmdline.find(world_.directory()) == std::string::npos) continue;
      if (!cmdline.starts_with(ROSTER_BUILD_DIR)) continue;  // the mail server
      written_["/proc/PID/cmdline"] += cmdline;
      lines_ += 1;
      std::error_code gone;
      for (const auto& task : fs::directory_iterator(entry.path() / "task", gone)) {
        written_["/proc/PID/cmdline"] += ReadFile((task.path() / "comm").string());
      }
    }
  }

  std::size_t Count(const std::string& event) {
    std::size_t count = 0;
    for (const Json& entry : journal_) count += entry.contains(event) ? 1 : 0;
    return count;
  }

  void WhatIsSaidBeforeTheStart();
  void Review();
  void RowsThatAreWrong();
  void RequestsThatAreWrong();
  void TheSiteRefuses();
  void TheKeysAreWrong();
  void ConfigsThatAreWrong();
  void SomeLeaveAndAreForgotten();
  void CollectAll();

  std::map<std::string, std::string> public_;   // public keys, by whose they are
  std::map<std::string, std::string> secrets_;  // and the secret ones
  std::map<std::string, std::string> written_;  // what is to hold nothing: where → what
  std::string shown_;                           // replies to those who may see
  TempDir keys_;
  World world_;
  Needles needles_;
  std::optional<notify::MailServer> mail_;
  notify::HttpReceiver receiver_{[](std::size_t, const notify::Got&) { return 200; }};
  notify::HttpReceiver astray_{[](std::size_t, const notify::Got&) { return 410; }};
  Process notify_;
  zmq::context_t context_;
  zmq::socket_t heard_{context_, zmq::socket_type::sub};
  const std::string note_ = "asked for by " + Marked("a guardian");
  std::string plan_;
  std::vector<Json> journal_;
  int commands_ = 0;
  int lines_ = 0;
  int files_ = 0;
  std::size_t frames_ = 0;
};

// A secret where its file should be named, which is a likely mistake; a file that others may read.
void Privacy::WhatIsSaidBeforeTheStart() {
  needles_.Add("name", Marked("a guardian"));
  const std::string good = ReadFile(world_.config());
  const std::string key = world_.sandbox().options().facts.api_key;
  const std::string path = world_.Path("wrong.yaml");
  const auto with = [&good](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  const Words check = {Program("daemon/rosterd"), "--config", path, "--check"};
  WriteFile(path, with("api_key: {file: api_key}", "api_key: " + key));
  RunElse("rosterd, a secret inline", check, 2);
  WriteFile(path, with("api_key: {file: api_key}", "api_key: {env: [" + key + "}"));
  RunElse("rosterd, a line that is no YAML", check, 2);
  WriteFile(path, with("api_key: {file: api_key}", "api_key: {value: " + key + "}"));
  RunElse("rosterd, a key of the config that is none", check, 2);
  WriteFile(path, with("write_token: {file: write_token}",
                       "write_token: " + world_.sandbox().options().site.write_token));
  RunElse("roster-worker, a secret inline",
          {Program("daemon/roster-worker"), "--config", path, "--check"}, 2);
  fs::remove(path);

  const std::string file = world_.Path("api_key");
  fs::permissions(file, fs::perms(0644));
  written_["rosterd, a secret others may read"] =
      e2e::Run({Program("daemon/rosterd"), "--config", world_.config(), "--check"}).err;
  fs::permissions(file, fs::perms(0600));
  const std::string notify = world_.Path("wrong-notify.yaml");
  for (const char* password : {"made-up-mail-password", "{file: made-up-mail-password", "{}"}) {
    WriteFile(notify, "state_dir: /x\nmail: {login: {user: a, password: " + std::string(password) +
                          "}}\nrules: []\n");
    RunElse(std::string("roster-notify, password: ") + password[0] + password[1],
            {Program("client/notify/roster-notify"), "--config", notify, "--check"}, 2);
  }
  fs::remove(notify);
}

void Privacy::Review() {
  Poll(0);
  for (const Words& words : {Words{"users", "--status", "all", "--fields"},
                             {"duplicates"},
                             {"matches"},
                             {"excluded"},
                             {"plan"},
                             {"plan", "--action", "all"},
                             {"users", "--status", "all", "--match", "zqx"}}) {
    EXPECT_EQ(Ctl("ann", words, Shows::kPeople).code, 0) << words.front();
  }
  const std::vector<Json> users = Rows("ann", {"users", "--status", "all"});
  ASSERT_GT(users.size(), 10U);
  const auto id = [&users](std::size_t at) { return std::to_string(Int(users.at(at), "person")); };
  EXPECT_EQ(Ctl("ann", {"explain", id(0)}, Shows::kPeople).code, 0);
  EXPECT_EQ(Ctl("ann", {"select", "--all", "--status", "new", "--note", note_}).code, 0);
  EXPECT_EQ(Ctl("ann", {"deselect", id(1), "--note", note_}).code, 0);
  EXPECT_EQ(Ctl("ann", {"protect", "person", id(2), "--note", note_}, Shows::kPeople).code, 0);
  EXPECT_EQ(Ctl("ann", {"exclude", "person", id(3), "--note", note_}, Shows::kPeople).code, 0);
  for (const Json& group : Rows("ann", {"duplicates"})) {
    if (!group.contains("group") || !group.contains("members")) continue;
    Ctl("ann",
        {"resolve", std::to_string(Int(group, "group")), "--keep",
         std::to_string(Int(group.at("members").at(0), "person"))},
        Shows::kPeople);
    break;
  }
}

// FACTS answers with what is no answer, with names in it; the poll is rejected, or rows of it are.
void Privacy::RowsThatAreWrong() {
  sandbox::Sandbox& sandbox = world_.sandbox();
  for (const char* fault :
       {"kind=html,server=facts", "kind=truncate-gzip,server=facts,path=/People",
        "kind=number-as-text,server=facts",
        "kind=row-without-id,server=facts,path=/People,rows=one",
        "kind=invalid-utf8,server=facts,path=/People,rows=one",
        "kind=invalid-utf8,server=facts,path=/Families", "kind=null-fields,server=facts,path=/P",
        "kind=torn,server=facts,path=/People", "kind=shrink,server=facts,path=/People,percent=50",
        "kind=html,server=site,method=GET", "kind=truncate,server=site,path=/Users",
        "kind=invalid-utf8,server=site,path=/Users", "kind=row-without-id,server=site,path=/Users",
        "kind=number-as-text,server=site,path=/Users",
        "kind=status,status=500,server=site,method=GET"}) {
    sandbox.faults().Add(sandbox::FaultFromText(fault));
    Ctl("ann", {"poll", "--wait"});
    Ctl("ann", {"status"});
    sandbox.faults().Clear();
  }
  // Lines of a CSV file where a row should be, a row with much too much in it, a bare name.
  const auto people = [&sandbox]() -> sandbox::Table& {
    return sandbox.school().table(sandbox::kPeople);
  };
  std::string row;
  std::string name;
  std::string email;
  {
    const std::shared_lock lock(sandbox.school().mutex());
    row = people()[0];
    name = sandbox::TextOf(row, "lastName");
    email = "somebody.at.home@example.org";
    needles_.Add("email", email);
  }
  for (const std::string& wrong :
       {"4711;" + name + ";" + email + "\n4712;" + name, "\"" + name + "," + email + "\"",
        std::string(sandbox::WithField(row, "personId", name)),
        std::string(sandbox::WithField(row, "personId", email)),
        std::string(sandbox::WithField(row, "firstName", Json{{"given", name}})),
        std::string(sandbox::WithField(row, "email", std::string(100'000, 'a') + email)),
        std::string(sandbox::WithField(row, "deceased", email))}) {
    {
      const std::unique_lock lock(sandbox.school().mutex());
      people().Replace(0, wrong);
    }
    Ctl("ann", {"poll", "--wait"});
    Ctl("ann", {"status"});
  }
  const std::unique_lock lock(sandbox.school().mutex());
  people().Replace(0, row);
}

// By somebody who may not, of somebody who is not there, and with words where none are expected.
void Privacy::RequestsThatAreWrong() {
  const std::string name = Marked("a guardian");
  for (const Words& words : {Words{"explain", "999999999"},
                             {"select", "999999999", "--note", note_},
                             {"forget", "999999999", "--yes"},
                             {"sync", "4711", "--yes"},
                             {"undo", "4711"},
                             {"retry", "99.1"},
                             {"match", "999999999", "--account", "acc-none"},
                             {"exclude", "family", "999999999"},
                             {"status", "--school", "nowhere"}}) {
    EXPECT_NE(Ctl("ann", words).code, 0) << words.front();
  }
  if (tcp()) {
    EXPECT_EQ(Ctl("eve", {"users"}).code, 3) << "her key is not known";
    EXPECT_EQ(Ctl("notify", {"users"}).code, 3);
    EXPECT_EQ(Ctl("bob", {"select", "--all", "--note", note_}).code, 3);
    EXPECT_EQ(Ctl("worker-1", {"forget", "1", "--yes"}).code, 3);
    const std::string server = std::exchange(public_["server"], public_["ann"]);
    EXPECT_NE(Ctl("ann", {"status"}).code, 0) << "another server than expected";
    public_["server"] = server;
  }
  v1::Request request;
  request.set_version(1);
  request.set_request_id(name);
  request.set_command_id(name);
  request.set_school(name);
  request.mutable_list_users();
  SendRaw("ann", request.SerializeAsString(), true);
  request.set_school("tcs");
  auto* decide = request.mutable_decide();
  decide->set_decision(v1::SKIP);
  decide->set_note(std::string(2000, 'n') + name);
  decide->add_persons(1);
  SendRaw(tcp() ? "bob" : "ann", request.SerializeAsString(), true);
  SendRaw("ann", request.SerializeAsString(), true);
  SendRaw("ann", name + ", " + name + ": these are no message", false);
}

// An account with the same address comes to be before the sync: the site refuses, and says whose it
// is. Others are refused without a reason, or nobody knows what became of them.
void Privacy::TheSiteRefuses() {
  sandbox::Sandbox& sandbox = world_.sandbox();
  int taken = 0;
  for (const Json& row : Rows("ann", {"plan", "--action", "add"})) {
    const std::string email = Text(row, "email");
    if (email.empty() || taken == 3) continue;
    try {
      sandbox.store().Seed({{"userName", email},
                            {"name", {{"givenName", Marked("a")}, {"familyName", Marked("b")}}}});
      ++taken;
    } catch (const std::exception&) {  // there is one already
      continue;
    }
  }
  needles_.AddPeople(sandbox);
  EXPECT_GT(taken, 0);
  sandbox.faults().Add(
      sandbox::FaultFromText("kind=status,status=400,server=site,method=POST,times=1,after=4"));
  sandbox.faults().Add(sandbox::FaultFromText("kind=html,server=site,method=POST,times=1,after=6"));
  sandbox.faults().Add(
      sandbox::FaultFromText("kind=break-after,server=site,method=POST,times=2,after=7"));
  Sync();
  sandbox.faults().Clear();
  EXPECT_NE(sandbox.site().log().ToJson().dump().find("\"409\""), std::string::npos)
      << sandbox.site().log().ToJson();
  for (const Words& words : {Words{"tasks", "--state", "all"}, {"tasks", "--state", "dead"}}) {
    Ctl("ann", words, Shows::kPeople);
  }
  Ctl("ann", {"retry", "--all"});
  Ctl("ann", {"undo", plan_}, Shows::kPeople);
  Poll(0);
  // Addresses change, one of them to another's; the worker is killed in the middle.
  sandbox.scenarios().Apply("email-changes");
  Mark();
  Poll(0);
  Ctl("ann", {"select", "--all", "--status", "new", "--note", note_});
  world_.worker().Kill(SIGKILL);
  world_.worker().Wait();
  StartWorker();
  Sync();
  Ctl("ann", {"invite", "--never-accessed", "--yes", "--wait"}, Shows::kPeople);
}

void Privacy::TheKeysAreWrong() {
  sandbox::Sandbox& sandbox = world_.sandbox();
  const sandbox::FactsOptions facts = sandbox.facts().options();
  const sandbox::SiteOptions site = sandbox.site().options();
  sandbox::FactsOptions other = facts;
  other.api_key = "sandbox-another";
  sandbox.facts().set_options(other);
  Poll(1);
  other = facts;
  other.subscription_key = std::string(32, '0');
  sandbox.facts().set_options(other);
  Poll(1);
  sandbox.facts().set_options(facts);
  sandbox.facts().SetScope("People", false);
  Poll(1);
  sandbox.facts().SetScope("People", true);
  sandbox::SiteOptions elsewhere = site;
  elsewhere.read_token = "another-token-for-reading";
  sandbox.site().set_options(elsewhere);
  Poll(1);
  sandbox.site().set_options(site);
  Poll(0);
  LookAtCommandLines();
}

void Privacy::ConfigsThatAreWrong() {
  const std::string good = ReadFile(world_.config());
  std::string wrong = good;
  const std::string from = "read_token: {file: read_token}";
  ASSERT_NE(wrong.find(from), std::string::npos);
  wrong.replace(wrong.find(from), from.size(),
                "read_token: " + world_.sandbox().options().site.read_token);
  WriteFile(world_.config(), wrong);
  EXPECT_NE(Ctl("ann", {"reload"}).code, 0);
  world_.daemon().Kill(SIGHUP);
  EXPECT_TRUE(Eventually(
      [&] { return world_.Logs().find("The config file was not taken") != std::string::npos; }));
  Ctl("ann", {"status"});
  WriteFile(world_.config(), good);
  EXPECT_EQ(Ctl("ann", {"reload"}).code, 0);
}

void Privacy::SomeLeaveAndAreForgotten() {
  sandbox::Sandbox& sandbox = world_.sandbox();
  const std::size_t before = world_.Effects().size();
  {
    const std::unique_lock lock(sandbox.school().mutex());
    sandbox::Table& students = sandbox.school().table(sandbox::kStudents);
    std::size_t left = 0;
    for (const std::uint32_t at : sandbox.school().EnrolledRows()) {
      if (++left % 3 == 0) continue;
      students.Replace(at, sandbox::WithField(students[at], "school.status", "Withdrawn"));
    }
  }
  Poll(0);
  Sync();
  Poll(0);
  Words words = {"forget", "--yes"};
  const std::vector<Json> effects = world_.Effects();
  for (std::size_t at = before; at < effects.size() && words.size() < 5; ++at) {
    if (Text(effects[at], "effect") != "archive") continue;
    const std::string person = Text(effects[at], "externalId").substr(4);
    words.push_back(person);
    Ctl("ann", {"explain", person}, Shows::kPeople);
  }
  ASSERT_GT(words.size(), 2U) << "nobody was archived";
  const Finished forgotten = Ctl("ann", words);
  EXPECT_EQ(forgotten.code, 0) << forgotten.out << forgotten.err;
  Ctl("ann", words);  // no longer known
  Ctl("ann", {"explain", words.back()});
}

void Privacy::CollectAll() {
  if (!tcp()) {  // what a start after a crash says
    world_.daemon().Kill(SIGKILL);
    world_.daemon().Wait();
    world_.StartDaemon();
  }
  EXPECT_EQ(Ctl("ann", {"ack"}).code, 0);
  for (const Words& words : {Words{"status"},
                             {"whoami"},
                             {"journal"},
                             {"events"},
                             {"journal", "verify"},
                             {"tasks", "--help"}}) {
    const Finished finished = Ctl("ann", words);
    EXPECT_EQ(finished.code, 0) << words.back() << finished.out << finished.err;
  }
  const std::string audit = world_.Path("audit.jsonl");
  EXPECT_EQ(Ctl("ann", {"journal", "export", audit}).code, 0);
  std::istringstream lines(ReadFile(audit));
  for (std::string line; std::getline(lines, line);) {
    journal_.push_back(Json::parse(line).at("entry"));
  }
  const std::string newest = "ROSTER_SEQ=" + Text(journal_.back(), "seq") + "\n";
  EXPECT_TRUE(
      Eventually([&] { return ReadFile(world_.Path("told")).find(newest) != std::string::npos; }));
  EXPECT_TRUE(Eventually([&] { return receiver_.All().size() >= journal_.size(); }));
  const std::string told = "Entry " + Text(journal_.back(), "seq") + " of ";
  EXPECT_TRUE(Eventually([&] {
    const auto mails = mail_->Mails();
    return std::any_of(mails.begin(), mails.end(), [&told](const Json& mail) {
      return notify::BodyOf(mail).find(told) != std::string::npos;
    });
  }));
  LookAtCommandLines();
  zmq::message_t part;
  while (heard_.recv(part, zmq::recv_flags::dontwait)) {
    written_["events"] += part.to_string();
    ++frames_;
  }
  for (const notify::Got& got : receiver_.All()) {
    written_["webhook"] += got.body + got.signature + got.type + "\n";
  }
  for (const Json& mail : mail_->Mails()) written_["mail"] += notify::BodyOf(mail);
  for (Process* process : {&notify_, &world_.worker(), &world_.daemon()}) {
    process->Kill(SIGTERM);
    EXPECT_EQ(process->Wait(), 0);
  }
  // All files there are, but for those that hold secrets by their purpose, and the store itself:
  // its log is no part of that.
  const std::set<std::string> apart = {"subscription_key", "api_key",       "read_token",
                                       "write_token",      "mail-password", "webhook-secret",
                                       "key.pem",          "cert.pem"};
  const fs::path store = fs::path(world_.Path("state")) / "db";
  for (const auto& entry : fs::recursive_directory_iterator(world_.directory())) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || apart.contains(name)) continue;
    const bool in_store = entry.path().parent_path() == store;
    if (in_store && !name.starts_with("LOG") && !name.starts_with("OPTIONS")) {
      shown_ += ReadFile(entry.path().string());
      continue;
    }
    ++files_;
    written_[fs::relative(entry.path(), world_.directory()).string()] =
        ReadFile(entry.path().string());
  }
}

TEST_P(Privacy, NothingButTheStoreAndRepliesHoldsPersonalData) {
  WhatIsSaidBeforeTheStart();
  ASSERT_NO_FATAL_FAILURE(StartAll());
  ASSERT_NO_FATAL_FAILURE(Review());
  RowsThatAreWrong();
  LookAtCommandLines();
  ASSERT_NO_FATAL_FAILURE(RequestsThatAreWrong());
  Poll(0);
  ASSERT_NO_FATAL_FAILURE(TheSiteRefuses());
  TheKeysAreWrong();
  ASSERT_NO_FATAL_FAILURE(ConfigsThatAreWrong());
  ASSERT_NO_FATAL_FAILURE(SomeLeaveAndAreForgotten());
  CollectAll();

  // The search finds what is there: in replies and in the store, and in any text once it is put in.
  const auto seen = needles_.KindsIn(shown_);
  EXPECT_GT(seen.count("name") ? seen.at("name") : 0, 50U);
  EXPECT_GT(seen.count("email") ? seen.at("email") : 0, 20U);
  EXPECT_EQ(seen.count("secret"), 0U) << "not even the store holds one";
  EXPECT_FALSE(needles_.In("FACTS: " + ReadFile(world_.Path("api_key"))).empty());
  for (const char* kind : {"name", "email", "phone", "birthdate", "secret"}) {
    EXPECT_GT(needles_.Count(kind), 5U) << kind;
  }
  std::string log = ReadFile(world_.Path("rosterd.log"));
  const std::size_t before = needles_.In(log).size();
  log.insert(log.size() / 2, "ZQX" + Marked("a guardian").substr(3));
  EXPECT_EQ(needles_.In(log).size(), before + 1) << "planted once";

  // All of it happened, and was looked at.
  for (const char* event :
       {"pollRejected", "sourceStopped", "reviewRequired", "personsDecided", "planApproved",
        "taskDead", "requestRefused", "configReloaded", "personsForgotten", "acknowledged"}) {
    if (!tcp() && std::string(event) == "requestRefused") continue;  // one user, who may everything
    EXPECT_GT(Count(event), 0U) << event;
  }
  EXPECT_EQ(Count("approvalGiven") > 0, tcp());
  EXPECT_GT(frames_, journal_.size()) << "two frames each";
  EXPECT_GE(lines_, 6);
  EXPECT_TRUE(written_.contains("state/db/LOG"));
  EXPECT_TRUE(written_.contains("notify.log"));
  EXPECT_FALSE(fs::is_empty(world_.Path("notify") + "/dead-letters"));

  std::size_t bytes = 0;
  for (const auto& [where, text] : written_) {
    bytes += text.size();
    std::size_t told = 0;
    for (const std::string& found : needles_.In(text)) {
      if (++told <= 5) ADD_FAILURE() << where << ": " << found;
    }
  }
  std::cout << "figures: privacy: " << bytes << " bytes of " << written_.size() << " outputs and "
            << files_ << " files searched for " << needles_.Count("name") << " names, "
            << needles_.Count("email") << " addresses, " << needles_.Count("secret")
            << " parts of secrets\n";
}

INSTANTIATE_TEST_SUITE_P(Modes, Privacy, testing::Values(Mode::kStudents, Mode::kParents),
                         [](const auto& mode) {
                           return mode.param == Mode::kStudents ? "StudentsOverTcp"
                                                                : "ParentsOverIpc";
                         });

}  // namespace
}  // namespace roster::e2e
