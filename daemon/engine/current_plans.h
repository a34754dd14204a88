#pragma once

// Which plans a status is about: by how they stand and not by their numbers, since one that waits
// for a person may be older than any number of others. In memory, as it is asked for often and the
// plans that were ever made are many.

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/plan.h"

namespace roster::engine {

// Of each kind a status shows so many at most, the newest; all of them are counted.
constexpr std::size_t kPlansShown = 20;

// The plans of one school. Not thread-safe.
class CurrentPlans {
 public:
  // The plan as it is from now on.
  void Note(const model::Plan& plan);
  // It is there no longer; it was never approved.
  void Forget(PlanId id) { waiting_.erase(id); }

  // Approved, and not all of their tasks have ended.
  std::size_t CountUnderWay() const { return under_way_.size(); }
  // Approved by one person, not expired, and waiting for a second.
  std::size_t CountWaiting(Time now) const;

  // Those under way; where none is, the newest that was approved. The newest first.
  std::vector<PlanId> ShownApproved() const;
  // Those waiting. The newest first.
  std::vector<PlanId> ShownWaiting(Time now) const;

 private:
  std::set<PlanId> under_way_;
  std::map<PlanId, Time> waiting_;  // and when each expires
  PlanId newest_approved_;          // 0: none was
};

}  // namespace roster::engine
