#include "daemon/bus/zmq_worker_channel.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <zmq.hpp>

#include "daemon/bus/wake.h"
#include "daemon/bus/zmq_endpoint.h"

namespace roster::bus {
namespace {

constexpr int kQueuedMax = 1000;
constexpr std::int64_t kMessageBytesMax = std::int64_t{4} << 20U;
constexpr int kLingerMs = 2'000;  // for the last report, when the worker ends
constexpr int kReconnectMs = 100;
constexpr int kReconnectMaxMs = 5'000;

Error SocketError(const std::exception& error) {
  return {Code::kUnavailable, "socket", std::string("The socket fails: ") + error.what() + "."};
}

Result<void> CheckEndpoint(const std::string& endpoint, const std::optional<CurveCall>& call) {
  ROSTER_TRY(PlaceOf(endpoint), "");
  if (!IsTcp(endpoint)) return {};
  if (!call) {
    return Fail(Code::kRefused, "tcp-needs-curve",
                "rosterd at " + endpoint +
                    " is reached over the network, where both sides prove who they are: set "
                    "worker.server_key and worker.certificate in the config.");
  }
  if (!model::IsPublicKey(call->server_key) || !model::IsPublicKey(call->own.public_key) ||
      !model::IsPublicKey(call->own.secret_key)) {
    return Fail(Code::kInvalid, "certificate-malformed",
                "worker.server_key or worker.certificate holds no key of 40 characters. Make a "
                "certificate with `rosterctl keygen`.");
  }
  return {};
}

}  // namespace

struct ZmqWorkerChannel::Socket {
  std::string endpoint;
  std::optional<CurveCall> call;
  zmq::context_t context{1};
  std::optional<zmq::socket_t> dealer;
  std::optional<zmq::socket_t> handshakes;  // over tcp: that are refused
  std::uint64_t opened = 0;
  bus::Wake wake;
  Result<void> connected;  // an error: the endpoint can't be used

  void Open();
  bool Refused();
};

void ZmqWorkerChannel::Socket::Open() {
  handshakes.reset();
  dealer.emplace(context, zmq::socket_type::dealer);
  SetOptions(*dealer, {kQueuedMax, kQueuedMax, kMessageBytesMax, kLingerMs});
  dealer->set(zmq::sockopt::reconnect_ivl, kReconnectMs);
  dealer->set(zmq::sockopt::reconnect_ivl_max, kReconnectMaxMs);
  // Nothing waits for a daemon that is away: the protocol repeats what is still wanted.
  dealer->set(zmq::sockopt::immediate, true);
  if (IsTcp(endpoint)) {
    SetCallKeys(*dealer, *call);
    SetFamily(*dealer, endpoint);
    const std::string name = "inproc://handshakes-" + std::to_string(++opened);
    if (zmq_socket_monitor(dealer->handle(), name.c_str(), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) != 0) {
      throw zmq::error_t();
    }
    handshakes.emplace(context, zmq::socket_type::pair);
    handshakes->set(zmq::sockopt::linger, 0);
    handshakes->connect(name);
  }
  dealer->connect(endpoint);
}

// Whether rosterd did not let our key in since it was asked last. libzmq does not call again then.
bool ZmqWorkerChannel::Socket::Refused() {
  bool refused = false;
  zmq::message_t event;
  while (handshakes && handshakes->recv(event, zmq::recv_flags::dontwait)) refused = true;
  return refused;
}

ZmqWorkerChannel::ZmqWorkerChannel(const std::string& endpoint,
                                   const std::optional<CurveCall>& call)
    : socket_(std::make_unique<Socket>()) {
  socket_->endpoint = endpoint;
  socket_->call = call;
  socket_->connected = CheckEndpoint(endpoint, call);
  if (!socket_->connected) return;
  try {
    socket_->Open();
  } catch (const zmq::error_t& error) {
    socket_->connected =
        Fail(Code::kInvalid, "endpoint",
             "The endpoint " + endpoint + " cannot be used: " + error.what() + ".");
  }
}

ZmqWorkerChannel::~ZmqWorkerChannel() = default;

Result<void> ZmqWorkerChannel::Send(std::string payload) {
  ROSTER_TRY(socket_->connected, "");
  try {
    if (socket_->Refused()) {
      socket_->Open();  // it may have been mended: the next one finds out
      return Fail(Code::kUnavailable, "key-refused",
                  "rosterd does not let this worker's key in: `access` of its config file does not "
                  "name it with the role worker, or no longer. Nothing was sent; trying again.");
    }
    if (socket_->dealer->send(zmq::buffer(payload), zmq::send_flags::dontwait)) return {};
  } catch (const zmq::error_t& error) {
    return tl::unexpected<Error>(SocketError(error));
  }
  return Fail(Code::kUnavailable, "not-connected",
              "rosterd does not answer at its tasks endpoint. Nothing was sent.");
}

Result<std::optional<std::string>> ZmqWorkerChannel::Receive(Duration wait_max) {
  ROSTER_TRY(socket_->connected, "");
  try {
    zmq::pollitem_t items[] = {{socket_->dealer->handle(), 0, ZMQ_POLLIN, 0},
                               {nullptr, socket_->wake.fd(), ZMQ_POLLIN, 0}};
    try {
      zmq::poll(items, std::size(items),
                std::max(std::chrono::milliseconds(0),
                         std::chrono::ceil<std::chrono::milliseconds>(wait_max)));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
      return {std::nullopt};
    }
    socket_->wake.Clear();
    zmq::message_t message;
    if (!socket_->dealer->recv(message, zmq::recv_flags::dontwait)) return {std::nullopt};
    std::string payload = message.to_string();
    bool more = message.more();
    const bool single = !more;
    while (more) {
      if (!socket_->dealer->recv(message, zmq::recv_flags::dontwait)) break;
      more = message.more();
    }
    if (!single) return {std::nullopt};  // the daemon sends one frame a message
    return {std::move(payload)};
  } catch (const zmq::error_t& error) {
    return tl::unexpected<Error>(SocketError(error));
  }
}

void ZmqWorkerChannel::Wake() { socket_->wake.Signal(); }

}  // namespace roster::bus
