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

struct BusLimits {
  std::size_t message_bytes_max = std::size_t{4} << 20U;  // of one frame that comes in
  int queued_max = 1000;                                  // messages waiting for or from one peer
  int events_queued_max = 100'000;                        // messages waiting for one subscriber
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
  // not counted. A message of several frames, or an empty one, is counted in dropped_in.
  Result<std::vector<Inbound>> Receive(Duration wait_max, std::size_t count_max) override;
  void Send(Channel channel, const std::string& route, std::string payload) override;
  void Publish(const std::string& topic, std::string_view payload) override;
  void Wake() override;
  Counters counters() const override;

 private:
  struct Sockets;
  explicit ZmqBus(std::unique_ptr<Sockets> sockets);
  bool ReceiveOne(Channel channel, std::vector<Inbound>& inputs);

  std::unique_ptr<Sockets> sockets_;
  Counters counters_;  // engine thread
};

}  // namespace roster::bus
