#include "daemon/worker/crew.h"

#include <exception>

namespace roster::worker {

Crew::Crew(std::size_t size, SiteMaker make_site, std::function<void()> ended)
    : size_(size), make_site_(std::move(make_site)), ended_callback_(std::move(ended)) {
  threads_.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
  }
}

Crew::~Crew() {
  StopAll();
  for (std::jthread& thread : threads_) thread.request_stop();
}

std::size_t Crew::idle() const {
  const std::lock_guard lock(mutex_);
  const std::size_t busy = open_.size() - ended_.size();
  return busy >= size_ ? 0 : size_ - busy;
}

void Crew::Start(model::LeasedTask task) {
  {
    const std::lock_guard lock(mutex_);
    const auto [it, is_new] = open_.try_emplace(AttemptOf(task));
    if (!is_new) return;
    jobs_.push_back({std::move(task), it->second.get_token()});
  }
  work_came_.notify_one();
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
  Sites sites;
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      if (!work_came_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    model::Outcome outcome = Execute(job, sites);
    {
      const std::lock_guard lock(mutex_);
      ended_.emplace_back(AttemptOf(job.task), std::move(outcome));
    }
    ended_callback_();
  }
}

model::Outcome Crew::Execute(const Job& job, Sites& sites) const {
  if (job.stop.stop_requested()) return model::Failed{"stopped", true, false, std::nullopt};
  try {
    auto& site = sites[job.task.school];
    if (!site) site = make_site_(job.task.school);
    if (!site) return model::Failed{"unknown-school", true, false, std::nullopt};
    return site->Execute(job.task.task, job.stop);
  } catch (const std::exception&) {
    return model::Unknown{"no-answer"};  // Site does not throw; if it does, the site is looked at
  }
}

}  // namespace roster::worker
