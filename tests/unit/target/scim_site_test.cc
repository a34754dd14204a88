// What each action looks at, writes, and makes of what it finds.

#include "daemon/target/scim_date.h"
#include "tests/unit/target/scim_site_fixture.h"

namespace roster::target {
namespace {

// ---- add ----------------------------------------------------------------------------------------

TEST_F(ScimSiteTest, AddLooksThenCreates) {
  const auto outcome = Execute(Add());
  ASSERT_EQ(Word(outcome), "applied");
  const auto& account = std::get<Applied>(outcome).account;
  EXPECT_EQ(account.external_id, "tcs:50");
  EXPECT_EQ(account.fields.Get(Field::kGrade), "10");
  EXPECT_FALSE(account.version.empty());
  EXPECT_EQ(scim.Writes(), std::vector<std::string>{"POST/Users"});
  EXPECT_EQ(Run(Add()), "applied already");
  EXPECT_EQ(scim.Count("POST"), 1);
}

TEST_F(ScimSiteTest, AddWithoutTheExtensionDoesWithout) {
  scim.has_extension = false;
  EXPECT_EQ(Run(Add()), "applied");
}

TEST_F(ScimSiteTest, AddReadsWhatWasCreatedWhenTheAnswerIsEmpty) {
  scim.create_without_body = true;
  const auto outcome = Execute(Add());
  ASSERT_EQ(Word(outcome), "applied");
  EXPECT_EQ(std::get<Applied>(outcome).account.external_id, "tcs:50");
}

TEST_F(ScimSiteTest, AddFindsWhatIsThereWhateverItSays) {
  Task task = Add();
  task.external_id = "tcs:12";
  const auto outcome = Execute(task);
  EXPECT_EQ(Word(outcome), "applied already");
  EXPECT_EQ(std::get<Applied>(outcome).account.id, AccountId("7"));
  EXPECT_TRUE(scim.Writes().empty());
}

TEST_F(ScimSiteTest, AddToATakenUserNameIsSuperseded) {
  Task task = Add();
  task.fields[0].after = "ANN@example.org";
  EXPECT_EQ(Run(task), "superseded: username-taken");
}

TEST_F(ScimSiteTest, AddThatAnotherMadeAtTheSameMomentIsThere) {
  scim.Before("POST", 1, [this] { scim.Add("9", "new@example.org")["externalId"] = "tcs:50"; });
  EXPECT_EQ(Run(Add()), "applied already");
}

TEST_F(ScimSiteTest, AddWithTwoOfThatExternalIdIsAmbiguous) {
  scim.Add("8", "a@example.org")["externalId"] = "tcs:50";
  scim.Add("9", "b@example.org")["externalId"] = "tcs:50";
  EXPECT_EQ(Run(Add()), "superseded: ambiguous");
}

TEST_F(ScimSiteTest, AddWithAQuoteInTheExternalIdAsksForExactlyThat) {
  Task task = Add();
  task.external_id = "tcs:\" or userName pr or \"";
  EXPECT_EQ(Run(task), "applied");
  EXPECT_EQ(Run(task), "applied already");
}

TEST_F(ScimSiteTest, AddIsNotTriedOnASiteThatIgnoresTheFilter) {
  scim.ignores_filter = true;
  EXPECT_EQ(Run(Add()), "failed: filter-ignored");
  EXPECT_TRUE(scim.Writes().empty());
}

TEST_F(ScimSiteTest, AddNoticesADroppedExternalId) {
  scim.dropped = {"externalId"};
  EXPECT_EQ(Run(Add()), "failed: externalid-not-kept");
}

TEST_F(ScimSiteTest, AddWithALostAnswerLooksAgain) {
  for (const Fault fault : {Fault::kBrokenAfter, Fault::kTimeoutAfter}) {
    scim.Break("POST", 1, fault);
    EXPECT_EQ(Run(Add()), "applied");
    scim.Remove(scim.Has("1000") ? "1000" : "1001");
  }
  EXPECT_EQ(scim.Count("POST"), 2);
}

TEST_F(ScimSiteTest, AddThatBrokeBeforeTheEffectIsTriedLater) {
  scim.Break("POST", 1, Fault::kBrokenBefore);
  EXPECT_EQ(Run(Add()), "failed: broken again site");
  EXPECT_EQ(Run(Add()), "applied");
}

TEST_F(ScimSiteTest, AddWithALostAnswerThatCannotBeLookedUpIsUnknown) {
  Warm();
  scim.Break("POST", 1, Fault::kBrokenAfter);
  for (int i = 2; i < 9; ++i) scim.Answer("GET", i, 500);
  EXPECT_EQ(Run(Add()), "unknown: no-answer");
}

TEST_F(ScimSiteTest, AddOnlyLooking) {
  Task task = Add();
  task.look_only = true;
  EXPECT_EQ(Run(task), "superseded: changed");
  task.external_id = "tcs:12";
  EXPECT_EQ(Run(task), "applied already");
  EXPECT_TRUE(scim.Writes().empty());
}

// ---- update -------------------------------------------------------------------------------------

TEST_F(ScimSiteTest, UpdateWritesWhatWasApprovedAndLeavesTheRest) {
  const auto outcome = Execute(Update());
  ASSERT_EQ(Word(outcome), "applied");
  const auto& user = scim.User("7");
  EXPECT_EQ(user["name"]["givenName"], "Anna");
  EXPECT_EQ(user["name"]["familyName"], "B");
  EXPECT_EQ(user["emails"][0]["value"], "anna@example.org");
  EXPECT_EQ(user["emails"][1]["value"], "second@example.org");
  EXPECT_EQ(user[FakeScim::kExtension]["grade"], "10");
  EXPECT_EQ(user["userName"], "ann@example.org");
  EXPECT_EQ(std::get<Applied>(outcome).account.fields.Get(Field::kGivenName), "Anna");
  EXPECT_EQ(Run(Update()), "applied already");
  EXPECT_EQ(scim.Count("PATCH"), 1);
}

TEST_F(ScimSiteTest, UpdateNeedsNoBodyInTheAnswer) {
  scim.answers_204 = true;
  const auto outcome = Execute(Update());
  ASSERT_EQ(Word(outcome), "applied");
  EXPECT_EQ(std::get<Applied>(outcome).account.fields.Get(Field::kGrade), "10");
}

TEST_F(ScimSiteTest, UpdateSendsTheVersionFromMetaOrETag) {
  for (const bool in_meta : {true, false}) {
    scim.version_in_meta = in_meta;
    scim.Touch("7");
    const std::string version = scim.User("7")["meta"]["version"];
    Task task = MakeTask(Action::kUpdate);
    task.fields = {{Field::kGrade, in_meta ? "09" : "10", in_meta ? "10" : "11"}};
    EXPECT_EQ(Run(task), "applied");
    const auto& headers = scim.requests.back().headers;
    EXPECT_EQ(headers.back(), (std::pair<std::string, std::string>{"If-Match", version}));
  }
}

TEST_F(ScimSiteTest, UpdateWorksWithoutVersions) {
  scim.versions = false;
  EXPECT_EQ(Run(Update()), "applied");
}

TEST_F(ScimSiteTest, UpdateLooksAgainAfterAConflict) {
  scim.Before("PATCH", 1, [this] { scim.Touch("7"); });
  EXPECT_EQ(Run(Update()), "applied");
  EXPECT_EQ(scim.Count("PATCH"), 2);
}

TEST_F(ScimSiteTest, UpdateAfterAConflictRespectsWhatChanged) {
  scim.Before("PATCH", 1, [this] {
    scim.User("7")["name"]["givenName"] = "Annie";
    scim.Touch("7");
  });
  EXPECT_EQ(Run(Update()), "superseded: changed-on-site");
  EXPECT_EQ(scim.Count("PATCH"), 1);
}

TEST_F(ScimSiteTest, UpdateGivesUpAfterFiveConflicts) {
  for (int i = 1; i < 9; ++i) scim.Before("PATCH", i, [this] { scim.Touch("7"); });
  EXPECT_EQ(Run(Update()), "failed: conflict again");
  EXPECT_EQ(scim.Count("PATCH"), 5);
}

TEST_F(ScimSiteTest, UpdateToATakenUserNameIsSuperseded) {
  Task task = MakeTask(Action::kUpdate);
  task.fields = {{Field::kUserName, "ann@example.org", "other@example.org"}};
  EXPECT_EQ(Run(task), "superseded: username-taken");
}

TEST_F(ScimSiteTest, UpdateOfWhatIsGoneIsSuperseded) {
  scim.Remove("7");
  EXPECT_EQ(Run(Update()), "superseded: gone");
}

TEST_F(ScimSiteTest, OneNotFoundDoesNotProveAnAccountGone) {
  Warm();
  scim.Answer("GET", 1, 404);
  EXPECT_EQ(Run(Update()), "applied");
}

TEST_F(ScimSiteTest, OneNotFoundDoesNotProveAnUnlinkedAccountGone) {
  scim.User("7").erase("externalId");
  Warm();
  scim.Answer("GET", 1, 404);
  EXPECT_EQ(Run(Update()), "applied");
}

TEST_F(ScimSiteTest, AnAccountMadeAnewUnderAnotherIdIsNotTheOne) {
  scim.Remove("7");
  scim.Add("99", "ann@example.org")["externalId"] = "tcs:12";
  EXPECT_EQ(Run(Update()), "superseded: gone");
}

TEST_F(ScimSiteTest, NotFoundOnASiteThatIgnoresTheFilterProvesNothing) {
  scim.Remove("7");
  scim.ignores_filter = true;
  EXPECT_EQ(Run(Update()), "failed: filter-ignored");
}

TEST_F(ScimSiteTest, UpdateOfTheProtectedTheArchivedAndTheForeignIsSuperseded) {
  scim.User("7")["roles"] = {{{"value", "Coordinator"}}};
  EXPECT_EQ(Run(Update()), "superseded: protected");
  scim.User("7").erase("roles");
  scim.User("7")["active"] = false;
  EXPECT_EQ(Run(Update()), "superseded: archived-on-site");
  scim.User("7")["externalId"] = "tcs:13";
  EXPECT_EQ(Run(Update()), "superseded: linked-elsewhere");
  EXPECT_TRUE(scim.Writes().empty());
}

TEST_F(ScimSiteTest, AFoundAccountIsLinkedByItsExternalId) {
  scim.User("7").erase("externalId");
  Task task = MakeTask(Action::kUpdate);
  task.link_only = true;
  EXPECT_EQ(Run(task), "applied");
  EXPECT_EQ(scim.User("7")["externalId"], "tcs:12");
}

TEST_F(ScimSiteTest, AFoundAccountThatIsAnothersByNowIsNotWrittenTo) {
  scim.User("7").erase("externalId");
  Task task = MakeTask(Action::kUpdate);
  task.link_only = true;
  task.fields = {{Field::kGrade, "09", "10"}};
  const std::string login = scim.User("7")["userName"];
  task.fitted_by = model::FittedBy{login, "ann@example.org", ""};
  scim.User("7")["userName"] = "bob@example.org";
  EXPECT_EQ(Run(task), "superseded: changed-on-site");
  EXPECT_TRUE(scim.Writes().empty());
  scim.User("7")["userName"] = login;
  EXPECT_EQ(Run(task), "applied");
}

TEST_F(ScimSiteTest, ADroppedAttributeIsNoticed) {
  scim.dropped = {"grade"};
  EXPECT_EQ(Run(Update()), "failed: attribute-dropped");
  scim.answers_204 = true;
  EXPECT_EQ(Run(Update()), "failed: attribute-dropped");
}

TEST_F(ScimSiteTest, ADroppedExternalIdIsNoticed) {
  scim.User("7").erase("externalId");
  scim.dropped = {"externalId"};
  EXPECT_EQ(Run(Update()), "failed: externalid-not-kept");
}

TEST_F(ScimSiteTest, UpdateWithALostAnswerLooksAgain) {
  scim.Break("PATCH", 1, Fault::kBrokenAfter);
  EXPECT_EQ(Run(Update()), "applied");
  EXPECT_EQ(scim.Count("PATCH"), 1);
}

TEST_F(ScimSiteTest, UpdateThatBrokeBeforeTheEffectIsTriedLater) {
  scim.Break("PATCH", 1, Fault::kBrokenBefore);
  EXPECT_EQ(Run(Update()), "failed: broken again site");
}

TEST_F(ScimSiteTest, UpdateWithALostAnswerThatCannotBeLookedUpIsUnknown) {
  Warm();
  scim.Break("PATCH", 1, Fault::kTimeoutAfter);
  for (int i = 2; i < 9; ++i) scim.Break("GET", i, Fault::kConnect);
  EXPECT_EQ(Run(Update()), "unknown: no-answer");
}

TEST_F(ScimSiteTest, AWriteThatWasNeverSentIsTriedLater) {
  scim.Break("PATCH", 1, Fault::kConnect);
  EXPECT_EQ(Run(Update()), "failed: connect again site");
}

TEST_F(ScimSiteTest, UpdateOnlyLooking) {
  Task task = Update();
  task.look_only = true;
  EXPECT_EQ(Run(task), "superseded: changed");
  ASSERT_EQ(Run(Update()), "applied");
  EXPECT_EQ(Run(task), "applied already");
  scim.Remove("7");
  EXPECT_EQ(Run(task), "superseded: changed");
  EXPECT_EQ(scim.Count("PATCH"), 1);
}

TEST_F(ScimSiteTest, AStopIsObeyedBeforeTheWrite) {
  Warm();
  scim.Before("GET", 1, [this] { stop.request_stop(); });
  EXPECT_EQ(Run(Update()), "failed: stopped again");
  EXPECT_TRUE(scim.Writes().empty());
}

TEST_F(ScimSiteTest, AStopDuringTheWriteIsNotObeyed) {
  scim.answers_204 = true;
  scim.Before("PATCH", 1, [this] { stop.request_stop(); });
  EXPECT_EQ(Run(Update()), "applied");
}

// ---- archive, restore, invite -------------------------------------------------------------------

TEST_F(ScimSiteTest, ArchiveAndRestore) {
  EXPECT_EQ(Run(Archive()), "applied");
  EXPECT_EQ(scim.User("7")["active"], false);
  EXPECT_EQ(Run(Archive()), "applied already");
  Task restore = Restore();
  restore.was_active = false;
  restore.fields = {{Field::kGrade, "09", "10"}};
  EXPECT_EQ(Run(restore), "applied");
  EXPECT_EQ(scim.User("7")["active"], true);
  EXPECT_EQ(scim.User("7")[FakeScim::kExtension]["grade"], "10");
  EXPECT_EQ(Run(restore), "applied already");
  EXPECT_EQ(scim.Count("PATCH"), 2);
}

TEST_F(ScimSiteTest, AnArchiveThatTheSiteDropsIsNoticed) {
  scim.dropped = {"active"};
  EXPECT_EQ(Run(Archive()), "failed: attribute-dropped");
}

TEST_F(ScimSiteTest, AnInvitationIsAskedForOnce) {
  const auto outcome = Execute(Invite());
  ASSERT_EQ(Word(outcome), "applied");
  EXPECT_EQ(std::get<Applied>(outcome).account.invited, ParseDateTime(FormatTime(clock.Now())));
  clock.Advance(std::chrono::hours(1));
  EXPECT_EQ(Run(Invite()), "applied already");
  EXPECT_EQ(scim.Count("PATCH"), 1);
}

TEST_F(ScimSiteTest, ASecondInvitationKnowsTheFirst) {
  ASSERT_EQ(Run(Invite()), "applied");
  Task task = Invite();
  task.invited_before = ParseDateTime(FormatTime(clock.Now()));
  clock.Advance(std::chrono::hours(1));
  EXPECT_EQ(Run(task), "applied");
}

TEST_F(ScimSiteTest, AnInvitationThatAnotherSentAtTheSameMomentIsNotSentTwice) {
  scim.Before("PATCH", 1, [this] {
    scim.User("7")[FakeScim::kExtension]["invitedAt"] = "2026-08-24T00:00:01Z";
    scim.Touch("7");
  });
  EXPECT_EQ(Run(Invite()), "applied already");
}

TEST_F(ScimSiteTest, NoInvitationToThoseWhoCameOrLeft) {
  scim.User("7")["active"] = false;
  EXPECT_EQ(Run(Invite()), "superseded: archived-on-site");
  scim.User("7")[FakeScim::kExtension]["lastAccessedAt"] = "2026-01-01T00:00:00Z";
  EXPECT_EQ(Run(Invite()), "superseded: already-accessed");
  EXPECT_TRUE(scim.Writes().empty());
}

TEST_F(ScimSiteTest, NoInvitationsWithoutTheExtension) {
  scim.has_extension = false;
  scim.User("7").erase(FakeScim::kExtension);
  EXPECT_EQ(Run(Invite()), "failed: no-invitations");
}

// ---- what an earlier attempt may have done ------------------------------------------------------

Task InDoubt(Task task, std::string why = "lease-expired") {
  task.doubt = std::move(why);
  return task;
}

bool IsUntold(const Outcome& outcome) {
  const auto* unknown = std::get_if<Unknown>(&outcome);
  return unknown != nullptr && unknown->untold;
}

TEST_F(ScimSiteTest, AnInvitationInDoubtIsLookedUpWhereTheSiteTells) {
  EXPECT_EQ(Run(InDoubt(Invite())), "applied") << "it was not sent";
  EXPECT_EQ(Run(InDoubt(Invite())), "applied already");
  EXPECT_EQ(scim.Count("PATCH"), 1);
}

TEST_F(ScimSiteTest, AnInvitationInDoubtIsNotSentWhereTheSiteCannotTell) {
  scim.declares_invited = false;
  const auto outcome = Execute(InDoubt(Invite()));
  EXPECT_EQ(Word(outcome), "unknown: not-told");
  EXPECT_TRUE(IsUntold(outcome));
  Task look = InDoubt(Invite());
  look.look_only = true;
  EXPECT_EQ(Run(look), "unknown: not-told");
  EXPECT_TRUE(scim.Writes().empty());
  scim.User("7")[FakeScim::kExtension]["invitedAt"] = "2026-08-24T00:00:01Z";
  EXPECT_EQ(Run(InDoubt(Invite())), "applied already") << "it shows it all the same";
}

TEST_F(ScimSiteTest, AnInvitationInDoubtIsNotSentWhereTheExtensionIsGone) {
  scim.has_extension = false;
  EXPECT_TRUE(IsUntold(Execute(InDoubt(Invite()))));
  EXPECT_TRUE(scim.Writes().empty());
}

TEST_F(ScimSiteTest, AnInvitationInDoubtIsNotSentWhereNothingKeepsALateOneOut) {
  scim.versions = false;
  const auto outcome = Execute(InDoubt(Invite()));
  EXPECT_EQ(Word(outcome), "unknown: not-seen");
  EXPECT_FALSE(IsUntold(outcome)) << "it may show later";
  EXPECT_TRUE(scim.Writes().empty());
}

TEST_F(ScimSiteTest, AnInvitationWithoutAnAnswerMayStillArriveWhereThereAreNoVersions) {
  scim.versions = false;
  scim.Break("PATCH", 1, Fault::kBrokenBefore);
  EXPECT_EQ(Run(Invite()), "unknown: not-seen");
}

TEST_F(ScimSiteTest, AnInvitationThatIsAcceptedAndNotShownIsNotSentTwice) {
  scim.dropped = {"invitedAt"};
  const auto outcome = Execute(Invite());
  EXPECT_EQ(Word(outcome), "unknown: not-shown");
  EXPECT_TRUE(IsUntold(outcome));
  EXPECT_EQ(scim.Count("PATCH"), 1);
}

TEST_F(ScimSiteTest, AnInvitationThatIsAcceptedAndCannotBeLookedAtIsNotSentTwice) {
  Warm();
  scim.answers_204 = true;
  scim.dropped = {"invitedAt"};
  scim.Answer("GET", 2, 404);
  scim.Answer("GET", 3, 400);
  EXPECT_EQ(Run(Invite()), "unknown: accepted-unseen");
  EXPECT_EQ(Run(InDoubt(Invite(), "accepted-unseen")), "unknown: not-shown");
  EXPECT_EQ(scim.Count("PATCH"), 1);
}

TEST_F(ScimSiteTest, InDoubtNothingIsGivenUpWithoutALook) {
  scim.ignores_filter = true;
  EXPECT_EQ(Run(Add()), "failed: filter-ignored");
  EXPECT_TRUE(IsUntold(Execute(InDoubt(Add()))));
  scim.ignores_filter = false;
  scim.Answer("GET", 1, 400);
  EXPECT_TRUE(IsUntold(Execute(InDoubt(Archive()))));
  EXPECT_TRUE(scim.Writes().empty());
}

}  // namespace
}  // namespace roster::target
