#include "daemon/engine/book.h"

#include <algorithm>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using store::Family;

// Reads and decodes one value; nullopt when there is none.
template <typename Decode>
auto Find(const store::Overlay& view, Family family, const std::string& key, Decode decode)
    -> Result<std::optional<std::decay_t<decltype(*decode(std::string_view()))>>> {
  ROSTER_ASSIGN(const std::optional<std::string> value, view.Get(family, key), "reading the store");
  if (!value) return {std::nullopt};
  ROSTER_ASSIGN(auto decoded, decode(std::string_view(*value)), "reading the store");
  return {std::move(decoded)};
}

// Lists of parents go by family, so that a family stands together.
std::string SortNameOf(const model::Candidate& who, model::AccountsOf accounts) {
  if (accounts == model::AccountsOf::kStudents || who.family_name.empty()) {
    return store::SortName(who.first_name, who.last_name);
  }
  return store::SortName(who.last_name + " " + who.first_name, who.family_name);
}

}  // namespace

Result<std::optional<model::Change>> Book::FindChange(PersonId person) const {
  return Find(view_, Family::kReview, store::ChangeKey(school_.id(), person),
              [&](std::string_view value) { return store::DecodeChange(person, value); });
}

Result<std::optional<model::Decision>> Book::FindDecision(PersonId person) const {
  return Find(view_, Family::kReview, store::DecisionKey(school_.id(), person),
              [&](std::string_view value) { return store::DecodeDecision(person, value); });
}

Result<std::optional<model::Link>> Book::FindLink(PersonId person) const {
  return Find(view_, Family::kReview, store::LinkKey(school_.id(), person),
              [&](std::string_view value) { return store::DecodeLink(person, value); });
}

Result<std::optional<model::Placement>> Book::FindPlacement(PersonId person) const {
  return Find(view_, Family::kReview, store::PlacementKey(school_.id(), person),
              store::DecodePlacement);
}

Result<std::optional<HeldTask>> Book::FindHeldTask(PersonId person) const {
  return Find(view_, Family::kWork, store::HeldTaskKey(school_.id(), person),
              [](std::string_view value) -> Result<HeldTask> {
                ROSTER_ASSIGN(const auto held, store::DecodeHeldTask(value), "");
                return HeldTask{held.first, held.second};
              });
}

Result<std::optional<PersonId>> Book::FindOwner(const AccountId& account) const {
  return Find(view_, Family::kReview, store::AccountKey(school_.id(), account),
              store::DecodePerson);
}

Result<std::vector<PersonId>> Book::Persons(const store::Range& range,
                                            std::string_view doing) const {
  std::vector<PersonId> persons;
  const auto cursor = view_.Scan(Family::kReview, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), doing);
    persons.push_back(person);
  }
  ROSTER_TRY(cursor->status(), doing);
  return persons;
}

Result<std::vector<PersonId>> Book::FindRivals(PersonId person) const {
  return Persons(store::RivalRange(school_.id(), person), "reading rivals");
}

Result<std::optional<model::DuplicateGroup>> Book::FindGroup(const Fingerprint& key) const {
  return Find(view_, Family::kReview, store::GroupKey(school_.id(), key),
              [&](std::string_view value) { return store::DecodeGroup(key, value); });
}

Result<std::optional<model::DuplicateGroup>> Book::FindGroup(GroupId id) const {
  ROSTER_ASSIGN(const auto key,
                Find(view_, Family::kReview, store::GroupNumberKey(school_.id(), id),
                     store::DecodeFingerprint),
                "reading a duplicate");
  if (!key) return {std::nullopt};
  return FindGroup(*key);
}

Result<std::optional<model::GroupDecision>> Book::FindGroupDecision(const Fingerprint& key) const {
  return Find(view_, Family::kReview, store::GroupDecisionKey(school_.id(), key),
              [&](std::string_view value) { return store::DecodeGroupDecision(key, value); });
}

Result<std::optional<model::EmailChoice>> Book::FindEmailChoice(PersonId person) const {
  return Find(view_, Family::kReview, store::EmailChoiceKey(school_.id(), person),
              [&](std::string_view value) { return store::DecodeEmailChoice(person, value); });
}

Result<std::optional<model::MatchDecision>> Book::FindMatchDecision(PersonId person) const {
  return Find(view_, Family::kReview, store::MatchDecisionKey(school_.id(), person),
              [&](std::string_view value) { return store::DecodeMatchDecision(person, value); });
}

