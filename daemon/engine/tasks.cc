// Tasks: from an approved item to an ended one.

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/bus/task_codec.h"
#include "daemon/diff/diff.h"
#include "daemon/engine/engine.h"
#include "daemon/plan/plan.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using model::TaskState;
using store::Family;

// A site may do one kind of write and not another: each kind shows for itself that it is served.
std::uint64_t& Served(School& school, model::Action action) {
  return school.head.served[static_cast<std::size_t>(action)];
}

constexpr std::string_view kSelf = "rosterd";
constexpr std::size_t kHeldMax = 1000;  // tasks of one process; 2 for each of its threads are usual

// What passes by itself within this is nobody's business. Counts of failures say little: many tasks
// at once fail together.
constexpr Duration kSiteFailing = std::chrono::minutes(1);

bool IsKeyRefused(std::string_view reason) {
  return reason == "site-unauthorized" || reason == "site-forbidden";
}

// What rosterd and the site agree on after a task: what was written, and what was equal already.
model::Fields Agreed(const std::optional<model::Link>& link, const model::Task& task,
                     const model::Account& account, const std::optional<model::Change>& row) {
  model::Fields agreed = link ? link->last_written : model::Fields();
  for (const model::FieldChange& field : task.fields) agreed.Set(field.field, field.after);
  if (!row) return agreed;
  for (const auto& [field, wanted] : row->candidate.fields) {
    if (account.fields.Get(field) == wanted) agreed.Set(field, wanted);
  }
  return agreed;
}

}  // namespace

Result<model::Plan*> Engine::FindPlan(School& school, PlanId id) {
  const auto known = school.plans.find(id);
  if (known != school.plans.end()) return &known->second;
  ROSTER_ASSIGN(const auto value, view_->Get(Family::kWork, store::PlanKey(school.id(), id)), "");
  if (!value) return nullptr;
  ROSTER_ASSIGN(model::Plan plan, store::DecodePlan(id, *value), "");
  return &(school.plans[id] = std::move(plan));
}

void Engine::PutPlan(School& school, const model::Plan& plan) {
  view_->Put(Family::kWork, store::PlanKey(school.id(), plan.id), store::EncodePlan(plan));
  school.current_plans.Note(plan);
}

Result<std::optional<model::Task>> Engine::FindTask(const School& school, TaskId id) const {
  ROSTER_ASSIGN(const auto value, view_->Get(Family::kWork, store::TaskKey(school.id(), id)), "");
  if (!value) return {std::nullopt};
  ROSTER_ASSIGN(model::Task task, store::DecodeTask(id, *value), "");
  return {std::move(task)};
}

// Writes the task, and moves it from the state it had in every count.
Result<void> Engine::PutTask(School& school, const model::Task& task, TaskState before,
                             bool was_resting) {
  view_->Put(Family::kWork, store::TaskKey(school.id(), task.id), store::EncodeTask(task));
  school.queue.Place(task);
  if (task.state == before && task.resting == was_resting) return {};
  ROSTER_ASSIGN(model::Plan* const plan, FindPlan(school, task.id.plan), "counting tasks");
  if (plan == nullptr) {
    return Fail(Code::kCorrupt, "plan-missing",
                "Task " + ToString(task.id) + " belongs to a plan that is not there.");
  }
  for (model::TaskCounts* counts : {&plan->tasks, &school.head.tasks}) {
    task::Count(*counts, before, false, was_resting);
    task::Count(*counts, task.state, true, task.resting);
  }
  school.plans_changed.insert(task.id.plan);
  school.head_changed = true;
  if (task.state == TaskState::kDead) {
    view_->Put(Family::kWork, store::DeadTaskKey(school.id(), task.id), "");
  } else if (before == TaskState::kDead) {
    view_->Delete(Family::kWork, store::DeadTaskKey(school.id(), task.id));
  }
  return {};
}

