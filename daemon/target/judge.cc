#include "daemon/target/judge.h"

#include <algorithm>

#include "daemon/base/text.h"

namespace roster::target {
namespace {

using model::Account;
using model::Action;
using model::Field;
using model::FieldChange;
using model::SameValue;
using model::Task;

Finding Superseded(std::string reason) {
  return {Finding::Kind::kSuperseded, std::move(reason), {}};
}

bool IsProtected(const Account& account, const Policy& policy) {
  return std::any_of(account.roles.begin(), account.roles.end(), [&](const std::string& role) {
    const auto& roles = policy.protected_roles;
    return std::find(roles.begin(), roles.end(), Fold(Trim(role))) != roles.end();
  });
}

// An update and a restore make or mend the link; the others leave it.
bool Links(Action action) { return action == Action::kUpdate || action == Action::kRestore; }

Writing LeftToWrite(const Task& task, const Account& account, const Policy& policy) {
  Writing left;
  for (const FieldChange& change : task.fields) {
    if (IsExtensionField(change.field) && !policy.has_extension) continue;
    if (SameValue(change.field, account.fields.Get(change.field), change.after)) continue;
    left.fields.push_back(change);
  }
  left.external_id =
      Links(task.action) && !task.external_id.empty() && account.external_id != task.external_id;
  if (task.action == Action::kArchive && account.active) left.active = false;
  if (task.action == Action::kRestore && !account.active) left.active = true;
  return left;
}

bool IsNothing(const Writing& writing) {
  return writing.fields.empty() && !writing.external_id && !writing.active && !writing.invite;
}

bool ChangedOnSite(const Writing& left, const Account& account) {
  return std::any_of(left.fields.begin(), left.fields.end(), [&](const FieldChange& change) {
    return !SameValue(change.field, account.fields.Get(change.field), change.before);
  });
}

// What a look says of an invitation that may have been sent already. A second one can't be taken
// back, so that only a site that shows invitedAt proves that none was sent, and only versions keep
// a request that is late from being carried out beside ours. nullopt: none was sent.
std::optional<Finding> InDoubt(const Task& task, const Account& account, const Policy& policy) {
  const bool tells = account.invited || (policy.has_extension && policy.declares_invited);
  if (!tells || account.invited != task.invited_before) {
    return Finding{Finding::Kind::kUntold, "not-told", {}};
  }
  if (task.doubt == model::kUnseen) return Finding{Finding::Kind::kUntold, "not-shown", {}};
  if (account.version.empty()) return Finding{Finding::Kind::kNotSeen, "not-seen", {}};
  return std::nullopt;
}

Finding JudgeInvitation(const Task& task, const Account& account, const Policy& policy) {
  if (account.invited && account.invited != task.invited_before) return {};
  if (!task.doubt.empty()) {
    if (auto finding = InDoubt(task, account, policy)) return *std::move(finding);
  }
  if (!policy.has_extension) return {Finding::Kind::kImpossible, "no-invitations", {}};
  if (account.invited != task.invited_before) return Superseded("changed-on-site");
  if (account.last_accessed) return Superseded("already-accessed");
  if (!account.active) return Superseded("archived-on-site");
  if (IsProtected(account, policy)) return Superseded("protected");
  Finding finding{Finding::Kind::kToWrite, "", {}};
  finding.writing.invite = true;
  return finding;
}

}  // namespace

Finding Judge(const Task& task, const Account& account, const Policy& policy) {
  if (!account.external_id.empty() && account.external_id != task.external_id) {
    return Superseded("linked-elsewhere");
  }
  if (task.action == Action::kInvite) return JudgeInvitation(task, account, policy);
  Writing left = LeftToWrite(task, account, policy);
  if (IsNothing(left)) return {};
  if (IsProtected(account, policy)) return Superseded("protected");
  if (task.action == Action::kUpdate && task.was_active && !account.active) {
    return Superseded("archived-on-site");
  }
  if (ChangedOnSite(left, account)) return Superseded("changed-on-site");
  // What is equal is not in the task's fields, and the match was made by what is equal.
  if (left.external_id && !StillFits(task, account)) return Superseded("changed-on-site");
  return {Finding::Kind::kToWrite, "", std::move(left)};
}

bool StillFits(const Task& task, const Account& account) {
  if (!task.fitted_by) return true;
  const auto same = [&](Field field, const std::string& seen) {
    const bool written =
        std::any_of(task.fields.begin(), task.fields.end(),
                    [&](const FieldChange& change) { return change.field == field; });
    return written || SameValue(field, account.fields.Get(field), seen);
  };
  const model::FittedBy& by = *task.fitted_by;
  if (!same(Field::kUserName, by.user_name) || !same(Field::kEmail, by.email)) return false;
  if (by.other_email.empty()) return true;
  // Once the task has made it the account's e-mail, it need not stand among the others any more.
  const std::string key = EmailKey(by.other_email);
  const auto& others = account.other_emails;
  return EmailKey(account.fields.Get(Field::kEmail)) == key ||
         std::any_of(others.begin(), others.end(),
                     [&key](const std::string& address) { return EmailKey(address) == key; });
}

std::string DroppedBySite(const Task& task, const Writing& writing, const Account& account) {
  if (writing.external_id && account.external_id != task.external_id) return "externalid-not-kept";
  if (writing.active && account.active != *writing.active) return "attribute-dropped";
  if (writing.invite && account.invited == task.invited_before) return "attribute-dropped";
  for (const FieldChange& change : writing.fields) {
    const std::string& now = account.fields.Get(change.field);
    if (SameValue(change.field, now, change.after)) continue;
    if (SameValue(change.field, now, change.before) || Trim(now).empty()) {
      return "attribute-dropped";
    }
  }
  return "";
}

bool IsExtensionField(Field field) {
  return field == Field::kSchool || field == Field::kGrade || field == Field::kGrouping ||
         field == Field::kRole;
}

}  // namespace roster::target
