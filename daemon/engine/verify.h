#pragma once

// Whether what is stored agrees with the journal: rebuilt from its entries, a slice at a time, so
// that nobody else waits. Where it disagrees, by id.
//
// A slice keeps nothing: its token says how far it is. First the entries (each leads to the persons
// it names; which plans they approve), then everybody whom the journal names (last decision, second
// address, match, duplicates they hold, link, tasks), then what is stored and the journal knows
// nothing of, tasks and the counts of plans, and the families, some at a time.
//
// Duplicates have a key and no index of entries: each entry on one names its holder, and leads
// whoever held it before to itself. So the entries of the stored holder tell whether theirs is the
// last word, and those of the last holder tell that a row is gone.

#include <map>
#include <string>

#include "daemon/base/result.h"
#include "daemon/model/plan.h"
#include "daemon/model/request.h"
#include "daemon/store/store.h"

namespace roster::engine {

struct VerifyScope {
  const store::Reader& view;
  SchoolId school;
  Seq head;                                          // the newest entry
  std::uint64_t plans;                               // ids given so far
  const std::map<PlanId, model::Plan>& known_plans;  // newer than those in `view`
};

// Looked at for one slice, in reads of the store, about: some milliseconds.
inline constexpr std::size_t kVerifyWork = 1000;
// Differences named by one slice; all are counted.
inline constexpr std::size_t kDifferencesMax = 100;

// The slice after `token`; "" begins. Errors: Invalid "page-token"; those of the store. A row that
// can't be read is a difference.
Result<model::VerifyReply> VerifySlice(const VerifyScope& scope, const std::string& token,
                                       std::size_t work_max = kVerifyWork);

}  // namespace roster::engine
