#include "daemon/roster/profile.h"

#include <string>
#include <string_view>

#include "daemon/base/text.h"

namespace roster::roster {
namespace {

using model::Candidate;
using model::FactsField;

bool SameEmail(std::string_view a, std::string_view b) {
  return a == b || EmailKey(a) == EmailKey(b);
}

std::string_view OfPerson(FactsField from, const model::Person& person) {
  switch (from) {
    case FactsField::kFirstName:
      return person.first_name;
    case FactsField::kMiddleName:
      return person.middle_name;
    case FactsField::kLastName:
      return person.last_name;
    case FactsField::kNickName:
      return person.nick_name;
    case FactsField::kHomePhone:
      return person.home_phone;
    case FactsField::kCellPhone:
      return person.cell_phone;
    default:
      return {};
  }
}

std::string OfRow(FactsField from, const model::Student& row) {
  switch (from) {
    case FactsField::kGradeLevel:
      return std::string(Trim(row.grade_level));
    case FactsField::kSchoolCode:
      return std::string(Trim(row.school_code));
    case FactsField::kHomeroom:
      return std::string(Trim(row.homeroom));
    case FactsField::kClassYear:
      return row.class_year == 0 ? std::string() : std::to_string(row.class_year);
    default:
      return {};
  }
}

// Names are not unique, and an id alone says nothing to a reader.
std::string FamilyText(const Candidate& candidate) {
  if (candidate.families.empty()) return {};
  const std::string id = std::to_string(candidate.families.front().family.value());
  return candidate.family_name.empty() ? id : candidate.family_name + " (" + id + ")";
}

std::string MappedValue(FactsField from, const Candidate& candidate, const model::Person& person,
                        const model::Student* row) {
  switch (from) {
    case FactsField::kFirstName:
    case FactsField::kMiddleName:
    case FactsField::kLastName:
    case FactsField::kNickName:
    case FactsField::kHomePhone:
    case FactsField::kCellPhone:
      return std::string(Trim(OfPerson(from, person)));
    case FactsField::kEmail:
      return candidate.email;
    case FactsField::kGradeLevel:
    case FactsField::kSchoolCode:
    case FactsField::kHomeroom:
    case FactsField::kClassYear:
      return row == nullptr ? std::string() : OfRow(from, *row);
    case FactsField::kFamilyId:
      return candidate.families.empty() ? std::string()
                                        : std::to_string(candidate.families.front().family.value());
    case FactsField::kFamilyName:
      return candidate.family_name;
    case FactsField::kFamily:
      return FamilyText(candidate);
  }
  return {};
}

}  // namespace

void FillPerson(Candidate& candidate, const model::Person& person, const model::RosterRules& rules,
                const model::EmailChoice* choice) {
  candidate.first_name = Trim(person.first_name);
  candidate.last_name = Trim(person.last_name);
  const std::string_view email = FirstUsableEmail(person.email);
  if (choice != nullptr) {
    const std::string_view email2 = FirstUsableEmail(person.email2);
    if (!email2.empty() && SameEmail(email2, choice->email2)) {
      candidate.email = email2;
      candidate.facts_email = email;
      candidate.uses_email2 = true;
      return;
    }
  }
  candidate.email =
      email.empty() && rules.email2_fallback ? FirstUsableEmail(person.email2) : email;
}

void FillEligible(Candidate& candidate, const model::Person& person, const model::Student* row,
                  const model::RosterRules& rules) {
  const std::string_view email2 = FirstUsableEmail(person.email2);
  if (!email2.empty() && !SameEmail(email2, candidate.email)) candidate.email2 = email2;
  if (candidate.email.empty()) candidate.reason = model::Reason::kMissingEmail;
  for (const model::FieldRule& rule : rules.fields) {
    candidate.fields.Set(rule.to, MappedValue(rule.from, candidate, person, row));
  }
}

}  // namespace roster::roster
