// Families: excluded and included, counted, and shown for context.

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

std::vector<wire::FamilyRow> ListFamilies(Desk& desk, bool excluded_only) {
  std::vector<wire::FamilyRow> rows;
  std::string token;
  do {
    wire::Request request;
    request.mutable_list_families()->set_excluded_only(excluded_only);
    request.mutable_list_families()->set_page_size(1);
    request.mutable_list_families()->set_page_token(token);
    const auto reply = desk.Ask(request);
    for (const auto& row : reply.families().rows()) rows.push_back(row);
    token = reply.families().next_page_token();
  } while (!token.empty());
  return rows;
}

TEST_F(Parents, AFamilyIsExcludedWithANoteAndIncludedAgain) {
  EXPECT_TRUE(desk.User(3).is_new());
  const auto reply = desk.DecideFamilies(true, {20}, "moving away").decide_families();
  EXPECT_EQ(reply.changed(), 1U);
  EXPECT_EQ(reply.users(), 2U);
  const auto row = desk.User(3);
  EXPECT_EQ(row.reason(), "excluded");
  EXPECT_EQ(row.note(), "moving away");
  EXPECT_EQ(row.status(), wire::STATUS_SKIPPED);
  EXPECT_FALSE(row.is_new()) << "New? ends with an exclusion of the family";
  EXPECT_EQ(row.decided_by(), "uid:1000");
  EXPECT_GT(row.decided_at().seconds(), 0);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kFamiliesDecided), 1U);
  EXPECT_EQ(desk.DecideFamilies(true, {20}).decide_families().unchanged(), 1U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kFamiliesDecided), 1U);

  EXPECT_EQ(desk.DecideFamilies(false, {20}).decide_families().changed(), 1U);
  EXPECT_TRUE(desk.User(3).is_new()) << "nobody has decided on them";
  EXPECT_EQ(desk.User(3).note(), "");
}

TEST_F(Parents, APersonIsExcludedOnlyWhenAllTheirFamiliesAre) {
  desk.DecideFamilies(true, {10});
  EXPECT_EQ(desk.User(1).reason(), "excluded");
  EXPECT_EQ(desk.User(5).status(), wire::STATUS_NEW) << "family 30 is not";
  EXPECT_EQ(desk.School().counters().families_excluded(), 0U) << "Eve is in family 10, too";
  desk.DecideFamilies(true, {30});
  EXPECT_EQ(desk.User(5).reason(), "excluded");
  EXPECT_EQ(desk.School().counters().families_excluded(), 2U);
  desk.DecideFamilies(false, {10});
  EXPECT_EQ(desk.User(5).status(), wire::STATUS_NEW);
}

TEST_F(Parents, WhoJoinsAnExcludedFamilyIsExcludedAndNobodyIsCalled) {
  desk.DecideFamilies(true, {20}, "moving away");
  const auto called = desk.CountEntries(wire::Entry::kReviewRequired);
  Pupil parent{6, "Fay", "Cole", "fay@example.org"};
  parent.student = false;
  desk.pupils.push_back(parent);
  desk.households[1].parents.push_back(6);
  desk.links.push_back({6, 102});
  desk.Poll();
  EXPECT_EQ(desk.User(6).reason(), "excluded");
  EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), called);
}

TEST_F(Parents, AnExcludedFamilysAccountsStayExactlyAsTheyAre) {
  Sync({3, 4});
  desk.DecideFamilies(true, {20});
  Person(3).last = "Other";
  desk.Poll();
  EXPECT_EQ(desk.Plan().items(), 0U);
  desk.DecideFamilies(false, {20});
  EXPECT_EQ(desk.Plan().updates(), 1U);
}

TEST_F(Parents, ExcludingAFamilyWithdrawsWhatHasNotBegun) {
  desk.Decide(wire::SYNC, {3, 4});
  desk.Approve(desk.Plan());
  desk.DecideFamilies(true, {20});
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskSuperseded), 2U);
  desk.WorkUntilDone();
  EXPECT_TRUE(desk.site.empty());
}

