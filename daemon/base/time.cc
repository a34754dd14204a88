#include "daemon/base/time.h"

#include <array>
#include <cstdio>

namespace roster {

std::string FormatTime(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string FormatDuration(Duration duration) {
  using std::chrono::ceil;
  const auto seconds = ceil<std::chrono::seconds>(duration).count();
  if (seconds < 120) return std::to_string(seconds) + " s";
  const auto minutes = ceil<std::chrono::minutes>(duration).count();
  if (minutes < 120) return std::to_string(minutes) + " min";
  const auto hours = ceil<std::chrono::hours>(duration).count();
  if (hours < 48) return std::to_string(hours) + " h";
  return std::to_string(ceil<std::chrono::days>(duration).count()) + " days";
}

}  // namespace roster
