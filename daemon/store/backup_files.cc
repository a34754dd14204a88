#include "daemon/store/backup_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace roster::store {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr std::string_view kAsTheyWere = " The backups that were made before are as they were.";

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int value() const { return value_; }

 private:
  const int value_;
};

// What is read of it from then on comes from the disk.
Result<void> Sync(const fs::path& path, int flags) {
  const Descriptor descriptor(path, flags);
  if (descriptor.value() < 0 || ::fsync(descriptor.value()) != 0) {
    return tl::unexpected(BackupFileError(errno, path, "writing"));
  }
  // Advice: where it is not taken, nothing is lost but that.
  (void)::posix_fadvise(descriptor.value(), 0, 0, POSIX_FADV_DONTNEED);
  return {};
}

Result<void> MakeFolder(const fs::path& path, mode_t mode) {
  std::error_code error;
  const fs::path above = path.parent_path();
  if (!above.empty() && !fs::exists(above, error)) {
    ROSTER_TRY(MakeFolder(above, 0755), "");
  }
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return tl::unexpected(BackupFileError(errno, path, "making it"));
  }
  return SyncFolder(above.empty() ? fs::path(".") : above);
}

// Holds something, and no backups.
bool IsOfOthers(const fs::path& directory) {
  std::error_code error;
  return !fs::is_empty(directory, error) && !fs::exists(directory / "meta", error) &&
         !fs::exists(directory / "LOCK", error);
}

}  // namespace

Error BackupFileError(int error, const fs::path& path, std::string_view doing) {
  const std::string during = " (" + std::string(doing) + ": " + std::strerror(error) + ")";
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return {Code::kExhausted, "backup-disk-full",
              "The disk is full: no backup could be written to " + path.string() +
                  ". Make room, or keep fewer (backup.keep)." + std::string(kAsTheyWere)};
    case EROFS:
      return {Code::kExhausted, "backup-disk-read-only",
              "The disk with " + path.string() +
                  " is read-only: no backup could be written. Look at why (dmesg, mount); under "
                  "systemd its unit must also let it write there (ReadWritePaths=)." +
                  std::string(kAsTheyWere)};
    case EACCES:
    case EPERM:
    case ENOTDIR:
    case ENOENT:
      return {Code::kRefused, "backup-not-permitted",
              path.string() + " cannot be used for backups" + during +
                  ". It must be a directory of the user that rosterd runs as; under systemd its "
                  "unit must also let it write there (ReadWritePaths=)."};
    default:
      return {Code::kUnavailable, "backup-failed",
              "The disk with " + path.string() + " does not do as told" + during +
                  ". Look at it, then back up again." + std::string(kAsTheyWere)};
  }
}

Error BackupError(const rocksdb::Status& status, const fs::path& directory,
                  std::string_view doing) {
  // RocksDB has a code for a full disk alone; for the others its text holds errno's.
  const std::string text = status.ToString();
  if (status.IsNoSpace()) return BackupFileError(ENOSPC, directory, doing);
  for (const int error : {EROFS, EACCES, EPERM, EDQUOT}) {
    if (status.IsIOError() && Contains(text, std::strerror(error))) {
      return BackupFileError(error, directory, doing);
    }
  }
  const std::string during = " (" + std::string(doing) + ": " + text + ")";
  if (status.IsIncomplete()) {
    return {Code::kUnavailable, "backup-stopped",
            "rosterd was stopped while the backup was made. What is there of it the next one reads "
            "again, or removes." +
                std::string(kAsTheyWere)};
  }
  if (status.IsCorruption()) {
    return {Code::kCorrupt, "backup-damaged",
            "What is in " + directory.string() + " is not what was written there" + during +
                ". Look at its disk."};
  }
  return {Code::kUnavailable, "backup-failed",
          "The disk does not do as told" + during + ". Look at it, then back up again." +
              std::string(kAsTheyWere)};
}

Result<std::unique_ptr<rocksdb::BackupEngineReadOnly>> OpenBackups(const fs::path& directory) {
  rocksdb::BackupEngineReadOnly* engine = nullptr;
  const rocksdb::Status status = rocksdb::BackupEngineReadOnly::Open(
      rocksdb::BackupEngineOptions(directory.string()), rocksdb::Env::Default(), &engine);
  if (!status.ok()) return tl::unexpected(BackupError(status, directory, "opening it"));
  return {std::unique_ptr<rocksdb::BackupEngineReadOnly>(engine)};
}

Result<void> PrepareBackupDirectory(const fs::path& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    if (errno != ENOENT) return tl::unexpected(BackupFileError(errno, directory, "looking"));
    ROSTER_TRY(MakeFolder(directory, kFolderMode), "");
    return {};
  }
  if (!S_ISDIR(status.st_mode)) {
    return tl::unexpected(BackupFileError(ENOTDIR, directory, "looking"));
  }
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    return tl::unexpected(BackupFileError(errno, directory, "looking"));
  }
  if ((status.st_mode & 0777U) != kFolderMode && IsOfOthers(directory)) {
    return Fail(Code::kRefused, "backup-not-permitted",
                directory.string() +
                    " is used for other things, and others may look into it. Backups hold people's "
                    "data: name a directory of their own in backup.directory.");
  }
  if ((status.st_mode & 0777U) != kFolderMode && ::chmod(directory.c_str(), kFolderMode) != 0) {
    return tl::unexpected(BackupFileError(errno, directory, "closing it to others"));
  }
  return {};
}

Result<void> SyncFolder(const fs::path& directory) {
  return Sync(directory, O_RDONLY | O_DIRECTORY);
}

Result<void> CloseAndSync(const fs::path& directory) {
  std::error_code error;
  fs::recursive_directory_iterator entries(directory, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    const bool folder = entries->is_directory(error);
    if (!folder && !entries->is_regular_file(error)) continue;
    const fs::path& path = entries->path();
    if (::chmod(path.c_str(), folder ? kFolderMode : kFileMode) != 0) {
      return tl::unexpected(BackupFileError(errno, path, "closing it to others"));
    }
    ROSTER_TRY(Sync(path, folder ? O_RDONLY | O_DIRECTORY : O_RDONLY), "");
  }
  if (error) return tl::unexpected(BackupFileError(error.value(), directory, "reading"));
  ROSTER_TRY(SyncFolder(directory), "");
  return SyncFolder(directory.parent_path());
}

Result<void> WriteMark(const fs::path& file) {
  ROSTER_TRY(PrepareBackupDirectory(file.parent_path()), "");
  {
    const Descriptor mark(file, O_WRONLY | O_CREAT, kFileMode);
    if (mark.value() < 0 || ::fsync(mark.value()) != 0) {
      return tl::unexpected(BackupFileError(errno, file, "writing"));
    }
  }
  return SyncFolder(file.parent_path());
}

Result<std::uint64_t> FreeBytes(const fs::path& directory) {
  struct statvfs status {};
  if (::statvfs(directory.c_str(), &status) != 0) {
    return tl::unexpected(BackupFileError(errno, directory, "looking"));
  }
  return {static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize};
}

Result<FolderLock> FolderLock::Take(const fs::path& directory) {
  const fs::path path = directory / "LOCK";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (descriptor < 0) return tl::unexpected(BackupFileError(errno, directory, "locking"));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return Fail(Code::kRefused, "backup-in-use",
                "Another rosterd makes a backup in " + directory.string() +
                    " at this moment. Give each its own backup.directory.");
  }
  return {FolderLock(descriptor)};
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace roster::store
