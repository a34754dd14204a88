// A whole installation over tcp: rosterd, a worker and a person on three machines, as it were, with
// the keys that rosterctl keygen makes; and what somebody on the wire between them sees.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/e2e/world.h"
#include "tests/unit/bus/recording_proxy.h"
#include "tests/unit/store/temp_dir.h"

namespace roster::e2e {
namespace {

class Tcp : public ::testing::Test {
 protected:
  // Makes a key pair, and gives the public key.
  std::string Keygen(const std::string& name) {
    const Finished made = e2e::Run(
        {Program("client/rosterctl"), "--json", "keygen", name, "--dir", keys_.path().string()});
    EXPECT_EQ(made.code, 0) << made.err;
    return made.code == 0 ? Json::parse(made.out).at("publicKey").get<std::string>() : "";
  }
  std::string Secret(const std::string& name) const {
    return (keys_.path() / (name + ".cert_secret")).string();
  }

  WorldOptions Options() {
    WorldOptions options = SmallSchool(41);
    options.endpoints =
        "{control: \"tcp://127.0.0.1:0\", events: \"tcp://127.0.0.2:0\", "
        "tasks: \"tcp://127.0.0.3:0\"}";
    options.top = "network: {certificate: {file: " + Secret("server") + "}}\n" +  //
                  "access:\n" + "  - {name: ann, keys: [\"" + ann_ +
                  "\"], roles: [viewer, reviewer, approver, operator]}\n" +
                  "  - {name: worker-1, keys: [\"" + worker_ + "\"], roles: [worker]}\n";
    return options;
  }

  // Where it listens, as its log tells; "": not yet.
  static std::string Told(const World& world, const std::string& before) {
    const std::string logs = world.Logs();
    const std::size_t at = logs.find(before + "tcp://");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + before.size();
    const std::size_t end = logs.find_first_of(", \n", begin);
    return end == std::string::npos ? "" : logs.substr(begin, end - begin);
  }

  Finished Ctl(const std::string& endpoint, const std::string& who,
               std::vector<std::string> arguments) {
    std::vector<std::string> all = {Program("client/rosterctl"), "--endpoint", endpoint,
                                    "--server-key=" + server_,   "--key",      Secret(who)};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return e2e::Run(all);
  }

  TempDir keys_;
  const std::string server_ = Keygen("server");
  const std::string ann_ = Keygen("ann");
  const std::string worker_ = Keygen("worker-1");
};

TEST_F(Tcp, ASyncOfThreeMachinesShowsNothingOnTheWire) {
  World world(Options());
  world.StartDaemon();
  ASSERT_TRUE(Eventually([&] { return !Told(world, "tasks at ").empty(); }));
  const bus::RecordingProxy control(Told(world, "control at "));
  const bus::RecordingProxy tasks(Told(world, "tasks at "));

  std::string config = ReadFile(world.config());
  const std::string worker = "worker: {";
  ASSERT_NE(config.find(worker), std::string::npos);
  config.replace(config.find(worker), worker.size(),
                 "worker: {connect: \"" + tasks.endpoint() + "\", server_key: \"" + server_ +
                     "\", certificate: {file: " + Secret("worker-1") + "}, ");
  std::ofstream(world.Path("worker.yaml")) << config;
  const Process process =
      Process::Start({Program("daemon/roster-worker"), "--config", world.Path("worker.yaml")},
                     world.Path("worker.log"));

  const std::string endpoint = control.endpoint();
  Finished done = Ctl(endpoint, "ann", {"poll", "--wait"});
  ASSERT_EQ(done.code, 0) << done.out << done.err;
  done = Ctl(endpoint, "ann", {"select", "--all", "--status", "new"});
  ASSERT_EQ(done.code, 0) << done.out << done.err;
  done = Ctl(endpoint, "ann", {"sync", "--yes", "--wait"});
  ASSERT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_FALSE(world.Effects().empty());
  const Finished users = Ctl(endpoint, "ann", {"--json", "users", "--status", "all"});
  ASSERT_EQ(users.code, 0) << users.err;

  std::size_t persons = 0;
  std::istringstream lines(users.out);
  const std::string wire = control.sent() + control.received() + tasks.sent() + tasks.received();
  EXPECT_GT(wire.size(), 10'000U);
  for (std::string line; std::getline(lines, line);) {
    const Json row = Json::parse(line);
    ++persons;
    for (const char* field : {"lastName", "email"}) {
      const auto word = row.at(field).get<std::string>();
      if (word.size() < 5) continue;  // so short, it could be there by chance
      EXPECT_EQ(wire.find(word), std::string::npos) << field;
    }
  }
  EXPECT_GT(persons, 10U);
  EXPECT_EQ(wire.find("TCS-CA"), std::string::npos) << "the school";
}

TEST_F(Tcp, WhoeverIsNotNamedIsTurnedAwayAtOnce) {
  Keygen("eve");
  World world(Options());
  world.StartDaemon();
  ASSERT_TRUE(Eventually([&] { return !Told(world, "control at ").empty(); }));
  const std::string endpoint = Told(world, "control at ");
  const Finished refused = Ctl(endpoint, "eve", {"status"});
  EXPECT_EQ(refused.code, 3) << refused.out;
  EXPECT_NE(refused.err.find("does not let your key in"), std::string::npos) << refused.err;
  EXPECT_EQ(Ctl(endpoint, "ann", {"status"}).code, 0);
}

TEST_F(Tcp, WithoutACertificateRosterdDoesNotStart) {
  WorldOptions options = Options();
  options.top.erase(0, options.top.find("access:"));
  World world(options);
  const Finished refused = e2e::Run({Program("daemon/rosterd"), "--config", world.config()});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("network.certificate"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace roster::e2e
