#include "daemon/diff/situation.h"

namespace roster::diff {
namespace {

using model::Eligibility;
using model::Situation;
using Kind = model::Match::Kind;

Situation Unlinked(const Standpoint& at) {
  switch (at.fit) {
    case Kind::kNone:
      break;
    case Kind::kExact:
      return at.fit_active ? Situation::kFound : Situation::kFoundArchived;
    case Kind::kSeveral:
      return Situation::kAmbiguous;
    case Kind::kTaken:
      return Situation::kTaken;
    case Kind::kProtected:
      return Situation::kProtected;
  }
  return Situation::kNew;
}

Situation EligibleLinked(const Standpoint& at) {
  if (at.linked == Linked::kGone) return Situation::kLost;
  if (at.fit == Kind::kProtected) return Situation::kProtected;
  if (at.linked == Linked::kArchived) return Situation::kReturned;
  if (at.facts_changed) return Situation::kOutdated;
  return at.site_changed ? Situation::kDrifted : Situation::kInStep;
}

Situation NotEligibleLinked(const Standpoint& at) {
  if (at.linked != Linked::kActive) return Situation::kRetired;
  if (at.fit == Kind::kProtected) return Situation::kProtected;
  switch (at.eligibility) {
    case Eligibility::kNotYet:
      return Situation::kNotYet;
    case Eligibility::kUnclear:
      return Situation::kUnclear;
    case Eligibility::kMissing:
      return Situation::kMissing;
    case Eligibility::kEligible:
    case Eligibility::kIneligible:
      break;
  }
  return Situation::kIneligible;
}

}  // namespace

std::optional<Situation> Situate(const Standpoint& at) {
  const bool eligible = at.eligibility == Eligibility::kEligible;
  if (at.linked == Linked::kNo) {
    return eligible ? std::optional(Unlinked(at)) : std::nullopt;
  }
  return eligible ? EligibleLinked(at) : NotEligibleLinked(at);
}

}  // namespace roster::diff