Result<void> Engine::AddTask(School& school, model::Plan& plan, const model::Task& task,
                             const Caller& caller, Time now) {
  Book book(*view_, school);
  ROSTER_ASSIGN(const auto held, book.FindHeldTask(task.person), "queueing");
  if (held && held->dead) {
    // Given up once, and approved again since: the new task takes its place.
    ROSTER_ASSIGN(auto old, FindTask(school, held->id), "queueing");
    if (old) {
      old->state = TaskState::kSuperseded;
      old->reason = "replaced";
      old->ended_at = now;
      ROSTER_TRY(PutTask(school, *old, TaskState::kDead, false), "queueing");
      Append(school, caller, model::TaskSuperseded{old->id, old->person, old->action, "replaced"});
    }
  }
  for (model::TaskCounts* counts : {&plan.tasks, &school.head.tasks}) {
    task::Count(*counts, task.state, true);
  }
  view_->Put(Family::kWork, store::TaskKey(school.id(), task.id), store::EncodeTask(task));
  school.queue.Place(task);
  book.PutHeldTask(task.person, {task.id, false});
  ROSTER_TRY(book.Settle(task.person), "queueing");
  return {};
}

// After PutTask() with a state that is an end.
Result<void> Engine::EndTask(School& school, const model::Task& task, const Caller& caller,
                             Time now) {
  Book book(*view_, school);
  if (task.state == TaskState::kDead) {
    book.PutHeldTask(task.person, {task.id, true});
  } else {
    book.RemoveHeldTask(task.person);
  }
  ROSTER_TRY(book.Settle(task.person), "ending a task");
  ROSTER_ASSIGN(model::Plan* const plan, FindPlan(school, task.id.plan), "ending a task");
  if (plan == nullptr || !plan->tasks.ended() || plan->state == model::PlanState::kFinished) {
    return {};
  }
  plan->state = model::PlanState::kFinished;
  plan->finished_at = now;
  school.plans_changed.insert(plan->id);
  Append(school, caller, model::SyncCompleted{plan->id, plan->tasks});
  // What the site contradicted is read again at once.
  if (plan->tasks.superseded > 0) school.read_again = true;
  return {};
}

Result<void> Engine::Recheck(School& school, PersonId person, std::string reason,
                             const Caller& caller, Time now) {
  Book book(*view_, school);
  ROSTER_ASSIGN(const auto held, book.FindHeldTask(person), "checking an approval");
  if (!held) return {};
  ROSTER_ASSIGN(auto task, FindTask(school, held->id), "checking an approval");
  if (!task) {
    return Fail(Code::kCorrupt, "task-missing",
                "Task " + ToString(held->id) + " is named as open and is not there.");
  }
  const model::PlanItem item = ItemOf(*task);
  ROSTER_ASSIGN(const auto change, RowOf(school, book, item), "checking an approval");
  ROSTER_ASSIGN(const bool same, Stands(school, book, item, change), "checking an approval");
  if (same != task->look_only && !(held->dead && !same)) return {};  // nothing new
  const TaskState before = task->state;
  const bool was_resting = task->resting;
  bool ended = false;
  if (same) {
    task->look_only = false;  // it is wanted again
  } else if (held->dead) {
    task->state = TaskState::kSuperseded;  // nobody can want to retry it
    task->reason = reason;
    ended = true;
  } else {
    ended = task::Supersede(*task, reason, now);
  }
  ROSTER_TRY(PutTask(school, *task, before, was_resting), "checking an approval");
  if (!ended) return {};
  Append(school, caller, model::TaskSuperseded{task->id, person, task->action, std::move(reason)});
  return EndTask(school, *task, caller, now);
}

bool Engine::Wants(const model::Lease& lease, const SchoolId& school) {
  const auto& schools = lease.schools;
  return schools.empty() || std::find(schools.begin(), schools.end(), school) != schools.end();
}

// The names of one process are one worker, as far as the kernel tells.
bool Engine::AreOne(const std::string& name, const Worker& one, const std::string& other_name,
                    const Worker& other) {
  return name == other_name || (one.pid >= 0 && one.pid == other.pid);
}

std::pair<std::size_t, std::optional<Limit>> Engine::RoomOf(const std::string& worker,
                                                            std::size_t wanted) const {
  const auto self = workers_.find(worker);
  if (self == workers_.end()) return {wanted, std::nullopt};  // forgotten: here long ago
  std::size_t held = 0;
  bool lapsed = false;
  for (const auto& [name, other] : workers_) {
    if (!AreOne(worker, self->second, name, other)) continue;
    lapsed = lapsed || other.lapsed;
    for (const School& school : schools_) held += school.queue.HeldBy(name);
  }
  const std::size_t held_max = lapsed ? 1 : kHeldMax;
  const std::size_t room = std::min(wanted, held_max - std::min(held_max, held));
  if (room == wanted) return {room, std::nullopt};
  return {room, lapsed ? Limit::kLapsed : Limit::kHeld};
}

