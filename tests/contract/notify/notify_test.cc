// roster-notify, the real program, with the real rosterd, a mail server of Debian's, an HTTP
// receiver and commands: each entry is told at least once, whatever fails and whenever it is
// killed.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <future>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "tests/contract/notify/receivers.h"
#include "tests/e2e/world.h"

namespace roster::notify {
namespace {

namespace fs = std::filesystem;
using e2e::Eventually;

constexpr const char* kSecret = "made-up-webhook-secret";

class Notify : public testing::Test {
 protected:
  Notify() : world_(e2e::SmallSchool(61)), state_(world_.Path("notify")) {
    fs::create_directory(state_);
    fs::create_directory(world_.Path("mail"));
    mail_.emplace(world_.Path("mail"));
    mail_->Start();
    WriteFile(world_.Path("mail-password"), "made-up-mail-password\n", true);
    WriteFile(world_.Path("webhook-secret"), std::string(kSecret) + "\n", true);
    world_.StartDaemon();
    world_.Poll();
  }
  ~Notify() override {
    notify_ = e2e::Process();
    if (HasFailure()) std::cerr << "---- notify.log ----\n" << ReadFile(world_.Path("notify.log"));
  }

  // `rules`: in flow style, one an element.
  void Configure(const std::vector<std::string>& rules, const std::string& name = "Example School",
                 const std::string& since = "beginning") {
    std::string text =
        "state_dir: " + state_ + "\nrosterd: {control: \"" + world_.endpoint() +
        "\"}\nschools:\n  - {id: tcs, name: \"" + name + "\"}\n" +
        "mail:\n  server: localhost\n  port: " + std::to_string(mail_->port()) +
        "\n  login: {user: roster, password: {file: " + world_.Path("mail-password") +
        "}}\n  ca_file: " + mail_->ca_file() + "\n  from: rosterd@example.org\nrules:\n";
    for (const std::string& rule : rules) text += "  - {since: " + since + ", " + rule + "}\n";
    WriteFile(world_.Path("notify.yaml"), text);
  }
  std::string ToWebhook(const HttpReceiver& receiver) const {
    return "webhook: {url: \"" + receiver.url() +
           "\", secret: {file: " + world_.Path("webhook-secret") + "}, timeout: 5s}";
  }
  // Appends what it gets to FILE.
  std::string ToCommand(const std::string& script, const std::string& timeout = "20s") {
    WriteFile(world_.Path("command"), "#!/bin/sh\n" + script);
    fs::permissions(world_.Path("command"), fs::perms(0700));
    return "command: {run: [" + world_.Path("command") + ", " + world_.Path("told") +
           "], timeout: " + timeout + "}";
  }
  void Start() {
    notify_ = e2e::Process::Start(
        {e2e::Program("client/notify/roster-notify"), "--config", world_.Path("notify.yaml")},
        world_.Path("notify.log"));
  }
  void StopDaemon() {
    world_.daemon().Kill(SIGTERM);
    world_.daemon().Wait();
  }
  // From the newest backup; it does not run then.
  void Restore() {
    StopDaemon();
    const auto restored = e2e::Run(
        {e2e::Program("daemon/rosterd"), "--config", world_.config(), "--restore", "latest"});
    ASSERT_EQ(restored.code, 0) << restored.out << restored.err;
    EXPECT_NE(restored.out.find("roster-notify says so and goes on; other subscribers that know a "
                                "later entry stop and say so"),
              std::string::npos)
        << restored.out;
    decisions_ = 0;
  }
  // What PutOlderStore puts back: another store, without a word of it in its journal.
  void KeepOlderStore() {
    StopDaemon();
    fs::copy(world_.Path("state"), world_.Path("older"), fs::copy_options::recursive);
    world_.StartDaemon();
  }
  void PutOlderStore() {
    StopDaemon();
    fs::rename(world_.Path("state"), world_.Path("newer"));
    fs::rename(world_.Path("older"), world_.Path("state"));
    world_.StartDaemon();
    decisions_ = 0;
  }
  // An entry each.
  void Decide(int times) {
    for (int i = 0; i < times; ++i) {
      const int turn = decisions_++;
      const auto done = world_.Ctl({turn % 2 == 0 ? "select" : "deselect", "--all", "--status",
                                    turn == 0       ? "new"
                                    : turn % 2 == 0 ? "skipped"
                                                    : "selected"});
      ASSERT_EQ(done.code, 0) << done.err;
    }
  }
  std::set<std::uint64_t> Journal() {
    std::set<std::uint64_t> seqs;
    for (const auto& entry : world_.Events()) {
      seqs.insert(std::stoull(entry.at("seq").get<std::string>()));
    }
    return seqs;
  }

