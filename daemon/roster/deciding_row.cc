#include "daemon/roster/deciding_row.h"

#include <tuple>

namespace roster::roster {
namespace {

// Rules, 1: the latest enrollDate, then the lowest configSchoolId; without a date is earliest.
bool Before(const Deciding& a, const Deciding& b) {
  if (a.says != b.says) return a.says < b.says;
  const auto rank = [](const model::Student& row) {
    return std::make_tuple(!row.enroll_date.has_value(),
                           row.enroll_date ? -row.enroll_date->time_since_epoch().count() : 0,
                           row.config_school_id);
  };
  return rank(*a.row) < rank(*b.row);
}

}  // namespace

RowReader::RowReader(const std::vector<model::Student>& rows, const model::RosterRules& rules)
    : scope_(rules.scope), words_(rules), at_(rows.data()), end_(at_ + rows.size()) {}

std::optional<PersonId> RowReader::next() const {
  if (at_ == end_) return std::nullopt;
  return at_->person;
}

std::optional<Deciding> RowReader::Take(PersonId person) {
  std::optional<Deciding> best;
  for (; at_ != end_ && at_->person == person; ++at_) {
    const Deciding row{at_, scope_.Judge(*at_, words_.Read(at_->status))};
    if (!best || Before(row, *best)) best = row;
  }
  return best;
}

std::vector<std::pair<std::string, std::uint64_t>> RowReader::unknown_words() const {
  return words_.unknown();
}

}  // namespace roster::roster
