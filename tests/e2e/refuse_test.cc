// What is wrong from outside: a clear error or a counted refusal, a process that stays up where it
// can, nothing lost, nothing archived.

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <zmq.hpp>

#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

// A synced school whose next poll meets `fault`; nothing may come of it.
class Fault : public ::testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(Fault, RejectsThePollAndChangesNothing) {
  WorldOptions options = SmallSchool(31);
  options.sandbox.linked = true;
  options.external_id = "TCS-CA:{person}";
  options.page_size = 50;  // several pages
  World world(options);
  world.StartDaemon();
  world.Poll();
  const Json before = world.School();

  world.sandbox().faults().Add(sandbox::FaultFromText(GetParam().second));
  const Finished polled = world.Ctl({"poll", "--wait"});
  EXPECT_EQ(polled.code, 1) << polled.out << polled.err;
  const Json after = world.School();
  EXPECT_EQ(after["counters"], before["counters"]);
  EXPECT_EQ(after["lastPoll"]["state"], "REJECTED");
  EXPECT_EQ(after["lastPoll"]["reason"], GetParam().first);
  EXPECT_EQ(world.CountEvents("pollRejected"), 1U);
  if (GetParam().first == "too-many-rejected") {
    EXPECT_FALSE(after["lastPoll"]["rejected"].empty()) << "named in the poll's record";
  }
  EXPECT_EQ(world.CountEvents("reviewRequired"), 1U);
  EXPECT_NE(after["sourceProblem"].get<std::string>() + after["siteProblem"].get<std::string>(),
            "");
  EXPECT_EQ(world.Ctl({"status", "--exit-code"}).code, 12);

  // It is mended, and the next poll is used.
  world.sandbox().faults().Clear();
  world.Poll();
  EXPECT_EQ(world.School()["counters"], before["counters"]);
}

INSTANTIATE_TEST_SUITE_P(
    OutsideWorld, Fault,
    ::testing::Values(
        std::pair{"school-key-refused", "kind=key-refused,server=facts"},
        std::pair{"scope-missing", "kind=scope-withdrawn,server=facts,path=/People"},
        std::pair{"malformed", "kind=html,server=facts"},
        std::pair{"facts-unavailable", "kind=truncate,server=facts,path=/People"},
        std::pair{"malformed", "kind=truncate-gzip,server=facts,path=/People"},
        std::pair{"facts-unavailable", "kind=status,status=503,server=facts,path=/Students"},
        std::pair{"empty", "kind=empty,server=facts,path=/Students$"},
        std::pair{"shrunk", "kind=shrink,server=facts,path=/People,percent=50"},
        std::pair{"rows-missing", "kind=torn,server=facts,path=/People"},
        std::pair{"row-count-changed", "kind=row-count,server=facts,path=/People"},
        std::pair{"too-many-rejected", "kind=number-as-text,server=facts,path=/People"},
        std::pair{"too-many-rejected", "kind=row-without-id,server=facts,path=/Students$"},
        std::pair{"too-many-rejected", "kind=invalid-utf8,server=facts,path=/People"},
        std::pair{"site-unauthorized", "kind=key-refused,server=site"},
        std::pair{"site-incomplete", "kind=row-count,server=site,path=/Users"},
        std::pair{"site-shrunk", "kind=shrink,server=site,path=/Users,percent=50"},
        std::pair{"site-unavailable", "kind=status,status=500,server=site,path=/Users"}),
    [](const auto& which) { return "Case" + std::to_string(which.index); });

TEST(Refuse, ASecondDaemonOnTheSameDirectory) {
  World world(SmallSchool(32));
  world.StartDaemon();
  world.School();
  const Finished second = e2e::Run({Program("daemon/rosterd"), "--config", world.config()});
  EXPECT_EQ(second.code, 1);
  EXPECT_NE(second.err.find("Another rosterd"), std::string::npos) << second.err;
  world.School();  // the first is undisturbed
}

TEST(Refuse, AnEndpointInUse) {
  World world(SmallSchool(33));
  zmq::context_t context;
  zmq::socket_t other(context, zmq::socket_type::router);
  other.bind(world.endpoint());
  const Finished refused = e2e::Run({Program("daemon/rosterd"), "--config", world.config()});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("control.sock"), std::string::npos) << refused.err;
}

