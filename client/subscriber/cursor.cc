#include "client/subscriber/cursor.h"

#include <fmt/format.h>

#include <sstream>

#include "client/format.h"
#include "client/subscriber/durable_file.h"

namespace roster::client {
namespace {

constexpr std::size_t kHashSize = 32;

std::optional<std::string> FromHex(const std::string& hex) {
  if (hex == "-") return "";
  if (hex.size() != 2 * kHashSize) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    if (hex.find_first_not_of("0123456789abcdef", i) < i + 2) return std::nullopt;
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::optional<Cursor> Parse(const std::string& text) {
  std::istringstream in(text);
  std::string magic;
  std::string number;
  std::string hex;
  std::string more;
  Cursor cursor;
  if (!(in >> magic >> cursor.school >> number >> hex) || in >> more ||
      magic != "roster-cursor-1" || number.size() > 19 ||
      number.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  cursor.seq = std::stoull(number);
  auto hash = FromHex(hex);
  if (!hash) return std::nullopt;
  cursor.hash = std::move(*hash);
  return cursor;
}

}  // namespace

Answer<std::optional<Cursor>> ReadCursor(const std::string& path, const std::string& school) {
  CLIENT_ASSIGN(const auto text, ReadWholeFile(path));
  if (!text) return std::nullopt;
  auto cursor = Parse(*text);
  if (!cursor) {
    return Fail(Exit::kFailed,
                path +
                    " is no cursor of a subscriber. Put back what was there, or move "
                    "it away to begin anew: then entries come again, or are missed.");
  }
  if (cursor->school != school) {
    return Fail(Exit::kUsage, fmt::format("{} is the cursor of the school {}, not of {}: give each "
                                          "school a file of its own.",
                                          path, cursor->school, school));
  }
  return cursor;
}

Answer<void> WriteCursor(const std::string& path, const Cursor& cursor) {
  return ReplaceFile(path, fmt::format("roster-cursor-1 {} {} {}\n", cursor.school, cursor.seq,
                                       cursor.hash.empty() ? "-" : Hex(cursor.hash)));
}

}  // namespace roster::client
