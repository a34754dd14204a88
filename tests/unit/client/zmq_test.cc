// The real sockets and the real program, against a small daemon in this process.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <zmq.hpp>

#include "client/zmq_channel.h"
#include "client/zmq_feed.h"
#include "client/zmq_link.h"
#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

// A ROUTER and an XPUB on sockets in a folder of their own; runs in a thread until it is stopped.
class Server {
 public:
  using Handler = std::function<v1::Reply(const v1::Request&)>;

  // With keys: on tcp, and `known` is let in.
  Server(std::string folder, Handler handler, const std::optional<KeyPair>& keys = std::nullopt,
         const std::string& known = "")
      : folder_(std::move(folder)), handler_(std::move(handler)), known_(known) {
    zap_.bind("inproc://zeromq.zap.01");
    for (zmq::socket_t* socket : {&router_, &events_}) {
      const char* const name = socket == &router_ ? "/control.sock" : "/events.sock";
      socket->set(zmq::sockopt::linger, 0);
      if (keys) {
        socket->set(zmq::sockopt::curve_server, true);
        socket->set(zmq::sockopt::curve_secretkey, keys->secret_key);
      }
      socket->bind(keys ? "tcp://127.0.0.1:0" : "ipc://" + folder_ + name);
    }
    thread_ = std::thread([this] { Serve(); });
  }
  ~Server() {
    stop_ = true;
    thread_.join();
  }

  std::string control() const { return router_.get(zmq::sockopt::last_endpoint); }
  std::string events() const { return events_.get(zmq::sockopt::last_endpoint); }

  std::atomic<int> swallow{0};  // so many requests get no answer

 private:
  void Serve() {
    while (!stop_) {
      zmq::pollitem_t items[] = {{router_.handle(), 0, ZMQ_POLLIN, 0},
                                 {zap_.handle(), 0, ZMQ_POLLIN, 0}};
      if (zmq::poll(items, 2, std::chrono::milliseconds(20)) == 0) continue;
      if (items[1].revents != 0) LetIn();
      if (items[0].revents == 0) continue;
      zmq::message_t route, frame;
      static_cast<void>(router_.recv(route));
      static_cast<void>(router_.recv(frame));
      v1::Request request;
      request.ParseFromArray(frame.data(), static_cast<int>(frame.size()));
      if (swallow > 0) {
        --swallow;
        continue;
      }
      v1::Reply reply = handler_(request);
      reply.set_version(1);
      reply.set_request_id(request.request_id());
      router_.send(route, zmq::send_flags::sndmore);
      router_.send(zmq::buffer(reply.SerializeAsString()), zmq::send_flags::none);
    }
  }

  // ZAP (ZeroMQ RFC 27).
  void LetIn() {
    std::vector<std::string> frames;
    zmq::message_t frame;
    do {
      static_cast<void>(zap_.recv(frame));
      frames.push_back(frame.to_string());
    } while (frame.more());
    char key[41] = "";
    if (frames.size() == 7 && frames[6].size() == 32) {
      zmq_z85_encode(key, reinterpret_cast<const std::uint8_t*>(frames[6].data()), 32);
    }
    for (const std::string& part :
         {std::string("1.0"), frames.at(1), std::string(known_ == key ? "200" : "400"),
          std::string(), std::string()}) {
      zap_.send(zmq::buffer(part), zmq::send_flags::sndmore);
    }
    zap_.send(zmq::message_t(), zmq::send_flags::none);
  }

