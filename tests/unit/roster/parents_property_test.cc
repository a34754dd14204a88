// Parents' accounts of random small schools, against the rules read out slowly: every pair of
// people, every household, every row, and no sorted list made use of.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "daemon/base/random.h"
#include "daemon/roster/roster.h"
#include "tests/unit/dump/dump.h"
#include "tests/unit/dump/golden.h"
#include "tests/unit/roster/school.h"

namespace roster {
namespace {

using model::Candidate;
using model::Child;
using model::Eligibility;
using model::FamilyGraph;
using model::Field;
using model::Mismatch;
using model::ParentTie;
using model::Reason;
using model::RosterRules;
using model::Snapshot;
using model::TieFlag;

constexpr std::int64_t kPeople = 14;
constexpr std::int64_t kHouseholds = 5;
constexpr const char* kGrade = "09";

struct Input {
  Snapshot snapshot;
  RosterRules rules;
  std::vector<PersonId> linked;
  model::Choices choices;
};

// What a child says of its parents, read out of its rows.
enum class Says { kNoRow, kEligible, kUnknown, kNotYet, kGraduated, kWithdrawn, kInactive, kOut };

class Slow {
 public:
  explicit Slow(const Input& input) : in_(input) {}

  std::vector<Candidate> Candidates() const {
    std::vector<Candidate> all;
    for (std::int64_t id = 1; id <= kPeople; ++id) {
      if (auto candidate = One(PersonId(id))) all.push_back(*std::move(candidate));
    }
    for (Candidate& candidate : all) {
      for (model::FamilyPlace& place : candidate.families) {
        place.listed_first = IsFirst(candidate, place.family, all);
      }
    }
    return all;
  }

  std::map<std::string, std::uint64_t> Notices(const std::vector<Candidate>& all) const {
    std::map<std::string, std::uint64_t> counts;
    for (const Candidate& candidate : all) {
      if (candidate.mismatch != Mismatch::kNone) ++counts["graphs-disagree"];
    }
    for (const ParentTie& row : in_.snapshot.ties) {
      if (row.parent == row.student) ++counts["links-to-self"];
      if (PersonOf(row.parent) == nullptr || PersonOf(row.student) == nullptr) {
        ++counts["links-to-nobody"];
      }
    }
    for (std::int64_t id = 1; id <= kPeople; ++id) {
      const bool housed =
          std::any_of(in_.snapshot.members.begin(), in_.snapshot.members.end(),
                      [id](const auto& member) { return member.person == PersonId(id); });
      if (SaysOf(PersonId(id)) == Says::kEligible && !housed) ++counts["children-without-family"];
    }
    for (std::int64_t id = 1; id <= kHouseholds; ++id) NoticeHousehold(FamilyId(id), all, counts);
    return counts;
  }

 private:
  const model::Person* PersonOf(PersonId id) const {
    for (const model::Person& person : in_.snapshot.people) {
      if (person.id == id) return &person;
    }
    return nullptr;
  }

  bool Living(PersonId id) const {
    const model::Person* person = PersonOf(id);
    return person == nullptr || !person->deceased;
  }

  const model::FamilyMember* MemberOf(FamilyId family, PersonId id) const {
    for (const model::FamilyMember& member : in_.snapshot.members) {
      if (member.family == family && member.person == id) return &member;
    }
    return nullptr;
  }

  const ParentTie* RowOf(PersonId parent, PersonId child) const {
    for (const ParentTie& row : in_.snapshot.ties) {
      if (row.parent == parent && row.student == child) return &row;
    }
    return nullptr;
  }

  // The rows with these status words; in scope or not, or whatever.
  std::vector<const model::Student*> Rows(PersonId id, const std::set<std::string>& words,
                                          std::optional<bool> grade) const {
    std::vector<const model::Student*> rows;
    for (const model::Student& row : in_.snapshot.students) {
      if (row.person != id || !words.contains(std::string(row.status))) continue;
      if (grade && *grade != (row.grade_level == kGrade)) continue;
      rows.push_back(&row);
    }
    return rows;
  }

  Says SaysOf(PersonId id) const {
    const auto any = [&](const std::set<std::string>& words, std::optional<bool> grade = {}) {
      return !Rows(id, words, grade).empty();
    };
    if (!any({"Enrolled", "Graduate", "Withdrawn", "Inactive", "Admissions", "", "?"})) {
      return Says::kNoRow;
    }
    if (!Living(id)) return Says::kOut;
    if (any({"Enrolled"}, true)) return Says::kEligible;
    if (any({"", "?"})) return Says::kUnknown;
    if (any({"Admissions"})) return Says::kNotYet;
    if (any({"Graduate"})) return Says::kGraduated;
    if (any({"Withdrawn"})) return Says::kWithdrawn;
    if (any({"Inactive"})) return Says::kInactive;
    return Says::kOut;
  }

