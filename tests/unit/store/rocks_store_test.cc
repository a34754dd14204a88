// What the disk can do to us: torn and damaged logs, a second process, another format, no room.

#include "daemon/store/rocks_store.h"

#include <gtest/gtest.h>
#include <rocksdb/file_system.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::store {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<RocksStore> OpenOrDie(const fs::path& path, const RocksOptions& options = {}) {
  auto store = RocksStore::Open(path, options);
  EXPECT_TRUE(store) << store.error().message;
  return store ? *std::move(store) : nullptr;
}

Result<void> Put(Store& store, const std::string& key, const std::string& value) {
  Batch batch;
  batch.Put(Family::kReview, key, value);
  batch.Put(Family::kJournal, key, value);
  return store.Commit(batch, true);
}

std::string Get(const Reader& store, const std::string& key) {
  const auto review = store.Get(Family::kReview, key);
  const auto journal = store.Get(Family::kJournal, key);
  EXPECT_TRUE(review && journal);
  EXPECT_EQ(*review, *journal) << "half a commit";
  return review->value_or("");
}

// The log that is being written to.
fs::path LiveLog(const fs::path& directory) {
  fs::path newest;
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.path().extension() == ".log" && file.path() > newest) newest = file.path();
  }
  return newest;
}

void Copy(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteFile(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST(RocksStore, KeepsWhatWasCommitted) {
  const TempDir directory;
  const fs::path path = directory.path() / "deep" / "db";
  ASSERT_TRUE(Put(*OpenOrDie(path), "a", "1"));
  auto store = OpenOrDie(path);
  EXPECT_EQ(Get(*store, "a"), "1");
  ASSERT_TRUE(store->Flush());
  ASSERT_TRUE(Put(*store, "b", "2"));
  store.reset();
  store = OpenOrDie(path);
  EXPECT_EQ(Get(*store, "a"), "1");
  EXPECT_EQ(Get(*store, "b"), "2");
}

TEST(RocksStore, KeepsItsDirectoryToItself) {
  const TempDir directory;
  const fs::path path = directory.path() / "db";
  fs::create_directory(path);
  fs::permissions(path, fs::perms::all);
  OpenOrDie(path);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

// kill -9 at any byte: what had returned before is there, and the rest whole or not at all.
TEST(RocksStore, TornTailLosesOnlyTheCommitThatNeverReturned) {
  const TempDir directory;
  const fs::path live = directory.path() / "live";
  const fs::path copy = directory.path() / "copy";
  constexpr int kCommits = 2;
  std::vector<std::size_t> ends;
  std::string log;
  fs::path log_path;
  fs::path whole = directory.path() / "whole";
  {
    const auto store = OpenOrDie(live);
    log_path = LiveLog(live);
    ends.push_back(fs::file_size(log_path));
    for (int i = 0; i < kCommits; ++i) {
      ASSERT_TRUE(Put(*store, "k" + std::to_string(i), "v"));
      ends.push_back(fs::file_size(log_path));
    }
    Copy(live, whole);
    log = ReadFile(log_path);
  }
  for (std::size_t size = ends.front(); size <= ends.back(); ++size) {
    Copy(whole, copy);
    fs::resize_file(copy / log_path.filename(), size);
    const auto store = OpenOrDie(copy);
    ASSERT_TRUE(store) << size;
    for (int i = 0; i < kCommits; ++i) {
      const bool returned = ends[static_cast<std::size_t>(i) + 1] <= size;
      EXPECT_EQ(Get(*store, "k" + std::to_string(i)), returned ? "v" : "") << size;
    }
  }
}

// Any damaged byte: RocksDB alone would take a wrong length for a torn tail.
TEST(RocksStore, DamageInTheMiddleIsRefused) {
  const TempDir directory;
  const fs::path live = directory.path() / "live";
  const fs::path copy = directory.path() / "copy";
  const fs::path whole = directory.path() / "whole";
  std::size_t begin = 0;
  std::size_t end = 0;
  fs::path log_path;
  {
    const auto store = OpenOrDie(live);
    ASSERT_TRUE(Put(*store, "a", "1"));
    log_path = LiveLog(live);
    begin = fs::file_size(log_path);
    ASSERT_TRUE(Put(*store, "b", "2"));
    end = fs::file_size(log_path);
    ASSERT_TRUE(Put(*store, "c", "3"));
    Copy(live, whole);
  }
  const std::string log = ReadFile(whole / log_path.filename());
  ASSERT_LT(end, log.size());
  for (std::size_t at = begin; at < end; ++at) {
    std::string damaged = log;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    Copy(whole, copy);
    WriteFile(copy / log_path.filename(), damaged);
    const auto store = RocksStore::Open(copy);
    ASSERT_FALSE(store) << at;
    EXPECT_EQ(store.error().code, Code::kCorrupt) << store.error().message;
    // Nothing was touched: the next look sees the same.
    EXPECT_EQ(ReadFile(copy / log_path.filename()), damaged);
  }
}

TEST(RocksStore, DamagedTableIsToldWhenItIsRead) {
  const TempDir directory;
  const fs::path path = directory.path() / "db";
  {
    const auto store = OpenOrDie(path);
    ASSERT_TRUE(Put(*store, "a", std::string(5000, 'x') + std::string(5000, 'y')));
    ASSERT_TRUE(store->Flush());
  }
  for (const auto& file : fs::directory_iterator(path)) {
    if (file.path().extension() != ".sst") continue;
    std::string bytes = ReadFile(file.path());
    bytes[10] = static_cast<char>(bytes[10] ^ 0x10);
    WriteFile(file.path(), bytes);
  }
  const auto store = RocksStore::Open(path);
  if (!store) {
    EXPECT_EQ(store.error().code, Code::kCorrupt) << store.error().message;
    return;
  }
  EXPECT_EQ((*store)->Get(Family::kReview, "a").error().code, Code::kCorrupt);
  const auto cursor = (*store)->Scan(Family::kReview, "", "");
  while (cursor->Valid()) cursor->Next();
  EXPECT_EQ(cursor->status().error().code, Code::kCorrupt);
}

TEST(RocksStore, DirectoryWithoutItsHeadIsRefused) {
  const TempDir directory;
  const fs::path path = directory.path() / "db";
  ASSERT_TRUE(Put(*OpenOrDie(path), "a", "1"));
  fs::rename(path / "CURRENT", directory.path() / "CURRENT");
  EXPECT_EQ(RocksStore::Open(path).error().reason, "damaged");
  fs::rename(directory.path() / "CURRENT", path / "CURRENT");
  EXPECT_EQ(Get(*OpenOrDie(path), "a"), "1");
}

TEST(RocksStore, SecondOpenIsRefused) {
  const TempDir directory;
  const fs::path path = directory.path() / "db";
  const auto store = OpenOrDie(path);
  const auto second = RocksStore::Open(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kRefused);
  EXPECT_EQ(second.error().reason, "already-running");
  EXPECT_TRUE(Put(*store, "a", "1"));
}

TEST(RocksStore, SecondProcessIsRefused) {
  const TempDir directory;
  const fs::path path = directory.path() / "db";
  const auto store = OpenOrDie(path);
  const pid_t child = fork();
  if (child == 0) {
    // A new process, as far as locks are concerned; execs itself to be one for RocksDB too.
    ::setenv("ROSTER_STORE_TEST_OPEN", path.c_str(), 1);
    ::execl("/proc/self/exe", "store_test", "--gtest_filter=RocksStore.OpenedByAnother",
            static_cast<char*>(nullptr));
    ::_exit(99);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Run by the test above, in its child.
TEST(RocksStore, OpenedByAnother) {
  const char* path = std::getenv("ROSTER_STORE_TEST_OPEN");
  if (path == nullptr) GTEST_SKIP() << "is run by SecondProcessIsRefused";
  EXPECT_EQ(RocksStore::Open(path).error().reason, "already-running");
}

TEST(RocksStore, NewerFormatIsRefused) {
  const TempDir directory;
  const fs::path path = directory.path() / "db";
  {
    const auto store = OpenOrDie(path);
    EXPECT_EQ(DecodeFormat(store->Get(Family::kMeta, FormatKey()).value().value())->version,
              kFormatVersion);
    Batch batch;
    batch.Put(Family::kMeta, FormatKey(), EncodeFormat({kFormatVersion + 1, "later"}));
    ASSERT_TRUE(store->Commit(batch, true));
  }
  const auto store = RocksStore::Open(path);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::kRefused);
  EXPECT_EQ(store.error().reason, "newer-format");
}

TEST(RocksStore, UnreadableOrMissingFormatIsRefused) {
  const TempDir directory;
  const fs::path path = directory.path() / "db";
  {
    const auto store = OpenOrDie(path);
    Batch batch;
    batch.Delete(Family::kMeta, FormatKey());
    batch.Put(Family::kReview, "a", "1");
    ASSERT_TRUE(store->Commit(batch, true));
  }
  EXPECT_EQ(RocksStore::Open(path).error().reason, "bad-format");
  const fs::path other = directory.path() / "other";
  {
    const auto store = OpenOrDie(other);
    Batch batch;
    batch.Put(Family::kMeta, FormatKey(), "garbage");
    ASSERT_TRUE(store->Commit(batch, true));
  }
  EXPECT_EQ(RocksStore::Open(other).error().reason, "bad-format");
}

TEST(RocksStore, FileInPlaceOfTheDirectoryIsRefused) {
  const TempDir directory;
  WriteFile(directory.path() / "db", "x");
  EXPECT_EQ(RocksStore::Open(directory.path() / "db").error().reason, "not-a-directory");
  EXPECT_EQ(RocksStore::Open(directory.path() / "db" / "db").error().reason, "not-permitted");
}

// All the bytes of a directory's files.
bool FilesHold(const fs::path& directory, const std::string& text) {
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.is_regular_file() && ReadFile(file.path()).find(text) != std::string::npos) {
      return true;
    }
  }
  return false;
}

Result<void> Purge(RocksStore& store) {
  store.StartPurge();
  std::optional<Result<void>> ended;
  while (!(ended = store.TakePurged())) std::this_thread::yield();
  return *ended;
}

// Rows of many people in tables and in the log; the first and the last of a table are those whose
// keys RocksDB writes down elsewhere too. All but one in ten are deleted.
TEST(RocksStore, PurgeRemovesWhatWasDeletedFromEveryFile) {
  const TempDir directory;
  const fs::path path = directory.path() / "db";
  const auto name = [](int person) {
    return "Xq" + std::to_string(person * 7919 + 1000000) + "zV";
  };
  auto store = OpenOrDie(path);
  const auto key = [&](int person) { return "tcs" + std::string(1, '\0') + "s" + name(person); };
  for (int person = 0; person < 200; ++person) {
    Batch batch;
    batch.Put(Family::kReview, "row" + std::to_string(person), "of " + name(person));
    batch.Put(Family::kReview, key(person), "");
    batch.Put(Family::kReplies, key(person), "to " + name(person));
    batch.Put(Family::kWork, "task" + std::to_string(person), "before " + name(person));
    ASSERT_TRUE(store->Commit(batch, true));
    if (person % 50 == 20) {
      ASSERT_TRUE(store->Flush());
    }
  }
  Batch batch;
  for (int person = 0; person < 200; ++person) {
    if (person % 10 == 5) continue;
    batch.Delete(Family::kReview, key(person));
    batch.Delete(Family::kReplies, key(person));
    batch.Put(Family::kWork, "task" + std::to_string(person), "");
    batch.Delete(Family::kReview, "row" + std::to_string(person));
  }
  ASSERT_TRUE(store->Commit(batch, true));
  int there = 0;
  for (int person = 0; person < 200; ++person) there += FilesHold(path, name(person)) ? 1 : 0;
  ASSERT_GT(there, 150) << "a deleted row stays in the files";
  ASSERT_TRUE(Purge(*store));
  const auto expect = [&] {
    for (int person = 0; person < 200; ++person) {
      if (person % 10 == 5) {
        EXPECT_EQ(*store->Get(Family::kReview, "row" + std::to_string(person)),
                  "of " + name(person));
        continue;
      }
      for (const auto& file : fs::directory_iterator(path)) {
        if (!file.is_regular_file()) continue;
        EXPECT_EQ(ReadFile(file.path()).find(name(person)), std::string::npos)
            << name(person) << " in " << file.path();
      }
    }
  };
  expect();
  store.reset();
  store = OpenOrDie(path);
  expect();
}

TEST(RocksStore, PurgeWaitsForWhoReadsAnOlderState) {
  const TempDir directory;
  auto store = OpenOrDie(directory.path() / "db");
  ASSERT_TRUE(Put(*store, "row", "of Zymurgy"));
  auto before = store->Snapshot();
  Batch batch;
  batch.Delete(Family::kReview, "row");
  ASSERT_TRUE(store->Commit(batch, true));
  const auto held = Purge(*store);
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().reason, "held-back");
  EXPECT_EQ(*before->Get(Family::kReview, "row"), "of Zymurgy");
  before.reset();
  EXPECT_TRUE(Purge(*store));
  auto after = store->Snapshot();
  EXPECT_TRUE(Purge(*store)) << "whoever reads what is there now holds nothing up";
}

TEST(RocksStore, PurgeEndsWithTheStore) {
  const TempDir directory;
  auto store = OpenOrDie(directory.path() / "db");
  ASSERT_TRUE(Put(*store, "row", "of Zymurgy"));
  store->StartPurge();
  store.reset();
  store = OpenOrDie(directory.path() / "db");
  EXPECT_EQ(Get(*store, "row"), "of Zymurgy");
}

TEST(RocksStore, LogOfRocksDbNamesNoKeys) {
  const TempDir directory;
  const fs::path path = directory.path() / "db";
  {
    const auto store = OpenOrDie(path);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(Put(*store, "testarossa" + std::to_string(i), "value"));
      ASSERT_TRUE(store->Flush());
    }
  }
  OpenOrDie(path);
  std::string hex = "7465737461726F737361";
  for (const auto& file : fs::directory_iterator(path)) {
    if (file.path().filename().string().rfind("LOG", 0) != 0) continue;
    const std::string text = ReadFile(file.path());
    EXPECT_EQ(text.find("testarossa"), std::string::npos);
    EXPECT_EQ(text.find(hex), std::string::npos);
  }
}

