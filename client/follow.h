#pragma once

// How a subscriber sees every entry of a school's journal once, in order, whatever the events
// socket drops, repeats or reorders, and however often the daemon restarts (proto/README.md).
//
// No I/O of its own: it is fed what came in, says what to ask for, and gives out what is next. What
// is published is only a hint; only a replay can prove that something is wrong.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roster/v1/control.pb.h"
#include "roster/v1/events.pb.h"
#include "roster/v1/journal.pb.h"

namespace roster::client {

namespace v1 = ::roster::v1;

// BLAKE2b-256 (RFC 7693) without a key: what `previous` of the next entry holds.
std::string EntryHash(std::string_view bytes);

class Follower {
 public:
  // Begins after entry `since`; 0 is the beginning. With the digest of that entry (EntryHash), as
  // it was when it was known, the first replay tells whether it still is the same.
  Follower(std::string school, std::uint64_t since, std::string hash = "");

  // From the events socket; anything may come in here.
  void OnPublished(std::string_view bytes);
  void OnBeat(std::string_view bytes);
  // Nothing was heard for a while: ask, in case it is the socket that is deaf.
  void OnSilence() { wanted_ = true; }

  // A replay is wanted, of the entries after this one. Stays so until OnReplay.
  std::optional<std::uint64_t> Wanted() const;
  // The answer to the last Replay{since: asked}, with a limit of 2 or more. What is published
  // between the question and the answer may come in before it.
  void OnReplay(std::uint64_t asked, const v1::ReplayReply& reply);

  // The entries that are next, each given once.
  std::vector<v1::Entry> Take();

  // What is wrong with the journal, for people; then nothing more is given out. "" while it is
  // well.
  const std::string& fault() const { return fault_; }
  // The fault is that this is not the journal that was known: it was put back from a backup,
  // altered or damaged.
  bool is_another() const { return another_; }

  std::uint64_t known() const { return known_; }
  // Of the entry `known()`; "": not learned yet.
  const std::string& known_hash() const { return known_hash_; }

 private:
  bool Follows(const v1::Entry& entry) const;
  void Accept(v1::Entry entry, std::string_view bytes);
  bool Replayed(std::uint64_t seq, std::string_view bytes);  // false: a fault

  std::string school_;
  std::uint64_t known_;
  std::string known_hash_;      // of the entry `known_`; "": not learned yet
  bool wanted_ = true;          // the first replay tells how things stand
  bool recheck_ = false;        // what is known is in doubt: see entry `known_` again
  std::uint64_t disputed_ = 0;  // a beat spoke against this entry, and a replay for it
  bool dispute_ = false;        // the recheck is for a beat
  std::uint64_t behind_ = 0;    // a replay ended before this entry, which was known
  std::vector<v1::Entry> next_;
  std::string fault_;
  bool another_ = false;
};

}  // namespace roster::client
