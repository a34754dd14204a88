// Plans: what they hold, what holds them, and their approval.

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/diff/diff.h"
#include "daemon/engine/engine.h"
#include "daemon/match/account_index.h"
#include "daemon/plan/four_eyes.h"
#include "daemon/plan/guards.h"
#include "daemon/plan/plan.h"
#include "daemon/review/review.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using model::Action;
using model::ChangeClass;
using store::Family;

constexpr std::size_t kShownMax = 100;

std::string PlanName(PlanId id) { return "Plan " + std::to_string(id.value()); }

void CountItems(const std::vector<model::PlanItem>& items, model::Plan& plan) {
  for (std::uint64_t& count : plan.by_action) count = 0;
  for (std::uint64_t& count : plan.by_class) count = 0;
  for (const model::PlanItem& item : items) {
    ++plan.by_action[static_cast<std::size_t>(item.action)];
    ++plan.by_class[static_cast<std::size_t>(item.change_class)];
  }
}

std::vector<model::GuardKind> KindsOf(const std::vector<model::Hold>& holds) {
  std::vector<model::GuardKind> kinds;
  kinds.reserve(holds.size());
  for (const model::Hold& hold : holds) kinds.push_back(hold.guard);
  return kinds;
}

template <typename T>
void SortUnique(std::vector<T>& all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

std::uint64_t Archives(const std::vector<model::PlanItem>& items) {
  return static_cast<std::uint64_t>(
      std::count_if(items.begin(), items.end(),
                    [](const model::PlanItem& item) { return item.action == Action::kArchive; }));
}

// What this approval is of. `lifts`: there are guards that it lifts; a needless word to lift them
// is no other choice.
model::Approval ApprovalOf(const model::ApprovePlan& body, bool lifts, std::string actor,
                           Time now) {
  model::Approval approval;
  approval.actor = std::move(actor);
  approval.at = now;
  approval.leave_out_changed = body.leave_out_changed;
  approval.only = body.only;
  approval.except = body.except;
  SortUnique(approval.only);
  SortUnique(approval.except);
  approval.override_guards = lifts;
  if (lifts) approval.override_reason = body.override_reason;
  approval.choice = plan::ChoiceDigest(approval);
  return approval;
}

// Whether an address that would be written is another account's (rules, 17).
bool Collides(const model::Change& change, const std::multimap<std::string, AccountId>& holders) {
  return std::any_of(
      change.fields.begin(), change.fields.end(), [&](const model::FieldChange& field) {
        if (!model::IsEmailField(field.field)) return false;
        const auto [first, last] = holders.equal_range(EmailKey(field.after));
        return std::any_of(first, last,
                           [&](const auto& one) { return one.second != change.account->id; });
      });
}

bool IsChosen(const model::ApprovePlan& body, const std::set<PersonId>& except,
              const model::PlanItem& item) {
  const auto& only = body.only;
  return (only.empty() || std::find(only.begin(), only.end(), item.change_class) != only.end()) &&
         !except.contains(item.person);
}

}  // namespace

model::PlanItem Engine::ItemOf(const model::Task& task) {
  return {task.person, task.action, task.digest, ChangeClass::kNone, task.undo_of};
}

// Everything that is decided, has something to write, and is not under way.
Result<Engine::Collected> Engine::CollectSync(School& school) {
  Book book(*view_, school);
  Collected collected;
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
      const model::Verdict& verdict = placement->verdict;
      collected.items.push_back({person, verdict.action,
                                 diff::ApprovalDigest(*change, verdict.action),
                                 verdict.change_class, std::nullopt});
    }
    ROSTER_TRY(cursor->status(), "planning");
  }
  collected.in_progress =
      school.head.tally.by_reason[static_cast<std::size_t>(model::Reason::kInProgress)];
  return collected;
}

