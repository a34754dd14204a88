// Which approvals take two people, and what makes two approvals the same.

#include "daemon/plan/four_eyes.h"

#include <gtest/gtest.h>

namespace roster::plan {
namespace {

TEST(FourEyes, OneIsEnoughWithoutRules) { EXPECT_EQ(WhyTwo({}, {1'000'000, true}), ""); }

TEST(FourEyes, MoreArchivesThanTheNumberTakeTwo) {
  const model::FourEyes rules{20, false, false};
  EXPECT_EQ(WhyTwo(rules, {20, true}), "");
  EXPECT_EQ(WhyTwo(rules, {21, false}), "archives");
  EXPECT_EQ(WhyTwo({0, false, false}, {1, false}), "archives");
}

TEST(FourEyes, LiftedGuardsTakeTwo) {
  EXPECT_EQ(WhyTwo({std::nullopt, true, false}, {500, false}), "");
  EXPECT_EQ(WhyTwo({std::nullopt, true, false}, {0, true}), "lifted-guards");
}

TEST(FourEyes, AllTakeTwo) { EXPECT_EQ(WhyTwo({20, true, true}, {0, false}), "all"); }

TEST(FourEyes, AnotherChoiceHasAnotherDigest) {
  const model::Approval whole;
  std::vector<model::Approval> others(5, whole);
  others[0].leave_out_changed = true;
  others[1].only = {model::ChangeClass::kAdd};
  others[2].except = {PersonId(1)};
  others[3].override_guards = true;
  others[4].only = {model::ChangeClass::kUpdate};
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_NE(ChoiceDigest(others[i]), ChoiceDigest(whole)) << i;
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(ChoiceDigest(others[i]), ChoiceDigest(others[j])) << i << " " << j;
    }
  }
}

TEST(FourEyes, WhoApprovedIsNotPartOfTheChoice) {
  model::Approval one;
  one.except = {PersonId(7)};
  model::Approval other = one;
  other.actor = "uid:1001";
  other.override_reason = "in words of one's own";
  other.names = {"Ben"};
  other.at = Time(std::chrono::seconds(5));
  EXPECT_EQ(ChoiceDigest(one), ChoiceDigest(other));
}

}  // namespace
}  // namespace roster::plan
