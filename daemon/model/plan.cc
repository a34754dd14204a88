#include "daemon/model/plan.h"

#include "daemon/model/words.h"

namespace roster::model {
namespace {

constexpr Words<PlanState, 3> kPlanStates = {{
    {PlanState::kOpen, "open"},
    {PlanState::kApproved, "approved"},
    {PlanState::kFinished, "finished"},
}};

constexpr Words<TaskState, 7> kTaskStates = {{
    {TaskState::kQueued, "queued"},
    {TaskState::kLeased, "leased"},
    {TaskState::kRetry, "retry"},
    {TaskState::kUnknown, "unknown"},
    {TaskState::kApplied, "applied"},
    {TaskState::kDead, "dead"},
    {TaskState::kSuperseded, "superseded"},
}};

}  // namespace

std::string_view PlanStateWord(PlanState state) { return WordOf(kPlanStates, state); }
std::string_view TaskStateWord(TaskState state) { return WordOf(kTaskStates, state); }
std::optional<TaskState> TaskStateFromWord(std::string_view word) {
  return FromWord(kTaskStates, word);
}

}  // namespace roster::model
