// The journal's entry (roster.v1.Entry): the bytes that are stored, published and hashed.

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/store/codec.h"
#include "daemon/store/codec_values.h"
#include "roster/v1/journal.pb.h"

namespace roster::store {
namespace {

namespace wire = ::roster::v1;

constexpr std::uint32_t kVersion = 1;
constexpr std::int64_t kSecond = 1'000'000;
// 0001-01-01 to 9999-12-31, what a Timestamp may say.
constexpr std::int64_t kSecondsMin = -62'135'596'800;
constexpr std::int64_t kSecondsMax = 253'402'300'799;

void PutTime(Time time, google::protobuf::Timestamp& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  out.set_seconds(seconds.time_since_epoch().count());
  out.set_nanos(static_cast<std::int32_t>(Duration(time - seconds).count() * 1000));
}

Time GetTime(const google::protobuf::Timestamp& in, Sound& sound) {
  const bool valid = in.seconds() >= kSecondsMin && in.seconds() <= kSecondsMax &&
                     in.nanos() >= 0 && in.nanos() < 1'000'000'000;
  sound.Require(valid);
  return valid ? FromMicros(in.seconds() * kSecond + in.nanos() / 1000) : Time{};
}

// The wire's numbers are the model's; tests compare them.
wire::Action WireAction(model::Action action) {
  return static_cast<wire::Action>(static_cast<int>(action));
}

model::Action GetAction(wire::Action action, Sound& sound) {
  return sound.Between(static_cast<std::uint32_t>(action), model::Action::kNone,
                       model::Action::kInvite);
}

template <typename Message>
void PutTask(const TaskId& task, PersonId person, Message& out) {
  out.set_plan(task.plan.value());
  out.set_index(task.index);
  out.set_person(person.value());
}

template <typename Message>
TaskId GetTask(const Message& in) {
  return {PlanId(in.plan()), in.index()};
}

using Links = std::vector<std::pair<PersonId, AccountId>>;

void PutLinks(const Links& links,
              google::protobuf::RepeatedPtrField<wire::LinksRecorded::Pair>& out) {
  for (const auto& [person, account] : links) {
    wire::LinksRecorded::Pair& pair = *out.Add();
    pair.set_person(person.value());
    pair.set_account(account.value());
  }
}

// One overload an event.
struct Writer {
  wire::Entry& entry;

  // Of what need not be there: none is written as nothing. What has to be there is written whole.
  static std::string Bytes(const Digest& digest) {
    return digest.empty() ? std::string() : std::string(digest.view());
  }

