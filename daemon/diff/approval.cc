#include "daemon/diff/diff.h"

namespace roster::diff {

using model::Action;
using model::Change;
using model::WritesFields;

Digest ApprovalDigest(const Change& change, Action action) {
  Canonical content;
  content.Add("roster.change.1");
  content.Add(static_cast<std::uint64_t>(change.candidate.person.value()));
  content.Add(static_cast<std::uint64_t>(action));
  const bool has_account = action != Action::kAdd && change.account.has_value();
  content.Add(has_account ? change.account->id.value() : "");
  content.Add(std::uint64_t{has_account && change.account->active});
  content.Add(std::uint64_t{WritesFields(action) && !change.linked});  // writes externalId
  content.Add(std::uint64_t{WritesFields(action) ? change.fields.size() : 0});
  if (WritesFields(action)) {
    for (const model::FieldChange& field : change.fields) {
      content.Add(static_cast<std::uint64_t>(field.field)).Add(field.before).Add(field.after);
    }
  }
  const bool invited = action == Action::kInvite && has_account && change.account->invited;
  content.Add(std::uint64_t{invited});
  if (invited) {
    content.Add(static_cast<std::uint64_t>(change.account->invited->time_since_epoch().count()));
  }
  return Blake2b(content.bytes());
}

model::Account Apply(model::Account account, const std::vector<model::FieldChange>& fields,
                     Action action) {
  if (WritesFields(action)) {
    for (const model::FieldChange& field : fields) account.fields.Set(field.field, field.after);
  }
  if (action == Action::kAdd || action == Action::kRestore) account.active = true;
  if (action == Action::kArchive) account.active = false;
  return account;
}

}  // namespace roster::diff
