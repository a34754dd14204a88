#include "daemon/store/rocks_store.h"

#include <rocksdb/file_system.h>
#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/store/keys.h"
#include "daemon/store/rocks_database.h"

namespace roster::store {
namespace {

rocksdb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

class RocksCursor : public Cursor {
 public:
  RocksCursor(std::shared_ptr<RocksStore::Database> database, rocksdb::ReadOptions options,
              Family family, std::string_view begin, std::string_view end)
      : database_(std::move(database)), end_(end), bound_(SliceOf(end_)) {
    if (!end_.empty()) options.iterate_upper_bound = &bound_;
    rows_.reset(database_->db().NewIterator(options, database_->family(family)));
    if (end.empty() || begin < end) rows_->Seek(SliceOf(begin));
  }

  bool Valid() const override { return rows_->Valid(); }
  std::string_view key() const override { return ViewOf(rows_->key()); }
  std::string_view value() const override { return ViewOf(rows_->value()); }
  void Next() override { rows_->Next(); }
  Result<void> status() const override {
    if (rows_->status().ok()) return {};
    return tl::unexpected<Error>(RocksError(rows_->status(), "scanning"));
  }

 private:
  std::shared_ptr<RocksStore::Database> database_;  // outlives rows_
  const std::string end_;
  const rocksdb::Slice bound_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

class FailedCursor : public Cursor {
 public:
  explicit FailedCursor(Error error) : error_(std::move(error)) {}
  bool Valid() const override { return false; }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  void Next() override {}
  Result<void> status() const override { return tl::unexpected<Error>(error_); }

 private:
  const Error error_;
};

Result<std::optional<std::string>> Find(RocksStore::Database& database,
                                        const rocksdb::ReadOptions& options, Family family,
                                        std::string_view key) {
  std::string value;
  const auto status = database.db().Get(options, database.family(family), SliceOf(key), &value);
  if (status.IsNotFound()) return {std::nullopt};
  if (!status.ok()) return tl::unexpected<Error>(RocksError(status, "reading"));
  return {std::move(value)};
}

class RocksSnapshot : public Reader {
 public:
  explicit RocksSnapshot(std::shared_ptr<RocksStore::Database> database)
      : database_(std::move(database)) {
    options_.snapshot = database_->db().GetSnapshot();
  }
  ~RocksSnapshot() override { database_->db().ReleaseSnapshot(options_.snapshot); }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;

  Result<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return Find(*database_, options_, family, key);
  }
  std::unique_ptr<Cursor> Scan(Family family, std::string_view begin,
                               std::string_view end) const override {
    rocksdb::ReadOptions scan = options_;
    scan.fill_cache = false;  // a poll walks over everything once
    return std::make_unique<RocksCursor>(database_, scan, family, begin, end);
  }

 private:
  const std::shared_ptr<RocksStore::Database> database_;
  rocksdb::ReadOptions options_;
};

class FailedReader : public Reader {
 public:
  explicit FailedReader(Error error) : error_(std::move(error)) {}
  Result<std::optional<std::string>> Get(Family, std::string_view) const override {
    return tl::unexpected<Error>(error_);
  }
  std::unique_ptr<Cursor> Scan(Family, std::string_view, std::string_view) const override {
    return std::make_unique<FailedCursor>(error_);
  }

