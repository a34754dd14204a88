#pragma once

// A socket's connections, as libzmq tells of them. Of this folder alone.

#include <cstdint>
#include <map>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "daemon/bus/zmq_endpoint.h"
#include "daemon/model/access.h"

namespace roster::bus {

class Door {
 public:
  // Watches `socket` from here on: before it is bound. `name` is of this door alone. Throws
  // zmq::error_t.
  Door(zmq::context_t& context, zmq::socket_t& socket, const std::string& name,
       std::size_t open_max, std::size_t own_max);

  // What becomes readable when a connection begins or ends.
  zmq::socket_t& events() { return events_; }
  const Place& place() const { return place_; }
  void SetPlace(Place place) { place_ = std::move(place); }

  struct Change {
    int descriptor;
    bool began;  // false: it has ended
  };
  // What has changed since the last time, in order. One connection too many is ended: of all, or of
  // one process (tcp: of one address) alone; `cut` counts those.
  std::vector<Change> Watch(std::uint64_t& cut);

  // Whose connection it is, from the first message on.
  void SetKey(int descriptor, const model::PublicKey& key);

  // Ends the connection, if it is one of this door's and, where that is known, to `remote`: libzmq
  // owns the descriptor, which may be another one's by now. False also when it was ended before.
  bool End(int descriptor, const std::string& remote);

  struct Guest {
    std::string remote;    // "": gone before we looked
    model::PublicKey key;  // "": not known
    bool ended = false;    // by us, and not told as ended yet
  };
  const std::map<int, Guest>& open() const { return open_; }  // by descriptor

 private:
  bool Begin(int descriptor);
  void Forget(int descriptor);

  zmq::socket_t events_;
  Place place_;
  std::size_t open_max_;  // of all
  std::size_t own_max_;   // of one process or address
  std::map<int, Guest> open_;
  std::map<std::string, std::size_t> by_remote_;
};

}  // namespace roster::bus
