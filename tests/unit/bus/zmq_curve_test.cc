// The bus over tcp: who is let in, who is not, and what goes over the wire.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/bus/zmq_worker_channel.h"
#include "tests/unit/bus/bus_world.h"
#include "tests/unit/bus/recording_proxy.h"

namespace roster::bus {
namespace {

class ZmqCurveTest : public BusWorld {
 protected:
  void SetUp() override { gate_.Know(ann_.public_key); }

  zmq::socket_t Caller(const CurveKeys& own) {
    zmq::socket_t socket = Make(zmq::socket_type::dealer);
    UseKeys(socket, own);
    socket.set(zmq::sockopt::reconnect_ivl, 10);
    socket.connect(bus_->endpoints().control);
    return socket;
  }

  // What becomes of the handshake, as libzmq tells the side that calls.
  struct Watched {
    zmq::socket_t socket;
    zmq::socket_t events;
  };
  Watched Watch(zmq::socket_t socket, const std::string& endpoint) {
    const std::string name = "inproc://watched-" + std::to_string(++watched_);
    EXPECT_EQ(zmq_socket_monitor(
                  socket.handle(), name.c_str(),
                  ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                      ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH),
              0);
    zmq::socket_t events = Make(zmq::socket_type::pair);
    events.connect(name);
    socket.connect(endpoint);
    return {std::move(socket), std::move(events)};
  }
  static int Outcome(Watched& watched) {
    zmq::message_t event;
    zmq::message_t address;
    if (!watched.events.recv(event) || !watched.events.recv(address)) return 0;
    return *event.data<std::uint16_t>();
  }

  const CurveKeys ann_ = MakeKeys();
  const CurveKeys eve_ = MakeKeys();
  int watched_ = 0;
};

TEST_F(ZmqCurveTest, AKnownKeyIsWhoItIs) {
  OpenTcp();
  auto ann = Caller(ann_);
  Say(ann, "question");
  const Inbound input = Next();
  EXPECT_EQ(input.payload, "question");
  EXPECT_EQ(input.peer.key, ann_.public_key);
  EXPECT_EQ(input.peer.uid, -1);
  EXPECT_EQ(input.peer.gid, -1);
  EXPECT_TRUE(input.peer.groups.empty());
  EXPECT_EQ(input.peer.Actor(), model::KeyName(ann_.public_key));
  bus_->Send(input.channel, input.route, "answer");
  EXPECT_EQ(Hear(ann), "answer");
  EXPECT_TRUE(bus_->TakeTurnedAway().empty());
}

// A peer that speaks ZMTP 3.0 (ZeroMQ RFC 23) by itself, and calls itself by Ann's key.
TEST_F(ZmqCurveTest, WhatAPeerSaysOfItselfDoesNotCount) {
  Open();
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (directory_.path() / "control.sock").string();
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  std::string said("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", 16);
  said.resize(64);
  std::string ready = "\x05READY";
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"Socket-Type", "DEALER"},
                                    {"Identity", ""},
                                    {"User-Id", ann_.public_key}}) {
    ready += static_cast<char>(name.size()) + name + std::string(3, '\0') +
             static_cast<char>(value.size()) + value;
  }
  said += '\x04' + std::string(1, static_cast<char>(ready.size())) + ready;
  const auto send = [&](const std::string& bytes) {
    return ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  };
  ASSERT_TRUE(send(said));
  for (std::string heard; heard.find("ROUTER") == std::string::npos;) {
    char byte = 0;
    ASSERT_EQ(::recv(descriptor, &byte, 1, 0), 1);
    heard += byte;
  }
  ASSERT_TRUE(send(std::string("\0\x05", 2) + "hello"));
  const Inbound input = Next();
  EXPECT_EQ(input.payload, "hello");
  EXPECT_EQ(input.peer.key, "");
  EXPECT_EQ(input.peer.uid, static_cast<std::int64_t>(::getuid()));
  ::close(descriptor);
}

