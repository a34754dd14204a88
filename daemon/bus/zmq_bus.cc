#include "daemon/bus/zmq_bus.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <zmq.hpp>

#include "daemon/bus/audience.h"
#include "daemon/bus/door.h"
#include "daemon/bus/peer.h"
#include "daemon/bus/unread.h"
#include "daemon/bus/wake.h"
#include "daemon/bus/zap.h"
#include "daemon/bus/zmq_endpoint.h"

namespace roster::bus {
namespace {

constexpr int kLingerMs = 1'000;  // for the last answers, when the process ends
// What subscribers send is topics: a school and the name of an entry. libzmq keeps them letter by
// letter, and reads on as long as more of them wait.
constexpr std::size_t kTopicBytesMax = 128;
// CURVE's own greetings are longer: 257 bytes, and what a peer says of itself.
constexpr std::int64_t kTopicFrameMax = 1024;
constexpr int kTopicsQueuedMax = 8;
constexpr int kTopicsAtOnce = 10'000;
constexpr std::size_t kTopicsOfOne = 2'000;
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

std::chrono::milliseconds RoundUp(Duration wait) {
  return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(wait));
}

tl::unexpected<Error> SocketError(const std::string& doing, const zmq::error_t& error) {
  return Fail(Code::kUnavailable, "socket", doing + ": " + error.what() + ".");
}

Result<void> CheckKeys(const std::string& endpoint, const std::optional<CurveKeys>& keys) {
  if (!keys) {
    return Fail(Code::kRefused, "tcp-needs-curve",
                "The endpoint " + endpoint +
                    " is open to the network, and rosterd has no key pair to encrypt and to prove "
                    "who it is. Make one with `rosterctl keygen`, and name it in "
                    "network.certificate; or use ipc:///a/path.");
  }
  if (!model::IsPublicKey(keys->public_key) || !model::IsPublicKey(keys->secret_key)) {
    return Fail(Code::kInvalid, "certificate-malformed",
                "network.certificate holds no key pair of twice 40 characters. Make one with "
                "`rosterctl keygen`.");
  }
  return {};
}

// What a TCP endpoint can't be bound for, in words.
tl::unexpected<Error> NotBound(const std::string& endpoint, const zmq::error_t& error) {
  const std::string what = "The endpoint " + endpoint + " cannot be used: " + error.what() + ". ";
  switch (error.num()) {
    case EADDRINUSE:
      return Fail(Code::kRefused, "endpoint-in-use",
                  what + "Stop the program that answers there, or name another port.");
    case EACCES:
    case EPERM:
      return Fail(Code::kRefused, "not-permitted", what + "Name a port above 1023.");
    default:
      return Fail(Code::kInvalid, "endpoint-address",
                  what + "Name an address of this machine, or * for all of them.");
  }
}

// Who is at the other end of a connection, and what waits for them.
struct Reader {
  int descriptor = -1;  // of the connection that the last message came by
  std::string remote;
  std::shared_ptr<Unread> unread = std::make_shared<Unread>();
};

enum DoorIndex : std::uint8_t { kControlDoor, kEventsDoor, kTasksDoor };

}  // namespace

struct ZmqBus::Sockets {
  explicit Sockets(const BusLimits& all, const Gate& who) : limits(all), gate(who) {}

  const BusLimits limits;
  const Gate& gate;
  zmq::context_t context{1};      // one I/O thread: see Audience
  std::optional<ZapHandler> zap;  // with an endpoint on tcp; outlives the sockets
  zmq::socket_t control{context, zmq::socket_type::router};
  zmq::socket_t tasks{context, zmq::socket_type::router};
  zmq::socket_t events{context, zmq::socket_type::xpub};
  bus::Wake wake;
  std::array<Door, 3> doors{
      Door(context, control, "inproc://door-control", limits.control_peers_max,
           limits.control_own_max),
      Door(context, events, "inproc://door-events", limits.events_peers_max, limits.events_own_max),
      Door(context, tasks, "inproc://door-tasks", limits.tasks_peers_max, limits.tasks_own_max)};
  Audience audience;
  std::vector<TurnedAway> turned_away;
  // By channel and route: those who have sent something, and are not known to be gone.
  std::map<std::pair<Channel, std::string>, Reader> readers;
  std::size_t swept_at = kRoutesSwept;
  std::shared_ptr<Unread> answers = std::make_shared<Unread>();
  std::shared_ptr<Unread> published = std::make_shared<Unread>();
  std::shared_ptr<Unread> cutting = std::make_shared<Unread>();  // see CutTheWorst

