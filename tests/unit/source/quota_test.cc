// No window of a limit's length ever holds more than the limit, whatever the process's fate.

#include "daemon/source/quota.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/random.h"
#include "tests/unit/source/fakes.h"

namespace roster::source {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// The disk: what the last persist left, and how the process dies around it.
struct Disk {
  QuotaState state;
  int persists = 0;
  // 0: never. n: the n-th persist is the last thing this process does, ...
  int die_at = 0;
  bool written = true;  // ... with its state on disk, or not

  Quota::Persist Persist() {
    return [this](const QuotaState& next) -> Result<void> {
      ++persists;
      const bool dies = die_at != 0 && persists == die_at;
      if (!dies || written) state = next;
      if (dies) return Fail(Code::kUnavailable, "disk", "killed");
      return {};
    };
  }
};

// The uses in every window of `window`, however aligned, are at most `limit`.
void ExpectWithin(const std::vector<Time>& uses, std::uint32_t limit, Duration window,
                  const std::string& what) {
  for (std::size_t i = 0; i + limit < uses.size(); ++i) {
    ASSERT_GE(uses[i + limit] - uses[i], window) << what << ", use " << i;
  }
}

void ExpectWithin(const std::vector<Time>& uses, const QuotaLimits& limits,
                  const std::string& what) {
  ExpectWithin(uses, limits.per_second, seconds(1), what);
  ExpectWithin(uses, limits.per_minute, minutes(1), what);
  ExpectWithin(uses, limits.per_day, hours(24), what);
}

TEST(Quota, TiersAreThoseThatFactsSells) {
  EXPECT_EQ(TierLimits("basic")->per_day, 10'000U);
  EXPECT_EQ(TierLimits("pro")->per_minute, 100U);
  EXPECT_EQ(TierLimits("enterprise")->per_minute, 600U);
  EXPECT_EQ(TierLimits("enterprise")->per_second, 10U);
  EXPECT_FALSE(TierLimits("gold"));
}

TEST(Quota, ABurstOfTheSecondsLimitGoesAtOnce) {
  ManualClock clock;
  Disk disk;
  Quota quota({10, 100, 1000}, clock, disk.Persist());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(quota.Acquire({}));
  EXPECT_TRUE(clock.waits.empty());
  ASSERT_TRUE(quota.Acquire({}));
  EXPECT_EQ(clock.waits, std::vector<Duration>{seconds(1)});
}

TEST(Quota, SaysWhatIsLeft) {
  ManualClock clock;
  Disk disk;
  Quota quota({10, 100, 1000}, clock, disk.Persist());
  EXPECT_EQ(quota.Left().minute, 100U);
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(quota.Acquire({}));
  EXPECT_EQ(quota.Left().minute, 93U) << "what is reserved and not used is left";
  EXPECT_EQ(quota.Left().day, 993U);
  EXPECT_FALSE(quota.Left().refused_until);
  ASSERT_TRUE(quota.Refused(minutes(10)));
  EXPECT_TRUE(quota.Left().refused_until);
  ASSERT_TRUE(clock.Wait(minutes(11), {}));
  EXPECT_FALSE(quota.Left().refused_until) << "it is over";
  EXPECT_EQ(quota.Left().minute, 100U);
  EXPECT_EQ(quota.Left().day, 993U);
}

TEST(Quota, NoWindowHoldsMoreThanItsLimit) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SeededRandom random(seed);
    ManualClock clock;
    Disk disk;
    const QuotaLimits limits{5, 20, 200};
    Quota quota(limits, clock, disk.Persist());
    std::vector<Time> uses;
    while (uses.size() < 180) {
      ASSERT_TRUE(quota.Acquire({}));
      uses.push_back(clock.Now());
      if (random.Uniform() < 0.3) clock.Advance(milliseconds(random.Next() % 8000));
    }
    ExpectWithin(uses, limits, "seed " + std::to_string(seed));
  }
}

TEST(Quota, AUsedUpDayIsAnErrorThatSaysWhen) {
  ManualClock clock;
  Disk disk;
  Quota quota({10, 100, 30}, clock, disk.Persist());
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(quota.Acquire({}));
  const auto result = quota.Acquire({});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kExhausted);
  EXPECT_EQ(result.error().reason, "quota-exhausted");
  ASSERT_TRUE(result.error().retry_after);
  EXPECT_GT(*result.error().retry_after, hours(23));
  clock.Advance(*result.error().retry_after);
  EXPECT_TRUE(quota.Acquire({}));
}

TEST(Quota, AUseIsOnDiskBeforeItIsMade) {
  ManualClock clock;
  Disk disk;
  Quota quota({10, 100, 1000}, clock, disk.Persist());
  std::uint64_t used = 0;
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(quota.Acquire({}));
    ++used;
    std::uint64_t on_disk = 0;
    for (const auto& run : disk.state.taken[2]) on_disk += run.count;
    ASSERT_GE(on_disk, used);
    ASSERT_LE(on_disk, used + Quota::kBlock) << "and what is not used is given back";
    clock.Advance(seconds(i % 13));
  }
  EXPECT_LT(disk.persists, 60) << "not one commit a request";
}

