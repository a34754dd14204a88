#include "daemon/log/record.h"

#include <charconv>

#include "daemon/base/text.h"

namespace roster::log {
namespace {

// Of syslog(3).
char PriorityOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return '7';
    case Level::kInfo:
      return '6';
    case Level::kWarning:
      return '4';
    case Level::kError:
      return '3';
    case Level::kCritical:
      return '2';
  }
  return '6';
}

void AppendEscape(std::string& out, unsigned char byte) {
  static constexpr char kDigits[] = "0123456789abcdef";
  if (byte == '\n') {
    out += "\\n";
  } else if (byte == '\t') {
    out += "\\t";
  } else {
    out += "\\x";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
}

// The bytes of the character that begins here, by its first byte; 1 for what begins none.
std::size_t LengthAt(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first >= 0xf0 ? 4 : (first >= 0xe0 ? 3 : (first >= 0xc0 ? 2 : 1));
  return length <= text.size() ? length : 1;
}

bool IsPrintableAscii(char c) { return c >= ' ' && c <= '~'; }

// Of a field: ASCII alone, so that what a value looks like is what it is.
std::string EscapedAscii(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (IsPrintableAscii(c)) {
      out += c;
    } else {
      AppendEscape(out, static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string Quoted(std::string_view value) {
  std::string plain = EscapedAscii(value);
  if (plain.find_first_of(" \"=\\") == std::string::npos) return plain;
  std::string out = "\"";
  // A backslash that came with the value is told from one of ours.
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (IsPrintableAscii(c)) {
      out += c;
    } else {
      AppendEscape(out, static_cast<unsigned char>(c));
    }
  }
  return out + "\"";
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = LengthAt(text);
    const std::string_view character = text.substr(0, length);
    if (IsPlainText(character)) {
      out += character;
      text.remove_prefix(length);
      continue;
    }
    // Of a character of several bytes each is escaped; of broken ones, the first, and on from
    // there.
    const std::size_t bad = IsValidUtf8(character) ? length : 1;
    for (std::size_t i = 0; i < bad; ++i) AppendEscape(out, static_cast<unsigned char>(text[i]));
    text.remove_prefix(bad);
  }
  return out;
}

std::string TextLine(const Record& record) {
  std::string line =
      record.time + " " + std::string(LogLevelWord(record.level)) + " " + Escaped(record.message);
  for (const Field& field : record.fields) {
    if (field.value.empty()) continue;
    line += ' ';
    line += field.key;
    line += '=';
    line += Quoted(field.value);
  }
  line += '\n';
  return line;
}

std::vector<std::string> JournalFields(const Record& record, std::string_view program) {
  std::vector<std::string> out;
  out.push_back("MESSAGE=" + Escaped(record.message));
  out.push_back(std::string("PRIORITY=") + PriorityOf(record.level));
  out.push_back("SYSLOG_IDENTIFIER=" + std::string(program));
  for (const Field& field : record.fields) {
    if (field.value.empty()) continue;
    std::string text = "ROSTER_";
    for (const char c : field.key)
      text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    out.push_back(text + "=" + EscapedAscii(field.value));
  }
  return out;
}

bool NamesStream(const char* journal_stream, std::uint64_t device, std::uint64_t inode) {
  if (journal_stream == nullptr) return false;
  const std::string_view text = journal_stream;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto is = [](std::string_view digits, std::uint64_t wanted) {
    std::uint64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, number);
    return error == std::errc() && at == end && !digits.empty() && number == wanted;
  };
  return is(text.substr(0, colon), device) && is(text.substr(colon + 1), inode);
}

}  // namespace roster::log
