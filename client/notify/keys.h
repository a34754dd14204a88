#pragma once

// The one table of what may stand in the config of roster-notify. The checks, the defaults and the
// manual page come from it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roster::notify {

enum class Type : std::uint8_t {
  kMap,        // the keys below it in the table
  kList,       // the items are the row "path[]"
  kEntries,    // one of `words`, or a list whose items are the row "path[]"
  kText,       // `min`..`max` bytes, no control characters
  kWord,       // one of `words`
  kCount,      // a whole number
  kDuration,   // "90s", "15m", "1h", "7d"; range in seconds
  kTimeOfDay,  // "22:30"
  kPath,       // an absolute path
  kEndpoint,   // ipc:///absolute/path, or tcp://HOST:PORT
  kPublicKey,  // 40 characters of Z85
  kId,         // [a-z0-9-]{1,32}
  kHost,       // a name or an address
  kAddress,    // dot-atom@host (RFC 5321), ASCII
  kUrl,        // https://..., http:// on loopback only
  kSecret,     // {file: PATH}, {env: NAME} or {credential: NAME}
  kKeyFile,    // {file: PATH} or {credential: NAME}
};

struct Key {
  // "rules[].mail.to": "[]" for each item of a list.
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

// The rows one step below a map; "" is the whole file.
std::vector<const Key*> KeysBelow(std::string_view map);

// "one of starttls, tls, none", "a whole number from 1 to 65535": what is allowed, for messages and
// the manual page.
std::string AllowedText(const Key& key);

// Whether a single value fits the row; never of maps, lists and secrets.
bool IsAllowed(const Key& key, const std::string& text);

}  // namespace roster::notify
