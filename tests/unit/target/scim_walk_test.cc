#include <gtest/gtest.h>

#include "daemon/target/scim_site.h"
#include "tests/unit/target/fake_scim.h"
#include "tests/unit/target/manual_clock.h"

namespace roster::target {
namespace {

class ScimWalkTest : public testing::Test {
 protected:
  ScimWalkTest() {
    settings.school = SchoolId("tcs");
    settings.base_url = std::string(FakeScim::kBase) + "/";
    settings.page_size = 3;
  }
  void Fill(int count) {
    for (int i = 0; i < count; ++i) {
      scim.Add("id" + std::to_string(i), "user" + std::to_string(i) + "@example.org");
    }
  }
  Result<model::Accounts> Read() {
    ScimSite site(settings, "w", scim, rate, clock, random);
    return site.ReadAccounts(
        [this](std::uint64_t done, std::uint64_t total) { progress.emplace_back(done, total); },
        stop.get_token());
  }
  std::string Reason() {
    const auto accounts = Read();
    return accounts ? "" : accounts.error().reason;
  }

  FakeScim scim;
  ManualClock clock;
  SeededRandom random{1};
  SiteRate rate{10'000, clock};
  ScimSettings settings;
  std::stop_source stop;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> progress;
};

TEST_F(ScimWalkTest, AllAccountsByIdArchivedOnesToo) {
  Fill(8);
  scim.User("id3")["active"] = false;
  const auto accounts = Read();
  ASSERT_TRUE(accounts) << accounts.error().message;
  ASSERT_EQ(accounts->all.size(), 8U);
  EXPECT_FALSE(accounts->all[3].active);
  EXPECT_TRUE(accounts->has_extension);
  EXPECT_EQ(accounts->requests, scim.requests.size());
  EXPECT_EQ(progress.back(), (std::pair<std::uint64_t, std::uint64_t>{8, 8}));
}

TEST_F(ScimWalkTest, AnEmptySiteIsAnswerEnough) {
  const auto accounts = Read();
  ASSERT_TRUE(accounts);
  EXPECT_TRUE(accounts->all.empty());
}

TEST_F(ScimWalkTest, ASiteThatGivesSmallerPagesThanAskedFor) {
  Fill(500);
  settings.page_size = 1000;
  scim.page_max = 10;
  EXPECT_EQ(Read()->all.size(), 500U);
}

TEST_F(ScimWalkTest, SortsOnlyWhereTheSiteCan) {
  Fill(4);
  ASSERT_TRUE(Read());
  EXPECT_EQ(scim.requests.back().url.find("sortBy"), std::string::npos);
  scim.sorts = true;
  ASSERT_TRUE(Read());
  EXPECT_NE(scim.requests.back().url.find("sortBy=id"), std::string::npos);
}

TEST_F(ScimWalkTest, APagePastTheEndThatIsTheFirstAgainDoesNoHarm) {
  Fill(7);
  scim.wraps_around = true;
  EXPECT_EQ(Read()->all.size(), 7U);
}

TEST_F(ScimWalkTest, ATotalThatIsTooHighIsIncomplete) {
  Fill(7);
  scim.announced = 9;
  EXPECT_EQ(Reason(), "site-incomplete");
  scim.wraps_around = true;
  EXPECT_EQ(Reason(), "site-incomplete");
}

TEST_F(ScimWalkTest, ATotalThatIsTooLowIsIncomplete) {
  Fill(7);
  scim.announced = 6;
  EXPECT_EQ(Reason(), "site-incomplete");
  scim.announced = 0;
  EXPECT_EQ(Reason(), "site-incomplete");
}

TEST_F(ScimWalkTest, AnAccountThatMovesBetweenPagesIsIncomplete) {
  Fill(7);
  settings.page_size = 4;
  // The total stays, one account comes twice and another never.
  for (const int page : {4, 7, 10}) {
    scim.Before("GET", page, [this] {
      scim.Remove("id6");
      scim.Add("id0", "again@example.org");
    });
  }
  EXPECT_EQ(Reason(), "site-incomplete");
}

TEST_F(ScimWalkTest, AListThatChangesOnceIsReadAgain) {
  Fill(7);
  scim.Before("GET", 4, [this] { scim.Add("new", "new@example.org"); });
  const auto accounts = Read();
  ASSERT_TRUE(accounts) << accounts.error().message;
  EXPECT_EQ(accounts->all.size(), 8U);
}

TEST_F(ScimWalkTest, ATotalThatChangesForOnePageAloneIsNotTrusted) {
  Fill(7);
  ASSERT_TRUE(Read());
  const std::size_t one_walk = scim.requests.size();
  scim.requests.clear();
  scim.Before("GET", 4, [this] { scim.announced = 8; });
  scim.Before("GET", 5, [this] { scim.announced.reset(); });
  ASSERT_TRUE(Read());
  EXPECT_GT(scim.requests.size(), one_walk);
}

TEST_F(ScimWalkTest, AListThatAlwaysChangesIsIncomplete) {
  Fill(7);
  for (int i = 1; i < 40; ++i) {
    scim.Before("GET", i, [this] { scim.Add("new" + std::to_string(scim.size()), "u"); });
  }
  EXPECT_EQ(Reason(), "site-incomplete");
}

TEST_F(ScimWalkTest, AnAnnouncementOfMillionsIsBounded) {
  Fill(7);
  settings.accounts_max = 1000;
  scim.announced = 1001;
  EXPECT_EQ(Reason(), "site-too-large");
}

TEST_F(ScimWalkTest, AMalformedAccountRejectsTheList) {
  Fill(7);
  scim.User("id4")["active"] = "True";
  const auto accounts = Read();
  ASSERT_FALSE(accounts);
  EXPECT_EQ(accounts.error().reason, "site-malformed");
  EXPECT_NE(accounts.error().message.find("beginning at 4"), std::string::npos);
  EXPECT_NE(accounts.error().message.find("after 1 of this page"), std::string::npos);
  EXPECT_EQ(accounts.error().message.find("@example.org"), std::string::npos);
}

TEST_F(ScimWalkTest, AnHtmlPageIsMalformed) {
  scim.Answer("GET", 3, 200, "<html>Please sign in</html>");
  EXPECT_EQ(Reason(), "site-malformed");
}

TEST_F(ScimWalkTest, RefusalsStopTheReading) {
  Fill(1);
  scim.read_token = scim.write_token = "other";
  EXPECT_EQ(Reason(), "site-unauthorized");
  EXPECT_EQ(scim.requests.size(), 1U);
  scim.read_token = "w";
  scim.Answer("GET", 3, 403);
  EXPECT_EQ(Reason(), "site-forbidden");
}

TEST_F(ScimWalkTest, AFailingSiteIsUnavailable) {
  for (int i = 1; i < 10; ++i) scim.Answer("GET", i, 500);
  EXPECT_EQ(Reason(), "site-unavailable");
}

TEST_F(ScimWalkTest, AStopEndsIt) {
  Fill(7);
  scim.Before("GET", 3, [this] { stop.request_stop(); });
  EXPECT_EQ(Reason(), "stopped");
}

TEST_F(ScimWalkTest, TheExtensionIsKnownBySchemaAlone) {
  scim.has_extension = false;
  EXPECT_FALSE(Read()->has_extension);
  scim.has_extension = true;
  scim.lists_schemas = false;  // a 404 of the list proves nothing
  EXPECT_TRUE(Read()->has_extension);
  scim.has_extension = false;
  EXPECT_FALSE(Read()->has_extension);
}

}  // namespace
}  // namespace roster::target
