// Replies that go out. What comes in: control_codec.cc.

#include <variant>

#include "daemon/bus/control_codec.h"
#include "daemon/bus/wire_values.h"

namespace roster::bus {
namespace {

void PutRefused(const std::vector<model::RefusedTask>& refused,
                google::protobuf::RepeatedPtrField<wire::RefusedTask>& out) {
  for (const model::RefusedTask& task : refused) {
    wire::RefusedTask& one = *out.Add();
    one.set_plan(task.task.plan.value());
    one.set_index(task.task.index);
    one.set_reason(task.reason);
    one.set_sentence(task.sentence);
  }
}

void PutRows(const std::vector<model::UserRow>& rows,
             google::protobuf::RepeatedPtrField<wire::UserRow>& out) {
  for (const model::UserRow& row : rows) Put(row, *out.Add());
}

void PutPage(const model::UserPage& page, wire::UserPage& out) {
  PutRows(page.rows, *out.mutable_rows());
  out.set_next_page_token(page.next_page_token);
  Put(page.tally, *out.mutable_counters());
}

void PutSchool(const model::SchoolStatus& school, wire::SchoolStatus& out) {
  out.set_school(school.school.value());
  out.set_name(school.name);
  out.set_accounts(school.accounts == model::AccountsOf::kStudents ? "students" : "parents");
  Put(school.tally, *out.mutable_counters());
  if (school.last_poll) Put(*school.last_poll, *out.mutable_last_poll());
  if (school.last_good_poll) Put(*school.last_good_poll, *out.mutable_last_good_poll());
  out.set_polling(school.polling);
  if (school.next_poll) Put(*school.next_poll, *out.mutable_next_poll_at());
  out.set_source_problem(school.source_problem);
  out.set_site_problem(school.site_problem);
  Put(school.tasks, *out.mutable_tasks());
  for (const model::Plan& plan : school.plans) Put(plan, *out.add_plans());
  out.set_head(school.head.value());
  Put(school.holds, *out.mutable_holds());
  out.set_rollover(school.rollover);
  out.set_poll_phase(school.poll_phase);
  out.set_acknowledged(school.acknowledged.value());
  out.set_workers_away(school.workers_away);
  out.set_poll_overdue(school.poll_overdue);
  out.set_export_wanted(school.export_wanted);
  for (const model::Role role : school.roles) out.add_roles(std::string(model::RoleWord(role)));
  for (const model::Plan& plan : school.waiting) Put(plan, *out.add_waiting());
  out.set_import_directory(school.import_directory);
  Put(school.unknown_words, *out.mutable_unknown_words());
}

void PutFamily(const model::FamilyRow& family, wire::FamilyRow& out) {
  out.set_family(family.count.family.value());
  out.set_name(family.count.name);
  out.set_users(family.count.users);
  out.set_fresh(family.count.fresh);
  out.set_selected(family.count.selected);
  out.set_excluded_users(family.count.excluded);
  out.set_excluded(family.excluded);
  out.set_note(family.note);
  out.set_actor(family.actor);
  if (family.at) Put(*family.at, *out.mutable_at());
}

void PutGroup(const model::GroupRow& row, wire::GroupRow& out) {
  const model::DuplicateGroup& group = row.group;
  out.set_group(group.id.value());
  out.set_reason(std::string(model::ReasonWord(group.reason)));
  out.set_severity(std::string(model::SeverityWord(group.severity)));
  out.set_address(group.address);
  if (group.account) out.set_account(group.account->value());
  if (group.family) out.set_family(group.family->value());
  out.set_members_total(group.members_total);
  PutRows(row.members, *out.mutable_members());
  out.set_open(row.open);
  if (row.decision) {
    out.set_decision(std::string(model::HolderWord(row.decision->kind)));
    out.set_holder(row.decision->holder.value());
    out.set_decided_by(row.decision->actor);
    Put(row.decision->at, *out.mutable_decided_at());
  }
  for (const std::string& what : row.outdated) out.add_outdated(what);
}

void PutBackup(const model::Backup& backup, wire::Backup& out) {
  out.set_backup(backup.id);
  if (!backup.damaged) Put(backup.at, *out.mutable_at());
  out.set_bytes(backup.bytes);
  out.set_files(backup.files);
  out.set_verified(backup.verified);
  out.set_damaged(backup.damaged);
  out.set_program(backup.program);
}

wire::BackupRun::State StateOf(model::BackupRun::State state) {
  switch (state) {
    case model::BackupRun::State::kRunning:
      return wire::BackupRun::RUNNING;
    case model::BackupRun::State::kMade:
      return wire::BackupRun::MADE;
    case model::BackupRun::State::kFailed:
      break;
  }
  return wire::BackupRun::FAILED;
}

void PutRun(const model::BackupRun& run, wire::BackupRun& out) {
  out.set_run(run.run);
  out.set_state(StateOf(run.state));
  Put(run.started, *out.mutable_started_at());
  if (run.ended) Put(*run.ended, *out.mutable_ended_at());
  out.set_actor(run.actor);
  out.set_reason(run.reason);
  out.set_message(run.message);
  if (run.state == model::BackupRun::State::kMade) PutBackup(run.backup, *out.mutable_backup());
  out.set_removed(run.removed);
}

void PutBackupStatus(const model::BackupStatus& status, wire::BackupStatus& out) {
  if (status.last_good) {
    Put(status.last_good->at, *out.mutable_last_good_at());
    out.set_last_good(status.last_good->id);
    out.set_last_good_bytes(status.last_good->bytes);
  }
  out.set_running(status.running);
  out.set_problem(status.problem);
  out.set_overdue(status.overdue);
}

// One overload a reply.
struct Writer {
  wire::Reply& reply;

