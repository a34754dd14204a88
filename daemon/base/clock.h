#pragma once

#include <stop_token>

#include "daemon/base/time.h"

namespace roster {

// Time comes in by this door. Implementations are safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // The wall clock, UTC. May jump.
  virtual Time Now() const = 0;

  // Never goes back; its zero is arbitrary and changes with each start of the process.
  virtual Duration Steady() const = 0;

  // Blocks the calling thread. False when `stop` was requested before the time was over.
  virtual bool Wait(Duration duration, const std::stop_token& stop) const = 0;
};

}  // namespace roster
