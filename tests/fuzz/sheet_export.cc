// The export of a site without an API: accounts that are whole, or why not. The first byte chooses
// the delimiter, how days are written, and in pieces of which size the bytes come.

#include <algorithm>
#include <optional>

#include "daemon/base/text.h"
#include "daemon/spreadsheet/csv.h"
#include "daemon/spreadsheet/export.h"
#include "tests/fuzz/fuzz.h"

namespace roster::fuzz {
namespace {

using spreadsheet::CsvReader;
using spreadsheet::CsvRow;

model::Spreadsheet Sheet(std::uint8_t choice) {
  using model::Field;
  constexpr char kDelimiters[] = {',', ';', '\t', ','};
  model::Spreadsheet sheet;
  sheet.columns.id = "ID";
  sheet.columns.external_id = "External";
  sheet.columns.status = "Status";
  sheet.columns.site_roles = "Roles";
  sheet.columns.last_accessed = "Login";
  sheet.columns.fields = {{Field::kEmail, "Email"}, {Field::kGivenName, "First"}};
  sheet.active_words = {"Active"};
  sheet.archived_words = {"Archived"};
  sheet.delimiter = kDelimiters[choice & 3U];
  sheet.dates = static_cast<model::DateOrder>(1 + ((choice >> 2U) & 3U) % 3);
  return sheet;
}

// The rows; nullopt: refused.
std::optional<std::vector<CsvRow>> Rows(std::string_view bytes, std::size_t piece, char delimiter) {
  std::vector<CsvRow> rows;
  CsvReader reader(delimiter, {}, [&](std::uint64_t line, CsvRow& row) -> Result<void> {
    Expect(line >= 1, "A row has no line.");
    for (const std::string& field : row) Expect(IsValidUtf8(field), "A field is not UTF-8.");
    rows.push_back(row);
    return {};
  });
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (const auto fed = reader.Feed(bytes.substr(at, piece)); !fed) {
      ExpectError(fed.error(), {"site-malformed"});
      return std::nullopt;
    }
  }
  if (const auto finished = reader.Finish(); !finished) {
    ExpectError(finished.error(), {"site-malformed"});
    return std::nullopt;
  }
  return rows;
}

void CheckRows(std::string_view bytes, std::size_t piece, char delimiter) {
  const auto whole = Rows(bytes, bytes.size() + 1, delimiter);
  Expect(whole == Rows(bytes, piece, delimiter), "Pieces make a difference.");
  if (!whole) return;
  std::string written;
  for (const CsvRow& row : *whole) written += spreadsheet::CsvLine(row, delimiter);
  Expect(Rows(written, piece, delimiter) == whole, "What is written is not what is read.");
}

void CheckAccounts(const model::Spreadsheet& sheet, std::string_view bytes) {
  const auto accounts = spreadsheet::ParseExport(sheet, bytes);
  if (!accounts) return ExpectError(accounts.error(), {"site-malformed"});
  const auto& all = accounts->all;
  Expect(std::is_sorted(all.begin(), all.end(),
                        [](const auto& a, const auto& b) { return a.id < b.id; }),
         "Accounts are not in order.");
  Expect(std::adjacent_find(all.begin(), all.end(),
                            [](const auto& a, const auto& b) { return a.id == b.id; }) == all.end(),
         "An id is there twice.");
  for (const model::Account& account : all) {
    Expect(!account.id.value().empty(), "An id is blank.");
    Expect(IsPlainText(account.id.value()) && IsPlainText(account.external_id),
           "An id is no plain text.");
    for (const auto& [field, value] : account.fields) {
      Expect(IsPlainText(value) && Trim(value) == value, "A value is no plain text.");
    }
  }
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const roster::model::Spreadsheet sheet = roster::fuzz::Sheet(data[0]);
  const std::string_view bytes = roster::fuzz::Bytes(data + 1, size - 1);
  roster::fuzz::CheckRows(bytes, 1 + (data[0] >> 4U), sheet.delimiter);
  roster::fuzz::CheckAccounts(sheet, bytes);
  return 0;
}
