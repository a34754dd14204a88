#include "daemon/target/judge.h"

#include <gtest/gtest.h>

namespace roster::target {
namespace {

using model::Account;
using model::Action;
using model::Field;
using model::Task;
using Kind = Finding::Kind;

const Policy kPolicy{{"owner", "manager"}, true};
const Time kInvitedAt = Time(std::chrono::hours(1));

Account MakeAccount() {
  Account account;
  account.id = AccountId("7");
  account.external_id = "tcs:12";
  account.fields.Set(Field::kUserName, "ann@example.org");
  account.fields.Set(Field::kGivenName, "Ann");
  account.fields.Set(Field::kGrade, "09");
  return account;
}

Task MakeTask(Action action) {
  Task task;
  task.action = action;
  task.external_id = "tcs:12";
  task.account = AccountId("7");
  return task;
}

Task Rename() {
  Task task = MakeTask(Action::kUpdate);
  task.fields = {{Field::kGivenName, "Ann", "Anna"}};
  return task;
}

std::string Reason(const Task& task, const Account& account, const Policy& policy = kPolicy) {
  const Finding finding = Judge(task, account, policy);
  EXPECT_EQ(finding.kind, Kind::kSuperseded);
  return finding.reason;
}

TEST(Judge, WritesWhatStillSaysWhatWasSeen) {
  const Finding finding = Judge(Rename(), MakeAccount(), kPolicy);
  EXPECT_EQ(finding.kind, Kind::kToWrite);
  EXPECT_EQ(finding.writing.fields, Rename().fields);
  EXPECT_FALSE(finding.writing.external_id || finding.writing.active || finding.writing.invite);
}

TEST(Judge, WhatIsThereIsDone) {
  Account account = MakeAccount();
  account.fields.Set(Field::kGivenName, " Anna ");
  EXPECT_EQ(Judge(Rename(), account, kPolicy).kind, Kind::kDone);
}

TEST(Judge, WhatIsThereIsDoneEvenIfArchivedOrProtectedSince) {
  Account account = MakeAccount();
  account.fields.Set(Field::kGivenName, "Anna");
  account.active = false;
  account.roles = {"owner"};
  EXPECT_EQ(Judge(Rename(), account, kPolicy).kind, Kind::kDone);
}

TEST(Judge, WritesOnlyTheFieldsThatAreNotThereYet) {
  Task task = Rename();
  task.fields.push_back({Field::kGrade, "08", "09"});
  const Finding finding = Judge(task, MakeAccount(), kPolicy);
  EXPECT_EQ(finding.kind, Kind::kToWrite);
  ASSERT_EQ(finding.writing.fields.size(), 1U);
  EXPECT_EQ(finding.writing.fields[0].field, Field::kGivenName);
}

TEST(Judge, NeitherBeforeNorAfterIsChangedOnSite) {
  Account account = MakeAccount();
  account.fields.Set(Field::kGivenName, "Annie");
  EXPECT_EQ(Reason(Rename(), account), "changed-on-site");
  account.fields.Set(Field::kGivenName, "");
  EXPECT_EQ(Reason(Rename(), account), "changed-on-site");
}

TEST(Judge, EmailsAreComparedWithoutCaseNamesWithIt) {
  Task task = MakeTask(Action::kUpdate);
  task.fields = {{Field::kUserName, "old@example.org", "ANN@example.org"}};
  EXPECT_EQ(Judge(task, MakeAccount(), kPolicy).kind, Kind::kDone);
  task.fields = {{Field::kGivenName, "Ann", "ANN"}};
  EXPECT_EQ(Judge(task, MakeAccount(), kPolicy).kind, Kind::kToWrite);
}

TEST(Judge, ProtectedNowIsNotWritten) {
  Account account = MakeAccount();
  account.roles = {"helper", " Manager "};
  for (const Action action : {Action::kUpdate, Action::kArchive}) {
    Task task = Rename();
    task.action = action;
    EXPECT_EQ(Reason(task, account), "protected");
  }
  account.active = false;
  EXPECT_EQ(Reason(MakeTask(Action::kRestore), account), "protected");
}

TEST(Judge, ArchivedMeanwhileIsNotUpdated) {
  Account account = MakeAccount();
  account.active = false;
  EXPECT_EQ(Reason(Rename(), account), "archived-on-site");
  Task task = Rename();
  task.was_active = false;
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kToWrite);
}

TEST(Judge, SomebodyElsesExternalIdIsLeftAlone) {
  Account account = MakeAccount();
  account.external_id = "tcs:99";
  for (const Action action :
       {Action::kUpdate, Action::kArchive, Action::kRestore, Action::kInvite}) {
    EXPECT_EQ(Reason(MakeTask(action), account), "linked-elsewhere");
  }
}

TEST(Judge, AnUpdateMakesTheLinkThatIsMissing) {
  Account account = MakeAccount();
  account.external_id.clear();
  Task task = MakeTask(Action::kUpdate);
  task.link_only = true;
  const Finding finding = Judge(task, account, kPolicy);
  EXPECT_EQ(finding.kind, Kind::kToWrite);
  EXPECT_TRUE(finding.writing.external_id);
  EXPECT_TRUE(finding.writing.fields.empty());
  EXPECT_EQ(Judge(task, MakeAccount(), kPolicy).kind, Kind::kDone);
}

// Found by its login, or by another e-mail: equal, and so in no field that is written.
Task LinkGrade() {
  Task task = MakeTask(Action::kUpdate);
  task.link_only = true;
  task.fields = {{Field::kGrade, "09", "10"}};
  task.fitted_by = model::FittedBy{"Ann@example.org", "", ""};
  return task;
}

TEST(Judge, AnAccountThatWasGivenToSomebodyElseIsNotLinked) {
  Account account = MakeAccount();
  account.external_id.clear();
  EXPECT_EQ(Judge(LinkGrade(), account, kPolicy).kind, Kind::kToWrite);
  account.fields.Set(Field::kUserName, "bob@example.org");
  EXPECT_EQ(Reason(LinkGrade(), account), "changed-on-site");
  account.other_emails = {"ann@example.org"};
  EXPECT_EQ(Reason(LinkGrade(), account), "changed-on-site") << "her address is no proof alone";
  Task old = LinkGrade();
  old.fitted_by.reset();
  EXPECT_EQ(Judge(old, account, kPolicy).kind, Kind::kToWrite) << "of a version that did not say";

  account.active = false;
  Task restore = LinkGrade();
  restore.action = Action::kRestore;
  EXPECT_EQ(Reason(restore, account), "changed-on-site");
  account = MakeAccount();
  account.external_id.clear();
  account.fields.Set(Field::kEmail, "bob@example.org");
  EXPECT_EQ(Reason(LinkGrade(), account), "changed-on-site") << "it had none";
}

TEST(Judge, AnAccountThatFitsByAnotherEmailHasItStill) {
  Account account = MakeAccount();
  account.external_id.clear();
  account.fields.Set(Field::kUserName, "a7");
  account.other_emails = {"ANN@example.org"};
  Task task = LinkGrade();
  task.fitted_by = model::FittedBy{"a7", "", "ann@example.org"};
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kToWrite);
  account.other_emails.clear();
  EXPECT_EQ(Reason(task, account), "changed-on-site");
}

