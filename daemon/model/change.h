#pragma once

// From people to proposals: Candidate (roster), Match (match), Change (diff), Verdict (review).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/model/account.h"
#include "daemon/model/field.h"
#include "daemon/model/settings.h"

namespace roster::model {

// All enums of this file are stored by number: never renumber, never reuse.

enum class Eligibility : std::uint8_t {
  kEligible = 1,
  kIneligible = 2,  // definitely left: graduated, withdrawn, inactive, out of scope, deceased
  kNotYet = 3,      // pre-enrolled or in admissions, and the scope does not name it
  kUnclear = 4,     // a blank or unmapped status word
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
  kSiteOwned = 44,   // drifted or outdated in fields the site owns alone
  kInProgress = 45,  // an approved task is under way
  kNotLinked = 46,   // ineligible and never linked: not part of everybody
};
std::string_view ReasonWord(Reason reason);
std::optional<Reason> ReasonFromWord(std::string_view word);

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
  std::string email;  // the usable address as written, "" when none

  friend bool operator==(const Candidate&, const Candidate&) = default;
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
  std::vector<AccountId> others;       // kSeveral: all that fit
  std::optional<PersonId> taken_by;    // kTaken
  std::optional<AccountId> collision;  // the wanted e-mail belongs to this other account
                                       // (rules.md, 17)
  // Candidates that want the same e-mail, this one left out; by id (rules.md, 8).
  std::vector<PersonId> duplicates;
  bool by_external_id = false;  // kExact by external id: recorded without a write (rule 14)
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
  std::vector<AccountId> several;      // see Match::others
  std::uint32_t missing_polls = 0;     // whole polls in a row without this person
  bool linked = false;                 // a link is on record

  friend bool operator==(const Change&, const Change&) = default;
};

// A person's standing word on a person.
enum class DecisionKind : std::uint8_t {
  kSync = 1,     // select
  kSkip = 2,     // deselect; on a linked person proposes an archive (rules.md, 11)
  kExclude = 3,  // leaves the account exactly as it is
};
std::string_view DecisionWord(DecisionKind kind);  // "sync", "skip", "exclude"

struct Decision {
  PersonId person;
  DecisionKind kind = DecisionKind::kSync;
  Fingerprint made_on;  // of the change that was seen
  std::string actor;    // attested, e.g. "uid:1000"
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

// A change as it stands under the decisions.
struct Verdict {
  ListStatus status = ListStatus::kNew;
  bool is_new = false;  // the New? column: never reviewed
  bool sync = false;    // the Sync? column
  Bucket bucket = Bucket::kSkip;
  Action action = Action::kNone;  // what a plan would hold; kNone for skip and unchanged
  Reason reason = Reason::kNone;

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// A verdict as it is stored beside its change, so that lists and counters know where the row stood
// before.
struct Placement {
  Verdict verdict;
  std::string sort_name;  // as it stands in the list indexes
  Fingerprint need;       // of review::Need; of nothing when there is none

  friend bool operator==(const Placement&, const Placement&) = default;
};

// A verdict can be counted, so counters follow every commit.
struct Tally {
  std::uint64_t everybody = 0;
  std::uint64_t fresh = 0;           // New? rows, errors included
  std::uint64_t by_status[5] = {};   // [ListStatus]
  std::uint64_t by_bucket[7] = {};   // [Bucket]
  std::uint64_t by_reason[64] = {};  // [Reason], of skipped rows

  friend bool operator==(const Tally&, const Tally&) = default;
};

}  // namespace roster::model
