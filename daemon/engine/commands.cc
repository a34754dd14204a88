// Requests that change something. Each refuses before its first write, or writes all it says.

#include <algorithm>
#include <utility>

#include "daemon/diff/diff.h"
#include "daemon/engine/engine.h"
#include "daemon/plan/plan.h"
#include "daemon/review/review.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using model::Action;
using store::Family;

constexpr std::size_t kShownMax = 100;

std::string PlanName(PlanId id) { return "Plan " + std::to_string(id.value()); }

void CountActions(const std::vector<model::PlanItem>& items, model::Plan& plan) {
  for (std::uint64_t& count : plan.by_action) count = 0;
  for (const model::PlanItem& item : items) {
    ++plan.by_action[static_cast<std::size_t>(item.action)];
  }
}

}  // namespace

Result<model::ReplyBody> Engine::Handle(School* school, const Caller& caller,
                                        const model::Request& request) {
  return std::visit(
      [&](const auto& body) -> Result<model::ReplyBody> {
        if constexpr (std::is_same_v<std::decay_t<decltype(body)>, model::GetStatus>) {
          ROSTER_ASSIGN(model::Status status, GetStatus(school), "");
          return model::ReplyBody(std::move(status));
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
    if (before && before->kind == body.kind) {
      ++reply.unchanged;
    } else {
      book.PutDecision({person, body.kind, store::ChangeFingerprint(*change), caller.actor, now});
      changed.push_back(person);
    }
    if (body.kind == model::DecisionKind::kSync && !review::IsSelectable(*change) &&
        reply.not_selectable.size() < kShownMax) {
      reply.not_selectable.push_back(person);
    }
  }
  for (const PersonId person : changed) {
    // Who wants the same address is judged anew as well (rules, 8).
    ROSTER_ASSIGN(std::vector<PersonId> concerned, book.FindRivals(person), "deciding");
    concerned.push_back(person);
    for (const PersonId one : concerned) {
      const std::string reason =
          body.kind == model::DecisionKind::kSync ? "selected" : "deselected";
      ROSTER_TRY(Recheck(school, one, reason, caller, now), "deciding");
      ROSTER_TRY(book.Settle(one), "deciding");
    }
  }
  reply.changed = changed.size();
  for (model::Event& event : journal::SplitDecided(body.kind, std::move(changed))) {
    Append(school, caller, std::move(event));
  }
  reply.tally = school.head.tally;
  return model::ReplyBody(std::move(reply));
}

// Everything that is decided, has something to write, and is not under way.
Result<std::vector<model::PlanItem>> Engine::Collect(School& school, const model::PreparePlan& body,
                                                     std::uint64_t& in_progress) {
  Book book(*view_, school);
  std::vector<model::PlanItem> items;
  if (!body.invitations) {
    for (const auto bucket : {model::Bucket::kAdd, model::Bucket::kUpdate, model::Bucket::kArchive,
                              model::Bucket::kRestore}) {
      const store::Range range = store::BucketIndexRange(school.id(), bucket);
      const auto cursor = view_->Scan(Family::kReview, range.begin, range.end);
      for (; cursor->Valid(); cursor->Next()) {
        ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "planning");
        ROSTER_ASSIGN(const auto change, book.FindChange(person), "planning");
        ROSTER_ASSIGN(const auto placement, book.FindPlacement(person), "planning");
        if (!change || !placement) {
          return Fail(Code::kCorrupt, "row-missing", "An index names a row that is not there.");
        }
        const Action action = placement->verdict.action;
        items.push_back({person, action, diff::ApprovalDigest(*change, action)});
      }
      ROSTER_TRY(cursor->status(), "planning");
    }
    in_progress = school.head.tally.by_reason[static_cast<std::size_t>(model::Reason::kInProgress)];
    return items;
  }
  std::vector<PersonId> persons = body.persons;
  if (persons.empty()) {
    const store::Range range = store::LinkRange(school.id());
    const auto cursor = view_->Scan(Family::kReview, range.begin, range.end);
    for (; cursor->Valid(); cursor->Next()) {
      ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "planning");
      persons.push_back(person);
    }
    ROSTER_TRY(cursor->status(), "planning");
  }
  std::sort(persons.begin(), persons.end());
  persons.erase(std::unique(persons.begin(), persons.end()), persons.end());
  for (const PersonId person : persons) {
    ROSTER_ASSIGN(const auto change, book.FindChange(person), "planning");
    ROSTER_ASSIGN(const auto held, book.FindHeldTask(person), "planning");
    ROSTER_ASSIGN(const auto decision, book.FindDecision(person), "planning");
    const bool excluded = decision && decision->kind != model::DecisionKind::kSync;
    if (!change || excluded || !plan::IsInvitable(*change, body.never_accessed)) {
      if (body.persons.empty()) continue;
      return Fail(Code::kRefused, "not-invitable",
                  "Person " + std::to_string(person.value()) +
                      " can't be invited: not linked to an active account, deselected, protected, "
                      "or has logged in already. No plan was made.");
    }
    if (held && !held->dead) {
      ++in_progress;
      continue;
    }
    items.push_back({person, Action::kInvite, diff::ApprovalDigest(*change, Action::kInvite)});
  }
  return items;
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::PreparePlan& body) {
  model::PlanReply reply;
  ROSTER_ASSIGN(const auto items, Collect(school, body, reply.in_progress), "planning");
  const Digest digest = plan::PlanDigest(school.id(), body.invitations, items);
  // The same content is the same plan, as long as nobody has approved it.
  const store::Range range = store::PlanRange(school.id());
  const auto cursor = view_->Scan(Family::kWork, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PlanId id, store::PlanOfKey(cursor->key()), "planning");
    ROSTER_ASSIGN(model::Plan plan, store::DecodePlan(id, cursor->value()), "planning");
    if (plan.state != model::PlanState::kOpen || plan.digest != digest) continue;
    reply.plan = std::move(plan);
    reply.plan.tally = school.head.tally;
    return model::ReplyBody(std::move(reply));
  }
  ROSTER_TRY(cursor->status(), "planning");

  model::Plan& plan = reply.plan;
  plan.id = PlanId(++school.head.plans);
  plan.invitations = body.invitations;
  plan.digest = digest;
  plan.items = items.size();
  plan.tally = school.head.tally;
  CountActions(items, plan);
  plan.prepared_at = clock_.Now();
  plan.prepared_by = caller.actor;
  school.head_changed = true;
  for (std::size_t first = 0; first < items.size(); first += store::kPlanChunk) {
    const auto last = std::min(first + store::kPlanChunk, items.size());
    const std::vector<model::PlanItem> chunk(items.begin() + static_cast<std::ptrdiff_t>(first),
                                             items.begin() + static_cast<std::ptrdiff_t>(last));
    view_->Put(Family::kWork,
               store::PlanItemsKey(school.id(), plan.id,
                                   static_cast<std::uint32_t>(first / store::kPlanChunk)),
               store::EncodePlanItems(chunk));
  }
  view_->Put(Family::kWork, store::PlanKey(school.id(), plan.id), store::EncodePlan(plan));
  Append(school, caller, model::PlanPrepared{plan.id, plan.digest, plan.items, plan.invitations});
  return model::ReplyBody(std::move(reply));
}

