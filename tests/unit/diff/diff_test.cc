// What each person's account needs (rules, 14 to 19; the design's situation table).

#include "daemon/diff/diff.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/diff/field_diff.h"
#include "tests/unit/dump/sample.h"

namespace roster {
namespace {

using diff::Diff;
using dump::MakeAccount;
using dump::MakeCandidate;
using dump::MakeLink;
using dump::MakeRules;
using model::Account;
using model::Action;
using model::Candidate;
using model::Change;
using model::Eligibility;
using model::Field;
using model::FieldChange;
using model::Link;
using model::Owner;
using model::Reason;
using model::RosterRules;
using model::Situation;
using Kind = model::Match::Kind;

// A linked person whose account is the one given.
Change OfLinked(const Candidate& candidate, const Account& account,
                const RosterRules& rules = MakeRules(), std::uint32_t missing = 0) {
  const Link link = MakeLink(candidate.person.value(), MakeAccount("x", "ada@example.org"));
  return Diff(candidate, {}, &link, &account, missing, rules);
}

Change OfUnlinked(const Candidate& candidate, const model::Match& match) {
  return Diff(candidate, match, nullptr, nullptr, 0, MakeRules());
}

model::Match Fits(Kind kind, const Account& account) {
  model::Match match;
  match.kind = kind;
  match.account = account;
  return match;
}

Candidate Ada() { return MakeCandidate(1, "ada@example.org"); }
Account AdasAccount() { return MakeAccount("x", "ada@example.org"); }

Candidate Left(Eligibility eligibility, Reason reason) {
  Candidate candidate = Ada();
  candidate.eligibility = eligibility;
  candidate.reason = reason;
  candidate.fields = {};
  return candidate;
}

RosterRules OwnedBy(Owner owner) {
  RosterRules rules = MakeRules();
  for (auto& rule : rules.fields) rule.owner = owner;
  return rules;
}

TEST(Diff, NewIsAddedWithEveryField) {
  const Change change = OfUnlinked(Ada(), {});
  EXPECT_EQ(change.situation, Situation::kNew);
  EXPECT_EQ(change.action, Action::kAdd);
  EXPECT_EQ(change.reason, Reason::kNew);
  ASSERT_EQ(change.fields.size(), Ada().fields.size());
  for (const FieldChange& field : change.fields) {
    EXPECT_EQ(field.before, "");
    EXPECT_EQ(field.after, Ada().fields.Get(field.field));
  }
  EXPECT_FALSE(change.linked);
}

// Rules, 15: found is an update, since externalId is written, even if no field differs.
TEST(Diff, FoundIsUpdatedInWhatDiffers) {
  Account account = AdasAccount();
  const Change same = OfUnlinked(Ada(), Fits(Kind::kExact, account));
  EXPECT_EQ(same.situation, Situation::kFound);
  EXPECT_EQ(same.action, Action::kUpdate);
  EXPECT_TRUE(same.fields.empty());
  account.fields.Set(Field::kGivenName, "A.");
  const Change differs = OfUnlinked(Ada(), Fits(Kind::kExact, account));
  EXPECT_EQ(differs.fields, (std::vector<FieldChange>{{Field::kGivenName, "A.", "Ada"}}));
  EXPECT_EQ(differs.account, account);
}

TEST(Diff, FoundArchivedIsRestored) {
  Account account = AdasAccount();
  account.active = false;
  const Change change = OfUnlinked(Ada(), Fits(Kind::kExact, account));
  EXPECT_EQ(change.situation, Situation::kFoundArchived);
  EXPECT_EQ(change.action, Action::kRestore);
}

TEST(Diff, WhatNeedsAPersonProposesNothing) {
  const std::pair<Kind, Reason> rows[] = {{Kind::kSeveral, Reason::kAmbiguous},
                                          {Kind::kTaken, Reason::kTaken},
                                          {Kind::kProtected, Reason::kProtected}};
  for (const auto& [kind, reason] : rows) {
    model::Match match = Fits(kind, AdasAccount());
    match.others = {{AccountId("x"), true, "", ""}, {AccountId("y"), true, "", ""}};
    match.taken_by = PersonId(9);
    const Change change = OfUnlinked(Ada(), match);
    EXPECT_EQ(change.action, Action::kNone);
    EXPECT_EQ(change.reason, reason);
    EXPECT_TRUE(change.fields.empty());
    EXPECT_EQ(change.several, match.others);
    EXPECT_EQ(change.taken_by, PersonId(9));
  }
}

TEST(Diff, InStepProposesNothing) {
  const Change change = OfLinked(Ada(), AdasAccount());
  EXPECT_EQ(change.situation, Situation::kInStep);
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kInStep);
  EXPECT_TRUE(change.linked);
}

TEST(Diff, OutdatedIsUpdated) {
  Candidate candidate = Ada();
  candidate.fields.Set(Field::kGrade, "10");
  const Change change = OfLinked(candidate, AdasAccount());
  EXPECT_EQ(change.situation, Situation::kOutdated);
  EXPECT_EQ(change.action, Action::kUpdate);
  EXPECT_EQ(change.fields, (std::vector<FieldChange>{{Field::kGrade, "09", "10"}}));
  EXPECT_TRUE(change.drift.empty());
}

// A changed e-mail is an update of the linked account, not a second account.
TEST(Diff, ChangedEmailIsAnUpdate) {
  const Change change = OfLinked(MakeCandidate(1, "new@example.org"), AdasAccount());
  EXPECT_EQ(change.action, Action::kUpdate);
  EXPECT_EQ(change.fields.size(), 2U);
}

// The design: drifted is settled by the field's owner. FACTS owns it: put back.
TEST(Diff, DriftOfWhatFactsOwnsIsPutBack) {
  Account account = AdasAccount();
  account.fields.Set(Field::kGivenName, "Lady Ada");
  const Change change = OfLinked(Ada(), account);
  EXPECT_EQ(change.situation, Situation::kDrifted);
  EXPECT_EQ(change.action, Action::kUpdate);
  EXPECT_EQ(change.fields, (std::vector<FieldChange>{{Field::kGivenName, "Lady Ada", "Ada"}}));
  EXPECT_EQ(change.drift, (std::vector<FieldChange>{{Field::kGivenName, "Ada", "Lady Ada"}}));
}

// The site owns it: left, and shown.
TEST(Diff, DriftOfWhatTheSiteOwnsIsLeft) {
  Account account = AdasAccount();
  account.fields.Set(Field::kGivenName, "Lady Ada");
  const Change change = OfLinked(Ada(), account, OwnedBy(Owner::kSite));
  EXPECT_EQ(change.situation, Situation::kDrifted);
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kSiteOwned);
  EXPECT_TRUE(change.fields.empty());
  EXPECT_EQ(change.drift.size(), 1U);
}

