#include "client/notify/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

namespace roster::notify {
namespace {

std::tm Broken(Zone zone, Time time) {
  const std::time_t value = std::chrono::system_clock::to_time_t(time);
  std::tm broken{};
  if (zone == Zone::kUtc) {
    ::gmtime_r(&value, &broken);
  } else {
    ::localtime_r(&value, &broken);
  }
  return broken;
}

}  // namespace

bool IsQuiet(const QuietHours& quiet, Zone zone, Time now) {
  const std::tm broken = Broken(zone, now);
  const int minute = broken.tm_hour * 60 + broken.tm_min;
  if (quiet.from < quiet.until) return quiet.from <= minute && minute < quiet.until;
  return quiet.from <= minute || minute < quiet.until;
}

std::string TimeText(Zone zone, Time time) {
  const std::tm broken = Broken(zone, time);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M ", &broken);
  return std::string(text.data(), size) + (zone == Zone::kUtc ? "UTC" : broken.tm_zone);
}

std::chrono::seconds Backoff(std::uint32_t attempts, double random) {
  constexpr double kFirst = 2;
  constexpr double kMax = 15 * 60;
  const double whole = std::min(kMax, kFirst * std::pow(2.0, std::min(attempts, 20U)));
  return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(whole * (1 + random) / 2)));
}

}  // namespace roster::notify
