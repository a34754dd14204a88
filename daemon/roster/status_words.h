#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/model/settings.h"

namespace roster::roster {

// Reads the status words of one snapshot, whose text must outlive this, and counts those that are
// not mapped (rules, 4).
class StatusWords {
 public:
  explicit StatusWords(const model::RosterRules& rules) : rules_(rules) {}

  // kUnknown for a blank or unmapped word.
  model::Standing Read(std::string_view word);

  // By word, at most kUnknownWordsMax.
  std::vector<std::pair<std::string, std::uint64_t>> unknown() const;

 private:
  struct Unknown {
    std::string as_seen;
    std::uint64_t rows = 0;
  };
  struct Known {
    model::Standing standing = model::Standing::kUnknown;
    Unknown* unknown = nullptr;
  };
  Known Look(std::string_view word);

  const model::RosterRules& rules_;
  std::map<std::string, Unknown> unknown_;                 // by folded word; its nodes don't move
  std::unordered_map<std::string_view, Known> spellings_;  // as FACTS has them
};

}  // namespace roster::roster
