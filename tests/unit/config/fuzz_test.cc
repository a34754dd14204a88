// Whatever stands in the file, there is an answer: a config, or a list of problems.

#include <gtest/gtest.h>

#include <cstdlib>

#include "daemon/base/random.h"
#include "daemon/config/config.h"
#include "tests/unit/config/sample_config.h"

namespace roster {
namespace {

std::uint64_t Seeds() {
  const char* given = std::getenv("ROSTER_TEST_SEEDS");
  const std::uint64_t seeds = given == nullptr ? 0 : std::strtoull(given, nullptr, 10);
  return seeds == 0 ? 200 : seeds;
}

void ExpectAnswer(const std::string& text) {
  const auto result = config::LoadText(text, "rosterd.yaml");
  if (!result) {
    EXPECT_FALSE(result.error().message.empty());
    EXPECT_TRUE(result.error().message.starts_with("rosterd.yaml:"));
  }
}

TEST(ConfigFuzz, EveryTruncationHasAnAnswer) {
  for (std::size_t end = 0; end < kGoodConfig.size(); ++end) {
    ExpectAnswer(std::string(kGoodConfig.substr(0, end)));
  }
}

TEST(ConfigFuzz, MutationsHaveAnAnswer) {
  constexpr std::string_view kBytes = "{}[]:,-&*!|>'\"%@`#?~ \n\t09azAZ\x04\xC3\xA9";
  for (std::uint64_t seed = 1; seed <= 10 * Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    std::string text(kGoodConfig);
    for (std::uint64_t left = 1 + random.Next() % 8; left > 0; --left) {
      const std::size_t at = random.Next() % text.size();
      const char byte = kBytes[random.Next() % kBytes.size()];
      switch (random.Next() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + random.Next() % 20);
          break;
      }
    }
    ExpectAnswer(text);
  }
}

}  // namespace
}  // namespace roster