TEST(Diff, NewsForWhatTheSiteOwnsIsLeft) {
  Candidate candidate = Ada();
  candidate.fields.Set(Field::kGivenName, "Adele");
  const Change change = OfLinked(candidate, AdasAccount(), OwnedBy(Owner::kSite));
  EXPECT_EQ(change.situation, Situation::kOutdated);
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kSiteOwned);
}

TEST(Diff, UntilFirstLoginFactsOwns) {
  const RosterRules rules = OwnedBy(Owner::kUntilFirstLogin);
  Account account = AdasAccount();
  account.fields.Set(Field::kGivenName, "Lady Ada");
  EXPECT_EQ(OfLinked(Ada(), account, rules).action, Action::kUpdate);
  account.last_accessed = Time{};
  EXPECT_EQ(OfLinked(Ada(), account, rules).reason, Reason::kSiteOwned);
}

// What is written decides the situation, not what is left.
TEST(Diff, SituationIsOfTheFieldsThatAreWritten) {
  RosterRules rules = MakeRules();
  for (auto& rule : rules.fields) {
    if (rule.to == Field::kGivenName) rule.owner = Owner::kSite;
  }
  Account account = AdasAccount();
  account.fields.Set(Field::kFamilyName, "Byron");  // drifted, FACTS owns it
  Candidate candidate = Ada();
  candidate.fields.Set(Field::kGivenName, "Adele");  // news, the site owns it
  const Change change = OfLinked(candidate, account, rules);
  EXPECT_EQ(change.situation, Situation::kDrifted);
  EXPECT_EQ(change.fields, (std::vector<FieldChange>{{Field::kFamilyName, "Byron", "Example"}}));
}

TEST(Diff, BothSidesChangedIsOutdatedWithItsDrift) {
  Account account = AdasAccount();
  account.fields.Set(Field::kGivenName, "Lady Ada");
  Candidate candidate = Ada();
  candidate.fields.Set(Field::kGivenName, "Adele");
  const Change change = OfLinked(candidate, account);
  EXPECT_EQ(change.situation, Situation::kOutdated);
  EXPECT_EQ(change.drift, (std::vector<FieldChange>{{Field::kGivenName, "Ada", "Lady Ada"}}));
}

