#pragma once

// The one table of what may stand in the config file. The checks, the defaults and the manual page
// come from it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roster::config {

enum class Type : std::uint8_t {
  kMap,           // the keys below it in the table
  kWordMap,       // free keys; the values are the row "path.*"
  kList,          // the items are the row "path[]"
  kText,          // `min`..`max` bytes, no control characters
  kWord,          // one of `words`
  kBool,          // "true" or "false"
  kCount,         // a whole number
  kCountLimit,    // a whole number, or "none"
  kNumber,        // a decimal number
  kDuration,      // "90s", "15m", "1h", "7d"; range in seconds
  kDate,          // "2026-06-01"
  kPercent,       // "20%", "0.5%"; range in percent
  kPercentLimit,  // "20%", "0.5%" or "none"; range in percent
  kUrl,           // https://..., http:// on loopback only
  kEndpoint,      // ipc:///absolute/path, or tcp://HOST:PORT
  kLoopback,      // ADDRESS:PORT of this machine alone: 127.0.0.1:9464, [::1]:9464
  kPath,          // an absolute path
  kSecret,        // {file: PATH}, {env: NAME} or {credential: NAME}
  kSchoolId,      // [a-z0-9-]{1,32}
  kAccount,       // a user's or group's name on this machine, or its number
  kPublicKey,     // 40 characters of Z85
  kTemplate,      // of an external id: holds {person} once, may hold {school}
};

struct Key {
  // "schools[].facts.page_size": "[]" for each item of a list, "*" for each free key.
  std::string_view path;
  Type type = Type::kText;
  bool required = false;
  std::string_view fallback;  // the default, as one would write it; "" when there is none
  double min = 0;             // of text: bytes; of lists: items
  double max = 0;
  std::vector<std::string_view> words;
  std::string_view help;
};

// In the order of the manual page; a key stands after the map or list that holds it.
const std::vector<Key>& Keys();

// nullptr when there is none.
const Key* FindKey(std::string_view path);

// "one of basic, pro, enterprise", "a whole number from 1 to 10000": what is allowed, for messages
// and the manual page.
std::string AllowedText(const Key& key);

}  // namespace roster::config
