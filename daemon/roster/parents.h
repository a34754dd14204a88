#pragma once

#include <vector>

#include "daemon/base/id.h"
#include "daemon/model/change.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"
#include "daemon/roster/roster.h"

namespace roster::roster {

// Roster() for parents' accounts (rules, 2, 3, 5, 6, 7, 19, 20).
//
// Besides the eligible and the linked, the result holds those who are parents only by the graph
// that the config does not let decide: eligible, reason kGraphsDisagree, without fields. They are
// shown to be mended in FACTS, and held back.
RosterResult Parents(const model::Snapshot& snapshot, const model::RosterRules& rules,
                     const std::vector<PersonId>& linked, const model::Choices& choices);

}  // namespace roster::roster
