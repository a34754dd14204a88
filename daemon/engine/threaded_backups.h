#pragma once

// Backups on a thread of their own.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "daemon/engine/backups.h"

namespace roster::engine {

class ThreadedBackups : public Backups {
 public:
  struct Outcome {
    Result<BackupEnd::Made> made;
    // The newest first; nullopt: nobody can tell, and it stays what it was.
    std::optional<std::vector<model::Backup>> all;
  };
  // Makes one: on the thread, which owns nothing else. Tells where it is.
  using Make = std::function<Outcome(const std::function<void(model::BackupProgress)>& progress,
                                     const std::stop_token& stop)>;

  // What there is, the newest first, or nullopt: nobody can tell. On the thread.
  using List = std::function<std::optional<std::vector<model::Backup>>()>;

  // `all`: what there is now. `wake` is called, on the thread, when a run has ended.
  ThreadedBackups(Make make, List list, std::vector<model::Backup> all, std::function<void()> wake);
  ~ThreadedBackups() override;

  void Start(std::uint64_t run) override;
  std::optional<BackupEnd> Take() override;
  void Look() override;
  model::BackupProgress Progress() const override;
  std::vector<model::Backup> All() const override;

  // Asks the run under way to stop, and waits for it.
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  void MakeOne(std::uint64_t run, const std::stop_token& stop);

  const Make make_;
  const List list_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable_any woken_;
  // Guarded by mutex_.
  std::optional<std::uint64_t> asked_;
  bool look_ = false;
  std::optional<BackupEnd> ended_;
  model::BackupProgress progress_;
  std::vector<model::Backup> all_;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace roster::engine
