// Forgetting: nothing but numbers is kept of somebody who has left, and all that is left adds up.

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

wire::Reply Forget(Desk& desk, const std::vector<std::int64_t>& persons) {
  wire::Request request;
  for (const std::int64_t person : persons) request.mutable_forget()->add_persons(person);
  return desk.Command(request);
}

std::string ReasonOf(const wire::Reply& reply) {
  EXPECT_TRUE(reply.has_forget()) << reply.error().message();
  return reply.forget().refused_size() == 1 ? reply.forget().refused(0).reason() : "";
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), ::tolower);
  return text;
}

// Everything that is stored, keys and values.
std::string Stored(const Desk& desk) {
  std::string all;
  for (std::size_t family = 0; family < store::kFamilies; ++family) {
    const auto at = desk.store.Scan(static_cast<store::Family>(family), "", "");
    for (; at->Valid(); at->Next()) {
      all.append(at->key()).append(1, '\n').append(at->value()).append(1, '\n');
    }
  }
  return Lower(all);
}

// The letters of the first key that leads to it; "": nowhere.
std::string Where(const Desk& desk, const std::string& text) {
  for (std::size_t family = 0; family < store::kFamilies; ++family) {
    const auto at = desk.store.Scan(static_cast<store::Family>(family), "", "");
    for (; at->Valid(); at->Next()) {
      const std::string row = Lower(std::string(at->key()) + std::string(at->value()));
      if (row.find(text) == std::string::npos) continue;
      return std::to_string(family) + std::string(at->key().substr(4, 1)) + " " + row;
    }
  }
  return "";
}

bool Holds(const Desk& desk, const std::string& text) {
  return Stored(desk).find(Lower(text)) != std::string::npos;
}

// Zed Zymurgy is on the site like Ada, Ben and Cat, was deselected once with a note, and leaves.
class Leaver : public Synced {
 protected:
  void SetUp() override {
    Synced::SetUp();
    desk.pupils.push_back({7, "Zedekiah", "Zymurgy", "zedekiah@zymurgy.example"});
    desk.Poll();
    desk.Decide(wire::SYNC, {7});
    plan = desk.Plan().plan();
    Sync();
    ASSERT_TRUE(Holds(desk, "zymurgy"));
  }
  void Sync() {
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    desk.WorkUntilDone();
  }
  Pupil& Zed() {
    return *std::find_if(desk.pupils.begin(), desk.pupils.end(),
                         [](const Pupil& pupil) { return pupil.id == 7; });
  }
  void Leave() {
    Zed().status = "Withdrawn";
    desk.Poll();
    Sync();
    ASSERT_FALSE(desk.User(7).in_progress());
  }
  void ExpectNothingOfZed() {
    EXPECT_FALSE(Holds(desk, "zymurgy"));
    EXPECT_FALSE(Holds(desk, "zedekiah"));
  }

  std::uint64_t plan = 0;
};

TEST_F(Leaver, NothingButNumbersIsKeptAndAllAddsUp) {
  Leave();
  const auto everybody = desk.School().counters().everybody();
  const wire::Reply reply = Forget(desk, {7});
  ASSERT_TRUE(reply.has_forget()) << reply.error().message();
  EXPECT_EQ(reply.forget().forgotten(), 1U);
  EXPECT_EQ(reply.forget().refused_size(), 0);
  ExpectNothingOfZed();
  EXPECT_EQ(desk.School().counters().everybody(), everybody - 1);
  const wire::Entry last = desk.Entries().back();
  ASSERT_TRUE(last.has_persons_forgotten());
  EXPECT_EQ(last.actor(), "uid:1000");
  ASSERT_EQ(last.persons_forgotten().persons_size(), 1);
  EXPECT_EQ(last.persons_forgotten().persons(0), 7);
  EXPECT_FALSE(last.persons_forgotten().by_age());
  desk.ExpectConsistent();
  EXPECT_NE(desk.Explain(7).find("What was kept was removed by uid:1000."), std::string::npos);
}

TEST_F(Leaver, TheNextPollsBringNothingBack) {
  Leave();
  ASSERT_EQ(Forget(desk, {7}).forget().forgotten(), 1U);
  for (int i = 0; i < 2; ++i) {
    desk.Poll();
    ExpectNothingOfZed();
    desk.ExpectConsistent();
  }
  desk.Restart();
  desk.Poll();
  ExpectNothingOfZed();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kLinksRecorded), 0U);
}