TEST(Judge, WhatTheTaskWritesItselfIsNoSignThatTheAccountIsAnothers) {
  Account account = MakeAccount();
  account.external_id.clear();
  Task task = LinkGrade();
  task.fitted_by = model::FittedBy{"a7", "old@example.org", "ann@example.org"};
  task.fields = {{Field::kUserName, "a7", "ann@example.org"},
                 {Field::kEmail, "old@example.org", "ann@example.org"}};
  account.fields.Set(Field::kEmail, "ann@example.org");
  const Finding finding = Judge(task, account, kPolicy);
  EXPECT_EQ(finding.kind, Kind::kToWrite) << "an earlier attempt came so far";
  EXPECT_TRUE(finding.writing.external_id && finding.writing.fields.empty());
  account.fields.Set(Field::kUserName, "bob@example.org");
  account.external_id = "tcs:12";
  task.fields.clear();
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kDone) << "it is this person's already";
}

TEST(Judge, ArchiveAndRestore) {
  Account account = MakeAccount();
  EXPECT_EQ(Judge(MakeTask(Action::kArchive), account, kPolicy).writing.active, false);
  EXPECT_EQ(Judge(MakeTask(Action::kRestore), account, kPolicy).kind, Kind::kDone);
  account.active = false;
  account.external_id.clear();
  EXPECT_EQ(Judge(MakeTask(Action::kArchive), account, kPolicy).kind, Kind::kDone);
  const Finding restore = Judge(MakeTask(Action::kRestore), account, kPolicy);
  EXPECT_EQ(restore.writing.active, true);
  EXPECT_TRUE(restore.writing.external_id);
}

