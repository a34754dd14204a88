// Requests that change something. Each refuses before its first write, or writes all it says.

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/engine/engine.h"
#include "daemon/review/review.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using store::Family;

constexpr std::size_t kShownMax = 100;

// Why an approved task of somebody ends, when a person's word on them is another one now.
std::string_view EndReason(model::DecisionKind kind) {
  switch (kind) {
    case model::DecisionKind::kSync:
      return "selected";
    case model::DecisionKind::kExclude:
    case model::DecisionKind::kProtect:
      return "excluded";
    case model::DecisionKind::kSkip:
    case model::DecisionKind::kInclude:
      break;
  }
  return "deselected";
}

model::RefusedTask Refuse(TaskId id, std::string_view reason) {
  std::string_view sentence;
  if (reason == "unknown-task") sentence = "There is no such task.";
  if (reason == "held") sentence = "A worker has it now: wait for what it reports.";
  if (reason == "not-unknown") sentence = "It is not unknown: its outcome is on record.";
  if (reason == "not-dead") sentence = "It is neither dead nor unknown.";
  if (reason == "replaced") sentence = "A later plan has taken its place.";
  if (reason == "changed") sentence = "The person has changed since: it comes back for review.";
  return {id, std::string(reason), std::string(sentence)};
}

}  // namespace

Result<model::ReplyBody> Engine::Handle(School* school, const Caller& caller,
                                        const model::Request& request) {
  return std::visit(
      [&](const auto& body) -> Result<model::ReplyBody> {
        if constexpr (std::is_same_v<std::decay_t<decltype(body)>, model::GetStatus>) {
          ROSTER_ASSIGN(model::Status status, GetStatus(school, caller), "");
          return model::ReplyBody(std::move(status));
        } else if constexpr (std::is_same_v<std::decay_t<decltype(body)>, model::WhoAmI>) {
          return WhoAmI(caller);
        } else if constexpr (std::is_same_v<std::decay_t<decltype(body)>, model::Reload>) {
          return Reload(caller);
        } else if constexpr (std::is_same_v<std::decay_t<decltype(body)>, model::ListBackups>) {
          return ListBackups();
        } else {
          return Do(*school, caller, body);
        }
      },
      request.body);
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::StartPoll&) {
  if (school.polling) {
    model::Poll running = *school.polling;
    return model::ReplyBody(model::PollReply{std::move(running), true});
  }
  school.head.source_stopped.clear();
  ROSTER_TRY(StartPoll(school, clock_.Now()), "starting a poll");
  return model::ReplyBody(model::PollReply{*school.polling, false});
}

Result<PollId> Engine::ExamineAgain(School& school, Time now) {
  const bool starting = std::any_of(starts_.begin(), starts_.end(),
                                    [&](const PollJob& job) { return job.school == school.id(); });
  if (school.polling && !starting) {
    school.examine_again = true;  // the one under way began before the decision
    return PollId(school.head.polls + 1);
  }
  if (!school.polling) {
    ROSTER_TRY(StartPoll(school, now, true), "examining again");
  }
  return school.polling->id;
}

// Of people who were selected: those of whom nothing comes all the same, the first of them.
Result<std::vector<PersonId>> Engine::HeldBack(const Book& book,
                                               const std::vector<PersonId>& persons) {
  std::vector<PersonId> held;
  for (const PersonId person : persons) {
    if (held.size() == kShownMax) break;
    ROSTER_ASSIGN(const auto placement, book.FindPlacement(person), "");
    if (placement && placement->verdict.status != model::ListStatus::kSelected) {
      held.push_back(person);
    }
  }
  return held;
}

// False when the word on this person is the same already.
bool Engine::DecideOne(Book& book, const model::Change& change,
                       const std::optional<model::Decision>& before, const model::Decide& body,
                       const Caller& caller, Time now) {
  const PersonId person = change.candidate.person;
  if (body.kind == model::DecisionKind::kInclude) {
    const bool out = before && (before->kind == model::DecisionKind::kExclude ||
                                before->kind == model::DecisionKind::kProtect);
    if (out) book.RemoveDecision(person);
    return out;
  }
  const bool same = before && before->kind == body.kind &&
                    review::WhatChanged(*before, change).empty() &&
                    (body.note.empty() || body.note == before->note);
  if (same) return false;
  book.PutDecision({person, body.kind, store::ChangeFingerprint(change), review::BasisOf(change),
                    body.note, caller.actor, now});
  return true;
}

