#include "daemon/engine/book.h"

#include "daemon/review/review.h"
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

Result<std::vector<PersonId>> Book::FindRivals(PersonId person) const {
  std::vector<PersonId> rivals;
  const store::Range range = store::RivalRange(school_.id(), person);
  const auto cursor = view_.Scan(Family::kReview, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PersonId rival, store::PersonOfKey(cursor->key()), "reading rivals");
    rivals.push_back(rival);
  }
  ROSTER_TRY(cursor->status(), "reading rivals");
  return rivals;
}

// Keeps the index of rivals in step with the row that is about to be replaced.
Result<void> Book::MoveRivals(PersonId person, const std::vector<PersonId>& after) {
  ROSTER_ASSIGN(const auto before, FindChange(person), "replacing a row");
  if (before) {
    if (before->duplicates == after) return {};
    for (const PersonId rival : before->duplicates) {
      view_.Delete(Family::kReview, store::RivalKey(school_.id(), rival, person));
    }
  }
  for (const PersonId rival : after) {
    view_.Put(Family::kReview, store::RivalKey(school_.id(), rival, person), "");
  }
  return {};
}

Result<void> Book::PutChange(const model::Change& change) {
  const PersonId person = change.candidate.person;
  ROSTER_TRY(MoveRivals(person, change.duplicates), "");
  view_.Put(Family::kReview, store::ChangeKey(school_.id(), person), store::EncodeChange(change));
  return {};
}

Result<void> Book::RemoveChange(PersonId person) {
  ROSTER_TRY(MoveRivals(person, {}), "");
  view_.Delete(Family::kReview, store::ChangeKey(school_.id(), person));
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
  view_.Put(Family::kReview, store::LinkKey(school_.id(), link.person), store::EncodeLink(link));
  view_.Put(Family::kReview, store::AccountKey(school_.id(), link.account),
            store::EncodePerson(link.person));
  return {};
}

void Book::PutHeldTask(PersonId person, const HeldTask& task) {
  view_.Put(Family::kWork, store::HeldTaskKey(school_.id(), person),
            store::EncodeHeldTask(task.id, task.dead));
}

void Book::RemoveHeldTask(PersonId person) {
  view_.Delete(Family::kWork, store::HeldTaskKey(school_.id(), person));
}

Result<model::Verdict> Book::Judge(const model::Change& change, bool in_progress) const {
  review::Standing standing;
  standing.in_progress = in_progress;
  ROSTER_ASSIGN(const auto decision, FindDecision(change.candidate.person), "judging");
  if (decision) standing.decision = decision->kind;
  for (const PersonId other : change.duplicates) {
    ROSTER_ASSIGN(const auto others, FindDecision(other), "judging");
    if (!others || others->kind == model::DecisionKind::kSync) ++standing.rivals;
  }
  return review::Judge(change, standing);
}

Result<model::Verdict> Book::JudgeFree(const model::Change& change) const {
  return Judge(change, false);
}

void Book::Unplace(PersonId person, const model::Placement& placement) {
  const auto& verdict = placement.verdict;
  review::CountOut(school_.head.tally, verdict);
  view_.Delete(Family::kReview,
               store::StatusIndexKey(school_.id(), verdict.status, placement.sort_name, person));
  view_.Delete(Family::kReview,
               store::BucketIndexKey(school_.id(), verdict.bucket, placement.sort_name, person));
}

void Book::Place(PersonId person, const model::Placement& placement) {
  const auto& verdict = placement.verdict;
  review::CountIn(school_.head.tally, verdict);
  view_.Put(Family::kReview,
            store::StatusIndexKey(school_.id(), verdict.status, placement.sort_name, person), "");
  view_.Put(Family::kReview,
            store::BucketIndexKey(school_.id(), verdict.bucket, placement.sort_name, person), "");
  view_.Put(Family::kReview, store::PlacementKey(school_.id(), person),
            store::EncodePlacement(placement));
}

Result<std::optional<model::Placement>> Book::Settle(PersonId person) {
  ROSTER_ASSIGN(const auto before, FindPlacement(person), "placing");
  ROSTER_ASSIGN(const auto change, FindChange(person), "placing");
  std::optional<model::Placement> after;
  if (change) {
    ROSTER_ASSIGN(const auto held, FindHeldTask(person), "placing");
    after.emplace();
    ROSTER_ASSIGN(after->verdict, Judge(*change, held && !held->dead), "placing");
    after->sort_name = store::SortName(change->candidate.first_name, change->candidate.last_name);
    const std::string need = review::Need(*change, after->verdict);
    if (!need.empty()) after->need = Xxh3(need);
  }
  if (before == after) return after;
  if (before) Unplace(person, *before);
  if (after) {
    Place(person, *after);
  } else {
    view_.Delete(Family::kReview, store::PlacementKey(school_.id(), person));
  }
  school_.head_changed = true;
  return after;
}

Result<model::UserRow> Book::Row(const model::Change& change) const {
  const PersonId person = change.candidate.person;
  model::UserRow row;
  row.change = change;
  ROSTER_ASSIGN(const auto placement, FindPlacement(person), "listing");
  ROSTER_ASSIGN(const auto decision, FindDecision(person), "listing");
  if (placement) row.verdict = placement->verdict;
  if (decision) row.decision = decision->kind;
  row.in_progress = row.verdict.reason == model::Reason::kInProgress;
  row.sentence = review::Sentence(change, row.verdict);
  return row;
}

}  // namespace roster::engine
