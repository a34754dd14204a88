#include "daemon/model/spreadsheet.h"

namespace roster::model {

std::string ImportFileStem(PlanId plan, Action action) {
  return "plan-" + std::to_string(plan.value()) + "-" + std::string(ActionWord(action));
}

std::string ImportFileName(PlanId plan, Action action, std::size_t round) {
  return ImportFileStem(plan, action) + (round > 1 ? "-" + std::to_string(round) : "") + ".csv";
}

}  // namespace roster::model
