#pragma once

// An engine at a desk: memory for a disk, queues for sockets, a clock that is moved by hand, a
// school and a site that are written down in the test. Everything in one thread.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/random.h"
#include "daemon/bus/bus.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/examine.h"
#include "daemon/review/review.h"
#include "daemon/store/memory_store.h"
#include "daemon/target/site.h"
#include "roster/v1/control.pb.h"
#include "roster/v1/journal.pb.h"
#include "roster/v1/tasks.pb.h"

namespace roster::engine {

class DeskClock : public Clock {
 public:
  Time Now() const override { return Time(std::chrono::seconds(1'800'000'000)) + at_ - back_; }
  Duration Steady() const override { return at_; }
  bool Wait(Duration, const std::stop_token&) const override { return true; }
  void Advance(Duration by) { at_ += by; }
  void SetBack(Duration by) { back_ += by; }  // the wall clock alone

 private:
  Duration at_{};
  Duration back_{};
};

// A commit takes as long as the test says, or finds no room.
class DeskStore : public store::MemoryStore {
 public:
  explicit DeskStore(DeskClock& clock) : clock_(clock) {}
  Result<void> Commit(const store::Batch& batch, bool sync) override {
    if (full) return Fail(Code::kExhausted, "disk-full", "no room");
    clock_.Advance(commit_time);
    return MemoryStore::Commit(batch, sync);
  }

  Duration commit_time{};
  bool full = false;

 private:
  DeskClock& clock_;
};

class DeskBus : public bus::Bus {
 public:
  Result<std::vector<bus::Inbound>> Receive(Duration wait, std::size_t) override {
    waited = wait;
    std::vector<bus::Inbound> taken(inputs.begin(), inputs.end());
    inputs.clear();
    return taken;
  }
  void Send(bus::Channel, const std::string& route, std::string payload) override {
    replies[route].push_back(std::move(payload));
  }
  void Publish(const std::string& topic, std::string_view payload) override {
    published.emplace_back(topic, payload);
  }
  void AskGateAgain() override { ++gate_asked; }
  std::vector<bus::TurnedAway> TakeTurnedAway() override { return std::exchange(turned_away, {}); }
  void Wake() override {}
  Counters counters() const override { return {}; }

  std::vector<bus::TurnedAway> turned_away;
  int gate_asked = 0;
  Duration waited{};  // how long the last step would have, had nothing come in
  std::deque<bus::Inbound> inputs;
  std::map<std::string, std::deque<std::string>> replies;
  std::vector<std::pair<std::string, std::string>> published;
};

// Polls that end when the test says so.
class DeskPolls : public Polls {
 public:
  void Start(PollJob job) override { started.push_back(std::move(job)); }
  std::vector<PollEnd> Take() override { return std::exchange(ended, {}); }
  PollProgress Progress(const SchoolId&) override { return {"People", 1, 2}; }

  std::vector<PollJob> started;
  std::vector<PollEnd> ended;
};

// Backups that end when the test says so.
class DeskBackups : public Backups {
 public:
  void Start(std::uint64_t run) override { started.push_back(run); }
  std::optional<BackupEnd> Take() override { return std::exchange(ended, std::nullopt); }
  model::BackupProgress Progress() const override { return {"copy", 1, 2}; }
  void Look() override { ++looks; }
  std::vector<model::Backup> All() const override { return all; }

  std::uint64_t looks = 0;
  std::vector<std::uint64_t> started;
  std::optional<BackupEnd> ended;
  std::vector<model::Backup> all;
};

struct Pupil {
  std::int64_t id = 0;
  std::string first;
  std::string last;
  std::string email;
  std::string status = "Enrolled";
  std::string grade = "09";
  std::string email2 = {};
  bool deceased = false;
  bool student = true;  // has a Students row
  bool person = true;   // has a People row
};

struct Parenthood {
  std::int64_t parent = 0;
  std::int64_t child = 0;
  bool blocked = false;
};

// What was written to the site, in order.
struct SiteWrite {
  std::uint64_t plan = 0;
  std::int64_t person = 0;
  roster::v1::Action action = roster::v1::ACTION_UNSPECIFIED;
  std::string account;
  std::optional<model::Account> before;  // nullopt: the account was made
  model::Account after;
};

class Desk {
 public:
  Desk();
  ~Desk();

  // The world outside.
  std::vector<Pupil> pupils;
  std::map<std::string, model::Account> site;  // by account id
  // Households: parents in their order, and children; and the parent links.
  struct Household {
    std::int64_t id = 0;
    std::string name;
    std::vector<std::int64_t> parents;
    std::vector<std::int64_t> children;
  };
  std::vector<Household> households;
  std::vector<Parenthood> links;
  std::vector<SiteWrite> writes;
  bool extension = true;            // the site has a place for school and grade
  std::uint64_t rejected_rows = 0;  // of FACTS, in the next polls
  std::optional<Time> as_of;        // of the site's list, in the next polls

  DeskClock clock;
  DeskStore store{clock};
  DeskBus bus;
  DeskPolls polls;
  DeskBackups backups;
  SeededRandom random{1};
  access::Current access;  // uid 1000 has every role
  Settings settings;
  std::function<Result<Engine::Reloaded>()> reload;  // counts from the next Restart() on
  std::vector<model::Answered> answered;             // what was told of each
  std::optional<model::Vitals> vitals;               // given last
  std::optional<model::Entry> told;                  // of entries, the last
  bus::Peer peer{1000, 1000, 1};                     // who sends what is sent from here on

  Engine& engine() { return *engine_; }
  // Parents' accounts from here on. Call before the first poll.
  void SyncParents();
  void Restart();  // a new engine on the same store
  void Step() { Must(engine_->Step(Duration::zero())); }

  // Requests, as a client sends them: one step each.
  roster::v1::Reply Ask(roster::v1::Request request);
  roster::v1::Reply Command(roster::v1::Request request, const std::string& id = "");
  roster::v1::Status Status();
  const roster::v1::SchoolStatus& School();
  std::vector<roster::v1::UserRow> Users(roster::v1::ListStatus status);
  roster::v1::Reply Decide(roster::v1::Decision decision, const std::vector<std::int64_t>& persons);
  roster::v1::Plan Plan();
  roster::v1::Reply Approve(const roster::v1::Plan& plan, bool leave_out_changed = false);
  roster::v1::Reply Approve(const roster::v1::ApprovePlan& what);
  roster::v1::Reply Prepare(const roster::v1::PreparePlan& what);
  roster::v1::Reply PrepareUndo(std::uint64_t plan);
  std::vector<roster::v1::UserRow> PlanRows(std::uint64_t plan);
  roster::v1::Reply Resolve(const roster::v1::ResolveGroup& what);
  roster::v1::Reply Match(const roster::v1::DecideMatch& what);
  // All lines of one person's explanation, each ending in a newline.
  std::string Explain(std::int64_t person);
  roster::v1::Reply DecideFamilies(bool exclude, const std::vector<std::int64_t>& families,
                                   const std::string& note = "");
  std::vector<roster::v1::GroupRow> Groups(roster::v1::GroupStatus status);
  // The row of one person; fails the test when there is none.
  roster::v1::UserRow User(std::int64_t person);
  // Lets the poll that a decision has asked for end: it goes by what the last one has read.
  void ExamineAgain();

  // Polls: asks for one, and lets it end with what the school and the site are now.
  void Poll();
  PollJob StartPoll();
  PollEnd Look(const PollJob& job);
  void EndPoll(PollEnd end);

  // A worker.
  roster::v1::WorkerReply AskTasks(roster::v1::WorkerRequest request, const bus::Peer& as);
  std::vector<roster::v1::Task> Lease(const std::string& worker, std::uint32_t max = 100);
  // Carries the task out on `site`, as the SCIM target does: looks first. The site takes a login
  // once.
  roster::v1::Outcome Execute(const roster::v1::Task& task);
  roster::v1::ReportReply Report(const std::string& worker,
                                 const std::vector<roster::v1::Outcome>& outcomes);
  void WorkUntilDone();
  // The same with a worker that talks to a real site.
  void WorkUntilDone(target::Site& real);

  std::vector<roster::v1::Entry> Entries();
  std::size_t CountEntries(roster::v1::Entry::EventCase kind);
  // What is stored against the journal, in slices of so much work.
  model::VerifyReply Verify(std::size_t work_max);
  // Rows, indexes and counters recounted from the store; fails the test when they disagree.
  void ExpectConsistent();
  // The duplicates and who is in them agree: so they do after a poll that nothing overtook.
  void ExpectGroupsConsistent() const;

  static void Must(const Result<void>& result);

 private:
  std::string Exchange(bus::Channel channel, const std::string& payload);
  model::Snapshot TakeSnapshot();
  void AddFamilies(model::Snapshot& snapshot) const;
  bool IsLoginTaken(const std::string& login, const std::string& by) const;
  roster::v1::Outcome Add(const roster::v1::Task& task, roster::v1::Outcome outcome);
  void ExpectIndexesConsistent() const;
  void ExpectTasksConsistent() const;
  std::optional<model::Decision> DecisionOf(PersonId person) const;
  bool IsFamilyExcluded(const model::Change& change) const;
  bool IsOut(PersonId person) const;
  review::Holding HoldingOf(const model::Change& change) const;

  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Reading> last_;  // what the last poll has read
  roster::v1::Status status_;
  int requests_ = 0;
  int accounts_ = 0;
};

}  // namespace roster::engine
