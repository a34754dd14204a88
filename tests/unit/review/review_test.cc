// What a change comes to under people's decisions (rules, 8, 11 to 13, 16, 22).

#include "daemon/review/review.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace roster::review {
namespace {

using model::Action;
using model::Bucket;
using model::Change;
using model::ChangeClass;
using model::DecisionKind;
using model::Eligibility;
using model::ListStatus;
using model::Reason;
using model::Severity;
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
      for (int decision = 0; decision <= 5; ++decision) {
        for (const bool progress : {false, true}) {
          Change change =
              situation <= 6 ? Fresh() : Linked(Situation::kInStep, Action::kNone, Reason::kNone);
          change.situation = static_cast<Situation>(situation);
          change.action = static_cast<Action>(action);
          Standing standing;
          if (decision > 0) standing.decision = static_cast<DecisionKind>(decision);
          standing.in_progress = progress;
          verdicts.push_back(Judge(change, standing));
          CountIn(tally, {verdicts.back(), "", {}, false, {}});
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
  for (const Verdict& verdict : verdicts) CountOut(tally, {verdict, "", {}, false, {}});
  EXPECT_EQ(tally, model::Tally());
}

TEST(Review, ASkipHoldsWhenTheAddressBecomesAnAccountOfAnotherPerson) {
  const Change before = Fresh();
  model::Decision skip;
  skip.person = PersonId(11);
  skip.kind = DecisionKind::kSkip;
  skip.basis = BasisOf(before);
  Change now = Fresh();
  now.situation = Situation::kTaken;
  now.account = model::Account();
  now.account->id = AccountId("a1");
  now.taken_by = PersonId(12);
  EXPECT_TRUE(WhatChanged(skip, now).empty());
  now.taken_by.reset();  // nobody's: an account that has come to fit is news
  EXPECT_EQ(WhatChanged(skip, now), std::vector<std::string>{"account"});
}

TEST(Review, WhatAnEarlierVersionDidNotCountIsNotCountedOut) {
  model::Placement kept;  // as version 1 kept an update: no class, and nothing of the account
  kept.verdict.status = ListStatus::kSelected;
  kept.verdict.bucket = model::Bucket::kUpdate;
  kept.verdict.action = model::Action::kUpdate;
  kept.verdict.sync = true;
  model::Tally tally;
  tally.everybody = 1;
  tally.by_status[static_cast<std::size_t>(ListStatus::kSelected)] = 1;
  tally.by_bucket[static_cast<std::size_t>(model::Bucket::kUpdate)] = 1;
  CountOut(tally, kept);
  EXPECT_EQ(tally, model::Tally()) << tally.fresh_selected;
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

// ---- severity, families and duplicates ---------------------------------------------------------

Change Parent(bool listed_first) {
  Change change = Fresh();
  change.candidate.children = {{PersonId(101), true, true, false, true, true}};
  change.candidate.families = {{FamilyId(10), listed_first}};
  return change;
}

Change WithoutEmail(Change change) {
  change.candidate.email.clear();
  change.action = Action::kNone;
  change.reason = Reason::kMissingEmail;
  return change;
}

// The workflow's table.
TEST(Review, AMissingEmailIsAnErrorOfStudentsAndOfTheFirstListedAWarningOfOthers) {
  EXPECT_EQ(Judge(WithoutEmail(Fresh()), {}).severity, Severity::kError);
  EXPECT_EQ(Judge(WithoutEmail(Parent(true)), {}).severity, Severity::kError);
  EXPECT_EQ(Judge(WithoutEmail(Parent(false)), {}).severity, Severity::kWarning);
  EXPECT_EQ(Judge(WithoutEmail(Parent(false)), {}).status, ListStatus::kError)
      << "held all the same";
  Change two_homes = WithoutEmail(Parent(false));
  two_homes.candidate.families.push_back({FamilyId(20), true});
  EXPECT_EQ(Judge(two_homes, {}).severity, Severity::kError) << "first in any";
}

TEST(Review, SeverityOfADuplicateBelongsToTheGroup) {
  Change change = Parent(true);
  change.duplicates = {PersonId(12)};
  change.severity = Severity::kWarning;
  Standing standing;
  standing.rivals = 1;
  EXPECT_EQ(Judge(change, standing).severity, Severity::kWarning);
  change.severity = Severity::kError;
  EXPECT_EQ(Judge(change, standing).severity, Severity::kError);
  standing.rivals = 0;
  EXPECT_EQ(Judge(change, standing).severity, Severity::kNone) << "nothing holds it back";
}

TEST(Review, OfAResolvedDuplicateTheHolderGoesOnAndTheOthersStay) {
  Change change = Fresh();
  change.duplicates = {PersonId(12)};
  Standing standing = Decided(DecisionKind::kSync);
  standing.rivals = 1;
  standing.holding = Holding::kHolder;
  EXPECT_EQ(Judge(change, standing).bucket, Bucket::kAdd);
  standing.holding = Holding::kOther;
  EXPECT_EQ(Judge(change, standing).reason, Reason::kAnotherHolder);
  EXPECT_EQ(Judge(change, standing).status, ListStatus::kSkipped);
  standing.holding = Holding::kShared;
  EXPECT_EQ(Judge(change, standing).reason, Reason::kSharedLogin);
  EXPECT_EQ(Judge(change, standing).action, Action::kNone);
}

TEST(Review, AHolderOfAnAddressIsStillArchivedWhenTheyLeave) {
  Standing standing;
  standing.holding = Holding::kOther;
  EXPECT_EQ(Judge(Left(Action::kArchive, Reason::kGraduated), standing).bucket, Bucket::kArchive);
}

TEST(Review, ACollisionAndATakenAccountAreErrorsWhateverWasSelected) {
  Change taken = Fresh();
  taken.situation = Situation::kTaken;
  taken.action = Action::kNone;
  EXPECT_EQ(Judge(taken, Decided(DecisionKind::kSync)).reason, Reason::kTaken);
  Change collides = Linked(Situation::kOutdated, Action::kNone, Reason::kEmailCollision);
  collides.collision = AccountId("a9");
  EXPECT_EQ(Judge(collides, {}).reason, Reason::kEmailCollision);
  EXPECT_EQ(Judge(collides, {}).status, ListStatus::kError);
}

TEST(Review, AFamilysExclusionWeighsMoreThanAnyDecisionButProtection) {
  for (const auto kind : {DecisionKind::kSync, DecisionKind::kSkip, DecisionKind::kExclude}) {
    for (const Change& change : {Fresh(), WithoutEmail(Fresh()),
                                 Linked(Situation::kOutdated, Action::kUpdate, Reason::kOutdated),
                                 Left(Action::kArchive, Reason::kWithdrawn)}) {
      Standing standing = Decided(kind);
      standing.family_excluded = true;
      const Verdict verdict = Judge(change, standing);
      EXPECT_EQ(verdict.reason, Reason::kExcluded);
      EXPECT_EQ(verdict.status, ListStatus::kSkipped);
      EXPECT_EQ(verdict.action, Action::kNone);
      EXPECT_FALSE(verdict.is_new) << "New? ends with an exclusion of the family";
    }
  }
}

TEST(Review, ProtectedByAPersonIsNeverTouched) {
  for (const Change& change : {Linked(Situation::kOutdated, Action::kUpdate, Reason::kOutdated),
                               Left(Action::kArchive, Reason::kGraduated), Fresh()}) {
    const Verdict verdict = Judge(change, Decided(DecisionKind::kProtect));
    EXPECT_EQ(verdict.reason, Reason::kProtected);
    EXPECT_EQ(verdict.action, Action::kNone);
  }
}

// ---- decisions that were made on something -----------------------------------------------------

TEST(Review, AnOutdatedDecisionCountsNoLongerAndIsAskedForAgain) {
  for (const auto kind : {DecisionKind::kSync, DecisionKind::kSkip}) {
    Standing standing = Decided(kind);
    standing.outdated = true;
    const Verdict verdict = Judge(Fresh(), standing);
    EXPECT_EQ(verdict.status, ListStatus::kNew);
    EXPECT_EQ(verdict.reason, Reason::kDecisionOutdated);
    EXPECT_TRUE(verdict.is_new);
    EXPECT_EQ(verdict.action, Action::kNone);
  }
  Standing standing = Decided(DecisionKind::kSkip);
  standing.outdated = true;
  const Change linked = Linked(Situation::kInStep, Action::kNone, Reason::kInStep);
  EXPECT_EQ(Judge(linked, standing).status, ListStatus::kNew) << "a linked one, too";
  EXPECT_EQ(Judge(linked, standing).action, Action::kNone) << "and is not archived meanwhile";
}

TEST(Review, ExclusionsLastWhateverChanges) {
  Standing standing = Decided(DecisionKind::kExclude);
  standing.outdated = true;
  EXPECT_EQ(Judge(Fresh(), standing).reason, Reason::kExcluded);
  standing.decision = DecisionKind::kProtect;
  EXPECT_EQ(Judge(Fresh(), standing).reason, Reason::kProtected);
}

model::Decision On(DecisionKind kind, const Change& change) {
  model::Decision decision;
  decision.person = change.candidate.person;
  decision.kind = kind;
  decision.basis = BasisOf(change);
  return decision;
}

using Words = std::vector<std::string>;

TEST(Review, ADecisionIsMadeOnEmailNameAccountFamiliesAndEligibility) {
  const Change then = Parent(true);
  const model::Decision decision = On(DecisionKind::kSkip, then);
  EXPECT_EQ(WhatChanged(decision, then), Words());
  Change now = then;
  now.candidate.email = "other@example.org";
  EXPECT_EQ(WhatChanged(decision, now), Words{"e-mail"});
  now = then;
  now.candidate.email = "ADA@example.org";
  EXPECT_EQ(WhatChanged(decision, now), Words()) << "compared by case folding";
  now = then;
  now.candidate.last_name = "Other";
  EXPECT_EQ(WhatChanged(decision, now), Words{"name"});
  now = then;
  now.candidate.families.push_back({FamilyId(20), false});
  EXPECT_EQ(WhatChanged(decision, now), Words{"families"});
  now = then;
  now.candidate.families[0].listed_first = false;
  EXPECT_EQ(WhatChanged(decision, now), Words()) << "the order of a family is none of them";
  now = then;
  now.account = model::Account();
  now.account->id = AccountId("a1");
  EXPECT_EQ(WhatChanged(decision, now), Words{"account"});
  now.linked = true;
  EXPECT_EQ(WhatChanged(decision, now), Words()) << "a link made since is our own doing";
  now = then;
  now.candidate.grade = "12";
  now.candidate.school_code = "Other";
  EXPECT_EQ(WhatChanged(decision, now), Words());
}

// That a family field is mapped, or no longer, is the config's doing: no fact has changed.
TEST(Review, FamiliesThatWereNotReadAreNoOtherFamilies) {
  const Change read = Parent(true);
  Change unread = read;
  unread.candidate.families.clear();
  unread.candidate.families_read = false;
  EXPECT_EQ(WhatChanged(On(DecisionKind::kSkip, unread), read), Words());
  EXPECT_EQ(WhatChanged(On(DecisionKind::kSkip, read), unread), Words());
  EXPECT_EQ(WhatChanged(On(DecisionKind::kSync, unread), read), Words());
  Change none = read;
  none.candidate.families.clear();
  EXPECT_EQ(WhatChanged(On(DecisionKind::kSkip, read), none), Words{"families"}) << "left it";
  EXPECT_EQ(WhatChanged(On(DecisionKind::kSkip, none), read), Words{"families"});
}

TEST(Review, WhatOnesOwnEmail2DecisionChangesOutdatesNothing) {
  const Change then = Fresh();
  Change now = then;
  now.candidate.uses_email2 = true;
  now.candidate.facts_email = then.candidate.email;
  now.candidate.email = "second@example.org";
  EXPECT_EQ(WhatChanged(On(DecisionKind::kSync, then), now), Words());
}

TEST(Review, SomeDecisionsLast) {
  Change other = Fresh();
  other.candidate.email = "other@example.org";
  EXPECT_EQ(WhatChanged(On(DecisionKind::kExclude, Fresh()), other), Words());
  EXPECT_EQ(WhatChanged(On(DecisionKind::kProtect, Fresh()), other), Words());
  EXPECT_EQ(WhatChanged(On(DecisionKind::kSync, Fresh()), other), Words{"e-mail"});
  other.linked = true;
  EXPECT_EQ(WhatChanged(On(DecisionKind::kSync, Fresh()), other), Words()) << "used up by the link";
  other.candidate.eligibility = Eligibility::kIneligible;
  EXPECT_EQ(WhatChanged(On(DecisionKind::kSkip, Fresh()), other), Words()) << "has left";
  model::Decision old = On(DecisionKind::kSkip, Fresh());
  old.basis.reset();
  other = Fresh();
  other.candidate.email = "other@example.org";
  EXPECT_EQ(WhatChanged(old, other), Words()) << "of a version that kept no basis";
}

TEST(Review, WhoWasDecidedOnWhenTheyWereNotEligibleIsDecidedOnAgain) {
  Change left = Left(Action::kArchive, Reason::kWithdrawn);
  const model::Decision decision = On(DecisionKind::kSkip, left);
  EXPECT_EQ(WhatChanged(decision, Linked(Situation::kInStep, Action::kNone, Reason::kInStep)),
            Words{"eligibility"});
}

// ---- classes -----------------------------------------------------------------------------------

TEST(Review, AnEmailChangeIsAClassOfItsOwnForLinkedAccountsAlone) {
  Change change = Linked(Situation::kOutdated, Action::kUpdate, Reason::kOutdated);
  change.fields = {{model::Field::kGrade, "08", "09"}};
  EXPECT_EQ(Judge(change, {}).change_class, ChangeClass::kUpdate);
  change.fields.push_back({model::Field::kEmail, "a@example.org", "b@example.org"});
  EXPECT_EQ(Judge(change, {}).change_class, ChangeClass::kEmailChange);
  EXPECT_EQ(Judge(change, {}).bucket, Bucket::kUpdate) << "the bucket stays";
  change.linked = false;
  EXPECT_EQ(Judge(change, Decided(DecisionKind::kSync)).change_class, ChangeClass::kUpdate)
      << "of a found account nothing of ours changes";
}

TEST(Review, TheMissingAndRestoresStandApart) {
  Change missing = Left(Action::kArchive, Reason::kMissing);
  missing.candidate.eligibility = Eligibility::kMissing;
  missing.situation = Situation::kMissing;
  EXPECT_EQ(Judge(missing, {}).change_class, ChangeClass::kMissing);
  EXPECT_EQ(Judge(missing, {}).bucket, Bucket::kArchive);
  EXPECT_EQ(Judge(Left(Action::kArchive, Reason::kGraduated), {}).change_class,
            ChangeClass::kArchive);
  EXPECT_EQ(
      Judge(Linked(Situation::kReturned, Action::kRestore, Reason::kReturned), {}).change_class,
      ChangeClass::kRestore);
  EXPECT_EQ(Judge(Fresh(), Decided(DecisionKind::kSync)).change_class, ChangeClass::kAdd);
  EXPECT_EQ(Judge(Fresh(), {}).change_class, ChangeClass::kNone) << "what is not done has none";
}

TEST(Review, ADeselectedMissingPersonStaysInTheClassOfTheMissing) {
  Change missing = Left(Action::kArchive, Reason::kMissing);
  missing.candidate.eligibility = Eligibility::kMissing;
  EXPECT_EQ(Judge(missing, Decided(DecisionKind::kSkip)).change_class, ChangeClass::kMissing);
}

TEST(Review, NeverArchivedIsUpdatedAndNotArchivedForAnyReason) {
  Change update = Linked(Situation::kOutdated, Action::kUpdate, Reason::kOutdated);
  update.never_archive = true;
  EXPECT_EQ(Judge(update, {}).bucket, Bucket::kUpdate);
  Change left = Left(Action::kArchive, Reason::kGraduated);
  left.never_archive = true;
  EXPECT_EQ(Judge(left, {}).reason, Reason::kNeverArchive);
  EXPECT_EQ(Judge(left, {}).bucket, Bucket::kSkip);
  Change kept = Linked(Situation::kInStep, Action::kNone, Reason::kInStep);
  kept.never_archive = true;
  EXPECT_EQ(Judge(kept, Decided(DecisionKind::kSkip)).reason, Reason::kNeverArchive);
}

TEST(Review, AnAccountThatSeveralPeopleAreLinkedToIsNotArchivedByDeselectingOne) {
  Change change = Linked(Situation::kInStep, Action::kNone, Reason::kEmailCollision);
  change.collision = change.account->id;
  const Verdict verdict = Judge(change, Decided(DecisionKind::kSkip));
  EXPECT_EQ(verdict.action, Action::kNone);
  EXPECT_EQ(verdict.reason, Reason::kEmailCollision);
}

// ---- filters, counters, needs ------------------------------------------------------------------

TEST(Review, FiltersByReasonClassFamilyAndTheGradeOfAnyChild) {
  Change change = Parent(true);
  change.candidate.families.push_back({FamilyId(20), false});
  change.candidate.grade = "03, 11, PS";
  const Verdict verdict = Judge(change, Decided(DecisionKind::kSync));
  const auto shows = [&](auto set) {
    model::Filter filter;
    set(filter);
    return Shows(filter, change, verdict);
  };
  EXPECT_TRUE(shows([](model::Filter& f) { f.grade = "11"; }));
  EXPECT_TRUE(shows([](model::Filter& f) { f.grade = " ps "; }));
  EXPECT_FALSE(shows([](model::Filter& f) { f.grade = "1"; }));
  EXPECT_FALSE(shows([](model::Filter& f) { f.grade = "03, 11"; }));
  EXPECT_TRUE(shows([](model::Filter& f) { f.family = FamilyId(20); }));
  EXPECT_FALSE(shows([](model::Filter& f) { f.family = FamilyId(30); }));
  EXPECT_TRUE(shows([](model::Filter& f) { f.change_class = ChangeClass::kAdd; }));
  EXPECT_FALSE(shows([](model::Filter& f) { f.change_class = ChangeClass::kArchive; }));
  EXPECT_TRUE(shows([](model::Filter& f) { f.bucket = Bucket::kAdd; }));
  EXPECT_TRUE(shows([](model::Filter& f) { f.reasons = {Reason::kExcluded, Reason::kNew}; }));
  EXPECT_FALSE(shows([](model::Filter& f) { f.reasons = {Reason::kExcluded}; }));
}

TEST(Review, CountersTellClassesSeveritiesAndWhoIsSelectedAndNotOnTheSite) {
  model::Tally tally;
  const auto count = [&](const Change& change, const Standing& standing, bool linked_active) {
    CountIn(tally, {Judge(change, standing), "", {}, linked_active, {}});
  };
  count(Fresh(), Decided(DecisionKind::kSync), false);
  Change found = Fresh();
  found.situation = Situation::kFound;
  found.action = Action::kUpdate;
  count(found, Decided(DecisionKind::kSync), false);
  Change update = Linked(Situation::kOutdated, Action::kUpdate, Reason::kOutdated);
  update.fields = {{model::Field::kUserName, "a@example.org", "b@example.org"}};
  count(update, {}, true);
  count(WithoutEmail(Parent(false)), {}, false);
  EXPECT_EQ(tally.fresh_selected, 2U) << "an add and a found account";
  EXPECT_EQ(tally.linked_active, 1U);
  EXPECT_EQ(tally.by_class[static_cast<int>(ChangeClass::kEmailChange)], 1U);
  EXPECT_EQ(tally.by_class[static_cast<int>(ChangeClass::kUpdate)], 1U);
  EXPECT_EQ(tally.by_severity[static_cast<int>(Severity::kWarning)], 1U);
  EXPECT_EQ(tally.by_reason[static_cast<int>(Reason::kMissingEmail)], 1U);
}

TEST(Review, AnOutdatedDecisionIsANeedOfItsOwn) {
  Standing standing = Decided(DecisionKind::kSkip);
  EXPECT_EQ(Need(Fresh(), Judge(Fresh(), standing)), "");
  standing.outdated = true;
  const std::string again = Need(Fresh(), Judge(Fresh(), standing));
  EXPECT_NE(again, "");
  EXPECT_NE(again, Need(Fresh(), Judge(Fresh(), {})));
}

TEST(Review, EveryWordThatATaskOrAnUndoEndsWithHasItsSentence) {
  for (const char* word : {"changed",
                           "changed-on-site",
                           "protected",
                           "gone",
                           "archived-on-site",
                           "linked-elsewhere",
                           "username-taken",
                           "already-accessed",
                           "deselected",
                           "selected",
                           "excluded",
                           "replaced",
                           "invitation-sent",
                           "link-stays",
                           "changed-since",
                           "undone-already",
                           "left",
                           "in-progress",
                           "never-archive",
                           "email-collision"}) {
    EXPECT_EQ(TaskSentence(word).find("Ended with"), std::string::npos) << word;
  }
}

}  // namespace
}  // namespace roster::review
