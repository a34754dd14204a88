#pragma once

// A world for rosterctl in one process: a daemon that is a function from request to reply, a clock
// that moves when somebody waits, and streams that are strings.

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "client/program.h"
#include "roster/v1/control.pb.h"

namespace roster::client {

class FakeClock : public Clock {
 public:
  std::chrono::steady_clock::time_point Now() const override { return now_; }
  void Wait(std::chrono::milliseconds duration) override {
    now_ += duration;
    ++waits_;
  }
  bool Interrupted() const override { return interrupted_ || waits_ >= waits_max_; }
  void Interrupt() { interrupted_ = true; }
  // A test that would wait for ever ends as if interrupted.
  int waits_max_ = 100'000;

 private:
  std::chrono::steady_clock::time_point now_{};
  int waits_ = 0;
  bool interrupted_ = false;
};

// Answers by the name of the request's field: "list_users", ...
class FakeDaemon : public Channel {
 public:
  using Handler = std::function<v1::Reply(const v1::Request&)>;

  FakeDaemon(FakeClock& clock, std::string endpoint = "ipc:///nowhere/control.sock")
      : clock_(clock), endpoint_(std::move(endpoint)) {}

  void On(const std::string& name, Handler handler) { handlers_[name] = std::move(handler); }
  void On(const std::string& name, const v1::Reply& reply) {
    On(name, [reply](const v1::Request&) { return reply; });
  }

  Answer<bool> Send(const std::string& frame, Millis wait_max) override;
  Answer<std::optional<std::string>> Receive(Millis wait_max) override;
  std::string_view endpoint() const override { return endpoint_; }

  // Every request that arrived, the repeated ones too.
  std::vector<v1::Request> requests;
  // How many are asked of this name.
  std::vector<v1::Request> Requests(const std::string& name) const;

  bool connected = true;
  int swallow = 0;                  // so many requests get no answer
  std::deque<std::string> unasked;  // frames that come before any answer

 private:
  FakeClock& clock_;
  std::string endpoint_;
  std::map<std::string, Handler> handlers_;
  std::deque<std::string> replies_;
};

class FakeFeed : public Feed {
 public:
  explicit FakeFeed(FakeClock& clock) : clock_(clock) {}
  Answer<std::optional<Published>> Receive(Millis wait_max) override;

  std::function<std::optional<Published>()> next;

 private:
  FakeClock& clock_;
};

struct Ran {
  int exit = 0;
  std::string out;
  std::string err;
};

class FakeWorld {
 public:
  FakeWorld();

  // `input` is what is typed at a question.
  Ran Run(std::vector<std::string> args, const std::string& input = "");

  FakeClock clock;
  FakeDaemon daemon{clock};
  Terminal terminal;                                    // as it is now: a test may resize it
  std::function<std::optional<Published>()> published;  // what the events socket brings
  std::vector<std::string> subscriptions;               // "endpoint school"
  std::optional<CallKeys> keys;                         // that the last run would have used
};

// Compares with the file of that name; ROSTER_UPDATE_GOLDEN=1 writes it instead.
void ExpectGolden(const std::string& name, const std::string& text);

// The exit code and both streams, in "NAME.WIDTH.txt".
void ExpectScreen(FakeWorld& world, const std::string& name, std::vector<std::string> args,
                  const std::string& input = "");

// ---- Replies of a made-up school, all at 2026-08-24 06:30 UTC.
google::protobuf::Timestamp At(std::int64_t seconds_after = 0);
v1::Counters SampleCounters();
std::vector<v1::UserRow> SampleUsers();
v1::Plan SamplePlan();
// A plan that two guards hold.
v1::Plan HeldPlan();
v1::Reply SampleStatus();
// Somebody with a role in these; in "tcs", unless a test says otherwise.
v1::Reply WhoIn(const std::vector<std::string>& schools);
// Of parents: a new mother, her husband shown for context, two who share an address.
std::vector<v1::UserRow> SampleParents();
v1::Reply StatusOfParents();
v1::Reply Page(const std::vector<v1::UserRow>& rows);
v1::Reply PlanPage(const std::vector<v1::UserRow>& rows);
v1::Reply PlanOf(const v1::Plan& plan);
v1::Reply ErrorOf(const std::string& code, const std::string& reason, const std::string& message);

}  // namespace roster::client