  std::string folder_;
  Handler handler_;
  std::string known_;
  zmq::context_t context_{1};
  zmq::socket_t zap_{context_, zmq::socket_type::rep};
  zmq::socket_t router_{context_, zmq::socket_type::router};
  zmq::socket_t events_{context_, zmq::socket_type::xpub};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

class Zmq : public testing::Test {
 protected:
  Zmq() {
    char name[] = "/tmp/roster-client-XXXXXX";
    folder_ = mkdtemp(name);
    endpoint_ = "ipc://" + folder_ + "/control.sock";
  }
  ~Zmq() override { std::filesystem::remove_all(folder_); }
  v1::Reply Answer(const v1::Request& request) {
    if (request.has_get_status()) {
      v1::Reply reply = SampleStatus();
      reply.mutable_status()->set_events_endpoint("ipc://" + folder_ + "/events.sock");
      return reply;
    }
    return Page(SampleUsers());
  }
  std::unique_ptr<Server> Serve() {
    return std::make_unique<Server>(folder_,
                                    [this](const v1::Request& request) { return Answer(request); });
  }
  static v1::Request GetStatus() {
    v1::Request request;
    request.mutable_get_status();
    return request;
  }
  // Runs the program in a shell; gives its exit code and output.
  std::pair<int, std::string> Shell(const std::string& command) {
    const std::string line = "ROSTER_CONTROL=" + endpoint_ +
                             " COLUMNS=80; export ROSTER_CONTROL "
                             "COLUMNS; rosterctl() { " ROSTERCTL " \"$@\"; }; " +
                             command;
    FILE* pipe = popen(("bash -c '" + line + "' 2>&1").c_str(), "r");
    std::string output;
    char buffer[4096];
    while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe))
      output.append(buffer, got);
    const int status = pclose(pipe);
    return {WEXITSTATUS(status), output};
  }
  std::string folder_;
  std::string endpoint_;
};

TEST_F(Zmq, AQuestionIsAnswered) {
  const auto server = Serve();
  ZmqChannel channel(endpoint_);
  SystemClock clock;
  Connection connection(channel, clock, Patience{}, "");
  const auto reply = connection.Call(GetStatus());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status().schools(0).school(), "tcs");
}

TEST_F(Zmq, ADaemonThatStartsLateAndOneThatIsRestartedAreWaitedFor) {
  ZmqChannel channel(endpoint_);
  SystemClock clock;
  Connection connection(channel, clock, Patience{Millis(300), Millis(15000)}, "");
  std::unique_ptr<Server> server;
  std::thread late([&] {
    clock.Wait(Millis(200));  // the call below has begun, or begins: both are well
    server = Serve();
  });
  EXPECT_TRUE(connection.Call(GetStatus()));
  late.join();
  server.reset();
  server = Serve();
  EXPECT_TRUE(connection.Call(GetStatus()));
}

TEST_F(Zmq, ALostAnswerIsAskedForAgain) {
  const auto server = Serve();
  server->swallow = 2;
  ZmqChannel channel(endpoint_);
  SystemClock clock;
  Connection connection(channel, clock, Patience{Millis(100), Millis(15000)}, "");
  EXPECT_TRUE(connection.Call(GetStatus()));
  EXPECT_EQ(server->swallow, 0);
}

TEST_F(Zmq, AnEndpointThatIsNoneIsWrongUsage) {
  ZmqChannel channel("nonsense");
  SystemClock clock;
  Connection connection(channel, clock, Patience{}, "");
  const auto reply = connection.Call(GetStatus());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().exit, Exit::kUsage);
  EXPECT_FALSE(ZmqFeed::Open("nonsense", "tcs"));
}

TEST_F(Zmq, AFeedHearsItsSchoolAlone) {
  zmq::context_t context{1};
  zmq::socket_t publisher{context, zmq::socket_type::xpub};
  publisher.set(zmq::sockopt::linger, 0);
  const std::string endpoint = "ipc://" + folder_ + "/events.sock";
  publisher.bind(endpoint);
  auto feed = ZmqFeed::Open(endpoint, "tcs");
  ASSERT_TRUE(feed);
  zmq::message_t subscription;
  ASSERT_TRUE(publisher.recv(subscription));
  EXPECT_EQ(subscription.to_string(), "\1tcs.");
  for (const char* topic : {"tcs2.Beat", "tcs.Beat"}) {
    publisher.send(zmq::message_t(std::string(topic)), zmq::send_flags::sndmore);
    publisher.send(zmq::message_t(std::string("bytes")), zmq::send_flags::none);
  }
  const auto published = (*feed)->Receive(Millis(5000));
  ASSERT_TRUE(published);
  ASSERT_TRUE(*published);
  EXPECT_EQ((*published)->topic, "tcs.Beat");
  EXPECT_EQ((*published)->bytes, "bytes");
}

