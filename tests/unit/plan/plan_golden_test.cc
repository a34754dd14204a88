// The tasks of a plan, as one golden table.

#include <gtest/gtest.h>

#include <sstream>

#include "daemon/plan/plan.h"
#include "tests/unit/dump/golden.h"

namespace roster::plan {
namespace {

TEST(PlanGolden, TheTaskOfEveryAction) {
  model::RosterRules rules;
  rules.school = SchoolId("tcs");
  model::Change change;
  change.candidate.person = PersonId(2);
  change.account = model::Account();
  change.account->id = AccountId("a2");
  change.fields = {{model::Field::kGrade, "08", "09"}};
  model::Plan plan;
  plan.id = PlanId(3);
  std::ostringstream table;
  std::vector<model::PlanItem> items;
  for (int action = 1; action <= 5; ++action) {
    for (const bool linked : {false, true}) {
      change.linked = linked;
      const model::PlanItem item{PersonId(2), static_cast<model::Action>(action), Blake2b("x")};
      items.push_back(item);
      const model::Task task =
          MakeTask(plan, static_cast<std::uint32_t>(items.size()), item, change, rules);
      table << ToString(task.id) << " " << ActionWord(task.action)
            << (linked ? " linked" : " unlinked") << ": " << task.external_id << ", account \""
            << task.account.value() << "\", fields " << task.fields.size()
            << (task.link_only ? ", makes the link" : "") << "\n";
    }
  }
  table << "digest " << PlanDigest(SchoolId("tcs"), false, items).Hex() << "\n";
  dump::ExpectGolden("plan/tasks.txt", table.str());
}

}  // namespace
}  // namespace roster::plan
