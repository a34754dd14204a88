#include "daemon/bus/peer.h"

#include <sys/socket.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "daemon/bus/zmq_endpoint.h"

namespace roster::bus {
namespace {

constexpr std::size_t kGroupsMax = 65'536;  // NGROUPS_MAX of Linux

std::string_view Property(zmq::message_t& message, const char* name) {
  const char* const value = zmq_msg_gets(message.handle(), name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<std::int64_t> TakeNumber(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  text = text.substr(0, colon);
  return number;
}

bool IsSamePeer(int descriptor, const Peer& peer) {
  ucred found{};
  socklen_t size = sizeof found;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &found, &size) == 0 &&
         size == sizeof found && found.pid == peer.pid &&
         static_cast<std::int64_t>(found.uid) == peer.uid;
}

// The descriptor is libzmq's, which may close it, and get the same number again, at any time:
// looked at before and after.
std::vector<std::int64_t> GroupsOf(int descriptor, const Peer& peer) {
  if (descriptor < 0 || peer.pid <= 0 || !IsSamePeer(descriptor, peer)) return {};
  std::vector<gid_t> groups(64);
  socklen_t size = 0;
  while (true) {
    size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) break;
    if (errno != ERANGE || groups.size() >= kGroupsMax) return {};
    groups.resize(2 * groups.size());
  }
  groups.resize(size / sizeof(gid_t));
  if (!IsSamePeer(descriptor, peer)) return {};
  return {groups.begin(), groups.end()};
}

}  // namespace

Peer PeerOf(zmq::message_t& message, bool tcp) {
  Peer peer;
  if (tcp) {
    // Ours alone: what the ZAP handler answers goes before what a peer says of itself.
    peer.key = Property(message, "User-Id");
    if (!model::IsPublicKey(peer.key)) peer.key.clear();
    return peer;
  }
  // libzmq 4.3.4 gives "host:uid:gid:pid" for an ipc peer, from SO_PEERCRED.
  std::string_view text = Property(message, "Peer-Address");
  const auto pid = TakeNumber(text);
  const auto gid = TakeNumber(text);
  const auto uid = TakeNumber(text);
  if (!uid || !gid || !pid) return {};
  peer.uid = *uid;
  peer.gid = *gid;
  peer.pid = *pid;
  peer.groups = GroupsOf(DescriptorOf(message), peer);
  return peer;
}

std::string RemoteOf(zmq::message_t& message, bool tcp) {
  std::string_view text = Property(message, "Peer-Address");
  if (tcp) return std::string(text);
  const auto pid = TakeNumber(text);
  return pid && *pid > 0 ? ProcessName(*pid) : "";
}

int DescriptorOf(zmq::message_t& message) { return zmq_msg_get(message.handle(), ZMQ_SRCFD); }

}  // namespace roster::bus
