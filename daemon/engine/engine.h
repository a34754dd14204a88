#pragma once

// The engine: the one place where the stages meet, and the one thread that owns the state. A step
// takes what has come in, decides with the stages' pure functions, commits one batch, and only then
// replies and publishes. Inputs that wait are committed together.

#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/access/access.h"
#include "daemon/access/current.h"
#include "daemon/base/clock.h"
#include "daemon/base/random.h"
#include "daemon/base/result.h"
#include "daemon/bus/bus.h"
#include "daemon/engine/backups.h"
#include "daemon/engine/book.h"
#include "daemon/engine/limits.h"
#include "daemon/engine/polls.h"
#include "daemon/engine/refusals.h"
#include "daemon/engine/school.h"
#include "daemon/engine/settings.h"
#include "daemon/model/request.h"
#include "daemon/model/vitals.h"
#include "daemon/store/overlay.h"
#include "daemon/store/store.h"

namespace roster::engine {

class Engine {
 public:
  // What a config file says that was read again. It counts once the step that has it on record is
  // on disk.
  struct Reloaded {
    Settings settings;  // schools that are new or gone count from the next start on
    access::Access access;
    Digest digest;                           // of the file
    std::vector<std::string> changed;        // keys that count from now on
    std::vector<std::string> needs_restart;  // keys that count from the next start on
    std::function<void()> taken = nullptr;   // called when it counts; may be empty
  };

  // The world, by its seams. All outlive the engine.
  struct World {
    store::Store& store;
    bus::Bus& bus;
    Polls& polls;
    const Clock& clock;
    Random& random;
    // Who may do what: the bus's gate asks it too, and a reload replaces it.
    access::Current& access;
    // Told of each entry once it is on disk, with what was not published; may be empty. Engine
    // thread.
    std::function<void(const model::Entry&)> told = nullptr;
    // Told of a limit that was reached, of each once a minute at most; may be empty. Engine thread.
    std::function<void(const model::LimitReached&)> limited = nullptr;
    // Reads the config file again: it is good, or the problems that it has. Empty: there is none.
    // Engine thread, which waits for it.
    std::function<Result<Reloaded>()> reload = nullptr;
    // Told of each request that was answered, a command's once it is on disk; may be empty. Engine
    // thread.
    std::function<void(const model::Answered&)> answered = nullptr;
    // Given the engine's vitals once a second, if anything happens or not; may be empty: then
    // nothing is gathered. Engine thread.
    std::function<void(model::Vitals)> vitals = nullptr;
    // nullptr: there are no backups.
    Backups* backups = nullptr;
  };

  Engine(Settings settings, World world);

  // Reads what is stored; call once, before the first step. Errors: Corrupt, Unavailable.
  Result<void> Open();

  // Waits for input at most `wait_max`, handles what is there, commits, answers. A step takes a
  // bounded time and makes bounded answers: what is left waits for the next. An error is fatal:
  // the process ends, and its restart is the recovery. A disk that is full or read-only is no
  // error: it is told to whoever asks, and the next step tries again.
  Result<void> Step(Duration wait_max);

  // The next step reads the config file again, as if an operator had asked; what is wrong with it
  // then stands in the status. Engine thread.
  void AskToReload() { reload_asked_ = true; }

  // Keeps how much of a subscription key's quota is used: returns when it is on disk. Any thread
  // but the engine's. Unavailable "stopped" once Close() was called.
  Result<void> KeepQuota(const Fingerprint& key, model::QuotaState state);
  Result<std::optional<model::QuotaState>> FindQuota(const Fingerprint& key) const;

  // Frees whoever waits in KeepQuota. Any thread.
  void Close();