  zmq::socket_t& of(Channel channel) { return channel == Channel::kControl ? control : tasks; }
  Door& door_of(Channel channel) {
    return doors[channel == Channel::kControl ? kControlDoor : kTasksDoor];
  }
};

Result<std::unique_ptr<ZmqBus>> ZmqBus::Open(const Endpoints& endpoints, const BusLimits& limits,
                                             const std::optional<CurveKeys>& keys,
                                             const Gate& gate) {
  try {
    std::unique_ptr<ZmqBus> bus(new ZmqBus(std::make_unique<Sockets>(limits, gate)));
    ROSTER_TRY(bus->Bind(endpoints, keys), "opening the endpoints");
    return bus;
  } catch (const zmq::error_t& error) {
    return SocketError("opening the endpoints", error);
  } catch (const std::exception& error) {
    return Fail(Code::kUnavailable, "socket",
                std::string("opening the endpoints: ") + error.what() + ".");
  }
}

Result<void> ZmqBus::Bind(const Endpoints& endpoints, const std::optional<CurveKeys>& keys) {
  const BusLimits& limits = sockets_->limits;
  const SocketOptions both_ways{limits.queued_in_max, limits.queued_out_max,
                                static_cast<std::int64_t>(limits.message_bytes_max), kLingerMs};
  for (zmq::socket_t* socket : {&sockets_->control, &sockets_->tasks}) {
    SetOptions(*socket, both_ways);
    socket->set(zmq::sockopt::router_mandatory, true);  // so that what is dropped is counted
  }
  SetOptions(sockets_->events,
             {kTopicsQueuedMax, limits.events_queued_max, kTopicFrameMax, kLingerMs});
  sockets_->events.set(zmq::sockopt::xpub_nodrop, false);
  sockets_->events.set(zmq::sockopt::xpub_manual, true);
  const std::tuple<zmq::socket_t*, const std::string*, std::string*, Door*> binds[] = {
      {&sockets_->control, &endpoints.control, &endpoints_.control, &sockets_->doors[kControlDoor]},
      {&sockets_->events, &endpoints.events, &endpoints_.events, &sockets_->doors[kEventsDoor]},
      {&sockets_->tasks, &endpoints.tasks, &endpoints_.tasks, &sockets_->doors[kTasksDoor]}};
  for (const auto& [socket, endpoint, real, door] : binds) {
    ROSTER_ASSIGN(Place place, PlaceOf(*endpoint), "");
    if (!place.tcp()) {
      ROSTER_TRY(CheckFree(place.path), "");
      door->SetPlace(place);
      const SocketUmask umask;
      socket->bind(*endpoint);
      *real = *endpoint;
      continue;
    }
    ROSTER_TRY(CheckKeys(*endpoint, keys), "");
    if (!sockets_->zap) sockets_->zap.emplace(sockets_->context, sockets_->gate);
    SetServerKeys(*socket, *keys);
    SetFamily(*socket, *endpoint);
    try {
      socket->bind(*endpoint);
    } catch (const zmq::error_t& error) {
      return NotBound(*endpoint, error);
    }
    *real = socket->get(zmq::sockopt::last_endpoint);
    ROSTER_ASSIGN(place, PlaceOf(*real), "");
    door->SetPlace(place);
  }
  return {};
}

ZmqBus::ZmqBus(std::unique_ptr<Sockets> sockets) : sockets_(std::move(sockets)) {}
ZmqBus::~ZmqBus() = default;

