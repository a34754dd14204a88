#include "daemon/review/review.h"

#include <algorithm>

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

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

bool IsActive(const Change& change) { return change.account && change.account->active; }

// Held back until somebody mends the data or decides on a person (rules, 3, 5, 8, 9, 17).
Reason ErrorOf(const Change& change, const Standing& standing) {
  if (change.candidate.eligibility != Eligibility::kEligible) return Reason::kNone;
  if (change.candidate.no_person) return Reason::kNoPerson;
  if (change.candidate.reason == Reason::kGraphsDisagree) return Reason::kGraphsDisagree;
  if (change.reason == Reason::kMissingEmail) return Reason::kMissingEmail;
  if (!change.duplicates.empty() && standing.rivals > 0 && standing.holding == Holding::kUndecided)
    return Reason::kDuplicateEmail;
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

// The workflow's table: only parents have others listed before them.
Severity SeverityOf(const Change& change, Reason error) {
  if (error == Reason::kMissingEmail && !change.candidate.children.empty()) {
    return change.candidate.listed_first() ? Severity::kError : Severity::kWarning;
  }
  const bool in_group = error == Reason::kDuplicateEmail || error == Reason::kTaken ||
                        error == Reason::kEmailCollision;
  return in_group && change.severity != Severity::kNone ? change.severity : Severity::kError;
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

Verdict Do(const Change& change, ListStatus status, Action action, Reason reason) {
  if (action == Action::kArchive && change.never_archive) {
    return Hold(ListStatus::kSkipped, Reason::kNeverArchive);
  }
  Verdict verdict;
  verdict.status = status;
  verdict.bucket = BucketOf(action);
  verdict.action = action;
  verdict.reason = reason;
  verdict.change_class = ClassOf(change, action, reason);
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
    return Do(change, ListStatus::kSkipped, Action::kArchive,
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
  if (standing.decision == DecisionKind::kExclude || standing.family_excluded) {
    return Hold(ListStatus::kSkipped, Reason::kExcluded);
  }
  if (standing.decision == DecisionKind::kProtect) {
    return Hold(ListStatus::kSkipped, Reason::kProtected);
  }
  const std::optional<DecisionKind> decision = standing.outdated ? std::nullopt : standing.decision;
  if (decision == DecisionKind::kSkip) return Skipped(change);
  if (change.situation == Situation::kProtected) {
    return Hold(ListStatus::kSkipped, Reason::kProtected);
  }
  if (change.candidate.eligibility == Eligibility::kEligible) {
    if (standing.holding == Holding::kOther) {
      return Hold(ListStatus::kSkipped, Reason::kAnotherHolder);
    }
    if (standing.holding == Holding::kShared) {
      return Hold(ListStatus::kSkipped, Reason::kSharedLogin);
    }
  }
  if (const Reason error = ErrorOf(change, standing); error != Reason::kNone) {
    Verdict verdict = Hold(ListStatus::kError, error);
    verdict.severity = SeverityOf(change, error);
    verdict.is_new = !decision && (!change.linked || standing.outdated);
    verdict.sync = decision == DecisionKind::kSync || change.linked;
    return verdict;
  }
  if (change.candidate.eligibility != Eligibility::kEligible) {
    return change.action == Action::kNone
               ? Hold(ListStatus::kSkipped, change.reason)
               : Do(change, ListStatus::kSkipped, change.action, change.reason);
  }
  if (standing.outdated || (!change.linked && !decision)) {
    Verdict verdict =  // rules, 13
        Hold(ListStatus::kNew, standing.outdated ? Reason::kDecisionOutdated : Reason::kUndecided);
    verdict.is_new = true;
    return verdict;
  }
  Verdict verdict = change.action == Action::kNone
                        ? Hold(ListStatus::kSelected, change.reason)
                        : Do(change, ListStatus::kSelected, change.action, change.reason);
  if (verdict.action == Action::kNone && change.situation == Situation::kInStep) {
    verdict.bucket = Bucket::kUnchanged;
  }
  verdict.sync = true;
  return verdict;
}

bool Contains(std::string_view text, std::string_view folded) {
  return Fold(text).find(folded) != std::string::npos;
}

// One of the words of a list joined with ", ": the grades of a parent's children.
bool HasWord(std::string_view words, std::string_view folded) {
  while (!words.empty()) {
    const std::size_t end = words.find(',');
    if (Fold(Trim(words.substr(0, end))) == folded) return true;
    words = end == std::string_view::npos ? std::string_view() : words.substr(end + 1);
  }
  return false;
}

void Add(model::Tally& tally, const model::Placement& placement, std::uint64_t one) {
  const Verdict& verdict = placement.verdict;
  tally.everybody += one;
  if (verdict.is_new) tally.fresh += one;
  tally.by_status[static_cast<std::size_t>(verdict.status)] += one;
  tally.by_bucket[static_cast<std::size_t>(verdict.bucket)] += one;
  if (verdict.bucket == Bucket::kSkip) {
    tally.by_reason[static_cast<std::size_t>(verdict.reason)] += one;
  } else if (verdict.change_class != ChangeClass::kNone) {
    tally.by_class[static_cast<std::size_t>(verdict.change_class)] += one;
  }
  if (verdict.severity != Severity::kNone) {
    tally.by_severity[static_cast<std::size_t>(verdict.severity)] += one;
  }
  if (placement.linked_active) tally.linked_active += one;
  if (IsFreshSelected(placement)) tally.fresh_selected += one;
}

}  // namespace

bool IsFreshSelected(const model::Placement& placement) {
  const Verdict& verdict = placement.verdict;
  // By its class, not its action: a placement that an earlier version kept has none, was never
  // counted here, and must not be counted out.
  return verdict.sync &&
         (verdict.change_class == ChangeClass::kAdd ||
          (verdict.change_class == ChangeClass::kUpdate && !placement.linked_active));
}

ChangeClass ClassOf(const Change& change, Action action, Reason reason) {
  switch (action) {
    case Action::kNone:
      return ChangeClass::kNone;
    case Action::kAdd:
      return ChangeClass::kAdd;
    case Action::kUpdate:
      return change.linked && std::any_of(change.fields.begin(), change.fields.end(),
                                          [](const model::FieldChange& field) {
                                            return model::IsEmailField(field.field);
                                          })
                 ? ChangeClass::kEmailChange
                 : ChangeClass::kUpdate;
    case Action::kArchive:
      return reason == Reason::kMissing ? ChangeClass::kMissing : ChangeClass::kArchive;
    case Action::kRestore:
      return ChangeClass::kRestore;
    case Action::kInvite:
      return ChangeClass::kInvite;
  }
  return ChangeClass::kNone;
}

model::Basis BasisOf(const Change& change) {
  const model::Candidate& who = change.candidate;
  model::Basis basis;
  basis.eligible = who.eligibility == Eligibility::kEligible;
  basis.name = who.first_name + " " + who.last_name;
  basis.email = who.uses_email2 ? who.facts_email : who.email;
  // An account that somebody else is linked to is theirs: that they got it may be our own doing, by
  // the very decision that this one goes with.
  const bool of_another = !change.linked && change.taken_by;
  if (change.account && !of_another) {
    basis.account = change.account->id;
  } else if (change.lost_account) {
    basis.account = *change.lost_account;
  }
  for (const model::FamilyPlace& place : who.families) basis.families.push_back(place.family);
  basis.families_read = who.families_read;
  return basis;
}

std::vector<std::string> WhatChanged(const model::Decision& decision, const Change& change) {
  std::vector<std::string> words;
  const bool lasting = decision.kind != DecisionKind::kSkip &&
                       !(decision.kind == DecisionKind::kSync && !change.linked);
  if (!decision.basis || lasting || change.candidate.eligibility != Eligibility::kEligible) {
    return words;
  }
  const model::Basis now = BasisOf(change);
  const model::Basis& then = *decision.basis;
  if (!then.eligible) words.emplace_back("eligibility");
  if (then.name != now.name) words.emplace_back("name");
  if (EmailKey(then.email) != EmailKey(now.email)) words.emplace_back("e-mail");
  // A link that was made since is our own doing.
  const bool linked_since = change.linked && then.account.value().empty();
  if (then.account != now.account && !linked_since) words.emplace_back("account");
  // A mapping that was made or taken away is a word of the config, and changes no fact.
  const bool known = then.families_read && now.families_read;
  if (known && then.families != now.families) words.emplace_back("families");
  return words;
}

Verdict Judge(const Change& change, const Standing& standing) {
  Verdict verdict = Undisturbed(change, standing);
  if (standing.in_progress && verdict.bucket != Bucket::kUnchanged) {
    verdict.bucket = Bucket::kSkip;
    verdict.action = Action::kNone;
    verdict.change_class = ChangeClass::kNone;
    verdict.reason = Reason::kInProgress;
  }
  return verdict;
}

std::string Need(const Change& change, const Verdict& verdict) {
  if (verdict.reason == Reason::kInProgress) return "";
  if (verdict.status == ListStatus::kNew) {
    if (verdict.reason == Reason::kDecisionOutdated)
      return "new:" + std::string(ReasonWord(verdict.reason));
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
  if (filter.change_class && verdict.change_class != *filter.change_class) return false;
  const auto& reasons = filter.reasons;
  if (!reasons.empty() &&
      std::find(reasons.begin(), reasons.end(), verdict.reason) == reasons.end()) {
    return false;
  }
  const model::Candidate& who = change.candidate;
  if (filter.family &&
      std::none_of(who.families.begin(), who.families.end(), [&](const model::FamilyPlace& place) {
        return place.family == *filter.family;
      })) {
    return false;
  }
  if (!filter.grade.empty() && !HasWord(who.grade, Fold(Trim(filter.grade)))) return false;
  const std::string wanted = Fold(Trim(filter.match));
  if (wanted.empty()) return true;
  return Contains(who.first_name + " " + who.last_name, wanted) ||
         Contains(who.last_name + ", " + who.first_name, wanted) || Contains(who.email, wanted) ||
         std::to_string(who.person.value()) == wanted;
}

void CountIn(model::Tally& tally, const model::Placement& placement) { Add(tally, placement, 1); }
void CountOut(model::Tally& tally, const model::Placement& placement) {
  Add(tally, placement, ~std::uint64_t{0});  // minus one, modulo 2^64
}

}  // namespace roster::review
