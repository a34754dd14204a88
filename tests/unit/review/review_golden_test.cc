// Every situation under every decision, as people read it: one golden table.

#include <gtest/gtest.h>

#include <sstream>

#include "daemon/review/review.h"
#include "tests/unit/dump/golden.h"

namespace roster::review {
namespace {

using model::Action;
using model::Reason;
using model::Situation;

// A row as diff gives it for this situation.
model::Change RowOf(Situation situation) {
  model::Change change;
  change.candidate.person = PersonId(1);
  change.candidate.status_word = "Enrolled";
  change.situation = situation;
  change.reason =
      *model::ReasonFromWord(SituationWord(situation) == "ineligible" ? "graduated"
                             : SituationWord(situation) == "unclear"  ? "unknown-status"
                                                                      : SituationWord(situation));
  change.linked = situation >= Situation::kInStep;
  if (situation != Situation::kNew && situation != Situation::kAmbiguous &&
      situation != Situation::kLost) {
    change.account = model::Account();
    change.account->id = AccountId("a1");
    change.account->active = situation != Situation::kFoundArchived &&
                             situation != Situation::kReturned && situation != Situation::kRetired;
  }
  switch (situation) {
    case Situation::kNew:
      change.action = Action::kAdd;
      break;
    case Situation::kFound:
    case Situation::kOutdated:
    case Situation::kDrifted:
      change.action = Action::kUpdate;
      break;
    case Situation::kFoundArchived:
    case Situation::kReturned:
      change.action = Action::kRestore;
      break;
    case Situation::kIneligible:
    case Situation::kMissing:
      change.action = Action::kArchive;
      break;
    default:
      break;
  }
  if (situation == Situation::kIneligible || situation == Situation::kRetired) {
    change.candidate.eligibility = model::Eligibility::kIneligible;
  } else if (situation == Situation::kUnclear) {
    change.candidate.eligibility = model::Eligibility::kUnclear;
  } else if (situation == Situation::kMissing) {
    change.candidate.eligibility = model::Eligibility::kMissing;
    change.missing_polls = 3;
  } else if (situation == Situation::kNotYet) {
    change.candidate.eligibility = model::Eligibility::kNotYet;
  }
  return change;
}

TEST(ReviewGolden, EverySituationUnderEveryDecision) {
  std::ostringstream table;
  for (int number = 1; number <= 16; ++number) {
    const model::Change change = RowOf(static_cast<Situation>(number));
    for (int decision = 0; decision <= 3; ++decision) {
      Standing standing;
      if (decision > 0) standing.decision = static_cast<model::DecisionKind>(decision);
      const model::Verdict verdict = Judge(change, standing);
      table << SituationWord(change.situation) << " / "
            << (decision > 0 ? DecisionWord(*standing.decision) : "undecided") << ": "
            << ListStatusWord(verdict.status) << (verdict.is_new ? ", New?" : "")
            << (verdict.sync ? ", Sync?" : "") << ", " << BucketWord(verdict.bucket) << ", "
            << ReasonWord(verdict.reason) << "\n    " << Sentence(change, verdict) << "\n";
    }
  }
  dump::ExpectGolden("review/situations.txt", table.str());
}

}  // namespace
}  // namespace roster::review
