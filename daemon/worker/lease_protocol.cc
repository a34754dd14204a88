#include "daemon/worker/lease_protocol.h"

#include <algorithm>

namespace roster::worker {
namespace {

const model::Outcome kStopped =
    model::Failed{"stopped", /*again=*/true, /*site_failing=*/false, std::nullopt};

bool IsStopped(const model::Outcome& outcome) {
  const auto* failed = std::get_if<model::Failed>(&outcome);
  return failed != nullptr && failed->reason == "stopped";
}

Attempt AttemptOf(const model::LeaseRef& ref) { return {ref.school, ref.task, ref.attempt}; }

// Held and not ended: the daemon gives one process 1,000.
constexpr std::size_t kOpenMax = 500;

std::pair<SchoolId, TaskId> TaskOf(const Attempt& attempt) {
  return {std::get<0>(attempt), std::get<1>(attempt)};
}

}  // namespace

Attempt AttemptOf(const model::LeasedTask& task) {
  return {task.school, task.task.id, task.task.attempt};
}

model::LeaseRef RefOf(const Attempt& attempt) {
  return {std::get<0>(attempt), std::get<1>(attempt), std::get<2>(attempt)};
}

LeaseProtocol::LeaseProtocol(ProtocolSettings settings, Random& random)
    : settings_(std::move(settings)),
      random_(random),
      report_batch_(std::max<std::size_t>(settings_.reports_max, 1)) {
  settings_.concurrency = std::max(settings_.concurrency, 1U);
  if (settings_.once) settings_.lease_wait = Duration::zero();
}

// ---- lines --------------------------------------------------------------------------------------

bool LeaseProtocol::IsFree(const Line& line, Duration now) const {
  return line.request_id.empty() && now >= line.not_before;
}

void LeaseProtocol::LineFailed(Line& line, Duration now) {
  line.request_id.clear();
  if (!unanswered_since_) unanswered_since_ = now;
  Duration ceiling = settings_.retry_delay_first;
  for (int i = 0; i < line.failures && ceiling < settings_.retry_delay_max; ++i) ceiling *= 2;
  ++line.failures;
  ceiling = std::min(ceiling, settings_.retry_delay_max);
  line.not_before = now + std::chrono::duration_cast<Duration>(ceiling * random_.Uniform());
}

void LeaseProtocol::LineAnswered(Line& line) {
  line.request_id.clear();
  line.failures = 0;
}

bool LeaseProtocol::ExpireLine(Line& line, Duration answer_max, Duration now) {
  if (line.request_id.empty() || now - line.sent < answer_max) return false;
  LineFailed(line, now);
  return true;
}

model::WorkerRequest LeaseProtocol::MakeRequest(Line& line, Duration now) {
  line.request_id = std::to_string(next_request_++);
  line.sent = now;
  model::WorkerRequest request;
  request.request_id = line.request_id;
  request.worker = settings_.worker;
  return request;
}

// ---- asking -------------------------------------------------------------------------------------

// Twice as many as are executed at a time: none of them waits for the daemon.
std::uint32_t LeaseProtocol::OpenOfOneSchool() const { return 2 * settings_.concurrency; }

std::uint32_t LeaseProtocol::RoomForTasks() const {
  const std::size_t schools = std::max<std::size_t>(settings_.schools.size(), 1);
  const std::size_t wanted = std::min(kOpenMax, OpenOfOneSchool() * schools);
  const std::size_t open = running_ + waiting_.size();
  return open >= wanted ? 0 : static_cast<std::uint32_t>(wanted - open);
}

bool LeaseProtocol::IsAnySchoolFull() const {
  std::map<SchoolId, std::size_t> held_of;
  for (const auto& [attempt, held] : held_) ++held_of[std::get<SchoolId>(attempt)];
  return std::any_of(held_of.begin(), held_of.end(),
                     [this](const auto& one) { return one.second >= OpenOfOneSchool(); });
}

bool LeaseProtocol::WantsReport() const { return !ended_.empty(); }

bool LeaseProtocol::WantsLease() const {
  return !stopping_ && !exhausted_ && RoomForTasks() > 0 &&
         ended_.size() < settings_.unreported_max;
}

std::vector<model::WorkerRequest> LeaseProtocol::Due(Duration now) {
  if (ExpireLine(report_line_, settings_.answer_max, now)) {
    report_batch_ = std::max<std::size_t>(report_batch_ / 2, 1);  // it may have been too large
  }
  ExpireLine(heartbeat_line_, HeartbeatAnswerMax(), now);
  ExpireLine(lease_line_, settings_.lease_wait + settings_.answer_max, now);
  std::vector<model::WorkerRequest> due;
  if (WantsReport() && IsFree(report_line_, now)) AddReport(due, now);
  if (WantsHeartbeat() && now >= next_heartbeat_ && IsFree(heartbeat_line_, now)) {
    AddHeartbeat(due, now);
  }
  if (WantsLease() && IsFree(lease_line_, now)) AddLease(due, now);
  return due;
}

Duration LeaseProtocol::DueIn(Duration now) const {
  Duration next = now + std::chrono::seconds(60);
  const auto consider = [&](const Line& line, Duration answer_max, bool wanted, Duration from) {
    if (!line.request_id.empty()) {
      next = std::min(next, line.sent + answer_max);
    } else if (wanted) {
      next = std::min(next, std::max(line.not_before, from));
    }
  };
  consider(report_line_, settings_.answer_max, WantsReport(), now);
  consider(heartbeat_line_, HeartbeatAnswerMax(), WantsHeartbeat(), next_heartbeat_);
  consider(lease_line_, settings_.lease_wait + settings_.answer_max, WantsLease(), now);
  return std::max(next - now, Duration::zero());
}

void LeaseProtocol::AddReport(std::vector<model::WorkerRequest>& due, Duration now) {
  model::ReportOutcomes body;
  reported_.clear();
  for (const Attempt& attempt : ended_) {
    if (reported_.size() >= report_batch_) break;
    const auto& [school, task, number] = attempt;
    body.reports.push_back({school, task, number, held_.at(attempt).outcome});
    reported_.push_back(attempt);
  }
  auto request = MakeRequest(report_line_, now);
  request.body = std::move(body);
  due.push_back(std::move(request));
}

void LeaseProtocol::AddHeartbeat(std::vector<model::WorkerRequest>& due, Duration now) {
  model::Heartbeat body;
  beaten_.clear();
  for (const auto& [attempt, held] : held_) {
    if (held.lost) continue;
    body.held.push_back(RefOf(attempt));
    beaten_.push_back(attempt);
  }
  next_heartbeat_ = now + HeartbeatEvery();
  if (beaten_.empty()) return;
  auto request = MakeRequest(heartbeat_line_, now);
  request.body = std::move(body);
  due.push_back(std::move(request));
}

void LeaseProtocol::AddLease(std::vector<model::WorkerRequest>& due, Duration now) {
  auto request = MakeRequest(lease_line_, now);
  request.body =
      model::Lease{settings_.schools, RoomForTasks(), settings_.lease_wait, OpenOfOneSchool()};
  due.push_back(std::move(request));
}

void LeaseProtocol::SendFailed(const std::string& request_id, Duration now) {
  for (Line* line : {&lease_line_, &heartbeat_line_, &report_line_}) {
    if (line->request_id == request_id) LineFailed(*line, now);
  }
}

// ---- answers ------------------------------------------------------------------------------------

ReplyEffects LeaseProtocol::Replied(const model::WorkerReply& reply, Duration now) {
  ReplyEffects effects;
  unanswered_since_.reset();
  if (const auto* leases = std::get_if<model::LeaseReply>(&reply.body)) {
    // An answer that comes late still holds tasks that are ours, for an unknown part of the lease.
    const bool known = reply.request_id == lease_line_.request_id && !reply.request_id.empty();
    if (leases->lease > Duration::zero()) lease_ = leases->lease;
    const Duration granted = known ? lease_line_.sent : now - lease_;
    if (known) LineAnswered(lease_line_);
    if (known && settings_.once && leases->tasks.empty()) {
      // A school of which no more are given may have others.
      exhausted_ = !IsAnySchoolFull();
      if (!exhausted_) lease_line_.not_before = now + settings_.retry_delay_first;
    }
    effects.shares = leases->shares;
    TakeLeases(*leases, granted + lease_, effects);
  } else if (const auto* error = std::get_if<Error>(&reply.body)) {
    effects.error = *error;
    TakeError(*error, reply.request_id, now);
  } else if (const auto* beat = std::get_if<model::HeartbeatReply>(&reply.body)) {
    if (reply.request_id != heartbeat_line_.request_id) return effects;
    LineAnswered(heartbeat_line_);
    TakeHeartbeat(*beat, heartbeat_line_.sent, effects);
  } else if (const auto* report = std::get_if<model::ReportReply>(&reply.body)) {
    if (reply.request_id != report_line_.request_id) return effects;
    LineAnswered(report_line_);
    TakeReport(*report, effects);
  }
  return effects;
}

void LeaseProtocol::TakeLeases(const model::LeaseReply& reply, Duration until,
                               ReplyEffects& effects) {
  const bool held_none = held_.empty();
  for (const model::LeasedTask& leased : reply.tasks) {
    const Attempt attempt = AttemptOf(leased);
    const auto [it, is_new] = held_.try_emplace(attempt);
    if (!is_new) continue;
    ++effects.leased;
    it->second.leased = leased;
    it->second.until = until;
    if (stopping_) {
      it->second.state = State::kEnded;
      it->second.outcome = kStopped;
      ended_.push_back(attempt);
    } else {
      waiting_.push_back(attempt);
    }
  }
  // The first heartbeat a third of a lease after the grant; at once when that is over.
  const Duration first = until - lease_ + HeartbeatEvery();
  if (effects.leased > 0) next_heartbeat_ = held_none ? first : std::min(next_heartbeat_, first);
}

void LeaseProtocol::TakeHeartbeat(const model::HeartbeatReply& reply, Duration sent,
                                  ReplyEffects& effects) {
  std::set<Attempt> lost;
  for (const model::LeaseRef& ref : reply.lost) lost.insert(AttemptOf(ref));
  for (const Attempt& attempt : beaten_) {
    const auto it = held_.find(attempt);
    if (it == held_.end()) continue;
    Held& held = it->second;
    if (!lost.contains(attempt)) {
      held.until = std::max(held.until, sent + lease_);
      continue;
    }
    held.lost = true;
    if (held.state == State::kRunning) effects.lost_running.push_back(attempt);
    if (held.state == State::kWaiting) {
      ++effects.lost_waiting;
      Drop(attempt);
    }
  }
  beaten_.clear();
}

void LeaseProtocol::TakeReport(const model::ReportReply& reply, ReplyEffects& effects) {
  for (const model::LeaseRef& ref : reply.refused) effects.refused.push_back(AttemptOf(ref));
  for (const Attempt& attempt : reported_) Drop(attempt);
  reported_.clear();
  report_batch_ = std::max<std::size_t>(settings_.reports_max, 1);
}

// A report that the daemon can't read is taken apart, so that one outcome holds back no other; the
// one is dropped, and its lease runs out: the site will be looked at.
void LeaseProtocol::TakeError(const Error& error, const std::string& request_id, Duration now) {
  if (request_id.empty()) return;
  const bool is_report = request_id == report_line_.request_id;
  for (Line* line : {&lease_line_, &heartbeat_line_, &report_line_}) {
    if (line->request_id == request_id) LineFailed(*line, now);
  }
  unanswered_since_.reset();  // it did answer
  if (!is_report || error.code != Code::kInvalid) return;
  if (reported_.size() > 1) {
    report_batch_ = 1;
  } else {
    for (const Attempt& attempt : reported_) Drop(attempt);
  }
  reported_.clear();
}

void LeaseProtocol::Drop(const Attempt& attempt) {
  std::erase(waiting_, attempt);
  std::erase(ended_, attempt);
  held_.erase(attempt);
}

// ---- tasks --------------------------------------------------------------------------------------

std::optional<model::LeasedTask> LeaseProtocol::Begin(Duration now) {
  for (std::size_t i = 0; i < waiting_.size();) {
    const Attempt attempt = waiting_[i];
    Held& held = held_.at(attempt);
    const SchoolId& school = std::get<SchoolId>(attempt);
    const auto of_school = running_of_.find(school);
    const bool full = of_school != running_of_.end() && of_school->second >= settings_.concurrency;
    if (full || now >= held.until || !busy_.insert(TaskOf(attempt)).second) {
      ++i;
      continue;
    }
    ++running_of_[school];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    held.state = State::kRunning;
    ++running_;
    return held.leased;
  }
  return std::nullopt;
}

std::vector<Attempt> LeaseProtocol::RunOut(Duration now) {
  std::vector<Attempt> run_out;
  for (auto& [attempt, held] : held_) {
    if (held.state != State::kRunning || held.run_out || now < held.until) continue;
    held.run_out = true;
    run_out.push_back(attempt);
  }
  return run_out;
}

// A lease that is lost does not make an effect undone: it is reported, and the daemon judges.
void LeaseProtocol::Ended(const Attempt& attempt, model::Outcome outcome) {
  const auto it = held_.find(attempt);
  if (it == held_.end() || it->second.state != State::kRunning) return;
  --running_;
  const auto of_school = running_of_.find(std::get<SchoolId>(attempt));
  if (--of_school->second == 0) running_of_.erase(of_school);
  busy_.erase(TaskOf(attempt));
  if (it->second.lost && IsStopped(outcome)) {
    Drop(attempt);
    return;
  }
  it->second.state = State::kEnded;
  it->second.outcome = std::move(outcome);
  ended_.push_back(attempt);
}

void LeaseProtocol::Stop() {
  stopping_ = true;
  for (const Attempt& attempt : waiting_) {
    Held& held = held_.at(attempt);
    held.state = State::kEnded;
    held.outcome = kStopped;
    ended_.push_back(attempt);
  }
  waiting_.clear();
}

// A lease that is still asked for may bring tasks yet: who went away would leave them to run out.
bool LeaseProtocol::Finished() const {
  return held_.empty() && (exhausted_ || (stopping_ && lease_line_.request_id.empty()));
}

}  // namespace roster::worker
