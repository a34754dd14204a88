#include "daemon/bus/wire_values.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>

namespace roster::bus {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kYear = 366LL * 24 * 3600;
// 0001-01-01 to 9999-12-31, what a Timestamp may say.
constexpr std::int64_t kSecondsMin = -62'135'596'800;
constexpr std::int64_t kSecondsMax = 253'402'300'799;
constexpr std::int32_t kNanos = 1'000'000'000;

void PutCount(std::string_view word, std::uint64_t count,
              google::protobuf::RepeatedPtrField<wire::Count>& out) {
  wire::Count& one = *out.Add();
  one.set_reason(std::string(word));
  one.set_count(count);
}

// Rows without a class change nothing.
void PutClasses(const model::Tally& tally, wire::Counters& out) {
  for (std::size_t i = 1; i < model::kChangeClasses; ++i) {
    if (tally.by_class[i] == 0) continue;
    PutCount(model::ChangeClassWord(static_cast<model::ChangeClass>(i)), tally.by_class[i],
             *out.mutable_by_class());
  }
}

void PutNotUndone(const model::Plan& plan, wire::Plan& out) {
  for (const model::NotUndone& left : plan.not_undone) {
    wire::NotUndone& one = *out.add_not_undone();
    one.set_plan(left.task.plan.value());
    one.set_index(left.task.index);
    one.set_person(left.person.value());
    one.set_reason(left.reason);
    one.set_sentence(left.sentence);
  }
  out.set_not_undone_total(plan.not_undone_total);
}

void PutFamily(const model::Candidate& candidate, wire::UserRow& out) {
  for (const model::FamilyPlace& place : candidate.families) {
    wire::FamilyPlace& one = *out.add_families();
    one.set_family(place.family.value());
    one.set_listed_first(place.listed_first);
  }
  out.set_family_name(candidate.family_name);
  for (const model::Child& child : candidate.children) {
    wire::Child& one = *out.add_children();
    one.set_person(child.person.value());
    one.set_household(child.household);
    one.set_link(child.tie);
    one.set_blocked(child.blocked);
    one.set_eligible(child.eligible);
  }
  out.set_mismatch(std::string(model::MismatchWord(candidate.mismatch)));
}

// Who and what stands in this person's way.
void PutRivals(const model::Change& change, wire::UserRow& out) {
  for (const model::Fit& fit : change.several) {
    wire::Fit& one = *out.add_fits();
    one.set_account(fit.account.value());
    one.set_active(fit.active);
    one.set_user_name(fit.user_name);
    one.set_name(fit.name);
    one.set_carries_id(fit.carries_id);
  }
  const auto& persons = change.duplicates;
  for (const PersonId person : persons) out.add_duplicates(person.value());
  if (change.taken_by &&
      std::find(persons.begin(), persons.end(), *change.taken_by) == persons.end()) {
    out.add_duplicates(change.taken_by->value());
  }
}

}  // namespace

std::string Serialize(const google::protobuf::MessageLite& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&out);
  }
  return bytes;
}

bool Parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  // What does not parse is answered for by us; protobuf would write a line to stderr each time.
  [[maybe_unused]] static const auto before = google::protobuf::SetLogHandler(nullptr);
  return bytes.size() <= INT32_MAX &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

Error NotAMessage() {
  return {Code::kInvalid, "not-a-message",
          "What was sent is not a message of this protocol. Nothing was done."};
}

Error UnknownVersion(std::uint32_t version) {
  return {Code::kInvalid, "unknown-version",
          "The message is of version " + std::to_string(version) + ", and version " +
              std::to_string(kVersion) +
              " is spoken here. Nothing was done: install the same version on both sides."};
}

