#pragma once

// The journal as somebody outside keeps it: entries by number, checked by code that shares nothing
// with the daemon's (libsodium's BLAKE2b on the bytes as they came).

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "roster/v1/journal.pb.h"

namespace roster::crash {

// Thread-safe.
class JournalCopy {
 public:
  // What came over PUB, or in a replay. An entry that was known with other bytes, or that doesn't
  // follow its neighbours, is a fault.
  void Take(const std::string& bytes);
  // Whether 1..head are all there.
  bool IsWhole(std::uint64_t head) const;
  std::uint64_t size() const;
  std::vector<v1::Entry> Entries() const;
  std::vector<std::string> faults() const;

 private:
  void CheckLink(std::uint64_t seq);

  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::string> entries_;
  std::vector<std::string> faults_;
};

}  // namespace roster::crash
