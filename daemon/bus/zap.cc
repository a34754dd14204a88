#include "daemon/bus/zap.h"

#include <array>
#include <string_view>
#include <utility>

namespace roster::bus {
namespace {

constexpr std::string_view kVersion = "1.0";
constexpr std::size_t kFrames =
    7;  // version, request id, domain, address, identity, mechanism, key
constexpr std::size_t kKeyBytes = 32;

std::string_view Text(const zmq::message_t& frame) { return frame.to_string_view(); }

}  // namespace

ZapHandler::ZapHandler(zmq::context_t& context, const Gate& gate)
    : gate_(gate), socket_(context, zmq::socket_type::rep) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.bind("inproc://zeromq.zap.01");
  thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
}

ZapHandler::~ZapHandler() {
  thread_.request_stop();
  wake_.Signal();
  thread_.join();
}

std::vector<TurnedAway> ZapHandler::Take() {
  const std::lock_guard guard(mutex_);
  return std::exchange(turned_away_, {});
}

void ZapHandler::Serve(const std::stop_token& stop) {
  zmq::pollitem_t items[] = {{socket_.handle(), 0, ZMQ_POLLIN, 0},
                             {nullptr, wake_.fd(), ZMQ_POLLIN, 0}};
  while (!stop.stop_requested()) {
    try {
      zmq::poll(items, std::size(items), std::chrono::milliseconds(-1));
      if ((items[0].revents & ZMQ_POLLIN) != 0) Answer();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) return;  // nobody is let in from here on
    }
  }
}

void ZapHandler::Answer() {
  std::vector<zmq::message_t> request;
  bool more = true;
  while (more) {
    zmq::message_t frame;
    if (!socket_.recv(frame, zmq::recv_flags::dontwait)) return;
    more = frame.more();
    if (request.size() <= kFrames) request.push_back(std::move(frame));
  }
  model::PublicKey key;
  const bool lets_in = LetsIn(request, key);
  const std::string id = request.size() > 1 ? request[1].to_string() : "";
  const std::array<std::string_view, 6> reply = {kVersion,
                                                 id,
                                                 lets_in ? "200" : "400",
                                                 lets_in ? "" : "this key is not known",
                                                 lets_in ? std::string_view(key) : "",
                                                 ""};
  for (std::size_t i = 0; i < reply.size(); ++i) {
    socket_.send(zmq::buffer(reply[i]),
                 i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
}

bool ZapHandler::LetsIn(const std::vector<zmq::message_t>& request, model::PublicKey& key) {
  if (request.size() != kFrames || Text(request[0]) != kVersion || Text(request[2]) != kZapDomain ||
      Text(request[5]) != "CURVE" || request[6].size() != kKeyBytes) {
    return false;
  }
  std::array<char, model::kPublicKeySize + 1> text{};
  if (zmq_z85_encode(text.data(), request[6].data<std::uint8_t>(), kKeyBytes) == nullptr) {
    return false;
  }
  key.assign(text.data(), model::kPublicKeySize);
  if (gate_.MayConnect(key)) return true;
  TurnedAway turned;
  turned.peer.key = std::exchange(key, {});
  turned.request = "Connect";
  const std::lock_guard guard(mutex_);
  if (turned_away_.size() < kTurnedAwayMax) turned_away_.push_back(std::move(turned));
  return false;
}

}  // namespace roster::bus
