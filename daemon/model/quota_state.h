#pragma once

// How much of a FACTS subscription key's quota is used; kept on disk so that a restart forgets
// nothing.

#include <array>
#include <optional>
#include <vector>

#include "daemon/base/rate_limit.h"
#include "daemon/base/time.h"

namespace roster::model {

struct QuotaState {
  std::array<std::vector<TokenBucket::Taken>, 3> taken;  // by second, minute, day
  std::optional<Time> refused_until;                     // FACTS said: replenished then

  friend bool operator==(const QuotaState&, const QuotaState&) = default;
};

}  // namespace roster::model
