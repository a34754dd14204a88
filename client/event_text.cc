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

// "archive, missing"
std::string Guards(const google::protobuf::RepeatedField<int>& guards) {
  std::vector<std::string> words;
  for (const int guard : guards) words.push_back(Word(static_cast<v1::Guard>(guard)));
  return List(words);
}

std::string Text(const v1::ReviewRequired& event) {
  std::string text = fmt::format(
      "poll {}: {}, {}; pending: {} to add, {} to update, {} to archive, {} to restore",
      event.poll(), Count(event.new_users(), "new user"), Count(event.new_errors(), "new error"),
      Number(event.pending_adds()), Number(event.pending_updates()),
      Number(event.pending_archives()), Number(event.pending_restores()));
  if (!event.held().empty()) text += "; held by the guards on " + Guards(event.held());
  return text;
}

std::string Text(const v1::PlanPrepared& event) {
  std::string text =
      fmt::format("plan {} ({}): {}{}", event.plan(), ShortDigest(event.digest()),
                  Count(event.items(), "item"), event.invitations() ? ", invitations" : "");
  if (event.undo_of() != 0) text += fmt::format(", takes plan {} back", event.undo_of());
  if (!event.held().empty()) text += "; held by the guards on " + Guards(event.held());
  return text;
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
  if (event.not_chosen() > 0) {
    text += fmt::format("; {} left out on purpose", Number(event.not_chosen()));
  }
  if (!event.lifted().empty()) text += "; guards lifted: " + Guards(event.lifted());
  if (!event.first_actor().empty()) text += "; first approved by " + event.first_actor();
  return text;
}

std::string Text(const v1::PersonsDecided& event) {
  return fmt::format("{}: {}", Word(event.decision()),
                     Count(static_cast<std::uint64_t>(event.persons_size()), "person"));
}

std::string Text(const v1::FamiliesDecided& event) {
  return fmt::format("{}: {}", event.excluded() ? "excluded" : "included again",
                     Families(static_cast<std::uint64_t>(event.families_size())));
}

std::string Text(const v1::DuplicateResolved& event) {
  std::string what = "open again, the earlier word no longer counts";
  if (event.kind() == "keep") {
    what = fmt::format("person {} keeps the address", event.holder());
  } else if (event.kind() == "share") {
    what = fmt::format("the family shares the login of person {}", event.holder());
  } else if (!event.kind().empty()) {
    what = fmt::format("{}, person {}", event.kind(), event.holder());
  }
  return fmt::format("group {}: {}", event.group(), what);
}

std::string Text(const v1::MatchDecided& event) {
  const std::string person = fmt::format("person {}: ", event.person());
  if (event.withdrawn()) return person + "the earlier word no longer counts";
  if (event.account().empty()) return person + "none of the accounts that fit";
  return person + "account " + event.account();
}

std::string Text(const v1::ApprovalGiven& event, const std::string& actor) {
  std::string text = fmt::format("plan {}: the first of two approvals ({}), by {}; ", event.plan(),
                                 event.reason(), actor);
  if (event.replaces() != 0) {
    text += fmt::format("that of {} (entry {}) no longer counts; ", event.replaced_actor(),
                        event.replaces());
  }
  return text + "it waits for a second";
}

std::string Text(const v1::RequestRefused& event, const std::string& actor) {
  std::string about;
  if (event.plan() != 0) about += fmt::format(" of plan {}", event.plan());
  if (event.person() != 0) about += fmt::format(" of person {}", event.person());
  return fmt::format("{}{} refused {}: {}, of {}", event.request(), about,
                     Count(event.times(), "time"), event.reason(), actor);
}

std::string Text(const v1::TaskApplied& event) {
  return OfTask(event) + (event.already() ? ": was there already" : ": done") +
         fmt::format(", try {}", event.attempt());
}

