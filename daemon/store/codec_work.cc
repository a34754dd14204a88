// What stands in the family `work`, and the value of an account's key.

#include "daemon/store/codec.h"
#include "daemon/store/codec_values.h"

namespace roster::store {
namespace {

constexpr std::size_t kDigestBytes = 32;

void AppendBigEndian(std::string& bytes, std::uint64_t number, std::size_t width) {
  for (std::size_t i = width; i > 0; --i) {
    bytes += static_cast<char>((number >> ((i - 1) * 8U)) & 0xffU);
  }
}

std::uint64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = (number << 8U) | static_cast<unsigned char>(byte);
  return number;
}

constexpr std::uint64_t kSign = std::uint64_t{1} << 63U;

// The longest list of a plan's tasks that are not undone (model::Plan::not_undone).
constexpr std::size_t kNotUndoneMax = 100;
// Plans of versions before they expired.
constexpr Duration kOldPlanTtl = std::chrono::days(14);

void Put(const std::vector<model::NotUndone>& tasks,
         google::protobuf::RepeatedPtrField<disk::NotUndone>& out) {
  for (const model::NotUndone& task : tasks) {
    disk::NotUndone& one = *out.Add();
    one.set_plan(task.task.plan.value());
    one.set_index(task.task.index);
    one.set_person(task.person.value());
    one.set_reason(task.reason);
  }
}

std::vector<model::NotUndone> GetNotUndone(
    const google::protobuf::RepeatedPtrField<disk::NotUndone>& in, Sound& sound) {
  sound.Require(static_cast<std::size_t>(in.size()) <= kNotUndoneMax);
  std::vector<model::NotUndone> tasks;
  for (const disk::NotUndone& one : in) {
    tasks.push_back({{PlanId(one.plan()), one.index()}, PersonId(one.person()), one.reason()});
  }
  return tasks;
}

void Put(const model::Hold& hold, disk::Hold& out) {
  out.set_guard(Number(hold.guard));
  out.set_count(hold.count);
  out.set_population(hold.population);
  if (hold.limit.max_count) out.set_max_count(*hold.limit.max_count);
  if (hold.limit.max_share) out.set_max_share(*hold.limit.max_share);
  out.set_min_population(hold.limit.min_population);
  out.set_rollover(hold.rollover);
  PutIds(hold.persons, *out.mutable_persons());
}

model::Hold Get(const disk::Hold& in, Sound& sound) {
  model::Hold hold;
  hold.guard = sound.Between(in.guard(), model::GuardKind::kAdd, model::GuardKind::kMissing);
  hold.count = in.count();
  hold.population = in.population();
  if (in.has_max_count()) hold.limit.max_count = in.max_count();
  if (in.has_max_share()) {
    sound.Require(in.max_share() >= 0 && in.max_share() <= 1);
    hold.limit.max_share = in.max_share();
  }
  hold.limit.min_population = in.min_population();
  hold.rollover = in.rollover();
  hold.persons = GetIds<PersonId>(in.persons());
  sound.Require(hold.persons.size() <= model::kHoldPersonsMax);
  return hold;
}

model::Approval Get(const disk::Approval& in, Sound& sound) {
  model::Approval approval;
  approval.actor = in.actor();
  approval.names.assign(in.names().begin(), in.names().end());
  approval.by_group = in.by_group();
  approval.at = sound.TimeOf(in.at_us());
  approval.seq = Seq(in.seq());
  approval.choice = sound.DigestOf(in.choice());
  approval.leave_out_changed = in.leave_out_changed();
  for (const std::uint32_t one : in.only()) {
    approval.only.push_back(
        sound.Between(one, model::ChangeClass::kAdd, model::ChangeClass::kInvite));
  }
  approval.except = GetIds<PersonId>(in.except());
  approval.override_guards = in.override_guards();
  approval.override_reason = in.override_reason();
  approval.replaced_actor = in.replaced_actor();
  if (in.replaced_at_us() != 0) approval.replaced_at = sound.TimeOf(in.replaced_at_us());
  return approval;
}

Time GetExpiry(const disk::Plan& in, Sound& sound) {
  if (in.expires_us() != 0) return sound.TimeOf(in.expires_us());
  return sound.TimeOf(Micros(sound.TimeOf(in.prepared_us()) + kOldPlanTtl));
}

model::ChangeClass ClassOf(model::Action action) {
  switch (action) {
    case model::Action::kAdd:
      return model::ChangeClass::kAdd;
    case model::Action::kUpdate:
      return model::ChangeClass::kUpdate;
    case model::Action::kArchive:
      return model::ChangeClass::kArchive;
    case model::Action::kRestore:
      return model::ChangeClass::kRestore;
    case model::Action::kInvite:
      return model::ChangeClass::kInvite;
    case model::Action::kNone:
      break;
  }
  return model::ChangeClass::kNone;
}

}  // namespace

