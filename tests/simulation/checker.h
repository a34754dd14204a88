#pragma once

// The invariants of design.md, checked from outside: what was asked and answered on the wire, what
// was committed, what was published, what the site saw. Reads the bytes itself, by the documents of
// proto/; shares no code with what it checks.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/bus/bus.h"
#include "daemon/store/memory_store.h"
#include "roster/store/v1/store.pb.h"
#include "roster/v1/control.pb.h"
#include "roster/v1/journal.pb.h"
#include "roster/v1/tasks.pb.h"
#include "tests/simulation/world.h"

namespace roster::simulation {

namespace wire = roster::v1;
namespace disk = roster::store::v1;

// An invariant does not hold. No std::exception: nothing under test takes it for a failure.
struct Violation {
  std::string what;
};

// What the guards of this school are, as it was told them.
struct GuardLimit {
  std::uint32_t max_count = 0;
  double max_share = 1;
  std::uint32_t min_population = 0;
};

class Checker {
 public:
  using TaskKey = std::pair<std::uint64_t, std::uint32_t>;  // plan, index

  Checker(const SimClock& clock, std::map<int, GuardLimit> guards)
      : clock_(clock), guards_(std::move(guards)) {}

  // ---- what happens
  void OnStep(bool alone) { alone_ = alone; }
  void OnReceived(const bus::Inbound& input);
  void OnCommitted(const store::Batch& batch);
  void OnForgotten(const store::MemoryStore& what_is_left);
  void OnSent(bus::Channel channel, const std::string& route, const std::string& payload);
  void OnPublished(const std::string& topic, std::string_view payload);
  void OnEffect(const Effect& effect);
  void OnPollRead(std::uint64_t poll, bool may_be_used);
  // The process ended: what it had not answered is answered by nobody.
  void OnCrash() { asked_.clear(); }
  // A client was shown these rows of an open plan, all of them.
  void OnShown(const wire::Plan& plan, const std::vector<wire::UserRow>& rows);
  // A subscriber gave out its next entry.
  void OnTold(const std::string& subscriber, const wire::Entry& entry);
  void OnSubscriberFault(const std::string& subscriber, const std::string& fault);

  // ---- what is looked at now and then
  // The whole store once more: what was followed commit by commit is what is there.
  void CompareWith(const store::MemoryStore& store) const;
  // Everything has come to rest: nothing is open, everybody knows everything.
  void AtRest(const std::map<std::string, std::uint64_t>& told) const;
  // In step with FACTS is what the site says as well.
  void CompareSite(SimSite& site, const SimFacts& facts, bool parents) const;

  std::size_t open_tasks() const;
  std::size_t leased_tasks() const { return now_.head.tasks().leased(); }
  std::string DescribeOpen() const;
  std::size_t entries() const { return entries_.size(); }
  std::size_t effects() const { return effects_.size(); }
  const std::map<TaskKey, disk::Task>& tasks() const { return now_.tasks; }
  std::uint64_t bytes_seen() const { return bytes_; }

 private:
  // What is on disk, decoded.
  struct State {
    std::map<std::int64_t, disk::Change> changes;
    std::map<std::int64_t, disk::Placement> placements;
    std::map<std::int64_t, disk::Decision> decisions;
    std::map<std::int64_t, std::string> links;
    std::map<std::string, std::int64_t> owners;
    std::set<std::string> status_index, bucket_index;
    std::set<std::int64_t> exclusions, email_choices, match_decisions;
    std::map<std::string, std::uint64_t> groups;  // key -> number
    std::set<std::string> group_decisions;
    std::map<std::int64_t, disk::FamilyCount> families;
    std::map<std::int64_t, std::pair<TaskKey, bool>> held;  // dead?
    std::set<TaskKey> dead;
    std::map<TaskKey, disk::Task> tasks;
    std::map<std::uint64_t, disk::Plan> plans;
    std::map<std::uint64_t, disk::Poll> polls;
    disk::SchoolHead head;
  };
  // What the journal says the state is.
  struct Told {
    std::map<std::int64_t, std::string> links;
    std::map<std::int64_t, int> decisions;
    std::set<std::int64_t> exclusions, email_choices, match_decisions;
    std::map<TaskKey, int> ended;  // wire::TaskState
    std::map<TaskKey, bool> already;
    std::map<std::uint64_t, std::uint64_t> approved;  // plan -> tasks
  };
  struct Shown {
    std::string digest;
    std::map<std::int64_t, wire::UserRow> rows;
    std::uint64_t undo_of = 0;
    bool invitations = false;
  };
  struct Asked {
    wire::Request request;
    std::uint64_t population = 0;  // linked and active, when it arrived
  };
  struct Kept {
    std::string body;  // of the request
    std::string reply;
    Time at;
    bool forgotten = false;  // by then the daemon may have, or not: nothing is known any more
  };

