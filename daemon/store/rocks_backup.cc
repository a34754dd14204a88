// Making a backup, and what there is of them.

#include <rocksdb/utilities/backup_engine.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <system_error>
#include <utility>

#include "daemon/store/backup_files.h"
#include "daemon/store/rocks_backups.h"
#include "daemon/store/rocks_database.h"
#include "daemon/store/rocks_store.h"

namespace roster::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kStepBytes = std::uint64_t{1} << 20U;  // of what is told

rocksdb::BackupEngineOptions EngineOptions(const fs::path& directory) {
  rocksdb::BackupEngineOptions options(directory.string());
  options.sync = true;
  options.callback_trigger_interval_size = kStepBytes;
  return options;
}

Result<void> Checked(const rocksdb::Status& status, const fs::path& directory,
                     std::string_view doing) {
  if (status.ok()) return {};
  return tl::unexpected(BackupError(status, directory, doing));
}

fs::path MarkOf(const fs::path& directory, std::uint32_t id) {
  return directory / "verified" / std::to_string(id);
}

bool IsVerified(const fs::path& directory, std::uint32_t id) {
  std::error_code error;
  return fs::exists(MarkOf(directory, id), error);
}

// The newest first.
std::vector<model::Backup> All(const rocksdb::BackupEngineReadOnlyBase& engine,
                               const fs::path& directory) {
  std::vector<rocksdb::BackupInfo> infos;
  engine.GetBackupInfo(&infos);
  std::vector<model::Backup> all;
  all.reserve(infos.size());
  for (const rocksdb::BackupInfo& info : infos) {
    all.push_back({info.backup_id, Time(std::chrono::seconds(info.timestamp)), info.size,
                   info.number_files, IsVerified(directory, info.backup_id), false,
                   info.app_metadata});
  }
  std::vector<rocksdb::BackupID> damaged;
  engine.GetCorruptedBackups(&damaged);
  for (const rocksdb::BackupID id : damaged) {
    model::Backup backup;
    backup.id = id;
    backup.damaged = true;
    all.push_back(backup);
  }
  std::sort(all.begin(), all.end(),
            [](const model::Backup& a, const model::Backup& b) { return a.id > b.id; });
  return all;
}

// Of the table files that no earlier backup has, as far as their names tell.
std::uint64_t BytesToCopy(rocksdb::DB& db, const fs::path& directory) {
  std::set<std::pair<std::string, std::string>> there;  // number, size
  std::error_code error;
  fs::directory_iterator files(directory / "shared_checksum", error);
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const std::string name = files->path().stem().string();  // 000012_sSESSION_34567
    const std::size_t size = name.rfind('_');
    if (size != std::string::npos)
      there.emplace(name.substr(0, name.find('_')), name.substr(size + 1));
  }
  std::vector<rocksdb::LiveFileMetaData> live;
  db.GetLiveFilesMetaData(&live);
  std::uint64_t bytes = 0;
  for (const rocksdb::LiveFileMetaData& file : live) {
    const std::string number = fs::path(file.name).stem().string();
    if (!there.contains({number, std::to_string(file.size)})) bytes += file.size;
  }
  return bytes;
}

// Makes one in a directory that is ours alone.
class Maker {
 public:
  Maker(const BackupOptions& options, const std::function<void(model::BackupProgress)>& progress,
        const std::stop_token& stop)
      : options_(options), progress_(progress), stop_(stop) {}

  Result<void> Open() {
    rocksdb::BackupEngine* engine = nullptr;
    ROSTER_TRY(Checked(rocksdb::BackupEngine::Open(EngineOptions(options_.directory),
                                                   rocksdb::Env::Default(), &engine),
                       options_.directory, "opening it"),
               "");
    engine_.reset(engine);
    // What a backup that was cut off has left.
    ROSTER_TRY(Checked(engine_->GarbageCollect(), options_.directory, "clearing up"), "");
    // Whole ones that nobody has read again, since the process ended before.
    for (const model::Backup& backup : All(*engine_, options_.directory)) {
      if (backup.damaged || backup.verified) continue;
      if (engine_->VerifyBackup(backup.id, true).ok()) {
        ROSTER_TRY(WriteMark(MarkOf(options_.directory, backup.id)), "");
      }
    }
    return {};
  }

