#pragma once

// From a whole snapshot and the site's accounts to what differs from what is stored: the pure
// stages in their order, on the poll thread.

#include <functional>
#include <stop_token>

#include "daemon/engine/polls.h"
#include "daemon/model/account.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"
#include "daemon/target/site.h"

namespace roster::engine {

// Roster, match, diff, and a comparison with the rows of job.stored. Errors: those of the store.
Result<Findings> Examine(const model::Snapshot& snapshot, const model::Accounts& accounts,
                         const PollJob& job, const model::RosterRules& rules);

// The whole poll: fetch, read the accounts, examine.
PollEnd RunPoll(source::Source& source, target::Site& site, const PollJob& job,
                const model::RosterRules& rules, const std::function<void(PollProgress)>& progress,
                const std::stop_token& stop);

}  // namespace roster::engine
