#include "client/notify/matters.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

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

bool SettlesTask(const Entry& later, const TaskName& name) {
  if (later.has_tasks_retried()) return Lists(later.tasks_retried(), name);
  if (later.has_tasks_confirmed()) return Lists(later.tasks_confirmed(), name);
  return TaskOf(later) == name;
}

bool IsOfPeople(const v1::PlanApproved& plan) {
  return plan.adds() + plan.updates() + plan.archives() + plan.restores() > 0;
}

// A later plan of all that is pending takes the place of one that is held.
bool Replaces(const v1::PlanPrepared& later, const v1::PlanPrepared& held) {
  return later.plan() == held.plan() ||
         (later.invitations() == held.invitations() && later.undo_of() == held.undo_of());
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

bool Settles(const Entry& later, const Entry& opened) {
  if (later.has_acknowledged()) return later.acknowledged().seq() >= opened.seq();
  switch (opened.event_case()) {
    case Entry::kReviewRequired:
      return later.has_review_required() ||
             (later.has_plan_approved() && IsOfPeople(later.plan_approved()));
    case Entry::kPlanPrepared:
      if (later.has_plan_approved()) {
        return later.plan_approved().plan() == opened.plan_prepared().plan();
      }
      return later.has_plan_prepared() && Replaces(later.plan_prepared(), opened.plan_prepared());
    case Entry::kApprovalGiven:
      if (later.has_plan_approved()) {
        return later.plan_approved().plan() == opened.approval_given().plan();
      }
      return later.has_approval_given() &&
             later.approval_given().plan() == opened.approval_given().plan();
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
      return SettlesTask(later, NameOf(opened.task_dead()));
    case Entry::kTaskUnknown:
      return SettlesTask(later, NameOf(opened.task_unknown()));
    case Entry::kRequestRefused:
      return later.has_request_refused() && later.actor() == opened.actor() &&
             later.request_refused().request() == opened.request_refused().request();
    default:
      return false;
  }
}

}  // namespace roster::notify