// ---- a full disk

// Lets writes fail for want of room.
class FullDisk : public rocksdb::FileSystemWrapper {
 public:
  FullDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FullDisk"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (full) return Full();
    std::unique_ptr<rocksdb::FSWritableFile> target;
    auto status = FileSystemWrapper::NewWritableFile(name, options, &target, debug);
    if (status.ok()) *file = std::make_unique<File>(std::move(target), *this);
    return status;
  }
  rocksdb::IOStatus GetFreeSpace(const std::string&, const rocksdb::IOOptions&, std::uint64_t* free,
                                 rocksdb::IODebugContext*) override {
    *free = free_bytes;
    return rocksdb::IOStatus::OK();
  }

  std::atomic<bool> full{false};
  std::atomic<bool> full_at_sync{false};
  std::atomic<std::uint64_t> free_bytes{std::uint64_t{1} << 40U};

 private:
  static rocksdb::IOStatus Full() { return rocksdb::IOStatus::NoSpace("No space left on device"); }

  class File : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile>&& target, FullDisk& disk)
        : FSWritableFileOwnerWrapper(std::move(target)), disk_(disk) {}
    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (!disk_.full) return FSWritableFileOwnerWrapper::Append(data, options, debug);
      // Half of it fits.
      const rocksdb::Slice half(data.data(), data.size() / 2);
      const auto status = FSWritableFileOwnerWrapper::Append(half, options, debug);
      return status.ok() ? Full() : status;
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      if (disk_.full_at_sync) return Full();
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }

   private:
    FullDisk& disk_;
  };
};

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.file_system = disk_;
    store_ = OpenOrDie(path(), options_);
    ASSERT_TRUE(store_);
    ASSERT_TRUE(Put(*store_, "before", "1"));
  }
  fs::path path() const { return directory_.path() / "db"; }

  TempDir directory_;
  std::shared_ptr<FullDisk> disk_ = std::make_shared<FullDisk>();
  RocksOptions options_;
  std::unique_ptr<RocksStore> store_;
};

