// Families: which ones, who is listed first, what groups them (rules, 6, 7), for parents and for
// students.

#include <gtest/gtest.h>

#include "daemon/roster/roster.h"
#include "tests/unit/roster/school.h"

namespace roster {
namespace {

using dump::Of;
using dump::School;
using model::Candidate;
using model::FactsField;
using model::FamilyPlace;
using model::Field;
using model::RosterRules;
using roster::RosterResult;

using Places = std::vector<FamilyPlace>;

Places In(std::initializer_list<std::pair<std::int64_t, bool>> places) {
  Places all;
  for (const auto& [family, first] : places) all.push_back({FamilyId(family), first});
  return all;
}

// Household 1 with the child 20, and the parents 10, 11, 12 of these orders.
School Ordered(std::int32_t first, std::int32_t second, std::int32_t third) {
  School school;
  school.Child(20).Kid(1, 20, 1).Adult(10).Adult(11).Adult(12);
  school.Parent(1, 10, first).Parent(1, 11, second).Parent(1, 12, third);
  return school;
}

std::vector<bool> ListedFirst(const RosterResult& result) {
  std::vector<bool> listed;
  for (const std::int64_t id : {10, 11, 12}) listed.push_back(Of(result, id).listed_first());
  return listed;
}

RosterRules WithGrouping(RosterRules rules) {
  rules.fields = {{FactsField::kFamilyId, Field::kGrouping},
                  {FactsField::kFamilyName, Field::kDisplayName}};
  return rules;
}

// Rules, 6.
TEST(Families, LowestOrderIsListedFirst) {
  EXPECT_EQ(ListedFirst(Ordered(2, 1, 3).Parents()), std::vector<bool>({false, true, false}));
}

// Rules, 6: gaps mean nothing; the child's own order is no parent's.
TEST(Families, GapsInTheOrderMeanNothing) {
  EXPECT_EQ(ListedFirst(Ordered(9, 40, 7).Parents()), std::vector<bool>({false, false, true}));
}

// Rules, 6.
TEST(Families, AllWhoTieAreFirst) {
  EXPECT_EQ(ListedFirst(Ordered(2, 2, 3).Parents()), std::vector<bool>({true, true, false}));
}

// Rules, 6.
TEST(Families, WithoutAnOrderIsLast) {
  EXPECT_EQ(ListedFirst(Ordered(0, 5, -1).Parents()), std::vector<bool>({false, true, false}));
}

// Rules, 6.
TEST(Families, AllAreFirstWhereNobodyHasAnOrder) {
  EXPECT_EQ(ListedFirst(Ordered(0, 0, -7).Parents()), std::vector<bool>({true, true, true}));
}

// Rules, 6: among the family's candidates; who is none does not stand first.
TEST(Families, WhoIsNoCandidateIsNotListedFirst) {
  School school;
  school.Child(20).Kid(1, 20).Adult(14);
  school.Person({10, "Ada", "Deceased", "a@example.org", "", true});
  school.Adult(12).Adult(13);
  school.Parent(1, 10, 1).Parent(1, 11, 2).Parent(1, 12, 3).Parent(1, 13, 4).Parent(1, 14, 5);
  school.Link(12, 20).pw_block = true;
  const RosterResult result = school.Parents({10, 11, 12});
  EXPECT_EQ(Of(result, 10).families, In({{1, false}}));
  EXPECT_EQ(Of(result, 11).families, In({{1, false}}));
  EXPECT_EQ(Of(result, 12).families, Places{});
  EXPECT_EQ(Of(result, 13).families, In({{1, true}}));
  EXPECT_EQ(Of(result, 14).families, In({{1, false}}));
}

// Rules, 6: a parent of the household who is a candidate by another one alone does not compete.
TEST(Families, CandidateOfAnotherFamilyDoesNotCompete) {
  School school;
  school.Child(20).Kid(1, 20).Child(21).Kid(2, 21).Adult(10).Adult(11);
  school.Parent(1, 10, 1).Parent(2, 10, 1).Parent(1, 11, 2);
  school.Link(10, 20).pw_block = true;
  const RosterResult result = school.Parents();
  EXPECT_EQ(Of(result, 10).families, In({{2, true}}));
  EXPECT_EQ(Of(result, 11).families, In({{1, true}}));
}

// Rules, 6 and 20: a linked parent competes while eligible.
TEST(Families, LinkedParentsCompeteLikeAnyOther) {
  School school = Ordered(1, 2, 3);
  EXPECT_EQ(ListedFirst(school.Parents({10})), std::vector<bool>({true, false, false}));
}

// Rules, 6: those listed for the disagreement of the graphs alone do not.
TEST(Families, ThoseListedForTheGraphsDoNotCompete) {
  RosterRules rules = School::Rules();
  rules.parents.graph = model::FamilyGraph::kTies;
  School school = Ordered(1, 2, 3);
  school.Link(11, 20);
  EXPECT_EQ(ListedFirst(school.Parents({}, rules)), std::vector<bool>({false, true, false}));
  EXPECT_EQ(ListedFirst(school.Parents({10}, rules)), std::vector<bool>({true, false, false}));
}

// Rules, 6: of two households, first in any.
TEST(Families, FirstInAnyHouseholdIsListedFirst) {
  School school;
  school.Child(20).Kid(1, 20).Kid(2, 20).Adult(10).Adult(11);
  school.Parent(1, 10, 2).Parent(1, 11, 1).Parent(2, 10, 1);
  const RosterResult result = school.Parents();
  EXPECT_EQ(Of(result, 10).families, In({{1, false}, {2, true}}));
  EXPECT_TRUE(Of(result, 10).listed_first());
}

// A family is one where an eligible child counts.
TEST(Families, OnlyHouseholdsWithAnEligibleChildThatCountsAreFamilies) {
  School school;
  school.Adult(10).Child(20).Child(21, "Graduate").Child(22);
  school.Parent(1, 10).Kid(1, 21).Parent(2, 10).Kid(2, 22).Parent(3, 10).Kid(3, 20).Parent(4, 10);
  school.Member({FamilyId(5), PersonId(10)}).Kid(5, 20);
  school.Link(10, 22).pw_block = true;
  EXPECT_EQ(Of(school.Parents(), 10).families, In({{3, true}}));
}

// Rules, 7.
TEST(Families, GroupingIsTheLowestFamilyWithAnEligibleChild) {
  School school;
  school.Adult(10).Child(20).Child(21, "Graduate").Kid(1, 21).Kid(8, 20).Kid(3, 20);
  school.Parent(8, 10).Parent(3, 10).Parent(1, 10);
  school.Family(1, "Left").Family(3, "  Three ").Family(8, "Eight");
  const Candidate parent = Of(school.Parents({}, WithGrouping(School::Rules())), 10);
  EXPECT_EQ(parent.fields.Get(Field::kGrouping), "3");
  EXPECT_EQ(parent.fields.Get(Field::kDisplayName), "Three");
  EXPECT_EQ(parent.family_name, "Three");
}

// Rules, 7: blank where FACTS has no Families row; never another household's.
TEST(Families, MissingFamiliesRowLeavesTheNameBlank) {
  School school;
  school.Adult(10).Child(20).Kid(3, 20).Kid(8, 20).Parent(3, 10).Parent(8, 10).Family(8, "Eight");
  const Candidate parent = Of(school.Parents({}, WithGrouping(School::Rules())), 10);
  EXPECT_EQ(parent.fields.Get(Field::kGrouping), "3");
  EXPECT_EQ(parent.fields.Get(Field::kDisplayName), "");
  EXPECT_EQ(parent.family_name, "");
}

// Rules, 7: by a link alone there is no household to group by.
TEST(Families, LinkAloneHasNoGrouping) {
  School school;
  school.Adult(10).Child(20).Link(10, 20);
  const Candidate parent = Of(school.Parents({10}, WithGrouping(School::Rules())), 10);
  EXPECT_TRUE(parent.fields.empty());
  EXPECT_TRUE(parent.families.empty());
}

// Students: every household they are in, and the order among the eligible students there.
TEST(Families, StudentsHaveTheHouseholdsTheyAreIn) {
  School school;
  school.Adult(10).Child(20).Child(21).Child(22, "Graduate").Child(23);
  school.Parent(1, 10, 1).Kid(1, 20, 3).Kid(1, 21, 2).Kid(1, 22, 1).Kid(4, 20);
  school.Family(1, " One ").Family(4, "Four");
  const RosterResult result = school.Parents({22}, WithGrouping(dump::MakeRules()));
  EXPECT_EQ(Of(result, 20).families, In({{1, false}, {4, true}}));
  EXPECT_EQ(Of(result, 21).families, In({{1, true}}));
  EXPECT_EQ(Of(result, 22).families, In({{1, false}}));
  EXPECT_EQ(Of(result, 20).fields.Get(Field::kGrouping), "1");
  EXPECT_EQ(Of(result, 20).fields.Get(Field::kDisplayName), "One");
  EXPECT_EQ(Of(result, 20).family_name, "One");
  EXPECT_TRUE(Of(result, 20).children.empty());
  EXPECT_TRUE(Of(result, 20).families_read);
  EXPECT_TRUE(Of(result, 23).families.empty());
  EXPECT_TRUE(Of(result, 23).families_read) << "is in none";
  EXPECT_TRUE(result.notices.empty());
}

TEST(Families, StudentsHaveNoneWhereThePollBringsNone) {
  School school;
  school.Child(20);
  const Candidate student = Of(school.Parents({}, dump::MakeRules()), 20);
  EXPECT_TRUE(student.families.empty());
  EXPECT_FALSE(student.families_read);
  EXPECT_TRUE(student.listed_first());
  EXPECT_EQ(student.family_name, "");
}

}  // namespace
}  // namespace roster
