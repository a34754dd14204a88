#pragma once

// What both sockets of the client set: several of libzmq's defaults are "off" or "no limit".

#include <string>
#include <zmq.hpp>

#include "client/connection.h"

namespace roster::client {

inline void SetClientOptions(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMessageMax));
  socket.set(zmq::sockopt::reconnect_ivl, 50);        // ms
  socket.set(zmq::sockopt::reconnect_ivl_max, 1000);  // ms
  socket.set(zmq::sockopt::handshake_ivl, 5000);      // ms
  // No ZMTP heartbeats, see daemon/bus/zmq_endpoint.cc: silence is told by the beat and by waiting.
}

inline std::string UnusableEndpoint(const std::string& endpoint, const zmq::error_t& error) {
  return "The endpoint \"" + endpoint + "\" cannot be used: " + error.what() +
         ". It looks like ipc:///run/rosterd/control.sock.";
}

}  // namespace roster::client