std::size_t Engine::RoomIn(const School& school, const std::string& worker,
                           const model::Lease& lease, std::size_t room) {
  if (!Wants(lease, school.id())) return 0;
  if (lease.school_max > 0) {
    const std::size_t held = school.queue.HeldBy(worker);
    room = std::min(room, lease.school_max - std::min<std::size_t>(lease.school_max, held));
  }
  if (school.site_failures > 0) {
    // One task goes out to see whether the site is back.
    room = std::min<std::size_t>(room, school.head.tasks.leased > 0 ? 0 : 1);
  }
  return room;
}

Result<std::string> Engine::OriginOf(School& school) const {
  if (!school.origin.empty()) return school.origin;
  ROSTER_ASSIGN(const auto first,
                view_->Get(Family::kJournal, store::EntryKey(school.id(), Seq(1))), "");
  if (first) school.origin = Blake2b(*first).Short();
  return school.origin;
}

std::vector<TaskId> Engine::NextTasks(School& school, std::size_t room, Time now) {
  if (school.site_failures == 0) return school.queue.Ready(room, now);
  const auto id = room > 0 ? school.queue.LeastFailed(now) : std::nullopt;
  return id ? std::vector<TaskId>{*id} : std::vector<TaskId>();
}

Result<model::LeaseReply> Engine::LeaseTasks(const std::string& worker, const model::Lease& lease,
                                             Time now) {
  model::LeaseReply reply;
  reply.lease = settings_.tasks.lease;
  const std::size_t max = RoomOf(worker, lease.max).first;
  const std::size_t first = lease_first_;
  for (std::size_t i = 0; i < schools_.size(); ++i) {
    const std::size_t turn = (first + i) % schools_.size();
    School& school = schools_[turn];
    if (!Wants(lease, school.id())) continue;
    school.worker_asked = now;
    school.worker_asked_steady = clock_.Steady();
    if (now < school.site_paused_until) continue;
    const std::size_t room = RoomIn(school, worker, lease, max - reply.tasks.size());
    for (const TaskId id : NextTasks(school, room, now)) {
      ROSTER_ASSIGN(auto task, FindTask(school, id), "leasing");
      if (!task) {
        return Fail(Code::kCorrupt, "task-missing",
                    "Task " + ToString(id) + " is queued and is not there.");
      }
      const TaskState before = task->state;
      const bool was_resting = task->resting;
      task::Lease(*task, worker, now, settings_.tasks);
      ROSTER_TRY(PutTask(school, *task, before, was_resting), "leasing");
      ROSTER_ASSIGN(task->origin, OriginOf(school), "leasing");
      reply.tasks.push_back({school.id(), *std::move(task)});
      lease_first_ = (turn + 1) % schools_.size();  // who comes first next time
    }
  }
  std::size_t here = 0;
  std::set<std::int64_t> processes;  // the names of one share its share
  for (const auto& [name, known] : workers_) {
    if (known.seen + settings_.worker_away <= now) continue;
    if (known.pid < 0 || processes.insert(known.pid).second) ++here;
  }
  for (const School& school : schools_) {
    if (!Wants(lease, school.id())) continue;
    reply.shares.push_back({school.id(), school.settings->site_requests_per_second /
                                             static_cast<double>(std::max<std::size_t>(here, 1))});
  }
  return reply;
}

Result<void> Engine::ServeParked(Time now) {
  std::deque<Parked> waiting;
  waiting.swap(parked_);
  while (!waiting.empty()) {
    Parked parked = std::move(waiting.front());
    waiting.pop_front();
    ROSTER_ASSIGN(model::LeaseReply lease, LeaseTasks(parked.worker, parked.lease, now), "");
    if (lease.tasks.empty() && clock_.Steady() < parked.until) {
      parked_.push_back(std::move(parked));
      continue;
    }
    model::WorkerReply reply{parked.request_id, std::move(lease)};
    replies_.push_back({bus::Channel::kTasks, parked.route, bus::EncodeWorkerReply(reply)});
  }
  std::erase_if(workers_, [&](const auto& worker) {
    return worker.second.seen + 10 * settings_.worker_away < now;
  });
  return {};
}

