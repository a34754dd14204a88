#pragma once

// Made-up values of the model, every field of them by chance. For round trips of the codecs.

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/random.h"
#include "daemon/model/request.h"

namespace roster {

class RandomModel {
 public:
  explicit RandomModel(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Below(std::uint64_t limit) { return random_.Next() % limit; }
  bool Coin() { return Below(2) == 0; }
  std::uint64_t Number() { return random_.Next() >> Below(64); }
  std::uint32_t Small() { return static_cast<std::uint32_t>(Number()); }
  PersonId Person() { return PersonId(static_cast<std::int64_t>(random_.Next()) >> Below(64)); }

  FamilyId Family() { return FamilyId(Person().value()); }

  std::string Text() {
    static const std::vector<std::string> kPieces = {
        "a", "Zoë", "O'Neil", "\u00e4\u00f6", "李", " ", "x@example.org", "\n", "\U0001F600", "0"};
    std::string text;
    for (std::uint64_t i = Below(5); i > 0; --i) text += kPieces[Below(kPieces.size())];
    return text;
  }
  std::string Filled() { return "n" + Text(); }
  std::string Bytes() {
    std::string bytes;
    for (std::uint64_t i = Below(40); i > 0; --i) bytes += static_cast<char>(Below(256));
    return bytes;
  }
  Digest AnyDigest() { return Blake2b(Bytes()); }
  Fingerprint AnyFingerprint() { return Xxh3(Bytes()); }
  Time AnyTime() { return Time(Duration(static_cast<std::int64_t>(Below(4'000'000'000'000'000)))); }
  template <typename Make>
  auto Maybe(Make make) -> std::optional<decltype(make())> {
    if (Coin()) return std::nullopt;
    return make();
  }
  template <typename Make>
  auto Some(Make make) -> std::vector<decltype(make())> {
    std::vector<decltype(make())> all;
    for (std::uint64_t i = Below(4); i > 0; --i) all.push_back(make());
    return all;
  }
  template <typename Enum>
  Enum Pick(Enum first, Enum last) {
    const auto low = static_cast<std::uint64_t>(first);
    return static_cast<Enum>(low + Below(static_cast<std::uint64_t>(last) - low + 1));
  }
  model::Reason AnyReason() {
    while (true) {
      const auto reason = static_cast<model::Reason>(Below(64));
      if (reason == model::Reason::kNone || !model::ReasonWord(reason).empty()) return reason;
    }
  }
  model::Action AnyAction() { return Pick(model::Action::kAdd, model::Action::kInvite); }
  model::Field AnyField() { return model::AllFields()[Below(model::AllFields().size())]; }
  model::GuardKind AnyGuard() { return Pick(model::GuardKind::kAdd, model::GuardKind::kMissing); }
  model::Severity AnySeverity() { return Pick(model::Severity::kNone, model::Severity::kError); }
  model::ChangeClass AnyClass() {
    return Pick(model::ChangeClass::kNone, model::ChangeClass::kInvite);
  }
  TaskId AnyTask() { return {PlanId(Number()), Small()}; }
  SchoolId School() { return SchoolId("school-" + std::to_string(Below(10))); }

  model::Fields Fields() {
    model::Fields fields;
    for (std::uint64_t i = Below(6); i > 0; --i) fields.Set(AnyField(), Filled());
    return fields;
  }
  std::vector<model::FieldChange> FieldChanges() {
    return Some([&] { return model::FieldChange{AnyField(), Text(), Text()}; });
  }
  model::Account Account() {
    model::Account account;
    account.id = AccountId(Filled());
    account.external_id = Text();
    account.version = Text();
    account.active = Coin();
    account.fields = Fields();
    account.other_emails = Some([&] { return Text(); });
    account.roles = Some([&] { return Text(); });
    account.last_accessed = Maybe([&] { return AnyTime(); });
    account.invited = Maybe([&] { return AnyTime(); });
    return account;
  }
  model::Candidate Candidate() {
    model::Candidate candidate;
    candidate.person = Person();
    candidate.eligibility = Pick(model::Eligibility::kEligible, model::Eligibility::kMissing);
    candidate.reason = AnyReason();
    candidate.no_person = Coin();
    candidate.first_name = Text();
    candidate.last_name = Text();
    candidate.school_code = Text();
    candidate.grade = Text();
    candidate.status_word = Text();
    candidate.next_status = Text();
    candidate.next_grade = Text();
    candidate.fields = Fields();
    candidate.email = Text();
    candidate.facts_email = Text();
    candidate.uses_email2 = Coin();
    candidate.email2 = Text();
    candidate.families = Some([&] { return model::FamilyPlace{Family(), Coin()}; });
    candidate.families_read = !candidate.families.empty() || Coin();
    candidate.family_name = Text();
    candidate.children =
        Some([&] { return model::Child{Person(), Coin(), Coin(), Coin(), Coin(), Coin()}; });
    candidate.mismatch = Pick(model::Mismatch::kNone, model::Mismatch::kTieAlone);
    return candidate;
  }
  model::Change Change() {
    model::Change change;
    change.candidate = Candidate();
    change.situation = Pick(model::Situation::kNew, model::Situation::kNotYet);
    change.action = Pick(model::Action::kNone, model::Action::kInvite);
    change.reason = AnyReason();
    change.account = Maybe([&] { return Account(); });
    change.lost_account = Maybe([&] { return AccountId(Text()); });
    change.fields = FieldChanges();
    change.drift = FieldChanges();
    change.duplicates = Some([&] { return Person(); });
    change.collision = Maybe([&] { return AccountId(Text()); });
    change.taken_by = Maybe([&] { return Person(); });
    change.several = Some([&] {
      return model::Fit{AccountId(Text()), Coin(), Text(), Text(), Coin()};
    });
    change.severity = AnySeverity();
    change.group = Maybe([&] { return AnyFingerprint(); });
    change.never_archive = Coin();
    change.missing_polls = Small();
    change.linked = Coin();
    return change;
  }
  model::DuplicateGroup Group() {
    model::DuplicateGroup group;
    group.id = GroupId(Number());
    group.key = AnyFingerprint();
    group.reason = AnyReason();
    group.severity = AnySeverity();
    group.address = Text();
    group.members = Some([&] { return Person(); });
    group.members_total = Number();
    group.account = Maybe([&] { return AccountId(Text()); });
    group.family = Maybe([&] { return Family(); });
    group.state = AnyFingerprint();
    return group;
  }
  model::Decision Decision() {
    model::Decision decision;
    decision.person = Person();
    do {
      decision.kind = Pick(model::DecisionKind::kSync, model::DecisionKind::kProtect);
    } while (decision.kind == model::DecisionKind::kInclude);
    decision.made_on = AnyFingerprint();
    decision.basis = Maybe([&] {
      model::Basis basis{Coin(), Text(), Text(), AccountId(Text()), Some([&] { return Family(); })};
      basis.families_read = !basis.families.empty() || Coin();
      return basis;
    });
    decision.note = Text();
    decision.actor = Text();
    decision.at = AnyTime();
    return decision;
  }
  model::GroupDecision GroupDecision() {
    return {AnyFingerprint(),
            Pick(model::HolderKind::kKeep, model::HolderKind::kShare),
            Person(),
            AnyFingerprint(),
            Some([&] { return Person(); }),
            Text(),
            Text(),
            AnyTime()};
  }
  model::EmailChoice EmailChoice() { return {Person(), Filled(), Text(), AnyTime()}; }
  model::MatchDecision MatchDecision() {
    return {Person(), Maybe([&] { return AccountId(Filled()); }),
            Some([&] { return AccountId(Text()); }), Text(), AnyTime()};
  }
  model::FamilyExclusion FamilyExclusion() {
    return {Family(), Text(), Text(), AnyTime(), Some([&] { return Person(); })};
  }
  model::FamilyCount FamilyCount() {
    return {Family(), Text(), Number(), Number(), Number(), Number(), Number()};
  }
  model::Verdict Verdict() {
    return {Pick(model::ListStatus::kNew, model::ListStatus::kError),
            Coin(),
            Coin(),
            Pick(model::Bucket::kAdd, model::Bucket::kUnchanged),
            Pick(model::Action::kNone, model::Action::kInvite),
            AnyReason(),
            AnyClass(),
            AnySeverity()};
  }
  model::Placement Placement() {
    return {Verdict(), Bytes(), AnyFingerprint(), Coin(), Some([&] { return Family(); })};
  }
  model::Tally Tally() {
    model::Tally tally;
    tally.everybody = Number();
    tally.fresh = Number();
    for (auto& count : tally.by_status) count = Number();
    for (auto& count : tally.by_bucket) count = Number();
    for (auto& count : tally.by_reason) count = Below(3);
    for (auto& count : tally.by_class) count = Number();
    for (auto& count : tally.by_severity) count = Number();
    tally.linked_active = Number();
    tally.fresh_selected = Number();
    tally.families = Number();
    tally.families_fresh = Number();
    tally.families_selected = Number();
    tally.families_excluded = Number();
    return tally;
  }
  model::TaskCounts Counts() {
    return {Number(), Number(), Number(), Number(), Number(), Number(), Number()};
  }
  model::Poll Poll() {
    model::Poll poll;
    poll.id = PollId(Number());
    poll.state = Pick(model::PollState::kRunning, model::PollState::kRejected);
    poll.started = AnyTime();
    poll.ended = AnyTime();
    poll.reason = Text();
    poll.message = Text();
    poll.people = Number();
    poll.students = Number();
    poll.accounts = Number();
    poll.requests = Number();
    poll.bytes = Number();
    poll.rows_changed = Number();
    poll.rows_rejected = Number();
    poll.rejected = Some([&] {
      return model::RejectedRow{Text(), Number(), Maybe([&] { return Person().value(); }), Text(),
                                Text()};
    });
    poll.unowned_accounts = Number();
    poll.families = Number();
    poll.reused = Coin();
    poll.notices = Some([&] { return std::pair(Text(), Number()); });
    return poll;
  }
  model::Hold Hold() {
    model::Hold hold;
    hold.guard = AnyGuard();
    hold.count = Number();
    hold.population = Number();
    hold.limit.max_count = Maybe([&] { return Small(); });
    hold.limit.max_share = Maybe([&] { return static_cast<double>(Below(1001)) / 1000; });
    hold.limit.min_population = Small();
    hold.rollover = Coin();
    hold.persons = Some([&] { return Person(); });
    return hold;
  }
  model::PlanItem PlanItem() {
    return {Person(), AnyAction(), AnyDigest(), AnyClass(), Maybe([&] {
              return TaskId{PlanId(1 + Below(9)), Small()};
            })};
  }
  model::Plan Plan() {
    model::Plan plan;
    plan.id = PlanId(Number());
    plan.invitations = Coin();
    plan.state = Pick(model::PlanState::kOpen, model::PlanState::kFinished);
    plan.digest = AnyDigest();
    plan.items = Number();
    plan.tally = Tally();
    for (auto& count : plan.by_action) count = Number();
    plan.prepared_at = AnyTime();
    plan.prepared_by = Text();
    plan.approved_at = Maybe([&] { return AnyTime(); });
    plan.approved_by = Text();
    plan.left_out = Number();
    plan.tasks = Counts();
    plan.finished_at = Maybe([&] { return AnyTime(); });
    for (auto& count : plan.by_class) count = Number();
    plan.undo_of = Maybe([&] { return PlanId(Number()); });
    plan.not_undone = Some([&] {
      model::NotUndone one;
      one.task = AnyTask();
      one.person = Person();
      one.reason = Text();
      return one;
    });
    plan.not_undone_total = Number();
    plan.expires_at = AnyTime() + Duration(1);
    plan.holds = Some([&] { return Hold(); });
    plan.override_reason = Text();
    plan.not_chosen = Number();
    plan.recently_invited = Number();
    plan.two_needed = Text();
    plan.lifting_needs_two = Coin();
    plan.first_approval = Maybe([&] { return Approval(); });
    return plan;
  }
  model::Approval Approval() {
    model::Approval approval;
    approval.actor = Text();
    approval.names = Some([&] { return Text(); });
    approval.by_group = Coin();
    approval.at = AnyTime();
    approval.seq = Seq(Number());
    approval.choice = AnyDigest();
    approval.leave_out_changed = Coin();
    approval.only =
        Some([&] { return Pick(model::ChangeClass::kAdd, model::ChangeClass::kInvite); });
    approval.except = Some([&] { return Person(); });
    approval.override_guards = Coin();
    approval.override_reason = Text();
    approval.replaced_actor = Text();
    approval.replaced_at = Maybe([&] { return AnyTime(); });
    return approval;
  }
  model::Task Task() {
    model::Task task;
    task.id = AnyTask();
    task.person = Person();
    task.action = AnyAction();
    task.digest = AnyDigest();
    task.external_id = Text();
    task.account = AccountId(Text());
    task.fields = FieldChanges();
    task.was_active = Coin();
    task.link_only = Coin();
    task.invited_before = Maybe([&] { return AnyTime(); });
    task.look_only = Coin();
    task.doubt = Text();
    task.resting = Coin();
    task.forgotten = Coin();
    task.undo_of = Maybe([&] { return AnyTask(); });
    task.state = Pick(model::TaskState::kQueued, model::TaskState::kSuperseded);
    task.attempt = Small();
    task.failures = Small();
    task.not_before = AnyTime();
    task.lease_until = Maybe([&] { return AnyTime(); });
    task.worker = Text();
    task.reason = Text();
    task.ended_at = Maybe([&] { return AnyTime(); });
    task.site_failures = Small();
    task.served_then = Number();
    task.fitted_by = Maybe([&] { return model::FittedBy{Text(), Text(), Text()}; });
    return task;
  }
  model::UserRow Row() {
    model::UserRow row;
    row.change = Change();
    row.verdict = Verdict();
    row.decision =
        Maybe([&] { return Pick(model::DecisionKind::kSync, model::DecisionKind::kProtect); });
    row.sentence = Text();
    row.in_progress = Coin();
    row.changed = Coin();
    row.context = Coin();
    row.note = Text();
    row.outdated = Some([&] { return Text(); });
    row.group = Maybe([&] { return GroupId(Number()); });
    return row;
  }

 private:
  SeededRandom random_;
};

}  // namespace roster
