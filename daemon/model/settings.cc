#include "daemon/model/settings.h"

#include <algorithm>

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

constexpr Words<FamilyGraph, 2> kGraphs = {{
    {FamilyGraph::kHouseholds, "households"},
    {FamilyGraph::kTies, "links"},
}};

constexpr Words<TieFlag, 5> kTieFlags = {{
    {TieFlag::kCustody, "custody"},
    {TieFlag::kCorrespondence, "correspondence"},
    {TieFlag::kParentsWeb, "parentsWeb"},
    {TieFlag::kGrandparent, "grandparent"},
    {TieFlag::kEmergencyContact, "emergencyContact"},
}};

constexpr Words<GuardKind, 5> kGuards = {{
    {GuardKind::kAdd, "add"},
    {GuardKind::kUpdate, "update"},
    {GuardKind::kArchive, "archive"},
    {GuardKind::kRestore, "restore"},
    {GuardKind::kMissing, "missing"},
}};

}  // namespace

std::string_view StandingWord(Standing standing) { return WordOf(kStandings, standing); }
std::optional<Standing> StandingFromWord(std::string_view word) {
  return FromWord(kStandings, word);
}

std::string_view FamilyGraphWord(FamilyGraph graph) { return WordOf(kGraphs, graph); }
std::optional<FamilyGraph> FamilyGraphFromWord(std::string_view word) {
  return FromWord(kGraphs, word);
}
std::string_view TieFlagWord(TieFlag flag) { return WordOf(kTieFlags, flag); }
std::optional<TieFlag> TieFlagFromWord(std::string_view word) { return FromWord(kTieFlags, word); }
std::string_view GuardWord(GuardKind kind) { return WordOf(kGuards, kind); }
std::optional<GuardKind> GuardFromWord(std::string_view word) { return FromWord(kGuards, word); }

std::vector<FieldRule> DefaultFieldRules(AccountsOf accounts) {
  std::vector<FieldRule> rules = {{FactsField::kEmail, Field::kUserName, Owner::kFacts},
                                  {FactsField::kEmail, Field::kEmail, Owner::kFacts},
                                  {FactsField::kFirstName, Field::kGivenName, Owner::kFacts},
                                  {FactsField::kLastName, Field::kFamilyName, Owner::kFacts}};
  if (accounts == AccountsOf::kParents) {
    rules.push_back({FactsField::kFamily, Field::kGrouping, Owner::kFacts});
  } else {
    rules.push_back({FactsField::kSchoolCode, Field::kSchool, Owner::kFacts});
    rules.push_back({FactsField::kGradeLevel, Field::kGrade, Owner::kFacts});
  }
  return rules;
}

bool NeedsFamilies(const RosterRules& rules) {
  return rules.accounts == AccountsOf::kParents ||
         std::any_of(rules.fields.begin(), rules.fields.end(), [](const FieldRule& rule) {
           return rule.from == FactsField::kFamilyId || rule.from == FactsField::kFamilyName ||
                  rule.from == FactsField::kFamily;
         });
}

Guards DefaultGuards() {
  Guards guards;
  const auto set = [&guards](GuardKind kind, std::optional<std::uint32_t> count, double share) {
    guards[static_cast<std::size_t>(kind)] = {count, share, 50};
  };
  set(GuardKind::kAdd, std::nullopt, 0.50);
  set(GuardKind::kUpdate, std::nullopt, 0.50);
  set(GuardKind::kArchive, 25, 0.10);
  set(GuardKind::kRestore, 25, 0.10);
  set(GuardKind::kMissing, 10, 0.02);
  return guards;
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
  add_texts(rules.never_archive);
  all.Add(rules.missing_polls).Add(rules.shared_logins ? 1U : 0U);
  all.Add(static_cast<std::uint64_t>(rules.parents.graph));
  for (const auto* flags : {&rules.parents.require, &rules.parents.exclude}) {
    all.Add(flags->size());
    for (const TieFlag flag : *flags) all.Add(static_cast<std::uint64_t>(flag));
  }
  return Xxh3(all.bytes());
}

}  // namespace roster::model
