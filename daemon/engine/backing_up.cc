// Backups: one at a time, on a thread of their own; what came of each is on record. And what
// follows from having been put back from one.

#include <algorithm>
#include <utility>

#include "daemon/engine/engine.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using store::Family;
using State = model::BackupRun::State;

// Beyond the numbers that may have been given out after the backup, where nobody knows them.
constexpr std::uint64_t kNumbersPassed = 1000;

}  // namespace

Result<void> Engine::LoadBackupRun() {
  backup_ = {};
  ROSTER_ASSIGN(const auto value, store_.Get(Family::kMeta, store::BackupRunKey()), "");
  if (!value) return {};
  ROSTER_ASSIGN(backup_, store::DecodeBackupRun(*value), "");
  return {};
}

void Engine::KeepBackupRun() {
  view_->Put(Family::kMeta, store::BackupRunKey(), store::EncodeBackupRun(backup_));
}

Result<model::ReplyBody> Engine::Do(School&, const Caller& caller, const model::MakeBackup&) {
  if (backups_ == nullptr) {
    return Fail(Code::kInvalid, "no-backups", "This rosterd was started without backups.");
  }
  if (backup_.state == State::kRunning) {
    return model::ReplyBody(model::BackupReply{backup_, true});
  }
  model::BackupRun next;
  next.run = backup_.run + 1;
  next.state = State::kRunning;
  next.started = clock_.Now();
  next.actor = caller.actor;
  next.cause = caller.cause;
  if (const auto newest = NewestGoodBackup()) next.backup.id = newest->id;
  backup_ = std::move(next);
  KeepBackupRun();
  return model::ReplyBody(model::BackupReply{backup_, false});
}

// After the commit. What is purged meanwhile would stay until the backup lets go of its files.
void Engine::StartBackup() {
  if (backups_ == nullptr || unprepared_) return;  // one that runs is of the process before
  if (backup_.state != State::kRunning || purging_ || backup_started_ == backup_.run) return;
  backup_started_ = backup_.run;
  backups_->Start(backup_.run);
}

// Takes the end of a run, or says that it has none: the process ended before.
Result<void> Engine::EndBackup(const Result<BackupEnd::Made>& made, Time now) {
  backup_.ended = now;
  if (made) {
    backup_.state = State::kMade;
    backup_.backup = made->backup;
    backup_.removed = made->removed;
    backup_.message = made->problem;
  } else {
    backup_.state = State::kFailed;
    backup_.backup = {};
    backup_.reason = made.error().reason;
    backup_.message = made.error().message;
  }
  KeepBackupRun();
  const Caller caller{backup_.actor, backup_.cause};
  for (School& school : schools_) {
    if (made) {
      Append(school, caller,
             model::BackupMade{backup_.backup.id, backup_.backup.bytes, backup_.removed});
    } else {
      Append(school, caller, model::BackupFailed{backup_.reason, backup_.message});
    }
  }
  return {};
}

Result<void> Engine::EndInterruptedBackup(Time now) {
  if (backup_.state != State::kRunning || backup_started_) return {};
  // It was made and read again, and the process ended before that could be written down.
  const auto newest = NewestGoodBackup();
  if (newest && newest->id > backup_.backup.id) {
    return EndBackup(BackupEnd::Made{*newest, 0, ""}, now);
  }
  return EndBackup(
      Fail(Code::kUnavailable, "interrupted",
           "rosterd was stopped while the backup was made. The backups that were made before are "
           "as they were; what is there of this one the next one reads again, or removes."),
      now);
}

std::optional<model::Backup> Engine::NewestGoodBackup() const {
  if (backups_ == nullptr) return std::nullopt;
  for (const model::Backup& backup : backups_->All()) {
    if (backup.verified && !backup.damaged) return backup;
  }
  return std::nullopt;
}

bool Engine::HasBackupProblem() const {
  return backup_.state != State::kRunning && !backup_.message.empty();
}

model::BackupStatus Engine::BackupStatusFor(const Caller& caller) const {
  model::BackupStatus status;
  status.running = backup_.state == State::kRunning;
  status.last_good = NewestGoodBackup();
  if (!HasBackupProblem()) return status;
  // The text names a directory.
  status.problem = OperatesAll(caller) ? backup_.message
                                       : "The last backup was not made, or not as it should be. "
                                         "Operators see why.";
  return status;
}

