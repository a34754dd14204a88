#pragma once

// Comma-separated values (RFC 4180): a reader that is fed as the bytes come, and a writer of one
// line. libcsv ends here.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace roster::spreadsheet {

using CsvRow = std::vector<std::string>;

struct CsvLimits {
  std::size_t field_bytes_max = std::size_t{32} << 10U;
  std::size_t columns_max = 500;
  std::uint64_t rows_max = 1'000'000;
};

// Reads strictly: UTF-8 with or without a byte order mark, no NUL, quotes as RFC 4180 has them.
// White space belongs to its field; lines without anything are passed over; lines end in CR LF or
// LF, the last one also in nothing. A row is given with the line on which it begins, from 1.
class CsvReader {
 public:
  // An error of `row` ends the reading.
  using TakeRow = std::function<Result<void>(std::uint64_t line, CsvRow& row)>;

  CsvReader(char delimiter, CsvLimits limits, TakeRow row);
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // Errors: Invalid "site-malformed", naming line and column and never a value; those of `row`.
  // After an error nothing more may be fed.
  Result<void> Feed(std::string_view bytes);
  Result<void> Finish();  // there is no more

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One line with its end, quoted where that is needed.
std::string CsvLine(const CsvRow& row, char delimiter);

}  // namespace roster::spreadsheet
