#pragma once

// Is what came all there is? (the design, invariant 6: a poll that is not whole changes nothing).
// Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/model/settings.h"

namespace roster::source {

// What a walk over a list announced and brought.
struct Walked {
  std::string_view what;         // "people", "students": for the messages
  std::uint64_t announced = 0;   // rowCount, the same on every page
  std::uint64_t unique = 0;      // different ids, those of rejected rows included
  std::uint64_t without_id = 0;  // rejected rows whose id could not be read
  std::uint64_t used = 0;
  std::uint64_t rejected = 0;
  std::uint64_t page_size = 0;     // asked for
  std::uint64_t largest_page = 0;  // rows of the fullest page that came
  bool may_be_empty = false;       // for as long as it never had rows
};

// Errors, Invalid: "row-count-changed" (more than announced), "rows-missing", "empty",
// "too-many-rejected", "shrunk". `last_good`: rows of the last poll that was used, 0 for none.
Result<void> CheckWhole(const Walked& walked, std::uint64_t last_good,
                        const model::SourceLimits& limits);

// "9,176"
std::string Grouped(std::uint64_t number);

}  // namespace roster::source
