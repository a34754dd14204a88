#pragma once

// What the journal records. Kept and published as roster.v1.Entry (proto/roster/v1/journal.proto).
// Ids, digests, counts and actors; never names or addresses.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/change.h"
#include "daemon/model/plan.h"

namespace roster::model {

// Persons named by one entry at the most; more are split over several entries.
inline constexpr std::size_t kEntryPersonsMax = 10'000;

struct PollCompleted {
  PollId poll;
  std::uint64_t people = 0;
  std::uint64_t students = 0;
  std::uint64_t accounts = 0;
  std::uint64_t rows_rejected = 0;
  std::uint64_t rows_changed = 0;
};
struct PollRejected {
  PollId poll;
  std::string reason;
  std::string message;
};
struct ReviewRequired {
  PollId poll;
  std::uint64_t new_users = 0;
  std::uint64_t new_errors = 0;
  std::uint64_t pending_adds = 0;
  std::uint64_t pending_updates = 0;
  std::uint64_t pending_archives = 0;
  std::uint64_t pending_restores = 0;
  std::vector<GuardKind> held;  // guards that the pending changes would trip
};
struct SourceStopped {
  std::string reason;
  std::string message;
};
struct LinksRecorded {
  std::vector<std::pair<PersonId, AccountId>> links;
};
struct PersonsDecided {
  DecisionKind kind = DecisionKind::kSync;
  std::vector<PersonId> persons;
};
// `word`, of this and the next three: the digest of what is kept of the decision (journal/word.h);
// empty when nothing is kept, and in entries of versions that did not know it.
struct FamiliesDecided {
  bool excluded = false;  // false: included again
  std::vector<FamilyId> families;
  Digest word = {};  // of each of them
};
// A holder was chosen for a duplicate, or (without a kind) the choice was taken back.
struct DuplicateResolved {
  GroupId group;
  std::optional<HolderKind> kind;
  PersonId holder;
  std::vector<PersonId> persons;  // of the group, the holder included
  Fingerprint duplicate = {};     // the group's key, which outlasts its id; zero: not known
  Digest word = {};
};
struct EmailChosen {
  PersonId person;
  bool email2 = false;  // false: the email field counts again
  Digest word = {};
};
struct MatchDecided {
  PersonId person;
  std::optional<AccountId> account;  // nullopt: none of those that fit
  bool withdrawn = false;            // the earlier word no longer counts
  Digest word = {};
};
// Links that were given up: the account is gone from the site, and a person said to start anew.
struct LinksForgotten {
  std::vector<std::pair<PersonId, AccountId>> links;
};
struct PlanPrepared {
  PlanId plan;
  Digest digest;
  std::uint64_t items = 0;
  bool invitations = false;
  std::optional<PlanId> undo_of;
  std::vector<GuardKind> held;
};
struct PlanApproved {
  PlanId plan;
  Digest digest;
  std::uint64_t adds = 0;
  std::uint64_t updates = 0;
  std::uint64_t archives = 0;
  std::uint64_t restores = 0;
  std::uint64_t invites = 0;
  std::vector<PersonId> left_out;
  std::uint64_t left_out_total = 0;
  std::uint64_t not_chosen = 0;   // items left out on purpose
  std::vector<GuardKind> lifted;  // guards lifted for this plan
  Digest override_reason;         // of the words; the words are in the plan
  std::string first_actor = {};   // who approved before, where two are needed
};
struct TaskApplied {
  TaskId task;
  PersonId person;
  Action action = Action::kNone;
  AccountId account;
  Digest digest;
  std::uint32_t attempt = 0;
  bool already = false;
};
struct TaskDead {
  TaskId task;
  PersonId person;
  Action action = Action::kNone;
  std::string reason;
  std::uint32_t attempt = 0;
};
struct TaskSuperseded {
  TaskId task;
  PersonId person;
  Action action = Action::kNone;
  std::string reason;
};
struct TaskUnknown {
  TaskId task;
  PersonId person;
  Action action = Action::kNone;
  std::string reason;
  std::uint32_t attempt = 0;
  bool resting = false;  // not looked at again by itself: a person's to settle
};
struct TasksRetried {
  std::vector<std::pair<TaskId, PersonId>> tasks;
};
// A person has looked: the effect of these unknown tasks is there.
struct TasksConfirmed {
  std::vector<std::pair<TaskId, PersonId>> tasks;
};
struct SyncCompleted {
  PlanId plan;
  TaskCounts tasks;
};

// One of two approvals that a plan needs. Nothing is done yet.
struct ApprovalGiven {
  PlanId plan;
  Digest digest;       // of the plan
  Digest choice;       // of what of it was approved, and how: the second says the same
  std::string reason;  // why two are needed: "archives", "lifted-guards", "all"
  // Of the approval that this one took the place of: its entry, and who gave it; 0, "": of none.
  Seq replaces = {};
  std::string replaced_actor = {};
};
// Somebody asked for what they may not, or for what can't be as things are. Told at once, then once
// a minute at most, with how often.
struct RequestRefused {
  std::string request;  // "ApprovePlan", "Subscribe", "Lease", ...
  std::string reason;   // a stable word
  std::uint64_t times = 1;
  PlanId plan = {};      // which it was about; 0: none
  PersonId person = {};  // the same; 0: none, or several
};
struct ConfigReloaded {
  Digest config;  // of the file
};
// What was kept of them is removed.
struct PersonsForgotten {
  std::vector<PersonId> persons;
  bool by_age = false;
};
// What awaits people and was told by the entries up to this one is known.
struct Acknowledged {
  Seq seq;
};
// Tasks wait, and no worker has asked for any.
struct WorkersAway {
  std::uint64_t waiting = 0;      // tasks
  std::optional<Time> last_seen;  // of the last worker; nullopt: none since the start
};
struct WorkersBack {};
// A backup of everything was made, and read again to verify it.
struct BackupMade {
  std::uint32_t backup = 0;
  std::uint64_t bytes = 0;
  std::uint64_t removed = 0;  // older backups
};
struct BackupFailed {
  std::string reason;   // a stable word
  std::string message;  // for operators, since it names directories; "" in what was published
};
// The store was put back from a backup.
struct Restored {
  std::uint32_t backup = 0;
  Time backup_at;
  Seq lost_head;                    // the newest entry there was; 0: nobody knows
  std::uint64_t open_tasks = 0;     // of the backup: nobody knows what became of them since
  std::uint64_t plans_expired = 0;  // of the backup, not approved there
  std::vector<PersonId> forgotten;  // after the backup, and here again
};
// The site refuses the key of tasks, or has failed again and again.
struct SiteStopped {
  std::string reason;
  std::uint64_t waiting = 0;  // tasks
};
struct SiteBack {
  bool nothing_waits = false;  // no task is left to try it with; else one was applied again
};
// A plan that nobody has approved in time is no more.
struct PlanExpired {
  PlanId plan;
};

using Event = std::variant<PollCompleted, PollRejected, ReviewRequired, SourceStopped,
                           LinksRecorded, PersonsDecided, PlanPrepared, PlanApproved, TaskApplied,
                           TaskDead, TaskSuperseded, TaskUnknown, TasksRetried, SyncCompleted,
                           FamiliesDecided, DuplicateResolved, EmailChosen, MatchDecided,
                           LinksForgotten, TasksConfirmed, ApprovalGiven, RequestRefused,
                           ConfigReloaded, PersonsForgotten, Acknowledged, WorkersAway, WorkersBack,
                           BackupMade, BackupFailed, Restored, SiteStopped, SiteBack, PlanExpired>;

// "PollCompleted", ...: the second half of a topic.
std::string_view EventName(const Event& event);

// As it is kept and published, to viewers and subscribers: without what is for operators alone.
Event Published(Event event);

struct Entry {
  SchoolId school;
  Seq seq;
  Time at;
  std::string actor;
  std::string cause;
  Digest previous;
  Event event;
};

}  // namespace roster::model
