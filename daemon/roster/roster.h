#pragma once

// The stage between FACTS and matching: who should have an account, with which fields, in which
// families, why (rules, 1 to 8, 19, 20). Pure; any thread.

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
  // Errors (a missing e-mail, a student without a People row, a parent by the graph that does not
  // decide) are eligible, with the error as the reason. `fields` are filled for the eligible alone,
  // and not for those held back by kNoPerson or kGraphsDisagree.
  std::vector<model::Candidate> candidates;
  // Status words that are not mapped, as first seen, with the number of Students rows that have
  // them; by word. A blank one is unknown too, and not listed: there is no word to map.
  std::vector<std::pair<std::string, std::uint64_t>> unknown_words;
  // What FACTS's families have that somebody may want to mend, and how often; of parents' accounts.
  // The words: notices.h.
  std::vector<std::pair<std::string, std::uint64_t>> notices;
};

// `linked`: persons with a link, sorted, unique. Time is linear in what is given, but for sorting
// the places in households and looking persons up in sorted lists.
RosterResult Roster(const model::Snapshot& snapshot, const model::RosterRules& rules,
                    const std::vector<PersonId>& linked, const model::Choices& choices);

}  // namespace roster::roster
