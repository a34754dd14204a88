#pragma once

// Times of day, and how long to wait. Pure but for the machine's time zone.

#include <chrono>
#include <cstdint>
#include <string>

#include "client/notify/config.h"

namespace roster::notify {

using Time = std::chrono::sys_seconds;

// By the wall clock of the zone; `from` is quiet, `until` is not.
bool IsQuiet(const QuietHours& quiet, Zone zone, Time now);

// "2026-08-24 06:30 UTC", or with the local zone's name.
std::string TimeText(Zone zone, Time time);

// Before try number `attempts` + 1: doubles from 2 s to 15 min, of which the upper half is chance
// (`random` in [0, 1)).
std::chrono::seconds Backoff(std::uint32_t attempts, double random);

}  // namespace roster::notify
