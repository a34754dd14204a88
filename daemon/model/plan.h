#pragma once

// From verdicts to effects: Plan, PlanItem, Task, Outcome.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/change.h"
#include "daemon/model/settings.h"

namespace roster::model {

// One change of a plan: named by its content. Two items with the same digest do the same to the
// same account.
struct PlanItem {
  PersonId person;
  Action action = Action::kAdd;
  Digest digest;
  ChangeClass change_class = ChangeClass::kNone;
  std::optional<TaskId> undo_of = {};  // the applied task that this takes back

  friend bool operator==(const PlanItem&, const PlanItem&) = default;
};

enum class PlanState : std::uint8_t {
  kOpen = 1,      // shown, not approved
  kApproved = 2,  // tasks are under way
  kFinished = 3,  // every task has ended
};
std::string_view PlanStateWord(PlanState state);

// How many of an approved plan's tasks stand where.
struct TaskCounts {
  std::uint64_t queued = 0;  // queued, retry
  std::uint64_t leased = 0;
  std::uint64_t unknown = 0;
  std::uint64_t applied = 0;
  std::uint64_t dead = 0;
  std::uint64_t superseded = 0;
  std::uint64_t resting = 0;  // of the unknown: those that wait for a person

  std::uint64_t total() const { return queued + leased + unknown + applied + dead + superseded; }
  bool ended() const { return queued + leased + unknown == 0; }
  // Unknown ones that are looked up again by themselves.
  std::uint64_t looked_up() const { return unknown - std::min(unknown, resting); }
  // What a worker could take now or later.
  std::uint64_t waiting() const { return queued + looked_up(); }
  // That, and what one has taken: all that goes on without a person.
  std::uint64_t under_way() const { return waiting() + leased; }
  friend bool operator==(const TaskCounts&, const TaskCounts&) = default;
};

// A guard that has tripped: what it is, the numbers, some of the people.
struct Hold {
  GuardKind guard = GuardKind::kArchive;
  std::uint64_t count = 0;
  std::uint64_t population = 0;  // accounts that are linked and active
  Guard limit;
  bool rollover = false;          // the limit is that of a rollover window
  std::vector<PersonId> persons;  // the first kHoldPersonsMax, by plan order
  std::string message = {};       // for people: the numbers, and what to do; for replies

  friend bool operator==(const Hold&, const Hold&) = default;
};
inline constexpr std::size_t kHoldPersonsMax = 10;

// An applied task that an undo leaves as it is, and why.
struct NotUndone {
  TaskId task;
  PersonId person;
  std::string reason;         // "invitation-sent", "changed-since", ...: a stable word
  std::string sentence = {};  // the same for people; for replies

  friend bool operator==(const NotUndone&, const NotUndone&) = default;
};

// One of two approvals.
struct Approval {
  std::string actor;
  // Of the config's access entries that name their user or key: in four eyes, one name is one
  // person.
  std::vector<std::string> names;
  bool by_group = false;  // none of these makes them an approver
  Time at;
  Seq seq;        // of the entry that says so
  Digest choice;  // plan::ChoiceDigest() of the following
  bool leave_out_changed = false;
  std::vector<ChangeClass> only;  // none: all; sorted
  std::vector<PersonId> except;   // sorted
  bool override_guards = false;   // guards are lifted by it: with nothing to lift it is false
  std::string override_reason;
  // Whose approval of another choice this one took the place of, and of when; "": nobody's.
  std::string replaced_actor;
  std::optional<Time> replaced_at;

  friend bool operator==(const Approval&, const Approval&) = default;
};

struct Plan {
  PlanId id;
  bool invitations = false;  // invitations are their own plan (rules.md, 22)
  PlanState state = PlanState::kOpen;
  Digest digest;  // of all items in order: what is approved
  std::uint64_t items = 0;
  Tally tally;                      // everybody, at the time of making
  std::uint64_t by_action[6] = {};  // [Action], of the items
  Time prepared_at;
  std::string prepared_by;
  std::optional<Time> approved_at;
  std::string approved_by;
  std::uint64_t left_out = 0;  // items that had changed when it was approved
  TaskCounts tasks;
  std::optional<Time> finished_at;
  std::uint64_t by_class[kChangeClasses] = {};  // [ChangeClass], of the items
  std::optional<PlanId> undo_of;
  std::vector<NotUndone> not_undone;  // of an undo: the first 100
  std::uint64_t not_undone_total = 0;
  Time expires_at;          // not approved by then: it is no longer
  std::vector<Hold> holds;  // guards that trip, when it was prepared; of an approved plan, lifted
  std::string override_reason;         // of the approval, when guards were lifted
  std::uint64_t not_chosen = 0;        // items that the approval left out on purpose
  std::uint64_t recently_invited = 0;  // of invitations: left out, within the cool-down
  // Why two have to approve, as when it was prepared: "archives", "all"; "": one is enough.
  std::string two_needed;
  bool lifting_needs_two = false;  // to lift guards for it takes two
  // Of an open plan: it waits for a second. Of an approved one: who was first.
  std::optional<Approval> first_approval;
};

enum class TaskState : std::uint8_t {
  kQueued = 1,
  kLeased = 2,
  kRetry = 3,    // queued again, not before a time
  kUnknown = 4,  // a lease ran out: the site is looked at first
  kApplied = 5,
  kDead = 6,        // a person can retry
  kSuperseded = 7,  // the account or the person has changed since
};
std::string_view TaskStateWord(TaskState state);
std::optional<TaskState> TaskStateFromWord(std::string_view word);
inline bool IsOpen(TaskState state) { return state <= TaskState::kUnknown; }

// The addresses of an account that was found to fit somebody, as the site had them then: what they
// fit by is among them.
struct FittedBy {
  std::string user_name;
  std::string email;
  std::string other_email;  // where neither of those is the person's: the one that is; else ""