 private:
  // Who sent a request.
  struct Caller {
    std::string actor;
    std::string cause;  // command id
    access::Principal who = {};
  };
  struct Outgoing {
    bus::Channel channel;
    std::string route;
    std::string payload;
  };
  struct Publication {
    std::string topic;
    std::string payload;
  };
  // A worker's request for tasks that waits for some.
  struct Parked {
    std::string route;
    std::string request_id;
    std::string worker;
    bus::Peer peer;
    model::Lease asked;
    model::Lease lease;  // of it, what the peer may have
    Duration until{};    // Steady
  };
  struct QuotaWrite {
    Fingerprint key;
    model::QuotaState state;
    std::promise<Result<void>> done;
  };
  struct Worker {
    Time seen;
    std::int64_t pid = -1;  // of its process; -1: not attested
    std::string actor;      // whose process that is
    access::Principal who;  // the same, as when it was last heard
    bool lapsed = false;    // a lease of its ran out, and it has reported nothing since
  };
  // One page of an index.
  struct Page {
    std::vector<model::Change> changes;
    std::string next;
  };

  // Where a row stands in a list: sort name, person.
  using PlaceInList = std::pair<std::string, PersonId>;
  // Of families: the first user that a list shows; nullopt when it shows none.
  using FirstOfFamilies = std::map<FamilyId, std::optional<PlaceInList>>;

  // engine.cc: the step.
  Result<void> Load();
  Result<void> Prepare();
  Result<void> NoteDisk(const Error& error);
  Result<void> LoadSchool(School& school);
  Result<void> LoadPlans(School& school);
  Result<void> CountResting(School& school, const std::map<PlanId, std::uint64_t>& resting);
  Result<void> SettleAll(School& school);
  Result<void> CountAll(School& school);
  // How many of the inputs were handled: one at least, when there are any.
  Result<std::size_t> HandleAll(const std::vector<PollEnd>& polls, bool read_only);
  void TellLimits();
  Result<void> HandleControl(const bus::Inbound& input, bool read_only);
  Result<void> HandleWorker(const bus::Inbound& input, bool read_only);
  Result<void> Tick(Time now);
  Result<void> FollowClock(Time now);
  Result<void> CatchUp(School& school, Time now);
  Result<void> SetBack(School& school, Duration back, Time now);
  Result<bool> Commit();
  void Release();
  Duration WaitTime(Duration wait_max) const;
  Result<School*> FindSchool(const std::optional<SchoolId>& id);
  void Append(School& school, const Caller& caller, model::Event event);
  // What a repeated command is answered; with why, when the id may not be used so.
  struct KeptAnswer {
    std::string reply;
    std::optional<Error> refused;
  };
  Result<std::optional<KeptAnswer>> FindKeptReply(School& school, const Caller& caller,
                                                  const model::Request& request);
  Result<void> ForgetReplies(School& school, Time now);

  // polling.cc
  Result<void> StartPoll(School& school, Time now, bool reuse = false);
  Result<void> AbsorbPoll(School& school, const PollEnd& end, Time now);
  Result<void> UsePoll(School& school, model::Poll poll, const Findings& findings, Time now);
  Result<void> RejectPoll(School& school, model::Poll poll, const Error& error, PollEnd::Side side,
                          Time now);
  Result<void> UseGroups(Book& book, const Findings& findings, std::set<PersonId>& concerned);
  void UseReading(School& school, PollId poll, const Findings& findings, Time now);
  static std::optional<Error> WhyStale(const model::SchoolHead& head,
                                       const std::optional<Time>& as_of);
  // Of what was read last, before anything is planned on it.
  static Result<void> CheckAccountsNewEnough(const School& school);
  std::vector<model::Hold> PendingHolds(const School& school, Time now) const;
  // Everything is examined again, since a decision concerns the first stages: the poll that will
  // show it.
  Result<PollId> ExamineAgain(School& school, Time now);
  Result<void> RecordLinks(School& school, const std::vector<model::Link>& links);
  Result<model::Change> Refresh(Book& book, const School& school, const model::Change& change);
  Result<void> DropOldPlans(School& school, Time now);
  Duration Jittered(Duration duration);

