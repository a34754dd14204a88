// Rows are kept as the JSON text that is served. These functions write such a row, look into one
// without parsing all of it, and change one.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace roster::sandbox {

using Json = nlohmann::ordered_json;

// Writes a flat object, field by field.
class RowWriter {
 public:
  RowWriter& Int(std::string_view key, int64_t value);
  RowWriter& Bool(std::string_view key, bool value);
  RowWriter& Text(std::string_view key, std::string_view value);
  RowWriter& Raw(std::string_view key, std::string_view json);
  // The finished object. The writer is empty afterwards.
  std::string Finish();

 private:
  void Key(std::string_view key);
  std::string out_;
};

// Appends `text` as a JSON string with its quotes.
void AppendQuoted(std::string& out, std::string_view text);

// The raw JSON of one field, empty when it is absent. `path` goes into objects by dots.
std::string_view FieldOf(std::string_view row, std::string_view path);

// The field's text (a string's content; otherwise the JSON itself); "" when absent or null.
std::string TextOf(std::string_view row, std::string_view path);

// The field as a number; 0 when it is absent or no number.
int64_t IntOf(std::string_view row, std::string_view path);

bool BoolOf(std::string_view row, std::string_view path);

// The row with one field set (added when absent), or taken out when `value` is null.
std::string WithField(std::string_view row, std::string_view path, const Json& value);

// A parsed object's member as text; "" when it is absent or no text. (Json::value says the same,
// but trips g++ 12's null-dereference warning.)
std::string MemberText(const Json& object, const char* key);

// A parsed object's member as a flag; `otherwise` when it is absent or no flag.
bool MemberBool(const Json& object, const char* key, bool otherwise);

// Without the white space around it.
std::string_view Trim(std::string_view text);

// ASCII letters in lower case; other bytes as they are.
std::string Lower(std::string_view text);

bool EqualNoCase(std::string_view a, std::string_view b);

}  // namespace roster::sandbox
