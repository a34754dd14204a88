#pragma once

// How much a line of the log matters.

#include <cstdint>
#include <optional>
#include <string_view>

namespace roster {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError, kCritical };

// "debug", "info", "warning", "error", "critical".
std::string_view LogLevelWord(LogLevel level);
std::optional<LogLevel> LogLevelFromWord(std::string_view word);

}  // namespace roster
