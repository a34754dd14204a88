#include "tests/sandbox/random.h"

#include <numeric>

namespace roster::sandbox {

Shuffle::Shuffle(uint64_t n, uint64_t seed) : n_(n) {
  if (n < 2) return;
  Random random(seed);
  offset_ = random.Below(n);
  // step * i must stay below 2^64, and share no factor with n to reach every position.
  step_ = n < 3 ? 1 : 1 + random.Below((n < 0xFFFFFFFFULL ? n : 0xFFFFFFFFULL) - 1);
  while (std::gcd(step_, n) != 1) step_ = step_ % n + 1;
}

}  // namespace roster::sandbox