TEST(Refuse, FramesThatAreNoMessages) {
  World world(SmallSchool(34));
  world.StartDaemon();
  world.School();
  zmq::context_t context;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{3}, std::size_t{1000}, std::size_t{100} << 20U}) {
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    socket.connect(world.endpoint());
    socket.send(zmq::buffer(std::string(size, '\xff')), zmq::send_flags::none);
    world.School();  // still there, and answers others
  }
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvtimeo, 10'000);
  socket.connect(world.endpoint());
  // version = 99, request_id = "r"
  socket.send(zmq::buffer(std::string("\x08\x63\x12\x01r")), zmq::send_flags::none);
  zmq::message_t answer;
  ASSERT_TRUE(socket.recv(answer));
  EXPECT_NE(answer.to_string().find("unknown-version"), std::string::npos);
}

TEST(Refuse, AWrongConfigNamesFileLineAndKey) {
  World world(SmallSchool(35));
  const std::string path = world.Path("wrong.yaml");
  std::ofstream(path) << "state_dir: /tmp/x\nschools:\n  - id: TCS\n    colour: blue\n";
  const Finished refused = e2e::Run({Program("daemon/rosterd"), "--config", path, "--check"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("wrong.yaml:4: schools[0].colour"), std::string::npos) << refused.err;
  EXPECT_EQ(e2e::Run({Program("daemon/rosterd"), "--config", world.config(), "--check"}).code, 0);
}

TEST(Refuse, AStateDirectoryThatIsAFileOrIsPerhapsAnother) {
  World world(SmallSchool(38));
  const auto check = [&](const std::string& state_dir) {
    std::string config = ReadFile(world.config());
    config.replace(config.find(world.Path("state")), world.Path("state").size(), state_dir);
    const std::string path = world.Path("other.yaml");
    std::ofstream(path) << config;
    return e2e::Run({Program("daemon/rosterd"), "--config", path, "--check"});
  };
  const std::string file = world.Path("file");
  std::ofstream(file) << "something else\n";
  const Finished refused = check(file);
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("state_dir: " + file + " is there, and is no directory."),
            std::string::npos)
      << refused.err;

  // rosterd makes its own directory at its start, so that a new one is only asked about.
  const std::string parent = world.Path("nowhere");
  const Finished asked = check(parent + "/state");
  EXPECT_EQ(asked.code, 0) << asked.err;
  EXPECT_NE(asked.err.find("state_dir: neither " + parent + "/state is there nor " + parent +
                           ": is that path meant?"),
            std::string::npos)
      << asked.err;
  EXPECT_FALSE(std::filesystem::exists(parent)) << "a check makes nothing";
  EXPECT_EQ(check(world.Path("new")).err, "");
}

TEST(Refuse, AReloadSaysWhichSecretTheNextStartWouldMiss) {
  World world(SmallSchool(39));
  world.StartDaemon();
  world.School();
  std::filesystem::remove(world.Path("api_key"));
  world.daemon().Kill(SIGHUP);
  EXPECT_TRUE(Eventually([&] {
    const std::string logs = world.Logs();
    const auto at = logs.find("warning schools[tcs] (");
    return at != std::string::npos && logs.substr(at, logs.find('\n', at) - at)
                                          .ends_with("; rosterd does not start without it)");
  }));
  const Finished reloaded = world.Ctl({"reload"});
  EXPECT_EQ(reloaded.code, 0) << reloaded.err;
  EXPECT_NE(reloaded.out.find("schools[tcs]"), std::string::npos) << reloaded.out;
  world.School();  // what it has read still serves
}

TEST(Refuse, WrongUsageOfTheClient) {
  World world(SmallSchool(36));
  EXPECT_EQ(world.Ctl({"users", "--status", "nonsense"}).code, 2);
  EXPECT_EQ(world.Ctl({"frobnicate"}).code, 2);
  EXPECT_EQ(world.Ctl({"select"}).code, 2);
  world.StartDaemon();
  EXPECT_EQ(world.Ctl({"select", "999999999"}).code, 1);
  EXPECT_EQ(world.Ctl({"sync", "99", "--yes"}).code, 1);
}

TEST(Refuse, ADaemonThatIsToldToStopStopsInTheMiddleOfAPoll) {
  World world(SmallSchool(37));
  world.sandbox().faults().Add(sandbox::FaultFromText("kind=delay,server=facts,delay_ms=30000"));
  world.StartDaemon();
  ASSERT_EQ(world.Ctl({"poll"}).code, 0);
  ASSERT_EQ(world.School()["polling"], true);
  world.daemon().Kill(SIGTERM);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(world.daemon().Wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace roster::e2e
