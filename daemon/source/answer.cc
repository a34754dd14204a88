#include "daemon/source/answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "daemon/base/text.h"

namespace roster::source {
namespace {

constexpr std::size_t kBodyRead = 4096;  // bytes of an error's body that are looked at
constexpr std::int64_t kSecondsMax = 366LL * 24 * 3600;

// A whole number of up to 9 digits that is all of `text`.
std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.size() > 9 || text.front() == '-' || error != std::errc() ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::string LowerStart(std::string_view body) { return Fold(body.substr(0, kBodyRead)); }

std::string_view After(std::string_view text, std::string_view words) {
  const auto at = text.find(words);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + words.size());
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Time> ParseHttpDate(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',' || text[4] != ' ' ||
      text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') {
    return std::nullopt;
  }
  const auto day = Number(text.substr(5, 2));
  const auto* month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const auto year = Number(text.substr(12, 4));
  const auto hour = Number(text.substr(17, 2));
  const auto minute = Number(text.substr(20, 2));
  const auto second = Number(text.substr(23, 2));
  if (!day || month == kMonths.end() || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin() + 1)),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

// "... Try again in 7 seconds.", "... will be replenished in 01:02:03."
std::optional<Duration> ParseWords(std::string_view body) {
  const auto seconds = After(body, "try again in ");
  if (const auto number = Number(seconds.substr(0, seconds.find(' ')))) {
    return std::chrono::seconds(*number);
  }
  const auto clock = After(body, "replenished in ");
  if (clock.size() >= 8 && clock[2] == ':' && clock[5] == ':') {
    const auto hours = Number(clock.substr(0, 2));
    const auto minutes = Number(clock.substr(3, 2));
    const auto rest = Number(clock.substr(6, 2));
    if (hours && minutes && rest) {
      return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
             std::chrono::seconds(*rest);
    }
  }
  return std::nullopt;
}

AnswerKind Kind(const http::Response& response, bool told_by_header, std::string_view body) {
  const int status = response.status;
  const auto says = [body](std::string_view words) {
    return body.find(words) != std::string_view::npos;
  };
  if (status == 200) return AnswerKind::kRows;
  if (status == 401) {
    return says("subscription key") ? AnswerKind::kSubscriptionKeyRefused
                                    : AnswerKind::kSchoolKeyRefused;
  }
  if (status == 403) {
    return told_by_header || says("quota") ? AnswerKind::kQuota : AnswerKind::kScopeMissing;
  }
  if (status == 429) return AnswerKind::kThrottled;
  if (status == 408 || status >= 500) return AnswerKind::kFailing;
  return AnswerKind::kRejectedRequest;
}

}  // namespace

std::optional<Duration> ParseRetryAfter(std::string_view text, Time now) {
  text = Trim(text);
  if (const auto seconds = Number(text)) {
    return std::chrono::seconds(std::min(*seconds, kSecondsMax));
  }
  if (const auto date = ParseHttpDate(text)) return std::max(*date - now, Duration::zero());
  return std::nullopt;
}

Answer Judge(const http::Response& response, Time now) {
  const auto header = response.headers.find("retry-after");
  const bool told_by_header = header != response.headers.end();
  Answer answer;
  if (told_by_header) answer.wait = ParseRetryAfter(header->second, now);
  if (response.status == 200) {
    answer.kind = AnswerKind::kRows;
    return answer;
  }
  const std::string body = LowerStart(response.body);
  answer.kind = Kind(response, told_by_header, body);
  if (!answer.wait) answer.wait = ParseWords(body);
  return answer;
}

}  // namespace roster::source
