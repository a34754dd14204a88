#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"
#include "daemon/roster/scope_check.h"

namespace roster::roster {

// What a child says of its parents' accounts.
enum class ChildSays : std::uint8_t {
  kEligible = 0,
  kUnread,  // a row that would say it could not be read
  kUnknown,
  kNotYet,
  kNoRow,  // without a Students row
  kGraduated,
  kWithdrawn,
  kInactive,
  kOutOfScope,  // so too the deceased (rules, 3): they have left for good
};
inline constexpr std::size_t kChildSays = 9;

// Somebody with a Students row.
struct Pupil {
  ChildSays says = ChildSays::kOutOfScope;
  const model::Student* row = nullptr;  // the deciding one; nullptr: none that could be read
};

// Everybody with a Students row; 24 bytes each. The snapshot must outlive it.
class Pupils {
 public:
  Pupils(const model::Snapshot& snapshot, const model::RosterRules& rules);

  // nullptr when the person has no Students row.
  const Pupil* Find(PersonId person) const;
  const std::vector<PersonId>& ids() const { return ids_; }  // sorted
  const Pupil& at(std::size_t index) const { return pupils_[index]; }

  // See RosterResult.
  std::vector<std::pair<std::string, std::uint64_t>> TakeUnknownWords() {
    return std::move(unknown_words_);
  }

 private:
  std::vector<PersonId> ids_;
  std::vector<Pupil> pupils_;  // of ids_
  std::vector<std::pair<std::string, std::uint64_t>> unknown_words_;
};

}  // namespace roster::roster