std::string EncodePerson(PersonId person) {
  std::string value;
  AppendBigEndian(value, static_cast<std::uint64_t>(person.value()) ^ kSign, 8);
  return value;
}

Result<PersonId> DecodePerson(std::string_view value) {
  Sound sound("an account's owner");
  sound.Require(value.size() == 8);
  return sound.Finish(PersonId(static_cast<std::int64_t>(ReadBigEndian(value) ^ kSign)));
}

std::string EncodePoll(const model::Poll& poll) {
  disk::Poll out;
  out.set_state(Number(poll.state));
  out.set_started_us(Micros(poll.started));
  out.set_ended_us(Micros(poll.ended));
  out.set_reason(poll.reason);
  out.set_message(poll.message);
  out.set_people(poll.people);
  out.set_students(poll.students);
  out.set_accounts(poll.accounts);
  out.set_requests(poll.requests);
  out.set_bytes(poll.bytes);
  out.set_rows_changed(poll.rows_changed);
  out.set_rows_rejected(poll.rows_rejected);
  for (const model::RejectedRow& row : poll.rejected) {
    disk::RejectedRow& one = *out.add_rejected();
    one.set_resource(row.resource);
    one.set_row(row.row);
    if (row.id) one.set_id(*row.id);
    one.set_reason(row.reason);
    one.set_field(row.field);
  }
  out.set_unowned_accounts(poll.unowned_accounts);
  out.set_families(poll.families);
  out.set_reused(poll.reused);
  Put(poll.notices, *out.mutable_notices());
  return Serialize(out);
}

Result<model::Poll> DecodePoll(PollId id, std::string_view value) {
  Sound sound("a poll");
  disk::Poll in;
  sound.Parse(value, in);
  model::Poll poll;
  poll.id = id;
  poll.state = sound.Between(in.state(), model::PollState::kRunning, model::PollState::kRejected);
  poll.started = sound.TimeOf(in.started_us());
  poll.ended = sound.TimeOf(in.ended_us());
  poll.reason = in.reason();
  poll.message = in.message();
  poll.people = in.people();
  poll.students = in.students();
  poll.accounts = in.accounts();
  poll.requests = in.requests();
  poll.bytes = in.bytes();
  poll.rows_changed = in.rows_changed();
  poll.rows_rejected = in.rows_rejected();
  for (const disk::RejectedRow& one : in.rejected()) {
    model::RejectedRow& row = poll.rejected.emplace_back();
    row.resource = one.resource();
    row.row = one.row();
    if (one.has_id()) row.id = one.id();
    row.reason = one.reason();
    row.field = one.field();
  }
  poll.unowned_accounts = in.unowned_accounts();
  poll.families = in.families();
  poll.reused = in.reused();
  poll.notices = GetWordCounts(in.notices());
  return sound.Finish(std::move(poll));
}

std::string EncodePlan(const model::Plan& plan) {
  disk::Plan out;
  out.set_invitations(plan.invitations);
  out.set_state(Number(plan.state));
  out.set_digest(std::string(plan.digest.view()));
  out.set_items(plan.items);
  Put(plan.tally, *out.mutable_tally());
  PutArray(plan.by_action, *out.mutable_by_action());
  out.set_prepared_us(Micros(plan.prepared_at));
  out.set_prepared_by(plan.prepared_by);
  if (plan.approved_at) out.set_approved_us(Micros(*plan.approved_at));
  out.set_approved_by(plan.approved_by);
  out.set_left_out(plan.left_out);
  PutCounts(plan.tasks, *out.mutable_tasks());
  if (plan.finished_at) out.set_finished_us(Micros(*plan.finished_at));
  PutArray(plan.by_class, *out.mutable_by_class());
  if (plan.undo_of) out.set_undo_of(plan.undo_of->value());
  Put(plan.not_undone, *out.mutable_not_undone());
  out.set_not_undone_total(plan.not_undone_total);
  out.set_expires_us(Micros(plan.expires_at));
  for (const model::Hold& hold : plan.holds) Put(hold, *out.add_holds());
  out.set_override_reason(plan.override_reason);
  out.set_not_chosen(plan.not_chosen);
  out.set_recently_invited(plan.recently_invited);
  if (plan.first_approval) {
    disk::Approval& first = *out.mutable_first_approval();
    first.set_actor(plan.first_approval->actor);
    for (const std::string& name : plan.first_approval->names) first.add_names(name);
    first.set_by_group(plan.first_approval->by_group);
    first.set_at_us(Micros(plan.first_approval->at));
    first.set_seq(plan.first_approval->seq.value());
    first.set_choice(std::string(plan.first_approval->choice.view()));
    first.set_leave_out_changed(plan.first_approval->leave_out_changed);
    for (const auto one : plan.first_approval->only) first.add_only(Number(one));
    PutIds(plan.first_approval->except, *first.mutable_except());
    first.set_override_guards(plan.first_approval->override_guards);
    first.set_override_reason(plan.first_approval->override_reason);
    first.set_replaced_actor(plan.first_approval->replaced_actor);
    if (plan.first_approval->replaced_at) {
      first.set_replaced_at_us(Micros(*plan.first_approval->replaced_at));
    }
  }
  out.set_two_needed(plan.two_needed);
  out.set_lifting_needs_two(plan.lifting_needs_two);
  return Serialize(out);
}