TEST_F(Parents, AFamilyThatIsNotThereIsRefusedAndNothingIsDecided) {
  EXPECT_EQ(desk.DecideFamilies(true, {20, 99}).error().reason(), "unknown-family");
  EXPECT_TRUE(desk.User(3).is_new());
}

TEST_F(Parents, TheListOfFamiliesSaysWhoStandsWhereAndWhoExcludedThem) {
  desk.DecideFamilies(true, {20}, "moving away");
  desk.Decide(wire::SYNC, {1});
  desk.Decide(wire::EXCLUDE, {2});
  const auto all = ListFamilies(desk, false);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].family(), 10);
  EXPECT_EQ(all[0].name(), "Abel");
  EXPECT_EQ(all[0].users(), 3U);
  EXPECT_EQ(all[0].fresh(), 1U);
  EXPECT_EQ(all[0].selected(), 1U);
  EXPECT_EQ(all[0].excluded_users(), 1U);
  EXPECT_FALSE(all[0].excluded()) << "one of its users is, by themselves";
  const auto excluded = ListFamilies(desk, true);
  ASSERT_EQ(excluded.size(), 1U);
  EXPECT_EQ(excluded[0].family(), 20);
  EXPECT_EQ(excluded[0].note(), "moving away");
  EXPECT_EQ(excluded[0].actor(), "uid:1000");
}

TEST_F(Parents, FamiliesAreCountedNewSelectedAndOnTheSite) {
  auto counters = desk.School().counters();
  EXPECT_EQ(counters.families(), 3U);
  EXPECT_EQ(counters.families_fresh(), 3U);
  EXPECT_EQ(counters.families_selected(), 0U);
  desk.Decide(wire::SYNC, {3, 4});
  counters = desk.School().counters();
  EXPECT_EQ(counters.families_fresh(), 2U);
  EXPECT_EQ(counters.families_selected(), 1U);
  EXPECT_EQ(counters.fresh_selected(), 2U);
  Sync({3, 4});
  EXPECT_EQ(desk.School().counters().families_selected(), 0U) << "on the site by now";
}

// Workflow, step 1: relatives who were reviewed earlier stand with those who are new, each once.
TEST_F(Parents, RelativesOfTheNewAreShownForContextEachOnce) {
  desk.Decide(wire::SYNC, {1, 3, 4});
  std::map<std::int64_t, int> context;
  std::map<std::int64_t, int> fresh;
  std::string token;
  do {
    wire::Request request;
    request.mutable_list_users()->mutable_filter()->set_status(wire::STATUS_NEW);
    request.mutable_list_users()->mutable_filter()->set_family_context(true);
    request.mutable_list_users()->set_page_size(1);
    request.mutable_list_users()->set_page_token(token);
    const auto reply = desk.Ask(request);
    for (const auto& row : reply.users().rows()) {
      ++(row.context() ? context : fresh)[row.person()];
      if (row.context()) {
        EXPECT_FALSE(row.is_new());
      }
    }
    token = reply.users().next_page_token();
  } while (!token.empty());
  EXPECT_EQ(fresh, (std::map<std::int64_t, int>{{2, 1}, {5, 1}}));
  EXPECT_EQ(context, (std::map<std::int64_t, int>{{1, 1}})) << "nobody new is in family 20";
}

TEST_F(Parents, AParentGoesOnlyWhenNoChildIsLeftInAnyHousehold) {
  Sync({1, 5});
  Person(101).status = "Withdrawn";
  desk.Poll();
  EXPECT_EQ(desk.User(1).action(), wire::ARCHIVE);
  EXPECT_EQ(desk.User(5).action(), wire::UPDATE) << "child 103 is still there, in family 30";
  Person(103).status = "Graduate";
  desk.Poll();
  EXPECT_EQ(desk.User(5).action(), wire::ARCHIVE);
  EXPECT_EQ(desk.User(5).reason(), "graduated");
}

TEST_F(Parents, TheGroupingFieldTiesAFamilyTogetherOnTheSite) {
  Sync({1, 2});
  for (const auto& [id, account] : desk.site) {
    EXPECT_EQ(account.fields.Get(model::Field::kGrouping), "Abel (10)") << id;
  }
}

}  // namespace
}  // namespace roster::engine
