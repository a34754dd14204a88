#pragma once

// What `events` carries besides the journal's entries (proto/roster/v1/events.proto).

#include <string>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"

namespace roster::bus {

std::string EncodeBeat(const SchoolId& school, Seq head, const Digest& hash);

}  // namespace roster::bus