  Result<std::uint32_t> Copy(rocksdb::DB& db) {
    // A copy that fills the disk would stop the store too, where it is the same one.
    const std::uint64_t needed = BytesToCopy(db, options_.directory);
    ROSTER_ASSIGN(const std::uint64_t free, FreeBytes(options_.directory), "");
    if (free < needed + options_.free_bytes_min) {
      return Fail(Code::kExhausted, "backup-disk-full",
                  "The backup needs about " + std::to_string((needed >> 20U) + 1) +
                      " MiB, and the disk with " + options_.directory.string() + " has " +
                      std::to_string(free >> 20U) + " MiB of room, of which " +
                      std::to_string(options_.free_bytes_min >> 20U) +
                      " MiB are to stay free. Nothing was written: make room, or keep fewer "
                      "(backup.keep).");
    }
    const std::stop_callback stopping(stop_, [this] { engine_->StopBackup(); });
    std::atomic<std::uint64_t> done = 0;
    rocksdb::CreateBackupOptions create;
    create.flush_before_backup = true;  // a table file is shared with later backups, a log is not
    create.progress_callback = [&] {
      progress_({"copy", std::min(done += kStepBytes, needed), needed});
    };
    progress_({"copy", 0, needed});
    rocksdb::BackupID id = 0;
    const auto status = engine_->CreateNewBackupWithMetadata(create, &db, options_.program, &id);
    if (!status.ok()) {
      // The next backup clears up as well, should this fail.
      if (!stop_.stop_requested()) engine_->GarbageCollect().PermitUncheckedError();
      return tl::unexpected(BackupError(status, options_.directory, "copying"));
    }
    return {id};
  }

  // Reads it again.
  Result<void> Verify(std::uint32_t id) {
    progress_({"verify", 0, 0});
    ROSTER_TRY(CloseAndSync(options_.directory), "");
    const rocksdb::Status status = engine_->VerifyBackup(id, true);
    if (status.ok()) return WriteMark(MarkOf(options_.directory, id));
    engine_->DeleteBackup(id).PermitUncheckedError();
    Error error = BackupError(status, options_.directory, "reading it again");
    if (error.code == Code::kCorrupt) {
      error.message =
          "The backup was read again after it was written, is not what was written, and was "
          "removed (" +
          status.ToString() +
          "). Earlier ones that share a damaged file are damaged too. Look at the disk with " +
          options_.directory.string() + ", and name a new directory in backup.directory.";
    }
    return tl::unexpected(std::move(error));
  }

  // Keeps so many that are verified. A damaged one counts for nothing, and goes with its age.
  void Rotate(MadeBackup& made) {
    std::uint32_t kept = 0;
    for (const model::Backup& backup : All(*engine_, options_.directory)) {
      if (kept < options_.keep) {
        if (backup.verified && !backup.damaged) ++kept;
        continue;
      }
      const rocksdb::Status status = engine_->DeleteBackup(backup.id);
      if (!status.ok()) {
        made.problem =
            "Backup " + std::to_string(backup.id) +
            " is older than those that are kept, and could not be removed: " + status.ToString();
        continue;
      }
      std::error_code ignored;  // a mark without a backup says nothing
      fs::remove(MarkOf(options_.directory, backup.id), ignored);
      ++made.removed;
    }
  }

  std::vector<model::Backup> AllOfThem() const { return All(*engine_, options_.directory); }

 private:
  const BackupOptions& options_;
  const std::function<void(model::BackupProgress)>& progress_;
  const std::stop_token& stop_;
  std::unique_ptr<rocksdb::BackupEngine> engine_;
};

}  // namespace

Result<MadeBackup> RocksStore::MakeBackup(
    const BackupOptions& options, const std::function<void(model::BackupProgress)>& progress,
    const std::stop_token& stop) const {
  const auto open = database();
  if (!open) {
    return Fail(Code::kUnavailable, "backup-failed",
                "The store is not open: nothing could be backed up. Start rosterd again.");
  }
  ROSTER_TRY(PrepareBackupDirectory(options.directory), "");
  ROSTER_ASSIGN(const FolderLock lock, FolderLock::Take(options.directory), "");
  Maker maker(options, progress, stop);
  ROSTER_TRY(maker.Open(), "");
  ROSTER_ASSIGN(const std::uint32_t id, maker.Copy(open->db()), "");
  ROSTER_TRY(maker.Verify(id), "");
  MadeBackup made;
  maker.Rotate(made);
  made.all = maker.AllOfThem();
  for (const model::Backup& backup : made.all) {
    if (backup.id == id) made.backup = backup;
  }
  return made;
}

Result<std::vector<model::Backup>> ListBackups(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory, error)) {
    if (error) return tl::unexpected(BackupFileError(error.value(), directory, "looking"));
    return {std::vector<model::Backup>()};
  }
  // RocksDB takes a directory that it can't read for one without backups.
  fs::directory_iterator readable(directory, error);
  if (error) return tl::unexpected(BackupFileError(error.value(), directory, "reading"));
  if (!fs::exists(directory / "meta", error)) return {std::vector<model::Backup>()};
  ROSTER_ASSIGN(const auto engine, OpenBackups(directory), "");
  return {All(*engine, directory)};
}

}  // namespace roster::store
