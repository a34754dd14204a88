#include "tests/sandbox/sieve.h"

#include <algorithm>
#include <charconv>

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {
namespace {

// Splits at `separator` where no backslash stands before it. The backslashes stay.
std::vector<std::string_view> SplitUnescaped(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == separator) {
      parts.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

const Column& KnownColumn(const Resource& resource, std::string_view name) {
  const Column* column = FindColumn(resource, name);
  if (column == nullptr) throw SieveError(std::string(name) + " not found.");
  return *column;
}

bool ParseNumber(std::string_view text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// A day may be asked for without its time.
std::string_view SameLength(std::string_view stored, std::string_view asked) {
  return asked.size() == 10 ? stored.substr(0, 10) : stored;
}

}  // namespace

SieveFilter::SieveFilter(const Resource& resource, std::string_view filters) {
  for (const std::string_view part : SplitUnescaped(filters, ',')) {
    if (!Trim(part).empty()) terms_.push_back(ParseTerm(resource, Trim(part)));
  }
}

SieveFilter::Term SieveFilter::ParseTerm(const Resource& resource, std::string_view text) {
  struct Spelling {
    std::string_view text;
    Operator op;
    bool negated;
  };
  // Longer ones first where one starts another.
  constexpr Spelling kSpellings[] = {
      {"!@=", Operator::kContains, true},       {"!_=", Operator::kStarts, true},
      {"==", Operator::kEqual, false},          {"!=", Operator::kEqual, true},
      {">=", Operator::kGreaterOrEqual, false}, {"<=", Operator::kLessOrEqual, false},
      {"@=", Operator::kContains, false},       {"_=", Operator::kStarts, false},
      {">", Operator::kGreater, false},         {"<", Operator::kLess, false},
  };
  Term term;
  for (size_t i = 1; i < text.size(); ++i) {
    for (const Spelling& spelling : kSpellings) {
      if (!text.substr(i).starts_with(spelling.text)) continue;
      term.op = spelling.op;
      term.negated = spelling.negated;
      std::string_view names = Trim(text.substr(0, i));
      std::string_view values = text.substr(i + spelling.text.size());
      if (values.starts_with('*')) {
        term.ignore_case = true;
        values.remove_prefix(1);
      }
      if (names.starts_with('(') && names.ends_with(')')) {
        names = names.substr(1, names.size() - 2);
      }
      for (const std::string_view name : SplitUnescaped(names, '|')) {
        term.columns.push_back(&KnownColumn(resource, Trim(name)));
      }
      for (const std::string_view part : SplitUnescaped(values, '|')) {
        Value value;
        value.text = Unescape(Trim(part));
        value.null = Trim(part) == "null";
        for (const Column* column : term.columns) {
          if (column->type == ColumnType::kInt && !value.null &&
              !ParseNumber(value.text, value.number)) {
            throw SieveError(value.text + " is not a valid value for Int32.");
          }
        }
        term.values.push_back(std::move(value));
      }
      return term;
    }
  }
  throw SieveError(std::string(text) + " has no operator.");
}

bool SieveFilter::Matches(std::string_view row) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    return std::any_of(term.columns.begin(), term.columns.end(),
                       [&](const Column* column) { return Holds(term, *column, row); });
  });
}

bool SieveFilter::Holds(const Term& term, const Column& column, std::string_view row) {
  std::string_view raw;
  if (column.populated) raw = FieldOf(row, column.name);
  const bool is_null = raw.empty() || raw == "null";
  bool any = false;
  for (const Value& value : term.values) {
    if (value.null) {
      any = any || (term.op == Operator::kEqual && is_null);
    } else if (!is_null) {
      any = any || Compare(term, column, raw, value);
    }
  }
  // Nothing is equal to null, and nothing unequal either: != drops nulls.
  if (term.negated) return !is_null && !any;
  return any;
}

bool SieveFilter::Compare(const Term& term, const Column& column, std::string_view raw,
                          const Value& value) {
  const auto by_order = [&](const auto& stored, const auto& asked) {
    switch (term.op) {
      case Operator::kEqual:
        return stored == asked;
      case Operator::kGreater:
        return stored > asked;
      case Operator::kLess:
        return stored < asked;
      case Operator::kGreaterOrEqual:
        return stored >= asked;
      case Operator::kLessOrEqual:
        return stored <= asked;
      case Operator::kContains:
      case Operator::kStarts:
        break;
    }
    return false;
  };
  std::string stored = raw.front() == '"' && raw.find('\\') == std::string_view::npos
                           ? std::string(raw.substr(1, raw.size() - 2))
                           : TextOf("{\"v\":" + std::string(raw) + "}", "v");
  std::string asked = value.text;
  if (column.type == ColumnType::kBool) {
    return (stored == "true") == EqualNoCase(asked, "true");
  }
  const bool within = term.op == Operator::kContains || term.op == Operator::kStarts;
  if (column.type == ColumnType::kInt && !within) {
    int64_t number = 0;
    return ParseNumber(stored, number) && by_order(number, value.number);
  }
  if (column.type == ColumnType::kDate) stored = SameLength(stored, asked);
  if (term.ignore_case) {
    stored = Lower(stored);
    asked = Lower(asked);
  }
  if (term.op == Operator::kContains) return stored.find(asked) != std::string::npos;
  if (term.op == Operator::kStarts) return stored.starts_with(asked);
  return by_order(stored, asked);
}

std::vector<SortKey> ParseSorts(const Resource& resource, std::string_view sorts) {
  std::vector<SortKey> keys;
  for (std::string_view part : SplitUnescaped(sorts, ',')) {
    part = Trim(part);
    if (part.empty()) continue;
    SortKey key;
    key.descending = part.starts_with('-');
    if (key.descending) part.remove_prefix(1);
    const Column& column = KnownColumn(resource, part);
    key.field = column.name;
    key.numeric = column.type == ColumnType::kInt;
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace roster::sandbox
