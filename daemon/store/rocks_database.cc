#include "daemon/store/rocks_database.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/store/log_check.h"

namespace roster::store {
namespace {

constexpr std::array<const char*, kFamilies> kNames = {"meta", "review", "work", "journal",
                                                       "replies"};
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr mode_t kOwnerOnly = 0700;

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// RocksDB's own recovery from a full disk runs when it likes, and may throw the log away meanwhile:
// RocksStore opens the files anew instead, when it knows what to expect of them.
class NoRecoveryBehindOurBack : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* automatic) override {
    *automatic = false;
  }
};

rocksdb::DBOptions DatabaseOptions(rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  options.listeners.push_back(std::make_shared<NoRecoveryBehindOurBack>());
  // The default (point in time) drops everything after damage in the log without a word, commits
  // included that the world has relied on. This one refuses, but for an incomplete last record.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A log that is no longer written to is whole, or the directory is refused.
  options.track_and_verify_wals_in_manifest = true;
  // A family that is seldom written to pins the logs since its last flush.
  options.max_total_wal_size = 64 * kMiB;
  options.db_write_buffer_size = 64 * kMiB;
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  // Warnings and errors alone: what is logged below them names keys.
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.max_log_file_size = kMiB;
  options.keep_log_file_num = 3;
  // The list of files names keys, and with them people: each change of it (a flush, a compaction)
  // writes it anew, some KiB, and the old one goes.
  options.max_manifest_file_size = 1;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions FamilyOptions(const RocksOptions& settings,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = std::size_t{16} << 10U;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;  // so that the cache's size bounds them too
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.checksum = rocksdb::ChecksumType::kXXH3;

  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = settings.write_buffer_bytes;
  options.level_compaction_dynamic_level_bytes = true;
  const auto supported = rocksdb::GetSupportedCompressions();
  const bool lz4 =
      std::find(supported.begin(), supported.end(), rocksdb::kLZ4Compression) != supported.end();
  options.compression = lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> AllFamilies(const RocksOptions& options) {
  const auto family = FamilyOptions(
      options, rocksdb::NewLRUCache(static_cast<std::size_t>(options.block_cache_bytes)));
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, family);
  for (const char* name : kNames) families.emplace_back(name, family);
  return families;
}

tl::unexpected<Error> NotPermitted(const std::filesystem::path& path, int error) {
  if (error == EROFS) {
    return Fail(Code::kExhausted, "disk-read-only",
                "The directory " + path.string() +
                    " is on a disk that is read-only. Look at why (dmesg, mount), and make it "
                    "writable.");
  }
  return Fail(Code::kRefused, "not-permitted",
              "The directory " + path.string() + " cannot be used: " + std::strerror(error) +
                  ". It must belong to the user that rosterd runs as.");
}

// That the directory is there is on disk too: else a power cut could take the whole store away,
// synced commits and all.
Result<void> SyncAbove(const std::filesystem::path& path, rocksdb::Env& env) {
  const std::filesystem::path above = path.parent_path();
  std::unique_ptr<rocksdb::Directory> directory;
  auto status = env.NewDirectory(above.empty() ? "." : above.string(), &directory);
  if (status.ok()) status = directory->Fsync();
  if (!status.ok()) return tl::unexpected<Error>(RocksError(status, "syncing " + above.string()));
  return {};
}

// With those that it is in.
Result<void> MakeDirectory(const std::filesystem::path& path, mode_t mode, rocksdb::Env& env) {
  const std::filesystem::path above = path.parent_path();
  std::error_code error;
  if (!above.empty() && !std::filesystem::exists(above, error)) {
    if (error) return NotPermitted(above, error.value());
    ROSTER_TRY(MakeDirectory(above, 0777, env), "");
  }
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == ENOSPC) {
      return Fail(Code::kExhausted, "disk-full",
                  "The disk is full: " + path.string() + " could not be made.");
    }
    return NotPermitted(path, errno);
  }
  return SyncAbove(path, env);
}

