#pragma once

// A connection that cpp-httplib 0.11 may read from: it keeps a line for as long as no newline
// comes, and waits anew for each byte. Here the whole request has a limit of bytes and of time, and
// so has a wait to write.

#include <httplib.h>

#include <array>
#include <cstddef>
#include <functional>

#include "daemon/base/time.h"

namespace roster::metrics {

class BoundedStream : public httplib::Stream {
 public:
  static constexpr std::size_t kRequestBytesMax = std::size_t{8} << 10U;

  // `socket` stays the caller's. `read_left` says how long the request may still take to come, zero
  // or less: no longer; `write_wait_max` is how long the other side may take nothing.
  BoundedStream(int socket, std::function<Duration()> read_left, Duration write_wait_max);

  bool is_readable() const override;
  bool is_writable() const override;
  // -1 when a limit is reached.
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  // Nobody is named: the pages are the same for all.
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool Await(short events, Duration most) const;

  const int socket_;
  const std::function<Duration()> read_left_;
  const Duration write_wait_max_;
  std::array<char, kRequestBytesMax> request_{};
  std::size_t taken_ = 0;  // given to read()
  std::size_t arrived_ = 0;
};

}  // namespace roster::metrics
