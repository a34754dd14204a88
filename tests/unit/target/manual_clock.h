#pragma once

// A clock that stands still until somebody waits or moves it.

#include <mutex>
#include <vector>

#include "daemon/base/clock.h"

namespace roster::target {

class ManualClock : public Clock {
 public:
  Time Now() const override {
    const std::lock_guard lock(mutex_);
    return Time(std::chrono::sys_days(std::chrono::year(2026) / 8 / 24)) + steady_;
  }
  Duration Steady() const override {
    const std::lock_guard lock(mutex_);
    return steady_;
  }
  bool Wait(Duration duration, const std::stop_token& stop) const override {
    if (stop.stop_requested()) return false;
    const std::lock_guard lock(mutex_);
    steady_ += duration;
    waits_.push_back(duration);
    return true;
  }

  void Advance(Duration duration) {
    const std::lock_guard lock(mutex_);
    steady_ += duration;
  }
  std::vector<Duration> waits() const {
    const std::lock_guard lock(mutex_);
    return waits_;
  }

 private:
  mutable std::mutex mutex_;
  mutable Duration steady_ = std::chrono::hours(1);
  mutable std::vector<Duration> waits_;
};

}  // namespace roster::target
