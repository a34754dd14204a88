#pragma once

// The machine's clocks, ROSTER_HASTE times as fast: at five a lease of ten seconds runs out in two.
// Counted from ROSTER_CLOCK_ZERO (microseconds since 1970), so that all processes of one
// installation agree.

#include <cstdlib>
#include <string>

#include "daemon/base/system_clock.h"

#ifndef ROSTER_HASTE
#define ROSTER_HASTE 5
#endif

namespace roster {

class HastyClock : public Clock {
 public:
  static constexpr int kHaste = ROSTER_HASTE;

  HastyClock() {
    const char* zero = std::getenv("ROSTER_CLOCK_ZERO");
    zero_ = zero != nullptr ? Time(Duration(std::stoll(zero))) : clock_.Now();
  }
  Time Now() const override { return zero_ + kHaste * (clock_.Now() - zero_); }
  Duration Steady() const override { return kHaste * clock_.Steady(); }
  bool Wait(Duration duration, const std::stop_token& stop) const override {
    return clock_.Wait(duration / kHaste, stop);
  }

 private:
  SystemClock clock_;
  Time zero_;
};

}  // namespace roster
