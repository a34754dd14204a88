#pragma once

// What awaits a person, and what settles it. Pure.

#include <chrono>
#include <cstdint>

#include "roster/v1/control.pb.h"
#include "roster/v1/journal.pb.h"

namespace roster::notify {

namespace v1 = ::roster::v1;

// Whether the entry says that something awaits a person: ReviewRequired; PlanPrepared that a guard
// holds; ApprovalGiven; SourceStopped; the PollRejected that is number `rejected_after` in a row;
// WorkersAway; SiteStopped; TaskDead; TaskUnknown that rests; BackupFailed; Restored;
// RequestRefused of somebody who may not. `rejected_in_a_row` counts this one.
bool Awaits(const v1::Entry& entry, std::uint32_t rejected_in_a_row, std::uint32_t rejected_after);

// Who may not, as against what can't be as things are (held, changed since, still here), which
// whoever asked was told, and which is ordinary life.
bool IsOfAccess(const v1::RequestRefused& refused);

// Whether it is told again until it is settled. A refusal is told once: there is nothing to do that
// would end it.
bool Nags(const v1::Entry& opened);

// What PlanPrepared says of a plan, and later entries about it don't.
struct PlanTraits {
  bool invitations = false;
  std::uint64_t undo_of = 0;
  std::chrono::sys_seconds prepared_at{};
};

// The plan that is held or waits for a second approval; 0: the entry is about something else.
std::uint64_t PlanOf(const v1::Entry& opened);

// Whether `later` says that what `opened` asked for (an entry that Awaits, of the same school and
// with a smaller number) is done, acknowledged, asked for anew, or can't be done any more. `plan`:
// of PlanOf(opened); where it is not known, one of all that is pending.
bool Settles(const v1::Entry& later, const v1::Entry& opened, const PlanTraits& plan);

// Of what the school's status can settle where no entry says so: a review, by decisions and
// approvals, or by a poll that took away what there was; a held plan of all that is pending, by a
// poll that took away what the guards held; a restore, by a poll that brought nothing new.
bool NeedsStatus(const v1::Entry& opened, const PlanTraits& plan);
// Whether it is settled as things are now, of an entry that NeedsStatus.
bool Settles(const v1::SchoolStatus& status, const v1::Entry& opened);

}  // namespace roster::notify
