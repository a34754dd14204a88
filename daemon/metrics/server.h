#pragma once

// A small HTTP server on loopback for whoever watches this machine: GET and HEAD alone, few
// threads, small requests, short timeouts, one answer a connection. Whoever reads slowly or says
// nothing takes one of the threads for some seconds, and nothing else.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace roster::metrics {

struct Page {
  int status = 200;
  std::string type;  // Content-Type
  std::string body;
};

class Server {
 public:
  // Of a path ("/metrics"); nullopt: there is no such page. Called on the server's threads, several
  // at a time. May throw: that is a 500.
  using Serve = std::function<std::optional<Page>(const std::string& path)>;

  static constexpr int kThreads = 4;
  static constexpr int kWaitingMax = 8;  // connections taken in and not served yet
  static constexpr Duration kRequestMax = std::chrono::seconds(1);    // for a request to come whole
  static constexpr Duration kWriteWaitMax = std::chrono::seconds(2);  // without a byte taken
  static constexpr Duration kServeMax = std::chrono::seconds(10);     // for one answer
  static constexpr Duration kStopMax = std::chrono::seconds(3);  // that the end waits for clients

  // `host` is a loopback address without brackets; port 0 takes a free one. Serves from here on,
  // until it is destroyed. `clock` outlives it. Errors: Unavailable "listen".
  static Result<std::unique_ptr<Server>> Listen(const std::string& host, std::uint16_t port,
                                                const Clock& clock, Serve serve);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  struct Impl;
  Server(std::shared_ptr<Impl> impl, std::thread thread, std::uint16_t port);

  std::shared_ptr<Impl> impl_;
  std::thread thread_;
  std::uint16_t port_;
};

}  // namespace roster::metrics
