// Who is a candidate among parents, who is listed, who leaves and why (rules, 2 to 5, 19, 20), and
// what bad data of FACTS makes of it.

#include <gtest/gtest.h>

#include "daemon/roster/roster.h"
#include "tests/unit/dump/dump.h"
#include "tests/unit/dump/golden.h"
#include "tests/unit/roster/school.h"

namespace roster {
namespace {

using dump::Choosing;
using dump::Ids;
using dump::Notice;
using dump::Of;
using dump::School;
using model::Candidate;
using model::Eligibility;
using model::FamilyGraph;
using model::Field;
using model::Mismatch;
using model::Reason;
using model::RosterRules;
using model::TieFlag;
using roster::Roster;
using roster::RosterResult;

using List = std::vector<std::int64_t>;

RosterRules ByLinks() {
  RosterRules rules = School::Rules();
  rules.parents.graph = FamilyGraph::kTies;
  return rules;
}

RosterRules Requiring(TieFlag flag) {
  RosterRules rules = School::Rules();
  rules.parents.require = {flag};
  return rules;
}

RosterRules Excluding(TieFlag flag) {
  RosterRules rules = School::Rules();
  rules.parents.exclude = {flag};
  return rules;
}

// Household 1: the parent 10, and the child 20 with this status word.
School OneFamily(const std::string& status = "Enrolled") {
  School school;
  school.Adult(10).Child(20, status).Parent(1, 10, 1).Kid(1, 20, 2).Family(1, " Example ");
  return school;
}

// The linked parent 10 of the two children 20 and 21 with these status words.
Candidate LinkedOf(const std::string& first, const std::string& second) {
  School school = OneFamily(first);
  school.Child(21, second).Kid(1, 21);
  return Of(school.Parents({10}), 10);
}

void ExpectStands(const Candidate& candidate, Eligibility eligibility, Reason reason) {
  EXPECT_EQ(candidate.eligibility, eligibility);
  EXPECT_EQ(candidate.reason, reason) << ReasonWord(candidate.reason);
}

// Rules, 2.
TEST(Parents, ParentOfHouseholdWithEligibleStudentIsCandidateWithMappedFields) {
  School school = OneFamily();
  school.Link(10, 20);
  const RosterResult result = school.Parents();
  EXPECT_EQ(Ids(result), List({10}));
  const Candidate parent = Of(result, 10);
  ExpectStands(parent, Eligibility::kEligible, Reason::kNone);
  EXPECT_EQ(parent.mismatch, Mismatch::kNone);
  EXPECT_EQ(parent.fields.Get(Field::kUserName), "p10@example.org");
  EXPECT_EQ(parent.fields.Get(Field::kGivenName), "P10");
  EXPECT_EQ(parent.fields.Get(Field::kFamilyName), "Example");
  EXPECT_EQ(parent.fields.Get(Field::kGrouping), "Example (1)");
  EXPECT_EQ(parent.status_word, "");
}

// Rules, 2: eligible as rules, 1 say: the Students list decides, not PersonFamily's student flag.
TEST(Parents, OnlyStudentsRowsInScopeMakeParents) {
  for (const char* word : {"Graduate", "Withdrawn", "Inactive", "Admissions", "", "On leave"}) {
    EXPECT_TRUE(OneFamily(word).Parents().candidates.empty()) << word;
  }
  School flagged;
  flagged.Adult(10).Adult(20).Parent(1, 10).Kid(1, 20);
  EXPECT_TRUE(flagged.Parents().candidates.empty());
  School unflagged;
  unflagged.Adult(10).Child(20).Parent(1, 10).Member({FamilyId(1), PersonId(20)});
  EXPECT_EQ(Ids(unflagged.Parents()), List({10}));
}

// Rules, 1 and 2.
TEST(Parents, ScopeOfStudentsAppliesToTheChildren) {
  RosterRules rules = School::Rules();
  rules.scope.grades = {"10"};
  EXPECT_TRUE(OneFamily().Parents({}, rules).candidates.empty());
}

// Rules, 2: a household's other adults, and its children, are no parents.
TEST(Parents, MembersWithoutTheParentFlagAreNoCandidates) {
  School school = OneFamily();
  school.Adult(11).Member({FamilyId(1), PersonId(11)}).Child(21).Kid(1, 21);
  EXPECT_EQ(Ids(school.Parents()), List({10}));
}

TEST(Parents, ChildWithoutPeopleRowMakesAParent) {
  School school;
  school.Adult(10).Row({20}).Parent(1, 10).Kid(1, 20);
  EXPECT_EQ(Ids(school.Parents()), List({10}));
}

// Rules, 3.
TEST(Parents, DeceasedChildMakesNoParent) {
  School school;
  school.Adult(10).Parent(1, 10).Kid(1, 20).Row({20});
  school.Person({20, "Ada", "Example", "", "", true});
  EXPECT_TRUE(school.Parents().candidates.empty());
  ExpectStands(Of(school.Parents({10}), 10), Eligibility::kIneligible, Reason::kOutOfScope);
}

// Rules, 3.
TEST(Parents, DeceasedParentIsNoCandidateAndLeavesWhenLinked) {
  School school;
  school.Person({10, "Ada", "Example", "a@example.org", "", true});
  school.Child(20).Parent(1, 10).Kid(1, 20).Link(10, 20);
  EXPECT_TRUE(school.Parents().candidates.empty());
  const Candidate linked = Of(school.Parents({10}), 10);
  ExpectStands(linked, Eligibility::kIneligible, Reason::kDeceased);
  EXPECT_TRUE(linked.fields.empty());
}

// Rules, 3: a parent without a People row is no user. Rules, 19: and missing once linked.
TEST(Parents, WithoutPeopleRowIsNoUserAndMissingWhenLinked) {
  School school;
  school.Child(20).Parent(1, 10).Kid(1, 20).Link(10, 20);
  EXPECT_TRUE(school.Parents().candidates.empty());
  EXPECT_TRUE(school.Parents({}, ByLinks()).candidates.empty());
  const Candidate linked = Of(school.Parents({10}), 10);
  ExpectStands(linked, Eligibility::kMissing, Reason::kMissing);
  EXPECT_FALSE(linked.no_person);
}

// Rules, 2.
TEST(Parents, BlockEndsTheHouseholdTieToo) {
  School school = OneFamily();
  school.Link(10, 20).pw_block = true;
  EXPECT_TRUE(school.Parents().candidates.empty());
  EXPECT_TRUE(school.Parents({}, ByLinks()).candidates.empty());
}

// Rules, 2: each child is judged alone; one free child is enough.
TEST(Parents, OneFreeChildIsEnough) {
  School school = OneFamily();
  school.Child(21).Kid(1, 21);
  school.Link(10, 20).pw_block = true;
  const Candidate parent = Of(school.Parents(), 10);
  ExpectStands(parent, Eligibility::kEligible, Reason::kNone);
  ASSERT_EQ(parent.children.size(), 2U);
  EXPECT_EQ(parent.children[0], (model::Child{PersonId(20), true, true, true, false, true}));
  EXPECT_EQ(parent.children[1], (model::Child{PersonId(21), true, false, false, true, true}));
}

// Rules, 2: a block is between two people; the other parent stays.
TEST(Parents, BlockOfOneParentLeavesTheOther) {
  School school = OneFamily();
  school.Adult(11).Parent(1, 11);
  school.Link(10, 20).pw_block = true;
  EXPECT_EQ(Ids(school.Parents()), List({11}));
}

// Rules, 2: the other flags play no part unless the config says so.
TEST(Parents, OtherFlagsPlayNoPartByThemselves) {
  School school = OneFamily();
  model::ParentTie& row = school.Link(10, 20);
  row.grandparent = true;
  row.emergency_contact = true;
  EXPECT_EQ(Ids(school.Parents()), List({10}));
}

// Rules, 2.
TEST(Parents, RequiredFlagsMustAllBeThere) {
  RosterRules rules = Requiring(TieFlag::kCustody);
  rules.parents.require.push_back(TieFlag::kParentsWeb);
  School school = OneFamily();
  EXPECT_TRUE(school.Parents({}, rules).candidates.empty()) << "without a row";
  School half = OneFamily();
  half.Link(10, 20).custody = true;
  EXPECT_TRUE(half.Parents({}, rules).candidates.empty());
  School whole = OneFamily();
  model::ParentTie& row = whole.Link(10, 20);
  row.custody = row.parents_web = true;
  EXPECT_EQ(Ids(whole.Parents({}, rules)), List({10}));
}

// Rules, 2.
TEST(Parents, EachFlagCanBeRequiredAndExcluded) {
  const std::pair<TieFlag, bool model::ParentTie::*> flags[] = {
      {TieFlag::kCustody, &model::ParentTie::custody},
      {TieFlag::kCorrespondence, &model::ParentTie::correspondence},
      {TieFlag::kParentsWeb, &model::ParentTie::parents_web},
      {TieFlag::kGrandparent, &model::ParentTie::grandparent},
      {TieFlag::kEmergencyContact, &model::ParentTie::emergency_contact}};
  for (const auto& [flag, member] : flags) {
    School with = OneFamily();
    with.Link(10, 20).*member = true;
    School without = OneFamily();
    without.Link(10, 20);
    EXPECT_EQ(Ids(with.Parents({}, Requiring(flag))), List({10})) << TieFlagWord(flag);
    EXPECT_TRUE(without.Parents({}, Requiring(flag)).candidates.empty()) << TieFlagWord(flag);
    EXPECT_TRUE(with.Parents({}, Excluding(flag)).candidates.empty()) << TieFlagWord(flag);
    EXPECT_EQ(Ids(without.Parents({}, Excluding(flag))), List({10})) << TieFlagWord(flag);
  }
}

// Rules, 2: exclude says nothing of somebody without a row.
TEST(Parents, ExcludeLeavesHouseholdsWithoutARow) {
  EXPECT_EQ(Ids(OneFamily().Parents({}, Excluding(TieFlag::kGrandparent))), List({10}));
}

// Rules, 2.
TEST(Parents, LinksDecideWhereTheConfigSaysSo) {
  School school = OneFamily();
  school.Adult(11).Link(11, 20);
  const RosterResult result = school.Parents({}, ByLinks());
  ExpectStands(Of(result, 11), Eligibility::kEligible, Reason::kNone);
  EXPECT_EQ(Of(result, 11).mismatch, Mismatch::kTieAlone);
  EXPECT_TRUE(Of(result, 11).families.empty());
  EXPECT_TRUE(Of(result, 11).listed_first());
  EXPECT_EQ(Of(result, 11).fields.Get(Field::kUserName), "p11@example.org");
}

// Rules, 2: marked, not dropped.
TEST(Parents, HouseholdWithoutAnyLinkIsMarked) {
  const Candidate alone = Of(OneFamily().Parents(), 10);
  ExpectStands(alone, Eligibility::kEligible, Reason::kNone);
  EXPECT_EQ(alone.mismatch, Mismatch::kHouseholdAlone);
  EXPECT_FALSE(alone.fields.empty());
}

// Rules, 2: one row for an eligible child is enough for the graphs to agree on the person.
TEST(Parents, OneLinkAmongTwoChildrenIsNoMismatch) {
  School school = OneFamily();
  school.Child(21).Kid(1, 21).Link(10, 21);
  EXPECT_EQ(Of(school.Parents(), 10).mismatch, Mismatch::kNone);
}

TEST(Parents, LinkToAChildWhoLeftIsNoLink) {
  School school = OneFamily();
  school.Child(21, "Graduate").Kid(1, 21).Link(10, 21);
  EXPECT_EQ(Of(school.Parents(), 10).mismatch, Mismatch::kHouseholdAlone);
}

// Rules, 2: a parent by the graph that does not decide is listed, and held back.
TEST(Parents, LinkAloneIsListedWhereHouseholdsDecide) {
  School school = OneFamily();
  school.Adult(11).Link(11, 20).custody = true;
  const Candidate listed = Of(school.Parents(), 11);
  ExpectStands(listed, Eligibility::kEligible, Reason::kGraphsDisagree);
  EXPECT_EQ(listed.mismatch, Mismatch::kTieAlone);
  EXPECT_TRUE(listed.fields.empty());
  EXPECT_EQ(listed.email, "p11@example.org");
  EXPECT_EQ(listed.last_name, "Example");
}

// Alumni: whoever was a student once is no child of the household where they are a parent now.
TEST(Parents, AParentWhoWasAStudentOnceKeepsNobody) {
  School school;
  school.Adult(10).Child(11, "?").Child(20, "Graduate");
  school.Kid(1, 20).Parent(1, 10).Parent(1, 11);
  ExpectStands(Of(school.Parents({10}), 10), Eligibility::kIneligible, Reason::kGraduated);
}

// Rules, 2: else each grandparent, aunt and emergency contact would be listed.
TEST(Parents, GrandparentsAndContactsAreNotListed) {
  School school = OneFamily();
  school.Adult(11).Adult(12).Adult(13);
  model::ParentTie& grandmother = school.Link(11, 20);
  grandmother.grandparent = grandmother.custody = true;
  school.Link(12, 20).emergency_contact = true;
  school.Link(13, 20);
  EXPECT_EQ(Ids(school.Parents()), List({10}));
}

TEST(Parents, BlockedOrTurnedDownLinksAreNotListed) {
  School school = OneFamily();
  school.Adult(11).Adult(12);
  model::ParentTie& blocked = school.Link(11, 20);
  blocked.custody = blocked.pw_block = true;
  model::ParentTie& turned_down = school.Link(12, 20);
  turned_down.custody = turned_down.emergency_contact = true;
  EXPECT_EQ(Ids(school.Parents({}, Excluding(TieFlag::kEmergencyContact))), List({10}));
}

// Rules, 2.
TEST(Parents, HouseholdAloneIsListedWhereLinksDecide) {
  const Candidate listed = Of(OneFamily().Parents({}, ByLinks()), 10);
  ExpectStands(listed, Eligibility::kEligible, Reason::kGraphsDisagree);
  EXPECT_EQ(listed.mismatch, Mismatch::kHouseholdAlone);
  EXPECT_TRUE(listed.fields.empty());
  ASSERT_EQ(listed.families.size(), 1U);
  EXPECT_FALSE(listed.families[0].listed_first);
}

TEST(Parents, ListedAreAliveAndInPeople) {
  School school = OneFamily();
  school.Person({11, "Ada", "Example", "", "", true});
  school.Link(11, 20).custody = true;
  school.Link(12, 20).custody = true;
  EXPECT_EQ(Ids(school.Parents()), List({10}));
}

// Rules, 20: by either graph, whatever decides.
TEST(Parents, LinkedStaysByEitherGraph) {
  School school = OneFamily();
  school.Adult(11).Link(11, 20);
  for (const RosterRules& rules : {School::Rules(), ByLinks()}) {
    const RosterResult result = school.Parents({10, 11}, rules);
    ExpectStands(Of(result, 10), Eligibility::kEligible, Reason::kNone);
    ExpectStands(Of(result, 11), Eligibility::kEligible, Reason::kNone);
    EXPECT_EQ(Of(result, 10).mismatch, Mismatch::kHouseholdAlone);
    EXPECT_EQ(Of(result, 11).mismatch, Mismatch::kTieAlone);
    EXPECT_FALSE(Of(result, 10).fields.empty());
    EXPECT_FALSE(Of(result, 11).fields.empty());
  }
}

// Rules, 20.
TEST(Parents, LinkedWhoIsBlockedFromEveryEligibleChildLeavesAsBlocked) {
  School school = OneFamily();
  school.Link(10, 20).pw_block = true;
  ExpectStands(Of(school.Parents({10}), 10), Eligibility::kIneligible, Reason::kBlocked);
}

// Rules, 20: before what other children say.
TEST(Parents, BlockedGoesBeforeChildrenWhoAreNotEligible) {
  School school = OneFamily();
  school.Child(21, "On leave").Kid(1, 21);
  school.Link(10, 20).pw_block = true;
  ExpectStands(Of(school.Parents({10}), 10), Eligibility::kIneligible, Reason::kBlocked);
}

TEST(Parents, LinkedWhomRequireTurnsDownIsOutOfScope) {
  ExpectStands(Of(OneFamily().Parents({10}, Requiring(TieFlag::kCustody)), 10),
               Eligibility::kIneligible, Reason::kOutOfScope);
  School school = OneFamily();
  school.Link(10, 20).grandparent = true;
  ExpectStands(Of(school.Parents({10}, Excluding(TieFlag::kGrandparent)), 10),
               Eligibility::kIneligible, Reason::kOutOfScope);
}

TEST(Parents, OneBlockedAmongTurnedDownIsBlocked) {
  School school = OneFamily();
  school.Child(21).Kid(1, 21).Link(10, 21).pw_block = true;
  ExpectStands(Of(school.Parents({10}, Requiring(TieFlag::kCustody)), 10), Eligibility::kIneligible,
               Reason::kBlocked);
}

// Rules, 20: when all children have left, the first of the four that fits any.
TEST(Parents, LinkedLeavesByTheFirstReasonThatFitsAnyChild) {
  EXPECT_EQ(LinkedOf("Withdrawn", "Graduate").reason, Reason::kGraduated);
  EXPECT_EQ(LinkedOf("Inactive", "Withdrawn").reason, Reason::kWithdrawn);
  EXPECT_EQ(LinkedOf("Inactive", "Inactive").reason, Reason::kInactive);
  EXPECT_EQ(LinkedOf("Inactive", "Graduate").eligibility, Eligibility::kIneligible);
  RosterRules rules = School::Rules();
  rules.scope.grades = {"12"};
  EXPECT_EQ(Of(OneFamily().Parents({10}, rules), 10).reason, Reason::kOutOfScope);
}

// Rules, 20.
TEST(Parents, LinkedStaysWhileOneChildIsLeft) {
  ExpectStands(LinkedOf("Graduate", "Enrolled"), Eligibility::kEligible, Reason::kNone);
}

// Rules, 20 and 4: no reason to archive.
TEST(Parents, OneUnknownWordAmongTheChildrenMakesUnclear) {
  ExpectStands(LinkedOf("Graduate", "On leave"), Eligibility::kUnclear, Reason::kUnknownStatus);
  ExpectStands(LinkedOf("Admissions", ""), Eligibility::kUnclear, Reason::kUnknownStatus);
}

// What a row that could not be read would have said is unknown, and not absent.
class UnreadRows : public testing::Test {
 protected:
  Candidate Linked() const {
    return Of(Roster(snapshot_, School::Rules(), {PersonId(10)}, {}), 10);
  }
  bool IsListed() const { return !Ids(Roster(snapshot_, School::Rules(), {}, {})).empty(); }
  void ExpectUnclear() const {
    ExpectStands(Linked(), Eligibility::kUnclear, Reason::kUnreadableRow);
    EXPECT_FALSE(IsListed());
  }

