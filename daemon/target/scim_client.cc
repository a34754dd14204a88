#include "daemon/target/scim_client.h"

#include <algorithm>

#include "daemon/target/scim_date.h"

namespace roster::target {
namespace {

tl::unexpected<Error> Stopped() {
  return Fail(Code::kUnavailable, "stopped", "Asked to stop; nothing was sent.");
}

bool IsWorthAnotherTry(const Error& error) {
  return error.code == Code::kUnavailable && error.reason != "stopped";
}

}  // namespace

ScimClient::ScimClient(ScimAccess access, http::Http& http, SiteRate& rate, const Clock& clock,
                       Random& random)
    : access_(std::move(access)), http_(http), rate_(rate), clock_(clock), random_(random) {}

http::Request ScimClient::MakeRequest(const std::string& method, std::string_view path) const {
  http::Request request;
  request.method = method;
  request.url = access_.base_url + std::string(path);
  request.headers = {{"Authorization", "Bearer " + access_.token},
                     {"Accept", "application/scim+json, application/json"}};
  request.timeout = access_.timeout;
  request.body_max = access_.body_max;
  return request;
}

Result<http::Response> ScimClient::Once(const http::Request& request, const std::stop_token& stop) {
  if (!rate_.Acquire(stop)) return Stopped();
  ++requests_;
  return http_.Send(request);
}

std::optional<std::chrono::milliseconds> ScimClient::RetryAfter(
    const http::Response& answer) const {
  const auto header = answer.headers.find("retry-after");
  if (header == answer.headers.end()) return std::nullopt;
  const auto wait = ParseRetryAfter(header->second, clock_.Now());
  if (!wait) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(*wait);
}

// A status that leaves nothing to read becomes an error.
Result<http::Response> ScimClient::Judged(Result<http::Response> answer) const {
  const std::string site = "The site of " + access_.school;
  if (!answer) {
    const Error& error = answer.error();
    if (error.reason == "stopped") return answer;
    if (error.code == Code::kExhausted) {
      return Fail(Code::kExhausted, "site-malformed",
                  site + " answered with more than fits; a smaller page_size may help.");
    }
    const bool may_pass = error.code == Code::kUnavailable;
    return Fail(may_pass ? Code::kUnavailable : Code::kInvalid, "site-unavailable",
                site + " can't be reached: " + error.message);
  }
  if (answer->status == 401) {
    return Fail(Code::kRefused, "site-unauthorized",
                site + " refused the token (401): check the token's file.");
  }
  if (answer->status == 403) {
    return Fail(Code::kRefused, "site-forbidden",
                site +
                    " does not allow the token to read (403): ask for a "
                    "token that may read users.");
  }
  if (answer->status == 429 || (answer->status >= 500 && answer->status != 501)) {
    Error error{Code::kUnavailable, "site-unavailable",
                site + " answered " + std::to_string(answer->status) + ", again and again.",
                RetryAfter(*answer)};
    return tl::unexpected<Error>(std::move(error));
  }
  if (answer->status < 200 || (answer->status >= 300 && answer->status < 400)) {
    return Fail(Code::kInvalid, "site-malformed",
                site + " answered " + std::to_string(answer->status) +
                    "; redirects are not followed. Check base_url.");
  }
  return answer;
}

Duration ScimClient::DelayBefore(int attempt, const Patience& patience) const {
  Duration ceiling = patience.delay_first;
  for (int i = 1; i < attempt && ceiling < patience.delay_max; ++i) ceiling *= 2;
  ceiling = std::min(ceiling, patience.delay_max);
  return std::chrono::duration_cast<Duration>(ceiling * random_.Uniform());
}

Result<http::Response> ScimClient::Read(std::string_view path, const Patience& patience,
                                        const std::stop_token& stop) {
  http::Request request = MakeRequest("GET", path);
  request.stop = stop;
  for (int attempt = 1;; ++attempt) {
    auto answer = Judged(Once(request, stop));
    if (answer || !IsWorthAnotherTry(answer.error()) || attempt >= patience.attempts_max) {
      return answer;
    }
    Duration delay = DelayBefore(attempt, patience);
    if (const auto told = answer.error().retry_after) {
      if (*told > patience.delay_max) return answer;
      delay = std::max<Duration>(delay, *told);
    }
    if (!clock_.Wait(delay, stop)) return Stopped();
  }
}

Result<http::Response> ScimClient::Write(const std::string& method, std::string_view path,
                                         std::string body, const std::string& if_match,
                                         const std::stop_token& stop) {
  http::Request request = MakeRequest(method, path);
  request.headers.emplace_back("Content-Type", "application/scim+json");
  if (!if_match.empty()) request.headers.emplace_back("If-Match", if_match);
  request.body = std::move(body);
  if (!rate_.Acquire(stop)) return Stopped();
  ++requests_;
  auto answer = http_.Send(request);
  if (!answer && answer.error().reason == "stopped") {
    return Fail(Code::kUnavailable, "broken", "Stopped while the site was being written to.");
  }
  return answer;
}

}  // namespace roster::target
