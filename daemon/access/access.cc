#include "daemon/access/access.h"

#include <algorithm>
#include <array>
#include <utility>

namespace roster::access {
namespace {

using model::Role;

constexpr Roles kMayDecide{Role::kReviewer};
constexpr Roles kMayApprove{Role::kApprover};

struct Rule {
  std::string_view name;
  Roles roles;
};

// The table: one row a request.
struct RuleOf {
  Rule operator()(const model::WhoAmI&) const { return {"WhoAmI", {}}; }
  Rule operator()(const model::GetStatus&) const { return {"GetStatus", kAnyRole}; }
  Rule operator()(const model::Replay&) const { return {"Replay", kMayHear}; }
  Rule operator()(const model::VerifyState&) const { return {"VerifyState", kMayHear}; }
  Rule operator()(const model::GetPoll&) const { return {"GetPoll", SeeOr(Role::kOperator)}; }
  Rule operator()(const model::StartPoll&) const {
    return {"StartPoll", Roles(Role::kReviewer, Role::kOperator)};
  }
  Rule operator()(const model::ListUsers&) const { return {"ListUsers", kMaySee}; }
  Rule operator()(const model::ListFamilies&) const { return {"ListFamilies", kMaySee}; }
  Rule operator()(const model::ListGroups&) const { return {"ListGroups", kMaySee}; }
  Rule operator()(const model::GetPlan&) const { return {"GetPlan", kMaySee}; }
  Rule operator()(const model::ListPlans&) const { return {"ListPlans", kMaySee}; }
  Rule operator()(const model::ListPlan&) const { return {"ListPlan", kMaySee}; }
  Rule operator()(const model::ListTasks&) const { return {"ListTasks", kMaySee}; }
  Rule operator()(const model::Explain&) const { return {"Explain", kMaySee}; }
  Rule operator()(const model::Decide&) const { return {"Decide", kMayDecide}; }
  Rule operator()(const model::DecideFamilies&) const { return {"DecideFamilies", kMayDecide}; }
  Rule operator()(const model::ResolveGroup&) const { return {"ResolveGroup", kMayDecide}; }
  Rule operator()(const model::DecideMatch&) const { return {"DecideMatch", kMayDecide}; }
  Rule operator()(const model::PreparePlan&) const {
    return {"PreparePlan", Roles(Role::kReviewer, Role::kApprover)};
  }
  Rule operator()(const model::ApprovePlan&) const { return {"ApprovePlan", kMayApprove}; }
  Rule operator()(const model::RetryTasks&) const {
    return {"RetryTasks", Roles(Role::kApprover, Role::kOperator)};
  }
  Rule operator()(const model::ConfirmTasks&) const { return {"ConfirmTasks", kMayApprove}; }
  Rule operator()(const model::Reload&) const { return {"Reload", Roles(Role::kOperator)}; }
  Rule operator()(const model::MakeBackup&) const { return {"MakeBackup", Roles(Role::kOperator)}; }
  Rule operator()(const model::ListBackups&) const {
    return {"ListBackups", Roles(Role::kOperator)};
  }
  Rule operator()(const model::Forget&) const { return {"Forget", Roles(Role::kOperator)}; }
  Rule operator()(const model::Acknowledge&) const {
    return {"Acknowledge", Roles(Role::kReviewer, Role::kApprover, Role::kOperator)};
  }

 private:
  static Roles SeeOr(Role role) {
    Roles roles = kMaySee;
    roles.Add(role);
    return roles;
  }
};

template <typename T>
bool Holds(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool Fits(const model::Grant& grant, const model::Peer& peer) {
  if (!peer.key.empty()) return Holds(grant.keys, peer.key);
  if (peer.uid < 0) return false;
  if (Holds(grant.uids, peer.uid) || (peer.gid >= 0 && Holds(grant.gids, peer.gid))) return true;
  return std::any_of(peer.groups.begin(), peer.groups.end(),
                     [&](const std::int64_t group) { return Holds(grant.gids, group); });
}

}  // namespace

std::vector<Role> Roles::List() const {
  std::vector<Role> list;
  std::copy_if(model::kRoles.begin(), model::kRoles.end(), std::back_inserter(list),
               [this](const Role role) { return Has(role); });
  return list;
}

Roles RolesFor(const model::RequestBody& body) { return std::visit(RuleOf(), body).roles; }

std::string_view RequestName(const model::RequestBody& body) {
  return std::visit(RuleOf(), body).name;
}

bool ConcernsAll(const model::RequestBody& body) {
  return std::holds_alternative<model::Reload>(body) ||
         std::holds_alternative<model::MakeBackup>(body) ||
         std::holds_alternative<model::ListBackups>(body);
}

Roles Principal::In(const SchoolId& school) const {
  Roles roles = everywhere;
  for (const auto& [id, more] : schools) {
    if (id == school) roles.Add(more);
  }
  return roles;
}

Roles Principal::Anywhere() const {
  Roles roles = everywhere;
  for (const auto& [id, more] : schools) roles.Add(more);
  return roles;
}

Principal Access::Identify(const model::Peer& peer) const {
  Principal principal;
  principal.actor = peer.Actor();
  principal.by_key = !peer.key.empty();
  for (const model::Grant& grant : grants_) {
    if (!Fits(grant, peer)) continue;
    if (!Holds(principal.names, grant.name)) principal.names.push_back(grant.name);
    Roles roles;
    for (const Role role : grant.roles) roles.Add(role);
    if (grant.schools.empty()) principal.everywhere.Add(roles);
    for (const SchoolId& school : grant.schools) principal.schools.emplace_back(school, roles);
  }
  return principal;
}

bool Access::Knows(std::string_view key) const {
  return !key.empty() && std::any_of(grants_.begin(), grants_.end(), [&](const auto& grant) {
    return Holds(grant.keys, model::PublicKey(key));
  });
}

bool NamesActor(const model::Grant& grant, std::string_view actor) {
  return std::any_of(grant.keys.begin(), grant.keys.end(),
                     [&](const auto& key) { return model::KeyName(key) == actor; }) ||
         std::any_of(grant.uids.begin(), grant.uids.end(),
                     [&](const std::int64_t uid) { return "uid:" + std::to_string(uid) == actor; });
}

bool SamePerson(const Principal& one, std::string_view actor, std::string_view name) {
  if (one.actor == actor) return true;
  return std::any_of(one.names.begin(), one.names.end(),
                     [&](const std::string& own) { return !name.empty() && own == name; });
}

Error RoleMissing(std::string_view request, Roles wanted) {
  std::string roles;
  for (const Role role : wanted.List()) {
    roles += (roles.empty() ? "" : " or ") + std::string(RoleWord(role));
  }
  return {Code::kRefused, "role-missing",
          std::string(request) + " needs the role " + roles +
              ". `rosterctl whoami` says which roles you have; an operator gives more in `access` "
              "of the config file. Nothing was done."};
}

Error NoRoleAtAll(const std::string& actor) {
  return {Code::kRefused, "no-role",
          "rosterd knows you as " + actor +
              ", and `access` of its config file gives that no role. An operator can add it. "
              "Nothing was done."};
}

}  // namespace roster::access
