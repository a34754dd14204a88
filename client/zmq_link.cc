#include "client/zmq_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace roster::client {
namespace {

constexpr std::string_view kTcp = "tcp://";
// A daemon that is just ending hangs up too, but not again and again.
constexpr int kHungUpMax = 3;

void SetOptions(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMessageMax));
  socket.set(zmq::sockopt::reconnect_ivl, 50);        // ms
  socket.set(zmq::sockopt::reconnect_ivl_max, 1000);  // ms
  socket.set(zmq::sockopt::handshake_ivl, 5000);      // ms
  // No ZMTP heartbeats, see daemon/bus/zmq_endpoint.cc: silence is told by the beat and by waiting.
  // A network that has gone is noticed by the kernel, within three minutes.
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 60);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 20);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 6);
}

tl::unexpected<Failure> Unusable(const std::string& endpoint, const zmq::error_t& error) {
  return Fail(Exit::kUsage, "The endpoint \"" + endpoint + "\" cannot be used: " + error.what() +
                                ". It looks like ipc:///run/rosterd/control.sock or "
                                "tcp://10.0.0.5:7400.");
}

// "10.0.0.5", "[::1]", "*"
std::string_view HostOf(std::string_view endpoint) {
  const std::string_view rest = endpoint.substr(kTcp.size());
  return rest.substr(0, rest.rfind(':'));
}

}  // namespace

bool IsTcp(std::string_view endpoint) { return endpoint.starts_with(kTcp); }

std::string Reachable(const std::string& told, std::string_view control) {
  if (!IsTcp(told)) return told;
  const std::string_view host = HostOf(told);
  if (host != "*" && host != "0.0.0.0" && host != "[::]") return told;
  const std::string_view reached = IsTcp(control) ? HostOf(control) : "127.0.0.1";
  return std::string(kTcp) + std::string(reached) + told.substr(told.rfind(':'));
}

Link::Link(zmq::socket_type type, std::string endpoint)
    : endpoint_(std::move(endpoint)), socket_(context_, type) {}

Answer<std::unique_ptr<Link>> Link::Open(zmq::socket_type type, const std::string& endpoint,
                                         const std::optional<CallKeys>& keys,
                                         const std::function<void(zmq::socket_t&)>& prepare) {
  if (IsTcp(endpoint) && !keys) {
    return Fail(Exit::kUsage,
                "rosterd at " + endpoint +
                    " is reached over the network, where both sides prove who they are. Name its "
                    "public key with --server-key or ROSTER_SERVER_KEY, and your own key's file "
                    "with --key or ROSTER_KEY; rosterctl keygen makes one.");
  }
  try {
    std::unique_ptr<Link> link(new Link(type, endpoint));
    SetOptions(link->socket_);
    prepare(link->socket_);
    if (IsTcp(endpoint)) {
      link->socket_.set(zmq::sockopt::curve_serverkey, keys->server_key);
      link->socket_.set(zmq::sockopt::curve_publickey, keys->own.public_key);
      link->socket_.set(zmq::sockopt::curve_secretkey, keys->own.secret_key);
      if (endpoint.find('[') != std::string::npos) link->socket_.set(zmq::sockopt::ipv6, true);
      link->Watch();
    }
    link->socket_.connect(endpoint);
    return link;
  } catch (const zmq::error_t& error) {
    return Unusable(endpoint, error);
  }
}

void Link::Watch() {
  const char* const name = "inproc://handshakes";
  if (zmq_socket_monitor(socket_.handle(), name,
                         ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                             ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                             ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) != 0) {
    throw zmq::error_t();
  }
  handshakes_.emplace(context_, zmq::socket_type::pair);
  handshakes_->set(zmq::sockopt::linger, 0);
  handshakes_->connect(name);
}

Answer<bool> Link::Await(short events, Millis wait_max) {
  const auto end = std::chrono::steady_clock::now() + wait_max;
  while (true) {
    const auto left =
        std::max(std::chrono::ceil<Millis>(end - std::chrono::steady_clock::now()), Millis{0});
    zmq::pollitem_t items[] = {{socket_.handle(), 0, events, 0},
                               {handshakes_ ? handshakes_->handle() : nullptr, -1, ZMQ_POLLIN, 0}};
    const std::size_t count = handshakes_ ? 2 : 1;
    if (zmq::poll(items, count, left) == 0) return false;
    if ((items[0].revents & events) != 0) return true;
    CLIENT_TRY(LookAtHandshakes());
    if (left == Millis{0}) return false;
  }
}

Answer<void> Link::LookAtHandshakes() {
  zmq::message_t event;
  zmq::message_t address;
  while (handshakes_->recv(event, zmq::recv_flags::dontwait)) {
    if (event.more() && !handshakes_->recv(address, zmq::recv_flags::dontwait)) break;
    std::uint16_t what = 0;
    if (event.size() < sizeof what) continue;
    std::memcpy(&what, event.data(), sizeof what);
    switch (what) {
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return Fail(Exit::kRefused,
                    "rosterd at " + endpoint_ +
                        " does not let your key in: `access` of its config file does not name it, "
                        "or no longer. Ask who runs rosterd to add the public key; it stands in "
                        "the .cert file beside yours.");
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return Fail(Exit::kFailed, "What answers at " + endpoint_ +
                                       " does not speak rosterd's protocol, or not with keys: "
                                       "check --endpoint or ROSTER_CONTROL.");
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        if (++hung_up_ < kHungUpMax) break;
        return Fail(Exit::kFailed,
                    "What answers at " + endpoint_ +
                        " hangs up when it is called: it ends just now, or it is not the rosterd "
                        "whose public key you gave. Try again; then check --server-key or "
                        "ROSTER_SERVER_KEY against the .cert file "
                        "beside its network.certificate, and --endpoint or ROSTER_CONTROL.");
      default:
        hung_up_ = 0;
    }
  }
  return {};
}

}  // namespace roster::client
