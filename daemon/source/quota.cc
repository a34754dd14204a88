#include "daemon/source/quota.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace roster::source {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// How coarsely uses are kept: 600 a minute and a million a day would be long lists otherwise.
constexpr Duration kMinuteGrain = seconds(1);
constexpr Duration kDayGrain = minutes(10);

Time LastStamp(const QuotaState& state) {
  Time last{};
  for (const auto& taken : state.taken) {
    for (const TokenBucket::Taken& run : taken) last = std::max(last, run.at);
  }
  return last;
}

Error Exhausted(Duration wait) {
  return {Code::kExhausted, "quota-exhausted",
          "the FACTS subscription key's quota is used up; requests are possible again in " +
              FormatDuration(wait),
          std::chrono::ceil<milliseconds>(wait)};
}

}  // namespace

std::optional<QuotaLimits> TierLimits(std::string_view tier) {
  if (tier == "basic") return QuotaLimits{10, 10, 10'000};
  if (tier == "pro") return QuotaLimits{10, 100, 100'000};
  if (tier == "enterprise") return QuotaLimits{10, 600, 1'000'000};
  return std::nullopt;
}

Quota::Quota(QuotaLimits limits, const Clock& clock, Persist persist, const QuotaState& kept)
    : clock_(clock),
      persist_(std::move(persist)),
      start_steady_(clock.Steady()),
      second_({limits.per_second, seconds(1)}, Duration::zero()),
      minute_({limits.per_minute, minutes(1)}, kMinuteGrain),
      day_({limits.per_day, hours(24)}, kDayGrain) {
  second_.Restore(kept.taken[0]);
  minute_.Restore(kept.taken[1]);
  day_.Restore(kept.taken[2]);
  closed_until_ = LastStamp(kept);
  // The state was written kReservationLife before its last stamp, and it is not earlier than that.
  start_ = std::max(clock.Now(), closed_until_ - kReservationLife);
  refused_until_ = std::min(kept.refused_until.value_or(Time{}), start_ + kRefusedMax);
}

Time Quota::Now() const { return start_ + (clock_.Steady() - start_steady_); }

bool Quota::Reserved(Time now) const { return reservation_.left > 0 && now <= reservation_.end; }

Duration Quota::WaitForOne(Time now) {
  const Time open = std::max(closed_until_, refused_until_);
  if (now < open) return open - now;
  return std::max({second_.WaitFor(1, now), minute_.WaitFor(1, now), day_.WaitFor(1, now)});
}

QuotaState Quota::StateWith(const Reservation& reservation) const {
  const auto with = [&reservation](TokenBucket bucket) {
    bucket.Take(reservation.left, reservation.end);
    return bucket.Save();
  };
  return {{with(second_), with(minute_), with(day_)}, refused_until_};
}

QuotaState Quota::Save() const {
  const std::lock_guard lock(mutex_);
  return StateWith({});
}

Quota::Rest Quota::Left() {
  const std::lock_guard lock(mutex_);
  const Time now = Now();
  Rest rest{minute_.Left(now), day_.Left(now), std::nullopt};
  if (refused_until_ > now) rest.refused_until = refused_until_;
  return rest;
}

Result<void> Quota::Reserve() {
  const std::lock_guard persisting(persisting_);
  Reservation next;
  QuotaState state;
  {
    const std::lock_guard lock(mutex_);
    const Time now = Now();
    // Another thread has been faster: with a reservation, or with the last request that was free.
    if (Reserved(now) || WaitForOne(now) > Duration::zero()) return {};
    // The old one is over: from here on nothing is used until the new one stands.
    reservation_ = {};
    next = {kBlock, now + kReservationLife};
    state = StateWith(next);
  }
  ROSTER_TRY(persist_(state), "The use of the FACTS quota could not be written down");
  const std::lock_guard lock(mutex_);
  reservation_ = next;
  return {};
}

// A place in the line. Only whoever stands first in it takes a request, waits by the clock, or
// writes a reservation down.
class Quota::Turn {
 public:
  explicit Turn(Quota& quota) : quota_(quota) {
    const std::lock_guard lock(quota_.mutex_);
    at_ = quota_.line_.insert(quota_.line_.end(), this);
  }
  ~Turn() {
    {
      const std::lock_guard lock(quota_.mutex_);
      quota_.line_.erase(at_);
    }
    quota_.line_moved_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // False when `stop` was requested before.
  bool BecomeFirst(const std::stop_token& stop, const std::function<void()>& waits) {
    std::unique_lock lock(quota_.mutex_);
    const auto first = [&] { return quota_.line_.front() == this; };
    if (first()) return true;
    if (waits) {
      lock.unlock();
      waits();
      lock.lock();
    }
    return quota_.line_moved_.wait(lock, stop, first);
  }

 private:
  Quota& quota_;
  std::list<const Turn*>::iterator at_;
};

Result<void> Quota::Acquire(const std::stop_token& stop, const std::function<void()>& waits) {
  const Duration begin = clock_.Steady();
  Turn turn(*this);
  if (!turn.BecomeFirst(stop, waits)) return Fail(Code::kUnavailable, "stopped", "stopped");
  for (;;) {
    if (stop.stop_requested()) return Fail(Code::kUnavailable, "stopped", "stopped");
    Duration wait{};
    {
      const std::lock_guard lock(mutex_);
      const Time now = Now();
      wait = WaitForOne(now);
      if (wait == Duration::zero() && Reserved(now)) {
        second_.Take(1, now);
        minute_.Take(1, now);
        day_.Take(1, now);
        --reservation_.left;
        return {};
      }
    }
    if (wait == Duration::zero()) {
      ROSTER_TRY(Reserve(), "");
      continue;
    }
    const Duration waited = clock_.Steady() - begin + wait;
    if (wait > kWaitMax || waited > kQueueMax) return tl::unexpected(Exhausted(wait));
    if (waits) waits();
    if (!clock_.Wait(wait, stop)) return Fail(Code::kUnavailable, "stopped", "stopped");
  }
}

Result<void> Quota::Refused(Duration wait) {
  wait = std::clamp(wait, Duration::zero(), kRefusedMax);
  const std::lock_guard persisting(persisting_);
  QuotaState state;
  {
    const std::lock_guard lock(mutex_);
    const Time until = Now() + wait;
    if (until <= refused_until_) return {};
    refused_until_ = until;
    if (wait <= kReservationLife) return {};
    state = StateWith(reservation_);
  }
  ROSTER_TRY(persist_(state), "That FACTS refuses requests could not be written down");
  return {};
}

}  // namespace roster::source
