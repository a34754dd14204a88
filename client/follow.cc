#include "client/follow.h"

#include <fmt/format.h>
#include <sodium.h>

namespace roster::client {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHashSize = 32;

}  // namespace

std::string EntryHash(std::string_view bytes) {
  // Picks the code for this CPU; the plain one serves where it fails.
  static const int ready = sodium_init();
  static_cast<void>(ready);
  std::string hash(kHashSize, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr,
                     0);
  return hash;
}

Follower::Follower(std::string school, std::uint64_t since, std::string hash)
    : school_(std::move(school)),
      known_(since),
      known_hash_(std::move(hash)),
      recheck_(!known_hash_.empty()) {
  if (since == 0) known_hash_ = std::string(kHashSize, '\0');
}

void Follower::OnPublished(std::string_view bytes) {
  v1::Entry entry;
  if (!entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      entry.version() != kVersion || entry.school() != school_) {
    wanted_ = true;
    return;
  }
  if (!fault_.empty() || entry.seq() < known_) return;
  if (entry.seq() == known_) {
    if (!known_hash_.empty() && EntryHash(bytes) != known_hash_) wanted_ = recheck_ = true;
    return;
  }
  if (Follows(entry)) {
    Accept(std::move(entry), bytes);
  } else {
    wanted_ = true;
  }
}

void Follower::OnBeat(std::string_view bytes) {
  v1::Beat beat;
  if (!beat.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      beat.version() != kVersion || beat.school() != school_) {
    return;
  }
  // An older head may be a beat that was overtaken by a replay, or a journal that was set back.
  if (beat.head() != known_) wanted_ = true;
  if (beat.head() == known_ && !known_hash_.empty() && beat.head_hash() != known_hash_) {
    if (disputed_ == known_ && fault_.empty()) {
      another_ = true;
      fault_ = fmt::format(
          "THE JOURNAL IS DAMAGED: the beat and the replay give entry {} of {} "
          "different digests.",
          known_, school_);
    }
    wanted_ = recheck_ = dispute_ = true;
  }
}

std::optional<std::uint64_t> Follower::Wanted() const {
  if (!wanted_ || !fault_.empty()) return std::nullopt;
  const bool see_known = (recheck_ || known_hash_.empty()) && known_ > 0;
  return see_known ? known_ - 1 : known_;
}

void Follower::OnReplay(std::uint64_t asked, const v1::ReplayReply& reply) {
  if (!fault_.empty()) return;
  if (reply.head() < known_) {
    // It may have been overtaken by what was published meanwhile. One that was asked for since then
    // proves it.
    const bool overtaken = reply.head() >= asked && behind_ != known_;
    behind_ = known_;
    if (overtaken) {
      wanted_ = recheck_ = true;
      return;
    }
    another_ = true;
    fault_ = fmt::format(
        "The journal of {} ends at entry {}, and entry {} was known: another store, or one put "
        "back from a backup. Find out which before you rely on either.",
        school_, reply.head(), known_);
    return;
  }
  std::uint64_t seq = asked;
  for (const std::string& bytes : reply.entries()) {
    if (!Replayed(++seq, bytes)) return;
  }
  if (seq == asked && reply.head() > asked) {
    fault_ = fmt::format(
        "rosterd says that the journal of {} goes on to entry {}, and does not "
        "give what follows entry {}.",
        school_, reply.head(), asked);
    return;
  }
  if (dispute_ && asked < known_) disputed_ = known_;
  recheck_ = dispute_ = false;
  wanted_ = reply.head() > known_;
}

// The chain holds by number and by hash.
bool Follower::Follows(const v1::Entry& entry) const {
  return entry.seq() == known_ + 1 && !known_hash_.empty() && entry.previous() == known_hash_;
}

void Follower::Accept(v1::Entry entry, std::string_view bytes) {
  known_ = entry.seq();
  known_hash_ = EntryHash(bytes);
  next_.push_back(std::move(entry));
}

bool Follower::Replayed(std::uint64_t seq, std::string_view bytes) {
  v1::Entry entry;
  const bool readable = entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (readable && entry.version() != kVersion) {
    fault_ = fmt::format(
        "Entry {} is of version {}, which this program does not know: install "
        "the same version as rosterd.",
        seq, entry.version());
    return false;
  }
  if (!readable || entry.seq() != seq || entry.school() != school_) {
    another_ = true;
    fault_ = fmt::format(
        "THE JOURNAL IS DAMAGED: where entry {} of {} belongs stands something "
        "else.",
        seq, school_);
    return false;
  }
  if (seq < known_) return true;
  if (seq == known_) {
    const std::string hash = EntryHash(bytes);
    if (known_hash_.empty()) known_hash_ = hash;
    if (known_hash_ == hash) return true;
    another_ = true;
    fault_ = fmt::format(
        "THE JOURNAL HAS BEEN REWRITTEN: entry {} of {} is not the one that was "
        "there before. Was it put back from a backup (rosterctl journal --type Restored), or "
        "altered? Find out before you rely on it.",
        seq, school_);
    return false;
  }
  if (!Follows(entry)) {
    another_ = true;
    fault_ = fmt::format(
        "THE JOURNAL'S CHAIN IS BROKEN: entry {} of {} does not fit entry {} "
        "before it. One of them was altered or damaged; what follows proves "
        "nothing.",
        seq, school_, known_);
    return false;
  }
  Accept(std::move(entry), bytes);
  return true;
}

std::vector<v1::Entry> Follower::Take() {
  std::vector<v1::Entry> taken;
  taken.swap(next_);
  return taken;
}

}  // namespace roster::client
