#include "client/follow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

namespace roster::client {
namespace {

// A journal as the daemon keeps it: the bytes of each entry, chained.
class Journal {
 public:
  explicit Journal(std::string school = "tcs") : school_(std::move(school)) {}

  void Append() {
    v1::Entry entry;
    entry.set_version(1);
    entry.set_school(school_);
    entry.set_seq(entries.size() + 1);
    entry.set_previous(HeadHash());
    entry.mutable_poll_completed()->set_poll(entries.size());
    entries.push_back(entry.SerializeAsString());
  }
  void Append(std::size_t count) {
    while (count-- > 0) Append();
  }
  std::string HeadHash() const {
    return entries.empty() ? std::string(32, '\0') : EntryHash(entries.back());
  }
  std::string Beat() const {
    v1::Beat beat;
    beat.set_version(1);
    beat.set_school(school_);
    beat.set_head(entries.size());
    beat.set_head_hash(HeadHash());
    return beat.SerializeAsString();
  }
  v1::ReplayReply Replay(std::uint64_t since, std::size_t limit = 1000) const {
    v1::ReplayReply reply;
    reply.set_head(entries.size());
    for (std::size_t i = since; i < entries.size() && limit-- > 0; ++i) {
      reply.add_entries(entries[i]);
    }
    return reply;
  }

  std::vector<std::string> entries;

 private:
  std::string school_;
};

std::vector<std::uint64_t> TakeSeqs(Follower& follower) {
  std::vector<std::uint64_t> seqs;
  for (const v1::Entry& entry : follower.Take()) seqs.push_back(entry.seq());
  return seqs;
}

void Answer(Follower& follower, const Journal& journal, std::size_t limit = 1000) {
  while (const auto since = follower.Wanted()) {
    follower.OnReplay(*since, journal.Replay(*since, limit));
  }
}

using Seqs = std::vector<std::uint64_t>;

TEST(Follower, BeginsWithAReplayOfWhatIsThere) {
  Journal journal;
  journal.Append(3);
  Follower follower("tcs", 0);
  EXPECT_EQ(follower.Wanted(), 0U);
  Answer(follower, journal);
  EXPECT_EQ(TakeSeqs(follower), (Seqs{1, 2, 3}));
  EXPECT_EQ(follower.Wanted(), std::nullopt);
}

TEST(Follower, BeginsAfterAnEntryAndLearnsItsHashWithoutGivingItOut) {
  Journal journal;
  journal.Append(5);
  Follower follower("tcs", 3);
  EXPECT_EQ(follower.Wanted(), 2U);
  Answer(follower, journal);
  EXPECT_EQ(TakeSeqs(follower), (Seqs{4, 5}));
}

TEST(Follower, WhatIsPublishedNextIsGivenOutAtOnce) {
  Journal journal;
  Follower follower("tcs", 0);
  Answer(follower, journal);
  journal.Append(2);
  follower.OnPublished(journal.entries[0]);
  EXPECT_EQ(TakeSeqs(follower), (Seqs{1}));
  EXPECT_EQ(follower.Wanted(), std::nullopt);
  follower.OnPublished(journal.entries[0]);  // again
  follower.OnPublished(journal.entries[1]);
  EXPECT_EQ(TakeSeqs(follower), (Seqs{2}));
}

TEST(Follower, AGapIsAskedFor) {
  Journal journal;
  Follower follower("tcs", 0);
  Answer(follower, journal);
  journal.Append(4);
  follower.OnPublished(journal.entries[3]);
  EXPECT_EQ(TakeSeqs(follower), Seqs{});
  Answer(follower, journal);
  EXPECT_EQ(TakeSeqs(follower), (Seqs{1, 2, 3, 4}));
}

TEST(Follower, ABeatWithANewerHeadIsAskedFor) {
  Journal journal;
  Follower follower("tcs", 0);
  Answer(follower, journal);
  follower.OnBeat(journal.Beat());
  EXPECT_EQ(follower.Wanted(), std::nullopt);
  journal.Append(1);
  follower.OnBeat(journal.Beat());
  Answer(follower, journal);
  EXPECT_EQ(TakeSeqs(follower), (Seqs{1}));
}

TEST(Follower, NoiseFromTheSocketIsOnlyAHint) {
  Journal journal;
  Journal other("other");
  other.Append(3);
  Follower follower("tcs", 0);
  Answer(follower, journal);
  follower.OnPublished("\xff noise");
  follower.OnBeat("\xff noise");
  follower.OnPublished(other.entries[0]);
  follower.OnBeat(other.Beat());
  Answer(follower, journal);
  EXPECT_EQ(TakeSeqs(follower), Seqs{});
  EXPECT_EQ(follower.fault(), "");
}

TEST(Follower, AForgedEntryOnTheSocketIsNotGivenOut) {
  Journal journal;
  journal.Append(2);
  Follower follower("tcs", 0);
  Answer(follower, journal);
  TakeSeqs(follower);
  Journal forged;
  forged.Append(3);
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(forged.entries[2]));
  entry.set_previous(std::string(32, 'x'));
  follower.OnPublished(entry.SerializeAsString());
  EXPECT_EQ(TakeSeqs(follower), Seqs{});
  journal.Append(1);
  Answer(follower, journal);
  EXPECT_EQ(TakeSeqs(follower), (Seqs{3}));
}

TEST(Follower, ABrokenChainIsSaidLoudlyAndNothingFollows) {
  Journal journal;
  journal.Append(5);
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(journal.entries[2]));
  entry.mutable_poll_completed()->set_poll(777);
  journal.entries[2] = entry.SerializeAsString();
  Follower follower("tcs", 0);
  Answer(follower, journal);
  EXPECT_EQ(TakeSeqs(follower), (Seqs{1, 2, 3}));  // entry 4 is the one that does not fit
  EXPECT_NE(follower.fault().find("CHAIN IS BROKEN: entry 4"), std::string::npos);
  EXPECT_EQ(follower.Wanted(), std::nullopt);
}

