#include "daemon/roster/roster.h"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>

#include "daemon/base/text.h"
#include "daemon/roster/beside.h"
#include "daemon/roster/deciding_row.h"
#include "daemon/roster/families.h"
#include "daemon/roster/parents.h"
#include "daemon/roster/profile.h"

namespace roster::roster {
namespace {

using model::Candidate;
using model::Eligibility;
using model::Person;
using model::Reason;
using model::Student;

std::pair<Eligibility, Reason> Standing(RowSays says) {
  switch (says) {
    case RowSays::kInScope:
      return {Eligibility::kEligible, Reason::kNone};
    case RowSays::kUnknown:
      return {Eligibility::kUnclear, Reason::kUnknownStatus};
    case RowSays::kNotYet:
      return {Eligibility::kNotYet, Reason::kNotYet};
    case RowSays::kGraduated:
      return {Eligibility::kIneligible, Reason::kGraduated};
    case RowSays::kWithdrawn:
      return {Eligibility::kIneligible, Reason::kWithdrawn};
    case RowSays::kInactive:
      return {Eligibility::kIneligible, Reason::kInactive};
    case RowSays::kOutOfScope:
      break;
  }
  return {Eligibility::kIneligible, Reason::kOutOfScope};
}

// Goes through people, students and linked persons side by side; all three are sorted.
class StudentWalk {
 public:
  StudentWalk(const model::Snapshot& snapshot, const model::RosterRules& rules,
              const std::vector<PersonId>& linked, const model::Choices& choices)
      : rules_(rules),
        rows_(snapshot.students, rules),
        people_(snapshot.people),
        emails_(choices.emails),
        unread_(snapshot.unread.students),
        linked_(linked.data()),
        linked_end_(linked_ + linked.size()) {
    if (!snapshot.members.empty()) households_.emplace(snapshot);
    // Room for all at once: growing would hold everybody twice. What is not used is never touched.
    result_.candidates.reserve(snapshot.students.size() + linked.size());
  }

  RosterResult Run() {
    while (rows_.next() || linked_ != linked_end_) {
      const PersonId id = NextId();
      const bool linked = linked_ != linked_end_ && *linked_ == id;
      while (linked_ != linked_end_ && *linked_ == id) ++linked_;
      const Person* person = people_.Find(id);
      const std::optional<Deciding> deciding = rows_.Take(id);
      if (linked || (deciding && deciding->says == RowSays::kInScope)) {
        Take(id, person, deciding, linked);
      }
    }
    if (households_) households_->ListFirst(result_.candidates);
    result_.unknown_words = rows_.unknown_words();
    return std::move(result_);
  }

 private:
  PersonId NextId() const {
    const std::optional<PersonId> row = rows_.next();
    if (!row) return *linked_;
    return linked_ == linked_end_ ? *row : std::min(*row, *linked_);
  }

  void Take(PersonId id, const Person* person, const std::optional<Deciding>& deciding,
            bool linked) {
    const bool deceased = person != nullptr && person->deceased;
    if (deceased && !linked) return;  // rules, 3: never a candidate
    Candidate& candidate = result_.candidates.emplace_back();
    candidate.person = id;
    if (person != nullptr) FillPerson(candidate, *person, rules_, emails_.Find(id));
    if (deciding) FillRow(candidate, *deciding->row);
    candidate.families_read = households_.has_value();
    if (households_) FillFamilies(candidate);
    const bool unread = std::binary_search(unread_.begin(), unread_.end(), id);
    std::tie(candidate.eligibility, candidate.reason) = Judge(person, deciding, unread);
    if (candidate.eligibility != Eligibility::kEligible) return;
    if (person != nullptr) {
      FillEligible(candidate, *person, deciding->row, rules_);
    } else {
      candidate.no_person = true;
      candidate.reason = Reason::kNoPerson;
    }
  }

  static std::pair<Eligibility, Reason> Judge(const Person* person,
                                              const std::optional<Deciding>& deciding,
                                              bool unread) {
    if (person != nullptr && person->deceased) {
      return {Eligibility::kIneligible, Reason::kDeceased};
    }
    if (unread && !(deciding && deciding->says == RowSays::kInScope)) {
      return {Eligibility::kUnclear, Reason::kUnreadableRow};
    }
    if (!deciding) return {Eligibility::kMissing, Reason::kMissing};
    const auto standing = Standing(deciding->says);
    // Rules, 19: without a People row the person is missing, however the Students row ended; one
    // that is in scope is an error (rules, 3), an unclear one stays unclear (rules, 4).
    if (person == nullptr && standing.first == Eligibility::kIneligible) {
      return {Eligibility::kMissing, Reason::kMissing};
    }
    return standing;
  }

  static void FillRow(Candidate& candidate, const Student& row) {
    candidate.school_code = Trim(row.school_code);
    candidate.grade = Trim(row.grade_level);
    candidate.status_word = Trim(row.status);
    candidate.next_status = Trim(row.next_status);
    candidate.next_grade = Trim(row.next_grade_level);
  }

  // Rules, 7: every household they are in.
  void FillFamilies(Candidate& candidate) const {
    for (const Seat& seat : households_->SeatsOf(candidate.person)) {
      candidate.families.push_back({households_->all()[seat.household].id, false});
    }
    households_->FillName(candidate);
  }

  const model::RosterRules& rules_;
  RowReader rows_;
  Beside<Person, &Person::id> people_;
  Beside<model::EmailChoice, &model::EmailChoice::person> emails_;
  const std::vector<PersonId>& unread_;
  const PersonId* linked_;
  const PersonId* linked_end_;
  std::optional<Households> households_;
  RosterResult result_;
};

}  // namespace

RosterResult Roster(const model::Snapshot& snapshot, const model::RosterRules& rules,
                    const std::vector<PersonId>& linked, const model::Choices& choices) {
  if (rules.accounts == model::AccountsOf::kParents) {
    return Parents(snapshot, rules, linked, choices);
  }
  return StudentWalk(snapshot, rules, linked, choices).Run();
}

}  // namespace roster::roster
