#pragma once

// What resolve and match share: saying something, waiting for the poll that takes it up, and
// telling what it came to.

#include <string>

#include "client/session.h"
#include "roster/v1/control.pb.h"

namespace roster::client {

// `said`: what has been decided, once it is. `next`: what to do then. A poll that is rejected makes
// the answer kFailed: what was said is kept, and counts with the next one.
Answer<Exit> Settle(Session& session, const v1::Request& request, const std::string& said,
                    const std::string& next);

}  // namespace roster::client
