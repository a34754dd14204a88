// What every store promises, shown on each of them.

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "daemon/store/memory_store.h"
#include "daemon/store/overlay.h"
#include "daemon/store/rocks_store.h"
#include "tests/unit/store/random_model.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::store {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

Rows Read(const Reader& reader, Family family, std::string_view begin = "",
          std::string_view end = "") {
  Rows rows;
  const auto cursor = reader.Scan(family, begin, end);
  for (; cursor->Valid(); cursor->Next()) rows.emplace_back(cursor->key(), cursor->value());
  EXPECT_TRUE(cursor->status());
  return rows;
}

class Contract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(GetParam()) == "memory") {
      store_ = std::make_unique<MemoryStore>();
      return;
    }
    auto opened = RocksStore::Open(directory_.path() / "db");
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }

  void Put(Family family, std::string key, std::string value) {
    Batch batch;
    batch.Put(family, std::move(key), std::move(value));
    ASSERT_TRUE(store_->Commit(batch, false));
  }

  TempDir directory_;
  std::unique_ptr<Store> store_;
};

TEST_P(Contract, BatchIsReadBackByFamily) {
  Batch batch;
  batch.Put(Family::kReview, std::string("a\0b", 3), std::string("\0\xff", 2));
  batch.Put(Family::kWork, std::string("a\0b", 3), "work");
  ASSERT_TRUE(store_->Commit(batch, true));
  EXPECT_EQ(store_->Get(Family::kReview, std::string("a\0b", 3)).value(), std::string("\0\xff", 2));
  EXPECT_EQ(store_->Get(Family::kWork, std::string("a\0b", 3)).value(), "work");
  EXPECT_EQ(store_->Get(Family::kJournal, std::string("a\0b", 3)).value(), std::nullopt);
  EXPECT_EQ(store_->Get(Family::kReview, "a").value(), std::nullopt);
}

TEST_P(Contract, LastWriteOfABatchCounts) {
  Batch batch;
  batch.Put(Family::kReview, "k", "1");
  batch.Delete(Family::kReview, "k");
  batch.Put(Family::kReview, "k", "2");
  batch.Put(Family::kReview, "gone", "1");
  batch.Delete(Family::kReview, "gone");
  batch.Delete(Family::kReview, "never");
  ASSERT_TRUE(store_->Commit(batch, false));
  EXPECT_EQ(Read(*store_, Family::kReview), (Rows{{"k", "2"}}));
}

TEST_P(Contract, EmptyBatchIsFine) { EXPECT_TRUE(store_->Commit({}, true)); }

TEST_P(Contract, ScanGoesInOrderOfBytesThroughTheRange) {
  for (const char* key : {"b", "a", "c", "\xff", "ab"}) Put(Family::kReview, key, "v");
  EXPECT_EQ(Read(*store_, Family::kReview, "a", "c"), (Rows{{"a", "v"}, {"ab", "v"}, {"b", "v"}}));
  EXPECT_EQ(Read(*store_, Family::kReview, "b").size(), 3U);
  EXPECT_EQ(Read(*store_, Family::kReview, "c", "c").size(), 0U);
  EXPECT_EQ(Read(*store_, Family::kReview, "c", "a").size(), 0U);
  EXPECT_EQ(Read(*store_, Family::kWork).size(), 0U);
}

