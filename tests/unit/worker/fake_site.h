#pragma once

// Sites without a site: what they do is a function of the test.

#include <atomic>
#include <functional>
#include <memory>

#include "daemon/target/site.h"
#include "daemon/worker/crew.h"

namespace roster::worker {

using Behaviour = std::function<model::Outcome(const model::Task&, const std::stop_token&)>;

class FakeSite : public target::Site {
 public:
  explicit FakeSite(Behaviour execute) : execute_(std::move(execute)) {}

  Result<model::Accounts> ReadAccounts(const std::function<void(std::uint64_t, std::uint64_t)>&,
                                       const std::stop_token&) override {
    return Fail(Code::kInvalid, "site-malformed", "A worker does not read lists.");
  }
  model::Outcome Execute(const model::Task& task, const std::stop_token& stop) override {
    return execute_(task, stop);
  }

 private:
  Behaviour execute_;
};

inline SiteMaker MakerOf(Behaviour execute) {
  return [execute = std::move(execute)](const SchoolId&) {
    return std::make_unique<FakeSite>(execute);
  };
}

inline model::LeasedTask MakeLeased(std::uint32_t index, std::uint32_t attempt = 1,
                                    const std::string& school = "tcs") {
  model::LeasedTask leased;
  leased.school = SchoolId(school);
  leased.task.id = {PlanId(7), index};
  leased.task.attempt = attempt;
  leased.task.action = model::Action::kArchive;
  return leased;
}

inline model::Outcome Done() {
  model::Applied applied;
  applied.account.id = AccountId("1");
  return applied;
}

}  // namespace roster::worker
