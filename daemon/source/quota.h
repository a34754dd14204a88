#pragma once

// How many requests FACTS may be asked, by subscription key: per second, per minute, per day. All
// schools that are polled with one key share one Quota (facts page "Limits and errors"), by turns.
//
// It outlives the process, kill -9 included. What is on disk must at every instant count at least
// the requests that have really gone out, so a request is written down before it is made. Not each
// one by itself: a *reservation* of kBlock requests that may be made within kReservationLife is
// written down in advance, as if all of them were made at its last moment.
//
//   in memory   what has been used, each use with its time; the reservation's rest and its end
//   on disk     what had been used when the reservation was made + the whole reservation at its end
//
// A use needs a reservation that has neither run out nor expired; without one the state is
// persisted with a new reservation first. Hence, whenever the process dies: each use that is
// missing on disk is one of the reservation's, and no later than its end. What a reservation did
// not use is given back by the next one, which is written from memory; after a crash it counts as
// used.
//
// After a restart nothing goes out until the end of the last reservation (kReservationLife at
// most): up to there the stamps on disk lie in the future, and counting windows from a future
// instant would let older uses out of their window too early.
//
// The time line of the stamps is the wall clock at the start, going on by the steady clock: a wall
// clock that is set while the process runs is not noticed. One that went back between two starts
// counts as standing still since the reservation was made.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/rate_limit.h"
#include "daemon/base/result.h"
#include "daemon/model/quota_state.h"

namespace roster::source {

// Requests; each > 0.
struct QuotaLimits {
  std::uint32_t per_second = 10;
  std::uint32_t per_minute = 10;
  std::uint32_t per_day = 10'000;
};

// The tiers FACTS sells: "basic" 10/10/10,000, "pro" 10/100/100,000, "enterprise" 10/600/1,000,000.
std::optional<QuotaLimits> TierLimits(std::string_view tier);

// What is kept on disk.
using model::QuotaState;

// Thread-safe.
class Quota {
 public:
  // Keeps the state; returns once it is durable. Called on the thread that asks for a request,
  // never twice at a time, and without a lock that Save() needs. An error means: may or may not be
  // kept.
  using Persist = std::function<Result<void>(const QuotaState&)>;

  static constexpr std::uint32_t kBlock = 10;  // requests reserved at a time
  static constexpr Duration kReservationLife = std::chrono::seconds(10);
  // A wait longer than this is an error with retry_after, so that nobody sleeps through a day.
  static constexpr Duration kWaitMax = std::chrono::minutes(2);
  // The same for all of one request's time in line, when many schools wait.
  static constexpr Duration kQueueMax = std::chrono::minutes(15);
  // What FACTS says about how long to wait is believed up to this.
  static constexpr Duration kRefusedMax = std::chrono::hours(25);

  // `clock` outlives this. `kept`: what the last process left, empty at the very first start.
  Quota(QuotaLimits limits, const Clock& clock, Persist persist, const QuotaState& kept = {});

  // Returns when one request may go out; it counts as made. Whoever came first is served first, so
  // that of several schools, each with one request at a time, none waits for more than one of each
  // other one. Errors:
  //   Exhausted   "quota-exhausted": the wait is longer than kWaitMax; retry_after says how long
  //   Unavailable "stopped"
  //   what `persist` returned: what can't be counted is not sent
  // `waits`, if given, is called before each wait, without a lock held.
  Result<void> Acquire(const std::stop_token& stop, const std::function<void()>& waits = nullptr);

  // FACTS has said that nothing more is answered for this long: holds for all schools of the key.
  // Persisted if that is longer than a reservation lives; a shorter one is over by a restart's
  // wait.
  Result<void> Refused(Duration wait);

  // What has really been used, without the reservation. Persisting it gives the reservation's rest
  // back and spares the next start its wait; to be done only when nobody will ask again.
  QuotaState Save() const;

  // How many requests may still go out, as this process has counted; and until when FACTS has said
  // that it answers nothing.
  struct Rest {
    std::uint32_t minute = 0;
    std::uint32_t day = 0;
    std::optional<Time> refused_until;
  };
  Rest Left();

 private:
  class Turn;
  struct Reservation {
    std::uint32_t left = 0;
    Time end{};
  };

  Time Now() const;
  bool Reserved(Time now) const;
  Duration WaitForOne(Time now);
  QuotaState StateWith(const Reservation& reservation) const;
  Result<void> Reserve();

  const Clock& clock_;
  const Persist persist_;
  Time start_{};           // the time line's, at ...
  Duration start_steady_;  // ... this steady time

  std::mutex persisting_;  // taken before mutex_; one persist at a time
  mutable std::mutex mutex_;
  // Under mutex_.
  TokenBucket second_;
  TokenBucket minute_;
  TokenBucket day_;
  Time closed_until_{};   // the last process's reservation
  Time refused_until_{};  // FACTS's word
  Reservation reservation_;
  std::list<const Turn*> line_;
  std::condition_variable_any line_moved_;
};

}  // namespace roster::source