TEST_F(ZmqCurveTest, AnUnknownKeyIsToldSoAndCounted) {
  OpenTcp();
  zmq::socket_t eve = Make(zmq::socket_type::dealer);
  UseKeys(eve, eve_);
  auto watched = Watch(std::move(eve), bus_->endpoints().control);
  EXPECT_EQ(Outcome(watched), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  const auto turned_away = bus_->TakeTurnedAway();
  ASSERT_FALSE(turned_away.empty());
  EXPECT_EQ(turned_away[0].request, "Connect");
  EXPECT_EQ(turned_away[0].peer.key, eve_.public_key);
}

TEST_F(ZmqCurveTest, WhoeverIsTurnedAwayIsCountedUpToAHundred) {
  OpenTcp();
  auto eve = Caller(eve_);
  eve.set(zmq::sockopt::reconnect_ivl, 1);
  std::vector<zmq::socket_t> many;
  for (int i = 0; i < 120; ++i) {
    zmq::socket_t one = Make(zmq::socket_type::dealer);
    UseKeys(one, eve_);
    auto watched = Watch(std::move(one), bus_->endpoints().control);
    ASSERT_EQ(Outcome(watched), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    ASSERT_TRUE(bus_->Receive(Duration::zero(), 1));
  }
  EXPECT_EQ(bus_->TakeTurnedAway().size(), 100U);
}

TEST_F(ZmqCurveTest, ACallerWhoExpectsAnotherServerGetsNowhere) {
  OpenTcp();
  zmq::socket_t ann = Make(zmq::socket_type::dealer);
  UseKeys(ann, ann_);
  ann.set(zmq::sockopt::curve_serverkey, eve_.public_key);
  auto watched = Watch(std::move(ann), bus_->endpoints().control);
  EXPECT_EQ(Outcome(watched), ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
  EXPECT_TRUE(bus_->TakeTurnedAway().empty()) << "whose key it was is not known";
}

TEST_F(ZmqCurveTest, WithoutAKeyNobodyIsLetIn) {
  OpenTcp();
  auto watched = Watch(Make(zmq::socket_type::dealer), bus_->endpoints().control);
  EXPECT_NE(Outcome(watched), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  zmq::socket_t plain = Make(zmq::socket_type::dealer);
  plain.set(zmq::sockopt::plain_username, "ann");
  plain.set(zmq::sockopt::plain_password, "ann");
  auto watched_plain = Watch(std::move(plain), bus_->endpoints().control);
  EXPECT_NE(Outcome(watched_plain), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  EXPECT_EQ(bus_->counters().received, 0U);
}

TEST_F(ZmqCurveTest, AKeyWithdrawnEndsItsConnectionsAndNoOthers) {
  const CurveKeys bob = MakeKeys();
  gate_.Know(bob.public_key);
  OpenTcp();
  auto ann = Caller(ann_);
  auto other = Caller(bob);
  Say(ann, "a");
  Say(other, "b");
  const std::string bobs = [&] {
    const Inbound one = Next();
    const Inbound two = Next();
    return one.payload == "b" ? one.route : two.route;
  }();
  ASSERT_EQ(bus_->counters().connections, 2U);
  gate_.Withdraw(ann_.public_key);
  bus_->AskGateAgain();
  ASSERT_TRUE(Eventually([&] { return !bus_->TakeTurnedAway().empty(); })) << "she comes back";
  bus_->Send(Channel::kControl, bobs, "still here");
  EXPECT_EQ(Hear(other), "still here") << "on the same connection";
  // Not even what she sends on a connection that would still be open gets through.
  const auto received = bus_->counters().received;
  [[maybe_unused]] const auto sent = ann.send(zmq::str_buffer("x"), zmq::send_flags::dontwait);
  Say(other, "b");
  EXPECT_EQ(Next().payload, "b");
  EXPECT_EQ(bus_->counters().received, received + 1);
}

TEST_F(ZmqCurveTest, AMessageOfAKeyWithdrawnSinceIsNotTakenIn) {
  OpenTcp();
  auto ann = Caller(ann_);
  Say(ann, "before");
  EXPECT_EQ(Next().payload, "before");
  gate_.Withdraw(ann_.public_key);  // and nobody has told the bus
  Say(ann, "after");
  ASSERT_TRUE(Eventually([&] { return !bus_->TakeTurnedAway().empty(); }));
  EXPECT_TRUE(inputs_.empty());
  EXPECT_EQ(bus_->counters().received, 1U);
}

TEST_F(ZmqCurveTest, SubscriptionsGoByTheKey) {
  OpenTcp();
  zmq::socket_t subscriber = Make(zmq::socket_type::sub);
  UseKeys(subscriber, ann_);
  subscriber.set(zmq::sockopt::subscribe, "");
  subscriber.set(zmq::sockopt::rcvtimeo, 0);
  subscriber.connect(bus_->endpoints().events);
  zmq::message_t topic;
  ASSERT_TRUE(Eventually([&] {
    bus_->Publish("other.Beat", "payload");
    bus_->Publish("tcs.Beat", "payload");
    return subscriber.recv(topic).has_value();
  }));
  EXPECT_EQ(topic.to_string(), "tcs.Beat");
  ASSERT_FALSE(gate_.asked().empty());
  EXPECT_EQ(gate_.asked()[0].key, ann_.public_key);
  EXPECT_EQ(gate_.asked()[0].uid, -1);
}

TEST_F(ZmqCurveTest, ConnectionsOfOneAddressAreCounted) {
  BusLimits limits;
  limits.control_own_max = 2;
  OpenTcp(limits);
  std::vector<zmq::socket_t> callers;
  for (int i = 0; i < 3; ++i) callers.push_back(Caller(ann_));
  ASSERT_TRUE(Eventually([&] { return bus_->counters().cut_peers > 0; }));
}

TEST_F(ZmqCurveTest, UnreadAnswersAreBoundedInBytesToo) {
  BusLimits limits;
  limits.unread_bytes_max = 1'000'000;
  limits.unread_all_max = 3'000'000;
  OpenTcp(limits);
  std::vector<zmq::socket_t> callers;
  std::vector<std::string> routes;
  for (int i = 0; i < 8; ++i) {
    callers.push_back(Caller(ann_));
    callers.back().set(zmq::sockopt::rcvhwm, 1);
    Say(callers.back(), "flood me");
    routes.push_back(Next().route);
  }
  const std::string payload(300'000, 'x');
  for (int i = 0; i < 2'000 && bus_->counters().cut_unread == 0; ++i) {
    for (const std::string& route : routes) bus_->Send(Channel::kControl, route, payload);
  }
  EXPECT_GT(bus_->counters().cut_unread, 0U);
}

TEST_F(ZmqCurveTest, EndpointsAreToldAsTheyAre) {
  OpenTcp();
  const Endpoints& real = bus_->endpoints();
  EXPECT_TRUE(real.control.starts_with("tcp://127.0.0.1:")) << real.control;
  EXPECT_FALSE(real.control.ends_with(":0"));
  EXPECT_NE(real.control, real.events);
  // One port twice.
  const auto second = TryOpen(real, {}, keys_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "endpoint-in-use");
  auto all = TryOpen({"tcp://*:0", "tcp://*:*", Names().tasks}, {}, keys_);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_TRUE((*all)->endpoints().control.starts_with("tcp://0.0.0.0:"));
  EXPECT_EQ((*all)->endpoints().tasks, Names().tasks);
}

TEST_F(ZmqCurveTest, WhatCannotBeOpenedIsSaid) {
  const std::string any = "tcp://127.0.0.1:0";
  const auto reason = [&](const std::string& endpoint, const std::optional<CurveKeys>& keys) {
    const auto opened = TryOpen({endpoint, any, any}, {}, keys);
    return opened ? "opened" : opened.error().reason;
  };
  EXPECT_EQ(reason(any, std::nullopt), "tcp-needs-curve");
  EXPECT_EQ(reason(any, CurveKeys{"short", "short"}), "certificate-malformed");
  EXPECT_EQ(reason("tcp://192.0.2.1:0", keys_), "endpoint-address");  // RFC 5737: nobody's
  EXPECT_EQ(reason("tcp://no such host:0", keys_), "endpoint-address");
}

// ---- the worker's side

TEST_F(ZmqCurveTest, AWorkerAsksAndHearsOverTcp) {
  OpenTcp();
  ZmqWorkerChannel channel(bus_->endpoints().tasks, CurveCall{keys_.public_key, ann_});
  ASSERT_TRUE(Eventually([&] { return channel.Send("lease").has_value(); }));
  const Inbound input = Next();
  EXPECT_EQ(input.channel, Channel::kTasks);
  EXPECT_EQ(input.payload, "lease");
  EXPECT_EQ(input.peer.key, ann_.public_key);
  bus_->Send(input.channel, input.route, "tasks");
  const auto heard = channel.Receive(kPatience);
  ASSERT_TRUE(heard);
  EXPECT_EQ(*heard, "tasks");
}

// libzmq does not call again where it was refused: a mistake in the config would hold a worker up
// until somebody starts it again.
TEST_F(ZmqCurveTest, ARefusedWorkerSaysSoAndComesBackOnceItsKeyIsKnown) {
  OpenTcp();
  ZmqWorkerChannel channel(bus_->endpoints().tasks, CurveCall{keys_.public_key, eve_});
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(Eventually([&] {
      const auto sent = channel.Send("lease");
      return !sent && sent.error().reason == "key-refused";
    }));
  }
  gate_.Know(eve_.public_key);
  ASSERT_TRUE(Eventually([&] { return channel.Send("lease").has_value(); }));
  EXPECT_EQ(Next().peer.key, eve_.public_key);
}

TEST_F(ZmqCurveTest, AWorkerWithoutKeysSaysWhatIsMissing) {
  ZmqWorkerChannel without("tcp://127.0.0.1:1");
  EXPECT_EQ(without.Send("x").error().reason, "tcp-needs-curve");
  ZmqWorkerChannel wrong("tcp://127.0.0.1:1", CurveCall{"short", ann_});
  EXPECT_EQ(wrong.Receive(Duration::zero()).error().reason, "certificate-malformed");
}

// ---- what goes over the wire

TEST_F(ZmqCurveTest, NothingCrossesInTheClear) {
  OpenTcp();
  const RecordingProxy control(bus_->endpoints().control);
  const RecordingProxy events(bus_->endpoints().events);
  const std::string request = "request-4711 school tcs-east: who is Amalthea Quillfeather?";
  const std::string reply = "Amalthea Quillfeather <amalthea@example.org> of tcs-east";
  gate_.LetHear({"tcs-east"});

  zmq::socket_t ann = Make(zmq::socket_type::dealer);
  UseKeys(ann, ann_);
  ann.connect(control.endpoint());
  Say(ann, request);
  const Inbound input = Next();
  EXPECT_EQ(input.payload, request);
  bus_->Send(input.channel, input.route, reply);
  EXPECT_EQ(Hear(ann), reply);

  zmq::socket_t subscriber = Make(zmq::socket_type::sub);
  UseKeys(subscriber, ann_);
  subscriber.set(zmq::sockopt::subscribe, "tcs-east.");
  subscriber.set(zmq::sockopt::rcvtimeo, 0);
  subscriber.connect(events.endpoint());
  zmq::message_t topic;
  ASSERT_TRUE(Eventually([&] {
    bus_->Publish("tcs-east.PlanApproved", "entry-0815");
    return subscriber.recv(topic).has_value();
  }));
  EXPECT_EQ(topic.to_string(), "tcs-east.PlanApproved");

  for (const RecordingProxy* proxy : {&control, &events}) {
    const std::string there = proxy->sent();
    const std::string back = proxy->received();
    EXPECT_NE(there.find("CURVE"), std::string::npos) << "the proxy sees the greeting";
    EXPECT_GT(back.size(), 100U);
    for (const char* word : {"Amalthea", "Quillfeather", "amalthea@", "tcs-east", "request-4711",
                             "entry-0815", "PlanApproved", "tcs"}) {
      EXPECT_EQ(there.find(word), std::string::npos) << word;
      EXPECT_EQ(back.find(word), std::string::npos) << word;
    }
  }
}

// The same proxy between two who don't encrypt sees it all: so the test above can fail.
TEST_F(ZmqCurveTest, TheProxySeesWhatIsInTheClear) {
  zmq::socket_t open = Make(zmq::socket_type::dealer);
  open.bind("tcp://127.0.0.1:0");
  const RecordingProxy proxy(open.get(zmq::sockopt::last_endpoint));
  auto other = Dealer(proxy.endpoint());
  Say(other, "Amalthea");
  EXPECT_EQ(Hear(open), "Amalthea");
  EXPECT_NE(proxy.sent().find("Amalthea"), std::string::npos);
}

}  // namespace
}  // namespace roster::bus
