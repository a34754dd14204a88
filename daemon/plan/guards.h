#pragma once

// Guards: how much one plan may do before it is held for a person to look twice (workflow, 4).
// Pure.

#include <array>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/change.h"
#include "daemon/model/plan.h"
#include "daemon/model/settings.h"

namespace roster::plan {

// The limits in force: those of the rollover window that is open, else the usual ones.
struct Limits {
  model::Guards guards;
  bool rollover = false;
};
Limits LimitsAt(const model::PlanRules& rules, Time now);

// Which guard an item counts for; nullopt: none does (an invitation).
std::optional<model::GuardKind> GuardOf(model::ChangeClass which);

// Counts of changes, [ChangeClass].
using ClassCounts = std::array<std::uint64_t, model::kChangeClasses>;

// The guards that trip, each with its numbers and sentence, without persons. `population`: accounts
// that are linked and active. A count that is at a limit does not trip; one above does.
std::vector<model::Hold> CheckGuards(const ClassCounts& counts, std::uint64_t population,
                                     const Limits& limits);

// What a person reads: which guard, and the numbers.
std::string HoldSentence(const model::Hold& hold);

}  // namespace roster::plan
