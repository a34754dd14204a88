#include "daemon/target/scim_date.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/base/text.h"
#include "daemon/base/time_range.h"

namespace roster::target {
namespace {

constexpr Duration kRetryAfterMax = std::chrono::hours(24);

// Takes exactly `count` digits off the front.
std::optional<int> TakeDigits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool Take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<Time> MakeTime(int year, int month, int day, int hour, int minute, int second) {
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

// hh:mm:ss
std::optional<std::array<int, 3>> TakeClock(std::string_view& text) {
  const auto hour = TakeDigits(text, 2);
  if (!hour || !Take(text, ":")) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || !Take(text, ":")) return std::nullopt;
  const auto second = TakeDigits(text, 2);
  if (!second) return std::nullopt;
  return std::array<int, 3>{*hour, *minute, *second};
}

// ".25" is 250,000 µs; what is finer is cut off.
std::optional<Duration> TakeFraction(std::string_view& text) {
  if (!Take(text, ".")) return Duration::zero();
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  Duration::rep fraction = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    fraction = fraction * 10 + (i < digits ? text[i] - '0' : 0);
  }
  text.remove_prefix(digits);
  return Duration(fraction);
}

// "Z", "+hh:mm", "-hh:mm"; without one it is taken as UTC.
std::optional<Duration> TakeOffset(std::string_view& text) {
  if (text.empty() || Take(text, "Z") || Take(text, "z")) return Duration::zero();
  const bool east = text.front() == '+';
  if (!east && text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = TakeDigits(text, 2);
  if (!hours || !Take(text, ":")) return std::nullopt;
  const auto minutes = TakeDigits(text, 2);
  if (!minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  const Duration offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return east ? offset : -offset;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Time> ParseHttpDate(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto comma = text.find(", ");
  if (comma != 3) return std::nullopt;
  text.remove_prefix(5);
  const auto day = TakeDigits(text, 2);
  if (!day || !Take(text, " ")) return std::nullopt;
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(0, 3));
  if (month == kMonths.end()) return std::nullopt;
  text.remove_prefix(3);
  if (!Take(text, " ")) return std::nullopt;
  const auto year = TakeDigits(text, 4);
  if (!year || !Take(text, " ")) return std::nullopt;
  const auto clock = TakeClock(text);
  if (!clock || text != " GMT") return std::nullopt;
  return MakeTime(*year, static_cast<int>(month - kMonths.begin()) + 1, *day, (*clock)[0],
                  (*clock)[1], (*clock)[2]);
}

}  // namespace

std::optional<Time> ParseDateTime(std::string_view text) {
  const auto year = TakeDigits(text, 4);
  if (!year || !Take(text, "-")) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!month || !Take(text, "-")) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (!day || !(Take(text, "T") || Take(text, "t"))) return std::nullopt;
  const auto clock = TakeClock(text);
  if (!clock) return std::nullopt;
  const auto fraction = TakeFraction(text);
  if (!fraction) return std::nullopt;
  const auto offset = TakeOffset(text);
  if (!offset || !text.empty()) return std::nullopt;
  const auto whole = MakeTime(*year, *month, *day, (*clock)[0], (*clock)[1], (*clock)[2]);
  if (!whole) return std::nullopt;
  const Time time = *whole + *fraction - *offset;
  if (!IsSensible(time)) return std::nullopt;
  return time;
}

std::optional<Duration> ParseRetryAfter(std::string_view text, Time now) {
  text = Trim(text);
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    return std::min<Duration>(std::chrono::seconds(seconds), kRetryAfterMax);
  }
  const auto date = ParseHttpDate(text);
  if (!date) return std::nullopt;
  return std::clamp<Duration>(*date - now, Duration::zero(), kRetryAfterMax);
}

}  // namespace roster::target
