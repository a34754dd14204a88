#pragma once

// What RocksDB's reader of the log cannot tell. Of this folder alone.

#include <filesystem>

#include "daemon/base/result.h"

namespace roster::store {

// A log may end with a record that was being written when the machine died, and RocksDB drops it
// without a word. It does the same with everything from a record on whose length points beyond the
// end of the log, or whose type has become that of a log used again (a flipped bit is enough). But
// each commit is synced before the next is written: a whole record that begins a commit, behind one
// that is not whole, means damage. Then: Corrupt "damaged". Touches nothing.
Result<void> CheckLogs(const std::filesystem::path& directory);

}  // namespace roster::store
