#pragma once

// The worker's loop: leases, executes, reports. One thread owns the channel and the protocol, the
// crew's threads execute. Keeps no state: whatever is lost here is found again by looking at the
// site (design, "Words").

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/random.h"
#include "daemon/bus/worker_channel.h"
#include "daemon/worker/crew.h"
#include "daemon/worker/lease_protocol.h"

namespace roster::worker {

struct WorkerSettings {
  ProtocolSettings protocol;
  // After a stop request: how long to wait for what is being written and for its report.
  Duration stop_grace = std::chrono::seconds(8);
  // once: how long to wait for a daemon that does not answer.
  Duration once_unanswered_max = std::chrono::seconds(60);
  // Called at each turn of the loop, which takes a second or so whatever the crew does: whoever
  // watches over the loop is told that it goes on. May be empty.
  std::function<void()> turned = nullptr;
};

class Worker {
 public:
  // References must outlive it. `set_rate` gets a site's share of its rate limit.
  Worker(WorkerSettings settings, bus::WorkerChannel& channel, const Clock& clock, Random& random,
         SiteMaker make_site, std::function<void(const SchoolId&, double)> set_rate);

  struct End {
    std::optional<Error> error;    // the endpoint can't be used
    bool unanswered = false;       // once: gave up on the daemon
    std::size_t left_running = 0;  // tasks that did not end in time: do not destroy, exit
    std::size_t unreported = 0;    // held when it ended; their leases run out
  };

  // Until `stop` is requested, or nothing is left to do (once). Logs; never throws. Call once.
  End Run(const std::stop_token& stop);

 private:
  void BeginStop();
  void CollectEnded();
  void StartTasks();
  void SendDue();
  void Receive();
  void Take(const std::string& payload);
  void Apply(const ReplyEffects& effects);
  void LogUnanswered();

  WorkerSettings settings_;
  bus::WorkerChannel& channel_;
  const Clock& clock_;
  LeaseProtocol protocol_;
  Crew crew_;
  std::function<void(const SchoolId&, double)> set_rate_;
  std::stop_token stop_;
  bool stopping_ = false;
  Duration stop_until_{};
  std::optional<Duration> complained_at_;
  std::optional<Error> error_;
};

}  // namespace roster::worker