Result<Engine::Collected> Engine::CollectInvitations(School& school,
                                                     const model::PreparePlan& body) {
  Book book(*view_, school);
  Collected collected;
  const bool named = !body.persons.empty();
  std::vector<PersonId> persons = body.persons;
  if (!named) {
    const store::Range range = store::LinkRange(school.id());
    const auto cursor = view_->Scan(Family::kReview, range.begin, range.end);
    for (; cursor->Valid(); cursor->Next()) {
      ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "planning");
      persons.push_back(person);
    }
    ROSTER_TRY(cursor->status(), "planning");
  }
  SortUnique(persons);
  const model::PlanRules& rules = school.settings->plans;
  const std::size_t most = body.batch > 0 ? body.batch : rules.invite_batch;
  for (const PersonId person : persons) {
    if (collected.items.size() == most) break;
    ROSTER_ASSIGN(const auto change, book.FindChange(person), "planning");
    ROSTER_ASSIGN(const auto held, book.FindHeldTask(person), "planning");
    const auto wanted = [&]() -> Result<bool> {
      if (!change || !plan::IsInvitable(*change)) return false;
      return MayBeInvited(book, *change);
    };
    ROSTER_ASSIGN(const bool invitable, wanted(), "planning");
    if (!invitable) {
      if (!named) continue;
      return Fail(Code::kRefused, "not-invitable",
                  "Person " + std::to_string(person.value()) +
                      " can't be invited: not linked to an active account, deselected, excluded, "
                      "protected, or has logged in already. No plan was made.");
    }
    ROSTER_ASSIGN(const auto link, book.FindLink(person), "planning");
    const auto last = plan::LastInvited(*change, link);
    if (plan::IsRecentlyInvited(last, clock_.Now(), rules)) {
      ++collected.recently_invited;
      if (!named) continue;
      return Fail(Code::kRefused, "recently-invited",
                  "Person " + std::to_string(person.value()) + " was invited on " +
                      FormatTime(*last) + ", and a second invitation waits " +
                      FormatDuration(rules.invite_cooldown) +
                      " (invite.cooldown in the config). No plan was made.");
    }
    if (held && !held->dead) {
      ++collected.in_progress;
      continue;
    }
    collected.items.push_back({person, Action::kInvite,
                               diff::ApprovalDigest(*change, Action::kInvite), ChangeClass::kInvite,
                               std::nullopt});
  }
  return collected;
}

// Neither deselected, excluded nor protected by a decision that counts.
Result<bool> Engine::MayBeInvited(const Book& book, const model::Change& change) {
  ROSTER_ASSIGN(const auto decision, book.FindDecision(change.candidate.person), "");
  if (decision && decision->kind != model::DecisionKind::kSync) return false;
  ROSTER_ASSIGN(const bool excluded, book.IsFamilyExcluded(change), "");
  return !excluded;
}

// Excluded or protected on purpose: the account stays as it is, whatever a plan would do (rules, 11
// and 16). A word of review::TaskSentence; nullopt: it may be written to.
Result<std::optional<std::string>> Engine::WhyUntouchable(const Book& book,
                                                          const model::Change& change) {
  ROSTER_ASSIGN(const auto decision, book.FindDecision(change.candidate.person), "");
  if (decision && decision->kind == model::DecisionKind::kProtect) return {"protected"};
  ROSTER_ASSIGN(const bool family_excluded, book.IsFamilyExcluded(change), "");
  if (family_excluded || (decision && decision->kind == model::DecisionKind::kExclude)) {
    return {"excluded"};
  }
  return {std::nullopt};
}

