#pragma once

// Put in front of daemon/worker.cc by the compiler, as dying_daemon.h is in front of rosterd's.

#include <utility>

#include "daemon/bus/zmq_worker_channel.h"
#include "tests/crash/dying_http.h"
#include "tests/crash/hasty_clock.h"
#include "tests/crash/kill_point.h"

namespace roster::bus {

class DyingWorkerChannel : public ZmqWorkerChannel {
 public:
  using ZmqWorkerChannel::ZmqWorkerChannel;

  Result<void> Send(std::string payload) override {
    crash::KillPoint("send.before");
    auto sent = ZmqWorkerChannel::Send(std::move(payload));
    crash::KillPoint("send.after");
    return sent;
  }
  Result<std::optional<std::string>> Receive(Duration wait_max) override {
    auto received = ZmqWorkerChannel::Receive(wait_max / HastyClock::kHaste);
    if (received && *received) crash::KillPoint("receive.after");
    return received;
  }
};

}  // namespace roster::bus

#define ZmqWorkerChannel DyingWorkerChannel
#define CurlHttp DyingHttp
#define SystemClock HastyClock
