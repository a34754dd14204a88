#include "daemon/base/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>

namespace roster {
namespace {

constexpr std::string_view kAsciiSpace = " \t\r\n\f\v";
constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

std::string Map(std::string_view text, int options) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                   static_cast<utf8proc_option_t>(options));
  if (length < 0) return std::string(text);
  std::string result(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
  std::free(mapped);
  return result;
}

bool IsUsableEmail(std::string_view word) {
  const auto at = word.find('@');
  if (at == std::string_view::npos || at == 0 || word.find('@', at + 1) != std::string_view::npos) {
    return false;
  }
  const auto domain = word.substr(at + 1);
  const auto dot = domain.find('.');
  return dot != std::string_view::npos && dot != 0 && domain.back() != '.';
}

}  // namespace

std::string_view Trim(std::string_view text) {
  while (!text.empty()) {
    if (kAsciiSpace.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else if (text.starts_with(kNoBreakSpace)) {
      text.remove_prefix(kNoBreakSpace.size());
    } else if (kAsciiSpace.find(text.back()) != std::string_view::npos) {
      text.remove_suffix(1);
    } else if (text.ends_with(kNoBreakSpace)) {
      text.remove_suffix(kNoBreakSpace.size());
    } else {
      break;
    }
  }
  return text;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 128; });
}

bool IsValidUtf8(std::string_view text) {
  auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t codepoint = 0;
    const auto used = utf8proc_iterate(at, left, &codepoint);
    if (used <= 0) return false;
    at += used;
    left -= used;
  }
  return true;
}

bool IsPlainText(std::string_view text) {
  auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t c = 0;
    const auto used = utf8proc_iterate(at, left, &c);
    if (used <= 0) return false;
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    const bool turns = (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    if (control || turns) return false;
    at += used;
    left -= used;
  }
  return true;
}

std::string Nfc(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  return Map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string Fold(std::string_view text) {
  if (IsAscii(text)) {
    std::string folded(text);
    for (char& c : folded) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return folded;
  }
  return Map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
}

std::string_view FirstUsableEmail(std::string_view field) {
  constexpr std::string_view kSeparators = ";, \t\r\n\f\v";
  while (!field.empty()) {
    const auto start = field.find_first_not_of(kSeparators);
    if (start == std::string_view::npos) break;
    field.remove_prefix(start);
    const auto end = std::min(field.find_first_of(kSeparators), field.size());
    const auto word = Trim(field.substr(0, end));
    if (IsUsableEmail(word)) return word;
    field.remove_prefix(end);
  }
  return {};
}

std::string EmailKey(std::string_view email) { return Fold(Trim(email)); }

}  // namespace roster
