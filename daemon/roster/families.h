#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/model/change.h"
#include "daemon/model/snapshot.h"

namespace roster::roster {

// A person's place in a household.
struct Seat {
  PersonId person;
  std::uint32_t member = 0;     // index in Snapshot::members
  std::uint32_t household = 0;  // index in Households::all()
};

struct Household {
  FamilyId id;
  // Of the candidates who have it among their families; filled by ListFirst.
  std::uint32_t candidates = 0;
  std::uint32_t first = 0;        // how many of them have lowest_order
  std::int32_t lowest_order = 0;  // 0: none of them has an order
};

// The households of a snapshot, which must outlive this. 16 bytes a member, 24 a household.
class Households {
 public:
  explicit Households(const model::Snapshot& snapshot);

  const std::vector<Household>& all() const { return all_; }  // by id
  const std::vector<Seat>& seats() const { return seats_; }   // by person, then household
  std::span<const Seat> SeatsOf(PersonId person) const;       // by household
  const model::FamilyMember& MemberAt(const Seat& seat) const { return members_[seat.member]; }

  // The grouping household's name (rules, 7): of the first of the candidate's families, "" when it
  // has no name or the candidate no family.
  void FillName(model::Candidate& candidate) const;

  // Sets who is listed first (rules, 6) in the families of all candidates, which are by person.
  // Eligible ones count; not those that are listed for the disagreement of the graphs alone.
  void ListFirst(std::vector<model::Candidate>& candidates);

 private:
  const model::Snapshot& snapshot_;
  const std::vector<model::FamilyMember>& members_;
  std::vector<Household> all_;
  std::vector<Seat> seats_;
};

}  // namespace roster::roster
