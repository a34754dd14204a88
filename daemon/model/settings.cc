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

Fingerprint RulesFingerprint(const RosterRules& rules) {
  Canonical all;
  const auto add_texts = [&all](const std::vector<std::string>& texts) {
    all.Add(texts.size());
    for (const std::string& text : texts) all.Add(text);
  };
  all.Add(rules.school.value()).Add(static_cast<std::uint64_t>(rules.accounts));
  add_texts(rules.scope.school_codes);
  add_texts(rules.scope.grades);
  all.Add(rules.scope.statuses.size());
  for (const Standing standing : rules.scope.statuses)
    all.Add(static_cast<std::uint64_t>(standing));
  all.Add(rules.status_words.size());
  for (const auto& [word, standing] : rules.status_words) {
    all.Add(word).Add(static_cast<std::uint64_t>(standing));
  }
  all.Add(rules.fields.size());
  for (const FieldRule& rule : rules.fields) {
    all.Add(static_cast<std::uint64_t>(rule.from))
        .Add(static_cast<std::uint64_t>(rule.to))
        .Add(static_cast<std::uint64_t>(rule.owner));
  }
  all.Add(rules.email2_fallback ? 1U : 0U).Add(rules.external_id);
  add_texts(rules.protected_roles);
  add_texts(rules.protected_accounts);
  all.Add(rules.missing_polls);
  return Xxh3(all.bytes());
}

}  // namespace roster::model