Result<void> PrepareDirectory(const std::filesystem::path& path, rocksdb::Env& env) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return NotPermitted(path, errno);
    return MakeDirectory(path, kOwnerOnly, env);
  }
  if (!S_ISDIR(status.st_mode)) {
    return Fail(Code::kRefused, "not-a-directory",
                path.string() + " is not a directory. Name another one in state_dir.");
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) return NotPermitted(path, errno);
  // Nobody else is to read children's data, whatever the umask was when this was made.
  if ((status.st_mode & 0777U) != kOwnerOnly && ::chmod(path.c_str(), kOwnerOnly) != 0) {
    return NotPermitted(path, errno);
  }
  return SyncAbove(path, env);  // whoever made it may have died before that
}

// RocksDB would take a directory without the file CURRENT for a new one, and delete the rest.
Result<void> CheckNothingMissing(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(path / "CURRENT", error)) return {};
  for (const auto& file : std::filesystem::directory_iterator(path, error)) {
    const std::string kind = file.path().extension().string();
    if (kind != ".sst" && kind != ".log") continue;
    return Fail(Code::kCorrupt, "damaged",
                "The directory " + path.string() +
                    " holds data, but its file CURRENT is missing. Nothing was touched: restore it "
                    "from a backup.");
  }
  if (error) return NotPermitted(path, error.value());
  return {};
}

tl::unexpected<Error> OpenFailure(const rocksdb::Status& status,
                                  const std::filesystem::path& path) {
  const std::string text = status.ToString();
  if (Contains(text, "While lock file") || Contains(text, "lock hold by current process")) {
    return Fail(Code::kRefused, "already-running",
                "Another rosterd uses the directory " + path.string() +
                    ". Stop it first, or give this one a state_dir of its own.");
  }
  if (Contains(text, "Column families not opened")) {
    return Fail(Code::kRefused, "newer-format",
                "The directory " + path.string() +
                    " was written by a newer rosterd. Nothing was changed: install that version.");
  }
  if (status.IsInvalidArgument() || status.IsNotSupported() || status.IsNotFound()) {
    return Fail(Code::kCorrupt, "damaged",
                "The directory " + path.string() + " cannot be opened: " + text +
                    ". Restore it from a backup.");
  }
  return tl::unexpected<Error>(RocksError(status, "opening " + path.string()));
}

}  // namespace

Error RocksError(const rocksdb::Status& status, std::string_view doing) {
  const std::string during = " (" + std::string(doing) + ": " + status.ToString() + ")";
  if (status.IsNoSpace()) {
    return {Code::kExhausted, "disk-full",
            "The disk with the state directory is full: nothing was written. Make room" + during};
  }
  // RocksDB has no code for it; the text is errno's.
  if (status.IsIOError() && Contains(status.ToString(), std::strerror(EROFS))) {
    return {Code::kExhausted, "disk-read-only",
            "The disk with the state directory is read-only: nothing was written. Look at why "
            "(dmesg, mount), and make it writable" +
                during};
  }
  if (status.IsCorruption()) {
    return {Code::kCorrupt, "damaged",
            "The store is damaged. Stop rosterd, look at the disk, and restore the last backup" +
                during};
  }
  return {Code::kUnavailable, "disk",
          "The disk does not do as told. Look at it, then start rosterd again" + during};
}

// Everything but RocksDB's own part of it.
Result<std::shared_ptr<RocksStore::Database>> RocksStore::Database::Prepare(
    const std::filesystem::path& path, const RocksOptions& options) {
  std::shared_ptr<Database> database(new Database);
  database->env_ = rocksdb::Env::Default();
  if (options.file_system) {
    database->own_env_ = rocksdb::NewCompositeEnv(options.file_system);
    database->env_ = database->own_env_.get();
  }
  ROSTER_TRY(PrepareDirectory(path, *database->env_), "opening the store");
  ROSTER_TRY(CheckNothingMissing(path), "opening the store");
  ROSTER_TRY(CheckLogs(path), "opening the store");
  return database;
}

void RocksStore::Database::Take(rocksdb::DB* db,
                                const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  db_.reset(db);
  default_ = handles[0];
  std::copy_n(handles.begin() + 1, kFamilies, handles_.begin());
}

