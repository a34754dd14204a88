#pragma once

// One function a command: what was asked for in, what was answered out. Options are what the
// command line said, checked as far as the client can.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/format.h"
#include "client/session.h"
#include "roster/v1/control.pb.h"
#include "roster/v1/journal.pb.h"

namespace roster::client {

struct StatusOptions {
  bool exit_code = false;
  bool watch = false;  // redrawn until it is interrupted; at a terminal alone
};
Answer<Exit> RunStatus(Session& session, const StatusOptions& options);

struct PollOptions {
  bool wait = false;
};
Answer<Exit> RunPoll(Session& session, const PollOptions& options);

struct UsersOptions {
  v1::Filter filter;
  bool fields = false;  // before -> after below each row
};
Answer<Exit> RunUsers(Session& session, const UsersOptions& options);

struct DecideOptions {
  v1::Decision decision = v1::SYNC;
  std::vector<std::int64_t> persons;  // either these
  std::optional<v1::Filter> filter;   // or all that it shows
  std::string note;
};
Answer<Exit> RunDecide(Session& session, const DecideOptions& options);

// UNSPECIFIED is as GROUP_NEW.
Answer<Exit> RunDuplicates(Session& session, v1::GroupStatus status);

struct ResolveOptions {
  std::uint64_t group = 0;  // 0: none, for kUseEmail2 alone
  v1::ResolveGroup::HowCase how = v1::ResolveGroup::kReopen;
  std::int64_t person = 0;  // not of kReopen
};
Answer<Exit> RunResolve(Session& session, const ResolveOptions& options);

Answer<Exit> RunMatches(Session& session);

struct MatchOptions {
  std::int64_t person = 0;
  v1::DecideMatch::WordCase word = v1::DecideMatch::kWithdraw;
  std::string account;  // of kAccount
};
Answer<Exit> RunMatch(Session& session, const MatchOptions& options);

enum class ExcludedStatus { kNew, kOnPurpose, kAll };
Answer<Exit> RunExcluded(Session& session, ExcludedStatus status);

struct DecideFamiliesOptions {
  bool exclude = true;  // false: include
  std::vector<std::int64_t> families;
  std::string note;
};
Answer<Exit> RunDecideFamilies(Session& session, const DecideFamiliesOptions& options);

struct PlanOptions {
  std::uint64_t plan = 0;            // 0: as things stand now
  std::optional<v1::Bucket> bucket;  // set: the list alone, whole; UNSPECIFIED: all items
  std::optional<v1::ChangeClass> change_class;  // the same, of a class
  std::uint64_t number = 0;                     // rows at the most; 0: 20, or the whole of a list
};
Answer<Exit> RunPlan(Session& session, const PlanOptions& options);

struct SyncOptions {
  std::uint64_t plan = 0;  // 0: as things stand now, after a question
  bool leave_out_changed = false;
  bool yes = false;
  bool wait = false;
  std::vector<v1::ChangeClass> only;  // none: all
  std::vector<std::int64_t> except;
  std::optional<std::string> override_reason;  // set: guards are lifted, and why
};
Answer<Exit> RunSync(Session& session, const SyncOptions& options);

struct InviteOptions {
  std::vector<std::int64_t> persons;  // none: everybody linked, active and never logged in
  bool never_accessed = false;        // holds anyway
  std::uint32_t batch = 0;            // at most so many; 0: as the config says
  bool yes = false;
  bool wait = false;
};
Answer<Exit> RunInvite(Session& session, const InviteOptions& options);
Answer<Exit> RunInviteLog(Session& session);

// Prepares the inverse of that plan, and shows it. Nothing is approved.
Answer<Exit> RunUndo(Session& session, std::uint64_t plan);

struct TasksOptions {
  v1::TaskState state = v1::TASK_STATE_UNSPECIFIED;  // all
  v1::Action action = v1::ACTION_UNSPECIFIED;        // all
  std::uint64_t plan = 0;                            // 0: all
};
Answer<Exit> RunTasks(Session& session, const TasksOptions& options);

struct RetryOptions {
  std::vector<v1::TaskRef> tasks;  // either these
  bool all = false;                // or all that are dead
};
Answer<Exit> RunRetry(Session& session, const RetryOptions& options);
struct ConfirmOptions {
  std::vector<v1::TaskRef> tasks;              // either these
  std::uint64_t plan = 0;                      // or all of this plan that wait for a person,
  v1::Action action = v1::ACTION_UNSPECIFIED;  // of this action; unspecified: of all,
  std::vector<v1::TaskRef> except;             // but these
};
Answer<Exit> RunConfirm(Session& session, const ConfirmOptions& options);

Answer<Exit> RunExplain(Session& session, std::int64_t person);

// What is held of these people, who have left, is removed for good.
struct ForgetOptions {
  std::vector<std::int64_t> persons;
  bool yes = false;
};
Answer<Exit> RunForget(Session& session, const ForgetOptions& options);

// Which entries are shown; what is not set shows all.
struct EntryFilter {
  std::vector<std::string> types;  // names of events
  std::string actor;               // "uid:1000", "worker:NAME", ...
  std::int64_t person = 0;         // that it names
  std::uint64_t plan = 0;          // that it is about, or a task of it
  std::optional<Timestamp> from;
  std::optional<Timestamp> until;  // this second included
};
bool Shows(const EntryFilter& filter, const v1::Entry& entry);

struct EventsOptions {
  bool follow = false;
  std::optional<std::uint64_t> since;
  EntryFilter filter;
};
Answer<Exit> RunEvents(Session& session, const EventsOptions& options);
// With --follow: of all schools at once where there are several, and neither one was named nor a
// number that only counts in one; each line has its school then.
Answer<Exit> RunFollow(Session& session, const EventsOptions& options);
// The chain of the entries, and whether what is stored agrees with them.
Answer<Exit> RunJournalVerify(Session& session);
// The entries after `since` as JSON lines, each with its own digest, for an auditor.
struct ExportOptions {
  std::uint64_t since = 0;
  std::string file;  // a new one; "": standard output
};
Answer<Exit> RunJournalExport(Session& session, const ExportOptions& options);

// What the entries up to this one tell of is known; 0: all there are.
Answer<Exit> RunAck(Session& session, std::uint64_t seq);

// Who rosterd says one is, and what one may.
Answer<Exit> RunWhoAmI(Session& session);
// rosterd reads its config file again.
Answer<Exit> RunReload(Session& session);

struct BackupOptions {
  bool wait = false;
};
Answer<Exit> RunBackup(Session& session, const BackupOptions& options);
Answer<Exit> RunBackups(Session& session);

struct KeygenOptions {
  std::string name;    // [a-z0-9-]{1,32}
  std::string folder;  // "": the current one
};
// Makes a key pair, writes its two files, and says what to put where. Without rosterd.
Answer<Exit> RunKeygen(Session& session, const KeygenOptions& options);

}  // namespace roster::client