TEST_F(Leaver, WhoComesBackHasTheirAccountAgain) {
  Leave();
  ASSERT_EQ(Forget(desk, {7}).forget().forgotten(), 1U);
  Zed().status = "Enrolled";
  desk.Poll();
  const auto row = desk.User(7);
  EXPECT_EQ(row.action(), wire::RESTORE);
  EXPECT_EQ(row.decision(), "") << "nobody has decided on them since";
  EXPECT_EQ(desk.CountEntries(wire::Entry::kLinksRecorded), 1U);
  desk.Decide(wire::SYNC, {7});
  Sync();
  desk.Poll();
  EXPECT_EQ(desk.User(7).bucket(), wire::UNCHANGED);
}

TEST_F(Leaver, AnUndoLeavesTheTaskOfSomebodyForgotten) {
  Leave();
  ASSERT_EQ(Forget(desk, {7}).forget().forgotten(), 1U);
  Zed().status = "Enrolled";
  desk.Poll();
  ASSERT_TRUE(desk.User(7).person() == 7);
  const auto reply = desk.PrepareUndo(plan);
  ASSERT_TRUE(reply.has_plan()) << reply.error().message();
  ASSERT_EQ(reply.plan().plan().not_undone_size(), 1);
  EXPECT_EQ(reply.plan().plan().not_undone(0).reason(), "forgotten");
  EXPECT_NE(reply.plan().plan().not_undone(0).sentence().find("removed"), std::string::npos);
  EXPECT_EQ(reply.plan().plan().items(), 0U);
}

TEST_F(Leaver, WhoIsStillHereIsNotForgotten) {
  EXPECT_EQ(ReasonOf(Forget(desk, {7})), "still-here");
  EXPECT_EQ(ReasonOf(Forget(desk, {4711})), "unknown-person");
  Zed().status = "Withdrawn";
  desk.Poll();
  EXPECT_EQ(ReasonOf(Forget(desk, {7})), "account-active") << "archive it first";
  ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  EXPECT_EQ(ReasonOf(Forget(desk, {7})), "task-open");
  desk.WorkUntilDone();
  EXPECT_TRUE(Holds(desk, "zymurgy"));
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPersonsForgotten), 0U);
  const auto some = Forget(desk, {1, 7, 4711}).forget();
  EXPECT_EQ(some.forgotten(), 1U) << "the others are named, and stand in nobody's way";
  EXPECT_EQ(some.refused_size(), 2);
  for (const auto& refused : some.refused()) EXPECT_NE(refused.sentence(), "");
  ExpectNothingOfZed();
}

TEST_F(Leaver, ForgettingTwiceIsForgettingOnce) {
  Leave();
  EXPECT_EQ(Forget(desk, {7, 7}).forget().forgotten(), 1U);
  const wire::Reply again = Forget(desk, {7});
  EXPECT_EQ(again.forget().forgotten(), 0U);
  EXPECT_EQ(ReasonOf(again), "nothing-held");
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPersonsForgotten), 1U);
}

TEST_F(Leaver, WhoseTaskHasDiedIsForgottenAllTheSame) {
  Zed().last = "Zymurgy-Other";
  desk.Poll();
  ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  const auto tasks = desk.Lease("w");
  ASSERT_EQ(tasks.size(), 1U);
  wire::Outcome outcome;
  outcome.mutable_lease()->set_school(tasks[0].school());
  outcome.mutable_lease()->set_plan(tasks[0].plan());
  outcome.mutable_lease()->set_index(tasks[0].index());
  outcome.mutable_lease()->set_attempt(tasks[0].attempt());
  outcome.mutable_failed()->set_reason("rejected-by-site");
  desk.Report("w", {outcome});
  ASSERT_EQ(desk.School().tasks().dead(), 1U);
  Zed().status = "Withdrawn";
  for (auto& [id, account] : desk.site) {
    if (account.fields.Get(model::Field::kUserName) == Zed().email) account.active = false;
  }
  desk.Poll();
  ASSERT_EQ(ReasonOf(Forget(desk, {7})), "");
  EXPECT_EQ(desk.School().tasks().dead(), 0U);
  ExpectNothingOfZed();
}

