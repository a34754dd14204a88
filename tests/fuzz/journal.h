#pragma once

// A journal as the daemon would write it, for targets that compare what is told with what is.

#include <cstdint>
#include <string>
#include <vector>

#include "client/follow.h"
#include "tests/fuzz/script.pb.h"

namespace roster::fuzz {

namespace v1 = ::roster::v1;

inline constexpr const char* kSchool = "tcs";

class Journal {
 public:
  // The entry's bytes; an honest one is made to follow the last, and kept.
  std::string Add(const Entry& entry) {
    if (!entry.honest()) return entry.entry().SerializeAsString();
    v1::Entry next = entry.entry();
    next.set_version(1);
    next.set_school(kSchool);
    next.set_seq(entries.size() + 1);
    next.set_previous(head_hash);
    entries.push_back(next.SerializeAsString());
    head_hash = client::EntryHash(entries.back());
    return entries.back();
  }
  std::uint64_t head() const { return entries.size(); }

  std::vector<std::string> entries;  // numbered from 1
  std::string head_hash = std::string(32, '\0');
};

}  // namespace roster::fuzz
