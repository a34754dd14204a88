#pragma once

// What libzmq holds of what was handed to it, counted in bytes: it counts in messages alone. Of
// this folder alone.

#include <atomic>
#include <memory>
#include <string>
#include <zmq.hpp>

namespace roster::bus {

// Counted down by libzmq's own thread.
struct Unread {
  std::atomic<std::size_t> messages{0};
  std::atomic<std::size_t> bytes{0};
};

// A message that counts in both until libzmq lets go of it, sent or not.
zmq::message_t Wrap(std::string payload, std::shared_ptr<Unread> one, std::shared_ptr<Unread> all);

}  // namespace roster::bus