TEST_F(Zmq, TheProgramAnswersInAPipeWithoutColourOrHint) {
  const auto server = Serve();
  const auto [exit, output] = Shell("rosterctl users");
  EXPECT_EQ(exit, 0) << output;
  EXPECT_NE(output.find("10412"), std::string::npos);
  EXPECT_EQ(output.find('\x1b'), std::string::npos);
  EXPECT_EQ(output.find("Next:"), std::string::npos);
}

TEST_F(Zmq, AReaderThatLeavesEndsItQuietly) {
  const auto server = Serve();
  const auto [exit, output] = Shell("set -o pipefail; rosterctl users | true");
  EXPECT_EQ(exit, 0);
  EXPECT_EQ(output, "");
}

TEST_F(Zmq, AFullDiskIsSaidAndFails) {
  const auto server = Serve();
  const auto [exit, output] = Shell("rosterctl users >/dev/full");
  EXPECT_EQ(exit, 1);
  EXPECT_NE(output.find("could not be written"), std::string::npos) << output;
}

TEST_F(Zmq, NobodyThereEndsWithWhatToLookAt) {
  const auto [exit, output] = Shell("rosterctl --timeout 1 status");
  EXPECT_EQ(exit, 1);
  EXPECT_NE(output.find("No answer from rosterd at " + endpoint_ + " within 1 s"),
            std::string::npos)
      << output;
}

TEST_F(Zmq, CtrlCEndsFollowingWithZero) {
  std::atomic<int> asked{0};
  Server server(folder_, [&](const v1::Request& request) {
    v1::Reply reply = Answer(request);
    if (request.has_get_status()) reply.mutable_status()->mutable_schools(0)->set_head(0);
    if (request.has_replay()) {
      reply.Clear();
      reply.mutable_replay();
      ++asked;
    }
    return reply;
  });
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    execl(ROSTERCTL, "rosterctl", "--endpoint", endpoint_.c_str(), "events", "--follow", nullptr);
    _exit(127);
  }
  SystemClock clock;
  for (int i = 0; i < 1000 && asked == 0; ++i) clock.Wait(Millis(20));
  EXPECT_GT(asked, 0);
  kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// ---- over tcp

class ZmqTcp : public Zmq {
 protected:
  std::unique_ptr<Server> ServeTcp() {
    return std::make_unique<Server>(
        folder_, [this](const v1::Request& request) { return Answer(request); }, server_,
        ann_.public_key);
  }
  roster::client::Answer<v1::Reply> Ask(const std::string& endpoint, const CallKeys& keys) {
    ZmqChannel channel(endpoint, keys);
    SystemClock clock;
    // Whoever is refused at once does not wait for this.
    Connection connection(channel, clock, Patience{Millis(20'000), Millis(60'000)}, "");
    return connection.Call(GetStatus());
  }

  const KeyPair server_ = MakeKeyPair();
  const KeyPair ann_ = MakeKeyPair();
  const KeyPair eve_ = MakeKeyPair();
};

TEST_F(ZmqTcp, AQuestionIsAnswered) {
  const auto server = ServeTcp();
  const auto reply = Ask(server->control(), {server_.public_key, ann_});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_TRUE(reply->has_status());
}

