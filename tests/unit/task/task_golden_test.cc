// A task's life under every outcome, as one golden table.

#include <gtest/gtest.h>

#include <sstream>

#include "daemon/task/task.h"
#include "tests/unit/dump/golden.h"

namespace roster::task {
namespace {

TEST(TaskGolden, EveryOutcomeFromALease) {
  const std::vector<std::pair<std::string, model::Outcome>> outcomes = {
      {"applied", model::Applied{}},
      {"superseded", model::Superseded{"changed-on-site"}},
      {"no answer", model::Unknown{"no-answer"}},
      {"failed, again", model::Failed{"conflict", true, false, std::nullopt}},
      {"failed, never again", model::Failed{"rejected-by-site", false, false, std::nullopt}},
      {"site failing", model::Failed{"site-unavailable", true, true, std::nullopt}},
      {"worker stopped", model::Failed{"stopped", true, false, std::nullopt}}};
  std::ostringstream table;
  for (const auto& [name, outcome] : outcomes) {
    for (const std::uint32_t failures : {0U, 7U}) {
      SeededRandom random(1);
      model::Task task;
      task.id = {PlanId(1), 1};
      task.failures = failures;
      Lease(task, "w", Time(), Policy());
      Conclude(task, outcome, Time(), Policy(), random, 0);
      table << name << " after " << failures << " failures: " << TaskStateWord(task.state)
            << (task.reason.empty() ? "" : " (" + task.reason + ")") << ", failures "
            << task.failures << "\n";
    }
  }
  dump::ExpectGolden("task/outcomes.txt", table.str());
}

}  // namespace
}  // namespace roster::task
