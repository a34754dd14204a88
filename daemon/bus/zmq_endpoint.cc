#include "daemon/bus/zmq_endpoint.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace roster::bus {
namespace {

constexpr std::string_view kIpc = "ipc://";
constexpr std::size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;  // 107

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

}  // namespace

Result<std::string> PathOf(const std::string& endpoint) {
  if (endpoint.starts_with("tcp://")) {
    return Fail(Code::kRefused, "tcp-needs-curve",
                "The endpoint " + endpoint +
                    " is open to the network, and this version has no way to tell who is there. "
                    "Use ipc:///a/path.");
  }
  const std::string path = endpoint.starts_with(kIpc) ? endpoint.substr(kIpc.size()) : "";
  if (path.size() < 2 || path[0] != '/' || path.back() == '/' || path.size() > kPathMax ||
      path.find('\0') != std::string::npos) {
    return Fail(Code::kInvalid, "endpoint-path",
                "The endpoint " + endpoint + " is not ipc:// with an absolute path of at most " +
                    std::to_string(kPathMax) + " bytes.");
  }
  return path;
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

std::int64_t ProcessAt(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  const int result = ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return result == 0 && peer.pid > 0 ? peer.pid : -1;
}

bool EndConnection(int descriptor, const std::string& path, std::optional<std::int64_t> pid) {
  if (descriptor < 0) return false;
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      address.sun_family != AF_UNIX ||
      path != std::string_view(address.sun_path,
                               ::strnlen(address.sun_path, sizeof address.sun_path))) {
    return false;
  }
  ucred peer{};
  size = sizeof peer;
  if (pid &&
      (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid != *pid)) {
    return false;
  }
  return ::shutdown(descriptor, SHUT_RDWR) == 0;
}

void SetOptions(zmq::socket_t& socket, const SocketOptions& options) {
  socket.set(zmq::sockopt::rcvhwm, options.queued_in_max);
  socket.set(zmq::sockopt::sndhwm, options.queued_out_max);
  socket.set(zmq::sockopt::maxmsgsize, options.message_bytes_max);
  socket.set(zmq::sockopt::linger, options.linger_ms);
  socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
  // No ZMTP heartbeats: in libzmq 4.3.4 one that falls due for a connection whose queue is full, and
  // whose peer has gone, ends the process (assertion !_io_error, zeromq/libzmq issues 4364, 3937).
  // Over ipc the kernel says at once who has gone; silence is noticed by the beat and by leases.
}

}  // namespace roster::bus
