#pragma once

// A volunteer site without an API, as the config describes its files: what it exports, and where
// import files go.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/model/change.h"
#include "daemon/model/field.h"

namespace roster::model {

// How the export writes a day.
enum class DateOrder : std::uint8_t {
  kIso = 1,     // 2026-08-24
  kMonthFirst,  // 08/24/2026
  kDayFirst,    // 24/08/2026
};

// The headers of the site's file; "": it has no such column.
struct SheetColumns {
  std::string id;
  std::string external_id;
  std::string status;
  std::string site_roles;  // who owns, manages or coordinates the site (rules.md, 16)
  std::string last_accessed;
  std::string invited;
  // Sorted by field. Without a column of its own, userName is what stands under emails.
  std::vector<std::pair<Field, std::string>> fields;

  // "" when there is none.
  const std::string& Of(Field field) const {
    static const std::string kNone;
    for (const auto& [known, header] : fields) {
      if (known == field) return header;
    }
    return kNone;
  }

  friend bool operator==(const SheetColumns&, const SheetColumns&) = default;
};

struct Spreadsheet {
  std::string export_file;       // absolute
  std::string import_directory;  // absolute
  SheetColumns columns;
  // Of the column `status`, compared without case. The first is what import files say.
  std::vector<std::string> active_words;
  std::vector<std::string> archived_words;
  char delimiter = ',';  // of both files
  DateOrder dates = DateOrder::kIso;

  friend bool operator==(const Spreadsheet&, const Spreadsheet&) = default;
};

// "plan-12-add": what the names of the files of a plan and action begin with.
std::string ImportFileStem(PlanId plan, Action action);
// "plan-12-add.csv"; of those who were listed a second time, "plan-12-add-2.csv".
std::string ImportFileName(PlanId plan, Action action, std::size_t round = 1);

}  // namespace roster::model
