// A site that answers after a minute, and one that accepts and never answers; another school is
// served meanwhile.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "tests/load/peers.h"

namespace roster::load {
namespace {

constexpr int kMinute = 60'000;
constexpr int kNever = 3'600'000;

sandbox::Fault Delay(const std::string& method, int delay_ms, std::int64_t times) {
  sandbox::Fault fault;
  fault.kind = sandbox::FaultKind::kDelay;
  fault.server = sandbox::Server::kSite;
  fault.method = method;
  fault.path = "/Users";
  fault.delay_ms = delay_ms;
  fault.times = times;
  return fault;
}

// A second school in the same config, on a sandbox of its own.
class SecondSchool {
 public:
  explicit SecondSchool(e2e::World& world) : sandbox_(e2e::SmallSchool(52).sandbox) {
    sandbox_.Start();
    std::filesystem::create_directory(world.Path("two"));
    sandbox_.WriteSecrets(world.Path("two"));
    std::ofstream(world.config(), std::ios::app)
        << "  - id: two\n    name: Second School\n    accounts: students\n"
        << "    facts: {base_url: \"" << sandbox_.facts().url()
        << "\", subscription_key: {file: two/subscription_key}, api_key: {file: two/api_key},"
        << " tier: enterprise, page_size: 1000, poll_every: 7d}\n"
        << "    scope: {statuses: [enrolled]}\n"
        << "    site: {scim: {base_url: \"" << sandbox_.site().url()
        << "\", read_token: {file: two/read_token}, write_token: {file: two/write_token},"
        << " external_id: \"{school}:{person}\", requests_per_second: 1000}}\n";
  }
  ~SecondSchool() { sandbox_.Stop(); }

 private:
  sandbox::Sandbox sandbox_;
};

void SlowSite(bool hasty) {
  e2e::WorldOptions options = e2e::SmallSchool(51);
  options.lease = "30s";
  e2e::World world(options);
  const SecondSchool second(world);
  Start(world, hasty);
  StartWorker(world, hasty);
  const int minute = hasty ? kMinute / 10 : kMinute;
  const auto patience = std::chrono::seconds(hasty ? 60 : 600);
  const auto ctl = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"--school", "tcs"});
    return world.Ctl(std::move(words));
  };
  const std::vector<std::string> poll_two = {"--school", "two", "poll", "--wait"};
  const auto tcs = [&] { return world.CtlJson({"--school", "tcs", "status"}).at(0)["schools"][0]; };
  ASSERT_TRUE(e2e::Eventually([&] { return !tcs().value("polling", false); }));
  ASSERT_EQ(ctl({"poll", "--wait"}).code, 0);
  ASSERT_EQ(ctl({"select", "--all", "--status", "new"}).code, 0);
  const pid_t pid = world.daemon().pid();
  const std::uint64_t baseline = Memory(pid, "VmHWM");

  // Writes whose answer comes when nobody waits any more, and after the next look.
  world.sandbox().faults().Add(Delay("POST", minute, 3));
  ASSERT_EQ(ctl({"sync", "--yes"}).code, 0);
  Onlooker onlooker(world, poll_two);
  const auto tasks = [&](const std::string& state) {
    return std::stoull(tcs().at("tasks").at(state).get<std::string>());
  };
  const auto at_rest = [&] {
    return tasks("queued") + tasks("leased") + tasks("unknown") == 0 && tasks("applied") > 0;
  };
  EXPECT_TRUE(e2e::Eventually(at_rest, patience)) << tcs();
  EXPECT_EQ(tasks("dead"), 0U) << tcs();

  // A list that is late once is read all the same.
  world.sandbox().faults().Clear();
  world.sandbox().faults().Add(Delay("GET", minute, 1));
  EXPECT_EQ(ctl({"poll", "--wait"}).code, 0);

  // One that never comes is not waited for for ever.
  world.sandbox().faults().Clear();
  world.sandbox().faults().Add(Delay("GET", kNever, -1));
  e2e::Json last;
  const auto rejected = [&] {  // one that was under way already may have read the site before
    if (!tcs().value("polling", false)) ctl({"poll"});
    last = tcs().value("lastPoll", e2e::Json::object());
    return last.value("state", "") == "REJECTED";
  };
  EXPECT_TRUE(e2e::Eventually(rejected, patience)) << tcs();
  EXPECT_EQ(last.value("reason", ""), "site-unavailable") << last;
  EXPECT_NE(tcs().value("siteProblem", ""), "") << "said in the status";
  const std::uint64_t answered = onlooker.Stop();

  std::map<std::string, int> added;
  for (const e2e::Json& effect : world.Effects()) {
    EXPECT_NE(effect["effect"], "violation");
    if (effect["effect"] == "add") ++added[effect["externalId"]];
  }
  for (const auto& [id, times] : added) EXPECT_EQ(times, 1) << id;
  EXPECT_GT(added.size(), 3U);
  std::size_t tried_again = 0;
  for (const e2e::Json& entry : world.CtlJson({"--school", "tcs", "events"})) {
    const e2e::Json applied = entry.value("taskApplied", e2e::Json::object());
    tried_again += applied.value("attempt", 0) > 1 ? 1 : 0;
  }
  EXPECT_GT(tried_again, 0U) << "no write was without an answer";
  const std::uint64_t peak = Memory(pid, "VmHWM");
  std::cout << "load: site that answers after a minute" << (hasty ? " (ten times as fast)" : "")
            << ": " << added.size() << " accounts added once, " << tried_again
            << " writes without an answer, looked at and settled, " << answered
            << " polls of another school meanwhile, peak " << peak << " MiB (baseline " << baseline
            << ")\n";
  EXPECT_LT(peak, MemoryMax(baseline, 100));
}

TEST(Load, ASiteThatAnswersAfterAMinuteHoldsUpNobodyElse) { SlowSite(true); }
TEST(LoadLong, ASiteThatAnswersAfterAMinuteHoldsUpNobodyElse) { SlowSite(false); }

}  // namespace
}  // namespace roster::load
