// What is told to those who watch: requests that were answered, and once a second how everything
// stands. Numbers and words of closed lists alone.

#include <algorithm>
#include <utility>

#include "daemon/engine/engine.h"
#include "daemon/plan/guards.h"

namespace roster::engine {
namespace {

constexpr Duration kVitalsEvery = std::chrono::seconds(1);

model::PollVitals VitalsOf(const model::Poll& poll) {
  return {
      poll.ended,    poll.ended - poll.started, poll.people,       poll.students,     poll.accounts,
      poll.families, poll.unowned_accounts,     poll.rows_changed, poll.rows_rejected};
}

}  // namespace

void Engine::NoteAnswered(model::Answered answered, Duration begin, const Error* error) {
  answered.took = begin;  // until TellAnswered()
  answered.code = error == nullptr ? "done" : std::string(CodeWord(error->code));
  if (answered.outcome.empty()) answered.outcome = error == nullptr ? "done" : error->reason;
  answered_.push_back(std::move(answered));
}

void Engine::TellAnswered() {
  const Duration now = clock_.Steady();
  for (model::Answered& answered : answered_) {
    answered.took = now - answered.took;
    const std::string& name = answered.request;
    ++counted_.requests[{name.empty() ? "unknown" : name, answered.code}];
    if (told_answered_) told_answered_(answered);
  }
  answered_.clear();
}

// What is only examined again brings nothing new from outside, and says nothing of how that is.
void Engine::NotePollEnd(School& school, const model::Poll& poll) {
  if (poll.reused && poll.state == model::PollState::kUsed) return;
  model::Poll noted = poll;
  noted.rejected.clear();
  polls_ended_.emplace_back(&school, std::move(noted));
}

void Engine::CountPolls() {
  for (const auto& [school, poll] : polls_ended_) {
    model::SchoolVitals& vitals = school->vitals;
    vitals.last_poll = VitalsOf(poll);
    vitals.last_used = poll.state == model::PollState::kUsed;
    counted_.poll_times.Add(poll.ended - poll.started);
    if (vitals.last_used) {
      vitals.last_good = vitals.last_poll;
      ++vitals.polls_used;
    } else {
      ++vitals.polls_rejected[poll.reason];
    }
  }
  polls_ended_.clear();
}

// Those that ended before the start.
Result<void> Engine::ReadPolls(School& school) {
  if (!school.vitals.last_poll) {
    const std::uint64_t last = school.head.polls - (school.polling ? 1 : 0);
    ROSTER_ASSIGN(const auto poll, FindPoll(school, PollId(last)), "");
    if (poll) {
      school.vitals.last_poll = VitalsOf(*poll);
      school.vitals.last_used = poll->state == model::PollState::kUsed;
    }
  }
  if (!school.vitals.last_good) {
    ROSTER_ASSIGN(const auto good, FindPoll(school, school.head.last_good_poll), "");
    if (good) school.vitals.last_good = VitalsOf(*good);
  }
  school.polls_read = true;
  return {};
}

void Engine::GiveVitals() {
  if (!told_vitals_ || clock_.Steady() < next_vitals_) return;
  next_vitals_ = clock_.Steady() + kVitalsEvery;
  // A store that can't be read says so wherever it is read; whoever watches sees that these are
  // old.
  if (auto vitals = TakeVitals()) told_vitals_(*std::move(vitals));
}

Result<model::Vitals> Engine::TakeVitals() {
  model::Vitals vitals = counted_;
  vitals.version = settings_.version;
  vitals.at = clock_.Now();
  vitals.started = started_;
  vitals.inputs_waiting = inputs_.size();
  vitals.leases_waiting = parked_.size();
  vitals.disk_reason = disk_problem_.empty() ? "" : disk_reason_;
  vitals.disk_slow = !disk_slow_.empty();
  vitals.config_refused = !config_problem_.empty();
  for (const auto& [name, worker] : workers_) {
    vitals.worker_seen = std::max(vitals.worker_seen.value_or(worker.seen), worker.seen);
    if (worker.seen + settings_.worker_away < vitals.at) continue;
    ++vitals.workers;
    if (worker.lapsed) ++vitals.workers_lapsed;
  }
  vitals.backups = backups_ != nullptr;
  if (const auto good = NewestGoodBackup()) vitals.backup_good = good->at;
  vitals.backup_failed = HasBackupProblem();
  ROSTER_ASSIGN(vitals.backup_overdue, IsBackupOverdue(vitals.at), "");
  const bus::Bus::Counters bus = bus_.counters();
  vitals.bus = {bus.received,     bus.sent,
                bus.published,    bus.dropped_in,
                bus.dropped_full, bus.dropped_out - std::min(bus.dropped_out, bus.dropped_full),
                bus.events_late,  bus.cut_unread,
                bus.cut_topics,   bus.cut_peers,
                bus.connections};
  vitals.limits = limits_.Each();
  for (School& school : schools_) {
    if (!school.polls_read) ROSTER_TRY(ReadPolls(school), "");
    const model::SchoolHead& head = school.head;
    model::SchoolVitals& one = school.vitals;
    one.school = school.id();
    one.accounts = school.rules().accounts;
    one.poll_every = school.settings->poll_every;
    one.polling = school.polling.has_value();
    one.stopped = !head.source_stopped.empty();
    one.stopped_reason = head.source_stopped;
    one.next_poll = one.stopped ? std::nullopt : head.next_poll;
    one.source_problem = !head.source_problem.empty();
    one.site_problem = !head.site_problem.empty() || school.IsSiteFailing();
    one.tally = head.tally;
    one.holds.clear();
    for (const model::Hold& hold : PendingHolds(school, vitals.at)) {
      one.holds.push_back(hold.guard);
    }
    one.rollover = plan::LimitsAt(school.settings->plans, vitals.at).rollover;
    one.tasks = head.tasks;
    one.plans_waiting = school.current_plans.CountWaiting(vitals.at);
    one.plans_under_way = school.current_plans.CountUnderWay();
    one.unmapped_words = head.unknown_words.size();
    one.head = head.seq;
    one.acknowledged = head.acknowledged;
    one.workers_away = head.workers_away && head.tasks.waiting() > 0;
    one.worker_asked = school.worker_asked;
    vitals.schools.push_back(one);
  }
  return {std::move(vitals)};
}

}  // namespace roster::engine