// A field that was mapped only now was never written: nobody has drifted.
TEST(Diff, NewlyMappedFieldIsOutdatedNotDrifted) {
  RosterRules rules = MakeRules();
  rules.fields.push_back({model::FactsField::kHomePhone, Field::kHomePhone, Owner::kFacts});
  Account account = AdasAccount();
  account.fields.Set(Field::kHomePhone, "555-0199");
  Candidate candidate = Ada();
  candidate.fields.Set(Field::kHomePhone, "555-0100");
  const Change change = OfLinked(candidate, account, rules);
  EXPECT_EQ(change.situation, Situation::kOutdated);
  EXPECT_TRUE(change.drift.empty());
}

// Rules, 18.
TEST(Diff, BlankInFactsNeverOverwrites) {
  Candidate candidate = Ada();
  candidate.fields.Set(Field::kGrade, "");
  candidate.fields.Set(Field::kSchool, " ");
  const Change change = OfLinked(candidate, AdasAccount());
  EXPECT_EQ(change.situation, Situation::kInStep);
  EXPECT_TRUE(change.fields.empty());
}

// Rules, 18.
TEST(Diff, UnmappedFieldsAreNotTouched) {
  Account account = AdasAccount();
  account.fields.Set(Field::kNickName, "The Countess");
  EXPECT_EQ(OfLinked(Ada(), account).situation, Situation::kInStep);
}

// Rules, 18.
TEST(Diff, LetterCaseIsADifferenceInNamesNotInEmails) {
  EXPECT_TRUE(model::SameValue(Field::kEmail, "A@Example.org", " a@example.ORG"));
  EXPECT_TRUE(model::SameValue(Field::kUserName, "A@Example.org", "a@example.org"));
  EXPECT_FALSE(model::SameValue(Field::kGivenName, "ada", "Ada"));
}

// Rules, 18.
TEST(Diff, PaddingAndUnicodeFormAreNoDifference) {
  EXPECT_TRUE(model::SameValue(Field::kGivenName, " Ren\xC3\xA9 ", "Rene\xCC\x81"));
  EXPECT_FALSE(model::SameValue(Field::kGivenName, "Ren\xC3\xA9", "Rene"));
}

TEST(Diff, FieldsAreInTheirOrderWhateverTheConfigs) {
  RosterRules rules = MakeRules();
  std::reverse(rules.fields.begin(), rules.fields.end());
  Candidate candidate = MakeCandidate(1, "new@example.org");
  candidate.fields.Set(Field::kGrade, "10");
  const Change change = OfLinked(candidate, AdasAccount(), rules);
  ASSERT_EQ(change.fields.size(), 3U);
  EXPECT_EQ(change.fields[0].field, Field::kUserName);
  EXPECT_EQ(change.fields[1].field, Field::kEmail);
  EXPECT_EQ(change.fields[2].field, Field::kGrade);
}

TEST(Diff, ReturnedIsRestoredWithItsDifferences) {
  Account account = AdasAccount();
  account.active = false;
  Candidate candidate = Ada();
  candidate.fields.Set(Field::kGrade, "10");
  const Change change = OfLinked(candidate, account);
  EXPECT_EQ(change.situation, Situation::kReturned);
  EXPECT_EQ(change.action, Action::kRestore);
  EXPECT_EQ(change.fields, (std::vector<FieldChange>{{Field::kGrade, "09", "10"}}));
}

TEST(Diff, LostWaitsForAPerson) {
  const Link link = MakeLink(1, AdasAccount());
  const Change change = Diff(Ada(), {}, &link, nullptr, 0, MakeRules());
  EXPECT_EQ(change.situation, Situation::kLost);
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kLost);
  EXPECT_EQ(change.lost_account, AccountId("x"));
  EXPECT_FALSE(change.account);
}

TEST(Diff, IneligibleIsArchivedForItsReason) {
  for (const Reason reason : {Reason::kGraduated, Reason::kWithdrawn, Reason::kInactive,
                              Reason::kOutOfScope, Reason::kDeceased}) {
    const Change change = OfLinked(Left(Eligibility::kIneligible, reason), AdasAccount());
    EXPECT_EQ(change.situation, Situation::kIneligible);
    EXPECT_EQ(change.action, Action::kArchive);
    EXPECT_EQ(change.reason, reason);
    EXPECT_TRUE(change.fields.empty());
  }
}

// Rules, 4: no reason to archive.
TEST(Diff, UnclearAndNotYetAreLeft) {
  const Change unclear =
      OfLinked(Left(Eligibility::kUnclear, Reason::kUnknownStatus), AdasAccount());
  EXPECT_EQ(unclear.situation, Situation::kUnclear);
  EXPECT_EQ(unclear.action, Action::kNone);
  EXPECT_EQ(unclear.reason, Reason::kUnknownStatus);
  const Change not_yet = OfLinked(Left(Eligibility::kNotYet, Reason::kNotYet), AdasAccount());
  EXPECT_EQ(not_yet.situation, Situation::kNotYet);
  EXPECT_EQ(not_yet.action, Action::kNone);
  EXPECT_EQ(not_yet.reason, Reason::kNotYet);
}