Result<model::Plan> DecodePlan(PlanId id, std::string_view value) {
  Sound sound("a plan");
  disk::Plan in;
  sound.Parse(value, in);
  model::Plan plan;
  plan.id = id;
  plan.invitations = in.invitations();
  plan.state = sound.Between(in.state(), model::PlanState::kOpen, model::PlanState::kFinished);
  plan.digest = sound.DigestOf(in.digest());
  plan.items = in.items();
  plan.tally = GetTally(in.tally(), sound);
  GetArray(in.by_action(), plan.by_action, sound);
  plan.prepared_at = sound.TimeOf(in.prepared_us());
  plan.prepared_by = in.prepared_by();
  if (in.has_approved_us()) plan.approved_at = sound.TimeOf(in.approved_us());
  plan.approved_by = in.approved_by();
  plan.left_out = in.left_out();
  plan.tasks = GetCounts(in.tasks());
  if (in.has_finished_us()) plan.finished_at = sound.TimeOf(in.finished_us());
  GetArray(in.by_class(), plan.by_class, sound);
  if (in.has_undo_of()) plan.undo_of = PlanId(in.undo_of());
  plan.not_undone = GetNotUndone(in.not_undone(), sound);
  plan.not_undone_total = in.not_undone_total();
  plan.expires_at = GetExpiry(in, sound);
  for (const disk::Hold& hold : in.holds()) plan.holds.push_back(Get(hold, sound));
  plan.override_reason = in.override_reason();
  plan.not_chosen = in.not_chosen();
  plan.recently_invited = in.recently_invited();
  if (in.has_first_approval()) plan.first_approval = Get(in.first_approval(), sound);
  plan.two_needed = in.two_needed();
  plan.lifting_needs_two = in.lifting_needs_two();
  return sound.Finish(std::move(plan));
}

std::string EncodePlanItems(const std::vector<model::PlanItem>& items) {
  disk::PlanItems out;
  out.mutable_digests()->reserve(items.size() * kDigestBytes);
  const bool undo = std::any_of(items.begin(), items.end(),
                                [](const model::PlanItem& item) { return item.undo_of; });
  for (const model::PlanItem& item : items) {
    out.add_persons(item.person.value());
    out.add_actions(Number(item.action));
    out.mutable_digests()->append(item.digest.view());
    out.add_classes(Number(item.change_class));
    if (!undo) continue;
    const TaskId task = item.undo_of.value_or(TaskId{});
    out.add_undo_plans(task.plan.value());
    out.add_undo_indexes(task.index);
  }
  return Serialize(out);
}

Result<std::vector<model::PlanItem>> DecodePlanItems(std::string_view value) {
  Sound sound("a plan's items");
  disk::PlanItems in;
  sound.Parse(value, in);
  const int count = in.persons_size();
  const auto beside = [&](int size) { return size == count; };
  const auto beside_or_none = [&](int size) { return size == count || size == 0; };
  const auto size = static_cast<std::size_t>(count);
  const bool even = size <= kPlanChunk && beside(in.actions_size()) &&
                    in.digests().size() == size * kDigestBytes &&
                    beside_or_none(in.classes_size()) && beside_or_none(in.undo_plans_size()) &&
                    in.undo_indexes_size() == in.undo_plans_size();
  sound.Require(even);
  std::vector<model::PlanItem> items;
  for (int i = 0; even && i < count; ++i) {
    model::PlanItem& item = items.emplace_back();
    item.person = PersonId(in.persons(i));
    item.action = sound.Between(in.actions(i), model::Action::kAdd, model::Action::kInvite);
    item.digest =
        sound.DigestOf(std::string_view(in.digests())
                           .substr(static_cast<std::size_t>(i) * kDigestBytes, kDigestBytes));
    item.change_class =
        in.classes_size() == 0
            ? ClassOf(item.action)
            : sound.Between(in.classes(i), model::ChangeClass::kNone, model::ChangeClass::kInvite);
    if (in.undo_plans_size() != 0 && in.undo_plans(i) != 0) {
      item.undo_of = TaskId{PlanId(in.undo_plans(i)), in.undo_indexes(i)};
    }
  }
  return sound.Finish(std::move(items));
}

