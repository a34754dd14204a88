#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"
#include "daemon/roster/scope_check.h"
#include "daemon/roster/status_words.h"

namespace roster::roster {

// The one of a person's Students rows that decides, and what it says.
struct Deciding {
  const model::Student* row = nullptr;
  RowSays says = RowSays::kOutOfScope;
};

// Reads Students rows from first to last, each once. The rules and the rows must outlive it.
class RowReader {
 public:
  RowReader(const std::vector<model::Student>& rows, const model::RosterRules& rules);

  // The person whose rows come next; nullopt at the end.
  std::optional<PersonId> next() const;
  // Reads the rows of `person`, if theirs come next; nullopt otherwise.
  std::optional<Deciding> Take(PersonId person);
  // Of all rows read, see RosterResult.
  std::vector<std::pair<std::string, std::uint64_t>> unknown_words() const;

 private:
  const ScopeCheck scope_;
  StatusWords words_;
  const model::Student* at_;
  const model::Student* end_;
};

}  // namespace roster::roster
