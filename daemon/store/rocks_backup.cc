// Making a backup, and what there is of them.

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
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

// Files whose reading ends when a stop is asked for: RocksDB's own verification knows no end but
// its end, and reads gigabytes.
class StoppableFiles : public rocksdb::FileSystemWrapper {
 public:
  explicit StoppableFiles(std::stop_token stop)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), stop_(std::move(stop)) {}

  const char* Name() const override { return "StoppableFiles"; }

  rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override {
    auto status = target()->NewSequentialFile(name, options, file, debug);
    if (status.ok()) *file = std::make_unique<File>(std::move(*file), stop_);
    return status;
  }

 private:
  class File : public rocksdb::FSSequentialFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSSequentialFile> file, std::stop_token stop)
        : FSSequentialFileOwnerWrapper(std::move(file)), stop_(std::move(stop)) {}

    rocksdb::IOStatus Read(std::size_t bytes, const rocksdb::IOOptions& options,
                           rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* debug) override {
      if (stop_.stop_requested()) return rocksdb::IOStatus::Aborted("stopped");
      return FSSequentialFileOwnerWrapper::Read(bytes, options, result, scratch, debug);
    }

   private:
    const std::stop_token stop_;
  };

  const std::stop_token stop_;
};

rocksdb::BackupEngineOptions EngineOptions(const fs::path& directory, rocksdb::Env* env) {
  rocksdb::BackupEngineOptions options(directory.string(), env);
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

// Those whose backup is not there: its number will be given again.
void RemoveStrayMarks(const fs::path& directory, const std::vector<model::Backup>& all) {
  std::set<std::string> numbers;
  for (const model::Backup& backup : all) numbers.insert(std::to_string(backup.id));
  std::vector<fs::path> strays;
  std::error_code error;
  fs::directory_iterator marks(directory / "verified", error);
  for (; !error && marks != fs::directory_iterator(); marks.increment(error)) {
    if (!numbers.contains(marks->path().filename().string())) strays.push_back(marks->path());
  }
  for (const fs::path& stray : strays) fs::remove(stray, error);
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

// Of the table files that no earlier backup has, as far as their names tell, and of what is not in
// one yet: that is written twice, once into the store.
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
  std::uint64_t unwritten = 0;
  db.GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &unwritten);
  std::uint64_t bytes = 2 * unwritten;
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
      : options_(options),
        progress_(progress),
        stop_(stop),
        env_(rocksdb::NewCompositeEnv(std::make_shared<StoppableFiles>(stop))) {}

  Result<void> Open() {
    ROSTER_TRY(OpenEngine(), "");
    std::vector<rocksdb::BackupID> damaged;
    engine_->GetCorruptedBackups(&damaged);
    healing_ = !damaged.empty();
    // What a backup that was cut off has left. Not what damaged ones have, which may become whole.
    if (!healing_) {
      ROSTER_TRY(Checked(engine_->GarbageCollect(), options_.directory, "clearing up"), "");
    }
    return ReadAgain();
  }

  // A backup of it that was read again, under its number. What of its files earlier ones have too,
  // damaged or not at all, is copied anew, which makes those whole: `healed` says whether.
  Result<std::uint32_t> Make(rocksdb::DB& db, bool& healed) {
    for (std::size_t round = 0;; ++round) {
      const auto copied = Copy(db);
      if (copied) {
        ROSTER_TRY(CloseAndSync(options_.directory), "");
        progress_({"verify", 0, 0});
        const rocksdb::Status status = engine_->VerifyBackup(*copied, true);
        if (status.ok()) {
          ROSTER_TRY(WriteMark(MarkOf(options_.directory, *copied)), "");
          healed = healing_;
          if (healing_) ROSTER_TRY(EndHealing(), "");
          return *copied;
        }
        if (stop_.stop_requested())
          return tl::unexpected(Stopped());  // the next run reads it again
        if (!healing_) engine_->DeleteBackup(*copied).PermitUncheckedError();
        ROSTER_TRY(TakeAway(BackupError(status, options_.directory, "reading it again"), round),
                   "");
      } else {
        ROSTER_TRY(TakeAway(copied.error(), round), "");
      }
    }
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
      std::error_code ignored;  // one that is left goes with the next run
      fs::remove(MarkOf(options_.directory, backup.id), ignored);
      ++made.removed;
    }
  }

  std::vector<model::Backup> AllOfThem() const { return All(*engine_, options_.directory); }

 private:
  static constexpr std::size_t kHealedMax = 16;  // files

  // Takes the shared file away that an error names as damaged, so that it is copied anew; else that
  // is the end.
  Result<void> TakeAway(Error error, std::size_t round) {
    if (error.code != Code::kCorrupt) return tl::unexpected(std::move(error));
    // Others may share what is damaged: all are to be read again.
    std::error_code ignored;
    fs::remove_all(options_.directory / "verified", ignored);
    const fs::path damaged = SharedFileNamedIn(error.message);
    if (damaged.empty() || round >= kHealedMax || !fs::remove(damaged, ignored)) {
      error.message = "The backup is not what was written (" + error.message +
                      "). Earlier ones that share a damaged file are damaged too. Look at the disk "
                      "with " +
                      options_.directory.string() +
                      ", then back up again; should that not help, name a new directory in "
                      "backup.directory.";
      return tl::unexpected(std::move(error));
    }
    healing_ = true;
    return OpenEngine();
  }

  // The earlier ones are known again, and what is damaged of them still stays so.
  Result<void> EndHealing() {
    healing_ = false;
    ROSTER_TRY(OpenEngine(), "");
    ROSTER_TRY(Checked(engine_->GarbageCollect(), options_.directory, "clearing up"), "");
    return ReadAgain();
  }

  // Clears nothing away: files that only damaged backups have are left to them.
  Result<void> OpenEngine() {
    engine_.reset();
    rocksdb::BackupEngine* engine = nullptr;
    ROSTER_TRY(Checked(rocksdb::BackupEngine::Open(EngineOptions(options_.directory, env_.get()),
                                                   rocksdb::Env::Default(), &engine),
                       options_.directory, "opening it"),
               "");
    engine_.reset(engine);
    return {};
  }

  // Whole ones that nobody has read again, since the process ended before, or one was damaged.
  Result<void> ReadAgain() {
    const auto all = All(*engine_, options_.directory);
    RemoveStrayMarks(options_.directory, all);
    for (const model::Backup& backup : all) {
      if (backup.damaged || backup.verified) continue;
      const rocksdb::Status status = engine_->VerifyBackup(backup.id, true);
      if (stop_.stop_requested()) return tl::unexpected(Stopped());
      if (status.ok()) ROSTER_TRY(WriteMark(MarkOf(options_.directory, backup.id)), "");
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
      // The next backup clears up as well.
      if (!stop_.stop_requested() && !healing_) engine_->GarbageCollect().PermitUncheckedError();
      return tl::unexpected(BackupError(status, options_.directory, "copying"));
    }
    return {id};
  }

  fs::path SharedFileNamedIn(const std::string& text) const {
    std::error_code error;
    fs::directory_iterator files(options_.directory / "shared_checksum", error);
    for (; !error && files != fs::directory_iterator(); files.increment(error)) {
      if (text.find(files->path().filename().string()) != std::string::npos) return files->path();
    }
    return {};
  }

  Error Stopped() const {
    return BackupError(rocksdb::Status::Incomplete(), options_.directory, "reading it again");
  }

  const BackupOptions& options_;
  const std::function<void(model::BackupProgress)>& progress_;
  const std::stop_token& stop_;
  const std::unique_ptr<rocksdb::Env> env_;  // outlives engine_
  std::unique_ptr<rocksdb::BackupEngine> engine_;
  bool healing_ = false;  // earlier backups are there that engine_ takes for lost
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
  bool healed = false;
  ROSTER_ASSIGN(const std::uint32_t id, maker.Make(open->db(), healed), "");
  MadeBackup made;
  if (healed) {
    made.problem =
        "Files of earlier backups were damaged or missing. What the store still has of "
        "them was copied anew. Look at the disk with " +
        options.directory.string() + ".";
  }
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