Result<bool> Engine::Stands(const Book& book, const model::PlanItem& item,
                            const std::optional<model::Change>& change) const {
  if (!change) return false;
  if (item.action == Action::kInvite) {
    ROSTER_ASSIGN(const auto decision, book.FindDecision(item.person), "");
    if (decision && decision->kind != model::DecisionKind::kSync) return false;
    if (!plan::IsInvitable(*change, false)) return false;
  } else {
    ROSTER_ASSIGN(const model::Verdict verdict, book.JudgeFree(*change), "");
    if (verdict.action != item.action) return false;
  }
  return diff::ApprovalDigest(*change, item.action) == item.digest;
}

Result<bool> Engine::Holds(const Book& book, const model::PlanItem& item,
                           const std::optional<model::Change>& change) const {
  ROSTER_ASSIGN(const auto held, book.FindHeldTask(item.person), "");
  if (held && !held->dead) return false;
  return Stands(book, item, change);
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::ApprovePlan& body) {
  ROSTER_ASSIGN(model::Plan* const found, FindPlan(school, body.plan), "approving");
  if (found == nullptr) {
    return Fail(Code::kNotFound, "unknown-plan",
                PlanName(body.plan) +
                    " is not there: it was never made, or nobody approved it in "
                    "time. `rosterctl plan` shows today's.");
  }
  if (found->digest != body.digest) {
    return Fail(Code::kConflict, "plan-digest",
                PlanName(body.plan) + " does not hold what was shown. Look at it again.");
  }
  if (found->state != model::PlanState::kOpen) {
    return Fail(Code::kConflict, "plan-approved",
                PlanName(body.plan) + " was approved already, by " + found->approved_by +
                    ". Nothing more was done.");
  }
  if (found->items == 0) {
    return Fail(Code::kInvalid, "plan-empty",
                PlanName(body.plan) + " holds nothing: there is nothing to approve.");
  }
  Book book(*view_, school);
  ROSTER_ASSIGN(const auto items, PlanItems(school, *found, 0, found->items), "approving");
  std::vector<model::PlanItem> good;
  std::vector<PersonId> stale;
  std::vector<model::UserRow> shown;
  for (const model::PlanItem& item : items) {
    ROSTER_ASSIGN(const auto change, book.FindChange(item.person), "approving");
    ROSTER_ASSIGN(const bool holds, Holds(book, item, change), "approving");
    if (holds) {
      good.push_back(item);
      continue;
    }
    stale.push_back(item.person);
    if (shown.size() < kShownMax && change) {
      ROSTER_ASSIGN(model::UserRow row, book.Row(*change), "approving");
      row.changed = true;
      shown.push_back(std::move(row));
    }
  }
  if (good.empty() || (!stale.empty() && !body.leave_out_changed)) {
    Error error{
        Code::kConflict, "plan-changed",
        std::to_string(stale.size()) + " of the " + std::to_string(items.size()) +
            " changes of this plan are no longer what was shown. Nothing was approved: look "
            "at a new plan" +
            (good.empty() ? "." : ", or approve the rest without them.")};
    return model::ReplyBody(model::Refusal{std::move(error), std::move(shown), stale.size()});
  }

  const Time now = clock_.Now();
  model::Plan& plan = *found;
  plan.state = model::PlanState::kApproved;
  plan.approved_at = now;
  plan.approved_by = caller.actor;
  plan.left_out = stale.size();
  CountActions(good, plan);
  school.plans_changed.insert(plan.id);
  school.head_changed = true;

  model::PlanApproved approved{plan.id, plan.digest, 0, 0, 0, 0, 0, stale, stale.size()};
  const auto count = [&](Action a) { return plan.by_action[static_cast<std::size_t>(a)]; };
  approved.adds = count(Action::kAdd);
  approved.updates = count(Action::kUpdate);
  approved.archives = count(Action::kArchive);
  approved.restores = count(Action::kRestore);
  approved.invites = count(Action::kInvite);
  approved.left_out.resize(std::min(stale.size(), model::kEntryPersonsMax));
  Append(school, caller, std::move(approved));

  std::uint32_t index = 0;
  for (const model::PlanItem& item : good) {
    ROSTER_ASSIGN(const auto change, book.FindChange(item.person), "approving");
    const model::Task task = plan::MakeTask(plan, ++index, item, *change, school.rules());
    ROSTER_TRY(AddTask(school, plan, task, caller, now), "approving");
  }
  return model::ReplyBody(model::ApproveReply{plan, std::move(shown), stale.size()});
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::RetryTasks& body) {
  // Whoever asks for a retry has mended something: the site is tried at once.
  school.site_failures = 0;
  school.site_paused_until = {};
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
  Book book(*view_, school);
  model::RetryReply reply;
  model::TasksRetried retried;
  for (const TaskId id : ids) {
    ROSTER_ASSIGN(auto task, FindTask(school, id), "retrying");
    bool good = task && task->state == model::TaskState::kDead;
    if (good) {
      ROSTER_ASSIGN(const auto change, book.FindChange(task->person), "retrying");
      ROSTER_ASSIGN(good, Holds(book, {task->person, task->action, task->digest}, change),
                    "retrying");
    }
    if (!good) {
      reply.refused.push_back(id);
      continue;
    }
    task::Revive(*task);
    ROSTER_TRY(PutTask(school, *task, model::TaskState::kDead), "retrying");
    ROSTER_ASSIGN(model::Plan* const plan, FindPlan(school, id.plan), "retrying");
    plan->state = model::PlanState::kApproved;
    plan->finished_at.reset();
    book.PutHeldTask(task->person, {id, false});
    ROSTER_TRY(book.Settle(task->person), "retrying");
    ++reply.retried;
    retried.tasks.emplace_back(id, task->person);
    if (retried.tasks.size() == model::kEntryPersonsMax) {
      Append(school, caller, std::exchange(retried, {}));
    }
  }
  if (!retried.tasks.empty()) Append(school, caller, std::move(retried));
  return model::ReplyBody(std::move(reply));
}

}  // namespace roster::engine
