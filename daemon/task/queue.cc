#include "daemon/task/queue.h"

#include <algorithm>
#include <iterator>

namespace roster::task {

using model::TaskState;

void Queue::Remove(TaskId id) {
  const auto at = spots_.find(id);
  if (at == spots_.end()) return;
  switch (at->second.where) {
    case Where::kReady:
      ready_.erase(id);
      failed_.erase({at->second.failed, id});
      break;
    case Where::kWaiting:
      waiting_.erase({at->second.time, id});
      break;
    case Where::kLeased: {
      leased_.erase({at->second.time, id});
      const auto holder = holders_.find(id);
      const auto held = held_.find(holder->second);
      if (--held->second == 0) held_.erase(held);
      holders_.erase(holder);
      break;
    }
  }
  spots_.erase(at);
}

void Queue::Place(const model::Task& task) {
  Remove(task.id);
  if (task.resting) return;
  const std::uint32_t failed = task.failures + task.site_failures;
  switch (task.state) {
    case TaskState::kQueued:
      MakeReady(task.id, {Where::kReady, Time{}, failed});
      break;
    case TaskState::kRetry:
    case TaskState::kUnknown:
      waiting_.insert({task.not_before, task.id});
      spots_[task.id] = {Where::kWaiting, task.not_before, failed,
                         task.state == TaskState::kRetry && task.site_failures > 0};
      break;
    case TaskState::kLeased: {
      const Time until = task.lease_until.value_or(Time{});
      leased_.insert({until, task.id});
      holders_[task.id] = task.worker;
      ++held_[task.worker];
      spots_[task.id] = {Where::kLeased, until, failed};
      break;
    }
    case TaskState::kApplied:
    case TaskState::kDead:
    case TaskState::kSuperseded:
      break;
  }
}

void Queue::MakeReady(TaskId id, Spot spot) {
  ready_.insert(id);
  if (spot.failed > 0) failed_.insert({spot.failed, id});
  spot.where = Where::kReady;
  spot.time = Time{};
  spots_[id] = spot;
}

void Queue::MakeReady(Time now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const TaskId id = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    MakeReady(id, spots_.at(id));
  }
}

std::vector<TaskId> Queue::Ready(std::size_t max, Time now) {
  MakeReady(now);
  std::vector<TaskId> ids;
  for (auto at = ready_.begin(); at != ready_.end() && ids.size() < max; ++at) ids.push_back(*at);
  return ids;
}

std::optional<TaskId> Queue::LeastFailed(Time now) {
  MakeReady(now);
  if (ready_.empty()) return std::nullopt;
  if (ready_.size() == failed_.size()) return failed_.begin()->second;
  return *std::find_if(ready_.begin(), ready_.end(),
                       [this](TaskId id) { return spots_.at(id).failed == 0; });
}

void Queue::Hurry() {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const TaskId id = at->second;
    const Spot& spot = spots_.at(id);
    at = spot.for_site ? waiting_.erase(at) : std::next(at);
    if (spot.for_site) MakeReady(id, spot);
  }
}

std::vector<TaskId> Queue::Expired(Time now) const {
  std::vector<TaskId> ids;
  for (auto at = leased_.begin(); at != leased_.end() && at->first <= now; ++at) {
    ids.push_back(at->second);
  }
  return ids;
}

std::size_t Queue::HeldBy(const std::string& worker) const {
  const auto held = held_.find(worker);
  return held == held_.end() ? 0 : held->second;
}

std::optional<Time> Queue::NextReady() const {
  if (!ready_.empty()) return Time{};
  if (!waiting_.empty()) return waiting_.begin()->first;
  return std::nullopt;
}

std::optional<Time> Queue::NextExpiry() const {
  if (leased_.empty()) return std::nullopt;
  return leased_.begin()->first;
}

}  // namespace roster::task
