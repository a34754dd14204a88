// The design's situation table, one test a row.

#include "daemon/diff/situation.h"

#include <gtest/gtest.h>

namespace roster {
namespace {

using diff::Linked;
using diff::Situate;
using diff::Standpoint;
using model::Eligibility;
using model::Situation;
using Kind = model::Match::Kind;

Standpoint Unlinked(Kind fit, bool active = true) {
  Standpoint at;
  at.fit = fit;
  at.fit_active = active;
  return at;
}

Standpoint Eligible(Linked linked) {
  Standpoint at;
  at.linked = linked;
  return at;
}

Standpoint Not(Eligibility eligibility, Linked linked) {
  Standpoint at;
  at.eligibility = eligibility;
  at.linked = linked;
  return at;
}

constexpr Eligibility kNotEligible[] = {Eligibility::kIneligible, Eligibility::kNotYet,
                                        Eligibility::kUnclear, Eligibility::kMissing};

TEST(Situation, NoneFitsIsNew) { EXPECT_EQ(Situate(Unlinked(Kind::kNone)), Situation::kNew); }

TEST(Situation, OneFitsExactlyActiveIsFound) {
  EXPECT_EQ(Situate(Unlinked(Kind::kExact)), Situation::kFound);
}

TEST(Situation, OneFitsExactlyArchivedIsFoundArchived) {
  EXPECT_EQ(Situate(Unlinked(Kind::kExact, false)), Situation::kFoundArchived);
}

TEST(Situation, SeveralFitIsAmbiguous) {
  EXPECT_EQ(Situate(Unlinked(Kind::kSeveral)), Situation::kAmbiguous);
}

TEST(Situation, FitsButLinkedToAnotherIsTaken) {
  EXPECT_EQ(Situate(Unlinked(Kind::kTaken)), Situation::kTaken);
}

TEST(Situation, FitsButProtectedIsProtected) {
  EXPECT_EQ(Situate(Unlinked(Kind::kProtected)), Situation::kProtected);
}

TEST(Situation, LinkedActiveTheSameIsInStep) {
  EXPECT_EQ(Situate(Eligible(Linked::kActive)), Situation::kInStep);
}

TEST(Situation, LinkedActiveFactsChangedIsOutdated) {
  Standpoint at = Eligible(Linked::kActive);
  at.facts_changed = true;
  EXPECT_EQ(Situate(at), Situation::kOutdated);
}

TEST(Situation, LinkedActiveSiteChangedIsDrifted) {
  Standpoint at = Eligible(Linked::kActive);
  at.site_changed = true;
  EXPECT_EQ(Situate(at), Situation::kDrifted);
}

TEST(Situation, LinkedActiveBothChangedIsOutdated) {
  Standpoint at = Eligible(Linked::kActive);
  at.facts_changed = true;
  at.site_changed = true;
  EXPECT_EQ(Situate(at), Situation::kOutdated);
}

TEST(Situation, LinkedArchivedIsReturned) {
  EXPECT_EQ(Situate(Eligible(Linked::kArchived)), Situation::kReturned);
}

TEST(Situation, LinkedGoneIsLost) { EXPECT_EQ(Situate(Eligible(Linked::kGone)), Situation::kLost); }

TEST(Situation, NotEligibleLinkedActiveIsIneligible) {
  EXPECT_EQ(Situate(Not(Eligibility::kIneligible, Linked::kActive)), Situation::kIneligible);
}

TEST(Situation, UnclearLinkedActiveIsUnclear) {
  EXPECT_EQ(Situate(Not(Eligibility::kUnclear, Linked::kActive)), Situation::kUnclear);
}

// Rules, 4.
TEST(Situation, NotYetLinkedActiveIsNotYet) {
  EXPECT_EQ(Situate(Not(Eligibility::kNotYet, Linked::kActive)), Situation::kNotYet);
}

TEST(Situation, GoneFromFactsLinkedActiveIsMissing) {
  EXPECT_EQ(Situate(Not(Eligibility::kMissing, Linked::kActive)), Situation::kMissing);
}

TEST(Situation, NotEligibleLinkedArchivedOrGoneIsRetired) {
  for (const Eligibility eligibility : kNotEligible) {
    EXPECT_EQ(Situate(Not(eligibility, Linked::kArchived)), Situation::kRetired);
    EXPECT_EQ(Situate(Not(eligibility, Linked::kGone)), Situation::kRetired);
  }
}

// Unowned accounts have no person, so they have no row; and who is neither eligible nor linked is
// not part of everybody (rules, 21).
TEST(Situation, NotEligibleNeverLinkedIsNobody) {
  for (const Eligibility eligibility : kNotEligible) {
    EXPECT_EQ(Situate(Not(eligibility, Linked::kNo)), std::nullopt);
  }
}

// Rules, 16: a linked account that became protected is left alone, whoever its person is now.
TEST(Situation, LinkedProtectedIsProtected) {
  for (const Linked linked : {Linked::kActive, Linked::kArchived}) {
    Standpoint at = Eligible(linked);
    at.fit = Kind::kProtected;
    at.facts_changed = true;
    EXPECT_EQ(Situate(at), Situation::kProtected);
  }
  for (const Eligibility eligibility : kNotEligible) {
    Standpoint at = Not(eligibility, Linked::kActive);
    at.fit = Kind::kProtected;
    EXPECT_EQ(Situate(at), Situation::kProtected);
  }
}

// Rules, 16 has nothing left to protect.
TEST(Situation, RetiredStaysRetiredWhenProtected) {
  Standpoint at = Not(Eligibility::kIneligible, Linked::kArchived);
  at.fit = Kind::kProtected;
  EXPECT_EQ(Situate(at), Situation::kRetired);
}

// How others' accounts fit is of no matter to somebody who has one.
TEST(Situation, FitOfLinkedPersonIsNotLookedAt) {
  for (const Kind fit : {Kind::kExact, Kind::kSeveral, Kind::kTaken}) {
    Standpoint at = Eligible(Linked::kActive);
    at.fit = fit;
    EXPECT_EQ(Situate(at), Situation::kInStep);
  }
}

}  // namespace
}  // namespace roster
