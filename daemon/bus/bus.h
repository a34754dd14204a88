#pragma once

// The seam to the sockets. Bytes in, bytes out: what they mean is the codec's (control_codec.h,
// task_codec.h).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"

namespace roster::bus {

enum class Channel : std::uint8_t { kControl = 1, kTasks = 2 };

// Who the kernel says is at the other end.
struct Peer {
  std::int64_t uid = -1;  // -1: not attested
  std::int64_t gid = -1;
  std::int64_t pid = -1;

  // "uid:1000"; "unattested" without.
  std::string Actor() const;
};

struct Inbound {
  Channel channel = Channel::kControl;
  std::string route;  // where the answer goes
  Peer peer;
  std::string payload;
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