  void operator()(const model::Refusal& body) const {
    wire::Error& out = *reply.mutable_error();
    Put(body.error, out);
    PutRows(body.changed, *out.mutable_changed());
    out.set_changed_total(body.changed_total);
    Put(body.holds, *out.mutable_holds());
  }
  void operator()(const model::Status& body) const {
    wire::Status& out = *reply.mutable_status();
    out.set_daemon_version(body.daemon_version);
    Put(body.now, *out.mutable_now());
    Put(body.started, *out.mutable_started_at());
    out.set_events_endpoint(body.events_endpoint);
    out.set_tasks_endpoint(body.tasks_endpoint);
    for (const model::SchoolStatus& school : body.schools) PutSchool(school, *out.add_schools());
    for (const model::WorkerStatus& worker : body.workers) {
      wire::WorkerStatus& one = *out.add_workers();
      one.set_worker(worker.worker);
      Put(worker.seen, *one.mutable_seen_at());
      one.set_leased(worker.leased);
    }
    out.set_disk_problem(body.disk_problem);
    out.set_config_problem(body.config_problem);
    for (const model::LimitReached& limit : body.limits) {
      wire::LimitReached& one = *out.add_limits();
      one.set_limit(limit.limit);
      one.set_times(limit.times);
      Put(limit.last, *one.mutable_last_at());
      one.set_sentence(limit.sentence);
    }
    out.set_connections(body.connections);
    PutBackupStatus(body.backup, *out.mutable_backup());
  }
  void operator()(const model::PollReply& body) const {
    wire::PollReply& out = *reply.mutable_poll();
    Put(body.poll, *out.mutable_poll());
    out.set_already_running(body.already_running);
  }
  void operator()(const model::UserPage& body) const { PutPage(body, *reply.mutable_users()); }
  void operator()(const model::PlanUserPage& body) const {
    PutPage(body.page, *reply.mutable_plan_users());
  }
  void operator()(const model::DecideReply& body) const {
    wire::DecideReply& out = *reply.mutable_decide();
    out.set_changed(body.changed);
    out.set_unchanged(body.unchanged);
    Put(body.tally, *out.mutable_counters());
    for (const PersonId person : body.not_selectable) out.add_not_selectable(person.value());
  }
  void operator()(const model::PlanReply& body) const {
    wire::PlanReply& out = *reply.mutable_plan();
    Put(body.plan, *out.mutable_plan());
    out.set_in_progress(body.in_progress);
  }
  void operator()(const model::PlanPage& body) const {
    wire::PlanPage& out = *reply.mutable_plans();
    for (const model::Plan& plan : body.plans) Put(plan, *out.add_plans());
    out.set_next_page_token(body.next_page_token);
  }
  void operator()(const model::ApproveReply& body) const {
    wire::ApproveReply& out = *reply.mutable_approve();
    Put(body.plan, *out.mutable_plan());
    PutRows(body.left_out, *out.mutable_left_out());
    out.set_left_out_total(body.left_out_total);
  }
  void operator()(const model::TaskPage& body) const {
    wire::TaskPage& out = *reply.mutable_tasks();
    for (const model::TaskRow& row : body.rows) Put(row, *out.add_rows());
    out.set_next_page_token(body.next_page_token);
    Put(body.counts, *out.mutable_counts());
  }
  void operator()(const model::RetryReply& body) const {
    wire::RetryReply& out = *reply.mutable_retry();
    out.set_retried(body.retried);
    for (const model::RefusedTask& refused : body.refused) {
      wire::TaskRef& ref = *out.add_refused();
      ref.set_plan(refused.task.plan.value());
      ref.set_index(refused.task.index);
    }
    PutRefused(body.refused, *out.mutable_why());
  }
  void operator()(const model::ConfirmReply& body) const {
    wire::ConfirmReply& out = *reply.mutable_confirm();
    out.set_confirmed(body.confirmed);
    out.set_export_wanted(body.export_wanted);
    PutRefused(body.refused, *out.mutable_refused());
  }
  void operator()(const model::VerifyReply& body) const {
    wire::VerifyReply& out = *reply.mutable_verify();
    for (const model::Difference& difference : body.differences) {
      wire::Difference& one = *out.add_differences();
      one.set_about(difference.about);
      one.set_id(difference.id);
      one.set_reason(difference.reason);
      one.set_sentence(difference.sentence);
    }
    out.set_differences_total(body.differences_total);
    out.set_entries(body.entries);
    out.set_decisions(body.decisions);
    out.set_links(body.links);
    out.set_tasks(body.tasks);
    out.set_plans(body.plans);
    out.set_next_page_token(body.next_page_token);
  }
  void operator()(const model::ExplainReply& body) const {
    wire::ExplainReply& out = *reply.mutable_explain();
    if (body.row) Put(*body.row, *out.mutable_row());
    for (const model::ExplainReply::Line& line : body.lines) {
      wire::ExplainReply::Line& one = *out.add_lines();
      if (line.at) Put(*line.at, *one.mutable_at());
      one.set_text(line.text);
      one.set_seq(line.seq.value());
    }
  }
  void operator()(const model::ReplayReply& body) const {
    wire::ReplayReply& out = *reply.mutable_replay();
    for (const std::string& entry : body.entries) out.add_entries(entry);
    out.set_head(body.head.value());
    for (const Seq number : body.numbers) out.add_numbers(number.value());
    if (body.head_hash) out.set_head_hash(std::string(body.head_hash->view()));
  }
  void operator()(const model::DecideFamiliesReply& body) const {
    wire::DecideFamiliesReply& out = *reply.mutable_decide_families();
    out.set_changed(body.changed);
    out.set_unchanged(body.unchanged);
    out.set_users(body.users);
    Put(body.tally, *out.mutable_counters());
  }
  void operator()(const model::FamilyPage& body) const {
    wire::FamilyPage& out = *reply.mutable_families();
    for (const model::FamilyRow& row : body.rows) PutFamily(row, *out.add_rows());
    out.set_next_page_token(body.next_page_token);
    Put(body.tally, *out.mutable_counters());
  }
  void operator()(const model::GroupPage& body) const {
    wire::GroupPage& out = *reply.mutable_groups();
    for (const model::GroupRow& row : body.rows) PutGroup(row, *out.add_rows());
    out.set_next_page_token(body.next_page_token);
  }
  void operator()(const model::WhoAmIReply& body) const {
    wire::WhoAmIReply& out = *reply.mutable_who_am_i();
    out.set_actor(body.actor);
    for (const std::string& name : body.names) out.add_names(name);
    out.set_transport(body.transport);
    for (const model::SchoolRoles& school : body.schools) {
      wire::WhoAmIReply::SchoolRoles& one = *out.add_schools();
      one.set_school(school.school.value());
      for (const model::Role role : school.roles) one.add_roles(std::string(RoleWord(role)));
    }
  }
  void operator()(const model::ReloadReply& body) const {
    wire::ReloadReply& out = *reply.mutable_reload();
    for (const std::string& key : body.changed) out.add_changed(key);
    for (const std::string& key : body.needs_restart) out.add_needs_restart(key);
  }
  void operator()(const model::AcknowledgeReply& body) const {
    reply.mutable_acknowledge()->set_seq(body.seq.value());
  }
  void operator()(const model::ForgetReply& body) const {
    wire::ForgetReply& out = *reply.mutable_forget();
    out.set_forgotten(body.forgotten);
    for (const model::RefusedPerson& refused : body.refused) {
      wire::ForgetReply::Refused& one = *out.add_refused();
      one.set_person(refused.person.value());
      one.set_reason(refused.reason);
      one.set_sentence(refused.sentence);
    }
  }
  void operator()(const model::BackupReply& body) const {
    wire::BackupReply& out = *reply.mutable_backup();
    PutRun(body.run, *out.mutable_run());
    out.set_already_running(body.already_running);
  }
  void operator()(const model::BackupList& body) const {
    wire::BackupList& out = *reply.mutable_backups();
    out.set_directory(body.directory);
    out.set_keep(body.keep);
    for (const model::Backup& backup : body.backups) PutBackup(backup, *out.add_backups());
    if (!body.last) return;
    PutRun(*body.last, *out.mutable_last());
    out.mutable_last()->set_phase(body.progress.phase);
    out.mutable_last()->set_done(body.progress.done);
    out.mutable_last()->set_total(body.progress.total);
  }
  void operator()(const model::SettleReply& body) const {
    wire::SettleReply& out = *reply.mutable_settle();
    if (body.poll) out.set_poll(body.poll->value());
    PutRows(body.rows, *out.mutable_rows());
  }
};

}  // namespace

std::string EncodeReply(std::string_view request_id, const model::ReplyBody& body) {
  wire::Reply reply;
  reply.set_version(kVersion);
  reply.set_request_id(std::string(request_id));
  std::visit(Writer{reply}, body);
  return Serialize(reply);
}

// Fields of a message may come in any order, and the last one counts: what was kept stays as it is.
std::string RelabelReply(std::string_view kept, std::string_view request_id) {
  wire::Reply label;
  label.set_request_id(std::string(request_id));
  return std::string(kept) + Serialize(label);
}

}  // namespace roster::bus
