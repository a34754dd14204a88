// Real sockets over ipc in a directory of their own.

#include "daemon/bus/zmq_bus.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <zmq.hpp>

#include "daemon/bus/zmq_endpoint.h"
#include "daemon/bus/zmq_worker_channel.h"
#include "tests/unit/bus/bus_world.h"

namespace roster::bus {
namespace {

class ZmqBusTest : public BusWorld {};

TEST_F(ZmqBusTest, RequestIsAnsweredOnItsRoute) {
  Open();
  auto client = Dealer(Names().control);
  auto worker = Dealer(Names().tasks);
  Say(client, "question");
  Inbound input = Next();
  EXPECT_EQ(input.channel, Channel::kControl);
  EXPECT_EQ(input.payload, "question");
  bus_->Send(input.channel, input.route, "answer");
  EXPECT_EQ(Hear(client), "answer");
  Say(worker, "lease");
  input = Next();
  EXPECT_EQ(input.channel, Channel::kTasks);
  bus_->Send(input.channel, input.route, "task");
  EXPECT_EQ(Hear(worker), "task");
  EXPECT_EQ(bus_->counters().received, 2U);
  EXPECT_EQ(bus_->counters().sent, 2U);
}

TEST_F(ZmqBusTest, KernelSaysWhoIsThere) {
  Open();
  auto client = Dealer(Names().control);
  Say(client, "who am I");
  const Inbound input = Next();
  EXPECT_EQ(input.peer.uid, static_cast<std::int64_t>(getuid()));
  EXPECT_EQ(input.peer.gid, static_cast<std::int64_t>(getgid()));
  EXPECT_EQ(input.peer.pid, static_cast<std::int64_t>(getpid()));
  std::vector<gid_t> groups(static_cast<std::size_t>(::getgroups(0, nullptr)));
  ASSERT_GE(::getgroups(static_cast<int>(groups.size()), groups.data()), 0);
  EXPECT_EQ(input.peer.groups, std::vector<std::int64_t>(groups.begin(), groups.end()));
  EXPECT_EQ(input.peer.key, "");
  EXPECT_EQ(input.peer.Actor(), "uid:" + std::to_string(getuid()));
  EXPECT_EQ(Peer{}.Actor(), "unattested");
}

TEST_F(ZmqBusTest, SocketFilesAreForOwnerAndGroup) {
  const mode_t before = ::umask(0);
  Open();
  EXPECT_EQ(::umask(before), 0U) << "the umask is put back";
  for (const char* name : {"control.sock", "events.sock", "tasks.sock"}) {
    struct stat status {};
    ASSERT_EQ(::stat((directory_.path() / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0660U) << name;
  }
}

TEST_F(ZmqBusTest, BothChannelsGetTheirTurn) {
  Open();
  auto client = Dealer(Names().control);
  auto worker = Dealer(Names().tasks);
  for (int i = 0; i < 100; ++i) Say(client, "c");
  Say(worker, "w");
  // Until both have something waiting.
  std::vector<Inbound> all;
  while (all.size() < 101) all.push_back(Next());
  Say(worker, "w");
  for (int i = 0; i < 100; ++i) Say(client, "c");
  std::size_t at = 0;
  std::size_t most = 0;
  for (std::size_t seen = 0; seen < 101;) {
    auto inputs = bus_->Receive(kPatience, 10);
    ASSERT_TRUE(inputs);
    EXPECT_LE(inputs->size(), 10U);
    most = std::max(most, inputs->size());
    for (const Inbound& input : *inputs) {
      ++seen;
      if (input.channel == Channel::kTasks) at = seen;
    }
  }
  EXPECT_GT(at, 0U);
  EXPECT_GT(most, 1U);
}

TEST_F(ZmqBusTest, WhatIsNotOneFrameIsDroppedAndCounted) {
  Open();
  auto client = Dealer(Names().control);
  ASSERT_TRUE(client.send(zmq::str_buffer("one"), zmq::send_flags::sndmore));
  ASSERT_TRUE(client.send(zmq::str_buffer("two")));
  ASSERT_TRUE(client.send(zmq::message_t(), zmq::send_flags::none));  // empty
  Say(client, "good");
  EXPECT_EQ(Next().payload, "good");
  EXPECT_EQ(bus_->counters().dropped_in, 2U);
  EXPECT_EQ(bus_->counters().received, 1U);
}

TEST_F(ZmqBusTest, HundredMebibytesInOneFrameHarmNobodyElse) {
  Open();
  auto greedy = Dealer(Names().control);
  auto client = Dealer(Names().control);
  Say(client, "before");
  EXPECT_EQ(Next().payload, "before");
  Say(greedy, std::string(std::size_t{100} << 20U, 'x'));
  Say(client, "after");
  const Inbound input = Next();
  EXPECT_EQ(input.payload, "after");
  bus_->Send(input.channel, input.route, "still here");
  EXPECT_EQ(Hear(client), "still here");
  // Whoever was cut off is let in again.
  Say(greedy, "modest");
  EXPECT_EQ(Next().payload, "modest");
}

TEST_F(ZmqBusTest, LargestMessageGoesThrough) {
  Open();
  auto client = Dealer(Names().control);
  Say(client, std::string(std::size_t{4} << 20U, 'x'));
  const Inbound input = Next();
  EXPECT_EQ(input.payload.size(), std::size_t{4} << 20U);
}

TEST_F(ZmqBusTest, AnswerToAPeerThatIsGoneIsCounted) {
  Open();
  {
    auto client = Dealer(Names().control);
    Say(client, "bye");
    const Inbound input = Next();
    client.close();
    // libzmq learns of it when it learns of it.
    for (int i = 0; i < 10'000 && bus_->counters().dropped_out == 0; ++i) {
      bus_->Send(input.channel, input.route, "too late");
      ASSERT_TRUE(bus_->Receive(std::chrono::milliseconds(1), 1));
    }
  }
  EXPECT_GT(bus_->counters().dropped_out, 0U);
  bus_->Send(Channel::kTasks, "nobody", "hello");
}

TEST_F(ZmqBusTest, PeerThatDoesNotReadIsDroppedOn) {
  BusLimits limits;
  limits.queued_out_max = 10;
  Open(limits);
  auto client = Dealer(Names().control);
  client.set(zmq::sockopt::rcvhwm, 10);
  Say(client, "flood me");
  const Inbound input = Next();
  const std::string payload(100'000, 'x');
  for (int i = 0; i < 1000; ++i) bus_->Send(input.channel, input.route, payload);
  const auto counters = bus_->counters();
  EXPECT_GT(counters.dropped_out, 0U);
  EXPECT_EQ(counters.dropped_out + counters.sent, 1000U);
  auto other = Dealer(Names().control);
  Say(other, "and me?");
  const Inbound next = Next();
  bus_->Send(next.channel, next.route, "you too");
  EXPECT_EQ(Hear(other), "you too");
}

TEST_F(ZmqBusTest, UnreadAnswersAreBoundedInBytes) {
  BusLimits limits;
  limits.unread_bytes_max = 1'000'000;
  limits.unread_all_max = 3'000'000;
  Open(limits);
  std::vector<zmq::socket_t> clients;
  std::vector<std::string> routes;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(Dealer(Names().control));
    clients.back().set(zmq::sockopt::rcvhwm, 1);
    Say(clients.back(), "flood me");
    routes.push_back(Next().route);
  }
  const std::string payload(300'000, 'x');
  for (int i = 0; i < 200 && bus_->counters().dropped_full == 0; ++i) {
    bus_->Send(Channel::kControl, routes.front(), payload);
  }
  EXPECT_GT(bus_->counters().dropped_full, 0U) << "one leaves too much";
  EXPECT_EQ(bus_->counters().cut_unread, 0U);
  for (int i = 0; i < 200 && bus_->counters().cut_unread == 0; ++i) {
    for (const std::string& route : routes) bus_->Send(Channel::kControl, route, payload);
  }
  EXPECT_GT(bus_->counters().cut_unread, 0U) << "together they leave too much";
  auto other = Dealer(Names().control);
  Say(other, "and me?");
  for (Inbound next = Next(); next.payload != "and me?"; next = Next()) routes = {next.route};
}

TEST_F(ZmqBusTest, TooManyTopicsEndTheConnection) {
  BusLimits limits;
  limits.topics_max = 100;
  Open(limits);
  zmq::socket_t greedy(context_, zmq::socket_type::xsub);
  greedy.set(zmq::sockopt::linger, 0);
  greedy.connect(Names().events);
  for (int i = 0; i < 100'000 && bus_->counters().cut_topics == 0; ++i) {
    const std::string topic = "\x01topic." + std::to_string(i);
    [[maybe_unused]] const auto sent = greedy.send(zmq::buffer(topic), zmq::send_flags::dontwait);
    ASSERT_TRUE(bus_->Receive(std::chrono::milliseconds(i % 10 == 0 ? 1 : 0), 1));
  }
  EXPECT_GT(bus_->counters().cut_topics, 0U);
}

TEST_F(ZmqBusTest, ConnectionsOfOneProcessAreCounted) {
  BusLimits limits;
  limits.control_own_max = 2;
  Open(limits);
  std::vector<zmq::socket_t> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(Dealer(Names().control));
  for (int i = 0; i < 2000 && bus_->counters().cut_peers == 0; ++i) {
    ASSERT_TRUE(bus_->Receive(std::chrono::milliseconds(10), 1));
  }
  EXPECT_GT(bus_->counters().cut_peers, 0U) << "two are for one process";
  Say(clients.front(), "still here?");
  EXPECT_EQ(Next().payload, "still here?");
}

TEST_F(ZmqBusTest, FloodIsTakenInPortions) {
  Open();
  std::jthread flood([&] {
    auto client = Dealer(Names().control);
    for (int i = 0; i < 20'000; ++i) {
      if (!client.send(zmq::str_buffer("x"))) return;
    }
    zmq::message_t done;
    [[maybe_unused]] const auto heard = client.recv(done);
  });
  std::size_t seen = 0;
  std::string route;
  while (seen < 20'000) {
    const auto inputs = bus_->Receive(kPatience, 256);
    ASSERT_TRUE(inputs);
    ASSERT_LE(inputs->size(), 256U);
    if (inputs->empty()) continue;  // a connection began, or a wake
    seen += inputs->size();
    route = inputs->front().route;
  }
  bus_->Send(Channel::kControl, route, "done");
}

TEST_F(ZmqBusTest, SubscriberHearsItsTopics) {
  Open();
  zmq::socket_t subscriber(context_, zmq::socket_type::sub);
  subscriber.set(zmq::sockopt::linger, 0);
  subscriber.set(zmq::sockopt::rcvtimeo, 20'000);
  subscriber.set(zmq::sockopt::subscribe, "tcs.");
  subscriber.connect(Names().events);
  // Subscribing takes its time: the wait is for the first that comes through.
  subscriber.set(zmq::sockopt::rcvtimeo, 10);
  zmq::message_t topic;
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(bus_->Receive(Duration::zero(), 1));
    bus_->Publish("other.Beat", "not for you");
    bus_->Publish("tcs.Beat", "hello");
    if (subscriber.recv(topic)) break;
  }
  EXPECT_EQ(topic.to_string(), "tcs.Beat");
  ASSERT_TRUE(topic.more());
  zmq::message_t payload;
  ASSERT_TRUE(subscriber.recv(payload));
  EXPECT_EQ(payload.to_string(), "hello");
  EXPECT_FALSE(payload.more());
  EXPECT_EQ(bus_->counters().dropped_out, 0U);
}

TEST_F(ZmqBusTest, WakeEndsTheWait) {
  Open();
  std::jthread waker([&] { bus_->Wake(); });
  const auto begin = std::chrono::steady_clock::now();
  const auto inputs = bus_->Receive(kPatience, 10);
  ASSERT_TRUE(inputs);
  EXPECT_TRUE(inputs->empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience);
  // Once for all that came before.
  bus_->Wake();
  bus_->Wake();
  EXPECT_TRUE(bus_->Receive(kPatience, 10));
}

TEST_F(ZmqBusTest, EndpointInUseIsRefused) {
  Open();
  const auto second = TryOpen(Names());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kRefused);
  EXPECT_EQ(second.error().reason, "endpoint-in-use");
  auto client = Dealer(Names().control);
  Say(client, "still yours?");
  EXPECT_EQ(Next().payload, "still yours?");
}

TEST_F(ZmqBusTest, OneEndpointTwiceIsRefused) {
  Endpoints names = Names();
  names.tasks = names.control;
  EXPECT_EQ(TryOpen(names).error().reason, "endpoint-in-use");
}

TEST_F(ZmqBusTest, SocketLeftBehindIsTakenOver) {
  {
    // A process that was killed leaves its file.
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::router);
    socket.bind(Names().control);
    std::filesystem::create_hard_link(directory_.path() / "control.sock",
                                      directory_.path() / "kept");
  }
  std::filesystem::rename(directory_.path() / "kept", directory_.path() / "control.sock");
  Open();
  auto client = Dealer(Names().control);
  Say(client, "hello");
  EXPECT_EQ(Next().payload, "hello");
}

TEST_F(ZmqBusTest, UnusableEndpointsAreRefusedWithAWord) {
  const auto reason = [&](const std::string& control) {
    Endpoints names = Names();
    names.control = control;
    const auto opened = TryOpen(names);
    return opened ? "opened" : opened.error().reason;
  };
  const std::string base = directory_.path().string();
  EXPECT_EQ(reason("tcp://127.0.0.1:5555"), "tcp-needs-curve");
  EXPECT_EQ(reason("tcp://127.0.0.1"), "endpoint-address");
  EXPECT_EQ(reason("tcp://:5555"), "endpoint-address");
  EXPECT_EQ(reason("ipc://relative.sock"), "endpoint-path");
  EXPECT_EQ(reason("ipc://@abstract"), "endpoint-path");
  EXPECT_EQ(reason("ipc://*"), "endpoint-path");
  EXPECT_EQ(reason("ipc:///" + std::string(107, 'x')), "endpoint-path");
  EXPECT_EQ(reason("inproc://x"), "endpoint-path");
  EXPECT_EQ(reason("ipc://" + base + "/none/control.sock"), "endpoint-directory");
  std::ofstream(directory_.path() / "file") << "precious";
  EXPECT_EQ(reason("ipc://" + base + "/file"), "endpoint-path");
  EXPECT_EQ(std::filesystem::file_size(directory_.path() / "file"), 8U);
  EXPECT_EQ(reason("ipc://" + base + "/file/control.sock"), "endpoint-directory");
}

// ---- the worker's side

TEST_F(ZmqBusTest, WorkerChannelAsksAndHears) {
  Open();
  ZmqWorkerChannel channel(Names().tasks);
  Result<void> sent = channel.Send("lease");
  for (int i = 0; i < 2000 && !sent; ++i) {
    EXPECT_EQ(sent.error().reason, "not-connected");
    ASSERT_TRUE(channel.Receive(std::chrono::milliseconds(10)));
    sent = channel.Send("lease");
  }
  ASSERT_TRUE(sent);
  const Inbound input = Next();
  EXPECT_EQ(input.payload, "lease");
  bus_->Send(input.channel, input.route, "tasks");
  const auto heard = channel.Receive(kPatience);
  ASSERT_TRUE(heard);
  EXPECT_EQ(*heard, "tasks");
}

TEST_F(ZmqBusTest, WorkerChannelFindsTheDaemonAgain) {
  ZmqWorkerChannel channel(Names().tasks);
  EXPECT_EQ(channel.Send("nobody there").error().reason, "not-connected");
  for (int round = 0; round < 2; ++round) {
    bus_.reset();
    Open();
    bool heard = false;
    for (int i = 0; i < 4000 && !heard; ++i) {
      [[maybe_unused]] const auto sent = channel.Send("round " + std::to_string(round));
      const auto inputs = bus_->Receive(std::chrono::milliseconds(10), 10);
      ASSERT_TRUE(inputs);
      for (const Inbound& input : *inputs) {
        heard = heard || input.payload == "round " + std::to_string(round);
      }
    }
    EXPECT_TRUE(heard) << round;
  }
}

// In libzmq 4.3.4 a heartbeat that falls due for a connection whose queue is full, and whose peer
// has gone, ends the process.
TEST_F(ZmqBusTest, NoSocketSendsZmtpHeartbeats) {
  zmq::socket_t socket(context_, zmq::socket_type::router);
  SetOptions(socket, {1, 1, 1, 0});
  EXPECT_EQ(socket.get(zmq::sockopt::heartbeat_ivl), 0);
  EXPECT_GT(socket.get(zmq::sockopt::handshake_ivl), 0);
}

TEST_F(ZmqBusTest, WorkerChannelIsWoken) {
  ZmqWorkerChannel channel(Names().tasks);
  std::jthread waker([&] { channel.Wake(); });
  const auto heard = channel.Receive(kPatience);
  ASSERT_TRUE(heard);
  EXPECT_FALSE(*heard);
}

TEST_F(ZmqBusTest, WorkerChannelTellsOfAnEndpointThatCannotBe) {
  ZmqWorkerChannel channel("tcp://127.0.0.1:1");
  EXPECT_EQ(channel.Send("x").error().reason, "tcp-needs-curve");
  EXPECT_EQ(channel.Receive(Duration::zero()).error().reason, "tcp-needs-curve");
}

}  // namespace
}  // namespace roster::bus
