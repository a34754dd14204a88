#include "client/zmq_feed.h"

#include "client/zmq_link.h"

namespace roster::client {
namespace {

constexpr int kQueueMax = 10'000;  // messages; what is dropped beyond is asked for again

}  // namespace

ZmqFeed::ZmqFeed(Reopen reopen, std::unique_ptr<Link> link)
    : reopen_(std::move(reopen)), link_(std::move(link)) {}
ZmqFeed::~ZmqFeed() = default;

Answer<std::unique_ptr<Feed>> ZmqFeed::Open(const std::string& endpoint, const std::string& school,
                                            const std::optional<CallKeys>& keys) {
  return OpenAll(endpoint, {school}, keys);
}

Answer<std::unique_ptr<Feed>> ZmqFeed::OpenAll(const std::string& endpoint,
                                               const std::vector<std::string>& schools,
                                               const std::optional<CallKeys>& keys) {
  Reopen reopen = [=] {
    return Link::Open(zmq::socket_type::sub, endpoint, keys, [&](zmq::socket_t& socket) {
      socket.set(zmq::sockopt::rcvhwm, kQueueMax);
      for (const std::string& school : schools) socket.set(zmq::sockopt::subscribe, school + ".");
    });
  };
  CLIENT_ASSIGN(auto link, reopen());
  return std::unique_ptr<Feed>(new ZmqFeed(std::move(reopen), std::move(link)));
}

Answer<std::optional<Published>> ZmqFeed::Receive(Millis wait_max) {
  try {
    // libzmq does not call again where it was refused, and what was wrong may have been mended.
    if (!link_) {
      CLIENT_ASSIGN(link_, reopen_());
    }
    const auto ready = link_->Await(ZMQ_POLLIN, wait_max);
    if (!ready) {
      link_.reset();
      return tl::unexpected(ready.error());
    }
    if (!*ready) return std::nullopt;
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
