#include "daemon/base/id.h"

namespace roster {

std::string ToString(const TaskId& id) {
  return std::to_string(id.plan.value()) + "." + std::to_string(id.index);
}

}  // namespace roster
