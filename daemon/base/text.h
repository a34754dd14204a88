#pragma once

// Text as people write it. All functions take and give UTF-8; input that is not valid UTF-8 is
// returned unchanged (rows with such text are rejected at the door, daemon/source).

#include <string>
#include <string_view>

namespace roster {

// Without leading and trailing white space (ASCII, and U+00A0).
std::string_view Trim(std::string_view text);

bool IsAscii(std::string_view text);
bool IsValidUtf8(std::string_view text);
// One line that can be shown anywhere: valid UTF-8 without control characters (C0, DEL, C1), line
// and paragraph separators (U+2028, U+2029) and marks that turn the direction of writing (U+202A to
// U+202E, U+2066 to U+2069).
bool IsPlainText(std::string_view text);

// Unicode NFC: for comparing names (rules.md, 18).
std::string Nfc(std::string_view text);

// NFKC and case folding: for comparing e-mails (rules.md, 5) and searching.
std::string Fold(std::string_view text);

// The first usable address of a FACTS e-mail field, as written: split at ';' ',' and white space;
// exactly one '@' with something before it, and a dot after it (rules.md, 5). Empty when none is.
std::string_view FirstUsableEmail(std::string_view field);

// What two e-mails are compared by: Fold(Trim(email)).
std::string EmailKey(std::string_view email);

}  // namespace roster
