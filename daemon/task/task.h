#pragma once

// Task: the states of one approved change on its way to the site. Pure: what may follow what, and
// when it is tried again.
//
//   queued ─lease─▶ leased ─report─▶ applied | superseded | dead
//     ▲               │  └─report──▶ retry ─(not before)─lease─▶ leased
//     │               └─lease ran out, or no answer─▶ unknown ─lease─▶ leased (looks first)
//     ├── a person retries ── dead
//     └── a person retries (not there) ── unknown, at rest ── a person confirms ──▶ applied
//
// An unknown one that was looked at again and again, or where the site can't tell, rests: it stays
// unknown and is not leased, until a person settles it.
//
// That the site fails is not a task's fault, and no outage ends one, however long. But a site may
// serve everybody and fail one account for ever: where it has carried out another such write since
// the task last found it failing, that is the task's own failure, and counts.

#include <optional>
#include <string>

#include "daemon/base/random.h"
#include "daemon/base/time.h"
#include "daemon/model/plan.h"

namespace roster::task {

struct Policy {
  Duration lease = std::chrono::seconds(60);            // held without a heartbeat
  Duration retry_delay_base = std::chrono::seconds(2);  // doubled by each failure,
  Duration retry_delay_max = std::chrono::minutes(5);   // up to this
  std::uint32_t failures_max = 8;                       // then dead
  std::uint32_t unknown_max = 8;  // failures of a task whose outcome is unknown: then it rests
};

// Hands the task out: another attempt, whose number fences the ones before.
void Lease(model::Task& task, const std::string& worker, Time now, const Policy& policy);

// The worker is alive: the lease goes on.
void Extend(model::Task& task, Time now, const Policy& policy);

// The lease ran out: nobody knows what was written.
void Expire(model::Task& task, Time now, const Policy& policy, Random& random);

// Whether a report of this attempt counts: it is the current one, and has not ended. A task whose
// lease ran out takes the late report of that same attempt, as long as nobody else holds it.
bool Accepts(const model::Task& task, std::uint32_t attempt);

// Whether the failing of the site that the task has found is its own failure. `served`: the writes
// of its kind (add, update, ...) that the site has carried out so far. Never where the site is
// short of time and says so: it would have told anybody the same.
bool IsOwnFailure(const model::Task& task, const model::Outcome& outcome, std::uint64_t served);

// What a report makes of the task. Requires Accepts(). `served`: as above, before this report.
void Conclude(model::Task& task, const model::Outcome& outcome, Time now, const Policy& policy,
              Random& random, std::uint64_t served);

// The person or the account has changed since the approval. A task that nobody has had ends; one
// that may have been begun is only looked at from now on. True when it ended.
bool Supersede(model::Task& task, std::string reason, Time now);

// A person retries a dead one; or an unknown one, having seen that the effect is not there.
void Revive(model::Task& task);

// The store was put back from a backup that holds this task open, or dead: since then it may have
// been carried out, or tried again. It is looked at before anything is written. Reports of attempts
// that were begun after the backup no longer count. A dead one stays dead until a person retries
// it.
void Restore(model::Task& task, Time now);

// A person has seen that the effect of an unknown one is there.
void Confirm(model::Task& task, Time now);

// Adds or takes away a task of this state; one that rests is counted there too.
void Count(model::TaskCounts& counts, model::TaskState state, bool in, bool resting = false);

// How long to wait before attempt n+1 after n failures: full jitter, uniform in (0, cap].
Duration RetryDelay(std::uint32_t failures, const Policy& policy, Random& random);

}  // namespace roster::task
