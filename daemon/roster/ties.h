#pragma once

// What FACTS's two graphs say of one person as a parent (rules, 2 and 20). Households and links are
// never multiplied out, so that a household of everybody costs no more than as many small ones.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/model/change.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"
#include "daemon/roster/families.h"
#include "daemon/roster/pupils.h"

namespace roster::roster {

// How many children say what: [ChildSays].
using ChildCounts = std::array<std::uint32_t, kChildSays>;

// Who are the children of each household: members with a Students row, or with the student flag; of
// those who are a parent there too, the eligible alone. 12 bytes a child, 40 a household. All three
// must outlive it.
class HouseholdChildren {
 public:
  HouseholdChildren(const model::Snapshot& snapshot, const Households& households,
                    const Pupils& pupils);

  // `household`: index in Households::all().
  const ChildCounts& Counts(std::uint32_t household) const { return homes_[household].counts; }
  bool AnyEligible(std::uint32_t household) const {
    return Counts(household)[static_cast<std::size_t>(ChildSays::kEligible)] > 0;
  }
  // Indexes in Snapshot::members; by person.
  std::span<const std::uint32_t> Of(std::uint32_t household) const;

 private:
  struct Home {
    std::uint32_t begin = 0;
    std::uint32_t count = 0;
    ChildCounts counts = {};
  };
  std::vector<Home> homes_;              // as Households::all()
  std::vector<std::uint32_t> children_;  // by household, then person
};

// One parent's ties to all children together.
struct Ties {
  // A household where the person is a parent.
  struct Home {
    std::uint32_t household = 0;  // index in Households::all()
    ChildCounts plain = {};       // its children without a ParentStudent row of this parent
    bool counts = false;          // holds an eligible child that counts
  };
  std::vector<Home> homes;  // by household
  // Some tied child, blocked or not, says so; kUnread: or might be tied by a row that could not be
  // read.
  std::array<bool, kChildSays> says = {};

  // All of these of eligible children:
  bool by_household = false;  // one counts, by a household
  bool by_link = false;       // one counts, by a ParentStudent row
  bool vouched = false;       // so, and the row is that of somebody who looks after the child
  bool any_row = false;       // a ParentStudent row, whether it counts or not
  bool blocked = false;       // a blocked one

  bool Says(ChildSays what) const { return says[static_cast<std::size_t>(what)]; }
};

// Reads the ties of one person after the other. Everything it is given must outlive it.
class TieReader {
 public:
  TieReader(const model::Snapshot& snapshot, const model::ParentRules& rules,
            const Households& households, const HouseholdChildren& children, const Pupils& pupils);

  // Whether FACTS ties the person to any eligible child at all; cheap. `seats` and `rows`: all of
  // the person's.
  bool AnyEligible(std::span<const Seat> seats, std::span<const model::ParentTie> rows) const;

  // Valid until the next call.
  const Ties& Read(PersonId parent, std::span<const Seat> seats,
                   std::span<const model::ParentTie> rows);

  // The children the last Read was about: by id, the first kChildrenMax.
  std::vector<model::Child> Children() const;

 private:
  void EnterHomes();
  void TakeRow(const model::ParentTie& row);
  void TakeUnread();
  bool HasRow(PersonId child) const;
  bool IsUnread(PersonId child) const;  // one of the parent's rows of this child could not be read
  // Takes the child out of what is plain in the homes that hold it, and notes where it counts.
  void FindAtHome(PersonId child, ChildSays says, bool counts);
  void Conclude();
  bool RowCounts(const model::ParentTie& row) const;
  bool PlainCounts() const { return rules_.require.empty(); }
  ChildSays SaysOf(PersonId child) const;

  const model::Snapshot& snapshot_;
  const model::ParentRules& rules_;
  const Households& households_;
  const HouseholdChildren& children_;
  const Pupils& pupils_;
  // Of PersonFamily rows that could not be read: who is in a household more, and which ones hold
  // somebody more, as Households::all().
  std::vector<PersonId> unread_members_;
  std::vector<bool> unread_homes_;
  PersonId parent_;
  std::span<const Seat> seats_;
  std::span<const model::ParentTie> rows_;
  Ties ties_;
};

}  // namespace roster::roster