TEST(Quota, WhatCannotBeWrittenDownIsNotSent) {
  ManualClock clock;
  bool full = true;
  Quota quota({10, 100, 1000}, clock, [&](const QuotaState&) -> Result<void> {
    if (full) return Fail(Code::kExhausted, "disk-full", "no room");
    return {};
  });
  const auto result = quota.Acquire({});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "disk-full");
  EXPECT_TRUE(quota.Save().taken[0].empty());
  full = false;
  EXPECT_TRUE(quota.Acquire({}));
}

// The process dies at every persist in turn, before or after it reached the disk, and between them;
// the next one starts on what is left. The uses of all of them together keep to the limits.
TEST(Quota, ACrashAtAnyPointLosesNoUse) {
  const QuotaLimits limits{5, 20, 150};
  for (int die_at = 1; die_at <= 25; ++die_at) {
    for (const int fate : {0, 1, 2}) {  // died before the write, after it, between two
      SeededRandom random(static_cast<std::uint64_t>(die_at * 3 + fate));
      ManualClock clock;
      Disk disk;
      std::vector<Time> uses;
      const auto run = [&](int uses_max) {
        Quota quota(limits, clock, disk.Persist(), disk.state);
        for (int i = 0; i < uses_max; ++i) {
          const auto acquired = quota.Acquire({});
          if (!acquired && acquired.error().reason == "quota-exhausted") {
            clock.Advance(*acquired.error().retry_after);
            continue;
          }
          if (!acquired) return;  // killed
          uses.push_back(clock.Now());
          if (random.Uniform() < 0.3) clock.Advance(milliseconds(random.Next() % 15000));
        }
      };
      disk.die_at = fate == 2 ? 0 : die_at;
      disk.written = fate == 1;
      run(fate == 2 ? die_at * 4 : 1000);
      disk.die_at = 0;
      clock.Advance(milliseconds(random.Next() % 3000));
      run(60);
      clock.Advance(milliseconds(random.Next() % 3000));
      run(60);
      ASSERT_GT(uses.size(), 50U);
      ExpectWithin(uses, limits,
                   "death " + std::to_string(die_at) + ", fate " + std::to_string(fate));
    }
  }
}

// The reservation's stamps lie ahead of the restart: counted from there, the minute's oldest uses
// would be let out of their window too early.
TEST(Quota, AReservationAheadOfTheRestartLetsNothingOutEarly) {
  const QuotaLimits limits{50, 100, 1000};
  ManualClock clock;
  Disk disk;
  std::vector<Time> uses;
  const auto use = [&](Quota& quota, int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(quota.Acquire({}));
      uses.push_back(clock.Now());
    }
  };
  {
    Quota quota(limits, clock, disk.Persist());
    use(quota, 80);
    clock.Advance(seconds(53));
    use(quota, 1);
  }
  Quota next(limits, clock, disk.Persist(), disk.state);
  use(next, 90);
  ExpectWithin(uses, limits, "after the restart");
}

TEST(Quota, AWallClockThatWentBackBetweenTwoStartsIsStandingStill) {
  const QuotaLimits limits{5, 20, 200};
  ManualClock clock;
  Disk disk;
  std::vector<Duration> uses;  // in true, steady time
  const auto run = [&](int count) {
    Quota quota(limits, clock, disk.Persist(), disk.state);
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(quota.Acquire({}));
      uses.push_back(clock.Steady());
    }
  };
  run(20);
  clock.SetWall(clock.Now() - hours(24 * 365));
  run(20);
  for (std::size_t i = 0; i + 20 < uses.size(); ++i) EXPECT_GE(uses[i + 20] - uses[i], minutes(1));
  EXPECT_LT(clock.Steady(), hours(7) + minutes(5)) << "and nobody waits for a year";
}

TEST(Quota, AWallClockSetWhileItRunsChangesNothing) {
  ManualClock clock;
  Disk disk;
  Quota quota({5, 10, 1000}, clock, disk.Persist());
  std::vector<Duration> uses;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(quota.Acquire({}));
    uses.push_back(clock.Steady());
    clock.SetWall(clock.Now() + (i % 2 == 0 ? hours(30) : -hours(30)));
  }
  for (std::size_t i = 0; i + 10 < uses.size(); ++i) EXPECT_GE(uses[i + 10] - uses[i], minutes(1));
}

TEST(Quota, ACleanEndGivesTheReservationBack) {
  ManualClock clock;
  Disk disk;
  {
    Quota quota({10, 100, 1000}, clock, disk.Persist());
    ASSERT_TRUE(quota.Acquire({}));
    disk.state = quota.Save();
  }
  ASSERT_EQ(disk.state.taken[2].size(), 1U);
  EXPECT_EQ(disk.state.taken[2][0].count, 1U);
  Quota next({10, 100, 1000}, clock, disk.Persist(), disk.state);
  ASSERT_TRUE(next.Acquire({}));
  EXPECT_TRUE(clock.waits.empty());
}

