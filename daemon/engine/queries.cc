// Requests that only ask.

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "daemon/diff/diff.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/page_token.h"
#include "daemon/engine/verify.h"
#include "daemon/plan/guards.h"
#include "daemon/review/review.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using store::Family;

constexpr std::size_t kReplayBytesMax = std::size_t{3} << 20U;
constexpr Duration kPollGrace = std::chrono::minutes(30);
// Two nights, and two hours for their making; RosterdBackupOld has the same.
constexpr Duration kBackupDue = std::chrono::hours(50);

// The index ranges that together hold what a filter may show, in the order of the list.
std::vector<store::Range> RangesOf(const SchoolId& school, const model::Filter& filter) {
  if (filter.bucket) return {store::BucketIndexRange(school, *filter.bucket)};
  if (filter.status) return {store::StatusIndexRange(school, *filter.status)};
  return {store::StatusIndexRange(school, model::ListStatus::kNew),
          store::StatusIndexRange(school, model::ListStatus::kSelected),
          store::StatusIndexRange(school, model::ListStatus::kSkipped),
          store::StatusIndexRange(school, model::ListStatus::kError)};
}

// With the sentences, which are not kept; without people's own words where they are not to be seen.
model::Plan Told(model::Plan plan, bool words = true) {
  if (!words) {
    plan.override_reason.clear();
    if (plan.first_approval) plan.first_approval->override_reason.clear();
  }
  for (model::Hold& hold : plan.holds) hold.message = plan::HoldSentence(hold);
  for (model::NotUndone& one : plan.not_undone) one.sentence = review::TaskSentence(one.reason);
  return plan;
}

}  // namespace

Result<Engine::Page> Engine::ListPage(const School& school, const model::Filter& filter,
                                      std::uint32_t size, const std::string& token) const {
  Page page;
  const auto ranges = RangesOf(school.id(), filter);
  std::string from;
  if (!token.empty()) {
    ROSTER_ASSIGN(from, FromHex(token), "");
  }
  Book book(*view_, const_cast<School&>(school));
  std::size_t scanned = 0;
  for (const store::Range& range : ranges) {
    if (!from.empty() && from >= range.end) continue;
    const std::string begin = !from.empty() && from >= range.begin ? After(from) : range.begin;
    const auto cursor = view_->Scan(Family::kReview, begin, range.end);
    for (; cursor->Valid(); cursor->Next()) {
      ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "listing");
      ROSTER_ASSIGN(auto change, book.FindChange(person), "listing");
      ROSTER_ASSIGN(const auto placement, book.FindPlacement(person), "listing");
      if (!change || !placement) {
        return Fail(Code::kCorrupt, "row-missing", "An index names a row that is not there.");
      }
      const bool shown = review::Shows(filter, *change, placement->verdict);
      if (shown) page.changes.push_back(*std::move(change));
      if (page.changes.size() == size || ++scanned == kScannedMax) {
        page.next = ToHex(cursor->key());
        return page;
      }
    }
    ROSTER_TRY(cursor->status(), "listing");
  }
  return page;
}

Result<std::vector<PersonId>> Engine::PersonsShown(const School& school,
                                                   const model::Filter& filter) const {
  std::vector<PersonId> persons;
  std::string token;
  do {
    ROSTER_ASSIGN(const Page page, ListPage(school, filter, kScannedMax, token), "");
    for (const model::Change& change : page.changes) persons.push_back(change.candidate.person);
    token = page.next;
  } while (!token.empty());
  return persons;
}

