#pragma once

// The bus over ZeroMQ: ROUTER for control and tasks, XPUB for events, each on an ipc:// path or on
// tcp:// with CURVE.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/bus/bus.h"
#include "daemon/bus/curve_keys.h"

namespace zmq {
class message_t;
}

namespace roster::bus {

// "ipc:///absolute/path"; the directory is there already. "tcp://10.0.0.5:7400"; port 0 is any that
// is free, host * all of this machine's addresses.
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
  std::size_t topics_max = 20'000;                        // subscribed to, of all connections
  std::size_t control_peers_max = 1'000;                  // connections
  std::size_t events_peers_max = 4'000;
  std::size_t tasks_peers_max = 1'000;
  // Of one process, or over tcp one address: everybody's turn comes after all of theirs.
  std::size_t control_own_max = 64;
  std::size_t events_own_max = 2'000;
  std::size_t tasks_own_max = 64;
};

class ZmqBus : public Bus {
 public:
  // Binds the three sockets; files of ipc sockets get mode 0660. Take the store's lock first.
  // `keys` are ours, for tcp; `gate` outlives the bus. Errors:
  //   Refused  "tcp-needs-curve"     an endpoint on tcp://, and no keys
  //            "endpoint-in-use"     another program answers there
  //            "not-permitted"
  //   Invalid  "endpoint-path"       not absolute, too long, or a file that is no socket
  //            "endpoint-directory"  the directory is not there
  //            "endpoint-address"    no address and port, or not one of this machine's
  //            "certificate-malformed"  `keys` are no keys
  //   Unavailable "socket"
  static Result<std::unique_ptr<ZmqBus>> Open(const Endpoints& endpoints, const BusLimits& limits,
                                              const std::optional<CurveKeys>& keys,
                                              const Gate& gate);
  ~ZmqBus() override;
  ZmqBus(const ZmqBus&) = delete;
  ZmqBus& operator=(const ZmqBus&) = delete;

  // Where they really are: with the port that was free. "tcp://0.0.0.0:7401" stands for all
  // addresses of this machine.
  const Endpoints& endpoints() const { return endpoints_; }

  // A frame above message_bytes_max never gets here: libzmq ends that peer's connection, and it is
  // not counted. A message of several frames, or an empty one, is counted in dropped_in; so is what
  // a subscriber sends besides topics.
  Result<std::vector<Inbound>> Receive(Duration wait_max, std::size_t count_max) override;
  void Send(Channel channel, const std::string& route, std::string payload) override;
  void Publish(const std::string& topic, std::string_view payload) override;
  void AskGateAgain() override;
  std::vector<TurnedAway> TakeTurnedAway() override;
  void Wake() override;
  Counters counters() const override;

 private:
  struct Sockets;
  explicit ZmqBus(std::unique_ptr<Sockets> sockets);
  Result<void> Bind(const Endpoints& endpoints, const std::optional<CurveKeys>& keys);
  bool ReceiveOne(Channel channel, std::vector<Inbound>& inputs, std::size_t& bytes);
  void WatchConnections();
  void WatchSubscribers();
  void TakeTopics();
  void TakeTopic(zmq::message_t& message);
  void CutTheWorst();
  void TurnAway(const Peer& peer, std::string request);

  std::unique_ptr<Sockets> sockets_;
  Endpoints endpoints_;
  Counters counters_;  // engine thread
};

}  // namespace roster::bus
