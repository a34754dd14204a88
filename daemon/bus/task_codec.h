#pragma once

// The one codec of `tasks` (proto/roster/v1/tasks.proto), both sides. Thread-safe.

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "daemon/base/result.h"
#include "daemon/bus/decode_failure.h"
#include "daemon/model/request.h"

namespace roster::bus {

// ---- the daemon's side
// Errors, all Invalid: "not-a-message", "unknown-version", "bad-request".
tl::expected<model::WorkerRequest, DecodeFailure> DecodeWorkerRequest(std::string_view payload);
std::string EncodeWorkerReply(const model::WorkerReply& reply);

// ---- the worker's side
std::string EncodeWorkerRequest(const model::WorkerRequest& request);
// Errors, all Invalid: "not-a-message", "unknown-version", "bad-reply".
Result<model::WorkerReply> DecodeWorkerReply(std::string_view payload);

}  // namespace roster::bus
