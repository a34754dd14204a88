#pragma once

// What an answer of FACTS means (facts page "Limits and errors"). Pure.

#include <chrono>
#include <optional>
#include <string_view>

#include "daemon/base/time.h"
#include "daemon/http/http.h"

namespace roster::source {

enum class AnswerKind {
  kRows,                    // 200
  kSubscriptionKeyRefused,  // 401 of the gateway
  kSchoolKeyRefused,        // any other 401
  kScopeMissing,            // 403 that says nothing of a quota
  kQuota,                   // 403 with Retry-After or "quota": the day's calls are used up
  kThrottled,               // 429
  kFailing,                 // 408, 5xx: tried again
  kRejectedRequest,         // anything else: asking again will not help
};

struct Answer {
  AnswerKind kind = AnswerKind::kRejectedRequest;
  // How long it says to wait: Retry-After in seconds or as an HTTP date, or the words of the body
  // ("Try again in N seconds.", "replenished in HH:MM:SS."). Never negative.
  std::optional<Duration> wait;
};

Answer Judge(const http::Response& response, Time now);

// RFC 9110, 10.2.3: seconds, or a date in the preferred form of 5.6.7. nullopt for anything else.
std::optional<Duration> ParseRetryAfter(std::string_view text, Time now);

}  // namespace roster::source
