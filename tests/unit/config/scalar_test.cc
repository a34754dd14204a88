// The small grammars of the config.

#include "daemon/config/scalar.h"

#include <gtest/gtest.h>

namespace roster::config {
namespace {

TEST(Scalar, Counts) {
  EXPECT_EQ(ParseCount("0"), 0U);
  EXPECT_EQ(ParseCount("18446744073709551615"), 18446744073709551615U);
  for (const char* text :
       {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "18446744073709551616"}) {
    EXPECT_FALSE(ParseCount(text)) << text;
  }
}

TEST(Scalar, Numbers) {
  EXPECT_EQ(ParseNumber("10"), 10.0);
  EXPECT_EQ(ParseNumber("0.5"), 0.5);
  for (const char* text : {"", "-1", ".5", "5.", "1e3", "nan", "inf", "1.2.3", "0x1", "1,5"}) {
    EXPECT_FALSE(ParseNumber(text)) << text;
  }
}

TEST(Scalar, Percents) {
  EXPECT_EQ(ParsePercent("20%"), 20.0);
  EXPECT_EQ(ParsePercent("0.5%"), 0.5);
  for (const char* text : {"", "20", "%", "20 %", "20%%", "-1%"}) EXPECT_FALSE(ParsePercent(text));
}

TEST(Scalar, Durations) {
  EXPECT_EQ(ParseDuration("90s"), std::chrono::seconds(90));
  EXPECT_EQ(ParseDuration("15m"), std::chrono::minutes(15));
  EXPECT_EQ(ParseDuration("1h"), std::chrono::hours(1));
  EXPECT_EQ(ParseDuration("7d"), std::chrono::days(7));
  for (const char* text : {"", "90", "s", "1.5h", "1 h", "1H", "-1s", "1h30m", "10min",
                           "99999999999999999999s", "4000d"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(Scalar, Bools) {
  EXPECT_EQ(ParseBool("true"), true);
  EXPECT_EQ(ParseBool("false"), false);
  for (const char* text : {"", "yes", "no", "on", "1", "True", "true "}) {
    EXPECT_FALSE(ParseBool(text)) << text;
  }
}

TEST(Scalar, Dates) {
  using std::chrono::sys_days;
  EXPECT_EQ(ParseDate("2026-06-01"), sys_days(std::chrono::year(2026) / 6 / 1));
  EXPECT_EQ(ParseDate("2028-02-29"), sys_days(std::chrono::year(2028) / 2 / 29));
  for (const char* text :
       {"", "2026-02-29", "2026-06-31", "2026-13-01", "2026-00-01", "2026-06-00", "2026-6-1",
        "2026/06/01", "01-06-2026", "26-06-0001", "2026-06-01Z", "2026-06-01 ", "+026-06-01"}) {
    EXPECT_FALSE(ParseDate(text)) << text;
  }
}

TEST(Scalar, SchoolIds) {
  EXPECT_TRUE(IsSchoolId("tcs"));
  EXPECT_TRUE(IsSchoolId(std::string(32, '9')));
  for (const std::string& text :
       {std::string(), std::string(33, 'a'), std::string("TCS"), std::string("a_b"),
        std::string("a b"), std::string("\xC3\xA9")}) {
    EXPECT_FALSE(IsSchoolId(text)) << text;
  }
}

TEST(Scalar, UrlsOverTls) {
  for (const char* text : {"https://api.example.org", "https://example.org:8443/scim/v2",
                           "https://[2001:db8::1]:443/x", "https://10.0.0.1/"}) {
    EXPECT_EQ(WhyNotUrl(text), "") << text;
  }
  for (const char* text :
       {"", "api.example.org", "ftp://example.org", "https://", "https:///x", "https://a b",
        "https://example.org:0", "https://example.org:65536", "https://example.org:x",
        "https://user@example.org", "https://user:word@example.org", "https://example.org?x=1",
        "https://example.org/#x", "https://[2001:db8::1", "https://exa\\mple.org",
        "HTTPS://example.org", "https://[]/"}) {
    EXPECT_NE(WhyNotUrl(text), "") << text;
  }
}

// http:// is refused for every host but this machine, whatever the name looks like.
TEST(Scalar, PlainHttpIsForLoopback) {
  for (const char* text : {"http://127.0.0.1:8080", "http://127.9.9.9", "http://localhost:1/x",
                           "http://[::1]:8080/scim"}) {
    EXPECT_EQ(WhyNotUrl(text), "") << text;
  }
  for (const char* text :
       {"http://example.org", "http://127.0.0.1.example.org", "http://127.example.org",
        "http://localhost.example.org", "http://10.0.0.1", "http://0.0.0.0", "http://[::]",
        "http://127.0.0", "http://127.0.0.256", "http://127.0.0.1.1",
        "http://localhost@example.org", "http://[::1].example.org", "http://128.0.0.1",
        "http://0127.0.0.1.2"}) {
    EXPECT_NE(WhyNotUrl(text), "") << text;
  }
}

TEST(Scalar, Endpoints) {
  EXPECT_EQ(WhyNotEndpoint("ipc:///run/rosterd/control.sock"), "");
  EXPECT_EQ(WhyNotEndpoint("ipc:///" + std::string(106, 'x')), "");
  for (const std::string& text :
       {std::string("ipc:///") + std::string(107, 'x'), std::string("ipc://control.sock"),
        std::string("ipc://@abstract"), std::string("tcp://*"), std::string("inproc://x"),
        std::string("/run/x"), std::string("ipc:///run/"), std::string("")}) {
    EXPECT_NE(WhyNotEndpoint(text), "") << text;
  }
}

TEST(Scalar, Templates) {
  for (const char* text : {"{school}:{person}", "{person}", "x{person}y{school}"}) {
    EXPECT_EQ(WhyNotTemplate(text), "") << text;
  }
  for (const char* text :
       {"", "{school}", "{person}{person}", "{person", "{id}{person}", "{person}}", "{{person}}"}) {
    EXPECT_NE(WhyNotTemplate(text), "") << text;
  }
}

}  // namespace
}  // namespace roster::config