// Relatives of somebody new who were reviewed earlier, for context (workflow, step 1). Each is
// shown once: with the first new user of any of their families that the list shows. So only a
// family whose first new user this is has any to show.
Result<std::vector<model::UserRow>> Engine::RelativesOf(const Book& book,
                                                        const model::Filter& filter,
                                                        const model::Change& fresh,
                                                        FirstOfFamilies& firsts) const {
  std::set<PersonId> relatives;
  for (const model::FamilyPlace& place : fresh.candidate.families) {
    ROSTER_ASSIGN(const auto first, FirstNewOf(book, filter, place.family, firsts), "");
    if (!first || first->second != fresh.candidate.person) continue;
    ROSTER_ASSIGN(const auto users, book.FindFamilyUsers(place.family), "listing relatives");
    relatives.insert(users.begin(), users.end());
  }
  std::vector<model::UserRow> rows;
  for (const PersonId person : relatives) {
    ROSTER_ASSIGN(const auto change, book.FindChange(person), "listing relatives");
    ROSTER_ASSIGN(const auto placement, book.FindPlacement(person), "listing relatives");
    if (!change || !placement || placement->verdict.status == model::ListStatus::kNew) continue;
    std::optional<PlaceInList> first;
    for (const model::FamilyPlace& place : change->candidate.families) {
      ROSTER_ASSIGN(const auto other, FirstNewOf(book, filter, place.family, firsts), "");
      if (other && (!first || *other < *first)) first = other;
    }
    if (!first || first->second != fresh.candidate.person) continue;
    ROSTER_ASSIGN(model::UserRow row, book.Row(*change), "listing relatives");
    row.context = true;
    rows.push_back(std::move(row));
  }
  return rows;
}

// The first user of a family in the order of the list that the filter shows. Looked for once in a
// request, since a family may be large.
Result<std::optional<Engine::PlaceInList>> Engine::FirstNewOf(const Book& book,
                                                              const model::Filter& filter,
                                                              FamilyId family,
                                                              FirstOfFamilies& firsts) {
  if (const auto known = firsts.find(family); known != firsts.end()) return {known->second};
  std::optional<PlaceInList> first;
  ROSTER_ASSIGN(const auto users, book.FindFamilyUsers(family), "listing relatives");
  for (const PersonId person : users) {
    ROSTER_ASSIGN(const auto placement, book.FindPlacement(person), "listing relatives");
    ROSTER_ASSIGN(const auto change, book.FindChange(person), "listing relatives");
    if (!placement || !change || !review::Shows(filter, *change, placement->verdict)) continue;
    PlaceInList place(placement->sort_name, person);
    if (!first || place < *first) first = std::move(place);
  }
  firsts[family] = first;
  return {first};
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::ListUsers& body) {
  model::UserPage reply;
  ROSTER_ASSIGN(Page page, ListPage(school, body.filter, body.page_size, body.page_token), "");
  const Book book(*view_, school);
  const bool with_relatives =
      body.filter.family_context && body.filter.status == model::ListStatus::kNew;
  FirstOfFamilies firsts;
  for (const model::Change& change : page.changes) {
    ROSTER_ASSIGN(model::UserRow row, book.Row(change), "");
    reply.rows.push_back(std::move(row));
    if (!with_relatives) continue;
    ROSTER_ASSIGN(std::vector<model::UserRow> relatives,
                  RelativesOf(book, body.filter, change, firsts), "");
    std::move(relatives.begin(), relatives.end(), std::back_inserter(reply.rows));
  }
  reply.next_page_token = std::move(page.next);
  reply.tally = school.head.tally;
  return model::ReplyBody(std::move(reply));
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::GetPoll& body) {
  const PollId id = body.poll.value() == 0 ? PollId(school.head.polls) : body.poll;
  if (school.polling && school.polling->id == id) {
    model::Poll poll = *school.polling;
    PollProgress progress = polls_.Progress(school.id());
    poll.phase = std::move(progress.phase);
    poll.done = progress.done;
    poll.total = progress.total;
    return model::ReplyBody(model::PollReply{std::move(poll), false});
  }
  if (school.examine_again && id.value() == school.head.polls + 1) {
    model::Poll waiting;  // for the one under way, which began before the decision
    waiting.id = id;
    waiting.phase = "waiting";
    return model::ReplyBody(model::PollReply{std::move(waiting), false});
  }
  ROSTER_ASSIGN(auto poll, FindPoll(school, id), "");
  if (!poll) {
    return Fail(Code::kNotFound, "unknown-poll",
                "There is no poll " + std::to_string(id.value()) + ", or no longer.");
  }
  return model::ReplyBody(model::PollReply{*std::move(poll), false});
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::GetPlan& body) {
  const PlanId id = body.plan.value() == 0 ? PlanId(school.head.plans) : body.plan;
  ROSTER_ASSIGN(const model::Plan* const plan, FindPlan(school, id), "");
  if (plan == nullptr) {
    return Fail(Code::kNotFound, "unknown-plan",
                "There is no plan " + std::to_string(id.value()) + ", or no longer.");
  }
  return model::ReplyBody(model::PlanReply{Told(*plan), 0});
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::ListPlans& body) {
  model::PlanPage reply;
  std::uint64_t id = school.head.plans;
  if (!body.page_token.empty()) {
    ROSTER_ASSIGN(const PlanId before, ParseToken(body.page_token, store::PlanOfKey), "");
    id = std::min(id, before.value() == 0 ? 0 : before.value() - 1);
  }
  for (; id > 0 && reply.plans.size() < body.page_size; --id) {
    ROSTER_ASSIGN(const auto value,
                  view_->Get(Family::kWork, store::PlanKey(school.id(), PlanId(id))), "");
    if (!value) continue;  // dropped, unapproved
    ROSTER_ASSIGN(model::Plan plan, store::DecodePlan(PlanId(id), *value), "");
    const auto known = school.plans.find(plan.id);
    reply.plans.push_back(Told(known != school.plans.end() ? known->second : std::move(plan)));
  }
  if (id > 0) reply.next_page_token = ToHex(store::PlanKey(school.id(), PlanId(id + 1)));
  return model::ReplyBody(std::move(reply));
}