Result<void> Engine::Rejudge(School& school, const std::vector<PersonId>& persons,
                             const std::string& reason, const Caller& caller, Time now) {
  Book book(*view_, school);
  // Who wants the same address is judged anew as well (rules, 8), and everybody once: of many
  // people with one address each is a rival of each.
  std::set<PersonId> concerned(persons.begin(), persons.end());
  for (const PersonId person : persons) {
    ROSTER_ASSIGN(const auto rivals, book.FindRivals(person), "judging anew");
    concerned.insert(rivals.begin(), rivals.end());
  }
  for (const PersonId person : concerned) {
    ROSTER_TRY(Recheck(school, person, reason, caller, now), "judging anew");
    ROSTER_TRY(book.Settle(person), "judging anew");
  }
  return {};
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::Decide& body) {
  Book book(*view_, school);
  const Time now = clock_.Now();
  std::vector<PersonId> persons = body.persons;
  if (body.filter) {
    ROSTER_ASSIGN(persons, PersonsShown(school, *body.filter), "deciding");
  }
  std::sort(persons.begin(), persons.end());
  persons.erase(std::unique(persons.begin(), persons.end()), persons.end());
  for (const PersonId person : persons) {
    ROSTER_ASSIGN(const auto placement, book.FindPlacement(person), "deciding");
    if (placement) continue;
    return Fail(Code::kNotFound, "unknown-person",
                "Person " + std::to_string(person.value()) +
                    " is not in the lists: not eligible, and never linked. Nothing was decided.");
  }
  model::DecideReply reply;
  std::vector<PersonId> changed;
  for (const PersonId person : persons) {
    ROSTER_ASSIGN(const auto change, book.FindChange(person), "deciding");
    ROSTER_ASSIGN(const auto before, book.FindDecision(person), "deciding");
    if (!change) continue;
    const bool taken = DecideOne(book, *change, before, body, caller, now);
    if (taken) {
      changed.push_back(person);
    } else {
      ++reply.unchanged;
    }
  }
  ROSTER_TRY(Rejudge(school, changed, std::string(EndReason(body.kind)), caller, now), "deciding");
  if (body.kind == model::DecisionKind::kSync) {
    ROSTER_ASSIGN(reply.not_selectable, HeldBack(book, persons), "deciding");
  }
  reply.changed = changed.size();
  for (model::Event& event : journal::SplitDecided(body.kind, changed)) {
    Append(school, caller, std::move(event));
  }
  reply.tally = school.head.tally;
  return model::ReplyBody(std::move(reply));
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::RetryTasks& body) {
  // Whoever asks for a retry has mended something: the site is tried at once.
  school.site_failures = 0;
  school.site_failing_since.reset();
  school.site_paused_until = {};
  school.site_tried_again = true;
  school.queue.Hurry();
  std::vector<TaskId> ids = body.tasks;
  if (body.all_dead) {
    const store::Range range = store::DeadTaskRange(school.id());
    const auto cursor = view_->Scan(Family::kWork, range.begin, range.end);
    for (; cursor->Valid(); cursor->Next()) {
      ROSTER_ASSIGN(const TaskId id, store::TaskOfKey(cursor->key()), "retrying");
      ids.push_back(id);
    }
    ROSTER_TRY(cursor->status(), "retrying");
  }
  model::RetryReply reply;
  model::TasksRetried retried;
  for (const TaskId id : ids) {
    ROSTER_ASSIGN(const auto task, FindTask(school, id), "retrying");
    ROSTER_ASSIGN(auto refused, Retry(school, id), "retrying");
    if (refused) {
      reply.refused.push_back(*std::move(refused));
      continue;
    }
    ++reply.retried;
    retried.tasks.emplace_back(id, task->person);
    if (retried.tasks.size() == model::kEntryPersonsMax) {
      Append(school, caller, std::exchange(retried, {}));
    }
  }
  if (!retried.tasks.empty()) Append(school, caller, std::move(retried));
  return model::ReplyBody(std::move(reply));
}

Result<std::optional<model::RefusedTask>> Engine::Retry(School& school, TaskId id) {
  Book book(*view_, school);
  ROSTER_ASSIGN(auto task, FindTask(school, id), "");
  if (!task) return {Refuse(id, "unknown-task")};
  const model::TaskState before = task->state;
  const bool was_resting = task->resting;
  if (before == model::TaskState::kLeased) return {Refuse(id, "held")};
  if (before != model::TaskState::kDead && before != model::TaskState::kUnknown) {
    return {Refuse(id, "not-dead")};
  }
  const model::PlanItem item = ItemOf(*task);
  ROSTER_ASSIGN(const auto change, RowOf(school, book, item), "");
  if (before == model::TaskState::kDead) {
    ROSTER_ASSIGN(const auto held, book.FindHeldTask(task->person), "");
    if (held && !held->dead) return {Refuse(id, "replaced")};
    ROSTER_ASSIGN(const bool stands, Stands(school, book, item, change), "");
    if (!stands) return {Refuse(id, "changed")};
    task::Revive(*task);
  } else {
    // No longer what was approved: it is looked at, and then left.
    ROSTER_ASSIGN(const bool stands, Stands(school, book, item, change), "");
    task::Revive(*task);
    task->look_only = !stands;
  }
  ROSTER_TRY(PutTask(school, *task, before, was_resting), "");
  ROSTER_ASSIGN(model::Plan* const plan, FindPlan(school, id.plan), "");
  plan->state = model::PlanState::kApproved;
  plan->finished_at.reset();
  book.PutHeldTask(task->person, {id, false});
  ROSTER_TRY(book.Settle(task->person), "");
  return {std::nullopt};
}

