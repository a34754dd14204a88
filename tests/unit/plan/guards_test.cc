// How much one plan may do before it is held (workflow, 4).

#include "daemon/plan/guards.h"

#include <gtest/gtest.h>

namespace roster::plan {
namespace {

using model::ChangeClass;
using model::Guard;
using model::GuardKind;

Time On(int year, unsigned month, unsigned day, int hour = 0) {
  return Time(std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) /
                                    static_cast<int>(day)) +
              std::chrono::hours(hour));
}

Limits Only(GuardKind kind, const Guard& guard) {
  Limits limits;
  limits.guards[static_cast<std::size_t>(kind)] = guard;
  return limits;
}

ClassCounts Count(ChangeClass which, std::uint64_t count) {
  ClassCounts counts{};
  counts[static_cast<std::size_t>(which)] = count;
  return counts;
}

TEST(Guards, ACountAtTheLimitPassesOneAboveTrips) {
  const Limits limits = Only(GuardKind::kArchive, {25, std::nullopt, 50});
  EXPECT_TRUE(CheckGuards(Count(ChangeClass::kArchive, 25), 1000, limits).empty());
  const auto holds = CheckGuards(Count(ChangeClass::kArchive, 26), 1000, limits);
  ASSERT_EQ(holds.size(), 1U);
  EXPECT_EQ(holds[0].guard, GuardKind::kArchive);
  EXPECT_EQ(holds[0].count, 26U);
  EXPECT_EQ(holds[0].population, 1000U);
  EXPECT_EQ(holds[0].limit, limits.guards[static_cast<std::size_t>(GuardKind::kArchive)]);
  EXPECT_FALSE(holds[0].rollover);
}

TEST(Guards, ASchoolTooSmallForASharePassesIt) {
  const Limits limits = Only(GuardKind::kArchive, {std::nullopt, 0.1, 50});
  EXPECT_TRUE(CheckGuards(Count(ChangeClass::kArchive, 49), 49, limits).empty());
  EXPECT_TRUE(CheckGuards(Count(ChangeClass::kArchive, 5), 50, limits).empty()) << "at the limit";
  EXPECT_EQ(CheckGuards(Count(ChangeClass::kArchive, 6), 50, limits).size(), 1U);
}

TEST(Guards, ACountHoldsWhateverThePopulation) {
  const Limits limits = Only(GuardKind::kArchive, {0, std::nullopt, 50});
  EXPECT_EQ(CheckGuards(Count(ChangeClass::kArchive, 1), 0, limits).size(), 1U);
}

TEST(Guards, WithoutAnyPopulationTheFirstChangeTripsAShareThatHasNoMinimum) {
  const Limits limits = Only(GuardKind::kAdd, {std::nullopt, 0.5, 0});
  EXPECT_TRUE(CheckGuards({}, 0, limits).empty());
  EXPECT_EQ(CheckGuards(Count(ChangeClass::kAdd, 1), 0, limits).size(), 1U);
}

TEST(Guards, EachClassCountsForOneGuardAndInvitationsForNone) {
  EXPECT_EQ(GuardOf(ChangeClass::kAdd), GuardKind::kAdd);
  EXPECT_EQ(GuardOf(ChangeClass::kUpdate), GuardKind::kUpdate);
  EXPECT_EQ(GuardOf(ChangeClass::kEmailChange), GuardKind::kUpdate);
  EXPECT_EQ(GuardOf(ChangeClass::kArchive), GuardKind::kArchive);
  EXPECT_EQ(GuardOf(ChangeClass::kMissing), GuardKind::kMissing);
  EXPECT_EQ(GuardOf(ChangeClass::kRestore), GuardKind::kRestore);
  EXPECT_EQ(GuardOf(ChangeClass::kInvite), std::nullopt);
  EXPECT_EQ(GuardOf(ChangeClass::kNone), std::nullopt);
}

