// Clients that ask for much and never read an answer.

#include <gtest/gtest.h>

#include <iostream>

#include "tests/load/peers.h"

namespace roster::load {
namespace {

TEST(Load, AClientThatNeverReadsIsBounded) {
  e2e::World world(e2e::SmallSchool(21));
  Start(world, false);
  world.Poll();
  const pid_t pid = world.daemon().pid();
  zmq::context_t context;
  std::size_t page = 0;
  {
    Asker asker(context, world.endpoint());
    page = asker.Answered(BigPage()).ByteSizeLong();
  }
  const std::uint64_t baseline = Memory(pid, "VmHWM");
  constexpr std::uint64_t kClients = 12;
  // What each asks for is thrice what may wait for one, and all of it many times what may wait.
  const std::uint64_t each = 3 * (std::size_t{8} << 20U) / page;
  std::vector<Asker> mutes;
  for (std::uint64_t i = 0; i < kClients; ++i) mutes.emplace_back(context, world.endpoint(), 1);
  Onlooker onlooker(world);
  std::uint64_t asked = 0;
  for (std::uint64_t i = 0; i < each; ++i) {
    for (Asker& mute : mutes) {
      const auto sent = [&] { return mute.Ask(BigPage()); };
      ASSERT_TRUE(e2e::Eventually(sent));
      ++asked;
    }
  }
  EXPECT_TRUE(e2e::Eventually([&] { return TimesReached(world, "answers") > 100; }));
  EXPECT_TRUE(e2e::Eventually([&] { return TimesReached(world, "unread") > 0; }));
  const std::uint64_t answered = onlooker.Stop();
  const std::uint64_t peak = Memory(pid, "VmHWM");
  std::cout << "load: clients that never read: " << kClients << " clients, " << asked
            << " pages asked for of " << page / 1024 << " KiB each, "
            << TimesReached(world, "answers") << " dropped, " << TimesReached(world, "unread")
            << " clients cut off, " << answered << " answers to others, peak " << peak
            << " MiB (baseline " << baseline << ")\n";
  EXPECT_LT(peak, MemoryMax(baseline, 160)) << asked * page / 1'000'000 << " MB were asked for";
  EXPECT_GE(LinesAbout(world, "answers"), 1U);
  EXPECT_LE(LinesAbout(world, "answers"), 5U);
}

}  // namespace
}  // namespace roster::load
