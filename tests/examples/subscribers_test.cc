// Subscribers written from proto/README.md, in three languages, against the real rosterd: they see
// every entry, once and in order, while PUB drops everything, over kill -9 and restarts of rosterd.
// Against one that is not what it was, or gives not what there is, they stop and say so.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>
#include <zmq.hpp>

#include "client/follow.h"
#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

namespace fs = std::filesystem;

enum class Pub { kReal, kBeatsAlone, kSilent };

// Stands between rosterd's events and a subscriber, and drops.
class Dropping {
 public:
  Dropping(std::string from, const std::string& to, Pub pub)
      : from_(std::move(from)), pub_(pub), out_(context_, zmq::socket_type::pub) {
    out_.bind(to);
    thread_ = std::jthread([this](const std::stop_token& stop) { Forward(stop); });
  }

 private:
  void Forward(const std::stop_token& stop) {
    zmq::socket_t in(context_, zmq::socket_type::sub);
    in.set(zmq::sockopt::linger, 0);
    out_.set(zmq::sockopt::linger, 0);
    in.set(zmq::sockopt::subscribe, "");
    in.set(zmq::sockopt::rcvtimeo, 50);
    in.connect(from_);
    while (!stop.stop_requested()) {
      zmq::message_t topic;
      zmq::message_t bytes;
      if (!in.recv(topic) || !in.recv(bytes)) continue;
      if (pub_ == Pub::kSilent || !topic.to_string_view().ends_with(".Beat")) continue;
      out_.send(topic, zmq::send_flags::sndmore);
      out_.send(bytes, zmq::send_flags::none);
    }
  }

  const std::string from_;
  const Pub pub_;
  zmq::context_t context_;
  zmq::socket_t out_;
  std::jthread thread_;
};

struct Case {
  std::string language;
  Pub pub;
};

// "pollCompleted", "poll_completed" and "PollCompleted" are the same.
std::string Plain(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c != '_') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

class Example : public testing::Test {
 protected:
  // Its program; skips the test where that can't be had.
  void Choose(const std::string& language) {
    if (language == "cpp") command_ = {Program("tests/examples/example-subscriber")};
    if (language == "python") {
      if (e2e::Run({"/usr/bin/python3", "-c", "import zmq, google.protobuf"}).code != 0) {
        GTEST_SKIP() << "python3-zmq or python3-protobuf is not installed";
      }
      ::setenv("PYTHONPATH", PYTHON_MESSAGES, 1);
      command_ = {"/usr/bin/python3", EXAMPLES_DIR "/subscriber.py"};
    }
    if (language == "node") {
      const std::string folder = Program("tests/examples/node");
      const Finished installed = e2e::Run(
          {"/usr/bin/env", "bash", "-c",
           "command -v node npm >/dev/null || { echo node or npm is not here >&2; exit 1; }\n"
           "mkdir -p \"$1\" && cd \"$1\" && exec 9>lock && flock 9\n"
           "if ! cmp -s \"$0/package-lock.json\" done; then\n"
           "  cp \"$0\"/package.json \"$0\"/package-lock.json . &&\n"
           "  npm ci --ignore-scripts --no-audit --no-fund && cp package-lock.json done || exit\n"
           "fi\n"
           "cp \"$0/subscriber.mjs\" .",
           EXAMPLES_DIR, folder});
      if (installed.code != 0) {
        GTEST_SKIP() << "npm can't install zeromq and protobufjs here: " << installed.err;
      }
      command_ = {"/usr/bin/env", "node", folder + "/subscriber.mjs", PROTO_DIR};
    }
  }

  std::vector<std::string> command_;
};

class Subscribers : public Example, public testing::WithParamInterface<Case> {
 protected:
  Subscribers() : world_(SmallSchool(51)) {}

  void SetUp() override {
    Choose(GetParam().language);
    if (IsSkipped() || HasFatalFailure()) return;
    world_.StartDaemon();
    const std::string real = "ipc://" + world_.Path("events.sock");
    events_ = real;
    if (GetParam().pub != Pub::kReal) {
      events_ = "ipc://" + world_.Path("dropped.sock");
      dropping_.emplace(real, events_, GetParam().pub);
    }
  }