// An account that fits nobody and is linked to nobody has no row: that one a worker sees.
Result<Engine::Holders> Engine::HoldersBefore(const School& school, PlanId undone) const {
  std::set<std::string> wanted;
  const store::Range done = store::TaskRange(school.id(), undone);
  const auto tasks = view_->Scan(Family::kWork, done.begin, done.end);
  for (; tasks->Valid(); tasks->Next()) {
    ROSTER_ASSIGN(const TaskId id, store::TaskOfKey(tasks->key()), "undoing");
    ROSTER_ASSIGN(const model::Task task, store::DecodeTask(id, tasks->value()), "undoing");
    if (task.state != model::TaskState::kApplied || task.action != Action::kUpdate) continue;
    for (const model::FieldChange& field : task.fields) {
      if (model::IsEmailField(field.field)) wanted.insert(EmailKey(field.before));
    }
  }
  ROSTER_TRY(tasks->status(), "undoing");
  wanted.erase("");
  Holders holders;
  if (wanted.empty()) return holders;  // as a rule, and then no row is read
  const auto take = [&](const std::string& key, const AccountId& account) {
    if (wanted.contains(key)) holders.emplace(key, account);
  };
  const store::Range everybody = store::ChangeRange(school.id());
  const auto rows = view_->Scan(Family::kReview, everybody.begin, everybody.end);
  for (; rows->Valid(); rows->Next()) {
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(rows->key()), "undoing");
    ROSTER_ASSIGN(const model::Change row, store::DecodeChange(person, rows->value()), "undoing");
    for (const model::Fit& fit : row.several) take(EmailKey(fit.user_name), fit.account);
    if (!row.account) continue;
    match::ForEachEmailKey(*row.account,
                           [&](const std::string& key) { take(key, row.account->id); });
  }
  ROSTER_TRY(rows->status(), "undoing");
  return holders;
}

// The inverse of what a plan has done, newest task first.
Result<Engine::Collected> Engine::CollectUndo(School& school, PlanId undone) {
  ROSTER_ASSIGN(const model::Plan* const plan, FindPlan(school, undone), "undoing");
  if (plan == nullptr) {
    return Fail(Code::kNotFound, "unknown-plan",
                PlanName(undone) + " is not there: `rosterctl plan` shows today's.");
  }
  if (plan->state != model::PlanState::kFinished) {
    return Fail(
        Code::kConflict, "plan-not-finished",
        plan->state == model::PlanState::kOpen
            ? PlanName(undone) + " was never approved: there is nothing to undo."
            : PlanName(undone) +
                  " is under way: wait until it has ended, then what it did can be undone.");
  }
  ROSTER_ASSIGN(const Holders holders, HoldersBefore(school, undone), "");
  Book book(*view_, school);
  Collected collected;
  const store::Range range = store::TaskRange(school.id(), undone);
  const auto cursor = view_->Scan(Family::kWork, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const TaskId id, store::TaskOfKey(cursor->key()), "undoing");
    ROSTER_ASSIGN(const model::Task task, store::DecodeTask(id, cursor->value()), "undoing");
    if (task.state != model::TaskState::kApplied) continue;
    ROSTER_ASSIGN(const auto row, book.FindChange(task.person), "undoing");
    plan::Inverse inverse = plan::Invert(task, row ? &*row : nullptr);
    if (inverse.change) {
      ROSTER_ASSIGN(const auto untouchable, WhyUntouchable(book, *row), "undoing");
      if (untouchable) inverse = {std::nullopt, *untouchable};
    }
    if (inverse.change && Collides(*inverse.change, holders)) {
      inverse = {std::nullopt, std::string(model::ReasonWord(model::Reason::kEmailCollision))};
    }
    ROSTER_ASSIGN(const auto held, book.FindHeldTask(task.person), "undoing");
    if (held && !held->dead) inverse = {std::nullopt, "in-progress"};
    if (!inverse.change) {
      ++collected.not_undone_total;
      if (collected.not_undone.size() < kShownMax) {
        collected.not_undone.push_back(
            {id, task.person, inverse.reason, review::TaskSentence(inverse.reason)});
      }
      continue;
    }
    const Action action = inverse.change->action;
    collected.items.push_back({task.person, action, diff::ApprovalDigest(*inverse.change, action),
                               review::ClassOf(*inverse.change, action, model::Reason::kNone), id});
  }
  ROSTER_TRY(cursor->status(), "undoing");
  std::reverse(collected.items.begin(), collected.items.end());
  return collected;
}

