#include "daemon/worker/crew.h"

#include <exception>

namespace roster::worker {

Crew::Crew(std::size_t size, SiteMaker make_site, std::function<void()> ended)
    : size_(size), make_site_(std::move(make_site)), ended_callback_(std::move(ended)) {}

Crew::~Crew() {
  StopAll();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;  // threads_ stays as it is from here on
  }
  for (std::jthread& thread : threads_) thread.request_stop();
}

void Crew::Start(model::LeasedTask task) {
  const std::lock_guard lock(mutex_);
  const auto [it, is_new] = open_.try_emplace(AttemptOf(task));
  if (!is_new) return;
  Lane& lane = lanes_[task.school];
  lane.waiting.push_back({std::move(task), it->second.get_token()});
  MakeReady(lane);
}

void Crew::MakeReady(Lane& lane) {
  while (!lane.waiting.empty() && lane.going < size_) {
    ready_.push_back(std::move(lane.waiting.front()));
    lane.waiting.pop_front();
    ++lane.going;
  }
  while (!ending_ && free_threads_ < ready_.size() && threads_.size() < kThreadsMax) {
    ++free_threads_;
    threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
  }
  work_came_.notify_all();
}

void Crew::Stop(const Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  if (const auto it = open_.find(attempt); it != open_.end()) it->second.request_stop();
}

void Crew::StopAll() {
  const std::lock_guard lock(mutex_);
  for (auto& [attempt, source] : open_) source.request_stop();
}

std::vector<std::pair<Attempt, model::Outcome>> Crew::TakeEnded() {
  const std::lock_guard lock(mutex_);
  for (const auto& [attempt, outcome] : ended_) open_.erase(attempt);
  return std::exchange(ended_, {});
}

void Crew::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (work_came_.wait(lock, stop, [this] { return !ready_.empty(); })) {
    --free_threads_;
    const Job job = std::move(ready_.front());
    ready_.pop_front();
    Lane& lane = lanes_.at(job.task.school);  // lanes stay where they are
    std::unique_ptr<target::Site> site;
    if (!lane.unused.empty()) {
      site = std::move(lane.unused.back());
      lane.unused.pop_back();
    }
    lock.unlock();
    model::Outcome outcome = Execute(job, site);
    lock.lock();
    ended_.emplace_back(AttemptOf(job.task), std::move(outcome));
    if (site) lane.unused.push_back(std::move(site));
    --lane.going;
    ++free_threads_;
    MakeReady(lane);
    lock.unlock();
    ended_callback_();
    lock.lock();
  }
}

model::Outcome Crew::Execute(const Job& job, std::unique_ptr<target::Site>& site) const {
  if (job.stop.stop_requested()) return model::Failed{"stopped", true, false, std::nullopt};
  try {
    if (!site) site = make_site_(job.task.school);
    if (!site) return model::Failed{"unknown-school", true, false, std::nullopt};
    return site->Execute(job.task.task, job.stop);
  } catch (const std::exception&) {
    return model::Unknown{"no-answer"};  // Site does not throw; if it does, the site is looked at
  }
}

}  // namespace roster::worker
