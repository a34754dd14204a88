#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "daemon/base/text.h"

namespace roster::fuzz {
namespace {

constexpr std::size_t kErrorTextMax = std::size_t{16} << 10U;

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

void Expect(bool holds, std::string_view what, std::string_view detail) {
  if (holds) return;
  Print("FINDING: ");
  Print(what);
  Print("\n");
  Print(detail);
  Print("\n");
  std::abort();
}

void ExpectSilent(std::string_view text) {
  Expect(!text.empty(), "An error says nothing.");
  Expect(IsValidUtf8(text), "An error text is not UTF-8:", text);
  Expect(text.size() <= kErrorTextMax, "An error text is too long:", text);
  Expect(text.find(kMarker) == std::string_view::npos, "An error text repeats a value:", text);
}

void ExpectError(const Error& error, const std::vector<std::string_view>& reasons) {
  ExpectSilent(error.message);
  Expect(std::find(reasons.begin(), reasons.end(), error.reason) != reasons.end(),
         "An error has a reason that its header does not name:", error.reason);
}

void ExpectHarmless(std::string_view text) {
  Expect(IsValidUtf8(text), "What is shown is not UTF-8:", text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    Expect((byte >= 0x20 && byte != 0x7F) || byte == '\n', "A control character is shown:", text);
    const std::string_view rest = text.substr(i);
    const bool c1 = byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    Expect(!c1, "A C1 control character is shown:", text);
    // U+2028 to U+202E, and U+2066 to U+2069.
    const bool turns = (rest.starts_with("\xE2\x80") && rest[2] >= '\xA8' && rest[2] <= '\xAE') ||
                       (rest.starts_with("\xE2\x81") && rest[2] >= '\xA6' && rest[2] <= '\xA9');
    Expect(!turns, "A mark that turns the direction of writing is shown:", text);
  }
}

std::vector<std::string> Parts(std::string_view bytes, std::size_t count_max) {
  constexpr std::string_view kBetween = "\n---\n";
  std::vector<std::string> parts;
  while (parts.size() < count_max) {
    const std::size_t end = bytes.find(kBetween);
    parts.emplace_back(bytes.substr(0, end));
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + kBetween.size());
  }
  return parts;
}

}  // namespace roster::fuzz