Result<std::vector<TaskId>> Engine::ToConfirm(School& school, const model::ConfirmTasks& body) {
  if (!body.plan) return body.tasks;
  ROSTER_ASSIGN(const model::Plan* const plan, FindPlan(school, *body.plan), "confirming");
  if (plan == nullptr) {
    return Fail(Code::kNotFound, "unknown-plan",
                "Plan " + std::to_string(body.plan->value()) +
                    " is not there: `rosterctl status` names the one under way.");
  }
  std::set<TaskId> except(body.except.begin(), body.except.end());
  std::vector<TaskId> ids;
  const store::Range range = store::TaskRange(school.id(), *body.plan);
  const auto cursor = view_->Scan(Family::kWork, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const TaskId id, store::TaskOfKey(cursor->key()), "confirming");
    ROSTER_ASSIGN(const model::Task task, store::DecodeTask(id, cursor->value()), "confirming");
    if (!task.resting || except.erase(id) > 0) continue;
    if (!body.action || task.action == *body.action) ids.push_back(id);
  }
  ROSTER_TRY(cursor->status(), "confirming");
  // Whoever mistypes what the site has not taken would confirm it.
  if (!except.empty()) {
    return Fail(Code::kInvalid, "except-unknown",
                "Task " + ToString(*except.begin()) + " is no task of plan " +
                    std::to_string(body.plan->value()) +
                    " that waits for a person, so it can't be excepted: `rosterctl tasks --plan " +
                    std::to_string(body.plan->value()) + "` names them. Nothing was confirmed.");
  }
  return ids;
}

Result<bool> Engine::IsSeen(const Book& book, const model::Task& task) {
  ROSTER_ASSIGN(const auto row, book.FindChange(task.person), "");
  ROSTER_ASSIGN(const auto link, book.FindLink(task.person), "");
  if (!row || !row->account || !link || link->account != row->account->id) return false;
  const model::Account& account = *row->account;
  switch (task.action) {
    case model::Action::kAdd:
      return true;
    case model::Action::kInvite:
      return account.invited && account.invited != task.invited_before;
    case model::Action::kArchive:
      return !account.active;
    case model::Action::kUpdate:
    case model::Action::kRestore:
      break;
    case model::Action::kNone:
      return false;
  }
  return account.active && account.external_id == task.external_id &&
         std::all_of(task.fields.begin(), task.fields.end(), [&](const model::FieldChange& field) {
           return model::SameValue(field.field, account.fields.Get(field.field), field.after);
         });
}

// What the account is now, nobody has said: it is read again, and the link of an added one comes by
// its external id.
Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::ConfirmTasks& body) {
  const Time now = clock_.Now();
  model::ConfirmReply reply;
  model::TasksConfirmed confirmed;
  std::vector<model::Task> ended;
  Book book(*view_, school);
  ROSTER_ASSIGN(const std::vector<TaskId> ids, ToConfirm(school, body), "");
  for (const TaskId id : ids) {
    ROSTER_ASSIGN(auto task, FindTask(school, id), "confirming");
    const bool open = task && task->state == model::TaskState::kUnknown;
    if (!open) {
      const bool held = task && task->state == model::TaskState::kLeased;
      reply.refused.push_back(Refuse(id, !task ? "unknown-task" : (held ? "held" : "not-unknown")));
      continue;
    }
    const bool was_resting = task->resting;
    task::Confirm(*task, now);
    if (task->action == model::Action::kInvite) {
      ROSTER_ASSIGN(auto link, book.FindLink(task->person), "confirming");
      if (link) {
        link->invited = now;
        ROSTER_TRY(book.PutLink(*link), "confirming");
      }
    }
    ROSTER_TRY(PutTask(school, *task, model::TaskState::kUnknown, was_resting), "confirming");
    ROSTER_ASSIGN(const bool seen, IsSeen(book, *task), "confirming");
    if (!seen) school.head.site_changed = now;
    confirmed.tasks.emplace_back(id, task->person);
    if (confirmed.tasks.size() == model::kEntryPersonsMax) {
      Append(school, caller, std::exchange(confirmed, {}));
    }
    ended.push_back(*std::move(task));
  }
  reply.confirmed = ended.size();
  reply.export_wanted = WhyStale(school.head, school.head.accounts_as_of).has_value();
  // A list that people carry here says nothing new until they do.
  if (!ended.empty() && !reply.export_wanted) school.read_again = true;
  if (!confirmed.tasks.empty()) Append(school, caller, std::move(confirmed));
  for (const model::Task& task : ended) {
    ROSTER_TRY(EndTask(school, task, caller, now), "confirming");
  }
  return model::ReplyBody(std::move(reply));
}

}  // namespace roster::engine
