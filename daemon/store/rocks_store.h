#pragma once

// The store on disk: RocksDB, one column family a family. Recovery takes a torn tail of the log (a
// commit that never returned) and refuses damage before it.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/store/codec.h"
#include "daemon/store/migration.h"
#include "daemon/store/rocks_backups.h"
#include "daemon/store/store.h"

namespace rocksdb {
class FileSystem;
}

namespace roster::store {

struct RocksOptions {
  std::string program = "rosterd";  // written into a new directory, for people
  // Commits are refused below this much free space, before RocksDB runs into the wall itself.
  std::uint64_t free_bytes_min = std::uint64_t{16} << 20U;
  std::uint64_t write_buffer_bytes = std::uint64_t{16} << 20U;  // of one family
  std::uint64_t block_cache_bytes = std::uint64_t{64} << 20U;
  // Where the bytes go; nullptr: the machine's own. Tests put faults in between.
  std::shared_ptr<rocksdb::FileSystem> file_system;
  // What this version writes, and how it gets there from an older format. Tests have their own.
  std::uint32_t format = kFormatVersion;
  std::vector<Migration> migrations = Migrations();
  bool checkpoint_before_upgrade = true;
};

class RocksStore : public Store {
 public:
  // Opens `path`, a directory of this store's own; makes it (mode 0700) when it is not there. One
  // whose disk has less room than free_bytes_min is opened too: as after a disk that was full. One
  // of an older format is brought to this one's, after a checkpoint beside it
  // (`PATH.before-upgrade-N`, N the older format), which stays.
  // Errors:
  //   Refused  "already-running"   another process has it open
  //            "newer-format"      a newer rosterd wrote it
  //            "not-permitted", "not-a-directory"
  //            "no-migration"      this version can't read so old a format
  //   Corrupt  "damaged"           RocksDB finds damage, or files are missing
  //            "bad-format"        not empty, and without a format that can be read
  //   Exhausted "disk-full", "disk-read-only", Unavailable "disk"
  static Result<std::unique_ptr<RocksStore>> Open(const std::filesystem::path& path,
                                                  const RocksOptions& options = {});
  // The same only to read, and locked as if to write; one of an older format is refused ("older-
  // format"), and one that is not there is not made.
  static Result<std::unique_ptr<RocksStore>> OpenToRead(const std::filesystem::path& path);
  ~RocksStore() override;
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const override;
  std::unique_ptr<Cursor> Scan(Family family, std::string_view begin,
                               std::string_view end) const override;

  // After a disk that was full, or read-only, the store opens its files anew, at the first commit
  // that finds room and no snapshot or cursor alive; until then commits are Exhausted, and reading
  // goes on.
  Result<void> Commit(const Batch& batch, bool sync) override;

  // Keeps the database open for as long as it lives: end it before the store.
  std::unique_ptr<Reader> Snapshot() const override;

  // Rewrites the families that hold people's data without what was deleted or replaced in them, and
  // the list of files (MANIFEST), which names keys; the old files are gone when it has ended. Reads
  // and writes as many bytes as the store has, and holds up nobody.
  void StartPurge() override;
  std::optional<Result<void>> TakePurged() override;

  // Writes what is in memory into table files. For tests and before a copy.
  Result<void> Flush();

  // A backup of all that is committed (rocks_backups.h), while others read and commit. Any thread,
  // one at a time. Until it has returned the store does not open its files anew.
  Result<MadeBackup> MakeBackup(const BackupOptions& options,
                                const std::function<void(model::BackupProgress)>& progress,
                                const std::stop_token& stop) const;

  class Database;  // rocks_database.h

 private:
  RocksStore(std::filesystem::path path, RocksOptions options, std::shared_ptr<Database> database);
  std::shared_ptr<Database> database() const;
  Result<void> Reopen();
  Result<void> Upgrade();

  const std::filesystem::path path_;
  const RocksOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<Database> database_;  // under mutex_; nullptr: a reopening failed
  std::future<Result<void>> purge_;     // commit's thread
  std::atomic<bool> purge_ended_ = false;
  std::optional<std::uint64_t> stalled_at_;  // sequence number at a failed write; commit's thread
};

}  // namespace roster::store
