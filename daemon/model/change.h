#pragma once

// From people to proposals: Candidate (roster), Match (match), Change (diff), Verdict (review).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/account.h"
#include "daemon/model/field.h"
#include "daemon/model/settings.h"

namespace roster::model {

// All enums of this file are stored by number: never renumber, never reuse.

enum class Eligibility : std::uint8_t {
  kEligible = 1,
  kIneligible = 2,  // definitely left: graduated, withdrawn, inactive, out of scope, deceased
  kNotYet = 3,      // pre-enrolled or in admissions, and the scope does not name it
  kUnclear = 4,     // a blank or unmapped status word, or a row that could not be read
  kMissing = 5,     // what made the person eligible is gone from FACTS (rules.md, 19)
};

// Why a row is where it is: the fixed list. Word: "graduated", "missing-email", ...; the sentence
// comes from review/.
enum class Reason : std::uint8_t {
  kNone = 0,
  kNew = 1,
  kFound = 2,
  kFoundArchived = 3,
  kAmbiguous = 4,
  kTaken = 5,
  kProtected = 6,
  kInStep = 7,
  kOutdated = 8,
  kDrifted = 9,
  kReturned = 10,
  kLost = 11,
  kRetired = 12,
  kGraduated = 20,
  kWithdrawn = 21,
  kInactive = 22,
  kOutOfScope = 23,
  kDeceased = 24,
  kBlocked = 25,
  kMissing = 26,
  kMissingWaiting = 27,
  kNotYet = 28,
  kUnknownStatus = 29,
  kDeselected = 30,
  kUndecided = 31,
  kExcluded = 32,
  kMissingEmail = 40,
  kDuplicateEmail = 41,
  kNoPerson = 42,
  kEmailCollision = 43,
  kSiteOwned = 44,         // drifted or outdated in fields the site owns alone
  kInProgress = 45,        // an approved task is under way
  kNotLinked = 46,         // ineligible and never linked: not part of everybody
  kGraphsDisagree = 47,    // a parent by the graph that does not decide, alone (rules.md, 2)
  kAnotherHolder = 48,     // of a duplicate: somebody else holds the address
  kSharedLogin = 49,       // of a duplicate: the family uses the holder's login
  kDecisionOutdated = 50,  // decided once, and what it was decided on has changed since
  kNeverArchive = 51,      // would be archived, and the account is marked never to be
  kUnreadableRow = 52,     // not eligible as far as FACTS could be read, and a row could not be
};
std::string_view ReasonWord(Reason reason);
std::optional<Reason> ReasonFromWord(std::string_view word);
std::string ReasonWords();  // all of them, "new, found, ...": for messages

// How much a duplicate or a missing e-mail matters (the workflow's table); both hold back.
enum class Severity : std::uint8_t { kNone = 0, kWarning = 1, kError = 2 };
std::string_view SeverityWord(Severity severity);  // "", "warning", "error"

// Where the two graphs of FACTS disagree on a person (rules.md, 2).
enum class Mismatch : std::uint8_t {
  kNone = 0,
  kHouseholdAlone = 1,  // shares a household with an eligible child, and ParentStudent has no row
  kTieAlone = 2,        // ParentStudent ties them to an eligible child, and no household does
};
std::string_view MismatchWord(Mismatch mismatch);  // "", "household-alone", "link-alone"

// A household that holds an eligible child, of a parent; a household they are in, of a student.
struct FamilyPlace {
  FamilyId family;
  bool listed_first = false;  // rules.md, 6

  friend bool operator==(const FamilyPlace&, const FamilyPlace&) = default;
};

// A child that FACTS ties a parent to, by either graph.
struct Child {
  PersonId person;
  bool household = false;  // by PersonFamily
  bool tie = false;        // by ParentStudent
  bool blocked = false;    // pwBlock
  bool counts = false;     // not blocked, and as the config's require and exclude want it
  bool eligible = false;   // in scope

