#include "daemon/roster/parents.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/roster/beside.h"
#include "daemon/roster/families.h"
#include "daemon/roster/notices.h"
#include "daemon/roster/profile.h"
#include "daemon/roster/pupils.h"
#include "daemon/roster/ties.h"

namespace roster::roster {
namespace {

using model::Candidate;
using model::Eligibility;
using model::FamilyGraph;
using model::Mismatch;
using model::ParentTie;
using model::Person;
using model::Reason;

using Standing = std::pair<Eligibility, Reason>;

bool Decides(const Ties& ties, FamilyGraph graph) {
  return graph == FamilyGraph::kHouseholds ? ties.by_household : ties.by_link;
}

// Rules, 2: marked, not dropped.
Mismatch MismatchOf(const Ties& ties, FamilyGraph graph) {
  if (ties.by_household && !ties.by_link) {
    // A row that does not count explains why there is none that does, unless rows decide.
    return ties.any_row && graph == FamilyGraph::kHouseholds ? Mismatch::kNone
                                                             : Mismatch::kHouseholdAlone;
  }
  return ties.by_link && !ties.by_household ? Mismatch::kTieAlone : Mismatch::kNone;
}

// Somebody without a link, alive; nullopt: no candidate.
std::optional<Standing> JudgeUnlinked(const Ties& ties, FamilyGraph graph) {
  if (Decides(ties, graph)) return Standing{Eligibility::kEligible, Reason::kNone};
  const bool listed =
      graph == FamilyGraph::kHouseholds ? ties.by_link && ties.vouched : ties.by_household;
  if (!listed) return std::nullopt;
  return Standing{Eligibility::kEligible, Reason::kGraphsDisagree};
}

// Rules, 20: no tie to an eligible child is left.
Standing JudgeLeaver(const Ties& ties) {
  if (ties.Says(ChildSays::kUnread)) return {Eligibility::kUnclear, Reason::kUnreadableRow};
  if (ties.Says(ChildSays::kUnknown)) return {Eligibility::kUnclear, Reason::kUnknownStatus};
  if (ties.Says(ChildSays::kNotYet)) return {Eligibility::kNotYet, Reason::kNotYet};
  if (ties.Says(ChildSays::kNoRow)) return {Eligibility::kMissing, Reason::kMissing};
  if (ties.Says(ChildSays::kGraduated)) return {Eligibility::kIneligible, Reason::kGraduated};
  if (ties.Says(ChildSays::kWithdrawn)) return {Eligibility::kIneligible, Reason::kWithdrawn};
  if (ties.Says(ChildSays::kInactive)) return {Eligibility::kIneligible, Reason::kInactive};
  if (ties.Says(ChildSays::kOutOfScope)) return {Eligibility::kIneligible, Reason::kOutOfScope};
  return {Eligibility::kMissing, Reason::kMissing};
}

// Rules, 3, 19 and 20.
Standing JudgeLinked(const Ties& ties, const Person* person) {
  if (person == nullptr) return {Eligibility::kMissing, Reason::kMissing};
  if (person->deceased) return {Eligibility::kIneligible, Reason::kDeceased};
  if (ties.by_household || ties.by_link) return {Eligibility::kEligible, Reason::kNone};
  if (!ties.Says(ChildSays::kEligible) || ties.Says(ChildSays::kUnread)) return JudgeLeaver(ties);
  return {Eligibility::kIneligible, ties.blocked ? Reason::kBlocked : Reason::kOutOfScope};
}

// Each once, sorted; blanks left out.
std::string Joined(std::vector<std::string_view>& words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  std::string text;
  for (const std::string_view word : words) {
    if (word.empty()) continue;
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

// The rows of one person, out of a list that is sorted by person.
template <typename Row, PersonId Row::*kPerson>
std::span<const Row> TakeRows(const Row*& at, const Row* end, PersonId person) {
  const Row* first = at;
  while (at != end && at->*kPerson == person) ++at;
  return {first, at};
}

// Goes through people, places in households, links and linked persons side by side, all by person.
class ParentWalk {
 public:
  ParentWalk(const model::Snapshot& snapshot, const model::RosterRules& rules,
             const std::vector<PersonId>& linked, const model::Choices& choices)
      : snapshot_(snapshot),
        rules_(rules),
        pupils_(snapshot, rules),
        households_(snapshot),
        children_(snapshot, households_, pupils_),
        reader_(snapshot, rules.parents, households_, children_, pupils_),
        people_(snapshot.people),
        emails_(choices.emails),
        linked_(linked.data()),
        linked_end_(linked_ + linked.size()),
        seat_(households_.seats().data()),
        seats_end_(seat_ + households_.seats().size()),
        row_(snapshot.ties.data()),
        rows_end_(row_ + snapshot.ties.size()) {
    // Room for all at once: growing would hold everybody twice. What is not used is never touched.
    result_.candidates.reserve(snapshot.people.size() + linked.size());
  }

  RosterResult Run() {
    while (const std::optional<PersonId> id = NextId()) {
      const bool linked = linked_ != linked_end_ && *linked_ == *id;
      while (linked_ != linked_end_ && *linked_ == *id) ++linked_;
      const auto seats = TakeRows<Seat, &Seat::person>(seat_, seats_end_, *id);
      const auto rows = TakeRows<ParentTie, &ParentTie::parent>(row_, rows_end_, *id);
      if (linked || reader_.AnyEligible(seats, rows)) Take(*id, seats, rows, linked);
    }
    households_.ListFirst(result_.candidates);
    result_.unknown_words = pupils_.TakeUnknownWords();
    result_.notices = Notices(snapshot_, households_, children_, pupils_, result_.candidates);
    return std::move(result_);
  }

 private:
  std::optional<PersonId> NextId() const {
    std::optional<PersonId> next;
    const auto offer = [&next](PersonId id) { next = next ? std::min(*next, id) : id; };
    if (seat_ != seats_end_) offer(seat_->person);
    if (row_ != rows_end_) offer(row_->parent);
    if (linked_ != linked_end_) offer(*linked_);
    return next;
  }

  void Take(PersonId id, std::span<const Seat> seats, std::span<const ParentTie> rows,
            bool linked) {
    const Person* person = people_.Find(id);
    // Rules, 3: the deceased, and who has no People row, are no users.
    if (!linked && (person == nullptr || person->deceased)) return;
    const Ties& ties = reader_.Read(id, seats, rows);
    const FamilyGraph graph = rules_.parents.graph;
    const auto standing =
        linked ? std::optional(JudgeLinked(ties, person)) : JudgeUnlinked(ties, graph);
    if (!standing) return;
    Candidate& candidate = result_.candidates.emplace_back();
    candidate.person = id;
    std::tie(candidate.eligibility, candidate.reason) = *standing;
    if (person != nullptr) FillPerson(candidate, *person, rules_, emails_.Find(id));
    FillFamilies(candidate, ties);
    FillChildren(candidate);
    if (candidate.eligibility != Eligibility::kEligible) return;
    candidate.mismatch = MismatchOf(ties, graph);
    if (candidate.reason == Reason::kNone) FillEligible(candidate, *person, nullptr, rules_);
  }

  void FillFamilies(Candidate& candidate, const Ties& ties) const {
    for (const Ties::Home& home : ties.homes) {
      if (!home.counts) continue;
      candidate.families.push_back({households_.all()[home.household].id, false});
    }
    households_.FillName(candidate);
  }

  void FillChildren(Candidate& candidate) const {
    candidate.children = reader_.Children();
    std::vector<std::string_view> grades;
    std::vector<std::string_view> school_codes;
    for (const model::Child& child : candidate.children) {
      if (!child.eligible) continue;
      const model::Student& row = *pupils_.Find(child.person)->row;
      grades.push_back(Trim(row.grade_level));
      school_codes.push_back(Trim(row.school_code));
    }
    candidate.grade = Joined(grades);
    candidate.school_code = Joined(school_codes);
  }

  const model::Snapshot& snapshot_;
  const model::RosterRules& rules_;
  Pupils pupils_;
  Households households_;
  const HouseholdChildren children_;
  TieReader reader_;
  Beside<Person, &Person::id> people_;
  Beside<model::EmailChoice, &model::EmailChoice::person> emails_;
  const PersonId* linked_;
  const PersonId* linked_end_;
  const Seat* seat_;
  const Seat* seats_end_;
  const ParentTie* row_;
  const ParentTie* rows_end_;
  RosterResult result_;
};

}  // namespace

RosterResult Parents(const model::Snapshot& snapshot, const model::RosterRules& rules,
                     const std::vector<PersonId>& linked, const model::Choices& choices) {
  return ParentWalk(snapshot, rules, linked, choices).Run();
}

}  // namespace roster::roster
