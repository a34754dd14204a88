#include "daemon/match/duplicates.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "daemon/base/text.h"

namespace roster::match {
namespace {

using model::Candidate;
using model::Match;

Fingerprint Named(char kind, std::string_view key) {
  return Xxh3(std::string(1, kind).append(key));
}

void TellEachOther(const std::vector<std::uint32_t>& rivals,
                   const std::vector<Candidate>& candidates, std::vector<Match>& matches) {
  for (const std::uint32_t one : rivals) {
    auto& duplicates = matches[one].duplicates;
    std::size_t left = model::kGroupMembersMax;
    for (auto other = rivals.begin(); other != rivals.end() && left > 0; ++other) {
      if (*other == one) continue;
      duplicates.push_back(candidates[*other].person);
      --left;
    }
  }
}

}  // namespace

bool operator<(const Want& a, const Want& b) {
  return std::tie(a.of, a.what.bytes, a.place) < std::tie(b.of, b.what.bytes, b.place);
}

Fingerprint AddressWanted(std::string_view email) { return Named('e', EmailKey(email)); }

Fingerprint AccountWanted(const AccountId& account) { return Named('a', account.value()); }

std::vector<Want> CollectWants(const std::vector<Candidate>& candidates,
                               const std::vector<Match>& matches) {
  std::vector<Want> wants;
  for (std::uint32_t place = 0; place < candidates.size(); ++place) {
    const Candidate& candidate = candidates[place];
    if (candidate.eligibility != model::Eligibility::kEligible) continue;
    Fingerprint address;
    if (!candidate.email.empty()) {
      address = AddressWanted(candidate.email);
      wants.push_back({Want::Of::kAddress, address, place});
    }
    if (candidate.uses_email2 && !candidate.facts_email.empty()) {
      const Fingerprint facts = AddressWanted(candidate.facts_email);
      if (facts != address) wants.push_back({Want::Of::kAddress, facts, place, false});
    }
    const Match& match = matches[place];
    if (match.kind == Match::Kind::kExact && match.account) {
      wants.push_back({Want::Of::kAccount, AccountWanted(match.account->id), place});
    }
  }
  std::sort(wants.begin(), wants.end());
  return wants;
}

void NameRivals(const std::vector<Candidate>& candidates, const std::vector<Want>& wants,
                std::vector<Match>& matches) {
  std::vector<std::uint32_t> rivals;
  ForEachShared(wants, [&](auto begin, auto end) {
    rivals.clear();
    for (auto want = begin; want != end; ++want) {
      if (want->rival) rivals.push_back(want->place);
    }
    TellEachOther(rivals, candidates, matches);
  });
  for (Match& match : matches) {
    auto& persons = match.duplicates;
    if (match.kind == Match::Kind::kTaken && match.taken_by) persons.push_back(*match.taken_by);
    if (persons.size() < 2) continue;
    std::sort(persons.begin(), persons.end());
    persons.erase(std::unique(persons.begin(), persons.end()), persons.end());
  }
}

}  // namespace roster::match