Result<std::vector<Inbound>> ZmqBus::Receive(Duration wait_max, std::size_t count_max) {
  try {
    std::vector<Inbound> inputs;
    zmq::pollitem_t items[] = {{sockets_->control.handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->tasks.handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->events.handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->doors[kControlDoor].events().handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->doors[kEventsDoor].events().handle(), 0, ZMQ_POLLIN, 0},
                               {sockets_->doors[kTasksDoor].events().handle(), 0, ZMQ_POLLIN, 0},
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

void ZmqBus::WatchConnections() {
  sockets_->doors[kControlDoor].Watch(counters_.cut_peers);
  sockets_->doors[kTasksDoor].Watch(counters_.cut_peers);
  WatchSubscribers();
  counters_.connections = 0;
  for (const Door& door : sockets_->doors) counters_.connections += door.open().size();
}

void ZmqBus::WatchSubscribers() {
  for (const Door::Change& change : sockets_->doors[kEventsDoor].Watch(counters_.cut_peers)) {
    if (change.began) {
      sockets_->audience.Began(change.descriptor);
    } else {
      sockets_->audience.Ended(change.descriptor);
    }
  }
}

// libzmq also takes in all that a subscriber sends before it lets us go on, so one that sends
// anything else than topics, or very many, is cut off.
void ZmqBus::TakeTopics() {
  sockets_->audience.BeginReading();
  zmq::message_t message;
  for (int i = 0; i < kTopicsAtOnce; ++i) {
    if (!sockets_->events.recv(message, zmq::recv_flags::dontwait)) {
      sockets_->audience.ReadAll();
      return;
    }
    TakeTopic(message);
  }
}

void ZmqBus::TakeTopic(zmq::message_t& message) {
  Audience& audience = sockets_->audience;
  Door& door = sockets_->doors[kEventsDoor];
  const bool tcp = door.place().tcp();
  const int descriptor = DescriptorOf(message);
  const auto cut = [&] { return door.End(descriptor, RemoteOf(message, tcp)); };
  const std::string said = message.to_string();
  if (said.empty() || (said[0] != '\x00' && said[0] != '\x01')) {
    ++counters_.dropped_in;
    audience.Mixed();
    cut();
    return;
  }
  // Without a connection: libzmq tells what those who have gone had asked for. The door tells too.
  if (descriptor < 0) return;
  WatchSubscribers();
  if (!audience.Sure(descriptor)) {
    cut();
    return;
  }
  if (said.size() > kTopicBytesMax) {
    ++counters_.dropped_in;
    cut();
    return;
  }
  const std::string topic = said.substr(1);
  if (said[0] == '\x00') {
    for (const std::string& one : audience.Cancel(descriptor, topic)) {
      sockets_->events.set(zmq::sockopt::unsubscribe, one);
    }
    return;
  }
  const Peer peer = PeerOf(message, tcp);
  std::vector<std::string> granted = Expand(topic, sockets_->gate.MayHear(peer));
  if (granted.empty()) TurnAway(peer, "Subscribe");
  for (const std::string& one : audience.Ask(descriptor, topic, std::move(granted))) {
    sockets_->events.set(zmq::sockopt::subscribe, one);
  }
  const bool too_many = audience.topics() > sockets_->limits.topics_max ||
                        audience.TopicsOf(descriptor) > kTopicsOfOne;
  if (too_many && cut()) ++counters_.cut_topics;
}

void ZmqBus::TurnAway(const Peer& peer, std::string request) {
  if (sockets_->turned_away.size() < kTurnedAwayMax) {
    sockets_->turned_away.push_back({peer, std::move(request)});
  }
}

std::vector<TurnedAway> ZmqBus::TakeTurnedAway() {
  std::vector<TurnedAway> all = std::exchange(sockets_->turned_away, {});
  if (sockets_->zap) {
    for (TurnedAway& one : sockets_->zap->Take()) all.push_back(std::move(one));
  }
  if (all.size() > kTurnedAwayMax) all.resize(kTurnedAwayMax);
  return all;
}

// Subscribers ask again for their topics. Over tcp, who has not shown a key that is still known yet
// shows it again.
void ZmqBus::AskGateAgain() {
  WatchConnections();
  for (Door& door : sockets_->doors) {
    const bool events = &door == &sockets_->doors[kEventsDoor];
    if (!events && !door.place().tcp()) continue;
    for (const auto& [descriptor, guest] : door.open()) {
      if (!events && !guest.key.empty() && sockets_->gate.MayConnect(guest.key)) continue;
      door.End(descriptor, guest.remote);
    }
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
  Door& door = sockets_->door_of(channel);
  const bool tcp = door.place().tcp();
  Peer peer = PeerOf(payload, tcp);
  const int descriptor = DescriptorOf(payload);
  const std::string remote = RemoteOf(payload, tcp);
  if (tcp) {
    // It was known when it connected, and may have been withdrawn since.
    if (peer.key.empty() || !sockets_->gate.MayConnect(peer.key)) {
      TurnAway(peer, "Connect");
      door.End(descriptor, remote);
      return true;
    }
    door.SetKey(descriptor, peer.key);
  }
  ++counters_.received;
  inputs.push_back({channel, route.to_string(), std::move(peer), payload.to_string()});
  Reader& reader = sockets_->readers[{channel, inputs.back().route}];
  reader.descriptor = descriptor;
  reader.remote = remote;
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
  if (sockets_->door_of(key.first).End(reader.descriptor, reader.remote)) {
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
    ++counters_.events_late;
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
