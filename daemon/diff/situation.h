#pragma once

// The situation table of the design, as one pure function.

#include <cstdint>
#include <optional>

#include "daemon/model/change.h"

namespace roster::diff {

// Where a person's linked account is.
enum class Linked : std::uint8_t { kNo = 1, kActive = 2, kArchived = 3, kGone = 4 };

struct Standpoint {
  model::Eligibility eligibility = model::Eligibility::kEligible;
  Linked linked = Linked::kNo;
  // How an unlinked person's account fits; for a linked one only kProtected counts.
  model::Match::Kind fit = model::Match::Kind::kNone;
  bool fit_active = true;      // of kExact: the account is active
  bool facts_changed = false;  // of a linked active account: FACTS says something new
  bool site_changed = false;   // the same: the site says something other than it was told
};

// nullopt: not part of everybody (not eligible, never linked).
std::optional<model::Situation> Situate(const Standpoint& at);

}  // namespace roster::diff
