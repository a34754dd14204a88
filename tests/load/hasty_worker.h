#pragma once

// Put in front of daemon/worker.cc by the compiler, as hasty_daemon.h is in front of rosterd's.

#include "daemon/bus/zmq_worker_channel.h"
#include "tests/crash/hasty_clock.h"
#include "tests/load/hasty_http.h"

namespace roster::bus {

class HastyWorkerChannel : public ZmqWorkerChannel {
 public:
  using ZmqWorkerChannel::ZmqWorkerChannel;

  Result<std::optional<std::string>> Receive(Duration wait_max) override {
    return ZmqWorkerChannel::Receive(wait_max / HastyClock::kHaste);
  }
};

}  // namespace roster::bus

#define ZmqWorkerChannel HastyWorkerChannel
#define CurlHttp HastyHttp
#define SystemClock HastyClock
