#pragma once

// What needs somebody, as the status says it: what is wrong or waits, and the command or place that
// mends it. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "roster/v1/control.pb.h"

namespace roster::client {

namespace v1 = ::roster::v1;

// The worst first; of the exit codes of `status --exit-code`.
enum class Urgency {
  kFailing,  // something does not work
  kHeld,     // a guard holds what is pending
  kReview,   // people have to look, to decide or to approve
};

struct Need {
  Urgency urgency = Urgency::kFailing;
  std::string school;  // its id; "": of no school in particular
  std::string what;    // a sentence; not cleaned
  std::string mend;    // a command, or what to do; not cleaned, never empty
};

// Everything that needs somebody, the worst first, schools in their order. `several`: whether this
// daemon has more than one school; then commands name theirs.
std::vector<Need> NeedsOf(const v1::Status& status, bool several);

// The same of one school alone.
std::vector<Need> NeedsOf(const v1::SchoolStatus& school, bool several);

// To be added, updated, archived or restored.
std::uint64_t PendingOf(const v1::Counters& counters);
// No poll goes out until somebody asks for one.
bool IsStopped(const v1::SchoolStatus& school);
// Not heard of for long enough to ask why.
bool IsSilent(const v1::Status& status, const v1::WorkerStatus& worker);

}  // namespace roster::client
