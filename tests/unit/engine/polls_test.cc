// Polls: when they go out, what is taken in of them, and what is told.

#include <gtest/gtest.h>

#include <string>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

TEST(Engine, TheFirstPollAsksForAReviewOnceAndChangesNothing) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  EXPECT_EQ(desk.CountEntries(wire::Entry::kReviewRequired), 1U);
  const auto entries = desk.Entries();
  EXPECT_EQ(entries.back().review_required().new_users(), 3U);
  EXPECT_EQ(entries.back().review_required().new_errors(), 1U);
  EXPECT_EQ(desk.Users(wire::STATUS_NEW).size(), 3U);
  EXPECT_EQ(desk.Users(wire::STATUS_ERROR).size(), 1U);
  EXPECT_EQ(desk.Plan().items(), 0U);
  desk.ExpectConsistent();
}

TEST(Engine, AnUnchangedPollWritesItsRecordAndNothingElse) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  const auto head = desk.School().head();
  desk.Poll();
  EXPECT_EQ(desk.School().head(), head);
  EXPECT_EQ(desk.School().last_poll().rows_changed(), 0U);
  EXPECT_EQ(desk.School().last_poll().poll(), 2U);
}

TEST_F(Synced, WhoHasLeftIsArchivedWhoReturnsIsRestored) {
  desk.pupils[0].status = "Withdrawn";
  desk.Poll();
  auto plan = desk.Plan();
  EXPECT_EQ(plan.archives(), 1U);
  EXPECT_EQ(plan.items(), 1U);
  desk.Approve(plan);
  desk.WorkUntilDone();
  EXPECT_FALSE(desk.site["a1"].active);
  desk.Poll();
  desk.pupils[0].status = "enrolled";
  desk.Poll();
  plan = desk.Plan();
  EXPECT_EQ(plan.restores(), 1U);
  desk.Approve(plan);
  desk.WorkUntilDone();
  EXPECT_TRUE(desk.site["a1"].active);
}

TEST_F(Synced, TheMissingWaitForSeveralWholePolls) {
  desk.pupils.erase(desk.pupils.begin());
  for (int i = 0; i < 2; ++i) {
    desk.Poll();
    EXPECT_EQ(desk.Plan().items(), 0U) << i;
  }
  desk.Poll();
  EXPECT_EQ(desk.Plan().archives(), 1U);
}

TEST_F(Synced, APollWithRejectedRowsDoesNotCountAnybodyAsMissing) {
  desk.pupils.erase(desk.pupils.begin());
  desk.rejected_rows = 1;  // perhaps this very one
  for (int i = 0; i < 6; ++i) desk.Poll();
  EXPECT_EQ(desk.Plan().items(), 0U);
  desk.rejected_rows = 0;
  for (int i = 0; i < 3; ++i) desk.Poll();
  EXPECT_EQ(desk.Plan().archives(), 1U);
}

TEST(Engine, ASiteWithoutTheExtensionIsDoneWithout) {
  Desk desk;
  desk.extension = false;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2, 3});
  desk.Approve(desk.Plan());
  desk.WorkUntilDone();
  desk.Poll();
  EXPECT_EQ(desk.School().counters().unchanged(), 3U);
  EXPECT_EQ(desk.site["a1"].fields.Get(model::Field::kGrade), "");
}

TEST_F(Synced, AnUnknownStatusWordIsNoReasonToArchiveAndIsNamed) {
  desk.pupils[0].status = "On leave";
  desk.Poll();
  EXPECT_EQ(desk.Plan().items(), 0U);
  ASSERT_EQ(desk.School().unknown_words_size(), 1);
  EXPECT_EQ(desk.School().unknown_words(0).reason(), "On leave");
}

