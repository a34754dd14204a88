// Decisions on people: what they make of a row, how long they last, and how they are told.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

TEST_F(Synced, DeselectingTheLinkedProposesAnArchiveAndNothingMore) {
  desk.Decide(wire::SKIP, {2});
  const auto plan = desk.Plan();
  EXPECT_EQ(plan.archives(), 1U);
  EXPECT_TRUE(desk.site["a2"].active);
}

TEST(Engine, DeselectingWithdrawsWhatHasNotBegun) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2});
  desk.Approve(desk.Plan());
  const auto begun = desk.Lease("w", 1);
  desk.Decide(wire::SKIP, {1, 2});
  EXPECT_EQ(desk.CountEntries(wire::Entry::kTaskSuperseded), 1U);
  desk.Report("w", {desk.Execute(begun.at(0))});
  EXPECT_EQ(desk.site.size(), 1U);
  EXPECT_EQ(desk.Plan().archives(), 1U) << "begun, done, and deselected: to be archived";
  desk.ExpectConsistent();
}

TEST(Engine, DuplicatesHoldBothBackUntilOneIsDeselected) {
  Desk desk;
  desk.pupils = {{1, "Ada", "Abel", "same@example.org"}, {2, "Ben", "Bold", "SAME@example.org"}};
  desk.Poll();
  EXPECT_EQ(desk.Users(wire::STATUS_ERROR).size(), 2U);
  desk.Decide(wire::SYNC, {1});
  EXPECT_EQ(desk.Plan().items(), 0U);
  desk.Decide(wire::SKIP, {2});
  EXPECT_EQ(desk.Plan().adds(), 1U);
  EXPECT_TRUE(desk.Users(wire::STATUS_ERROR).empty());
  desk.ExpectConsistent();
}

TEST(Engine, BeforeTheFirstPollNobodyIsSaidNeverToHaveBeen) {
  Desk desk;
  wire::Request request;
  request.mutable_explain()->set_person(1);
  const auto reply = desk.Ask(request);
  EXPECT_EQ(reply.error().reason(), "unknown-person");
  EXPECT_EQ(reply.error().message(),
            "Nothing was read from FACTS yet, so nobody is known: rosterctl poll --wait.");
}

TEST_F(Synced, OnePersonExplained) {
  wire::Request request;
  request.mutable_explain()->set_person(1);
  std::string all;
  const auto reply = desk.Ask(request);
  for (const auto& line : reply.explain().lines()) all += line.text() + "\n";
  EXPECT_NE(all.find("Selected by uid:1000."), std::string::npos) << all;
  EXPECT_NE(all.find("done on account a1"), std::string::npos) << all;
  EXPECT_NE(all.find("FACTS says"), std::string::npos) << all;
  request.mutable_explain()->set_person(999);
  EXPECT_EQ(desk.Ask(request).error().reason(), "unknown-person");
}

TEST(Decisions, NewEndsWithTheFirstWordAndReturnsWithWhatItWasMadeOn) {
  for (const auto kind : {wire::SYNC, wire::SKIP}) {
    Desk desk;
    desk.pupils = SomePupils();
    desk.Poll();
    EXPECT_TRUE(desk.User(1).is_new());
    desk.Decide(kind, {1});
    EXPECT_FALSE(desk.User(1).is_new());
    const auto called = desk.CountEntries(wire::Entry::kReviewRequired);
    desk.pupils[0].email = "other@example.org";
    desk.Poll();
    EXPECT_TRUE(desk.User(1).is_new());
    EXPECT_EQ(desk.User(1).reason(), "decision-outdated");
    EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), called + 1) << "called once more";
    EXPECT_EQ(desk.Plan().items(), 0U) << "it counts no longer";
    desk.Decide(kind, {1});
    EXPECT_FALSE(desk.User(1).is_new());
    EXPECT_EQ(desk.User(1).outdated_size(), 0);
    desk.ExpectConsistent();
  }
}

// Workflow, 7: decisions stay decided until the facts that they were made on change.
class Basis : public Parents {
 protected:
  void SetUp() override {
    Parents::SetUp();
    desk.Decide(wire::SKIP, {3});
    desk.Decide(wire::EXCLUDE, {4});
  }
  // What person 3's row says has changed.
  std::vector<std::string> Changed() {
    desk.Poll();
    EXPECT_EQ(desk.User(4).outdated_size(), 0) << "exclusions last";
    const auto row = desk.User(3);
    EXPECT_EQ(row.is_new(), row.outdated_size() > 0);
    return {row.outdated().begin(), row.outdated().end()};
  }
};

TEST_F(Basis, AnotherEmail) {
  Person(3).email = Person(4).email = "other@example.org";
  EXPECT_EQ(Changed(), std::vector<std::string>{"e-mail"});
}

TEST_F(Basis, TheSameEmailInOtherLettersIsTheSame) {
  Person(3).email = " CAT@example.org";
  EXPECT_EQ(Changed(), std::vector<std::string>{});
}

