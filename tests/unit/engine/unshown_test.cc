// What an approval must not let through: what was not in the plan that was shown.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

// A school whose first sync is plan 1, and done.
class Unshown : public ::testing::Test {
 protected:
  void SetUp() override {
    desk.pupils = {{1, "Ada", "Abel", "ada@example.org"}, {2, "Ben", "Bold", "ben@example.org"}};
    desk.Poll();
    desk.Decide(wire::SYNC, {1, 2});
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    desk.WorkUntilDone();
  }
  void TearDown() override { desk.ExpectConsistent(); }

  void PollTimes(int times) {
    for (int i = 0; i < times; ++i) desk.Poll();
  }

  Desk desk;
};

TEST_F(Unshown, AnArchiveOfSomebodyWhoLeftIsNotApprovedAsOneOfSomebodyMissing) {
  desk.pupils[0].status = "Withdrawn";
  desk.Poll();
  const wire::Plan left = desk.Plan();
  EXPECT_EQ(left.archives(), 1U);
  EXPECT_EQ(left.missing(), 0U);

  desk.pupils[0].student = false;
  PollTimes(3);
  EXPECT_EQ(desk.User(1).reason(), "missing");
  const wire::Reply refused = desk.Approve(left);
  EXPECT_EQ(refused.error().reason(), "plan-changed") << refused.error().message();

  const wire::Plan missing = desk.Plan();
  EXPECT_NE(missing.plan(), left.plan()) << "it is another plan";
  EXPECT_EQ(missing.missing(), 1U);
  EXPECT_TRUE(desk.Approve(missing).has_approve());
}

TEST_F(Unshown, AnUndoDoesNotArchiveWhoIsNeverToBeArchived) {
  desk.settings.schools[0].rules.never_archive = {"ada@*"};
  desk.Restart();
  desk.Poll();
  wire::PreparePlan undo;
  undo.set_undo_of(1);
  const wire::Reply reply = desk.Prepare(undo);
  ASSERT_TRUE(reply.has_plan()) << reply.error().message();
  EXPECT_EQ(reply.plan().plan().archives(), 1U);
  ASSERT_EQ(reply.plan().plan().not_undone_size(), 1);
  EXPECT_EQ(reply.plan().plan().not_undone(0).person(), 1);
  EXPECT_EQ(reply.plan().plan().not_undone(0).reason(), "never-archive");
}

TEST_F(Unshown, WhyAPlanCannotBeUndoneIsSaidWithoutTheDaemonsOwnWords) {
  wire::PreparePlan undo;
  undo.set_undo_of(999);
  const std::string message = desk.Prepare(undo).error().message();
  EXPECT_EQ(message.rfind("Plan 999 is not there", 0), 0U) << message;
}

}  // namespace
}  // namespace roster::engine