std::vector<model::Hold> Engine::HoldsOf(const School& school,
                                         const std::vector<model::PlanItem>& items,
                                         Time now) const {
  plan::ClassCounts counts{};
  for (const model::PlanItem& item : items) {
    ++counts.at(static_cast<std::size_t>(item.change_class));
  }
  std::vector<model::Hold> holds = plan::CheckGuards(counts, school.head.tally.linked_active,
                                                     plan::LimitsAt(school.settings->plans, now));
  for (model::Hold& hold : holds) {
    for (const model::PlanItem& item : items) {
      if (hold.persons.size() == model::kHoldPersonsMax) break;
      if (plan::GuardOf(item.change_class) == hold.guard) hold.persons.push_back(item.person);
    }
  }
  return holds;
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::PreparePlan& body) {
  ROSTER_TRY(CheckPolledSinceRestore(school), "");
  ROSTER_TRY(CheckAccountsNewEnough(school), "");
  ROSTER_ASSIGN(Collected collected,
                body.undo_of       ? CollectUndo(school, *body.undo_of)
                : body.invitations ? CollectInvitations(school, body)
                                   : CollectSync(school),
                "");
  const Time now = clock_.Now();
  const std::vector<model::PlanItem>& items = collected.items;
  const Digest digest = plan::PlanDigest(school.id(), body.invitations, items);
  model::PlanReply reply;
  reply.in_progress = collected.in_progress;
  const auto describe = [&](model::Plan& plan) {
    plan.tally = school.head.tally;
    plan.holds = HoldsOf(school, items, now);
    plan.not_undone = collected.not_undone;
    plan.not_undone_total = collected.not_undone_total;
    plan.recently_invited = collected.recently_invited;
    const model::FourEyes& rules = school.settings->plans.four_eyes;
    plan.two_needed = plan::WhyTwo(rules, {Archives(items), false});
    plan.lifting_needs_two = rules.lifted_guards;
  };
  // The same content is the same plan, as long as nobody has approved it.
  const store::Range range = store::PlanRange(school.id());
  const auto cursor = view_->Scan(Family::kWork, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PlanId id, store::PlanOfKey(cursor->key()), "planning");
    ROSTER_ASSIGN(model::Plan plan, store::DecodePlan(id, cursor->value()), "planning");
    const bool same = plan.state == model::PlanState::kOpen && plan.digest == digest &&
                      plan.undo_of == body.undo_of && now < plan.expires_at;
    if (!same) continue;
    reply.plan = std::move(plan);
    describe(reply.plan);
    return model::ReplyBody(std::move(reply));
  }
  ROSTER_TRY(cursor->status(), "planning");

  model::Plan& plan = reply.plan;
  plan.id = PlanId(++school.head.plans);
  plan.invitations = body.invitations;
  plan.undo_of = body.undo_of;
  plan.digest = digest;
  plan.items = items.size();
  describe(plan);
  CountItems(items, plan);
  plan.prepared_at = now;
  plan.prepared_by = caller.actor;
  plan.expires_at = now + school.settings->plans.plan_ttl;
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
  PutPlan(school, plan);
  Append(school, caller,
         model::PlanPrepared{plan.id, plan.digest, plan.items, plan.invitations, plan.undo_of,
                             KindsOf(plan.holds)});
  return model::ReplyBody(std::move(reply));
}

Result<std::optional<model::Change>> Engine::RowOf(const School& school, const Book& book,
                                                   const model::PlanItem& item) const {
  ROSTER_ASSIGN(auto change, book.FindChange(item.person), "");
  if (!item.undo_of) return {std::move(change)};
  ROSTER_ASSIGN(const auto done, FindTask(school, *item.undo_of), "");
  if (!done) return {std::nullopt};
  return {plan::Invert(*done, change ? &*change : nullptr).change};
}

