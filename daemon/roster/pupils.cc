#include "daemon/roster/pupils.h"

#include <algorithm>

#include "daemon/roster/beside.h"
#include "daemon/roster/deciding_row.h"

namespace roster::roster {
namespace {

ChildSays Says(RowSays row) {
  switch (row) {
    case RowSays::kInScope:
      return ChildSays::kEligible;
    case RowSays::kUnknown:
      return ChildSays::kUnknown;
    case RowSays::kNotYet:
      return ChildSays::kNotYet;
    case RowSays::kGraduated:
      return ChildSays::kGraduated;
    case RowSays::kWithdrawn:
      return ChildSays::kWithdrawn;
    case RowSays::kInactive:
      return ChildSays::kInactive;
    case RowSays::kOutOfScope:
      break;
  }
  return ChildSays::kOutOfScope;
}

// One row in scope is enough, whatever another would have said.
ChildSays Says(const std::optional<Deciding>& deciding, bool unread) {
  if (unread && !(deciding && deciding->says == RowSays::kInScope)) return ChildSays::kUnread;
  return Says(deciding->says);
}

}  // namespace

Pupils::Pupils(const model::Snapshot& snapshot, const model::RosterRules& rules) {
  RowReader rows(snapshot.students, rules);
  Beside<model::Person, &model::Person::id> people(snapshot.people);
  auto unread = snapshot.unread.students.begin();
  const auto unread_end = snapshot.unread.students.end();
  while (rows.next() || unread != unread_end) {
    const bool first = unread != unread_end && (!rows.next() || *unread <= *rows.next());
    const PersonId id = first ? *unread++ : *rows.next();
    const auto deciding = rows.Take(id);
    const model::Person* person = people.Find(id);
    const bool deceased = person != nullptr && person->deceased;
    ids_.push_back(id);
    pupils_.push_back({deceased ? ChildSays::kOutOfScope : Says(deciding, first),
                       deciding ? deciding->row : nullptr});
  }
  unknown_words_ = rows.unknown_words();
}

const Pupil* Pupils::Find(PersonId person) const {
  const auto at = std::lower_bound(ids_.begin(), ids_.end(), person);
  return at != ids_.end() && *at == person ? &pupils_[static_cast<std::size_t>(at - ids_.begin())]
                                           : nullptr;
}

}  // namespace roster::roster
