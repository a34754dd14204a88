#include "daemon/metrics/bounded_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace roster::metrics {

BoundedStream::BoundedStream(int socket, std::function<Duration()> read_left,
                             Duration write_wait_max)
    : socket_(socket), read_left_(std::move(read_left)), write_wait_max_(write_wait_max) {}

bool BoundedStream::Await(short events, Duration most) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(most).count();
  pollfd one{socket_, events, 0};
  return left > 0 && ::poll(&one, 1, static_cast<int>(left)) > 0;
}

bool BoundedStream::is_readable() const {
  return taken_ < arrived_ || (arrived_ < request_.size() && Await(POLLIN, read_left_()));
}

bool BoundedStream::is_writable() const { return Await(POLLOUT, write_wait_max_); }

ssize_t BoundedStream::read(char* to, std::size_t size) {
  if (taken_ == arrived_) {
    if (!is_readable()) return -1;
    const ssize_t came =
        ::recv(socket_, request_.data() + arrived_, request_.size() - arrived_, MSG_DONTWAIT);
    if (came <= 0) return came;
    arrived_ += static_cast<std::size_t>(came);
  }
  const std::size_t given = std::min(size, arrived_ - taken_);
  std::memcpy(to, request_.data() + taken_, given);
  taken_ += given;
  return static_cast<ssize_t>(given);
}

ssize_t BoundedStream::write(const char* from, std::size_t size) {
  if (!is_writable()) return -1;
  return ::send(socket_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void BoundedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void BoundedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  get_remote_ip_and_port(ip, port);
}

}  // namespace roster::metrics
