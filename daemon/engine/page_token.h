#pragma once

// Pages of long lists: a token is the last key of the page before, in hex. It comes back from
// outside, so a wrong one is the client's mistake, never damage of the store.

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/store/keys.h"

namespace roster::engine {

// Rows looked at for one page, so that a rare filter does not hold everybody up.
inline constexpr std::size_t kScannedMax = 4000;

std::string ToHex(std::string_view bytes);
// Invalid "page-token".
Result<std::string> FromHex(std::string_view hex);

// What a token of ours holds. A token comes from outside: a wrong one is no damage of the store.
template <typename Parse>
auto ParseToken(const std::string& token, Parse parse) -> decltype(parse(std::string_view())) {
  ROSTER_ASSIGN(const std::string key, FromHex(token), "");
  auto parsed = parse(std::string_view(key));
  if (!parsed) {
    return Fail(Code::kInvalid, "page-token", "This page token belongs to another list.");
  }
  return parsed;
}

// A page that goes on after `token`, the last key of the page before; "" for the first. Invalid
// "page-token" when the key is not in `all`.
Result<std::string> TokenKey(const std::string& token, const store::Range& all);

// The first key behind `key`.
inline std::string After(const std::string& key) { return key + '\0'; }

}  // namespace roster::engine
