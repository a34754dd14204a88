#pragma once

// Whether the files and folders that the config names can be used by whoever runs this.

#include "daemon/base/result.h"
#include "daemon/model/spreadsheet.h"

namespace roster::spreadsheet {

// As the effective user: root may read what the units' users may not. A state of files is no
// wrong config: a start only tells of it, and a poll or a task tries anew.

// Errors: NotFound "export-missing" when no export is there yet; Invalid "export-unreadable".
Result<void> CheckExport(const model::Spreadsheet& settings);

// Errors: Invalid "imports-unreadable", "imports-unwritable". Says what to do about it.
Result<void> CheckImportsReadable(const model::Spreadsheet& settings);
Result<void> CheckImportsWritable(const model::Spreadsheet& settings);

}  // namespace roster::spreadsheet