TEST(Quota, WhatFactsRefusesHoldsForAllAndAcrossARestart) {
  ManualClock clock;
  Disk disk;
  {
    Quota quota({10, 100, 1000}, clock, disk.Persist());
    ASSERT_TRUE(quota.Acquire({}));
    ASSERT_TRUE(quota.Refused(hours(3)));
    ASSERT_TRUE(quota.Refused(hours(1))) << "a shorter one does not lift the longer";
    const auto result = quota.Acquire({});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().retry_after, hours(3));
  }
  clock.Advance(hours(1));
  Quota next({10, 100, 1000}, clock, disk.Persist(), disk.state);
  const auto result = next.Acquire({});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().retry_after, hours(2));
  clock.Advance(hours(2));
  EXPECT_TRUE(next.Acquire({}));
}

TEST(Quota, AShortRefusalIsWaitedForAndALongOneIsBelievedUpToADay) {
  ManualClock clock;
  Disk disk;
  Quota quota({10, 100, 1000}, clock, disk.Persist());
  ASSERT_TRUE(quota.Refused(seconds(5)));
  EXPECT_EQ(disk.persists, 0);
  ASSERT_TRUE(quota.Acquire({}));
  EXPECT_EQ(clock.waits, std::vector<Duration>{seconds(5)});
  ASSERT_TRUE(quota.Refused(hours(24 * 400)));
  const auto result = quota.Acquire({});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().retry_after, hours(25));
}

TEST(Quota, StopEndsTheWait) {
  ManualClock clock;
  Disk disk;
  Quota quota({1, 100, 1000}, clock, disk.Persist());
  ASSERT_TRUE(quota.Acquire({}));
  std::stop_source stop;
  clock.on_wait = [&](Duration) { stop.request_stop(); };
  const auto result = quota.Acquire(stop.get_token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "stopped");
}

// Each wait is let go by the test, and takes as long as it says.
class HeldClock : public Clock {
 public:
  Time Now() const override { return Time(hours(500'000)) + Steady(); }
  Duration Steady() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  bool Wait(Duration duration, const std::stop_token&) const override {
    std::unique_lock lock(mutex_);
    let_go_.wait(lock, [&] { return allowed_ > 0; });
    --allowed_;
    now_ += duration;
    return true;
  }
  void Allow(int waits) {
    const std::lock_guard lock(mutex_);
    allowed_ += waits;
    let_go_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable let_go_;
  mutable Duration now_{};
  mutable int allowed_ = 0;
};

// Eight schools with one key, one request a second: each is served in its turn, and nobody who has
// just been served goes before one who waits.
TEST(Quota, SchoolsThatShareItTakeTurns) {
  constexpr int kSchools = 8;
  constexpr int kRounds = 3;
  HeldClock clock;
  Disk disk;
  Quota quota({1, 1'000, 10'000}, clock, disk.Persist());
  ASSERT_TRUE(quota.Acquire({}));
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  std::vector<int> order;
  const auto until = [&](const auto& condition) {
    std::unique_lock lock(mutex);
    changed.wait(lock, condition);
  };
  std::vector<std::jthread> schools;
  for (int school = 0; school < kSchools; ++school) {
    schools.emplace_back([&, school] {
      for (int round = 0; round < kRounds; ++round) {
        bool told = false;
        const auto got = quota.Acquire({}, [&] {
          const std::lock_guard lock(mutex);
          if (!std::exchange(told, true)) ++waiting;
          changed.notify_all();
        });
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(got);
        order.push_back(school);
        changed.notify_all();
      }
    });
    until([&] { return waiting == school + 1; });
  }
  for (int served = 1; served <= kSchools * kRounds; ++served) {
    clock.Allow(1);
    // The next second begins when whoever was served stands in line again.
    const int back = kSchools + std::min(served, kSchools * (kRounds - 1));
    until([&] { return static_cast<int>(order.size()) == served && waiting == back; });
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    EXPECT_EQ(order[i], static_cast<int>(i % kSchools)) << "at " << i;
  }
}

// Time stands still here: what several threads get together is one window's worth.
TEST(Quota, ThreadsShareIt) {
  class StillClock : public Clock {
   public:
    Time Now() const override { return Time(hours(500'000)); }
    Duration Steady() const override { return {}; }
    bool Wait(Duration, const std::stop_token&) const override { return false; }
  };
  StillClock clock;
  Disk disk;
  Quota quota({100, 1000, 10'000}, clock, disk.Persist());
  std::atomic<int> got = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (quota.Acquire({})) ++got;
      });
    }
  }
  EXPECT_EQ(got, 100);
  EXPECT_EQ(disk.persists, 10);
}

}  // namespace
}  // namespace roster::source
