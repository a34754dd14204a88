#pragma once

// Golden files, and how many seeds a property test goes through.

#include <cstdint>
#include <string>

namespace roster::dump {

// Compares with tests/data/golden/`name`. With ROSTER_UPDATE_GOLDEN=1 in the environment the file
// is written instead: look at what git shows before committing it.
void ExpectGolden(const std::string& name, const std::string& actual);

// ROSTER_TEST_SEEDS, or 200.
std::uint64_t Seeds();

}  // namespace roster::dump
