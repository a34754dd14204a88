#include "daemon/source/facts_client.h"

#include <algorithm>
#include <utility>

namespace roster::source {
namespace {

// Where FACTS says "wait" and not how long.
constexpr Duration kThrottledDefault = std::chrono::seconds(10);
constexpr Duration kQuotaDefault = std::chrono::minutes(15);
constexpr Duration kThrottledLeast = std::chrono::seconds(1);

std::string WithoutTrailingSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

tl::unexpected<Error> SubscriptionKeyRefused() {
  return Fail(Code::kRefused, "subscription-key-refused",
              "FACTS refuses the subscription key. Polling has stopped; check "
              "facts.subscription_key.");
}

tl::unexpected<Error> SchoolKeyRefused() {
  return Fail(Code::kRefused, "school-key-refused",
              "FACTS refuses the school's key. Polling has stopped; ask the school whether the key "
              "still stands, and check facts.api_key.");
}

tl::unexpected<Error> ScopeMissing(std::string_view resource) {
  const std::string_view scope = resource.substr(0, resource.find('/'));
  return Fail(Code::kRefused, "scope-missing",
              "FACTS does not let this key read " + std::string(resource) +
                  ". Polling has stopped; ask the school to give its key the scope " +
                  std::string(scope) + ", and check facts.api_key.");
}

tl::unexpected<Error> RejectedRequest(std::string_view resource, int status) {
  return Fail(Code::kInvalid, "facts-rejected-request",
              "FACTS answered " + std::to_string(status) + " to " + std::string(resource) +
                  ", and will again. Check facts.base_url.");
}

std::string WhatFailed(const Error& error) {
  if (error.reason == "connect") return "no connection";
  if (error.reason == "timeout") return "no answer in time";
  return "the connection broke";
}

}  // namespace

FactsClient::FactsClient(std::string base_url, FactsKeys keys, const RetryLimits& limits,
                         std::chrono::milliseconds timeout, http::Http& http, const Clock& clock,
                         Random& random, Quota& quota)
    : base_url_(WithoutTrailingSlash(std::move(base_url))),
      keys_(std::move(keys)),
      limits_(limits),
      timeout_(timeout),
      http_(http),
      clock_(clock),
      random_(random),
      quota_(quota) {}

void FactsClient::StartPoll(Waits waits) {
  waits_ = std::move(waits);
  requests_ = 0;
  bytes_ = 0;
  waited_ = Duration::zero();
}

http::Request FactsClient::Prepare(std::string_view resource, const std::string& query,
                                   const std::stop_token& stop) const {
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.Now().time_since_epoch());
  http::Request request;
  request.url = base_url_ + "/" + std::string(resource) + "?" + query;
  request.headers = {{"Ocp-Apim-Subscription-Key", keys_.subscription},
                     {"Facts-Api-Key", keys_.school},
                     {"x-bypass-cache", std::to_string(now.count())},
                     {"Accept", "application/json"}};
  request.timeout = timeout_;
  request.stop = stop;
  return request;
}

Result<void> FactsClient::Get(std::string_view resource, const std::string& query, const Use& use,
                              const std::stop_token& stop) {
  Tries tries;
  for (;;) {
    const auto told = [&] {
      if (waits_) waits_(resource);
    };
    ROSTER_TRY(quota_.Acquire(stop, told), "");
    ++requests_;
    ROSTER_ASSIGN(const bool done,
                  Settle(resource, http_.Send(Prepare(resource, query, stop)), use, tries, stop),
                  "");
    if (done) return {};
  }
}