 private:
  const Error error_;
};

Error Closed() {
  return {Code::kUnavailable, "disk",
          "The store could not be opened again after the disk was full. Make room, then start "
          "rosterd again."};
}

Error Full() {
  return {Code::kExhausted, "disk-full",
          "The disk with the state directory has less than 16 MiB of room: nothing was written. "
          "Make room."};
}

// Whether a small file can be written: asked before the database is closed, since one that cannot
// be opened again serves nobody.
Result<void> CheckWritable(rocksdb::Env& env, const std::filesystem::path& path) {
  const std::string name = (path / "room").string();  // no name of RocksDB's
  std::unique_ptr<rocksdb::WritableFile> file;
  auto status = env.NewWritableFile(name, &file, {});
  if (status.ok()) status = file->Append("room");
  if (status.ok()) status = file->Sync();
  if (file) file->Close().PermitUncheckedError();
  env.DeleteFile(name).PermitUncheckedError();
  if (!status.ok()) return tl::unexpected<Error>(RocksError(status, "trying the disk"));
  return {};
}

Result<void> CheckRoom(rocksdb::Env& env, const std::filesystem::path& path,
                       std::uint64_t bytes_min) {
  std::uint64_t free = 0;
  const auto status = env.GetFreeSpace(path.string(), &free);
  if (!status.ok()) {
    return tl::unexpected<Error>(RocksError(status, "asking for the free space"));
  }
  if (free < bytes_min) return tl::unexpected<Error>(Full());
  return {};
}

bool HasRoom(const std::filesystem::path& path, const RocksOptions& options) {
  const auto env = options.file_system ? rocksdb::NewCompositeEnv(options.file_system) : nullptr;
  const auto room = CheckRoom(env ? *env : *rocksdb::Env::Default(), path, options.free_bytes_min);
  return room || room.error().code != Code::kExhausted;
}

// Somebody reads what there was before this sequence number.
bool IsHeldBack(rocksdb::DB& db, std::uint64_t sequence) {
  std::uint64_t snapshots = 0;
  std::uint64_t oldest = 0;
  if (!db.GetIntProperty(rocksdb::DB::Properties::kNumSnapshots, &snapshots) || snapshots == 0) {
    return false;
  }
  return !db.GetIntProperty(rocksdb::DB::Properties::kOldestSnapshotSequence, &oldest) ||
         oldest < sequence;
}

Result<void> PurgeFamilies(RocksStore::Database& database) {
  rocksdb::DB& db = database.db();
  const std::uint64_t sequence = db.GetLatestSequenceNumber();
  const auto done = [](const rocksdb::Status& status) -> Result<void> {
    if (status.ok()) return {};
    return tl::unexpected<Error>(RocksError(status, "removing what was deleted"));
  };
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  for (std::size_t i = 0; i < kFamilies; ++i) {
    families.push_back(database.family(static_cast<Family>(i)));
  }
  ROSTER_TRY(done(db.Flush({}, families)), "");  // and with it the logs go
  if (IsHeldBack(db, sequence)) {
    return Fail(Code::kUnavailable, "held-back", "An older state is still being read.");
  }
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (const Family family : {Family::kReview, Family::kWork, Family::kReplies}) {
    ROSTER_TRY(done(db.CompactRange(options, database.family(family), nullptr, nullptr)), "");
  }
  // The list of files names the first and last key of each, those that are no more too: the next
  // change of it begins a new one (max_manifest_file_size), and any flush is such a change.
  std::string format;
  ROSTER_TRY(done(db.Get({}, database.family(Family::kMeta), FormatKey(), &format)), "");
  ROSTER_TRY(done(db.Put({}, database.family(Family::kMeta), FormatKey(), format)), "");
  ROSTER_TRY(done(db.Flush({}, database.family(Family::kMeta))), "");
  // What is no longer used is deleted now, and not when there is time.
  ROSTER_TRY(done(db.DisableFileDeletions()), "");
  return done(db.EnableFileDeletions(false));
}

}  // namespace

Result<std::unique_ptr<RocksStore>> RocksStore::Open(const std::filesystem::path& path,
                                                     const RocksOptions& options) {
  // RocksDB writes when it opens. On a disk without room for that, what is there is served, and the
  // first commit that finds room opens it anew.
  std::error_code error;
  const bool full = std::filesystem::exists(path / "CURRENT", error) && !HasRoom(path, options);
  ROSTER_ASSIGN(auto database,
                full ? Database::OpenToRead(path, options) : Database::Open(path, options), "");
  const std::uint64_t at = database->db().GetLatestSequenceNumber();
  std::unique_ptr<RocksStore> store(new RocksStore(path, options, std::move(database)));
  if (full) store->stalled_at_ = at;
  ROSTER_TRY(store->Upgrade(), "bringing the store to this version's format");
  return store;
}

namespace {

// One that is there is of an earlier upgrade, whose result was put back since: it stays, by a name
// with a number.
Result<void> MoveAside(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  std::filesystem::path unused;
  for (int i = 1; unused.empty() || std::filesystem::exists(unused, error); ++i) {
    unused = path.string() + "-" + std::to_string(i);
  }
  std::filesystem::rename(path, unused, error);
  if (!error) return {};
  return Fail(Code::kUnavailable, "disk",
              path.string() + " is of an earlier upgrade and could not be renamed: " +
                  error.message() + ". Nothing was changed: move it away.");
}

}  // namespace

// A migration that is cut off begins again at the next start: the checkpoint is of before it, a
// mark says that it is of this upgrade, and the number of the format is written last.
Result<void> RocksStore::Upgrade() {
  std::uint32_t format = database_->format();
  while (format < options_.format) {
    const auto step = std::find_if(options_.migrations.begin(), options_.migrations.end(),
                                   [&](const Migration& one) { return one.from == format; });
    if (step == options_.migrations.end()) {
      return Fail(Code::kRefused, "no-migration",
                  "The store has format " + std::to_string(format) +
                      ", which this rosterd no longer reads. Nothing was changed: install a "
                      "version between the two first.");
    }
    ROSTER_ASSIGN(const auto under_way, Get(Family::kMeta, UpgradeKey()), "");
    if (options_.checkpoint_before_upgrade && !under_way) {
      const std::string path = path_.string() + ".before-upgrade-" + std::to_string(format);
      ROSTER_TRY(MoveAside(path), "");
      ROSTER_TRY(database_->Checkpoint(path), "");
      Batch mark;
      mark.Put(Family::kMeta, UpgradeKey(), "");
      ROSTER_TRY(Commit(mark, true), "");
    }
    ROSTER_TRY(step->run(*this), "");
    ++format;
    Batch batch;
    batch.Put(Family::kMeta, FormatKey(), EncodeFormat({format, options_.program}));
    batch.Delete(Family::kMeta, UpgradeKey());
    ROSTER_TRY(Commit(batch, true), "");
  }
  return {};
}

Result<std::unique_ptr<RocksStore>> RocksStore::OpenToRead(const std::filesystem::path& path) {
  RocksOptions options;
  ROSTER_ASSIGN(auto database, Database::OpenToRead(path, options), "");
  return std::unique_ptr<RocksStore>(new RocksStore(path, options, std::move(database)));
}

RocksStore::RocksStore(std::filesystem::path path, RocksOptions options,
                       std::shared_ptr<Database> database)
    : path_(std::move(path)), options_(std::move(options)), database_(std::move(database)) {}

RocksStore::~RocksStore() {
  if (!purge_.valid()) return;
  if (const auto open = database()) open->db().DisableManualCompaction();
  purge_.wait();
}

std::shared_ptr<RocksStore::Database> RocksStore::database() const {
  const std::lock_guard guard(mutex_);
  return database_;
}

Result<std::optional<std::string>> RocksStore::Get(Family family, std::string_view key) const {
  const auto open = database();
  if (!open) return tl::unexpected<Error>(Closed());
  return Find(*open, {}, family, key);
}

std::unique_ptr<Cursor> RocksStore::Scan(Family family, std::string_view begin,
                                         std::string_view end) const {
  auto open = database();
  if (!open) return std::make_unique<FailedCursor>(Closed());
  return std::make_unique<RocksCursor>(std::move(open), rocksdb::ReadOptions(), family, begin, end);
}

std::unique_ptr<Reader> RocksStore::Snapshot() const {
  auto open = database();
  if (!open) return std::make_unique<FailedReader>(Closed());
  return std::make_unique<RocksSnapshot>(std::move(open));
}

// RocksDB's own recovery (DB::Resume) is of no use here: when nothing waits in memory it goes on
// with the log whose writer has failed, and every later write fails (facebook/rocksdb issue 11643).
// To close and open is what a restart would do.
Result<void> RocksStore::Reopen() {
  const std::lock_guard guard(mutex_);
  if (!database_) return tl::unexpected<Error>(Closed());
  ROSTER_TRY(CheckRoom(database_->env(), path_, options_.free_bytes_min), "");
  ROSTER_TRY(CheckWritable(database_->env(), path_), "");
  if (database_.use_count() > 1) return tl::unexpected<Error>(Full());  // somebody reads: later
  database_.reset();
  auto opened = Database::Open(path_, options_);
  if (!opened) {
    return Fail(Code::kUnavailable, "disk", Closed().message + " " + opened.error().message);
  }
  // The failed batch may have reached the log whole, and be there now. Who was told otherwise has
  // to read everything anew: a restart does.
  if ((*opened)->db().GetLatestSequenceNumber() != *stalled_at_) {
    return Fail(Code::kUnavailable, "disk",
                "The disk was full, and what failed to be written is there after all. rosterd has "
                "to start again to go on from it.");
  }
  database_ = *std::move(opened);
  stalled_at_.reset();
  return {};
}

Result<void> RocksStore::Commit(const Batch& batch, bool sync) {
  if (stalled_at_) ROSTER_TRY(Reopen(), "");
  const auto open = database();
  if (!open) return tl::unexpected<Error>(Closed());
  ROSTER_TRY(CheckRoom(open->env(), path_, options_.free_bytes_min), "");

  rocksdb::WriteBatch writes;
  for (const Batch::Write& write : batch.writes) {
    const auto status = write.value ? writes.Put(open->family(write.family), SliceOf(write.key),
                                                 SliceOf(*write.value))
                                    : writes.Delete(open->family(write.family), SliceOf(write.key));
    if (!status.ok()) return tl::unexpected<Error>(RocksError(status, "collecting a commit"));
  }
  rocksdb::WriteOptions options;
  options.sync = sync;
  const std::uint64_t before = open->db().GetLatestSequenceNumber();
  const auto status = open->db().Write(options, &writes);
  if (status.ok()) return {};
  Error error = RocksError(status, "committing");
  if (error.code == Code::kExhausted) stalled_at_ = before;
  return tl::unexpected<Error>(std::move(error));
}

void RocksStore::StartPurge() {
  if (purge_.valid()) return;
  purge_ended_ = false;
  purge_ = std::async(std::launch::async, [this, open = database()]() mutable -> Result<void> {
    auto purged = open ? PurgeFamilies(*open) : Result<void>(tl::unexpected<Error>(Closed()));
    open.reset();
    purge_ended_ = true;
    return purged;
  });
}

std::optional<Result<void>> RocksStore::TakePurged() {
  if (!purge_.valid()) return Result<void>();
  if (!purge_ended_) return std::nullopt;
  return purge_.get();
}

Result<void> RocksStore::Flush() {
  const auto open = database();
  if (!open) return tl::unexpected<Error>(Closed());
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  for (std::size_t i = 0; i < kFamilies; ++i) {
    families.push_back(open->family(static_cast<Family>(i)));
  }
  const auto status = open->db().Flush({}, families);
  if (!status.ok()) return tl::unexpected<Error>(RocksError(status, "flushing"));
  return {};
}

}  // namespace roster::store
