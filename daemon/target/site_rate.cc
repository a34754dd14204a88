#include "daemon/target/site_rate.h"

#include <algorithm>
#include <cmath>

namespace roster::target {
namespace {

double Bounded(double rate) {
  return std::isfinite(rate) ? std::clamp(rate, SiteRate::kRateMin, SiteRate::kRateMax)
                             : SiteRate::kRateMin;
}

// A whole number of tokens over the time that keeps the rate exact: 2.5 a second is 2 in 0.8 s.
Limit LimitOf(double rate) {
  const auto count = static_cast<std::uint32_t>(std::max(1.0, std::floor(rate)));
  return {count, Duration(static_cast<Duration::rep>(std::ceil(1e6 * count / rate)))};
}

}  // namespace

SiteRate::SiteRate(double requests_per_second, const Clock& clock)
    : clock_(clock),
      rate_(Bounded(requests_per_second)),
      bucket_(LimitOf(rate_), Duration::zero()) {}

void SiteRate::SetRate(double requests_per_second) {
  if (!std::isfinite(requests_per_second)) return;
  const double rate = Bounded(requests_per_second);
  const std::lock_guard lock(mutex_);
  if (rate == rate_) return;
  TokenBucket changed(LimitOf(rate), Duration::zero());
  changed.Restore(bucket_.Save());
  bucket_ = std::move(changed);
  rate_ = rate;
}

double SiteRate::rate() const {
  const std::lock_guard lock(mutex_);
  return rate_;
}

bool SiteRate::Acquire(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Duration wait{};
    {
      const std::lock_guard lock(mutex_);
      const Time now = SteadyNow();
      wait = bucket_.WaitFor(1, now);
      if (wait <= Duration::zero()) {
        bucket_.Take(1, now);
        return true;
      }
    }
    // A minute at the most, so that a raised rate is noticed.
    if (!clock_.Wait(std::min<Duration>(wait, std::chrono::minutes(1)), stop)) return false;
  }
  return false;
}

}  // namespace roster::target
