// kill -9 of the daemon, of the worker, of both, in the middle of a sync: started again, the sync
// ends, and the site has each effect once.

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

// Effects of the site's log from `from` on: each at most once, and so many in all.
void ExpectEachEffectOnce(World& world, std::size_t from, std::size_t expected) {
  std::map<std::string, int> times;
  const auto effects = world.Effects();
  for (std::size_t i = from; i < effects.size(); ++i) {
    ++times[effects[i].at("externalId").get<std::string>() + " " +
            effects[i].at("effect").get<std::string>()];
  }
  EXPECT_EQ(times.size(), expected);
  for (const auto& [what, count] : times) EXPECT_EQ(count, 1) << what;
}

// How many effects today's plan stands for: a restore that also writes fields is two.
std::size_t Planned(World& world) {
  std::size_t planned = 0;
  for (const char* action : {"add", "update", "archive", "restore"}) {
    for (const Json& row : world.CtlJson({"plan", "--action", action})) {
      const bool both = row["action"] == "RESTORE" &&
                        (!row["fields"].empty() || row["situation"] == "FOUND_ARCHIVED");
      planned += both ? 2 : 1;
    }
  }
  return planned;
}

class Crash : public ::testing::TestWithParam<std::string> {
 protected:
  // Approves by this command, kills in the middle, starts again, and waits for the end.
  void KillInTheMiddle(World& world, const std::vector<std::string>& approve, std::size_t planned) {
    const std::size_t from = world.Effects().size();
    const std::size_t ended = world.CountEvents("syncCompleted");
    ASSERT_EQ(world.Ctl(approve).code, 0);
    ASSERT_TRUE(Eventually([&] { return world.Effects().size() >= from + planned / 4; }));
    ASSERT_LT(world.Effects().size(), from + planned) << "in the middle";
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
    EXPECT_TRUE(Eventually([&] { return world.CountEvents("syncCompleted") == ended + 1; },
                           std::chrono::seconds(120)));
    ExpectEachEffectOnce(world, from, planned);
  }
};

TEST_P(Crash, TheSyncEndsWithEachEffectOnce) {
  WorldOptions options = SmallSchool(21);
  options.requests_per_second = 8;  // slow enough to be killed in the middle
  World world(options);
  world.StartDaemon();
  world.StartWorker();
  world.Poll();
  world.SelectAllNew();
  const std::size_t planned = Planned(world);
  ASSERT_GT(planned, 10U);
  KillInTheMiddle(world, {"sync", "--yes"}, planned);

  // Invitations: nobody gets a second one because nobody knew.
  const auto linked = world.CtlJson({"users", "--status", "selected"}).size();
  KillInTheMiddle(world, {"invite", "--never-accessed", "--yes"}, linked);

  // Everybody deselected: archives.
  ASSERT_EQ(world.Ctl({"deselect", "--all", "--status", "selected"}).code, 0);
  KillInTheMiddle(world, {"sync", "--yes"}, Planned(world));
  for (const Json& effect : world.Effects()) EXPECT_NE(effect["effect"], "violation");
}

INSTANTIATE_TEST_SUITE_P(KillNine, Crash, ::testing::Values("daemon", "worker", "both"),
                         [](const auto& which) { return which.param; });

}  // namespace
}  // namespace roster::e2e
