#pragma once

// Who may do what: the one place where a peer becomes a principal, and a principal's roles are held
// against what is asked. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/access.h"
#include "daemon/model/request.h"

namespace roster::access {

// A set of roles.
class Roles {
 public:
  constexpr Roles() = default;
  template <typename... More>
  constexpr explicit Roles(model::Role first, More... more)
      : bits_((Bit(first) | ... | Bit(more))) {}

  constexpr void Add(model::Role role) { bits_ |= Bit(role); }
  constexpr void Add(Roles other) { bits_ |= other.bits_; }
  constexpr bool Has(model::Role role) const { return (bits_ & Bit(role)) != 0; }
  constexpr bool HasAnyOf(Roles other) const { return (bits_ & other.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  std::vector<model::Role> List() const;

  friend constexpr bool operator==(Roles, Roles) = default;

 private:
  static constexpr std::uint8_t Bit(model::Role role) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(role));
  }
  std::uint8_t bits_ = 0;
};

// Which roles, any of them, may send this. Empty: everybody may, WhoAmI alone.
Roles RolesFor(const model::RequestBody& body);
// The request's name on the wire: "ApprovePlan".
std::string_view RequestName(const model::RequestBody& body);
// Whether it is of the whole daemon, and of no school in particular.
bool ConcernsAll(const model::RequestBody& body);
inline constexpr Roles kAnyRole{model::Role::kViewer,   model::Role::kReviewer,
                                model::Role::kApprover, model::Role::kOperator,
                                model::Role::kWorker,   model::Role::kSubscriber};
// Names and addresses, and words in which people speak of them, are for those who review.
inline constexpr Roles kMaySee{model::Role::kViewer, model::Role::kReviewer,
                               model::Role::kApprover};
inline constexpr Roles kMayWork{model::Role::kWorker};
// Entries hold ids alone: whoever sees more may hear of them too.
inline constexpr Roles kMayHear{model::Role::kViewer, model::Role::kReviewer,
                                model::Role::kApprover, model::Role::kOperator,
                                model::Role::kSubscriber};

// Who a peer is, and what they may.
struct Principal {
  std::string actor;               // as it stands in the journal: Peer::Actor()
  std::vector<std::string> names;  // of the grants that fit, in their order, each once
  bool by_key = false;             // over tcp; otherwise by the kernel's word
  Roles everywhere;                // in all schools
  std::vector<std::pair<SchoolId, Roles>> schools;  // in these, besides

  Roles In(const SchoolId& school) const;
  // In any school at all.
  Roles Anywhere() const;
};

class Access {
 public:
  Access() = default;  // nobody may anything
  explicit Access(std::vector<model::Grant> grants) : grants_(std::move(grants)) {}

  // A peer with a key is known by the key alone, one without by user and groups. Nobody fits an
  // unattested one.
  Principal Identify(const model::Peer& peer) const;
  // Whether any grant names this key: others do not get in at all.
  bool Knows(std::string_view key) const;
  const std::vector<model::Grant>& grants() const { return grants_; }

 private:
  std::vector<model::Grant> grants_;
};

// Whether the grant names this actor, by user or key; groups name nobody.
bool NamesActor(const model::Grant& grant, std::string_view actor);

// One person, by an actor or by a name that both have (rules of four eyes: never the same person).
bool SamePerson(const Principal& one, std::string_view actor, std::string_view name);

// The refusals. Who has no role at all in a school is told what somebody is told who names a school
// that is not there.
Error RoleMissing(std::string_view request, Roles wanted);  // Refused "role-missing"
Error NoRoleAtAll(const std::string& actor);                // Refused "no-role"

}  // namespace roster::access
