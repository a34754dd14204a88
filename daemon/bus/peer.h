#pragma once

// Who has sent a message: what libzmq and the kernel say of its connection. Of this folder alone.

#include <string>
#include <zmq.hpp>

#include "daemon/bus/bus.h"

namespace roster::bus {

// Over tcp the key that was proven, and nothing else; over ipc user, group, process and the
// supplementary groups. Groups are left out where the connection may be another one's by now.
Peer PeerOf(zmq::message_t& message, bool tcp);

// The other end as RemoteAt (zmq_endpoint.h) names it; "": not known.
std::string RemoteOf(zmq::message_t& message, bool tcp);

// Of the connection that a message came by; -1: not known.
int DescriptorOf(zmq::message_t& message);

}  // namespace roster::bus
