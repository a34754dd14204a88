#pragma once

// The seam between a worker and the daemon: bytes out, bytes in.

#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/time.h"

namespace roster::bus {

class WorkerChannel {
 public:
  virtual ~WorkerChannel() = default;

  // Never blocks. Unavailable "not-connected": the daemon is away, nothing was sent. A message that
  // was sent may still be lost: requests are repeated. One thread, the one that receives.
  virtual Result<void> Send(std::string payload) = 0;

  // nullopt: `wait_max` is over, or Wake() was called.
  virtual Result<std::optional<std::string>> Receive(Duration wait_max) = 0;

  // Makes Receive return. Any thread, and signal-safe.
  virtual void Wake() = 0;
};

}  // namespace roster::bus
