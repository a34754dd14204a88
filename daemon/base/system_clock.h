#pragma once

#include "daemon/base/clock.h"

namespace roster {

class SystemClock : public Clock {
 public:
  Time Now() const override;
  Duration Steady() const override;
  bool Wait(Duration duration, const std::stop_token& stop) const override;
};

}  // namespace roster
