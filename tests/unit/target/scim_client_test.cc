#include "daemon/target/scim_client.h"

#include <gtest/gtest.h>

#include "tests/unit/target/fake_scim.h"
#include "tests/unit/target/manual_clock.h"

namespace roster::target {
namespace {

using std::chrono::seconds;

class ScimClientTest : public testing::Test {
 protected:
  Result<http::Response> Read() { return client.Read("/Users/1", patience, stop.get_token()); }

  FakeScim scim;
  ManualClock clock;
  SeededRandom random{1};
  SiteRate rate{1000, clock};
  ScimClient client{{"tcs", FakeScim::kBase, "w"}, scim, rate, clock, random};
  Patience patience;
  std::stop_source stop;
};

TEST_F(ScimClientTest, SendsTheTokenAndNothingElseOfIt) {
  scim.Add("1", "u");
  ASSERT_TRUE(Read());
  EXPECT_EQ(scim.requests[0].headers[0].second, "Bearer w");
  scim.write_token = scim.read_token = "other";
  const auto refused = Read();
  EXPECT_EQ(refused.error().reason, "site-unauthorized");
  EXPECT_EQ(refused.error().code, Code::kRefused);
  EXPECT_EQ(refused.error().message.find("somebody@"), std::string::npos);
  EXPECT_EQ(scim.Count("GET"), 2);
}

TEST_F(ScimClientTest, ReadsAgainAfterWhatMayPass) {
  scim.Add("1", "u");
  scim.Break("GET", 1, FakeScim::Fault::kBrokenBefore);
  scim.Break("GET", 2, FakeScim::Fault::kConnect);
  scim.Answer("GET", 3, 503);
  scim.Answer("GET", 4, 429);
  EXPECT_TRUE(Read());
  EXPECT_EQ(scim.Count("GET"), 5);
  EXPECT_EQ(clock.waits().size(), 4U);
  for (const Duration wait : clock.waits()) EXPECT_LE(wait, Duration(seconds(4)));
}

TEST_F(ScimClientTest, GivesUpWithinALimit) {
  for (int i = 1; i <= 9; ++i) scim.Answer("GET", i, 500);
  const auto answer = Read();
  EXPECT_EQ(answer.error().reason, "site-unavailable");
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_EQ(scim.Count("GET"), patience.attempts_max);
}

TEST_F(ScimClientTest, ObeysRetryAfterAndGivesUpWhenItIsLong) {
  scim.Add("1", "u");
  scim.Answer("GET", 1, 429, "", "7");
  ASSERT_TRUE(Read());
  EXPECT_GE(clock.waits().at(0), Duration(seconds(7)));
  scim.Answer("GET", 1, 503, "", "3600");
  const auto answer = Read();
  EXPECT_EQ(answer.error().retry_after, std::chrono::milliseconds(3'600'000));
  EXPECT_EQ(scim.Count("GET"), 3);
}

TEST_F(ScimClientTest, AStopEndsTheTrying) {
  scim.Before("GET", 1, [this] { stop.request_stop(); });
  scim.Answer("GET", 1, 500);
  EXPECT_EQ(Read().error().reason, "stopped");
  EXPECT_EQ(scim.Count("GET"), 1);
  EXPECT_EQ(client.Write("PATCH", "/Users/1", "{}", "", stop.get_token()).error().reason,
            "stopped");
  EXPECT_EQ(scim.Count("PATCH"), 0);
}

TEST_F(ScimClientTest, ARedirectIsNoAnswer) {
  scim.Answer("GET", 1, 302);
  EXPECT_EQ(Read().error().reason, "site-malformed");
}

TEST_F(ScimClientTest, WritesOnceWhateverComes) {
  scim.Break("POST", 1, FakeScim::Fault::kBrokenBefore);
  EXPECT_EQ(client.Write("POST", "/Users", "{}", "", {}).error().reason, "broken");
  EXPECT_EQ(scim.Count("POST"), 1);
}

TEST_F(ScimClientTest, KeepsToTheRate) {
  scim.Add("1", "u");
  rate.SetRate(1);
  ASSERT_TRUE(Read());
  ASSERT_TRUE(Read());
  ASSERT_EQ(clock.waits().size(), 1U);
  EXPECT_EQ(clock.waits()[0], Duration(seconds(1)));
}

}  // namespace
}  // namespace roster::target
