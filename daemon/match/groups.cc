#include "daemon/match/groups.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>

#include "daemon/base/text.h"

namespace roster::match {
namespace {

using model::AccountsOf;
using model::Candidate;
using model::DuplicateGroup;
using model::FamilyPlace;
using model::Match;
using model::Reason;
using model::Severity;

// Somebody whom an account is in the way of.
struct Blocked {
  std::uint32_t place = 0;
  Reason reason = Reason::kTaken;  // or kEmailCollision
  AccountId account;
  std::optional<PersonId> owner;  // of the account; nullopt: nobody known
};

// A linked account can collide, with itself, whoever its persons are; otherwise it takes somebody
// who is eligible.
std::optional<Blocked> BlockedAt(std::uint32_t place, const Candidate& candidate,
                                 const Match& match, const AccountIndex& index) {
  if (match.collision) {
    return Blocked{place, Reason::kEmailCollision, *match.collision,
                   index.OwnerOf(*match.collision)};
  }
  if (match.kind == Match::Kind::kTaken && match.account &&
      candidate.eligibility == model::Eligibility::kEligible) {
    return Blocked{place, Reason::kTaken, match.account->id, match.taken_by};
  }
  return std::nullopt;
}

std::vector<Blocked> FindBlocked(const std::vector<Candidate>& candidates,
                                 const std::vector<Match>& matches, const AccountIndex& index) {
  std::vector<Blocked> blocked;
  for (std::uint32_t place = 0; place < candidates.size(); ++place) {
    if (auto one = BlockedAt(place, candidates[place], matches[place], index)) {
      blocked.push_back(*std::move(one));
    }
  }
  return blocked;
}

// What somebody blocked wants. Who has left wants no address.
Want TieOf(const Blocked& one, const Candidate& candidate) {
  if (candidate.email.empty() || candidate.eligibility != model::Eligibility::kEligible) {
    return {Want::Of::kAccount, AccountWanted(one.account), one.place};
  }
  return {Want::Of::kAddress, AddressWanted(candidate.email), one.place};
}

// What ties groups together: the wants that several share, and what the blocked want.
std::vector<Want> FindTies(const std::vector<Candidate>& candidates, const std::vector<Want>& wants,
                           const std::vector<Blocked>& blocked) {
  std::vector<Want> ties;
  ForEachShared(wants, [&](auto begin, auto end) { ties.insert(ties.end(), begin, end); });
  for (const Blocked& one : blocked) ties.push_back(TieOf(one, candidates[one.place]));
  std::sort(ties.begin(), ties.end());
  return ties;
}

std::vector<PersonId> Persons(const std::vector<Candidate>& candidates,
                              const std::vector<Want>& ties, const std::vector<Blocked>& blocked) {
  std::vector<PersonId> persons;
  persons.reserve(ties.size() + blocked.size());
  for (const Want& tie : ties) persons.push_back(candidates[tie.place].person);
  for (const Blocked& one : blocked) {
    if (one.owner) persons.push_back(*one.owner);
  }
  std::sort(persons.begin(), persons.end());
  persons.erase(std::unique(persons.begin(), persons.end()), persons.end());
  return persons;
}

// Sets of persons that are joined one by one (union-find). A set is named by its lowest person.
class Sets {
 public:
  explicit Sets(std::vector<PersonId> persons)  // sorted, unique
      : persons_(std::move(persons)), above_(persons_.size()) {
    std::iota(above_.begin(), above_.end(), std::size_t{0});
  }

  const std::vector<PersonId>& persons() const { return persons_; }

  void Join(PersonId a, PersonId b) {
    const std::size_t one = SetOf(a);
    const std::size_t other = SetOf(b);
    above_[std::max(one, other)] = std::min(one, other);
  }

  // As a place in persons().
  std::size_t SetOf(PersonId person) {
    auto at = static_cast<std::size_t>(std::lower_bound(persons_.begin(), persons_.end(), person) -
                                       persons_.begin());
    while (above_[at] != at) {
      above_[at] = above_[above_[at]];
      at = above_[at];
    }
    return at;
  }