  std::vector<std::string> Words(const std::string& count = "") const {
    std::vector<std::string> words = command_;
    words.insert(words.end(), {world_.endpoint(), world_.Path("cursor"), events_});
    if (!count.empty()) words.push_back(count);
    return words;
  }

  using Lines = std::vector<std::pair<std::uint64_t, std::string>>;
  static Lines Parse(std::istream& text) {
    Lines lines;
    std::uint64_t seq = 0;
    std::string name;
    while (text >> seq >> name) lines.emplace_back(seq, Plain(name));
    return lines;
  }
  Lines Log(const std::string& file) const {
    std::ifstream text(world_.Path(file));
    return Parse(text);
  }
  // The whole journal, as rosterd has it.
  Lines Journal() {
    Lines lines;
    for (const Json& entry : world_.Events()) {
      const auto found = std::find_if(entry.items().begin(), entry.items().end(),
                                      [](const auto& i) { return i.value().is_object(); });
      lines.emplace_back(std::stoull(entry.at("seq").get<std::string>()),
                         found == entry.items().end() ? "" : Plain(found.key()));
    }
    return lines;
  }
  bool Reaches(const std::string& file, std::uint64_t seq) const {
    return Eventually([&] {
      const Lines lines = Log(file);
      return !lines.empty() && lines.back().first >= seq;
    });
  }

  World world_;
  std::string events_;
  std::optional<Dropping> dropping_;
};

TEST_P(Subscribers, ConvergeWithTheJournal) {
  world_.StartWorker();
  world_.Poll();
  const Finished first = e2e::Run(Words("2"));
  ASSERT_EQ(first.code, 0) << first.out << first.err;

  Process subscriber = Process::Start(Words(), world_.Path("second.log"));
  world_.SelectAllNew();
  ASSERT_EQ(world_.Sync().code, 0);
  ASSERT_TRUE(Reaches("second.log", Journal().size()));
  subscriber.Kill(SIGKILL);
  subscriber.Wait();

  subscriber = Process::Start(Words(), world_.Path("third.log"));
  world_.daemon().Kill(SIGKILL);
  world_.daemon().Wait();
  world_.StartDaemon();
  world_.Poll();
  ASSERT_EQ(world_.Ctl({"deselect", "--all", "--status", "selected"}).code, 0);
  const Lines journal = Journal();
  ASSERT_TRUE(Reaches("third.log", journal.size()));
  subscriber.Kill(SIGKILL);
  subscriber.Wait();

  std::istringstream said(first.out);
  Lines seen = Parse(said);
  EXPECT_EQ(seen.size(), 2U);
  for (const char* file : {"second.log", "third.log"}) {
    const Lines lines = Log(file);
    ASSERT_FALSE(lines.empty());
    // What was seen and not on disk yet when it was killed comes again, and nothing is left out.
    EXPECT_LE(lines.front().first, seen.size() + 1);
    ASSERT_GE(lines.front().first, 1U);
    seen.resize(lines.front().first - 1);
    seen.insert(seen.end(), lines.begin(), lines.end());
  }
  EXPECT_EQ(seen, journal);
  EXPECT_GT(journal.size(), 25U);
}

std::string CaseName(const testing::TestParamInfo<Case>& info) {
  switch (info.param.pub) {
    case Pub::kReal:
      return info.param.language + "Heard";
    case Pub::kBeatsAlone:
      return info.param.language + "BeatsAlone";
    case Pub::kSilent:
      return info.param.language + "Deaf";
  }
  return info.param.language;
}

INSTANTIATE_TEST_SUITE_P(Languages, Subscribers,
                         testing::Values(Case{"cpp", Pub::kReal}, Case{"cpp", Pub::kSilent},
                                         Case{"cpp", Pub::kBeatsAlone}, Case{"python", Pub::kReal},
                                         Case{"python", Pub::kSilent},
                                         Case{"python", Pub::kBeatsAlone}, Case{"node", Pub::kReal},
                                         Case{"node", Pub::kSilent},
                                         Case{"node", Pub::kBeatsAlone}),
                         CaseName);

