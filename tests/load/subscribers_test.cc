// Subscribers: one that stops reading, a thousand at once, one that subscribes to everything.

#include <gtest/gtest.h>

#include <atomic>
#include <iostream>

#include "tests/load/peers.h"

namespace roster::load {
namespace {

// Makes entries, one a command, many commands at a time.
void MakeEntries(e2e::World& world, zmq::context_t& context, std::uint64_t count,
                 std::uint64_t first) {
  const auto users = world.CtlJson({"users", "--status", "new"});
  ASSERT_FALSE(users.empty());
  const std::int64_t person = std::stoll(users.at(0).at("person").get<std::string>());
  Asker asker(context, world.endpoint());
  std::uint64_t asked = 0;
  for (std::uint64_t heard = 0; heard < count; ++heard) {
    while (asked < count && asked < heard + 100) {
      ++asked;
      ASSERT_TRUE(asker.Ask(Decision(asked % 2 == 0, person, first + asked)));
    }
    const auto reply = asker.Hear();
    ASSERT_TRUE(reply);
    ASSERT_TRUE(reply->has_decide()) << reply->ShortDebugString();
  }
}

void AwaitBeat(zmq::socket_t& subscriber, Follower& follower) {
  ASSERT_TRUE(e2e::Eventually([&] {
    const auto heard = Hear(subscriber, true);
    if (heard) follower.Take(heard->first, heard->second);
    return heard.has_value();
  }));
}

TEST(Load, ASlowSubscriberConvergesAndDelaysNobody) {
  e2e::World world(e2e::SmallSchool(31));
  Start(world, false);
  world.Poll();
  zmq::context_t context;
  zmq::socket_t slow = Subscribe(context, world, 1);
  zmq::socket_t quick = Subscribe(context, world, 100'000);
  Follower late;
  Follower prompt;
  AwaitBeat(slow, late);
  AwaitBeat(quick, prompt);
  Asker asker(context, world.endpoint());
  prompt.CatchUp(asker);
  const pid_t pid = world.daemon().pid();
  const std::uint64_t baseline = Memory(pid, "VmHWM");
  const std::uint64_t before = prompt.head();
  constexpr std::uint64_t kEntries = 14'000;
  std::atomic<bool> published{false};
  std::jthread reading([&](const std::stop_token& stop) {
    while (!stop.stop_requested() &&
           (!published || !prompt.whole() || prompt.head() < before + kEntries)) {
      const auto heard = Hear(quick, true);
      if (heard) prompt.Take(heard->first, heard->second);
    }
  });
  ASSERT_NO_FATAL_FAILURE(MakeEntries(world, context, kEntries, 0));
  published = true;
  reading.join();  // all of it by PUB alone
  EXPECT_TRUE(prompt.whole());
  const std::uint64_t peak = Memory(pid, "VmHWM");
  std::uint64_t heard = 0;
  while (const auto one = Hear(slow, true)) {
    if (late.Take(one->first, one->second)) ++heard;
    if (late.head() >= prompt.head()) break;
  }
  const std::uint64_t replayed = late.CatchUp(asker);
  EXPECT_TRUE(late.whole());
  EXPECT_GE(late.size(), prompt.head());
  EXPECT_GT(replayed, 0U) << "it lost something";
  std::cout << "load: slow subscriber: " << kEntries << " entries, it heard " << heard
            << " and asked for " << replayed << ", another heard all, "
            << TimesReached(world, "events") << " published too late for somebody, peak " << peak
            << " MiB (baseline " << baseline << ")\n";
  EXPECT_LT(peak, MemoryMax(baseline, 100));
  EXPECT_GT(TimesReached(world, "events"), 0U);
  EXPECT_GE(LinesAbout(world, "events"), 1U);
  EXPECT_LE(LinesAbout(world, "events"), 5U);
}

TEST(Load, AThousandSubscribersAreServed) {
  RaiseDescriptors();
  e2e::World world(e2e::SmallSchool(32));
  Start(world, false);
  StartWorker(world, false);
  world.Poll();
  const pid_t pid = world.daemon().pid();
  const std::uint64_t baseline = Memory(pid, "VmHWM");
  constexpr std::size_t kSubscribers = 1000;
  zmq::context_t context;
  context.set(zmq::ctxopt::max_sockets, 2048);
  std::vector<zmq::socket_t> subscribers;
  std::vector<Follower> followers(kSubscribers);
  for (std::size_t i = 0; i < kSubscribers; ++i) {
    subscribers.push_back(Subscribe(context, world, 2000));
  }
  for (std::size_t i = 0; i < kSubscribers; ++i) AwaitBeat(subscribers[i], followers[i]);
  EXPECT_GE(std::stoull(world.CtlJson({"status"}).at(0).at("connections").get<std::string>()),
            kSubscribers);
  const std::uint64_t from = world.Events().size();
  Onlooker onlooker(world);
  MakeEntries(world, context, 300, 0);
  world.SelectAllNew();
  EXPECT_EQ(world.Sync().code, 0);
  world.Poll();
  const std::uint64_t answered = onlooker.Stop();
  const std::uint64_t head = world.Events().size();
  std::uint64_t entries = 0;
  for (std::size_t i = 0; i < kSubscribers; ++i) {
    std::uint64_t own = 0;
    ASSERT_TRUE(e2e::Eventually([&] {
      while (const auto heard = Hear(subscribers[i], false)) {
        if (followers[i].Take(heard->first, heard->second)) ++own;
      }
      return own >= head - from;
    })) << "subscriber "
        << i << " heard " << own << " of " << head - from;
    EXPECT_GE(followers[i].head(), head);
    entries += own;
  }
  const std::uint64_t peak = Memory(pid, "VmHWM");
  std::cout << "load: thousand subscribers: " << kSubscribers << " subscribers, " << entries
            << " entries, " << answered << " answers to others, peak " << peak << " MiB (baseline "
            << baseline << ")\n";
  EXPECT_LT(peak, MemoryMax(baseline, 160));
}

TEST(Load, ASubscriberOfTooManyTopicsIsCutOff) {
  e2e::World world(e2e::SmallSchool(33));
  Start(world, false);
  world.Poll();
  const pid_t pid = world.daemon().pid();
  const std::uint64_t baseline = Memory(pid, "VmHWM");
  zmq::context_t context;
  zmq::socket_t greedy(context, zmq::socket_type::xsub);
  greedy.set(zmq::sockopt::linger, 0);
  greedy.set(zmq::sockopt::sndtimeo, 1000);
  greedy.connect("ipc://" + world.Path("events.sock"));
  zmq::socket_t modest = Subscribe(context, world, 1000);
  Onlooker onlooker(world);
  std::uint64_t sent = 0;
  for (; sent < 100'000; ++sent) {
    const std::string topic = "\x01" + std::to_string(sent) + std::string(100, 'x');
    [[maybe_unused]] const auto done = greedy.send(zmq::buffer(topic));
  }
  EXPECT_TRUE(e2e::Eventually([&] { return TimesReached(world, "topics") > 0; }));
  Follower follower;
  AwaitBeat(modest, follower);
  const std::uint64_t answered = onlooker.Stop();
  const std::uint64_t peak = Memory(pid, "VmHWM");
  std::cout << "load: flood of topics: " << sent << " topics, cut off "
            << TimesReached(world, "topics") << " times, " << answered
            << " answers to others, peak " << peak << " MiB (baseline " << baseline << ")\n";
  EXPECT_LT(peak, MemoryMax(baseline, 160));
  EXPECT_GE(LinesAbout(world, "topics"), 1U);
}

}  // namespace
}  // namespace roster::load