Result<std::shared_ptr<RocksStore::Database>> RocksStore::Database::Open(
    const std::filesystem::path& path, const RocksOptions& options) {
  ROSTER_ASSIGN(auto database, Prepare(path, options), "");
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(DatabaseOptions(database->env_), path.string(),
                                                   AllFamilies(options), &handles, &db);
  if (!status.ok()) return OpenFailure(status, path);
  database->Take(db, handles);
  ROSTER_TRY(database->CheckFormat(options), "opening the store");
  return database;
}

Result<std::shared_ptr<RocksStore::Database>> RocksStore::Database::OpenToRead(
    const std::filesystem::path& path, const RocksOptions& options) {
  ROSTER_ASSIGN(auto database, Prepare(path, options), "");
  auto status = database->env_->LockFile((path / "LOCK").string(), &database->lock_);
  if (!status.ok()) return OpenFailure(status, path);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  status = rocksdb::DB::OpenForReadOnly(DatabaseOptions(database->env_), path.string(),
                                        AllFamilies(options), &handles, &db);
  if (!status.ok()) return OpenFailure(status, path);
  database->Take(db, handles);
  ROSTER_TRY(database->CheckFormat(options), "opening the store");
  if (database->format_ < options.format) {
    return Fail(Code::kRefused, "older-format",
                "The store has format " + std::to_string(database->format_) +
                    " and is to be brought to format " + std::to_string(options.format) +
                    ", for which the disk has no room. Nothing was changed: make room.");
  }
  return database;
}

Result<void> RocksStore::Database::Checkpoint(const std::filesystem::path& path) {
  rocksdb::Checkpoint* made = nullptr;
  auto status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(path.string());
  if (!status.ok()) {
    return tl::unexpected<Error>(RocksError(status, "keeping the state before the upgrade"));
  }
  if (::chmod(path.c_str(), kOwnerOnly) != 0) return NotPermitted(path, errno);
  return SyncAbove(path, *env_);
}

RocksStore::Database::~Database() {
  if (db_) {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    db_->DestroyColumnFamilyHandle(default_);
    // What was committed is in the log: a close that fails loses nothing.
    db_->Close().PermitUncheckedError();
  }
  if (lock_ != nullptr) env_->UnlockFile(lock_).PermitUncheckedError();
}

Result<bool> RocksStore::Database::IsEmpty() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}, handle));
    rows->SeekToFirst();
    if (rows->Valid()) return false;
    if (!rows->status().ok()) {
      return tl::unexpected<Error>(RocksError(rows->status(), "reading"));
    }
  }
  return true;
}

// An older one is brought to today's by RocksStore::Upgrade.
Result<void> RocksStore::Database::CheckFormat(const RocksOptions& options) {
  std::string value;
  const auto found = db_->Get({}, family(Family::kMeta), FormatKey(), &value);
  if (found.IsNotFound()) {
    ROSTER_ASSIGN(const bool empty, IsEmpty(), "looking for the format");
    if (!empty) {
      return Fail(Code::kCorrupt, "bad-format",
                  "The store holds data, but does not say in which format. Nothing was changed: "
                  "restore it from a backup.");
    }
    rocksdb::WriteOptions sync;
    sync.sync = true;
    const auto written = db_->Put(sync, family(Family::kMeta), FormatKey(),
                                  EncodeFormat({options.format, options.program}));
    if (!written.ok()) return tl::unexpected<Error>(RocksError(written, "writing the format"));
    format_ = options.format;
    return {};
  }
  if (!found.ok()) return tl::unexpected<Error>(RocksError(found, "reading the format"));
  const auto format = DecodeFormat(value);
  if (!format) {
    return Fail(
        Code::kCorrupt, "bad-format",
        "The store's format cannot be read. Nothing was changed: restore it from a backup.");
  }
  if (format->version > options.format) {
    return Fail(Code::kRefused, "newer-format",
                "The store has format " + std::to_string(format->version) +
                    ", and this rosterd knows " + std::to_string(options.format) +
                    ". Nothing was changed: install the newer version again.");
  }
  format_ = format->version;
  return {};
}

}  // namespace roster::store
