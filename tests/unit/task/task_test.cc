// The states of a task: what may follow what, when it is tried again, what a report counts for.

#include "daemon/task/task.h"

#include <gtest/gtest.h>

#include "daemon/base/random.h"
#include "daemon/task/queue.h"

namespace roster::task {
namespace {

using model::TaskState;
using std::chrono::seconds;

const Time kNow{seconds(1'000'000)};

model::Task Queued(std::uint32_t index = 1) {
  model::Task task;
  task.id = {PlanId(7), index};
  return task;
}

model::Task Leased() {
  model::Task task = Queued();
  Lease(task, "w1", kNow, Policy());
  return task;
}

model::Outcome Fails(bool again) { return model::Failed{"broken", again, false, std::nullopt}; }

model::Outcome SiteFails() { return model::Failed{"site-unavailable", true, true, std::nullopt}; }

TEST(Task, LeaseCountsAnAttemptAndEndsInTime) {
  const model::Task task = Leased();
  EXPECT_EQ(task.state, TaskState::kLeased);
  EXPECT_EQ(task.attempt, 1U);
  EXPECT_EQ(*task.lease_until, kNow + Policy().lease);
}

TEST(Task, ALeaseThatRunsOutIsUnknownNeverQueued) {
  SeededRandom random(1);
  model::Task task = Leased();
  Expire(task, kNow, Policy(), random);
  EXPECT_EQ(task.state, TaskState::kUnknown);
  EXPECT_GT(task.not_before, kNow);
}

TEST(Task, OnlyTheCurrentAttemptCounts) {
  SeededRandom random(1);
  model::Task task = Leased();
  EXPECT_TRUE(Accepts(task, 1));
  Expire(task, kNow, Policy(), random);
  EXPECT_TRUE(Accepts(task, 1)) << "late, and nobody else holds it";
  Lease(task, "w2", kNow, Policy());
  EXPECT_FALSE(Accepts(task, 1)) << "fenced";
  EXPECT_TRUE(Accepts(task, 2));
  Conclude(task, model::Applied{}, kNow, Policy(), random, 0);
  EXPECT_FALSE(Accepts(task, 2)) << "ended";
  EXPECT_FALSE(Accepts(Queued(), 0)) << "never leased";
}

TEST(Task, FailuresBackOffAndEndDead) {
  SeededRandom random(1);
  const Policy policy;
  model::Task task = Queued();
  for (std::uint32_t i = 1; i < policy.failures_max; ++i) {
    Lease(task, "w", kNow, policy);
    Conclude(task, Fails(true), kNow, policy, random, 0);
    ASSERT_EQ(task.state, TaskState::kRetry) << i;
    ASSERT_GT(task.not_before, kNow);
    ASSERT_LE(task.not_before, kNow + policy.retry_delay_max);
  }
  Lease(task, "w", kNow, policy);
  Conclude(task, Fails(true), kNow, policy, random, 0);
  EXPECT_EQ(task.state, TaskState::kDead);
  EXPECT_EQ(task.reason, "broken");
  Revive(task);
  EXPECT_EQ(task.state, TaskState::kQueued);
  EXPECT_EQ(task.failures, 0U);
  EXPECT_EQ(task.attempt, policy.failures_max) << "attempts still fence";
}

TEST(Task, AFailureThatNoRetryCanHelpIsDeadAtOnce) {
  SeededRandom random(1);
  model::Task task = Leased();
  Conclude(task, Fails(false), kNow, Policy(), random, 0);
  EXPECT_EQ(task.state, TaskState::kDead);
}

TEST(Task, AnOutageEndsNoTaskAndKeepsItWaitingLongerAndLonger) {
  SeededRandom random(1);
  const Policy policy;
  model::Task task = Queued();
  Duration longest{};
  for (std::uint32_t i = 1; i <= 100; ++i) {
    Lease(task, "w", kNow, policy);
    Conclude(task, SiteFails(), kNow, policy, random, 5);
    ASSERT_EQ(task.state, TaskState::kRetry) << i;
    ASSERT_EQ(task.failures, 0U) << i;
    ASSERT_EQ(task.site_failures, i);
    ASSERT_LE(task.not_before, kNow + policy.retry_delay_max);
    longest = std::max(longest, Duration(task.not_before - kNow));
    if (i == 1) {
      EXPECT_LE(longest, policy.retry_delay_base) << "what passes soon holds up nobody";
    }
  }
  EXPECT_GT(longest, policy.retry_delay_max / 2);
}

TEST(Task, WhatTheSiteFailsAloneWhileItServesOthersEndsDead) {
  SeededRandom random(1);
  const Policy policy;
  std::uint64_t served = 7;
  model::Task task = Queued();
  for (int round = 0; round < 2; ++round) {
    Lease(task, "w", kNow, policy);
    EXPECT_FALSE(IsOwnFailure(task, SiteFails(), served));
    Conclude(task, SiteFails(), kNow, policy, random, served);
    EXPECT_EQ(task.failures, 0U) << "nobody knows whom it serves";
    for (std::uint32_t i = 1; i <= policy.failures_max; ++i) {
      ASSERT_EQ(task.state, TaskState::kRetry) << i;
      Lease(task, "w", kNow, policy);
      EXPECT_TRUE(IsOwnFailure(task, SiteFails(), ++served));
      Conclude(task, SiteFails(), kNow, policy, random, served);
      EXPECT_EQ(task.failures, i);
      if (i == 1) {
        Lease(task, "w", kNow, policy);
        Conclude(task, SiteFails(), kNow, policy, random, served);
        EXPECT_EQ(task.failures, i) << "nobody has been served since";
      }
    }
    EXPECT_EQ(task.state, TaskState::kDead);
    EXPECT_EQ(task.reason, "site-unavailable");
    Revive(task);  // counts anew
  }
}

TEST(Task, WhatIsInDoubtRestsInPlaceOfEndingDead) {
  SeededRandom random(1);
  const Policy policy;
  Queue queue;
  std::uint64_t served = 0;
  model::Task task = Queued();
  Lease(task, "w", kNow, policy);
  Expire(task, kNow, policy, random);
  for (std::uint32_t i = 1; i <= policy.failures_max; ++i) {
    ASSERT_NE(task.state, TaskState::kDead);
    ASSERT_FALSE(task.resting);
    Lease(task, "w", kNow, policy);
    Conclude(task, SiteFails(), kNow, policy, random, ++served);
  }
  EXPECT_EQ(task.state, TaskState::kUnknown) << "a new plan must not do it a second time";
  EXPECT_TRUE(task.resting);
  EXPECT_EQ(task.reason, "site-unavailable");
  EXPECT_EQ(task.doubt, "lease-expired");
  queue.Place(task);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(Task, ASiteThatSaysThatItIsShortOfTimeFailsNobodyAlone) {
  SeededRandom random(1);
  const Policy policy;
  std::uint64_t served = 0;
  model::Task task = Queued();
  for (int i = 0; i < 50; ++i) {
    Lease(task, "w", kNow, policy);
    const auto told = i % 2 == 0 ? std::optional(std::chrono::milliseconds(10)) : std::nullopt;
    Conclude(task, model::Failed{told ? "site-unavailable" : "too-many-requests", true, true, told},
             kNow, policy, random, ++served);
    ASSERT_EQ(task.failures, 0U) << i;
  }
}

TEST(Task, RetryAfterIsObeyed) {
  SeededRandom random(1);
  model::Task task = Leased();
  Conclude(task, model::Failed{"too-many-requests", true, true, std::chrono::milliseconds(600'000)},
           kNow, Policy(), random, 0);
  EXPECT_GE(task.not_before, kNow + seconds(600));
}

TEST(Task, NoAnswerIsUnknown) {
  SeededRandom random(1);
  model::Task task = Leased();
  Conclude(task, model::Unknown{"no-answer"}, kNow, Policy(), random, 0);
  EXPECT_EQ(task.state, TaskState::kUnknown);
}

TEST(Task, OneThatIsLookedAtAgainAndAgainRests) {
  SeededRandom random(1);
  const Policy policy;
  Queue queue;
  model::Task task = Queued();
  for (std::uint32_t i = 1; i <= policy.unknown_max; ++i) {
    EXPECT_FALSE(task.resting) << i;
    Lease(task, "w1", kNow, policy);
    if (i % 2 == 0) {
      Expire(task, kNow, policy, random);
    } else {
      Conclude(task, model::Unknown{"no-answer"}, kNow, policy, random, 0);
    }
    EXPECT_EQ(task.state, TaskState::kUnknown);
  }
  EXPECT_TRUE(task.resting);
  queue.Place(task);
  EXPECT_EQ(queue.size(), 0U) << "nobody gets it";
  EXPECT_TRUE(Accepts(task, task.attempt)) << "whoever had it last may still say";
}

TEST(Task, WhereTheSiteCannotTellItRestsAtOnce) {
  SeededRandom random(1);
  model::Task task = Leased();
  Conclude(task, model::Unknown{"not-told", true}, kNow, Policy(), random, 0);
  EXPECT_EQ(task.state, TaskState::kUnknown);
  EXPECT_TRUE(task.resting);
}

TEST(Task, ADoubtLastsUntilAPersonSaysThatItIsNotThere) {
  SeededRandom random(1);
  model::Task task = Leased();
  EXPECT_EQ(task.doubt, "");
  Conclude(task, model::Unknown{std::string(model::kUnseen)}, kNow, Policy(), random, 0);
  Lease(task, "w1", kNow, Policy());
  Expire(task, kNow, Policy(), random);
  EXPECT_EQ(task.doubt, model::kUnseen) << "what was accepted weighs more than a silence";
  Lease(task, "w1", kNow, Policy());
  Conclude(task, Fails(false), kNow, Policy(), random, 0);
  ASSERT_EQ(task.state, TaskState::kDead);
  Revive(task);
  EXPECT_EQ(task.doubt, model::kUnseen) << "of a dead one nobody has looked";
  Lease(task, "w1", kNow, Policy());
  Conclude(task, model::Unknown{"not-shown", true}, kNow, Policy(), random, 0);
  Revive(task);
  EXPECT_EQ(task.doubt, "");
  EXPECT_FALSE(task.resting);
  EXPECT_EQ(task.state, TaskState::kQueued);
}

TEST(Task, WhatAPersonConfirmsIsApplied) {
  SeededRandom random(1);
  model::Task task = Leased();
  Conclude(task, model::Unknown{"not-told", true}, kNow, Policy(), random, 0);
  Confirm(task, kNow);
  EXPECT_EQ(task.state, TaskState::kApplied);
  EXPECT_EQ(task.reason, model::kConfirmed);
  EXPECT_EQ(task.ended_at, kNow);
  EXPECT_FALSE(task.resting);
  EXPECT_FALSE(Accepts(task, task.attempt));
}

TEST(Task, WhatWasNotBegunIsSupersededWhatMayBeUnderWayIsOnlyLookedAt) {
  model::Task queued = Queued();
  EXPECT_TRUE(Supersede(queued, "changed", kNow));
  EXPECT_EQ(queued.state, TaskState::kSuperseded);
  model::Task leased = Leased();
  EXPECT_FALSE(Supersede(leased, "changed", kNow));
  EXPECT_EQ(leased.state, TaskState::kLeased);
  EXPECT_TRUE(leased.look_only);
}

TEST(Task, RetryDelayIsFullJitterWithinItsCap) {
  SeededRandom random(3);
  const Policy policy;
  Duration longest{};
  for (int i = 0; i < 2000; ++i) {
    const Duration delay = RetryDelay(3, policy, random);
    ASSERT_GT(delay, Duration::zero());
    ASSERT_LE(delay, 4 * policy.retry_delay_base);
    longest = std::max(longest, delay);
  }
  EXPECT_GT(longest, 3 * policy.retry_delay_base) << "the whole range is used";
  for (int i = 0; i < 100; ++i) ASSERT_LE(RetryDelay(60, policy, random), policy.retry_delay_max);
}

TEST(Task, CountsFollowEveryState) {
  model::TaskCounts counts;
  for (int state = 1; state <= 7; ++state) Count(counts, static_cast<TaskState>(state), true);
  EXPECT_EQ(counts.total(), 7U);
  EXPECT_FALSE(counts.ended());
  for (int state = 1; state <= 4; ++state) Count(counts, static_cast<TaskState>(state), false);
  EXPECT_TRUE(counts.ended());
  EXPECT_EQ(counts.total(), 3U);
}

TEST(Queue, GivesOutInPlanOrderAndKeepsWhatWaits) {
  Queue queue;
  for (const std::uint32_t index : {3U, 1U, 2U}) queue.Place(Queued(index));
  const auto ready = queue.Ready(2, kNow);
  ASSERT_EQ(ready.size(), 2U);
  EXPECT_EQ(ready[0].index, 1U);
  EXPECT_EQ(ready[1].index, 2U);

  model::Task waiting = Queued(1);
  waiting.state = TaskState::kRetry;
  waiting.not_before = kNow + seconds(5);
  queue.Place(waiting);
  EXPECT_EQ(queue.Ready(9, kNow).size(), 2U);
  EXPECT_EQ(queue.Ready(9, kNow + seconds(5)).size(), 3U);
}

TEST(Queue, TheOneThatHasFailedLeastGoesOutToSee) {
  Queue queue;
  EXPECT_FALSE(queue.LeastFailed(kNow));
  model::Task first = Queued(1);
  first.state = TaskState::kRetry;
  first.not_before = kNow;
  first.site_failures = 2;
  model::Task second = first;
  second.id.index = 2;
  second.site_failures = 0;
  second.failures = 1;
  queue.Place(first);
  EXPECT_FALSE(queue.LeastFailed(kNow - seconds(1))) << "it waits for its time";
  EXPECT_EQ(queue.LeastFailed(kNow)->index, 1U);
  queue.Place(second);
  EXPECT_EQ(queue.LeastFailed(kNow)->index, 2U);
  for (const std::uint32_t index : {4U, 3U}) queue.Place(Queued(index));
  EXPECT_EQ(queue.LeastFailed(kNow)->index, 3U);
  EXPECT_EQ(queue.Ready(9, kNow).front().index, 1U) << "where the site works, in plan order";
  model::Task ended = second;
  ended.state = TaskState::kApplied;
  for (const std::uint32_t index : {3U, 4U, 2U}) {
    ended.id.index = index;
    queue.Place(ended);
  }
  EXPECT_EQ(queue.LeastFailed(kNow)->index, 1U);
}

TEST(Queue, WhatFoundTheSiteFailingCanBeHurried) {
  Queue queue;
  model::Task task = Queued(1);
  task.state = TaskState::kRetry;
  task.not_before = kNow + seconds(200);
  task.failures = 1;
  queue.Place(task);
  task.id.index = 2;
  task.site_failures = 3;
  queue.Place(task);
  task.id.index = 3;
  task.state = TaskState::kUnknown;
  queue.Place(task);
  EXPECT_TRUE(queue.Ready(9, kNow).empty());
  queue.Hurry();
  const auto ready = queue.Ready(9, kNow);
  ASSERT_EQ(ready.size(), 1U) << "not what has failures of its own, nor what is to be looked up";
  EXPECT_EQ(ready[0].index, 2U);
  EXPECT_EQ(queue.Ready(9, kNow + seconds(200)).size(), 3U);
}

TEST(Queue, NamesExpiredLeases) {
  Queue queue;
  model::Task task = Leased();
  queue.Place(task);
  EXPECT_TRUE(queue.Ready(9, kNow).empty());
  EXPECT_TRUE(queue.Expired(kNow).empty());
  EXPECT_EQ(queue.NextExpiry(), task.lease_until);
  EXPECT_EQ(queue.Expired(*task.lease_until).size(), 1U);
  task.state = TaskState::kApplied;
  queue.Place(task);
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_FALSE(queue.NextExpiry());
  EXPECT_FALSE(queue.NextReady());
}

}  // namespace
}  // namespace roster::task
