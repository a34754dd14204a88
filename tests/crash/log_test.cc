// What can become of the bytes on the disk: a log that ends anywhere holds a prefix of the commits;
// a bit that has flipped, in the log or in a table, is refused with words that say what to do, or
// told when it is read, and nobody gets to see anything else than what was written.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>

#include "daemon/base/random.h"
#include "daemon/store/rocks_store.h"
#include "tests/crash/commits.h"
#include "tests/e2e/world.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::crash {
namespace {

namespace fs = std::filesystem;
using store::RocksStore;

constexpr std::uint64_t kSeed = 7;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteFile(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<fs::path> FilesOf(const fs::path& directory, const std::string& extension) {
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.path().extension() == extension && file.file_size() > 0) files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int SeedCount(int fallback) {
  const char* text = std::getenv("ROSTER_TEST_SEEDS");
  return std::max(fallback, text != nullptr ? std::atoi(text) : 0);
}

std::string Flipped(std::string bytes, std::uint64_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  return bytes;
}

// A store as a kill leaves it: commits in a log of several blocks, and where each of them ends.
class KilledStore {
 public:
  explicit KilledStore(int commits) {
    const fs::path live = temp_.path() / "live";
    const auto store = RocksStore::Open(live);
    EXPECT_TRUE(store);
    const fs::path log = FilesOf(live, ".log").back();
    ends_.push_back(fs::file_size(log));
    for (int n = 1; n <= commits; ++n) {
      EXPECT_TRUE((*store)->Commit(MakeBatch(kSeed, n), true));
      ends_.push_back(fs::file_size(log));
    }
    fs::copy(live, temp_.path() / "whole", fs::copy_options::recursive);
    log_name_ = log.filename();
    log_ = ReadFile(temp_.path() / "whole" / log_name_);
  }

  // A copy whose log has these bytes.
  fs::path With(std::string_view log) const {
    const fs::path copy = temp_.path() / "copy";
    fs::remove_all(copy);
    fs::copy(temp_.path() / "whole", copy, fs::copy_options::recursive);
    WriteFile(copy / log_name_, log);
    return copy;
  }

  const std::string& log() const { return log_; }
  const fs::path& log_name() const { return log_name_; }
  const std::vector<std::size_t>& ends() const { return ends_; }  // by number of commits
  // How many commits the first so many bytes hold.
  int CommitsIn(std::size_t size) const {
    return static_cast<int>(std::upper_bound(ends_.begin(), ends_.end(), size) - ends_.begin()) - 1;
  }

 private:
  TempDir temp_;
  fs::path log_name_;
  std::string log_;
  std::vector<std::size_t> ends_;
};

TEST(Log, EveryTruncationOfTheTailHoldsAPrefixOfTheCommits) {
  const KilledStore killed(60);
  const auto& ends = killed.ends();
  ASSERT_GT(killed.log().size(), 3U * 32768) << "several blocks";
  std::set<std::size_t> sizes;
  for (std::size_t size = ends.back() - 400; size <= ends.back(); ++size) sizes.insert(size);
  // And elsewhere: around the ends of blocks and of commits, and anywhere.
  for (std::size_t block = 32768; block < killed.log().size(); block += 32768) {
    for (std::size_t size = block - 8; size <= block + 8; ++size) sizes.insert(size);
  }
  for (const std::size_t end : ends) sizes.insert({end - 1, end, end + 1});
  SeededRandom random(kSeed);
  for (int i = 0; i < 100; ++i) {
    sizes.insert(ends.front() + random.Next() % (ends.back() - ends.front()));
  }
  sizes.erase(sizes.begin(), sizes.lower_bound(ends.front()));
  sizes.erase(sizes.upper_bound(ends.back()), sizes.end());
  for (const std::size_t size : sizes) {
    const auto store = RocksStore::Open(killed.With(killed.log().substr(0, size)));
    ASSERT_TRUE(store) << size << ": " << store.error().message;
    const int last = LastOf(**store);
    ASSERT_EQ(last, killed.CommitsIn(size)) << size;
    ASSERT_TRUE(ContentOf(**store) == ContentAfter(kSeed, last)) << size;
  }
  std::cout << "figures: damaged files: " << sizes.size() << " truncations\n";
}

TEST(Log, AFlippedBitInTheMiddleIsRefusedWithWords) {
  const KilledStore killed(60);
  // The header of the last record says how long it is, and nothing comes after it to tell that it
  // lies: the one place where damage looks like a torn tail.
  const std::uint64_t end = killed.ends()[59] * 8;
  const std::uint64_t begin = killed.ends().front() * 8;
  SeededRandom random(kSeed);
  std::vector<std::uint64_t> bits;
  for (int i = 0; i < SeedCount(100); ++i) bits.push_back(begin + random.Next() % (end - begin));
  // All of the headers of the last few commits: checksum, length, type.
  for (const std::size_t n : {20U, 57U, 58U}) {
    for (std::uint64_t bit = 0; bit < 7 * 8; ++bit) bits.push_back(killed.ends()[n] * 8 + bit);
  }
  for (const std::uint64_t bit : bits) {
    const std::string damaged = Flipped(killed.log(), bit);
    const fs::path copy = killed.With(damaged);
    const auto store = RocksStore::Open(copy);
    ASSERT_FALSE(store) << "bit " << bit << " of byte " << bit / 8 << ": commit "
                        << killed.CommitsIn(bit / 8) + 1 << " of 60, of the log's "
                        << killed.log().size() << " bytes; " << LastOf(**store) << " are left";
    EXPECT_EQ(store.error().code, Code::kCorrupt) << store.error().message;
    EXPECT_EQ(store.error().reason, "damaged");
    EXPECT_NE(store.error().message.find("backup"), std::string::npos) << store.error().message;
    EXPECT_EQ(ReadFile(copy / killed.log_name()), damaged) << "nothing was touched";
  }
  std::cout << "figures: damaged files: " << bits.size() << " flipped bits\n";
}

TEST(Table, AFlippedBitIsNeverTakenForWhatWasWritten) {
  const TempDir temp;
  const fs::path whole = temp.path() / "whole";
  constexpr int kCommits = 80;
  {
    const auto store = RocksStore::Open(whole);
    ASSERT_TRUE(store);
    for (int n = 1; n <= kCommits; ++n) {
      ASSERT_TRUE((*store)->Commit(MakeBatch(kSeed, n), true));
      ASSERT_TRUE(n % 30 != 0 || (*store)->Flush());
    }
  }
  const Content expected = ContentAfter(kSeed, kCommits);
  const auto tables = FilesOf(whole, ".sst");
  ASSERT_FALSE(tables.empty());
  SeededRandom random(kSeed);
  int refused = 0;
  int told = 0;
  const int flips = SeedCount(100);
  for (int i = 0; i < flips; ++i) {
    const fs::path copy = temp.path() / "copy";
    fs::remove_all(copy);
    fs::copy(whole, copy, fs::copy_options::recursive);
    const fs::path table = copy / tables[random.Next() % tables.size()].filename();
    const std::string bytes = ReadFile(table);
    const std::uint64_t bit = random.Next() % (bytes.size() * 8);
    WriteFile(table, Flipped(bytes, bit));
    SCOPED_TRACE(table.filename().string() + " bit " + std::to_string(bit));
    const auto store = RocksStore::Open(copy);
    if (!store) {
      ++refused;
      EXPECT_EQ(store.error().code, Code::kCorrupt) << store.error().message;
      EXPECT_NE(store.error().message.find("backup"), std::string::npos) << store.error().message;
      continue;
    }
    const auto content = ReadAll(**store);
    if (!content) {
      ++told;
      EXPECT_EQ(content.error().code, Code::kCorrupt) << content.error().message;
      EXPECT_NE(content.error().message.find("backup"), std::string::npos);
      continue;
    }
    ASSERT_TRUE(*content == expected) << "wrong values, without a word";
  }
  EXPECT_GT(refused + told, flips / 2);
  std::cout << "figures: damaged files: " << flips << " flipped bits\n"
            << refused << " refused at the opening, " << told << " told when read, "
            << flips - refused - told << " without meaning\n";
}

// The whole program on a damaged store: it ends with words, or it answers what it answered before.
TEST(Daemon, OnADamagedStoreEndsWithWords) {
  e2e::World world(e2e::SmallSchool(61));
  world.StartDaemon();
  world.Poll();
  world.SelectAllNew();
  const auto users = world.CtlJson({"users", "--status", "all"});
  world.daemon().Kill(SIGTERM);
  EXPECT_EQ(world.daemon().Wait(), 0);
  const fs::path home = world.Path("state/db");
  const fs::path whole = world.Path("whole");
  fs::copy(home, whole, fs::copy_options::recursive);
  std::vector<fs::path> files = FilesOf(whole, ".sst");
  for (const fs::path& log : FilesOf(whole, ".log")) files.push_back(log);
  SeededRandom random(kSeed);
  int ended = 0;
  for (int i = 0; i < 8; ++i) {
    fs::remove_all(home);
    fs::copy(whole, home, fs::copy_options::recursive);
    const fs::path file = home / files[random.Next() % files.size()].filename();
    const std::string bytes = ReadFile(file);
    // Not in the last record of a log: see above.
    const std::uint64_t bit = random.Next() % (bytes.size() * 4);
    WriteFile(file, Flipped(bytes, bit));
    SCOPED_TRACE(file.filename().string() + " bit " + std::to_string(bit));
    fs::remove(world.Path("rosterd.log"));
    world.StartDaemon();
    const e2e::Finished asked = world.Ctl({"--timeout", "3", "--json", "users", "--status", "all"});
    if (world.daemon().HasEnded()) {
      ++ended;
      EXPECT_EQ(world.daemon().Wait(), 1);
      EXPECT_NE(world.Logs().find("backup"), std::string::npos) << world.Logs();
      continue;
    }
    ASSERT_EQ(asked.code, 0) << asked.err;
    EXPECT_EQ(world.CtlJson({"users", "--status", "all"}), users);
    world.daemon().Kill(SIGTERM);
    EXPECT_EQ(world.daemon().Wait(), 0);
  }
  EXPECT_GT(ended, 0);
  std::cout << ended << " of 8 ended with words\n";
}

}  // namespace
}  // namespace roster::crash
