#pragma once

// The rows of one school: changes, decisions, links, placements, and the indexes and counters that
// follow them. Every write of a row goes through here, so that lists, counters and rows never
// disagree.

#include <optional>
#include <string>
#include <vector>

#include "daemon/engine/school.h"
#include "daemon/model/change.h"
#include "daemon/model/plan.h"
#include "daemon/model/request.h"
#include "daemon/store/overlay.h"

namespace roster::engine {

// A person's task that is open, or dead and not replaced.
struct HeldTask {
  TaskId id;
  bool dead = false;
};

// Works on an overlay; lives no longer than it. Engine thread only.
class Book {
 public:
  Book(store::Overlay& view, School& school) : view_(view), school_(school) {}

  Result<std::optional<model::Change>> FindChange(PersonId person) const;
  Result<std::optional<model::Decision>> FindDecision(PersonId person) const;
  Result<std::optional<model::Link>> FindLink(PersonId person) const;
  Result<std::optional<model::Placement>> FindPlacement(PersonId person) const;
  Result<std::optional<HeldTask>> FindHeldTask(PersonId person) const;
  Result<std::optional<PersonId>> FindOwner(const AccountId& account) const;
  // Whose verdict depends on this person's decision: who wants the same address (rules, 8).
  Result<std::vector<PersonId>> FindRivals(PersonId person) const;

  // Each leaves the placement as it was: call Settle() for every person concerned afterwards.
  Result<void> PutChange(const model::Change& change);
  Result<void> RemoveChange(PersonId person);
  void PutDecision(const model::Decision& decision);
  Result<void> PutLink(const model::Link& link);  // Conflict when the account is another person's
  void PutHeldTask(PersonId person, const HeldTask& task);
  void RemoveHeldTask(PersonId person);

  // Judges the row anew, and brings its indexes and the counters in step. The placement it has now;
  // nullopt: no longer among everybody.
  Result<std::optional<model::Placement>> Settle(PersonId person);

  // The verdict as it would be if no task of the person's were under way.
  Result<model::Verdict> JudgeFree(const model::Change& change) const;

  Result<model::UserRow> Row(const model::Change& change) const;

 private:
  Result<void> MoveRivals(PersonId person, const std::vector<PersonId>& after);
  Result<model::Verdict> Judge(const model::Change& change, bool in_progress) const;
  void Unplace(PersonId person, const model::Placement& placement);
  void Place(PersonId person, const model::Placement& placement);

  store::Overlay& view_;
  School& school_;
};

}  // namespace roster::engine
