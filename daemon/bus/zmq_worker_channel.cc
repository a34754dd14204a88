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
  zmq::context_t context{1};
  zmq::socket_t dealer{context, zmq::socket_type::dealer};
  bus::Wake wake;
  Result<void> connected;  // an error: the endpoint can't be used
};

ZmqWorkerChannel::ZmqWorkerChannel(const std::string& endpoint,
                                   const std::optional<CurveCall>& call)
    : socket_(std::make_unique<Socket>()) {
  socket_->connected = CheckEndpoint(endpoint, call);
  if (!socket_->connected) return;
  try {
    zmq::socket_t& dealer = socket_->dealer;
    SetOptions(dealer, {kQueuedMax, kQueuedMax, kMessageBytesMax, kLingerMs});
    dealer.set(zmq::sockopt::reconnect_ivl, kReconnectMs);
    dealer.set(zmq::sockopt::reconnect_ivl_max, kReconnectMaxMs);
    // Nothing waits for a daemon that is away: the protocol repeats what is still wanted.
    dealer.set(zmq::sockopt::immediate, true);
    if (IsTcp(endpoint)) {
      SetCallKeys(dealer, *call);
      SetFamily(dealer, endpoint);
    }
    dealer.connect(endpoint);
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
    if (socket_->dealer.send(zmq::buffer(payload), zmq::send_flags::dontwait)) return {};
  } catch (const zmq::error_t& error) {
    return tl::unexpected<Error>(SocketError(error));
  }
  return Fail(Code::kUnavailable, "not-connected",
              "rosterd does not answer at its tasks endpoint. Nothing was sent.");
}

Result<std::optional<std::string>> ZmqWorkerChannel::Receive(Duration wait_max) {
  ROSTER_TRY(socket_->connected, "");
  try {
    zmq::pollitem_t items[] = {{socket_->dealer.handle(), 0, ZMQ_POLLIN, 0},
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
    if (!socket_->dealer.recv(message, zmq::recv_flags::dontwait)) return {std::nullopt};
    std::string payload = message.to_string();
    bool more = message.more();
    const bool single = !more;
    while (more) {
      if (!socket_->dealer.recv(message, zmq::recv_flags::dontwait)) break;
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
