// The chain of a journal: whatever is done to it behind the daemon's back is found, and what was
// done to which entry is said.

#include "client/chain.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <map>

#include "client/follow.h"
#include "roster/v1/journal.pb.h"

namespace roster::client {
namespace {

class Kept {
 public:
  explicit Kept(std::uint64_t count) {
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
      v1::Entry entry;
      entry.set_version(1);
      entry.set_school("tcs");
      entry.set_seq(seq);
      entry.set_actor("uid:1000");
      entry.set_previous(hash_);
      entry.mutable_poll_completed()->set_poll(seq);
      entries[seq] = entry.SerializeAsString();
      hash_ = EntryHash(entries[seq]);
    }
    head = count;
  }
  // "altered 3", "missing 4; reordered 5"
  std::string Faults() const {
    const google::protobuf::LogSilencer quiet;
    Chain chain("tcs");
    for (const auto& [number, bytes] : entries) chain.Add(number, bytes);
    chain.End(head, hash_);
    EXPECT_EQ(chain.count(), entries.size());
    EXPECT_EQ(chain.faults().size(), chain.faults_total());
    std::string text;
    for (const v1::Difference& fault : chain.faults()) {
      EXPECT_EQ(fault.about(), "entry");
      EXPECT_NE(fault.sentence().find(fault.id()), std::string::npos) << fault.sentence();
      text += (text.empty() ? "" : "; ") + fault.reason() + " " + fault.id();
    }
    return text;
  }

  std::map<std::uint64_t, std::string> entries;
  std::uint64_t head = 0;

 private:
  std::string hash_ = std::string(32, '\0');
};

TEST(Chain, WhatWasWrittenIsVerified) {
  EXPECT_EQ(Kept(0).Faults(), "");
  EXPECT_EQ(Kept(1).Faults(), "");
  EXPECT_EQ(Kept(50).Faults(), "");
}

// Wherever the bit is: in the content, a number, the digest, or in how the bytes are made up.
TEST(Chain, AnyFlippedBitIsFoundAndBlamedOnItsEntry) {
  const Kept good(6);
  for (const auto& [number, bytes] : good.entries) {
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
      Kept kept = good;
      kept.entries[number][i / 8] ^= static_cast<char>(1U << (i % 8));
      EXPECT_EQ(kept.Faults(), "altered " + std::to_string(number)) << number << " bit " << i;
    }
  }
}

TEST(Chain, AnyTruncatedEntryIsFound) {
  const Kept good(4);
  for (const auto& [number, bytes] : good.entries) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      Kept kept = good;
      kept.entries[number].resize(size);
      EXPECT_EQ(kept.Faults(), "altered " + std::to_string(number)) << number << " to " << size;
    }
  }
}

TEST(Chain, AMissingEntryIsNamed) {
  for (std::uint64_t number = 1; number <= 6; ++number) {
    Kept kept(6);
    kept.entries.erase(number);
    EXPECT_EQ(kept.Faults(), "missing " + std::to_string(number));
  }
  Kept kept(9);
  for (const std::uint64_t number : {3, 4, 5, 9}) kept.entries.erase(number);
  EXPECT_EQ(kept.Faults(), "missing 3; missing 9");
}

TEST(Chain, EntriesThatHaveChangedPlacesAreNamed) {
  for (std::uint64_t a = 1; a <= 6; ++a) {
    for (std::uint64_t b = a + 1; b <= 6; ++b) {
      Kept kept(6);
      std::swap(kept.entries[a], kept.entries[b]);
      EXPECT_EQ(kept.Faults(), "reordered " + std::to_string(a)) << a << " " << b;
    }
  }
  Kept kept(6);
  const std::string two = kept.entries[2];
  kept.entries[2] = kept.entries[4];
  kept.entries[4] = kept.entries[5];
  kept.entries[5] = two;
  EXPECT_EQ(kept.Faults(), "reordered 2; reordered 4; reordered 5");
}

TEST(Chain, SeveralFaultsAreEachNamed) {
  Kept kept(30);
  kept.entries[4].back() ^= 1;
  kept.entries.erase(10);
  std::swap(kept.entries[20], kept.entries[21]);
  kept.entries[27].back() ^= 1;
  EXPECT_EQ(kept.Faults(), "altered 4; missing 10; reordered 20; altered 27");
}

TEST(Chain, TheNewestIsHeldAgainstWhatTheDaemonGoesOnFrom) {
  Kept kept(3);
  kept.entries[3].back() ^= 1;
  EXPECT_EQ(kept.Faults(), "altered 3");
}

TEST(Chain, OfVeryManyFaultsTheFirstAreNamedAndAllCounted) {
  Kept kept(1000);
  for (std::uint64_t number = 2; number < 1000; number += 3) kept.entries.erase(number);
  Chain chain("tcs");
  for (const auto& [number, bytes] : kept.entries) chain.Add(number, bytes);
  EXPECT_EQ(chain.faults().size(), Chain::kFaultsMax);
  EXPECT_EQ(chain.faults_total(), 333U);
}

}  // namespace
}  // namespace roster::client
