// One request: what goes out, what is tried again, how long is waited, when it is given up.

#include "daemon/source/facts_client.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "tests/unit/source/fakes.h"

namespace roster::source {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

tl::unexpected<Error> Down(const std::string& reason) {
  return Fail(Code::kUnavailable, reason, "down");
}

class FactsClientTest : public testing::Test {
 protected:
  FactsClientTest()
      : http_([this](const http::Request&) -> Result<http::Response> {
          if (script_.empty()) return Answered(200, "rows");
          auto next = script_.front();
          if (script_.size() > 1 || !repeat_last_) script_.pop_front();
          return next;
        }) {}

  Result<void> Get(const std::stop_token& stop = {}) {
    return client().Get(
        "People", "Page=1&api-version=1",
        [this](std::string& body) -> Result<void> {
          bodies_.push_back(body);
          if (body == "rows") return {};
          return Fail(Code::kInvalid, "malformed", "unreadable");
        },
        stop);
  }
  std::string Reason() {
    const auto result = Get();
    return result ? "" : result.error().reason;
  }
  FactsClient& client() { return client_; }
  Duration Waited() const {
    Duration sum{};
    for (const Duration wait : clock_.waits) sum += wait;
    return sum;
  }

  ManualClock clock_;
  SeededRandom random_{1};
  Quota quota_{{10, 600, 1'000'000}, clock_, [](const QuotaState&) { return Result<void>(); }};
  std::deque<Result<http::Response>> script_;
  bool repeat_last_ = false;
  std::vector<std::string> bodies_;
  FakeHttp http_;
  FactsClient client_{"https://facts.example.org/",
                      {"sub-secret", "school-secret"},
                      RetryLimits{},
                      milliseconds(5000),
                      http_,
                      clock_,
                      random_,
                      quota_};
};

TEST_F(FactsClientTest, SendsBothKeysTheCacheBypassAndTheQuery) {
  ASSERT_TRUE(Get());
  ASSERT_EQ(http_.requests.size(), 1U);
  const http::Request& request = http_.requests[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://facts.example.org/People?Page=1&api-version=1");
  const std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
  EXPECT_EQ(headers.at("Ocp-Apim-Subscription-Key"), "sub-secret");
  EXPECT_EQ(headers.at("Facts-Api-Key"), "school-secret");
  EXPECT_EQ(headers.at("x-bypass-cache"), "1787529600") << "2026-08-24 in unix seconds";
  EXPECT_EQ(request.timeout, milliseconds(5000));
  EXPECT_EQ(client().requests(), 1U);
  EXPECT_EQ(client().bytes(), 4U);
}

TEST_F(FactsClientTest, EachAttemptGoesRoundTheCacheAnew) {
  script_ = {Answered(503, "")};
  ASSERT_TRUE(Get());
  ASSERT_EQ(http_.requests.size(), 2U);
  clock_.Advance(seconds(5));
  ASSERT_TRUE(Get());
  EXPECT_NE(http_.requests[0].headers[2].second, http_.requests[2].headers[2].second);
}

TEST_F(FactsClientTest, ARefusedKeyOrScopeStopsAtOnce) {
  script_ = {Answered(401, "Access denied due to invalid subscription key.")};
  EXPECT_EQ(Reason(), "subscription-key-refused");
  script_ = {Answered(401, "{}")};
  EXPECT_EQ(Reason(), "school-key-refused");
  script_ = {Answered(403, "{}")};
  const auto scope = Get();
  ASSERT_FALSE(scope);
  EXPECT_EQ(scope.error().reason, "scope-missing");
  EXPECT_EQ(scope.error().code, Code::kRefused);
  EXPECT_NE(scope.error().message.find("People"), std::string::npos);
  EXPECT_EQ(http_.requests.size(), 3U);
  EXPECT_TRUE(clock_.waits.empty());
}

TEST_F(FactsClientTest, ARejectedRequestIsNotRepeated) {
  for (const int status : {302, 400, 404, 422}) {
    script_ = {Answered(status, "secret body")};
    const auto result = Get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kInvalid);
    EXPECT_EQ(result.error().reason, "facts-rejected-request");
    EXPECT_NE(result.error().message.find("base_url"), std::string::npos);
  }
  EXPECT_EQ(http_.requests.size(), 4U);
}

TEST_F(FactsClientTest, FailuresAreRetriedAndThenItGoesOn) {
  script_ = {Answered(500, "trace"), Answered(503, ""), Answered(408, ""), Down("connect"),
             Down("broken")};
  EXPECT_EQ(Reason(), "");
  EXPECT_EQ(http_.requests.size(), 6U);
  EXPECT_EQ(clock_.waits.size(), 5U);
}

TEST_F(FactsClientTest, SixAttemptsAreTheLimit) {
  repeat_last_ = true;
  script_ = {Down("timeout")};
  const auto result = Get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  EXPECT_EQ(result.error().reason, "facts-unavailable");
  EXPECT_EQ(result.error().message,
            "FACTS could not be read: no answer in time, after 6 attempts.");
  EXPECT_EQ(http_.requests.size(), 6U);
}

// Full jitter: anywhere between nothing and the doubled ceiling, and it does use that range.
TEST(FactsClientBackoff, IsFullJitterUnderADoublingCeiling) {
  std::vector<double> highest(9, 0.0);
  std::vector<double> lowest(9, 1.0);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    ManualClock clock;
    SeededRandom random(seed);
    Quota quota({10, 600, 1'000'000}, clock, [](const QuotaState&) { return Result<void>(); });
    FakeHttp http([](const http::Request&) { return Result<http::Response>(Answered(500, "")); });
    RetryLimits limits;
    limits.attempts_max = 10;
    FactsClient client("https://facts.example.org", {}, limits, seconds(1), http, clock, random,
                       quota);
    EXPECT_FALSE(client.Get("People", "", [](std::string&) { return Result<void>(); }, {}));
    ASSERT_EQ(clock.waits.size(), 9U);
    for (std::size_t i = 0; i < clock.waits.size(); ++i) {
      const Duration ceiling = std::min<Duration>(seconds(1LL << i), seconds(60));
      ASSERT_GE(clock.waits[i], Duration::zero());
      ASSERT_LT(clock.waits[i], ceiling);
      const double share =
          static_cast<double>(clock.waits[i].count()) / static_cast<double>(ceiling.count());
      highest[i] = std::max(highest[i], share);
      lowest[i] = std::min(lowest[i], share);
    }
  }
  for (std::size_t i = 0; i < highest.size(); ++i) {
    EXPECT_GT(highest[i], 0.9);
    EXPECT_LT(lowest[i], 0.1);
  }
}

