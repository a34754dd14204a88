#include "daemon/bus/zmq_bus.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <zmq.hpp>

#include "daemon/bus/wake.h"
#include "daemon/bus/zmq_endpoint.h"

namespace roster::bus {
namespace {

constexpr int kLingerMs = 1'000;  // for the last answers, when the process ends
// What subscribers send is topics: a school and the name of an entry. libzmq keeps them letter by
// letter, and reads on as long as more of them wait.
constexpr std::int64_t kTopicBytesMax = 128;
constexpr int kTopicsQueuedMax = 8;
constexpr int kTopicsAtOnce = 10'000;
constexpr int kTopicsOfOne = 2'000;  // of those
constexpr int kConnectionEventsAtOnce = 10'000;
constexpr std::size_t kRoutesSwept = 64;  // see Unread
constexpr mode_t kSocketUmask = 0117;     // 0660

// While it lives, files are made with mode 0660. The umask is the process's: before other threads
// make files that the world may read.
class SocketUmask {
 public:
  SocketUmask() : before_(::umask(kSocketUmask)) {}
  ~SocketUmask() { ::umask(before_); }
  SocketUmask(const SocketUmask&) = delete;
  SocketUmask& operator=(const SocketUmask&) = delete;

 private:
  const mode_t before_;
};

std::optional<std::int64_t> TakeNumber(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  text = text.substr(0, colon);
  return number;
}

// libzmq 4.3.4 gives "host:uid:gid:pid" for an ipc peer, from SO_PEERCRED.
Peer PeerOf(const zmq::message_t& message) {
  const char* const property = zmq_msg_gets(message.handle(), "Peer-Address");
  if (property == nullptr) return {};
  std::string_view text(property);
  const auto pid = TakeNumber(text);
  const auto gid = TakeNumber(text);
  const auto uid = TakeNumber(text);
  if (!uid || !gid || !pid) return {};
  return {*uid, *gid, *pid};
}

// Of the connection that a message came by; -1: not known.
int DescriptorOf(zmq::message_t& message) { return zmq_msg_get(message.handle(), ZMQ_SRCFD); }

std::chrono::milliseconds RoundUp(Duration wait) {
  return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(wait));
}

tl::unexpected<Error> SocketError(const std::string& doing, const zmq::error_t& error) {
  return Fail(Code::kUnavailable, "socket", doing + ": " + error.what() + ".");
}

// Connections of `socket` that begin and end, from here on.
zmq::socket_t Watch(zmq::context_t& context, zmq::socket_t& socket, const std::string& name) {
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

// What libzmq holds of what was handed to it. Counted down by its own thread.
struct Unread {
  std::atomic<std::size_t> messages{0};
  std::atomic<std::size_t> bytes{0};
};

// A payload on its way through libzmq.
struct Parcel {
  std::string payload;
  std::shared_ptr<Unread> one;
  std::shared_ptr<Unread> all;

  static void Arrived(void*, void* self) {
    const std::unique_ptr<Parcel> parcel(static_cast<Parcel*>(self));
    for (Unread* unread : {parcel->one.get(), parcel->all.get()}) {
      unread->messages -= 1;
      unread->bytes -= parcel->payload.size();
    }
  }
};

// Counts the payload until libzmq lets go of it, sent or not.
zmq::message_t Wrap(std::string payload, std::shared_ptr<Unread> one, std::shared_ptr<Unread> all) {
  auto parcel =
      std::make_unique<Parcel>(Parcel{std::move(payload), std::move(one), std::move(all)});
  for (Unread* unread : {parcel->one.get(), parcel->all.get()}) {
    unread->messages += 1;
    unread->bytes += parcel->payload.size();
  }
  Parcel* const raw = parcel.release();
  return {raw->payload.data(), raw->payload.size(), &Parcel::Arrived, raw};
}

// Who is at the other end of a connection, and what waits for them.
struct Reader {
  int descriptor = -1;  // of the connection that the last message came by
  std::int64_t pid = -1;
  std::shared_ptr<Unread> unread = std::make_shared<Unread>();
};

// A socket's connections, as libzmq tells of them.
struct Door {
  zmq::socket_t events;
  std::string path;
  std::size_t open_max = 0;
  std::map<int, std::int64_t> open;  // process by descriptor; -1: gone before we looked
  std::map<std::int64_t, std::size_t> by_process;

  // True when that is one too many: of all, or for one process alone.
  bool Begin(int descriptor) {
    const std::int64_t pid = ProcessAt(descriptor);
    open[descriptor] = pid;
    const std::size_t own = ++by_process[pid];
    return open.size() > open_max || (pid >= 0 && own > (open_max + 1) / 2);
  }
  void End(int descriptor) {
    const auto at = open.find(descriptor);
    if (at == open.end()) return;
    const auto own = by_process.find(at->second);
    if (--own->second == 0) by_process.erase(own);
    open.erase(at);
  }
};

}  // namespace

struct ZmqBus::Sockets {
  zmq::context_t context{1};
  zmq::socket_t control{context, zmq::socket_type::router};
  zmq::socket_t tasks{context, zmq::socket_type::router};
  zmq::socket_t events{context, zmq::socket_type::xpub};
  bus::Wake wake;
  BusLimits limits;
  std::array<Door, 3> doors;  // of control, events, tasks
  // By channel and route: those who have sent something, and are not known to be gone.
  std::map<std::pair<Channel, std::string>, Reader> readers;
  std::size_t swept_at = kRoutesSwept;
  std::shared_ptr<Unread> answers = std::make_shared<Unread>();
  std::shared_ptr<Unread> published = std::make_shared<Unread>();
  std::shared_ptr<Unread> cutting = std::make_shared<Unread>();  // see CutTheWorst
  std::size_t topics = 0;

