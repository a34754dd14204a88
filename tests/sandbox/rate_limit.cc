#include "tests/sandbox/rate_limit.h"

#include <algorithm>

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {
namespace {

constexpr int64_t kSecondMs = 1000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kDayMs = 24 * 60 * kMinuteMs;

int64_t SecondsUntil(int64_t then_ms, int64_t now_ms) {
  return std::max<int64_t>(1, (then_ms - now_ms + kSecondMs - 1) / kSecondMs);
}

}  // namespace

std::optional<Tier> TierNamed(std::string_view name) {
  if (EqualNoCase(name, "basic")) return Tier{10, 10, 10'000};
  if (EqualNoCase(name, "pro")) return Tier{10, 100, 100'000};
  if (EqualNoCase(name, "enterprise")) return Tier{10, 600, 1'000'000};
  return std::nullopt;
}

void RateLimit::set_tier(std::optional<Tier> tier) {
  const std::lock_guard lock(mutex_);
  tier_ = tier;
}

std::optional<Refusal> RateLimit::Take(int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (!tier_) return std::nullopt;
  while (!minute_.empty() && minute_.front() <= now_ms - kMinuteMs) minute_.pop_front();
  while (!day_.empty() && day_.begin()->first * kMinuteMs <= now_ms - kDayMs) {
    in_day_ -= day_.begin()->second;
    day_.erase(day_.begin());
  }
  if (in_day_ >= tier_->per_day) {
    return Refusal{true, SecondsUntil(day_.begin()->first * kMinuteMs + kDayMs, now_ms)};
  }
  const auto in_minute = static_cast<int64_t>(minute_.size());
  if (in_minute >= tier_->per_minute) {
    const int64_t frees = minute_[static_cast<size_t>(in_minute - tier_->per_minute)];
    return Refusal{false, SecondsUntil(frees + kMinuteMs, now_ms)};
  }
  if (in_minute >= tier_->per_second) {
    const int64_t frees = minute_[static_cast<size_t>(in_minute - tier_->per_second)];
    if (frees > now_ms - kSecondMs) {
      return Refusal{false, SecondsUntil(frees + kSecondMs, now_ms)};
    }
  }
  minute_.push_back(now_ms);
  ++day_[now_ms / kMinuteMs];
  ++in_day_;
  return std::nullopt;
}

void RateLimit::Spend(int64_t calls, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  day_[now_ms / kMinuteMs] += calls;
  in_day_ += calls;
}

}  // namespace roster::sandbox