Result<model::HeartbeatReply> Engine::Extend(const std::string& worker,
                                             const model::Heartbeat& body, Time now) {
  model::HeartbeatReply reply;
  for (const model::LeaseRef& ref : body.held) {
    const auto school = FindSchool(ref.school);
    std::optional<model::Task> task;
    if (school) {
      ROSTER_ASSIGN(task, FindTask(**school, ref.task), "extending a lease");
    }
    if (!task || task->state != TaskState::kLeased || task->attempt != ref.attempt ||
        task->worker != worker) {
      reply.lost.push_back(ref);
      continue;
    }
    task::Extend(*task, now, settings_.tasks);
    ROSTER_TRY(PutTask(**school, *task, task->state, task->resting), "extending a lease");
  }
  return reply;
}

Result<void> Engine::ExpireLeases(School& school, Time now) {
  for (const TaskId id : school.queue.Expired(now)) {
    ROSTER_ASSIGN(auto task, FindTask(school, id), "expiring a lease");
    if (!task || task->state != TaskState::kLeased) continue;
    // Whoever lets leases run out is not trusted with many.
    const auto holder = workers_.find(task->worker);
    if (holder != workers_.end()) holder->second.lapsed = true;
    const TaskState before = task->state;
    const bool was_resting = task->resting;
    task::Expire(*task, now, settings_.tasks, random_);
    ROSTER_TRY(PutTask(school, *task, before, was_resting), "expiring a lease");
    Append(school, {std::string(kSelf), ""},
           model::TaskUnknown{task->id, task->person, task->action, task->reason, task->attempt,
                              task->resting});
  }
  return {};
}

Result<model::ReportReply> Engine::Absorb(const std::string& worker,
                                          const model::ReportOutcomes& body, Time now) {
  model::ReportReply reply;
  for (const model::Report& report : body.reports) {
    const auto school = FindSchool(report.school);
    std::optional<model::Task> task;
    if (school) {
      ROSTER_ASSIGN(task, FindTask(**school, report.task), "taking in a report");
    }
    // The same report sent twice finds the task ended, or on another attempt: dropped.
    if (!task || !task::Accepts(*task, report.attempt) || task->worker != worker) {
      reply.refused.push_back({report.school, report.task, report.attempt});
      continue;
    }
    const Worker& self = workers_[worker];
    for (auto& [name, other] : workers_) {
      if (other.lapsed && AreOne(worker, self, name, other)) other.lapsed = false;
    }
    NoteSite(**school, *task, report.outcome, now);
    ROSTER_TRY(AbsorbReport(**school, *std::move(task), report, {"worker:" + worker, ""}, now),
               "taking in a report");
  }
  return reply;
}

// A site that fails everybody is left alone for a while, so that its failures don't use up the
// attempts of every task.
void Engine::NoteSite(School& school, const model::Task& task, const model::Outcome& outcome,
                      Time now) {
  const auto* failed = std::get_if<model::Failed>(&outcome);
  if (failed != nullptr && failed->reason == model::kWorkerStopped) return;  // says nothing
  const auto* unknown = std::get_if<model::Unknown>(&outcome);
  const bool silent = unknown != nullptr && !unknown->untold;
  if (!silent && (failed == nullptr || !failed->site_failing)) {
    school.NoteSiteAnswers();
    // A site that may be read and not written to answers too: only what is done shows that it
    // works.
    const bool listed = unknown != nullptr && unknown->reason == model::kToUpload;
    if (listed || std::holds_alternative<model::Applied>(outcome)) TellSiteBack(school, false);
    return;
  }
  if (!school.site_failing_since) school.site_failing_since = clock_.Steady();
  school.site_failures = std::min(school.site_failures + 1, 32U);
  school.site_reason = failed != nullptr ? failed->reason : unknown->reason;
  Duration pause = task::RetryDelay(school.site_failures, settings_.tasks, random_);
  if (failed != nullptr && failed->retry_after) {
    pause = std::max(pause, Duration(*failed->retry_after));
  }
  school.site_paused_until = std::max(school.site_paused_until, now + pause);
  TellSiteStopped(school, school.site_reason,
                  task::IsOwnFailure(task, outcome, Served(school, task.action)));
}