// A rosterd that a test makes say anything.
class MadeUp {
 public:
  explicit MadeUp(const std::string& folder)
      : control_endpoint_("ipc://" + folder + "/control.sock"),
        events_endpoint_("ipc://" + folder + "/events.sock"),
        control_(context_, zmq::socket_type::router),
        events_(context_, zmq::socket_type::pub) {
    control_.bind(control_endpoint_);
    events_.bind(events_endpoint_);
    control_.set(zmq::sockopt::rcvtimeo, 50);
    control_.set(zmq::sockopt::linger, 0);
    events_.set(zmq::sockopt::linger, 0);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) Turn();
    });
  }

  const std::string& control() const { return control_endpoint_; }

  // Entries until there are `count`, the last of which `actor` caused.
  void Write(std::uint64_t count, const std::string& actor) {
    const std::lock_guard lock(mutex_);
    while (journal_.size() < count) {
      client::v1::Entry entry;
      entry.set_version(1);
      entry.set_school("tcs");
      entry.set_seq(journal_.size() + 1);
      entry.set_actor(actor);
      entry.set_previous(HeadHash());
      entry.mutable_workers_back();
      journal_.push_back(entry.SerializeAsString());
    }
  }
  // The last entry is another one.
  void Rewrite(const std::string& actor) {
    {
      const std::lock_guard lock(mutex_);
      journal_.pop_back();
    }
    Write(Head() + 1, actor);
  }
  std::uint64_t Head() const {
    const std::lock_guard lock(mutex_);
    return journal_.size();
  }
  int replays() const { return replays_; }

  std::atomic<std::uint64_t> pretended{0};  // entries that replays say there are, beyond the last
  std::atomic<int> unavailable{0};          // answers, from now on
  std::atomic<bool> garbage{false};         // on events, besides

 private:
  std::string HeadHash() const {
    return journal_.empty() ? std::string(32, '\0') : client::EntryHash(journal_.back());
  }
  void Publish(const std::string& topic, const std::string& bytes) {
    events_.send(zmq::buffer(topic), zmq::send_flags::sndmore);
    events_.send(zmq::buffer(bytes), zmq::send_flags::none);
  }
  void Turn() {
    client::v1::Beat beat;
    {
      const std::lock_guard lock(mutex_);
      beat.set_version(1);
      beat.set_school("tcs");
      beat.set_head(journal_.size());
      beat.set_head_hash(HeadHash());
    }
    Publish("tcs.Beat", beat.SerializeAsString());
    if (garbage) {
      Publish("tcs.Beat", "\xFF\xFF\xFF");
      Publish("tcs.WorkersBack", "\xFF\xFF\xFF");
    }
    zmq::message_t from;
    zmq::message_t bytes;
    if (!control_.recv(from) || !control_.recv(bytes)) return;
    client::v1::Request request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    const std::string reply = Answer(request).SerializeAsString();
    control_.send(from, zmq::send_flags::sndmore);
    control_.send(zmq::buffer(reply), zmq::send_flags::none);
  }
  client::v1::Reply Answer(const client::v1::Request& request) {
    client::v1::Reply reply;
    reply.set_version(1);
    reply.set_request_id(request.request_id());
    if (unavailable > 0) {
      --unavailable;
      reply.mutable_error()->set_code("unavailable");
      reply.mutable_error()->set_message("It has only just begun.");
      return reply;
    }
    const std::lock_guard lock(mutex_);
    if (request.has_get_status()) {
      reply.mutable_status()->set_events_endpoint(events_endpoint_);
      auto* school = reply.mutable_status()->add_schools();
      school->set_school("tcs");
      school->set_head(journal_.size());
      return reply;
    }
    ++replays_;
    auto* replay = reply.mutable_replay();
    replay->set_head(journal_.size() + pretended);
    for (std::uint64_t i = request.replay().since(); i < journal_.size(); ++i) {
      if (replay->entries_size() == static_cast<int>(request.replay().limit())) break;
      replay->add_entries(journal_[i]);
    }
    return reply;
  }

  const std::string control_endpoint_;
  const std::string events_endpoint_;
  mutable std::mutex mutex_;
  std::vector<std::string> journal_;
  std::atomic<int> replays_{0};
  zmq::context_t context_;
  zmq::socket_t control_;
  zmq::socket_t events_;
  std::jthread thread_;
};