Result<std::vector<model::PlanItem>> Engine::PlanItems(const School& school,
                                                       const model::Plan& plan, std::uint64_t first,
                                                       std::uint64_t count) const {
  std::vector<model::PlanItem> items;
  const std::uint64_t last = std::min(plan.items, first + count);
  while (first < last) {
    const auto chunk = static_cast<std::uint32_t>(first / store::kPlanChunk);
    ROSTER_ASSIGN(const auto value,
                  view_->Get(Family::kWork, store::PlanItemsKey(school.id(), plan.id, chunk)), "");
    if (!value) return Fail(Code::kCorrupt, "items-missing", "A plan's items are not there.");
    ROSTER_ASSIGN(const auto all, store::DecodePlanItems(*value), "");
    for (std::size_t i = first % store::kPlanChunk; i < all.size() && first < last; ++i, ++first) {
      items.push_back(all[i]);
    }
  }
  return items;
}

// An approved plan shows what was approved, whatever the rows have become since: its tasks hold it.
Result<model::ReplyBody> Engine::ListApproved(School& school, const model::Plan& plan,
                                              const model::ListPlan& body) {
  const store::Range range = store::TaskRange(school.id(), plan.id);
  ROSTER_ASSIGN(const std::string from, TokenKey(body.page_token, range), "");
  const auto cursor =
      view_->Scan(Family::kWork, from.empty() ? range.begin : After(from), range.end);
  const Book book(*view_, school);
  std::set<PersonId> of_class;
  if (body.change_class) {
    ROSTER_ASSIGN(const auto items, PlanItems(school, plan, 0, plan.items), "");
    for (const model::PlanItem& item : items) {
      if (item.change_class == *body.change_class) of_class.insert(item.person);
    }
  }
  model::PlanUserPage reply;
  std::string last;
  for (; cursor->Valid(); cursor->Next()) {
    if (reply.page.rows.size() == body.page_size) {
      reply.page.next_page_token = ToHex(last);
      break;
    }
    ROSTER_ASSIGN(const TaskId id, store::TaskOfKey(cursor->key()), "");
    ROSTER_ASSIGN(const model::Task task, store::DecodeTask(id, cursor->value()), "");
    last = cursor->key();
    if (body.bucket && static_cast<int>(*body.bucket) != static_cast<int>(task.action)) continue;
    if (body.change_class && !of_class.contains(task.person)) continue;
    ROSTER_ASSIGN(auto change, book.FindChange(task.person), "");
    if (!change) {
      change.emplace();
      change->candidate.person = task.person;
    }
    ROSTER_ASSIGN(model::UserRow row, book.Row(*change), "");
    row.change.fields = task.fields;
    row.change.action = task.action;
    row.verdict.action = task.action;
    if (task.action != model::Action::kInvite) {
      row.verdict.bucket = static_cast<model::Bucket>(task.action);
    }
    row.verdict.reason = model::Reason::kNone;
    row.sentence =
        "Task " + ToString(task.id) + " is " + std::string(TaskStateWord(task.state)) + ".";
    if (!task.reason.empty()) row.sentence += " " + review::TaskSentence(task.reason);
    reply.page.rows.push_back(std::move(row));
  }
  ROSTER_TRY(cursor->status(), "");
  reply.page.tally = school.head.tally;
  return model::ReplyBody(std::move(reply));
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller& caller,
                                    const model::ListPlan& body) {
  ROSTER_ASSIGN(const model::Plan* const plan, FindPlan(school, body.plan), "");
  if (plan == nullptr) {
    return Fail(Code::kNotFound, "unknown-plan", "There is no such plan, or no longer.");
  }
  if (body.bucket == model::Bucket::kSkip || body.bucket == model::Bucket::kUnchanged) {
    model::ListUsers today;
    today.filter.bucket = body.bucket;
    today.page_size = body.page_size;
    today.page_token = body.page_token;
    ROSTER_ASSIGN(model::ReplyBody page, Do(school, caller, today), "");
    return model::ReplyBody(model::PlanUserPage{std::get<model::UserPage>(std::move(page))});
  }
  if (plan->state != model::PlanState::kOpen) return ListApproved(school, *plan, body);
  std::uint64_t at = 0;
  if (!body.page_token.empty()) {
    ROSTER_ASSIGN(const TaskId place, ParseToken(body.page_token, store::TaskOfKey), "");
    at = place.index;
  }
  Book book(*view_, school);
  model::PlanUserPage reply;
  const auto wanted = body.bucket;
  std::size_t scanned = 0;
  while (at < plan->items && reply.page.rows.size() < body.page_size && scanned < kScannedMax) {
    ROSTER_ASSIGN(const auto items, PlanItems(school, *plan, at, body.page_size), "");
    for (const model::PlanItem& item : items) {
      ++at;
      ++scanned;
      if (wanted && static_cast<int>(*wanted) != static_cast<int>(item.action)) continue;
      if (body.change_class && *body.change_class != item.change_class) continue;
      ROSTER_ASSIGN(const auto change, RowOf(school, book, item), "");
      // An undo that no longer holds is shown by the person's row of today.
      auto shown = change;
      if (!shown) {
        ROSTER_ASSIGN(shown, book.FindChange(item.person), "");
      }
      model::Change gone;  // from the lists, since the plan was made
      gone.candidate.person = item.person;
      ROSTER_ASSIGN(model::UserRow row, book.Row(shown.value_or(gone)), "");
      ROSTER_ASSIGN(const bool holds, Holds(school, book, item, change), "");
      row.changed = plan->state == model::PlanState::kOpen && !holds;
      row.verdict.action = item.action;  // of the plan, whatever today says
      row.verdict.change_class = item.change_class;
      if (item.undo_of) row.sentence = "Takes back task " + ToString(*item.undo_of) + ".";
      reply.page.rows.push_back(std::move(row));
      if (reply.page.rows.size() == body.page_size) break;
    }
  }
  if (at < plan->items) {
    reply.page.next_page_token =
        ToHex(store::TaskKey(school.id(), {plan->id, static_cast<std::uint32_t>(at)}));
  }
  reply.page.tally = school.head.tally;
  return model::ReplyBody(std::move(reply));
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::ListTasks& body) {
  store::Range range =
      body.plan ? store::TaskRange(school.id(), *body.plan) : store::TaskRange(school.id());
  // Dead ones have an index of their own, since they are looked for among many.
  const bool dead = body.state == model::TaskState::kDead && !body.plan;
  if (dead) range = store::DeadTaskRange(school.id());
  ROSTER_ASSIGN(const std::string from, TokenKey(body.page_token, range), "");
  const auto cursor =
      view_->Scan(Family::kWork, from.empty() ? range.begin : After(from), range.end);
  Book book(*view_, school);
  model::TaskPage reply;
  std::size_t scanned = 0;
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const TaskId id, store::TaskOfKey(cursor->key()), "");
    ROSTER_ASSIGN(auto task, FindTask(school, id), "");
    if (task && (!body.state || task->state == *body.state) &&
        (!body.action || task->action == *body.action)) {
      model::TaskRow row;
      ROSTER_ASSIGN(const auto change, book.FindChange(task->person), "");
      if (change) {
        row.first_name = change->candidate.first_name;
        row.last_name = change->candidate.last_name;
      }
      row.sentence = task->resting ? review::RestingSentence(task->id, task->action, task->reason)
                                   : review::TaskSentence(task->reason);
      row.task = *std::move(task);
      reply.rows.push_back(std::move(row));
    }
    if (reply.rows.size() == body.page_size || ++scanned == kScannedMax) {
      reply.next_page_token = ToHex(cursor->key());
      break;
    }
  }
  ROSTER_TRY(cursor->status(), "");
  reply.counts = school.head.tasks;
  return model::ReplyBody(std::move(reply));
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::Replay& body) {
  model::ReplayReply reply;
  reply.head = school.head.seq;
  const store::Range range =
      store::EntryRange(school.id(), Seq(body.since.value() + 1), Seq(school.head.seq.value() + 1));
  const auto cursor = view_->Scan(Family::kJournal, range.begin, range.end);
  std::size_t bytes = 0;
  for (; cursor->Valid() && reply.entries.size() < body.limit && bytes < kReplayBytesMax;
       cursor->Next()) {
    bytes += cursor->value().size();
    reply.entries.emplace_back(cursor->value());
    if (!body.numbered) continue;
    ROSTER_ASSIGN(const Seq number, store::SeqOfKey(cursor->key()), "");
    reply.numbers.push_back(number);
  }
  if (body.numbered) reply.head_hash = school.head.hash;
  ROSTER_TRY(cursor->status(), "");
  return model::ReplyBody(std::move(reply));
}

