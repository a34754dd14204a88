#include "client/zmq_channel.h"

#include <zmq.hpp>

#include "client/zmq_options.h"

namespace roster::client {

struct ZmqChannel::Socket {
  zmq::context_t context{1};
  zmq::socket_t dealer{context, zmq::socket_type::dealer};
};

ZmqChannel::ZmqChannel(std::string endpoint) : endpoint_(std::move(endpoint)) {}
ZmqChannel::~ZmqChannel() = default;

Answer<ZmqChannel::Socket*> ZmqChannel::Opened() {
  if (socket_) return socket_.get();
  try {
    auto socket = std::make_unique<Socket>();
    SetClientOptions(socket->dealer);
    socket->dealer.set(zmq::sockopt::immediate, true);
    socket->dealer.connect(endpoint_);
    socket_ = std::move(socket);
    return socket_.get();
  } catch (const zmq::error_t& error) {
    return Fail(Exit::kUsage, UnusableEndpoint(endpoint_, error));
  }
}

Answer<bool> ZmqChannel::Send(const std::string& frame, Millis wait_max) {
  CLIENT_ASSIGN(Socket * socket, Opened());
  try {
    zmq::pollitem_t item{socket->dealer.handle(), 0, ZMQ_POLLOUT, 0};
    if (zmq::poll(&item, 1, wait_max) == 0) return false;
    return socket->dealer.send(zmq::buffer(frame), zmq::send_flags::dontwait).has_value();
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return false;
    return Fail(Exit::kFailed, "Sending to " + endpoint_ + ": " + error.what());
  }
}

Answer<std::optional<std::string>> ZmqChannel::Receive(Millis wait_max) {
  CLIENT_ASSIGN(Socket * socket, Opened());
  try {
    zmq::pollitem_t item{socket->dealer.handle(), 0, ZMQ_POLLIN, 0};
    if (zmq::poll(&item, 1, wait_max) == 0) return std::nullopt;
    zmq::message_t message;
    if (!socket->dealer.recv(message, zmq::recv_flags::dontwait)) return std::nullopt;
    return message.to_string();
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return std::nullopt;
    return Fail(Exit::kFailed, "Receiving from " + endpoint_ + ": " + error.what());
  }
}

}  // namespace roster::client
