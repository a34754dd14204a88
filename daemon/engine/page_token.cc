#include "daemon/engine/page_token.h"

namespace roster::engine {

std::string ToHex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    hex += kDigits[static_cast<unsigned char>(byte) >> 4U];
    hex += kDigits[static_cast<unsigned char>(byte) & 15U];
  }
  return hex;
}

Result<std::string> FromHex(std::string_view hex) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) break;
    bytes += static_cast<char>(high * 16 + low);
  }
  if (bytes.size() * 2 != hex.size()) {
    return Fail(Code::kInvalid, "page-token", "This page token was not given by rosterd.");
  }
  return bytes;
}

Result<std::string> TokenKey(const std::string& token, const store::Range& all) {
  if (token.empty()) return std::string();
  ROSTER_ASSIGN(std::string key, FromHex(token), "");
  if (key < all.begin || key >= all.end) {
    return Fail(Code::kInvalid, "page-token", "This page token belongs to another list.");
  }
  return key;
}

}  // namespace roster::engine