// Rules, 19.
TEST(Diff, MissingIsArchivedAfterThreeWholePolls) {
  const Candidate missing = Left(Eligibility::kMissing, Reason::kMissing);
  const std::pair<std::uint32_t, Reason> polls[] = {{0, Reason::kMissingWaiting},
                                                    {1, Reason::kMissingWaiting},
                                                    {2, Reason::kMissing},
                                                    {3, Reason::kMissing}};
  for (const auto& [before, reason] : polls) {
    const Change change = OfLinked(missing, AdasAccount(), MakeRules(), before);
    EXPECT_EQ(change.reason, reason) << before;
    EXPECT_EQ(change.action, reason == Reason::kMissing ? Action::kArchive : Action::kNone);
    EXPECT_EQ(change.missing_polls, std::min(before + 1, 3U));  // so that it stops changing
  }
  EXPECT_EQ(OfLinked(Ada(), AdasAccount(), MakeRules(), 2).missing_polls, 0U);
}

// Rules, 19: the number is the config's.
TEST(Diff, MissingPollsAreConfigured) {
  RosterRules rules = MakeRules();
  rules.missing_polls = 1;
  const Candidate missing = Left(Eligibility::kMissing, Reason::kMissing);
  EXPECT_EQ(OfLinked(missing, AdasAccount(), rules).action, Action::kArchive);
}

TEST(Diff, RetiredProposesNothing) {
  Account archived = AdasAccount();
  archived.active = false;
  const Candidate left = Left(Eligibility::kIneligible, Reason::kGraduated);
  const Change change = OfLinked(left, archived);
  EXPECT_EQ(change.situation, Situation::kRetired);
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kRetired);
  const Link link = MakeLink(1, archived);
  const Change gone = Diff(left, {}, &link, nullptr, 0, MakeRules());
  EXPECT_EQ(gone.situation, Situation::kRetired);
  EXPECT_EQ(gone.lost_account, AccountId("x"));
}

// Rules, 16: never written to.
TEST(Diff, ProtectedLinkedAccountIsNeverWritten) {
  model::Match match;
  match.kind = Kind::kProtected;
  const Link link = MakeLink(1, AdasAccount());
  const Account account = AdasAccount();
  for (const Candidate& candidate :
       {Ada(), MakeCandidate(1, "new@example.org"), MakeCandidate(1, ""),
        Left(Eligibility::kIneligible, Reason::kGraduated),
        Left(Eligibility::kMissing, Reason::kMissing)}) {
    const Change change = Diff(candidate, match, &link, &account, 9, MakeRules());
    EXPECT_EQ(change.situation, Situation::kProtected);
    EXPECT_EQ(change.action, Action::kNone);
    EXPECT_EQ(change.reason, Reason::kProtected);
    EXPECT_TRUE(change.fields.empty());
  }
}

// Rules, 3 and 5: errors are held, linked or not.
TEST(Diff, ErrorsAreHeld) {
  Candidate no_person = Ada();
  no_person.no_person = true;
  no_person.reason = Reason::kNoPerson;
  Candidate no_email = MakeCandidate(1, "");
  no_email.fields.Set(Field::kGrade, "10");
  for (const Candidate& candidate : {no_person, no_email}) {
    for (const Change& change : {OfUnlinked(candidate, {}), OfLinked(candidate, AdasAccount())}) {
      EXPECT_EQ(change.action, Action::kNone);
      EXPECT_EQ(change.reason, candidate.reason);
      EXPECT_TRUE(change.fields.empty());
    }
  }
}

// Rules, 17.
TEST(Diff, CollisionIsHeldAndShowsWhatWasWanted) {
  model::Match match;
  match.collision = AccountId("y");
  const Link link = MakeLink(1, AdasAccount());
  const Account account = AdasAccount();
  const Change change =
      Diff(MakeCandidate(1, "taken@example.org"), match, &link, &account, 0, MakeRules());
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kEmailCollision);
  EXPECT_EQ(change.collision, AccountId("y"));
  EXPECT_EQ(change.fields.size(), 2U);
}

// Rules, 8: review judges, since a decision on the others frees the row.
TEST(Diff, DuplicatesKeepTheirAction) {
  model::Match match;
  match.duplicates = {PersonId(2)};
  const Change change = OfUnlinked(Ada(), match);
  EXPECT_EQ(change.action, Action::kAdd);
  EXPECT_EQ(change.duplicates, match.duplicates);
}