  bool TiedIn(FamilyId family, PersonId parent, PersonId child) const {
    const model::FamilyMember* p = MemberOf(family, parent);
    const model::FamilyMember* c = MemberOf(family, child);
    if (parent == child || p == nullptr || c == nullptr || !p->parent) return false;
    if (c->parent) return SaysOf(child) == Says::kEligible;
    return SaysOf(child) != Says::kNoRow || c->student;
  }

  std::vector<Child> ChildrenOf(PersonId parent) const {
    std::vector<Child> children;
    for (std::int64_t id = 1; id <= kPeople; ++id) {
      Child child;
      child.person = PersonId(id);
      if (child.person == parent) continue;
      for (std::int64_t family = 1; family <= kHouseholds; ++family) {
        child.household = child.household || TiedIn(FamilyId(family), parent, child.person);
      }
      const ParentTie* row = RowOf(parent, child.person);
      child.tie = row != nullptr;
      child.blocked = row != nullptr && row->pw_block;
      child.counts = !child.blocked && Wanted(row);
      child.eligible = SaysOf(child.person) == Says::kEligible;
      if (child.household || child.tie) children.push_back(child);
    }
    return children;
  }

  bool Wanted(const ParentTie* row) const {
    const auto has = [row](TieFlag flag) {
      if (row == nullptr) return false;
      return (flag == TieFlag::kCustody && row->custody) ||
             (flag == TieFlag::kGrandparent && row->grandparent);
    };
    for (const TieFlag flag : in_.rules.parents.require) {
      if (!has(flag)) return false;
    }
    for (const TieFlag flag : in_.rules.parents.exclude) {
      if (has(flag)) return false;
    }
    return true;
  }

  std::optional<Candidate> One(PersonId id) const {
    const bool linked = std::find(in_.linked.begin(), in_.linked.end(), id) != in_.linked.end();
    const model::Person* person = PersonOf(id);
    Candidate candidate;
    candidate.person = id;
    candidate.children = ChildrenOf(id);
    bool household = false;
    bool link = false;
    for (const Child& child : candidate.children) {
      if (!child.counts || !child.eligible) continue;
      household = household || child.household;
      link = link || child.tie;
    }
    const bool by_links = in_.rules.parents.graph == FamilyGraph::kTies;
    if (linked) {
      Leave(candidate, person, household || link);
    } else {
      if (person == nullptr || person->deceased) return std::nullopt;
      if (!(by_links ? link : household)) {
        if (!(by_links ? household : LooksAfterSome(candidate))) return std::nullopt;
        candidate.reason = Reason::kGraphsDisagree;
      }
    }
    Fill(candidate, person);
    if (candidate.eligibility == Eligibility::kEligible) {
      Mark(candidate, household, link, by_links);
    }
    return candidate;
  }

  bool LooksAfterSome(const Candidate& candidate) const {
    for (const Child& child : candidate.children) {
      if (!child.tie || !child.counts || !child.eligible) continue;
      const ParentTie& row = *RowOf(candidate.person, child.person);
      if (row.grandparent) continue;
      if (row.custody) return true;
    }
    return false;
  }

  void Leave(Candidate& candidate, const model::Person* person, bool tied) const {
    const auto set = [&candidate](Eligibility eligibility, Reason reason) {
      candidate.eligibility = eligibility;
      candidate.reason = reason;
    };
    std::set<Says> all;
    bool blocked = false;
    for (const Child& child : candidate.children) {
      all.insert(SaysOf(child.person));
      blocked = blocked || (child.blocked && child.eligible);
    }
    if (person == nullptr) return set(Eligibility::kMissing, Reason::kMissing);
    if (person->deceased) return set(Eligibility::kIneligible, Reason::kDeceased);
    if (tied) return;
    if (all.contains(Says::kEligible)) {
      return set(Eligibility::kIneligible, blocked ? Reason::kBlocked : Reason::kOutOfScope);
    }
    if (all.contains(Says::kUnknown)) return set(Eligibility::kUnclear, Reason::kUnknownStatus);
    if (all.contains(Says::kNotYet)) return set(Eligibility::kNotYet, Reason::kNotYet);
    if (all.empty() || all.contains(Says::kNoRow)) {
      return set(Eligibility::kMissing, Reason::kMissing);
    }
    for (const auto& [says, reason] : {std::pair(Says::kGraduated, Reason::kGraduated),
                                       std::pair(Says::kWithdrawn, Reason::kWithdrawn),
                                       std::pair(Says::kInactive, Reason::kInactive),
                                       std::pair(Says::kOut, Reason::kOutOfScope)}) {
      if (all.contains(says)) return set(Eligibility::kIneligible, reason);
    }
  }

