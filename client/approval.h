#pragma once

// What plan, sync, invite and undo share: asking for a plan, showing it, approving it, and waiting
// until it has ended.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/session.h"

namespace roster::client {

// The plan of that number, or with 0 the one that holds everything decided now.
Answer<v1::PlanReply> AskPlan(Session& session, std::uint64_t plan);

// Of a plan without items: that everything decided is on the site, or else how many wait for what,
// and the command that lists them.
std::string NothingPending(const v1::PlanReply& reply);

// "Plan 7 (3f9a12c4)"
std::string PlanTitle(const v1::Plan& plan);

// Rows of a plan: of one bucket (UNSPECIFIED: its items), of one class (UNSPECIFIED: all), at most
// `limit` (0: all).
struct ItemsFilter {
  v1::Bucket bucket = v1::BUCKET_UNSPECIFIED;
  v1::ChangeClass change_class = v1::CHANGE_CLASS_UNSPECIFIED;
  std::uint64_t limit = 0;
};
Answer<void> ShowItems(Session& session, const v1::Plan& plan, const ItemsFilter& filter);
// Where there are more items than were shown: how many, and how to see them.
void SayTheRest(const Session& session, const v1::Plan& plan, std::uint64_t shown);

// Until when an open plan can be approved.
void SayExpiry(const Session& session, const v1::Plan& plan);

// Of an open plan: that it takes two people, who was first, and what the other one does. Nothing
// where one is enough.
void SayTwo(const Session& session, const v1::Plan& plan);

// Of an open plan: that an earlier first approval, of another choice, no longer counts; "": none
// was replaced.
std::string ReplacedText(const v1::Plan& plan);

// What the second of two types: approves what the first has approved. `school`: "" where there is
// only one.
std::string SecondCommand(const v1::Plan& plan, const std::string& school = "");

// What an undo leaves as it is, and why; with a blank line in front. Nothing when there is nothing.
void ShowNotUndone(const Session& session, const v1::Plan& plan);

struct ApprovalOptions {
  bool leave_out_changed = false;
  bool wait = false;
  std::vector<v1::ChangeClass> only;           // none: all
  std::vector<std::int64_t> except;            // not these persons
  std::optional<std::string> override_reason;  // set: guards are lifted, and why
};

// Approves exactly this plan, by its digest. One that is approved already is not approved again,
// but may be waited for. One that is stale or held is shown, and comes back as kRefused.
Answer<Exit> Approve(Session& session, const v1::Plan& plan, const ApprovalOptions& options);

}  // namespace roster::client
