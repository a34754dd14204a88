#include "daemon/match/protection.h"

#include <algorithm>

#include "daemon/base/text.h"

namespace roster::match {
namespace {

std::vector<std::string> Folded(const std::vector<std::string>& words) {
  std::vector<std::string> folded;
  folded.reserve(words.size());
  for (const std::string& word : words) folded.push_back(Fold(Trim(word)));
  return folded;
}

}  // namespace

bool FitsGlob(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;     // in text
  std::size_t place = 0;  // in pattern
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;  // where the last star's run ends, so far
  while (at < text.size()) {
    if (place < pattern.size() && pattern[place] == '*') {
      star = place++;
      retry = at;
    } else if (place < pattern.size() && pattern[place] == text[at]) {
      ++place;
      ++at;
    } else if (star != std::string_view::npos) {
      place = star + 1;
      at = ++retry;
    } else {
      return false;
    }
  }
  while (place < pattern.size() && pattern[place] == '*') ++place;
  return place == pattern.size();
}

AccountPatterns::AccountPatterns(const std::vector<std::string>& patterns)
    : patterns_(Folded(patterns)) {}

bool AccountPatterns::Fit(std::string_view address) const {
  const std::string key = EmailKey(address);
  if (key.empty()) return false;
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const std::string& pattern) { return FitsGlob(pattern, key); });
}

bool AccountPatterns::Cover(const model::Account& account) const {
  if (patterns_.empty()) return false;
  return Fit(account.fields.Get(model::Field::kUserName)) ||
         Fit(account.fields.Get(model::Field::kEmail)) ||
         std::any_of(account.other_emails.begin(), account.other_emails.end(),
                     [&](const std::string& address) { return Fit(address); });
}

Protection::Protection(const model::RosterRules& rules)
    : roles_(Folded(rules.protected_roles)), patterns_(rules.protected_accounts) {}

bool Protection::Covers(const model::Account& account) const {
  for (const std::string& role : account.roles) {
    if (std::find(roles_.begin(), roles_.end(), Fold(Trim(role))) != roles_.end()) return true;
  }
  return patterns_.Cover(account);
}

}  // namespace roster::match