bool IsSchool(std::string_view id) {
  return !id.empty() && id.size() <= kSchoolMax && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void Put(Time time, google::protobuf::Timestamp& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  out.set_seconds(seconds.time_since_epoch().count());
  out.set_nanos(static_cast<std::int32_t>(Duration(time - seconds).count() * 1000));
}

Time Get(const google::protobuf::Timestamp& in, Checker& checker) {
  const bool valid = in.seconds() >= kSecondsMin && in.seconds() <= kSecondsMax &&
                     in.nanos() >= 0 && in.nanos() < kNanos;
  checker.Require(valid, "a time is out of range");
  return valid ? Time(Duration(in.seconds() * kSecond + in.nanos() / 1000)) : Time{};
}

void Put(Duration duration, google::protobuf::Duration& out) {
  out.set_seconds(duration.count() / kSecond);
  out.set_nanos(static_cast<std::int32_t>(duration.count() % kSecond * 1000));
}

Duration Get(const google::protobuf::Duration& in, Checker& checker) {
  const bool valid =
      in.seconds() >= 0 && in.seconds() <= kYear && in.nanos() >= 0 && in.nanos() < kNanos;
  checker.Require(valid, "a duration is negative or out of range");
  return valid ? Duration(in.seconds() * kSecond + in.nanos() / 1000) : Duration{};
}

void Put(const std::vector<model::FieldChange>& fields,
         google::protobuf::RepeatedPtrField<wire::FieldChange>& out) {
  for (const model::FieldChange& field : fields) {
    wire::FieldChange& one = *out.Add();
    one.set_field(std::string(model::FieldWord(field.field)));
    one.set_before(field.before);
    one.set_after(field.after);
  }
}

std::vector<model::FieldChange> Get(const google::protobuf::RepeatedPtrField<wire::FieldChange>& in,
                                    Checker& checker) {
  std::vector<model::FieldChange> fields;
  fields.reserve(static_cast<std::size_t>(in.size()));
  for (const wire::FieldChange& one : in) {
    const auto field = model::FieldFromWord(one.field());
    checker.Require(field.has_value(), "a field is unknown");
    if (field) fields.push_back({*field, one.before(), one.after()});
  }
  return fields;
}

void Put(const std::vector<std::pair<std::string, std::uint64_t>>& counts,
         google::protobuf::RepeatedPtrField<wire::Count>& out) {
  for (const auto& [word, count] : counts) PutCount(word, count, out);
}

void Put(const std::vector<model::Hold>& holds,
         google::protobuf::RepeatedPtrField<wire::Hold>& out) {
  for (const model::Hold& hold : holds) {
    wire::Hold& one = *out.Add();
    one.set_guard(As<wire::Guard>(hold.guard));
    one.set_count(hold.count);
    one.set_population(hold.population);
    if (hold.limit.max_count) one.set_max_count(*hold.limit.max_count);
    if (hold.limit.max_share) one.set_max_share(*hold.limit.max_share);
    one.set_min_population(hold.limit.min_population);
    one.set_rollover(hold.rollover);
    for (const PersonId person : hold.persons) one.add_persons(person.value());
    one.set_message(hold.message);
  }
}

void Put(const model::Tally& tally, wire::Counters& out) {
  const auto status = [&](model::ListStatus one) {
    return tally.by_status[static_cast<std::size_t>(one)];
  };
  const auto bucket = [&](model::Bucket one) {
    return tally.by_bucket[static_cast<std::size_t>(one)];
  };
  out.set_everybody(tally.everybody);
  out.set_fresh(tally.fresh);
  out.set_status_new(status(model::ListStatus::kNew));
  out.set_status_selected(status(model::ListStatus::kSelected));
  out.set_status_skipped(status(model::ListStatus::kSkipped));
  out.set_status_error(status(model::ListStatus::kError));
  out.set_to_add(bucket(model::Bucket::kAdd));
  out.set_to_update(bucket(model::Bucket::kUpdate));
  out.set_to_archive(bucket(model::Bucket::kArchive));
  out.set_to_restore(bucket(model::Bucket::kRestore));
  out.set_to_skip(bucket(model::Bucket::kSkip));
  out.set_unchanged(bucket(model::Bucket::kUnchanged));
  for (std::size_t i = 0; i < std::size(tally.by_reason); ++i) {
    if (tally.by_reason[i] == 0) continue;
    PutCount(model::ReasonWord(static_cast<model::Reason>(i)), tally.by_reason[i],
             *out.mutable_skipped_because());
  }
  PutClasses(tally, out);
  out.set_errors(tally.by_severity[static_cast<std::size_t>(model::Severity::kError)]);
  out.set_warnings(tally.by_severity[static_cast<std::size_t>(model::Severity::kWarning)]);
  out.set_linked_active(tally.linked_active);
  out.set_fresh_selected(tally.fresh_selected);
  out.set_families(tally.families);
  out.set_families_fresh(tally.families_fresh);
  out.set_families_selected(tally.families_selected);
  out.set_families_excluded(tally.families_excluded);
}

void Put(const model::TaskCounts& counts, wire::TaskCounts& out) {
  out.set_queued(counts.queued);
  out.set_leased(counts.leased);
  out.set_unknown(counts.unknown);
  out.set_applied(counts.applied);
  out.set_dead(counts.dead);
  out.set_superseded(counts.superseded);
  out.set_resting(counts.resting);
}

void Put(const model::Plan& plan, wire::Plan& out) {
  const auto count = [&](model::Action action) {
    return plan.by_action[static_cast<std::size_t>(action)];
  };
  out.set_plan(plan.id.value());
  out.set_invitations(plan.invitations);
  out.set_state(As<wire::PlanState>(plan.state));
  out.set_digest(std::string(plan.digest.view()));
  out.set_items(plan.items);
  Put(plan.tally, *out.mutable_counters());
  out.set_adds(count(model::Action::kAdd));
  out.set_updates(count(model::Action::kUpdate));
  out.set_archives(count(model::Action::kArchive));
  out.set_restores(count(model::Action::kRestore));
  out.set_invites(count(model::Action::kInvite));
  Put(plan.prepared_at, *out.mutable_prepared_at());
  out.set_prepared_by(plan.prepared_by);
  if (plan.approved_at) Put(*plan.approved_at, *out.mutable_approved_at());
  out.set_approved_by(plan.approved_by);
  out.set_left_out(plan.left_out);
  Put(plan.tasks, *out.mutable_tasks());
  if (plan.finished_at) Put(*plan.finished_at, *out.mutable_finished_at());
  out.set_email_changes(plan.by_class[static_cast<std::size_t>(model::ChangeClass::kEmailChange)]);
  out.set_missing(plan.by_class[static_cast<std::size_t>(model::ChangeClass::kMissing)]);
  if (plan.undo_of) out.set_undo_of(plan.undo_of->value());
  PutNotUndone(plan, out);
  // A plan kept by a version that let none expire has no such time.
  if (plan.expires_at != Time{}) Put(plan.expires_at, *out.mutable_expires_at());
  Put(plan.holds, *out.mutable_holds());
  out.set_override_reason(plan.override_reason);
  out.set_not_chosen(plan.not_chosen);
  out.set_recently_invited(plan.recently_invited);
  out.set_two_needed(plan.two_needed);
  out.set_lifting_needs_two(plan.lifting_needs_two);
  if (plan.first_approval) {
    wire::Approval& first = *out.mutable_first_approval();
    first.set_actor(plan.first_approval->actor);
    Put(plan.first_approval->at, *first.mutable_at());
    first.set_choice(std::string(plan.first_approval->choice.view()));
    first.set_leave_out_changed(plan.first_approval->leave_out_changed);
    for (const model::ChangeClass one : plan.first_approval->only) {
      first.add_only(static_cast<wire::ChangeClass>(one));
    }
    for (const PersonId person : plan.first_approval->except) first.add_except(person.value());
    first.set_override_guards(plan.first_approval->override_guards);
    first.set_override_reason(plan.first_approval->override_reason);
    first.set_replaced_actor(plan.first_approval->replaced_actor);
    if (plan.first_approval->replaced_at) {
      Put(*plan.first_approval->replaced_at, *first.mutable_replaced_at());
    }
  }
}

void Put(const model::Poll& poll, wire::Poll& out) {
  out.set_poll(poll.id.value());
  out.set_state(As<wire::Poll::State>(poll.state));
  Put(poll.started, *out.mutable_started_at());
  if (poll.state != model::PollState::kRunning) Put(poll.ended, *out.mutable_ended_at());
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
    wire::Poll::Rejected& one = *out.add_rejected();
    one.set_resource(row.resource);
    one.set_row(row.row);
    one.set_id(row.id.value_or(0));
    one.set_reason(row.reason);
    one.set_field(row.field);
  }
  out.set_unowned_accounts(poll.unowned_accounts);
  out.set_families(poll.families);
  out.set_reused(poll.reused);
  Put(poll.notices, *out.mutable_notices());
  out.set_phase(poll.phase);
  out.set_done(poll.done);
  out.set_total(poll.total);
}

