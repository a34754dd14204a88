#pragma once

// Plan: the exact content that a person approves, and the tasks it becomes. Pure.

#include <optional>
#include <string>
#include <vector>

#include "daemon/model/change.h"
#include "daemon/model/plan.h"
#include "daemon/model/settings.h"

namespace roster::plan {

// Names a whole plan: its items in order, with what each is shown as.
Digest PlanDigest(const SchoolId& school, bool invitations,
                  const std::vector<model::PlanItem>& items);

// Whether an invitation may go to this person: eligible, linked, active, not protected, never
// logged in (workflow, 11). The worker sends none to anybody else.
bool IsInvitable(const model::Change& change);

// When the last invitation was sent, by the site's list or by what rosterd has done; nullopt:
// never.
std::optional<Time> LastInvited(const model::Change& change,
                                const std::optional<model::Link>& link);

// Whether that is so short ago that no second one goes out (workflow, 11).
bool IsRecentlyInvited(std::optional<Time> last, Time now, const model::PlanRules& rules);

// The task of an approved item; `change` is the row whose digest is the item's.
model::Task MakeTask(const model::Plan& plan, std::uint32_t index, const model::PlanItem& item,
                     const model::Change& change, const model::RosterRules& rules);

// What takes an applied task back, given the person's row as it is now: the row with the inverse
// action and fields, or why not.
struct Inverse {
  std::optional<model::Change> change;  // action kUpdate, kArchive or kRestore
  std::string reason;                   // without a change: a word of review::TaskSentence
};
// An add and a restore are archived again, an archive is restored, a written field gets its value
// from before, as long as it still says what was written. Links stay, since the account is still
// that person's. An invitation can't be taken back. `row`: nullptr when the person has none. What
// people decided is not looked at: see Engine::WhyUntouchable.
Inverse Invert(const model::Task& task, const model::Change* row);

}  // namespace roster::plan
