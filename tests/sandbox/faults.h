// Faults on demand: which of them fall on a request, and what those about rows do to a row.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/json_row.h"
#include "tests/sandbox/random.h"

namespace roster::sandbox {

enum class Server { kFacts, kSite };

enum class FaultKind {
  kStatus,        // answers with `status`, before the effect (or after it: when = after)
  kBreakBefore,   // breaks the connection, nothing is done
  kBreakAfter,    // does it, then breaks the connection: the answer is lost
  kTruncate,      // half of the body, then the connection breaks
  kTruncateGzip,  // half of the (compressed) body with a Content-Length that fits
  kHtml,          // a page instead of JSON
  kDelay,         // answers after delay_ms
  kTorn,          // a row slips to an earlier page during the walk: one is lost at each page
  kDuplicate,     // a row slips to a later page: one comes twice at each page
  kRowCount,      // the announced number changes from page to page
  kShrink,        // only the first `percent` of the rows, and all numbers agree
  kEmpty,         // no rows, and all numbers agree
  kRowWithoutId,
  kNumberAsText,
  kInvalidUtf8,
  kIdSpelling,      // ...Id becomes ...ID and the other way round
  kNullFields,      // "" becomes null
  kMissingFields,   // "" and null are left out
  kUnknownFields,   // fields that nobody knows
  kScopeWithdrawn,  // 403, ProblemDetails
  kKeyRefused,      // `status` (401), ProblemDetails; 401 on the site
};

std::string_view NameOf(FaultKind kind);

struct Fault {
  int64_t id = 0;
  FaultKind kind = FaultKind::kStatus;
  std::optional<Server> server;  // both when not given
  std::string method;            // any when empty
  std::string path;              // a part of the path, in any case; a final $ anchors it at the end
  int64_t after = 0;             // the first so many requests that fit pass unharmed
  int64_t times = -1;            // so many requests, -1: until cleared
  double probability = 1;        // of each of them
  int status = 0;                // 0: the kind's own
  std::optional<int> retry_after;
  int delay_ms = 0;
  double percent = 50;
  bool all_rows = true;       // or only the first row of each answer
  bool after_effect = false;  // of kStatus
  int64_t hits = 0;
};

// What was asked for is no fault; says why.
class FaultError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reads {"kind": "status", "server": "facts", "status": 503, ...}. Throws FaultError.
Fault FaultFromJson(const Json& json);
// {"kind": "status", "server": "facts", "status": 503} from "kind=status,server=facts,status=503".
Json FaultFields(std::string_view text);
// Reads such a text. Throws FaultError.
Fault FaultFromText(std::string_view text);
Json ToJson(const Fault& fault);

// The faults in force. Thread-safe.
class FaultBook {
 public:
  explicit FaultBook(uint64_t seed) : random_(seed) {}

  int64_t Add(Fault fault);
  bool Remove(int64_t id);
  void Clear();
  Json List() const;

  // Those that fall on this request, in the order in which they were added; counts them.
  std::vector<Fault> Take(Server server, std::string_view method, std::string_view path);

 private:
  mutable std::mutex mutex_;
  Random random_;
  int64_t last_id_ = 0;
  std::vector<Fault> faults_;
};

const Fault* FindFault(const std::vector<Fault>& faults, FaultKind kind);

// Whether any of them changes rows; then RowWithFaults is to be applied.
bool HasRowFault(const std::vector<Fault>& faults);

// `row` as the faults leave it. `first`: it is the first of its answer.
std::string RowWithFaults(std::string_view row, std::string_view key,
                          const std::vector<Fault>& faults, bool first);

}  // namespace roster::sandbox
