#include "client/zmq_channel.h"

#include "client/zmq_link.h"

namespace roster::client {

ZmqChannel::ZmqChannel(std::string endpoint, std::optional<CallKeys> keys)
    : endpoint_(std::move(endpoint)), keys_(std::move(keys)) {}
ZmqChannel::~ZmqChannel() = default;

Answer<Link*> ZmqChannel::Opened() {
  if (!link_) {
    CLIENT_ASSIGN(link_,
                  Link::Open(zmq::socket_type::dealer, endpoint_, keys_, [](zmq::socket_t& socket) {
                    socket.set(zmq::sockopt::immediate, true);
                  }));
  }
  return link_.get();
}

// libzmq does not call again where it was refused, and what was wrong may have been mended: the
// next call is made anew.
Answer<bool> ZmqChannel::Ready(short events, Millis wait_max) {
  CLIENT_ASSIGN(Link * link, Opened());
  auto ready = link->Await(events, wait_max);
  if (!ready) link_.reset();
  return ready;
}

Answer<bool> ZmqChannel::Send(const std::string& frame, Millis wait_max) {
  try {
    CLIENT_ASSIGN(const bool ready, Ready(ZMQ_POLLOUT, wait_max));
    if (!ready) return false;
    return link_->socket().send(zmq::buffer(frame), zmq::send_flags::dontwait).has_value();
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return false;
    return Fail(Exit::kFailed, "Sending to " + endpoint_ + ": " + error.what());
  }
}

Answer<std::optional<std::string>> ZmqChannel::Receive(Millis wait_max) {
  try {
    CLIENT_ASSIGN(const bool ready, Ready(ZMQ_POLLIN, wait_max));
    if (!ready) return std::nullopt;
    zmq::message_t message;
    if (!link_->socket().recv(message, zmq::recv_flags::dontwait)) return std::nullopt;
    return message.to_string();
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return std::nullopt;
    return Fail(Exit::kFailed, "Receiving from " + endpoint_ + ": " + error.what());
  }
}

}  // namespace roster::client
