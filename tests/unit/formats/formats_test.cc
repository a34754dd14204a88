// What each version kept, opens in today's: every directory of tests/data/formats, copied, opened,
// read through the engine, verified, and gone on from.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/store/rocks_store.h"
#include "tests/unit/formats/story.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::formats {
namespace {

namespace fs = std::filesystem;
namespace wire = roster::v1;
using store::Family;

constexpr Family kAll[] = {Family::kMeta, Family::kReview, Family::kWork, Family::kJournal,
                           Family::kReplies};

std::vector<std::string> Kept() {
  std::vector<std::string> names;
  for (const auto& folder : fs::directory_iterator(ROSTER_FORMATS_DIR)) {
    if (folder.is_directory()) names.push_back(folder.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Formats : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    fs::copy(fs::path(ROSTER_FORMATS_DIR) / GetParam(), path(), fs::copy_options::recursive);
  }
  fs::path path() const { return dir_.path() / "db"; }

  TempDir dir_;
};

TEST_P(Formats, OpensAndGoesOn) {
  engine::Desk desk;
  Play(desk);  // the world outside, as it was then
  store::Batch batch;
  for (const Family family : kAll) {
    for (auto at = desk.store.Scan(family, "", ""); at->Valid(); at->Next()) {
      batch.Delete(family, std::string(at->key()));
    }
  }
  std::size_t rows = 0;
  {
    const auto opened = store::RocksStore::Open(path());
    ASSERT_TRUE(opened) << opened.error().message;
    for (const Family family : kAll) {
      auto at = (*opened)->Scan(family, "", "");
      for (; at->Valid(); at->Next(), ++rows) {
        batch.Put(family, std::string(at->key()), std::string(at->value()));
      }
      ASSERT_TRUE(at->status());
    }
    const auto format = store::DecodeFormat(**(*opened)->Get(Family::kMeta, store::FormatKey()));
    ASSERT_TRUE(format);
    EXPECT_EQ(format->version, store::kFormatVersion);
  }
  ASSERT_GT(rows, 100U);
  ASSERT_TRUE(desk.store.Commit(batch, true));
  desk.Restart();
  desk.ExpectConsistent();
  EXPECT_EQ(desk.Verify(1'000'000).differences_total, 0U);

  // Everything is there, and what was decided counts.
  const auto& tasks = desk.School().tasks();
  EXPECT_EQ(tasks.dead(), 1U);
  EXPECT_EQ(tasks.resting(), 1U);
  EXPECT_GT(tasks.applied(), 5U);
  EXPECT_GT(desk.Entries().size(), 15U);
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPersonsForgotten), 1U);
  EXPECT_NE(desk.Explain(1), "");
  EXPECT_EQ(desk.User(7).bucket(), wire::TO_SKIP);
  Fingerprint key{};
  key.bytes.fill(7);
  const auto quota = desk.engine().FindQuota(key);
  ASSERT_TRUE(quota && *quota);
  EXPECT_EQ((*quota)->taken[2].size(), 2U);

  // A poll and a plan on top of it.
  const std::size_t writes = desk.writes.size();
  desk.Poll();
  const wire::Plan plan = desk.Plan();
  EXPECT_GT(plan.adds(), 0U);
  ASSERT_TRUE(desk.Approve(plan).has_approve());
  desk.WorkUntilDone();
  EXPECT_GT(desk.writes.size(), writes);
  desk.ExpectConsistent();
  EXPECT_EQ(desk.Verify(1'000'000).differences_total, 0U);
}

TEST_P(Formats, TheStateBeforeAnUpgradeIsKept) {
  const auto version = static_cast<std::uint32_t>(std::stoul(GetParam()));
  { ASSERT_TRUE(store::RocksStore::Open(path())); }
  EXPECT_EQ(fs::exists(path().string() + ".before-upgrade-" + GetParam()),
            version < store::kFormatVersion);
}

INSTANTIATE_TEST_SUITE_P(Kept, Formats, ::testing::ValuesIn(Kept()),
                         [](const auto& which) { return "Format" + which.param; });

TEST(KeptFormats, AreAllThereWereAndTodays) {
  std::vector<std::string> expected;
  for (std::uint32_t version = 1; version <= store::kFormatVersion; ++version) {
    expected.push_back(std::to_string(version));
  }
  EXPECT_EQ(Kept(), expected);
}

}  // namespace
}  // namespace roster::formats