void Engine::TellSiteBack(School& school, bool nothing_waits) {
  if (school.head.site_stopped.empty()) return;
  school.head.site_stopped.clear();
  school.site_tried_again = false;
  Append(school, {std::string(kSelf), ""}, model::SiteBack{nothing_waits});
}

// At once where the key is refused, which no waiting mends, unless it is for one account alone;
// else when it has done nothing but fail for a while. On disk, so that a restart neither repeats
// nor forgets it.
void Engine::TellSiteStopped(School& school, const std::string& reason, bool one_alone) {
  const bool refused = IsKeyRefused(reason) && !one_alone;
  if (!refused && clock_.Steady() - *school.site_failing_since < kSiteFailing) return;
  std::string& told = school.head.site_stopped;
  if (!told.empty() && !school.site_tried_again && (!refused || IsKeyRefused(told))) return;
  told = reason;
  school.site_tried_again = false;
  Append(school, {std::string(kSelf), ""},
         model::SiteStopped{reason, school.head.tasks.under_way()});
}

Result<void> Engine::AbsorbReport(School& school, model::Task task, const model::Report& report,
                                  const Caller& caller, Time now) {
  const TaskState before = task.state;
  const bool was_resting = task.resting;
  task::Conclude(task, report.outcome, now, settings_.tasks, random_, Served(school, task.action));
  if (const auto* applied = std::get_if<model::Applied>(&report.outcome)) {
    // Which account an add has made: an undo of it takes back that one and no later one.
    if (task.account.value().empty()) task.account = applied->account.id;
  }
  ROSTER_TRY(PutTask(school, task, before, was_resting), "");
  switch (task.state) {
    case TaskState::kApplied:
      if (!std::get<model::Applied>(report.outcome).already) {
        school.head.site_changed = now;
        ++Served(school, task.action);
      }
      ROSTER_TRY(AbsorbApplied(school, task, std::get<model::Applied>(report.outcome), caller), "");
      return EndTask(school, task, caller, now);
    case TaskState::kSuperseded:
      Append(school, caller, model::TaskSuperseded{task.id, task.person, task.action, task.reason});
      return EndTask(school, task, caller, now);
    case TaskState::kDead:
      Append(school, caller,
             model::TaskDead{task.id, task.person, task.action, task.reason, task.attempt});
      return EndTask(school, task, caller, now);
    case TaskState::kUnknown:
      if (before != TaskState::kUnknown || task.resting != was_resting) {
        Append(school, caller,
               model::TaskUnknown{task.id, task.person, task.action, task.reason, task.attempt,
                                  task.resting});
      }
      return {};
    default:
      return {};  // to be tried again: in the tasks, not in the journal
  }
}

Result<void> Engine::AbsorbApplied(School& school, const model::Task& task,
                                   const model::Applied& applied, const Caller& caller) {
  Book book(*view_, school);
  ROSTER_ASSIGN(auto row, book.FindChange(task.person), "");
  ROSTER_ASSIGN(const auto link, book.FindLink(task.person), "");
  model::Link after{task.person, applied.account.id, Agreed(link, task, applied.account, row)};
  if (task.action == model::Action::kInvite) {
    after.invited = task.ended_at;
  } else if (link) {
    after.invited = link->invited;
  }
  if (auto linked = book.PutLink(after); !linked) {
    // The site gave one account to two people: nothing is linked, and the next poll shows both.
    if (linked.error().code != Code::kConflict) return linked;
  } else if (row) {
    row->account = applied.account;
    ROSTER_TRY(book.PutChange(*row), "");
    ROSTER_ASSIGN(const model::Change fresh, Refresh(book, school, *row), "");
    ROSTER_TRY(book.PutChange(fresh), "");
  }
  if (!row) school.read_again = true;  // has left FACTS's lists meanwhile
  school.touched.insert(task.person);
  Append(school, caller,
         model::TaskApplied{task.id, task.person, task.action, applied.account.id, task.digest,
                            task.attempt, applied.already});
  return {};
}

}  // namespace roster::engine
