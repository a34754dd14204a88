#pragma once

// What sync and invite share: asking for a plan, approving it, and waiting until it has ended.

#include <cstdint>
#include <string>

#include "client/session.h"

namespace roster::client {

// The plan of that number, or with 0 the one that holds everything decided now.
Answer<v1::PlanReply> AskPlan(Session& session, std::uint64_t plan);

// "Plan 7 (3f9a12c4)"
std::string PlanTitle(const v1::Plan& plan);

// Lists the plan's rows of one bucket (UNSPECIFIED: its items), at most `limit`; 0: all.
Answer<void> ShowItems(Session& session, const v1::Plan& plan, v1::Bucket bucket,
                       std::uint64_t limit);

struct ApprovalOptions {
  bool leave_out_changed = false;
  bool wait = false;
};

// Approves exactly this plan, by its digest. One that is approved already is not approved again,
// but may be waited for. A stale one is shown and comes back as kRefused.
Answer<Exit> Approve(Session& session, const v1::Plan& plan, const ApprovalOptions& options);

}  // namespace roster::client
