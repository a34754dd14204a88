// From an older format to today's: a checkpoint first, then step by step, and again from the
// beginning when it was cut off.

#include "daemon/store/migration.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/store/rocks_store.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::store {
namespace {

namespace fs = std::filesystem;

Result<void> PutRow(Store& store, const std::string& key, const std::string& value) {
  Batch batch;
  batch.Put(Family::kReview, key, value);
  return store.Commit(batch, true);
}

std::string Row(const Store& store, const std::string& key) {
  const auto value = store.Get(Family::kReview, key);
  EXPECT_TRUE(value);
  return value && *value ? **value : "";
}

class Upgrades : public ::testing::Test {
 protected:
  Upgrades() {
    RocksOptions old;
    old.format = 1;
    old.migrations.clear();
    auto store = RocksStore::Open(path(), old);
    EXPECT_TRUE(store);
    EXPECT_TRUE(PutRow(**store, "a", "old"));
    // Two versions ahead: the word changes with each.
    newer_.format = 3;
    newer_.migrations = {{1,
                          [this](Store& stored) -> Result<void> {
                            ++ran_;
                            ROSTER_TRY(PutRow(stored, "a", "middle"), "");
                            if (fails_) return Fail(Code::kUnavailable, "disk", "the disk broke");
                            return {};
                          }},
                         {2, [this](Store& stored) -> Result<void> {
                            EXPECT_EQ(Row(stored, "a"), "middle");
                            ++ran_;
                            return PutRow(stored, "a", "new");
                          }}};
  }

  fs::path path() const { return dir_.path() / "db"; }
  fs::path Checkpoint(int format) const {
    return path().string() + ".before-upgrade-" + std::to_string(format);
  }

  TempDir dir_;
  RocksOptions newer_;
  int ran_ = 0;
  bool fails_ = false;
};

TEST_F(Upgrades, TodaysFormatHasAStepFromEachBefore) {
  const auto& all = Migrations();
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].from, i + 1);
  EXPECT_EQ(all.size() + 1, kFormatVersion);
}

TEST_F(Upgrades, RunInOrderOnceWithTheStateBeforeKept) {
  {
    const auto store = RocksStore::Open(path(), newer_);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(Row(**store, "a"), "new");
    EXPECT_EQ(ran_, 2);
  }
  {
    const auto again = RocksStore::Open(path(), newer_);
    ASSERT_TRUE(again);
    EXPECT_EQ(ran_, 2) << "once";
  }
  RocksOptions old;
  old.format = 1;
  const auto before = RocksStore::Open(Checkpoint(1), old);
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_EQ(Row(**before, "a"), "old");
  EXPECT_TRUE(fs::exists(Checkpoint(2)));
}

TEST_F(Upgrades, OneThatWasCutOffIsDoneAgainFromTheSameState) {
  fails_ = true;
  EXPECT_FALSE(RocksStore::Open(path(), newer_));
  EXPECT_EQ(ran_, 1);
  fails_ = false;
  const auto store = RocksStore::Open(path(), newer_);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(Row(**store, "a"), "new");
  EXPECT_EQ(ran_, 3);
  RocksOptions old;
  old.format = 1;
  const auto before = RocksStore::Open(Checkpoint(1), old);
  ASSERT_TRUE(before);
  EXPECT_EQ(Row(**before, "a"), "old") << "of before the first try";
}

// Upgraded, put back as it was before, gone on with, and upgraded again.
TEST_F(Upgrades, ACheckpointOfAnEarlierUpgradeIsNotTakenForThisOne) {
  { ASSERT_TRUE(RocksStore::Open(path(), newer_)); }
  fs::remove_all(path());
  fs::copy(Checkpoint(1), path(), fs::copy_options::recursive);
  RocksOptions old;
  old.format = 1;
  {
    const auto store = RocksStore::Open(path(), old);
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE(PutRow(**store, "a", "later"));
  }
  ASSERT_TRUE(RocksStore::Open(path(), newer_));
  const auto before = RocksStore::Open(Checkpoint(1), old);
  ASSERT_TRUE(before);
  EXPECT_EQ(Row(**before, "a"), "later");
  const auto earlier = RocksStore::Open(Checkpoint(1).string() + "-1", old);
  ASSERT_TRUE(earlier);
  EXPECT_EQ(Row(**earlier, "a"), "old");
}

TEST_F(Upgrades, AnOlderVersionRefusesWhatANewerOneWrote) {
  { ASSERT_TRUE(RocksStore::Open(path(), newer_)); }
  RocksOptions old;
  old.format = 1;
  const auto refused = RocksStore::Open(path(), old);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "newer-format");
  EXPECT_NE(refused.error().message.find("format 3"), std::string::npos);
  ASSERT_TRUE(RocksStore::Open(path(), newer_)) << "left as it was";
}

TEST_F(Upgrades, AGapIsRefused) {
  newer_.migrations.erase(newer_.migrations.begin());
  const auto refused = RocksStore::Open(path(), newer_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "no-migration");
  EXPECT_FALSE(fs::exists(Checkpoint(1)));
}

}  // namespace
}  // namespace roster::store
