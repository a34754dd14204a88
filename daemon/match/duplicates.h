#pragma once

// What candidates want, and who wants the same (rules, 8). Pure; any thread.

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/model/change.h"

namespace roster::match {

// An address or an account that a candidate wants, hashed to 128 bits: equal fingerprints are taken
// for equal wants, which can only hold people back, never let anybody through.
struct Want {
  enum class Of : std::uint8_t { kAddress = 1, kAccount = 2 };
  Of of = Of::kAddress;
  Fingerprint what;
  std::uint32_t place = 0;  // of the candidate
  bool rival = true;        // false: of somebody who uses email2, the address that FACTS gives

  bool SameAs(const Want& other) const { return of == other.of && what == other.what; }
  friend bool operator<(const Want& a, const Want& b);
};

// The fingerprint of an address, whatever its letter case, and of an account's id.
Fingerprint AddressWanted(std::string_view email);
Fingerprint AccountWanted(const AccountId& account);

// Of eligible candidates, sorted: the address, the account that fits exactly, and what somebody who
// uses email2 would want without. `matches` stand beside `candidates`.
std::vector<Want> CollectWants(const std::vector<model::Candidate>& candidates,
                               const std::vector<model::Match>& matches);

// Calls `use(begin, end)` for each run of two or more equal wants.
template <typename Use>
void ForEachShared(const std::vector<Want>& wants, const Use& use) {
  for (auto begin = wants.begin(); begin != wants.end();) {
    auto end = begin + 1;
    while (end != wants.end() && end->SameAs(*begin)) ++end;
    if (end - begin > 1) use(begin, end);
    begin = end;
  }
}

// Fills `duplicates` of each match: the other eligible candidates that want the same e-mail or the
// same account, and the holder of a taken account. Of each address the first
// model::kGroupMembersMax by id, since a group of thousands (a placeholder address on a whole
// school) would cost its square; whoever has that many is held back by diff/.
void NameRivals(const std::vector<model::Candidate>& candidates, const std::vector<Want>& wants,
                std::vector<model::Match>& matches);

}  // namespace roster::match
