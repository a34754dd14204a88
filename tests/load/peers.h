#pragma once

// Who loads the daemon, and how it bears it.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "roster/v1/control.pb.h"
#include "tests/e2e/world.h"

namespace roster::load {

// A line "Vm...:" of /proc/PID/status, in MiB.
std::uint64_t Memory(pid_t pid, const std::string& line);
// What a peak has to stay below, in MiB. The address sanitizer puts zones around everything, and
// keeps 256 MiB of what was freed before it is used again.
std::uint64_t MemoryMax(std::uint64_t baseline, std::uint64_t above);

// As many descriptors as this process may have.
void RaiseDescriptors();

// Starts rosterd and waits until it answers. `hasty`: the fast one, with workers to match.
void Start(e2e::World& world, bool hasty);
void StartWorker(e2e::World& world, bool hasty);

// How often a limit was reached, as `rosterctl --json status` says.
std::uint64_t TimesReached(e2e::World& world, const std::string& limit);
// How many lines of the log tell of it.
std::size_t LinesAbout(const e2e::World& world, const std::string& limit);

// A DEALER of this process. The context outlives it.
class Asker {
 public:
  Asker(zmq::context_t& context, const std::string& endpoint, int queue_max = 1000);

  // With a request id of its own. False when it can't be sent now.
  bool Ask(v1::Request request);
  bool Send(const std::string& frame);
  // nullopt: nothing came in time.
  std::optional<v1::Reply> Hear(std::chrono::milliseconds wait_max = std::chrono::seconds(60));
  // Asks, and hears the answer to just that. Empty when none came.
  v1::Reply Answered(v1::Request request);
  zmq::socket_t& socket() { return socket_; }

 private:
  zmq::socket_t socket_;
  std::uint64_t asked_ = 0;
};

v1::Request BigPage();  // 1,000 users
v1::Request Decision(bool sync, std::int64_t person, std::uint64_t number);
v1::Request ReplaySince(std::uint64_t since);

// Each entry of the journal, once, whether it was heard or asked for.
class Follower {
 public:
  // What a SUB received. True for an entry, false for a beat.
  bool Take(const std::string& topic, const std::string& bytes);
  // Asks for what is missing, until nothing is. How many entries were asked for.
  std::uint64_t CatchUp(Asker& asker);
  std::uint64_t size() const { return seen_.size(); }
  std::uint64_t head() const { return head_; }  // that it has heard of
  bool whole() const { return !seen_.empty() && seen_.size() == head_ && next_ == head_ + 1; }

 private:
  void Add(std::uint64_t seq, const std::string& bytes);
  std::map<std::uint64_t, std::size_t> seen_;  // number, length
  std::uint64_t head_ = 0;
  std::uint64_t next_ = 1;  // the first that is missing
};

// topic and bytes; nullopt: nothing there.
std::optional<std::pair<std::string, std::string>> Hear(zmq::socket_t& subscriber, bool wait);
zmq::socket_t Subscribe(zmq::context_t& context, const e2e::World& world, int queue_max);

// Requests with `ctl` from a thread, until stopped; all have to be answered.
class Onlooker {
 public:
  explicit Onlooker(e2e::World& world, std::vector<std::string> arguments = {"status"});
  std::uint64_t Stop();  // how many were answered; fails the test when one was not

 private:
  std::uint64_t answered_ = 0;
  std::string failed_;
  std::jthread thread_;
};

}  // namespace roster::load
