#pragma once

// The threads that execute tasks: of each school so many at a time, whatever other schools do. A
// Site and its Http belong to one task at a time.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/target/site.h"
#include "daemon/worker/lease_protocol.h"

namespace roster::worker {

// Makes a site for the calling thread; nullptr when the school is not known. Called by many
// threads.
using SiteMaker = std::function<std::unique_ptr<target::Site>(const SchoolId&)>;

class Crew {
 public:
  // Beyond so many tasks at a time those of one school do wait for those of others.
  static constexpr std::size_t kThreadsMax = 256;

  // At most `size` tasks of one school at a time, the others wait. Threads are started when they
  // are needed. `ended` is called by them after each task, without a lock held.
  Crew(std::size_t size, SiteMaker make_site, std::function<void()> ended);
  // Asks all tasks to stop and waits for them: as long as one request to the site takes.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // The rest is for one thread, the owner's.
  void Start(model::LeasedTask task);
  // Before the next write: a write that is under way goes on.
  void Stop(const Attempt& attempt);
  void StopAll();
  std::vector<std::pair<Attempt, model::Outcome>> TakeEnded();

 private:
  struct Job {
    model::LeasedTask task;
    std::stop_token stop;
  };
  // Of one school.
  struct Lane {
    std::deque<Job> waiting;
    std::size_t going = 0;                              // in ready_, or on a thread
    std::vector<std::unique_ptr<target::Site>> unused;  // sites, for the next tasks
  };

  void Run(const std::stop_token& stop);
  // Requires the lock.
  void MakeReady(Lane& lane);
  model::Outcome Execute(const Job& job, std::unique_ptr<target::Site>& site) const;

  const std::size_t size_;
  const SiteMaker make_site_;
  const std::function<void()> ended_callback_;
  mutable std::mutex mutex_;
  std::condition_variable_any work_came_;
  std::map<SchoolId, Lane> lanes_;
  std::deque<Job> ready_;
  std::size_t free_threads_ = 0;
  bool ending_ = false;
  std::map<Attempt, std::stop_source> open_;  // not yet taken by TakeEnded
  std::vector<std::pair<Attempt, model::Outcome>> ended_;
  std::vector<std::jthread> threads_;  // last: they use the rest
};

}  // namespace roster::worker
