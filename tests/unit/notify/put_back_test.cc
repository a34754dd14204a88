// Whether a restore explains that the journal is another one.

#include "client/notify/put_back.h"

#include <gtest/gtest.h>

#include "client/follow.h"
#include "tests/unit/notify/entries.h"

namespace roster::notify {
namespace {

v1::Entry Restored(std::uint64_t seq) {
  v1::Entry entry = EntryOf(seq);
  entry.mutable_restored()->set_backup(7);
  return entry;
}

class PutBackTest : public testing::Test {
 protected:
  // Completed polls up to this number, a second each.
  void Write(std::uint64_t last) {
    while (entries_.size() < last) Append(Completed(entries_.size() + 1));
  }
  // `later` by so many seconds than its number says.
  void Append(v1::Entry entry, std::int64_t later = 0) {
    entry.mutable_at()->set_seconds(entry.at().seconds() + later);
    entries_.push_back(entry.SerializeAsString());
  }
  // The number of what explains that `known` is another; 0: nothing does.
  std::uint64_t Find(std::uint64_t known) {
    const auto replay = [this](std::uint64_t since,
                               std::uint32_t limit) -> client::Answer<v1::ReplayReply> {
      v1::ReplayReply reply;
      reply.set_head(entries_.size());
      oldest_ = std::min(oldest_, since);
      for (std::size_t i = since; i < entries_.size(); ++i) {
        if (static_cast<std::uint32_t>(reply.entries_size()) == std::min(limit, limit_)) break;
        reply.add_entries(entries_[i]);
      }
      return reply;
    };
    const auto found = FindPutBack("tcs", known, TimeOf(Completed(known)), replay);
    EXPECT_TRUE(found);
    if (!*found) return 0;
    const std::uint64_t seq = (*found)->restored.seq();
    EXPECT_EQ((*found)->hash, client::EntryHash(entries_.at(seq - 1)));
    return seq;
  }

  std::vector<std::string> entries_;
  std::uint32_t limit_ = 1000;  // of an answer
  std::uint64_t oldest_ = 1'000'000;
};

constexpr std::int64_t kLater = 100'000;

TEST_F(PutBackTest, TheRestoredAfterWhatIsLeftExplainsIt) {
  Write(250);
  Append(Restored(251), kLater);
  for (std::uint64_t seq = 252; seq <= 400; ++seq) Append(Completed(seq), kLater);
  EXPECT_EQ(Find(329), 251U);
  limit_ = 7;
  EXPECT_EQ(Find(329), 251U) << "in small answers";
}

TEST_F(PutBackTest, AJournalThatEndsBeforeWhatWasKnownIsExplainedToo) {
  Write(250);
  Append(Restored(251), kLater);
  EXPECT_EQ(Find(329), 251U);
  EXPECT_EQ(Find(251), 251U);
}

TEST_F(PutBackTest, OfTwoRestoresTheFirstOneCounts) {
  Write(250);
  Append(Restored(251), kLater);
  Append(Completed(252), kLater);
  Append(Restored(253), kLater);
  EXPECT_EQ(Find(329), 251U);
}

TEST_F(PutBackTest, ARestoreThatWasHeardExplainsNothing) {
  Write(100);
  Append(Restored(101));
  Write(250);
  for (std::uint64_t seq = 251; seq <= 400; ++seq) Append(Completed(seq), kLater);
  EXPECT_EQ(Find(329), 0U) << "rewritten since";
}

TEST_F(PutBackTest, WithoutARestoreNothingExplainsIt) {
  Write(250);
  EXPECT_EQ(Find(329), 0U) << "set back";
  Write(400);
  EXPECT_EQ(Find(329), 0U) << "rewritten under the old times";
  entries_.clear();
  EXPECT_EQ(Find(329), 0U) << "another store";
}

TEST_F(PutBackTest, ARestoredBehindAnAlteredEntryExplainsNothing) {
  Write(250);
  Append(Completed(251), kLater);
  Append(Restored(252), kLater);
  EXPECT_EQ(Find(329), 0U);
}

TEST_F(PutBackTest, WhatIsNoEntryOfThisJournalExplainsNothing) {
  Write(250);
  Append(Restored(251), kLater);
  entries_.emplace_back("\xff noise");
  EXPECT_EQ(Find(329), 0U);
}

TEST_F(PutBackTest, NoMoreIsReadThanWhatCameSince) {
  Write(5000);
  Append(Restored(5001), kLater);
  for (std::uint64_t seq = 5002; seq <= 6500; ++seq) Append(Completed(seq), kLater);
  EXPECT_EQ(Find(6400), 5001U);
  EXPECT_GE(oldest_, 4000U);
}

}  // namespace
}  // namespace roster::notify
