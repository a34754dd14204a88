#pragma once

// Plan: the exact content that a person approves, and the tasks it becomes. Pure.

#include <string>
#include <vector>

#include "daemon/model/change.h"
#include "daemon/model/plan.h"
#include "daemon/model/settings.h"

namespace roster::plan {

// Names a whole plan: its items in order.
Digest PlanDigest(const SchoolId& school, bool invitations,
                  const std::vector<model::PlanItem>& items);

// Whether an invitation may go to this person: eligible, linked, active, not protected, not
// accessed yet when only those are wanted (workflow, 11).
bool IsInvitable(const model::Change& change, bool never_accessed);

// The task of an approved item; `change` is the row whose digest is the item's.
model::Task MakeTask(const model::Plan& plan, std::uint32_t index, const model::PlanItem& item,
                     const model::Change& change, const model::RosterRules& rules);

}  // namespace roster::plan