  friend bool operator==(const Child&, const Child&) = default;
};

// Children and families named of one parent; the rest are left out of lists, never of decisions.
inline constexpr std::size_t kChildrenMax = 50;

struct Candidate {
  PersonId person;
  Eligibility eligibility = Eligibility::kEligible;
  Reason reason = Reason::kNone;  // why not eligible; kNoPerson or kMissingEmail for errors
  bool no_person = false;         // a student without a People row (rules.md, 3)
  std::string first_name;         // for lists
  std::string last_name;
  std::string school_code;
  std::string grade;
  std::string status_word;  // as FACTS has it
  std::string next_status;  // shown, never used (rules.md, 4)
  std::string next_grade;
  Fields fields;      // what the account should say, mapped; blanks left out
  std::string email;  // the address that counts, as written in FACTS; "" when none
  // People chose email2 for them (rules.md, 5): `email` is email2's address, and this is what the
  // email field gives ("" when nothing usable). Empty otherwise.
  std::string facts_email;
  bool uses_email2 = false;  // by decision; the config's email_fallback does not set it
  std::string email2;        // email2's usable address, where it is another one; "" when none
  std::vector<FamilyPlace> families;  // by id
  // False: the poll brought nobody's families (NeedsFamilies), so that having none says nothing.
  bool families_read = true;
  std::string family_name;      // of the grouping household (rules.md, 7)
  std::vector<Child> children;  // of a parent; by id, the first kChildrenMax
  Mismatch mismatch = Mismatch::kNone;

  // In any of the families; true of somebody without one (rules.md, 6).
  bool listed_first() const;

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

// An account that fits somebody, with what a reviewer needs to tell it from others.
struct Fit {
  AccountId account;
  bool active = true;
  std::string user_name;
  std::string name;  // given and family name, "" when the site has none
  // It carries the person's external id, as others do: which of them is theirs is settled on the
  // site alone (rules.md, 14).
  bool carries_id = false;

  friend bool operator==(const Fit&, const Fit&) = default;
};

// How a candidate without a link stands to the site's accounts, or a linked one to the others.
struct Match {
  enum class Kind : std::uint8_t {
    kNone = 1,       // none fits
    kExact = 2,      // one fits
    kSeveral = 3,    // several fit exactly, or one fits probably: a person decides
    kTaken = 4,      // fits, but is linked to another person
    kProtected = 5,  // fits, but is protected
  };
  Kind kind = Kind::kNone;
  std::optional<Account> account;      // kExact, kTaken, kProtected
  std::vector<Fit> others;             // kSeveral: all that fit, by account
  std::optional<PersonId> taken_by;    // kTaken
  std::optional<AccountId> collision;  // the wanted e-mail belongs to this other account
                                       // (rules.md, 17)
  // Candidates that want the same e-mail, this one left out; by id (rules.md, 8).
  std::vector<PersonId> duplicates;
  bool by_external_id = false;          // kExact by external id: recorded without a write (rule 14)
  Severity severity = Severity::kNone;  // of the duplicate
  std::optional<Fingerprint> group;     // of the duplicate: DuplicateGroup::key
  bool never_archive = false;           // the account is marked so in the config
};

enum class Situation : std::uint8_t {
  kNew = 1,
  kFound = 2,
  kFoundArchived = 3,
  kAmbiguous = 4,
  kTaken = 5,
  kProtected = 6,
  kInStep = 7,
  kOutdated = 8,
  kDrifted = 9,
  kReturned = 10,
  kLost = 11,
  kIneligible = 12,
  kUnclear = 13,
  kMissing = 14,
  kRetired = 15,
  kNotYet = 16,  // linked, active; pre-enrolled or in admissions (rules.md, 4)
};
std::string_view SituationWord(Situation situation);  // "new", "found-archived", ...
std::optional<Situation> SituationFromWord(std::string_view word);

enum class Action : std::uint8_t {
  kNone = 0,
  kAdd = 1,
  kUpdate = 2,  // found included: the link is made by writing externalId
  kArchive = 3,
  kRestore = 4,
  kInvite = 5,
};
std::string_view ActionWord(Action action);
std::optional<Action> ActionFromWord(std::string_view word);
// Adds, updates and restores: the others leave every field as it is.
bool WritesFields(Action action);

// One row of the staged data: a person of everybody (rules.md, 21), and what FACTS proposes.
// What people decided is not in it: see Verdict.
struct Change {
  Candidate candidate;
  Situation situation = Situation::kNew;
  Action action = Action::kNone;  // proposed if nobody objects; kNone: in step, or held by reason
  Reason reason = Reason::kNone;
  std::optional<Account> account;         // linked, or the one that fits; as last read
  std::optional<AccountId> lost_account;  // kLost, or retired and gone: the link's account
  std::vector<FieldChange> fields;        // what the action would write, by field
  std::vector<FieldChange> drift;      // before: what FACTS or rosterd last said; after: the site's
  std::vector<PersonId> duplicates;    // see Match
  std::optional<AccountId> collision;  // see Match
  std::optional<PersonId> taken_by;    // see Match
  std::vector<Fit> several;            // see Match::others
  Severity severity = Severity::kNone;  // see Match
  std::optional<Fingerprint> group;     // see Match
  bool never_archive = false;           // see Match
  std::uint32_t missing_polls = 0;      // whole polls in a row without this person
  bool linked = false;                  // a link is on record