Result<model::ReplyBody> Engine::Do(School& school, const Caller&, const model::VerifyState& body) {
  const VerifyScope scope{*view_, school.id(), school.head.seq, school.head.plans, school.plans};
  ROSTER_ASSIGN(model::VerifyReply reply, VerifySlice(scope, body.page_token), "");
  return model::ReplyBody(std::move(reply));
}

Result<model::Status> Engine::GetStatus(const School* only, const Caller& caller) {
  model::Status status;
  status.daemon_version = settings_.version;
  status.now = clock_.Now();
  status.started = started_;
  status.events_endpoint = settings_.events_endpoint;
  status.tasks_endpoint = settings_.tasks_endpoint;
  status.limits = limits_.All();
  status.connections = bus_.counters().connections;
  status.disk_problem = disk_problem_.empty() ? disk_slow_ : disk_problem_;
  const std::vector<School*> own = SchoolsOf(caller.who, access::kAnyRole);
  // The text may be about any school.
  if (!config_problem_.empty()) {
    status.config_problem = OperatesAll(caller)
                                ? config_problem_
                                : "The config file was not taken when it was read again. "
                                  "Operators see why.";
  }
  status.backup = BackupStatusFor(caller);
  ROSTER_ASSIGN(status.backup.overdue, IsBackupOverdue(status.now), "");
  for (School* const school : own) {
    if (only != nullptr && only != school) continue;
    const bool words = caller.who.In(school->id()).HasAnyOf(access::kMaySee);
    ROSTER_ASSIGN(model::SchoolStatus one, StatusOf(*school, words), "");
    one.roles = caller.who.In(school->id()).List();
    status.schools.push_back(std::move(one));
  }
  for (const auto& [name, worker] : workers_) {
    if (worker.seen + settings_.worker_away < status.now) continue;
    const access::Principal& who = worker.who;
    const bool ours = std::any_of(own.begin(), own.end(), [&who](const School* school) {
      return who.In(school->id()).HasAnyOf(access::kMayWork);
    });
    if (!ours) continue;
    std::uint64_t leased = 0;
    for (const School* const school : own) leased += school->queue.HeldBy(name);
    status.workers.push_back({name, worker.seen, leased});
  }
  return status;
}

