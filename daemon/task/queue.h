#pragma once

// The order in which open tasks are handed out, in memory alone: rebuilt from the store at start.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/plan.h"

namespace roster::task {

// The open tasks of one school. A task is in exactly one place: ready, waiting for its time, or
// leased. Not thread-safe.
class Queue {
 public:
  // Puts the task where its state says, or takes it out when it has ended, or rests.
  void Place(const model::Task& task);

  // Up to `max` tasks that may go out now, in plan order. They stay until Place() moves them.
  std::vector<TaskId> Ready(std::size_t max, Time now);

  // While the site fails, one goes out to see: the one that has failed least of those that may go
  // out now, in plan order. So nobody whom the site fails for ever takes the others' turn. nullopt:
  // none may.
  std::optional<TaskId> LeastFailed(Time now);

  // Those that found the site failing wait no longer.
  void Hurry();

  // Leases that have run out.
  std::vector<TaskId> Expired(Time now) const;

  // When the next task may go out; nullopt: none will.
  std::optional<Time> NextReady() const;

  // When the next lease runs out; nullopt: none is held.
  std::optional<Time> NextExpiry() const;

  // How many tasks the worker has leased.
  std::size_t HeldBy(const std::string& worker) const;

  std::size_t size() const { return spots_.size(); }

 private:
  enum class Where { kReady, kWaiting, kLeased };
  struct Spot {
    Where where;
    Time time;
    std::uint32_t failed = 0;  // times, of itself or of the site
    bool for_site = false;     // waits since it found the site failing
  };

  void Remove(TaskId id);
  void MakeReady(TaskId id, Spot spot);
  void MakeReady(Time now);  // whose time has come

  std::map<TaskId, Spot> spots_;
  std::set<TaskId> ready_;
  std::set<std::pair<std::uint32_t, TaskId>> failed_;  // of those ready: failed before, how often
  std::set<std::pair<Time, TaskId>> waiting_;
  std::set<std::pair<Time, TaskId>> leased_;
  std::map<TaskId, std::string> holders_;  // of those leased
  std::map<std::string, std::size_t> held_;
};

}  // namespace roster::task
