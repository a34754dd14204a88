#pragma once

// The small grammars of the config: each takes the text as written.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/time.h"

namespace roster::config {

std::optional<std::uint64_t> ParseCount(std::string_view text);  // digits alone
std::optional<double> ParseNumber(std::string_view text);        // "10", "0.5"; not negative
std::optional<double> ParsePercent(std::string_view text);       // "20%" -> 20
// A whole number and s, m, h or d: "90s", "15m", "1h", "7d". At most 10 years.
std::optional<Duration> ParseDuration(std::string_view text);
std::optional<bool> ParseBool(std::string_view text);                   // "true", "false"
std::optional<std::chrono::sys_days> ParseDate(std::string_view text);  // "2026-06-01", a real day

// Stands for "no such limit" where a limit may be left open.
inline constexpr std::string_view kNoLimit = "none";

bool IsSchoolId(std::string_view text);         // [a-z0-9-]{1,32}
bool IsEnvironmentName(std::string_view text);  // [A-Za-z_][A-Za-z0-9_]*, at most 255
bool IsCredentialName(std::string_view text);   // [A-Za-z0-9._-]+, at most 255, not . nor ..
bool HasControlCharacter(std::string_view text);
bool IsAccountName(std::string_view text);  // [a-z_][a-z0-9._-]*[$]?, at most 32, or a number

// Why a text is none of these; "" when it is fine. No reason repeats the text.
std::string WhyNotUrl(std::string_view text);
std::string WhyNotEndpoint(std::string_view text);
std::string WhyNotLoopback(std::string_view text);
std::string WhyNotTemplate(std::string_view text);

// Of a text that WhyNotLoopback() has nothing against: "[::1]:9464" is "::1" and 9464. Port 0: any
// that is free.
struct LoopbackAddress {
  std::string host;
  std::uint16_t port = 0;
};
LoopbackAddress ParseLoopback(std::string_view text);

}  // namespace roster::config
