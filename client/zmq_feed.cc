#include "client/zmq_feed.h"

#include "client/zmq_link.h"

namespace roster::client {
namespace {

constexpr int kQueueMax = 10'000;  // messages; what is dropped beyond is asked for again

}  // namespace

ZmqFeed::ZmqFeed(std::unique_ptr<Link> link) : link_(std::move(link)) {}
ZmqFeed::~ZmqFeed() = default;

Answer<std::unique_ptr<Feed>> ZmqFeed::Open(const std::string& endpoint, const std::string& school,
                                            const std::optional<CallKeys>& keys) {
  CLIENT_ASSIGN(auto link,
                Link::Open(zmq::socket_type::sub, endpoint, keys, [&](zmq::socket_t& socket) {
                  socket.set(zmq::sockopt::rcvhwm, kQueueMax);
                  socket.set(zmq::sockopt::subscribe, school + ".");
                }));
  return std::unique_ptr<Feed>(new ZmqFeed(std::move(link)));
}

Answer<std::optional<Published>> ZmqFeed::Receive(Millis wait_max) {
  try {
    CLIENT_ASSIGN(const bool ready, link_->Await(ZMQ_POLLIN, wait_max));
    if (!ready) return std::nullopt;
    Published published;
    std::size_t parts = 0;
    zmq::message_t message;
    do {
      if (!link_->socket().recv(message, zmq::recv_flags::dontwait)) break;
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
