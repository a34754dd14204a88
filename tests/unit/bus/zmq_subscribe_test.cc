// Who hears what: real subscribers on real sockets.

#include <sys/types.h>
#include <unistd.h>

#include <map>

#include "tests/unit/bus/bus_world.h"

namespace roster::bus {
namespace {

class ZmqSubscribeTest : public BusWorld {
 protected:
  zmq::socket_t Subscriber(const std::string& topic) {
    zmq::socket_t socket = Make(zmq::socket_type::sub);
    socket.set(zmq::sockopt::rcvtimeo, 0);
    socket.set(zmq::sockopt::subscribe, topic);
    socket.set(zmq::sockopt::reconnect_ivl, 10);
    socket.connect(Names().events);
    return socket;
  }

  // Publishes of these schools until the subscriber has heard `school`; all that it heard, by
  // topic.
  std::map<std::string, int> HeardUntil(zmq::socket_t& subscriber, const std::string& topic) {
    std::map<std::string, int> heard;
    EXPECT_TRUE(Eventually([&] {
      for (const char* one : {"tcs.Beat", "tcs-north.Beat", "other.Beat", "tcs.Poll"}) {
        bus_->Publish(one, "payload");
      }
      zmq::message_t message;
      while (subscriber.recv(message)) {
        if (message.more()) ++heard[message.to_string()];
      }
      return heard.contains(topic);
    })) << topic;
    return heard;
  }
};

TEST_F(ZmqSubscribeTest, EverythingIsWhatOneMayHear) {
  gate_.LetHear({"tcs", "tcs-north"});
  Open();
  auto subscriber = Subscriber("");
  auto heard = HeardUntil(subscriber, "tcs-north.Beat");
  heard.merge(HeardUntil(subscriber, "tcs.Beat"));
  EXPECT_FALSE(heard.contains("other.Beat"));
  EXPECT_TRUE(bus_->TakeTurnedAway().empty());
}

TEST_F(ZmqSubscribeTest, OneTypeOfOneSchool) {
  Open();
  auto subscriber = Subscriber("tcs.Poll");
  const auto heard = HeardUntil(subscriber, "tcs.Poll");
  EXPECT_EQ(heard.size(), 1U);
}

TEST_F(ZmqSubscribeTest, AForeignSchoolIsRefusedAndTold) {
  Open();
  auto subscriber = Subscriber("other.");
  ASSERT_TRUE(Eventually([&] { return !gate_.asked().empty(); }));
  const auto turned_away = bus_->TakeTurnedAway();
  ASSERT_EQ(turned_away.size(), 1U);
  EXPECT_EQ(turned_away[0].request, "Subscribe");
  EXPECT_EQ(turned_away[0].peer.uid, static_cast<std::int64_t>(::getuid()));
  EXPECT_TRUE(bus_->TakeTurnedAway().empty()) << "once";
  subscriber.set(zmq::sockopt::subscribe, "tcs.Beat");
  const auto heard = HeardUntil(subscriber, "tcs.Beat");
  EXPECT_EQ(heard.size(), 1U) << "the connection stays, and hears nothing foreign";
}

TEST_F(ZmqSubscribeTest, WhoMayHearNothingHearsNothing) {
  gate_.LetHear({});
  Open();
  auto subscriber = Subscriber("");
  ASSERT_TRUE(Eventually([&] { return !gate_.asked().empty(); }));
  EXPECT_EQ(bus_->TakeTurnedAway().size(), 1U);
  // Another one, who may: what is published reaches them, and nobody else.
  gate_.LetHear({"tcs"});
  auto other = Subscriber("");
  HeardUntil(other, "tcs.Beat");
  zmq::message_t message;
  EXPECT_FALSE(subscriber.recv(message));
}

TEST_F(ZmqSubscribeTest, UnsubscribingTakesBackWhatWasGranted) {
  gate_.LetHear({"tcs", "tcs-north"});
  Open();
  auto subscriber = Subscriber("");
  subscriber.set(zmq::sockopt::subscribe, "tcs.Poll");
  HeardUntil(subscriber, "tcs-north.Beat");
  HeardUntil(subscriber, "tcs.Poll");
  subscriber.set(zmq::sockopt::unsubscribe, "");
  subscriber.set(zmq::sockopt::subscribe, "tcs.Beat");  // behind it: when this counts, that does
  HeardUntil(subscriber, "tcs.Beat");
  const auto heard = HeardUntil(subscriber, "tcs.Poll");
  EXPECT_FALSE(heard.contains("tcs-north.Beat"));
}

TEST_F(ZmqSubscribeTest, WhatTheGateTakesBackIsNoLongerHeard) {
  gate_.LetHear({"tcs", "tcs-north"});
  Open();
  auto subscriber = Subscriber("");
  HeardUntil(subscriber, "tcs-north.Beat");
  gate_.LetHear({"tcs"});
  bus_->AskGateAgain();
  // What was on its way before is let go of with the connection that ends.
  const std::size_t before = gate_.asked().size();
  zmq::message_t message;
  ASSERT_TRUE(Eventually([&] {
    // libzmq says the topics again while its socket is looked at.
    while (subscriber.recv(message)) {
    }
    return gate_.asked().size() > before;
  })) << "it comes back";
  const auto heard = HeardUntil(subscriber, "tcs.Beat");
  EXPECT_FALSE(heard.contains("tcs-north.Beat"));
}

// libzmq 4.3.4 mixes up whose a topic is after something that is no topic: what the second asks for
// would be granted to the third.
TEST_F(ZmqSubscribeTest, NobodyGetsWhatAnotherOneMayHear) {
  Open();
  const auto connect = [&](zmq::socket_t socket, const std::string& said) {
    static int count = 0;
    const std::string name = "inproc://watched-" + std::to_string(++count);
    EXPECT_EQ(zmq_socket_monitor(socket.handle(), name.c_str(), ZMQ_EVENT_HANDSHAKE_SUCCEEDED), 0);
    zmq::socket_t events = Make(zmq::socket_type::pair);
    events.connect(name);
    socket.set(zmq::sockopt::rcvtimeo, 0);
    socket.connect(Names().events);
    Say(socket, said);
    zmq::message_t event;
    EXPECT_TRUE(events.recv(event));
    return socket;
  };
  for (int round = 0; round < 100; ++round) {
    // The bus looks only when all three are there.
    auto first = connect(Make(zmq::socket_type::xsub), "no topic");
    auto second = connect(Make(zmq::socket_type::xsub), "\x01tcs.Beat");
    auto third = connect(Make(zmq::socket_type::xsub), "\x01other.Beat");
    zmq::message_t message;
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(bus_->Receive(std::chrono::milliseconds(1), 10));
      bus_->Publish("tcs.Beat", "payload");
      ASSERT_FALSE(third.recv(message)) << message.to_string() << " in round " << round;
    }
  }
  EXPECT_GT(bus_->counters().dropped_in, 0U);
  // Who was in doubt comes back, and is heard.
  auto faithful = Subscriber("tcs.Beat");
  HeardUntil(faithful, "tcs.Beat");
}

TEST_F(ZmqSubscribeTest, SubscribersThatVanishHarmNobody) {
  Open();
  auto faithful = Subscriber("tcs.");
  HeardUntil(faithful, "tcs.Beat");
  for (int round = 0; round < 300; ++round) {
    std::vector<zmq::socket_t> hasty;
    for (int i = 0; i < 3; ++i) hasty.push_back(Subscriber("tcs."));
    if (round % 4 == 0) {
      ASSERT_TRUE(bus_->Receive(std::chrono::milliseconds(1), 10));
    }
    bus_->Publish("tcs.Beat", "payload");
  }
  HeardUntil(faithful, "tcs.Beat");
}

}  // namespace
}  // namespace roster::bus
