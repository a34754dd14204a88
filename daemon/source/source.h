#pragma once

// The seam to the school information system: one whole snapshot, or why not.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/snapshot.h"

namespace roster::source {

struct Progress {
  std::string_view resource;  // "Students", "People", ...
  std::uint64_t rows = 0;
  std::uint64_t total = 0;  // 0 while unknown
  bool waits = false;       // for the quota of the key
};

// Row counts of the last poll that was used; 0: none yet.
struct LastGood {
  std::uint64_t people = 0;
  std::uint64_t students = 0;
  std::uint64_t members = 0;  // PersonFamily
  std::uint64_t ties = 0;     // ParentStudent
  std::uint64_t families = 0;
};

// Rows that could not be used: all counted, the first Snapshot::kRejectedKept named.
struct Rejected {
  std::uint64_t count = 0;
  std::vector<model::RejectedRow> rows;
};

// Used by one thread at a time.
class Source {
 public:
  virtual ~Source() = default;

  // Fetches everything and checks that it is whole. Errors:
  //   Refused     "subscription-key-refused" | "school-key-refused" | "scope-missing": polling
  //   stops
  //               until somebody mends it
  //   Exhausted   "quota-exhausted": retry_after says when
  //   Unavailable "facts-unavailable": tried, backed off, gave up
  //   Invalid     "malformed" | "rows-missing" | "row-count-changed" | "empty" | "shrunk" |
  //               "too-many-rejected": what came is not used
  //   Unavailable "stopped": `stop` was requested
  virtual Result<model::Snapshot> Fetch(const LastGood& last_good,
                                        const std::function<void(const Progress&)>& progress,
                                        const std::stop_token& stop) = 0;

  // Of the last Fetch, also when it ended with an error: for the poll's record.
  virtual const Rejected& rejected() const = 0;
};

}  // namespace roster::source