Result<bool> Engine::Stands(const School& school, const Book& book, const model::PlanItem& item,
                            const std::optional<model::Change>& change) const {
  if (!change) return false;
  if (item.undo_of) {
    ROSTER_ASSIGN(const auto untouchable, WhyUntouchable(book, *change), "");
    if (untouchable || change->action != item.action) return false;
  } else if (item.action == Action::kInvite) {
    ROSTER_ASSIGN(const bool may, MayBeInvited(book, *change), "");
    if (!may || !plan::IsInvitable(*change)) return false;
    // Another plan may have invited them since, which not every site shows.
    ROSTER_ASSIGN(const auto link, book.FindLink(item.person), "");
    const auto last = plan::LastInvited(*change, link);
    if (plan::IsRecentlyInvited(last, clock_.Now(), school.settings->plans)) return false;
  } else {
    ROSTER_ASSIGN(const model::Verdict verdict, book.JudgeFree(*change), "");
    if (verdict.action != item.action) return false;
    // Somebody missing is not somebody who has left, though what is written is the same. A task
    // names no class: it was approved as what it was shown.
    const bool classed = item.change_class != ChangeClass::kNone;
    if (classed && verdict.change_class != item.change_class) return false;
  }
  return diff::ApprovalDigest(*change, item.action) == item.digest;
}

Result<bool> Engine::Holds(const School& school, const Book& book, const model::PlanItem& item,
                           const std::optional<model::Change>& change) const {
  ROSTER_ASSIGN(const auto held, book.FindHeldTask(item.person), "");
  if (held && !held->dead) return false;
  return Stands(school, book, item, change);
}

