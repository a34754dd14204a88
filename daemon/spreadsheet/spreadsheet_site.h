#pragma once

// A volunteer site without an API: its own export is what it says, and a person uploads what is to
// be done.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/spreadsheet/export.h"
#include "daemon/spreadsheet/import_folder.h"
#include "daemon/target/judge.h"
#include "daemon/target/site.h"

namespace roster::spreadsheet {

// Outcomes of Execute. Applied, always already: the export shows the effect. Unknown, untold:
// "to-upload" (it is listed in the import file). Unknown: "no-answer" (the disk failed while it was
// listed). Superseded: "changed-on-site", "protected", "archived-on-site", "linked-elsewhere",
// "username-taken", "gone", "already-accessed", "ambiguous", "changed" (only looked). Again, and
// counted as the site's failing: the reasons of ReadExport, "import-unwritable", "import-damaged",
// "import-foreign". Again, this task's own: "import-busy", "stopped". Not again: "no-invitations"
// (no column would show that one was sent), "invalid-text", "unsafe-text", "invalid-task".
class SpreadsheetSite : public target::Site {
 public:
  // What is passed by reference must outlive it; `shared` is shared by all threads of a process.
  // `told` hears of each task that the files kept from being listed: an outcome has but a word, and
  // the message says which file. It holds no personal data.
  SpreadsheetSite(SharedExport& shared, const std::vector<std::string>& protected_roles,
                  const Clock& clock, std::function<void(const Error&)> told = {});

  Result<model::Accounts> ReadAccounts(
      const std::function<void(std::uint64_t, std::uint64_t)>& progress,
      const std::stop_token& stop) override;
  model::Outcome Execute(const model::Task& task, const std::stop_token& stop) override;

 private:
  // What the export says of a task; `account` is the one that it is about, nullptr when there is
  // none.
  struct Look {
    target::Finding finding;
    const model::Account* account = nullptr;
  };

  Look LookForAdd(const model::Task& task, const Export& shown) const;
  Look LookAt(const model::Task& task, const Export& shown) const;
  model::Outcome NotListed(const Error& error, const std::stop_token& stop) const;
  model::Outcome ExecuteTask(const model::Task& task, const std::stop_token& stop);
  // The task ends as `end`, unless it is in an import file.
  model::Outcome EndUnlessListed(const model::Task& task, const model::Account* account,
                                 model::Outcome end, const std::stop_token& stop);

  SharedExport& shared_;
  const model::Spreadsheet& settings_;
  ImportFolder imports_;
  target::Policy policy_;
  std::function<void(const Error&)> told_;
};

}  // namespace roster::spreadsheet
