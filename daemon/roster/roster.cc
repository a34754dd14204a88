#include "daemon/roster/roster.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>

#include "daemon/base/text.h"
#include "daemon/roster/scope_check.h"
#include "daemon/roster/status_words.h"

namespace roster::roster {
namespace {

using model::Candidate;
using model::Eligibility;
using model::FactsField;
using model::Person;
using model::Reason;
using model::Student;

// The one of a person's rows that decides, and what it says.
struct Deciding {
  const Student* row = nullptr;
  RowSays says = RowSays::kOutOfScope;
};

// Rules, 1: the latest enrollDate, then the lowest configSchoolId; without a date is earliest.
bool Before(const Deciding& a, const Deciding& b) {
  if (a.says != b.says) return a.says < b.says;
  const auto rank = [](const Student& row) {
    return std::make_tuple(!row.enroll_date.has_value(),
                           row.enroll_date ? -row.enroll_date->time_since_epoch().count() : 0,
                           row.config_school_id);
  };
  return rank(*a.row) < rank(*b.row);
}

std::string MappedValue(FactsField from, const Person& person, const Student& row,
                        const std::string& email) {
  switch (from) {
    case FactsField::kFirstName:
      return std::string(Trim(person.first_name));
    case FactsField::kMiddleName:
      return std::string(Trim(person.middle_name));
    case FactsField::kLastName:
      return std::string(Trim(person.last_name));
    case FactsField::kNickName:
      return std::string(Trim(person.nick_name));
    case FactsField::kEmail:
      return email;
    case FactsField::kHomePhone:
      return std::string(Trim(person.home_phone));
    case FactsField::kCellPhone:
      return std::string(Trim(person.cell_phone));
    case FactsField::kGradeLevel:
      return std::string(Trim(row.grade_level));
    case FactsField::kSchoolCode:
      return std::string(Trim(row.school_code));
    case FactsField::kHomeroom:
      return std::string(Trim(row.homeroom));
    case FactsField::kClassYear:
      return row.class_year == 0 ? std::string() : std::to_string(row.class_year);
  }
  return {};
}

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
class Walk {
 public:
  Walk(const model::Snapshot& snapshot, const model::RosterRules& rules,
       const std::vector<PersonId>& linked)
      : rules_(rules),
        scope_(rules.scope),
        words_(rules),
        person_(snapshot.people.data()),
        people_end_(person_ + snapshot.people.size()),
        student_(snapshot.students.data()),
        students_end_(student_ + snapshot.students.size()),
        linked_(linked.data()),
        linked_end_(linked_ + linked.size()) {}

  RosterResult Run() {
    while (student_ != students_end_ || linked_ != linked_end_) {
      const PersonId id = NextId();
      const bool linked = linked_ != linked_end_ && *linked_ == id;
      while (linked_ != linked_end_ && *linked_ == id) ++linked_;
      const Person* person = Advance(id);
      const std::optional<Deciding> deciding = DecideRows(id);
      if (linked || (deciding && deciding->says == RowSays::kInScope)) {
        Take(id, person, deciding, linked);
      }
    }
    result_.unknown_words = words_.unknown();
    return std::move(result_);
  }

 private:
  PersonId NextId() const {
    if (student_ == students_end_) return *linked_;
    if (linked_ == linked_end_) return student_->person;
    return std::min(student_->person, *linked_);
  }

  const Person* Advance(PersonId id) {
    while (person_ != people_end_ && person_->id < id) ++person_;
    return person_ != people_end_ && person_->id == id ? person_ : nullptr;
  }

  std::optional<Deciding> DecideRows(PersonId id) {
    std::optional<Deciding> best;
    for (; student_ != students_end_ && student_->person == id; ++student_) {
      const Deciding row{student_, scope_.Judge(*student_, words_.Read(student_->status))};
      if (!best || Before(row, *best)) best = row;
    }
    return best;
  }

  void Take(PersonId id, const Person* person, const std::optional<Deciding>& deciding,
            bool linked) {
    const bool deceased = person != nullptr && person->deceased;
    if (deceased && !linked) return;  // rules, 3: never a candidate
    Candidate& candidate = result_.candidates.emplace_back();
    candidate.person = id;
    if (person != nullptr) FillPerson(candidate, *person);
    if (deciding) FillRow(candidate, *deciding->row);
    std::tie(candidate.eligibility, candidate.reason) = Judge(person, deciding);
    if (candidate.eligibility == Eligibility::kEligible) {
      FillEligible(candidate, person, *deciding->row);
    }
  }

  static std::pair<Eligibility, Reason> Judge(const Person* person,
                                              const std::optional<Deciding>& deciding) {
    if (person != nullptr && person->deceased) {
      return {Eligibility::kIneligible, Reason::kDeceased};
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

  void FillPerson(Candidate& candidate, const Person& person) const {
    candidate.first_name = Trim(person.first_name);
    candidate.last_name = Trim(person.last_name);
    std::string_view email = FirstUsableEmail(person.email);
    if (email.empty() && rules_.email2_fallback) email = FirstUsableEmail(person.email2);
    candidate.email = email;
  }

  static void FillRow(Candidate& candidate, const Student& row) {
    candidate.school_code = Trim(row.school_code);
    candidate.grade = Trim(row.grade_level);
    candidate.status_word = Trim(row.status);
    candidate.next_status = Trim(row.next_status);
    candidate.next_grade = Trim(row.next_grade_level);
  }

  void FillEligible(Candidate& candidate, const Person* person, const Student& row) const {
    if (person == nullptr) {
      candidate.no_person = true;
      candidate.reason = Reason::kNoPerson;
      return;
    }
    if (candidate.email.empty()) candidate.reason = Reason::kMissingEmail;
    for (const model::FieldRule& rule : rules_.fields) {
      candidate.fields.Set(rule.to, MappedValue(rule.from, *person, row, candidate.email));
    }
  }

  const model::RosterRules& rules_;
  const ScopeCheck scope_;
  StatusWords words_;
  const Person* person_;
  const Person* people_end_;
  const Student* student_;
  const Student* students_end_;
  const PersonId* linked_;
  const PersonId* linked_end_;
  RosterResult result_;
};

}  // namespace

RosterResult Roster(const model::Snapshot& snapshot, const model::RosterRules& rules,
                    const std::vector<PersonId>& linked) {
  return Walk(snapshot, rules, linked).Run();
}

}  // namespace roster::roster