  model::Snapshot snapshot_;
};

TEST_F(UnreadRows, ALostBlockLetsNobodyIn) {
  School school = OneFamily();
  snapshot_ = school.Snapshot();
  EXPECT_TRUE(IsListed());
  snapshot_.unread.ties = {{PersonId(10), PersonId(20)}};
  ExpectUnclear();
  // Nor where the pair is listed once more, without one.
  school.Link(10, 20).custody = true;
  snapshot_ = school.Snapshot();
  snapshot_.unread.ties = {{PersonId(10), PersonId(20)}};
  ExpectUnclear();
  // Another child, who is free, is enough.
  school.Child(21).Kid(1, 21);
  snapshot_ = school.Snapshot();
  snapshot_.unread.ties = {{PersonId(10), PersonId(20)}};
  ExpectStands(Linked(), Eligibility::kEligible, Reason::kNone);
  EXPECT_TRUE(IsListed());
}

TEST_F(UnreadRows, OfAChildMakeNoLeaverOfTheParents) {
  snapshot_ = OneFamily("Withdrawn").Snapshot();
  ExpectStands(Linked(), Eligibility::kIneligible, Reason::kWithdrawn);
  snapshot_.unread.students = {PersonId(20)};
  ExpectUnclear();
  snapshot_.students.clear();
  ExpectUnclear();
  snapshot_ = OneFamily().Snapshot();
  snapshot_.unread.students = {PersonId(20)};
  ExpectStands(Linked(), Eligibility::kEligible, Reason::kNone);
}

TEST_F(UnreadRows, OfAHouseholdMakeNoLeaverOfItsParents) {
  School school = OneFamily("Withdrawn");
  school.Adult(11).Parent(2, 11);
  snapshot_ = school.Snapshot();
  snapshot_.unread.members = {{FamilyId(1), PersonId(21)}};  // another child there, it may be
  ExpectUnclear();
  snapshot_.unread.members = {{FamilyId(2), PersonId(21)}};  // elsewhere
  ExpectStands(Linked(), Eligibility::kIneligible, Reason::kWithdrawn);
  snapshot_.unread.members = {{FamilyId(3), PersonId(10)}};  // of themselves, in another one
  ExpectUnclear();
}

// Rules, 20 and 4.
TEST(Parents, OneChildNotYetMakesNotYet) {
  ExpectStands(LinkedOf("Graduate", "Admissions"), Eligibility::kNotYet, Reason::kNotYet);
}

// Rules, 20 and 19.
TEST(Parents, OneChildWithoutStudentsRowMakesMissing) {
  School school = OneFamily("Graduate");
  school.Adult(21).Kid(1, 21);
  ExpectStands(Of(school.Parents({10}), 10), Eligibility::kMissing, Reason::kMissing);
  School linked = OneFamily("Graduate");
  linked.Adult(21).Link(10, 21);
  ExpectStands(Of(linked.Parents({10}), 10), Eligibility::kMissing, Reason::kMissing);
}

// Rules, 20 before 19.
TEST(Parents, UnknownAndNotYetGoBeforeAChildWithoutStudentsRow) {
  for (const auto& [word, reason] :
       {std::pair("?", Reason::kUnknownStatus), std::pair("Admissions", Reason::kNotYet)}) {
    School school = OneFamily(word);
    school.Adult(21).Kid(1, 21);
    EXPECT_EQ(Of(school.Parents({10}), 10).reason, reason);
  }
}

// Rules, 20: all tied children, by either graph, blocked ones too.
TEST(Parents, BlockedChildIsAmongThoseWhoMustHaveLeft) {
  School school = OneFamily("Graduate");
  school.Child(21, "On leave").Link(10, 21).pw_block = true;
  ExpectStands(Of(school.Parents({10}), 10), Eligibility::kUnclear, Reason::kUnknownStatus);
}

// Rules, 19.
TEST(Parents, LinkedWithoutAnyTieIsMissing) {
  School school;
  school.Adult(10);
  ExpectStands(Of(school.Parents({10}), 10), Eligibility::kMissing, Reason::kMissing);
  ExpectStands(Of(school.Parents({9}), 9), Eligibility::kMissing, Reason::kMissing);
}

// Rules, 4: each Students row is counted once, however many parents and households it has.
TEST(Parents, UnknownWordsAreCountedOnceARow) {
  School school = OneFamily("On leave");
  school.Adult(11).Parent(1, 11).Parent(2, 10).Kid(2, 20).Link(11, 20);
  const std::vector<std::pair<std::string, std::uint64_t>> expected = {{"On leave", 1}};
  EXPECT_EQ(school.Parents({10, 11}).unknown_words, expected);
}

// Rules, 5.
TEST(Parents, MissingEmailIsAnError) {
  School school;
  school.Person({10, "Ada", "Example", "none", "ada2@example.org"}).Child(20);
  school.Parent(1, 10).Kid(1, 20);
  const Candidate parent = Of(school.Parents(), 10);
  ExpectStands(parent, Eligibility::kEligible, Reason::kMissingEmail);
  EXPECT_EQ(parent.email2, "ada2@example.org");
  EXPECT_FALSE(parent.fields.empty());
}

// Rules, 5.
TEST(Parents, ChosenEmail2CountsForParents) {
  School school;
  school.Person({10, "Ada", "Example", "ada@example.org", "ada2@example.org"}).Child(20);
  school.Parent(1, 10).Kid(1, 20);
  const Candidate parent =
      Of(Roster(school.Snapshot(), School::Rules(), {}, Choosing({{10, "ADA2@example.org"}})), 10);
  EXPECT_EQ(parent.email, "ada2@example.org");
  EXPECT_EQ(parent.fields.Get(Field::kUserName), "ada2@example.org");
  EXPECT_EQ(parent.facts_email, "ada@example.org");
}

TEST(Parents, GradesAndSchoolsOfEligibleChildrenAreListedOnceEach) {
  School school = OneFamily();
  school.Child(21, "Enrolled", "07").Kid(1, 21).Child(22, "Enrolled", "09").Kid(1, 22);
  school.Child(23, "Graduate", "12")
      .Kid(1, 23)
      .Adult(24)
      .Row({24, "Enrolled", "", "ABC"})
      .Kid(1, 24);
  const Candidate parent = Of(school.Parents(), 10);
  EXPECT_EQ(parent.grade, "07, 09");
  EXPECT_EQ(parent.school_code, "ABC, TCS");
}

TEST(Parents, FieldsOfStudentsRowsStayBlank) {
  RosterRules rules = School::Rules();
  rules.fields = {{model::FactsField::kGradeLevel, Field::kGrade},
                  {model::FactsField::kSchoolCode, Field::kSchool},
                  {model::FactsField::kHomeroom, Field::kGrouping},
                  {model::FactsField::kClassYear, Field::kDisplayName}};
  EXPECT_TRUE(Of(OneFamily().Parents({}, rules), 10).fields.empty());
}

TEST(Parents, ChildrenAreNamedUpToALimitAndAllDecide) {
  School school;
  school.Adult(500).Parent(1, 500);
  for (std::int64_t id = 100; id < 200; ++id) school.Child(id, "Graduate").Kid(1, id);
  for (std::int64_t id = 50; id < 60; ++id) school.Child(id, "Graduate").Link(500, id);
  school.Child(300).Kid(1, 300);
  const Candidate parent = Of(school.Parents(), 500);
  ExpectStands(parent, Eligibility::kEligible, Reason::kNone);
  ASSERT_EQ(parent.children.size(), model::kChildrenMax);
  EXPECT_EQ(parent.children.front().person, PersonId(50));
  EXPECT_EQ(parent.children.back().person, PersonId(139));
}

// Rules, 2: a child of two households brings the parents of both.
TEST(Parents, ChildOfTwoHouseholdsBringsTheParentsOfBoth) {
  School school = OneFamily();
  school.Adult(11).Parent(2, 11, 1).Kid(2, 20);
  const RosterResult result = school.Parents();
  EXPECT_EQ(Ids(result), List({10, 11}));
  EXPECT_TRUE(Of(result, 10).listed_first());
  EXPECT_TRUE(Of(result, 11).listed_first());
}

// Staff is not told apart in FACTS: who is a parent is a parent, and nobody else is.
TEST(Parents, StaffWhoIsAParentIsAParent) {
  School school = OneFamily();
  school.Adult(11).Adult(12).Child(21).Parent(2, 11, 1).Kid(2, 21);  // staff: 11 and 12
  EXPECT_EQ(Ids(school.Parents()), List({10, 11}));
}

// Somebody who is a student and a parent is judged as a parent by their children alone.
TEST(Parents, StudentWhoIsAParentIsBoth) {
  School school = OneFamily();
  school.Child(30, "Enrolled", "12").Parent(2, 30, 1).Child(40, "Enrolled", "01").Kid(2, 40);
  school.Kid(1, 30);
  const RosterResult result = school.Parents();
  EXPECT_EQ(Ids(result), List({10, 30}));
  EXPECT_EQ(Of(result, 30).grade, "01");
  EXPECT_EQ(Of(result, 10).grade, "09, 12");
}

// Nobody is their own child, in a household or by a link.
TEST(Parents, NobodyIsTheirOwnParent) {
  School school;
  school.Child(30).Member({FamilyId(1), PersonId(30), true, true, 1}).Link(30, 30).custody = true;
  EXPECT_TRUE(school.Parents().candidates.empty());
  EXPECT_TRUE(school.Parents({}, ByLinks()).candidates.empty());
  const Candidate linked = Of(school.Parents({30}), 30);
  ExpectStands(linked, Eligibility::kMissing, Reason::kMissing);
  EXPECT_TRUE(linked.children.empty());
}

TEST(Parents, MemberFlaggedAsBothWithoutStudentsRowIsNotTheirOwnMissingChild) {
  School school = OneFamily("Graduate");
  school.Adult(11).Member({FamilyId(1), PersonId(11), true, true, 1});
  ExpectStands(Of(school.Parents({11}), 11), Eligibility::kIneligible, Reason::kGraduated);
}

// Bad data: a is the parent of b, and b of a.
TEST(Parents, CyclesInTheLinksAreJudgedRowByRow) {
  School school;
  school.Child(30).Child(31);
  school.Link(30, 31);
  school.Link(31, 30);
  EXPECT_EQ(Ids(school.Parents({}, ByLinks())), List({30, 31}));
  EXPECT_TRUE(school.Parents().candidates.empty());
}

// Bad data: links of and to people who are not there.
TEST(Parents, OrphansInTheLinksDoNoHarm) {
  School school = OneFamily();
  school.Link(10, 99);
  school.Link(98, 20).custody = true;
  school.Link(98, 99);
  const RosterResult result = school.Parents({10});
  EXPECT_EQ(Ids(result), List({10}));
  ExpectStands(Of(result, 10), Eligibility::kEligible, Reason::kNone);
  EXPECT_EQ(Notice(result, "links-to-nobody"), 3U);
}

// Bad data: a parent whose family is gone, and whose link remains.
TEST(Parents, ParentWithoutAFamilyIsKeptByTheLink) {
  School school;
  school.Adult(10).Child(20).Link(10, 20).custody = true;
  ExpectStands(Of(school.Parents(), 10), Eligibility::kEligible, Reason::kGraphsDisagree);
  ExpectStands(Of(school.Parents({10}), 10), Eligibility::kEligible, Reason::kNone);
}

// Bad data: a family whose parents are gone.
TEST(Parents, FamilyWithoutParentsGivesNoCandidate) {
  School school;
  school.Child(20).Kid(1, 20);
  const RosterResult result = school.Parents();
  EXPECT_TRUE(result.candidates.empty());
  EXPECT_EQ(Notice(result, "families-without-parents"), 1U);
}

// Ids reused after a merge: a linked id is now another person. Data like any other.
TEST(Parents, LinkedIdThatIsNowAnotherPersonIsJudgedByWhatIsThere) {
  School school;
  school.Child(10, "Enrolled").Adult(11).Parent(1, 11).Kid(1, 10);
  const Candidate reused = Of(school.Parents({10}), 10);
  ExpectStands(reused, Eligibility::kMissing, Reason::kMissing);
  EXPECT_EQ(Ids(school.Parents({10})), List({10, 11}));
}

// The whole school moves up, and that is undone: the next* fields play no part before, between or
// after.
TEST(Parents, WholeSchoolProgressionAndItsUndoFollowTheCurrentFieldsAlone) {
  const auto at = [](const std::string& status, const std::string& next) {
    model::Snapshot snapshot = OneFamily(status).Snapshot();
    for (model::Student& row : snapshot.students) {
      row.next_status = snapshot.text.Add(next);
      row.next_grade_level = snapshot.text.Add("13");
      row.next_school_code = snapshot.text.Add("NEXT");
    }
    return Of(Roster(snapshot, School::Rules(), {PersonId(10)}, {}), 10);
  };
  const Candidate before = at("Enrolled", "Graduate");
  ExpectStands(before, Eligibility::kEligible, Reason::kNone);
  EXPECT_EQ(before.next_status, "");
  EXPECT_EQ(before.next_grade, "");
  ExpectStands(at("Graduate", "Enrolled"), Eligibility::kIneligible, Reason::kGraduated);
  EXPECT_EQ(at("Enrolled", "Graduate"), before);
}

// A summer without students: everybody's rows are gone. Missing, which waits for whole polls.
TEST(Parents, SummerWithoutStudentsMakesParentsMissing) {
  School school;
  school.Adult(10).Adult(20).Parent(1, 10, 1).Kid(1, 20).Link(10, 20);
  const RosterResult result = school.Parents({10});
  EXPECT_EQ(Ids(result), List({10}));
  ExpectStands(Of(result, 10), Eligibility::kMissing, Reason::kMissing);
  EXPECT_EQ(Of(result, 10).families, std::vector<model::FamilyPlace>{});
}

// One child vanished, as merges and deletions show themselves.
TEST(Parents, VanishedChildMakesMissing) {
  School school = OneFamily();
  school.Link(10, 20);
  school.Vanish(20);
  ExpectStands(Of(school.Parents({10}), 10), Eligibility::kMissing, Reason::kMissing);
}

// The same input in another school's mode: students' accounts never hold parents.
TEST(Parents, StudentsAccountsHoldNoParents) {
  EXPECT_EQ(Ids(OneFamily().Parents({}, dump::MakeRules())), List({20}));
}

// A whole school in one household: as FACTS gives it when an import went wrong.
TEST(Parents, WholeSchoolInOneHouseholdIsNotMultipliedOut) {
  School school;
  constexpr std::int64_t kEach = 20'000;
  for (std::int64_t id = 1; id <= kEach; ++id) school.Adult(id).Parent(1, id, 1);
  for (std::int64_t id = kEach + 1; id <= 2 * kEach; ++id) school.Child(id).Kid(1, id);
  const RosterResult result = school.Parents();
  ASSERT_EQ(result.candidates.size(), static_cast<std::size_t>(kEach));
  EXPECT_EQ(result.candidates.back().children.size(), model::kChildrenMax);
}

TEST(Parents, GoldenFamilies) {
  School school;
  school.Family(1, "Able").Family(2, "Baker").Family(3, "Charlie");
  school.Adult(10).Adult(11).Adult(12).Adult(13).Adult(14).Adult(15);
  school.Person({16, "P16", "No-Mail", "n/a", "p16@home.example.org"});
  school.Person({17, "P17", "Deceased", "p17@example.org", "", true});
  school.Child(20, "Enrolled", "09").Child(21, "Enrolled", "10").Child(22, "Graduate", "12");
  school.Parent(1, 10, 1).Parent(1, 11, 2).Kid(1, 20, 3);
  school.Parent(2, 12, 1).Parent(2, 16, 1).Kid(2, 20, 3).Kid(2, 21);
  school.Parent(3, 13, 1).Parent(3, 17).Kid(3, 22);
  school.Link(10, 20);
  school.Link(11, 20).pw_block = true;
  school.Link(14, 21).custody = true;
  school.Link(15, 20).grandparent = true;
  school.Link(16, 21);
  const RosterResult result = school.Parents({11, 13, 17, 18});
  std::string text;
  for (const Candidate& candidate : result.candidates) {
    text += dump::Print(candidate) + dump::PrintFamilies(candidate);
  }
  for (const auto& [word, count] : result.notices) {
    text += word + " " + std::to_string(count) + "\n";
  }
  dump::ExpectGolden("roster/families.txt", text);
}

}  // namespace
}  // namespace roster
