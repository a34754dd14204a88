// How far a subscriber has come, over a restart: the cursor's file, and the Follower that begins at
// it.

#include "client/subscriber/cursor.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client/follow.h"
#include "client/subscriber/durable_file.h"

namespace roster::client {
namespace {

class CursorFile : public testing::Test {
 protected:
  CursorFile() {
    std::string name = (std::filesystem::temp_directory_path() / "cursor-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    path_ = folder_ + "/cursor";
  }
  ~CursorFile() override { std::filesystem::remove_all(folder_); }
  void Put(const std::string& text) const { std::ofstream(path_) << text; }

  std::string folder_;
  std::string path_;
};

TEST_F(CursorFile, IsReadAsItWasWritten) {
  EXPECT_FALSE(ReadCursor(path_, "tcs")->has_value());
  for (const Cursor& cursor : {Cursor{"tcs", 0, ""}, Cursor{"tcs", 42, EntryHash("x")}}) {
    ASSERT_TRUE(WriteCursor(path_, cursor));
    const auto read = ReadCursor(path_, "tcs");
    ASSERT_TRUE(read);
    EXPECT_EQ(**read, cursor);
  }
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(CursorFile, IsNotTakenForAnotherSchoolsNorWhenDamaged) {
  ASSERT_TRUE(WriteCursor(path_, {"tcs", 42, EntryHash("x")}));
  EXPECT_EQ(ReadCursor(path_, "other").error().exit, Exit::kUsage);
  const std::string good = **ReadWholeFile(path_);
  for (std::size_t size = 0; size + 1 < good.size(); ++size) {
    Put(good.substr(0, size));
    EXPECT_FALSE(ReadCursor(path_, "tcs")) << size;
  }
  for (const char* bad : {"roster-cursor-1 tcs -1 -", "roster-cursor-1 tcs 99999999999999999999 -",
                          "roster-cursor-2 tcs 1 -", "roster-cursor-1 tcs 1 - more", "1"}) {
    Put(bad);
    EXPECT_FALSE(ReadCursor(path_, "tcs")) << bad;
  }
}

TEST_F(CursorFile, AFolderThatIsNotThereIsSaid) {
  const auto written = WriteCursor(folder_ + "/none/cursor", {"tcs", 1, ""});
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("can't be written"), std::string::npos);
}

class Resumed : public testing::Test {
 protected:
  Resumed() {
    for (std::uint64_t seq = 1; seq <= 5; ++seq) {
      v1::Entry entry;
      entry.set_version(1);
      entry.set_school("tcs");
      entry.set_seq(seq);
      entry.set_previous(seq == 1 ? std::string(32, '\0') : EntryHash(journal_.back()));
      journal_.push_back(entry.SerializeAsString());
    }
  }
  v1::ReplayReply Since(std::uint64_t since) const {
    v1::ReplayReply reply;
    reply.set_head(journal_.size());
    for (std::size_t i = since; i < journal_.size(); ++i) reply.add_entries(journal_[i]);
    return reply;
  }
  std::vector<std::string> journal_;
};

TEST_F(Resumed, GoesOnAfterWhatWasKnown) {
  Follower follower("tcs", 3, EntryHash(journal_[2]));
  EXPECT_EQ(follower.Wanted(), 2U) << "to see whether it is the same journal";
  follower.OnReplay(2, Since(2));
  const auto entries = follower.Take();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries.front().seq(), 4U);
  EXPECT_EQ(follower.known_hash(), EntryHash(journal_[4]));
  EXPECT_EQ(follower.fault(), "");
}

TEST_F(Resumed, AJournalThatWasRewrittenMeanwhileIsRefused) {
  Follower follower("tcs", 3, EntryHash("another entry"));
  follower.OnReplay(2, Since(2));
  EXPECT_TRUE(follower.Take().empty());
  EXPECT_NE(follower.fault().find("REWRITTEN"), std::string::npos);
}

TEST_F(Resumed, AJournalThatWasSetBackMeanwhileIsRefused) {
  Follower follower("tcs", 7, EntryHash("entry 7"));
  while (const auto since = follower.Wanted()) follower.OnReplay(*since, Since(*since));
  EXPECT_NE(follower.fault().find("another store, or one put back"), std::string::npos)
      << follower.fault();
}

}  // namespace
}  // namespace roster::client