TEST_F(Synced, AStoreThatWasLostFindsItsLinksByExternalIdWithoutAWrite) {
  Desk other;
  other.pupils = desk.pupils;
  other.site = desk.site;
  other.Poll();
  EXPECT_EQ(other.CountEntries(wire::Entry::kLinksRecorded), 1U);
  EXPECT_EQ(other.School().counters().unchanged(), 3U);
  EXPECT_EQ(other.School().counters().status_selected(), 3U);
  EXPECT_EQ(other.Plan().items(), 0U);
  other.ExpectConsistent();
}

TEST(Engine, ARejectedPollChangesNothingAndSaysWhy) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  const auto before = desk.School().counters().SerializeAsString();
  const PollJob job = desk.StartPoll();
  desk.EndPoll({job.school, job.poll, PollEnd::Side::kSource,
                Fail(Code::kInvalid, "rows-missing", "9,176 people announced, 9,100 received.")});
  EXPECT_EQ(desk.School().counters().SerializeAsString(), before);
  EXPECT_EQ(desk.School().last_poll().reason(), "rows-missing");
  EXPECT_TRUE(desk.School().has_next_poll_at());
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPollRejected), 1U);
  EXPECT_EQ(desk.School().last_good_poll().poll(), 1U);
}

// One that hangs rejects nothing, and what is shown grows old.
TEST(Engine, APollThatDoesNotEndIsMissed) {
  Desk desk;
  desk.pupils = SomePupils();
  EXPECT_FALSE(desk.School().poll_overdue());
  desk.Poll();
  const Duration every = desk.settings.schools[0].poll_every;
  desk.StartPoll();
  desk.clock.Advance(2 * every + std::chrono::minutes(29));
  desk.Step();
  EXPECT_FALSE(desk.School().poll_overdue());
  desk.clock.Advance(std::chrono::minutes(2));
  desk.Step();
  EXPECT_TRUE(desk.School().poll_overdue());
}

TEST(Engine, ARefusedKeyStopsThePollsUntilAPersonAsks) {
  Desk desk;
  desk.pupils = SomePupils();
  const PollJob job = desk.StartPoll();
  desk.EndPoll({job.school, job.poll, PollEnd::Side::kSource,
                Fail(Code::kRefused, "scope-missing", "FACTS refuses the People scope.")});
  EXPECT_EQ(desk.CountEntries(wire::Entry::kSourceStopped), 1U);
  desk.clock.Advance(std::chrono::hours(48));
  desk.Step();
  EXPECT_TRUE(desk.polls.started.empty());
  EXPECT_FALSE(desk.School().has_next_poll_at());
  desk.Poll();
  EXPECT_EQ(desk.School().source_problem(), "");
}

TEST(Engine, PollsGoOutOnScheduleOneAtATime) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.clock.Advance(std::chrono::minutes(50));
  desk.Step();
  EXPECT_TRUE(desk.polls.started.empty());
  desk.clock.Advance(std::chrono::minutes(20));
  desk.Step();
  ASSERT_EQ(desk.polls.started.size(), 1U);
  wire::Request request;
  request.mutable_start_poll();
  EXPECT_TRUE(desk.Command(request).poll().already_running());
  EXPECT_EQ(desk.polls.started.size(), 1U);
}

TEST(Engine, APollThatEndsOnAFullDiskIsClosedWhenThereIsRoom) {
  Desk desk;
  desk.pupils = SomePupils();
  const PollJob job = desk.StartPoll();
  desk.store.FailNextCommit({Code::kExhausted, "disk-full", "no room"});
  desk.EndPoll(desk.Look(job));
  desk.Step();
  EXPECT_EQ(desk.School().last_poll().poll(), job.poll.value());
  EXPECT_EQ(desk.School().last_poll().state(), wire::Poll::REJECTED);
  EXPECT_EQ(desk.School().last_poll().reason(), "disk-full");
  EXPECT_EQ(desk.CountEntries(wire::Entry::kPollRejected), 1U);
  desk.Poll();
  EXPECT_EQ(desk.School().counters().everybody(), 4U);
}

