#pragma once

#include "daemon/base/random.h"

namespace roster {

// The kernel's randomness, by libsodium. Thread-safe.
class SystemRandom : public Random {
 public:
  std::uint64_t Next() override;
};

}  // namespace roster