TEST_F(Leaver, AReplyThatIsKeptShowsThemNoMore) {
  Zed().last = "Zymurgy-Other";
  desk.Poll();
  const wire::Plan shown = desk.Plan();
  Zed().last = "Zymurgy-Third";
  desk.Poll();
  wire::Request approve;
  approve.mutable_approve_plan()->set_plan(shown.plan());
  approve.mutable_approve_plan()->set_digest(shown.digest());
  const auto refused = desk.Command(approve, "c-kept");
  ASSERT_EQ(refused.error().changed_size(), 1);
  ASSERT_NE(refused.error().changed(0).last_name(), "");
  Sync();
  Leave();
  ASSERT_EQ(Forget(desk, {7}).forget().forgotten(), 1U);
  ExpectNothingOfZed();
  const auto again = desk.Command(approve, "c-kept");
  ASSERT_EQ(again.error().changed_size(), 1);
  EXPECT_EQ(again.error().changed(0).person(), 7);
  EXPECT_EQ(again.error().changed(0).last_name(), "");
}

TEST_F(Leaver, APollThatWasUnderWayBringsNothingBack) {
  Leave();
  Zed().last = "Zymurgy-Late";
  const PollJob job = desk.StartPoll();
  PollEnd end = desk.Look(job);
  ASSERT_EQ(Forget(desk, {7}).forget().forgotten(), 1U);
  desk.EndPoll(std::move(end));
  ExpectNothingOfZed();
  desk.Poll();
  ExpectNothingOfZed();
}

TEST_F(Leaver, WhatIsForgottenIsPurgedFromTheDisk) {
  Leave();
  const auto head = [&] {
    return *store::DecodeSchoolHead(
        **desk.store.Get(store::Family::kMeta, store::SchoolHeadKey(SchoolId("tcs"))));
  };
  EXPECT_FALSE(head().purge);
  ASSERT_EQ(Forget(desk, {7}).forget().forgotten(), 1U);
  desk.Step();
  EXPECT_FALSE(head().purge) << "memory holds nothing that was deleted";
}

TEST_F(Leaver, RetentionForgetsByAge) {
  desk.settings.schools[0].retention.left = std::chrono::hours(24 * 365);
  desk.Restart();
  Leave();
  desk.clock.Advance(std::chrono::hours(24 * 364));
  desk.Step();
  EXPECT_TRUE(Holds(desk, "zymurgy"));
  desk.clock.Advance(std::chrono::hours(48));
  desk.Step();
  ExpectNothingOfZed();
  ASSERT_EQ(desk.CountEntries(wire::Entry::kPersonsForgotten), 1U);
  for (const auto& entry : desk.Entries()) {
    if (!entry.has_persons_forgotten()) continue;
    EXPECT_TRUE(entry.persons_forgotten().by_age());
    EXPECT_EQ(entry.actor(), "rosterd");
    ASSERT_EQ(entry.persons_forgotten().persons_size(), 1);
    EXPECT_EQ(entry.persons_forgotten().persons(0), 7) << "Ada, Ben and Cat are still here";
  }
  EXPECT_TRUE(Holds(desk, "ada@example.org"));
}

TEST_F(Leaver, WithoutRetentionNobodyIsForgottenByAge) {
  Leave();
  desk.clock.Advance(std::chrono::hours(24 * 3650));
  desk.Step();
  EXPECT_TRUE(Holds(desk, "zymurgy"));
}

// Cat's family leaves: Cat (3) and Dan (4), who share an address that Cat holds.
TEST_F(Parents, AFamilyThatHasLeftGoesWithItsNoteAndItsDuplicate) {
  Person(3).last = "Quixano";
  Person(4).last = "Quixano";
  Person(3).email = Person(4).email = "quixano@example.org";
  desk.households[1].name = "Quixano";
  desk.Poll();
  wire::ResolveGroup keep;
  keep.set_group(desk.User(3).group());
  keep.set_keep(3);
  ASSERT_TRUE(desk.Resolve(keep).has_settle());
  Sync({3});
  Person(102).status = "Withdrawn";
  desk.Poll();
  ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
  desk.WorkUntilDone();
  desk.DecideFamilies(true, {20}, "the Quixanos are moving");
  const wire::Reply reply = Forget(desk, {3, 4});
  ASSERT_TRUE(reply.has_forget()) << reply.error().message();
  EXPECT_EQ(reply.forget().forgotten() + static_cast<std::uint64_t>(reply.forget().refused_size()),
            2U);
  EXPECT_EQ(Where(desk, "quixano"), "");
  desk.ExpectConsistent();
  desk.Poll();
  EXPECT_FALSE(Holds(desk, "quixano"));
}

