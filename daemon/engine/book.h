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
#include "daemon/review/review.h"
#include "daemon/store/keys.h"
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
  Result<std::optional<model::DuplicateGroup>> FindGroup(const Fingerprint& key) const;
  Result<std::optional<model::DuplicateGroup>> FindGroup(GroupId id) const;
  Result<std::optional<model::GroupDecision>> FindGroupDecision(const Fingerprint& key) const;
  Result<std::optional<model::EmailChoice>> FindEmailChoice(PersonId person) const;
  Result<std::optional<model::MatchDecision>> FindMatchDecision(PersonId person) const;
  Result<std::optional<model::FamilyExclusion>> FindFamilyExclusion(FamilyId family) const;
  Result<std::optional<model::FamilyCount>> FindFamilyCount(FamilyId family) const;
  // The users of a family, by person.
  Result<std::vector<PersonId>> FindFamilyUsers(FamilyId family) const;
  // All families of the row are excluded, and it has one (rules, 10).
  Result<bool> IsFamilyExcluded(const model::Change& change) const;
  // What has changed since the decision on this person was made; empty: it counts.
  Result<std::vector<std::string>> WhatChanged(const model::Change& change) const;

  // Each leaves the placement as it was: call Settle() for every person concerned afterwards.
  Result<void> PutChange(const model::Change& change);
  Result<void> RemoveChange(PersonId person);
  void PutDecision(const model::Decision& decision);
  void RemoveDecision(PersonId person);
  // Gives the group a number if it has none yet.
  Result<model::DuplicateGroup> PutGroup(model::DuplicateGroup group);
  Result<void> RemoveGroup(const Fingerprint& key);
  void PutGroupDecision(const model::GroupDecision& decision);
  void RemoveGroupDecision(const Fingerprint& key);
  void PutEmailChoice(const model::EmailChoice& choice);
  void RemoveEmailChoice(PersonId person);
  void PutMatchDecision(const model::MatchDecision& decision);
  void RemoveMatchDecision(PersonId person);
  void PutFamilyExclusion(const model::FamilyExclusion& exclusion);
  void RemoveFamilyExclusion(FamilyId family);
  Result<void> RemoveLink(PersonId person);
  Result<void> PutLink(const model::Link& link);  // Conflict when the account is another person's
  // Kept until a link is put again.
  void PutForgotten(PersonId person);
  Result<bool> IsForgotten(PersonId person) const;
  void PutHeldTask(PersonId person, const HeldTask& task);
  void RemoveHeldTask(PersonId person);

  // Judges the row anew, and brings its indexes and the counters in step. The placement it has now;
  // nullopt: no longer among everybody.
  Result<std::optional<model::Placement>> Settle(PersonId person);

  // The verdict as it would be if no task of the person's were under way.
  Result<model::Verdict> JudgeFree(const model::Change& change) const;

  Result<model::UserRow> Row(const model::Change& change) const;

 private:
  Result<void> SayFamilyExclusion(const model::Change& change, model::UserRow& row) const;
  void MoveRivals(PersonId person, const std::vector<PersonId>& before,
                  const std::vector<PersonId>& after);
  Result<void> MoveFamilies(PersonId person, const std::vector<model::FamilyPlace>& before,
                            const std::vector<model::FamilyPlace>& after);
  Result<void> MoveIndexes(PersonId person, const model::Change* after);
  Result<std::vector<PersonId>> Persons(const store::Range& range, std::string_view doing) const;
  // Skipped, excluded or protected: not to be synced, so nobody's rival.
  Result<bool> IsOut(PersonId person) const;
  Result<std::size_t> CountRivals(const model::Change& change) const;
  Result<review::Holding> HoldingOf(const model::Change& change) const;
  Result<model::Verdict> Judge(const model::Change& change, bool in_progress) const;
  Result<void> CountFamilies(const model::Placement& placement, const std::string& name, bool in);
  Result<void> Unplace(PersonId person, const model::Placement& placement);
  Result<void> Place(PersonId person, const model::Placement& placement, const std::string& name);

  store::Overlay& view_;
  School& school_;
};

}  // namespace roster::engine
