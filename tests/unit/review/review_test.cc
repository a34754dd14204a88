// What a change comes to under people's decisions (rules, 8, 11 to 13, 16, 22).

#include "daemon/review/review.h"

#include <gtest/gtest.h>

namespace roster::review {
namespace {

using model::Action;
using model::Bucket;
using model::Change;
using model::DecisionKind;
using model::Eligibility;
using model::ListStatus;
using model::Reason;
using model::Situation;
using model::Verdict;

Change Fresh() {
  Change change;
  change.candidate.person = PersonId(11);
  change.candidate.first_name = "Ada";
  change.candidate.last_name = "Example";
  change.candidate.email = "ada@example.org";
  change.candidate.grade = "09";
  change.situation = Situation::kNew;
  change.action = Action::kAdd;
  change.reason = Reason::kNew;
  return change;
}

Change Linked(Situation situation, Action action, Reason reason) {
  Change change = Fresh();
  change.situation = situation;
  change.action = action;
  change.reason = reason;
  change.linked = true;
  change.account = model::Account();
  change.account->id = AccountId("a1");
  return change;
}

Change Left(Action action, Reason reason) {
  Change change = Linked(Situation::kIneligible, action, reason);
  change.candidate.eligibility = Eligibility::kIneligible;
  return change;
}

Standing Decided(DecisionKind kind) {
  Standing standing;
  standing.decision = kind;
  return standing;
}

TEST(Review, AnUndecidedNewUserIsAProposalAndCountsAsSkip) {
  const Verdict verdict = Judge(Fresh(), {});
  EXPECT_EQ(verdict.status, ListStatus::kNew);
  EXPECT_TRUE(verdict.is_new);
  EXPECT_FALSE(verdict.sync);
  EXPECT_EQ(verdict.bucket, Bucket::kSkip);
  EXPECT_EQ(verdict.reason, Reason::kUndecided);
  EXPECT_EQ(verdict.action, Action::kNone);
}

TEST(Review, SelectedNewUserIsToBeAdded) {
  const Verdict verdict = Judge(Fresh(), Decided(DecisionKind::kSync));
  EXPECT_EQ(verdict.status, ListStatus::kSelected);
  EXPECT_FALSE(verdict.is_new);
  EXPECT_TRUE(verdict.sync);
  EXPECT_EQ(verdict.bucket, Bucket::kAdd);
  EXPECT_EQ(verdict.action, Action::kAdd);
}

TEST(Review, UpdatesAndArchivesOfTheLinkedNeedNoDecision) {
  EXPECT_EQ(Judge(Linked(Situation::kOutdated, Action::kUpdate, Reason::kOutdated), {}).bucket,
            Bucket::kUpdate);
  EXPECT_EQ(Judge(Left(Action::kArchive, Reason::kGraduated), {}).bucket, Bucket::kArchive);
  EXPECT_EQ(Judge(Linked(Situation::kReturned, Action::kRestore, Reason::kReturned), {}).bucket,
            Bucket::kRestore);
}

TEST(Review, DeselectingTheLinkedProposesAnArchive) {
  const Verdict verdict = Judge(Linked(Situation::kInStep, Action::kNone, Reason::kInStep),
                                Decided(DecisionKind::kSkip));
  EXPECT_EQ(verdict.bucket, Bucket::kArchive);
  EXPECT_EQ(verdict.reason, Reason::kDeselected);
  EXPECT_FALSE(verdict.sync);
}

TEST(Review, DeselectedAndArchivedStaysSo) {
  Change change = Linked(Situation::kReturned, Action::kRestore, Reason::kReturned);
  change.account->active = false;
  const Verdict verdict = Judge(change, Decided(DecisionKind::kSkip));
  EXPECT_EQ(verdict.bucket, Bucket::kSkip);
  EXPECT_EQ(verdict.action, Action::kNone);
}

TEST(Review, ExcludeLeavesTheAccountExactlyAsItIs) {
  for (const Change& change : {Linked(Situation::kOutdated, Action::kUpdate, Reason::kOutdated),
                               Left(Action::kArchive, Reason::kGraduated), Fresh()}) {
    const Verdict verdict = Judge(change, Decided(DecisionKind::kExclude));
    EXPECT_EQ(verdict.action, Action::kNone);
    EXPECT_EQ(verdict.reason, Reason::kExcluded);
  }
}

TEST(Review, ProtectedIsNeverTouchedWhateverWasDecided) {
  Change change = Linked(Situation::kProtected, Action::kNone, Reason::kProtected);
  for (const auto kind : {DecisionKind::kSync, DecisionKind::kSkip}) {
    const Verdict verdict = Judge(change, Decided(kind));
    EXPECT_EQ(verdict.action, Action::kNone);
    EXPECT_EQ(verdict.reason, Reason::kProtected);
  }
}

TEST(Review, MissingEmailIsAnErrorAlsoWhenSelected) {
  Change change = Fresh();
  change.action = Action::kNone;
  change.reason = Reason::kMissingEmail;
  EXPECT_TRUE(Judge(change, {}).is_new);
  EXPECT_EQ(Judge(change, {}).status, ListStatus::kError);
  const Verdict selected = Judge(change, Decided(DecisionKind::kSync));
  EXPECT_EQ(selected.status, ListStatus::kError);
  EXPECT_EQ(selected.action, Action::kNone);
  EXPECT_FALSE(selected.is_new);
  EXPECT_FALSE(IsSelectable(change));
}

TEST(Review, ADuplicateIsResolvedWhenOneHolderIsLeft) {
  Change change = Fresh();
  change.duplicates = {PersonId(12)};
  Standing standing = Decided(DecisionKind::kSync);
  standing.rivals = 1;
  EXPECT_EQ(Judge(change, standing).reason, Reason::kDuplicateEmail);
  EXPECT_EQ(Judge(change, standing).status, ListStatus::kError);
  standing.rivals = 0;
  EXPECT_EQ(Judge(change, standing).bucket, Bucket::kAdd);
}

TEST(Review, UnclearAndNotYetAreNoReasonToArchive) {
  Change unclear = Linked(Situation::kUnclear, Action::kNone, Reason::kUnknownStatus);
  unclear.candidate.eligibility = Eligibility::kUnclear;
  EXPECT_EQ(Judge(unclear, {}).bucket, Bucket::kSkip);
  EXPECT_EQ(Judge(unclear, {}).reason, Reason::kUnknownStatus);
  Change not_yet = Linked(Situation::kNotYet, Action::kNone, Reason::kNotYet);
  not_yet.candidate.eligibility = Eligibility::kNotYet;
  EXPECT_EQ(Judge(not_yet, {}).reason, Reason::kNotYet);
}

TEST(Review, InStepAndRetiredAreUnchanged) {
  EXPECT_EQ(Judge(Linked(Situation::kInStep, Action::kNone, Reason::kInStep), {}).bucket,
            Bucket::kUnchanged);
  Change retired = Linked(Situation::kRetired, Action::kNone, Reason::kRetired);
  retired.candidate.eligibility = Eligibility::kIneligible;
  EXPECT_EQ(Judge(retired, {}).bucket, Bucket::kUnchanged);
}

TEST(Review, WhatIsUnderWayIsInNoOtherPlan) {
  Standing standing = Decided(DecisionKind::kSync);
  standing.in_progress = true;
  const Verdict verdict = Judge(Fresh(), standing);
  EXPECT_EQ(verdict.action, Action::kNone);
  EXPECT_EQ(verdict.reason, Reason::kInProgress);
  EXPECT_EQ(Need(Fresh(), verdict), "");
}

TEST(Review, TheNeedIsAnotherOnlyWhenThereIsSomethingNewToLookAt) {
  const Verdict fresh = Judge(Fresh(), {});
  EXPECT_NE(Need(Fresh(), fresh), "");
  Change renamed = Fresh();
  renamed.candidate.first_name = "Adah";
  EXPECT_EQ(Need(renamed, Judge(renamed, {})), Need(Fresh(), fresh));

  Change update = Linked(Situation::kOutdated, Action::kUpdate, Reason::kOutdated);
  update.fields = {{model::Field::kGrade, "08", "09"}};
  const std::string need = Need(update, Judge(update, {}));
  update.account->version = "W/\"2\"";
  EXPECT_EQ(Need(update, Judge(update, {})), need) << "the same write";
  update.fields[0].after = "10";
  EXPECT_NE(Need(update, Judge(update, {})), need) << "another write";
  const Change in_step = Linked(Situation::kInStep, Action::kNone, Reason::kInStep);
  EXPECT_EQ(Need(in_step, Judge(in_step, {})), "");
}

// Rules, 22: over all situations, actions and decisions, every row is in exactly one bucket.
TEST(Review, BucketsAndListsAddUpToEverybody) {
  model::Tally tally;
  std::vector<Verdict> verdicts;
  for (int situation = 1; situation <= 16; ++situation) {
    for (int action = 0; action <= 4; ++action) {
      for (int decision = 0; decision <= 3; ++decision) {
        for (const bool progress : {false, true}) {
          Change change =
              situation <= 6 ? Fresh() : Linked(Situation::kInStep, Action::kNone, Reason::kNone);
          change.situation = static_cast<Situation>(situation);
          change.action = static_cast<Action>(action);
          Standing standing;
          if (decision > 0) standing.decision = static_cast<DecisionKind>(decision);
          standing.in_progress = progress;
          verdicts.push_back(Judge(change, standing));
          CountIn(tally, verdicts.back());
          // A plan holds exactly what the four buckets of writes hold.
          const bool writes = verdicts.back().bucket < Bucket::kSkip;
          ASSERT_EQ(writes, verdicts.back().action != Action::kNone);
        }
      }
    }
  }
  std::uint64_t buckets = 0;
  std::uint64_t lists = 0;
  for (const auto count : tally.by_bucket) buckets += count;
  for (const auto count : tally.by_status) lists += count;
  EXPECT_EQ(tally.everybody, verdicts.size());
  EXPECT_EQ(buckets, verdicts.size());
  EXPECT_EQ(lists, verdicts.size());
  for (const Verdict& verdict : verdicts) CountOut(tally, verdict);
  EXPECT_EQ(tally, model::Tally());
}

TEST(Review, FiltersLookAtNamesEmailIdGradeAndLists) {
  const Change change = Fresh();
  const Verdict verdict = Judge(change, {});
  const auto shows = [&](auto set) {
    model::Filter filter;
    set(filter);
    return Shows(filter, change, verdict);
  };
  EXPECT_TRUE(shows([](model::Filter&) {}));
  EXPECT_TRUE(shows([](model::Filter& f) { f.match = "EXAMPLE, a"; }));
  EXPECT_TRUE(shows([](model::Filter& f) { f.match = "ada@"; }));
  EXPECT_TRUE(shows([](model::Filter& f) { f.match = "11"; }));
  EXPECT_FALSE(shows([](model::Filter& f) { f.match = "1"; }));
  EXPECT_FALSE(shows([](model::Filter& f) { f.grade = "10"; }));
  EXPECT_TRUE(shows([](model::Filter& f) { f.status = ListStatus::kNew; }));
  EXPECT_FALSE(shows([](model::Filter& f) { f.status = ListStatus::kError; }));
  EXPECT_FALSE(shows([](model::Filter& f) { f.situation = Situation::kFound; }));
}

TEST(Review, EveryReasonHasAWordAndASentence) {
  Verdict verdict;
  for (int number = 1; number < 64; ++number) {
    verdict.reason = static_cast<Reason>(number);
    if (ReasonWord(verdict.reason).empty()) continue;
    EXPECT_FALSE(Sentence(Fresh(), verdict).empty()) << number;
    EXPECT_EQ(model::ReasonFromWord(ReasonWord(verdict.reason)), verdict.reason);
  }
}

}  // namespace
}  // namespace roster::review
