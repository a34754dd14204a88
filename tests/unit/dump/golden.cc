#include "tests/unit/dump/golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace roster::dump {

void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::filesystem::path path = std::filesystem::path(ROSTER_GOLDEN_DIR) / name;
  const char* update = std::getenv("ROSTER_UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << actual;
    ASSERT_TRUE(file.flush().good()) << "could not write " << path;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file.good()) << "no golden file " << path << "; write it with ROSTER_UPDATE_GOLDEN=1";
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(actual, expected.str())
      << "differs from " << path << "; if this is what is wanted, ROSTER_UPDATE_GOLDEN=1";
}

std::uint64_t Seeds() {
  const char* given = std::getenv("ROSTER_TEST_SEEDS");
  const std::uint64_t seeds = given == nullptr ? 0 : std::strtoull(given, nullptr, 10);
  return seeds == 0 ? 200 : seeds;
}

}  // namespace roster::dump
