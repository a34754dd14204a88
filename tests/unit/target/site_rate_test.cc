#include "daemon/target/site_rate.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "tests/unit/target/manual_clock.h"

namespace roster::target {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Duration TimeFor(SiteRate& rate, const ManualClock& clock, int requests) {
  const Duration start = clock.Steady();
  for (int i = 0; i < requests; ++i) EXPECT_TRUE(rate.Acquire({}));
  return clock.Steady() - start;
}

TEST(SiteRate, NoWindowOfASecondHoldsMoreThanTheRate) {
  ManualClock clock;
  SiteRate rate(10, clock);
  EXPECT_EQ(TimeFor(rate, clock, 10), Duration::zero());
  EXPECT_EQ(TimeFor(rate, clock, 1), Duration(seconds(1)));
}

TEST(SiteRate, AFractionIsKeptExactly) {
  ManualClock clock;
  SiteRate rate(0.5, clock);
  EXPECT_EQ(TimeFor(rate, clock, 3), Duration(seconds(4)));
  SiteRate other(2.5, clock);
  EXPECT_EQ(TimeFor(other, clock, 5), Duration(milliseconds(1600)));
}

TEST(SiteRate, AChangedRateKeepsWhatWasTaken) {
  ManualClock clock;
  SiteRate rate(10, clock);
  TimeFor(rate, clock, 10);
  rate.SetRate(2);
  EXPECT_EQ(rate.rate(), 2);
  EXPECT_EQ(TimeFor(rate, clock, 1), Duration(seconds(1)));
}

TEST(SiteRate, WhatIsNoRateIsIgnoredOrBounded) {
  ManualClock clock;
  SiteRate rate(10, clock);
  rate.SetRate(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(rate.rate(), 10);
  rate.SetRate(-1);
  EXPECT_EQ(rate.rate(), SiteRate::kRateMin);
  rate.SetRate(1e300);
  EXPECT_EQ(rate.rate(), SiteRate::kRateMax);
}

TEST(SiteRate, AStopEndsTheWait) {
  ManualClock clock;
  SiteRate rate(1, clock);
  TimeFor(rate, clock, 1);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(rate.Acquire(stop.get_token()));
}

TEST(SiteRate, IsSharedByThreads) {
  ManualClock clock;
  SiteRate rate(100, clock);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 50; ++j) EXPECT_TRUE(rate.Acquire({}));
      });
    }
  }
  EXPECT_GE(clock.Steady(), Duration(std::chrono::hours(1)) + seconds(1));
}

}  // namespace
}  // namespace roster::target
