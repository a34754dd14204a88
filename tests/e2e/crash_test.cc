// kill -9 of the daemon, of the worker, of both, in the middle of a sync: started again, the sync
// ends, and the site has each effect once.

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <string>

#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

void ExpectEachEffectOnce(World& world, std::size_t expected) {
  std::map<std::string, int> times;
  for (const Json& effect : world.Effects()) {
    ++times[effect.at("externalId").get<std::string>() + " " +
            effect.at("effect").get<std::string>()];
  }
  EXPECT_EQ(times.size(), expected);
  for (const auto& [what, count] : times) EXPECT_EQ(count, 1) << what;
}

class Crash : public ::testing::TestWithParam<std::string> {};

TEST_P(Crash, TheSyncEndsWithEachEffectOnce) {
  WorldOptions options = SmallSchool(21);
  options.requests_per_second = 6;  // slow enough to be killed in the middle
  World world(options);
  world.StartDaemon();
  world.StartWorker();
  world.Poll();
  world.SelectAllNew();
  std::size_t planned = 0;
  for (const char* action : {"add", "update", "restore"}) {
    for (const Json& row : world.CtlJson({"plan", "--action", action})) {
      const bool both = row["action"] == "RESTORE" &&
                        (!row["fields"].empty() || row["situation"] == "FOUND_ARCHIVED");
      planned += both ? 2 : 1;
    }
  }
  ASSERT_GT(planned, 10U);
  ASSERT_EQ(world.Ctl({"sync", "--yes"}).code, 0);
  ASSERT_TRUE(Eventually([&] { return world.Effects().size() >= planned / 4; }));
  ASSERT_LT(world.Effects().size(), planned) << "in the middle";

  const std::string who = GetParam();
  if (who != "worker") {
    world.daemon().Kill(SIGKILL);
    world.daemon().Wait();
  }
  if (who != "daemon") {
    world.worker().Kill(SIGKILL);
    world.worker().Wait();
  }
  if (who != "worker") world.StartDaemon();
  if (who != "daemon") world.StartWorker();

  EXPECT_TRUE(Eventually(
      [&] {
        const Json school = world.School();
        return school["plans"].at(0)["state"] == "FINISHED";
      },
      std::chrono::seconds(120)));
  ExpectEachEffectOnce(world, planned);
  EXPECT_EQ(world.CountEvents("syncCompleted"), 1U);
}

INSTANTIATE_TEST_SUITE_P(KillNine, Crash, ::testing::Values("daemon", "worker", "both"),
                         [](const auto& which) { return which.param; });

}  // namespace
}  // namespace roster::e2e