TEST_F(FactsClientTest, AllBackoffOfAPollIsBounded) {
  RetryLimits limits;
  limits.attempts_max = 1'000'000;
  FactsClient patient("https://facts.example.org", {}, limits, seconds(1), http_, clock_, random_,
                      quota_);
  repeat_last_ = true;
  script_ = {Answered(500, "")};
  const auto result = patient.Get("People", "", [](std::string&) { return Result<void>(); }, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "facts-unavailable");
  EXPECT_LE(Waited(), minutes(11)) << "10 min, and what the quota took";
}

TEST_F(FactsClientTest, A503ThatSaysHowLongIsObeyed) {
  script_ = {Answered(503, "", {{"retry-after", "90"}})};
  ASSERT_TRUE(Get());
  EXPECT_EQ(Waited(), seconds(90));
  script_ = {Answered(503, "", {{"retry-after", "3600"}})};
  const auto result = Get();
  ASSERT_FALSE(result) << "longer than a poll may wait";
  EXPECT_EQ(result.error().reason, "facts-unavailable");
  EXPECT_EQ(result.error().retry_after, hours(1));
}

TEST_F(FactsClientTest, A429WaitsAsTold) {
  script_ = {Answered(429, "", {{"retry-after", "17"}})};
  ASSERT_TRUE(Get());
  EXPECT_EQ(Waited(), seconds(17));
  script_ = {Answered(429, "Rate limit is exceeded. Try again in 5 seconds.")};
  ASSERT_TRUE(Get());
  EXPECT_EQ(Waited(), seconds(22));
}

