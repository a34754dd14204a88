#pragma once

// Text as a terminal shows it: columns, not bytes.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace roster::client {

// Text from the wire made harmless: control characters (C0, DEL, C1), line and paragraph
// separators, marks that turn the direction of writing, and bytes that are no UTF-8 become U+FFFD.
std::string Clean(std::string_view text);

// Whether all of it is UTF-8 (RFC 3629).
bool IsUtf8(std::string_view text);

// Columns on a terminal: a combining mark takes none, a wide character two (Unicode, UAX #11).
std::size_t Width(std::string_view text);

// The text in at most `width` columns; what is cut ends in "…". Never splits a character from its
// combining marks.
std::string Fit(std::string_view text, std::size_t width);

enum class Align { kLeft, kRight };
// Filled with spaces to `width` columns; longer text is left as it is.
std::string Pad(std::string_view text, std::size_t width, Align align = Align::kLeft);

// Lines of at most `width` columns, broken at spaces where there are some, else before the "@" of
// an address, else behind a hyphen, else anywhere. At least one line.
std::vector<std::string> Wrap(std::string_view text, std::size_t width);

// With `by` in each place of `what`, which is not empty.
std::string Replaced(std::string text, std::string_view what, std::string_view by);

}  // namespace roster::client
