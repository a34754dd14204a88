#include "daemon/roster/scope_check.h"

#include <algorithm>

#include "daemon/base/text.h"

namespace roster::roster {
namespace {

using model::Standing;

std::vector<std::string> Folded(const std::vector<std::string>& words) {
  std::vector<std::string> folded;
  folded.reserve(words.size());
  for (const std::string& word : words) folded.push_back(Fold(Trim(word)));
  return folded;
}

bool Allows(const std::vector<std::string>& folded, std::string_view word) {
  if (folded.empty()) return true;
  return std::find(folded.begin(), folded.end(), Fold(Trim(word))) != folded.end();
}

}  // namespace

ScopeCheck::ScopeCheck(const model::Scope& scope)
    : school_codes_(Folded(scope.school_codes)),
      grades_(Folded(scope.grades)),
      statuses_(scope.statuses) {}

bool ScopeCheck::NamesStatus(Standing standing) const {
  return std::find(statuses_.begin(), statuses_.end(), standing) != statuses_.end();
}

RowSays ScopeCheck::Judge(const model::Student& row, Standing standing) const {
  // An unknown word is never in scope, whatever the config names (rules, 4).
  if (standing == Standing::kUnknown) return RowSays::kUnknown;
  if (NamesStatus(standing)) {
    return Allows(school_codes_, row.school_code) && Allows(grades_, row.grade_level)
               ? RowSays::kInScope
               : RowSays::kOutOfScope;
  }
  switch (standing) {
    case Standing::kPreEnrolled:
    case Standing::kAdmissions:
      return RowSays::kNotYet;
    case Standing::kGraduated:
      return RowSays::kGraduated;
    case Standing::kWithdrawn:
      return RowSays::kWithdrawn;
    case Standing::kInactive:
      return RowSays::kInactive;
    case Standing::kEnrolled:
      return RowSays::kOutOfScope;
    case Standing::kUnknown:
      break;
  }
  return RowSays::kUnknown;
}

}  // namespace roster::roster
