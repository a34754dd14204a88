#include "daemon/source/page.h"

#include <algorithm>
#include <utility>

namespace roster::source {
namespace {

using simdjson::error_code;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsContinuation(unsigned char byte) { return (byte & 0xC0U) == 0x80U; }

// The length of the valid sequence at `at`, 0 when there is none (RFC 3629, 4).
std::size_t SequenceAt(std::string_view text, std::size_t at) {
  const auto byte = [text, at](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i])
                                : static_cast<unsigned char>(0);
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return IsContinuation(byte(1)) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned char low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = first == 0xED ? 0x9F : 0xBF;
    return byte(1) >= low && byte(1) <= high && IsContinuation(byte(2)) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned char low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xF4 ? 0x8F : 0xBF;
    return byte(1) >= low && byte(1) <= high && IsContinuation(byte(2)) && IsContinuation(byte(3))
               ? 4
               : 0;
  }
  return 0;
}

error_code ReadCount(simdjson::ondemand::value value, std::int64_t& count) {
  if (const auto error = value.get_int64().get(count)) return error;
  return count < 0 ? simdjson::NUMBER_OUT_OF_RANGE : simdjson::SUCCESS;
}

// Nothing but the root value was in the document.
bool AtEnd(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// Takes back what a page has brought so far, unless it is kept.
template <typename Reader>
class Undo {
 public:
  explicit Undo(Rows<Reader>& rows)
      : rows_(rows),
        used_(rows.used.size()),
        rejected_(rows.rejected_keys.size()),
        without_key_(rows.rejected_without_key),
        named_(rows.named.size()),
        unread_(rows.unread.size()) {}
  ~Undo() {
    if (kept_) return;
    rows_.used.resize(used_);
    rows_.used_keys.resize(used_);
    rows_.rejected_keys.resize(rejected_);
    rows_.rejected_without_key = without_key_;
    rows_.named.resize(named_);
    rows_.unread.resize(unread_);
  }
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  void Keep() { kept_ = true; }

 private:
  Rows<Reader>& rows_;
  std::size_t used_;
  std::size_t rejected_;
  std::uint64_t without_key_;
  std::size_t named_;
  std::size_t unread_;
  bool kept_ = false;
};

}  // namespace

void BlankInvalidUtf8(std::string& text, BadBytes& bad) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = SequenceAt(text, at);
    if (length == 0) {
      text[at] = '?';
      bad.Add(text.data() + at);
    }
    at += std::max<std::size_t>(length, 1);
  }
}

template <typename Reader>
tl::unexpected<Error> PageParser<Reader>::Malformed(std::string_view what) const {
  return Fail(
      Code::kInvalid, "malformed",
      "the answer to " + std::string(resource_) + " is not what FACTS sends: " + std::string(what));
}

template <typename Reader>
error_code PageParser<Reader>::Open(std::string& body, Document& document) {
  bad_.Clear();
  if (body.starts_with(kByteOrderMark)) body.replace(0, kByteOrderMark.size(), "   ");
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  const simdjson::padded_string_view view(body.data(), body.size(), body.capacity());
  const auto error = parser_.iterate(view).get(document);
  if (error != simdjson::UTF8_ERROR) return error;
  BlankInvalidUtf8(body, bad_);
  return parser_.iterate(view).get(document);
}

template <typename Reader>
void PageParser<Reader>::Reject(const Head& head, Row row, Rows<Reader>& rows) {
  if (rows.named.size() < model::Snapshot::kRejectedKept) {
    rows.named.push_back({std::string(resource_), rows.received() + 1, head.id,
                          std::string(head.fault.reason), std::string(head.fault.field)});
  }
  if (head.key) {
    rows.rejected_keys.push_back(*head.key);
  } else {
    ++rows.rejected_without_key;
  }
  rows.unread.push_back(std::move(row));
}

