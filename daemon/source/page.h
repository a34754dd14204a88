#pragma once

// One body of FACTS into rows. A body that is no whole JSON of the expected shape is an error as a
// whole ("malformed"), and leaves nothing behind; a row that can't be used is counted and named,
// and the rest goes on.

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/snapshot.h"
#include "daemon/source/row.h"

namespace roster::source {

// What a list says about itself beside its rows.
struct Envelope {
  std::int64_t row_count = 0;     // >= 0
  std::int64_t page_count = 0;    // >= 0
  std::int64_t current_page = 0;  // >= 0
  bool last = false;              // nextPage is ""
};

// What a walk over a list has gathered.
template <typename Reader>
struct Rows {
  using Row = typename Reader::Row;
  using Key = typename Reader::Key;

  std::vector<Row> used;
  std::vector<Key> used_keys;      // of `used`, in the same order
  std::vector<Key> rejected_keys;  // of rejected rows whose key could be read
  std::uint64_t rejected_without_key = 0;
  std::vector<model::RejectedRow> named;  // the first Snapshot::kRejectedKept
  std::vector<Row> unread;                // rejected rows, as far as they could be read

  std::uint64_t rejected() const { return rejected_keys.size() + rejected_without_key; }
  std::uint64_t received() const { return used.size() + rejected(); }
};

// Keeps its buffers from page to page. Not thread-safe.
template <typename Reader>
class PageParser {
 public:
  using Row = typename Reader::Row;
  using Head = KeyedHead<typename Reader::Key>;

  // `parser` is shared by the lists of one source and outlives this.
  PageParser(std::string_view resource, simdjson::ondemand::parser& parser)
      : resource_(resource), parser_(parser) {}

  // {"results":[...],"currentPage":..,"pageCount":..,"rowCount":..,"nextPage":".."}. Room for
  // padding is made in `body`, and bytes that are no UTF-8 are blanked there. Errors: Invalid
  // "malformed"; `rows` is then as it was.
  Result<Envelope> ParseList(std::string& body, model::TextArena& text, Rows<Reader>& rows);
  // [...]
  Result<void> ParseArray(std::string& body, model::TextArena& text, Rows<Reader>& rows);

 private:
  using Document = simdjson::ondemand::document;
  using Value = simdjson::ondemand::value;

  simdjson::error_code Open(std::string& body, Document& document);
  simdjson::error_code ReadList(Document& document, model::TextArena& text, Rows<Reader>& rows,
                                Envelope& envelope, bool& whole);
  simdjson::error_code ReadRows(Document& document, simdjson::ondemand::array array,
                                model::TextArena& text, Rows<Reader>& rows);
  simdjson::error_code ReadRow(Document& document, Value& value, model::TextArena& text,
                               Rows<Reader>& rows);
  void Reject(const Head& head, Row row, Rows<Reader>& rows);
  tl::unexpected<Error> Malformed(std::string_view what) const;

  std::string_view resource_;
  simdjson::ondemand::parser& parser_;
  Reader reader_;
  BadBytes bad_;
};

extern template class PageParser<PersonReader>;
extern template class PageParser<StudentReader>;
extern template class PageParser<StatusReader>;
extern template class PageParser<MemberReader>;
extern template class PageParser<TieReader>;
extern template class PageParser<FamilyReader>;

// Blanks the bytes that belong to no valid UTF-8 sequence (RFC 3629) and notes where they were.
void BlankInvalidUtf8(std::string& text, BadBytes& bad);

}  // namespace roster::source
