#pragma once

#include <chrono>
#include <string>

namespace roster {

// Microseconds: what a Timestamp on disk and wire keeps without loss.
using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;

// "2026-08-24T06:30:00Z", whole seconds, UTC.
std::string FormatTime(Time time);

// For people: "45 s", "4 min", "3 h", "2 days"; rounded up, never "0 s" for a positive duration.
std::string FormatDuration(Duration duration);

}  // namespace roster
