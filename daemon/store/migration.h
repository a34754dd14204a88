#pragma once

// How a store of an older format becomes one of today's. A change that old rows do not fit raises
// kFormatVersion (codec.h) and adds a migration here; a data directory of the format before is then
// kept in tests/data/formats.

#include <cstdint>
#include <functional>
#include <vector>

#include "daemon/base/result.h"

namespace roster::store {

class Store;

// One step: from a format to the next. It may be cut off at any instant, and is then done again
// from its beginning: what it writes must stand being written twice. The format's number is written
// after it, by who calls it.
struct Migration {
  std::uint32_t from = 0;
  std::function<Result<void>(Store& store)> run;
};

// In order of `from`, without gaps up to today's format. Empty: format 1 is the only one so far.
const std::vector<Migration>& Migrations();

}  // namespace roster::store
