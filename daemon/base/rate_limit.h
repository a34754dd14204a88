#pragma once

// A token bucket whose tokens come back exactly one window after they were taken, so that no window
// of that length, however it is aligned, holds more than its limit. Pure: time is an argument.

#include <cstdint>
#include <deque>
#include <vector>

#include "daemon/base/time.h"

namespace roster {

struct Limit {
  std::uint32_t count = 0;  // tokens, > 0
  Duration window{};        // > 0
};

// One limit. Not thread-safe. Keeps at most `count` stamps, grouped into `slots` when the window is
// long (a day): a group's tokens come back with its youngest, which errs to the safe side.
class TokenBucket {
 public:
  // A run of tokens and when the last of them was taken.
  struct Taken {
    Time at;
    std::uint32_t count = 0;
    friend bool operator==(const Taken&, const Taken&) = default;
  };

  // `grain`: takings closer together than this are kept as one. 0 keeps each.
  TokenBucket(Limit limit, Duration grain);

  // How long until `count` tokens are free. Zero: now. `count` is at most the limit's.
  // A clock that went back counts as standing still.
  Duration WaitFor(std::uint32_t count, Time now);

  // How many tokens are free.
  std::uint32_t Left(Time now);

  // Takes without asking; for what already happened.
  void Take(std::uint32_t count, Time now);

  // What is needed to go on after a restart.
  std::vector<Taken> Save() const { return {taken_.begin(), taken_.end()}; }
  void Restore(const std::vector<Taken>& taken);

 private:
  void Return(Time now);

  Limit limit_;
  Duration grain_;
  std::deque<Taken> taken_;
  Time grain_start_{};  // when the youngest run began
  std::uint64_t used_ = 0;
};

}  // namespace roster