TEST(Diff, GroupTooLargeToNameIsHeld) {
  model::Match match;
  for (std::size_t i = 0; i < model::kGroupMembersMax; ++i) {
    match.duplicates.emplace_back(static_cast<std::int64_t>(i) + 2);
  }
  const Change change = OfUnlinked(Ada(), match);
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kDuplicateEmail);
}

TEST(Diff, CarriesWhatMatchFound) {
  model::Match match;
  match.kind = Kind::kSeveral;
  match.others = {{AccountId("x"), false, "ada@example.org", "Ada Example"}};
  match.severity = model::Severity::kWarning;
  match.group = Xxh3("group");
  match.never_archive = true;
  const Change change = OfUnlinked(Ada(), match);
  EXPECT_EQ(change.several, match.others);
  EXPECT_EQ(change.severity, match.severity);
  EXPECT_EQ(change.group, match.group);
  EXPECT_TRUE(change.never_archive);
}

// Review holds it back: the row shows what would be done.
TEST(Diff, NeverArchivedKeepsItsAction) {
  const Account account = AdasAccount();
  const Link link = MakeLink(1, account);
  model::Match match;
  match.never_archive = true;
  const Change change = Diff(Left(Eligibility::kIneligible, Reason::kGraduated), match, &link,
                             &account, 0, MakeRules());
  EXPECT_EQ(change.action, Action::kArchive);
  EXPECT_EQ(change.reason, Reason::kGraduated);
  EXPECT_TRUE(change.never_archive);
}

// Rules, 2: a parent by one graph alone is held, as one without an e-mail is.
TEST(Diff, GraphsThatDisagreeHold) {
  Candidate candidate = Ada();
  candidate.reason = Reason::kGraphsDisagree;
  const Change change = OfUnlinked(candidate, {});
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kGraphsDisagree);
  EXPECT_TRUE(change.fields.empty());
}

// Rules, 11: none of the accounts with the address; the site would refuse another one.
TEST(Diff, NewUserWhoseAddressIsAnAccountsIsHeld) {
  model::Match match;
  match.collision = AccountId("x");
  const Change change = OfUnlinked(Ada(), match);
  EXPECT_EQ(change.situation, Situation::kNew);
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kEmailCollision);
  EXPECT_FALSE(change.fields.empty());
}

// Rules, 21: no row among everybody; asked about all the same, nothing is proposed.
TEST(Diff, NeverLinkedAndNotEligibleIsNobody) {
  const Change change = OfUnlinked(Left(Eligibility::kIneligible, Reason::kGraduated), {});
  EXPECT_EQ(change.action, Action::kNone);
  EXPECT_EQ(change.reason, Reason::kNotLinked);
}

TEST(DiffAll, TakesEverybodyInOrder) {
  const Account x = MakeAccount("x", "ada@example.org");
  const auto accounts = dump::MakeAccounts({x});
  std::vector<Candidate> candidates = {Ada(), MakeCandidate(2, "b@example.org"),
                                       Left(Eligibility::kMissing, Reason::kMissing)};
  candidates[2].person = PersonId(3);
  std::vector<PersonId> asked;
  const auto changes = diff::DiffAll(
      candidates, std::vector<model::Match>(3), {MakeLink(1, x), MakeLink(3, MakeAccount("z", ""))},
      accounts,
      [&asked](PersonId person) {
        asked.push_back(person);
        return 2U;
      },
      MakeRules());
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].situation, Situation::kInStep);
  EXPECT_EQ(changes[1].situation, Situation::kNew);
  EXPECT_EQ(changes[2].situation, Situation::kRetired);
  EXPECT_EQ(asked, (std::vector<PersonId>{PersonId(3)}));
}

// Rules, 14: linked, though no link is on record.
TEST(DiffAll, ExternalIdCountsAsLink) {
  Account account = AdasAccount();
  account.external_id = "tcs:1";
  account.fields.Set(Field::kGrade, "08");
  model::Match match = Fits(Kind::kExact, account);
  match.by_external_id = true;
  const auto changes = diff::DiffAll(
      {Ada()}, {match}, {}, dump::MakeAccounts({account}), [](PersonId) { return 0U; },
      MakeRules());
  EXPECT_TRUE(changes.at(0).linked);
  EXPECT_EQ(changes.at(0).situation, Situation::kOutdated);
  EXPECT_EQ(changes.at(0).fields, (std::vector<FieldChange>{{Field::kGrade, "08", "09"}}));
}

}  // namespace
}  // namespace roster
