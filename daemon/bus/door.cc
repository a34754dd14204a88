#include "daemon/bus/door.h"

#include <cstring>

namespace roster::bus {
namespace {

constexpr int kChangesAtOnce = 10'000;

zmq::socket_t Monitor(zmq::context_t& context, zmq::socket_t& socket, const std::string& name) {
  if (zmq_socket_monitor(socket.handle(), name.c_str(),
                         ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) != 0) {
    throw zmq::error_t();
  }
  zmq::socket_t events(context, zmq::socket_type::pair);
  events.set(zmq::sockopt::rcvhwm, 0);  // libzmq's own thread would wait for us otherwise
  events.set(zmq::sockopt::linger, 0);
  events.connect(name);
  return events;
}

}  // namespace

Door::Door(zmq::context_t& context, zmq::socket_t& socket, const std::string& name,
           std::size_t open_max, std::size_t own_max)
    : events_(Monitor(context, socket, name)), open_max_(open_max), own_max_(own_max) {}

// Each connection costs descriptors, and RocksDB needs some too.
std::vector<Door::Change> Door::Watch(std::uint64_t& cut) {
  std::vector<Change> changes;
  zmq::message_t event;
  zmq::message_t address;
  for (int i = 0; i < kChangesAtOnce; ++i) {
    if (!events_.recv(event, zmq::recv_flags::dontwait)) break;
    if (event.more() && !events_.recv(address, zmq::recv_flags::dontwait)) break;
    std::uint16_t what = 0;
    std::uint32_t value = 0;
    if (event.size() != sizeof what + sizeof value) continue;
    std::memcpy(&what, event.data(), sizeof what);
    std::memcpy(&value, static_cast<const char*>(event.data()) + sizeof what, sizeof value);
    const int descriptor = static_cast<int>(value);
    const bool began = what == ZMQ_EVENT_ACCEPTED;
    if (!began) {
      Forget(descriptor);
    } else if (Begin(descriptor) && End(descriptor, "")) {
      ++cut;
    }
    changes.push_back({descriptor, began});
  }
  return changes;
}

// True when that is one too many: of all, or of one process or address, so that no single one can
// shut all others out.
bool Door::Begin(int descriptor) {
  Forget(descriptor);
  Guest& guest = open_[descriptor];
  guest.remote = RemoteAt(descriptor);
  const std::size_t own = ++by_remote_[guest.remote];
  return open_.size() > open_max_ || (!guest.remote.empty() && own > own_max_);
}

void Door::Forget(int descriptor) {
  const auto at = open_.find(descriptor);
  if (at == open_.end()) return;
  const auto own = by_remote_.find(at->second.remote);
  if (--own->second == 0) by_remote_.erase(own);
  open_.erase(at);
}

void Door::SetKey(int descriptor, const model::PublicKey& key) {
  const auto at = open_.find(descriptor);
  if (at != open_.end()) at->second.key = key;
}

bool Door::End(int descriptor, const std::string& remote) {
  const auto at = open_.find(descriptor);
  if (at != open_.end() && at->second.ended) return false;
  if (!EndConnection(descriptor, place_, remote)) return false;
  if (at != open_.end()) at->second.ended = true;
  return true;
}

}  // namespace roster::bus
