// The power fails: before any operation on the disk, in any thread, again and again. What was
// acknowledged is there, and what is there is a whole number of commits, in order.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>

#include "daemon/store/rocks_store.h"
#include "tests/crash/commits.h"
#include "tests/crash/forgetful_disk.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::crash {
namespace {

namespace fs = std::filesystem;
using store::RocksStore;

struct Totals {
  int cuts = 0;
  int lost = 0;             // cuts after which something acknowledged was gone
  int bytes_forgotten = 0;  // cuts that forgot bytes
  int names_forgotten = 0;
  int in_opening = 0;
};

// One store through several cuts. `sync`: whether commits are synced, as they have to be.
class Lives {
 public:
  Lives(std::uint64_t seed, bool sync, Totals& totals)
      : seed_(seed), sync_(sync), totals_(totals), random_(seed) {}

  void Live(int lives) {
    for (int life = 0; life < lives && !::testing::Test::HasFailure(); ++life) {
      SCOPED_TRACE("life " + std::to_string(life));
      LiveOnce(life);
    }
  }

 private:
  std::uint64_t Below(std::uint64_t limit) { return random_.Next() % limit; }
  fs::path Home(int life) const { return temp_.path() / std::to_string(life) / "db"; }

  void LiveOnce(int life) {
    const fs::path shadow = temp_.path() / ("shadow" + std::to_string(life));
    fs::create_directories(shadow);
    fs::create_directories(Home(life).parent_path());
    const auto disk = std::make_shared<ForgetfulDisk>(Home(life), shadow);
    store::RocksOptions options;
    options.file_system = disk;
    options.free_bytes_min = 0;
    options.write_buffer_bytes = 64 << 10;  // so that tables are written and merged all the time

    std::atomic<int> acknowledged{acknowledged_before_};
    int acknowledged_at_cut = -1;
    bool opening = true;
    const auto cut = [&] {
      acknowledged_at_cut = acknowledged;
      const auto forgotten = disk->CutPower(Home(life + 1), random_);
      totals_.bytes_forgotten += forgotten.bytes > 0 ? 1 : 0;
      totals_.names_forgotten += forgotten.names > 0 ? 1 : 0;
      totals_.in_opening += opening ? 1 : 0;
    };
    // Often during the opening (about 30 operations), and else anywhere.
    disk->CutBefore(1 + (Below(3) == 0 ? Below(60) : Below(600)), cut);
    auto opened = RocksStore::Open(Home(life), options);
    ASSERT_TRUE(opened) << opened.error().message;
    opening = false;
    CheckContent(**opened, acknowledged_before_, at_);
    acknowledged = at_;
    const int end = at_ + 1 + static_cast<int>(Below(150));
    int attempted = at_;
    while (attempted < end && acknowledged_at_cut < 0) {
      ++attempted;
      const auto committed = (*opened)->Commit(MakeBatch(seed_, attempted), sync_);
      ASSERT_TRUE(committed) << committed.error().message;
      acknowledged = attempted;
    }
    disk->CutBefore(0, nullptr);
    if (acknowledged_at_cut < 0) cut();
    opened->reset();
    ++totals_.cuts;
    acknowledged_before_ = acknowledged_at_cut;
    attempted_before_ = attempted;
  }

  // The content is that after some commit, not before the last that was acknowledged.
  void CheckContent(const RocksStore& store, int acknowledged, int& at) {
    at = LastOf(store);
    if (at < acknowledged) ++totals_.lost;
    ASSERT_LE(at, attempted_before_);
    // What is not synced may be lost in some families alone: nothing is promised of it.
    if (!sync_) return;
    ASSERT_TRUE(ContentOf(store) == ContentAfter(seed_, at)) << "not the state after commit " << at;
  }

  const std::uint64_t seed_;
  const bool sync_;
  Totals& totals_;
  SeededRandom random_;
  TempDir temp_;
  int at_ = 0;  // the last commit that is there
  int acknowledged_before_ = 0;
  int attempted_before_ = 0;
};

int SeedCount(int fallback) {
  const char* text = std::getenv("ROSTER_TEST_SEEDS");
  return std::max(fallback, text != nullptr ? std::atoi(text) : 0);
}

Totals RunSeeds(int seeds, bool sync) {
  Totals totals;
  const char* one = std::getenv("ROSTER_CRASH_SEED");
  const int first = one != nullptr ? std::atoi(one) : 1;
  for (int seed = first; seed < first + (one != nullptr ? 1 : seeds); ++seed) {
    SCOPED_TRACE("ROSTER_CRASH_SEED=" + std::to_string(seed));
    Lives(static_cast<std::uint64_t>(seed), sync, totals).Live(8);
    if (::testing::Test::HasFailure()) break;
    if (sync && totals.lost > 0) {
      ADD_FAILURE() << "an acknowledged commit is gone";
      break;
    }
  }
  return totals;
}

TEST(PowerLoss, WhatWasAcknowledgedIsThere) {
  const int seeds = SeedCount(25);
  const Totals totals = RunSeeds(seeds, true);
  EXPECT_EQ(totals.lost, 0);
  EXPECT_GT(totals.bytes_forgotten, 0);
  EXPECT_GT(totals.names_forgotten, 0);
  EXPECT_GT(totals.in_opening, 0);
  std::cout << "figures: power cuts: " << seeds << " seeds, " << totals.cuts << " cuts\n"
            << seeds << " seeds, " << totals.cuts << " power cuts (" << totals.in_opening
            << " while opening, " << totals.bytes_forgotten << " forgot bytes, "
            << totals.names_forgotten << " forgot names), " << totals.lost << " commits lost\n";
}

// The test can tell: commits that are not synced do get lost.
TEST(PowerLoss, WithoutTheSyncCommitsWouldBeLost) { EXPECT_GT(RunSeeds(10, false).lost, 0); }

// Whoever makes a directory syncs the one that it is in: else the whole store can be gone.
TEST(PowerLoss, ANewStoresDirectoryIsThereToo) {
  const TempDir temp;
  const fs::path shadow = temp.path() / "shadow";
  fs::create_directory(shadow);
  const fs::path home = temp.path() / "state" / "db";
  const auto disk = std::make_shared<ForgetfulDisk>(home, shadow);
  store::RocksOptions options;
  options.file_system = disk;
  ASSERT_TRUE(RocksStore::Open(home, options));
  EXPECT_GE(disk->SyncsOf(home.parent_path()), 1);
  EXPECT_GE(disk->SyncsOf(temp.path()), 1) << "state_dir was made too";
}

}  // namespace
}  // namespace roster::crash
