#include "daemon/engine/threaded_backups.h"

#include <exception>
#include <utility>

namespace roster::engine {

ThreadedBackups::ThreadedBackups(Make make, List list, std::vector<model::Backup> all,
                                 std::function<void()> wake)
    : make_(std::move(make)), list_(std::move(list)), wake_(std::move(wake)), all_(std::move(all)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

ThreadedBackups::~ThreadedBackups() { Stop(); }

void ThreadedBackups::Run(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    woken_.wait(lock, stop, [this] { return asked_.has_value() || look_; });
    if (stop.stop_requested()) return;
    look_ = false;  // a run looks too
    const auto run = std::exchange(asked_, std::nullopt);
    if (run) progress_ = {};
    lock.unlock();
    if (run) {
      MakeOne(*run, stop);
      wake_();
      continue;
    }
    std::optional<std::vector<model::Backup>> all;
    try {
      all = list_();
    } catch (const std::exception&) {
      continue;  // too little memory: the next look tells
    }
    lock.lock();
    if (all) all_ = *std::move(all);
  }
}

void ThreadedBackups::MakeOne(std::uint64_t run, const std::stop_token& stop) {
  const auto progress = [this](model::BackupProgress at) {
    const std::lock_guard guard(mutex_);
    progress_ = std::move(at);
  };
  BackupEnd end{run, BackupEnd::Made{}};
  std::optional<std::vector<model::Backup>> all;
  try {
    Outcome outcome = make_(progress, stop);
    end.made = std::move(outcome.made);
    all = std::move(outcome.all);
  } catch (const std::exception&) {
    end.made = Fail(Code::kUnavailable, "backup-failed",
                    "The backup ran into something unforeseen, most likely too little memory. "
                    "The backups that were made before are as they were.");
  }
  const std::lock_guard guard(mutex_);
  if (all) all_ = *std::move(all);
  ended_ = std::move(end);
}

void ThreadedBackups::Start(std::uint64_t run) {
  {
    const std::lock_guard guard(mutex_);
    asked_ = run;
  }
  woken_.notify_one();
}

void ThreadedBackups::Look() {
  {
    const std::lock_guard guard(mutex_);
    look_ = true;
  }
  woken_.notify_one();
}

std::optional<BackupEnd> ThreadedBackups::Take() {
  const std::lock_guard guard(mutex_);
  return std::exchange(ended_, std::nullopt);
}

model::BackupProgress ThreadedBackups::Progress() const {
  const std::lock_guard guard(mutex_);
  return progress_;
}

std::vector<model::Backup> ThreadedBackups::All() const {
  const std::lock_guard guard(mutex_);
  return all_;
}

void ThreadedBackups::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace roster::engine
