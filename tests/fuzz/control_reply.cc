// rosterctl before a daemon that answers anything: each command ends, with an exit code it knows,
// and shows nothing that would drive a terminal.

#include <csignal>
#include <deque>
#include <memory>
#include <sstream>

#include "client/program.h"
#include "daemon/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/journal.h"
#include "tests/fuzz/message_mutator.h"

namespace roster::fuzz {
namespace {

using namespace client;

// In the corpus by number: add at the end.
const std::vector<std::vector<std::string>>& CommandLines() {
  static const std::vector<std::vector<std::string>> lines = {
      {"status"},
      {"status", "--exit-code"},
      {"poll"},
      {"poll", "--wait"},
      {"users"},
      {"users", "--fields", "--status", "all"},
      {"select", "10412"},
      {"select", "--all"},
      {"duplicates", "--status", "all"},
      {"resolve", "3", "--keep", "20003"},
      {"matches"},
      {"match", "998", "--account", "4f1c"},
      {"excluded", "--status", "all"},
      {"exclude", "family", "812"},
      {"plan"},
      {"plan", "2"},
      {"sync", "2", "--yes", "--wait"},
      {"sync"},
      {"invite", "--yes", "--wait"},
      {"invite", "--log"},
      {"undo", "2"},
      {"tasks"},
      {"retry", "--all"},
      {"confirm", "2.1"},
      {"explain", "10412"},
      {"events"},
      {"events", "--follow", "--since", "0"},
      {"journal", "verify"},
      {"journal"},
  };
  return lines;
}

// Moves when somebody waits; is interrupted in the end, so that what follows for ever ends too.
class EndingClock : public client::Clock {
 public:
  std::chrono::steady_clock::time_point Now() const override { return now_; }
  void Wait(std::chrono::milliseconds duration) override {
    now_ += duration;
    ++waits_;
  }
  bool Interrupted() const override { return waits_ >= kWaitsMax; }

 private:
  static constexpr int kWaitsMax = 300;
  std::chrono::steady_clock::time_point now_{};
  int waits_ = 0;
};

// Gives the session's answers in turn; then is silent.
class AnsweringChannel : public Channel {
 public:
  AnsweringChannel(const Run& session, EndingClock& clock) : session_(session), clock_(clock) {}

  Answer<bool> Send(const std::string& frame, Millis) override {
    v1::Request request;
    Expect(request.ParseFromString(frame), "rosterctl sends no request.");
    Expect(IsCommand(request) == !request.command_id().empty(), "A command has no id.");
    if (next_ == session_.answers_size()) return true;
    const Answered& answered = session_.answers(next_++);
    if (!answered.raw().empty()) {
      frames_.push_back(answered.raw());
      return true;
    }
    v1::Reply reply = answered.reply();
    if (!answered.late()) reply.set_request_id(request.request_id());
    if (reply.version() == 0) reply.set_version(1);
    if (reply.has_replay()) {
      for (const Entry& entry : answered.entries()) {
        reply.mutable_replay()->add_entries(journal_.Add(entry));
      }
    }
    frames_.push_back(reply.SerializeAsString());
    return true;
  }
  Answer<std::optional<std::string>> Receive(Millis wait_max) override {
    if (frames_.empty()) {
      clock_.Wait(wait_max);
      return std::nullopt;
    }
    std::string frame = std::move(frames_.front());
    frames_.pop_front();
    return frame;
  }
  std::string_view endpoint() const override { return "ipc:///nowhere/control.sock"; }

 private:
  const Run& session_;
  EndingClock& clock_;
  int next_ = 0;
  std::deque<std::string> frames_;
  Journal journal_;
};

class HeardFeed : public client::Feed {
 public:
  HeardFeed(const Run& session, EndingClock& clock) : session_(session), clock_(clock) {}

  Answer<std::optional<Published>> Receive(Millis wait_max) override {
    while (next_ < session_.heard_size()) {
      const Heard& heard = session_.heard(next_++);
      const std::string topic(kSchool);
      switch (heard.what_case()) {
        case Heard::kEntry:
          return Published{topic + ".Any", journal_.Add(heard.entry())};
        case Heard::kRawEntry:
          return Published{topic + ".Any", heard.raw_entry()};
        case Heard::kBeat:
          return Published{topic + ".Beat", heard.beat().SerializeAsString()};
        case Heard::kRawBeat:
          return Published{topic + ".Beat", heard.raw_beat()};
        default:
          break;
      }
    }
    clock_.Wait(wait_max);
    return std::nullopt;
  }

 private:
  const Run& session_;
  EndingClock& clock_;
  int next_ = 0;
  Journal journal_;
};

// rosterctl catches interrupts while it follows; whoever fuzzes wants them back.
class KeepSignals {
 public:
  KeepSignals() {
    sigaction(SIGINT, nullptr, &interrupt_);
    sigaction(SIGTERM, nullptr, &terminate_);
  }
  ~KeepSignals() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGTERM, &terminate_, nullptr);
  }

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

void CheckJson(const std::string& out) {
  Expect(IsValidUtf8(out), "JSON is not UTF-8:", out);
  for (const char c : out) {
    Expect(static_cast<unsigned char>(c) >= 0x20 || c == '\n',
           "A control character is in the JSON:", out);
  }
}

void Check(std::string_view bytes) {
  Run session;
  if (!session.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  std::vector<std::string> args = CommandLines()[session.command() % CommandLines().size()];
  if (session.json()) args.emplace_back("--json");

  const KeepSignals keep;
  EndingClock clock;
  std::istringstream in("y\n");
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal;
  terminal.in = terminal.out = true;
  Console console(in, out, err, terminal);
  using Keys = std::optional<client::CallKeys>;
  World world{console, clock,
              [&](const std::string&, const Keys&) {
                return std::make_unique<AnsweringChannel>(session, clock);
              },
              [&](const std::string&, const std::vector<std::string>&,
                  const Keys&) -> Answer<std::unique_ptr<client::Feed>> {
                return std::make_unique<HeardFeed>(session, clock);
              }};
  const int exit = RunProgram(std::move(args), world);
  Expect((exit >= 0 && exit <= 3) || (exit >= 10 && exit <= 12), "An exit code nobody knows.");
  if (session.json()) {
    CheckJson(out.str());
    CheckJson(err.str());
  } else {
    ExpectHarmless(out.str());
    ExpectHarmless(err.str());
  }
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  roster::fuzz::Check(roster::fuzz::Bytes(data, size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  return roster::fuzz::MutateMessage(roster::fuzz::Run::default_instance(), data, size, size_max,
                                     seed);
}
