// Backups and restores of a store on disk: whole, verified, closed to others, and what becomes of
// damage, cut-off writing and lack of room.

#include "daemon/store/rocks_backups.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/store/rocks_store.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::store {
namespace {

namespace fs = std::filesystem;

const SchoolId kSchool("tcs");
const Time kNow{std::chrono::seconds(1'800'000'000)};

class Backups : public ::testing::Test {
 protected:
  Backups() {
    options_.directory = dir_.path() / "backups";
    options_.program = "0.6";
    options_.free_bytes_min = 0;
  }

  fs::path db() const { return dir_.path() / "db"; }
  void Open() {
    auto opened = RocksStore::Open(db());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }
  void Close() { store_.reset(); }
  void Put(const std::string& key, const std::string& value) {
    Batch batch;
    batch.Put(Family::kReview, key, value);
    ASSERT_TRUE(store_->Commit(batch, true));
  }
  // Rows of about 100 bytes that don't compress away.
  void PutMany(int rows) {
    Batch batch;
    std::uint64_t next = 1;
    for (int i = 0; i < rows; ++i) {
      std::string value;
      while (value.size() < 100) {
        next = next * 6364136223846793005ULL + 1442695040888963407ULL;
        value += std::to_string(next);
      }
      batch.Put(Family::kReview, "key" + std::to_string(i), value);
    }
    ASSERT_TRUE(store_->Commit(batch, true));
  }
  std::string Get(const std::string& key) const {
    const auto value = store_->Get(Family::kReview, key);
    EXPECT_TRUE(value);
    return value && *value ? **value : "";
  }
  // A school whose journal ends here; entries that are not there yet say this.
  void PutHead(std::uint64_t seq, std::uint64_t plans = 0, std::uint64_t says = 0) {
    for (std::uint64_t i = 1; i <= seq; ++i) {
      const auto there = store_->Get(Family::kJournal, EntryKey(kSchool, Seq(i)));
      if (there && !*there) PutEntry(i, model::Acknowledged{Seq(says)});
    }
    model::SchoolHead head;
    head.seq = Seq(seq);
    head.plans = plans;
    Batch batch;
    batch.Put(Family::kMeta, SchoolHeadKey(kSchool), EncodeSchoolHead(head));
    ASSERT_TRUE(store_->Commit(batch, true));
  }
  void PutEntry(std::uint64_t seq, model::Event event) {
    model::Entry entry;
    entry.school = kSchool;
    entry.seq = Seq(seq);
    entry.at = kNow;
    entry.event = std::move(event);
    Batch batch;
    batch.Put(Family::kJournal, EntryKey(kSchool, Seq(seq)), EncodeEntry(entry));
    ASSERT_TRUE(store_->Commit(batch, true));
  }
  Result<MadeBackup> Try() {
    return store_->MakeBackup(options_, [](const model::BackupProgress&) {}, {});
  }
  MadeBackup Make() {
    auto made = Try();
    EXPECT_TRUE(made) << made.error().message;
    return made ? *std::move(made) : MadeBackup();
  }
  RestoreOptions How(std::optional<std::uint32_t> id = std::nullopt) const {
    RestoreOptions how;
    how.db = db();
    how.backups = options_.directory;
    how.id = id;
    how.now = kNow;
    how.actor = "uid:0";
    return how;
  }
  RestoreReport Restored(const RestoreOptions& how) {
    auto report = Restore(how);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *std::move(report) : RestoreReport();
  }
  std::optional<model::RestoredMark> MarkOf() const {
    const auto value = store_->Get(Family::kMeta, RestoredMarkKey(kSchool));
    if (!value || !*value) return std::nullopt;
    const auto mark = DecodeRestoredMark(**value);
    EXPECT_TRUE(mark);
    return *mark;
  }
  // One byte of the largest file under it is another one.
  static void Damage(const fs::path& folder) {
    fs::path largest;
    for (const auto& file : fs::recursive_directory_iterator(folder)) {
      if (!file.is_regular_file()) continue;
      if (largest.empty() || file.file_size() > fs::file_size(largest)) largest = file.path();
    }
    std::fstream bytes(largest, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(fs::file_size(largest) / 2));
    const char byte = static_cast<char>(bytes.get() ^ 1);
    bytes.seekp(static_cast<std::streamoff>(fs::file_size(largest) / 2));
    bytes.put(byte);
  }
  std::vector<std::uint32_t> Ids() const {
    std::vector<std::uint32_t> ids;
    const auto all = ListBackups(options_.directory);
    EXPECT_TRUE(all);
    for (const model::Backup& backup : *all) ids.push_back(backup.id);
    return ids;
  }
  std::ptrdiff_t Verified() const {
    const auto all = ListBackups(options_.directory);
    EXPECT_TRUE(all);
    return std::count_if(all->begin(), all->end(),
                         [](const model::Backup& backup) { return backup.verified; });
  }
  std::vector<std::string> Beside() const {  // the store's directory
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(dir_.path())) {
      const std::string name = file.path().filename();
      if (name != "backups") names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TempDir dir_;
  BackupOptions options_;
  std::unique_ptr<RocksStore> store_;
};

TEST_F(Backups, WhatWasCommittedComesBackAndWhatWasThereIsKeptAside) {
  Open();
  PutHead(5, 3);
  Put("a", "1");
  const MadeBackup made = Make();
  EXPECT_EQ(made.backup.id, 1U);
  EXPECT_TRUE(made.backup.verified);
  EXPECT_GT(made.backup.bytes, 0U);
  EXPECT_EQ(made.backup.program, "0.6");
  Put("a", "2");
  Put("b", "3");
  PutHead(9, 6);
  Close();

  const RestoreReport report = Restored(How());
  EXPECT_EQ(report.backup.id, 1U);
  EXPECT_TRUE(report.aside_read);
  ASSERT_EQ(report.schools.size(), 1U);
  EXPECT_EQ(report.schools[0].head, Seq(5));
  EXPECT_EQ(report.schools[0].lost_head, Seq(9));
  EXPECT_EQ(Beside().size(), 2U) << "the store, and the one before it";
  Open();
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ(Get("b"), "");
  const auto mark = MarkOf();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->backup, 1U);
  EXPECT_EQ(mark->actor, "uid:0");
  EXPECT_EQ(mark->lost_head, Seq(9));
  EXPECT_EQ(mark->lost_plans, 6U);
  Close();
  const auto aside = RocksStore::Open(report.aside);
  ASSERT_TRUE(aside) << aside.error().message;
  EXPECT_EQ(**(*aside)->Get(Family::kReview, "b"), "3");
}

TEST_F(Backups, CommitsGoOnMeanwhile) {
  Open();
  Put("a", "1");
  int told = 0;
  const auto made = store_->MakeBackup(options_,
                                       [&](const model::BackupProgress& at) {
                                         Put("while-" + at.phase, std::to_string(++told));
                                         EXPECT_EQ(Get("a"), "1");
                                       },
                                       {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_GE(told, 2);
  EXPECT_EQ(Get("while-verify"), std::to_string(told));
}

TEST_F(Backups, OthersCantReadThem) {
  const mode_t before = ::umask(0);
  Open();
  Put("a", "1");
  Make();
  ::umask(before);
  std::size_t files = 0;
  struct stat status {};
  ASSERT_EQ(::stat(options_.directory.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  for (const auto& file : fs::recursive_directory_iterator(options_.directory)) {
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, file.is_directory() ? 0700U : 0600U) << file.path();
    ++files;
  }
  EXPECT_GT(files, 5U);
}

TEST_F(Backups, AnUnchangedFileIsThereOnce) {
  Open();
  PutMany(5000);
  const std::uint64_t first = Make().backup.bytes;
  const auto used = [&] {
    std::uint64_t bytes = 0;
    for (const auto& file : fs::recursive_directory_iterator(options_.directory)) {
      if (file.is_regular_file()) bytes += file.file_size();
    }
    return bytes;
  };
  const std::uint64_t before = used();
  Put("one", "more");
  EXPECT_GE(Make().backup.bytes, first);
  EXPECT_LT(used() - before, first / 2);
}

TEST_F(Backups, TheNewestAreKept) {
  options_.keep = 2;
  Open();
  for (int i = 1; i <= 4; ++i) {
    Put("a", std::to_string(i));
    const MadeBackup made = Make();
    EXPECT_EQ(made.removed, i > 2 ? 1U : 0U);
    EXPECT_EQ(made.problem, "");
  }
  EXPECT_EQ(Ids(), (std::vector<std::uint32_t>{4, 3}));
  Close();
  Restored(How(3));
  Open();
  EXPECT_EQ(Get("a"), "3");
}

TEST_F(Backups, ADamagedOneIsRefusedAndNothingIsTouched) {
  Open();
  Put("a", "1");
  Make();
  Put("a", "2");
  Make();
  Close();
  Damage(options_.directory / "private" / "2");
  const auto refused = Restore(How());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "backup-damaged");
  EXPECT_NE(refused.error().message.find("Backup 2"), std::string::npos);
  EXPECT_NE(refused.error().message.find("Nothing was changed"), std::string::npos);
  EXPECT_EQ(Beside(), std::vector<std::string>{"db"});
  Open();
  EXPECT_EQ(Get("a"), "2") << "and no earlier one in its place";
  Close();
  Restored(How(1));
  Open();
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(Backups, OneWithAMissingFileIsListedAsDamaged) {
  Open();
  Put("a", "1");
  Make();
  Close();
  for (const auto& file : fs::directory_iterator(options_.directory / "shared_checksum")) {
    fs::remove(file.path());
  }
  const auto all = ListBackups(options_.directory);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_TRUE(all->front().damaged);
  EXPECT_EQ(Restore(How()).error().reason, "backup-damaged");
}

// The store has the file still: the earlier ones become whole again with the one that shares it.
TEST_F(Backups, ASharedFileThatIsDamagedIsCopiedAnew) {
  Open();
  PutMany(500);
  Make();
  Put("later", "1");
  Make();
  Damage(options_.directory / "shared_checksum");
  const MadeBackup made = Make();
  EXPECT_NE(made.problem.find("copied anew"), std::string::npos) << made.problem;
  ASSERT_EQ(made.all.size(), 3U);
  EXPECT_EQ(Verified(), 3);
  EXPECT_EQ(Make().problem, "") << "told once";
  Close();
  for (const std::uint32_t id : {1U, 2U, 4U}) Restored(How(id));
  Open();
  EXPECT_EQ(Get("later"), "1");
}

// Or has another size, or is gone: also when a run before was cut off in the middle of this.
TEST_F(Backups, ASharedFileThatIsCutOrMissingIsCopiedAnew) {
  Open();
  PutMany(500);
  Make();
  Put("later", "1");
  Make();
  const auto largest = [&] {
    fs::path found;
    for (const auto& file : fs::directory_iterator(options_.directory / "shared_checksum")) {
      if (found.empty() || file.file_size() > fs::file_size(found)) found = file.path();
    }
    return found;
  };
  fs::resize_file(largest(), 100);
  EXPECT_NE(Make().problem.find("copied anew"), std::string::npos);
  EXPECT_EQ(Verified(), 3);
  fs::remove(largest());
  EXPECT_NE(Make().problem.find("copied anew"), std::string::npos);
  EXPECT_EQ(Verified(), 4);
  EXPECT_EQ(Make().problem, "");
  Close();
  Restored(How(1));
}

// The store no longer has the file: those that have it are damaged for good.
TEST_F(Backups, ADamagedFileOfEarlierOnesAloneStopsNoLaterOne) {
  Open();
  PutMany(500);
  Make();
  Damage(options_.directory / "shared_checksum");
  Batch batch;
  for (int i = 0; i < 500; ++i) batch.Delete(Family::kReview, "key" + std::to_string(i));
  ASSERT_TRUE(store_->Commit(batch, true));
  store_->StartPurge();
  std::optional<Result<void>> purged;
  while (!purged) purged = store_->TakePurged();
  ASSERT_TRUE(*purged);
  const MadeBackup made = Make();
  EXPECT_EQ(made.problem, "");
  Close();
  EXPECT_EQ(Restore(How(1)).error().reason, "backup-damaged");
  Restored(How(2));
}

TEST_F(Backups, ADirectoryOfOtherThingsIsNotClosedToThem) {
  Open();
  fs::create_directory(options_.directory);
  std::ofstream(options_.directory / "letters") << "x";
  fs::permissions(options_.directory, fs::perms::all);
  const auto refused = Try();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "backup-not-permitted");
  EXPECT_EQ(fs::status(options_.directory).permissions(), fs::perms::all);
}

// A number is given again when the backups after it are gone.
TEST_F(Backups, AMarkWithoutABackupMakesNoneVerified) {
  Open();
  PutMany(5000);
  Make();
  std::ofstream(options_.directory / "verified" / "2") << "";
  std::stop_source stop;
  const auto stopped = store_->MakeBackup(
      options_,
      [&](const model::BackupProgress& at) {
        if (at.phase == "verify") stop.request_stop();
      },
      stop.get_token());
  ASSERT_FALSE(stopped);
  ASSERT_EQ(Ids(), (std::vector<std::uint32_t>{2, 1}));
  EXPECT_FALSE(ListBackups(options_.directory)->front().verified);
}

TEST_F(Backups, AStopWhileItIsReadAgainIsObeyedAndTheNextReadsIt) {
  Open();
  PutMany(5000);
  std::stop_source stop;
  const auto stopped = store_->MakeBackup(
      options_,
      [&](const model::BackupProgress& at) {
        if (at.phase == "verify") stop.request_stop();
      },
      stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().reason, "backup-stopped");
  const MadeBackup made = Make();
  ASSERT_EQ(made.all.size(), 2U);
  EXPECT_TRUE(made.all[1].verified);
}

TEST_F(Backups, WhatACutOffOneHasLeftGoesWithTheNext) {
  Open();
  Put("a", "1");
  Make();
  fs::create_directories(options_.directory / "private" / "2");
  std::ofstream(options_.directory / "private" / "2" / "MANIFEST-000001") << "half";
  std::ofstream(options_.directory / "shared_checksum" / "000099_sX_1.sst.tmp") << "half";
  std::ofstream(options_.directory / "meta" / "2.tmp") << "half";
  const auto before = ListBackups(options_.directory);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->size(), 1U);
  EXPECT_EQ(Make().backup.id, 2U);
  EXPECT_FALSE(fs::exists(options_.directory / "shared_checksum" / "000099_sX_1.sst.tmp"));
  EXPECT_EQ(Ids(), (std::vector<std::uint32_t>{2, 1}));
}

TEST_F(Backups, OneThatNobodyHasReadAgainIsReadByTheNext) {
  Open();
  Make();
  fs::remove(options_.directory / "verified" / "1");
  EXPECT_FALSE(ListBackups(options_.directory)->front().verified);
  const MadeBackup made = Make();
  ASSERT_EQ(made.all.size(), 2U);
  EXPECT_TRUE(made.all[1].verified);
}

TEST_F(Backups, WithoutRoomNothingIsWritten) {
  Open();
  Put("a", "1");
  options_.free_bytes_min = std::uint64_t{1} << 60U;
  const auto made = Try();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason, "backup-disk-full");
  EXPECT_NE(made.error().message.find("make room"), std::string::npos);
  EXPECT_TRUE(Ids().empty());
  options_.free_bytes_min = 0;
  Make();
}

TEST_F(Backups, ADirectoryThatIsNoneIsRefusedInWords) {
  Open();
  std::ofstream(dir_.path() / "file") << "x";
  options_.directory = dir_.path() / "file";
  EXPECT_EQ(Try().error().reason, "backup-not-permitted");
  options_.directory = dir_.path() / "file" / "below";
  EXPECT_EQ(Try().error().reason, "backup-not-permitted");
}

TEST_F(Backups, AClosedDirectoryIsRefusedInWords) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  Open();
  fs::create_directory(dir_.path() / "closed");
  fs::permissions(dir_.path() / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  options_.directory = dir_.path() / "closed" / "backups";
  EXPECT_EQ(Try().error().reason, "backup-not-permitted");
}

TEST_F(Backups, TwoDontUseOneDirectoryAtOnce) {
  Open();
  Put("a", "1");
  auto other = RocksStore::Open(dir_.path() / "other");
  ASSERT_TRUE(other);
  bool asked = false;
  const auto made = store_->MakeBackup(options_,
                                       [&](const model::BackupProgress&) {
                                         if (std::exchange(asked, true)) return;
                                         const auto second =
                                             (*other)->MakeBackup(options_, [](const auto&) {}, {});
                                         ASSERT_FALSE(second);
                                         EXPECT_EQ(second.error().reason, "backup-in-use");
                                       },
                                       {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(asked);
}

TEST_F(Backups, AStopEndsItAndTheNextClearsUp) {
  Open();
  PutMany(5000);
  std::stop_source stop;
  const auto made = store_->MakeBackup(
      options_, [&](const model::BackupProgress&) { stop.request_stop(); }, stop.get_token());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason, "backup-stopped");
  Make();
  EXPECT_EQ(Ids().size(), 1U);
}

// ---- restore

TEST_F(Backups, IsNotPutBackWhileTheStoreIsOpen) {
  Open();
  Put("a", "1");
  Make();
  const auto refused = Restore(How());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "already-running");
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(Backups, WithoutAnyThereIsNothingToPutBack) {
  Open();
  Close();
  EXPECT_EQ(Restore(How()).error().reason, "no-backup");
  Open();
  Make();
  Close();
  EXPECT_EQ(Restore(How(7)).error().reason, "no-backup");
  EXPECT_EQ(Beside(), std::vector<std::string>{"db"});
}

TEST_F(Backups, ADamagedStoreIsReplacedAndKept) {
  Open();
  PutHead(5);
  Put("a", "1");
  Make();
  Close();
  fs::remove(db() / "CURRENT");
  ASSERT_EQ(RocksStore::Open(db()).error().reason, "damaged");
  const RestoreReport report = Restored(How());
  EXPECT_FALSE(report.aside_read);
  EXPECT_TRUE(fs::exists(report.aside));
  EXPECT_FALSE(fs::exists(report.aside / "CURRENT"));
  Open();
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ(MarkOf()->lost_head, Seq(0)) << "nobody knows";
}

TEST_F(Backups, WithoutAStateDirectoryItSaysSo) {
  Open();
  Make();
  Close();
  RestoreOptions how = How();
  how.db = dir_.path() / "none" / "db";
  const auto refused = Restore(how);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "no-state-directory");
}

TEST_F(Backups, OnAnotherHostThereWasNone) {
  Open();
  PutHead(5);
  Put("a", "1");
  Make();
  Close();
  fs::remove_all(db());
  const RestoreReport report = Restored(How());
  EXPECT_TRUE(report.aside.empty());
  EXPECT_EQ(Beside(), std::vector<std::string>{"db"});
  Open();
  EXPECT_EQ(Get("a"), "1");
}

// The disk was lost, and rosterd was started once before the backup was put back.
TEST_F(Backups, AStateThatBeganElsewhereIsNoLaterOne) {
  Open();
  PutHead(5, 3);
  Make();
  Close();
  fs::remove_all(db());
  Open();
  PutEntry(6, model::PersonsForgotten{{PersonId(9)}, false});
  PutHead(7, 1, 44);
  Close();
  const RestoreReport report = Restored(How());
  EXPECT_TRUE(report.aside_read);
  EXPECT_FALSE(report.aside_related);
  EXPECT_EQ(report.schools.at(0).lost_head, Seq(0));
  EXPECT_TRUE(report.schools.at(0).forgotten.empty());
  Open();
  EXPECT_EQ(MarkOf()->lost_head, Seq(0));
  EXPECT_EQ(MarkOf()->lost_plans, 0U);
}

// An older one was put back, that went on for a while, and then the newer one is wanted after all.
TEST_F(Backups, AStateThatPartedBeforeTheBackupStillKnows) {
  Open();
  PutHead(2, 1);
  Make();
  PutHead(4, 2, 4);
  Make();
  Close();
  EXPECT_TRUE(Restored(How(1)).aside_related);
  Open();
  PutEntry(3, model::PersonsForgotten{{PersonId(9)}, false});
  PutHead(5, 6, 5);
  Close();
  const RestoreReport report = Restored(How(2));
  EXPECT_TRUE(report.aside_related);
  EXPECT_EQ(report.schools.at(0).head, Seq(4));
  EXPECT_EQ(report.schools.at(0).lost_head, Seq(5));
  EXPECT_EQ(report.schools.at(0).forgotten, std::vector<PersonId>{PersonId(9)});
  Open();
  EXPECT_EQ(MarkOf()->lost_plans, 6U);
}

TEST_F(Backups, WhoWasForgottenSinceIsNamed) {
  Open();
  PutEntry(1, model::PersonsForgotten{{PersonId(4)}, false});
  PutHead(1);
  Make();
  PutEntry(2, model::Acknowledged{Seq(1)});
  PutEntry(3, model::PersonsForgotten{{PersonId(9), PersonId(7)}, false});
  PutHead(3);
  Close();
  const RestoreReport report = Restored(How());
  EXPECT_EQ(report.schools.at(0).forgotten, (std::vector<PersonId>{PersonId(7), PersonId(9)}));
  Open();
  EXPECT_EQ(MarkOf()->forgotten, (std::vector<PersonId>{PersonId(7), PersonId(9)}));
}

TEST_F(Backups, WhatACutOffFirstRestoreHasCopiedIsNoState) {
  fs::create_directories(dir_.path() / "db.restoring");
  const auto refused = CheckNoRestoreInterrupted(db());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "restore-interrupted");
  EXPECT_EQ(refused.error().message.find("rename"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("Restore again"), std::string::npos);
}

class Quotas : public Backups {
 protected:
  Quotas() { *key_.bytes.begin() = 7; }
  void PutUse(std::uint32_t count, Time at) {
    model::QuotaState state;
    state.taken[2] = {{at, count}};
    Batch batch;
    batch.Put(Family::kMeta, QuotaKey(key_), EncodeQuota(state));
    ASSERT_TRUE(store_->Commit(batch, true));
  }
  model::QuotaState Use() const {
    const auto value = store_->Get(Family::kMeta, QuotaKey(key_));
    EXPECT_TRUE(value && *value);
    return *DecodeQuota(**value);
  }
  Fingerprint key_{};
};

TEST_F(Quotas, WhatWasUsedSinceCounts) {
  Open();
  PutHead(1);
  PutUse(10, kNow - std::chrono::hours(3));
  Make();
  PutUse(500, kNow - std::chrono::hours(1));
  Close();
  EXPECT_FALSE(Restored(How()).quota_used_up);
  Open();
  EXPECT_EQ(Use().taken[2].at(0).count, 500U);
  EXPECT_FALSE(Use().refused_until);
}

TEST_F(Quotas, WhatAStateThatBeganElsewhereHasUsedIsNotAll) {
  Open();
  PutHead(1);
  PutUse(9000, kNow - std::chrono::hours(3));
  Make();
  Close();
  fs::remove_all(db());
  Open();
  PutHead(1, 0, 44);
  PutUse(1, kNow - std::chrono::minutes(1));
  Close();
  EXPECT_TRUE(Restored(How()).quota_used_up);
  Open();
  EXPECT_EQ(Use().refused_until, kNow + std::chrono::hours(24));
}

TEST_F(Quotas, WhatNobodyKnowsCountsAsUsedUpForADay) {
  Open();
  PutHead(1);
  PutUse(10, kNow - std::chrono::hours(3));
  Make();
  Close();
  fs::remove_all(db());
  EXPECT_TRUE(Restored(How()).quota_used_up);
  Open();
  EXPECT_EQ(Use().refused_until, kNow + std::chrono::hours(24));
  Close();
  // Unless somebody knows that nothing was asked.
  fs::remove_all(db());
  RestoreOptions how = How();
  how.quota_as_in_backup = true;
  EXPECT_FALSE(Restored(how).quota_used_up);
  Open();
  EXPECT_FALSE(Use().refused_until);
  EXPECT_EQ(Use().taken[2].at(0).count, 10U);
}

TEST_F(Backups, TheRunThatMadeItHasEndedInIt) {
  Open();
  model::BackupRun run;
  run.run = 3;
  run.state = model::BackupRun::State::kRunning;
  run.started = kNow;
  Batch batch;
  batch.Put(Family::kMeta, BackupRunKey(), EncodeBackupRun(run));
  ASSERT_TRUE(store_->Commit(batch, true));
  Make();
  Close();
  Restored(How());
  Open();
  const auto kept = DecodeBackupRun(**store_->Get(Family::kMeta, BackupRunKey()));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->state, model::BackupRun::State::kMade);
  EXPECT_EQ(kept->backup.id, 1U);
}

TEST_F(Backups, WhatACutOffRestoreHasLeftIsNoStoreAndNoEmptyOneTakesItsPlace) {
  Open();
  PutHead(1);
  Make();
  Close();
  EXPECT_TRUE(CheckNoRestoreInterrupted(db()));
  fs::rename(db(), dir_.path() / "db.before-restore-20260824T063005Z");
  const auto refused = CheckNoRestoreInterrupted(db());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "restore-interrupted");
  EXPECT_NE(refused.error().message.find("db.before-restore-20260824T063005Z"), std::string::npos);
  // Of several, the newest is what was there last.
  for (const char* const name : {"20260824T063005Z-9", "20260824T063005Z-10", "20260824T063005Z-2",
                                 "20250824T063005Z-11", "20250901T063005Z"}) {
    fs::create_directory(dir_.path() / (std::string("db.before-restore-") + name));
  }
  const std::string several = CheckNoRestoreInterrupted(db()).error().message;
  EXPECT_NE(several.find("20260824T063005Z-10 (the newest of 6 that were kept)"), std::string::npos)
      << several;
  // Half of a restore is nothing to go on with.
  fs::create_directory(dir_.path() / "db.restoring");
  EXPECT_NE(CheckNoRestoreInterrupted(db()).error().message.find("db.restoring, away"),
            std::string::npos)
      << CheckNoRestoreInterrupted(db()).error().message;
  fs::remove(dir_.path() / "db.restoring");
  // Half of a restore is thrown away by the next.
  fs::create_directory(dir_.path() / "db.restoring");
  std::ofstream(dir_.path() / "db.restoring" / "half") << "x";
  Restored(How());
  EXPECT_TRUE(CheckNoRestoreInterrupted(db()));
  EXPECT_FALSE(fs::exists(dir_.path() / "db.restoring"));
  EXPECT_TRUE(fs::exists(dir_.path() / "db.before-restore-20260824T063005Z")) << "never deleted";
}

TEST_F(Backups, WhatARestoreLeftThatChangedNothingIsRemoved) {
  EXPECT_FALSE(RemoveUnusedRestore(db()));
  fs::create_directory(dir_.path() / "db.restoring");
  std::ofstream(dir_.path() / "db.restoring" / "half") << "x";
  EXPECT_TRUE(RemoveUnusedRestore(db()));
  EXPECT_FALSE(fs::exists(dir_.path() / "db.restoring"));
}

TEST_F(Backups, OfANewerVersionIsRefused) {
  RocksOptions newer;
  newer.format = kFormatVersion + 1;
  auto opened = RocksStore::Open(db(), newer);
  ASSERT_TRUE(opened);
  store_ = *std::move(opened);
  PutHead(1);
  Make();
  Close();
  fs::remove_all(db());
  const auto refused = Restore(How());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "newer-format");
  EXPECT_TRUE(Beside().empty());
}

}  // namespace
}  // namespace roster::store
