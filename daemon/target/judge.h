#pragma once

// What a look at an account says about a task: the effect is there, is to be written, or must not
// be any more. Pure.

#include <optional>
#include <string>
#include <vector>

#include "daemon/model/account.h"
#include "daemon/model/plan.h"

namespace roster::target {

struct Policy {
  std::vector<std::string> protected_roles;  // folded (rules, 16)
  bool has_extension = false;
  bool declares_invited = true;  // its schema has invitedAt, so that it can be asked for it
};

// What is left to write. Values that are there already are not in it.
struct Writing {
  std::vector<model::FieldChange> fields;
  bool external_id = false;
  std::optional<bool> active;
  bool invite = false;
};

struct Finding {
  // kUntold: of a task in doubt, the site can't tell whether the effect is there. kNotSeen: it is
  // not there now, and may still come.
  enum class Kind { kDone, kToWrite, kSuperseded, kImpossible, kUntold, kNotSeen };
  Kind kind = Kind::kDone;
  // kSuperseded: "linked-elsewhere", "protected", "archived-on-site", "changed-on-site",
  // "already-accessed"; kImpossible: "no-invitations"; kUntold: "not-told",
  // "not-shown"; kNotSeen: "not-seen"
  std::string reason;
  Writing writing;  // kToWrite
};

// For tasks on an account that exists: update, archive, restore, invite. An effect that is there
// counts, whatever else has changed since; what belongs to somebody else does not.
Finding Judge(const model::Task& task, const model::Account& account, const Policy& policy);

// Whether the account still has the addresses by which it was found to be the person's, those that
// the task itself writes apart. True of a task that makes no link.
bool StillFits(const model::Task& task, const model::Account& account);

// After the site accepted `writing`: what it dropped without saying so. "" when nothing,
// "externalid-not-kept", or "attribute-dropped". A value that is neither the old one nor none was
// taken: the site may have its own spelling of it, and the next poll shows the difference.
std::string DroppedBySite(const model::Task& task, const Writing& writing,
                          const model::Account& account);

bool IsExtensionField(model::Field field);

}  // namespace roster::target