 private:
  const std::vector<PersonId> persons_;
  std::vector<std::size_t> above_;
};

const Candidate* FindCandidate(const std::vector<Candidate>& candidates, PersonId person) {
  const auto at = std::lower_bound(
      candidates.begin(), candidates.end(), person,
      [](const Candidate& candidate, PersonId wanted) { return candidate.person < wanted; });
  return at != candidates.end() && at->person == person ? &*at : nullptr;
}

// A group while it is put together.
struct Draft {
  DuplicateGroup group;
  std::vector<PersonId> members;     // all of them, by id
  std::optional<AccountId> foreign;  // an account in the way that is no member's
  bool tied = false;                 // key and address are set
};

void AddTie(Draft& draft, const Want& tie, const Candidate& candidate) {
  if (draft.tied) return;  // ties come sorted: the first one is the key
  draft.tied = true;
  draft.group.key = tie.what;
  if (tie.of == Want::Of::kAddress) {
    draft.group.address = tie.rival ? candidate.email : candidate.facts_email;
  }
}

void AddBlocked(Draft& draft, const Blocked& one) {
  if (draft.group.reason != Reason::kEmailCollision) draft.group.reason = one.reason;
  if (!draft.group.account) draft.group.account = one.account;
  if (!draft.foreign && !one.owner) draft.foreign = one.account;
}

// The lowest household that holds every member; nullopt when none does.
std::optional<FamilyId> CommonFamily(const std::vector<const Candidate*>& members) {
  std::vector<FamilyId> common;
  for (const Candidate* member : members) {
    if (member == nullptr) return std::nullopt;
    if (member == members.front()) {
      for (const FamilyPlace& place : member->families) common.push_back(place.family);
    } else {
      std::erase_if(common, [member](FamilyId family) {
        return std::none_of(member->families.begin(), member->families.end(),
                            [family](const FamilyPlace& place) { return place.family == family; });
      });
    }
    if (common.empty()) return std::nullopt;
  }
  return *std::min_element(common.begin(), common.end());
}

bool ListedFirst(const Candidate& candidate, FamilyId family) {
  return std::any_of(
      candidate.families.begin(), candidate.families.end(),
      [family](const FamilyPlace& place) { return place.family == family && place.listed_first; });
}

// The workflow's table; rules, 9.
Severity Judge(const DuplicateGroup& group, const std::vector<const Candidate*>& members,
               AccountsOf accounts) {
  if (accounts == AccountsOf::kStudents) return Severity::kError;
  if (group.reason != Reason::kDuplicateEmail || !group.family) return Severity::kError;
  return std::any_of(members.begin(), members.end(),
                     [&group](const Candidate* member) {
                       return member != nullptr && ListedFirst(*member, *group.family);
                     })
             ? Severity::kError
             : Severity::kWarning;
}

Fingerprint State(const Draft& draft, const std::vector<const Candidate*>& members) {
  Canonical state;
  state.Add(std::uint64_t{members.size()});
  for (std::size_t i = 0; i < members.size(); ++i) {
    state.Add(static_cast<std::uint64_t>(draft.members[i].value()));
    state.Add(members[i] == nullptr ? "" : EmailKey(members[i]->email));
  }
  state.Add(draft.foreign ? draft.foreign->value() : "");
  return Xxh3(state.bytes());
}

void Complete(Draft& draft, const std::vector<Candidate>& candidates, AccountsOf accounts,
              std::vector<Match>& matches) {
  std::vector<const Candidate*> members;
  members.reserve(draft.members.size());
  for (const PersonId person : draft.members) {
    members.push_back(FindCandidate(candidates, person));
  }
  DuplicateGroup& group = draft.group;
  group.members_total = draft.members.size();
  group.members = {draft.members.begin(),
                   draft.members.begin() + static_cast<std::ptrdiff_t>(std::min(
                                               draft.members.size(), model::kGroupMembersMax))};
  group.family = CommonFamily(members);
  group.severity = Judge(group, members, accounts);
  group.state = State(draft, members);
  for (const Candidate* member : members) {
    if (member == nullptr) continue;
    if (group.address.empty()) group.address = member->email;
    Match& match = matches[static_cast<std::size_t>(member - candidates.data())];
    match.group = group.key;
    match.severity = group.severity;
  }
}

Sets JoinAll(const std::vector<Candidate>& candidates, const std::vector<Want>& ties,
             const std::vector<Blocked>& blocked) {
  Sets sets(Persons(candidates, ties, blocked));
  for (std::size_t i = 1; i < ties.size(); ++i) {
    if (!ties[i].SameAs(ties[i - 1])) continue;
    sets.Join(candidates[ties[i - 1].place].person, candidates[ties[i].place].person);
  }
  for (const Blocked& one : blocked) {
    if (one.owner) sets.Join(candidates[one.place].person, *one.owner);
  }
  return sets;
}

}  // namespace

std::vector<DuplicateGroup> FindGroups(const std::vector<Candidate>& candidates,
                                       const std::vector<Want>& wants, const AccountIndex& index,
                                       AccountsOf accounts, std::vector<Match>& matches) {
  const std::vector<Blocked> blocked = FindBlocked(candidates, matches, index);
  const std::vector<Want> ties = FindTies(candidates, wants, blocked);
  if (ties.empty()) return {};
  Sets sets = JoinAll(candidates, ties, blocked);
  std::vector<Draft> drafts;
  std::vector<std::size_t> draft_of(sets.persons().size());  // [SetOf]
  for (std::size_t i = 0; i < sets.persons().size(); ++i) {
    const std::size_t set = sets.SetOf(sets.persons()[i]);
    if (set == i) {  // the lowest of a set comes first
      draft_of[set] = drafts.size();
      drafts.emplace_back();
    }
    drafts[draft_of[set]].members.push_back(sets.persons()[i]);
  }
  const auto draft_at = [&](std::uint32_t place) -> Draft& {
    return drafts[draft_of[sets.SetOf(candidates[place].person)]];
  };
  for (const Want& tie : ties) AddTie(draft_at(tie.place), tie, candidates[tie.place]);
  for (const Blocked& one : blocked) AddBlocked(draft_at(one.place), one);
  std::vector<DuplicateGroup> groups;
  groups.reserve(drafts.size());
  for (Draft& draft : drafts) {
    Complete(draft, candidates, accounts, matches);
    groups.push_back(std::move(draft.group));
  }
  std::sort(groups.begin(), groups.end(), [](const DuplicateGroup& a, const DuplicateGroup& b) {
    return a.key.bytes < b.key.bytes;
  });
  return groups;
}

}  // namespace roster::match