  void operator()(const model::PollCompleted& event) const {
    wire::PollCompleted& out = *entry.mutable_poll_completed();
    out.set_poll(event.poll.value());
    out.set_people(event.people);
    out.set_students(event.students);
    out.set_accounts(event.accounts);
    out.set_rows_rejected(event.rows_rejected);
    out.set_rows_changed(event.rows_changed);
  }
  void operator()(const model::PollRejected& event) const {
    wire::PollRejected& out = *entry.mutable_poll_rejected();
    out.set_poll(event.poll.value());
    out.set_reason(event.reason);
    out.set_message(event.message);
  }
  void operator()(const model::ReviewRequired& event) const {
    wire::ReviewRequired& out = *entry.mutable_review_required();
    out.set_poll(event.poll.value());
    out.set_new_users(event.new_users);
    out.set_new_errors(event.new_errors);
    out.set_pending_adds(event.pending_adds);
    out.set_pending_updates(event.pending_updates);
    out.set_pending_archives(event.pending_archives);
    out.set_pending_restores(event.pending_restores);
    PutGuards(event.held, *out.mutable_held());
  }
  void operator()(const model::SourceStopped& event) const {
    wire::SourceStopped& out = *entry.mutable_source_stopped();
    out.set_reason(event.reason);
    out.set_message(event.message);
  }
  void operator()(const model::LinksRecorded& event) const {
    wire::LinksRecorded& out = *entry.mutable_links_recorded();
    PutLinks(event.links, *out.mutable_links());
  }
  void operator()(const model::PersonsDecided& event) const {
    wire::PersonsDecided& out = *entry.mutable_persons_decided();
    out.set_decision(static_cast<wire::Decision>(static_cast<int>(event.kind)));
    PutIds(event.persons, *out.mutable_persons());
  }
  void operator()(const model::PlanPrepared& event) const {
    wire::PlanPrepared& out = *entry.mutable_plan_prepared();
    out.set_plan(event.plan.value());
    out.set_digest(std::string(event.digest.view()));
    out.set_items(event.items);
    out.set_invitations(event.invitations);
    if (event.undo_of) out.set_undo_of(event.undo_of->value());
    PutGuards(event.held, *out.mutable_held());
  }
  void operator()(const model::PlanApproved& event) const {
    wire::PlanApproved& out = *entry.mutable_plan_approved();
    out.set_plan(event.plan.value());
    out.set_digest(std::string(event.digest.view()));
    out.set_adds(event.adds);
    out.set_updates(event.updates);
    out.set_archives(event.archives);
    out.set_restores(event.restores);
    out.set_invites(event.invites);
    PutIds(event.left_out, *out.mutable_left_out());
    out.set_left_out_total(event.left_out_total);
    out.set_not_chosen(event.not_chosen);
    PutGuards(event.lifted, *out.mutable_lifted());
    out.set_override_reason(Bytes(event.override_reason));
    out.set_first_actor(event.first_actor);
  }
  void operator()(const model::TaskApplied& event) const {
    wire::TaskApplied& out = *entry.mutable_task_applied();
    PutTask(event.task, event.person, out);
    out.set_action(WireAction(event.action));
    out.set_account(event.account.value());
    out.set_digest(std::string(event.digest.view()));
    out.set_attempt(event.attempt);
    out.set_already(event.already);
  }
  void operator()(const model::TaskDead& event) const {
    wire::TaskDead& out = *entry.mutable_task_dead();
    PutTask(event.task, event.person, out);
    out.set_action(WireAction(event.action));
    out.set_reason(event.reason);
    out.set_attempt(event.attempt);
  }
  void operator()(const model::TaskSuperseded& event) const {
    wire::TaskSuperseded& out = *entry.mutable_task_superseded();
    PutTask(event.task, event.person, out);
    out.set_action(WireAction(event.action));
    out.set_reason(event.reason);
  }
  void operator()(const model::TaskUnknown& event) const {
    wire::TaskUnknown& out = *entry.mutable_task_unknown();
    PutTask(event.task, event.person, out);
    out.set_action(WireAction(event.action));
    out.set_reason(event.reason);
    out.set_attempt(event.attempt);
    out.set_resting(event.resting);
  }
  void operator()(const model::TasksRetried& event) const {
    wire::TasksRetried& out = *entry.mutable_tasks_retried();
    for (const auto& [task, person] : event.tasks) PutTask(task, person, *out.add_tasks());
  }
  void operator()(const model::TasksConfirmed& event) const {
    wire::TasksConfirmed& out = *entry.mutable_tasks_confirmed();
    for (const auto& [task, person] : event.tasks) PutTask(task, person, *out.add_tasks());
  }
  void operator()(const model::SyncCompleted& event) const {
    wire::SyncCompleted& out = *entry.mutable_sync_completed();
    out.set_plan(event.plan.value());
    PutCounts(event.tasks, *out.mutable_tasks());
  }
  void operator()(const model::FamiliesDecided& event) const {
    wire::FamiliesDecided& out = *entry.mutable_families_decided();
    out.set_excluded(event.excluded);
    PutIds(event.families, *out.mutable_families());
    out.set_word(Bytes(event.word));
  }
  void operator()(const model::DuplicateResolved& event) const {
    wire::DuplicateResolved& out = *entry.mutable_duplicate_resolved();
    out.set_group(event.group.value());
    if (event.kind) out.set_kind(std::string(model::HolderWord(*event.kind)));
    out.set_holder(event.holder.value());
    PutIds(event.persons, *out.mutable_persons());
    if (event.duplicate != Fingerprint{}) out.set_duplicate(std::string(event.duplicate.view()));
    out.set_word(Bytes(event.word));
  }
  void operator()(const model::EmailChosen& event) const {
    wire::EmailChosen& out = *entry.mutable_email_chosen();
    out.set_person(event.person.value());
    out.set_email2(event.email2);
    out.set_word(Bytes(event.word));
  }
  void operator()(const model::MatchDecided& event) const {
    wire::MatchDecided& out = *entry.mutable_match_decided();
    out.set_person(event.person.value());
    if (event.account) out.set_account(event.account->value());
    out.set_withdrawn(event.withdrawn);
    out.set_word(Bytes(event.word));
  }
  void operator()(const model::LinksForgotten& event) const {
    PutLinks(event.links, *entry.mutable_links_forgotten()->mutable_links());
  }
  void operator()(const model::ApprovalGiven& event) const {
    wire::ApprovalGiven& out = *entry.mutable_approval_given();
    out.set_plan(event.plan.value());
    out.set_digest(std::string(event.digest.view()));
    out.set_choice(std::string(event.choice.view()));
    out.set_reason(event.reason);
    out.set_replaces(event.replaces.value());
    out.set_replaced_actor(event.replaced_actor);
  }
  void operator()(const model::RequestRefused& event) const {
    wire::RequestRefused& out = *entry.mutable_request_refused();
    out.set_request(event.request);
    out.set_reason(event.reason);
    out.set_times(event.times);
    out.set_plan(event.plan.value());
    out.set_person(event.person.value());
  }
  void operator()(const model::ConfigReloaded& event) const {
    entry.mutable_config_reloaded()->set_config(std::string(event.config.view()));
  }
  void operator()(const model::PersonsForgotten& event) const {
    wire::PersonsForgotten& out = *entry.mutable_persons_forgotten();
    PutIds(event.persons, *out.mutable_persons());
    out.set_by_age(event.by_age);
  }
  void operator()(const model::Acknowledged& event) const {
    entry.mutable_acknowledged()->set_seq(event.seq.value());
  }
  void operator()(const model::WorkersAway& event) const {
    wire::WorkersAway& out = *entry.mutable_workers_away();
    out.set_waiting(event.waiting);
    if (event.last_seen) PutTime(*event.last_seen, *out.mutable_last_seen_at());
  }
  void operator()(const model::WorkersBack&) const { entry.mutable_workers_back(); }
  void operator()(const model::BackupMade& event) const {
    wire::BackupMade& out = *entry.mutable_backup_made();
    out.set_backup(event.backup);
    out.set_bytes(event.bytes);
    out.set_removed(event.removed);
  }
  void operator()(const model::BackupFailed& event) const {
    wire::BackupFailed& out = *entry.mutable_backup_failed();
    out.set_reason(event.reason);
    out.set_message(event.message);
  }
  void operator()(const model::Restored& event) const {
    wire::Restored& out = *entry.mutable_restored();
    out.set_backup(event.backup);
    PutTime(event.backup_at, *out.mutable_backup_at());
    out.set_lost_head(event.lost_head.value());
    out.set_open_tasks(event.open_tasks);
    out.set_plans_expired(event.plans_expired);
    PutIds(event.forgotten, *out.mutable_forgotten());
  }
  void operator()(const model::SiteStopped& event) const {
    wire::SiteStopped& out = *entry.mutable_site_stopped();
    out.set_reason(event.reason);
    out.set_waiting(event.waiting);
  }
  void operator()(const model::PlanExpired& event) const {
    entry.mutable_plan_expired()->set_plan(event.plan.value());
  }
  void operator()(const model::SiteBack& event) const {
    entry.mutable_site_back()->set_nothing_waits(event.nothing_waits);
  }
};

Links GetLinks(const google::protobuf::RepeatedPtrField<wire::LinksRecorded::Pair>& in) {
  Links links;
  for (const wire::LinksRecorded::Pair& pair : in) {
    links.emplace_back(PersonId(pair.person()), AccountId(pair.account()));
  }
  return links;
}

// Empty where an older version did not say it.
Digest GetWord(const std::string& bytes, Sound& sound) {
  return bytes.empty() ? Digest{} : sound.DigestOf(bytes);
}

std::optional<model::HolderKind> GetHolder(std::string_view word, Sound& sound) {
  if (word.empty()) return std::nullopt;
  for (const auto kind : {model::HolderKind::kKeep, model::HolderKind::kShare}) {
    if (word == model::HolderWord(kind)) return kind;
  }
  sound.Require(false);
  return std::nullopt;
}

model::Event Get(const wire::PersonsDecided& in, Sound& sound) {
  return model::PersonsDecided{
      sound.Between(static_cast<std::uint32_t>(in.decision()), model::DecisionKind::kSync,
                    model::DecisionKind::kProtect),
      GetIds<PersonId>(in.persons())};
}

model::Event Get(const wire::PlanPrepared& in, Sound& sound) {
  model::PlanPrepared event;
  event.plan = PlanId(in.plan());
  event.digest = sound.DigestOf(in.digest());
  event.items = in.items();
  event.invitations = in.invitations();
  if (in.undo_of() != 0) event.undo_of = PlanId(in.undo_of());
  event.held = GetGuards(in.held(), sound);
  return event;
}

model::Event Get(const wire::PlanApproved& in, Sound& sound) {
  model::PlanApproved event;
  event.plan = PlanId(in.plan());
  event.digest = sound.DigestOf(in.digest());
  event.adds = in.adds();
  event.updates = in.updates();
  event.archives = in.archives();
  event.restores = in.restores();
  event.invites = in.invites();
  event.left_out = GetIds<PersonId>(in.left_out());
  event.left_out_total = in.left_out_total();
  event.not_chosen = in.not_chosen();
  event.lifted = GetGuards(in.lifted(), sound);
  event.override_reason = GetWord(in.override_reason(), sound);
  event.first_actor = in.first_actor();
  return event;
}

model::Event Get(const wire::DuplicateResolved& in, Sound& sound) {
  return model::DuplicateResolved{
      GroupId(in.group()),
      GetHolder(in.kind(), sound),
      PersonId(in.holder()),
      GetIds<PersonId>(in.persons()),
      in.duplicate().empty() ? Fingerprint{} : sound.FingerprintOf(in.duplicate()),
      GetWord(in.word(), sound)};
}

model::Event Get(const wire::MatchDecided& in, Sound& sound) {
  model::MatchDecided event;
  event.person = PersonId(in.person());
  if (!in.account().empty()) event.account = AccountId(in.account());
  event.withdrawn = in.withdrawn();
  event.word = GetWord(in.word(), sound);
  return event;
}

template <typename Event, typename Message>
model::Event GetTasks(const Message& in) {
  Event event;
  for (const wire::TasksRetried::Ref& task : in.tasks()) {
    event.tasks.emplace_back(GetTask(task), PersonId(task.person()));
  }
  return event;
}

model::Event GetEvent(const wire::Entry& in, Sound& sound) {
  switch (in.event_case()) {
    case wire::Entry::kPollCompleted: {
      const auto& event = in.poll_completed();
      return model::PollCompleted{PollId(event.poll()),  event.people(),
                                  event.students(),      event.accounts(),
                                  event.rows_rejected(), event.rows_changed()};
    }
    case wire::Entry::kPollRejected: {
      const auto& event = in.poll_rejected();
      return model::PollRejected{PollId(event.poll()), event.reason(), event.message()};
    }
    case wire::Entry::kReviewRequired: {
      const auto& event = in.review_required();
      return model::ReviewRequired{PollId(event.poll()),     event.new_users(),
                                   event.new_errors(),       event.pending_adds(),
                                   event.pending_updates(),  event.pending_archives(),
                                   event.pending_restores(), GetGuards(event.held(), sound)};
    }
    case wire::Entry::kSourceStopped:
      return model::SourceStopped{in.source_stopped().reason(), in.source_stopped().message()};
    case wire::Entry::kLinksRecorded:
      return model::LinksRecorded{GetLinks(in.links_recorded().links())};
    case wire::Entry::kPersonsDecided:
      return Get(in.persons_decided(), sound);
    case wire::Entry::kPlanPrepared:
      return Get(in.plan_prepared(), sound);
    case wire::Entry::kPlanApproved:
      return Get(in.plan_approved(), sound);
    case wire::Entry::kTaskApplied: {
      const auto& event = in.task_applied();
      return model::TaskApplied{GetTask(event),
                                PersonId(event.person()),
                                GetAction(event.action(), sound),
                                AccountId(event.account()),
                                sound.DigestOf(event.digest()),
                                event.attempt(),
                                event.already()};
    }
    case wire::Entry::kTaskDead: {
      const auto& event = in.task_dead();
      return model::TaskDead{GetTask(event), PersonId(event.person()),
                             GetAction(event.action(), sound), event.reason(), event.attempt()};
    }
    case wire::Entry::kTaskSuperseded: {
      const auto& event = in.task_superseded();
      return model::TaskSuperseded{GetTask(event), PersonId(event.person()),
                                   GetAction(event.action(), sound), event.reason()};
    }
    case wire::Entry::kTaskUnknown: {
      const auto& event = in.task_unknown();
      return model::TaskUnknown{
          GetTask(event), PersonId(event.person()), GetAction(event.action(), sound),
          event.reason(), event.attempt(),          event.resting()};
    }
    case wire::Entry::kTasksRetried:
      return GetTasks<model::TasksRetried>(in.tasks_retried());
    case wire::Entry::kTasksConfirmed:
      return GetTasks<model::TasksConfirmed>(in.tasks_confirmed());
    case wire::Entry::kSyncCompleted:
      return model::SyncCompleted{PlanId(in.sync_completed().plan()),
                                  GetCounts(in.sync_completed().tasks())};
    case wire::Entry::kFamiliesDecided:
      return model::FamiliesDecided{in.families_decided().excluded(),
                                    GetIds<FamilyId>(in.families_decided().families()),
                                    GetWord(in.families_decided().word(), sound)};
    case wire::Entry::kDuplicateResolved:
      return Get(in.duplicate_resolved(), sound);
    case wire::Entry::kEmailChosen:
      return model::EmailChosen{PersonId(in.email_chosen().person()), in.email_chosen().email2(),
                                GetWord(in.email_chosen().word(), sound)};
    case wire::Entry::kMatchDecided:
      return Get(in.match_decided(), sound);
    case wire::Entry::kLinksForgotten:
      return model::LinksForgotten{GetLinks(in.links_forgotten().links())};
    case wire::Entry::kApprovalGiven:
      return model::ApprovalGiven{PlanId(in.approval_given().plan()),
                                  sound.DigestOf(in.approval_given().digest()),
                                  sound.DigestOf(in.approval_given().choice()),
                                  in.approval_given().reason(),
                                  Seq(in.approval_given().replaces()),
                                  in.approval_given().replaced_actor()};
    case wire::Entry::kRequestRefused:
      return model::RequestRefused{in.request_refused().request(), in.request_refused().reason(),
                                   in.request_refused().times(),
                                   PlanId(in.request_refused().plan()),
                                   PersonId(in.request_refused().person())};
    case wire::Entry::kConfigReloaded:
      return model::ConfigReloaded{sound.DigestOf(in.config_reloaded().config())};
    case wire::Entry::kPersonsForgotten:
      return model::PersonsForgotten{GetIds<PersonId>(in.persons_forgotten().persons()),
                                     in.persons_forgotten().by_age()};
    case wire::Entry::kAcknowledged:
      return model::Acknowledged{Seq(in.acknowledged().seq())};
    case wire::Entry::kWorkersAway: {
      model::WorkersAway event;
      event.waiting = in.workers_away().waiting();
      if (in.workers_away().has_last_seen_at()) {
        event.last_seen = GetTime(in.workers_away().last_seen_at(), sound);
      }
      return event;
    }
    case wire::Entry::kWorkersBack:
      return model::WorkersBack{};
    case wire::Entry::kBackupMade:
      return model::BackupMade{in.backup_made().backup(), in.backup_made().bytes(),
                               in.backup_made().removed()};
    case wire::Entry::kBackupFailed:
      return model::BackupFailed{in.backup_failed().reason(), in.backup_failed().message()};
    case wire::Entry::kRestored:
      return model::Restored{
          in.restored().backup(),         GetTime(in.restored().backup_at(), sound),
          Seq(in.restored().lost_head()), in.restored().open_tasks(),
          in.restored().plans_expired(),  GetIds<PersonId>(in.restored().forgotten())};
    case wire::Entry::kSiteStopped:
      return model::SiteStopped{in.site_stopped().reason(), in.site_stopped().waiting()};
    case wire::Entry::kPlanExpired:
      return model::PlanExpired{PlanId(in.plan_expired().plan())};
    case wire::Entry::kSiteBack:
      return model::SiteBack{in.site_back().nothing_waits()};
    case wire::Entry::EVENT_NOT_SET:
      break;
  }
  sound.Require(false);
  return {};
}

}  // namespace

std::string EncodeEntry(const model::Entry& entry) {
  wire::Entry out;
  out.set_version(kVersion);
  out.set_school(entry.school.value());
  out.set_seq(entry.seq.value());
  PutTime(entry.at, *out.mutable_at());
  out.set_actor(entry.actor);
  out.set_cause(entry.cause);
  out.set_previous(std::string(entry.previous.view()));
  std::visit(Writer{out}, entry.event);
  return Serialize(out);
}

Result<model::Entry> DecodeEntry(std::string_view value) {
  Sound sound("a journal entry");
  wire::Entry in;
  sound.Parse(value, in);
  sound.Require(in.version() == kVersion);
  model::Entry entry;
  entry.school = SchoolId(in.school());
  entry.seq = Seq(in.seq());
  entry.at = GetTime(in.at(), sound);
  entry.actor = in.actor();
  entry.cause = in.cause();
  entry.previous = sound.DigestOf(in.previous());
  entry.event = GetEvent(in, sound);
  return sound.Finish(std::move(entry));
}

}  // namespace roster::store
