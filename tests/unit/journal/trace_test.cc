// What the journal alone says of a person.

#include "daemon/journal/trace.h"

#include <gtest/gtest.h>

namespace roster::journal {
namespace {

using model::DecisionKind;
using End = Trace::TaskEnd;

const PersonId kAda(1);
const PersonId kBen(2);
const TaskId kTask{PlanId(3), 1};

Trace Of(const std::vector<model::Event>& events) {
  Trace trace;
  for (const model::Event& event : events) Add(trace, event, kAda);
  return trace;
}

TEST(Trace, TheLastDecisionCountsAndMayBeTakenBack) {
  EXPECT_EQ(Of({}).decision, std::nullopt);
  EXPECT_EQ(Of({model::PersonsDecided{DecisionKind::kSync, {kBen, kAda}},
                model::PersonsDecided{DecisionKind::kSkip, {kAda}},
                model::PersonsDecided{DecisionKind::kExclude, {kBen}}})
                .decision,
            DecisionKind::kSkip);
  EXPECT_EQ(Of({model::PersonsDecided{DecisionKind::kExclude, {kAda}},
                model::PersonsDecided{DecisionKind::kInclude, {kAda}}})
                .decision,
            std::nullopt);
}

TEST(Trace, LinksComeFromPollsAndTasksAndAreGivenUp) {
  const AccountId a("a");
  const AccountId b("b");
  const Trace trace =
      Of({model::LinksRecorded{{{kBen, b}, {kAda, a}}}, model::LinksForgotten{{{kAda, a}}},
          model::TaskApplied{kTask, kAda, model::Action::kAdd, b, Blake2b("x"), 1, false},
          model::TaskApplied{kTask, kBen, model::Action::kAdd, a, Blake2b("x"), 1, false}});
  ASSERT_EQ(trace.links.size(), 3U);
  EXPECT_EQ(trace.links[0].account, a);
  EXPECT_FALSE(trace.links[0].by_task);
  EXPECT_EQ(trace.links[1].account, std::nullopt);
  EXPECT_EQ(trace.links[2].account, b);
  EXPECT_TRUE(trace.links[2].by_task);
}

TEST(Trace, ATaskEndsAsItsLastEntrySays) {
  const auto action = model::Action::kInvite;
  const model::TaskUnknown unknown{kTask, kAda, action, "lease-expired", 1};
  const model::TaskDead dead{kTask, kAda, action, "broken", 1};
  const std::vector<std::pair<TaskId, PersonId>> both = {{{PlanId(3), 2}, kBen}, {kTask, kAda}};
  const auto end = [](const std::vector<model::Event>& events) {
    return Of(events).tasks.at(kTask).end;
  };
  EXPECT_EQ(end({unknown}), End::kOpen);
  EXPECT_EQ(end({unknown, model::TasksConfirmed{both}}), End::kConfirmed);
  EXPECT_EQ(end({dead}), End::kDead);
  EXPECT_EQ(end({dead, model::TasksRetried{both}}), End::kOpen);
  EXPECT_EQ(end({dead, model::TaskSuperseded{kTask, kAda, action, "replaced"}}), End::kSuperseded);
  const auto applied = Of({model::TaskApplied{kTask, kAda, action, {}, Blake2b("x"), 1, false}});
  EXPECT_EQ(applied.tasks.at(kTask).end, End::kApplied);
  EXPECT_EQ(applied.tasks.at(kTask).digest, Blake2b("x"));
  EXPECT_EQ(Of({model::TasksConfirmed{both}}).tasks.size(), 1U) << "Ben's is not hers";
}

}  // namespace
}  // namespace roster::journal
