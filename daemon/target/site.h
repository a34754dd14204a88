#pragma once

// The seam to the volunteer site: read its accounts, execute one task.

#include <functional>
#include <stop_token>

#include "daemon/base/result.h"
#include "daemon/model/account.h"
#include "daemon/model/plan.h"
#include "daemon/model/settings.h"

namespace roster::target {

// Used by one thread at a time.
class Site {
 public:
  virtual ~Site() = default;

  // All accounts, archived ones included, or an error that says why the list can't be trusted
  // (design page "The site": believe it no more than FACTS). Reasons: "site-unauthorized",
  // "site-forbidden", "site-incomplete", "site-malformed", "site-unavailable".
  // `progress(done, total)` is called now and then; total 0 while unknown.
  virtual Result<model::Accounts> ReadAccounts(
      const std::function<void(std::uint64_t, std::uint64_t)>& progress,
      const std::stop_token& stop) = 0;

  // Looks first, writes only if the effect is not there and what is there is what was approved.
  // Never throws; every end is an outcome. A stop request is obeyed before a write, not after.
  virtual model::Outcome Execute(const model::Task& task, const std::stop_token& stop) = 0;
};

}  // namespace roster::target
