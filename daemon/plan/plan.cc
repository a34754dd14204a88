#include "daemon/plan/plan.h"

namespace roster::plan {
namespace {

using model::Action;
using model::Change;

bool WritesFields(Action action) {
  return action == Action::kAdd || action == Action::kUpdate || action == Action::kRestore;
}

}  // namespace

Digest PlanDigest(const SchoolId& school, bool invitations,
                  const std::vector<model::PlanItem>& items) {
  Canonical content;
  content.Add(school.value()).Add(invitations ? 1U : 0U).Add(items.size());
  for (const model::PlanItem& item : items) {
    content.Add(static_cast<std::uint64_t>(item.person.value()))
        .Add(static_cast<std::uint64_t>(item.action))
        .Add(item.digest.view());
  }
  return Blake2b(content.bytes());
}

bool IsInvitable(const Change& change, bool never_accessed) {
  return change.linked && change.account && change.account->active && !change.collision &&
         change.candidate.eligibility == model::Eligibility::kEligible &&
         change.situation != model::Situation::kProtected &&
         !(never_accessed && change.account->last_accessed);
}

model::Task MakeTask(const model::Plan& plan, std::uint32_t index, const model::PlanItem& item,
                     const Change& change, const model::RosterRules& rules) {
  model::Task task;
  task.id = {plan.id, index};
  task.person = item.person;
  task.action = item.action;
  task.digest = item.digest;
  task.external_id = ExternalId(rules, item.person);
  if (change.account && item.action != Action::kAdd) {
    task.account = change.account->id;
    task.was_active = change.account->active;
    task.invited_before = change.account->invited;
  }
  if (WritesFields(item.action)) task.fields = change.fields;
  task.link_only = !change.linked && item.action != Action::kAdd;
  return task;
}

}  // namespace roster::plan
