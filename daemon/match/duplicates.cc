#include "daemon/match/duplicates.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

namespace roster::match {
namespace {

using model::Candidate;
using model::Match;

// What candidates can want, hashed to 128 bits: equal fingerprints are taken for equal wants, which
// can only hold people back, never let anybody through.
struct Want {
  Fingerprint what;
  std::uint32_t place = 0;  // of the candidate

  friend bool operator<(const Want& a, const Want& b) {
    return std::tie(a.what.bytes, a.place) < std::tie(b.what.bytes, b.place);
  }
};

Fingerprint Named(char kind, std::string_view key) {
  return Xxh3(std::string(1, kind).append(key));
}

std::vector<Want> CollectWants(const std::vector<Candidate>& candidates,
                               const std::vector<Match>& matches) {
  std::vector<Want> wants;
  for (std::uint32_t place = 0; place < candidates.size(); ++place) {
    const Candidate& candidate = candidates[place];
    if (candidate.eligibility != model::Eligibility::kEligible) continue;
    if (!candidate.email.empty()) {
      wants.push_back({Named('e', EmailKey(candidate.email)), place});
    }
    const Match& match = matches[place];
    if (match.kind == Match::Kind::kExact && match.account) {
      wants.push_back({Named('a', match.account->id.value()), place});
    }
  }
  std::sort(wants.begin(), wants.end());
  return wants;
}

void TellEachOther(std::vector<Want>::const_iterator begin, std::vector<Want>::const_iterator end,
                   const std::vector<Candidate>& candidates, std::vector<Match>& matches) {
  for (auto one = begin; one != end; ++one) {
    auto& duplicates = matches[one->place].duplicates;
    std::size_t left = kDuplicatesMax;
    for (auto other = begin; other != end && left > 0; ++other) {
      if (other == one) continue;
      duplicates.push_back(candidates[other->place].person);
      --left;
    }
  }
}

}  // namespace

void FindDuplicates(const std::vector<Candidate>& candidates, std::vector<Match>& matches) {
  const std::vector<Want> wants = CollectWants(candidates, matches);
  for (auto begin = wants.begin(); begin != wants.end();) {
    const auto end = std::find_if(begin, wants.end(),
                                  [&](const Want& want) { return want.what != begin->what; });
    if (end - begin > 1) TellEachOther(begin, end, candidates, matches);
    begin = end;
  }
  for (Match& match : matches) {
    auto& persons = match.duplicates;
    if (match.kind == Match::Kind::kTaken && match.taken_by) persons.push_back(*match.taken_by);
    std::sort(persons.begin(), persons.end());
    persons.erase(std::unique(persons.begin(), persons.end()), persons.end());
  }
}

}  // namespace roster::match
