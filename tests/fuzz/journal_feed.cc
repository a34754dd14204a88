// The journal as a subscriber learns it, from a feed that loses, repeats and lies, and from replays
// that do. Whatever comes in: entries are given out once, in order, each chained to the one before;
// and `journal verify` finds no fault exactly where there is none.

#include "client/chain.h"
#include "client/follow.h"
#include "client/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/journal.h"
#include "tests/fuzz/message_mutator.h"

namespace roster::fuzz {
namespace {

constexpr int kHeardMax = 200;

class Subscriber {
 public:
  explicit Subscriber(std::uint64_t since) : since_(since), follower_(kSchool, since) {}

  void Hear(const Heard& heard) {
    switch (heard.what_case()) {
      case Heard::kEntry: {
        const std::string bytes = Told(journal_.Add(heard.entry()));
        if (heard.entry().published()) follower_.OnPublished(bytes);
        break;
      }
      case Heard::kBeat:
        Beat(heard);
        break;
      case Heard::kAnswer:
        Reply(heard.answer());
        break;
      case Heard::kSilence:
        follower_.OnSilence();
        break;
      case Heard::kRawEntry:
        follower_.OnPublished(Told(heard.raw_entry()));
        break;
      case Heard::kRawBeat:
        follower_.OnBeat(heard.raw_beat());
        break;
      case Heard::WHAT_NOT_SET:
        break;
    }
    Take();
  }

  // From here on the truth alone: a follower that was told no lie has it all.
  void Settle() {
    follower_.OnSilence();
    for (int asked = 0; asked < 4 && follower_.Wanted(); ++asked) {
      Replayed truth;
      truth.set_honest(true);
      Reply(truth);
      Take();
    }
    if (follower_.fault().empty()) {
      Expect(!follower_.Wanted() || follower_.known() > journal_.head(),
             "A follower that was told everything asks on and on.");
    } else {
      Expect(lied_ || since_ > 0,
             "A follower finds a fault, and was told no lie:", follower_.fault());
    }
    if (!lied_ && since_ == 0) {
      Expect(taken_.size() == journal_.head(), "A follower that was told no lie lacks entries.");
    }
  }

  const Journal& journal() const { return journal_; }

 private:
  const std::string& Told(std::string bytes) {
    told_.push_back(std::move(bytes));
    // What is no entry, or of another journal, is passed over.
    if (told_.back().empty() || !IsTrue(told_.back())) lied_ = true;
    return told_.back();
  }
  bool IsTrue(const std::string& bytes) const {
    for (const std::string& entry : journal_.entries) {
      if (entry == bytes) return true;
    }
    return false;
  }

  void Beat(const Heard& heard) {
    v1::Beat beat = heard.beat();
    if (heard.honest()) {
      beat.set_version(1);
      beat.set_school(kSchool);
      beat.set_head(journal_.head());
      beat.set_head_hash(journal_.head_hash);
    } else {
      lied_ = true;
    }
    follower_.OnBeat(beat.SerializeAsString());
  }

  void Reply(const Replayed& answer) {
    const auto asked = follower_.Wanted();
    if (!asked) return;
    v1::ReplayReply reply;
    reply.set_head(journal_.head());
    if (answer.honest()) {
      for (std::uint64_t seq = *asked; seq < journal_.head(); ++seq) {
        reply.add_entries(Told(journal_.entries[seq]));
      }
    } else {
      lied_ = true;
      reply.set_head(journal_.head() + static_cast<std::uint64_t>(answer.head_off()));
      for (const Entry& entry : answer.entries()) reply.add_entries(Told(journal_.Add(entry)));
      for (const std::string& raw : answer.raw_entries()) reply.add_entries(Told(raw));
    }
    follower_.OnReplay(*asked, reply);
  }

  void Take() {
    for (const v1::Entry& entry : follower_.Take()) {
      Expect(entry.seq() == since_ + taken_.size() + 1, "An entry is given out of its turn.");
      Expect(entry.school() == kSchool, "An entry of another school is given out.");
      if (entry.seq() == 1) {
        Expect(entry.previous() == std::string(32, '\0'), "The first entry follows another.");
      }
      Expect(taken_.empty() || Chained(taken_.back(), entry), "An entry follows none.");
      taken_.push_back(entry);
    }
    if (!follower_.fault().empty()) ExpectHarmless(client::Clean(follower_.fault()));
  }
  // Some bytes that were told are the one before, and what the next one says of it.
  bool Chained(const v1::Entry& before, const v1::Entry& entry) const {
    for (const std::string& bytes : told_) {
      v1::Entry one;
      if (client::EntryHash(bytes) == entry.previous() && one.ParseFromString(bytes) &&
          one.SerializeAsString() == before.SerializeAsString()) {
        return true;
      }
    }
    return false;
  }

  const std::uint64_t since_;
  client::Follower follower_;
  Journal journal_;
  std::vector<std::string> told_;
  std::vector<v1::Entry> taken_;
  bool lied_ = false;
};

// `journal verify` over what was told in place of the journal's entries.
void Verify(const Listening& feed) {
  Journal journal;
  std::vector<std::string> kept;
  for (const Heard& heard : feed.heard()) {
    if (heard.what_case() == Heard::kEntry) kept.push_back(journal.Add(heard.entry()));
    if (heard.what_case() == Heard::kRawEntry) kept.push_back(heard.raw_entry());
  }
  client::Chain chain(kSchool);
  std::string previous(32, '\0');
  bool well = true;
  std::uint64_t number = feed.since();
  well = number == 0;
  if (number > UINT32_MAX) return;  // the numbers that follow must be there
  for (const std::string& bytes : kept) {
    chain.Add(++number, bytes);
    v1::Entry entry;
    well = well && entry.ParseFromString(bytes) && entry.school() == kSchool &&
           entry.seq() == number && entry.previous() == previous;
    previous = client::EntryHash(bytes);
  }
  // Nothing kept, and something before it: missing, so not well.
  well = well && number == kept.size();
  chain.End(number, previous);
  Expect(well == (chain.faults_total() == 0),
         well ? "A good journal is found faulty." : "A fault of the journal is not found.");
  Expect(chain.faults().size() <= client::Chain::kFaultsMax, "Too many faults are named.");
  for (const v1::Difference& fault : chain.faults()) ExpectSilent(fault.sentence());
}

void Check(std::string_view bytes) {
  Listening feed;
  if (!feed.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  if (feed.heard_size() > kHeardMax) return;
  Subscriber subscriber(feed.since());
  for (const Heard& heard : feed.heard()) subscriber.Hear(heard);
  subscriber.Settle();
  Verify(feed);
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  roster::fuzz::Check(roster::fuzz::Bytes(data, size));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  return roster::fuzz::MutateMessage(roster::fuzz::Listening::default_instance(), data, size,
                                     size_max, seed);
}
