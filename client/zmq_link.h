#pragma once

// A socket that calls rosterd: over ipc as whoever we are, over tcp with keys. What both sockets of
// the client set: several of libzmq's defaults are "off" or "no limit".

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "client/certificate.h"
#include "client/connection.h"

namespace roster::client {

class Link {
 public:
  // Connects in the background and again after a loss. `prepare` sets what is of one kind of socket
  // alone, before. Fails when the endpoint cannot be used at all.
  static Answer<std::unique_ptr<Link>> Open(zmq::socket_type type, const std::string& endpoint,
                                            const std::optional<CallKeys>& keys,
                                            const std::function<void(zmq::socket_t&)>& prepare);

  zmq::socket_t& socket() { return socket_; }

  // Whether it is ready for that (ZMQ_POLLIN, ZMQ_POLLOUT) within `wait_max`; false too when a
  // signal came. Fails when the other side, over tcp, does not let us in, or is not who it should
  // be: waiting would not help.
  Answer<bool> Await(short events, Millis wait_max);

 private:
  Link(zmq::socket_type type, std::string endpoint);
  void Watch();
  Answer<void> LookAtHandshakes();

  const std::string endpoint_;
  zmq::context_t context_{1};
  zmq::socket_t socket_;
  std::optional<zmq::socket_t> handshakes_;  // over tcp
  int hung_up_ = 0;                          // in a row
};

bool IsTcp(std::string_view endpoint);

// The endpoint that rosterd tells, as it is reached from here: "tcp://0.0.0.0:7401", all addresses
// of its machine, becomes the host that `control` was reached at.
std::string Reachable(const std::string& told, std::string_view control);

}  // namespace roster::client