// What the poll before has read knows nothing of what tasks have done since.
TEST(Engine, APollThatCouldNotStartOnAFullDiskForgetsNothingThatTasksHaveDone) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.pupils[3].email2 = "dan@example.org";
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2, 3});
  desk.Approve(desk.Plan());
  desk.WorkUntilDone();
  ASSERT_EQ(desk.School().counters().unchanged(), 3U);
  wire::Request request;
  request.mutable_start_poll();
  desk.store.full = true;
  EXPECT_EQ(desk.Command(request).error().reason(), "disk-full");
  desk.store.full = false;
  wire::ResolveGroup what;
  what.set_use_email2(4);
  EXPECT_GT(desk.Resolve(what).settle().poll(), 1U);
  desk.ExamineAgain();
  EXPECT_EQ(desk.User(4).email(), "dan@example.org");
  EXPECT_EQ(desk.School().counters().unchanged(), 3U) << "nobody's account is taken for lost";
  desk.ExpectConsistent();
}

TEST(Engine, APollThatARestartInterruptedIsClosedAndAskedForAgain) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.StartPoll();
  desk.Restart();
  EXPECT_EQ(desk.School().last_poll().reason(), "interrupted");
  EXPECT_EQ(desk.polls.started.size(), 1U);
}

TEST(Engine, AChangedConfigIsPolledAtOnceAnUnchangedOneIsNot) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Restart();
  desk.Step();
  EXPECT_TRUE(desk.polls.started.empty());
  desk.settings.schools[0].rules.scope.grades = {"12"};
  desk.Restart();
  desk.Step();
  EXPECT_EQ(desk.polls.started.size(), 1U);
  desk.Poll();
  EXPECT_EQ(desk.School().counters().everybody(), 0U);
}

// A task is applied while a poll that began before it still looks at the old site.
TEST(Engine, APollThatSawTheSiteBeforeATaskDoesNotUndoWhatIsKnown) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.Poll();
  desk.Decide(wire::SYNC, {1});
  desk.Approve(desk.Plan());
  const PollJob job = desk.StartPoll();
  desk.pupils[0].grade = "10";
  const PollEnd seen = desk.Look(job);  // no account yet
  desk.pupils[0].grade = "09";
  desk.WorkUntilDone();
  desk.EndPoll({seen.school, seen.poll, seen.failed_side, seen.findings});
  const auto rows = desk.Users(wire::STATUS_SELECTED);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].situation(), wire::OUTDATED) << "linked, and the grade differs; not new again";
  desk.ExpectConsistent();
}

TEST(Polls, AnExaminationThatIsAskedForWhileAPollRunsComesAfterIt) {
  Desk desk;
  desk.pupils = {{1, "Ada", "Abel", "same@example.org"},
                 {2, "Ben", "Bold", "same@example.org", "Enrolled", "09", "ben@example.org"}};
  desk.Poll();
  const PollJob job = desk.StartPoll();
  const PollEnd seen = desk.Look(job);
  wire::ResolveGroup what;
  what.set_use_email2(2);
  EXPECT_EQ(desk.Resolve(what).settle().poll(), job.poll.value() + 1);
  EXPECT_TRUE(desk.polls.started.empty()) << "one at a time";
  desk.EndPoll({seen.school, seen.poll, seen.failed_side, seen.findings});
  EXPECT_EQ(desk.User(2).reason(), "duplicate-email") << "it began before the decision";
  ASSERT_EQ(desk.polls.started.size(), 1U);
  desk.ExamineAgain();
  EXPECT_EQ(desk.User(2).email(), "ben@example.org");
  desk.ExpectConsistent();
}