  void Fill(Candidate& candidate, const model::Person* person) const {
    std::set<std::int64_t> families;
    std::set<std::string> grades;
    for (const Child& child : candidate.children) {
      if (!child.eligible) continue;
      grades.insert(kGrade);
      candidate.school_code = "TCS";
      if (!child.counts) continue;
      for (std::int64_t family = 1; family <= kHouseholds; ++family) {
        if (TiedIn(FamilyId(family), candidate.person, child.person)) families.insert(family);
      }
    }
    candidate.grade = grades.empty() ? "" : kGrade;
    for (const std::int64_t family : families) {
      candidate.families.push_back({FamilyId(family), false});
    }
    if (!families.empty()) {
      for (const model::Family& family : in_.snapshot.families) {
        if (family.id == FamilyId(*families.begin())) candidate.family_name = family.name;
      }
    }
    if (person != nullptr) FillPerson(candidate, *person);
  }

  void FillPerson(Candidate& candidate, const model::Person& person) const {
    candidate.first_name = person.first_name;
    candidate.last_name = person.last_name;
    candidate.email = person.email;
    for (const model::EmailChoice& choice : in_.choices.emails) {
      if (choice.person != person.id || choice.email2 != person.email2) continue;
      if (person.email2.empty()) continue;
      candidate.email = person.email2;
      candidate.facts_email = person.email;
      candidate.uses_email2 = true;
    }
    if (candidate.email.empty() && in_.rules.email2_fallback) candidate.email = person.email2;
    if (candidate.eligibility != Eligibility::kEligible) return;
    if (candidate.reason == Reason::kGraphsDisagree) return;
    if (candidate.email != person.email2) candidate.email2 = person.email2;
    if (candidate.email.empty()) candidate.reason = Reason::kMissingEmail;
    candidate.fields.Set(Field::kUserName, candidate.email);
    candidate.fields.Set(Field::kEmail, candidate.email);
    candidate.fields.Set(Field::kGivenName, candidate.first_name);
    candidate.fields.Set(Field::kFamilyName, candidate.last_name);
    if (candidate.families.empty()) return;
    const std::string id = std::to_string(candidate.families.front().family.value());
    candidate.fields.Set(Field::kGrouping, candidate.family_name.empty()
                                               ? id
                                               : candidate.family_name + " (" + id + ")");
  }

  static void Mark(Candidate& candidate, bool household, bool link, bool by_links) {
    bool row = false;
    for (const Child& child : candidate.children) row = row || (child.tie && child.eligible);
    if (household && !link && (by_links || !row)) candidate.mismatch = Mismatch::kHouseholdAlone;
    if (link && !household) candidate.mismatch = Mismatch::kTieAlone;
  }

  static bool Competes(const Candidate& candidate, FamilyId family) {
    return candidate.eligibility == Eligibility::kEligible &&
           candidate.reason != Reason::kGraphsDisagree &&
           std::any_of(candidate.families.begin(), candidate.families.end(),
                       [family](const auto& place) { return place.family == family; });
  }

  std::int32_t Rank(FamilyId family, PersonId id) const {
    const std::int32_t order = MemberOf(family, id)->order;
    return order <= 0 ? 1'000'000 : order;
  }

  bool IsFirst(const Candidate& candidate, FamilyId family,
               const std::vector<Candidate>& all) const {
    if (!Competes(candidate, family)) return false;
    return std::none_of(all.begin(), all.end(), [&](const Candidate& other) {
      return Competes(other, family) && Rank(family, other.person) < Rank(family, candidate.person);
    });
  }

  void NoticeHousehold(FamilyId family, const std::vector<Candidate>& all,
                       std::map<std::string, std::uint64_t>& counts) const {
    bool eligible = false;
    for (std::int64_t id = 1; id <= kPeople; ++id) {
      eligible = eligible || (MemberOf(family, PersonId(id)) != nullptr &&
                              SaysOf(PersonId(id)) == Says::kEligible);
    }
    if (!eligible) return;
    std::multiset<std::int32_t> ranks;
    for (const Candidate& candidate : all) {
      if (Competes(candidate, family)) ranks.insert(Rank(family, candidate.person));
    }
    if (ranks.empty()) {
      ++counts["families-without-parents"];
    } else if (*ranks.begin() == 1'000'000) {
      ++counts["families-without-order"];
    } else if (ranks.count(*ranks.begin()) > 1) {
      ++counts["orders-tied"];
    }
  }

