// What is stored agrees with the journal, and whatever was changed behind the engine's back is
// found and named. (Every other test of the engine ends with this check, too.)

#include "daemon/engine/verify.h"

#include <gtest/gtest.h>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using store::Family;

const SchoolId kSchool("tcs");

class Verified : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 1; i <= 40; ++i) {
      const std::string name(1, static_cast<char>('A' + i % 26));
      desk.pupils.push_back({i, "X", name, std::to_string(i) + "@example.org"});
    }
    desk.Poll();
    std::vector<std::int64_t> all;
    for (int i = 1; i <= 30; ++i) all.push_back(i);
    desk.Decide(wire::SYNC, all);
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    desk.WorkUntilDone();
    desk.Decide(wire::SKIP, {3});
    desk.Decide(wire::EXCLUDE, {31});
    desk.Decide(wire::INCLUDE, {31});
    ASSERT_TRUE(desk.Approve(desk.Plan()).has_approve());
    desk.WorkUntilDone();
    desk.ExpectConsistent();
  }

  void Put(Family family, std::string key, std::optional<std::string> value) {
    store::Batch batch;
    batch.writes.push_back({family, std::move(key), std::move(value)});
    Desk::Must(desk.store.Commit(batch, true));
  }
  // The one difference, "about id reason"; the same in one slice and in many.
  std::string Only() {
    const auto whole = desk.Verify(kVerifyWork);
    const auto sliced = desk.Verify(3);
    EXPECT_EQ(whole.differences_total, 1U);
    EXPECT_EQ(sliced.differences_total, whole.differences_total);
    EXPECT_EQ(sliced.entries, whole.entries);
    EXPECT_EQ(sliced.links, whole.links);
    EXPECT_EQ(sliced.tasks, whole.tasks);
    if (whole.differences.empty()) return "";
    const model::Difference& one = whole.differences.front();
    EXPECT_NE(one.sentence, "");
    EXPECT_EQ(sliced.differences.front().sentence, one.sentence);
    return one.about + " " + one.id + " " + one.reason;
  }
  model::Task TaskOf(TaskId id) {
    return *store::DecodeTask(id, **desk.store.Get(Family::kWork, store::TaskKey(kSchool, id)));
  }

  Desk desk;
};

TEST_F(Verified, SaysHowMuchItHasLookedAt) {
  const auto verified = desk.Verify(kVerifyWork);
  EXPECT_EQ(verified.entries, desk.Entries().size());
  EXPECT_EQ(verified.links, 30U);
  EXPECT_EQ(verified.decisions, 30U);
  EXPECT_EQ(verified.tasks, 31U);
  EXPECT_EQ(verified.plans, 2U);
}

TEST_F(Verified, AsksForTheNextSliceByTheWireToo) {
  wire::Request request;
  request.mutable_verify_state();
  const auto reply = desk.Ask(request);
  ASSERT_TRUE(reply.has_verify()) << reply.error().message();
  EXPECT_EQ(reply.verify().links(), 30U);
  EXPECT_EQ(reply.verify().differences_total(), 0U);
  for (const char* token : {"zz", "00", "01", "0102", "05ff", "06", "ff"}) {
    request.mutable_verify_state()->set_page_token(token);
    EXPECT_EQ(desk.Ask(request).error().reason(), "page-token") << token;
  }
}

TEST_F(Verified, AChangedLink) {
  const std::string key = store::LinkKey(kSchool, PersonId(7));
  const auto link = *store::DecodeLink(PersonId(7), **desk.store.Get(Family::kReview, key));
  const std::string account = link.account.value();
  Put(Family::kReview, key, store::EncodeLink({PersonId(7), AccountId("b"), {}}));
  const auto verified = desk.Verify(kVerifyWork);
  ASSERT_EQ(verified.differences_total, 3U);
  EXPECT_EQ(verified.differences[0].sentence,
            "Person 7 is stored as linked to account b; the journal says account " + account + ".");
  EXPECT_EQ(verified.differences[1].id, "b");
  EXPECT_EQ(
      verified.differences[2].sentence,
      "Account " + account + " is stored as that of person 7, who is not stored as linked to it.");
}

TEST_F(Verified, ALinkThatNobodyMade) {
  Put(Family::kReview, store::LinkKey(kSchool, PersonId(99)),
      store::EncodeLink({PersonId(99), AccountId("b"), {}}));
  Put(Family::kReview, store::AccountKey(kSchool, AccountId("b")),
      store::EncodePerson(PersonId(99)));
  EXPECT_EQ(Only(), "link 99 not-in-journal");
}

TEST_F(Verified, AChangedDecision) {
  const std::string key = store::DecisionKey(kSchool, PersonId(3));
  auto decision = *store::DecodeDecision(PersonId(3), **desk.store.Get(Family::kReview, key));
  decision.kind = model::DecisionKind::kSync;
  Put(Family::kReview, key, store::EncodeDecision(decision));
  EXPECT_EQ(Only(), "decision 3 other-decision");
}

TEST_F(Verified, ADecisionThatIsGone) {
  Put(Family::kReview, store::DecisionKey(kSchool, PersonId(5)), std::nullopt);
  EXPECT_EQ(Only(), "decision 5 other-decision");
}

