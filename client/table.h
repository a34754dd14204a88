#pragma once

// Aligned columns that fit the terminal.

#include <cstddef>
#include <string>
#include <vector>

#include "client/console.h"
#include "client/text.h"

namespace roster::client {

struct Column {
  std::string title;
  Align align = Align::kLeft;
  // How narrow it may become when the table is too wide; 0: it keeps its width.
  std::size_t width_min = 0;
  // Cells that are too long: broken over several lines, or else cut with "…".
  bool wrap = false;
};

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;
  std::vector<std::string> more;  // further lines below, of a column that wraps
};

// Rows are collected until Take lays them out; the first Take settles the widths and brings the
// titles. So a list of any length goes through in batches.
class Table {
 public:
  Table(std::vector<Column> columns, const Console& console);

  // One cell a column; the text is made harmless (see Clean) here.
  void Add(std::vector<Cell> row);
  // A line across all columns, `indent` columns in; broken at spaces where it is too long.
  void AddSpan(Cell text, std::size_t indent = 0);
  std::size_t waiting() const { return rows_.size(); }

  // The rows waiting, laid out; every line ends in a newline. No rows: "".
  std::string Take();

 private:
  void Settle();
  void Lay(const std::vector<Cell>& row, std::string& text) const;
  void LaySpan(const Cell& cell, std::size_t indent, std::string& text) const;

  struct Row {
    std::vector<Cell> cells;  // one of a span
    bool span = false;
    std::size_t indent = 0;
  };
  std::vector<Column> columns_;
  const Console& console_;
  std::vector<Row> rows_;
  std::vector<std::size_t> widths_;  // empty: not settled
};

}  // namespace roster::client
