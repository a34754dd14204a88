#include "daemon/review/review.h"

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

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

bool IsActive(const Change& change) { return change.account && change.account->active; }

// Held back until somebody mends the data or decides on a person (rules, 3, 5, 8, 9, 17).
Reason ErrorOf(const Change& change, const Standing& standing) {
  if (change.candidate.eligibility != Eligibility::kEligible) return Reason::kNone;
  if (change.candidate.no_person) return Reason::kNoPerson;
  if (change.reason == Reason::kMissingEmail) return Reason::kMissingEmail;
  if (!change.duplicates.empty() && standing.rivals > 0) return Reason::kDuplicateEmail;
  switch (change.situation) {
    case Situation::kTaken:
      return Reason::kTaken;
    case Situation::kAmbiguous:
      return Reason::kAmbiguous;
    case Situation::kLost:
      return Reason::kLost;
    default:
      return change.collision ? Reason::kEmailCollision : Reason::kNone;
  }
}

Bucket BucketOf(Action action) {
  switch (action) {
    case Action::kAdd:
      return Bucket::kAdd;
    case Action::kUpdate:
      return Bucket::kUpdate;
    case Action::kArchive:
      return Bucket::kArchive;
    case Action::kRestore:
      return Bucket::kRestore;
    case Action::kNone:
    case Action::kInvite:
      break;
  }
  return Bucket::kSkip;
}

Verdict Hold(ListStatus status, Reason reason) {
  Verdict verdict;
  verdict.status = status;
  verdict.bucket = Bucket::kSkip;
  verdict.reason = reason;
  return verdict;
}

Verdict Do(ListStatus status, Action action, Reason reason) {
  Verdict verdict;
  verdict.status = status;
  verdict.bucket = BucketOf(action);
  verdict.action = action;
  verdict.reason = reason;
  return verdict;
}

// Skip: on a linked, active person it proposes an archive (rules, 11).
Verdict Skipped(const Change& change) {
  // Several people are linked to the account: nothing is written to it.
  if (change.collision && change.account && *change.collision == change.account->id) {
    return Hold(ListStatus::kSkipped, Reason::kEmailCollision);
  }
  if (change.linked && IsActive(change) && change.situation != Situation::kProtected) {
    const bool leaving = change.action == Action::kArchive;
    return Do(ListStatus::kSkipped, Action::kArchive,
              leaving ? change.reason : Reason::kDeselected);
  }
  return Hold(ListStatus::kSkipped,
              change.situation == Situation::kProtected ? Reason::kProtected : Reason::kDeselected);
}

Verdict Undisturbed(const Change& change, const Standing& standing) {
  if (change.situation == Situation::kRetired) {
    Verdict verdict = Hold(ListStatus::kSkipped, Reason::kRetired);
    verdict.bucket = Bucket::kUnchanged;
    return verdict;
  }
  if (standing.decision == DecisionKind::kExclude) {
    return Hold(ListStatus::kSkipped, Reason::kExcluded);
  }
  if (standing.decision == DecisionKind::kSkip) return Skipped(change);
  if (change.situation == Situation::kProtected) {
    return Hold(ListStatus::kSkipped, Reason::kProtected);
  }
  if (const Reason error = ErrorOf(change, standing); error != Reason::kNone) {
    Verdict verdict = Hold(ListStatus::kError, error);
    verdict.is_new = !change.linked && !standing.decision;
    verdict.sync = standing.decision == DecisionKind::kSync || change.linked;
    return verdict;
  }
  if (change.candidate.eligibility != Eligibility::kEligible) {
    return change.action == Action::kNone ? Hold(ListStatus::kSkipped, change.reason)
                                          : Do(ListStatus::kSkipped, change.action, change.reason);
  }
  if (!change.linked && !standing.decision) {
    Verdict verdict = Hold(ListStatus::kNew, Reason::kUndecided);  // rules, 13
    verdict.is_new = true;
    return verdict;
  }
  Verdict verdict = change.action == Action::kNone
                        ? Hold(ListStatus::kSelected, change.reason)
                        : Do(ListStatus::kSelected, change.action, change.reason);
  if (verdict.action == Action::kNone && change.situation == Situation::kInStep) {
    verdict.bucket = Bucket::kUnchanged;
  }
  verdict.sync = true;
  return verdict;
}

bool Contains(std::string_view text, std::string_view folded) {
  return Fold(text).find(folded) != std::string::npos;
}

void Add(model::Tally& tally, const Verdict& verdict, std::uint64_t one) {
  tally.everybody += one;
  if (verdict.is_new) tally.fresh += one;
  tally.by_status[static_cast<std::size_t>(verdict.status)] += one;
  tally.by_bucket[static_cast<std::size_t>(verdict.bucket)] += one;
  if (verdict.bucket == Bucket::kSkip) {
    tally.by_reason[static_cast<std::size_t>(verdict.reason)] += one;
  }
}

}  // namespace

bool IsSelectable(const Change& change) {
  return change.candidate.eligibility == Eligibility::kEligible &&
         change.situation != Situation::kProtected &&
         ErrorOf(change, {std::nullopt, change.duplicates.size(), false}) == Reason::kNone;
}

Verdict Judge(const Change& change, const Standing& standing) {
  Verdict verdict = Undisturbed(change, standing);
  if (standing.in_progress && verdict.bucket != Bucket::kUnchanged) {
    verdict.bucket = Bucket::kSkip;
    verdict.action = Action::kNone;
    verdict.reason = Reason::kInProgress;
  }
  return verdict;
}

std::string Need(const Change& change, const Verdict& verdict) {
  if (verdict.reason == Reason::kInProgress) return "";
  if (verdict.status == ListStatus::kNew) {
    return "new:" + std::string(SituationWord(change.situation));
  }
  if (verdict.status == ListStatus::kError) {
    return "error:" + std::string(ReasonWord(verdict.reason));
  }
  if (verdict.action == Action::kNone) return "";
  // A pending write is new when it is another write.
  Canonical content;
  content.Add(static_cast<std::uint64_t>(verdict.action));
  if (verdict.action == Action::kArchive) return "pending:" + content.bytes();
  for (const model::FieldChange& field : change.fields) {
    content.Add(static_cast<std::uint64_t>(field.field)).Add(field.before).Add(field.after);
  }
  return "pending:" + content.bytes();
}

bool Shows(const model::Filter& filter, const Change& change, const Verdict& verdict) {
  if (filter.status && verdict.status != *filter.status) return false;
  if (filter.bucket && verdict.bucket != *filter.bucket) return false;
  if (filter.situation && change.situation != *filter.situation) return false;
  const model::Candidate& who = change.candidate;
  if (!filter.grade.empty() && Fold(who.grade) != Fold(Trim(filter.grade))) return false;
  const std::string wanted = Fold(Trim(filter.match));
  if (wanted.empty()) return true;
  return Contains(who.first_name + " " + who.last_name, wanted) ||
         Contains(who.last_name + ", " + who.first_name, wanted) || Contains(who.email, wanted) ||
         std::to_string(who.person.value()) == wanted;
}

void CountIn(model::Tally& tally, const Verdict& verdict) { Add(tally, verdict, 1); }
void CountOut(model::Tally& tally, const Verdict& verdict) {
  Add(tally, verdict, ~std::uint64_t{0});  // minus one, modulo 2^64
}

}  // namespace roster::review
