#pragma once

// The limits that rosterd keeps so that nobody who asks too much, reads too little or holds too
// long harms anybody else: how often each was reached, and when that is told.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/bus/bus.h"
#include "daemon/model/request.h"

namespace roster::engine {

enum class Limit : std::uint8_t {
  // Of the bus.
  kFrames,       // malformed messages, dropped
  kAnswers,      // answers dropped: the peer does not read
  kUnread,       // peers cut off: all unread answers together are too many
  kEvents,       // events published while a subscriber has so many unread that it loses
  kTopics,       // subscribers cut off: too many topics
  kConnections,  // peers cut off: too many connections
  // Of the engine.
  kMessages,  // messages that were not understood
  kStep,      // steps that left some of their input to the next
  kWorkers,   // workers refused
  kNames,     // names refused: too many of one process
  kHeld,      // leases given smaller than asked for: the worker holds too much
  kLapsed,    // the same: it let leases run out
  kReplies,   // kept replies that were forgotten before their time
  kRefusals,  // refused requests that are not put on record: too many are told apart
};
inline constexpr std::size_t kLimits = 14;

// Not thread-safe.
class Limits {
 public:
  void Reached(Limit limit, std::uint64_t times = 1) { counts_[Index(limit)].times += times; }

  // What the bus has counted since it was opened.
  void Take(const bus::Bus::Counters& counters);

  // Notes when those were last reached whose count has grown; gives those to tell now, each once a
  // minute at most. `now` is for people, `steady` for the minute.
  std::vector<model::LimitReached> ToTell(Time now, Duration steady);

  // All that were ever reached, in the order above.
  std::vector<model::LimitReached> All() const;
  // The same, with those that never were.
  std::vector<model::LimitReached> Each() const;

 private:
  struct Count {
    std::uint64_t times = 0;
    std::uint64_t noted = 0;  // of times
    std::uint64_t told = 0;   // of times
    Time last;
    std::optional<Duration> told_at;  // Steady
  };
  static std::size_t Index(Limit limit) { return static_cast<std::size_t>(limit); }
  model::LimitReached Of(std::size_t index) const;

  std::array<Count, kLimits> counts_;
};

}  // namespace roster::engine
