#include "daemon/roster/status_words.h"

#include <algorithm>

#include "daemon/base/text.h"
#include "daemon/roster/roster.h"

namespace roster::roster {
namespace {

// A school has a dozen. More are garbage, and are looked up one by one.
constexpr std::size_t kSpellingsMax = 4096;

}  // namespace

StatusWords::Known StatusWords::Look(std::string_view word) {
  const std::string_view trimmed = Trim(word);
  if (trimmed.empty()) return {};
  std::string folded = Fold(trimmed);
  if (const auto at = rules_.status_words.find(folded); at != rules_.status_words.end()) {
    return {at->second, nullptr};
  }
  const auto seen = unknown_.find(folded);
  if (seen != unknown_.end()) return {model::Standing::kUnknown, &seen->second};
  if (unknown_.size() == kUnknownWordsMax) return {};
  Unknown& fresh = unknown_[std::move(folded)];
  fresh.as_seen = trimmed;
  return {model::Standing::kUnknown, &fresh};
}

model::Standing StatusWords::Read(std::string_view word) {
  Known known;
  if (const auto at = spellings_.find(word); at != spellings_.end()) {
    known = at->second;
  } else {
    known = Look(word);
    if (spellings_.size() < kSpellingsMax) spellings_.emplace(word, known);
  }
  if (known.unknown != nullptr) ++known.unknown->rows;
  return known.standing;
}

std::vector<std::pair<std::string, std::uint64_t>> StatusWords::unknown() const {
  std::vector<std::pair<std::string, std::uint64_t>> words;
  words.reserve(unknown_.size());
  for (const auto& [folded, unknown] : unknown_) words.emplace_back(unknown.as_seen, unknown.rows);
  std::sort(words.begin(), words.end());
  return words;
}

}  // namespace roster::roster