std::string EncodeTask(const model::Task& task) {
  disk::Task out;
  out.set_person(task.person.value());
  out.set_action(Number(task.action));
  out.set_digest(std::string(task.digest.view()));
  out.set_external_id(task.external_id);
  out.set_account(task.account.value());
  Put(task.fields, *out.mutable_fields());
  out.set_was_active(task.was_active);
  out.set_link_only(task.link_only);
  if (task.invited_before) out.set_invited_before_us(Micros(*task.invited_before));
  out.set_look_only(task.look_only);
  out.set_state(Number(task.state));
  out.set_attempt(task.attempt);
  out.set_failures(task.failures);
  out.set_not_before_us(Micros(task.not_before));
  if (task.lease_until) out.set_lease_until_us(Micros(*task.lease_until));
  out.set_worker(task.worker);
  out.set_reason(task.reason);
  if (task.ended_at) out.set_ended_us(Micros(*task.ended_at));
  if (task.undo_of) {
    out.set_undo_plan(task.undo_of->plan.value());
    out.set_undo_index(task.undo_of->index);
  }
  out.set_doubt(task.doubt);
  out.set_resting(task.resting);
  out.set_forgotten(task.forgotten);
  if (task.fitted_by) {
    disk::FittedBy& fitted_by = *out.mutable_fitted_by();
    fitted_by.set_user_name(task.fitted_by->user_name);
    fitted_by.set_email(task.fitted_by->email);
    fitted_by.set_other_email(task.fitted_by->other_email);
  }
  out.set_site_failures(task.site_failures);
  out.set_served_then(task.served_then);
  return Serialize(out);
}

Result<model::Task> DecodeTask(TaskId id, std::string_view value) {
  Sound sound("a task");
  disk::Task in;
  sound.Parse(value, in);
  model::Task task;
  task.id = id;
  task.person = PersonId(in.person());
  task.action = sound.Between(in.action(), model::Action::kAdd, model::Action::kInvite);
  task.digest = sound.DigestOf(in.digest());
  task.external_id = in.external_id();
  task.account = AccountId(in.account());
  task.fields = GetFieldChanges(in.fields(), sound);
  task.was_active = in.was_active();
  task.link_only = in.link_only();
  if (in.has_invited_before_us()) task.invited_before = sound.TimeOf(in.invited_before_us());
  task.look_only = in.look_only();
  task.state = sound.Between(in.state(), model::TaskState::kQueued, model::TaskState::kSuperseded);
  task.attempt = in.attempt();
  task.failures = in.failures();
  task.not_before = sound.TimeOf(in.not_before_us());
  if (in.has_lease_until_us()) task.lease_until = sound.TimeOf(in.lease_until_us());
  task.worker = in.worker();
  task.reason = in.reason();
  if (in.has_ended_us()) task.ended_at = sound.TimeOf(in.ended_us());
  if (in.has_undo_plan()) task.undo_of = TaskId{PlanId(in.undo_plan()), in.undo_index()};
  task.doubt = in.doubt();
  task.resting = in.resting();
  task.forgotten = in.forgotten();
  if (in.has_fitted_by()) {
    const disk::FittedBy& by = in.fitted_by();
    task.fitted_by = model::FittedBy{by.user_name(), by.email(), by.other_email()};
  }
  task.site_failures = in.site_failures();
  task.served_then = in.served_then();
  return sound.Finish(std::move(task));
}

std::string EncodeHeldTask(const TaskId& task, bool dead) {
  std::string value;
  AppendBigEndian(value, task.plan.value(), 8);
  AppendBigEndian(value, task.index, 4);
  value += dead ? '\1' : '\0';
  return value;
}

Result<std::pair<TaskId, bool>> DecodeHeldTask(std::string_view value) {
  Sound sound("a person's task");
  const bool whole = value.size() == 13;
  sound.Require(whole && (value[12] == '\0' || value[12] == '\1'));
  std::pair<TaskId, bool> held;
  if (whole) {
    held = {TaskId{PlanId(ReadBigEndian(value.substr(0, 8))),
                   static_cast<std::uint32_t>(ReadBigEndian(value.substr(8, 4)))},
            value[12] == '\1'};
  }
  return sound.Finish(held);
}

}  // namespace roster::store