// Whether the plan is one that can be approved at all.
Result<void> Engine::CheckApprovable(const model::Plan* plan,
                                     const model::ApprovePlan& body) const {
  const std::string name = PlanName(body.plan);
  if (plan == nullptr) {
    return Fail(Code::kNotFound, "unknown-plan",
                name +
                    " is not there: it was never made, or nobody approved it in "
                    "time. `rosterctl plan` shows today's.");
  }
  if (plan->digest != body.digest) {
    return Fail(Code::kConflict, "plan-digest",
                name + " does not hold what was shown. Look at it again.");
  }
  if (plan->state != model::PlanState::kOpen) {
    return Fail(
        Code::kConflict, "plan-approved",
        name + " was approved already, by " + plan->approved_by + ". Nothing more was done.");
  }
  if (plan->expires_at <= clock_.Now()) {
    return Fail(Code::kConflict, "plan-expired",
                name + " expired on " + FormatTime(plan->expires_at) +
                    " (plan_ttl in the config). Nothing was done: `rosterctl plan` shows today's.");
  }
  if (plan->items == 0) {
    return Fail(Code::kInvalid, "plan-empty",
                name + " holds nothing: there is nothing to approve.");
  }
  return {};
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::ApprovePlan& body) {
  ROSTER_ASSIGN(model::Plan* const found, FindPlan(school, body.plan), "approving");
  ROSTER_TRY(CheckApprovable(found, body), "");
  ROSTER_TRY(CheckAccountsNewEnough(school), "");
  Book book(*view_, school);
  ROSTER_ASSIGN(const auto items, PlanItems(school, *found, 0, found->items), "approving");
  const std::set<PersonId> except(body.except.begin(), body.except.end());
  for (const PersonId person : except) {
    const bool there = std::any_of(items.begin(), items.end(), [&](const model::PlanItem& item) {
      return item.person == person;
    });
    if (there) continue;
    return Fail(Code::kInvalid, "not-in-plan",
                "Person " + std::to_string(person.value()) + " is not in " + PlanName(body.plan) +
                    ", so there is nothing to leave out. Nothing was approved.");
  }
  std::vector<model::PlanItem> good;
  std::vector<PersonId> stale;
  std::vector<model::UserRow> shown;
  std::uint64_t not_chosen = 0;
  for (const model::PlanItem& item : items) {
    if (!IsChosen(body, except, item)) {
      ++not_chosen;
      continue;
    }
    ROSTER_ASSIGN(const auto change, RowOf(school, book, item), "approving");
    ROSTER_ASSIGN(const bool holds, Holds(school, book, item, change), "approving");
    if (holds) {
      good.push_back(item);
      continue;
    }
    stale.push_back(item.person);
    ROSTER_ASSIGN(const auto row_now, book.FindChange(item.person), "approving");
    if (shown.size() < kShownMax && row_now) {
      ROSTER_ASSIGN(model::UserRow row, book.Row(*row_now), "approving");
      row.changed = true;
      shown.push_back(std::move(row));
    }
  }
  if (good.empty() && stale.empty()) {
    return Fail(Code::kInvalid, "nothing-chosen",
                PlanName(body.plan) + " holds nothing of what was chosen. Nothing was approved.");
  }
  if (good.empty() || (!stale.empty() && !body.leave_out_changed)) {
    Error error{
        Code::kConflict, "plan-changed",
        std::to_string(stale.size()) + " of the " + std::to_string(good.size() + stale.size()) +
            " changes of this plan are no longer what was shown. Nothing was approved: look "
            "at a new plan" +
            (good.empty() ? "." : ", or approve the rest without them.")};
    return model::ReplyBody(model::Refusal{std::move(error), std::move(shown), stale.size(), {}});
  }
  const Time now = clock_.Now();
  std::vector<model::Hold> holds = HoldsOf(school, good, now);
  if (!holds.empty() && !body.override_guards) {
    Error error{Code::kRefused, "plan-held",
                PlanName(body.plan) +
                    " is held by its guards, and nothing was done. If it is right, approve it "
                    "with --override-guard and --reason: that lifts them for this plan, once. If "
                    "it is not, mend FACTS or the config, and poll again."};
    return model::ReplyBody(model::Refusal{std::move(error), {}, 0, std::move(holds)});
  }

  model::Plan& plan = *found;
  const std::string_view two =
      plan::WhyTwo(school.settings->plans.four_eyes, {Archives(good), !holds.empty()});
  if (two.empty()) {
    plan.first_approval.reset();
  } else {
    ROSTER_ASSIGN(const bool second, IsSecond(school, caller, plan, body, !holds.empty(), two, now),
                  "");
    if (!second) return model::ReplyBody(model::ApproveReply{plan, {}, 0});
  }
  plan.state = model::PlanState::kApproved;
  plan.approved_at = now;
  plan.approved_by = caller.actor;
  plan.left_out = stale.size();
  plan.not_chosen = not_chosen;
  plan.holds = std::move(holds);
  if (!plan.holds.empty()) plan.override_reason = body.override_reason;
  CountItems(good, plan);
  school.plans_changed.insert(plan.id);
  school.head_changed = true;
  AppendApproved(school, caller, plan, std::move(stale));

  std::uint32_t index = 0;
  for (const model::PlanItem& item : good) {
    ROSTER_ASSIGN(const auto change, RowOf(school, book, item), "approving");
    const model::Task task = plan::MakeTask(plan, ++index, item, *change, school.rules());
    ROSTER_TRY(AddTask(school, plan, task, caller, now), "approving");
  }
  return model::ReplyBody(model::ApproveReply{plan, std::move(shown), plan.left_out});
}

