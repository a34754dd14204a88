#pragma once

// Directories and files of backups and restores. Of this folder alone.

#include <rocksdb/status.h>
#include <rocksdb/utilities/backup_engine.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace roster::store {

// What RocksDB says about a directory of backups, as an error (rocks_backups.h). `doing`:
// "copying".
Error BackupError(const rocksdb::Status& status, const std::filesystem::path& directory,
                  std::string_view doing);

// What the system says: `error` is errno.
Error BackupFileError(int error, const std::filesystem::path& path, std::string_view doing);

// To read alone.
Result<std::unique_ptr<rocksdb::BackupEngineReadOnly>> OpenBackups(
    const std::filesystem::path& directory);

// Makes the directory where it is not, with those that it is in, and leaves it to its user alone.
Result<void> PrepareBackupDirectory(const std::filesystem::path& directory);

// Of everything below: directories 0700, files 0600; all of it on disk (fsync), the folder that it
// is in too.
Result<void> CloseAndSync(const std::filesystem::path& directory);
Result<void> SyncFolder(const std::filesystem::path& directory);

// An empty file, and its name, on disk.
Result<void> WriteMark(const std::filesystem::path& file);

Result<std::uint64_t> FreeBytes(const std::filesystem::path& directory);

// Whoever holds it is alone in the directory; dies with the process.
class FolderLock {
 public:
  // Refused "backup-in-use".
  static Result<FolderLock> Take(const std::filesystem::path& directory);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace roster::store