  zmq::socket_t& of(Channel channel) { return channel == Channel::kControl ? control : tasks; }
  const std::string& path_of(Channel channel) const {
    return doors[channel == Channel::kControl ? 0 : 2].path;
  }
};

Result<std::unique_ptr<ZmqBus>> ZmqBus::Open(const Endpoints& endpoints, const BusLimits& limits) {
  try {
    auto sockets = std::make_unique<Sockets>();
    sockets->limits = limits;
    const SocketOptions both_ways{limits.queued_in_max, limits.queued_out_max,
                                  static_cast<std::int64_t>(limits.message_bytes_max), kLingerMs};
    for (zmq::socket_t* socket : {&sockets->control, &sockets->tasks}) {
      SetOptions(*socket, both_ways);
      socket->set(zmq::sockopt::router_mandatory, true);  // so that what is dropped is counted
    }
    SetOptions(sockets->events,
               {kTopicsQueuedMax, limits.events_queued_max, kTopicBytesMax, kLingerMs});
    sockets->events.set(zmq::sockopt::xpub_nodrop, false);
    const std::tuple<zmq::socket_t*, const std::string*, std::size_t> binds[] = {
        {&sockets->control, &endpoints.control, limits.control_peers_max},
        {&sockets->events, &endpoints.events, limits.events_peers_max},
        {&sockets->tasks, &endpoints.tasks, limits.tasks_peers_max}};
    for (std::size_t i = 0; i < std::size(binds); ++i) {
      const auto& [socket, endpoint, open_max] = binds[i];
      Door& door = sockets->doors[i];
      ROSTER_ASSIGN(door.path, PathOf(*endpoint), "opening the endpoints");
      ROSTER_TRY(CheckFree(door.path), "opening the endpoints");
      door.open_max = open_max;
      door.events = Watch(sockets->context, *socket, "inproc://door-" + std::to_string(i));
      const SocketUmask umask;
      socket->bind(*endpoint);
    }
    return std::unique_ptr<ZmqBus>(new ZmqBus(std::move(sockets)));
  } catch (const zmq::error_t& error) {
    return SocketError("opening the endpoints", error);
  } catch (const std::exception& error) {
    return Fail(Code::kUnavailable, "socket",
                std::string("opening the endpoints: ") + error.what() + ".");
  }
}

ZmqBus::ZmqBus(std::unique_ptr<Sockets> sockets) : sockets_(std::move(sockets)) {}
ZmqBus::~ZmqBus() = default;

Result<std::vector<Inbound>> ZmqBus::Receive(Duration wait_max, std::size_t count_max) {
  try {
    std::vector<Inbound> inputs;
    zmq::pollitem_t items[] = {{sockets_->control.handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->tasks.handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->events.handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->doors[0].events.handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->doors[1].events.handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->doors[2].events.handle(), 0, ZMQ_POLLIN, 0},
                               {nullptr, sockets_->wake.fd(), ZMQ_POLLIN, 0}};
    try {
      zmq::poll(items, std::size(items), RoundUp(wait_max));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
      return inputs;
    }
    sockets_->wake.Clear();
    WatchConnections();
    TakeTopics();
    // By turns, so that neither channel waits for the other; within one, libzmq takes turns.
    bool more = true;
    std::size_t bytes = 0;
    for (std::size_t taken = 0; more && taken < count_max; taken += 2) {
      more = false;
      for (const Channel channel : {Channel::kControl, Channel::kTasks}) {
        if (inputs.size() >= count_max || bytes >= sockets_->limits.taken_bytes_max) break;
        more = ReceiveOne(channel, inputs, bytes) || more;
      }
    }
    return inputs;
  } catch (const zmq::error_t& error) {
    return SocketError("receiving", error);
  }
}

// Each connection costs descriptors, and RocksDB needs some too: one too many is ended.
void ZmqBus::WatchConnections() {
  counters_.connections = 0;
  for (Door& door : sockets_->doors) {
    zmq::message_t event;
    zmq::message_t address;
    for (int i = 0; i < kConnectionEventsAtOnce; ++i) {
      if (!door.events.recv(event, zmq::recv_flags::dontwait)) break;
      if (event.more() && !door.events.recv(address, zmq::recv_flags::dontwait)) break;
      std::uint16_t what = 0;
      std::uint32_t descriptor = 0;
      if (event.size() != sizeof what + sizeof descriptor) continue;
      std::memcpy(&what, event.data(), sizeof what);
      std::memcpy(&descriptor, static_cast<const char*>(event.data()) + sizeof what,
                  sizeof descriptor);
      if (what == ZMQ_EVENT_DISCONNECTED) {
        door.End(static_cast<int>(descriptor));
      } else if (door.Begin(static_cast<int>(descriptor)) &&
                 EndConnection(static_cast<int>(descriptor), door.path, std::nullopt)) {
        ++counters_.cut_peers;
      }
    }
    counters_.connections += door.open.size();
  }
}

// libzmq keeps the topics; here they are counted, each once for all who have subscribed to it. It
// also takes in all that a subscriber sends before it lets us go on, so one that sends anything
// else, or very many at once, is cut off. Its topics go with it, and are told as ended.
void ZmqBus::TakeTopics() {
  const auto cut = [&](zmq::message_t& message) {
    return EndConnection(DescriptorOf(message), sockets_->doors[1].path, PeerOf(message).pid);
  };
  std::map<int, int> of_one;  // by connection
  zmq::message_t message;
  for (int i = 0; i < kTopicsAtOnce; ++i) {
    if (!sockets_->events.recv(message, zmq::recv_flags::dontwait)) return;
    const char kind = message.empty() ? '\x7f' : *static_cast<const char*>(message.data());
    if (kind != '\x00' && kind != '\x01') {
      ++counters_.dropped_in;
      cut(message);
      continue;
    }
    if (kind == '\x01') ++sockets_->topics;
    if (kind == '\x00' && sockets_->topics > 0) --sockets_->topics;
    const int descriptor = DescriptorOf(message);
    const bool too_many_at_once = descriptor >= 0 && ++of_one[descriptor] > kTopicsOfOne;
    const bool too_many = kind == '\x01' && sockets_->topics > sockets_->limits.topics_max;
    if ((too_many || too_many_at_once) && cut(message)) ++counters_.cut_topics;
  }
}

// False when nothing was there. Dropped frames count as something.
bool ZmqBus::ReceiveOne(Channel channel, std::vector<Inbound>& inputs, std::size_t& bytes) {
  zmq::socket_t& socket = sockets_->of(channel);
  zmq::message_t route;
  if (!socket.recv(route, zmq::recv_flags::dontwait)) return false;
  zmq::message_t payload;
  std::size_t parts = 0;
  for (bool more = route.more(); more; ++parts) {
    zmq::message_t part;
    if (!socket.recv(part, zmq::recv_flags::dontwait)) break;
    more = part.more();
    bytes += part.size();
    if (parts == 0) payload = std::move(part);
  }
  if (parts != 1 || payload.empty()) {
    ++counters_.dropped_in;
    return true;
  }
  ++counters_.received;
  inputs.push_back({channel, route.to_string(), PeerOf(payload), payload.to_string()});
  Reader& reader = sockets_->readers[{channel, inputs.back().route}];
  reader.descriptor = DescriptorOf(payload);
  reader.pid = inputs.back().peer.pid;
  if (sockets_->readers.size() > sockets_->swept_at) {
    std::erase_if(sockets_->readers,
                  [](const auto& known) { return known.second.unread->messages == 0; });
    sockets_->swept_at = std::max(kRoutesSwept, 2 * sockets_->readers.size());
  }
  return true;
}

void ZmqBus::Send(Channel channel, const std::string& route, std::string payload) {
  const std::size_t size = payload.size();
  const auto known = sockets_->readers.find({channel, route});
  const auto unread =
      known != sockets_->readers.end() ? known->second.unread : std::make_shared<Unread>();
  const std::size_t waiting = unread->bytes;
  // What waits for those who were cut off is freed a moment later.
  const bool too_much = sockets_->answers->bytes > 2 * sockets_->limits.unread_all_max;
  if (too_much || (waiting > 0 && waiting + size > sockets_->limits.unread_bytes_max)) {
    ++counters_.dropped_out;
    ++counters_.dropped_full;
    return;
  }
  zmq::socket_t& socket = sockets_->of(channel);
  try {
    // EHOSTUNREACH: gone; EAGAIN: does not read.
    if (socket.send(zmq::buffer(route), zmq::send_flags::sndmore | zmq::send_flags::dontwait)) {
      zmq::message_t message = Wrap(std::move(payload), unread, sockets_->answers);
      if (socket.send(message, zmq::send_flags::dontwait)) {
        ++counters_.sent;
        if (sockets_->answers->bytes > sockets_->limits.unread_all_max) CutTheWorst();
        return;
      }
    }
    ++counters_.dropped_full;
  } catch (const zmq::error_t&) {
    // Counted like any other answer that nobody waits for.
  }
  ++counters_.dropped_out;
}

// Many peers who leave a little unread are as bad as one who leaves much: whoever has left most is
// cut off, and what waits for them is freed.
void ZmqBus::CutTheWorst() {
  if (sockets_->cutting->messages > 0) return;  // of the one before
  const auto worst = std::max_element(
      sockets_->readers.begin(), sockets_->readers.end(), [](const auto& a, const auto& b) {
        return a.second.unread->bytes.load() < b.second.unread->bytes.load();
      });
  if (worst == sockets_->readers.end()) return;
  const auto& [key, reader] = *worst;
  if (EndConnection(reader.descriptor, sockets_->path_of(key.first), reader.pid)) {
    ++counters_.cut_unread;
    sockets_->cutting = reader.unread;
  }
  sockets_->readers.erase(worst);
}

void ZmqBus::Publish(const std::string& topic, std::string_view payload) {
  const Unread& waiting = *sockets_->published;
  // A subscriber's queue is full somewhere between half of its length and all of it: libzmq says
  // nothing when it drops.
  if (2 * waiting.messages >= static_cast<std::size_t>(sockets_->limits.events_queued_max)) {
    ++counters_.events_late;
  }
  if (waiting.bytes > sockets_->limits.events_bytes_max) {
    ++counters_.dropped_out;
    return;
  }
  try {
    zmq::message_t message =
        Wrap(std::string(payload), std::make_shared<Unread>(), sockets_->published);
    const bool sent =
        sockets_->events
            .send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait)
            .has_value() &&
        sockets_->events.send(message, zmq::send_flags::dontwait).has_value();
    ++(sent ? counters_.published : counters_.dropped_out);
  } catch (const zmq::error_t&) {
    ++counters_.dropped_out;
  }
}

void ZmqBus::Wake() { sockets_->wake.Signal(); }

Bus::Counters ZmqBus::counters() const { return counters_; }

}  // namespace roster::bus
