#pragma once

// A disk that is full, read-only or slow while a file says so.

#include <rocksdb/file_system.h>

#include <memory>

namespace roster::crash {

// Reads the word in the file ROSTER_DISK before each write: "full", "read-only", "slow" (each sync
// takes kSlowSync), anything else or no file: well. nullptr, the machine's own disk, when
// ROSTER_DISK is not set.
std::shared_ptr<rocksdb::FileSystem> DiskOnDemand();

}  // namespace roster::crash
