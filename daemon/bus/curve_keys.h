#pragma once

// Key pairs for tcp: CURVE (ZeroMQ RFC 26), keys as 40 characters of Z85 (RFC 32).

#include <string>

#include "daemon/model/access.h"

namespace roster::bus {

struct CurveKeys {
  model::PublicKey public_key;
  std::string secret_key;
};

// What it takes to call somebody over tcp.
struct CurveCall {
  model::PublicKey server_key;  // whom we expect there
  CurveKeys own;
};

}  // namespace roster::bus
