// What each answer of the facts page's table is taken for.

#include "daemon/source/answer.h"

#include <gtest/gtest.h>

#include "tests/unit/source/fakes.h"

namespace roster::source {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kNow = std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + hours(8);

Answer Of(int status, const std::string& body = "",
          const std::map<std::string, std::string>& headers = {}) {
  return Judge(Answered(status, body, headers), kNow);
}

TEST(Answer, GatewaysOwn401IsTheSubscriptionKey) {
  EXPECT_EQ(
      Of(401, R"({"statusCode":401,"message":"Access denied due to invalid subscription key. )"
              R"(Make sure to provide a valid key."})")
          .kind,
      AnswerKind::kSubscriptionKeyRefused);
  EXPECT_EQ(Of(401, "Access denied due to missing SUBSCRIPTION KEY.").kind,
            AnswerKind::kSubscriptionKeyRefused);
}

TEST(Answer, Another401IsTheSchoolsKey) {
  EXPECT_EQ(Of(401, R"({"title":"Unauthorized","status":401})").kind,
            AnswerKind::kSchoolKeyRefused);
  EXPECT_EQ(Of(401).kind, AnswerKind::kSchoolKeyRefused);
}

TEST(Answer, A403IsTheScopeUnlessItSpeaksOfAQuota) {
  EXPECT_EQ(Of(403, R"({"title":"Forbidden","status":403})").kind, AnswerKind::kScopeMissing);
  EXPECT_EQ(Of(403).kind, AnswerKind::kScopeMissing);

  const Answer quota = Of(
      403, R"({"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in )"
           R"(01:02:03."})");
  EXPECT_EQ(quota.kind, AnswerKind::kQuota);
  EXPECT_EQ(quota.wait, hours(1) + minutes(2) + seconds(3));
  EXPECT_EQ(Of(403, "", {{"retry-after", "7"}}).kind, AnswerKind::kQuota);
}

TEST(Answer, TheHeaderCountsMoreThanTheWords) {
  const Answer answer =
      Of(429, "Rate limit is exceeded. Try again in 9 seconds.", {{"retry-after", "4"}});
  EXPECT_EQ(answer.kind, AnswerKind::kThrottled);
  EXPECT_EQ(answer.wait, seconds(4));
  EXPECT_EQ(Of(429, "Rate limit is exceeded. Try again in 9 seconds.").wait, seconds(9));
  EXPECT_EQ(Of(429).wait, std::nullopt);
}

TEST(Answer, WhatMayPassIsFailingAndTheRestIsRejected) {
  for (const int status : {408, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(Of(status).kind, AnswerKind::kFailing) << status;
  }
  for (const int status : {204, 301, 302, 400, 404, 405, 410, 422}) {
    EXPECT_EQ(Of(status).kind, AnswerKind::kRejectedRequest) << status;
  }
  EXPECT_EQ(Of(200).kind, AnswerKind::kRows);
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(ParseRetryAfter("0", kNow), seconds(0));
  EXPECT_EQ(ParseRetryAfter(" 120 ", kNow), seconds(120));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", kNow), minutes(49) + seconds(37));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 07:00:00 GMT", kNow), seconds(0)) << "in the past";
}

TEST(RetryAfter, AnythingElseSaysNothing) {
  for (const std::string text :
       {"", "-1", "soon", "1.5", "99999999999999999999", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"}) {
    EXPECT_EQ(ParseRetryAfter(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace roster::source
