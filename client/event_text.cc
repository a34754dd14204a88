#include "client/event_text.h"

#include <fmt/format.h>

#include "client/format.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

template <typename Task>
std::string OfTask(const Task& task) {
  return fmt::format("{}.{} {} of person {}", task.plan(), task.index(), Word(task.action()),
                     task.person());
}

std::string Text(const v1::PollCompleted& event) {
  return fmt::format("poll {}: {} people, {}, {}; {} changed, {} rejected", event.poll(),
                     Number(event.people()), Count(event.students(), "student"),
                     Count(event.accounts(), "account"), Count(event.rows_changed(), "row"),
                     Number(event.rows_rejected()));
}

std::string Text(const v1::ReviewRequired& event) {
  return fmt::format(
      "poll {}: {}, {}; pending: {} to add, {} to update, {} to archive, {} to restore",
      event.poll(), Count(event.new_users(), "new user"), Count(event.new_errors(), "new error"),
      Number(event.pending_adds()), Number(event.pending_updates()),
      Number(event.pending_archives()), Number(event.pending_restores()));
}

std::string Text(const v1::PlanApproved& event) {
  v1::Plan plan;
  plan.set_adds(event.adds());
  plan.set_updates(event.updates());
  plan.set_archives(event.archives());
  plan.set_restores(event.restores());
  plan.set_invites(event.invites());
  std::string text =
      fmt::format("plan {} ({}): {}", event.plan(), ShortDigest(event.digest()), ActionsLine(plan));
  if (event.left_out_total() > 0) {
    text += fmt::format("; {} left out, changed", Number(event.left_out_total()));
  }
  return text;
}

std::string Text(const v1::PersonsDecided& event) {
  return fmt::format("{}: {}", Word(event.decision()),
                     Count(static_cast<std::uint64_t>(event.persons_size()), "person"));
}

std::string Text(const v1::TaskApplied& event) {
  return OfTask(event) + (event.already() ? ": was there already" : ": done") +
         fmt::format(", try {}", event.attempt());
}

}  // namespace

std::string EventName(const v1::Entry& entry) {
  const auto* events = v1::Entry::descriptor()->FindOneofByName("event");
  const auto* field = v1::Entry::GetReflection()->GetOneofFieldDescriptor(entry, events);
  return field == nullptr ? "" : field->message_type()->name();
}

std::string EventText(const v1::Entry& entry) {
  switch (entry.event_case()) {
    case v1::Entry::kPollCompleted:
      return Text(entry.poll_completed());
    case v1::Entry::kPollRejected:
      return fmt::format("poll {}, {}: {}", entry.poll_rejected().poll(),
                         entry.poll_rejected().reason(), entry.poll_rejected().message());
    case v1::Entry::kReviewRequired:
      return Text(entry.review_required());
    case v1::Entry::kSourceStopped:
      return fmt::format("{}: {}", entry.source_stopped().reason(),
                         entry.source_stopped().message());
    case v1::Entry::kLinksRecorded:
      return fmt::format(
          "{} recorded, found by external id",
          Count(static_cast<std::uint64_t>(entry.links_recorded().links_size()), "link"));
    case v1::Entry::kPersonsDecided:
      return Text(entry.persons_decided()) + ", by " + entry.actor();
    case v1::Entry::kPlanPrepared:
      return fmt::format("plan {} ({}): {}{}, by {}", entry.plan_prepared().plan(),
                         ShortDigest(entry.plan_prepared().digest()),
                         Count(entry.plan_prepared().items(), "item"),
                         entry.plan_prepared().invitations() ? ", invitations" : "", entry.actor());
    case v1::Entry::kPlanApproved:
      return Text(entry.plan_approved()) + ", by " + entry.actor();
    case v1::Entry::kTaskApplied:
      return Text(entry.task_applied());
    case v1::Entry::kTaskDead:
      return fmt::format("{}: {}, try {}", OfTask(entry.task_dead()), entry.task_dead().reason(),
                         entry.task_dead().attempt());
    case v1::Entry::kTaskSuperseded:
      return fmt::format("{}: {}", OfTask(entry.task_superseded()),
                         entry.task_superseded().reason());
    case v1::Entry::kTaskUnknown:
      return fmt::format("{}: {}, try {}", OfTask(entry.task_unknown()),
                         entry.task_unknown().reason(), entry.task_unknown().attempt());
    case v1::Entry::kTasksRetried:
      return fmt::format(
          "{} queued again, by {}",
          Count(static_cast<std::uint64_t>(entry.tasks_retried().tasks_size()), "task"),
          entry.actor());
    case v1::Entry::kSyncCompleted:
      return fmt::format("plan {}: {}", entry.sync_completed().plan(),
                         TasksLine(entry.sync_completed().tasks()));
    case v1::Entry::EVENT_NOT_SET:
      return "an event that this rosterctl does not know: install the version of rosterd";
  }
  return "";
}

}  // namespace roster::client