  friend bool operator==(const FittedBy&, const FittedBy&) = default;
};

// Everything a worker needs; the worker keeps no state.
struct Task {
  TaskId id;
  PersonId person;
  Action action = Action::kAdd;
  Digest digest;                    // of the plan item
  std::string external_id;          // of the person
  AccountId account;                // "" for an add, until it is applied
  std::vector<FieldChange> fields;  // before -> after
  bool was_active = true;           // the account's state when it was approved
  bool link_only = false;           // an update that makes a link: writes externalId
  // Of a task that makes a link: they are still there, or the account may be another's by now.
  // nullopt: approved by a version that did not say.
  std::optional<FittedBy> fitted_by;
  std::optional<Time> invited_before;  // kInvite: the account's invitedAt when approved
  bool look_only =
      false;  // do not write: say whether the effect is there (superseded while unknown)
  std::optional<TaskId> undo_of;  // the applied task that this takes back
  // Why an earlier attempt may have had its effect, since nobody could say that it had not: a
  // stable word; "": none can have. Until a person says that the effect is not there.
  std::string doubt;
  // Whose number this is: a word that the school's store, and whatever is restored from it, has for
  // good, and that one begun anew has not. "": not told. For the worker; never stored.
  std::string origin = {};
  bool forgotten = false;  // ended, and its values are removed with the person's

  TaskState state = TaskState::kQueued;
  std::uint32_t attempt = 0;   // counts leases; a report counts only with the current one
  std::uint32_t failures = 0;  // since queued or retried by a person
  // Since then: how often it found the site failing, where that did not count among its own
  // failures; and SchoolHead::served of its action when it last did.
  std::uint32_t site_failures = 0;
  std::uint64_t served_then = 0;
  bool resting = false;             // kUnknown, and a person's to settle: not leased any more
  Time not_before;                  // kRetry
  std::optional<Time> lease_until;  // kLeased
  std::string worker;               // who holds or held the lease
  std::string reason;               // why it is in retry, dead, superseded, unknown: a stable word
  std::optional<Time> ended_at;
};

// What a worker says of one attempt.
struct Applied {
  Account account;       // as the site has it now
  bool already = false;  // the effect was there before this attempt wrote
};
struct Failed {
  std::string reason;         // a stable word, no personal data
  bool again = true;          // false: no retry can help
  bool site_failing = false;  // not this task's fault: unreachable, 5xx, 429, 401, 403
  std::optional<std::chrono::milliseconds> retry_after;
};
// The reason of a failure that is none: the worker was told to stop before it wrote anything.
inline constexpr std::string_view kWorkerStopped = "stopped";
struct Superseded {
  std::string reason;  // "changed-on-site", "protected", "gone", "username-taken", ...
};
struct Unknown {  // written, and no answer: the site is to be looked at
  std::string reason;
  bool untold = false;  // the site can't tell whether the effect is there: a person's to settle
};
// The doubt of a write that the site accepted, and whose effect has not been seen.
inline constexpr std::string_view kUnseen = "accepted-unseen";
// The reason of a task that stands in an import file, for a person to upload.
inline constexpr std::string_view kToUpload = "to-upload";
// The reason of a task whose effect a person has found to be there.
inline constexpr std::string_view kConfirmed = "confirmed";
// The doubt, and the reason, of a task that was open when the backup was made which was put back.
inline constexpr std::string_view kRestored = "restored";
using Outcome = std::variant<Applied, Failed, Superseded, Unknown>;

struct Report {
  SchoolId school;
  TaskId task;
  std::uint32_t attempt = 0;
  Outcome outcome;
};

}  // namespace roster::model