  // commands.cc, queries.cc, explain.cc: one function for each request.
  Result<model::ReplyBody> Handle(School* school, const Caller& caller,
                                  const model::Request& request);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::StartPoll& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::Decide& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::PreparePlan& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::ApprovePlan& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::RetryTasks& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller,
                              const model::ConfirmTasks& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller,
                              const model::DecideFamilies& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller,
                              const model::ResolveGroup& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::DecideMatch& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller,
                              const model::ListFamilies& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::ListGroups& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::GetPoll& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::ListUsers& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::GetPlan& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::ListPlans& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::ListPlan& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::ListTasks& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::Explain& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::Replay& body);
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::VerifyState& body);
  // The tasks that are meant; all that rest of a plan, where that was asked for.
  Result<std::vector<TaskId>> ToConfirm(School& school, const model::ConfirmTasks& body);
  // Whether what was read of the site last shows a task's effect.
  static Result<bool> IsSeen(const Book& book, const model::Task& task);
  // access.cc: who is asking, what they may, and what changes about that.
  // The schools in which somebody has any of these roles.
  std::vector<School*> SchoolsOf(const access::Principal& who, access::Roles any_of);
  std::vector<School*> Concerned(const access::Principal& who);
  // What a refused request was about: 0, nothing of the kind.
  struct About {
    PlanId plan;
    PersonId person;
  };
  static About AboutOf(const model::RequestBody& request);
  void NoteRefused(Refusals& refusals, const std::vector<School*>& schools,
                   const std::string& actor, std::string_view request, std::string_view reason,
                   const About& about = {});
  // The same of a command that somebody may send, and that was not done, or not of all, since it
  // can't be as things are.
  void NoteNotDone(School& school, const Caller& caller, const model::RequestBody& request,
                   const model::ReplyBody& reply);
  // The school that a request is about, nullptr for one of no school; or why not. The one check of
  // what comes over `control`.
  Result<School*> Permit(const access::Principal& who, const model::Request& request);
  static std::string_view WorkerRequestName(const model::WorkerRequest& request);
  // The same of what comes over `tasks`: takes out of the request what is of schools in which the
  // worker has no business, and puts the answer to that into `barred`.
  std::optional<Error> PermitWorker(const access::Principal& who, model::WorkerRequest& request,
                                    model::WorkerReply& barred);
  void NoteTurnedAway();
  void TellRefused();
  void TakeReload();
  Result<model::ReplyBody> WhoAmI(const Caller& caller);
  Result<model::ReplyBody> Reload(const Caller& caller);
  // Whether somebody is an operator of every school.
  bool OperatesAll(const Caller& caller) const;
  // privacy.cc: what is removed.
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::Forget& body);
  struct Kept;       // of somebody
  class EntryCache;  // decoded
  Result<Kept> KeptOf(School& school, PersonId person, EntryCache& entries,
                      const std::map<PersonId, Time>& left);
  // Who was in a family that a word is kept on, and of whom no row is: with when the newest such
  // word was said.
  Result<std::map<PersonId, Time>> LeftFamilies(const School& school) const;
  static std::string WhyHere(const Kept& kept);
  Result<void> Forget(School& school, const Caller& caller, const std::vector<Kept>& all,
                      bool by_age, Time now);
  Result<void> ForgetTasks(School& school, const Caller& caller, const Kept& kept, Time now);
  Result<void> ForgetGroups(Book& book, const School& school, const std::vector<PersonId>& persons,
                            std::set<PersonId>& concerned, bool& changed);
  Result<void> ForgetFamilies(School& school, const Caller& caller,
                              const std::vector<PersonId>& persons);
  Result<void> ForgetInReplies(const School& school, const std::vector<PersonId>& persons,
                               Time now);
  Result<void> ForgetByAge(School& school, Time now);
  // What was forgotten leaves the disk too: begun behind a commit, ended in a later step.
  void StartPurge();
  void EndPurge();
  // vitals.cc: what is told to those who watch.
  // `begin`: steady, when it was looked at. `error`: nullptr when it was done.
  void NoteAnswered(model::Answered answered, Duration begin, const Error* error);
  void NotePollEnd(School& school, const model::Poll& poll);
  void TellAnswered();
  void CountPolls();
  void GiveVitals();
  Result<model::Vitals> TakeVitals();
  Result<void> ReadPolls(School& school);
  // backing_up.cc
  Result<void> LoadBackupRun();
  void KeepBackupRun();
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::MakeBackup& body);
  Result<model::ReplyBody> ListBackups() const;
  void StartBackup();
  Result<void> EndBackup(const Result<BackupEnd::Made>& made, Time now);
  Result<void> EndInterruptedBackup(Time now);
  std::optional<model::Backup> NewestGoodBackup() const;
  // The last one was not made, or not as it should be.
  bool HasBackupProblem() const;
  model::BackupStatus BackupStatusFor(const Caller& caller) const;
  Result<bool> IsBackupOverdue(Time now);  // queries.cc
  Result<void> TakeRestored(School& school, Time now);
  Result<std::uint64_t> ExpireOpenPlans(School& school, Time now);
  Result<std::vector<model::Task>> HeldTasks(const School& school) const;
  static Result<void> CheckPolledSinceRestore(const School& school);
  // notices.cc: what awaits people, and whether they know.
  Result<model::ReplyBody> Do(School& school, const Caller& caller, const model::Acknowledge& body);
  void WatchWorkers(School& school);
  Result<std::vector<model::UserRow>> RelativesOf(const Book& book, const model::Filter& filter,
                                                  const model::Change& fresh,
                                                  FirstOfFamilies& firsts) const;
  static Result<std::optional<PlaceInList>> FirstNewOf(const Book& book,
                                                       const model::Filter& filter, FamilyId family,
                                                       FirstOfFamilies& firsts);
  Result<model::ReplyBody> ListApproved(School& school, const model::Plan& plan,
                                        const model::ListPlan& body);
  // Of one school, or of all in which the caller has a role.
  Result<model::Status> GetStatus(const School* only, const Caller& caller);
  Result<std::optional<model::Poll>> FindPoll(const School& school, PollId id) const;
  // `words`: with what people say of others in words of their own.
  Result<model::SchoolStatus> StatusOf(School& school, bool words);
  // Plans as they were when they were last put.
  Result<std::vector<model::Plan>> ReadPlans(const School& school,
                                             const std::vector<PlanId>& ids) const;
  Result<Page> ListPage(const School& school, const model::Filter& filter, std::uint32_t size,
                        const std::string& token) const;
  Result<std::vector<PersonId>> PersonsShown(const School& school,
                                             const model::Filter& filter) const;
  Result<std::vector<model::PlanItem>> PlanItems(const School& school, const model::Plan& plan,
                                                 std::uint64_t first, std::uint64_t count) const;
  static Result<std::vector<PersonId>> HeldBack(const Book& book,
                                                const std::vector<PersonId>& persons);
  static bool DecideOne(Book& book, const model::Change& change,
                        const std::optional<model::Decision>& before, const model::Decide& body,
                        const Caller& caller, Time now);
  // One command's word on these people: judges them, and whoever depends on them, anew.
  Result<void> Rejudge(School& school, const std::vector<PersonId>& persons,
                       const std::string& reason, const Caller& caller, Time now);
  // The item that a task was made of.
  static model::PlanItem ItemOf(const model::Task& task);
  // What becomes a plan: its items, and what was left out of it.
  struct Collected {
    std::vector<model::PlanItem> items;
    std::uint64_t in_progress = 0;
    std::uint64_t recently_invited = 0;
    std::vector<model::NotUndone> not_undone;
    std::uint64_t not_undone_total = 0;
  };
  Result<Collected> CollectSync(School& school);
  Result<Collected> CollectInvitations(School& school, const model::PreparePlan& body);
  Result<Collected> CollectUndo(School& school, PlanId undone);
  // Addresses (EmailKey) and the accounts that have them.
  using Holders = std::multimap<std::string, AccountId>;
  // Of the addresses that undoing the plan may give back: who has them now, as the rows know it.
  Result<Holders> HoldersBefore(const School& school, PlanId undone) const;
  static Result<bool> MayBeInvited(const Book& book, const model::Change& change);
  static Result<std::optional<std::string>> WhyUntouchable(const Book& book,
                                                           const model::Change& change);
  Result<void> CheckApprovable(const model::Plan* plan, const model::ApprovePlan& body) const;
  static bool MakesApprovers(const School& school, const model::Grant& grant);
  bool StillApproves(const School& school, const model::Approval& approval) const;
  void NameApprover(const School& school, model::Approval& approval) const;
  Result<bool> IsSecond(School& school, const Caller& caller, model::Plan& plan,
                        const model::ApprovePlan& body, bool lifts, std::string_view why, Time now);
  void AppendApproved(School& school, const Caller& caller, const model::Plan& plan,
                      std::vector<PersonId> left_out);
  // Guards that trip for these items, with some of the people.
  std::vector<model::Hold> HoldsOf(const School& school, const std::vector<model::PlanItem>& items,
                                   Time now) const;
  // duplicates.cc
  static Result<model::GroupRow> GroupRowOf(const Book& book, const model::DuplicateGroup& group);
  static Result<std::vector<model::UserRow>> RowsOf(const Book& book,
                                                    const std::vector<PersonId>& persons);
  Result<void> ChooseHolder(School& school, const Caller& caller,
                            const model::DuplicateGroup& group, model::HolderKind kind,
                            PersonId holder);
  void AppendResolved(School& school, const Caller& caller,
                      const std::optional<model::GroupDecision>& before,
                      model::DuplicateResolved event);
  // The poll that will show it; nullopt: nothing has changed.
  Result<std::optional<PollId>> ChooseEmail2(School& school, const Caller& caller, PersonId person);
  Result<std::optional<PollId>> ReopenGroup(School& school, const Caller& caller,
                                            const model::DuplicateGroup& group);
  Result<void> ForgetLink(School& school, const Caller& caller, const model::Change& change);

  // The row that an item's task is made of: today's, or of an undo the inverse of what was done.
  Result<std::optional<model::Change>> RowOf(const School& school, const Book& book,
                                             const model::PlanItem& item) const;
  // Whether the row and the decisions still come to exactly what the item holds. `change`: RowOf().
  Result<bool> Stands(const School& school, const Book& book, const model::PlanItem& item,
                      const std::optional<model::Change>& change) const;
  // That, and no task of the person's is under way.
  Result<bool> Holds(const School& school, const Book& book, const model::PlanItem& item,
                     const std::optional<model::Change>& change) const;

  // Queues one task again; the refusal says why not.
  Result<std::optional<model::RefusedTask>> Retry(School& school, TaskId id);

  // tasks.cc
  Result<model::Plan*> FindPlan(School& school, PlanId id);
  // Every write of a plan goes through here, so that what a status shows is what is kept.
  void PutPlan(School& school, const model::Plan& plan);
  Result<std::optional<model::Task>> FindTask(const School& school, TaskId id) const;
  // `before`, `was_resting`: what it was when it was last put.
  Result<void> PutTask(School& school, const model::Task& task, model::TaskState before,
                       bool was_resting);
  Result<void> AddTask(School& school, model::Plan& plan, const model::Task& task,
                       const Caller& caller, Time now);
  Result<void> EndTask(School& school, const model::Task& task, const Caller& caller, Time now);
  // Ends or fences the person's open task when it is no longer what the row comes to.
  Result<void> Recheck(School& school, PersonId person, std::string reason, const Caller& caller,
                       Time now);
  static bool Wants(const model::Lease& lease, const SchoolId& school);
  // The refusal of a worker that is one too many.
  std::optional<Error> Admit(const std::string& name, const access::Principal& who,
                             std::int64_t pid, Time now);
  static bool AreOne(const std::string& name, const Worker& one, const std::string& other_name,
                     const Worker& other);
  // How many tasks the worker may get, and the limit that this is less than `wanted` for.
  std::pair<std::size_t, std::optional<Limit>> RoomOf(const std::string& worker,
                                                      std::size_t wanted) const;
  // Of that, what may be of this school: whoever waits is woken for what it would be given.
  static std::size_t RoomIn(const School& school, const std::string& worker,
                            const model::Lease& lease, std::size_t room);
  // Task::origin of this school's tasks: of its first entry, which no other store has.
  Result<std::string> OriginOf(School& school) const;
  Result<model::LeaseReply> LeaseTasks(const std::string& worker, const model::Lease& lease,
                                       Time now);
  Result<model::HeartbeatReply> Extend(const std::string& worker, const model::Heartbeat& body,
                                       Time now);
  Result<model::ReportReply> Absorb(const std::string& worker, const model::ReportOutcomes& body,
                                    Time now);
  Result<void> AbsorbReport(School& school, model::Task task, const model::Report& report,
                            const Caller& caller, Time now);
  Result<void> AbsorbApplied(School& school, const model::Task& task, const model::Applied& applied,
                             const Caller& caller);
  Result<void> ExpireLeases(School& school, Time now);
  Result<void> ServeParked(Time now);
  // At most so many of those that may go out now; while the site fails, one.
  std::vector<TaskId> NextTasks(School& school, std::size_t room, Time now);
  void NoteSite(School& school, const model::Task& task, const model::Outcome& outcome, Time now);
  void TellSiteStopped(School& school, const std::string& reason, bool one_alone);
  void TellSiteBack(School& school, bool nothing_waits);

  Settings settings_;  // a reload replaces parts of it
  store::Store& store_;
  bus::Bus& bus_;
  Polls& polls_;
  const Clock& clock_;
  Random& random_;
  access::Current& access_;
  const std::function<void(const model::Entry&)> told_;
  const std::function<void(const model::LimitReached&)> limited_;
  const std::function<Result<Reloaded>()> reload_;
  const std::function<void(const model::Answered&)> told_answered_;
  const std::function<void(model::Vitals)> told_vitals_;
  Backups* const backups_;

  Time started_;
  std::vector<School> schools_;
  std::map<std::string, Worker> workers_;  // by name
  std::deque<bus::Inbound> inputs_;        // not handled yet
  Limits limits_;
  Refusals refusals_{1000, 60};  // of those who are known to the kernel or by a granted key
  bool noting_refused_ = true;   // false: what is answered was noted already
  Refusals strangers_{100, 10};  // of keys that anybody could have made
  std::deque<Parked> parked_;
  std::size_t lease_first_ = 0;  // of schools_: whose tasks are handed out first
  Duration next_beat_{};
  Duration next_look_{};                // steady: at the backups
  Duration next_write_{};               // steady: when nothing else was written until then
  std::optional<Duration> wall_ahead_;  // of the steady clock; smaller: the clock was set back
  Time next_forget_;
  bool unprepared_ = false;   // since the start the disk has not taken what Prepare() does
  bool purging_ = false;      // a purge is under way
  Duration next_purge_{};     // steady; not before
  std::string disk_problem_;  // "" while commits succeed
  std::string disk_reason_;   // of it, a word
  std::string disk_slow_;     // how slow the last commit was; "" when it was not
  Duration slow_until_{};     // steady: then it is tried whether it still is
  model::BackupRun backup_;   // the last that was asked for
  std::optional<std::uint64_t> backup_started_;  // the run that was handed to `backups_` last
  std::optional<BackupEnd> backup_end_;          // not on disk yet
  std::optional<Time> first_entry_;  // when the oldest journal here began, once it was looked up
  bool reload_asked_ = false;
  std::string config_problem_;  // why the config file was not taken; "": it was

  // Of the step under way.
  std::unique_ptr<store::Overlay> view_;
  std::vector<Outgoing> replies_;
  std::vector<Publication> publications_;
  std::vector<model::Entry> entries_;  // of this step, for told_
  std::vector<PollJob> starts_;
  std::optional<Reloaded> reloaded_;       // counts when the step is on disk
  std::vector<model::Answered> answered_;  // took: steady, when it was begun
  std::vector<std::pair<School*, model::Poll>> polls_ended_;

  // What vitals.cc counts, since the start.
  model::Vitals counted_;
  Duration next_vitals_{};  // steady

  mutable std::mutex quota_mutex_;
  std::vector<QuotaWrite> quota_writes_;  // guarded by quota_mutex_
  bool closed_ = false;                   // guarded by quota_mutex_
};

}  // namespace roster::engine
