#pragma once

// How far a subscriber has come, kept in a file.

#include <cstdint>
#include <optional>
#include <string>

#include "client/failure.h"

namespace roster::client {

struct Cursor {
  std::string school;
  std::uint64_t seq = 0;  // of the last entry that was dealt with; 0: none was
  std::string hash;       // BLAKE2b-256 of its bytes, 32 bytes; "": not known

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// nullopt: there is no such file. A file that is no cursor, or another school's, is a failure: to
// begin anew is a person's decision.
Answer<std::optional<Cursor>> ReadCursor(const std::string& path, const std::string& school);

// On disk before it returns (ReplaceFile).
Answer<void> WriteCursor(const std::string& path, const Cursor& cursor);

}  // namespace roster::client
