#include "daemon/target/scim_date.h"

#include <gtest/gtest.h>

namespace roster::target {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::seconds;

const Time kMoment = Time(std::chrono::sys_days(std::chrono::year(2026) / 8 / 24)) + hours(6) +
                     std::chrono::minutes(30);

TEST(ScimDate, ReadsWhatRfc7643Says) {
  EXPECT_EQ(ParseDateTime("2026-08-24T06:30:00Z"), kMoment);
  EXPECT_EQ(ParseDateTime("2026-08-24T06:30:00.25Z"), kMoment + microseconds(250'000));
  EXPECT_EQ(ParseDateTime("2026-08-24T06:30:00.123456789Z"), kMoment + microseconds(123'456));
  EXPECT_EQ(ParseDateTime("2026-08-24T08:30:00+02:00"), kMoment);
  EXPECT_EQ(ParseDateTime("2026-08-24T01:00:00-05:30"), kMoment);
}

TEST(ScimDate, WhatWeWriteIsWhatWeRead) { EXPECT_EQ(ParseDateTime(FormatTime(kMoment)), kMoment); }

TEST(ScimDate, RefusesWhatIsNoDate) {
  for (const char* text : {"", "2026", "2026-08-24", "2026-13-24T06:30:00Z", "2026-02-30T06:30:00Z",
                           "2026-08-24T25:30:00Z", "2026-08-24T06:30:00.Z", "2026-08-24 06:30:00Z",
                           "2026-08-24T06:30:00Zx", "2026-08-24T06:30:00+2:00", "yesterday",
                           "0000-08-24T06:30:00Z", "2026-08-24T06:30:00+"}) {
    EXPECT_EQ(ParseDateTime(text), std::nullopt) << text;
  }
}

// The store takes no time of the year 10000 back: one that got in would end every start.
TEST(ScimDate, ATimeIsOfTheYears1970To9999InUtc) {
  for (const char* text : {"9999-12-31T23:59:59-05:00", "9999-12-31T23:59:60Z",
                           "1970-01-01T00:00:00+01:00", "1969-12-31T23:59:59Z"}) {
    EXPECT_EQ(ParseDateTime(text), std::nullopt) << text;
  }
  for (const char* text : {"9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z"}) {
    ASSERT_TRUE(ParseDateTime(text)) << text;
    EXPECT_EQ(FormatTime(*ParseDateTime(text)), text);
  }
  EXPECT_EQ(ParseDateTime("1969-12-31T23:00:00-05:00"), Time(hours(4))) << "of 1970, in UTC";
}

TEST(ScimDate, RetryAfterIsSecondsOrADate) {
  EXPECT_EQ(ParseRetryAfter("12", kMoment), Duration(seconds(12)));
  EXPECT_EQ(ParseRetryAfter(" 12 ", kMoment), Duration(seconds(12)));
  EXPECT_EQ(ParseRetryAfter("Mon, 24 Aug 2026 06:30:30 GMT", kMoment), Duration(seconds(30)));
  EXPECT_EQ(ParseRetryAfter("Mon, 24 Aug 2026 06:00:00 GMT", kMoment), Duration::zero());
}

TEST(ScimDate, RetryAfterIsBounded) {
  EXPECT_EQ(ParseRetryAfter("4000000000", kMoment), Duration(hours(24)));
  for (const char* text : {"", "-5", "soon", "99999999999", "Mon, 24 Foo 2026 06:30:30 GMT"}) {
    EXPECT_EQ(ParseRetryAfter(text, kMoment), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace roster::target
