#include "daemon/engine/current_plans.h"

#include <algorithm>

namespace roster::engine {

using model::PlanState;

void CurrentPlans::Note(const model::Plan& plan) {
  under_way_.erase(plan.id);
  waiting_.erase(plan.id);
  if (plan.state == PlanState::kApproved) under_way_.insert(plan.id);
  if (plan.state != PlanState::kOpen) {
    newest_approved_ = std::max(newest_approved_, plan.id);
  } else if (plan.first_approval) {
    waiting_[plan.id] = plan.expires_at;
  }
}

std::size_t CurrentPlans::CountWaiting(Time now) const {
  return static_cast<std::size_t>(std::count_if(
      waiting_.begin(), waiting_.end(), [&](const auto& plan) { return now < plan.second; }));
}

std::vector<PlanId> CurrentPlans::ShownApproved() const {
  std::vector<PlanId> shown;
  for (auto at = under_way_.rbegin(); at != under_way_.rend() && shown.size() < kPlansShown; ++at) {
    shown.push_back(*at);
  }
  if (shown.empty() && newest_approved_ != PlanId()) shown.push_back(newest_approved_);
  return shown;
}

std::vector<PlanId> CurrentPlans::ShownWaiting(Time now) const {
  std::vector<PlanId> shown;
  for (auto at = waiting_.rbegin(); at != waiting_.rend() && shown.size() < kPlansShown; ++at) {
    if (now < at->second) shown.push_back(at->first);
  }
  return shown;
}

}  // namespace roster::engine
