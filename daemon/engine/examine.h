#pragma once

// From a whole snapshot and the site's accounts to what differs from what is stored: the pure
// stages in their order, on the poll thread.

#include <functional>
#include <memory>
#include <stop_token>

#include "daemon/engine/polls.h"
#include "daemon/model/account.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"
#include "daemon/target/site.h"

namespace roster::engine {

// What a poll has read. Kept until the next one begins, so that a decision which concerns the first
// stages can be applied without asking FACTS again.
struct Reading {
  model::Snapshot snapshot;
  model::Accounts accounts;
};

// Roster, match, diff, and a comparison with the rows of job.stored. Errors: those of the store.
Result<Findings> Examine(const model::Snapshot& snapshot, const model::Accounts& accounts,
                         const PollJob& job, const model::RosterRules& rules);

// The whole poll: fetch, read the accounts, examine. `last`: what the last poll read, nullptr when
// there was none; replaced by what this one reads, and left empty when it fails.
PollEnd RunPoll(source::Source& source, target::Site& site, const PollJob& job,
                const model::RosterRules& rules, std::unique_ptr<Reading>& last,
                const std::function<void(PollProgress)>& progress, const std::stop_token& stop);

}  // namespace roster::engine
