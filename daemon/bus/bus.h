#pragma once

// The seam to the sockets. Bytes in, bytes out: what they mean is the codec's (control_codec.h,
// task_codec.h).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/access.h"

namespace roster::bus {

enum class Channel : std::uint8_t { kControl = 1, kTasks = 2 };

using model::Peer;

struct Inbound {
  Channel channel = Channel::kControl;
  std::string route;  // where the answer goes
  Peer peer;
  std::string payload;
};

// Who is let in, and what they may hear; the answers change by a reload.
class Gate {
 public:
  virtual ~Gate() = default;
  // Whether a peer with this key may connect over tcp. Any thread.
  virtual bool MayConnect(const model::PublicKey& key) const = 0;
  // The schools whose entries the peer may hear. Engine thread.
  virtual std::vector<SchoolId> MayHear(const Peer& peer) const = 0;
};

// A peer that was not let in, or not to what it subscribed to.
struct TurnedAway {
  Peer peer;
  std::string request;  // "Connect", "Subscribe"
};

class Bus {
 public:
  virtual ~Bus() = default;

  // Waits until something arrives, Wake() was called, or `wait_max` is over; then takes what is
  // there, at most `count_max` and not much more than some MiB, by turns of those who have sent
  // something. Messages that are empty or have the wrong number of parts are counted and dropped; a
  // frame that is too large ends its sender's connection. Engine thread only.
  virtual Result<std::vector<Inbound>> Receive(Duration wait_max, std::size_t count_max) = 0;

  // Never blocks: an answer to a peer that is gone, or has too much unread, is dropped and counted.
  // Engine thread only.
  virtual void Send(Channel channel, const std::string& route, std::string payload) = 0;

  // Never blocks: a subscriber that does not keep up loses, and asks for a replay. Engine thread
  // only.
  virtual void Publish(const std::string& topic, std::string_view payload) = 0;

  // What the gate says has changed: connections of those who may less than before end, and come
  // back with what they may now. Engine thread only.
  virtual void AskGateAgain() {}

  // Since the last time, the first hundred at most. Engine thread only.
  virtual std::vector<TurnedAway> TakeTurnedAway() { return {}; }

  // Makes Receive return. Any thread, and signal-safe.
  virtual void Wake() = 0;

  struct Counters {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t published = 0;
    std::uint64_t dropped_in = 0;    // malformed
    std::uint64_t dropped_out = 0;   // peer gone or full; events when too many bytes wait
    std::uint64_t dropped_full = 0;  // of dropped_out: the peer is there, and does not read
    std::uint64_t events_late = 0;  // published while a subscriber had so many unread that it loses
    std::uint64_t cut_unread = 0;   // connections ended: all unread answers together were too many
    std::uint64_t cut_topics = 0;   // connections ended: too many topics
    std::uint64_t cut_peers = 0;    // connections ended: too many connections
    std::uint64_t connections = 0;  // open now, of all channels; 0 where that is not known
  };
  virtual Counters counters() const = 0;
};

}  // namespace roster::bus