TEST(Polls, AnExaminationDoesNotCountAnybodyAsMissingAndDoesNotPutOffTheNextPoll) {
  Desk desk;
  desk.pupils = SomePupils();
  desk.pupils[1].email2 = "ben2@example.org";
  desk.Poll();
  desk.Decide(wire::SYNC, {1, 2});
  desk.Approve(desk.Plan());
  desk.WorkUntilDone();
  desk.pupils.erase(desk.pupils.begin());
  desk.Poll();
  const auto next = desk.School().next_poll_at().seconds();
  const auto waiting = desk.User(1).sentence();
  EXPECT_NE(waiting.find("Missing from FACTS in 1 whole polls so far"), std::string::npos);
  wire::ResolveGroup what;
  what.set_use_email2(2);
  ASSERT_TRUE(desk.Resolve(what).has_settle());
  desk.ExamineAgain();
  EXPECT_TRUE(desk.User(2).uses_email2());
  EXPECT_EQ(desk.User(1).sentence(), waiting);
  EXPECT_EQ(desk.School().next_poll_at().seconds(), next);
}

TEST_F(Parents, ARestartKeepsEveryWordAndEveryCount) {
  Person(2).email = "ada@example.org";
  Person(4).email2 = "dan2@example.org";
  desk.site["h1"].id = AccountId("h1");
  desk.site["h1"].fields.Set(model::Field::kUserName, "eve@example.org");
  desk.Poll();
  wire::ResolveGroup keep;
  keep.set_group(desk.Groups(wire::GROUP_NEW).at(0).group());
  keep.set_keep(1);
  desk.Resolve(keep);
  wire::ResolveGroup email2;
  email2.set_use_email2(4);
  desk.Resolve(email2);
  wire::DecideMatch none;
  none.set_person(5);
  none.set_none(true);
  desk.Match(none);
  desk.ExamineAgain();
  if (!desk.polls.started.empty()) desk.Poll();
  desk.DecideFamilies(true, {20}, "moving away");
  Sync({1});
  desk.Poll();
  desk.Decide(wire::PROTECT, {5});
  const auto plan = desk.Plan();
  const auto all = [&] {
    std::string text = desk.School().counters().DebugString();
    for (const auto& row : desk.Users(wire::LIST_STATUS_UNSPECIFIED)) text += row.DebugString();
    for (const auto& group : desk.Groups(wire::GROUP_ALL)) text += group.DebugString();
    for (const std::int64_t person : {1, 2, 3, 4, 5}) text += desk.Explain(person);
    return text;
  };
  const std::string before = all();
  desk.Restart();
  EXPECT_EQ(all(), before);
  EXPECT_EQ(desk.Plan().plan(), plan.plan());
  desk.Poll();
  EXPECT_EQ(all(), before);
}

// A store that an earlier version wrote: its rows know no classes, and its head counts none.
TEST_F(Synced, AnOlderStoreIsJudgedAnewAndNobodyIsCalled) {
  desk.pupils[0].last = "Other";
  desk.Poll();
  const auto counters = desk.School().counters().DebugString();
  store::Batch batch;
  const SchoolId school("tcs");
  const auto range = store::PlacementRange(school);
  for (auto at = desk.store.Scan(store::Family::kReview, range.begin, range.end); at->Valid();
       at->Next()) {
    auto placement = *store::DecodePlacement(at->value());
    placement.linked_active = false;
    placement.verdict.change_class = {};
    placement.verdict.severity = {};
    batch.Put(store::Family::kReview, std::string(at->key()), store::EncodePlacement(placement));
  }
  auto head = *store::DecodeSchoolHead(
      **desk.store.Get(store::Family::kMeta, store::SchoolHeadKey(school)));
  head.rules = {};
  head.tally.linked_active = 0;
  head.tally.fresh_selected = 0;
  for (auto& count : head.tally.by_class) count = 0;
  for (auto& count : head.tally.by_severity) count = 0;
  batch.Put(store::Family::kMeta, store::SchoolHeadKey(school), store::EncodeSchoolHead(head));
  ASSERT_TRUE(desk.store.Commit(batch, true));
  const auto seq = desk.School().head();
  desk.Restart();
  EXPECT_EQ(desk.School().counters().DebugString(), counters);
  EXPECT_EQ(desk.School().counters().linked_active(), 3U);
  desk.ExpectConsistent();
  desk.Poll();
  EXPECT_EQ(desk.School().head(), seq) << "nothing new";
}

}  // namespace
}  // namespace roster::engine
