#pragma once

// Review: what a change comes to under people's decisions, and how it is said. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/change.h"
#include "daemon/model/request.h"

namespace roster::review {

// Everything besides the change that a verdict depends on.
struct Standing {
  std::optional<model::DecisionKind> decision;
  // Of change.duplicates: how many are still to be synced, that is, not skipped or excluded
  // (rules, 8).
  std::size_t rivals = 0;
  // An approved task of this person has not ended: no other plan may hold them meanwhile.
  bool in_progress = false;
};

// Where the change stands: its list, its bucket, what a plan would do and why (rules, 11-13, 22).
// One row, one verdict; the buckets of all rows add up to everybody.
model::Verdict Judge(const model::Change& change, const Standing& standing);

// Could be synced if somebody selected it; false while an error of the row holds it back.
bool IsSelectable(const model::Change& change);

// What a person has to look at in this row: empty when nothing. Two equal needs are the same need:
// an event is due only for one that was not there before.
std::string Need(const model::Change& change, const model::Verdict& verdict);

// Why the row is where it is, in one sentence without personal data.
std::string Sentence(const model::Change& change, const model::Verdict& verdict);

// The same for a reason a task ended with: "changed-on-site", "lease-expired", ...
std::string TaskSentence(std::string_view reason);

// Whether a list with this filter shows the row. `match` is looked for in names, e-mail and id.
bool Shows(const model::Filter& filter, const model::Change& change, const model::Verdict& verdict);

// Counters: one row more, one row less.
void CountIn(model::Tally& tally, const model::Verdict& verdict);
void CountOut(model::Tally& tally, const model::Verdict& verdict);

}  // namespace roster::review