TEST(Guards, UpdatesAndEmailChangesAddUp) {
  const Limits limits = Only(GuardKind::kUpdate, {3, std::nullopt, 0});
  ClassCounts counts = Count(ChangeClass::kUpdate, 2);
  counts[static_cast<std::size_t>(ChangeClass::kEmailChange)] = 2;
  ASSERT_EQ(CheckGuards(counts, 10, limits).size(), 1U);
  EXPECT_EQ(CheckGuards(counts, 10, limits)[0].count, 4U);
}

TEST(Guards, SeveralMayTripAtOnce) {
  Limits limits{model::DefaultGuards(), false};
  ClassCounts counts = Count(ChangeClass::kArchive, 30);
  counts[static_cast<std::size_t>(ChangeClass::kMissing)] = 30;
  counts[static_cast<std::size_t>(ChangeClass::kAdd)] = 30;
  const auto holds = CheckGuards(counts, 500, limits);
  ASSERT_EQ(holds.size(), 2U);
  EXPECT_EQ(holds[0].guard, GuardKind::kArchive);
  EXPECT_EQ(holds[1].guard, GuardKind::kMissing);
}

TEST(Guards, AFirstSyncIsNotHeldByTheDefaults) {
  const Limits limits{model::DefaultGuards(), false};
  EXPECT_TRUE(CheckGuards(Count(ChangeClass::kAdd, 1600), 0, limits).empty());
}

TEST(Guards, ASentenceSaysWhichAndTheNumbers) {
  const Limits limits = Only(GuardKind::kArchive, {25, 0.1, 50});
  const auto text = CheckGuards(Count(ChangeClass::kArchive, 60), 500, limits).at(0).message;
  for (const char* part : {"60 archives against 500 linked and active accounts",
                           "the guard on archive", "at most 25, and at most 10 %"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
  }
  const auto missing =
      CheckGuards(Count(ChangeClass::kMissing, 1), 500, Only(GuardKind::kMissing, {0, {}, 0}));
  EXPECT_NE(missing.at(0).message.find("1 archive of people missing from FACTS against"),
            std::string::npos)
      << missing.at(0).message;
}

model::PlanRules WithWindow() {
  model::PlanRules rules;
  model::Rollover window;
  window.from = std::chrono::sys_days(std::chrono::year(2026) / 6 / 10);
  window.until = std::chrono::sys_days(std::chrono::year(2026) / 6 / 30);
  window.guards[static_cast<std::size_t>(GuardKind::kArchive)] = {200, std::nullopt, 0};
  rules.rollovers = {window};
  return rules;
}

TEST(Guards, ARolloverWindowIsOpenFromItsFirstDayThroughTheWholeOfItsLast) {
  const model::PlanRules rules = WithWindow();
  EXPECT_FALSE(LimitsAt(rules, On(2026, 6, 9, 23)).rollover);
  EXPECT_TRUE(LimitsAt(rules, On(2026, 6, 10)).rollover);
  EXPECT_TRUE(LimitsAt(rules, On(2026, 6, 30, 23)).rollover);
  EXPECT_FALSE(LimitsAt(rules, On(2026, 7, 1)).rollover) << "ends by itself";
  EXPECT_FALSE(LimitsAt(rules, On(2027, 6, 15)).rollover) << "is of one year";
  EXPECT_EQ(LimitsAt(rules, On(2026, 7, 1)).guards, model::DefaultGuards());
}

TEST(Guards, InAWindowItsLimitsHoldAndNoOthers) {
  const Limits limits = LimitsAt(WithWindow(), On(2026, 6, 15));
  EXPECT_TRUE(CheckGuards(Count(ChangeClass::kArchive, 200), 500, limits).empty());
  const auto holds = CheckGuards(Count(ChangeClass::kArchive, 201), 500, limits);
  ASSERT_EQ(holds.size(), 1U);
  EXPECT_TRUE(holds[0].rollover);
  EXPECT_NE(holds[0].message.find("in this rollover window"), std::string::npos);
}

}  // namespace
}  // namespace roster::plan
