#include "client/text.h"

#include <utf8proc.h>

#include <algorithm>

namespace roster::client {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "…";

struct Character {
  std::string_view bytes;
  utf8proc_int32_t code = -1;  // -1: not UTF-8
  std::size_t width = 1;
};

// Takes the first character off `text`, which is not empty.
Character Next(std::string_view& text) {
  Character next;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &next.code);
  if (length <= 0) {
    next.code = -1;
    next.bytes = text.substr(0, 1);
  } else {
    next.bytes = text.substr(0, static_cast<std::size_t>(length));
    next.width = static_cast<std::size_t>(std::max(utf8proc_charwidth(next.code), 0));
  }
  text.remove_prefix(next.bytes.size());
  return next;
}

bool IsHarmful(utf8proc_int32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) ||  // C0, DEL, C1; -1 is not UTF-8
         code == 0x200E || code == 0x200F || code == 0x061C || code == 0x2028 || code == 0x2029 ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

// How many bytes of `text` fill at most `width` columns.
std::size_t PrefixOf(std::string_view text, std::size_t width) {
  std::string_view rest = text;
  std::size_t used = 0;
  while (!rest.empty()) {
    std::string_view after = rest;
    const Character next = Next(after);
    if (used + next.width > width) break;
    used += next.width;
    rest = after;
  }
  return text.size() - rest.size();
}

// Where to break a line that may end at `end` at the latest.
std::size_t BreakBefore(std::string_view text, std::size_t end) {
  const std::string_view line = text.substr(0, end);
  if (const auto space = line.rfind(' '); space != std::string_view::npos && space > 0)
    return space;
  if (const auto at = text.substr(0, end + 1).rfind('@'); at != std::string_view::npos && at > 0) {
    return at;
  }
  if (const auto hyphen = line.rfind('-'); hyphen != std::string_view::npos) return hyphen + 1;
  return end;
}

}  // namespace

std::string Clean(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const Character next = Next(text);
    clean += IsHarmful(next.code) ? kReplacement : next.bytes;
  }
  return clean;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    if (Next(text).code == -1) return false;
  }
  return true;
}

std::size_t Width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += Next(text).width;
  return width;
}

std::string Fit(std::string_view text, std::size_t width) {
  if (Width(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::string_view kept = text.substr(0, PrefixOf(text, width - 1));
  while (kept.ends_with(' ')) kept.remove_suffix(1);
  return std::string(kept) + std::string(kEllipsis);
}

std::string Pad(std::string_view text, std::size_t width, Align align) {
  const std::size_t used = Width(text);
  const std::string fill(used < width ? width - used : 0, ' ');
  return align == Align::kLeft ? std::string(text) + fill : fill + std::string(text);
}

std::vector<std::string> Wrap(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 2);  // a wide character fits
  std::vector<std::string> lines;
  while (Width(text) > width) {
    std::size_t end = PrefixOf(text, width);
    if (text[end] != ' ') end = BreakBefore(text, end);
    std::string_view line = text.substr(0, end);
    while (line.ends_with(' ')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(end);
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

std::string Replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

}  // namespace roster::client