Result<std::optional<model::FamilyExclusion>> Book::FindFamilyExclusion(FamilyId family) const {
  return Find(view_, Family::kReview, store::FamilyExclusionKey(school_.id(), family),
              [&](std::string_view value) { return store::DecodeFamilyExclusion(family, value); });
}

Result<std::optional<model::FamilyCount>> Book::FindFamilyCount(FamilyId family) const {
  return Find(view_, Family::kReview, store::FamilyCountKey(school_.id(), family),
              [&](std::string_view value) { return store::DecodeFamilyCount(family, value); });
}

Result<std::vector<PersonId>> Book::FindFamilyUsers(FamilyId family) const {
  return Persons(store::FamilyUserRange(school_.id(), family), "reading a family");
}

Result<bool> Book::IsFamilyExcluded(const model::Change& change) const {
  for (const model::FamilyPlace& place : change.candidate.families) {
    ROSTER_ASSIGN(const auto exclusion, FindFamilyExclusion(place.family), "reading exclusions");
    if (!exclusion) return false;
  }
  return !change.candidate.families.empty();
}

Result<std::vector<std::string>> Book::WhatChanged(const model::Change& change) const {
  ROSTER_ASSIGN(const auto decision, FindDecision(change.candidate.person), "reading decisions");
  if (!decision) return std::vector<std::string>{};
  return review::WhatChanged(*decision, change);
}

// Keeps the index of rivals in step with the row that is about to be replaced.
void Book::MoveRivals(PersonId person, const std::vector<PersonId>& before,
                      const std::vector<PersonId>& after) {
  if (before == after) return;
  for (const PersonId rival : before) {
    view_.Delete(Family::kReview, store::RivalKey(school_.id(), rival, person));
  }
  for (const PersonId rival : after) {
    view_.Put(Family::kReview, store::RivalKey(school_.id(), rival, person), "");
  }
}

// The same for who is in which family; the word on a family remembers who has left it.
Result<void> Book::MoveFamilies(PersonId person, const std::vector<model::FamilyPlace>& before,
                                const std::vector<model::FamilyPlace>& after) {
  if (before == after) return {};
  for (const model::FamilyPlace& place : before) {
    view_.Delete(Family::kReview, store::FamilyUserKey(school_.id(), place.family, person));
    const bool stays =
        std::any_of(after.begin(), after.end(),
                    [&](const model::FamilyPlace& other) { return other.family == place.family; });
    if (stays) continue;
    ROSTER_ASSIGN(auto word, FindFamilyExclusion(place.family), "moving families");
    if (!word) continue;
    std::erase(word->left, person);
    if (word->left.size() == model::kFamilyLeftMax) word->left.erase(word->left.begin());
    word->left.push_back(person);
    PutFamilyExclusion(*word);
  }
  for (const model::FamilyPlace& place : after) {
    view_.Put(Family::kReview, store::FamilyUserKey(school_.id(), place.family, person), "");
    ROSTER_ASSIGN(auto word, FindFamilyExclusion(place.family), "moving families");
    if (word && std::erase(word->left, person) > 0) PutFamilyExclusion(*word);
  }
  return {};
}

Result<void> Book::MoveIndexes(PersonId person, const model::Change* after) {
  static const model::Change kNone;
  ROSTER_ASSIGN(const auto stored, FindChange(person), "replacing a row");
  const model::Change& before = stored ? *stored : kNone;
  const model::Change& next = after != nullptr ? *after : kNone;
  MoveRivals(person, before.duplicates, next.duplicates);
  return MoveFamilies(person, before.candidate.families, next.candidate.families);
}

Result<void> Book::PutChange(const model::Change& change) {
  const PersonId person = change.candidate.person;
  ROSTER_TRY(MoveIndexes(person, &change), "");
  view_.Put(Family::kReview, store::ChangeKey(school_.id(), person), store::EncodeChange(change));
  return {};
}

Result<void> Book::RemoveChange(PersonId person) {
  ROSTER_TRY(MoveIndexes(person, nullptr), "");
  view_.Delete(Family::kReview, store::ChangeKey(school_.id(), person));
  return {};
}

void Book::RemoveDecision(PersonId person) {
  view_.Delete(Family::kReview, store::DecisionKey(school_.id(), person));
}

