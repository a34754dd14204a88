#include "daemon/spreadsheet/csv.h"

#include <csv.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "daemon/base/text.h"

namespace roster::spreadsheet {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error Malformed(std::uint64_t line, const std::string& what) {
  return {Code::kInvalid, "site-malformed", "Line " + std::to_string(line) + ": " + what};
}

}  // namespace

struct CsvReader::State {
  State(char delimiter, CsvLimits bounds, TakeRow on_row)
      : limits(bounds), take(std::move(on_row)) {
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
    csv_set_delim(&parser, static_cast<unsigned char>(delimiter));
    // White space is part of a field (RFC 4180, 2).
    csv_set_space_func(&parser, [](unsigned char) { return 0; });
  }
  ~State() { csv_free(&parser); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::string Where() const { return "column " + std::to_string(row.size() + 1); }

  void Fail(Error error) {
    if (!failed) failed = std::move(error);
  }

  void TakeField(const char* bytes, std::size_t size) {
    if (failed) return;
    const std::string_view field(size == 0 ? "" : bytes, size);
    if (size > limits.field_bytes_max) return Fail(Malformed(row_line, Where() + " is too long."));
    if (row.size() == limits.columns_max) return Fail(Malformed(row_line, "too many columns."));
    if (!IsValidUtf8(field)) {
      return Fail(Malformed(row_line,
                            Where() + " is not UTF-8: have the export written as \"CSV UTF-8\"."));
    }
    row.emplace_back(field);
  }

  void EndRow() {
    if (failed) return;
    if (++rows > limits.rows_max) return Fail(Malformed(row_line, "too many rows."));
    if (auto taken = take(row_line, row); !taken) return Fail(std::move(taken.error()));
    row.clear();
  }

  // Nothing may be thrown through libcsv's C.
  template <typename Do>
  void Guarded(const Do& what) {
    try {
      what();
    } catch (const std::exception&) {
      Fail({Code::kUnavailable, "site-unavailable", "Too little memory to read the file."});
    }
  }

  static void OnField(void* bytes, std::size_t size, void* self) {
    auto& state = *static_cast<State*>(self);
    state.Guarded([&] { state.TakeField(static_cast<const char*>(bytes), size); });
  }
  static void OnRow(int, void* self) {
    auto& state = *static_cast<State*>(self);
    state.Guarded([&] { state.EndRow(); });
  }

  // At most one line: so that the line of an error is known, and a quotation that never ends is
  // noticed before it has eaten the whole file.
  Result<void> Parse(std::string_view piece) {
    if (row.empty() && parser.quoted == 0 && parser.entry_pos == 0) row_line = line;
    const std::size_t parsed = csv_parse(&parser, piece.data(), piece.size(), OnField, OnRow, this);
    if (failed) return tl::unexpected(*failed);
    if (parsed != piece.size()) {
      Fail(Malformed(line, Where() + " has a quotation mark where none may be."));
    } else if (parser.entry_pos > limits.field_bytes_max) {
      Fail(Malformed(row_line, Where() + " is too long, or its quotation never ends."));
    }
    if (failed) return tl::unexpected(*failed);
    return {};
  }

  Result<void> ParseAll(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
      ROSTER_TRY(Parse(bytes.substr(0, end)), "");
      if (bytes[end - 1] == '\n') ++line;
      bytes.remove_prefix(end);
    }
    return {};
  }

  // What came before it was known whether there is a byte order mark.
  Result<void> Begin() {
    const std::string first = *std::exchange(begun, std::nullopt);
    const std::string_view text = first;
    return ParseAll(text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text);
  }

  Result<void> End() {
    if (csv_fini(&parser, OnField, OnRow, this) != 0) {
      Fail(Malformed(row_line, Where() + " begins a quotation that never ends."));
    }
    if (failed) return tl::unexpected(*failed);
    return {};
  }

  csv_parser parser{};
  CsvLimits limits;
  TakeRow take;
  std::optional<std::string> begun = std::string();  // until it is known whether a mark is there
  std::uint64_t line = 1;
  std::uint64_t row_line = 1;
  std::uint64_t rows = 0;
  CsvRow row;
  std::optional<Error> failed;
};

CsvReader::CsvReader(char delimiter, CsvLimits limits, TakeRow row)
    : state_(std::make_unique<State>(delimiter, limits, std::move(row))) {}

CsvReader::~CsvReader() = default;

Result<void> CsvReader::Feed(std::string_view bytes) {
  State& state = *state_;
  if (state.failed) return tl::unexpected(*state.failed);
  if (const std::size_t nul = bytes.find('\0'); nul != std::string_view::npos) {
    const auto lines =
        std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
    state.Fail(Malformed(state.line + static_cast<std::uint64_t>(lines),
                         "a NUL byte: this is no text, or UTF-16. Have the export written as "
                         "\"CSV UTF-8\"."));
    return tl::unexpected(*state.failed);
  }
  if (state.begun) {
    *state.begun += bytes;
    if (state.begun->size() < kByteOrderMark.size()) return {};
    return state.Begin();
  }
  return state.ParseAll(bytes);
}

Result<void> CsvReader::Finish() {
  State& state = *state_;
  if (state.failed) return tl::unexpected(*state.failed);
  if (state.begun) ROSTER_TRY(state.Begin(), "");
  return state.End();
}

std::string CsvLine(const CsvRow& row, char delimiter) {
  // A semicolon too: where it is the usual delimiter, a spreadsheet program splits there.
  const std::string special = std::string("\",;\r\n\t") + delimiter;
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string& field = row[i];
    if (i > 0) line += delimiter;
    const bool quoted = field.find_first_of(special) != std::string::npos ||
                        (!field.empty() && (field.front() == ' ' || field.back() == ' ')) ||
                        field.starts_with(kByteOrderMark);  // at the start of a file it'd be lost
    if (!quoted) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  // A line of one field that is blank would be no line at all.
  if (row.size() == 1 && line.empty()) line = "\"\"";
  return line + "\r\n";
}

}  // namespace roster::spreadsheet