TEST_F(Basis, AnotherName) {
  Person(3).last = Person(4).last = "Other";
  EXPECT_EQ(Changed(), std::vector<std::string>{"name"});
}

TEST_F(Basis, AnotherAccount) {
  for (const auto* name : {"cat", "dan"}) {
    model::Account account;
    account.id = AccountId(name);
    account.fields.Set(model::Field::kUserName, std::string(name) + "@example.org");
    desk.site[name] = account;
  }
  EXPECT_EQ(Changed(), std::vector<std::string>{"account"});
}

TEST_F(Basis, AnotherFamily) {
  desk.households[2].parents = {3, 4, 5};
  EXPECT_EQ(Changed(), std::vector<std::string>{"families"});
}

// Of students' accounts families are read where a field is mapped from them: no fact has changed
// when one is, or no longer.
TEST(Decisions, AMappedFamilyFieldBringsNobodyBack) {
  Desk desk;
  auto& fields = desk.settings.schools[0].rules.fields;
  const auto plain = fields;
  const auto map = [&](bool mapped) {
    fields = plain;
    desk.households.clear();  // as they are not asked for
    if (mapped) {
      fields.push_back({model::FactsField::kFamilyName, model::Field::kGrouping});
      desk.households = {{10, "Abel", {}, {1, 3}}, {20, "Bold", {}, {2}}};
    }
    desk.Restart();
    desk.Poll();
    EXPECT_EQ(desk.User(1).families_size(), mapped ? 1 : 0);
  };
  const auto expect_decided = [&](const char* when) {
    for (const auto person : {1, 2, 3}) {
      EXPECT_EQ(desk.User(person).outdated_size(), 0) << when;
      EXPECT_FALSE(desk.User(person).is_new()) << when;
    }
  };
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SKIP, {1});
  desk.Decide(wire::SYNC, {2});
  map(true);
  desk.Decide(wire::SKIP, {3});
  expect_decided("mapped");
  map(false);
  expect_decided("no longer mapped");
  map(true);
  expect_decided("mapped again");
  desk.households = {{10, "Abel", {}, {1}}, {20, "Bold", {}, {2, 3}}};
  desk.Poll();
  EXPECT_EQ(desk.User(3).outdated_size(), 1) << "decided on when families were read, and moved";
  desk.ExpectConsistent();
}

TEST_F(Basis, AnotherGradeIsNone) {
  Person(102).grade = "04";
  EXPECT_EQ(Changed(), std::vector<std::string>{});
}

TEST_F(Basis, ASelectionIsUsedUpByTheLink) {
  Sync({1});
  Person(1).email = "other@example.org";
  Person(1).last = "Other";
  desk.Poll();
  EXPECT_FALSE(desk.User(1).is_new());
  EXPECT_EQ(desk.Plan().email_changes(), 1U) << "an update like any";
}

TEST_F(Basis, WhoHasLeftIsAskedNothing) {
  Sync({1});
  desk.Decide(wire::SKIP, {1});
  Person(1).last = "Other";
  Person(101).status = "Withdrawn";
  desk.Poll();
  EXPECT_FALSE(desk.User(1).is_new());
  EXPECT_EQ(desk.Plan().archives(), 1U);
}

TEST_F(Synced, AnExclusionKeepsTheAccountExactlyAsItIsUntilIncluded) {
  wire::Request request;
  request.mutable_decide()->set_decision(wire::EXCLUDE);
  request.mutable_decide()->add_persons(1);
  request.mutable_decide()->set_note("asked to be left alone");
  EXPECT_EQ(desk.Command(request).decide().changed(), 1U);
  EXPECT_EQ(desk.Command(request).decide().changed(), 0U);
  desk.pupils[0].last = "Other";
  desk.pupils[0].status = "Withdrawn";
  desk.Poll();
  EXPECT_EQ(desk.Plan().items(), 0U);
  EXPECT_EQ(desk.User(1).note(), "asked to be left alone");
  EXPECT_EQ(desk.User(1).reason(), "excluded");
  EXPECT_EQ(desk.Decide(wire::INCLUDE, {1, 2}).decide().changed(), 1U) << "2 was never out";
  EXPECT_EQ(desk.Plan().archives(), 1U);
}

TEST_F(Synced, WhoDecidedAndWhenStandsInTheRow) {
  EXPECT_EQ(desk.User(1).decided_by(), "uid:1000");
  desk.Decide(wire::EXCLUDE, {2});
  const auto row = desk.User(2);
  EXPECT_EQ(row.decided_by(), "uid:1000");
  EXPECT_GT(row.decided_at().seconds(), 0);
  EXPECT_EQ(desk.User(4).decided_by(), "") << "nobody has";
}

