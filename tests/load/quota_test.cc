// FACTS at ten requests a minute: a poll that needs more waits, says so, and ends well; a restart
// forgets nothing of what was used.

#include <gtest/gtest.h>

#include <csignal>
#include <iostream>

#include "tests/load/peers.h"

namespace roster::load {
namespace {

void TenAMinute(bool hasty) {
  e2e::WorldOptions options = e2e::SmallSchool(61);
  options.tier = "basic";
  options.page_size = 20;
  // The quota as FACTS counts it: a request too many would be refused, and seen below. In time that
  // goes ten times as fast, its minute is ten minutes of ours.
  options.sandbox.facts.tier =
      hasty ? sandbox::Tier{100, 100, 100'000} : sandbox::Tier{10, 10, 10'000};
  e2e::World world(options);
  Start(world, hasty);
  const pid_t first = world.daemon().pid();
  const auto patience = std::chrono::seconds(hasty ? 60 : 600);
  const auto waits = [&] {
    return world.School().value("pollPhase", "").find("waiting for the FACTS quota") !=
           std::string::npos;
  };
  ASSERT_TRUE(e2e::Eventually(waits, patience)) << world.School();
  EXPECT_NE(world.Ctl({"status"}).out.find("waiting for the FACTS quota"), std::string::npos);
  const std::uint64_t baseline = Memory(first, "VmHWM");
  // In the middle of it.
  world.daemon().Kill(SIGKILL);
  world.daemon().Wait();
  Start(world, hasty);
  Onlooker onlooker(world);
  ASSERT_TRUE(e2e::Eventually(waits, patience)) << "the minute's use was kept: " << world.School();
  const auto used = [&] { return world.School().contains("lastGoodPoll"); };
  EXPECT_TRUE(e2e::Eventually(used, patience)) << world.School();
  const std::uint64_t answered = onlooker.Stop();
  const e2e::Json poll = world.School().at("lastGoodPoll");
  const e2e::Json asked = world.sandbox().facts().log().ToJson();
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;
  for (const auto& [what, counts] : asked.items()) {
    requests += counts.at("count").get<std::uint64_t>();
    for (const auto& [status, times] : counts.at("status").items()) {
      if (status != "200") refused += times.get<std::uint64_t>();
    }
  }
  EXPECT_EQ(refused, 0U) << asked.dump();
  EXPECT_GT(std::stoull(poll.at("requests").get<std::string>()), 10U);
  EXPECT_EQ(world.School().value("pollPhase", ""), "");
  const std::uint64_t peak = Memory(world.daemon().pid(), "VmHWM");
  std::cout << "load: FACTS at ten requests a minute" << (hasty ? " (ten times as fast)" : "")
            << ": a poll of " << poll.at("requests").get<std::string>() << " requests, " << requests
            << " with the one that was killed, " << refused << " refused by FACTS, " << answered
            << " answers to others, peak " << peak << " MiB (baseline " << baseline << ")\n";
  EXPECT_LT(peak, MemoryMax(baseline, 60));
}

TEST(Load, FactsAtTenRequestsAMinuteIsWaitedFor) { TenAMinute(true); }
TEST(LoadLong, FactsAtTenRequestsAMinuteIsWaitedFor) { TenAMinute(false); }

}  // namespace
}  // namespace roster::load