TEST_F(FactsClientTest, ManyA429AreNotFailuresButHaveALimit) {
  script_.assign(19, Answered(429, "", {{"retry-after", "2"}}));
  EXPECT_EQ(Reason(), "");
  EXPECT_EQ(http_.requests.size(), 20U);
  repeat_last_ = true;
  script_ = {Answered(429, "", {{"retry-after", "0"}})};
  EXPECT_EQ(Reason(), "quota-exhausted");
  EXPECT_EQ(http_.requests.size(), 40U);
}

TEST_F(FactsClientTest, AShortQuotaRefusalIsWaitedForALongOneIsAnError) {
  script_ = {Answered(403, "Out of call volume quota. Quota will be replenished in 00:01:30.")};
  ASSERT_TRUE(Get());
  EXPECT_EQ(Waited(), seconds(90));
  script_ = {Answered(403, "Out of call volume quota. Quota will be replenished in 05:00:00.")};
  const auto result = Get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kExhausted);
  EXPECT_EQ(result.error().reason, "quota-exhausted");
  EXPECT_EQ(result.error().retry_after, hours(5));
  const auto sent = http_.requests.size();
  EXPECT_EQ(Reason(), "quota-exhausted");
  EXPECT_EQ(http_.requests.size(), sent) << "nobody asks again before it is over";
}

TEST_F(FactsClientTest, AnUnreadableBodyIsTriedAgainAFewTimes) {
  script_ = {Answered(200, "<html>"), Answered(200, "ro")};
  EXPECT_EQ(Reason(), "");
  EXPECT_EQ(bodies_.size(), 3U);
  repeat_last_ = true;
  script_ = {Answered(200, "<html>")};
  bodies_.clear();
  EXPECT_EQ(Reason(), "malformed");
  EXPECT_EQ(bodies_.size(), 3U);
}

TEST_F(FactsClientTest, ABodyTooLargeSaysWhatToChange) {
  script_ = {Fail(Code::kExhausted, "body-too-large", "larger than 64 MiB")};
  const auto result = Get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kInvalid);
  EXPECT_EQ(result.error().reason, "malformed");
  EXPECT_NE(result.error().message.find("page_size"), std::string::npos);
}

TEST_F(FactsClientTest, WhatTheConfigHasWrongIsPassedOn) {
  for (const std::string reason : {"tls", "url", "header"}) {
    script_ = {Fail(Code::kInvalid, reason, "wrong")};
    EXPECT_EQ(Reason(), reason);
  }
  EXPECT_EQ(http_.requests.size(), 3U);
}

TEST_F(FactsClientTest, StopEndsTheWaiting) {
  std::stop_source stop;
  clock_.on_wait = [&](Duration) { stop.request_stop(); };
  repeat_last_ = true;
  script_ = {Answered(500, "")};
  const auto result = Get(stop.get_token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "stopped");
  EXPECT_EQ(http_.requests.size(), 1U);
  EXPECT_EQ(http_.requests[0].stop.stop_requested(), true) << "the exchange hears of it too";
}

TEST_F(FactsClientTest, ErrorsHoldNoSecrets) {
  const std::vector<Result<http::Response>> answers = {
      Answered(401, "school-secret subscription key"),
      Answered(401, "body-secret"),
      Answered(403, "body-secret"),
      Answered(404, "body-secret"),
      Answered(200, "body-secret"),
      Answered(500, "body-secret"),
      Answered(429, "body-secret", {{"retry-after", "9999"}}),
  };
  for (const auto& answer : answers) {
    clock_.Advance(hours(25));
    repeat_last_ = true;
    script_ = {answer};
    const auto result = Get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message.find("secret"), std::string::npos) << result.error().message;
    EXPECT_EQ(result.error().message.find("api-version"), std::string::npos);
  }
}

}  // namespace
}  // namespace roster::source