void Put(const model::UserRow& row, wire::UserRow& out) {
  const model::Change& change = row.change;
  const model::Candidate& candidate = change.candidate;
  out.set_person(candidate.person.value());
  out.set_first_name(candidate.first_name);
  out.set_last_name(candidate.last_name);
  out.set_email(candidate.email);
  out.set_school_code(candidate.school_code);
  out.set_grade(candidate.grade);
  out.set_status_word(candidate.status_word);
  out.set_is_new(row.verdict.is_new);
  out.set_sync(row.verdict.sync);
  out.set_status(As<wire::ListStatus>(row.verdict.status));
  out.set_situation(As<wire::Situation>(change.situation));
  out.set_bucket(As<wire::Bucket>(row.verdict.bucket));
  // Who is to be decided on is listed with what FACTS proposes (rules, 13).
  const bool undecided = row.verdict.reason == model::Reason::kUndecided ||
                         row.verdict.reason == model::Reason::kDecisionOutdated;
  out.set_action(As<wire::Action>(undecided ? change.action : row.verdict.action));
  out.set_reason(std::string(model::ReasonWord(row.verdict.reason)));
  out.set_sentence(row.sentence);
  Put(change.fields, *out.mutable_fields());
  Put(change.drift, *out.mutable_drift());
  if (change.account) {
    out.set_account(change.account->id.value());
  } else if (change.lost_account) {
    out.set_account(change.lost_account->value());
  }
  out.set_in_progress(row.in_progress);
  out.set_changed(row.changed);
  if (row.decision) out.set_decision(std::string(model::DecisionWord(*row.decision)));
  out.set_change_class(As<wire::ChangeClass>(row.verdict.change_class));
  out.set_severity(std::string(model::SeverityWord(row.verdict.severity)));
  PutFamily(candidate, out);
  out.set_context(row.context);
  out.set_note(row.note);
  out.set_decided_by(row.decided_by);
  if (row.decided_at) Put(*row.decided_at, *out.mutable_decided_at());
  for (const std::string& what : row.outdated) out.add_outdated(what);
  if (row.group) out.set_group(row.group->value());
  out.set_email2(candidate.email2);
  out.set_uses_email2(candidate.uses_email2);
  PutRivals(change, out);
}

