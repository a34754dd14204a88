#include "daemon/model/settings.h"

#include "daemon/model/words.h"

namespace roster::model {
namespace {

constexpr Words<Standing, 7> kStandings = {{
    {Standing::kUnknown, "unknown"},
    {Standing::kEnrolled, "enrolled"},
    {Standing::kPreEnrolled, "pre-enrolled"},
    {Standing::kAdmissions, "admissions"},
    {Standing::kInactive, "inactive"},
    {Standing::kGraduated, "graduated"},
    {Standing::kWithdrawn, "withdrawn"},
}};

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string_view StandingWord(Standing standing) { return WordOf(kStandings, standing); }
std::optional<Standing> StandingFromWord(std::string_view word) {
  return FromWord(kStandings, word);
}

std::vector<FieldRule> DefaultFieldRules() {
  return {{FactsField::kEmail, Field::kUserName, Owner::kFacts},
          {FactsField::kEmail, Field::kEmail, Owner::kFacts},
          {FactsField::kFirstName, Field::kGivenName, Owner::kFacts},
          {FactsField::kLastName, Field::kFamilyName, Owner::kFacts},
          {FactsField::kSchoolCode, Field::kSchool, Owner::kFacts},
          {FactsField::kGradeLevel, Field::kGrade, Owner::kFacts}};
}

std::map<std::string, Standing> DefaultStatusWords() {
  return {{"enrolled", Standing::kEnrolled},     {"pre-enrolled", Standing::kPreEnrolled},
          {"admissions", Standing::kAdmissions}, {"inactive", Standing::kInactive},
          {"graduate", Standing::kGraduated},    {"graduated", Standing::kGraduated},
          {"withdrawn", Standing::kWithdrawn}};
}

std::string ExternalId(const RosterRules& rules, PersonId person) {
  std::string id = rules.external_id;
  ReplaceAll(id, "{school}", rules.school.value());
  ReplaceAll(id, "{person}", std::to_string(person.value()));
  return id;
}

}  // namespace roster::model