TEST_F(ZmqTcp, AKeyThatIsNotLetInIsToldAtOnce) {
  const auto server = ServeTcp();
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = Ask(server->control(), {server_.public_key, eve_});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().exit, Exit::kRefused);
  EXPECT_NE(reply.error().message.find("`access`"), std::string::npos) << reply.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
  auto feed = ZmqFeed::Open(server->events(), "tcs", CallKeys{server_.public_key, eve_});
  ASSERT_TRUE(feed);
  const auto published = (*feed)->Receive(Millis(60'000));
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().exit, Exit::kRefused);
}

TEST_F(ZmqTcp, AnotherServerThanExpectedIsToldAtOnce) {
  const auto server = ServeTcp();
  const auto reply = Ask(server->control(), {eve_.public_key, ann_});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().exit, Exit::kFailed);
  EXPECT_NE(reply.error().message.find("--server-key"), std::string::npos) << reply.error().message;
}

TEST_F(ZmqTcp, AServerWithoutKeysIsToldAtOnce) {
  zmq::context_t context;
  zmq::socket_t open(context, zmq::socket_type::router);
  open.bind("tcp://127.0.0.1:0");
  const auto reply = Ask(open.get(zmq::sockopt::last_endpoint), {server_.public_key, ann_});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().exit, Exit::kFailed);
  // Whichever of the two notices first.
  EXPECT_NE(reply.error().message.find("check --endpoint"),
            reply.error().message.find("hangs up when it is called"))
      << reply.error().message;
}

TEST_F(ZmqTcp, WithoutKeysItSaysWhatIsMissing) {
  ZmqChannel channel("tcp://127.0.0.1:1");
  const auto sent = channel.Send("x", Millis(0));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().exit, Exit::kUsage);
  EXPECT_NE(sent.error().message.find("--server-key"), std::string::npos);
  EXPECT_NE(sent.error().message.find("ROSTER_KEY"), std::string::npos);
}

TEST_F(ZmqTcp, TheProgramTakesItsKeysFromFilesAndTheEnvironment) {
  const auto server = ServeTcp();
  ASSERT_TRUE(WriteKeyPair(ann_, "ann", folder_));
  ASSERT_TRUE(WriteKeyPair(eve_, "eve", folder_));
  setenv("ROSTER_SERVER_KEY", server_.public_key.c_str(), 1);  // of any characters
  setenv("ROSTER_KEY", (folder_ + "/ann.cert_secret").c_str(), 1);
  endpoint_ = server->control();
  EXPECT_EQ(Shell("rosterctl status").first, 0);
  const auto [code, output] = Shell("rosterctl status --key " + folder_ + "/eve.cert_secret");
  EXPECT_EQ(code, 3);
  EXPECT_NE(output.find("does not let your key in"), std::string::npos) << output;
  unsetenv("ROSTER_KEY");
  EXPECT_EQ(Shell("rosterctl status").first, 2);
  unsetenv("ROSTER_SERVER_KEY");
}

TEST(Reachable, AllAddressesAreTheOneThatControlWasReachedAt) {
  EXPECT_EQ(Reachable("tcp://0.0.0.0:7401", "tcp://10.0.0.5:7400"), "tcp://10.0.0.5:7401");
  EXPECT_EQ(Reachable("tcp://*:7401", "tcp://school.example:7400"), "tcp://school.example:7401");
  EXPECT_EQ(Reachable("tcp://[::]:7401", "tcp://[fe80::1]:7400"), "tcp://[fe80::1]:7401");
  EXPECT_EQ(Reachable("tcp://0.0.0.0:7401", "ipc:///control.sock"), "tcp://127.0.0.1:7401");
  EXPECT_EQ(Reachable("tcp://10.0.0.6:7401", "tcp://10.0.0.5:7400"), "tcp://10.0.0.6:7401");
  EXPECT_EQ(Reachable("ipc:///events.sock", "tcp://10.0.0.5:7400"), "ipc:///events.sock");
}

}  // namespace
}  // namespace roster::client
