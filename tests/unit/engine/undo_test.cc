// Undo: the inverse of a finished plan, as a plan to review, and what cannot be taken back.

#include <gtest/gtest.h>

#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using model::Field;

class Undo : public Synced {
 protected:
  std::uint64_t ApproveAll() {
    const auto plan = desk.Plan();
    EXPECT_TRUE(desk.Approve(plan).has_approve());
    return plan.plan();
  }
  std::uint64_t SyncAll() {
    const auto plan = ApproveAll();
    desk.WorkUntilDone();
    return plan;
  }
  wire::Plan Prepare(std::uint64_t plan) {
    const auto reply = desk.PrepareUndo(plan);
    EXPECT_TRUE(reply.has_plan()) << reply.error().message();
    EXPECT_EQ(reply.plan().plan().undo_of(), plan);
    return reply.plan().plan();
  }
  std::uint64_t Take(const wire::Plan& plan) {
    EXPECT_TRUE(desk.Approve(plan).has_approve());
    desk.WorkUntilDone();
    return plan.plan();
  }
  // The one task that stays, and why.
  static void ExpectLeft(const wire::Plan& plan, std::int64_t person, const std::string& reason) {
    EXPECT_EQ(plan.not_undone_total(), static_cast<std::uint64_t>(plan.not_undone_size()));
    for (const auto& left : plan.not_undone()) {
      if (left.person() != person) continue;
      EXPECT_EQ(left.reason(), reason);
      EXPECT_NE(left.sentence(), "");
      EXPECT_EQ(left.sentence().find("Ended with"), std::string::npos) << "has words of its own";
      return;
    }
    ADD_FAILURE() << "person " << person << " is not among those left";
  }
};

TEST_F(Undo, WrittenFieldsGetTheirValuesBack) {
  desk.pupils[0].last = "Other";
  desk.pupils[1].email = "other@example.org";
  desk.Poll();
  const auto before = desk.site;
  const auto undo = Prepare(SyncAll());
  EXPECT_EQ(undo.updates(), 2U);
  EXPECT_EQ(undo.email_changes(), 1U);
  const auto rows = desk.PlanRows(undo.plan());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_NE(rows[0].sentence().find("Takes back task"), std::string::npos);
  Take(undo);
  EXPECT_EQ(desk.site, before);
}

// Rules, 18.
TEST_F(Undo, AnEmailWhoseLettersTheSiteFoldsGetsItsValueBack) {
  desk.pupils[0].email = "Ada@New.org";
  desk.Poll();
  const auto plan = SyncAll();
  desk.site["a1"].fields.Set(Field::kUserName, "ada@new.org");
  desk.Poll();
  const auto undo = Prepare(plan);
  EXPECT_EQ(undo.not_undone_total(), 0U);
  Take(undo);
  EXPECT_EQ(desk.site["a1"].fields.Get(Field::kUserName), "ada@example.org");
  EXPECT_EQ(desk.site["a1"].fields.Get(Field::kEmail), "ada@example.org");
}

TEST_F(Undo, AnAddIsArchived) {
  Take(Prepare(1));
  for (const auto& [id, account] : desk.site) {
    EXPECT_FALSE(account.active) << id;
    EXPECT_EQ(account.external_id.substr(0, 4), "tcs:") << "links stay";
  }
}

TEST_F(Undo, AnArchiveIsRestoredAndARestoreArchived) {
  desk.pupils[0].status = "Withdrawn";
  desk.Poll();
  const auto archived = SyncAll();
  const auto undo = Prepare(archived);
  EXPECT_EQ(undo.restores(), 1U);
  const auto restored = Take(undo);
  EXPECT_TRUE(desk.site["a1"].active);
  Take(Prepare(restored));
  EXPECT_FALSE(desk.site["a1"].active) << "an undo is undone like any plan";
}

