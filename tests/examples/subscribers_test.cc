// Subscribers written from proto/README.md, in three languages, against the real rosterd: they see
// every entry, once and in order, while PUB drops everything, over kill -9 and restarts of rosterd.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>
#include <zmq.hpp>

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

class Subscribers : public testing::TestWithParam<Case> {
 protected:
  Subscribers() : world_(SmallSchool(51)) {}

  void SetUp() override {
    const std::string& language = GetParam().language;
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
  std::vector<std::string> command_;
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

}  // namespace
}  // namespace roster::e2e
