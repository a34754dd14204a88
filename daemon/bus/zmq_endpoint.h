#pragma once

// Endpoints as paths of Unix sockets, and the options that every socket gets. Of this folder alone.

#include <cstdint>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "daemon/base/result.h"

namespace roster::bus {

// The path of "ipc:///path". Errors: Refused "tcp-needs-curve"; Invalid "endpoint-path".
Result<std::string> PathOf(const std::string& endpoint);

// Whether `path` may be bound: see ZmqBus::Open.
Result<void> CheckFree(const std::string& path);

// Ends a connection of the socket at `path`, whose descriptor libzmq owns: both sides see it
// closed. The descriptor may be another one's by now: nothing is done unless it is a connection to
// `path`, of process `pid` where that is given. True when it was ended.
bool EndConnection(int descriptor, const std::string& path, std::optional<std::int64_t> pid);

// The process at the other end of a Unix socket; -1: not known.
std::int64_t ProcessAt(int descriptor);

// Milliseconds and bytes are libzmq's ints; what libzmq leaves off by default is set.
struct SocketOptions {
  int queued_in_max;
  int queued_out_max;
  std::int64_t message_bytes_max;
  int linger_ms;
};
void SetOptions(zmq::socket_t& socket, const SocketOptions& options);

}  // namespace roster::bus
