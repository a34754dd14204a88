#pragma once

#include <string>

#include "daemon/base/result.h"

namespace roster::bus {

// A message that was refused, and the request id that the refusal answers: "" when it could not be
// read.
struct DecodeFailure {
  Error error;
  std::string request_id;
};

}  // namespace roster::bus
