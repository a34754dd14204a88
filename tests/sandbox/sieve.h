// The Sieve language of FACTS' lists: Filters and Sorts.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/facts_model.h"
#include "tests/sandbox/table.h"

namespace roster::sandbox {

// What the server cannot make sense of: FACTS answers 500 with a .NET stack trace.
class SieveError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A parsed `Filters=`: terms that must all hold.
class SieveFilter {
 public:
  // Throws SieveError for an unknown field, a term without an operator, or a value that is no
  // number where the field is one.
  SieveFilter(const Resource& resource, std::string_view filters);

  bool empty() const { return terms_.empty(); }
  bool Matches(std::string_view row) const;

 private:
  enum class Operator {
    kEqual,
    kGreater,
    kLess,
    kGreaterOrEqual,
    kLessOrEqual,
    kContains,
    kStarts
  };

  struct Value {
    std::string text;
    int64_t number = 0;
    bool null = false;
  };

  struct Term {
    std::vector<const Column*> columns;  // any of them
    Operator op = Operator::kEqual;
    bool negated = false;
    bool ignore_case = false;
    std::vector<Value> values;  // any of them
  };

  static Term ParseTerm(const Resource& resource, std::string_view text);
  static bool Holds(const Term& term, const Column& column, std::string_view row);
  static bool Compare(const Term& term, const Column& column, std::string_view raw,
                      const Value& value);

  std::vector<Term> terms_;
};

// Throws SieveError for an unknown field.
std::vector<SortKey> ParseSorts(const Resource& resource, std::string_view sorts);

}  // namespace roster::sandbox