Result<model::DuplicateGroup> Book::PutGroup(model::DuplicateGroup group) {
  ROSTER_ASSIGN(const auto before, FindGroup(group.key), "keeping a duplicate");
  if (before) {
    group.id = before->id;
  } else {
    group.id = GroupId(++school_.head.groups);
    school_.head_changed = true;
    view_.Put(Family::kReview, store::GroupNumberKey(school_.id(), group.id),
              store::EncodeFingerprint(group.key));
  }
  view_.Put(Family::kReview, store::GroupKey(school_.id(), group.key), store::EncodeGroup(group));
  return group;
}

Result<void> Book::RemoveGroup(const Fingerprint& key) {
  ROSTER_ASSIGN(const auto group, FindGroup(key), "removing a duplicate");
  if (!group) return {};
  view_.Delete(Family::kReview, store::GroupNumberKey(school_.id(), group->id));
  view_.Delete(Family::kReview, store::GroupKey(school_.id(), key));
  return {};
}

void Book::PutGroupDecision(const model::GroupDecision& decision) {
  view_.Put(Family::kReview, store::GroupDecisionKey(school_.id(), decision.key),
            store::EncodeGroupDecision(decision));
}

void Book::RemoveGroupDecision(const Fingerprint& key) {
  view_.Delete(Family::kReview, store::GroupDecisionKey(school_.id(), key));
}

void Book::PutEmailChoice(const model::EmailChoice& choice) {
  view_.Put(Family::kReview, store::EmailChoiceKey(school_.id(), choice.person),
            store::EncodeEmailChoice(choice));
}

void Book::RemoveEmailChoice(PersonId person) {
  view_.Delete(Family::kReview, store::EmailChoiceKey(school_.id(), person));
}

void Book::PutMatchDecision(const model::MatchDecision& decision) {
  view_.Put(Family::kReview, store::MatchDecisionKey(school_.id(), decision.person),
            store::EncodeMatchDecision(decision));
}

void Book::RemoveMatchDecision(PersonId person) {
  view_.Delete(Family::kReview, store::MatchDecisionKey(school_.id(), person));
}

void Book::PutFamilyExclusion(const model::FamilyExclusion& exclusion) {
  view_.Put(Family::kReview, store::FamilyExclusionKey(school_.id(), exclusion.family),
            store::EncodeFamilyExclusion(exclusion));
}

void Book::RemoveFamilyExclusion(FamilyId family) {
  view_.Delete(Family::kReview, store::FamilyExclusionKey(school_.id(), family));
}

Result<void> Book::RemoveLink(PersonId person) {
  ROSTER_ASSIGN(const auto link, FindLink(person), "forgetting a link");
  if (!link) return {};
  view_.Delete(Family::kReview, store::LinkKey(school_.id(), person));
  view_.Delete(Family::kReview, store::AccountKey(school_.id(), link->account));
  return {};
}

void Book::PutDecision(const model::Decision& decision) {
  view_.Put(Family::kReview, store::DecisionKey(school_.id(), decision.person),
            store::EncodeDecision(decision));
}

Result<void> Book::PutLink(const model::Link& link) {
  ROSTER_ASSIGN(const auto owner, FindOwner(link.account), "linking");
  if (owner && *owner != link.person) {
    return Fail(Code::kConflict, "linked-elsewhere",
                "Account " + link.account.value() + " is linked to person " +
                    std::to_string(owner->value()) + " already.");
  }
  ROSTER_ASSIGN(const auto before, FindLink(link.person), "linking");
  if (before && before->account != link.account) {
    view_.Delete(Family::kReview, store::AccountKey(school_.id(), before->account));
  }
  ROSTER_ASSIGN(const bool forgotten, IsForgotten(link.person), "linking");
  if (forgotten) view_.Delete(Family::kReview, store::ForgottenKey(school_.id(), link.person));
  view_.Put(Family::kReview, store::LinkKey(school_.id(), link.person), store::EncodeLink(link));
  view_.Put(Family::kReview, store::AccountKey(school_.id(), link.account),
            store::EncodePerson(link.person));
  return {};
}

void Book::PutForgotten(PersonId person) {
  view_.Put(Family::kReview, store::ForgottenKey(school_.id(), person), "");
}

Result<bool> Book::IsForgotten(PersonId person) const {
  ROSTER_ASSIGN(const auto value,
                view_.Get(Family::kReview, store::ForgottenKey(school_.id(), person)),
                "reading the store");
  return value.has_value();
}

