#include "tests/unit/bus/recording_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace roster::bus {
namespace {

sockaddr_in At(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) throw std::invalid_argument(host);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

void Check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

bool WriteAll(int to, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::send(to, data, size, MSG_NOSIGNAL);
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

struct Pair {
  int caller;
  int server;
};

}  // namespace

RecordingProxy::RecordingProxy(const std::string& server)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      server_host_(server.substr(6, server.rfind(':') - 6)),  // behind "tcp://"
      server_port_(std::stoi(server.substr(server.rfind(':') + 1))) {
  sockaddr_in address = At("127.0.0.1", 0);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  Check(::bind(listener_, any, size) == 0 && ::listen(listener_, 16) == 0 &&
            ::getsockname(listener_, any, &size) == 0 && ::pipe(wake_) == 0,
        "proxy");
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
}

RecordingProxy::~RecordingProxy() {
  thread_.request_stop();
  [[maybe_unused]] const auto written = ::write(wake_[1], "x", 1);
  thread_.join();
  for (const int descriptor : {listener_, wake_[0], wake_[1]}) ::close(descriptor);
}

std::string RecordingProxy::endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

std::string RecordingProxy::sent() const {
  const std::lock_guard guard(mutex_);
  return sent_;
}

std::string RecordingProxy::received() const {
  const std::lock_guard guard(mutex_);
  return received_;
}

void RecordingProxy::Serve(const std::stop_token& stop) {
  std::vector<Pair> pairs;
  std::array<char, 65'536> buffer{};
  // False at the end.
  const auto pass = [&](int from, int to, std::string& copy) {
    const ssize_t size = ::recv(from, buffer.data(), buffer.size(), 0);
    if (size <= 0) return false;
    {
      const std::lock_guard guard(mutex_);
      copy.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return WriteAll(to, buffer.data(), static_cast<std::size_t>(size));
  };
  while (!stop.stop_requested()) {
    std::vector<pollfd> items{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Pair& pair : pairs) {
      items.push_back({pair.caller, POLLIN, 0});
      items.push_back({pair.server, POLLIN, 0});
    }
    if (::poll(items.data(), items.size(), -1) < 0) continue;
    for (std::size_t i = pairs.size(); i-- > 0;) {
      const Pair pair = pairs[i];
      const bool open =
          (items[2 + 2 * i].revents == 0 || pass(pair.caller, pair.server, sent_)) &&
          (items[3 + 2 * i].revents == 0 || pass(pair.server, pair.caller, received_));
      if (open) continue;
      ::close(pair.caller);
      ::close(pair.server);
      pairs.erase(pairs.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (items[1].revents != 0) {
      const Pair pair{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC),
                      ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
      const sockaddr_in address = At(server_host_, server_port_);
      if (::connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0) {
        pairs.push_back(pair);
      } else {
        ::close(pair.caller);
        ::close(pair.server);
      }
    }
  }
  for (const Pair& pair : pairs) {
    ::close(pair.caller);
    ::close(pair.server);
  }
}

}  // namespace roster::bus
