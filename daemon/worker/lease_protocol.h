#pragma once

// The worker's side of `tasks` (proto/README.md) as a state machine: what is asked of the daemon
// and when, what is held, what is still to be reported. Knows no socket, thread or clock; time is
// an argument (Clock::Steady). A report is repeated until it is answered: the daemon takes it once.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/base/random.h"
#include "daemon/model/request.h"

namespace roster::worker {

struct ProtocolSettings {
  std::string worker;                             // unique while it runs
  std::vector<SchoolId> schools;                  // whose tasks are asked for; none: any
  std::uint32_t concurrency = 4;                  // tasks of one school at a time, >= 1
  bool once = false;                              // finished when the daemon has no task left
  Duration lease_wait = std::chrono::seconds(2);  // how long the daemon may keep a lease open
  Duration answer_max = std::chrono::seconds(3);  // then a request counts as lost
  Duration retry_delay_first = std::chrono::milliseconds(100);  // doubled each time, full jitter
  Duration retry_delay_max = std::chrono::seconds(5);
  std::size_t reports_max = 100;      // outcomes in one report, 1..1000
  std::size_t unreported_max = 1000;  // then nothing more is leased
};

// One attempt of one task.
using Attempt = std::tuple<SchoolId, TaskId, std::uint32_t>;
Attempt AttemptOf(const model::LeasedTask& task);
model::LeaseRef RefOf(const Attempt& attempt);

// What an answer means for the threads and for the log.
struct ReplyEffects {
  std::size_t leased = 0;  // tasks that came
  std::vector<model::SiteShare> shares;
  std::vector<Attempt> lost_running;  // to be told to stop before they write
  std::size_t lost_waiting = 0;       // dropped: not begun
  std::vector<Attempt> refused;       // reports of attempts that were not the current ones
  std::optional<Error> error;         // the daemon's own
};

class LeaseProtocol {
 public:
  // `random` must outlive it.
  LeaseProtocol(ProtocolSettings settings, Random& random);

  // The requests that are to be sent now; they count as sent.
  std::vector<model::WorkerRequest> Due(Duration now);
  // How long until Due has something, if nothing happens before. Zero or more.
  Duration DueIn(Duration now) const;
  // The request could not be handed to the socket.
  void SendFailed(const std::string& request_id, Duration now);
  ReplyEffects Replied(const model::WorkerReply& reply, Duration now);

  // The next task to execute: of a school of which fewer than `concurrency` are, so that a site
  // that is slow holds up its own tasks alone. One whose lease has run out by our own clock waits
  // for a heartbeat's answer: somebody else may hold it. Not the same task twice at a time.
  std::optional<model::LeasedTask> Begin(Duration now);
  // Running attempts whose lease has run out, each told once.
  std::vector<Attempt> RunOut(Duration now);
  void Ended(const Attempt& attempt, model::Outcome outcome);

  // No more leases; what has not begun is given back as failed, "stopped". So is what a lease that
  // was asked for before still brings.
  void Stop();
  // Nothing is held, nothing more will be asked for, and nothing that was asked for can still come,
  // as far as an answer may take.
  bool Finished() const;

  // Since when requests stay unanswered; nullopt while all is well.
  std::optional<Duration> UnansweredSince() const { return unanswered_since_; }
  std::size_t running() const { return running_; }
  std::size_t held() const { return held_.size(); }

 private:
  enum class State : std::uint8_t { kWaiting, kRunning, kEnded };
  struct Held {
    model::LeasedTask leased;
    State state = State::kWaiting;
    Duration until{};        // the lease holds at least so long
    bool lost = false;       // the daemon said so
    bool run_out = false;    // our clock said so, and the thread was told
    model::Outcome outcome;  // kEnded
  };
  // One kind of request; at most one of a kind is under way.
  struct Line {
    std::string request_id;  // "" when none is under way
    Duration sent{};
    Duration not_before{};
    int failures = 0;  // in a row
  };

  bool IsFree(const Line& line, Duration now) const;
  // True when the request has waited too long: it counts as lost.
  bool ExpireLine(Line& line, Duration answer_max, Duration now);
  void LineFailed(Line& line, Duration now);
  void LineAnswered(Line& line);
  model::WorkerRequest MakeRequest(Line& line, Duration now);
  Duration HeartbeatEvery() const { return lease_ / 3; }
  Duration HeartbeatAnswerMax() const { return std::min(settings_.answer_max, HeartbeatEvery()); }
  std::uint32_t OpenOfOneSchool() const;
  std::uint32_t RoomForTasks() const;
  bool IsAnySchoolFull() const;
  bool WantsReport() const;
  bool WantsHeartbeat() const { return !held_.empty(); }
  bool WantsLease() const;

  void AddReport(std::vector<model::WorkerRequest>& due, Duration now);
  void AddHeartbeat(std::vector<model::WorkerRequest>& due, Duration now);
  void AddLease(std::vector<model::WorkerRequest>& due, Duration now);

  void TakeLeases(const model::LeaseReply& reply, Duration until, ReplyEffects& effects);
  void TakeHeartbeat(const model::HeartbeatReply& reply, Duration sent, ReplyEffects& effects);
  void TakeReport(const model::ReportReply& reply, ReplyEffects& effects);
  void TakeError(const Error& error, const std::string& request_id, Duration now);
  void Drop(const Attempt& attempt);

  ProtocolSettings settings_;
  Random& random_;
  std::uint64_t next_request_ = 1;
  Duration lease_ = std::chrono::seconds(60);  // as the daemon said last
  Duration next_heartbeat_{};
  Line lease_line_;
  Line heartbeat_line_;
  Line report_line_;
  std::map<Attempt, Held> held_;
  std::deque<Attempt> waiting_;
  std::deque<Attempt> ended_;                   // in the order they ended
  std::vector<Attempt> reported_;               // in the report under way
  std::vector<Attempt> beaten_;                 // in the heartbeat under way
  std::set<std::pair<SchoolId, TaskId>> busy_;  // tasks that run
  std::size_t running_ = 0;
  std::map<SchoolId, std::size_t> running_of_;  // none is 0
  std::size_t report_batch_;
  std::optional<Duration> unanswered_since_;
  bool stopping_ = false;
  bool exhausted_ = false;  // once: the daemon had nothing more
};

}  // namespace roster::worker
