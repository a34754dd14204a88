#pragma once

// Which times that are read from outside are taken.

#include "daemon/base/time.h"

namespace roster {

// Of the years 1970 to 9999, UTC. What the store reads back ends there: a later one that got in
// would end every start.
constexpr bool IsSensible(Time time) {
  return time >= Time{} && time < Time(std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1));
}

}  // namespace roster