// True: done. False: ask again. An error: give up.
Result<bool> FactsClient::Settle(std::string_view resource, Result<http::Response> response,
                                 const Use& use, Tries& tries, const std::stop_token& stop) {
  if (!response) {
    const Error& error = response.error();
    if (error.reason == "body-too-large") {
      return Fail(Code::kInvalid, "malformed",
                  "a page of " + std::string(resource) + " is too large: " + error.message +
                      ". Set page_size lower.");
    }
    if (error.code != Code::kUnavailable || error.reason == "stopped") {
      return Annotate(error, "FACTS could not be asked");
    }
    ROSTER_TRY(BackOff(WhatFailed(error), ++tries.failed, limits_.attempts_max, {}, stop), "");
    return false;
  }
  const Answer answer = Judge(*response, clock_.Now());
  switch (answer.kind) {
    case AnswerKind::kRows: {
      const std::uint32_t malformed = tries.malformed;
      ROSTER_TRY(Consume(response->body, use, tries, stop), "");
      return tries.malformed == malformed;
    }
    case AnswerKind::kSubscriptionKeyRefused:
      return SubscriptionKeyRefused();
    case AnswerKind::kSchoolKeyRefused:
      return SchoolKeyRefused();
    case AnswerKind::kScopeMissing:
      return ScopeMissing(resource);
    case AnswerKind::kQuota:
    case AnswerKind::kThrottled:
      ROSTER_TRY(Throttled(answer, tries), "");
      return false;
    case AnswerKind::kFailing:
      ROSTER_TRY(BackOff("it answered " + std::to_string(response->status), ++tries.failed,
                         limits_.attempts_max, answer.wait.value_or(Duration::zero()), stop),
                 "");
      return false;
    case AnswerKind::kRejectedRequest:
      break;
  }
  return RejectedRequest(resource, response->status);
}

// Counts the body as malformed when it is, and another attempt is due.
Result<void> FactsClient::Consume(std::string& body, const Use& use, Tries& tries,
                                  const std::stop_token& stop) {
  bytes_ += body.size();
  Result<void> used = use(body);
  if (used || used.error().reason != "malformed") return used;
  if (++tries.malformed >= limits_.malformed_max) return used;
  return BackOff("what it sent could not be read", tries.malformed, limits_.malformed_max, {},
                 stop);
}

// The quota does the waiting, for everybody who shares the key.
Result<void> FactsClient::Throttled(const Answer& answer, Tries& tries) {
  const bool quota = answer.kind == AnswerKind::kQuota;
  const Duration wait =
      std::max(answer.wait.value_or(quota ? kQuotaDefault : kThrottledDefault), kThrottledLeast);
  ROSTER_TRY(quota_.Refused(wait), "");
  if (++tries.throttled < limits_.throttled_max) return {};
  return tl::unexpected(
      Error{Code::kExhausted, "quota-exhausted",
            "FACTS has asked to wait " + std::to_string(tries.throttled) + " times for one request",
            std::chrono::ceil<std::chrono::milliseconds>(wait)});
}

// Full jitter: uniform in [0, backoff * 2^(tries - 1)], so that many clients that failed together
// don't come back together.
Result<void> FactsClient::BackOff(const std::string& last, std::uint32_t tries,
                                  std::uint32_t tries_max, Duration at_least,
                                  const std::stop_token& stop) {
  const Duration ceiling =
      std::min(limits_.backoff_max, Duration(limits_.backoff * (1 << std::min(tries - 1, 20U))));
  const Duration jitter(
      static_cast<Duration::rep>(random_.Uniform() * static_cast<double>(ceiling.count())));
  const Duration wait = std::max(jitter, at_least);
  const bool too_long = waited_ + wait > limits_.wait_max;
  if (tries >= tries_max || too_long) {
    Error error{Code::kUnavailable, "facts-unavailable",
                "FACTS could not be read: " + last + ", after " + std::to_string(tries) +
                    (tries == 1 ? " attempt." : " attempts.")};
    if (at_least > Duration::zero()) {
      error.retry_after = std::chrono::ceil<std::chrono::milliseconds>(at_least);
    }
    return tl::unexpected(std::move(error));
  }
  waited_ += wait;
  if (!clock_.Wait(wait, stop)) return Fail(Code::kUnavailable, "stopped", "stopped");
  return {};
}

}  // namespace roster::source