template <typename Reader>
error_code PageParser<Reader>::ReadRow(Document& document, Value& value, model::TextArena& text,
                                       Rows<Reader>& rows) {
  const char* begin = value.raw_json_token().data();
  Row row;
  Head head;
  if (*begin == '{') {
    Object object;
    if (const auto error = value.get_object().get(object)) return error;
    if (const auto error = reader_.Read(object, text, bad_, row, head)) return error;
  } else {
    head.Blame("wrong-type", "");
  }
  if (!bad_.empty() && *begin == '{') {
    const char* end = nullptr;
    if (const auto error = document.current_location().get(end)) return error;
    if (bad_.Any(begin, end)) head.fault = {"invalid-utf8", head.blanked_field};
  }
  if (head.fault) {
    Reject(head, std::move(row), rows);
    return simdjson::SUCCESS;
  }
  rows.used.push_back(std::move(row));
  rows.used_keys.push_back(head.key.value_or(typename Reader::Key()));
  return simdjson::SUCCESS;
}

template <typename Reader>
error_code PageParser<Reader>::ReadRows(Document& document, simdjson::ondemand::array array,
                                        model::TextArena& text, Rows<Reader>& rows) {
  for (auto element : array) {
    if (const auto error = element.error()) return error;
    if (const auto error = ReadRow(document, InPlace(element), text, rows)) return error;
  }
  return simdjson::SUCCESS;
}

template <typename Reader>
error_code PageParser<Reader>::ReadList(Document& document, model::TextArena& text,
                                        Rows<Reader>& rows, Envelope& envelope, bool& whole) {
  Object root;
  if (const auto error = document.get_object().get(root)) return error;
  bool results = false;
  bool row_count = false;
  bool page_count = false;
  bool current_page = false;
  bool next_page = false;
  for (auto item : root) {
    if (const auto broken = item.error()) return broken;
    simdjson::ondemand::field& member = InPlace(item);
    const auto key = member.key();
    Value& value = member.value();
    error_code error = simdjson::SUCCESS;
    if (key.unsafe_is_equal("results")) {
      if (results) return simdjson::INCORRECT_TYPE;  // two lists in one answer
      results = true;
      simdjson::ondemand::array array;
      if ((error = value.get_array().get(array))) return error;
      error = ReadRows(document, array, text, rows);
    } else if (key.unsafe_is_equal("rowCount")) {
      row_count = true;
      error = ReadCount(value, envelope.row_count);
    } else if (key.unsafe_is_equal("pageCount")) {
      page_count = true;
      error = ReadCount(value, envelope.page_count);
    } else if (key.unsafe_is_equal("currentPage")) {
      current_page = true;
      error = ReadCount(value, envelope.current_page);
    } else if (key.unsafe_is_equal("nextPage")) {
      next_page = true;
      const std::string_view token = value.raw_json_token();
      if (!token.starts_with('"') && !token.starts_with("null")) return simdjson::INCORRECT_TYPE;
      envelope.last = token.starts_with("\"\"") || token.starts_with("null");
    }
    if (error) return error;
  }
  whole = results && row_count && page_count && current_page && next_page;
  return AtEnd(document) ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

template <typename Reader>
Result<Envelope> PageParser<Reader>::ParseList(std::string& body, model::TextArena& text,
                                               Rows<Reader>& rows) {
  Undo<Reader> undo(rows);
  Document document;
  Envelope envelope;
  bool whole = false;
  if (Open(body, document) != simdjson::SUCCESS) return Malformed("no whole JSON");
  if (ReadList(document, text, rows, envelope, whole) != simdjson::SUCCESS) {
    return Malformed("no whole JSON list");
  }
  if (!whole) {
    return Malformed("one of results, currentPage, pageCount, rowCount, nextPage is missing");
  }
  undo.Keep();
  return envelope;
}

template <typename Reader>
Result<void> PageParser<Reader>::ParseArray(std::string& body, model::TextArena& text,
                                            Rows<Reader>& rows) {
  Undo<Reader> undo(rows);
  Document document;
  simdjson::ondemand::array array;
  if (Open(body, document) != simdjson::SUCCESS ||
      document.get_array().get(array) != simdjson::SUCCESS ||
      ReadRows(document, array, text, rows) != simdjson::SUCCESS || !AtEnd(document)) {
    return Malformed("no whole JSON array");
  }
  undo.Keep();
  return {};
}

template class PageParser<PersonReader>;
template class PageParser<StudentReader>;
template class PageParser<StatusReader>;
template class PageParser<MemberReader>;
template class PageParser<TieReader>;
template class PageParser<FamilyReader>;

}  // namespace roster::source
