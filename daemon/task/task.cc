#include "daemon/task/task.h"

#include <algorithm>
#include <string_view>

namespace roster::task {
namespace {

using model::Task;
using model::TaskState;

// More than one task can have been leased between a backup and the loss of what came after it: at
// the longest delays, in a month.
constexpr std::uint32_t kAttemptsPassed = 10'000;

constexpr std::string_view kTooManyRequests = "too-many-requests";  // target/scim_site.h

void End(Task& task, TaskState state, std::string reason, Time now) {
  task.state = state;
  task.resting = false;
  task.reason = std::move(reason);
  task.lease_until.reset();
  task.ended_at = now;
}

void Again(Task& task, TaskState state, std::string reason, Time not_before) {
  task.state = state;
  task.reason = std::move(reason);
  task.lease_until.reset();
  task.not_before = not_before;
  task.resting = false;
}

// What a look has to settle before anything is written again. A write that was accepted weighs
// more than an answer that was lost.
void Doubt(Task& task, std::string reason) {
  if (task.doubt != model::kUnseen) task.doubt = std::move(reason);
}

// The engine leaves the whole site alone for a while (NoteSite), and this task for longer each
// time, so that it does not keep the others from finding out whether the site is back.
void FoundSiteFailing(Task& task, const model::Failed& failed, bool own, Time now,
                      const Policy& policy, Random& random) {
  ++(own ? task.failures : task.site_failures);
  if (own && task.failures >= policy.failures_max) {
    if (task.doubt.empty()) return End(task, TaskState::kDead, failed.reason, now);
    // What takes the place of a dead one would do again what this one may have done.
    Again(task, TaskState::kUnknown, failed.reason, now);
    task.resting = true;
    return;
  }
  const Duration delay = RetryDelay(task.failures + task.site_failures, policy, random);
  const Duration told = failed.retry_after.value_or(std::chrono::milliseconds::zero());
  Again(task, TaskState::kRetry, failed.reason, now + std::max(delay, told));
}

}  // namespace

void Lease(Task& task, const std::string& worker, Time now, const Policy& policy) {
  task.state = TaskState::kLeased;
  ++task.attempt;
  task.worker = worker;
  task.lease_until = now + policy.lease;
}

void Extend(Task& task, Time now, const Policy& policy) { task.lease_until = now + policy.lease; }

void Expire(Task& task, Time now, const Policy& policy, Random& random) {
  ++task.failures;
  Again(task, TaskState::kUnknown, "lease-expired",
        now + RetryDelay(task.failures, policy, random));
  Doubt(task, task.reason);
  task.resting = task.failures >= policy.unknown_max;
}

bool Accepts(const Task& task, std::uint32_t attempt) {
  return task.attempt == attempt && task.attempt > 0 &&
         (task.state == TaskState::kLeased || task.state == TaskState::kUnknown);
}

bool IsOwnFailure(const Task& task, const model::Outcome& outcome, std::uint64_t served) {
  const auto* failed = std::get_if<model::Failed>(&outcome);
  return failed != nullptr && failed->again && failed->site_failing && !failed->retry_after &&
         failed->reason != kTooManyRequests && task.site_failures > 0 && served > task.served_then;
}

void Conclude(Task& task, const model::Outcome& outcome, Time now, const Policy& policy,
              Random& random, std::uint64_t served) {
  if (std::holds_alternative<model::Applied>(outcome)) {
    End(task, TaskState::kApplied, "", now);
    return;
  }
  if (const auto* superseded = std::get_if<model::Superseded>(&outcome)) {
    End(task, TaskState::kSuperseded, superseded->reason, now);
    return;
  }
  const auto* attempt = std::get_if<model::Failed>(&outcome);
  if (attempt != nullptr && attempt->reason == model::kWorkerStopped) {
    Again(task, TaskState::kRetry, attempt->reason, now);  // nothing was tried
    return;
  }
  if (attempt != nullptr && attempt->again && attempt->site_failing) {
    FoundSiteFailing(task, *attempt, IsOwnFailure(task, outcome, served), now, policy, random);
    task.served_then = served;
    return;
  }
  ++task.failures;
  const Duration delay = RetryDelay(task.failures, policy, random);
  if (const auto* unknown = std::get_if<model::Unknown>(&outcome)) {
    Again(task, TaskState::kUnknown, unknown->reason, now + delay);
    Doubt(task, unknown->reason);
    task.resting = unknown->untold || task.failures >= policy.unknown_max;
    return;
  }
  const auto& failed = std::get<model::Failed>(outcome);
  if (!failed.again || task.failures >= policy.failures_max) {
    End(task, TaskState::kDead, failed.reason, now);
    return;
  }
  const Duration told = failed.retry_after.value_or(std::chrono::milliseconds::zero());
  Again(task, TaskState::kRetry, failed.reason, now + std::max(delay, told));
}

bool Supersede(Task& task, std::string reason, Time now) {
  if (task.attempt > 0) {
    task.look_only = true;
    return false;
  }
  End(task, TaskState::kSuperseded, std::move(reason), now);
  return true;
}

void Revive(Task& task) {
  // Of a dead one nobody has said that the effect is not there.
  if (task.state == TaskState::kUnknown) task.doubt.clear();
  task.resting = false;
  task.state = TaskState::kQueued;
  task.failures = 0;
  task.site_failures = 0;
  task.look_only = false;
  task.reason.clear();
  task.not_before = Time{};
  task.ended_at.reset();
}

void Restore(Task& task, Time now) {
  task.attempt += kAttemptsPassed;
  Doubt(task, std::string(model::kRestored));
  if (task.state == TaskState::kDead) return;
  const bool resting = task.resting;
  task.failures = 0;
  task.site_failures = 0;
  Again(task, TaskState::kUnknown, std::string(model::kRestored), now);
  task.resting = resting;
}

void Confirm(Task& task, Time now) {
  End(task, TaskState::kApplied, std::string(model::kConfirmed), now);
}

void Count(model::TaskCounts& counts, TaskState state, bool in, bool resting) {
  const auto add = [in](std::uint64_t& count) { in ? ++count : --count; };
  if (resting) add(counts.resting);
  switch (state) {
    case TaskState::kQueued:
    case TaskState::kRetry:
      return add(counts.queued);
    case TaskState::kLeased:
      return add(counts.leased);
    case TaskState::kUnknown:
      return add(counts.unknown);
    case TaskState::kApplied:
      return add(counts.applied);
    case TaskState::kDead:
      return add(counts.dead);
    case TaskState::kSuperseded:
      return add(counts.superseded);
  }
}

Duration RetryDelay(std::uint32_t failures, const Policy& policy, Random& random) {
  Duration cap = policy.retry_delay_base;
  for (std::uint32_t i = 1; i < failures && cap < policy.retry_delay_max; ++i) cap *= 2;
  cap = std::min(cap, policy.retry_delay_max);
  const double share = 1.0 - random.Uniform();
  return std::max(Duration(1),
                  Duration(static_cast<Duration::rep>(share * static_cast<double>(cap.count()))));
}

}  // namespace roster::task
