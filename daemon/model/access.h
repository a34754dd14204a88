#pragma once

// Who may do what: roles, the peers that the kernel or a key attests, and what the config grants.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/id.h"

namespace roster::model {

enum class Role : std::uint8_t {
  kViewer = 1,      // sees the lists
  kReviewer = 2,    // and decides
  kApprover = 3,    // sees, approves, settles tasks
  kOperator = 4,    // polls, reloads, backs up, forgets; sees no person's data
  kWorker = 5,      // executes tasks
  kSubscriber = 6,  // hears of entries, which hold ids alone
};
std::string_view RoleWord(Role role);  // "viewer", ...
std::optional<Role> RoleFromWord(std::string_view word);
inline constexpr std::array kRoles = {Role::kViewer,   Role::kReviewer, Role::kApprover,
                                      Role::kOperator, Role::kWorker,   Role::kSubscriber};

// A CURVE public key, as 40 characters of Z85 (ZeroMQ RFC 32). "" when there is none.
using PublicKey = std::string;
inline constexpr std::size_t kPublicKeySize = 40;
bool IsPublicKey(std::string_view text);
// "key:" and 16 hexadecimal digits of the key's BLAKE2b-256: how a key is named on record.
std::string KeyName(std::string_view key);

// Who is at the other end: over ipc by the kernel's word, over tcp by a key that was proven.
struct Peer {
  std::int64_t uid = -1;  // -1: not attested
  std::int64_t gid = -1;
  std::int64_t pid = -1;
  std::vector<std::int64_t> groups = {};  // besides gid
  PublicKey key = {};

  // "key:9f86d081884c7d65", "uid:1000"; "unattested" without either.
  std::string Actor() const;

  friend bool operator==(const Peer&, const Peer&) = default;
};

// One entry of the config's `access`: whoever fits any of users, groups and keys has the roles.
struct Grant {
  std::string name;  // of a person or a program; in four eyes, one name is one person
  std::vector<std::int64_t> uids;
  std::vector<std::int64_t> gids;
  std::vector<PublicKey> keys;
  std::vector<Role> roles;
  std::vector<SchoolId> schools;  // none: all of them

  friend bool operator==(const Grant&, const Grant&) = default;
};

}  // namespace roster::model