void Book::PutHeldTask(PersonId person, const HeldTask& task) {
  view_.Put(Family::kWork, store::HeldTaskKey(school_.id(), person),
            store::EncodeHeldTask(task.id, task.dead));
}

void Book::RemoveHeldTask(PersonId person) {
  view_.Delete(Family::kWork, store::HeldTaskKey(school_.id(), person));
}

Result<bool> Book::IsOut(PersonId person) const {
  ROSTER_ASSIGN(const auto decision, FindDecision(person), "judging");
  ROSTER_ASSIGN(const auto change, FindChange(person), "judging");
  if (change) {
    ROSTER_ASSIGN(const bool excluded, IsFamilyExcluded(*change), "judging");
    if (excluded) return true;
    if (decision && !review::WhatChanged(*decision, *change).empty()) return false;
  }
  return decision && decision->kind != model::DecisionKind::kSync;
}

Result<review::Holding> Book::HoldingOf(const model::Change& change) const {
  if (!change.group) return review::Holding::kUndecided;
  ROSTER_ASSIGN(const auto decision, FindGroupDecision(*change.group), "judging");
  if (!decision) return review::Holding::kUndecided;
  ROSTER_ASSIGN(const auto group, FindGroup(*change.group), "judging");
  if (!group || group->state != decision->made_on) return review::Holding::kUndecided;
  if (change.candidate.person == decision->holder) return review::Holding::kHolder;
  // Whoever uses another address is in nobody's way.
  if (change.candidate.uses_email2) return review::Holding::kUndecided;
  return decision->kind == model::HolderKind::kShare ? review::Holding::kShared
                                                     : review::Holding::kOther;
}

// Up to one, since one holds the row back as many do. Of a group that is larger than what a row
// names nobody knows that all are out.
Result<std::size_t> Book::CountRivals(const model::Change& change) const {
  if (change.duplicates.size() >= model::kGroupMembersMax) return 1U;
  for (const PersonId other : change.duplicates) {
    ROSTER_ASSIGN(const bool out, IsOut(other), "judging");
    if (!out) return 1U;
  }
  return 0U;
}

Result<model::Verdict> Book::Judge(const model::Change& change, bool in_progress) const {
  review::Standing standing;
  standing.in_progress = in_progress;
  ROSTER_ASSIGN(const auto decision, FindDecision(change.candidate.person), "judging");
  if (decision) {
    standing.decision = decision->kind;
    standing.outdated = !review::WhatChanged(*decision, change).empty();
  }
  ROSTER_ASSIGN(standing.family_excluded, IsFamilyExcluded(change), "judging");
  ROSTER_ASSIGN(standing.holding, HoldingOf(change), "judging");
  ROSTER_ASSIGN(standing.rivals, CountRivals(change), "judging");
  return review::Judge(change, standing);
}

Result<model::Verdict> Book::JudgeFree(const model::Change& change) const {
  return Judge(change, false);
}

// The row counts in each of its families, and a family in the counts of the school.
Result<void> Book::CountFamilies(const model::Placement& placement, const std::string& name,
                                 bool in) {
  const std::uint64_t one = in ? 1 : ~std::uint64_t{0};  // minus one, modulo 2^64
  model::Tally& tally = school_.head.tally;
  const auto count_family = [&tally](const model::FamilyCount& family, std::uint64_t times) {
    if (family.users > 0) tally.families += times;
    if (family.fresh > 0) tally.families_fresh += times;
    if (family.fresh_selected > 0) tally.families_selected += times;
    if (family.users > 0 && family.excluded == family.users) tally.families_excluded += times;
  };
  for (const FamilyId id : placement.families) {
    ROSTER_ASSIGN(auto family, FindFamilyCount(id), "counting families");
    if (!family) family.emplace().family = id;
    count_family(*family, ~std::uint64_t{0});
    family->users += one;
    if (placement.verdict.is_new) family->fresh += one;
    if (placement.verdict.sync) family->selected += one;
    if (review::IsFreshSelected(placement)) family->fresh_selected += one;
    if (placement.verdict.reason == model::Reason::kExcluded) family->excluded += one;
    // The name is told by the household that groups its users (rules, 7).
    if (in && id == placement.families.front()) family->name = name;
    count_family(*family, 1);
    const std::string key = store::FamilyCountKey(school_.id(), id);
    if (family->users == 0) {
      view_.Delete(Family::kReview, key);
    } else {
      view_.Put(Family::kReview, key, store::EncodeFamilyCount(*family));
    }
  }
  return {};
}

