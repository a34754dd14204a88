// Comma-separated values: what is read is what was meant, however the bytes come, and what is no
// CSV is said with its line and column.

#include "daemon/spreadsheet/csv.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace roster::spreadsheet {
namespace {

struct Read {
  std::vector<CsvRow> rows;
  std::vector<std::uint64_t> lines;
  std::string error;
};

Read ReadAll(const std::string& bytes, std::size_t piece, char delimiter = ',',
             CsvLimits limits = {}) {
  Read read;
  CsvReader reader(delimiter, limits, [&](std::uint64_t line, CsvRow& row) -> Result<void> {
    read.rows.push_back(row);
    read.lines.push_back(line);
    return {};
  });
  Result<void> fed;
  for (std::size_t at = 0; at < bytes.size() && fed; at += piece) {
    fed = reader.Feed(std::string_view(bytes).substr(at, piece));
  }
  if (fed) fed = reader.Finish();
  if (!fed) {
    EXPECT_EQ(fed.error().reason, "site-malformed");
    read.error = fed.error().message;
  }
  return read;
}

TEST(Csv, ReadsWhatRfc4180Has) {
  const std::vector<std::pair<std::string, std::vector<CsvRow>>> kTable = {
      {"a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
      {"a,b\nc,d", {{"a", "b"}, {"c", "d"}}},
      {"\xEF\xBB\xBF"
       "a,b\n",
       {{"a", "b"}}},
      {"\"a,\"\"b\"\"\",c\n", {{"a,\"b\"", "c"}}},
      {"\"one\r\ntwo\",b\n", {{"one\r\ntwo", "b"}}},
      {" a , b \n", {{" a ", " b "}}},
      {",\n", {{"", ""}}},
      {"\"\"\n", {{""}}},
      {"a\n\n\r\nb\n", {{"a"}, {"b"}}},
      {"Zoë,Łukasz\n", {{"Zoë", "Łukasz"}}},
      {"a;b,c\n", {{"a;b", "c"}}},
      {"", {}},
      {"\xEF\xBB\xBF", {}},
      {"a", {{"a"}}},
  };
  for (const auto& [bytes, rows] : kTable) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size() + 1}) {
      const Read read = ReadAll(bytes, piece);
      EXPECT_EQ(read.error, "") << bytes;
      EXPECT_EQ(read.rows, rows) << bytes << " in pieces of " << piece;
    }
  }
  EXPECT_EQ(ReadAll("a;\"b;c\"\n", 100, ';').rows, (std::vector<CsvRow>{{"a", "b;c"}}));
}

TEST(Csv, ARowIsNamedByTheLineOnWhichItBegins) {
  const Read read = ReadAll("a\r\n\"b\nb\nb\"\nc\n\nd", 3);
  EXPECT_EQ(read.lines, (std::vector<std::uint64_t>{1, 2, 5, 7}));
}

TEST(Csv, WhatIsNoCsvIsSaidWithLineAndColumnAndNoValue) {
  const std::string long_field(100, 'x');
  const std::vector<std::pair<std::string, std::string>> kTable = {
      {"a,Qzmarker7\"b\n", "Line 1: column 2 has a quotation mark where none may be."},
      {"a\n\"Qzmarker7\"b,c\n", "Line 2: column 1 has a quotation mark where none may be."},
      {"a,b\nc,\"Qzmarker7", "Line 2: column 2 begins a quotation that never ends."},
      {"a\nb,Qzmarker7\xFF\n", "Line 2: column 2 is not UTF-8"},
      {std::string("a\nQzmarker7\0\n", 13), "Line 2: a NUL byte"},
      {"a," + long_field + "\n", "Line 1: column 2 is too long"},
      {"a\n\"" + long_field, "Line 2: column 1 is too long, or its quotation never ends."},
      {"a,b,c,d,e\n", "Line 1: too many columns."},
      {"a\na\na\na\n", "Line 4: too many rows."},
  };
  for (const auto& [bytes, error] : kTable) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, bytes.size()}) {
      const Read read = ReadAll(bytes, piece, ',', {50, 4, 3});
      EXPECT_EQ(read.error.substr(0, error.size()), error) << bytes;
      EXPECT_EQ(read.error.find("Qzmarker7"), std::string::npos);
    }
  }
}

TEST(Csv, WhatIsWrittenIsReadAgainAsTheSame) {
  for (const char delimiter : {',', ';', '\t'}) {
    for (const CsvRow& row :
         {CsvRow{"a", "", "c"}, CsvRow{"a,b", "\"q\"", "x;y"}, CsvRow{" a", "b "}, CsvRow{""},
          CsvRow{"tab\there", "Zoë"}, CsvRow{"\xEF\xBB\xBF-", "a byte order mark"}}) {
      const std::string line = CsvLine(row, delimiter);
      EXPECT_TRUE(line.ends_with("\r\n"));
      EXPECT_EQ(ReadAll(line, 100, delimiter).rows, (std::vector<CsvRow>{row})) << line;
    }
  }
}

}  // namespace
}  // namespace roster::spreadsheet
