#pragma once

// Rows of people within a serialised reply that is kept.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/id.h"

namespace roster::bus {

// The reply with nothing of these people but their ids: of their rows, and of the duplicates they
// are in. nullopt: it says nothing of them. What can't be read becomes an empty reply.
std::optional<std::string> WithoutPersons(std::string_view reply,
                                          const std::vector<PersonId>& persons);

}  // namespace roster::bus
