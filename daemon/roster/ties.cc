#include "daemon/roster/ties.h"

#include <algorithm>

namespace roster::roster {
namespace {

using model::Child;
using model::ParentTie;
using model::TieFlag;

constexpr std::size_t Index(ChildSays says) { return static_cast<std::size_t>(says); }

bool Has(const ParentTie& row, TieFlag flag) {
  switch (flag) {
    case TieFlag::kCustody:
      return row.custody;
    case TieFlag::kCorrespondence:
      return row.correspondence;
    case TieFlag::kParentsWeb:
      return row.parents_web;
    case TieFlag::kGrandparent:
      return row.grandparent;
    case TieFlag::kEmergencyContact:
      return row.emergency_contact;
  }
  return false;
}

// Not a grandparent, an aunt, an emergency contact: those are tied to children by the hundred.
bool LooksAfter(const ParentTie& row) { return !row.grandparent && row.custody; }

// A parent there who was a student once (alumni) is nobody's child there; one who is a student now
// is.
bool IsChild(const model::FamilyMember& member, ChildSays says) {
  if (member.parent) return says == ChildSays::kEligible;
  return says != ChildSays::kNoRow || member.student;
}

// Puts together what both graphs say of one child. Sorted by child.
void MergeSameChild(std::vector<Child>& children) {
  std::size_t kept = 0;
  for (const Child& child : children) {
    if (kept == 0 || children[kept - 1].person != child.person) {
      children[kept++] = child;
      continue;
    }
    Child& one = children[kept - 1];
    const bool household = one.household || child.household;
    if (child.tie) one = child;  // the row alone knows what is blocked, and what counts
    one.household = household;
  }
  children.resize(kept);
}

}  // namespace

HouseholdChildren::HouseholdChildren(const model::Snapshot& snapshot, const Households& households,
                                     const Pupils& pupils)
    : homes_(households.all().size()) {
  std::vector<bool> is_child(snapshot.members.size());
  auto id = pupils.ids().begin();
  for (const Seat& seat : households.seats()) {
    while (id != pupils.ids().end() && *id < seat.person) ++id;
    const bool pupil = id != pupils.ids().end() && *id == seat.person;
    const ChildSays says = pupil
                               ? pupils.at(static_cast<std::size_t>(id - pupils.ids().begin())).says
                               : ChildSays::kNoRow;
    if (!IsChild(households.MemberAt(seat), says)) continue;
    is_child[seat.member] = true;
    Home& home = homes_[seat.household];
    ++home.counts[Index(says)];
    ++home.count;
  }
  std::uint32_t begin = 0;
  for (Home& home : homes_) {
    home.begin = begin;
    begin += home.count;
  }
  children_.reserve(begin);
  for (std::uint32_t i = 0; i < is_child.size(); ++i) {
    if (is_child[i]) children_.push_back(i);
  }
}

std::span<const std::uint32_t> HouseholdChildren::Of(std::uint32_t household) const {
  const Home& home = homes_[household];
  return std::span(children_).subspan(home.begin, home.count);
}

TieReader::TieReader(const model::Snapshot& snapshot, const model::ParentRules& rules,
                     const Households& households, const HouseholdChildren& children,
                     const Pupils& pupils)
    : snapshot_(snapshot),
      rules_(rules),
      households_(households),
      children_(children),
      pupils_(pupils),
      unread_homes_(households.all().size()) {
  const auto& homes = households_.all();
  for (const auto& [family, person] : snapshot_.unread.members) {
    unread_members_.push_back(person);
    const auto home =
        std::lower_bound(homes.begin(), homes.end(), family,
                         [](const Household& a, FamilyId wanted) { return a.id < wanted; });
    if (home == homes.end() || home->id != family) continue;
    unread_homes_[static_cast<std::size_t>(home - homes.begin())] = true;
  }
  std::sort(unread_members_.begin(), unread_members_.end());
}

bool TieReader::AnyEligible(std::span<const Seat> seats, std::span<const ParentTie> rows) const {
  for (const Seat& seat : seats) {
    if (households_.MemberAt(seat).parent && children_.AnyEligible(seat.household)) return true;
  }
  return std::any_of(rows.begin(), rows.end(), [this](const ParentTie& row) {
    return SaysOf(row.student) == ChildSays::kEligible;
  });
}

const Ties& TieReader::Read(PersonId parent, std::span<const Seat> seats,
                            std::span<const ParentTie> rows) {
  parent_ = parent;
  seats_ = seats;
  rows_ = rows;
  ties_ = {};
  EnterHomes();
  for (const ParentTie& row : rows_) {
    if (row.student != parent_) TakeRow(row);  // nobody is their own parent
  }
  TakeUnread();
  Conclude();
  return ties_;
}

void TieReader::EnterHomes() {
  const Pupil* self = pupils_.Find(parent_);
  for (const Seat& seat : seats_) {
    const model::FamilyMember& member = households_.MemberAt(seat);
    if (!member.parent) continue;
    if (unread_homes_[seat.household]) ties_.says[Index(ChildSays::kUnread)] = true;
    Ties::Home& home = ties_.homes.emplace_back();
    home.household = seat.household;
    home.plain = children_.Counts(seat.household);
    const ChildSays says = self != nullptr ? self->says : ChildSays::kNoRow;
    if (IsChild(member, says)) --home.plain[Index(says)];
  }
}

void TieReader::TakeRow(const ParentTie& row) {
  const ChildSays says = SaysOf(row.student);
  const bool counts = RowCounts(row) && !IsUnread(row.student);
  ties_.says[Index(says)] = true;
  FindAtHome(row.student, says, counts);
  if (says != ChildSays::kEligible) return;
  ties_.any_row = true;
  ties_.blocked = ties_.blocked || row.pw_block;
  ties_.by_link = ties_.by_link || counts;
  ties_.vouched = ties_.vouched || (counts && LooksAfter(row));
}

// A row that could not be read may block the child, or tie another one.
void TieReader::TakeUnread() {
  const auto& ties = snapshot_.unread.ties;
  const std::pair first(parent_, PersonId());
  for (auto tie = std::lower_bound(ties.begin(), ties.end(), first);
       tie != ties.end() && tie->first == parent_; ++tie) {
    if (tie->second == parent_) continue;
    ties_.says[Index(ChildSays::kUnread)] = true;
    if (!HasRow(tie->second)) FindAtHome(tie->second, SaysOf(tie->second), false);
  }
  if (std::binary_search(unread_members_.begin(), unread_members_.end(), parent_)) {
    ties_.says[Index(ChildSays::kUnread)] = true;
  }
}

bool TieReader::HasRow(PersonId child) const {
  const auto row =
      std::lower_bound(rows_.begin(), rows_.end(), child,
                       [](const ParentTie& a, PersonId wanted) { return a.student < wanted; });
  return row != rows_.end() && row->student == child;
}

bool TieReader::IsUnread(PersonId child) const {
  const auto& ties = snapshot_.unread.ties;
  return std::binary_search(ties.begin(), ties.end(), std::pair(parent_, child));
}

void TieReader::FindAtHome(PersonId child, ChildSays says, bool counts) {
  if (ties_.homes.empty()) return;
  for (const Seat& seat : households_.SeatsOf(child)) {
    const auto home = std::lower_bound(
        ties_.homes.begin(), ties_.homes.end(), seat.household,
        [](const Ties::Home& a, std::uint32_t wanted) { return a.household < wanted; });
    if (home == ties_.homes.end() || home->household != seat.household) continue;
    if (!IsChild(households_.MemberAt(seat), says)) continue;
    --home->plain[Index(says)];
    if (says == ChildSays::kEligible && counts) home->counts = true;
  }
}

void TieReader::Conclude() {
  for (Ties::Home& home : ties_.homes) {
    for (std::size_t i = 0; i < kChildSays; ++i) {
      ties_.says[i] = ties_.says[i] || home.plain[i] > 0;
    }
    if (PlainCounts() && home.plain[Index(ChildSays::kEligible)] > 0) home.counts = true;
    ties_.by_household = ties_.by_household || home.counts;
  }
}

bool TieReader::RowCounts(const ParentTie& row) const {
  const auto has = [&row](TieFlag flag) { return Has(row, flag); };
  return !row.pw_block && std::all_of(rules_.require.begin(), rules_.require.end(), has) &&
         std::none_of(rules_.exclude.begin(), rules_.exclude.end(), has);
}

ChildSays TieReader::SaysOf(PersonId child) const {
  const Pupil* pupil = pupils_.Find(child);
  return pupil == nullptr ? ChildSays::kNoRow : pupil->says;
}

std::vector<Child> TieReader::Children() const {
  // Whoever is among the first of all is among the first of each list they are in; one more of
  // each, since the parent may be in it.
  constexpr std::size_t kOfEach = model::kChildrenMax + 1;
  std::vector<Child> children;
  for (const Ties::Home& home : ties_.homes) {
    const auto all = children_.Of(home.household);
    for (const std::uint32_t member : all.first(std::min(all.size(), kOfEach))) {
      const PersonId child = snapshot_.members[member].person;
      if (child == parent_) continue;
      children.push_back(
          {child, true, false, false, PlainCounts(), SaysOf(child) == ChildSays::kEligible});
    }
  }
  for (const ParentTie& row : rows_.first(std::min(rows_.size(), kOfEach))) {
    if (row.student == parent_) continue;
    children.push_back({row.student, false, true, row.pw_block, RowCounts(row),
                        SaysOf(row.student) == ChildSays::kEligible});
  }
  std::stable_sort(children.begin(), children.end(),
                   [](const Child& a, const Child& b) { return a.person < b.person; });
  MergeSameChild(children);
  if (children.size() > model::kChildrenMax) children.resize(model::kChildrenMax);
  return {children.begin(), children.end()};  // no larger than it needs to be: it is kept
}

}  // namespace roster::roster