TEST(Follower, TheFirstEntryOfAllFollowsZeroes) {
  Journal journal;
  journal.Append(1);
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(journal.entries[0]));
  entry.set_previous(std::string(32, 'x'));
  journal.entries[0] = entry.SerializeAsString();
  Follower follower("tcs", 0);
  Answer(follower, journal);
  EXPECT_NE(follower.fault(), "");
}

TEST(Follower, AnEntryOutOfPlaceIsDamage) {
  Journal journal;
  journal.Append(4);
  std::swap(journal.entries[1], journal.entries[2]);
  Follower follower("tcs", 0);
  Answer(follower, journal);
  EXPECT_NE(follower.fault().find("DAMAGED"), std::string::npos);
}

TEST(Follower, AJournalThatWasSetBackIsNoticedByItsBeat) {
  Journal journal;
  journal.Append(5);
  Follower follower("tcs", 0);
  Answer(follower, journal);
  journal.entries.resize(3);
  follower.OnBeat(journal.Beat());
  Answer(follower, journal);
  EXPECT_NE(follower.fault().find("ends at entry 3"), std::string::npos);
}

TEST(Follower, AnAnswerThatWasOvertakenByWhatIsPublishedIsNoFault) {
  Journal journal;
  journal.Append(4);
  Follower follower("tcs", 0);
  Answer(follower, journal);
  follower.OnSilence();
  const auto asked = follower.Wanted();
  const auto answer = journal.Replay(*asked);
  journal.Append();
  follower.OnPublished(journal.entries.back());
  follower.OnReplay(*asked, answer);
  EXPECT_EQ(follower.fault(), "");
  Answer(follower, journal);
  EXPECT_EQ(TakeSeqs(follower), (Seqs{1, 2, 3, 4, 5}));
  EXPECT_EQ(follower.fault(), "");
}

TEST(Follower, AJournalThatWasRewrittenIsNoticedByItsBeat) {
  Journal journal;
  journal.Append(5);
  Follower follower("tcs", 0);
  Answer(follower, journal);
  journal.entries.resize(4);
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(journal.entries[3]));
  entry.set_seq(5);
  entry.set_previous(journal.HeadHash());
  journal.entries.push_back(entry.SerializeAsString());
  follower.OnBeat(journal.Beat());
  Answer(follower, journal);
  EXPECT_NE(follower.fault().find("REWRITTEN"), std::string::npos);
}

