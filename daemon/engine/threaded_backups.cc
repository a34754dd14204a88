#include "daemon/engine/threaded_backups.h"

#include <exception>
#include <utility>

namespace roster::engine {

ThreadedBackups::ThreadedBackups(Make make, std::vector<model::Backup> all,
                                 std::function<void()> wake)
    : make_(std::move(make)), wake_(std::move(wake)), all_(std::move(all)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

ThreadedBackups::~ThreadedBackups() { Stop(); }

void ThreadedBackups::Run(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    woken_.wait(lock, stop, [this] { return asked_.has_value(); });
    if (stop.stop_requested()) return;
    BackupEnd end{*asked_, BackupEnd::Made{}};
    asked_.reset();
    progress_ = {};
    lock.unlock();

    const auto progress = [this](model::BackupProgress at) {
      const std::lock_guard guard(mutex_);
      progress_ = std::move(at);
    };
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
    {
      const std::lock_guard guard(mutex_);
      if (all) all_ = *std::move(all);
      ended_ = std::move(end);
    }
    wake_();
  }
}

void ThreadedBackups::Start(std::uint64_t run) {
  {
    const std::lock_guard guard(mutex_);
    asked_ = run;
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