TEST_F(FullDiskTest, CommitIsRefusedAndLaterOnesSucceed) {
  disk_->full = true;
  for (int i = 0; i < 3; ++i) {
    const auto refused = Put(*store_, "during", "1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kExhausted) << refused.error().message;
    EXPECT_EQ(refused.error().reason, "disk-full");
    EXPECT_EQ(Get(*store_, "before"), "1");  // reading goes on
    EXPECT_EQ(Get(*store_, "during"), "");
    disk_->free_bytes = 0;
  }
  disk_->full = false;
  disk_->free_bytes = std::uint64_t{1} << 40U;
  ASSERT_TRUE(Put(*store_, "after", "1"));
  EXPECT_EQ(Get(*store_, "during"), "");
  store_ = nullptr;
  store_ = OpenOrDie(path());
  EXPECT_EQ(Get(*store_, "before"), "1");
  EXPECT_EQ(Get(*store_, "during"), "");
  EXPECT_EQ(Get(*store_, "after"), "1");
}

TEST_F(FullDiskTest, NothingInMemoryToFlushDoesNotHinderRecovery) {
  ASSERT_TRUE(store_->Flush());
  disk_->full = true;
  ASSERT_FALSE(Put(*store_, "during", "1"));
  disk_->full = false;
  ASSERT_TRUE(Put(*store_, "after", "1"));
  ASSERT_TRUE(Put(*store_, "after", "2"));
  EXPECT_EQ(Get(*store_, "after"), "2");
}

TEST_F(FullDiskTest, SnapshotHoldsRecoveryUpUntilItEnds) {
  auto snapshot = store_->Snapshot();
  disk_->full = true;
  ASSERT_FALSE(Put(*store_, "during", "1"));
  disk_->full = false;
  EXPECT_EQ(Put(*store_, "after", "1").error().code, Code::kExhausted);
  EXPECT_EQ(Get(*snapshot, "before"), "1");
  snapshot.reset();
  EXPECT_TRUE(Put(*store_, "after", "1"));
}

TEST_F(FullDiskTest, LittleRoomIsRefusedBeforeRocksDbNotices) {
  disk_->free_bytes = options_.free_bytes_min - 1;
  EXPECT_EQ(Put(*store_, "during", "1").error().reason, "disk-full");
  disk_->free_bytes = options_.free_bytes_min;
  EXPECT_TRUE(Put(*store_, "after", "1"));
}

// What a start on a full disk finds is served, and kept to itself; it goes on when there is room.
TEST_F(FullDiskTest, OpeningWithoutRoomServesWhatIsThere) {
  ASSERT_TRUE(store_->Flush());
  ASSERT_TRUE(Put(*store_, "in the log", "1"));
  store_.reset();
  disk_->full = true;
  disk_->free_bytes = 0;
  store_ = OpenOrDie(path(), options_);
  ASSERT_TRUE(store_);
  EXPECT_EQ(Get(*store_, "before"), "1");
  EXPECT_EQ(Get(*store_, "in the log"), "1");
  EXPECT_EQ(RocksStore::Open(path(), options_).error().reason, "already-running");
  EXPECT_EQ(Put(*store_, "during", "1").error().reason, "disk-full");
  EXPECT_EQ(Get(*store_, "before"), "1");
  disk_->full = false;
  disk_->free_bytes = std::uint64_t{1} << 40U;
  ASSERT_TRUE(Put(*store_, "after", "1"));
  store_.reset();
  store_ = OpenOrDie(path());
  EXPECT_EQ(Get(*store_, "in the log"), "1");
  EXPECT_EQ(Get(*store_, "during"), "");
  EXPECT_EQ(Get(*store_, "after"), "1");
}

TEST_F(FullDiskTest, ProcessThatDiesThenFindsWhatWasCommitted) {
  disk_->full = true;
  ASSERT_FALSE(Put(*store_, "during", "1"));
  const fs::path copy = directory_.path() / "copy";
  Copy(path(), copy);
  const auto store = OpenOrDie(copy);
  EXPECT_EQ(Get(*store, "before"), "1");
  EXPECT_EQ(Get(*store, "during"), "");
}

// Written whole, but not known to be on disk: nobody may go on as if it were not there.
TEST_F(FullDiskTest, CommitThatReachedTheLogAfterAllEndsTheProcess) {
  disk_->full_at_sync = true;
  ASSERT_FALSE(Put(*store_, "during", "1"));
  disk_->full_at_sync = false;
  const auto next = Put(*store_, "after", "1");
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, Code::kUnavailable) << next.error().message;
  store_ = nullptr;
  store_ = OpenOrDie(path());
  EXPECT_EQ(Get(*store_, "during"), "1");
  EXPECT_EQ(Get(*store_, "after"), "");
}

}  // namespace
}  // namespace roster::store
