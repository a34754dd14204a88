// What a site may answer, whatever it was asked to do.

#include <algorithm>

#include "tests/unit/target/scim_site_fixture.h"

namespace roster::target {
namespace {

TEST_F(ScimSiteTest, RefusedTokens) {
  scim.read_token = scim.write_token = "other";
  EXPECT_EQ(Run(Update()), "failed: site-unauthorized again site");
  scim.read_token = "w";
  EXPECT_EQ(Run(Update()), "failed: write-refused");
  EXPECT_EQ(Run(Add()), "failed: write-refused");
}

TEST_F(ScimSiteTest, ATokenThatWasTakenAwayBetweenLookAndWrite) {
  scim.Answer("PATCH", 1, 401);
  EXPECT_EQ(Run(Update()), "failed: site-unauthorized again site");
}

TEST_F(ScimSiteTest, ASiteThatAsksToWaitIsObeyed) {
  scim.Answer("PATCH", 1, 429, "", "30");
  const auto outcome = Execute(Update());
  EXPECT_EQ(Word(outcome), "failed: too-many-requests again site");
  EXPECT_EQ(std::get<Failed>(outcome).retry_after, std::chrono::seconds(30));
}

TEST_F(ScimSiteTest, AServerErrorIsLookedAt) {
  scim.Answer("PATCH", 1, 503, "", "30");
  const auto outcome = Execute(Update());
  EXPECT_EQ(Word(outcome), "failed: site-unavailable again site");
  EXPECT_EQ(std::get<Failed>(outcome).retry_after, std::chrono::seconds(30));
  // 504 of a gateway: the effect is there all the same.
  scim.Before("PATCH", 1, [this] { scim.User("7")["active"] = false; });
  scim.Answer("PATCH", 1, 504);
  EXPECT_EQ(Run(Archive()), "applied");
}

TEST_F(ScimSiteTest, ARejectedWriteIsNotRepeatedAndItsDetailGoesNowhere) {
  scim.Answer("PATCH", 1, 400, R"({"detail":"ann@example.org is bad"})");
  EXPECT_EQ(Run(Update()), "failed: rejected-by-site");
  scim.Answer("POST", 1, 400, R"({"detail":"ann@example.org is bad"})");
  EXPECT_EQ(Run(Add()), "failed: rejected-by-site");
}

TEST_F(ScimSiteTest, AnAnswerThatIsNoAccountIsTheSitesFailing) {
  Warm();
  scim.Answer("GET", 1, 200, "<html>Please sign in</html>");
  EXPECT_EQ(Run(Update()), "failed: site-malformed again site");
  scim.Answer("GET", 1, 200, R"({"id":"8"})");
  EXPECT_EQ(Run(Update()), "failed: site-malformed again site");
  EXPECT_TRUE(scim.Writes().empty());
}

TEST_F(ScimSiteTest, TasksThatMakeNoSenseAreNotTried) {
  Task task = Update();
  task.external_id.clear();
  EXPECT_EQ(Run(task), "failed: invalid-task");
  task = Update();
  task.account = AccountId();
  EXPECT_EQ(Run(task), "failed: invalid-task");
  EXPECT_TRUE(scim.requests.empty());
}

TEST_F(ScimSiteTest, SchemasAreAskedForAgainAfterAWhile) {
  Run(Archive());
  Run(Restore());
  const auto asked = [this] {
    return std::count_if(scim.requests.begin(), scim.requests.end(),
                         [](const auto& request) { return request.url.ends_with("/Schemas"); });
  };
  EXPECT_EQ(asked(), 1);
  clock.Advance(settings.schema_age_max);
  Run(Archive());
  EXPECT_EQ(asked(), 2);
}

}  // namespace
}  // namespace roster::target
