// Real programs that are killed again and again, at seeded times and at named points, while a
// school of students' or of parents' accounts is polled, reviewed (words on persons, families,
// duplicates and matches), approved, synced, invited and undone. Somebody outside keeps the books:
// each approved effect is on the site exactly once, nothing else is, nothing that was answered is
// lost, nothing is there by half, the journal is one chain that agrees with what is stored, and
// whoever subscribed has all of it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include "client/zmq_feed.h"
#include "tests/crash/journal_copy.h"
#include "tests/crash/play.h"
#include "tests/crash/reaper.h"
#include "tests/e2e/world.h"

namespace roster::crash {
namespace {

// A subscriber in this process: what PUB brings, lost messages and all, into the copy.
class Subscriber {
 public:
  Subscriber(const std::string& endpoint, JournalCopy& copy)
      : thread_([endpoint, &copy](const std::stop_token& stop) {
          auto feed = client::ZmqFeed::Open(endpoint, "tcs");
          ASSERT_TRUE(feed) << feed.error().message;
          while (!stop.stop_requested()) {
            const auto got = (*feed)->Receive(std::chrono::milliseconds(100));
            ASSERT_TRUE(got);
            if (*got && !(*got)->topic.ends_with(".Beat")) copy.Take((*got)->bytes);
          }
        }) {}

 private:
  std::jthread thread_;
};

// rosterctl events --follow: entries by number, as it printed them.
std::vector<e2e::Json> Followed(const std::string& path) {
  std::vector<e2e::Json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    e2e::Json entry = e2e::Json::parse(line, nullptr, false);
    if (entry.is_object() && entry.contains("seq")) lines.push_back(std::move(entry));
  }
  return lines;
}

enum class Accounts : std::uint8_t { kStudents, kParents };

// Returns the points at which somebody died.
std::map<std::string, int> PlayUnderKills(Accounts accounts, std::uint64_t seed, int rounds,
                                          std::uint64_t kills_min) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  e2e::WorldOptions options = e2e::SmallSchool(seed);
  if (accounts == Accounts::kParents) options.accounts = "parents";
  e2e::World world(std::move(options));
  JournalCopy journal;
  Reaper reaper(world, seed);
  const Subscriber subscriber("ipc://" + world.Path("events.sock"), journal);
  const e2e::Process follow =
      e2e::Process::Start({e2e::Program("client/rosterctl"), "--endpoint", world.endpoint(),
                           "--json", "events", "--follow", "--since", "0"},
                          world.Path("events.log"));
  Play play(world, journal, seed);
  int round = 0;
  for (; (round < rounds || reaper.kills() < kills_min) && !::testing::Test::HasFailure();
       ++round) {
    play.Round(round);
  }
  reaper.Calm();
  play.CheckLists();
  play.FetchJournal();
  play.CheckAcknowledged();
  const e2e::Finished verified = world.Ctl({"journal", "verify"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  for (const std::string& fault : journal.faults()) ADD_FAILURE() << fault;
  for (const std::string& end : reaper.strange_ends()) ADD_FAILURE() << end;
  for (const e2e::Json& effect : world.Effects()) EXPECT_NE(effect["effect"], "violation");

  const auto all = world.Events();
  EXPECT_TRUE(
      e2e::Eventually([&] { return Followed(world.Path("events.log")).size() >= all.size(); }));
  EXPECT_EQ(Followed(world.Path("events.log")), all) << "each entry once, in order";
  EXPECT_EQ(reaper.StopAll(), (std::array<int, 3>{0, 0, 0}));

  const auto points = reaper.PointsHit();
  int at_points = 0;
  for (const auto& [point, times] : points) at_points += times;
  const Play::Counts& did = play.counts();
  std::cout << "seed " << seed << ": " << reaper.kills() << " kills (" << reaper.kills_of_daemon()
            << " of rosterd; " << at_points << " at " << points.size() << " named points), "
            << reaper.freezes() << " late workers; " << round << " rounds, " << did.polls
            << " polls, " << did.commands << " commands (" << did.repeated << " repeated, "
            << did.unanswered << " not waited for, " << did.half_way << " of them done, "
            << did.refused << " refused), " << did.resolved << " on duplicates, " << did.matched
            << " on matches, " << did.excluded << " on who is out, " << did.plans << " plans, "
            << did.effects << " effects, " << did.superseded << " superseded, " << journal.size()
            << " entries\n";
  std::cout << "figures: killed programs: 1 seeds, " << reaper.kills() << " kills, " << at_points
            << " at named points, " << reaper.freezes() << " late workers, " << did.commands
            << " commands, " << did.effects << " effects\n";
  for (const auto& [point, times] : points) std::cout << "  " << point << " " << times << "\n";
  return points;
}

std::uint64_t Seed(std::uint64_t fallback) {
  const char* text = std::getenv("ROSTER_CRASH_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : fallback;
}

TEST(Kill, NothingLostNothingTwice) { PlayUnderKills(Accounts::kStudents, Seed(41), 5, 50); }

TEST(Kill, NoWordOnFamiliesDuplicatesAndMatchesIsLost) {
  PlayUnderKills(Accounts::kParents, Seed(42), 4, 45);
}

// Students' and parents' accounts in turn.
TEST(KillLong, HundredsOfKills) {
  const std::uint64_t first = Seed(1000);
  std::map<std::string, int> points;
  for (std::uint64_t seed = first; seed < first + 4 && !HasFailure(); ++seed) {
    const auto accounts = seed % 2 == 0 ? Accounts::kStudents : Accounts::kParents;
    points.merge(PlayUnderKills(accounts, seed, 18, 250));
  }
  EXPECT_EQ(points.size(), DaemonPoints().size() + WorkerPoints().size()) << "each point was met";
}

}  // namespace
}  // namespace roster::crash
