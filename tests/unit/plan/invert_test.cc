// What takes an applied task back, and what cannot be taken back (workflow, 12).

#include <gtest/gtest.h>

#include "daemon/plan/plan.h"

namespace roster::plan {
namespace {

using model::Action;
using model::Field;

// Somebody whose grade and e-mail were written.
model::Change Row() {
  model::Change row;
  row.candidate.person = PersonId(2);
  row.linked = true;
  row.situation = model::Situation::kInStep;
  row.account = model::Account();
  row.account->id = AccountId("a2");
  row.account->fields.Set(Field::kUserName, "new@example.org");
  row.account->fields.Set(Field::kGrade, "09");
  return row;
}

model::Task Done(Action action, std::vector<model::FieldChange> fields = {}) {
  model::Task task;
  task.id = {PlanId(1), 1};
  task.person = PersonId(2);
  task.action = action;
  task.account = AccountId("a2");
  task.fields = std::move(fields);
  task.state = model::TaskState::kApplied;
  return task;
}

const std::vector<model::FieldChange> kWritten = {
    {Field::kUserName, "old@example.org", "new@example.org"}, {Field::kGrade, "08", "09"}};

TEST(Invert, WrittenFieldsGetWhatTheyWereBefore) {
  const model::Change row = Row();
  const Inverse inverse = Invert(Done(Action::kUpdate, kWritten), &row);
  ASSERT_TRUE(inverse.change) << inverse.reason;
  EXPECT_EQ(inverse.change->action, Action::kUpdate);
  const std::vector<model::FieldChange> expected = {
      {Field::kUserName, "new@example.org", "old@example.org"}, {Field::kGrade, "09", "08"}};
  EXPECT_EQ(inverse.change->fields, expected);
}

TEST(Invert, AFieldThatSaysSomethingElseByNowStays) {
  model::Change row = Row();
  row.account->fields.Set(Field::kGrade, "10");
  const Inverse inverse = Invert(Done(Action::kUpdate, kWritten), &row);
  ASSERT_TRUE(inverse.change);
  ASSERT_EQ(inverse.change->fields.size(), 1U);
  EXPECT_EQ(inverse.change->fields[0].field, Field::kUserName);
  row.account->fields.Set(Field::kUserName, "third@example.org");
  EXPECT_EQ(Invert(Done(Action::kUpdate, kWritten), &row).reason, "changed-since");
}

// Rules, 18: a site may fold the letters of a login and leave those of the e-mail.
TEST(Invert, AnEmailThatTheSiteSpellsInOtherLettersStillSaysWhatWasWritten) {
  model::Change row = Row();
  row.account->fields.Set(Field::kUserName, "ada@example.org");
  row.account->fields.Set(Field::kEmail, "Ada@Example.org");
  row.account->fields.Set(Field::kGivenName, "ADA");
  const auto task = Done(Action::kUpdate, {{Field::kUserName, "old@example.org", "Ada@Example.org"},
                                           {Field::kEmail, "old@example.org", "Ada@Example.org"},
                                           {Field::kGivenName, "Adah", "Ada"}});
  const Inverse inverse = Invert(task, &row);
  ASSERT_TRUE(inverse.change) << inverse.reason;
  const std::vector<model::FieldChange> expected = {
      {Field::kUserName, "ada@example.org", "old@example.org"},
      {Field::kEmail, "Ada@Example.org", "old@example.org"}};
  EXPECT_EQ(inverse.change->fields, expected) << "of a name, other letters are another name";
}

TEST(Invert, ALoginIsNotTakenAway) {
  const model::Change row = Row();
  const auto task = Done(Action::kUpdate, {{Field::kUserName, "", "new@example.org"}});
  EXPECT_EQ(Invert(task, &row).reason, "changed-since");
}

TEST(Invert, AFieldThatWasBlankIsBlankAgain) {
  const model::Change row = Row();
  const Inverse inverse = Invert(Done(Action::kUpdate, {{Field::kGrade, "", "09"}}), &row);
  ASSERT_TRUE(inverse.change);
  EXPECT_EQ(inverse.change->fields[0].after, "");
}

TEST(Invert, AddsAndRestoresAreArchivedArchivesRestored) {
  model::Change row = Row();
  EXPECT_EQ(Invert(Done(Action::kAdd, kWritten), &row).change->action, Action::kArchive);
  EXPECT_TRUE(Invert(Done(Action::kAdd, kWritten), &row).change->fields.empty());
  EXPECT_EQ(Invert(Done(Action::kRestore), &row).change->action, Action::kArchive);
  EXPECT_EQ(Invert(Done(Action::kArchive), &row).reason, "undone-already");
  row.account->active = false;
  EXPECT_EQ(Invert(Done(Action::kArchive), &row).change->action, Action::kRestore);
  EXPECT_EQ(Invert(Done(Action::kAdd), &row).reason, "undone-already");
  EXPECT_EQ(Invert(Done(Action::kUpdate, kWritten), &row).reason, "archived-on-site");
}

TEST(Invert, WhatCannotBeTakenBackSaysWhy) {
  model::Change row = Row();
  EXPECT_EQ(Invert(Done(Action::kInvite), &row).reason, "invitation-sent");
  EXPECT_EQ(Invert(Done(Action::kUpdate), &row).reason, "link-stays");
  EXPECT_EQ(Invert(Done(Action::kUpdate, kWritten), nullptr).reason, "left");
  row.account->id = AccountId("a3");
  EXPECT_EQ(Invert(Done(Action::kUpdate, kWritten), &row).reason, "left") << "another account";
  EXPECT_EQ(Invert(Done(Action::kAdd), &row).reason, "left") << "that a later plan has made";
  row = Row();
  row.linked = false;
  EXPECT_EQ(Invert(Done(Action::kUpdate, kWritten), &row).reason, "left");
  row = Row();
  row.situation = model::Situation::kProtected;
  EXPECT_EQ(Invert(Done(Action::kUpdate, kWritten), &row).reason, "protected");
  row = Row();
  row.never_archive = true;
  EXPECT_EQ(Invert(Done(Action::kAdd), &row).reason, "never-archive");
  EXPECT_TRUE(Invert(Done(Action::kUpdate, kWritten), &row).change) << "its fields are ours";
}

TEST(Invert, ATaskOfAVersionThatDidNotKeepTheAddedAccountTrustsTheLink) {
  const model::Change row = Row();
  model::Task task = Done(Action::kAdd);
  task.account = AccountId();
  EXPECT_EQ(Invert(task, &row).change->action, Action::kArchive);
}

}  // namespace
}  // namespace roster::plan
