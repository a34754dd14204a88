#include "daemon/plan/four_eyes.h"

namespace roster::plan {

std::string_view WhyTwo(const model::FourEyes& rules, const Weight& weight) {
  if (rules.all) return "all";
  if (rules.lifted_guards && weight.lifts_guards) return "lifted-guards";
  if (rules.archives_over && weight.archives > *rules.archives_over) return "archives";
  return "";
}

Digest ChoiceDigest(const model::Approval& approval) {
  Canonical all;
  all.Add("choice").Add(approval.leave_out_changed ? 1U : 0U).Add(approval.only.size());
  for (const model::ChangeClass one : approval.only) all.Add(static_cast<std::uint64_t>(one));
  all.Add(approval.except.size());
  for (const PersonId person : approval.except) {
    all.Add(static_cast<std::uint64_t>(person.value()));
  }
  // Not the reason: two people say why in words of their own.
  all.Add(approval.override_guards ? 1U : 0U);
  return Blake2b(all.bytes());
}

}  // namespace roster::plan
