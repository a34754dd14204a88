#pragma once

// What the config says of one school, as values. Filled and checked by daemon/config; the stages
// read their part of it.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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

  friend bool operator==(const Scope&, const Scope&) = default;
};

struct FieldRule {
  FactsField from = FactsField::kFirstName;
  Field to = Field::kGivenName;
  Owner owner = Owner::kFacts;

  friend bool operator==(const FieldRule&, const FieldRule&) = default;
};

// Students: firstName, lastName, email (to userName and to emails), gradeLevel, schoolCode.
// Parents: family (to grouping) in place of the last two. All owned by FACTS.
std::vector<FieldRule> DefaultFieldRules(AccountsOf accounts = AccountsOf::kStudents);

// Which of FACTS's two graphs says who is whose parent (rules.md, 2).
enum class FamilyGraph : std::uint8_t {
  kHouseholds = 1,  // PersonFamily
  kTies = 2,        // ParentStudent; "links" in the config, as FACTS's users call them
};
std::string_view FamilyGraphWord(FamilyGraph graph);  // "households", "links"
std::optional<FamilyGraph> FamilyGraphFromWord(std::string_view word);

// The flags of a ParentStudent row that the config may ask for, by FACTS's names.
enum class TieFlag : std::uint8_t {
  kCustody = 1,
  kCorrespondence,
  kParentsWeb,
  kGrandparent,
  kEmergencyContact,
};
std::string_view TieFlagWord(TieFlag flag);  // "custody", "parentsWeb", ...
std::optional<TieFlag> TieFlagFromWord(std::string_view word);

// Who counts as a parent of an eligible child, besides what rules.md, 2 says. pwBlock always ends a
// tie.
struct ParentRules {
  FamilyGraph graph = FamilyGraph::kHouseholds;
  std::vector<TieFlag> require;  // the ParentStudent row has all of these; without a row: no parent
  std::vector<TieFlag> exclude;  // it has none of these

  friend bool operator==(const ParentRules&, const ParentRules&) = default;
};

// The rules by which a school's people become candidates and changes.
struct RosterRules {
  SchoolId school;
  AccountsOf accounts = AccountsOf::kStudents;
  Scope scope;
  // Folded status word -> standing; defaults in rules.md, 4.
  std::map<std::string, Standing> status_words;
  ParentRules parents;  // of AccountsOf::kParents
  std::vector<FieldRule> fields = DefaultFieldRules();
  bool email2_fallback = false;                   // rules.md, 5
  std::string external_id = "{school}:{person}";  // template; rules.md, 14
  std::vector<std::string> protected_roles = {"owner", "manager", "coordinator"};
  std::vector<std::string> protected_accounts;  // patterns on userName, '*' matches any run
  std::vector<std::string> never_archive;       // patterns, as above: updated, never archived
  std::uint32_t missing_polls = 3;              // 1..100; rules.md, 19
  // The site lets a family share one login: a duplicate within a family may be resolved so.
  bool shared_logins = false;
};

// Whether a poll has to read PersonFamily, ParentStudent and Families: for parents' accounts, and
// where a field is filled from the family.
bool NeedsFamilies(const RosterRules& rules);

std::map<std::string, Standing> DefaultStatusWords();

// Of everything the rules say: tells that a config was changed.
Fingerprint RulesFingerprint(const RosterRules& rules);

// The external id of a person, by the template.
std::string ExternalId(const RosterRules& rules, PersonId person);

// A limit on what one plan may do, that a person can lift for that plan alone. Counts are taken
// against the accounts that are linked and active.
enum class GuardKind : std::uint8_t {
  kAdd = 1,
  kUpdate = 2,   // e-mail changes included
  kArchive = 3,  // without the missing
  kRestore = 4,
  kMissing = 5,  // archives of people who are missing from FACTS
};
inline constexpr std::size_t kGuardKinds = 6;  // indexes [GuardKind]
std::string_view GuardWord(GuardKind kind);    // "add", "update", ...
std::optional<GuardKind> GuardFromWord(std::string_view word);

struct Guard {
  std::optional<std::uint32_t> max_count;  // more than this trips; nullopt: no such limit
  std::optional<double> max_share;         // 0..1; more than this of the population trips
  std::uint32_t min_population = 50;       // with fewer accounts max_share does not apply

  friend bool operator==(const Guard&, const Guard&) = default;
};
using Guards = std::array<Guard, kGuardKinds>;  // [GuardKind]; [0] is not used

// The defaults, argued in daemon/config/README.md.
Guards DefaultGuards();

// A window with limits of its own, for the turn of a school year. Ends by itself.
struct Rollover {
  std::chrono::sys_days from;   // the first day, UTC
  std::chrono::sys_days until;  // the last day, the whole of it
  Guards guards;                // instead of the usual ones

  friend bool operator==(const Rollover&, const Rollover&) = default;
};

// Plans that two different people have to approve.
struct FourEyes {
  std::optional<std::uint32_t>
      archives_over;           // that archive more than this; nullopt: no such limit
  bool lifted_guards = false;  // whose approval lifts guards
  bool all = false;

  friend bool operator==(const FourEyes&, const FourEyes&) = default;
};

// What is kept of people who have left is removed after this long; nullopt: not by age.
struct Retention {
  std::optional<Duration> left;

  friend bool operator==(const Retention&, const Retention&) = default;
};

// What bounds plans.
struct PlanRules {
  Guards guards = DefaultGuards();
  std::vector<Rollover> rollovers;
  Duration plan_ttl = std::chrono::days(14);        // an open plan that nobody approved expires
  Duration invite_cooldown = std::chrono::days(7);  // before a second invitation
  std::uint32_t invite_batch = 500;                 // invitations of one plan, 1..100000
  FourEyes four_eyes;

  friend bool operator==(const PlanRules&, const PlanRules&) = default;
};

// How far a snapshot may be off before it is rejected.
struct SourceLimits {
  double shrink_max = 0.20;     // share of rows, 0..1, since the last good poll
  double rejected_max = 0.005;  // share of rows, 0..1

  friend bool operator==(const SourceLimits&, const SourceLimits&) = default;
};

}  // namespace roster::model