  const Input& in_;
};

// Chances are high: each school holds several of everything that can go wrong.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  Input Make() {
    dump::School school;
    for (std::int64_t id = 1; id <= kPeople; ++id) MakePerson(school, id);
    for (std::int64_t family = 1; family <= kHouseholds; ++family) MakeHousehold(school, family);
    for (std::int64_t parent = 1; parent <= kPeople; ++parent) {
      for (std::int64_t child = 1; child <= kPeople; ++child) {
        if (OneIn(7)) MakeRow(school.Link(parent, child));
      }
    }
    Input input;
    input.snapshot = school.Snapshot();
    input.rules = MakeRules();
    for (std::int64_t id = 1; id <= kPeople; ++id) {
      if (OneIn(3)) input.linked.emplace_back(id);
      if (!OneIn(4)) continue;
      model::EmailChoice& choice = input.choices.emails.emplace_back();
      choice.person = PersonId(id);
      choice.email2 = OneIn(3) ? "old@example.org" : Email2(id);
    }
    return input;
  }

 private:
  bool OneIn(std::uint64_t n) { return random_.Next() % n == 0; }

  static std::string Email2(std::int64_t id) { return "q" + std::to_string(id) + "@example.org"; }

  void MakePerson(dump::School& school, std::int64_t id) {
    if (!OneIn(6)) {
      const std::string number = std::to_string(id);
      school.Person({id, "P" + number, "Example", OneIn(4) ? "" : "p" + number + "@example.org",
                     OneIn(2) ? "" : Email2(id), OneIn(8)});
    }
    constexpr const char* kWords[] = {"Enrolled", "Enrolled",   "Graduate", "Withdrawn",
                                      "Inactive", "Admissions", "",         "?"};
    if (OneIn(2)) return;
    for (std::int32_t row = 1; row <= 2; ++row) {
      if (row == 2 && !OneIn(4)) break;
      school.Row({id, kWords[random_.Next() % 8], OneIn(4) ? "12" : kGrade, "TCS", row});
    }
  }

  void MakeHousehold(dump::School& school, std::int64_t family) {
    if (!OneIn(4)) school.Family(family, OneIn(5) ? "" : "Family " + std::to_string(family));
    for (std::int64_t id = 1; id <= kPeople; ++id) {
      if (!OneIn(4)) continue;
      school.Member({FamilyId(family), PersonId(id), !OneIn(3), OneIn(3),
                     static_cast<std::int32_t>(random_.Next() % 4) - 1});
    }
  }

  void MakeRow(ParentTie& row) {
    row.custody = OneIn(2);
    row.correspondence = OneIn(4);
    row.parents_web = OneIn(4);
    row.grandparent = OneIn(4);
    row.emergency_contact = OneIn(2);
    row.pw_block = OneIn(4);
  }

  RosterRules MakeRules() {
    RosterRules rules = dump::School::Rules();
    rules.scope.grades = {kGrade};
    rules.email2_fallback = OneIn(3);
    if (OneIn(2)) rules.parents.graph = FamilyGraph::kTies;
    if (OneIn(3)) rules.parents.require = {TieFlag::kCustody};
    if (OneIn(4)) rules.parents.exclude = {TieFlag::kGrandparent};
    return rules;
  }

  SeededRandom random_;
};

TEST(ParentsProperty, EqualWhatTheRulesSayReadOutSlowly) {
  for (std::uint64_t seed = 1; seed <= 3 * dump::Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Input input = Maker(seed).Make();
    const auto found = roster::Roster(input.snapshot, input.rules, input.linked, input.choices);
    const Slow slow(input);
    const std::vector<Candidate> expected = slow.Candidates();
    ASSERT_EQ(found.candidates.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(found.candidates[i], expected[i])
          << dump::Print(found.candidates[i]) << dump::PrintFamilies(found.candidates[i])
          << "expected\n"
          << dump::Print(expected[i]) << dump::PrintFamilies(expected[i]);
    }
    const auto notices = slow.Notices(expected);
    ASSERT_EQ(found.notices,
              (std::vector<std::pair<std::string, std::uint64_t>>(notices.begin(), notices.end())));
  }
}

}  // namespace
}  // namespace roster
