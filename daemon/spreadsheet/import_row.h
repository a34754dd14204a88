#pragma once

// From a task to the row of an import file. Pure.

#include <cstddef>

#include "daemon/base/result.h"
#include "daemon/model/account.h"
#include "daemon/model/plan.h"
#include "daemon/model/spreadsheet.h"
#include "daemon/spreadsheet/csv.h"

namespace roster::spreadsheet {

struct ImportRow {
  CsvRow header;
  CsvRow row;
  std::size_t key = 0;  // the column that tells whose row it is: no two rows of a file share it
};

// `account`: as the export shows it, nullptr for an add. Cells that do not change say what is there
// already, so that an import that overwrites loses nothing. Errors, both Invalid: "invalid-text" (a
// value is no single line of text), "unsafe-text" (a spreadsheet program would take it for a
// formula).
Result<ImportRow> MakeImportRow(const model::Task& task, const model::Account* account,
                                const model::Spreadsheet& settings);

// Whether a spreadsheet program may take a cell that holds this for a formula: it begins with = + -
// @, or there is one of them behind a semicolon. A phone number may begin with +, and is digits and
// what stands between them then.
bool LooksLikeFormula(std::string_view value);
bool IsPhoneNumber(std::string_view value);

}  // namespace roster::spreadsheet