TEST_F(Synced, AProtectionByAPersonLastsUntilTakenBack) {
  desk.Decide(wire::PROTECT, {1});
  desk.pupils[0].last = "Other";
  desk.Poll();
  EXPECT_EQ(desk.User(1).reason(), "protected");
  EXPECT_EQ(desk.User(1).decision(), "protect");
  EXPECT_EQ(desk.User(1).sentence().find("Protected by uid:1000 on 20"), 0U)
      << "a person did, and no role or config: " << desk.User(1).sentence();
  EXPECT_EQ(desk.Plan().items(), 0U);
  desk.Decide(wire::INCLUDE, {1});
  EXPECT_EQ(desk.Plan().updates(), 1U);
}

TEST_F(Synced, WhatATaskHasJustMadeIsProtectedByThePatternsAtOnce) {
  desk.settings.schools[0].rules.never_archive = {"keep@*"};
  desk.settings.schools[0].rules.protected_accounts = {"*@staff.example.org"};
  desk.Restart();
  desk.pupils.push_back({5, "Eve", "Edge", "keep@example.org"});
  desk.pupils.push_back({6, "Fay", "Ford", "fay@staff.example.org"});
  desk.Poll();
  desk.Decide(wire::SYNC, {5, 6});
  desk.Approve(desk.Plan());
  desk.WorkUntilDone();
  desk.Decide(wire::SKIP, {5, 6});
  EXPECT_EQ(desk.User(5).reason(), "never-archive");
  EXPECT_EQ(desk.User(6).reason(), "protected");
  EXPECT_EQ(desk.Plan().items(), 0U) << "no poll has seen them yet";
}

TEST_F(Synced, ADecisionAboutSomebodyWhoIsNotThereIsRefusedWhole) {
  const auto head = desk.School().head();
  const auto refused = desk.Decide(wire::SKIP, {1, 99});
  EXPECT_EQ(refused.error().reason(), "unknown-person");
  EXPECT_NE(refused.error().message().find("Person 99"), std::string::npos);
  EXPECT_EQ(desk.School().head(), head);
  EXPECT_EQ(desk.Plan().items(), 0U);
}

TEST_F(Parents, OneParentExplained) {
  Person(2).email = "ada@example.org";
  Person(2).email2 = "ben2@example.org";
  desk.links = {{1, 101}, {2, 101, true}, {3, 102}, {4, 102}, {5, 101}, {5, 103}};
  desk.Poll();
  const auto group = desk.Groups(wire::GROUP_NEW);
  desk.DecideFamilies(true, {20}, "moving away");
  const auto three = desk.Explain(3);
  EXPECT_NE(three.find("In family 20 (Cole), listed first."), std::string::npos) << three;
  EXPECT_NE(three.find("a parent of person 102, by household and by parent link, who is in scope"),
            std::string::npos)
      << three;
  EXPECT_NE(three.find("Family 20 is excluded on purpose, by uid:1000 on"), std::string::npos)
      << three;
  EXPECT_NE(three.find("noting \"moving away\"."), std::string::npos) << three;
  EXPECT_NE(three.find("Excluded on purpose: the account stays exactly as it is."),
            std::string::npos)
      << three;
  EXPECT_TRUE(group.empty()) << "Ben's only tie is blocked: he is no user";

  desk.links[1].blocked = false;
  desk.Poll();
  wire::ResolveGroup keep;
  keep.set_group(desk.Groups(wire::GROUP_NEW).at(0).group());
  keep.set_keep(1);
  desk.Resolve(keep);
  const auto one = desk.Explain(1);
  EXPECT_NE(one.find("Person 2 has the same e-mail."), std::string::npos) << one;
  EXPECT_NE(one.find("They were chosen to hold its address, by uid:1000 on"), std::string::npos)
      << one;
  wire::ResolveGroup email2;
  email2.set_use_email2(2);
  desk.Resolve(email2);
  desk.ExamineAgain();
  const auto two = desk.Explain(2);
  EXPECT_NE(two.find("ben2@example.org, from email2 by decision"), std::string::npos) << two;
  EXPECT_NE(two.find("email2 was chosen for them, by uid:1000"), std::string::npos) << two;
}

TEST_F(Synced, APersonsNotesAndWhatHasChangedAreExplained) {
  desk.pupils.push_back({5, "Eve", "Edge", "eve@example.org"});
  desk.Poll();
  wire::Request request;
  request.mutable_decide()->set_decision(wire::SKIP);
  request.mutable_decide()->add_persons(5);
  request.mutable_decide()->set_note("asked at the desk");
  desk.Command(request);
  desk.pupils.back().email = "other@example.org";
  desk.Poll();
  const auto text = desk.Explain(5);
  EXPECT_NE(text.find("Decided: skip, by uid:1000"), std::string::npos) << text;
  EXPECT_NE(text.find("noting \"asked at the desk\"."), std::string::npos) << text;
  EXPECT_NE(text.find("Changed since they were decided on: e-mail."), std::string::npos) << text;
  EXPECT_NE(text.find("Now: new, skip."), std::string::npos) << text;
}

}  // namespace
}  // namespace roster::engine
