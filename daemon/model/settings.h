#pragma once

// What the config says of one school, as values. Filled and checked by daemon/config; the stages
// read their part of it.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/field.h"

namespace roster::model {

enum class AccountsOf : std::uint8_t { kStudents = 1, kParents = 2 };

// A school's status words mean one of these (rules.md, 4).
enum class Standing : std::uint8_t {
  kUnknown = 1,
  kEnrolled,
  kPreEnrolled,
  kAdmissions,
  kInactive,
  kGraduated,
  kWithdrawn,
};
// "unknown", "enrolled", "pre-enrolled", "admissions", "inactive", "graduated", "withdrawn"
std::string_view StandingWord(Standing standing);
std::optional<Standing> StandingFromWord(std::string_view word);

// Who is eligible. An empty list means: all (school codes, grades). Compared without case.
struct Scope {
  std::vector<std::string> school_codes;
  std::vector<std::string> grades;
  std::vector<Standing> statuses = {Standing::kEnrolled};
};

struct FieldRule {
  FactsField from = FactsField::kFirstName;
  Field to = Field::kGivenName;
  Owner owner = Owner::kFacts;
};

// firstName, lastName, email (to userName and to emails), gradeLevel, schoolCode; all owned by
// FACTS.
std::vector<FieldRule> DefaultFieldRules();

// The rules by which a school's people become candidates and changes.
struct RosterRules {
  SchoolId school;
  AccountsOf accounts = AccountsOf::kStudents;
  Scope scope;
  // Folded status word -> standing; defaults in rules.md, 4.
  std::map<std::string, Standing> status_words;
  std::vector<FieldRule> fields = DefaultFieldRules();
  bool email2_fallback = false;                   // rules.md, 5
  std::string external_id = "{school}:{person}";  // template; rules.md, 14
  std::vector<std::string> protected_roles = {"owner", "manager", "coordinator"};
  std::vector<std::string> protected_accounts;  // patterns on userName, '*' matches any run
  std::uint32_t missing_polls = 3;              // 1..100; rules.md, 19
};

std::map<std::string, Standing> DefaultStatusWords();

// Of everything the rules say: tells that a config was changed.
Fingerprint RulesFingerprint(const RosterRules& rules);

// The external id of a person, by the template.
std::string ExternalId(const RosterRules& rules, PersonId person);

// How far a snapshot may be off before it is rejected.
struct SourceLimits {
  double shrink_max = 0.20;     // share of rows, 0..1, since the last good poll
  double rejected_max = 0.005;  // share of rows, 0..1
};

}  // namespace roster::model
