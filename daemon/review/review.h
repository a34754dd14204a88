#pragma once

// Review: what a change comes to under people's decisions, and how it is said. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/change.h"
#include "daemon/model/request.h"

namespace roster::review {

// What the decision on a duplicate makes of one of its people.
enum class Holding : std::uint8_t {
  kUndecided = 0,  // no decision, or one that what has changed since has ended
  kHolder = 1,     // has the address
  kOther = 2,      // somebody else has it
  kShared = 3,     // uses the holder's login
};

// Everything besides the change that a verdict depends on.
struct Standing {
  std::optional<model::DecisionKind> decision;
  // The facts that `decision` was made on have changed (see WhatChanged): it no longer counts.
  bool outdated = false;
  bool family_excluded = false;  // all families of the candidate are (rules, 10)
  // Of change.duplicates: how many are still to be synced, that is, not skipped, excluded or
  // protected (rules, 8). Whoever counts may stop at one.
  std::size_t rivals = 0;
  Holding holding = Holding::kUndecided;
  // An approved task of this person has not ended: no other plan may hold them meanwhile.
  bool in_progress = false;
};

// Where the change stands: its list, its bucket, what a plan would do and why (rules, 11-13, 22).
// One row, one verdict; the buckets of all rows add up to everybody.
model::Verdict Judge(const model::Change& change, const Standing& standing);

// The facts that a decision on this change is made on (workflow, 7).
model::Basis BasisOf(const model::Change& change);

// What has changed since, in words for people: "e-mail", "name", "eligibility", "account",
// "families". Empty when the decision still counts: exclusions and protections last whatever
// changes, a selection is used up by the link, and of somebody who has left nothing is asked.
std::vector<std::string> WhatChanged(const model::Decision& decision, const model::Change& change);

// What plans count an action of this change as.
model::ChangeClass ClassOf(const model::Change& change, model::Action action, model::Reason reason);

// What a person has to look at in this row: empty when nothing. Two equal needs are the same need:
// an event is due only for one that was not there before.
std::string Need(const model::Change& change, const model::Verdict& verdict);

// Why the row is where it is, in one sentence without personal data.
std::string Sentence(const model::Change& change, const model::Verdict& verdict);
// Of somebody protected by this decision, and not by the account's role or the config.
std::string ProtectedSentence(const model::Decision& decision);

// The same for a reason a task ended with, or was not undone for: "changed-on-site", ...
std::string TaskSentence(std::string_view reason);
// Of one whose outcome a person has to settle: why, and how.
std::string RestingSentence(TaskId task, model::Action action, std::string_view reason);

// Whether a list with this filter shows the row. `match` is looked for in names, e-mail and id;
// `family_context` is the caller's.
bool Shows(const model::Filter& filter, const model::Change& change, const model::Verdict& verdict);

// Counters: one row more, one row less. The counts of families are the caller's.
void CountIn(model::Tally& tally, const model::Placement& placement);
void CountOut(model::Tally& tally, const model::Placement& placement);

// Selected, and not on the site yet: what the top of the manual tool's lists counts.
bool IsFreshSelected(const model::Placement& placement);

}  // namespace roster::review
