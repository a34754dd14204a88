#pragma once

// What awaits a person, and what settles it. Pure.

#include <cstdint>

#include "roster/v1/journal.pb.h"

namespace roster::notify {

namespace v1 = ::roster::v1;

// Whether the entry says that something awaits a person: ReviewRequired; PlanPrepared that a guard
// holds; ApprovalGiven; SourceStopped; the PollRejected that is number `rejected_after` in a row;
// WorkersAway; SiteStopped; TaskDead; TaskUnknown that rests; RequestRefused of somebody who may
// not. `rejected_in_a_row` counts this one.
bool Awaits(const v1::Entry& entry, std::uint32_t rejected_in_a_row, std::uint32_t rejected_after);

// Who may not, as against what can't be as things are (held, changed since, still here), which
// whoever asked was told, and which is ordinary life.
bool IsOfAccess(const v1::RequestRefused& refused);

// Whether it is told again until it is settled. A refusal is told once: there is nothing to do that
// would end it.
bool Nags(const v1::Entry& opened);

// Whether `later` says that what `opened` asked for (an entry that Awaits, of the same school and
// with a smaller number) is done, acknowledged, or asked for anew.
bool Settles(const v1::Entry& later, const v1::Entry& opened);

}  // namespace roster::notify
