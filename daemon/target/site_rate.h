#pragma once

// One site's rate limit, shared by all threads of a process that talk to it.

#include <mutex>
#include <stop_token>

#include "daemon/base/clock.h"
#include "daemon/base/rate_limit.h"

namespace roster::target {

// Thread-safe. `clock` must outlive it.
class SiteRate {
 public:
  // `requests_per_second`: see SetRate; out of range counts as kRateMin.
  SiteRate(double requests_per_second, const Clock& clock);

  // Requests a second, kRateMin to kRateMax; a higher one counts as kRateMax, a lower one as
  // kRateMin; one that is no number is ignored. What was already taken stays taken.
  void SetRate(double requests_per_second);
  double rate() const;

  // Blocks until a request may be made. False when `stop` was requested before.
  bool Acquire(const std::stop_token& stop);

  static constexpr double kRateMin = 0.01;
  static constexpr double kRateMax = 10'000;

 private:
  Time SteadyNow() const { return Time(clock_.Steady()); }

  const Clock& clock_;
  mutable std::mutex mutex_;
  double rate_;
  TokenBucket bucket_;
};

}  // namespace roster::target