  static std::set<std::uint64_t> Ids(const std::vector<Got>& all) {
    std::set<std::uint64_t> seqs;
    for (const Got& got : all)
      seqs.insert(std::stoull(Json::parse(got.body).at("id").get<std::string>()));
    return seqs;
  }
  // "Entry 7 of tcs"
  static std::vector<std::uint64_t> Named(const std::string& body) {
    std::vector<std::uint64_t> seqs;
    for (std::size_t at = body.find("Entry "); at != std::string::npos;
         at = body.find("Entry ", at + 1)) {
      seqs.push_back(std::stoull(body.substr(at + 6)));
    }
    return seqs;
  }
  std::set<std::uint64_t> Mailed() const {
    std::set<std::uint64_t> seqs;
    for (const Json& mail : mail_->Mails()) {
      for (const std::uint64_t seq : Named(BodyOf(mail))) seqs.insert(seq);
    }
    return seqs;
  }
  std::set<std::uint64_t> Told() const {
    std::set<std::uint64_t> seqs;
    std::istringstream lines(ReadFile(world_.Path("told")));
    for (std::string line; std::getline(lines, line);) {
      const Json json = Json::parse(line, nullptr, false);
      if (!json.is_discarded()) seqs.insert(std::stoull(json.at("seq").get<std::string>()));
    }
    return seqs;
  }
  std::vector<std::string> Letters() const {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& file : fs::directory_iterator(state_ + "/dead-letters", none)) {
      if (file.path().extension() == ".new") continue;  // on its way
      names.push_back(file.path().filename().string());
    }
    return names;
  }
  Json StateOf(const std::string& rule) const {
    return Json::parse(ReadFile(state_ + "/" + rule + ".tcs.json"), nullptr, false);
  }
  // The numbers from the newest Restored on.
  std::set<std::uint64_t> AfterRestore() {
    std::set<std::uint64_t> seqs;
    for (const auto& entry : world_.Events()) {
      if (entry.contains("restored")) seqs.clear();
      seqs.insert(std::stoull(entry.at("seq").get<std::string>()));
    }
    return seqs;
  }
  std::string Log() const { return ReadFile(world_.Path("notify.log")); }

