#pragma once

// Polls on real threads: one for each school, so that a slow one delays no other.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/engine/examine.h"
#include "daemon/engine/polls.h"
#include "daemon/engine/settings.h"
#include "daemon/source/source.h"
#include "daemon/target/site.h"

namespace roster::engine {

// What the poll thread of one school works with; it owns these.
struct PollTools {
  std::unique_ptr<source::Source> source;
  std::unique_ptr<target::Site> site;
  std::shared_ptr<void> owned;  // whatever the two stand on
};

class ThreadedPolls : public Polls {
 public:
  // `wake` is called, on a poll thread, when a poll has ended.
  explicit ThreadedPolls(std::function<void()> wake);
  ~ThreadedPolls() override;

  // Starts the school's thread. `make_tools` runs on it, before each poll: what a reload has
  // changed counts from the next poll on. Call before the first Start().
  void AddSchool(const model::RosterRules& rules,
                 std::function<PollTools(const std::stop_token&)> make_tools);

  void Start(PollJob job) override;
  std::vector<PollEnd> Take() override;
  PollProgress Progress(const SchoolId& school) override;

  // Asks the polls under way to stop, and waits for the threads.
  void Stop();

 private:
  struct Lane {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::deque<PollJob> jobs;  // guarded by mutex
    PollProgress progress;     // guarded by mutex
    std::jthread thread;       // last: joined before the rest goes
  };

  PollEnd Poll(Lane& lane, const std::function<PollTools(const std::stop_token&)>& make_tools,
               const PollJob& job, const model::RosterRules& rules, std::unique_ptr<Reading>& last,
               const std::stop_token& stop);
  void Run(Lane& lane, const model::RosterRules& rules,
           const std::function<PollTools(const std::stop_token&)>& make_tools,
           const std::stop_token& stop);

  std::function<void()> wake_;
  std::map<SchoolId, std::unique_ptr<Lane>> lanes_;
  std::mutex ended_mutex_;
  std::vector<PollEnd> ended_;  // guarded by ended_mutex_
};

}  // namespace roster::engine
