#pragma once

// The stage between FACTS and matching: who should have an account, with which fields, why (rules,
// 1 to 5 and 19, for student accounts). Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/model/change.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"

namespace roster::roster {

// Distinct unknown words reported; the rest are left out.
inline constexpr std::size_t kUnknownWordsMax = 100;

struct RosterResult {
  // Every eligible person, and every linked person whatever has become of them; by person, unique.
  // Errors (a missing e-mail, a student without a People row) are eligible, with the error as the
  // reason. `fields` are filled for the eligible alone.
  std::vector<model::Candidate> candidates;
  // Status words that are not mapped, as first seen, with the number of Students rows that have
  // them; by word. A blank one is unknown too, and not listed: there is no word to map.
  std::vector<std::pair<std::string, std::uint64_t>> unknown_words;
};

// `linked`: persons with a link, sorted, unique. Time is linear in the sizes of the three.
RosterResult Roster(const model::Snapshot& snapshot, const model::RosterRules& rules,
                    const std::vector<PersonId>& linked);

}  // namespace roster::roster
