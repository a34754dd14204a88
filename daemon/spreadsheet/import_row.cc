#include "daemon/spreadsheet/import_row.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "daemon/base/text.h"

namespace roster::spreadsheet {
namespace {

using model::Action;
using model::Field;
using model::Fields;

constexpr std::string_view kFormulaBegins = "=+-@";

bool IsPhoneField(Field field) {
  return field == Field::kHomePhone || field == Field::kMobilePhone;
}

// Whom to invite, and nothing else of them.
bool IsShown(Action action, Field field) {
  return action != Action::kInvite || field == Field::kGivenName || field == Field::kFamilyName ||
         model::IsEmailField(field);
}

// What the account is to have.
Fields Wanted(const model::Task& task, const model::Account* account,
              const model::SheetColumns& columns) {
  Fields fields = account == nullptr ? Fields() : account->fields;
  // One column for both: the login and the e-mail.
  const bool shared = columns.Of(Field::kUserName).empty();
  for (const model::FieldChange& change : task.fields) {
    const bool login = shared && change.field == Field::kUserName;
    fields.Set(login ? Field::kEmail : change.field, change.after);
  }
  return fields;
}

bool WritesExternalId(Action action) {
  return action == Action::kAdd || action == Action::kUpdate || action == Action::kRestore;
}

class Builder {
 public:
  void Add(const std::string& header, const std::string& value, bool phone = false) {
    if (header.empty()) return;
    if (!IsPlainText(value)) reason_ = "invalid-text";
    if (LooksLikeFormula(value) && !(phone && IsPhoneNumber(value)) && reason_.empty()) {
      reason_ = "unsafe-text";
    }
    made_.header.push_back(header);
    made_.row.push_back(value);
  }
  // The column that was added last.
  void Key() { made_.key = made_.row.size() - 1; }

  Result<ImportRow> Finish() {
    if (reason_.empty()) return std::move(made_);
    return Fail(Code::kInvalid, reason_, "A value can't stand in an import file.");
  }

 private:
  ImportRow made_;
  std::string reason_;
};

}  // namespace

bool IsPhoneNumber(std::string_view value) {
  const bool known = std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= '0' && c <= '9') || std::string_view("+ ()-./x").find(c) != std::string_view::npos;
  });
  const auto plus = std::count(value.begin(), value.end(), '+');
  return known && (plus == 0 || (plus == 1 && value.front() == '+'));
}

bool LooksLikeFormula(std::string_view value) {
  const auto begins = [](std::string_view text) {
    const std::string_view trimmed = Trim(text);
    return !trimmed.empty() && kFormulaBegins.find(trimmed.front()) != std::string_view::npos;
  };
  if (begins(value)) return true;
  for (std::size_t at = value.find(';'); at != std::string_view::npos;
       at = value.find(';', at + 1)) {
    if (begins(value.substr(at + 1))) return true;
  }
  return false;
}

Result<ImportRow> MakeImportRow(const model::Task& task, const model::Account* account,
                                const model::Spreadsheet& settings) {
  const model::SheetColumns& columns = settings.columns;
  const Fields fields = Wanted(task, account, columns);
  Builder builder;
  if (account != nullptr) {
    builder.Add(columns.id, account->id.value());
    builder.Key();
  }
  if (!columns.external_id.empty()) {
    builder.Add(columns.external_id, account == nullptr || WritesExternalId(task.action)
                                         ? task.external_id
                                         : account->external_id);
    if (account == nullptr) builder.Key();
  }
  for (const auto& [field, header] : columns.fields) {
    if (!IsShown(task.action, field)) continue;
    builder.Add(header, fields.Get(field), IsPhoneField(field));
    if (account == nullptr && columns.external_id.empty() && field == Field::kEmail) builder.Key();
  }
  if (task.action == Action::kArchive) builder.Add(columns.status, settings.archived_words.front());
  if (task.action == Action::kRestore) builder.Add(columns.status, settings.active_words.front());
  return builder.Finish();
}

}  // namespace roster::spreadsheet