TEST(Follower, ADaemonThatDoesNotGiveWhatItHasIsAFaultNotALoop) {
  Follower follower("tcs", 0);
  v1::ReplayReply reply;
  reply.set_head(3);
  follower.OnReplay(0, reply);
  EXPECT_NE(follower.fault(), "");
}

TEST(Follower, AnEntryOfALaterVersionSaysToInstallIt) {
  v1::Entry entry;
  entry.set_version(2);
  entry.set_school("tcs");
  entry.set_seq(1);
  v1::ReplayReply reply;
  reply.set_head(1);
  reply.add_entries(entry.SerializeAsString());
  Follower follower("tcs", 0);
  follower.OnReplay(0, reply);
  EXPECT_NE(follower.fault().find("version 2"), std::string::npos);
}

int Seeds() {
  const char* seeds = std::getenv("ROSTER_TEST_SEEDS");
  return seeds == nullptr ? 20 : std::atoi(seeds);
}

// Whatever the socket drops, repeats, reorders, delays or garbles, and however often the daemon
// restarts: every entry after `since`, once, in order.
TEST(FollowerProperty, EveryEntryOnceInOrder) {
  for (int seed = 1; seed <= Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(static_cast<unsigned>(seed));
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    const unsigned drops = random() % 100;
    Journal journal;
    journal.Append(random() % 30);
    const std::uint64_t since = journal.entries.empty() ? 0 : random() % journal.entries.size();
    Follower follower("tcs", since);
    std::vector<std::string> in_flight;  // entries and, told by a front mark, beats
    Seqs seen;
    bool up = true;
    const auto take = [&] {
      for (const std::uint64_t seq : TakeSeqs(follower)) seen.push_back(seq);
    };
    const auto deliver = [&] {
      const std::size_t which = chance(80) ? 0 : random() % in_flight.size();
      const std::string message = in_flight[which];
      if (!chance(10)) in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(which));
      if (message[0] == 'b') {
        follower.OnBeat(message.substr(1));
      } else {
        follower.OnPublished(message.substr(1));
      }
    };
    for (int step = 0; step < 400; ++step) {
      if (chance(3)) {  // a restart: what was in flight is gone
        up = !up;
        in_flight.clear();
      }
      if (up && chance(40)) {
        journal.Append();
        if (!chance(drops)) in_flight.push_back("e" + journal.entries.back());
        if (chance(2)) in_flight.push_back("e\xff garbage");
      }
      if (up && chance(20) && !chance(drops)) in_flight.push_back("b" + journal.Beat());
      if (!in_flight.empty() && chance(60)) deliver();
      if (up && chance(50)) {
        if (const auto asked = follower.Wanted()) {
          follower.OnReplay(*asked, journal.Replay(*asked, 2 + random() % 10));
        }
      }
      take();
      ASSERT_EQ(follower.fault(), "");
    }
    follower.OnBeat(journal.Beat());
    follower.OnSilence();
    Answer(follower, journal, 7);
    take();
    Seqs all;
    for (std::uint64_t seq = since + 1; seq <= journal.entries.size(); ++seq) all.push_back(seq);
    ASSERT_EQ(seen, all);
  }
}

// One altered bit anywhere in what is replayed is found: by the chain, or, in the newest entry, by
// the beats.
TEST(FollowerProperty, AnAlteredEntryIsFound) {
  for (int seed = 1; seed <= Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(static_cast<unsigned>(seed));
    Journal journal;
    journal.Append(2 + random() % 30);
    const std::string beat = journal.Beat();
    std::string& entry = journal.entries[random() % journal.entries.size()];
    entry[random() % entry.size()] ^= static_cast<char>(1U << (random() % 8U));
    Follower follower("tcs", 0);
    Answer(follower, journal);
    for (int i = 0; i < 2; ++i) {
      follower.OnBeat(beat);
      Answer(follower, journal);
    }
    EXPECT_NE(follower.fault(), "");
  }
}

}  // namespace
}  // namespace roster::client