  friend bool operator==(const Change&, const Change&) = default;
};

// People whose addresses or accounts are in each other's way (rules.md, 8, 9, 17). Found by match/,
// kept with a number by the engine.
struct DuplicateGroup {
  GroupId id;       // 0 until the engine has given one
  Fingerprint key;  // tells the group in later polls: of the address, or of the account
  Reason reason = Reason::kDuplicateEmail;  // or kTaken, kEmailCollision
  Severity severity = Severity::kError;
  std::string address;               // as one of the holders writes it
  std::vector<PersonId> members;     // by id, the first kGroupMembersMax
  std::uint64_t members_total = 0;   // all of them
  std::optional<AccountId> account;  // the account in the way, if there is one
  std::optional<FamilyId> family;    // the household that holds all members, if one does
  Fingerprint state;                 // of members, addresses and account: what a decision is on

  friend bool operator==(const DuplicateGroup&, const DuplicateGroup&) = default;
};

// Persons of one group named in one row. A group that has more is held whatever people decide,
// since those named are not all.
inline constexpr std::size_t kGroupMembersMax = 100;

// A person's standing word on a duplicate.
enum class HolderKind : std::uint8_t {
  kKeep = 1,   // the holder has the address; the others stay as they are, and are not synced
  kShare = 2,  // the family uses the holder's login (RosterRules::shared_logins)
};
std::string_view HolderWord(HolderKind kind);  // "keep", "share"

struct GroupDecision {
  Fingerprint key;
  HolderKind kind = HolderKind::kKeep;
  PersonId holder;
  Fingerprint made_on;            // DuplicateGroup::state
  std::vector<PersonId> members;  // then, to say who came and who went
  std::string address;            // then
  std::string actor;
  Time at;

  friend bool operator==(const GroupDecision&, const GroupDecision&) = default;
};

// A person's standing word that email2 counts for somebody (rules.md, 5).
struct EmailChoice {
  PersonId person;
  std::string email2;  // the address that was seen; another one ends the choice
  std::string actor;
  Time at;

  friend bool operator==(const EmailChoice&, const EmailChoice&) = default;
};

// Whether accounts fit because they carry the person's external id: then nobody's word tells which.
bool CarryId(const std::vector<Fit>& fits);

// A person's standing word on which account is somebody's.
struct MatchDecision {
  PersonId person;
  std::optional<AccountId> account;  // nullopt: none of `seen`
  std::vector<AccountId> seen;       // the accounts that fitted then, sorted; others end a "none"
  std::string actor;
  Time at;

  friend bool operator==(const MatchDecision&, const MatchDecision&) = default;
};

// A family excluded on purpose. Including it takes this away.
struct FamilyExclusion {
  FamilyId family;
  std::string note;
  std::string actor;
  Time at;
  // Who was in it since, and of whom no row is kept: with the last of them the word goes when they
  // are forgotten. The last kFamilyLeftMax.
  std::vector<PersonId> left = {};

  friend bool operator==(const FamilyExclusion&, const FamilyExclusion&) = default;
};
inline constexpr std::size_t kFamilyLeftMax = 100;

// Decisions that the stages before review need, read with the stored rows when a poll is examined.
struct Choices {
  std::vector<EmailChoice> emails;     // by person, unique
  std::vector<MatchDecision> matches;  // by person, unique
};

// How many of a family's users stand where; kept by the engine.
struct FamilyCount {
  FamilyId family;
  std::string name;
  std::uint64_t users = 0;
  std::uint64_t fresh = 0;           // New?
  std::uint64_t selected = 0;        // Sync?
  std::uint64_t fresh_selected = 0;  // selected, and not on the site yet
  std::uint64_t excluded = 0;        // reason kExcluded

  friend bool operator==(const FamilyCount&, const FamilyCount&) = default;
};

// A person's standing word on a person.
enum class DecisionKind : std::uint8_t {
  kSync = 1,     // select
  kSkip = 2,     // deselect; on a linked person proposes an archive (rules.md, 11)
  kExclude = 3,  // leaves the account exactly as it is
  kInclude = 4,  // takes an exclusion or a protection back; never kept
  kProtect = 5,  // never touched, like an account of the site's owner (rules.md, 16)
};
std::string_view DecisionWord(DecisionKind kind);  // "sync", "skip", "exclude", ...

// The facts that a decision was made on. When they change, the decision comes back (workflow, 7).
// Grade, school and phone numbers are not among them: they change for everybody every year.
struct Basis {
  bool eligible = true;
  std::string name;   // first and last
  std::string email;  // what FACTS gives, whatever was chosen since
  AccountId account;  // linked, or the one that fits; "" when none
  std::vector<FamilyId> families;
  bool families_read = true;  // see Candidate

