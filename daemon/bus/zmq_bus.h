#pragma once

// The bus over ZeroMQ: ROUTER for control and tasks, XPUB for events, each on an ipc:// path.

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/bus/bus.h"

namespace roster::bus {

// "ipc:///absolute/path"; the directory is there already.
struct Endpoints {
  std::string control;
  std::string events;
  std::string tasks;
};

// What libzmq counts in messages is small; what may be large is counted here, in bytes, until
// libzmq has handed it to the kernel.
struct BusLimits {
  std::size_t message_bytes_max = std::size_t{4} << 20U;  // of one frame that comes in
  int queued_in_max = 8;                                  // messages waiting from one peer
  std::size_t taken_bytes_max = std::size_t{16} << 20U;   // at a time, and one message more
  int queued_out_max = 1000;                              // answers waiting for one peer
  std::size_t unread_bytes_max = std::size_t{8} << 20U;   // of them; one of any size may wait
  std::size_t unread_all_max = std::size_t{64} << 20U;    // of all peers: beyond, the worst is cut
  int events_queued_max = 10'000;                         // messages waiting for one subscriber
  std::size_t events_bytes_max = std::size_t{64} << 20U;  // waiting for any: beyond, all lose
  std::size_t topics_max = 10'000;                        // subscribed to, of all subscribers
  std::size_t control_peers_max = 1'000;                  // connections
  std::size_t events_peers_max = 4'000;
  std::size_t tasks_peers_max = 1'000;
};

class ZmqBus : public Bus {
 public:
  // Binds the three sockets; their files get mode 0660. Take the store's lock first. Errors:
  //   Refused  "tcp-needs-curve"     not an ipc:// endpoint
  //            "endpoint-in-use"     another program answers there
  //            "not-permitted"
  //   Invalid  "endpoint-path"       not absolute, too long, or a file that is no socket
  //            "endpoint-directory"  the directory is not there
  //   Unavailable "socket"
  static Result<std::unique_ptr<ZmqBus>> Open(const Endpoints& endpoints,
                                              const BusLimits& limits = {});
  ~ZmqBus() override;
  ZmqBus(const ZmqBus&) = delete;
  ZmqBus& operator=(const ZmqBus&) = delete;

  // A frame above message_bytes_max never gets here: libzmq ends that peer's connection, and it is
  // not counted. A message of several frames, or an empty one, is counted in dropped_in; so is what
  // a subscriber sends besides topics.
  Result<std::vector<Inbound>> Receive(Duration wait_max, std::size_t count_max) override;
  void Send(Channel channel, const std::string& route, std::string payload) override;
  void Publish(const std::string& topic, std::string_view payload) override;
  void Wake() override;
  Counters counters() const override;

 private:
  struct Sockets;
  explicit ZmqBus(std::unique_ptr<Sockets> sockets);
  bool ReceiveOne(Channel channel, std::vector<Inbound>& inputs, std::size_t& bytes);
  void WatchConnections();
  void TakeTopics();
  void CutTheWorst();

  std::unique_ptr<Sockets> sockets_;
  Counters counters_;  // engine thread
};

}  // namespace roster::bus
