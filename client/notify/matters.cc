#include "client/notify/matters.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "client/needs.h"

namespace roster::notify {
namespace {

using Entry = v1::Entry;
using TaskName = std::pair<std::uint64_t, std::uint32_t>;

template <typename Event>
TaskName NameOf(const Event& event) {
  return {event.plan(), event.index()};
}

// The task that an entry is about; nullopt: none, or many.
std::optional<TaskName> TaskOf(const Entry& entry) {
  switch (entry.event_case()) {
    case Entry::kTaskApplied:
      return NameOf(entry.task_applied());
    case Entry::kTaskDead:
      return NameOf(entry.task_dead());
    case Entry::kTaskSuperseded:
      return NameOf(entry.task_superseded());
    case Entry::kTaskUnknown:
      return NameOf(entry.task_unknown());
    default:
      return std::nullopt;
  }
}

template <typename Event>
bool Lists(const Event& event, const TaskName& name) {
  return std::any_of(event.tasks().begin(), event.tasks().end(),
                     [&](const v1::TasksRetried::Ref& ref) { return NameOf(ref) == name; });
}

// A person has one task at a time: another one takes the place of one that is dead.
bool IsOfPerson(const Entry& later, std::int64_t person) {
  return (later.has_task_applied() && later.task_applied().person() == person) ||
         (later.has_task_dead() && later.task_dead().person() == person) ||
         (later.has_task_superseded() && later.task_superseded().person() == person) ||
         (later.has_task_unknown() && later.task_unknown().person() == person);
}

bool SettlesTask(const Entry& later, const TaskName& name) {
  if (later.has_tasks_retried()) return Lists(later.tasks_retried(), name);
  if (later.has_tasks_confirmed()) return Lists(later.tasks_confirmed(), name);
  return TaskOf(later) == name;
}

bool IsOfErrorsAlone(const v1::ReviewRequired& review) {
  return review.new_users() + review.pending_adds() + review.pending_updates() +
             review.pending_archives() + review.pending_restores() ==
         0;
}

// Of a plan that is held, or has one approval of two.
bool SettlesPlan(const Entry& later, std::uint64_t number, const PlanTraits& plan) {
  if (later.has_plan_expired()) return later.plan_expired().plan() == number;
  if (later.has_plan_approved()) return later.plan_approved().plan() == number;
  // A later one of the same kind takes its place.
  if (later.has_plan_prepared()) {
    const v1::PlanPrepared& other = later.plan_prepared();
    return other.plan() == number ||
           (other.invitations() == plan.invitations && other.undo_of() == plan.undo_of);
  }
  return later.has_restored();  // then all that were not approved have expired
}

}  // namespace

bool IsOfAccess(const v1::RequestRefused& refused) {
  static constexpr std::array<std::string_view, 5> kReasons = {
      "no-role", "role-missing", "unknown-school", "other-actor", "same-person"};
  return std::find(kReasons.begin(), kReasons.end(), refused.reason()) != kReasons.end();
}

bool Nags(const Entry& opened) { return !opened.has_request_refused(); }

bool Awaits(const Entry& entry, std::uint32_t rejected_in_a_row, std::uint32_t rejected_after) {
  switch (entry.event_case()) {
    case Entry::kReviewRequired:
    case Entry::kApprovalGiven:
    case Entry::kSourceStopped:
    case Entry::kWorkersAway:
    case Entry::kTaskDead:
    case Entry::kBackupFailed:
    case Entry::kRestored:
    case Entry::kSiteStopped:
      return true;
    case Entry::kRequestRefused:
      return IsOfAccess(entry.request_refused());
    case Entry::kPlanPrepared:
      return !entry.plan_prepared().held().empty();
    case Entry::kTaskUnknown:
      return entry.task_unknown().resting();
    case Entry::kPollRejected:
      return rejected_in_a_row == rejected_after;
    default:
      return false;
  }
}

std::uint64_t PlanOf(const Entry& opened) {
  if (opened.has_plan_prepared()) return opened.plan_prepared().plan();
  if (opened.has_approval_given()) return opened.approval_given().plan();
  return 0;
}

bool NeedsStatus(const Entry& opened, const PlanTraits& plan) {
  if (opened.has_plan_prepared()) return !plan.invitations && plan.undo_of == 0;
  return opened.has_review_required() || opened.has_restored();
}

bool Settles(const v1::SchoolStatus& status, const Entry& opened) {
  if (opened.has_plan_prepared()) return status.holds().empty();
  if (opened.has_restored()) {
    return status.has_last_good_poll() &&
           status.last_good_poll().ended_at().seconds() > opened.at().seconds();
  }
  const v1::Counters& counters = status.counters();
  if (IsOfErrorsAlone(opened.review_required())) return counters.status_error() == 0;
  return counters.fresh() == 0 && client::PendingOf(counters) == 0;
}

bool Settles(const Entry& later, const Entry& opened, const PlanTraits& plan) {
  if (later.has_acknowledged()) return later.acknowledged().seq() >= opened.seq();
  switch (opened.event_case()) {
    case Entry::kReviewRequired:
      return later.has_review_required();
    case Entry::kPlanPrepared:
      // A poll that found something new, and nothing pending that a guard would hold.
      if (later.has_review_required() && NeedsStatus(opened, plan)) {
        return later.review_required().held().empty();
      }
      return SettlesPlan(later, PlanOf(opened), plan);
    case Entry::kApprovalGiven:
      if (later.has_approval_given()) return PlanOf(later) == PlanOf(opened);
      return SettlesPlan(later, PlanOf(opened), plan);
    case Entry::kSourceStopped:
      return later.has_poll_completed() || later.has_source_stopped();
    case Entry::kPollRejected:
      return later.has_poll_completed();
    case Entry::kWorkersAway:
      return later.has_workers_back() || later.has_workers_away();
    case Entry::kBackupFailed:
      return later.has_backup_made() || later.has_backup_failed();
    case Entry::kRestored:  // a poll is what makes plans possible again
      return later.has_poll_completed() || later.has_restored();
    case Entry::kSiteStopped:
      return later.has_site_back() || later.has_site_stopped();
    case Entry::kTaskDead:
      return SettlesTask(later, NameOf(opened.task_dead())) ||
             IsOfPerson(later, opened.task_dead().person());
    case Entry::kTaskUnknown:
      return SettlesTask(later, NameOf(opened.task_unknown()));
    default:
      return false;
  }
}

}  // namespace roster::notify
