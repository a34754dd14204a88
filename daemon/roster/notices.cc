#include "daemon/roster/notices.h"

#include <algorithm>

#include "daemon/roster/beside.h"

namespace roster::roster {
namespace {

struct Counts {
  std::uint64_t children_without_family = 0;
  std::uint64_t families_without_order = 0;
  std::uint64_t families_without_parents = 0;
  std::uint64_t graphs_disagree = 0;
  std::uint64_t links_to_nobody = 0;
  std::uint64_t links_to_self = 0;
  std::uint64_t orders_tied = 0;
};

void CountHouseholds(const Households& households, const HouseholdChildren& children,
                     Counts& counts) {
  for (std::uint32_t i = 0; i < households.all().size(); ++i) {
    if (!children.AnyEligible(i)) continue;
    const Household& household = households.all()[i];
    if (household.candidates == 0) {
      ++counts.families_without_parents;
    } else if (household.lowest_order == 0) {
      ++counts.families_without_order;
    } else if (household.first > 1) {
      ++counts.orders_tied;
    }
  }
}

void CountLinks(const model::Snapshot& snapshot, Counts& counts) {
  Beside<model::Person, &model::Person::id> parents(snapshot.people);
  for (const model::ParentTie& row : snapshot.ties) {
    if (row.parent == row.student) ++counts.links_to_self;
    if (parents.Find(row.parent) == nullptr || snapshot.FindPerson(row.student) == nullptr) {
      ++counts.links_to_nobody;
    }
  }
}

void CountChildren(const Households& households, const Pupils& pupils, Counts& counts) {
  Beside<Seat, &Seat::person> seats(households.seats());
  for (std::size_t i = 0; i < pupils.ids().size(); ++i) {
    if (pupils.at(i).says != ChildSays::kEligible) continue;
    if (seats.Find(pupils.ids()[i]) == nullptr) ++counts.children_without_family;
  }
}

}  // namespace

std::vector<std::pair<std::string, std::uint64_t>> Notices(
    const model::Snapshot& snapshot, const Households& households,
    const HouseholdChildren& children, const Pupils& pupils,
    const std::vector<model::Candidate>& candidates) {
  Counts counts;
  CountHouseholds(households, children, counts);
  CountLinks(snapshot, counts);
  CountChildren(households, pupils, counts);
  counts.graphs_disagree = static_cast<std::uint64_t>(
      std::count_if(candidates.begin(), candidates.end(), [](const model::Candidate& candidate) {
        return candidate.mismatch != model::Mismatch::kNone;
      }));
  std::vector<std::pair<std::string, std::uint64_t>> notices = {
      {"children-without-family", counts.children_without_family},
      {"families-without-order", counts.families_without_order},
      {"families-without-parents", counts.families_without_parents},
      {"graphs-disagree", counts.graphs_disagree},
      {"links-to-nobody", counts.links_to_nobody},
      {"links-to-self", counts.links_to_self},
      {"orders-tied", counts.orders_tied}};
  std::erase_if(notices, [](const auto& notice) { return notice.second == 0; });
  return notices;
}

}  // namespace roster::roster