TEST_P(Contract, SnapshotAndCursorStayAsTheyWere) {
  Put(Family::kReview, "a", "1");
  Put(Family::kReview, "b", "1");
  const auto snapshot = store_->Snapshot();
  const auto cursor = store_->Scan(Family::kReview, "", "");
  Put(Family::kReview, "a", "2");
  Batch batch;
  batch.Delete(Family::kReview, "b");
  ASSERT_TRUE(store_->Commit(batch, false));
  EXPECT_EQ(Read(*snapshot, Family::kReview), (Rows{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(snapshot->Get(Family::kReview, "a").value(), "1");
  Rows seen;
  for (; cursor->Valid(); cursor->Next()) seen.emplace_back(cursor->key(), cursor->value());
  EXPECT_EQ(seen, (Rows{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(Read(*store_, Family::kReview), (Rows{{"a", "2"}}));
}

TEST_P(Contract, OtherThreadsReadWhileOneCommits) {
  Put(Family::kReview, "n", "0");
  std::jthread reader([&](const std::stop_token& stop) {
    int last = 0;
    while (!stop.stop_requested()) {
      const auto snapshot = store_->Snapshot();
      const int now = std::stoi(snapshot->Get(Family::kReview, "n").value().value());
      EXPECT_GE(now, last);
      EXPECT_EQ(Read(*snapshot, Family::kReview).size(), 1U);
      last = now;
    }
  });
  for (int i = 1; i <= 500; ++i) Put(Family::kReview, "n", std::to_string(i));
}

// The overlay shows what the store will show.
TEST_P(Contract, OverlayIsTheStoreAfterItsCommit) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    RandomModel random(seed);
    const auto key = [&] { return std::string(1, static_cast<char>('a' + random.Below(20))); };
    const auto family = [&] { return random.Coin() ? Family::kReview : Family::kWork; };
    Overlay overlay(*store_);
    for (int round = 0; round < 3; ++round) {
      for (std::uint64_t i = random.Below(25); i > 0; --i) {
        if (random.Coin()) {
          overlay.Put(family(), key(), random.Bytes());
        } else {
          overlay.Delete(family(), key());
        }
      }
      std::map<Family, Rows> seen;
      std::map<std::string, std::optional<std::string>> got;
      const std::string begin = random.Coin() ? "" : key();
      const std::string end = random.Coin() ? "" : key();
      Rows part = Read(overlay, Family::kReview, begin, end);
      for (const Family one : {Family::kReview, Family::kWork}) seen[one] = Read(overlay, one);
      for (char c = 'a'; c < 'a' + 20; ++c) {
        got[std::string(1, c)] = overlay.Get(Family::kReview, std::string(1, c)).value();
      }
      ASSERT_TRUE(store_->Commit(overlay.Take(), false));
      EXPECT_TRUE(overlay.empty());
      for (const Family one : {Family::kReview, Family::kWork}) {
        EXPECT_EQ(Read(*store_, one), seen[one]) << seed;
      }
      EXPECT_EQ(Read(*store_, Family::kReview, begin, end), part) << seed;
      for (const auto& [name, value] : got) {
        EXPECT_EQ(store_->Get(Family::kReview, name).value(), value);
      }
    }
  }
}

TEST_P(Contract, OverlayThatIsClearedLeavesTheStoreAsItWas) {
  Put(Family::kReview, "a", "1");
  Overlay overlay(*store_);
  overlay.Put(Family::kReview, "a", "2");
  overlay.Delete(Family::kReview, "a");
  overlay.Clear();
  EXPECT_EQ(overlay.Get(Family::kReview, "a").value(), "1");
  EXPECT_TRUE(overlay.Take().writes.empty());
}

TEST_P(Contract, OverlayMayBeWrittenWhileACursorWalks) {
  for (const char* key : {"a", "b", "c", "d"}) Put(Family::kReview, key, "old");
  Overlay overlay(*store_);
  const auto cursor = overlay.Scan(Family::kReview, "", "");
  std::vector<std::string> seen;
  for (; cursor->Valid(); cursor->Next()) {
    seen.emplace_back(cursor->key());
    if (seen.size() > 10) break;
    overlay.Delete(Family::kReview, seen.back());
    overlay.Put(Family::kReview, seen.back() == "a" ? "bb" : "c", "new");
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "bb", "c", "d"}));
}

INSTANTIATE_TEST_SUITE_P(Stores, Contract, testing::Values("memory", "rocks"),
                         [](const auto& store) { return std::string(store.param); });

TEST(MemoryStore, FailsTheNextCommitAsAsked) {
  MemoryStore store;
  store.FailNextCommit({Code::kExhausted, "disk-full", "full"});
  Batch batch;
  batch.Put(Family::kReview, "a", "1");
  EXPECT_EQ(store.Commit(batch, true).error().reason, "disk-full");
  EXPECT_EQ(store.Get(Family::kReview, "a").value(), std::nullopt);
  EXPECT_TRUE(store.Commit(batch, true));
}

}  // namespace
}  // namespace roster::store