class Doubtful : public Example, public testing::WithParamInterface<std::string> {
 protected:
  Doubtful() : folder_((fs::temp_directory_path() / "doubtful-XXXXXX").string()) {
    if (::mkdtemp(folder_.data()) != nullptr) rosterd_.emplace(folder_);
  }
  ~Doubtful() override {
    rosterd_.reset();
    fs::remove_all(folder_);
  }
  void SetUp() override {
    ASSERT_TRUE(rosterd_);
    Choose(GetParam());
  }

  std::vector<std::string> Words(const std::string& count = "") const {
    std::vector<std::string> words = command_;
    words.insert(words.end(), {rosterd_->control(), folder_ + "/cursor"});
    if (!count.empty()) words.insert(words.end(), {"ipc://" + folder_ + "/events.sock", count});
    return words;
  }
  // It ends by itself, and says why.
  static void Stops(const Finished& finished) {
    EXPECT_EQ(finished.code, 1) << "137: it went on";
    EXPECT_NE(finished.err.find("ournal"), std::string::npos) << finished.err;
    EXPECT_EQ(finished.err.find("Traceback"), std::string::npos) << finished.err;
  }
  std::string Said() const {
    std::ifstream file(folder_ + "/said");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
  std::optional<MadeUp> rosterd_;
};

TEST_P(Doubtful, WhatIsThereAndNotGivenEndsIt) {
  rosterd_->Write(3, "rosterd");
  rosterd_->pretended = 2;
  Stops(e2e::Run(Words(), "", std::chrono::seconds(30)));
  EXPECT_LE(rosterd_->replays(), 4);
}

TEST_P(Doubtful, AnotherJournalAfterARestartEndsIt) {
  rosterd_->Write(3, "rosterd");
  const Finished first = e2e::Run(Words("3"));
  ASSERT_EQ(first.code, 0) << first.err;
  rosterd_->Rewrite("uid:0");
  Stops(e2e::Run(Words(), "", std::chrono::seconds(30)));
}

TEST_P(Doubtful, ABeatThatDisagreesIsLookedInto) {
  rosterd_->Write(3, "rosterd");
  Process process = Process::Start(Words(), folder_ + "/said");
  ASSERT_TRUE(Eventually([&] { return Said().find("3 ") != std::string::npos; })) << Said();
  rosterd_->Rewrite("uid:0");
  ASSERT_TRUE(Eventually([&] { return process.HasEnded(); }, std::chrono::seconds(30))) << Said();
  EXPECT_EQ(process.Wait(), 1) << Said();
}

TEST_P(Doubtful, WhatIsUnavailableIsAskedForAgain) {
  rosterd_->Write(3, "rosterd");
  rosterd_->unavailable = 2;
  const Finished finished = e2e::Run(Words("3"), "", std::chrono::seconds(30));
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_NE(finished.out.find("3 "), std::string::npos) << finished.out;
}

TEST_P(Doubtful, WhatDoesNotParseIsAHintToAsk) {
  rosterd_->Write(3, "rosterd");
  const Process process = Process::Start(Words(), folder_ + "/said");
  ASSERT_TRUE(Eventually([&] { return Said().find("3 ") != std::string::npos; })) << Said();
  const int before = rosterd_->replays();
  rosterd_->garbage = true;
  ASSERT_TRUE(Eventually([&] { return rosterd_->replays() > before + 3; })) << Said();
  rosterd_->garbage = false;
  rosterd_->Write(4, "rosterd");
  EXPECT_TRUE(Eventually([&] { return Said().find("4 ") != std::string::npos; })) << Said();
  EXPECT_FALSE(process.HasEnded()) << Said();
}

INSTANTIATE_TEST_SUITE_P(Languages, Doubtful, testing::Values("cpp", "python", "node"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace roster::e2e
