#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/model/change.h"
#include "daemon/model/snapshot.h"
#include "daemon/roster/families.h"
#include "daemon/roster/pupils.h"
#include "daemon/roster/ties.h"

namespace roster::roster {

// What somebody may want to mend in FACTS, of parents' accounts: by word, counts above 0 alone.
//
//   children-without-family   eligible children that are in no household
//   families-without-order    households with an eligible child whose candidates have no
//   familyOrder families-without-parents  households with an eligible child and no candidate
//   graphs-disagree           candidates with a mismatch
//   links-to-nobody           ParentStudent rows whose parent or student has no People row
//   links-to-self             ParentStudent rows of one person with themselves
//   orders-tied               households whose lowest familyOrder several candidates share
//
// After Households::ListFirst.
std::vector<std::pair<std::string, std::uint64_t>> Notices(
    const model::Snapshot& snapshot, const Households& households,
    const HouseholdChildren& children, const Pupils& pupils,
    const std::vector<model::Candidate>& candidates);

}  // namespace roster::roster
