#include "tests/sandbox/json_row.h"

#include <charconv>

namespace roster::sandbox {
namespace {

size_t SkipSpace(std::string_view s, size_t i) {
  while (i < s.size() && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r')) ++i;
  return i;
}

// i is at the opening quote; the result is just after the closing one.
size_t SkipString(std::string_view s, size_t i) {
  for (++i; i < s.size(); ++i) {
    if (s[i] == '\\') {
      ++i;
    } else if (s[i] == '"') {
      return i + 1;
    }
  }
  return s.size();
}

size_t SkipValue(std::string_view s, size_t i) {
  if (i < s.size() && s[i] == '"') return SkipString(s, i);
  int depth = 0;
  while (i < s.size()) {
    const char c = s[i];
    if (c == '"') {
      i = SkipString(s, i);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    }
    if (c == ',' && depth == 0) return i;
    ++i;
  }
  return i;
}

char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

void RowWriter::Key(std::string_view key) {
  out_ += out_.empty() ? '{' : ',';
  out_ += '"';
  out_ += key;
  out_ += "\":";
}

RowWriter& RowWriter::Int(std::string_view key, int64_t value) {
  Key(key);
  out_ += std::to_string(value);
  return *this;
}

RowWriter& RowWriter::Bool(std::string_view key, bool value) {
  Key(key);
  out_ += value ? "true" : "false";
  return *this;
}

RowWriter& RowWriter::Text(std::string_view key, std::string_view value) {
  Key(key);
  AppendQuoted(out_, value);
  return *this;
}

RowWriter& RowWriter::Raw(std::string_view key, std::string_view json) {
  Key(key);
  out_ += json;
  return *this;
}

std::string RowWriter::Finish() {
  if (out_.empty()) out_.push_back('{');
  out_ += '}';
  return std::exchange(out_, {});
}

std::string_view FieldOf(std::string_view row, std::string_view path) {
  const size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  size_t i = SkipSpace(row, 0);
  if (i >= row.size() || row[i] != '{') return {};
  ++i;
  while (i < row.size()) {
    i = SkipSpace(row, i);
    if (i >= row.size() || row[i] != '"') return {};
    const size_t key_end = SkipString(row, i);
    const std::string_view key = row.substr(i + 1, key_end - i - 2);
    i = SkipSpace(row, key_end);
    if (i >= row.size() || row[i] != ':') return {};
    i = SkipSpace(row, i + 1);
    const size_t end = SkipValue(row, i);
    if (key == name) {
      const std::string_view value = row.substr(i, end - i);
      return dot == std::string_view::npos ? value : FieldOf(value, path.substr(dot + 1));
    }
    i = SkipSpace(row, end);
    if (i >= row.size() || row[i] != ',') return {};
    ++i;
  }
  return {};
}

std::string TextOf(std::string_view row, std::string_view path) {
  const std::string_view raw = FieldOf(row, path);
  if (raw.empty() || raw == "null") return {};
  if (raw.front() != '"') return std::string(raw);
  if (raw.find('\\') == std::string_view::npos) return std::string(raw.substr(1, raw.size() - 2));
  const Json parsed = Json::parse(raw, nullptr, /*allow_exceptions=*/false);
  return parsed.is_string() ? parsed.get<std::string>() : std::string();
}

int64_t IntOf(std::string_view row, std::string_view path) {
  const std::string_view raw = FieldOf(row, path);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  return error == std::errc() && end == raw.data() + raw.size() ? value : 0;
}

bool BoolOf(std::string_view row, std::string_view path) { return FieldOf(row, path) == "true"; }

std::string WithField(std::string_view row, std::string_view path, const Json& value) {
  Json object = Json::parse(row);
  Json* target = &object;
  size_t dot = path.find('.');
  while (dot != std::string_view::npos) {
    target = &(*target)[std::string(path.substr(0, dot))];
    path = path.substr(dot + 1);
    dot = path.find('.');
  }
  if (value.is_null()) {
    if (target->is_object()) target->erase(std::string(path));
  } else {
    (*target)[std::string(path)] = value;
  }
  return object.dump();
}

std::string MemberText(const Json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end()) return {};
  const auto* const text = member->get_ptr<const std::string*>();
  return text == nullptr ? std::string() : *text;
}

bool MemberBool(const Json& object, const char* key, bool otherwise) {
  const auto member = object.find(key);
  if (member == object.end()) return otherwise;
  const bool* const flag = member->get_ptr<const bool*>();
  return flag == nullptr ? otherwise : *flag;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = LowerChar(c);
  return out;
}

bool EqualNoCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (LowerChar(a[i]) != LowerChar(b[i])) return false;
  }
  return true;
}

}  // namespace roster::sandbox