TEST_F(Undo, AnUndoOfAnUndoWritesTheFieldsAgain) {
  desk.pupils[0].last = "Other";
  desk.Poll();
  const auto undone = Take(Prepare(SyncAll()));
  EXPECT_EQ(desk.site["a1"].fields.Get(Field::kFamilyName), "Abel");
  Take(Prepare(undone));
  EXPECT_EQ(desk.site["a1"].fields.Get(Field::kFamilyName), "Other");
}

TEST_F(Undo, APlanUnderWayOrNeverApprovedIsRefused) {
  desk.pupils[0].last = "Other";
  desk.Poll();
  const auto open = desk.Plan().plan();
  EXPECT_EQ(desk.PrepareUndo(open).error().reason(), "plan-not-finished");
  ApproveAll();
  EXPECT_EQ(desk.PrepareUndo(open).error().reason(), "plan-not-finished");
  desk.WorkUntilDone();
  EXPECT_TRUE(desk.PrepareUndo(open).has_plan());
  EXPECT_EQ(desk.PrepareUndo(99).error().reason(), "unknown-plan");
}

TEST_F(Undo, AnInvitationThatWasSentCannotBeTakenBack) {
  wire::PreparePlan what;
  what.mutable_invitations();
  const auto plan = desk.Prepare(what).plan().plan();
  desk.Approve(plan);
  desk.WorkUntilDone();
  const auto undo = Prepare(plan.plan());
  EXPECT_EQ(undo.items(), 0U);
  ExpectLeft(undo, 1, "invitation-sent");
}

TEST_F(Undo, WhatHasChangedSinceIsNotOursToUndo) {
  desk.pupils[0].last = "Other";
  desk.pupils[1].last = "Other";
  desk.Poll();
  const auto plan = SyncAll();
  desk.site["a1"].fields.Set(Field::kFamilyName, "By hand");
  desk.Poll();
  const auto undo = Prepare(plan);
  EXPECT_EQ(undo.items(), 1U);
  ExpectLeft(undo, 1, "changed-since");
}

TEST_F(Undo, WhatNoLongerHoldsIsListedWithItsName) {
  const auto undo = Prepare(1);
  desk.Decide(wire::SKIP, {1});
  SyncAll();  // archives what the undo was to archive
  const auto rows = desk.PlanRows(undo.plan());
  ASSERT_EQ(rows.size(), 3U);
  const auto row =
      std::find_if(rows.begin(), rows.end(), [](const auto& one) { return one.person() == 1; });
  ASSERT_NE(row, rows.end());
  EXPECT_TRUE(row->changed());
  EXPECT_EQ(row->first_name(), "Ada");
  EXPECT_EQ(row->action(), wire::ARCHIVE) << "of the plan, whatever today says";
}

TEST_F(Undo, WhatChangesAfterTheApprovalIsSuperseded) {
  desk.pupils[0].last = "Other";
  desk.Poll();
  const auto undo = Prepare(SyncAll());
  desk.Approve(undo);
  desk.site["a1"].fields.Set(Field::kFamilyName, "By hand");
  desk.WorkUntilDone();
  EXPECT_EQ(desk.site["a1"].fields.Get(Field::kFamilyName), "By hand");
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskSuperseded), 1U);
}

TEST_F(Undo, ALinkStays) {
  model::Account account = desk.site["a1"];
  account.id = AccountId("h1");
  account.external_id.clear();
  for (const auto field : {Field::kUserName, Field::kEmail}) {
    account.fields.Set(field, "fay@example.org");
  }
  account.fields.Set(Field::kGivenName, "Fay");
  account.fields.Set(Field::kFamilyName, "Ford");
  desk.site["h1"] = account;
  desk.pupils.push_back({9, "Fay", "Ford", "fay@example.org"});
  desk.Poll();
  desk.Decide(wire::SYNC, {9});
  ExpectLeft(Prepare(SyncAll()), 9, "link-stays");
}