  friend bool operator==(const Basis&, const Basis&) = default;
};

struct Decision {
  PersonId person;
  DecisionKind kind = DecisionKind::kSync;
  Fingerprint made_on;         // of the change that was seen
  std::optional<Basis> basis;  // nullopt: kept by a version that did not know it; holds for ever
  std::string note;            // why, for people; "" when nothing was said
  std::string actor;           // attested, e.g. "uid:1000"
  Time at;

  friend bool operator==(const Decision&, const Decision&) = default;
};

// The list a row stands in: the manual tool's status filter.
enum class ListStatus : std::uint8_t {
  kNew = 1,       // never decided, and could be synced
  kSelected = 2,  // decided to sync, or synced before
  kSkipped = 3,   // deselected, excluded, not eligible, or nothing to sync
  kError = 4,     // held back until somebody mends it
};
std::string_view ListStatusWord(ListStatus status);
std::optional<ListStatus> ListStatusFromWord(std::string_view word);

// rules.md, 22: they add up to everybody.
enum class Bucket : std::uint8_t {
  kAdd = 1,
  kUpdate = 2,
  kArchive = 3,
  kRestore = 4,
  kSkip = 5,
  kUnchanged = 6,
};
std::string_view BucketWord(Bucket bucket);
std::optional<Bucket> BucketFromWord(std::string_view word);

// What a plan is counted and approved by: an action, with the kinds apart that need another look.
enum class ChangeClass : std::uint8_t {
  kNone = 0,
  kAdd = 1,
  kUpdate = 2,
  kEmailChange = 3,  // an update that writes a new address to a linked account (workflow, 10)
  kArchive = 4,
  kMissing = 5,  // an archive of somebody missing from FACTS (workflow, 2)
  kRestore = 6,
  kInvite = 7,
};
inline constexpr std::size_t kChangeClasses = 8;      // indexes [ChangeClass]
std::string_view ChangeClassWord(ChangeClass which);  // "add", "email-change", ...
std::optional<ChangeClass> ChangeClassFromWord(std::string_view word);

// A change as it stands under the decisions.
struct Verdict {
  ListStatus status = ListStatus::kNew;
  bool is_new = false;  // the New? column: never reviewed
  bool sync = false;    // the Sync? column
  Bucket bucket = Bucket::kSkip;
  Action action = Action::kNone;  // what a plan would hold; kNone for skip and unchanged
  Reason reason = Reason::kNone;
  ChangeClass change_class = ChangeClass::kNone;  // of the action
  Severity severity = Severity::kNone;            // of an error

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// A verdict as it is stored beside its change, so that lists and counters know where the row stood
// before.
struct Placement {
  Verdict verdict;
  std::string sort_name;           // as it stands in the list indexes
  Fingerprint need;                // of review::Need; of nothing when there is none
  bool linked_active = false;      // linked, and the account is active
  std::vector<FamilyId> families;  // of the candidate, for the counts of families

  friend bool operator==(const Placement&, const Placement&) = default;
};

// A verdict can be counted, so counters follow every commit.
struct Tally {
  std::uint64_t everybody = 0;
  std::uint64_t fresh = 0;                      // New? rows, errors included
  std::uint64_t by_status[5] = {};              // [ListStatus]
  std::uint64_t by_bucket[7] = {};              // [Bucket]
  std::uint64_t by_reason[64] = {};             // [Reason], of skipped rows
  std::uint64_t by_class[kChangeClasses] = {};  // [ChangeClass], of rows that are not skipped
  std::uint64_t by_severity[3] = {};            // [Severity], of rows in error
  std::uint64_t linked_active = 0;              // what guards are counted against
  std::uint64_t fresh_selected = 0;             // selected, and not on the site yet
  // Families with users among everybody; with a New? user; with a selected user who is not on the
  // site yet; with nobody who is not excluded.
  std::uint64_t families = 0;
  std::uint64_t families_fresh = 0;
  std::uint64_t families_selected = 0;
  std::uint64_t families_excluded = 0;

  friend bool operator==(const Tally&, const Tally&) = default;
};

}  // namespace roster::model
