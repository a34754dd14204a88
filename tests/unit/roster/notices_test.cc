// What is counted for people to mend in FACTS, of parents' accounts.

#include <gtest/gtest.h>

#include "tests/unit/roster/school.h"

namespace roster {
namespace {

using dump::Notice;
using dump::School;
using roster::RosterResult;

using Counted = std::vector<std::pair<std::string, std::uint64_t>>;

// Household 1, the parent 10 and the child 20: nothing to mend.
School InOrder() {
  School school;
  school.Adult(10).Child(20).Parent(1, 10, 1).Kid(1, 20, 2).Link(10, 20);
  return school;
}

TEST(Notices, NothingToMendIsNotCounted) { EXPECT_EQ(InOrder().Parents().notices, Counted{}); }

TEST(Notices, FamiliesWithoutParents) {
  School school = InOrder();
  school.Child(21).Kid(2, 21).Child(22).Kid(3, 22).Parent(3, 11).Adult(12).Parent(4, 12);
  EXPECT_EQ(school.Parents().notices, Counted({{"families-without-parents", 2}}));
}

TEST(Notices, FamilyOfChildrenWhoLeftNeedsNoParents) {
  School school = InOrder();
  school.Child(21, "Graduate").Kid(2, 21);
  EXPECT_EQ(school.Parents().notices, Counted{});
}

TEST(Notices, LinksToNobody) {
  School school = InOrder();
  school.Link(10, 98);
  school.Link(99, 20);
  EXPECT_EQ(school.Parents().notices, Counted({{"links-to-nobody", 2}}));
}

TEST(Notices, LinksToSelf) {
  School school = InOrder();
  school.Link(10, 10);
  EXPECT_EQ(school.Parents().notices, Counted({{"links-to-self", 1}}));
}

TEST(Notices, GraphsDisagree) {
  School school = InOrder();
  school.Adult(11).Parent(1, 11, 2).Adult(12).Link(12, 20).custody = true;
  EXPECT_EQ(school.Parents().notices, Counted({{"graphs-disagree", 2}}));
}

TEST(Notices, FamiliesWithoutOrder) {
  School school = InOrder();
  school.Adult(11).Child(21).Parent(2, 11).Kid(2, 21, 1).Link(11, 21);
  EXPECT_EQ(school.Parents().notices, Counted({{"families-without-order", 1}}));
}

TEST(Notices, OrdersTied) {
  School school = InOrder();
  school.Adult(11).Parent(1, 11, 1).Link(11, 20);
  EXPECT_EQ(school.Parents().notices, Counted({{"orders-tied", 1}}));
}

TEST(Notices, TieBelowTheLowestOrderIsNone) {
  School school = InOrder();
  school.Adult(11).Adult(12).Parent(1, 11, 2).Parent(1, 12, 2).Link(11, 20);
  school.Link(12, 20);
  EXPECT_EQ(school.Parents().notices, Counted{});
}

TEST(Notices, ChildrenWithoutFamily) {
  School school = InOrder();
  school.Child(21).Child(22, "Graduate").Row({23});
  EXPECT_EQ(school.Parents().notices, Counted({{"children-without-family", 2}}));
}

TEST(Notices, SeveralAreByWord) {
  School school = InOrder();
  school.Child(21).Link(21, 21);
  EXPECT_EQ(school.Parents().notices,
            Counted({{"children-without-family", 1}, {"links-to-self", 1}}));
}

}  // namespace
}  // namespace roster
