#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/snapshot.h"

namespace roster::model {

enum class PollState : std::uint8_t { kRunning = 1, kUsed = 2, kRejected = 3 };

// The record of one poll.
struct Poll {
  PollId id;
  PollState state = PollState::kRunning;
  Time started;
  Time ended;
  std::string reason;   // rejected: a stable word
  std::string message;  // rejected: for people
  std::uint64_t people = 0;
  std::uint64_t students = 0;
  std::uint64_t accounts = 0;
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::uint64_t rows_changed = 0;
  std::uint64_t rows_rejected = 0;
  std::vector<RejectedRow> rejected;  // the first Snapshot::kRejectedKept
  std::uint64_t unowned_accounts = 0;
  std::uint64_t families = 0;
  // Computed again from what an earlier poll brought, since a decision asked for it.
  bool reused = false;
  // What FACTS's data has that somebody may want to mend, and how often:
  // "families-without-parents", "links-to-nobody", ...: stable words.
  std::vector<std::pair<std::string, std::uint64_t>> notices;
  // While it runs.
  std::string phase;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

}  // namespace roster::model