TEST_F(Undo, DoneAlreadyAndUnderWayAreTold) {
  desk.site["a1"].active = false;
  desk.Poll();
  desk.pupils[1].last = "Other";
  desk.Poll();
  desk.Approve(desk.Plan());  // a restore and an update
  const auto undo = Prepare(1);
  ExpectLeft(undo, 1, "in-progress");
  ExpectLeft(undo, 2, "in-progress");
  EXPECT_EQ(undo.items(), 1U);
  desk.WorkUntilDone();
  desk.site["a3"].active = false;
  desk.Poll();
  ExpectLeft(Prepare(1), 3, "undone-already");
}

TEST_F(Undo, WhoHasLeftTheListsIsLeft) {
  desk.site.erase("a1");
  desk.Poll();
  wire::DecideMatch anew;
  anew.set_person(1);
  anew.set_none(true);
  desk.Match(anew);
  desk.ExamineAgain();
  ExpectLeft(Prepare(1), 1, "left");
  // With an account that a later plan has made: that one is not this plan's to undo.
  desk.Decide(wire::SYNC, {1});
  SyncAll();
  EXPECT_EQ(desk.User(1).account(), "a4");
  ExpectLeft(Prepare(1), 1, "left");
}

// Rules, 17.
TEST_F(Undo, AnAddressThatAnotherAccountHasByNowIsNotGivenBack) {
  desk.pupils[0].email = "own@example.org";
  desk.pupils[1].last = "Other";
  desk.Poll();
  const auto moved = SyncAll();
  desk.pupils.push_back({9, "Fay", "Abel", "Ada@example.org"});
  desk.Poll();
  desk.Decide(wire::SYNC, {9});
  SyncAll();
  const auto undo = Prepare(moved);
  EXPECT_EQ(undo.items(), 1U) << "the rest is undone";
  ExpectLeft(undo, 1, "email-collision");
  const auto writes = desk.writes.size();
  Take(undo);
  EXPECT_EQ(desk.writes.size(), writes + 1);
  EXPECT_EQ(desk.site["a1"].fields.Get(Field::kUserName), "own@example.org");
}

// Somebody who has left keeps the address, archived as they are.
TEST_F(Undo, AnArchivedAccountKeepsTheAddressThatItHas) {
  desk.pupils[0].email = "own@example.org";
  desk.Poll();
  const auto moved = SyncAll();
  desk.site["a2"].other_emails = {"ada@example.org"};
  desk.site["a2"].active = false;
  desk.pupils[1].status = "Withdrawn";
  desk.Poll();
  ExpectLeft(Prepare(moved), 1, "email-collision");
}

// Rules, 11 and 16: marked by a person, or excluded: an undo does not touch them either.
TEST_F(Undo, WhoIsProtectedOrExcludedByNowStaysAsTheyAre) {
  desk.Decide(wire::PROTECT, {1});
  desk.Decide(wire::EXCLUDE, {2});
  const auto undo = Prepare(1);
  ExpectLeft(undo, 1, "protected");
  ExpectLeft(undo, 2, "excluded");
  EXPECT_EQ(undo.items(), 1U);
  Take(undo);
  EXPECT_TRUE(desk.site["a1"].active);
  EXPECT_TRUE(desk.site["a2"].active);
  EXPECT_FALSE(desk.site["a3"].active);
}

TEST_F(Undo, WhoIsProtectedAfterTheApprovalIsNotTouchedEither) {
  desk.Approve(Prepare(1));
  desk.Decide(wire::PROTECT, {1});
  desk.WorkUntilDone();
  EXPECT_TRUE(desk.site["a1"].active);
  EXPECT_FALSE(desk.site["a2"].active);
}

TEST_F(Undo, AnAccountThatIsNeverArchivedIsNotArchivedByAnUndo) {
  desk.settings.schools[0].rules.never_archive = {"ada@*"};
  desk.Restart();
  desk.Poll();
  const auto undo = Prepare(1);
  ExpectLeft(undo, 1, "never-archive");
  EXPECT_EQ(undo.archives(), 2U);
}

TEST_F(Undo, TheJournalSaysWhatWasTakenBack) {
  Take(Prepare(1));
  bool told = false;
  for (const auto& entry : desk.Entries()) told |= entry.plan_prepared().undo_of() == 1;
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace roster::engine
