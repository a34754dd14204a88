#pragma once

// Who was refused what, on its way to the journal: the first time at once, then at most once a
// minute with how often. Whoever is refused a million times makes a few entries, and no commit of
// their own.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/time.h"

namespace roster::engine {

struct Refused {
  SchoolId school;      // in whose journal it belongs
  std::string actor;    // attested
  std::string request;  // "ApprovePlan", "Lease", "Connect", ...
  std::string reason;   // a stable word
  PlanId plan = {};     // which it was about; 0: none
  PersonId person = {};

  friend auto operator<=>(const Refused&, const Refused&) = default;
};

// Not thread-safe. Times are steady.
class Refusals {
 public:
  // At most `kinds_max` are told apart at a time, and at most `entries_a_minute` are told, all
  // together: what is over waits for the next minute.
  Refusals(std::size_t kinds_max, std::size_t entries_a_minute)
      : kinds_max_(kinds_max), entries_a_minute_(entries_a_minute) {}

  // False: too many are told apart already, and this one is not counted.
  bool Note(const Refused& refused, Duration now);

  struct Entry {
    Refused refused;
    std::uint64_t times = 0;  // since it was told before, > 0
  };
  // What belongs into the journal now, longest waiting first. Settle() says what became of it.
  std::vector<Entry> ToTell(Duration now);
  // `kept`: it is on disk. Otherwise it is told again in a minute.
  void Settle(bool kept);

  std::size_t kinds() const { return rows_.size(); }

 private:
  struct Row {
    std::uint64_t times = 0;    // not told
    std::uint64_t telling = 0;  // told, and not known to be on disk
    Duration since{};           // of the first of `times`
    std::optional<Duration> told_at;
  };

  const std::size_t kinds_max_;
  const std::size_t entries_a_minute_;
  std::map<Refused, Row> rows_;
  Duration minute_{};  // when the one began that `told_` counts
  std::size_t told_ = 0;
};

}  // namespace roster::engine