Result<void> Book::Unplace(PersonId person, const model::Placement& placement) {
  const auto& verdict = placement.verdict;
  review::CountOut(school_.head.tally, placement);
  view_.Delete(Family::kReview,
               store::StatusIndexKey(school_.id(), verdict.status, placement.sort_name, person));
  view_.Delete(Family::kReview,
               store::BucketIndexKey(school_.id(), verdict.bucket, placement.sort_name, person));
  return CountFamilies(placement, "", false);
}

Result<void> Book::Place(PersonId person, const model::Placement& placement,
                         const std::string& name) {
  const auto& verdict = placement.verdict;
  review::CountIn(school_.head.tally, placement);
  view_.Put(Family::kReview,
            store::StatusIndexKey(school_.id(), verdict.status, placement.sort_name, person), "");
  view_.Put(Family::kReview,
            store::BucketIndexKey(school_.id(), verdict.bucket, placement.sort_name, person), "");
  view_.Put(Family::kReview, store::PlacementKey(school_.id(), person),
            store::EncodePlacement(placement));
  return CountFamilies(placement, name, true);
}

Result<std::optional<model::Placement>> Book::Settle(PersonId person) {
  ROSTER_ASSIGN(const auto before, FindPlacement(person), "placing");
  ROSTER_ASSIGN(const auto change, FindChange(person), "placing");
  std::optional<model::Placement> after;
  if (change) {
    ROSTER_ASSIGN(const auto held, FindHeldTask(person), "placing");
    after.emplace();
    ROSTER_ASSIGN(after->verdict, Judge(*change, held && !held->dead), "placing");
    after->sort_name = SortNameOf(change->candidate, school_.rules().accounts);
    after->linked_active = change->linked && change->account && change->account->active;
    for (const model::FamilyPlace& place : change->candidate.families) {
      after->families.push_back(place.family);
    }
    const std::string need = review::Need(*change, after->verdict);
    if (!need.empty()) after->need = Xxh3(need);
  }
  if (before == after) return after;
  if (before) {
    ROSTER_TRY(Unplace(person, *before), "placing");
  }
  if (after) {
    ROSTER_TRY(Place(person, *after, change->candidate.family_name), "placing");
  } else {
    view_.Delete(Family::kReview, store::PlacementKey(school_.id(), person));
  }
  school_.head_changed = true;
  return after;
}

// Of somebody who is excluded: the note of a family, where they have none of their own; and who
// excluded it, unless they are excluded by themselves as well.
Result<void> Book::SayFamilyExclusion(const model::Change& change, model::UserRow& row) const {
  bool said = row.decision == model::DecisionKind::kExclude;
  for (const model::FamilyPlace& place : change.candidate.families) {
    ROSTER_ASSIGN(const auto exclusion, FindFamilyExclusion(place.family), "reading exclusions");
    if (!exclusion) continue;
    if (row.note.empty()) row.note = exclusion->note;
    if (said) continue;
    said = true;
    row.decided_by = exclusion->actor;
    row.decided_at = exclusion->at;
  }
  return {};
}

Result<model::UserRow> Book::Row(const model::Change& change) const {
  const PersonId person = change.candidate.person;
  model::UserRow row;
  row.change = change;
  ROSTER_ASSIGN(const auto placement, FindPlacement(person), "listing");
  ROSTER_ASSIGN(const auto decision, FindDecision(person), "listing");
  if (placement) row.verdict = placement->verdict;
  if (decision) {
    row.decision = decision->kind;
    row.note = decision->note;
    row.decided_by = decision->actor;
    row.decided_at = decision->at;
    row.outdated = review::WhatChanged(*decision, change);
  }
  if (row.verdict.reason == model::Reason::kExcluded) {
    ROSTER_TRY(SayFamilyExclusion(change, row), "listing");
  }
  if (change.group) {
    ROSTER_ASSIGN(const auto group, FindGroup(*change.group), "listing");
    if (group) row.group = group->id;
  }
  row.in_progress = row.verdict.reason == model::Reason::kInProgress;
  row.sentence = review::Sentence(change, row.verdict);
  if (row.verdict.reason == model::Reason::kProtected && decision &&
      decision->kind == model::DecisionKind::kProtect) {
    row.sentence = review::ProtectedSentence(*decision);
  }
  return row;
}

}  // namespace roster::engine
