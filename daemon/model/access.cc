#include "daemon/model/access.h"

#include <algorithm>

#include "daemon/base/digest.h"
#include "daemon/model/words.h"

namespace roster::model {
namespace {

constexpr Words<Role, 6> kRoleWords = {{
    {Role::kViewer, "viewer"},
    {Role::kReviewer, "reviewer"},
    {Role::kApprover, "approver"},
    {Role::kOperator, "operator"},
    {Role::kWorker, "worker"},
    {Role::kSubscriber, "subscriber"},
}};

// ZeroMQ RFC 32.
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::size_t kNameDigits = 16;

}  // namespace

std::string_view RoleWord(Role role) { return WordOf(kRoleWords, role); }
std::optional<Role> RoleFromWord(std::string_view word) { return FromWord(kRoleWords, word); }

bool IsPublicKey(std::string_view text) {
  return text.size() == kPublicKeySize && text.find_first_not_of(kZ85) == std::string_view::npos;
}

std::string KeyName(std::string_view key) {
  return "key:" + Blake2b(key).Hex().substr(0, kNameDigits);
}

std::string Peer::Actor() const {
  if (!key.empty()) return KeyName(key);
  return uid < 0 ? "unattested" : "uid:" + std::to_string(uid);
}

}  // namespace roster::model
