// Who is a candidate (rules, 1, 3, 4, 5, 19) among students; which address counts, of anybody.

#include "daemon/roster/roster.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/base/random.h"
#include "daemon/base/text.h"
#include "tests/unit/dump/dump.h"
#include "tests/unit/dump/golden.h"
#include "tests/unit/dump/sample.h"
#include "tests/unit/roster/school.h"

namespace roster {
namespace {

using dump::MakeRules;
using dump::MakeSnapshot;
using dump::PersonRow;
using dump::StudentRow;
using model::Candidate;
using model::Eligibility;
using model::Field;
using model::Reason;
using model::RosterRules;
using model::Standing;
using roster::Roster;
using roster::RosterResult;

constexpr std::chrono::sys_days Day(int year, unsigned month, unsigned day) {
  return std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
}

// One person of id 7 with an e-mail, and these rows.
RosterResult Of(const std::vector<StudentRow>& rows, const RosterRules& rules = MakeRules(),
                bool linked = false) {
  const auto snapshot = MakeSnapshot({{7, "Ada", "Example", "ada@example.org"}}, rows);
  return Roster(snapshot, rules,
                linked ? std::vector<PersonId>{PersonId(7)} : std::vector<PersonId>{}, {});
}

Candidate OnlyOne(const RosterResult& result) {
  EXPECT_EQ(result.candidates.size(), 1U);
  return result.candidates.empty() ? Candidate{} : result.candidates.front();
}

Candidate Linked(const std::vector<StudentRow>& rows, const RosterRules& rules = MakeRules()) {
  return OnlyOne(Of(rows, rules, true));
}

// Rules, 1.
TEST(Roster, EnrolledStudentIsEligibleWithMappedFields) {
  const Candidate candidate = OnlyOne(Of({{7}}));
  EXPECT_EQ(candidate.eligibility, Eligibility::kEligible);
  EXPECT_EQ(candidate.reason, Reason::kNone);
  EXPECT_EQ(candidate.fields.Get(Field::kUserName), "ada@example.org");
  EXPECT_EQ(candidate.fields.Get(Field::kEmail), "ada@example.org");
  EXPECT_EQ(candidate.fields.Get(Field::kGivenName), "Ada");
  EXPECT_EQ(candidate.fields.Get(Field::kFamilyName), "Example");
  EXPECT_EQ(candidate.fields.Get(Field::kSchool), "TCS");
  EXPECT_EQ(candidate.fields.Get(Field::kGrade), "09");
}

// Rules, 1: the Students list decides; somebody with a People row alone is no candidate.
TEST(Roster, PeopleWithoutStudentsRowAreNoCandidates) { EXPECT_TRUE(Of({}).candidates.empty()); }

// Rules, 1.
TEST(Roster, ScopeIsComparedWithoutCaseAndPadding) {
  RosterRules rules = MakeRules();
  rules.scope.school_codes = {" tcs-ca "};
  rules.scope.grades = {"k"};
  EXPECT_EQ(Of({{7, "ENROLLED", " K ", "TCS-CA"}}, rules).candidates.size(), 1U);
  EXPECT_TRUE(Of({{7, "Enrolled", "K", "TCS"}}, rules).candidates.empty());
  EXPECT_TRUE(Of({{7, "Enrolled", "01", "TCS-CA"}}, rules).candidates.empty());
}

// Grade levels are texts: "9" and "09" are two.
TEST(Roster, GradeNineIsNotGradeZeroNine) {
  RosterRules rules = MakeRules();
  rules.scope.grades = {"09"};
  EXPECT_TRUE(Of({{7, "Enrolled", "9"}}, rules).candidates.empty());
}

// Rules, 1.
TEST(Roster, LatestEnrollDateGivesSchoolAndGrade) {
  const Candidate candidate = OnlyOne(Of({{7, "Enrolled", "08", "OLD", 1, Day(2020, 8, 1)},
                                          {7, "Enrolled", "09", "NEW", 2, Day(2024, 8, 1)},
                                          {7, "Enrolled", "10", "NONE", 3}}));
  EXPECT_EQ(candidate.school_code, "NEW");
  EXPECT_EQ(candidate.grade, "09");
}

// Rules, 1: tie: lowest configSchoolId.
TEST(Roster, EqualEnrollDatesFallToLowestConfigSchool) {
  const Candidate candidate = OnlyOne(Of({{7, "Enrolled", "10", "B", 5, Day(2024, 8, 1)},
                                          {7, "Enrolled", "09", "A", 2, Day(2024, 8, 1)}}));
  EXPECT_EQ(candidate.school_code, "A");
}

// Rules, 1: rows out of scope don't count, however late.
TEST(Roster, OnlyRowsInScopeGiveSchoolAndGrade) {
  const Candidate candidate = OnlyOne(Of({{7, "Enrolled", "09", "A", 1, Day(2020, 8, 1)},
                                          {7, "Withdrawn", "10", "B", 2, Day(2024, 8, 1)}}));
  EXPECT_EQ(candidate.school_code, "A");
}

// A row that could not be read may be the one in scope: nothing is concluded from the others.
TEST(Roster, WhoeverHasARowThatCouldNotBeReadIsNotTakenForALeaver) {
  const auto of = [](const std::vector<StudentRow>& rows, bool deceased = false) {
    auto snapshot = MakeSnapshot({{7, "Ada", "Example", "ada@example.org"}}, rows);
    snapshot.people.front().deceased = deceased;
    snapshot.unread.students = {PersonId(6), PersonId(7)};
    return Roster(snapshot, MakeRules(), {PersonId(7)}, {}).candidates.at(0);
  };
  EXPECT_EQ(of({{7, "Withdrawn"}}).reason, Reason::kUnreadableRow);
  EXPECT_EQ(of({{7, "Withdrawn"}}).eligibility, Eligibility::kUnclear);
  EXPECT_EQ(of({}).reason, Reason::kUnreadableRow) << "nor for missing";
  EXPECT_EQ(of({{7, "Withdrawn"}, {7, "Enrolled"}}).eligibility, Eligibility::kEligible);
  EXPECT_EQ(of({{7, "Enrolled"}}, true).reason, Reason::kDeceased);
  auto others = MakeSnapshot({{7, "Ada", "Example", "ada@example.org"}}, {{7, "Withdrawn"}});
  others.unread.students = {PersonId(6)};
  EXPECT_EQ(Roster(others, MakeRules(), {PersonId(7)}, {}).candidates.at(0).reason,
            Reason::kWithdrawn);
  others.unread.students = {PersonId(7)};
  EXPECT_TRUE(Roster(others, MakeRules(), {}, {}).candidates.empty()) << "nor for a new one";
}

// Rules, 3.
TEST(Roster, DeceasedIsNeverACandidate) {
  const auto snapshot = MakeSnapshot({{7, "Ada", "Example", "ada@example.org", "", true}}, {{7}});
  EXPECT_TRUE(Roster(snapshot, MakeRules(), {}, {}).candidates.empty());
}

// Rules, 3.
TEST(Roster, DeceasedWithLinkIsToBeArchived) {
  const auto snapshot = MakeSnapshot({{7, "Ada", "Example", "ada@example.org", "", true}}, {{7}});
  const Candidate candidate = OnlyOne(Roster(snapshot, MakeRules(), {PersonId(7)}, {}));
  EXPECT_EQ(candidate.eligibility, Eligibility::kIneligible);
  EXPECT_EQ(candidate.reason, Reason::kDeceased);
}

// Rules, 3.
TEST(Roster, DeceasedCountsWithoutAnyStudentsRow) {
  const auto snapshot = MakeSnapshot({{7, "Ada", "Example", "", "", true}}, {});
  EXPECT_EQ(OnlyOne(Roster(snapshot, MakeRules(), {PersonId(7)}, {})).reason, Reason::kDeceased);
}

// Rules, 3.
TEST(Roster, StudentWithoutPeopleRowIsAnError) {
  const auto snapshot = MakeSnapshot({}, {{7}});
  for (const auto& linked : {std::vector<PersonId>{}, std::vector<PersonId>{PersonId(7)}}) {
    const Candidate candidate = OnlyOne(Roster(snapshot, MakeRules(), linked, {}));
    EXPECT_EQ(candidate.eligibility, Eligibility::kEligible);
    EXPECT_EQ(candidate.reason, Reason::kNoPerson);
    EXPECT_TRUE(candidate.no_person);
    EXPECT_TRUE(candidate.fields.empty());
  }
}

// Rules, 4.
TEST(Roster, DefaultStatusWordsAreKnown) {
  const std::pair<const char*, Reason> words[] = {
      {"Graduate", Reason::kGraduated},     {"GRADUATED", Reason::kGraduated},
      {"withdrawn", Reason::kWithdrawn},    {"Inactive", Reason::kInactive},
      {"Pre-enrolled", Reason::kNotYet},    {"Admissions", Reason::kNotYet},
      {"On leave", Reason::kUnknownStatus}, {"", Reason::kUnknownStatus}};
  for (const auto& [word, reason] : words) {
    EXPECT_EQ(Linked({{7, word}}).reason, reason) << word;
    EXPECT_TRUE(Of({{7, word}}).candidates.empty()) << word;
  }
}

// Rules, 4.
TEST(Roster, ConfiguredWordIsMapped) {
  RosterRules rules = MakeRules();
  rules.status_words["on leave"] = Standing::kInactive;
  const RosterResult result = Of({{7, "On LEAVE"}}, rules, true);
  EXPECT_EQ(OnlyOne(result).reason, Reason::kInactive);
  EXPECT_TRUE(result.unknown_words.empty());
}

// Rules, 4: pre-enrolled and admissions are eligible where the scope names them.
TEST(Roster, PreEnrolledIsEligibleWhereScopeNamesIt) {
  RosterRules rules = MakeRules();
  rules.scope.statuses = {Standing::kEnrolled, Standing::kPreEnrolled};
  EXPECT_EQ(OnlyOne(Of({{7, "Pre-enrolled"}}, rules)).eligibility, Eligibility::kEligible);
  EXPECT_EQ(Linked({{7, "Admissions"}}, rules).eligibility, Eligibility::kNotYet);
}

// Rules, 4: an unknown word is never eligible, not even by a scope that was made by hand.
TEST(Roster, UnknownIsNotEligibleEvenIfScopeNamedIt) {
  RosterRules rules = MakeRules();
  rules.scope.statuses = {Standing::kUnknown};
  EXPECT_EQ(Linked({{7, ""}}, rules).eligibility, Eligibility::kUnclear);
}

// Rules, 4: the operator is told which word to map.
TEST(Roster, UnknownWordsAreCountedOnceAWord) {
  const auto snapshot = MakeSnapshot(
      {}, {{1, "On leave"}, {2, "ON LEAVE"}, {3, " on leave "}, {4, "Zombie"}, {5, ""}, {6}});
  const RosterResult result = Roster(snapshot, MakeRules(), {}, {});
  const std::vector<std::pair<std::string, std::uint64_t>> expected = {{"On leave", 3},
                                                                       {"Zombie", 1}};
  EXPECT_EQ(result.unknown_words, expected);
}

TEST(Roster, UnknownWordsAreLimited) {
  std::vector<StudentRow> rows;
  rows.reserve(5000);
  for (int i = 0; i < 5000; ++i) rows.push_back({i + 1, "word " + std::to_string(i)});
  const RosterResult result = Roster(MakeSnapshot({}, rows), MakeRules(), {}, {});
  EXPECT_EQ(result.unknown_words.size(), roster::kUnknownWordsMax);
}

// Rules, 5.
TEST(Roster, FirstUsableAddressIsTheEmail) {
  const auto snapshot =
      MakeSnapshot({{7, "Ada", "Example", "none; Ada@Example.org, b@example.org"}}, {{7}});
  EXPECT_EQ(OnlyOne(Roster(snapshot, MakeRules(), {}, {})).email, "Ada@Example.org");
}

// Rules, 5.
TEST(Roster, MissingEmailIsAnErrorAndEmail2DoesNotCount) {
  const auto snapshot = MakeSnapshot({{7, "Ada", "Example", "n/a", "ada2@example.org"}}, {{7}});
  const Candidate candidate = OnlyOne(Roster(snapshot, MakeRules(), {}, {}));
  EXPECT_EQ(candidate.eligibility, Eligibility::kEligible);
  EXPECT_EQ(candidate.reason, Reason::kMissingEmail);
  EXPECT_EQ(candidate.email, "");
  EXPECT_EQ(candidate.fields.Get(Field::kUserName), "");
}

// Rules, 5.
TEST(Roster, Email2CountsByFallback) {
  RosterRules rules = MakeRules();
  rules.email2_fallback = true;
  const auto snapshot = MakeSnapshot({{7, "Ada", "Example", "n/a", "ada2@example.org"},
                                      {8, "Bob", "Example", "bob@example.org", "b2@example.org"}},
                                     {{7}, {8}});
  const RosterResult result = Roster(snapshot, rules, {}, {});
  EXPECT_EQ(result.candidates[0].email, "ada2@example.org");
  EXPECT_EQ(result.candidates[0].fields.Get(Field::kUserName), "ada2@example.org");
  EXPECT_EQ(result.candidates[1].email, "bob@example.org");
}

// Student 7 with these two e-mail fields, and a choice of `chosen` for email2.
Candidate Chosen(const std::string& email, const std::string& email2, const std::string& chosen,
                 const RosterRules& rules = MakeRules()) {
  const auto snapshot = MakeSnapshot({{7, "Ada", "Example", email, email2}}, {{7}});
  return OnlyOne(Roster(snapshot, rules, {}, dump::Choosing({{7, chosen}})));
}

// Rules, 5: by decision; compared as e-mails are, shown as FACTS has it.
TEST(Roster, Email2CountsByDecision) {
  const Candidate candidate =
      Chosen("ada@example.org", "n/a; Ada2@Example.org", "ada2@example.org");
  EXPECT_EQ(candidate.email, "Ada2@Example.org");
  EXPECT_EQ(candidate.facts_email, "ada@example.org");
  EXPECT_TRUE(candidate.uses_email2);
  EXPECT_EQ(candidate.email2, "");
  EXPECT_EQ(candidate.fields.Get(Field::kUserName), "Ada2@Example.org");
}

// Rules, 5: what the email field gives is told without any fallback.
TEST(Roster, ChosenEmail2MendsAMissingEmail) {
  RosterRules rules = MakeRules();
  for (const bool fallback : {false, true}) {
    rules.email2_fallback = fallback;
    const Candidate candidate = Chosen("n/a", "ada2@example.org", "ada2@example.org", rules);
    EXPECT_EQ(candidate.reason, Reason::kNone);
    EXPECT_EQ(candidate.email, "ada2@example.org");
    EXPECT_EQ(candidate.facts_email, "");
    EXPECT_TRUE(candidate.uses_email2);
  }
}

// Rules, 5: the address that was seen; another one ends the choice.
TEST(Roster, ChoiceOfAnotherEmail2IsIgnored) {
  for (const char* now : {"new@example.org", "", "n/a"}) {
    const Candidate candidate = Chosen("ada@example.org", now, "ada2@example.org");
    EXPECT_EQ(candidate.email, "ada@example.org") << now;
    EXPECT_EQ(candidate.facts_email, "") << now;
    EXPECT_FALSE(candidate.uses_email2) << now;
  }
}

TEST(Roster, EachChoiceIsForItsPersonAlone) {
  const auto snapshot = MakeSnapshot({{7, "Ada", "Example", "a@example.org", "x@example.org"},
                                      {8, "Bob", "Example", "b@example.org", "x@example.org"}},
                                     {{7}, {8}});
  const RosterResult result = Roster(snapshot, MakeRules(), {},
                                     dump::Choosing({{1, "x@example.org"}, {8, "x@example.org"}}));
  EXPECT_EQ(result.candidates[0].email, "a@example.org");
  EXPECT_EQ(result.candidates[1].email, "x@example.org");
}

// The config's fallback is no decision.
TEST(Roster, FallbackIsNotMarkedAsADecision) {
  RosterRules rules = MakeRules();
  rules.email2_fallback = true;
  const auto snapshot = MakeSnapshot({{7, "Ada", "Example", "n/a", "ada2@example.org"}}, {{7}});
  const Candidate candidate = OnlyOne(Roster(snapshot, rules, {}, {}));
  EXPECT_FALSE(candidate.uses_email2);
  EXPECT_EQ(candidate.email2, "");
}

// For people who choose: email2, where it is another address.
TEST(Roster, Email2IsShownWhereItIsAnotherAddress) {
  const auto email2 = [](const std::string& field) {
    const auto snapshot = MakeSnapshot({{7, "Ada", "Example", "ada@example.org", field}}, {{7}});
    return OnlyOne(Roster(snapshot, MakeRules(), {}, {})).email2;
  };
  EXPECT_EQ(email2("n/a, ada2@example.org"), "ada2@example.org");
  EXPECT_EQ(email2("ADA@example.org"), "");
  EXPECT_EQ(email2("n/a"), "");
}

TEST(Roster, EnrolledOutsideGradeOrSchoolIsOutOfScope) {
  RosterRules rules = MakeRules();
  rules.scope.school_codes = {"TCS"};
  rules.scope.grades = {"10"};
  EXPECT_EQ(Linked({{7, "Enrolled", "09"}}, rules).reason, Reason::kOutOfScope);
  EXPECT_EQ(Linked({{7, "Enrolled", "10", "OTHER"}}, rules).reason, Reason::kOutOfScope);
}

// The order of rules, 20, for the rows of one student.
TEST(Roster, SeveralRowsGiveTheFirstReasonThatFits) {
  RosterRules rules = MakeRules();
  rules.scope.grades = {"12"};
  EXPECT_EQ(Linked({{7, "Enrolled", "09", "A", 1},
                    {7, "Inactive", "09", "B", 2},
                    {7, "Withdrawn", "09", "C", 3},
                    {7, "Graduate", "12", "D", 4}},
                   rules)
                .reason,
            Reason::kGraduated);
  EXPECT_EQ(Linked({{7, "Enrolled", "09", "A", 1}, {7, "Inactive", "09", "B", 2}}, rules).reason,
            Reason::kInactive);
}

// Rules, 4: one row not understood is enough to leave the account alone.
TEST(Roster, OneUnknownRowMakesUnclear) {
  const Candidate candidate =
      Linked({{7, "Graduate", "12", "A", 1}, {7, "On leave", "12", "B", 2}});
  EXPECT_EQ(candidate.eligibility, Eligibility::kUnclear);
  EXPECT_EQ(candidate.status_word, "On leave");
}

// Rules, 4.
TEST(Roster, OneNotYetRowKeepsTheAccount) {
  EXPECT_EQ(Linked({{7, "Withdrawn", "09", "A", 1}, {7, "Admissions", "10", "B", 2}}).eligibility,
            Eligibility::kNotYet);
}

TEST(Roster, OneRowInScopeIsEnoughWhateverTheOthersSay) {
  EXPECT_EQ(Linked({{7, "", "09", "A", 1}, {7, "Enrolled", "10", "B", 2}}).eligibility,
            Eligibility::kEligible);
}

// Rules, 19.
TEST(Roster, LinkedWithoutStudentsRowIsMissing) {
  const Candidate candidate = Linked({});
  EXPECT_EQ(candidate.eligibility, Eligibility::kMissing);
  EXPECT_EQ(candidate.reason, Reason::kMissing);
  EXPECT_EQ(candidate.last_name, "Example");
}

// Rules, 19: nothing of them is left.
TEST(Roster, LinkedAndGoneFromEverywhereIsMissing) {
  const RosterResult result = Roster(MakeSnapshot({}, {}), MakeRules(), {PersonId(7)}, {});
  EXPECT_EQ(OnlyOne(result).eligibility, Eligibility::kMissing);
}

// Rules, 19: no People row is missing too, which archives later than the row's own end would.
TEST(Roster, LeaverWithoutPeopleRowIsMissing) {
  const auto result = Roster(MakeSnapshot({}, {{7, "Graduate"}}), MakeRules(), {PersonId(7)}, {});
  EXPECT_EQ(OnlyOne(result).eligibility, Eligibility::kMissing);
}

// Rules, 4, before 19.
TEST(Roster, UnclearWithoutPeopleRowStaysUnclear) {
  const auto result = Roster(MakeSnapshot({}, {{7, "?"}}), MakeRules(), {PersonId(7)}, {});
  EXPECT_EQ(OnlyOne(result).eligibility, Eligibility::kUnclear);
}

TEST(Roster, BlanksAreLeftOutOfFields) {
  const auto snapshot =
      MakeSnapshot({{7, " ", "Example", "ada@example.org"}}, {{7, "Enrolled", ""}});
  const Candidate candidate = OnlyOne(Roster(snapshot, MakeRules(), {}, {}));
  EXPECT_EQ(candidate.fields.size(), 4U);
}

TEST(Roster, EveryFactsFieldCanBeMapped) {
  RosterRules rules = MakeRules();
  rules.fields = {{model::FactsField::kHomeroom, Field::kGrouping, model::Owner::kFacts},
                  {model::FactsField::kClassYear, Field::kDisplayName, model::Owner::kFacts}};
  const Candidate with =
      OnlyOne(Of({{7, "Enrolled", "09", "TCS", 1, std::nullopt, "R12", 2028}}, rules));
  EXPECT_EQ(with.fields.Get(Field::kGrouping), "R12");
  EXPECT_EQ(with.fields.Get(Field::kDisplayName), "2028");
  EXPECT_TRUE(OnlyOne(Of({{7}}, rules)).fields.empty());
}

// For every seed: sorted, unique, all linked persons there, and every one of the others eligible by
// a row of their own, judged the slow way.
TEST(Roster, HoldsEverybodyEligibleAndEverybodyLinked) {
  const std::vector<std::string> words = {"Enrolled",   "Graduate", "Withdrawn", "Inactive",
                                          "Admissions", "",         "?"};
  for (std::uint64_t seed = 1; seed <= dump::Seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    std::vector<PersonRow> people;
    std::vector<StudentRow> students;
    std::vector<PersonId> linked;
    for (std::int64_t id = 1; id <= 60; ++id) {
      if (random.Next() % 4 != 0) {
        people.push_back({id, "A", "B", random.Next() % 3 == 0 ? "" : "a@example.org", "",
                          random.Next() % 9 == 0});
      }
      for (std::uint64_t row = random.Next() % 3; row > 0; --row) {
        students.push_back({id, words[random.Next() % words.size()],
                            random.Next() % 3 == 0 ? "12" : "09", "TCS",
                            static_cast<std::int32_t>(row)});
      }
      if (random.Next() % 3 == 0) linked.push_back(PersonId(id));
    }
    RosterRules rules = MakeRules();
    rules.scope.grades = {"09"};
    const auto snapshot = MakeSnapshot(people, students);
    const RosterResult result = Roster(snapshot, rules, linked, {});

    std::vector<PersonId> expected = linked;
    for (const StudentRow& row : students) {
      const auto* person = snapshot.FindPerson(PersonId(row.id));
      const bool alive = person == nullptr || !person->deceased;
      if (alive && row.status == "Enrolled" && row.grade == "09") {
        expected.emplace_back(row.id);
      }
    }
    std::sort(expected.begin(), expected.end());
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    std::vector<PersonId> found;
    for (const Candidate& candidate : result.candidates) found.push_back(candidate.person);
    EXPECT_EQ(found, expected);
  }
}

TEST(Roster, GoldenSchool) {
  RosterRules rules = MakeRules();
  rules.scope.school_codes = {"TCS"};
  rules.scope.grades = {"09", "10"};
  const auto snapshot = MakeSnapshot({{1, "Ada", "Enrolled", "ada@example.org"},
                                      {2, "Ben", "No-Mail", "unknown"},
                                      {3, "Cy", "Graduate", "cy@example.org"},
                                      {4, "Di", "Elsewhere", "di@example.org"},
                                      {5, "Ed", "Unclear", "ed@example.org"},
                                      {6, "Flo", "Later", "flo@example.org"},
                                      {8, "Gus", "Deceased", "gus@example.org", "", true},
                                      {9, "Hal", "Twice", "hal@example.org; mother@example.org"}},
                                     {{1, "Enrolled", "09"},
                                      {2, "enrolled", "10"},
                                      {3, "Graduate", "12"},
                                      {4, "Enrolled", "09", "OTHER"},
                                      {5, "On leave", "09"},
                                      {6, "Admissions", "09"},
                                      {7, "Enrolled", "09"},
                                      {8, "Enrolled", "09"},
                                      {9, "Enrolled", "09", "TCS", 1, Day(2023, 8, 20)},
                                      {9, "Enrolled", "10", "TCS", 2, Day(2024, 8, 20)}});
  std::vector<PersonId> linked;
  for (const int id : {1, 3, 4, 5, 6, 8, 10}) linked.emplace_back(id);
  const RosterResult result = Roster(snapshot, rules, linked, {});
  std::string text;
  for (const Candidate& candidate : result.candidates) text += dump::Print(candidate);
  for (const auto& [word, rows] : result.unknown_words) {
    text += "unknown word \"" + word + "\" on " + std::to_string(rows) + " row\n";
  }
  dump::ExpectGolden("roster/school.txt", text);
}

}  // namespace
}  // namespace roster
