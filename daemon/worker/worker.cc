#include "daemon/worker/worker.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

#include "daemon/bus/task_codec.h"
#include "daemon/log/log.h"

namespace roster::worker {
namespace {

constexpr Duration kReceiveMax = std::chrono::seconds(1);
constexpr Duration kPatience = std::chrono::seconds(5);  // before the first complaint
constexpr Duration kComplainEvery = std::chrono::minutes(1);
constexpr Duration kBrokenChannelPause = std::chrono::milliseconds(200);

std::string Name(const Attempt& attempt) {
  const auto& [school, task, number] = attempt;
  return school.value() + "/" + ToString(task) + "#" + std::to_string(number);
}

log::Fields FieldsOf(const Attempt& attempt) {
  const auto& [school, task, number] = attempt;
  return {
      {"school", school.value()}, {"task", ToString(task)}, {"attempt", std::to_string(number)}};
}

struct OutcomeWords {
  std::string operator()(const model::Applied& end) const {
    return end.already ? "applied already" : "applied";
  }
  std::string operator()(const model::Failed& end) const {
    return "failed: " + end.reason + (end.again ? "" : " (no retry helps)");
  }
  std::string operator()(const model::Superseded& end) const { return "superseded: " + end.reason; }
  std::string operator()(const model::Unknown& end) const { return "unknown: " + end.reason; }
};

}  // namespace

Worker::Worker(WorkerSettings settings, bus::WorkerChannel& channel, const Clock& clock,
               Random& random, SiteMaker make_site,
               std::function<void(const SchoolId&, double)> set_rate)
    : settings_(std::move(settings)),
      channel_(channel),
      clock_(clock),
      protocol_(settings_.protocol, random),
      crew_(std::max(settings_.protocol.concurrency, 1U), std::move(make_site),
            [this] { channel_.Wake(); }),
      set_rate_(std::move(set_rate)) {}

Worker::End Worker::Run(const std::stop_token& stop) {
  stop_ = stop;
  const std::stop_callback wake(stop, [this] { channel_.Wake(); });
  End end;
  while (true) {
    if (settings_.turned) settings_.turned();
    CollectEnded();
    if (stop.stop_requested() && !stopping_) BeginStop();
    if (protocol_.Finished()) break;
    const Duration now = clock_.Steady();
    if (stopping_ && now >= stop_until_) break;
    const auto unanswered = protocol_.UnansweredSince();
    if (settings_.protocol.once && unanswered &&
        now - *unanswered >= settings_.once_unanswered_max) {
      end.unanswered = true;
      crew_.StopAll();
      break;
    }
    StartTasks();
    SendDue();
    LogUnanswered();
    if (!error_) Receive();
    if (error_) {
      crew_.StopAll();
      break;
    }
  }
  end.error = error_;
  end.left_running = protocol_.running();
  end.unreported = protocol_.held();
  return end;
}

void Worker::BeginStop() {
  spdlog::info("Stopping: {} tasks are being executed, {} are held.", protocol_.running(),
               protocol_.held());
  stopping_ = true;
  stop_until_ = clock_.Steady() + settings_.stop_grace;
  protocol_.Stop();
  crew_.StopAll();
}

void Worker::CollectEnded() {
  for (auto& [attempt, outcome] : crew_.TakeEnded()) {
    log::Write(log::Level::kInfo,
               "Task " + Name(attempt) + ": " + std::visit(OutcomeWords{}, outcome),
               FieldsOf(attempt));
    protocol_.Ended(attempt, std::move(outcome));
  }
}

void Worker::StartTasks() {
  const Duration now = clock_.Steady();
  for (const Attempt& attempt : protocol_.RunOut(now)) {
    log::Write(log::Level::kWarning,
               "Task " + Name(attempt) + ": its lease ran out; it stops before it writes.",
               FieldsOf(attempt));
    crew_.Stop(attempt);
  }
  while (!stopping_) {
    auto task = protocol_.Begin(now);
    if (!task) break;
    crew_.Start(std::move(*task));
  }
}

void Worker::SendDue() {
  const Duration now = clock_.Steady();
  for (const model::WorkerRequest& request : protocol_.Due(now)) {
    const auto sent = channel_.Send(bus::EncodeWorkerRequest(request));
    if (sent) continue;
    if (sent.error().code == Code::kInvalid) error_ = sent.error();
    if (sent.error().reason == "key-refused") spdlog::warn("{}", sent.error().message);
    protocol_.SendFailed(request.request_id, now);
  }
}

void Worker::Receive() {
  const Duration wait =
      std::clamp<Duration>(protocol_.DueIn(clock_.Steady()), Duration::zero(), kReceiveMax);
  auto payload = channel_.Receive(wait);
  if (!payload) {
    if (payload.error().code == Code::kInvalid) error_ = payload.error();
    spdlog::error("The socket to the daemon fails: {}", payload.error().message);
    if (!clock_.Wait(kBrokenChannelPause, stop_)) return;  // stopped: the loop sees to it
  } else if (*payload) {
    Take(**payload);
  }
}

void Worker::Take(const std::string& payload) {
  const auto reply = bus::DecodeWorkerReply(payload);
  if (!reply) {
    spdlog::error("An answer of the daemon is not understood: {}", reply.error().message);
    return;
  }
  Apply(protocol_.Replied(*reply, clock_.Steady()));
}

void Worker::Apply(const ReplyEffects& effects) {
  if (effects.leased > 0) spdlog::debug("{} tasks leased.", effects.leased);
  for (const auto& [school, requests_per_second] : effects.shares) {
    set_rate_(school, requests_per_second);
  }
  for (const Attempt& attempt : effects.lost_running) {
    log::Write(log::Level::kWarning,
               "Task " + Name(attempt) + ": its lease is lost; it stops before it writes.",
               FieldsOf(attempt));
    crew_.Stop(attempt);
  }
  if (effects.lost_waiting > 0) {
    spdlog::warn("{} leases are lost; those tasks are not begun.", effects.lost_waiting);
  }
  for (const Attempt& attempt : effects.refused) {
    log::Write(log::Level::kWarning,
               "Task " + Name(attempt) +
                   ": the report is dropped; the attempt is no longer the current one.",
               FieldsOf(attempt));
  }
  if (effects.error) {
    spdlog::error("The daemon answered: {} ({})", effects.error->message, effects.error->reason);
  }
}

void Worker::LogUnanswered() {
  const auto since = protocol_.UnansweredSince();
  if (!since) {
    if (complained_at_) spdlog::info("The daemon answers again.");
    complained_at_.reset();
    return;
  }
  const Duration now = clock_.Steady();
  if (now - *since < kPatience) return;
  if (complained_at_ && now - *complained_at_ < kComplainEvery) return;
  complained_at_ = now;
  spdlog::warn("No answer from the daemon for {}. Nothing is lost; trying again.",
               FormatDuration(std::max<Duration>(now - *since, std::chrono::seconds(1))));
}

}  // namespace roster::worker
