#include "client/table.h"

#include <algorithm>
#include <numeric>

namespace roster::client {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kSpanMin = 20;  // columns, however narrow the terminal is

std::vector<std::string> LinesOf(const Cell& cell, const Column& column, std::size_t width) {
  if (!column.wrap) {
    return {column.width_min == 0 ? cell.text : Fit(cell.text, width)};
  }
  std::vector<std::string> lines = Wrap(cell.text, width);
  for (const std::string& more : cell.more) {
    for (std::string& line : Wrap(more, width)) lines.push_back(std::move(line));
  }
  return lines;
}

std::size_t NaturalWidth(const Cell& cell) {
  std::size_t width = Width(cell.text);
  for (const std::string& more : cell.more) width = std::max(width, Width(more));
  return width;
}

}  // namespace

Table::Table(std::vector<Column> columns, const Console& console)
    : columns_(std::move(columns)), console_(console) {}

void Table::Add(std::vector<Cell> row) {
  for (Cell& cell : row) {
    cell.text = Clean(cell.text);
    for (std::string& more : cell.more) more = Clean(more);
  }
  row.resize(columns_.size());
  rows_.push_back({std::move(row), false, 0});
}

void Table::AddSpan(Cell text, std::size_t indent) {
  text.text = Clean(text.text);
  rows_.push_back({{std::move(text)}, true, indent});
}

std::string Table::Take() {
  if (rows_.empty()) return "";
  std::string text;
  if (widths_.empty()) {
    Settle();
    std::vector<Cell> titles;
    for (const Column& column : columns_) titles.push_back({column.title, Tone::kBold, {}});
    Lay(titles, text);
  }
  for (const Row& row : rows_) {
    if (row.span) {
      LaySpan(row.cells.front(), row.indent, text);
    } else {
      Lay(row.cells, text);
    }
  }
  rows_.clear();
  return text;
}

// The widest column that may still shrink gives way, one place at a time.
void Table::Settle() {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = Width(columns_[i].title);
    for (const Row& row : rows_) {
      if (!row.span) width = std::max(width, NaturalWidth(row.cells[i]));
    }
    widths_.push_back(width);
  }
  if (!console_.terminal().bounded) return;
  const std::size_t gaps = kGap * (columns_.size() - 1);
  while (std::accumulate(widths_.begin(), widths_.end(), gaps) > console_.terminal().width) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool may = columns_[i].width_min != 0 && widths_[i] > columns_[i].width_min;
      if (may && (widest == nullptr || widths_[i] > *widest)) widest = &widths_[i];
    }
    if (widest == nullptr) return;
    --*widest;
  }
}

void Table::LaySpan(const Cell& cell, std::size_t indent, std::string& text) const {
  const std::size_t width = console_.terminal().width;
  const std::size_t room = width > indent + kSpanMin ? width - indent : kSpanMin;
  for (const std::string& line : Wrap(cell.text, room)) {
    if (!line.empty()) text += std::string(indent, ' ') + console_.In(cell.tone, line);
    text += '\n';
  }
}

void Table::Lay(const std::vector<Cell>& row, std::string& text) const {
  std::vector<std::vector<std::string>> cells;
  std::size_t height = 1;
  for (std::size_t i = 0; i < row.size(); ++i) {
    cells.push_back(LinesOf(row[i], columns_[i], widths_[i]));
    height = std::max(height, cells.back().size());
  }
  for (std::size_t line = 0; line < height; ++line) {
    std::string spaces;  // held back until something follows
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = line < cells[i].size() ? cells[i][line] : "";
      const std::size_t used = Width(cell);
      const std::string fill(used < widths_[i] ? widths_[i] - used : 0, ' ');
      if (columns_[i].align == Align::kRight) spaces += fill;
      if (!cell.empty()) {
        text += spaces + console_.In(row[i].tone, cell);
        spaces.clear();
      }
      if (columns_[i].align == Align::kLeft) spaces += fill;
      spaces.append(kGap, ' ');
    }
    text += '\n';
  }
}

}  // namespace roster::client
