#include "daemon/bus/zmq_bus.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <zmq.hpp>

#include "daemon/bus/wake.h"
#include "daemon/bus/zmq_endpoint.h"

namespace roster::bus {
namespace {

constexpr int kLingerMs = 1'000;  // for the last answers, when the process ends
// What subscribers send is topics.
constexpr std::int64_t kSubscriptionBytesMax = 1024;
constexpr int kSubscriptionsAtOnce = 10'000;
constexpr mode_t kSocketUmask = 0117;  // 0660

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

std::chrono::milliseconds RoundUp(Duration wait) {
  return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(wait));
}

tl::unexpected<Error> SocketError(const std::string& doing, const zmq::error_t& error) {
  return Fail(Code::kUnavailable, "socket", doing + ": " + error.what() + ".");
}

}  // namespace

struct ZmqBus::Sockets {
  zmq::context_t context{1};
  zmq::socket_t control{context, zmq::socket_type::router};
  zmq::socket_t tasks{context, zmq::socket_type::router};
  zmq::socket_t events{context, zmq::socket_type::xpub};
  bus::Wake wake;

  zmq::socket_t& of(Channel channel) { return channel == Channel::kControl ? control : tasks; }
};

Result<std::unique_ptr<ZmqBus>> ZmqBus::Open(const Endpoints& endpoints, const BusLimits& limits) {
  try {
    auto sockets = std::make_unique<Sockets>();
    const SocketOptions both_ways{limits.queued_max, limits.queued_max,
                                  static_cast<std::int64_t>(limits.message_bytes_max), kLingerMs};
    for (zmq::socket_t* socket : {&sockets->control, &sockets->tasks}) {
      SetOptions(*socket, both_ways);
      socket->set(zmq::sockopt::router_mandatory, true);  // so that what is dropped is counted
    }
    SetOptions(sockets->events,
               {limits.queued_max, limits.events_queued_max, kSubscriptionBytesMax, kLingerMs});
    sockets->events.set(zmq::sockopt::xpub_nodrop, false);
    const std::pair<zmq::socket_t*, const std::string*> binds[] = {
        {&sockets->control, &endpoints.control},
        {&sockets->events, &endpoints.events},
        {&sockets->tasks, &endpoints.tasks}};
    for (const auto& [socket, endpoint] : binds) {
      ROSTER_ASSIGN(const std::string path, PathOf(*endpoint), "opening the endpoints");
      ROSTER_TRY(CheckFree(path), "opening the endpoints");
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
                               {nullptr, sockets_->wake.fd(), ZMQ_POLLIN, 0}};
    try {
      zmq::poll(items, std::size(items), RoundUp(wait_max));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
      return inputs;
    }
    sockets_->wake.Clear();
    // What subscribers subscribe to is libzmq's affair.
    zmq::message_t subscription;
    for (int i = 0; i < kSubscriptionsAtOnce; ++i) {
      if (!sockets_->events.recv(subscription, zmq::recv_flags::dontwait)) break;
    }
    // By turns, so that neither channel waits for the other.
    bool more = true;
    for (std::size_t taken = 0; more && taken < count_max; taken += 2) {
      more = false;
      for (const Channel channel : {Channel::kControl, Channel::kTasks}) {
        if (inputs.size() < count_max) more = ReceiveOne(channel, inputs) || more;
      }
    }
    return inputs;
  } catch (const zmq::error_t& error) {
    return SocketError("receiving", error);
  }
}

// False when nothing was there. Dropped frames count as something.
bool ZmqBus::ReceiveOne(Channel channel, std::vector<Inbound>& inputs) {
  zmq::socket_t& socket = sockets_->of(channel);
  zmq::message_t route;
  if (!socket.recv(route, zmq::recv_flags::dontwait)) return false;
  zmq::message_t payload;
  std::size_t parts = 0;
  for (bool more = route.more(); more; ++parts) {
    zmq::message_t part;
    if (!socket.recv(part, zmq::recv_flags::dontwait)) break;
    more = part.more();
    if (parts == 0) payload = std::move(part);
  }
  if (parts != 1 || payload.empty()) {
    ++counters_.dropped_in;
    return true;
  }
  ++counters_.received;
  inputs.push_back({channel, route.to_string(), PeerOf(payload), payload.to_string()});
  return true;
}

void ZmqBus::Send(Channel channel, const std::string& route, std::string payload) {
  zmq::socket_t& socket = sockets_->of(channel);
  try {
    // EHOSTUNREACH: gone; EAGAIN: does not read.
    const bool routed =
        socket.send(zmq::buffer(route), zmq::send_flags::sndmore | zmq::send_flags::dontwait)
            .has_value();
    if (routed && socket.send(zmq::buffer(payload), zmq::send_flags::dontwait)) {
      ++counters_.sent;
      return;
    }
  } catch (const zmq::error_t&) {
    // Counted like any other answer that nobody waits for.
  }
  ++counters_.dropped_out;
}

void ZmqBus::Publish(const std::string& topic, std::string_view payload) {
  try {
    const bool sent =
        sockets_->events
            .send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait)
            .has_value() &&
        sockets_->events.send(zmq::buffer(payload), zmq::send_flags::dontwait).has_value();
    ++(sent ? counters_.published : counters_.dropped_out);
  } catch (const zmq::error_t&) {
    ++counters_.dropped_out;
  }
}

void ZmqBus::Wake() { sockets_->wake.Signal(); }

Bus::Counters ZmqBus::counters() const { return counters_; }

}  // namespace roster::bus
