#include "client/zmq_feed.h"

#include <zmq.hpp>

#include "client/zmq_options.h"

namespace roster::client {
namespace {

constexpr int kQueueMax = 10'000;  // messages; what is dropped beyond is asked for again

}  // namespace

struct ZmqFeed::Socket {
  zmq::context_t context{1};
  zmq::socket_t subscriber{context, zmq::socket_type::sub};
};

ZmqFeed::ZmqFeed(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}
ZmqFeed::~ZmqFeed() = default;

Answer<std::unique_ptr<Feed>> ZmqFeed::Open(const std::string& endpoint,
                                            const std::string& school) {
  try {
    auto socket = std::make_unique<Socket>();
    SetClientOptions(socket->subscriber);
    socket->subscriber.set(zmq::sockopt::rcvhwm, kQueueMax);
    socket->subscriber.set(zmq::sockopt::subscribe, school + ".");
    socket->subscriber.connect(endpoint);
    return std::unique_ptr<Feed>(new ZmqFeed(std::move(socket)));
  } catch (const zmq::error_t& error) {
    return Fail(Exit::kFailed, UnusableEndpoint(endpoint, error));
  }
}

Answer<std::optional<Published>> ZmqFeed::Receive(Millis wait_max) {
  try {
    zmq::pollitem_t item{socket_->subscriber.handle(), 0, ZMQ_POLLIN, 0};
    if (zmq::poll(&item, 1, wait_max) == 0) return std::nullopt;
    Published published;
    std::size_t parts = 0;
    zmq::message_t message;
    do {
      if (!socket_->subscriber.recv(message, zmq::recv_flags::dontwait)) break;
      if (++parts == 1) published.topic = message.to_string();
      if (parts == 2) published.bytes = message.to_string();
    } while (message.more());
    if (parts != 2) return std::nullopt;  // not of this protocol; what it hid is asked for again
    return published;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return std::nullopt;
    return Fail(Exit::kFailed, std::string("Receiving events: ") + error.what());
  }
}

}  // namespace roster::client
