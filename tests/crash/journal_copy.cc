#include "tests/crash/journal_copy.h"

#include <sodium.h>

namespace roster::crash {
namespace {

constexpr std::size_t kHash = 32;

std::string HashOf(const std::string& bytes) {
  std::string hash(kHash, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), kHash,
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr,
                     0);
  return hash;
}

}  // namespace

void JournalCopy::Take(const std::string& bytes) {
  const std::lock_guard guard(mutex_);
  v1::Entry entry;
  if (!entry.ParseFromString(bytes) || entry.seq() == 0) {
    faults_.push_back("an entry that cannot be read");
    return;
  }
  const auto [known, is_new] = entries_.try_emplace(entry.seq(), bytes);
  if (!is_new) {
    if (known->second != bytes) {
      faults_.push_back("entry " + std::to_string(entry.seq()) + " was another one before");
    }
    return;
  }
  CheckLink(entry.seq());
  CheckLink(entry.seq() + 1);
}

// That `seq` follows the one before, where both are known.
void JournalCopy::CheckLink(std::uint64_t seq) {
  const auto later = entries_.find(seq);
  if (later == entries_.end()) return;
  v1::Entry entry;
  entry.ParseFromString(later->second);
  const auto earlier = entries_.find(seq - 1);
  if (seq > 1 && earlier == entries_.end()) return;
  const std::string expected = seq == 1 ? std::string(kHash, '\0') : HashOf(earlier->second);
  if (entry.previous() != expected) {
    faults_.push_back("entry " + std::to_string(seq) + " does not follow the one before");
  }
}

bool JournalCopy::IsWhole(std::uint64_t head) const {
  const std::lock_guard guard(mutex_);
  return entries_.size() >= head && (head == 0 || (entries_.begin()->first == 1 &&
                                                   entries_.rbegin()->first == entries_.size()));
}

std::uint64_t JournalCopy::size() const {
  const std::lock_guard guard(mutex_);
  return entries_.size();
}

std::vector<v1::Entry> JournalCopy::Entries() const {
  const std::lock_guard guard(mutex_);
  std::vector<v1::Entry> all;
  for (const auto& [seq, bytes] : entries_) all.emplace_back().ParseFromString(bytes);
  return all;
}

std::vector<std::string> JournalCopy::faults() const {
  const std::lock_guard guard(mutex_);
  return faults_;
}

}  // namespace roster::crash
