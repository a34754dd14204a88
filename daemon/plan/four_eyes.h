#pragma once

// Four eyes: which approvals take two people, and what the second has to say the same of. Pure.

#include <cstdint>
#include <string_view>

#include "daemon/base/digest.h"
#include "daemon/model/plan.h"
#include "daemon/model/settings.h"

namespace roster::plan {

// What is done: archives, those of missing people included, and whether guards are lifted for it.
struct Weight {
  std::uint64_t archives = 0;
  bool lifts_guards = false;
};
// Why it takes two: "all", "lifted-guards", "archives"; "": one is enough.
std::string_view WhyTwo(const model::FourEyes& rules, const Weight& weight);

// Names what of a plan is approved, and how: what is left out and chosen, and whether guards are
// lifted for it. Two approvals of one plan with the same choice are of the same.
Digest ChoiceDigest(const model::Approval& approval);

}  // namespace roster::plan