Result<model::ReplyBody> Engine::ListBackups() const {
  if (backups_ == nullptr) {
    return Fail(Code::kInvalid, "no-backups", "This rosterd was started without backups.");
  }
  model::BackupList list;
  list.directory = settings_.backup_directory;
  list.keep = settings_.backups_kept;
  list.backups = backups_->All();
  if (backup_.run > 0) list.last = backup_;
  if (backup_.state == State::kRunning) list.progress = backups_->Progress();
  return model::ReplyBody(std::move(list));
}

// ---- a store that was put back ------------------------------------------------------------------

// All that follows from it is in the commit that takes the mark away. Between the backup and now,
// workers, people and the site went on: a task that was open may have been carried out, one that
// was dead may have been tried again, a plan that was open may have been approved.
Result<void> Engine::TakeRestored(School& school, Time now) {
  ROSTER_ASSIGN(const auto value, view_->Get(Family::kMeta, store::RestoredMarkKey(school.id())),
                "");
  if (!value) return {};
  ROSTER_ASSIGN(model::RestoredMark mark, store::DecodeRestoredMark(*value), "");
  const Caller caller{mark.actor, ""};
  model::Restored event{mark.backup, mark.backup_at,           mark.lost_head, 0,
                        0,           std::move(mark.forgotten)};
  ROSTER_ASSIGN(event.plans_expired, ExpireOpenPlans(school, now), "");
  ROSTER_ASSIGN(const std::vector<model::Task> tasks, HeldTasks(school), "");
  event.open_tasks = static_cast<std::uint64_t>(
      std::count_if(tasks.begin(), tasks.end(),
                    [](const model::Task& task) { return task.state != model::TaskState::kDead; }));
  Append(school, caller, std::move(event));
  for (model::Task task : tasks) {
    const model::TaskState before = task.state;
    const bool was_resting = task.resting;
    task::Restore(task, now);
    ROSTER_TRY(PutTask(school, task, before, was_resting), "");
    if (task.state == before) continue;
    Append(school, caller,
           model::TaskUnknown{task.id, task.person, task.action, task.reason, task.attempt,
                              task.resting});
  }
  model::SchoolHead& head = school.head;
  // Numbers of plans and duplicates are never given twice: what a screen or a worker still holds
  // under one of them is not what bears it now.
  const auto past = [](std::uint64_t given, std::uint64_t lost) {
    return lost > 0 ? std::max(given, lost) : given + kNumbersPassed;
  };
  head.plans = past(head.plans, mark.lost_plans);
  head.groups = past(head.groups, mark.lost_groups);
  // What is kept of FACTS and of the site is of then: a poll comes first.
  head.restored_poll = PollId(head.polls);
  head.next_poll = now;
  head.site_changed = now;
  school.head_changed = true;
  view_->Delete(Family::kMeta, store::RestoredMarkKey(school.id()));
  return {};
}

// They may have been approved since. Counts them.
Result<std::uint64_t> Engine::ExpireOpenPlans(School& school, Time now) {
  const store::Range range = store::PlanRange(school.id());
  const auto cursor = view_->Scan(Family::kWork, range.begin, range.end);
  std::vector<model::Plan> open;
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PlanId id, store::PlanOfKey(cursor->key()), "reading plans");
    ROSTER_ASSIGN(model::Plan plan, store::DecodePlan(id, cursor->value()), "reading plans");
    if (plan.state != model::PlanState::kOpen || plan.expires_at <= now) continue;
    open.push_back(std::move(plan));
  }
  ROSTER_TRY(cursor->status(), "reading plans");
  for (model::Plan& plan : open) {
    plan.expires_at = now;
    PutPlan(school, plan);
    school.plans.erase(plan.id);
  }
  return open.size();
}

// Those that are open, or dead and not replaced.
Result<std::vector<model::Task>> Engine::HeldTasks(const School& school) const {
  const store::Range range = store::HeldTaskRange(school.id());
  const auto cursor = view_->Scan(Family::kWork, range.begin, range.end);
  std::vector<model::Task> tasks;
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const auto held, store::DecodeHeldTask(cursor->value()), "reading tasks");
    ROSTER_ASSIGN(auto task, FindTask(school, held.first), "reading tasks");
    if (task) tasks.push_back(*std::move(task));
  }
  ROSTER_TRY(cursor->status(), "reading tasks");
  return tasks;
}

Result<void> Engine::CheckPolledSinceRestore(const School& school) {
  const model::SchoolHead& head = school.head;
  if (head.restored_poll.value() == 0 || head.last_good_poll > head.restored_poll) return {};
  return Fail(Code::kRefused, "restored",
              "The store was put back from a backup, and what it knows of FACTS and of the site is "
              "of then. No plan is made before a poll was used: `rosterctl poll --wait`.");
}

}  // namespace roster::engine
