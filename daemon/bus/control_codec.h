#pragma once

// The one codec of `control` (proto/roster/v1/control.proto) at the daemon. Thread-safe.

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "daemon/bus/decode_failure.h"
#include "daemon/model/request.h"

namespace roster::bus {

// Errors, all Invalid: "not-a-message"; "unknown-version"; "bad-request": a value that is missing,
// out of its range, or contradicts another; "reason-missing": guards are to be lifted, and nobody
// says why. Defaults (page sizes) are filled in. A `command` comes
// with every request that changes something, and with no other.
tl::expected<model::Request, DecodeFailure> DecodeRequest(std::string_view payload);

std::string EncodeReply(std::string_view request_id, const model::ReplyBody& body);

// A reply that was encoded without a request id, for this request. `kept` is EncodeReply("", ...).
std::string RelabelReply(std::string_view kept, std::string_view request_id);

}  // namespace roster::bus