// What began within that time has no backup to miss yet.
Result<bool> Engine::IsBackupOverdue(Time now) {
  const Time since = now - kBackupDue;
  if (backups_ == nullptr) return false;
  if (const auto good = NewestGoodBackup(); good && good->at >= since) return false;
  if (first_entry_) return *first_entry_ < since;
  for (const School& school : schools_) {
    ROSTER_ASSIGN(const auto value,
                  view_->Get(Family::kJournal, store::EntryKey(school.id(), Seq(1))), "");
    if (!value) continue;
    const auto entry = store::DecodeEntry(*value);
    if (!entry) continue;  // `journal verify` says so
    first_entry_ = std::min(first_entry_.value_or(entry->at), entry->at);
  }
  return first_entry_ && *first_entry_ < since;
}

Result<std::optional<model::Poll>> Engine::FindPoll(const School& school, PollId id) const {
  ROSTER_ASSIGN(const auto value, view_->Get(Family::kWork, store::PollKey(school.id(), id)), "");
  if (!value) return {std::nullopt};
  ROSTER_ASSIGN(model::Poll poll, store::DecodePoll(id, *value), "");
  return {std::move(poll)};
}

Result<model::SchoolStatus> Engine::StatusOf(School& school, bool words) {
  const model::SchoolHead& head = school.head;
  model::SchoolStatus status;
  status.school = school.id();
  status.name = school.settings->name;
  status.accounts = school.rules().accounts;
  status.tally = head.tally;
  status.polling = school.polling.has_value();
  if (school.polling) {
    const PollProgress progress = polls_.Progress(school.id());
    status.poll_phase = progress.phase.empty() ? "starting" : progress.phase;
    if (progress.total > 0) {
      status.poll_phase +=
          ": " + std::to_string(progress.done) + " of " + std::to_string(progress.total);
    }
  }
  if (head.source_stopped.empty()) status.next_poll = head.next_poll;
  status.source_problem = head.source_problem;
  status.site_problem = head.site_problem;
  if (status.site_problem.empty() && school.IsSiteFailing()) {
    const Time next = std::max(school.site_paused_until, school.queue.NextReady().value_or(Time{}));
    const Duration wait = next - clock_.Now();
    status.site_problem =
        review::TaskSentence(school.site_failures > 0 ? school.site_reason : head.site_stopped) +
        " The next try is in " + FormatDuration(std::max(wait, Duration(1))) +
        "; `rosterctl retry --all` tries at once.";
  }
  status.tasks = head.tasks;
  status.workers_away = head.workers_away && head.tasks.waiting() > 0;
  status.head = head.seq;
  status.unknown_words = head.unknown_words;
  status.holds = PendingHolds(school, clock_.Now());
  status.rollover = plan::LimitsAt(school.settings->plans, clock_.Now()).rollover;
  const std::uint64_t last = head.polls - (school.polling ? 1 : 0);
  ROSTER_ASSIGN(status.last_poll, FindPoll(school, PollId(last)), "");
  ROSTER_ASSIGN(status.last_good_poll, FindPoll(school, head.last_good_poll), "");
  // A poll that hangs is under way, and rejects nothing.
  const Time used = status.last_good_poll ? status.last_good_poll->ended : started_;
  status.poll_overdue = clock_.Now() - used > 2 * school.settings->poll_every + kPollGrace;
  status.acknowledged = head.acknowledged;
  status.import_directory = school.settings->import_directory;
  status.export_wanted = WhyStale(head, head.accounts_as_of).has_value();
  const CurrentPlans& plans = school.current_plans;
  ROSTER_ASSIGN(auto approved, ReadPlans(school, plans.ShownApproved()), "");
  for (model::Plan& plan : approved) status.plans.push_back(Told(std::move(plan), words));
  ROSTER_ASSIGN(auto waiting, ReadPlans(school, plans.ShownWaiting(clock_.Now())), "");
  for (model::Plan& plan : waiting) status.waiting.push_back(Told(std::move(plan), words));
  return status;
}

Result<std::vector<model::Plan>> Engine::ReadPlans(const School& school,
                                                   const std::vector<PlanId>& ids) const {
  std::vector<model::Plan> plans;
  for (const PlanId id : ids) {
    ROSTER_ASSIGN(const auto value, view_->Get(Family::kWork, store::PlanKey(school.id(), id)), "");
    if (!value) {
      return Fail(Code::kCorrupt, "plan-missing",
                  "Plan " + std::to_string(id.value()) + " is not there, and was.");
    }
    ROSTER_ASSIGN(model::Plan plan, store::DecodePlan(id, *value), "");
    plans.push_back(std::move(plan));
  }
  return {std::move(plans)};
}

}  // namespace roster::engine
