#pragma once

// Endpoints as places, what ends a connection there, and the options that every socket gets. Of
// this folder alone.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "daemon/base/result.h"
#include "daemon/bus/curve_keys.h"

namespace roster::bus {

// Where a socket listens.
struct Place {
  std::string path;        // of a Unix socket; "": it is a port
  std::uint16_t port = 0;  // TCP; 0: any, until it is bound

  bool tcp() const { return path.empty(); }
};

// Of "ipc:///path" or "tcp://host:port". Errors, all Invalid: "endpoint-path", "endpoint-address".
Result<Place> PlaceOf(const std::string& endpoint);
bool IsTcp(std::string_view endpoint);

// Whether `path` may be bound: see ZmqBus::Open.
Result<void> CheckFree(const std::string& path);

// The other end of a connection: "process:4711", or over tcp its address, "10.0.0.5". "": not
// known.
std::string RemoteAt(int descriptor);
std::string ProcessName(std::int64_t pid);

// Ends a connection of the socket at `place`, whose descriptor libzmq owns: both sides see it
// closed. The descriptor may be another one's by now: nothing is done unless it is a connection to
// `place`, and to `remote` where that is not "". True when it was ended.
bool EndConnection(int descriptor, const Place& place, const std::string& remote);

// Milliseconds and bytes are libzmq's ints; what libzmq leaves off by default is set.
struct SocketOptions {
  int queued_in_max;
  int queued_out_max;
  std::int64_t message_bytes_max;
  int linger_ms;
};
void SetOptions(zmq::socket_t& socket, const SocketOptions& options);

// Before an endpoint on tcp is bound, or called. Throws zmq::error_t.
void SetServerKeys(zmq::socket_t& socket, const CurveKeys& keys);
void SetCallKeys(zmq::socket_t& socket, const CurveCall& call);
// For "tcp://[::1]:7400".
void SetFamily(zmq::socket_t& socket, std::string_view endpoint);

}  // namespace roster::bus