  e2e::World world_;
  const std::string state_;
  std::optional<MailServer> mail_;
  e2e::Process notify_;
  int decisions_ = 0;
};

TEST_F(Notify, NothingIsLostOverKillsAtAnyTime) {
  std::atomic<pid_t> victim{0};
  std::atomic<int> fatal{0};  // after so many requests, that one not answered, it is killed
  std::atomic<int> kills{0};
  HttpReceiver receiver([&](std::size_t, const Got&) {
    if (fatal > 0 && --fatal == 0) {
      const pid_t pid = victim.exchange(0);
      if (pid > 0) {
        ::kill(pid, SIGKILL);
        ++kills;
      } else {
        fatal = 1;  // it has only just begun
      }
    }
    return 204;
  });
  Configure({"name: people, entries: all, mail: {to: [a@example.org, b@example.org]}",
             "name: program, entries: all, " + ToWebhook(receiver),
             "name: script, entries: all, " + ToCommand("cat >>\"$1\"\n")});
  const int seeds =
      std::getenv("ROSTER_TEST_SEEDS") ? std::stoi(std::getenv("ROSTER_TEST_SEEDS")) : 8;
  std::mt19937 random(61);
  for (int round = 0; round < std::clamp(seeds, 8, 40); ++round) {
    fatal = std::uniform_int_distribution<int>(1, 5)(random);
    Start();
    victim = notify_.pid();
    ASSERT_NO_FATAL_FAILURE(Decide(6));
    ASSERT_TRUE(Eventually([&] { return notify_.HasEnded(); }));
    EXPECT_EQ(notify_.Wait(), 128 + SIGKILL);
  }
  fatal = 0;
  Start();
  const auto journal = Journal();
  ASSERT_TRUE(Eventually([&] { return Ids(receiver.All()) == journal; }));
  ASSERT_TRUE(Eventually([&] { return Told() == journal; }));
  ASSERT_TRUE(Eventually([&] { return Mailed() == journal; }));
  notify_.Kill(SIGTERM);
  EXPECT_EQ(notify_.Wait(), 0);

  // In order, each time it is told for the first time; the same event is the same bytes.
  std::map<std::string, std::string> bodies;
  std::uint64_t newest = 0;
  for (const Got& got : receiver.All()) {
    const std::string id = Json::parse(got.body).at("id").get<std::string>();
    EXPECT_EQ(bodies.try_emplace(id, got.body).first->second, got.body);
    EXPECT_LE(std::stoull(id), newest + 1);
    newest = std::max<std::uint64_t>(newest, std::stoull(id));
  }
  // A mail that came again is known by its Message-ID.
  std::map<std::vector<std::uint64_t>, std::string> ids;
  std::set<std::uint64_t> mailed;
  for (const Json& mail : mail_->Mails()) {
    const auto entries = Named(BodyOf(mail));
    const std::string id = HeaderOf(mail, "Message-ID");
    EXPECT_EQ(ids.try_emplace(entries, id).first->second, id);
    const bool known = mailed.contains(entries.front());
    for (const std::uint64_t seq : entries) {
      EXPECT_EQ(mailed.contains(seq), known) << "an entry came again in another mail: " << seq;
    }
    mailed.insert(entries.begin(), entries.end());
    EXPECT_TRUE(mail.at("tls").get<bool>());
    EXPECT_TRUE(mail.at("login").get<bool>());
    EXPECT_EQ(mail.at("to"), Json::array({"a@example.org", "b@example.org"}));
  }
  const std::size_t repeats = receiver.All().size() - journal.size();
  EXPECT_LE(repeats, static_cast<std::size_t>(kills));
  std::cout << "figures: notify: " << kills << " kills of roster-notify, " << journal.size()
            << " entries by 3 ways, " << repeats << " posted again\n";
}

TEST_F(Notify, WhatFailsAndComesBackGetsEverything) {
  std::atomic<bool> well{false};
  HttpReceiver receiver([&](std::size_t, const Got&) { return well ? 200 : 503; });
  mail_->Answer("451 4.3.0 later");
  Configure({"name: people, entries: all, mail: {to: [a@example.org]}",
             "name: program, entries: all, " + ToWebhook(receiver)});
  Start();
  ASSERT_NO_FATAL_FAILURE(Decide(4));
  ASSERT_TRUE(Eventually([&] {
    return Log().find("The webhook answered 503") != std::string::npos &&
           Log().find("the last answer was 451") != std::string::npos;
  }));
  // From "later" to not there at all, and back.
  mail_->Stop();
  mail_->Answer("");
  well = true;
  const auto journal = Journal();
  ASSERT_TRUE(Eventually([&] { return Ids(receiver.All()) == journal; }));
  EXPECT_TRUE(mail_->Mails().empty());
  ASSERT_NO_FATAL_FAILURE(mail_->Start());
  ASSERT_TRUE(Eventually([&] { return Mailed() == Journal(); }));
  EXPECT_TRUE(Letters().empty());
  // And over a rosterd that goes and comes back.
  world_.daemon().Kill(SIGKILL);
  world_.daemon().Wait();
  world_.StartDaemon();
  ASSERT_NO_FATAL_FAILURE(Decide(2));
  ASSERT_TRUE(
      Eventually([&] { return Mailed() == Journal() && Ids(receiver.All()) == Journal(); }));
}

// Both while it runs and while it does not: what was heard after the backup is another entry now.
TEST_F(Notify, AfterARestoreItSaysSoOnceAndGoesOn) {
  HttpReceiver receiver([](std::size_t, const Got&) { return 200; });
  Configure({"name: people, entries: [SourceStopped], mail: {to: [a@example.org]}",
             "name: program, entries: all, " + ToWebhook(receiver)});
  const auto types = [&](std::uint64_t since) {
    std::vector<std::string> seen;
    for (const Got& got : receiver.All()) {
      const Json event = Json::parse(got.body);
      if (std::stoull(event.at("data").at("seq").get<std::string>()) >= since) {
        seen.push_back(event.at("type").get<std::string>());
      }
    }
    return seen;
  };
  const auto count = [](const std::vector<std::string>& all, const std::string& one) {
    return std::count(all.begin(), all.end(), one);
  };
  Start();
  ASSERT_EQ(world_.Ctl({"backup", "--wait"}).code, 0);
  for (int round = 1; round <= 2; ++round) {
    ASSERT_NO_FATAL_FAILURE(Decide(6));
    const auto before = Journal();
    ASSERT_TRUE(Eventually([&] { return Ids(receiver.All()).contains(*before.rbegin()); }));
    if (round == 2) {
      notify_.Kill(SIGTERM);
      EXPECT_EQ(notify_.Wait(), 0);
    }
    ASSERT_NO_FATAL_FAILURE(Restore());
    world_.StartDaemon();
    if (round == 2) {
      ASSERT_NO_FATAL_FAILURE(Decide(8));
      Start();
    }
    ASSERT_TRUE(Eventually([&] { return count(types(0), "rosterd.v1.Restored") == round; }))
        << Log();
    ASSERT_NO_FATAL_FAILURE(Decide(2));
    const auto after = Journal();
    ASSERT_TRUE(Eventually([&] {
      return receiver.All().back().body.find("\"seq\":\"" + std::to_string(*after.rbegin()) +
                                             "\"") != std::string::npos;
    }));
    ASSERT_TRUE(Eventually([&] {
      return mail_->Mails().size() == static_cast<std::size_t>(round);
    })) << "whatever a rule tells, that it tells";
    EXPECT_NE(BodyOf(mail_->Mails().back()).find("backup"), std::string::npos);
  }
  EXPECT_EQ(count(types(0), "rosterd.v1.Restored"), 2);
}

// It knows where it began, and has been told of nothing.
TEST_F(Notify, ARuleThatHasHadNoEntryYetNoticesARestore) {
  HttpReceiver receiver([](std::size_t, const Got&) { return 200; });
  Configure({"name: program, entries: all, " + ToWebhook(receiver)}, "Example School", "now");
  ASSERT_EQ(world_.Ctl({"backup", "--wait"}).code, 0);
  ASSERT_NO_FATAL_FAILURE(Decide(4));
  Start();
  ASSERT_TRUE(Eventually([&] {
    const Json state = StateOf("program");
    return !state.is_discarded() && !state.at("hash").get<std::string>().empty();
  }));
  notify_.Kill(SIGTERM);
  EXPECT_EQ(notify_.Wait(), 0);
  EXPECT_TRUE(receiver.All().empty());
  ASSERT_NO_FATAL_FAILURE(Restore());
  world_.StartDaemon();
  ASSERT_NO_FATAL_FAILURE(Decide(8));
  Start();
  EXPECT_TRUE(Eventually([&] { return Ids(receiver.All()) == AfterRestore(); })) << Log();
}

TEST_F(Notify, DeadLettersOfNumbersThatComeAgainAreKeptBeside) {
  HttpReceiver receiver([](std::size_t, const Got&) { return 503; });
  Configure({"name: program, tries: 1, entries: all, " + ToWebhook(receiver)});
  Start();
  ASSERT_EQ(world_.Ctl({"backup", "--wait"}).code, 0);
  ASSERT_NO_FATAL_FAILURE(Decide(4));
  const std::size_t before = Journal().size();
  ASSERT_TRUE(Eventually([&] { return Letters().size() == before; }));
  ASSERT_NO_FATAL_FAILURE(Restore());
  world_.StartDaemon();
  ASSERT_NO_FATAL_FAILURE(Decide(4));
  EXPECT_TRUE(Eventually([&] { return Letters().size() == before + AfterRestore().size(); }))
      << Letters().size();
}

// A question about it would be refused, and stand in the journals of the others.
TEST_F(Notify, ASchoolThatLeftRosterdIsNotAskedAboutAndGoesOnWhenItIsBack) {
  HttpReceiver receiver([](std::size_t, const Got&) { return 200; });
  const std::string alone = ReadFile(world_.config());
  std::string north = alone.substr(alone.find("  - id: tcs"));
  north.replace(north.find("tcs"), 3, "north");
  const std::string site = world_.sandbox().site().url();
  north.replace(north.find(site), site.size(), "http://127.0.0.1:9");
  const auto start_daemon = [&](const std::string& text) {
    WriteFile(world_.config(), text, true);
    world_.StartDaemon();
  };
  const auto told = [&](const std::string& school) {
    std::set<std::uint64_t> seqs;
    for (const Got& got : receiver.All()) {
      const Json event = Json::parse(got.body);
      if (event.at("source") != "/rosterd/" + school) continue;
      seqs.insert(std::stoull(event.at("data").at("seq").get<std::string>()));
    }
    return seqs;
  };
  StopDaemon();
  start_daemon(alone + north);
  Configure({"name: program, entries: all, " + ToWebhook(receiver)});
  std::string config = ReadFile(world_.Path("notify.yaml"));
  WriteFile(world_.Path("notify.yaml"),
            config.insert(config.find("  - {id: tcs"), "  - {id: north}\n"));
  Start();
  ASSERT_EQ(world_.Ctl({"backup", "--wait"}).code, 0);
  ASSERT_TRUE(Eventually([&] { return !told("north").empty(); }));
  // Away for long enough to be missed: a subscription that is open comes again by itself.
  StopDaemon();
  ASSERT_TRUE(
      Eventually([&] { return Log().find("warning program.north: ") != std::string::npos; }));
  start_daemon(alone);
  ASSERT_TRUE(Eventually(
      [&] { return Log().find("rosterd shows no school \"north\" here") != std::string::npos; }));
  ASSERT_NO_FATAL_FAILURE(Decide(1));
  ASSERT_TRUE(Eventually([&] { return told("tcs") == Journal(); }));
  EXPECT_EQ(world_.CountEvents("requestRefused"), 0U);
  StopDaemon();
  start_daemon(alone + north);
  ASSERT_EQ(world_.Ctl({"backup", "--wait"}).code, 0);
  std::set<std::uint64_t> all;
  for (const Json& entry : world_.CtlJson({"--school", "north", "events"})) {
    all.insert(std::stoull(entry.at("seq").get<std::string>()));
  }
  EXPECT_TRUE(Eventually([&] { return told("north") == all; })) << "from where it stood";
}

TEST_F(Notify, AJournalThatNothingExplainsStopsItWithWhatToDo) {
  HttpReceiver receiver([](std::size_t, const Got&) { return 200; });
  Configure({"name: program, entries: all, " + ToWebhook(receiver)});
  KeepOlderStore();
  Start();
  ASSERT_NO_FATAL_FAILURE(Decide(4));
  const auto known = Journal();
  ASSERT_TRUE(Eventually([&] { return Ids(receiver.All()) == known; }));
  PutOlderStore();
  ASSERT_NO_FATAL_FAILURE(Decide(6));
  ASSERT_TRUE(Eventually([&] { return notify_.HasEnded(); }));
  EXPECT_EQ(notify_.Wait(), 3);
  EXPECT_NE(Log().find("mv " + state_ + "/program.tcs.json "), std::string::npos);
  Start();
  ASSERT_TRUE(Eventually([&] { return notify_.HasEnded(); }));
  EXPECT_EQ(notify_.Wait(), 3) << "a start alone mends nothing";
  fs::rename(state_ + "/program.tcs.json", state_ + "/program.tcs.json.aside");
  Start();
  ASSERT_TRUE(Eventually([&] { return Ids(receiver.All()) == Journal(); }));
}

// To whom nobody answers, it is kept for.
TEST_F(Notify, WhatWasReadBeforeAStopIsToldOrADeadLetter) {
  HttpReceiver receiver([](std::size_t, const Got&) { return 200; });
  HttpReceiver dead([](std::size_t, const Got&) { return 503; });
  const std::string digest = ", entries: all, digest: 1h, ";
  Configure({"name: program" + digest + ToWebhook(receiver),
             "name: gone, tries: 2" + digest + ToWebhook(dead)});
  KeepOlderStore();
  Start();
  ASSERT_NO_FATAL_FAILURE(Decide(4));
  const std::size_t known = Journal().size();
  for (const char* rule : {"program", "gone"}) {
    ASSERT_TRUE(Eventually([&] {
      const Json state = StateOf(rule);
      return !state.is_discarded() && state.at("pending").size() == known;
    })) << rule;
  }
  EXPECT_TRUE(receiver.All().empty());
  PutOlderStore();
  ASSERT_NO_FATAL_FAILURE(Decide(6));
  ASSERT_TRUE(Eventually([&] { return notify_.HasEnded(); }));
  EXPECT_EQ(notify_.Wait(), 3);
  ASSERT_EQ(receiver.All().size(), 1U);
  EXPECT_EQ(Json::parse(receiver.All().front().body).at("data").at("entries").size(), known);
  ASSERT_EQ(Letters().size(), 1U);
  const Json letter = Json::parse(ReadFile(state_ + "/dead-letters/" + Letters().front()));
  EXPECT_EQ(letter.at("data").at("entries").size(), known);
  EXPECT_NE(Log().find(std::to_string(known) + " entries of the journal that was known"),
            std::string::npos);
}

TEST_F(Notify, AWebhookIsASignedCloudEvent) {
  HttpReceiver receiver([](std::size_t, const Got&) { return 200; });
  Configure({"name: program, entries: [ReviewRequired], " + ToWebhook(receiver)});
  Start();
  ASSERT_TRUE(Eventually([&] { return !receiver.All().empty(); }));
  const Got got = receiver.All().front();
  EXPECT_EQ(got.type, "application/cloudevents+json; charset=utf-8");
  const Json event = Json::parse(got.body);
  EXPECT_EQ(event.at("specversion"), "1.0");
  EXPECT_EQ(event.at("type"), "rosterd.v1.ReviewRequired");
  EXPECT_EQ(event.at("source"), "/rosterd/tcs");
  EXPECT_TRUE(event.at("id").get<std::string>().starts_with(
      event.at("data").at("seq").get<std::string>() + "-"))
      << event.at("id");
  EXPECT_EQ(event.at("sequence").get<std::string>().size(), 20U);
  // "t=SECONDS,v1=HEX", by openssl.
  const std::size_t comma = got.signature.find(",v1=");
  ASSERT_TRUE(got.signature.starts_with("t=") && comma != std::string::npos) << got.signature;
  const auto hmac = e2e::Run({"/usr/bin/openssl", "dgst", "-sha256", "-hmac", kSecret, "-r"},
                             got.signature.substr(2, comma - 2) + "." + got.body);
  EXPECT_EQ(hmac.out.substr(0, 64), got.signature.substr(comma + 4));
}

TEST_F(Notify, ARedirectIsNotFollowedAndEndsAsADeadLetter) {
  HttpReceiver elsewhere([](std::size_t, const Got&) { return 200; });
  HttpReceiver receiver([](std::size_t, const Got&) { return 307; }, elsewhere.url());
  HttpReceiver other([](std::size_t, const Got&) { return 200; });
  Configure({"name: astray, tries: 2, entries: [PollCompleted], " + ToWebhook(receiver),
             "name: well, entries: all, " + ToWebhook(other)});
  Start();
  ASSERT_TRUE(Eventually([&] { return !Letters().empty(); }));
  ASSERT_EQ(Letters().size(), 1U);
  const Json letter = Json::parse(ReadFile(state_ + "/dead-letters/" + Letters().front()));
  EXPECT_EQ(letter.at("type"), "rosterd.v1.PollCompleted");
  EXPECT_EQ(receiver.All().size(), 2U);
  EXPECT_TRUE(elsewhere.All().empty());
  EXPECT_NE(Log().find("a redirect, which is never followed"), std::string::npos);
  EXPECT_TRUE(Eventually([&] { return Ids(other.All()) == Journal(); })) << "another was held up";
}

TEST_F(Notify, ACommandThatHangsIsEndedWithAllItStarted) {
  HttpReceiver other([](std::size_t, const Got&) { return 200; });
  // Neither it nor its child heeds SIGTERM; it prints without end; it never reads.
  Configure({"name: stuck, tries: 1, entries: [PollCompleted], " +
                 ToCommand("trap '' TERM\n(trap '' TERM; exec tail -f /dev/null) &\n"
                           "echo $$ $! >\"$1.new\"; mv \"$1.new\" \"$1\"\nexec yes\n",
                           "1s"),
             "name: well, entries: all, " + ToWebhook(other)});
  Start();
  ASSERT_TRUE(Eventually([&] { return fs::exists(world_.Path("told")); }));
  ASSERT_NO_FATAL_FAILURE(Decide(2));
  ASSERT_TRUE(Eventually([&] { return Ids(other.All()) == Journal(); }));
  ASSERT_TRUE(Eventually([&] { return !Letters().empty(); }));
  std::istringstream pids(ReadFile(world_.Path("told")));
  pid_t own = 0;
  pid_t child = 0;
  ASSERT_TRUE(pids >> own >> child);
  EXPECT_TRUE(Eventually([&] { return ::kill(own, 0) != 0 && ::kill(child, 0) != 0; }));
  EXPECT_NE(Log().find("did not end within 1 s"), std::string::npos);
}

TEST_F(Notify, ACommandGetsTheEntryAndNothingOfOurs) {
  ::setenv("ROSTER_TEST_SECRET", "made-up-secret-of-the-environment", 1);
  Configure({"name: script, entries: [PollCompleted], " +
             ToCommand("{ cat; env; ls /proc/$$/fd; } >\"$1.new\"; mv \"$1.new\" \"$1\"\n")});
  Start();
  ASSERT_TRUE(Eventually([&] { return fs::exists(world_.Path("told")); }));
  const std::string told = ReadFile(world_.Path("told"));
  EXPECT_NE(told.find("\"pollCompleted\":{"), std::string::npos);
  EXPECT_NE(told.find("ROSTER_SEQ="), std::string::npos);
  EXPECT_NE(told.find("ROSTER_KIND=entry"), std::string::npos);
  EXPECT_EQ(told.find("made-up-secret"), std::string::npos);
  ::unsetenv("ROSTER_TEST_SECRET");
}

// Of two recipients one is no more: the other gets everything, at once and once; the one who is
// refused is tried alone, and ends as dead letters.
TEST_F(Notify, ADeadRecipientSilencesNobody) {
  mail_->Refuse("gone@example.org");
  Configure(
      {"name: people, tries: 2, entries: all, "
       "mail: {to: [good@example.org, gone@example.org]}"});
  Start();
  ASSERT_NO_FATAL_FAILURE(Decide(2));
  ASSERT_TRUE(Eventually([&] { return Mailed() == Journal(); }));
  ASSERT_TRUE(Eventually([&] { return !Letters().empty(); }));
  ASSERT_NO_FATAL_FAILURE(Decide(2));
  ASSERT_TRUE(Eventually([&] { return Mailed() == Journal(); }));
  ASSERT_TRUE(Eventually([&] { return Letters().size() == mail_->Mails().size(); }));
  const std::size_t refused = mail_->Mails().size();
  mail_->Refuse("");
  ASSERT_NO_FATAL_FAILURE(Decide(1));
  ASSERT_TRUE(Eventually([&] { return Mailed() == Journal(); }));
  std::multiset<std::uint64_t> entries;
  for (const Json& mail : mail_->Mails()) {
    for (const std::uint64_t seq : Named(BodyOf(mail))) entries.insert(seq);
  }
  EXPECT_EQ(entries.size(), Journal().size()) << "sent again to whom had it";
  for (std::size_t i = 0; i < mail_->Mails().size(); ++i) {
    const Json to = i < refused ? Json::array({"good@example.org"})
                                : Json::array({"good@example.org", "gone@example.org"});
    EXPECT_EQ(mail_->Mails().at(i).at("to"), to) << i;
  }
  for (const std::string& name : Letters()) {
    const Json letter{{"content", ReadFile(state_ + "/dead-letters/" + name)}};
    EXPECT_EQ(HeaderOf(letter, "To"), "gone@example.org");
  }
  EXPECT_NE(Log().find("refused 1 of 2 recipients (550)"), std::string::npos);
  EXPECT_NE(Log().find("given up for 1 of its recipients after 2 tries"), std::string::npos);
  EXPECT_EQ(Log().find('@'), std::string::npos);
}

TEST_F(Notify, WhoIsRefusedForAWhileGetsItLater) {
  mail_->Refuse("busy@example.org");
  Configure(
      {"name: people, entries: [PollCompleted], "
       "mail: {to: [good@example.org, busy@example.org]}"});
  Start();
  ASSERT_TRUE(Eventually([&] { return mail_->Mails().size() == 1; }));
  // Over a kill, too.
  ASSERT_TRUE(
      Eventually([&] { return Log().find("tried again on their own") != std::string::npos; }));
  notify_.Kill(SIGKILL);
  notify_.Wait();
  mail_->Refuse("");
  Start();
  ASSERT_TRUE(Eventually([&] { return mail_->Mails().size() >= 2; }));
  const Json first = mail_->Mails().front();
  const Json last = mail_->Mails().back();
  EXPECT_EQ(first.at("to"), Json::array({"good@example.org"}));
  EXPECT_TRUE(last.at("to").back() == "busy@example.org") << last.at("to");
  EXPECT_EQ(HeaderOf(first, "Message-ID"), HeaderOf(last, "Message-ID"));
}

TEST_F(Notify, AMailServerThatHangsHoldsUpNoStop) {
  mail_->Hang("DATA");
  Configure({"name: people, entries: [PollCompleted], mail: {to: [a@example.org]}"});
  Start();
  ASSERT_TRUE(Eventually([&] { return mail_->hangs(); }));
  notify_.Kill(SIGTERM);
  EXPECT_TRUE(Eventually([&] { return notify_.HasEnded(); }, std::chrono::seconds(10)))
      << "the unit's TimeoutStopSec is 15 s";
  notify_.Kill(SIGKILL);
  EXPECT_EQ(notify_.Wait(), 0);
  // It has the mail, and does not answer our good-bye.
  mail_->Hang("QUIT");
  Start();
  ASSERT_TRUE(Eventually([&] { return mail_->hangs(); }));
  EXPECT_TRUE(Eventually([&] { return Log().find(": told entry ") != std::string::npos; },
                         std::chrono::seconds(20)));
  EXPECT_EQ(mail_->Mails().size(), 1U);
}

// 2xx is success; a body that is long, or that never ends, is the receiver's own affair.
TEST_F(Notify, TheStatusOfAWebhookDecidesWhateverBodyComes) {
  HttpReceiver lengthy([](std::size_t, const Got&) { return 200; }, "",
                       [](httplib::Response& response) {
                         response.set_content(std::string(std::size_t{3} << 20U, 'x'),
                                              "text/plain");
                       });
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  HttpReceiver slow([](std::size_t, const Got&) { return 200; }, "",
                    [&ended](httplib::Response& response) {
                      response.set_chunked_content_provider(
                          "text/plain", [&ended](std::size_t, httplib::DataSink& sink) {
                            ended.wait();
                            sink.done();
                            return true;
                          });
                    });
  Configure({"name: lengthy, tries: 1, entries: [PollCompleted], " + ToWebhook(lengthy),
             "name: slow, tries: 1, entries: [PollCompleted], " + ToWebhook(slow)});
  Start();
  for (const char* rule : {"lengthy", "slow"}) {
    EXPECT_TRUE(Eventually([&] {
      return Log().find(std::string(rule) + ".tcs: told entry ") != std::string::npos ||
             !Letters().empty();
    })) << rule;
  }
  EXPECT_TRUE(Letters().empty()) << Letters().front();
  EXPECT_EQ(lengthy.All().size(), 1U);
  EXPECT_EQ(slow.All().size(), 1U);
  notify_.Kill(SIGTERM);
  end.set_value();
}

TEST_F(Notify, NothingGoesToAMailServerWithoutStartTls) {
  mail_->Stop();
  ASSERT_NO_FATAL_FAILURE(mail_->Start(true));
  Configure({"name: people, tries: 1, entries: [PollCompleted], mail: {to: [a@example.org]}"});
  Start();
  ASSERT_TRUE(Eventually([&] { return !Letters().empty(); }));
  EXPECT_TRUE(mail_->Mails().empty());
  EXPECT_TRUE(Letters().front().ends_with(".eml"));
}

TEST_F(Notify, AMailSaysWhatAwaitsWhomAndItsHeadersStayOurs) {
  // A name with everything that mail could stumble over.
  Configure({"name: people, mail: {to: [a@example.org]}"}, "École =?utf-8?q?x?= <b@example.org>");
  Start();
  ASSERT_TRUE(Eventually([&] { return !mail_->Mails().empty(); }));
  const Json mail = mail_->Mails().front();
  const std::string body = BodyOf(mail);
  EXPECT_NE(body.find("This awaits a reviewer. Run:\n    rosterctl --school tcs users\n"),
            std::string::npos)
      << body;
  EXPECT_NE(body.find("    rosterctl --school tcs ack "), std::string::npos) << body;
  EXPECT_TRUE(HeaderOf(mail, "Subject").starts_with("=?UTF-8?B?")) << HeaderOf(mail, "Subject");
  EXPECT_EQ(HeaderOf(mail, "Subject").find("b@example.org"), std::string::npos);
  EXPECT_EQ(HeaderOf(mail, "To"), "a@example.org");
  EXPECT_EQ(mail.at("to"), Json::array({"a@example.org"}));
  // ids alone, and no secret in the log
  for (const char* word : {"made-up", "@"}) EXPECT_EQ(Log().find(word), std::string::npos) << word;
}

TEST_F(Notify, ADigestIsOneMessage) {
  HttpReceiver receiver([](std::size_t, const Got&) { return 200; });
  ASSERT_NO_FATAL_FAILURE(Decide(3));
  Configure({"name: program, entries: all, digest: 2s, " + ToWebhook(receiver)});
  Start();
  ASSERT_TRUE(Eventually([&] { return !receiver.All().empty(); }));
  const Json event = Json::parse(receiver.All().front().body);
  EXPECT_EQ(event.at("type"), "rosterd.v1.Digest");
  EXPECT_EQ(event.at("data").at("entries").size(), Journal().size());
}

TEST_F(Notify, OnlyOneAtATime) {
  Configure({"name: people, mail: {to: [a@example.org]}"});
  Start();
  ASSERT_TRUE(Eventually([&] { return Log().find("is ready") != std::string::npos; }));
  const auto second = e2e::Run(
      {e2e::Program("client/notify/roster-notify"), "--config", world_.Path("notify.yaml")});
  EXPECT_EQ(second.code, 1);
  EXPECT_NE(second.err.find("Another roster-notify works with"), std::string::npos) << second.err;
}

TEST_F(Notify, CheckNamesLinesAndWhatIsAllowed) {
  Configure({"name: people, entries: [NoSuchType], mail: {to: [a@example.org]}"});
  const auto checked = e2e::Run({e2e::Program("client/notify/roster-notify"), "--check", "--config",
                                 world_.Path("notify.yaml")});
  EXPECT_EQ(checked.code, 2);
  EXPECT_NE(checked.err.find("notify.yaml:12: rules[0].entries[0]: must be one of Acknowledged, "),
            std::string::npos)
      << checked.err;
  const auto good = [&](const std::string& rule) {
    Configure({rule});
    const auto ran = e2e::Run({e2e::Program("client/notify/roster-notify"), "--check", "--config",
                               world_.Path("notify.yaml")});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  };
  const std::string words = world_.Path("notify.yaml") + " is good: 1 rule, 1 school";
  EXPECT_EQ(good("name: people, mail: {to: [a@example.org]}"), words + "\n");
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_EQ(good("name: program, webhook: {url: \"https://example.org/\", "
                 "secret: {credential: hook}}"),
            words + "; credentials were not looked at: systemd hands them out\n");
}

// From another machine, as it were: by a key that has the role subscriber, and no other.
// Started before its key stands in the config: it says so, and comes in by itself when it does.
TEST(NotifyOverTcp, TheRoleSubscriberIsEnoughOnceItsKeyIsKnown) {
  std::string keys = (fs::temp_directory_path() / "keys-XXXXXX").string();
  ASSERT_NE(::mkdtemp(keys.data()), nullptr);
  const auto make = [&keys](const std::string& name) {
    const auto made =
        e2e::Run({e2e::Program("client/rosterctl"), "--json", "keygen", name, "--dir", keys});
    EXPECT_EQ(made.code, 0) << made.err;
    return Json::parse(made.out).at("publicKey").get<std::string>();
  };
  const std::string server = make("server");
  e2e::WorldOptions options = e2e::SmallSchool(62);
  options.endpoints =
      "{control: \"tcp://127.0.0.1:0\", events: \"tcp://127.0.0.2:0\", "
      "tasks: \"tcp://127.0.0.3:0\"}";
  options.top = "network: {certificate: {file: " + keys + "/server.cert_secret}}\naccess:\n" +
                "  - {name: ann, keys: [\"" + make("ann") + "\"], roles: [reviewer, operator]}\n";
  const std::string entry =
      "  - {name: notify, keys: [\"" + make("notify") + "\"], roles: [subscriber]}\n";
  e2e::World world(options);
  world.StartDaemon();
  std::string endpoint;
  ASSERT_TRUE(Eventually([&] {
    const std::string logs = world.Logs();
    const std::size_t at = logs.find("control at tcp://");
    if (at == std::string::npos) return false;
    const std::size_t end = logs.find_first_of(", \n", at + 11);
    if (end == std::string::npos) return false;
    endpoint = logs.substr(at + 11, end - at - 11);
    return true;
  }));
  HttpReceiver receiver([](std::size_t, const Got&) { return 200; });
  fs::create_directory(world.Path("notify"));
  WriteFile(world.Path("webhook-secret"), kSecret, true);
  WriteFile(world.Path("notify.yaml"),
            "state_dir: " + world.Path("notify") + "\nrosterd: {control: \"" + endpoint +
                "\", server_key: \"" + server + "\", certificate: {file: " + keys +
                "/notify.cert_secret}}\nschools: [{id: tcs}]\nrules:\n" +
                "  - {name: w, entries: all, since: beginning, webhook: {url: \"" + receiver.url() +
                "\", secret: {file: " + world.Path("webhook-secret") + "}}}\n");
  const e2e::Process notify = e2e::Process::Start(
      {e2e::Program("client/notify/roster-notify"), "--config", world.Path("notify.yaml")},
      world.Path("notify.log"));
  const auto ctl = [&](std::vector<std::string> command) {
    command.insert(command.begin(), {e2e::Program("client/rosterctl"), "--endpoint", endpoint,
                                     "--server-key=" + server, "--key", keys + "/ann.cert_secret"});
    return e2e::Run(command);
  };
  ASSERT_TRUE(Eventually([&] {
    return ReadFile(world.Path("notify.log")).find("does not let your key in") != std::string::npos;
  }));
  std::string config = ReadFile(world.config());
  config.insert(config.find("  - {name: ann,"), entry);
  WriteFile(world.config(), config, true);
  const auto reloaded = ctl({"reload"});
  ASSERT_EQ(reloaded.code, 0) << reloaded.err;
  const auto polled = ctl({"poll", "--wait"});
  ASSERT_EQ(polled.code, 0) << polled.err;
  EXPECT_TRUE(Eventually([&] { return receiver.All().size() >= 2; }))
      << ReadFile(world.Path("notify.log"));
  fs::remove_all(keys);
}

}  // namespace
}  // namespace roster::notify
