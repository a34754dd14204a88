// Values everything stands on: text, digests, rate limits, time.

#include <gtest/gtest.h>

#include "daemon/base/digest.h"
#include "daemon/base/random.h"
#include "daemon/base/rate_limit.h"
#include "daemon/base/text.h"
#include "daemon/base/time.h"

namespace roster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Text, TrimsAsciiAndNoBreakSpace) {
  EXPECT_EQ(Trim(" \t a b \n"), "a b");
  EXPECT_EQ(Trim("\xC2\xA0 x\xC2\xA0"), "x");
  EXPECT_EQ(Trim("  "), "");
}

// Rules, 5.
TEST(Text, TheFirstUsableEmailIsTaken) {
  EXPECT_EQ(FirstUsableEmail("a@example.org"), "a@example.org");
  EXPECT_EQ(FirstUsableEmail("none; A@Example.org, b@example.org"), "A@Example.org");
  for (const char* bad : {"", "none", "a@b", "a@@example.org", "@example.org", "a@.org",
                          "a@b@c.org", "a@example.", " ; , "}) {
    EXPECT_EQ(FirstUsableEmail(bad), "") << bad;
  }
}

TEST(Text, EmailsAreComparedByNfkcAndCaseFolding) {
  EXPECT_EQ(EmailKey(" ADA@Example.ORG "), "ada@example.org");
  EXPECT_EQ(EmailKey("stra\xC3\x9F"
                     "e@example.org"),
            "strasse@example.org");
  EXPECT_EQ(EmailKey("\xEF\xBC\xA1@example.org"), "a@example.org") << "full-width A";
}

TEST(Text, NfcMakesEqualWhatLooksEqual) {
  EXPECT_EQ(Nfc("e\xCC\x81"), "\xC3\xA9");
  EXPECT_EQ(Nfc("plain"), "plain");
}

TEST(Text, InvalidUtf8IsSeen) {
  EXPECT_TRUE(IsValidUtf8("gr\xC3\xBC\xC3\x9F"));
  EXPECT_FALSE(IsValidUtf8("\xC3"));
  EXPECT_FALSE(IsValidUtf8("\xFF\xFE"));
}

TEST(Text, PlainTextIsOneLineThatCanBeShownAnywhere) {
  EXPECT_TRUE(IsPlainText(""));
  EXPECT_TRUE(IsPlainText("Zo\u00eb O'Neil, \u7f8e\u54b2 \U0001F600"));
  EXPECT_TRUE(IsPlainText("\u05d0\u200e")) << "an LRM turns nothing";
  for (const char* text : {"a\nb", "a\tb", "\x1b[31m", "\x7f", "\u0085", "\u009b", "\u2028",
                           "\u2029", "\u202a", "\u202e", "\u2066", "\u2069", "\xC3", "a\xFF"}) {
    EXPECT_FALSE(IsPlainText(text)) << text;
  }
}

TEST(Digest, Blake2bOfNothingIsTheKnownOne) {
  EXPECT_EQ(Blake2b("").Hex(), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(Digest::FromBytes(Blake2b("x").view()), Blake2b("x"));
  EXPECT_FALSE(Digest::FromBytes("short"));
}

TEST(Digest, CanonicalBytesTellValuesApart) {
  EXPECT_NE(Canonical().Add("a").Add("bc").bytes(), Canonical().Add("ab").Add("c").bytes());
}

TEST(TokenBucket, NoWindowHoldsMoreThanTheLimit) {
  SeededRandom random(5);
  for (const Duration grain : {Duration::zero(), Duration(milliseconds(40))}) {
    const Limit limit{10, seconds(1)};
    TokenBucket bucket(limit, grain);
    std::vector<Time> taken;
    Time now{};
    for (int i = 0; i < 3000; ++i) {
      now += milliseconds(random.Next() % 120);
      now += bucket.WaitFor(1, now);
      ASSERT_EQ(bucket.WaitFor(1, now), Duration::zero());
      bucket.Take(1, now);
      taken.push_back(now);
      if (i % 500 == 250) {
        TokenBucket again(limit, grain);
        again.Restore(bucket.Save());
        bucket = again;
      }
    }
    for (std::size_t i = 10; i < taken.size(); ++i) {
      ASSERT_GE(taken[i] - taken[i - 10], limit.window) << i;
    }
  }
}

TEST(TokenBucket, AClockThatGoesBackStandsStill) {
  TokenBucket bucket({1, seconds(1)}, Duration::zero());
  bucket.Take(1, Time(seconds(100)));
  EXPECT_EQ(bucket.WaitFor(1, Time(seconds(50))), Duration(seconds(1)));
}

TEST(Time, IsWrittenForPeopleAndMachines) {
  EXPECT_EQ(FormatTime(Time(seconds(1'787'553'000))), "2026-08-24T06:30:00Z");
  EXPECT_EQ(FormatDuration(milliseconds(200)), "1 s");
  EXPECT_EQ(FormatDuration(seconds(240)), "4 min");
  EXPECT_EQ(FormatDuration(std::chrono::hours(30)), "30 h");
}

}  // namespace
}  // namespace roster
