#include "daemon/base/rate_limit.h"

#include <algorithm>

namespace roster {

TokenBucket::TokenBucket(Limit limit, Duration grain) : limit_(limit), grain_(grain) {}

void TokenBucket::Return(Time now) {
  while (!taken_.empty() && taken_.front().at + limit_.window <= now) {
    used_ -= taken_.front().count;
    taken_.pop_front();
  }
}

Duration TokenBucket::WaitFor(std::uint32_t count, Time now) {
  if (!taken_.empty()) now = std::max(now, taken_.back().at);
  Return(now);
  if (used_ + count <= limit_.count) return Duration::zero();
  std::uint64_t to_free = used_ + count - limit_.count;
  for (const Taken& taken : taken_) {
    if (taken.count >= to_free) return taken.at + limit_.window - now;
    to_free -= taken.count;
  }
  return limit_.window;  // more was asked for than the limit holds
}

std::uint32_t TokenBucket::Left(Time now) {
  if (!taken_.empty()) now = std::max(now, taken_.back().at);
  Return(now);
  return used_ < limit_.count ? limit_.count - static_cast<std::uint32_t>(used_) : 0;
}

void TokenBucket::Take(std::uint32_t count, Time now) {
  if (count == 0) return;
  if (!taken_.empty()) now = std::max(now, taken_.back().at);
  Return(now);
  used_ += count;
  if (!taken_.empty() && grain_ > Duration::zero() && grain_start_ + grain_ > now) {
    taken_.back().count += count;
    taken_.back().at = now;
    return;
  }
  grain_start_ = now;
  taken_.push_back({now, count});
}

void TokenBucket::Restore(const std::vector<Taken>& taken) {
  taken_.assign(taken.begin(), taken.end());
  used_ = 0;
  for (const Taken& run : taken_) used_ += run.count;
}

}  // namespace roster
