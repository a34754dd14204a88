#include "daemon/base/log_level.h"

#include <algorithm>
#include <array>

namespace roster {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"debug", "info", "warning", "error",
                                                    "critical"};

}  // namespace

std::string_view LogLevelWord(LogLevel level) { return kWords[static_cast<std::size_t>(level)]; }

std::optional<LogLevel> LogLevelFromWord(std::string_view word) {
  const auto* const found = std::find(kWords.begin(), kWords.end(), word);
  if (found == kWords.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kWords.begin());
}

}  // namespace roster
