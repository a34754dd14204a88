#pragma once

// Put in front of daemon/rosterd.cc by the compiler (-include, see CMakeLists.txt): the same main,
// with clock, waits and timeouts ROSTER_HASTE times as fast.

#include <memory>
#include <utility>
#include <vector>

#include "daemon/bus/zmq_bus.h"
#include "tests/crash/hasty_clock.h"
#include "tests/load/hasty_http.h"

namespace roster::bus {

class HastyBus : public Bus {
 public:
  static Result<std::unique_ptr<HastyBus>> Open(const Endpoints& endpoints, const BusLimits& limits,
                                                const std::optional<CurveKeys>& keys,
                                                const Gate& gate) {
    ROSTER_ASSIGN(auto bus, ZmqBus::Open(endpoints, limits, keys, gate), "");
    return std::unique_ptr<HastyBus>(new HastyBus(std::move(bus)));
  }

  Result<std::vector<Inbound>> Receive(Duration wait_max, std::size_t count_max) override {
    return bus_->Receive(wait_max / HastyClock::kHaste, count_max);
  }
  void Send(Channel channel, const std::string& route, std::string payload) override {
    bus_->Send(channel, route, std::move(payload));
  }
  void Publish(const std::string& topic, std::string_view payload) override {
    bus_->Publish(topic, payload);
  }
  void AskGateAgain() override { bus_->AskGateAgain(); }
  std::vector<TurnedAway> TakeTurnedAway() override { return bus_->TakeTurnedAway(); }
  void Wake() override { bus_->Wake(); }
  Counters counters() const override { return bus_->counters(); }
  const Endpoints& endpoints() const { return bus_->endpoints(); }

 private:
  explicit HastyBus(std::unique_ptr<ZmqBus> bus) : bus_(std::move(bus)) {}
  const std::unique_ptr<ZmqBus> bus_;
};

}  // namespace roster::bus

#define ZmqBus HastyBus
#define CurlHttp HastyHttp
#define SystemClock HastyClock
