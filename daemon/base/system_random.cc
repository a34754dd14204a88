#include "daemon/base/system_random.h"

#include <sodium.h>

namespace roster {

std::uint64_t SystemRandom::Next() {
  std::uint64_t value = 0;
  randombytes_buf(&value, sizeof(value));
  return value;
}

}  // namespace roster