TEST_F(Verified, ATaskThatEndedOtherwise) {
  auto task = TaskOf({PlanId(1), 4});
  task.reason = "confirmed";
  Put(Family::kWork, store::TaskKey(kSchool, task.id), store::EncodeTask(task));
  EXPECT_EQ(Only(), "task 1.4 other-end");
}

TEST_F(Verified, ATaskOfOtherContent) {
  auto task = TaskOf({PlanId(1), 4});
  task.digest = Blake2b("x");
  Put(Family::kWork, store::TaskKey(kSchool, task.id), store::EncodeTask(task));
  EXPECT_EQ(Only(), "task 1.4 other-content");
}

TEST_F(Verified, ATaskThatIsGone) {
  Put(Family::kWork, store::TaskKey(kSchool, {PlanId(1), 4}), std::nullopt);
  const auto verified = desk.Verify(kVerifyWork);
  ASSERT_EQ(verified.differences_total, 2U);
  EXPECT_EQ(verified.differences[0].sentence, "The journal names task 1.4, and it is not stored.");
  EXPECT_EQ(verified.differences[1].sentence, "The counts of plan 1 are not those of its tasks.");
}

TEST_F(Verified, APlanThatNobodyApproved) {
  auto plan = *store::DecodePlan(
      PlanId(2), **desk.store.Get(Family::kWork, store::PlanKey(kSchool, PlanId(2))));
  plan.digest = Blake2b("x");
  Put(Family::kWork, store::PlanKey(kSchool, PlanId(2)), store::EncodePlan(plan));
  EXPECT_EQ(Only(), "plan 2 other-content");
  plan.id = PlanId(3);
  desk.Decide(wire::SKIP, {4});
  ASSERT_EQ(desk.Plan().plan(), 3U);
  Put(Family::kWork, store::PlanKey(kSchool, PlanId(3)), store::EncodePlan(plan));
  const auto verified = desk.Verify(kVerifyWork);
  ASSERT_EQ(verified.differences_total, 2U);
  EXPECT_EQ(verified.differences[1].sentence,
            "Plan 3 is stored as approved, and no entry says so.");
}

TEST_F(Verified, ARowThatCannotBeReadIsNamedAndTheRestGoesOn) {
  Put(Family::kWork, store::TaskKey(kSchool, {PlanId(1), 4}), "\xff");
  const auto verified = desk.Verify(kVerifyWork);
  ASSERT_EQ(verified.differences_total, 2U);
  EXPECT_EQ(verified.differences[0].sentence, "What is stored of task 1.4 can't be read.");
  EXPECT_EQ(verified.tasks, 31U);
}

TEST_F(Verified, AnEntryThatCannotBeReadIsNamedAndTheRestGoesOn) {
  Put(Family::kJournal, store::EntryKey(kSchool, Seq(2)), "\xff");
  const auto verified = desk.Verify(kVerifyWork);
  EXPECT_EQ(verified.entries, desk.School().head());
  ASSERT_GE(verified.differences_total, 1U);
  EXPECT_EQ(verified.differences[0].sentence, "What is stored of entry 2 can't be read.");
}

TEST_F(Verified, AnIndexThatDoesNotLeadToItsEntry) {
  const auto entries = desk.Entries();
  std::uint64_t seq = 0;
  for (const auto& entry : entries) {
    if (entry.task_applied().person() == 9) seq = entry.seq();
  }
  Put(Family::kJournal, store::PersonEntryKey(kSchool, PersonId(9), Seq(seq)), std::nullopt);
  const auto verified = desk.Verify(kVerifyWork);
  ASSERT_EQ(verified.differences_total, 3U);
  EXPECT_EQ(verified.differences[0].reason, "not-indexed");
  EXPECT_EQ(verified.differences[1].about, "link");
  EXPECT_EQ(verified.differences[2].about, "task");
}

TEST_F(Verified, AReplayTellsTheNumbersThatEntriesAreKeptUnder) {
  const auto first = **desk.store.Get(Family::kJournal, store::EntryKey(kSchool, Seq(1)));
  const auto second = **desk.store.Get(Family::kJournal, store::EntryKey(kSchool, Seq(2)));
  Put(Family::kJournal, store::EntryKey(kSchool, Seq(1)), second);
  Put(Family::kJournal, store::EntryKey(kSchool, Seq(2)), first);
  Put(Family::kJournal, store::EntryKey(kSchool, Seq(3)), std::nullopt);
  wire::Request request;
  request.mutable_replay()->set_limit(3);
  EXPECT_EQ(desk.Ask(request).replay().numbers_size(), 0);
  request.mutable_replay()->set_numbered(true);
  const auto replay = desk.Ask(request).replay();
  EXPECT_EQ(std::vector(replay.numbers().begin(), replay.numbers().end()),
            (std::vector<std::uint64_t>{1, 2, 4}));
  EXPECT_EQ(replay.entries(0), second);
  const auto head = replay.head();
  EXPECT_EQ(
      replay.head_hash(),
      Blake2b(**desk.store.Get(Family::kJournal, store::EntryKey(kSchool, Seq(head)))).view());
}

}  // namespace
}  // namespace roster::engine
