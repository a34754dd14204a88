// The gateway's quota of one subscription key: sliding windows of a second, a minute and a day.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace roster::sandbox {

struct Tier {
  int64_t per_second;
  int64_t per_minute;
  int64_t per_day;
};

// basic, pro or enterprise, in any case; nullopt for other names.
std::optional<Tier> TierNamed(std::string_view name);

// Why a call is not let through.
struct Refusal {
  bool daily = false;  // the quota of the day: 403; otherwise 429
  int64_t wait_seconds = 1;
};

// Thread-safe.
class RateLimit {
 public:
  // No tier: no limits.
  explicit RateLimit(std::optional<Tier> tier) : tier_(tier) {}

  void set_tier(std::optional<Tier> tier);
  // Counts the call when it is let through. A refused call does not count.
  std::optional<Refusal> Take(int64_t now_ms);
  // Pretends that so many calls were made just before.
  void Spend(int64_t calls, int64_t now_ms);

 private:
  std::mutex mutex_;
  std::optional<Tier> tier_;
  std::deque<int64_t> minute_;      // times of the calls in the last minute
  std::map<int64_t, int64_t> day_;  // minute → calls: to the minute is exact enough for a day
  int64_t in_day_ = 0;
};

}  // namespace roster::sandbox
