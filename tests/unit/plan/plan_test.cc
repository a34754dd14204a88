// A plan is named by what it holds, and its tasks hold what was approved.

#include "daemon/plan/plan.h"

#include <gtest/gtest.h>

namespace roster::plan {
namespace {

using model::Action;

const SchoolId kSchool("tcs");

std::vector<model::PlanItem> Items() {
  return {{PersonId(1), Action::kAdd, Blake2b("a")}, {PersonId(2), Action::kArchive, Blake2b("b")}};
}

model::Change Linked() {
  model::Change change;
  change.candidate.person = PersonId(2);
  change.linked = true;
  change.situation = model::Situation::kOutdated;
  change.action = Action::kUpdate;
  change.account = model::Account();
  change.account->id = AccountId("a2");
  change.fields = {{model::Field::kGrade, "08", "09"}};
  return change;
}

TEST(Plan, TheDigestNamesSchoolKindAndEveryItem) {
  const Digest digest = PlanDigest(kSchool, false, Items());
  EXPECT_EQ(PlanDigest(kSchool, false, Items()), digest);
  EXPECT_NE(PlanDigest(SchoolId("other"), false, Items()), digest);
  EXPECT_NE(PlanDigest(kSchool, true, Items()), digest);
  auto items = Items();
  items[1].action = Action::kUpdate;
  EXPECT_NE(PlanDigest(kSchool, false, items), digest);
  items = Items();
  items[0].change_class = model::ChangeClass::kMissing;  // shown as another thing
  EXPECT_NE(PlanDigest(kSchool, false, items), digest);
  items = Items();
  items[0].digest = Blake2b("c");
  EXPECT_NE(PlanDigest(kSchool, false, items), digest);
  items.pop_back();
  EXPECT_NE(PlanDigest(kSchool, false, items), digest);
}

TEST(Plan, InvitationsGoToLinkedActiveUnprotectedAccounts) {
  model::Change change = Linked();
  EXPECT_TRUE(IsInvitable(change));
  change.account->last_accessed = Time{};
  EXPECT_FALSE(IsInvitable(change)) << "the worker sends them none";
  change = Linked();
  change.account->active = false;
  EXPECT_FALSE(IsInvitable(change));
  change = Linked();
  change.linked = false;
  EXPECT_FALSE(IsInvitable(change));
  change = Linked();
  change.situation = model::Situation::kProtected;
  EXPECT_FALSE(IsInvitable(change));
}

TEST(Plan, ATaskHoldsWhatWasApproved) {
  model::RosterRules rules;
  rules.school = kSchool;
  model::Plan plan;
  plan.id = PlanId(7);
  const model::PlanItem item{PersonId(2), Action::kUpdate, Blake2b("b")};
  const model::Task task = MakeTask(plan, 3, item, Linked(), rules);
  EXPECT_EQ(ToString(task.id), "7.3");
  EXPECT_EQ(task.external_id, "tcs:2");
  EXPECT_EQ(task.account, AccountId("a2"));
  EXPECT_EQ(task.fields, Linked().fields);
  EXPECT_FALSE(task.link_only);
  EXPECT_EQ(task.digest, item.digest);

  const model::Task archive =
      MakeTask(plan, 4, {PersonId(2), Action::kArchive, Blake2b("b")}, Linked(), rules);
  EXPECT_TRUE(archive.fields.empty()) << "an archive writes nothing else";
  model::Change found = Linked();
  found.linked = false;
  EXPECT_TRUE(MakeTask(plan, 5, item, found, rules).link_only);
}

TEST(Plan, ATaskThatMakesALinkSaysWhatTheAccountFittedBy) {
  const auto fitted_by = [](const model::Change& change, Action action) {
    return MakeTask({}, 1, {PersonId(2), action, Blake2b("b")}, change, {}).fitted_by;
  };
  model::Change change = Linked();
  change.candidate.email = "Ann@example.org";
  model::Account& account = *change.account;
  account.fields.Set(model::Field::kUserName, "ann@example.org");
  account.fields.Set(model::Field::kEmail, "ann@home.example");
  EXPECT_EQ(fitted_by(change, Action::kUpdate), std::nullopt) << "it is linked";
  change.linked = false;
  for (const Action action : {Action::kUpdate, Action::kRestore}) {
    EXPECT_EQ(fitted_by(change, action),
              (model::FittedBy{"ann@example.org", "ann@home.example", ""}));
  }
  EXPECT_EQ(fitted_by(change, Action::kAdd), std::nullopt);

  account.fields.Set(model::Field::kUserName, "old");
  account.other_emails = {"a@example.org", "ann@example.org"};
  EXPECT_EQ(fitted_by(change, Action::kUpdate),
            (model::FittedBy{"old", "ann@home.example", "ann@example.org"}));
  account.other_emails.clear();
  EXPECT_EQ(fitted_by(change, Action::kUpdate), (model::FittedBy{"old", "ann@home.example", ""}))
      << "people said that it is theirs";
}

}  // namespace
}  // namespace roster::plan
