#pragma once

// A server of raw bytes on loopback, for answers that no well-behaved server gives: each connection
// is handed to a script, on a thread of its own.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace roster::http {

class RawConnection {
 public:
  explicit RawConnection(int fd) : fd_(fd) {}
  ~RawConnection() { close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // A request's head, up to the empty line, and what follows of a body of known length. "" when the
  // other side has closed.
  std::string ReadRequest() {
    std::string text;
    char byte = 0;
    while (text.find("\r\n\r\n") == std::string::npos) {
      if (recv(fd_, &byte, 1, 0) != 1) return "";
      text.push_back(byte);
    }
    const auto at = text.find("Content-Length: ");
    auto left = at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
    while (left-- > 0) {
      if (recv(fd_, &byte, 1, 0) != 1) return "";
      text.push_back(byte);
    }
    return text;
  }
  void Send(const std::string& bytes) { (void)send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  int fd() const { return fd_; }
  // Returns when the other side has closed.
  void AwaitClose() {
    char byte = 0;
    while (recv(fd_, &byte, 1, 0) > 0) {
    }
  }

 private:
  int fd_;
};

class RawServer {
 public:
  using Script = std::function<void(RawConnection&)>;

  explicit RawServer(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no loopback port");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  // Waits for the scripts: the clients must be gone by then.
  ~RawServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  void Serve() {
    std::vector<std::jthread> scripts;
    for (;;) {
      const int fd = accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      ++connections_;
      scripts.emplace_back([this, fd] {
        RawConnection connection(fd);
        script_(connection);
      });
    }
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

}  // namespace roster::http