TEST(Judge, ExtensionFieldsAreDoneWithoutWhereTheSiteHasNone) {
  Task task = MakeTask(Action::kUpdate);
  task.fields = {{Field::kGrade, "09", "10"}};
  EXPECT_EQ(Judge(task, MakeAccount(), kPolicy).kind, Kind::kToWrite);
  EXPECT_EQ(Judge(task, MakeAccount(), Policy{{}, false}).kind, Kind::kDone);
}

TEST(Judge, Invitations) {
  Task task = MakeTask(Action::kInvite);
  Account account = MakeAccount();
  EXPECT_TRUE(Judge(task, account, kPolicy).writing.invite);
  const Finding impossible = Judge(task, account, Policy{{}, false});
  EXPECT_EQ(impossible.kind, Kind::kImpossible);
  EXPECT_EQ(impossible.reason, "no-invitations");

  account.invited = kInvitedAt;
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kDone);
  task.invited_before = kInvitedAt;  // a second invitation
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kToWrite);
  account.last_accessed = kInvitedAt;
  EXPECT_EQ(Reason(task, account), "already-accessed");
  account.last_accessed.reset();
  account.active = false;
  EXPECT_EQ(Reason(task, account), "archived-on-site");
  account.active = true;
  account.roles = {"owner"};
  EXPECT_EQ(Reason(task, account), "protected");
  account.invited.reset();  // taken back: nobody approved that
  EXPECT_EQ(Reason(task, account), "changed-on-site");
}

TEST(Judge, OfAnInvitationInDoubtOnlyWhatTheSiteShowsCounts) {
  Task task = MakeTask(Action::kInvite);
  task.doubt = "lease-expired";
  Account account = MakeAccount();
  account.version = "1";
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kToWrite) << "it tells that none was sent";
  EXPECT_EQ(Judge(task, account, Policy{{}, true, false}).kind, Kind::kUntold);
  EXPECT_EQ(Judge(task, account, Policy{{}, false, false}).kind, Kind::kUntold);
  task.invited_before = kInvitedAt;  // and is gone from there since
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kUntold);
  account.invited = kInvitedAt;
  EXPECT_EQ(Judge(task, account, Policy{{}, true, false}).kind, Kind::kToWrite) << "it shows it";
  task.doubt = model::kUnseen;
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kUntold);
  task.doubt = "no-answer";
  account.version.clear();
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kNotSeen);
  account.invited = kInvitedAt + std::chrono::hours(1);
  EXPECT_EQ(Judge(task, account, kPolicy).kind, Kind::kDone);
}

TEST(Judge, WhatTheSiteDroppedIsNoticed) {
  const Task task = Rename();
  Writing writing{task.fields, true, false, false};
  Account account = MakeAccount();
  account.active = false;
  account.fields.Set(Field::kGivenName, "Anna");
  EXPECT_EQ(DroppedBySite(task, writing, account), "");
  account.fields.Set(Field::kGivenName, "Ann");
  EXPECT_EQ(DroppedBySite(task, writing, account), "attribute-dropped");
  account.fields.Set(Field::kGivenName, "");
  EXPECT_EQ(DroppedBySite(task, writing, account), "attribute-dropped");
  account.fields.Set(Field::kGivenName, "ANNA B.");  // its own spelling
  EXPECT_EQ(DroppedBySite(task, writing, account), "");
  account.active = true;
  EXPECT_EQ(DroppedBySite(task, writing, account), "attribute-dropped");
  account.external_id.clear();
  EXPECT_EQ(DroppedBySite(task, writing, account), "externalid-not-kept");
}

}  // namespace
}  // namespace roster::target