// "put back from backup 12 of 2026-08-24 06:30:05, in place of a journal that ended at entry 230;
// 3 tasks open, to be looked up; 1 plan expired; forgotten since, and here again: 12, 13"
std::string Text(const v1::Restored& event) {
  std::string text =
      fmt::format("put back from backup {} of {}", event.backup(), Second(event.backup_at()));
  if (event.lost_head() > 0) {
    text += fmt::format(", in place of a journal that ended at entry {}", event.lost_head());
  }
  text += fmt::format("; {} open, to be looked up; {} expired", Count(event.open_tasks(), "task"),
                      Count(event.plans_expired(), "plan"));
  if (!event.forgotten().empty()) {
    text += "; forgotten since, and here again: " + Ids(event.forgotten());
  }
  return text;
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
      return Text(entry.plan_prepared()) + ", by " + entry.actor();
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
      return fmt::format("{}: {}, try {}{}", OfTask(entry.task_unknown()),
                         entry.task_unknown().reason(), entry.task_unknown().attempt(),
                         entry.task_unknown().resting() ? "; a person's to settle" : "");
    case v1::Entry::kTasksRetried:
      return fmt::format(
          "{} queued again, by {}",
          Count(static_cast<std::uint64_t>(entry.tasks_retried().tasks_size()), "task"),
          entry.actor());
    case v1::Entry::kTasksConfirmed:
      return fmt::format(
          "{} confirmed as done, by {}",
          Count(static_cast<std::uint64_t>(entry.tasks_confirmed().tasks_size()), "task"),
          entry.actor());
    case v1::Entry::kSyncCompleted:
      return fmt::format("plan {}: {}", entry.sync_completed().plan(),
                         TasksLine(entry.sync_completed().tasks()));
    case v1::Entry::kFamiliesDecided:
      return Text(entry.families_decided()) + ", by " + entry.actor();
    case v1::Entry::kDuplicateResolved:
      return Text(entry.duplicate_resolved()) + ", by " + entry.actor();
    case v1::Entry::kEmailChosen:
      return fmt::format("person {}: the {} e-mail of FACTS counts, by {}",
                         entry.email_chosen().person(),
                         entry.email_chosen().email2() ? "second" : "first", entry.actor());
    case v1::Entry::kMatchDecided:
      return Text(entry.match_decided()) + ", by " + entry.actor();
    case v1::Entry::kLinksForgotten:
      return fmt::format(
          "{} given up, the accounts are gone, by {}",
          Count(static_cast<std::uint64_t>(entry.links_forgotten().links_size()), "link"),
          entry.actor());
    case v1::Entry::kApprovalGiven:
      return Text(entry.approval_given(), entry.actor());
    case v1::Entry::kRequestRefused:
      return Text(entry.request_refused(), entry.actor());
    case v1::Entry::kConfigReloaded:
      return "the config file was read again, by " + entry.actor();
    case v1::Entry::kPersonsForgotten:
      return fmt::format(
          "what was kept of {} removed, {}",
          Count(static_cast<std::uint64_t>(entry.persons_forgotten().persons_size()), "person"),
          entry.persons_forgotten().by_age() ? "by age" : "by " + entry.actor());
    case v1::Entry::kAcknowledged:
      return fmt::format("everything up to entry {} is known, by {}", entry.acknowledged().seq(),
                         entry.actor());
    case v1::Entry::kWorkersAway:
      return fmt::format("{} waiting, and no worker asks for any",
                         Count(entry.workers_away().waiting(), "task"));
    case v1::Entry::kWorkersBack:
      return "a worker asks for tasks again";
    case v1::Entry::kBackupMade:
      return fmt::format("backup {} made and read again, {}; {} removed; for {}",
                         entry.backup_made().backup(), Bytes(entry.backup_made().bytes()),
                         Count(entry.backup_made().removed(), "older one"), entry.actor());
    case v1::Entry::kBackupFailed:
      return fmt::format("no backup made for {}: {}", entry.actor(),
                         entry.backup_failed().reason());
    case v1::Entry::kRestored:
      return Text(entry.restored()) + ", by " + entry.actor();
    case v1::Entry::kSiteStopped:
      return fmt::format("{}: {} waiting, and the site does none", entry.site_stopped().reason(),
                         Count(entry.site_stopped().waiting(), "task"));
    case v1::Entry::kPlanExpired:
      return fmt::format("plan {} is no more: nobody approved it in time",
                         entry.plan_expired().plan());
    case v1::Entry::kSiteBack:
      return entry.site_back().nothing_waits() ? "no task waits for the site any more"
                                               : "the site carries out tasks again";
    case v1::Entry::EVENT_NOT_SET:
      return "an event that this rosterctl does not know: install the version of rosterd";
  }
  return "";
}

}  // namespace roster::client