// Whether an entry makes its people approvers here.
bool Engine::MakesApprovers(const School& school, const model::Grant& grant) {
  const auto has = [](const auto& all, const auto& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  return has(grant.roles, model::Role::kApprover) &&
         (grant.schools.empty() || has(grant.schools, school.id()));
}

// Who is approving, as the config knows them: by all its entries that name their user or key, for
// whatever role: one name is one person. Groups say nothing of who somebody is.
void Engine::NameApprover(const School& school, model::Approval& approval) const {
  const auto access = access_.Get();
  approval.by_group = true;
  for (const model::Grant& grant : access->grants()) {
    if (!access::NamesActor(grant, approval.actor)) continue;
    if (MakesApprovers(school, grant)) approval.by_group = false;
    if (std::find(approval.names.begin(), approval.names.end(), grant.name) ==
        approval.names.end()) {
      approval.names.push_back(grant.name);
    }
  }
}

// Whether who approved first may still approve: a key that was withdrawn takes its approvals along.
// Whether somebody is still in a group is not known here.
bool Engine::StillApproves(const School& school, const model::Approval& approval) const {
  const auto access = access_.Get();
  return std::any_of(access->grants().begin(), access->grants().end(), [&](const auto& grant) {
    return MakesApprovers(school, grant) && ((approval.by_group && !grant.gids.empty()) ||
                                             access::NamesActor(grant, approval.actor));
  });
}

// Where two have to approve: true for the second, who says the same as somebody else has said
// before. What the first says is kept, and nothing is done.
Result<bool> Engine::IsSecond(School& school, const Caller& caller, model::Plan& plan,
                              const model::ApprovePlan& body, bool lifts, std::string_view why,
                              Time now) {
  model::Approval approval = ApprovalOf(body, lifts, caller.actor, now);
  NameApprover(school, approval);
  const auto& first = plan.first_approval;
  if (first && first->choice == approval.choice && StillApproves(school, *first)) {
    access::Principal approver = caller.who;
    approver.names = approval.names;
    const bool same =
        access::SamePerson(approver, first->actor, "") ||
        std::any_of(first->names.begin(), first->names.end(), [&](const std::string& name) {
          return access::SamePerson(approver, first->actor, name);
        });
    if (!same) return true;
    return Fail(Code::kRefused, "same-person",
                PlanName(plan.id) + " was approved by you already (" + first->actor + ", on " +
                    FormatTime(first->at) +
                    "), and it takes two different people. Nothing was done: it waits for "
                    "another approver.");
  }
  model::ApprovalGiven given{plan.id, plan.digest, approval.choice, std::string(why)};
  if (first) {
    given.replaces = first->seq;
    given.replaced_actor = first->actor;
    // Of the same choice, it was that of somebody who approves no more.
    if (first->choice != approval.choice) {
      approval.replaced_actor = first->actor;
      approval.replaced_at = first->at;
    }
  }
  plan.first_approval = std::move(approval);
  // As it is now: the config may be another one than when it was prepared.
  plan.lifting_needs_two = school.settings->plans.four_eyes.lifted_guards;
  if (why != "lifted-guards") plan.two_needed = why;
  Append(school, caller, std::move(given));
  plan.first_approval->seq = school.head.seq;
  PutPlan(school, plan);
  return false;
}

void Engine::AppendApproved(School& school, const Caller& caller, const model::Plan& plan,
                            std::vector<PersonId> left_out) {
  model::PlanApproved approved;
  approved.plan = plan.id;
  approved.digest = plan.digest;
  const auto count = [&](Action a) { return plan.by_action[static_cast<std::size_t>(a)]; };
  approved.adds = count(Action::kAdd);
  approved.updates = count(Action::kUpdate);
  approved.archives = count(Action::kArchive);
  approved.restores = count(Action::kRestore);
  approved.invites = count(Action::kInvite);
  approved.left_out_total = left_out.size();
  approved.left_out = std::move(left_out);
  approved.left_out.resize(std::min(approved.left_out.size(), model::kEntryPersonsMax));
  approved.not_chosen = plan.not_chosen;
  approved.lifted = KindsOf(plan.holds);
  if (!plan.override_reason.empty()) approved.override_reason = Blake2b(plan.override_reason);
  if (plan.first_approval) approved.first_actor = plan.first_approval->actor;
  Append(school, caller, std::move(approved));
}

}  // namespace roster::engine
