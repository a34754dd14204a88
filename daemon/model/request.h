#pragma once

// What comes in over `control` and `tasks` and what goes out, as values. The codec of daemon/bus
// turns roster.v1 messages into these and back; the engine knows nothing of protobuf.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/access.h"
#include "daemon/model/backup.h"
#include "daemon/model/change.h"
#include "daemon/model/plan.h"
#include "daemon/model/poll.h"

namespace roster::model {

// ---- control: requests ------------------------------------------------------------------------

struct Filter {
  std::optional<ListStatus> status;
  std::string match;  // part of a name, an e-mail or the id; compared by Fold
  std::string grade;
  std::optional<Situation> situation;
  std::optional<Bucket> bucket;
  std::optional<ChangeClass> change_class;
  std::vector<Reason> reasons;     // any of these; none: all
  std::optional<FamilyId> family;  // users of this family
  bool family_context = false;     // with status kNew: also the relatives of those shown
};

struct GetStatus {};
struct StartPoll {};
struct GetPoll {
  PollId poll;  // 0: the last
};
struct ListUsers {
  Filter filter;
  std::uint32_t page_size = 100;
  std::string page_token;
};
struct Decide {
  DecisionKind kind = DecisionKind::kSync;
  std::vector<PersonId> persons;  // either these
  std::optional<Filter> filter;   // or all that it shows
  std::string note;               // at most kNoteMax bytes
};
// Bytes of a note or of a reason for lifting a guard.
inline constexpr std::size_t kNoteMax = 1000;
struct DecideFamilies {
  bool exclude = true;  // false: include
  std::vector<FamilyId> families;
  std::string note;
};
struct ListFamilies {
  bool excluded_only = false;  // on purpose
  std::uint32_t page_size = 100;
  std::string page_token;
};
// The workflow's preset: those that nobody has resolved, or that came back.
enum class GroupStatus : std::uint8_t { kNew = 1, kResolved = 2, kAll = 3 };
struct ListGroups {
  GroupStatus status = GroupStatus::kNew;
  std::uint32_t page_size = 100;
  std::string page_token;
};
struct KeepHolder {
  PersonId person;
};
struct UseEmail2 {
  PersonId person;
};
struct ShareLogin {  // the family uses this person's login
  PersonId person;
};
struct Reopen {};  // takes back what was decided on the group
struct ResolveGroup {
  GroupId group;  // 0, for UseEmail2 alone: whatever group the person is in, or none
  std::variant<KeepHolder, UseEmail2, ShareLogin, Reopen> how;
};
struct DecideMatch {
  PersonId person;
  std::optional<AccountId> account;  // this one; nullopt: none of those that fit
  bool withdraw = false;             // the earlier word no longer counts
};
struct PreparePlan {
  bool invitations = false;
  std::vector<PersonId> persons;  // invitations only; none: everybody who can be invited
  bool never_accessed = false;    // says what holds anyway: who has logged in is not invited
  std::uint32_t batch = 0;        // invitations only: at most so many; 0: as the config says
  std::optional<PlanId> undo_of;  // the inverse of that plan, in place of today's changes
};
struct GetPlan {
  PlanId plan;
};
struct ListPlans {
  std::uint32_t page_size = 20;
  std::string page_token;
};
struct ListPlan {
  PlanId plan;
  std::optional<Bucket> bucket;
  std::optional<ChangeClass> change_class;
  std::uint32_t page_size = 100;
  std::string page_token;
};
struct ApprovePlan {
  PlanId plan;
  Digest digest;
  bool leave_out_changed = false;
  std::vector<ChangeClass> only;  // none: all classes
  std::vector<PersonId> except;   // not these
  bool override_guards = false;
  std::string override_reason;  // 1..kNoteMax bytes with override_guards
};
struct ListTasks {
  std::optional<TaskState> state;
  std::optional<PlanId> plan;
  std::optional<Action> action;
  std::uint32_t page_size = 100;
  std::string page_token;
};
struct RetryTasks {
  std::vector<TaskId> tasks;
  bool all_dead = false;
};
// Of unknown tasks that nobody holds: a person has looked, and the effect is there.
struct ConfirmTasks {
  std::vector<TaskId> tasks;                    // either these
  std::optional<PlanId> plan = std::nullopt;    // or all of this plan that are resting,
  std::optional<Action> action = std::nullopt;  // of this action,
  std::vector<TaskId> except = {};              // but these
};
struct Explain {
  PersonId person;
};
struct Replay {
  Seq since;
  std::uint32_t limit = 1000;
  bool numbered = false;
};
// Compares what is stored with what the journal says of it, a slice at a time.
struct VerifyState {
  std::string page_token;
};

struct WhoAmI {};
struct Reload {};
struct Acknowledge {
  Seq seq;  // 0: all that there is
};
struct Forget {
  std::vector<PersonId> persons;  // 1..kForgetMax
};
inline constexpr std::size_t kForgetMax = 1000;
struct MakeBackup {};
struct ListBackups {};

using RequestBody =
    std::variant<GetStatus, StartPoll, GetPoll, ListUsers, Decide, PreparePlan, GetPlan, ListPlans,
                 ListPlan, ApprovePlan, ListTasks, RetryTasks, Explain, Replay, DecideFamilies,
                 ListFamilies, ListGroups, ResolveGroup, DecideMatch, ConfirmTasks, VerifyState,
                 WhoAmI, Reload, Acknowledge, Forget, MakeBackup, ListBackups>;

struct Request {
  std::string request_id;
  std::optional<SchoolId> school;  // nullopt: the only one
  CommandId command;               // "" for reads
  Digest body_digest;              // of the encoded body and school: the same command, or another
  RequestBody body;
};

// ---- control: replies -------------------------------------------------------------------------

// A row for people: the change, what was decided, and where that puts it.
struct UserRow {
  Change change;
  Verdict verdict;
  std::optional<DecisionKind> decision;
  std::string sentence;
  bool in_progress = false;
  bool changed = false;
  bool context = false;  // shown for a relative who is new, not for itself
  // Of the decision, or of the exclusion of the family that somebody is excluded with.
  std::string note;
  std::string decided_by;
  std::optional<Time> decided_at;
  std::vector<std::string>
      outdated;                  // what has changed since it was decided: "e-mail", "name", ...
  std::optional<GroupId> group;  // of the duplicate
};

struct Refusal {
  Error error;
  std::vector<UserRow> changed;
  std::uint64_t changed_total = 0;
  std::vector<Hold> holds = {};  // guards that hold the plan
};

struct SchoolStatus {
  SchoolId school;
  std::string name;
  AccountsOf accounts = AccountsOf::kStudents;
  Tally tally;
  std::optional<Poll> last_poll;
  std::optional<Poll> last_good_poll;
  bool polling = false;
  std::optional<Time> next_poll;
  std::string source_problem;
  std::string site_problem;
  TaskCounts tasks;
  std::vector<Plan> plans;
  Seq head;
  std::vector<Hold> holds;  // guards that what is pending today would trip
  bool rollover = false;    // a rollover window is open
  std::vector<std::pair<std::string, std::uint64_t>> unknown_words;
  std::string poll_phase;        // of the poll under way, and what it waits for; "": none is
  Seq acknowledged;              // up to this entry, people have said that they know
  std::vector<Plan> waiting;     // approved by one person, and waiting for a second
  bool workers_away = false;     // tasks wait, and nobody has asked for any for a while
  bool export_wanted = false;    // the site's export is older than what was done since
  bool poll_overdue = false;     // no poll was used for twice the usual time and half an hour
  std::vector<Role> roles;       // of whoever asks
  std::string import_directory;  // of a site without an API; "": it has one
};
// A limit of rosterd's own that was reached since it started.
struct LimitReached {
  std::string limit;        // a stable word
  std::uint64_t times = 0;  // > 0
  Time last;
  std::string sentence;  // for people
};
struct WorkerStatus {
  std::string worker;
  Time seen;
  std::uint64_t leased = 0;
};
struct BackupStatus {
  std::optional<Backup> last_good;  // the newest that was verified; nullopt: there is none
  bool running = false;
  std::string problem;   // why the last one was not made; "": it was, or none was asked for
  bool overdue = false;  // no good one for 50 h, and what is kept is older than that
};
struct Status {
  std::string daemon_version;
  Time now;
  Time started;
  std::string events_endpoint;
  std::string tasks_endpoint;
  std::vector<SchoolStatus> schools;
  std::vector<WorkerStatus> workers;
  std::string disk_problem;
  std::string config_problem;  // why the config file was not taken at the last reload; "": it was
  std::vector<LimitReached> limits;  // by word
  std::uint64_t connections = 0;     // of clients, subscribers and workers, open now
  BackupStatus backup;
};
struct PollReply {
  Poll poll;
  bool already_running = false;
};
struct UserPage {
  std::vector<UserRow> rows;
  std::string next_page_token;
  Tally tally;
};
struct PlanUserPage {
  UserPage page;
};
struct DecideReply {
  std::uint64_t changed = 0;
  std::uint64_t unchanged = 0;
  Tally tally;
  std::vector<PersonId> not_selectable;
};
struct DecideFamiliesReply {
  std::uint64_t changed = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t users = 0;  // whom it concerns
  Tally tally;
};
struct FamilyRow {
  FamilyCount count;
  bool excluded = false;  // on purpose
  std::string note;
  std::string actor;
  std::optional<Time> at;
};
struct FamilyPage {
  std::vector<FamilyRow> rows;
  std::string next_page_token;
  Tally tally;
};
struct GroupRow {
  DuplicateGroup group;
  bool open = true;  // somebody in it is held back by it
  std::optional<GroupDecision> decision;
  std::vector<std::string> outdated;  // what has changed since it was decided, in words
  std::vector<UserRow> members;       // of group.members, those among everybody
};
struct GroupPage {
  std::vector<GroupRow> rows;
  std::string next_page_token;
};
// Of ResolveGroup and DecideMatch.
struct SettleReply {
  // What was decided shows when this poll has ended; nullopt: it shows already.
  std::optional<PollId> poll;
  std::vector<UserRow> rows;  // whom it concerns, as they stand now
};
struct PlanReply {
  Plan plan;
  std::uint64_t in_progress = 0;
};
struct PlanPage {
  std::vector<Plan> plans;
  std::string next_page_token;
};
struct ApproveReply {
  Plan plan;
  std::vector<UserRow> left_out;
  std::uint64_t left_out_total = 0;
};
struct TaskRow {
  Task task;
  std::string first_name;
  std::string last_name;
  std::string sentence;
};
struct TaskPage {
  std::vector<TaskRow> rows;
  std::string next_page_token;
  TaskCounts counts;
};
struct RefusedTask {
  TaskId task;
  std::string reason;  // a stable word
  std::string sentence;
};
struct RetryReply {
  std::uint64_t retried = 0;
  std::vector<RefusedTask> refused;
};
struct ConfirmReply {
  std::uint64_t confirmed = 0;
  std::vector<RefusedTask> refused;
  bool export_wanted = false;  // what is known of the site is of before
};
struct ExplainReply {
  struct Line {
    std::optional<Time> at;
    std::string text;
    Seq seq;
  };
  std::optional<UserRow> row;
  std::vector<Line> lines;
};
struct ReplayReply {
  std::vector<std::string> entries;
  Seq head;
  std::vector<Seq> numbers;         // when asked for: what each is kept under
  std::optional<Digest> head_hash;  // when asked for
};
// Where the journal and what is stored disagree.
struct Difference {
  // "entry", "decision", "link", "account", "task", "plan", "family", "duplicate", "email2",
  // "match"
  std::string about;
  std::string id;      // of a duplicate: its holder
  std::string reason;  // a stable word
  std::string sentence;
};
struct VerifyReply {
  std::vector<Difference> differences;  // of this slice, the first 100
  std::uint64_t differences_total = 0;
  std::uint64_t entries = 0;  // looked at in this slice, as the others
  std::uint64_t decisions = 0;
  std::uint64_t links = 0;
  std::uint64_t tasks = 0;
  std::uint64_t plans = 0;
  std::string next_page_token;  // "": that was all
};

struct SchoolRoles {
  SchoolId school;
  std::vector<Role> roles;
};
struct WhoAmIReply {
  std::string actor;                 // as it stands in the journal
  std::vector<std::string> names;    // of the config's access entries that fit
  std::string transport;             // "ipc" or "tcp"
  std::vector<SchoolRoles> schools;  // those in which there is a role
};
struct ReloadReply {
  std::vector<std::string> changed;        // keys that count from now on
  std::vector<std::string> needs_restart;  // keys that count from the next start on
};
struct AcknowledgeReply {
  Seq seq;
};
struct RefusedPerson {
  PersonId person;
  std::string reason;  // a stable word
  std::string sentence;
};
struct ForgetReply {
  std::uint64_t forgotten = 0;
  std::vector<RefusedPerson> refused;
};
struct BackupReply {
  BackupRun run;
  bool already_running = false;
};
struct BackupList {
  std::string directory;
  std::uint32_t keep = 0;       // so many that are verified; older ones go
  std::vector<Backup> backups;  // the newest first
  std::optional<BackupRun> last;
  BackupProgress progress;  // of `last`, while it runs
};

using ReplyBody =
    std::variant<Refusal, Status, PollReply, UserPage, PlanUserPage, DecideReply, PlanReply,
                 PlanPage, ApproveReply, TaskPage, RetryReply, ExplainReply, ReplayReply,
                 DecideFamiliesReply, FamilyPage, GroupPage, SettleReply, ConfirmReply, VerifyReply,
                 WhoAmIReply, ReloadReply, AcknowledgeReply, ForgetReply, BackupReply, BackupList>;

// ---- tasks ------------------------------------------------------------------------------------

struct LeaseRef {
  SchoolId school;
  TaskId task;
  std::uint32_t attempt = 0;
};
struct Lease {
  std::vector<SchoolId> schools;
  std::uint32_t max = 1;
  Duration wait{};
  std::uint32_t school_max = 0;  // held of one school, these included; 0: any number
};
struct Heartbeat {
  std::vector<LeaseRef> held;
};
struct ReportOutcomes {
  std::vector<Report> reports;
};
struct WorkerRequest {
  std::string request_id;
  std::string worker;
  std::variant<Lease, Heartbeat, ReportOutcomes> body;
};

struct LeasedTask {
  SchoolId school;
  Task task;
};
struct SiteShare {
  SchoolId school;
  double requests_per_second = 0;
};
struct LeaseReply {
  std::vector<LeasedTask> tasks;
  Duration lease{};
  std::vector<SiteShare> shares;
};
struct HeartbeatReply {
  std::vector<LeaseRef> lost;
};
struct ReportReply {
  std::vector<LeaseRef> refused;
};
struct WorkerReply {
  std::string request_id;
  std::variant<Error, LeaseReply, HeartbeatReply, ReportReply> body;
};

}  // namespace roster::model
