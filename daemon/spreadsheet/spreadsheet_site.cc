#include "daemon/spreadsheet/spreadsheet_site.h"

#include <exception>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/spreadsheet/import_row.h"

namespace roster::spreadsheet {
namespace {

using model::Account;
using model::Action;
using model::Field;
using model::Outcome;
using model::Task;
using target::Finding;

Outcome NoRetryHelps(std::string reason) {
  return model::Failed{std::move(reason), /*again=*/false, /*site_failing=*/false, std::nullopt};
}

Outcome Stopped() {
  return model::Failed{std::string(model::kWorkerStopped), true, false, std::nullopt};
}

Outcome ToUpload() { return model::Unknown{std::string(model::kToUpload), /*untold=*/true}; }

Finding Superseded(std::string reason) {
  return {Finding::Kind::kSuperseded, std::move(reason), {}};
}

// Of an add, what somebody logs in with.
const std::string& LoginOf(const Task& task) {
  static const std::string kNone;
  const std::string* login = &kNone;
  for (const model::FieldChange& change : task.fields) {
    if (change.field == Field::kUserName) return change.after;
    if (change.field == Field::kEmail) login = &change.after;
  }
  return *login;
}

// Whether an address that is to be written is another account's (rules, 17): whoever uploads it
// would be refused, or would have two accounts with one login.
bool IsTaken(const target::Writing& writing, const Account& own, const Export& shown) {
  for (const model::FieldChange& change : writing.fields) {
    if (!model::IsEmailField(change.field) || Trim(change.after).empty()) continue;
    for (const Account* other : shown.FindByEmail(change.after)) {
      if (other->id != own.id) return true;
    }
  }
  return false;
}

}  // namespace

SpreadsheetSite::SpreadsheetSite(SharedExport& shared,
                                 const std::vector<std::string>& protected_roles,
                                 const Clock& clock, std::function<void(const Error&)> told)
    : shared_(shared),
      settings_(shared.settings()),
      imports_(settings_.import_directory, settings_.delimiter, clock),
      told_(std::move(told)) {
  policy_.has_extension = true;
  policy_.declares_invited = !settings_.columns.invited.empty();
  for (const std::string& role : protected_roles) {
    policy_.protected_roles.push_back(Fold(Trim(role)));
  }
}

Result<model::Accounts> SpreadsheetSite::ReadAccounts(
    const std::function<void(std::uint64_t, std::uint64_t)>& progress,
    const std::stop_token& stop) {
  ROSTER_ASSIGN(const auto shown, shared_.Get(progress, stop), "");
  return shown->accounts;
}

SpreadsheetSite::Look SpreadsheetSite::LookForAdd(const Task& task, const Export& shown) const {
  const auto carriers = shown.FindByExternalId(task.external_id);
  if (carriers.size() > 1) return {Superseded("ambiguous"), nullptr};
  // Whatever it says: it is this person's. The next poll shows what differs.
  if (carriers.size() == 1) return {{}, carriers.front()};
  if (!shown.FindByEmail(LoginOf(task)).empty()) return {Superseded("username-taken"), nullptr};
  return {{Finding::Kind::kToWrite, "", {}}, nullptr};
}

SpreadsheetSite::Look SpreadsheetSite::LookAt(const Task& task, const Export& shown) const {
  const Account* const account = shown.Find(task.account);
  if (account == nullptr) return {Superseded("gone"), nullptr};
  Account seen = *account;
  // Where the site has no place for it, the link is ours alone.
  if (settings_.columns.external_id.empty()) {
    if (!target::StillFits(task, seen)) return {Superseded("changed-on-site"), account};
    seen.external_id = task.external_id;
  }
  if (task.action == Action::kInvite && !policy_.declares_invited) {
    return {{Finding::Kind::kImpossible, "no-invitations", {}}, account};
  }
  // Of what nobody knows, the import file tells more than the account.
  Task plain = task;
  plain.doubt.clear();
  Finding finding = Judge(plain, seen, policy_);
  if (IsTaken(finding.writing, *account, shown)) finding = Superseded("username-taken");
  return {std::move(finding), account};
}

// Nothing was listed: it can be tried again.
Outcome SpreadsheetSite::NotListed(const Error& error, const std::stop_token& stop) const {
  if (stop.stop_requested() || error.reason == "stopped") return Stopped();
  if (told_) told_(error);
  const bool failing = error.reason != "import-busy";
  return model::Failed{error.reason, /*again=*/true, failing, std::nullopt};
}

Outcome SpreadsheetSite::Execute(const Task& task, const std::stop_token& stop) {
  try {
    return ExecuteTask(task, stop);
  } catch (const std::exception&) {
    return model::Unknown{"no-answer"};  // out of memory: it may have been listed
  }
}

Outcome SpreadsheetSite::ExecuteTask(const Task& task, const std::stop_token& stop) {
  if (task.action == Action::kNone || task.external_id.empty() ||
      (task.action != Action::kAdd && task.account.value().empty())) {
    return NoRetryHelps("invalid-task");
  }
  const auto shown = shared_.Get([](std::uint64_t, std::uint64_t) {}, stop);
  if (!shown) return NotListed(shown.error(), stop);
  const auto [finding, account] =
      task.action == Action::kAdd ? LookForAdd(task, **shown) : LookAt(task, **shown);
  switch (finding.kind) {
    case Finding::Kind::kDone: {
      // No attempt before this one may list it any more.
      Outcome end = model::Applied{*account, /*already=*/true};
      if (task.attempt <= 1) return end;
      const auto row = MakeImportRow(task, account, settings_);
      if (!row) return end;
      const auto fenced = imports_.Withdraw(task, *row, stop);
      return fenced ? end : NotListed(fenced.error(), stop);
    }
    case Finding::Kind::kToWrite:
      break;
    case Finding::Kind::kImpossible:
      return EndUnlessListed(task, account, NoRetryHelps(finding.reason), stop);
    default:
      return EndUnlessListed(task, account,
                             model::Superseded{task.look_only ? "changed" : finding.reason}, stop);
  }
  if (task.look_only) return EndUnlessListed(task, account, model::Superseded{"changed"}, stop);
  const auto row = MakeImportRow(task, account, settings_);
  if (!row) return EndUnlessListed(task, account, NoRetryHelps(row.error().reason), stop);
  if (stop.stop_requested()) return Stopped();
  const auto listed = imports_.List(task, *row, stop);
  if (!listed) return NotListed(listed.error(), stop);
  return *listed == ImportFolder::Standing::kListed ? ToUpload()
                                                    : Outcome(model::Unknown{"no-answer"});
}

Outcome SpreadsheetSite::EndUnlessListed(const Task& task, const Account* account, Outcome end,
                                         const std::stop_token& stop) {
  if (task.attempt <= 1) return end;  // nobody can have listed it
  // Its key is all that counts here; an account that is gone is known by the task's own word.
  Account gone;
  gone.id = task.account;
  Task bare = task;
  bare.fields.clear();
  const bool add = task.action == Action::kAdd;
  auto row = MakeImportRow(add ? task : bare,
                           add                  ? nullptr
                           : account != nullptr ? account
                                                : &gone,
                           settings_);
  if (!row) row = ImportRow{{settings_.columns.id}, {task.account.value()}, 0};
  const auto standing = imports_.Withdraw(task, *row, stop);
  if (!standing) return NotListed(standing.error(), stop);
  return *standing == ImportFolder::Standing::kListed ? ToUpload() : end;
}

}  // namespace roster::spreadsheet
