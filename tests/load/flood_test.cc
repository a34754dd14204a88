// Frames of every kind, as fast as they go, while somebody works.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <iostream>

#include "tests/load/peers.h"

namespace roster::load {
namespace {

constexpr std::uint64_t kBound = 160;  // MiB above the baseline
constexpr std::size_t kMiB = std::size_t{1} << 20U;

// Sends the same message again and again, each part a frame; reads nothing.
std::jthread Flood(const std::string& endpoint, zmq::socket_type type,
                   std::vector<std::string> parts, std::atomic<std::uint64_t>& sent) {
  return std::jthread([=, &sent](const std::stop_token& stop) {
    zmq::context_t context;
    zmq::socket_t socket(context, type);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndtimeo, 100);
    socket.set(zmq::sockopt::rcvhwm, 1);
    socket.set(zmq::sockopt::sndhwm, 4);
    socket.set(zmq::sockopt::immediate, true);
    socket.connect(endpoint);
    zmq::pollitem_t ready{socket.handle(), 0, ZMQ_POLLOUT, 0};
    while (!stop.stop_requested()) {
      if (zmq::poll(&ready, 1, std::chrono::milliseconds(100)) == 0) continue;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto more = i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
        if (!socket.send(zmq::buffer(parts[i]), more)) break;
        if (i + 1 == parts.size()) ++sent;
      }
    }
  });
}

TEST(Load, AFloodOfFramesHarmsNobodyElse) {
  e2e::World world(e2e::SmallSchool(11));
  Start(world, false);
  StartWorker(world, false);
  world.Poll();
  const pid_t pid = world.daemon().pid();
  const std::uint64_t baseline = Memory(pid, "VmHWM");
  v1::Request valid = BigPage();
  valid.set_version(1);
  valid.set_request_id("flood");
  const std::string control = world.endpoint();
  const std::string tasks = "ipc://" + world.Path("tasks.sock");
  const std::string events = "ipc://" + world.Path("events.sock");
  constexpr auto kDealer = zmq::socket_type::dealer;
  std::atomic<std::uint64_t> sent{0};
  {
    std::vector<std::jthread> floods;
    floods.push_back(Flood(control, kDealer, {valid.SerializeAsString()}, sent));
    floods.push_back(Flood(control, kDealer, {"no message at all"}, sent));
    floods.push_back(Flood(control, kDealer, {"one", "two", std::string(100'000, 'x')}, sent));
    floods.push_back(Flood(control, kDealer, {""}, sent));
    floods.push_back(Flood(control, kDealer, {std::string(5 * kMiB, 'x')}, sent));
    floods.push_back(Flood(tasks, kDealer, {std::string(4 * kMiB, 'x')}, sent));
    floods.push_back(Flood(events, zmq::socket_type::xsub, {"not a topic"}, sent));
    Onlooker onlooker(world);
    world.SelectAllNew();
    EXPECT_EQ(world.Sync().code, 0);
    world.Poll();
    EXPECT_TRUE(e2e::Eventually([&] { return TimesReached(world, "frames") > 1000; }));
    std::cout << "load: flood of frames: " << onlooker.Stop() << " answers to others, ";
  }
  const std::uint64_t peak = Memory(pid, "VmHWM");
  std::cout << sent << " messages sent, " << TimesReached(world, "frames") << " dropped, "
            << TimesReached(world, "messages") << " not understood, peak " << peak
            << " MiB (baseline " << baseline << ")\n";
  EXPECT_LT(peak, MemoryMax(baseline, kBound));
  EXPECT_GT(TimesReached(world, "messages"), 0U);
  EXPECT_GE(LinesAbout(world, "frames"), 1U);
  EXPECT_LE(LinesAbout(world, "frames"), 5U) << "once a minute";
  EXPECT_GT(world.School().at("tasks").at("applied").get<std::string>(), "0");
  for (const e2e::Json& effect : world.Effects()) EXPECT_NE(effect["effect"], "violation");
}

// Connections that say nothing: half of them at most are one process's.
TEST(Load, AFloodOfConnectionsLeavesRoomForOthers) {
  RaiseDescriptors();
  e2e::World world(e2e::SmallSchool(12));
  Start(world, false);
  world.Poll();
  const pid_t pid = world.daemon().pid();
  const std::uint64_t baseline = Memory(pid, "VmHWM");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = world.Path("control.sock");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  std::vector<int> sockets;
  for (int i = 0; i < 3000; ++i) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(fd, 0);
    sockets.push_back(fd);
    ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  std::uint64_t answered = 0;
  for (; answered < 10; ++answered) ASSERT_EQ(world.Ctl({"status"}).code, 0);
  EXPECT_TRUE(e2e::Eventually([&] { return TimesReached(world, "connections") >= 2000; }));
  world.Poll();
  const std::uint64_t peak = Memory(pid, "VmHWM");
  std::cout << "load: flood of connections: 3000 connections, "
            << TimesReached(world, "connections") << " ended, " << answered
            << " answers to others, peak " << peak << " MiB (baseline " << baseline << ")\n";
  EXPECT_LT(peak, MemoryMax(baseline, 100));
  EXPECT_GE(LinesAbout(world, "connections"), 1U);
  for (const int fd : sockets) ::close(fd);
}

}  // namespace
}  // namespace roster::load
