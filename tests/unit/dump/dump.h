#pragma once

// The values between the pure stages, for people to read: what golden files hold.

#include <string>

#include "daemon/model/change.h"

namespace roster::dump {

// A few lines each, ending in a line break; what is empty is left out.
std::string Print(const model::Candidate& candidate);
std::string Print(PersonId person, const model::Match& match);
// Without key and state, which say nothing to people.
std::string Print(const model::DuplicateGroup& group);
std::string Print(const model::Change& change);

}  // namespace roster::dump
