#pragma once

// Commits by number, and what a store holds after so many of them.

#include <map>
#include <optional>
#include <string>

#include "daemon/store/store.h"

namespace roster::crash {

using Content = std::map<std::string, std::string>;  // family and key -> value

// Commit number `n` of a seed: a few values in several families, and its number under "last".
store::Batch MakeBatch(std::uint64_t seed, int n);
// After commits 1..n.
Content ContentAfter(std::uint64_t seed, int n);

// Everything that is there; a failed read fails the test.
Content ContentOf(const store::Reader& store);
// The same, or the error of a read.
Result<Content> ReadAll(const store::Reader& store);
// The last commit that is there; 0: none.
int LastOf(const store::Reader& store);

}  // namespace roster::crash