// Nobody of family 20 was ever selected: when its child leaves, no row of Cat and Dan is kept.
class Moving : public Parents {
 protected:
  void SetUp() override {
    Parents::SetUp();
    desk.DecideFamilies(true, {20}, "the quixanos are moving");
  }
  void Leave() {
    Person(102).status = "Withdrawn";
    desk.Poll();
    desk.Poll();
    for (const auto& row : desk.Users(wire::LIST_STATUS_UNSPECIFIED)) {
      EXPECT_NE(row.person(), 3);
      EXPECT_NE(row.person(), 4);
    }
    ASSERT_TRUE(Holds(desk, "quixano"));
  }
};

TEST_F(Moving, TheNoteOfAFamilyGoesThoughTheRowsWentBefore) {
  Leave();
  const wire::Reply reply = Forget(desk, {3, 4});
  ASSERT_TRUE(reply.has_forget()) << reply.error().message();
  EXPECT_EQ(reply.forget().forgotten(), 2U);
  EXPECT_EQ(Where(desk, "quixano"), "");
  EXPECT_EQ(desk.Verify(1000).differences_total, 0U);
}

TEST_F(Moving, OneOfThemIsEnoughWhereNobodyIsLeft) {
  Leave();
  EXPECT_EQ(Forget(desk, {3}).forget().forgotten(), 1U);
  EXPECT_EQ(Where(desk, "quixano"), "");
  EXPECT_EQ(ReasonOf(Forget(desk, {3})), "nothing-held");
}

TEST_F(Moving, TheNoteStaysWhileSomebodyIsLeft) {
  desk.households[1].parents = {3};
  desk.links.erase(std::remove_if(desk.links.begin(), desk.links.end(),
                                  [](const Parenthood& link) { return link.parent == 4; }),
                   desk.links.end());
  desk.Poll();
  EXPECT_EQ(Forget(desk, {4}).forget().forgotten(), 1U);
  EXPECT_TRUE(Holds(desk, "quixano"));
  Leave();
  EXPECT_EQ(Forget(desk, {3}).forget().forgotten(), 1U);
  EXPECT_EQ(Where(desk, "quixano"), "");
}

// No entry names whoever came into a family that was excluded already.
TEST_F(Moving, TheNoteGoesWithWhoCameLater) {
  Pupil fay{6, "Fay", "Cole", "fay@example.org"};
  fay.student = false;
  desk.pupils.push_back(fay);
  desk.households[1].parents = {3, 4, 6};
  desk.links.push_back({6, 102});
  desk.Poll();
  Leave();
  EXPECT_EQ(Forget(desk, {6}).forget().forgotten(), 1U);
  EXPECT_EQ(Where(desk, "quixano"), "");
}

TEST_F(Moving, TheNoteAgesOut) {
  desk.settings.schools[0].retention.left = std::chrono::hours(24 * 365);
  desk.Restart();
  Leave();
  desk.clock.Advance(std::chrono::hours(24 * 364));
  desk.Step();
  EXPECT_TRUE(Holds(desk, "quixano"));
  desk.clock.Advance(std::chrono::hours(48));
  desk.Step();
  EXPECT_EQ(Where(desk, "quixano"), "");
  EXPECT_EQ(desk.Verify(1000).differences_total, 0U);
}

TEST_F(Moving, WhoComesBackIsExcludedAsBefore) {
  Leave();
  Person(102).status = "Enrolled";
  desk.Poll();
  EXPECT_EQ(desk.User(3).reason(), "excluded");
  EXPECT_EQ(ReasonOf(Forget(desk, {3})), "still-here");
  EXPECT_TRUE(Holds(desk, "quixano"));
}

}  // namespace
}  // namespace roster::engine
