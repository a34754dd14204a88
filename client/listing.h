#pragma once

// Lists of users, page by page.

#include <functional>

#include "client/session.h"
#include "roster/v1/control.pb.h"

namespace roster::client {

// Everybody whom the filter shows, in the daemon's order. `begin`, where there is one, is told the
// counters that came with the first page, before any row.
Answer<void> ForEachUser(Session& session, const v1::Filter& filter,
                         const std::function<void(const v1::UserRow&)>& each,
                         const std::function<void(const v1::Counters&)>& begin = nullptr);

}  // namespace roster::client
