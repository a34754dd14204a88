#pragma once

// What the engine says of itself, for those who watch it: numbers, times, and words of closed
// lists. No name of a person, no address, no secret.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/change.h"
#include "daemon/model/plan.h"
#include "daemon/model/request.h"
#include "daemon/model/settings.h"

namespace roster::model {

// How long things took, counted by upper bounds.
template <std::size_t N>
struct Histogram {
  std::array<double, N> bounds{};  // seconds, ascending
  std::array<std::uint64_t, N + 1>
      counts{};    // up to each bound and above the one before; the last: above all
  double sum = 0;  // seconds

  void Add(Duration took) {
    const double seconds = std::chrono::duration<double>(took).count();
    const auto at = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
    ++counts[static_cast<std::size_t>(at)];
    sum += seconds;
  }
};
using CommitTimes = Histogram<12>;
using PollTimes = Histogram<10>;
inline constexpr std::array<double, 12> kCommitBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                         0.05,   0.1,   0.25,   1,     5,    30};
inline constexpr std::array<double, 10> kPollBounds = {1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600};

// Of one poll that has ended.
struct PollVitals {
  Time ended;
  Duration took{};
  std::uint64_t people = 0;
  std::uint64_t students = 0;
  std::uint64_t accounts = 0;
  std::uint64_t families = 0;
  std::uint64_t unowned_accounts = 0;
  std::uint64_t rows_changed = 0;
  std::uint64_t rows_rejected = 0;
};

struct SchoolVitals {
  SchoolId school;
  AccountsOf accounts = AccountsOf::kStudents;
  Duration poll_every{};
  bool polling = false;
  std::optional<Time> next_poll;  // nullopt: stopped, or at once
  bool stopped = false;           // no poll goes out until somebody asks for one
  std::string stopped_reason;     // "" when it is not stopped
  bool source_problem = false;
  bool site_problem = false;
  bool last_used = false;                               // whether the last poll that ended was used
  std::optional<PollVitals> last_poll;                  // used or not
  std::optional<PollVitals> last_good;                  // the last that was used
  std::uint64_t polls_used = 0;                         // since the start
  std::map<std::string, std::uint64_t> polls_rejected;  // since the start, by reason
  Tally tally;
  std::vector<GuardKind> holds;  // guards that what is pending would trip
  bool rollover = false;
  TaskCounts tasks;
  std::uint64_t plans_under_way = 0;
  std::uint64_t plans_waiting = 0;  // approved by one person, and waiting for a second
  std::uint64_t unmapped_words = 0;
  Seq head;
  Seq acknowledged;
  bool workers_away = false;         // tasks wait, and nobody has asked for any for a while
  std::optional<Time> worker_asked;  // when a worker last asked for this school's tasks
};

// What the bus has counted since the start.
struct BusVitals {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t published = 0;
  std::uint64_t dropped_malformed = 0;
  std::uint64_t dropped_unread = 0;  // answers: the peer is there, and does not read
  std::uint64_t dropped_gone = 0;    // what goes out to nobody
  std::uint64_t events_late = 0;
  std::uint64_t ended_unread = 0;  // connections
  std::uint64_t ended_topics = 0;
  std::uint64_t ended_crowd = 0;
  std::uint64_t connections = 0;  // open now
};

struct Vitals {
  std::string version;
  Time at;  // when it was taken
  Time started;
  std::uint64_t steps = 0;
  std::uint64_t inputs_waiting = 0;  // taken from the sockets and not handled yet
  std::uint64_t leases_waiting = 0;  // workers' requests that wait for tasks
  std::map<std::pair<std::string, std::string>, std::uint64_t> requests;  // by name and outcome
  std::uint64_t commits = 0;                                              // that held anything
  CommitTimes commit_times;
  PollTimes poll_times;
  std::string disk_reason;  // "disk-full", "disk-read-only", "" while commits succeed
  bool disk_slow = false;
  bool config_refused = false;       // when it was last read again
  Time config_read;                  // when the config that counts was read
  std::uint64_t workers = 0;         // heard of in the last minute
  std::uint64_t workers_lapsed = 0;  // of those, which let leases run out
  std::optional<Time> worker_seen;   // the newest word of any
  bool backups = false;              // can be made here
  std::optional<Time> backup_good;   // the newest that was verified
  bool backup_failed = false;        // the last one, or it is not as it should be
  bool backup_overdue = false;       // none for 50 hours, and there was something to back up
  BusVitals bus;
  std::vector<LimitReached> limits;  // all there are, those never reached too
  std::vector<SchoolVitals> schools;
};

// A request that was answered: for the log and the counts. A command's is told when it is on disk.
struct Answered {
  std::optional<SchoolId> school;  // one that is here
  std::string request;             // its name on the wire; "" when it was not understood
  std::string request_id;          // as it came: up to 64 bytes of anything
  std::string command_id;          // the same; "" when it changes nothing
  std::string actor;               // attested
  bool writes = false;             // it would change something
  std::string outcome;             // "done", "repeated", or the refusal's reason
  std::string code;                // "done", or the refusal's code word
  Duration took{};                 // from when it was looked at until its answer went out
};

}  // namespace roster::model
