#pragma once

// Asks FACTS one thing at a time: both keys, the cache bypass, the quota, and as many attempts as
// the answers deserve. What is tried again, and how:
//   429, quota 403                    the wait FACTS names, for all schools of the key (Quota)
//   5xx, 408, no connection, broken   exponential backoff with full jitter
//   200 that is not what FACTS sends  the same, but a few times only: a cut body looks like that
// Keys, bodies and queries appear in no error.

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/random.h"
#include "daemon/base/result.h"
#include "daemon/http/http.h"
#include "daemon/source/answer.h"
#include "daemon/source/quota.h"

namespace roster::source {

struct RetryLimits {
  std::uint32_t attempts_max = 6;    // of one request, while FACTS fails or can't be reached
  std::uint32_t malformed_max = 3;   // of one request, while what comes can't be read
  std::uint32_t throttled_max = 20;  // waits of one request because FACTS said so
  Duration backoff = std::chrono::seconds(1);       // before the second attempt, at the most
  Duration backoff_max = std::chrono::seconds(60);  // before any
  Duration wait_max = std::chrono::minutes(10);     // all backoff of one poll
};

// Never shown. Without line breaks.
struct FactsKeys {
  std::string subscription;  // 32 hex digits
  std::string school;        // the Facts-Api-Key
};

// One thread at a time. All references outlive it.
class FactsClient {
 public:
  FactsClient(std::string base_url, FactsKeys keys, const RetryLimits& limits,
              std::chrono::milliseconds timeout, http::Http& http, const Clock& clock,
              Random& random, Quota& quota);

  // What is done with the body of a 200. Invalid "malformed" asks for another attempt.
  using Use = std::function<Result<void>(std::string& body)>;

  // GET base_url/`resource`?`query`. Errors: those of Source::Fetch, and Invalid "tls" | "url" |
  // "header" | "facts-rejected-request" (the configuration is to be looked at), and what `use` or
  // the quota's persisting returned.
  Result<void> Get(std::string_view resource, const std::string& query, const Use& use,
                   const std::stop_token& stop);

  // A new poll: counters and the backoff budget begin anew. `waits`, if given, is called with the
  // resource whenever a request waits for the quota, until StopTelling().
  using Waits = std::function<void(std::string_view resource)>;
  void StartPoll(Waits waits = nullptr);
  void StopTelling() { waits_ = nullptr; }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t bytes() const { return bytes_; }  // of the bodies of 200s, decompressed

 private:
  // How often one request has been tried, by what came of it.
  struct Tries {
    std::uint32_t failed = 0;
    std::uint32_t malformed = 0;
    std::uint32_t throttled = 0;
  };

  http::Request Prepare(std::string_view resource, const std::string& query,
                        const std::stop_token& stop) const;
  Result<bool> Settle(std::string_view resource, Result<http::Response> response, const Use& use,
                      Tries& tries, const std::stop_token& stop);
  Result<void> Consume(std::string& body, const Use& use, Tries& tries,
                       const std::stop_token& stop);
  Result<void> Throttled(const Answer& answer, Tries& tries);
  Result<void> BackOff(const std::string& last, std::uint32_t tries, std::uint32_t tries_max,
                       Duration at_least, const std::stop_token& stop);

  const std::string base_url_;
  const FactsKeys keys_;
  const RetryLimits limits_;
  const std::chrono::milliseconds timeout_;
  http::Http& http_;
  const Clock& clock_;
  Random& random_;
  Quota& quota_;
  Waits waits_;

  std::uint64_t requests_ = 0;
  std::uint64_t bytes_ = 0;
  Duration waited_{};
};

}  // namespace roster::source
