#pragma once

#include <cstddef>
#include <vector>

#include "daemon/model/change.h"

namespace roster::match {

// Persons of one group named in one row, the first by id. A group of thousands (a placeholder
// address on a whole school) would cost its square. Whoever is in so large a group is held back by
// diff/ whatever people decide, since those named are not all.
inline constexpr std::size_t kDuplicatesMax = 100;

// Fills `duplicates` of each match (rules, 8): the other eligible candidates that want the same
// e-mail or the same account, and the holder of a taken account. `matches` stand beside
// `candidates`, with everything else filled.
void FindDuplicates(const std::vector<model::Candidate>& candidates,
                    std::vector<model::Match>& matches);

}  // namespace roster::match
