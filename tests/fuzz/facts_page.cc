// One body of FACTS: rows, or an error that leaves nothing behind. The first byte chooses the list
// (and, with its highest bit, whether it comes as a bare array).

#include "daemon/base/text.h"
#include "daemon/source/page.h"
#include "tests/fuzz/fuzz.h"

namespace roster::fuzz {
namespace {

using namespace source;

void CheckText(std::string_view text) {
  Expect(IsValidUtf8(text), "A text is not UTF-8.");
  Expect(Trim(text) == text, "A text is not trimmed.");
}

void CheckRow(const model::Person& row) {
  for (const std::string_view text : {row.first_name, row.middle_name, row.last_name, row.nick_name,
                                      row.email, row.email2, row.home_phone, row.cell_phone}) {
    CheckText(text);
  }
}
void CheckRow(const model::Student& row) {
  for (const std::string_view text :
       {row.school_code, row.status, row.grade_level, row.homeroom, row.next_status,
        row.next_school_code, row.next_grade_level}) {
    CheckText(text);
  }
}
void CheckRow(const model::StatusWord& row) {
  CheckText(row.status);
  CheckText(row.display_name);
}
void CheckRow(const model::Family& row) { CheckText(row.name); }
void CheckRow(const model::FamilyMember& row) {
  Expect(row.order >= 0, "A place in a family is negative.");
}
void CheckRow(const model::ParentTie&) {}

template <typename Reader>
void CheckRows(const Rows<Reader>& rows) {
  Expect(rows.used.size() == rows.used_keys.size(), "Rows and their keys don't go together.");
  Expect(rows.received() == rows.used.size() + rows.rejected(), "Rows don't add up.");
  Expect(
      rows.named.size() == std::min<std::uint64_t>(rows.rejected(), model::Snapshot::kRejectedKept),
      "Rejected rows are not named.");
  for (const auto& row : rows.used) CheckRow(row);
  for (const model::RejectedRow& row : rows.named) {
    Expect(row.reason == "no-id" || row.reason == "wrong-type" || row.reason == "invalid-utf8",
           "A row is rejected for another reason:", row.reason);
    Expect(row.field.find(kMarker) == std::string::npos, "A rejected row's field is the input's.");
    Expect(row.row >= 1 && row.row <= rows.received(), "A rejected row has no place.");
  }
}

template <typename Reader>
void Check(std::string_view resource, bool array, std::string_view bytes) {
  simdjson::ondemand::parser json;
  PageParser<Reader> parser(resource, json);
  model::TextArena text;
  Rows<Reader> rows;
  // Twice: rows are added to what is there, and the parser keeps what it learned.
  std::uint64_t received = 0;
  for (int page = 1; page <= 2; ++page) {
    std::string body(bytes);
    const std::uint64_t before = rows.received();
    bool read = false;
    if (array) {
      const auto result = parser.ParseArray(body, text, rows);
      read = result.has_value();
      if (!read) ExpectError(result.error(), {"malformed"});
    } else {
      const auto result = parser.ParseList(body, text, rows);
      read = result.has_value();
      if (!read) ExpectError(result.error(), {"malformed"});
      if (read) {
        Expect(result->row_count >= 0 && result->page_count >= 0 && result->current_page >= 0,
               "A count is negative.");
      }
    }
    CheckRows(rows);
    Expect(read || rows.received() == before, "A page that is no page left rows behind.");
    if (page == 1) received = rows.received();
  }
  Expect(rows.received() == 2 * received, "The same page was read differently.");
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roster::fuzz;
  namespace source = roster::source;
  if (size == 0) return 0;
  const std::string_view body = Bytes(data + 1, size - 1);
  const bool array = (data[0] & 0x80U) != 0;
  switch (data[0] % 6) {
    case 0:
      Check<source::PersonReader>("People", array, body);
      break;
    case 1:
      Check<source::StudentReader>("Students", array, body);
      break;
    case 2:
      Check<source::StatusReader>("Students/Status", array, body);
      break;
    case 3:
      Check<source::MemberReader>("People/PersonFamily", array, body);
      break;
    case 4:
      Check<source::TieReader>("People/ParentStudent", array, body);
      break;
    default:
      Check<source::FamilyReader>("Families", array, body);
      break;
  }
  return 0;
}
