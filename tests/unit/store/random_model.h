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
  model::Change Change() {
    model::Change change;
    model::Candidate& candidate = change.candidate;
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
    change.several = Some([&] { return AccountId(Text()); });
    change.missing_polls = Small();
    change.linked = Coin();
    return change;
  }
  model::Verdict Verdict() {
    return {Pick(model::ListStatus::kNew, model::ListStatus::kError),
            Coin(),
            Coin(),
            Pick(model::Bucket::kAdd, model::Bucket::kUnchanged),
            Pick(model::Action::kNone, model::Action::kInvite),
            AnyReason()};
  }
  model::Tally Tally() {
    model::Tally tally;
    tally.everybody = Number();
    tally.fresh = Number();
    for (auto& count : tally.by_status) count = Number();
    for (auto& count : tally.by_bucket) count = Number();
    for (auto& count : tally.by_reason) count = Below(3);
    return tally;
  }
  model::TaskCounts Counts() {
    return {Number(), Number(), Number(), Number(), Number(), Number()};
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
    return poll;
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
    return plan;
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
    task.state = Pick(model::TaskState::kQueued, model::TaskState::kSuperseded);
    task.attempt = Small();
    task.failures = Small();
    task.not_before = AnyTime();
    task.lease_until = Maybe([&] { return AnyTime(); });
    task.worker = Text();
    task.reason = Text();
    task.ended_at = Maybe([&] { return AnyTime(); });
    return task;
  }
  model::UserRow Row() {
    return {Change(),
            Verdict(),
            Maybe([&] { return Pick(model::DecisionKind::kSync, model::DecisionKind::kExclude); }),
            Text(),
            Coin(),
            Coin()};
  }

 private:
  SeededRandom random_;
};

}  // namespace roster
