#pragma once

// The folder of import files: one row a task, written durably, and never twice. Several threads and
// several processes may use one folder at once.

#include <cstdint>
#include <stop_token>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/model/plan.h"
#include "daemon/spreadsheet/import_row.h"

namespace roster::spreadsheet {

// Beside the files of a plan and action lies a ledger, ".plan-12-add.listed": which tasks were
// listed, by which attempt. It says what was done when the file itself is gone, since a person
// deletes it after uploading; it names nobody.
class ImportFolder {
 public:
  // kUnclear: the row may be in the file, or not: it is to be looked at again.
  enum class Standing : std::uint8_t { kNever, kListed, kUnclear };

  ImportFolder(std::string directory, char delimiter, const Clock& clock)
      : directory_(std::move(directory)), delimiter_(delimiter), clock_(clock) {}

  // Lists the task, unless it is listed already. kListed, or kUnclear. A task of an earlier
  // attempt, and without a doubt, was retried by a person, who has seen that nothing came of its
  // row: that is taken out of the file where it stands, and it is listed in the next one. Errors,
  // of a task that was not listed by this call: Unavailable "import-unwritable", "import-busy",
  // "import-damaged" (the file or ledger that the message names was changed), "import-foreign" (the
  // ledger is of tasks of another origin). Messages hold no personal data.
  Result<Standing> List(const model::Task& task, const ImportRow& row, const std::stop_token& stop);

  // The task is not to be done any more. kNever: it is in no file, and no attempt that began before
  // this one can list it any more. kListed: it may have been uploaded. Takes the row out of its
  // file where a person has said that it was not (no doubt). Errors as above.
  Result<Standing> Withdraw(const model::Task& task, const ImportRow& row,
                            const std::stop_token& stop);

 private:
  class Ledger;

  std::string PathOf(const model::Task& task, std::size_t round) const;
  Result<Standing> ListIn(const std::string& path, Ledger& ledger, const model::Task& task,
                          const ImportRow& row) const;
  Result<bool> Holds(const std::string& path, const ImportRow& row) const;
  Result<void> Remove(const std::string& path, const ImportRow& row) const;

  std::string directory_;
  char delimiter_;
  const Clock& clock_;
};

}  // namespace roster::spreadsheet
