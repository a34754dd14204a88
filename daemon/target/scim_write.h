#pragma once

// From values to the JSON that is sent (RFC 7643; PATCH: RFC 7644, 3.5.2).

#include <string>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/plan.h"
#include "daemon/target/judge.h"

namespace roster::target {

// The body of a POST: external id, active, what the task's fields say; the extension only where the
// site has it. Invalid "invalid-text" when a value is not UTF-8.
Result<std::string> CreateBody(const model::Task& task, bool has_extension);

// The body of a PATCH: one replace or remove for each attribute. Multi-valued attributes are
// written whole, made from `resource`, the account's JSON as last read, so that the elements that
// are not ours stay as they are and a site that has no element yet needs no filter that matches
// nothing. `now` is the time of an invitation. Errors: Invalid "invalid-text" | "site-malformed".
Result<std::string> PatchBody(const model::Task& task, const Writing& writing,
                              const std::string& resource, Time now);

// One segment of a path or one value of a query (RFC 3986: all but unreserved is encoded).
std::string PercentEncoded(std::string_view text);

// externalId eq "..." (RFC 7644, 3.4.2.2: the value is a JSON string), percent-encoded.
std::string ExternalIdFilter(std::string_view external_id);

}  // namespace roster::target