void Put(const model::TaskRow& row, wire::TaskRow& out) {
  const model::Task& task = row.task;
  out.set_plan(task.id.plan.value());
  out.set_index(task.id.index);
  out.set_person(task.person.value());
  out.set_first_name(row.first_name);
  out.set_last_name(row.last_name);
  out.set_action(As<wire::Action>(task.action));
  out.set_state(As<wire::TaskState>(task.state));
  out.set_attempt(task.attempt);
  out.set_reason(task.reason);
  out.set_sentence(row.sentence);
  if (task.state == model::TaskState::kRetry) Put(task.not_before, *out.mutable_not_before());
  if (task.lease_until) Put(*task.lease_until, *out.mutable_lease_until());
  if (task.ended_at) Put(*task.ended_at, *out.mutable_ended_at());
  out.set_worker(task.worker);
  out.set_resting(task.resting);
}

void Put(const Error& error, wire::Error& out) {
  out.set_code(std::string(CodeWord(error.code)));
  out.set_reason(error.reason);
  out.set_message(error.message);
}

Error Get(const wire::Error& in) {
  for (const Code code : {Code::kUnavailable, Code::kConflict, Code::kRefused, Code::kInvalid,
                          Code::kNotFound, Code::kExhausted, Code::kCorrupt}) {
    if (in.code() == CodeWord(code)) return {code, in.reason(), in.message()};
  }
  return {Code::kInvalid, "bad-reply",
          "The daemon's error is of a kind unknown here: " + in.message()};
}

}  // namespace roster::bus
