#include "daemon/bus/zmq_endpoint.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "daemon/bus/zap.h"

namespace roster::bus {
namespace {

constexpr std::string_view kIpc = "ipc://";
constexpr std::size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;  // 107

constexpr std::string_view kTcp = "tcp://";

// A peer behind a network that has gone says nothing: after a minute the kernel asks, and two
// minutes later it takes the connection for ended, as it does when what was sent is not confirmed.
constexpr int kKeepaliveIdleS = 60;
constexpr int kKeepaliveEveryS = 20;
constexpr int kKeepaliveTimes = 6;
constexpr int kUnconfirmedMs = 120'000;

constexpr int kZapEnforceDomain = 93;  // ZMQ_ZAP_ENFORCE_DOMAIN: in libzmq, not in its header

constexpr int kHandshakeMs = 15'000;  // a connection that has not greeted by then is ended

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

// 0, or errno.
int TryConnect(const std::string& path) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.fd() < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int result =
      ::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return result == 0 ? 0 : errno;
}

tl::unexpected<Error> NotPermitted(const std::string& path, int error) {
  return Fail(Code::kRefused, "not-permitted",
              "The socket " + path + " cannot be made: " + std::strerror(error) +
                  ". rosterd's user needs to write to that directory.");
}

Result<void> CheckDirectory(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const std::string directory = slash == 0 ? "/" : path.substr(0, slash);
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return NotPermitted(path, errno);
  }
  if (!S_ISDIR(status.st_mode)) {
    return Fail(Code::kInvalid, "endpoint-directory",
                "The directory " + directory +
                    " of an endpoint is not there. Make it (under "
                    "systemd: RuntimeDirectory), or name another one in endpoints.");
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) return NotPermitted(path, errno);
  return {};
}

bool IsAt(const sockaddr_storage& address, const Place& place) {
  if (address.ss_family == AF_UNIX) {
    sockaddr_un unix_address{};
    std::memcpy(&unix_address, &address, sizeof unix_address);
    const char* const path = unix_address.sun_path;
    return !place.tcp() &&
           place.path == std::string_view(path, ::strnlen(path, sizeof unix_address.sun_path));
  }
  in_port_t port = 0;
  if (address.ss_family == AF_INET) {
    sockaddr_in ip{};
    std::memcpy(&ip, &address, sizeof ip);
    port = ip.sin_port;
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 ip{};
    std::memcpy(&ip, &address, sizeof ip);
    port = ip.sin6_port;
  }
  return place.tcp() && place.port != 0 && ntohs(port) == place.port;
}

}  // namespace

bool IsTcp(std::string_view endpoint) { return endpoint.starts_with(kTcp); }

Result<Place> PlaceOf(const std::string& endpoint) {
  Place place;
  if (IsTcp(endpoint)) {
    const std::size_t colon = endpoint.rfind(':');
    const std::string_view port = std::string_view(endpoint).substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), place.port);
    const bool good = error == std::errc() && end == port.data() + port.size();
    if (colon <= kTcp.size() || (!good && port != "*")) {
      return Fail(Code::kInvalid, "endpoint-address",
                  "The endpoint " + endpoint +
                      " is not tcp:// with an address and a port, as in tcp://10.0.0.5:7400.");
    }
    return place;
  }
  place.path = endpoint.starts_with(kIpc) ? endpoint.substr(kIpc.size()) : "";
  if (place.path.size() < 2 || place.path[0] != '/' || place.path.back() == '/' ||
      place.path.size() > kPathMax || place.path.find('\0') != std::string::npos) {
    return Fail(Code::kInvalid, "endpoint-path",
                "The endpoint " + endpoint + " is not ipc:// with an absolute path of at most " +
                    std::to_string(kPathMax) + " bytes.");
  }
  return place;
}

Result<void> CheckFree(const std::string& path) {
  ROSTER_TRY(CheckDirectory(path), "");
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return NotPermitted(path, errno);
  }
  if (!S_ISSOCK(status.st_mode)) {
    return Fail(Code::kInvalid, "endpoint-path",
                path + " is there, and is not a socket. Move it away, or name another endpoint.");
  }
  const int error = TryConnect(path);
  if (error == ECONNREFUSED || error == ENOENT) return {};  // left behind by a process that is gone
  if (error == EACCES || error == EPERM) return NotPermitted(path, error);
  return Fail(Code::kRefused, "endpoint-in-use",
              "Another program answers at " + path + ". Stop it, or name another endpoint.");
}

std::string ProcessName(std::int64_t pid) { return "process:" + std::to_string(pid); }

std::string RemoteAt(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  // A socket that listens has no other end.
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  if (address.ss_family == AF_UNIX) {
    ucred peer{};
    size = sizeof peer;
    const int result = ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    return result == 0 && peer.pid > 0 ? ProcessName(peer.pid) : "";
  }
  std::array<char, NI_MAXHOST> host{};  // as libzmq writes it in Peer-Address
  const int result = ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(),
                                   host.size(), nullptr, 0, NI_NUMERICHOST);
  return result == 0 ? host.data() : "";
}

bool EndConnection(int descriptor, const Place& place, const std::string& remote) {
  if (descriptor < 0) return false;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (!IsAt(address, place)) return false;
  const std::string found = RemoteAt(descriptor);
  if (place.tcp() && found.empty()) return false;
  if (!remote.empty() && found != remote) return false;
  return ::shutdown(descriptor, SHUT_RDWR) == 0;
}

void SetOptions(zmq::socket_t& socket, const SocketOptions& options) {
  socket.set(zmq::sockopt::rcvhwm, options.queued_in_max);
  socket.set(zmq::sockopt::sndhwm, options.queued_out_max);
  socket.set(zmq::sockopt::maxmsgsize, options.message_bytes_max);
  socket.set(zmq::sockopt::linger, options.linger_ms);
  socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
  // No ZMTP heartbeats: in libzmq 4.3.4 one that falls due for a connection whose queue is full,
  // and whose peer has gone, ends the process (assertion !_io_error, zeromq/libzmq issues 4364,
  // 3937). Over ipc the kernel says at once who has gone; silence is noticed by the beat and by
  // leases. Over tcp the kernel asks:
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, kKeepaliveIdleS);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, kKeepaliveEveryS);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, kKeepaliveTimes);
  socket.set(zmq::sockopt::tcp_maxrt, kUnconfirmedMs);
}

void SetServerKeys(zmq::socket_t& socket, const CurveKeys& keys) {
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, keys.secret_key);
  socket.set(zmq::sockopt::zap_domain, kZapDomain);
  // Without it, libzmq would let everybody in whenever nobody answers for the domain.
  const int enforce = 1;
  if (zmq_setsockopt(socket.handle(), kZapEnforceDomain, &enforce, sizeof enforce) != 0) {
    throw zmq::error_t();
  }
}

void SetCallKeys(zmq::socket_t& socket, const CurveCall& call) {
  socket.set(zmq::sockopt::curve_serverkey, call.server_key);
  socket.set(zmq::sockopt::curve_publickey, call.own.public_key);
  socket.set(zmq::sockopt::curve_secretkey, call.own.secret_key);
}

void SetFamily(zmq::socket_t& socket, std::string_view endpoint) {
  if (endpoint.find('[') != std::string_view::npos) socket.set(zmq::sockopt::ipv6, true);
}

}  // namespace roster::bus
