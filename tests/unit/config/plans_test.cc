// What bounds plans: guards, rollover windows, how long a plan stays open, invitations.

#include <gtest/gtest.h>

#include "daemon/config/config.h"
#include "tests/unit/config/sample_config.h"

namespace roster {
namespace {

using model::Guard;
using model::GuardKind;

const Guard& Of(const model::Guards& guards, GuardKind kind) {
  return guards[static_cast<std::size_t>(kind)];
}

std::string Guarded(const std::string& guards) { return School("    guards: " + guards + "\n"); }

// A window of this list: "{from: .., until: ..}, ..."; each has no limits of its own.
std::string Windows(const std::vector<std::pair<std::string, std::string>>& days) {
  std::string lines = "    rollover:\n";
  for (const auto& [from, until] : days) {
    lines += "      - {from: " + from + ", until: " + until + ", guards: {}}\n";
  }
  return School(lines);
}

std::string Window(const std::string& guards) {
  return "    rollover: [{from: 2026-06-01, until: 2026-07-15, guards: " + guards + "}]\n";
}

TEST(ConfigPlans, UsualGuardsAreTheDefaults) {
  const model::PlanRules plans = SchoolOf(School("")).plans;
  EXPECT_EQ(plans.guards, model::DefaultGuards());
  EXPECT_TRUE(plans.rollovers.empty());
  EXPECT_EQ(plans.plan_ttl, std::chrono::days(14));
  EXPECT_EQ(plans.invite_cooldown, std::chrono::days(7));
  EXPECT_EQ(plans.invite_batch, 500U);
}

TEST(ConfigPlans, GuardsAreWhatIsWritten) {
  const model::Guards guards =
      SchoolOf(
          Guarded("{add: {max_count: 0, max_percent: 100%, min_population: 0}, "
                  "missing: {max_count: 1000000, max_percent: 0.5%, min_population: 1000000}}"))
          .plans.guards;
  EXPECT_EQ(Of(guards, GuardKind::kAdd), (Guard{0, 1.0, 0}));
  EXPECT_EQ(Of(guards, GuardKind::kMissing), (Guard{1'000'000, 0.005, 1'000'000}));
}

TEST(ConfigPlans, EachGuardKeyLeftOutHasItsOwnDefault) {
  const model::Guards usual = model::DefaultGuards();
  const model::Guards guards = SchoolOf(Guarded("{archive: {max_count: 40}}")).plans.guards;
  EXPECT_EQ(Of(guards, GuardKind::kArchive).max_count, 40U);
  EXPECT_EQ(Of(guards, GuardKind::kArchive).max_share, Of(usual, GuardKind::kArchive).max_share);
  EXPECT_EQ(Of(guards, GuardKind::kArchive).min_population,
            Of(usual, GuardKind::kArchive).min_population);
  EXPECT_EQ(Of(guards, GuardKind::kMissing), Of(usual, GuardKind::kMissing));
}

TEST(ConfigPlans, NoneIsNoSuchLimit) {
  const model::Guards guards =
      SchoolOf(Guarded("{archive: {max_count: none}, restore: {max_percent: none}}")).plans.guards;
  EXPECT_FALSE(Of(guards, GuardKind::kArchive).max_count);
  EXPECT_TRUE(Of(guards, GuardKind::kArchive).max_share);
  EXPECT_TRUE(Of(guards, GuardKind::kRestore).max_count);
  EXPECT_FALSE(Of(guards, GuardKind::kRestore).max_share);
}

// Review workflow, 4: a guard is lifted for one plan.
TEST(ConfigPlans, GuardsAgainstLosingPeopleAreNeverOff) {
  for (const char* kind : {"archive", "restore", "missing"}) {
    const std::string off =
        "{" + std::string(kind) + ": {max_count: none, max_percent: none, min_population: 1}}";
    const std::string expected =
        std::string(kind) +
        ": has neither a number nor a share, but this guard is lifted for one "
        "plan, by an approval with a reason, and never turned off; needed is "
        "max_count or max_percent";
    ExpectProblem(Guarded(off), "rosterd.yaml:6: schools[0].guards." + expected);
    ExpectProblem(School(Window(off)), "schools[0].rollover[0].guards." + expected);
  }
}

TEST(ConfigPlans, GuardsOnAddAndUpdateMayBeOff) {
  const std::string off = "{max_count: none, max_percent: none}";
  const model::Guards guards =
      SchoolOf(Guarded("{add: " + off + ", update: " + off + "}")).plans.guards;
  for (const GuardKind kind : {GuardKind::kAdd, GuardKind::kUpdate}) {
    EXPECT_FALSE(Of(guards, kind).max_count);
    EXPECT_FALSE(Of(guards, kind).max_share);
  }
}

TEST(ConfigPlans, GuardsAreInRange) {
  ExpectProblem(Guarded("{add: {max_count: 1000001}}"),
                "schools[0].guards.add.max_count: is out of range; allowed is a whole number from "
                "0 to 1000000, or none");
  ExpectProblem(Guarded("{add: {max_percent: 101%}}"),
                "schools[0].guards.add.max_percent: is out of range; allowed is a share from 0% to "
                "100%, as in 20% or 0.5%, or none");
  ExpectProblem(Guarded("{add: {max_percent: 20}}"),
                "schools[0].guards.add.max_percent: is not a number with a percent sign");
  ExpectProblem(Guarded("{add: {max_count: 5%}}"),
                "schools[0].guards.add.max_count: is not a whole number");
  ExpectProblem(Guarded("{add: {min_population: none}}"),
                "schools[0].guards.add.min_population: is not a whole number; allowed is a whole "
                "number from 0 to 1000000");
  ExpectProblem(Guarded("{remove: {max_count: 5}}"),
                "schools[0].guards.remove: is not a key that is known here; allowed are add, "
                "update, archive, restore, missing");
}

TEST(ConfigPlans, RolloverHasItsDaysAndItsLimits) {
  const model::PlanRules plans =
      SchoolOf(School("    guards: {archive: {max_count: 30, max_percent: 5%}}\n" +
                      Window("{archive: {max_count: none, max_percent: 15%}, update: {max_percent: "
                             "none}}")))
          .plans;
  ASSERT_EQ(plans.rollovers.size(), 1U);
  const model::Rollover& window = plans.rollovers[0];
  EXPECT_EQ(window.from, std::chrono::sys_days(std::chrono::year(2026) / 6 / 1));
  EXPECT_EQ(window.until, std::chrono::sys_days(std::chrono::year(2026) / 7 / 15));
  EXPECT_EQ(Of(window.guards, GuardKind::kArchive), (Guard{std::nullopt, 0.15, 50}));
  EXPECT_FALSE(Of(window.guards, GuardKind::kUpdate).max_share);
  EXPECT_EQ(Of(plans.guards, GuardKind::kArchive), (Guard{30, 0.05, 50}));
}

TEST(ConfigPlans, WhatAWindowLeavesOutIsTheSchoolsUsualLimit) {
  const model::PlanRules plans =
      SchoolOf(School("    guards: {archive: {max_count: 30, min_population: 20}}\n" +
                      Window("{archive: {max_percent: 15%}}")))
          .plans;
  ASSERT_EQ(plans.rollovers.size(), 1U);
  const model::Guards& guards = plans.rollovers[0].guards;
  EXPECT_EQ(Of(guards, GuardKind::kArchive), (Guard{30, 0.15, 20}));
  EXPECT_EQ(Of(guards, GuardKind::kMissing), Of(plans.guards, GuardKind::kMissing));
}

TEST(ConfigPlans, WindowsNeedDaysAndLimits) {
  ExpectProblem(School("    rollover: [{from: 2026-06-01, guards: {}}]\n"),
                "schools[0].rollover[0].until: is missing; allowed is a date as year, month and "
                "day, as in 2026-06-01");
  ExpectProblem(School("    rollover: [{until: 2026-06-01, guards: {}}]\n"),
                "schools[0].rollover[0].from: is missing");
  ExpectProblem(School("    rollover: [{from: 2026-06-01, until: 2026-06-02}]\n"),
                "schools[0].rollover[0].guards: is missing");
  ExpectProblem(Windows({{"2026-06-31", "2026-07-01"}}),
                "schools[0].rollover[0].from: is not a day of the calendar; allowed is a date");
}

TEST(ConfigPlans, WindowsEndAfterTheyBegin) {
  EXPECT_EQ(ProblemsOf(Windows({{"2026-06-01", "2026-06-01"}})), "");
  ExpectProblem(Windows({{"2026-06-02", "2026-06-01"}}),
                "rosterd.yaml:7: schools[0].rollover[0].until: is before the first day; allowed is "
                "the day of from, or a later one");
}

TEST(ConfigPlans, WindowsEndByThemselves) {
  EXPECT_EQ(ProblemsOf(Windows({{"2026-06-01", "2026-08-31"}})), "");  // 30 + 31 + 31
  ExpectProblem(Windows({{"2026-06-01", "2026-09-01"}}),
                "schools[0].rollover[0].until: makes a window that is too long: its limits would "
                "be the usual ones; allowed are 92 days");
}

TEST(ConfigPlans, WindowsShareNoDay) {
  EXPECT_EQ(ProblemsOf(Windows({{"2027-06-01", "2027-06-30"},
                                {"2026-06-01", "2026-06-30"},
                                {"2026-07-01", "2026-07-10"}})),
            "");
  for (const auto& [from, until] : {std::pair{"2026-06-30", "2026-07-10"},
                                    {"2026-05-01", "2026-06-01"},
                                    {"2026-06-10", "2026-06-11"},
                                    {"2026-05-31", "2026-07-01"}}) {
    ExpectProblem(Windows({{"2026-06-01", "2026-06-30"}, {from, until}}),
                  "rosterd.yaml:8: schools[0].rollover[1]: shares a day with window 1 of this "
                  "list; allowed is one window a day");
  }
}

TEST(ConfigPlans, TwentyWindowsAreEnough) {
  std::vector<std::pair<std::string, std::string>> days;
  for (int year = 2026; year < 2046; ++year) {
    days.emplace_back(std::to_string(year) + "-06-01", std::to_string(year) + "-06-30");
  }
  EXPECT_EQ(ProblemsOf(Windows(days)), "");
  days.emplace_back("2046-06-01", "2046-06-30");
  ExpectProblem(Windows(days),
                "schools[0].rollover: has too few or too many items; allowed is a "
                "list of 1 to 20 items");
}

TEST(ConfigPlans, PlansExpireAndInvitationsAreBounded) {
  const model::PlanRules plans =
      SchoolOf(School("    plan_ttl: 90d\n    invite: {cooldown: 1h, batch: 100000}\n")).plans;
  EXPECT_EQ(plans.plan_ttl, std::chrono::days(90));
  EXPECT_EQ(plans.invite_cooldown, std::chrono::hours(1));
  EXPECT_EQ(plans.invite_batch, 100'000U);
  for (const auto& [line, where] : {std::pair{"plan_ttl: 59m", "plan_ttl"},
                                    {"plan_ttl: 91d", "plan_ttl"},
                                    {"invite: {cooldown: 0s}", "invite.cooldown"},
                                    {"invite: {cooldown: 366d}", "invite.cooldown"},
                                    {"invite: {batch: 0}", "invite.batch"},
                                    {"invite: {batch: 100001}", "invite.batch"}}) {
    ExpectProblem(School("    " + std::string(line) + "\n"),
                  "schools[0]." + std::string(where) + ": is out of range");
  }
}

}  // namespace
}  // namespace roster
