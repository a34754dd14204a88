#include "daemon/model/change.h"

#include <algorithm>

#include "daemon/model/words.h"

namespace roster::model {
namespace {

constexpr Words<Reason, 39> kReasons = {{
    {Reason::kNone, ""},
    {Reason::kNew, "new"},
    {Reason::kFound, "found"},
    {Reason::kFoundArchived, "found-archived"},
    {Reason::kAmbiguous, "ambiguous"},
    {Reason::kTaken, "taken"},
    {Reason::kProtected, "protected"},
    {Reason::kInStep, "in-step"},
    {Reason::kOutdated, "outdated"},
    {Reason::kDrifted, "drifted"},
    {Reason::kReturned, "returned"},
    {Reason::kLost, "lost"},
    {Reason::kRetired, "retired"},
    {Reason::kGraduated, "graduated"},
    {Reason::kWithdrawn, "withdrawn"},
    {Reason::kInactive, "inactive"},
    {Reason::kOutOfScope, "out-of-scope"},
    {Reason::kDeceased, "deceased"},
    {Reason::kBlocked, "blocked"},
    {Reason::kMissing, "missing"},
    {Reason::kMissingWaiting, "missing-waiting"},
    {Reason::kNotYet, "not-yet"},
    {Reason::kUnknownStatus, "unknown-status"},
    {Reason::kDeselected, "deselected"},
    {Reason::kUndecided, "undecided"},
    {Reason::kExcluded, "excluded"},
    {Reason::kMissingEmail, "missing-email"},
    {Reason::kDuplicateEmail, "duplicate-email"},
    {Reason::kNoPerson, "no-person"},
    {Reason::kEmailCollision, "email-collision"},
    {Reason::kSiteOwned, "site-owned"},
    {Reason::kInProgress, "in-progress"},
    {Reason::kNotLinked, "not-linked"},
    {Reason::kGraphsDisagree, "graphs-disagree"},
    {Reason::kAnotherHolder, "another-holder"},
    {Reason::kSharedLogin, "shared-login"},
    {Reason::kDecisionOutdated, "decision-outdated"},
    {Reason::kNeverArchive, "never-archive"},
    {Reason::kUnreadableRow, "unreadable-row"},
}};

constexpr Words<Situation, 16> kSituations = {{
    {Situation::kNew, "new"},
    {Situation::kFound, "found"},
    {Situation::kFoundArchived, "found-archived"},
    {Situation::kAmbiguous, "ambiguous"},
    {Situation::kTaken, "taken"},
    {Situation::kProtected, "protected"},
    {Situation::kInStep, "in-step"},
    {Situation::kOutdated, "outdated"},
    {Situation::kDrifted, "drifted"},
    {Situation::kReturned, "returned"},
    {Situation::kLost, "lost"},
    {Situation::kIneligible, "ineligible"},
    {Situation::kUnclear, "unclear"},
    {Situation::kMissing, "missing"},
    {Situation::kRetired, "retired"},
    {Situation::kNotYet, "not-yet"},
}};

constexpr Words<Action, 6> kActions = {{
    {Action::kNone, "none"},
    {Action::kAdd, "add"},
    {Action::kUpdate, "update"},
    {Action::kArchive, "archive"},
    {Action::kRestore, "restore"},
    {Action::kInvite, "invite"},
}};

constexpr Words<DecisionKind, 5> kDecisions = {{
    {DecisionKind::kSync, "sync"},
    {DecisionKind::kSkip, "skip"},
    {DecisionKind::kExclude, "exclude"},
    {DecisionKind::kInclude, "include"},
    {DecisionKind::kProtect, "protect"},
}};

constexpr Words<ListStatus, 4> kListStatuses = {{
    {ListStatus::kNew, "new"},
    {ListStatus::kSelected, "selected"},
    {ListStatus::kSkipped, "skipped"},
    {ListStatus::kError, "error"},
}};

constexpr Words<Bucket, 6> kBuckets = {{
    {Bucket::kAdd, "add"},
    {Bucket::kUpdate, "update"},
    {Bucket::kArchive, "archive"},
    {Bucket::kRestore, "restore"},
    {Bucket::kSkip, "skip"},
    {Bucket::kUnchanged, "unchanged"},
}};

constexpr Words<Severity, 3> kSeverities = {{
    {Severity::kNone, ""},
    {Severity::kWarning, "warning"},
    {Severity::kError, "error"},
}};

constexpr Words<Mismatch, 3> kMismatches = {{
    {Mismatch::kNone, ""},
    {Mismatch::kHouseholdAlone, "household-alone"},
    {Mismatch::kTieAlone, "link-alone"},
}};

constexpr Words<HolderKind, 2> kHolders = {{
    {HolderKind::kKeep, "keep"},
    {HolderKind::kShare, "share"},
}};

constexpr Words<ChangeClass, 8> kChangeClassWords = {{
    {ChangeClass::kNone, "none"},
    {ChangeClass::kAdd, "add"},
    {ChangeClass::kUpdate, "update"},
    {ChangeClass::kEmailChange, "email-change"},
    {ChangeClass::kArchive, "archive"},
    {ChangeClass::kMissing, "missing"},
    {ChangeClass::kRestore, "restore"},
    {ChangeClass::kInvite, "invite"},
}};

}  // namespace

std::string_view SeverityWord(Severity severity) { return WordOf(kSeverities, severity); }
std::string_view MismatchWord(Mismatch mismatch) { return WordOf(kMismatches, mismatch); }
std::string_view HolderWord(HolderKind kind) { return WordOf(kHolders, kind); }
std::string_view ChangeClassWord(ChangeClass which) { return WordOf(kChangeClassWords, which); }
std::optional<ChangeClass> ChangeClassFromWord(std::string_view word) {
  return FromWord(kChangeClassWords, word);
}

bool Candidate::listed_first() const {
  return families.empty() ||
         std::any_of(families.begin(), families.end(),
                     [](const FamilyPlace& place) { return place.listed_first; });
}

bool CarryId(const std::vector<Fit>& fits) {
  return std::any_of(fits.begin(), fits.end(), [](const Fit& fit) { return fit.carries_id; });
}

std::string_view ReasonWord(Reason reason) { return WordOf(kReasons, reason); }
std::optional<Reason> ReasonFromWord(std::string_view word) { return FromWord(kReasons, word); }
std::string ReasonWords() {
  std::string words;
  for (const auto& [reason, word] : kReasons) {
    if (reason != Reason::kNone) words.append(words.empty() ? "" : ", ").append(word);
  }
  return words;
}
std::string_view SituationWord(Situation situation) { return WordOf(kSituations, situation); }
std::optional<Situation> SituationFromWord(std::string_view word) {
  return FromWord(kSituations, word);
}
std::string_view ActionWord(Action action) { return WordOf(kActions, action); }
std::optional<Action> ActionFromWord(std::string_view word) { return FromWord(kActions, word); }
bool WritesFields(Action action) {
  return action == Action::kAdd || action == Action::kUpdate || action == Action::kRestore;
}
std::string_view DecisionWord(DecisionKind kind) { return WordOf(kDecisions, kind); }
std::string_view ListStatusWord(ListStatus status) { return WordOf(kListStatuses, status); }
std::optional<ListStatus> ListStatusFromWord(std::string_view word) {
  return FromWord(kListStatuses, word);
}
std::string_view BucketWord(Bucket bucket) { return WordOf(kBuckets, bucket); }
std::optional<Bucket> BucketFromWord(std::string_view word) { return FromWord(kBuckets, word); }

}  // namespace roster::model
