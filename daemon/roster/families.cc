#include "daemon/roster/families.h"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "daemon/base/text.h"

namespace roster::roster {
namespace {

using model::Candidate;

bool Counts(const Candidate& candidate) {
  return candidate.eligibility == model::Eligibility::kEligible &&
         candidate.reason != model::Reason::kGraphsDisagree;
}

// Rules, 6: without an order is last, and all who are last tie.
void Offer(Household& household, std::int32_t order) {
  order = std::max(order, 0);
  const bool lower = order != 0 && (household.lowest_order == 0 || order < household.lowest_order);
  if (lower) {
    household.lowest_order = order;
    household.first = 0;
  }
  if (order == household.lowest_order) ++household.first;
  ++household.candidates;
}

// Calls back with every family of every candidate that counts, and the candidate's seat there. One
// pass: both lists are by person, then household.
template <typename Each>
void EachPlace(std::vector<Candidate>& candidates, const std::vector<Seat>& seats,
               const std::vector<Household>& households, const Each& each) {
  auto seat = seats.begin();
  for (Candidate& candidate : candidates) {
    if (!Counts(candidate)) continue;
    for (model::FamilyPlace& place : candidate.families) {
      while (seat != seats.end() &&
             (seat->person < candidate.person || households[seat->household].id < place.family)) {
        ++seat;
      }
      assert(seat != seats.end() && seat->person == candidate.person);
      each(place, *seat);
    }
  }
}

}  // namespace

Households::Households(const model::Snapshot& snapshot)
    : snapshot_(snapshot), members_(snapshot.members) {
  seats_.reserve(members_.size());
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const model::FamilyMember& member = members_[i];
    if (all_.empty() || all_.back().id != member.family) all_.push_back({member.family, 0, 0, 0});
    seats_.push_back({member.person, static_cast<std::uint32_t>(i),
                      static_cast<std::uint32_t>(all_.size() - 1)});
  }
  std::sort(seats_.begin(), seats_.end(), [](const Seat& a, const Seat& b) {
    return std::tie(a.person, a.member) < std::tie(b.person, b.member);
  });
}

std::span<const Seat> Households::SeatsOf(PersonId person) const {
  struct ByPerson {
    bool operator()(const Seat& seat, PersonId wanted) const { return seat.person < wanted; }
    bool operator()(PersonId wanted, const Seat& seat) const { return wanted < seat.person; }
  };
  const auto [first, last] = std::equal_range(seats_.begin(), seats_.end(), person, ByPerson{});
  return {first, last};
}

void Households::FillName(Candidate& candidate) const {
  if (candidate.families.empty()) return;
  const model::Family* family = snapshot_.FindFamily(candidate.families.front().family);
  if (family != nullptr) candidate.family_name = Trim(family->name);
}

void Households::ListFirst(std::vector<Candidate>& candidates) {
  EachPlace(candidates, seats_, all_, [this](const model::FamilyPlace&, const Seat& seat) {
    Offer(all_[seat.household], MemberAt(seat).order);
  });
  EachPlace(candidates, seats_, all_, [this](model::FamilyPlace& place, const Seat& seat) {
    place.listed_first = std::max(MemberAt(seat).order, 0) == all_[seat.household].lowest_order;
  });
}

}  // namespace roster::roster