  [[noreturn]] void Fail(int invariant, const std::string& what) const;
  void Require(bool holds, int invariant, const std::string& what) const {
    if (!holds) Fail(invariant, what);
  }
  void Put(const store::Batch::Write& write);
  void PutReview(char kind, std::string_view rest, const std::optional<std::string>& value);
  void PutWork(char kind, std::string_view rest, const std::optional<std::string>& value);
  void PutEntry(std::string_view rest, const std::optional<std::string>& value);
  void CheckTaskMove(const TaskKey& key, const disk::Task* before, const disk::Task& after) const;
  void CheckNewTask(const TaskKey& key, const disk::Task& task) const;
  void Follow(const wire::Entry& entry);
  void CheckState() const;
  void CheckTally() const;
  void CheckTasks() const;
  void CheckJournal() const;
  void CheckCounters(const wire::Counters& counters) const;
  void SentStranger(bus::Channel channel, const std::string& payload);
  void SentControl(const std::string& route, const std::string& payload);
  void SentTasks(const std::string& route, const std::string& payload);
  // True when this is the first answer to this command.
  bool CheckKept(const Asked& asked, const wire::Reply& reply);
  void CheckApproval(const Asked& asked, const wire::ApproveReply& reply);
  bool IsAllowed(std::uint64_t plan, std::int64_t person) const;
  void CheckContent(const Effect& effect, const wire::UserRow& row, const disk::Task& task) const;
  void CheckRepeated(const TaskKey& key, const Effect& effect) const;

  const SimClock& clock_;
  const std::map<int, GuardLimit> guards_;
  State now_;
  Told told_;
  std::vector<std::string> entries_;  // [seq - 1]
  std::string hash_ = std::string(32, '\0');
  bool alone_ = false;

  // Of the commit under way.
  std::vector<std::pair<TaskKey, std::optional<disk::Task>>> moved_;  // before
  std::vector<wire::Entry> fresh_;
  bool review_written_ = false;

  std::map<std::pair<std::string, std::string>, std::vector<Asked>> asked_;  // route, request id
  std::map<std::pair<std::string, std::string>, wire::WorkerRequest> worker_asked_;
  std::map<std::string, Kept> kept_;                              // by command id
  std::map<std::string, Time> kept_at_;                           // when its answer was committed
  std::set<std::uint64_t> plans_made_;                            // ever committed
  std::map<std::string, std::pair<std::uint64_t, Time>> caused_;  // command id -> commit
  std::map<std::uint64_t, std::uint64_t> approved_in_;            // plan -> commit
  std::uint64_t commits_ = 0;
  std::uint64_t bytes_ = 0;
  Time latest_{};  // the wall clock at its highest
  std::map<std::uint64_t, Shown> shown_;
  std::map<std::uint64_t, std::vector<wire::ApprovePlan>> approvals_;  // that arrived
  std::map<TaskKey, std::uint32_t> attempts_;                          // newest that was leased
  std::vector<std::pair<TaskKey, Effect>> effects_;
  std::map<std::uint64_t, bool> polls_read_;  // may be used
  std::map<std::string, std::uint64_t> told_to_;
  std::uint64_t good_people_ = 0, good_students_ = 0;
};

}  // namespace roster::simulation
