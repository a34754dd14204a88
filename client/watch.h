#pragma once

// Waiting for a poll, by whoever asked for one: poll, resolve, match.

#include "client/session.h"
#include "roster/v1/control.pb.h"

namespace roster::client {

// Looks until the poll has ended, with a progress bar at a terminal.
Answer<v1::Poll> WaitForPoll(Session& session, v1::Poll poll);

}  // namespace roster::client
