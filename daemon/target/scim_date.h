#pragma once

// The two ways in which a SCIM site writes times.

#include <optional>
#include <string_view>

#include "daemon/base/time.h"

namespace roster::target {

// xsd:dateTime as RFC 7643 (2.3.5) wants it: "2026-08-24T06:30:00Z", with fractions (kept to the
// microsecond) and offsets. nullopt when it is not that, or not of the years 1970 to 9999 in UTC.
std::optional<Time> ParseDateTime(std::string_view text);

// Retry-After (RFC 9110, 10.2.3): seconds, or a date, which is compared with `now`. Never negative;
// at most a day. nullopt when it is neither.
std::optional<Duration> ParseRetryAfter(std::string_view text, Time now);

}  // namespace roster::target
