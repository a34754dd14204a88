#pragma once

// The state of a rule in a school, as a file: JSON, replaced whole with fsync. What is in it is
// law: fields are added, never given another meaning.

#include <optional>
#include <string>
#include <string_view>

#include "client/failure.h"
#include "client/notify/watch.h"

namespace roster::notify {

std::string ToText(const State& state, const std::string& rule, const std::string& school);

// A text that is no state, or another rule's or school's, is a failure that says so: never a fresh
// start, which would lose or repeat what is pending.
client::Answer<State> FromText(std::string_view text, const std::string& rule,
                               const std::string& school);

}  // namespace roster::notify
