// The story of a school year by rosterctl alone, against the sandbox school: first sync, a poll
// with nothing new, the new school year, invitations. The site's own effects log is the judge.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <mutex>
#include <set>

#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

std::uint64_t Number(const Json& object, const std::string& name) {
  if (!object.contains(name)) return 0;
  const Json& value = object.at(name);
  return value.is_string() ? std::stoull(value.get<std::string>()) : value.get<std::uint64_t>();
}

// What a plan holds, by external id and effect.
std::multiset<std::string> Planned(const std::vector<Json>& rows) {
  std::multiset<std::string> planned;
  for (const Json& row : rows) {
    if (!row.contains("action")) continue;
    std::string effect = row.at("action").get<std::string>();
    for (char& c : effect) c = static_cast<char>(std::tolower(c));
    const std::string who = "tcs:" + row.at("person").get<std::string>();
    planned.insert(who + " " + effect);
    // A restore that also brings fields up to date, or makes the link, is both in the site's log.
    const bool writes = !row.at("fields").empty() || row.at("situation") == "FOUND_ARCHIVED";
    if (effect == "restore" && writes) planned.insert(who + " update");
  }
  return planned;
}

std::multiset<std::string> Done(const std::vector<Json>& effects, std::size_t from) {
  std::multiset<std::string> done;
  for (std::size_t i = from; i < effects.size(); ++i) {
    done.insert(effects[i].at("externalId").get<std::string>() + " " +
                effects[i].at("effect").get<std::string>());
  }
  return done;
}

std::vector<Json> PlanRows(World& world) {
  std::vector<Json> rows;
  for (const char* action : {"add", "update", "archive", "restore"}) {
    for (Json& row : world.CtlJson({"plan", "--action", action})) {
      if (row.contains("person")) rows.push_back(std::move(row));
    }
  }
  return rows;
}

TEST(Story, AWholeSchoolYear) {
  World world(SmallSchool(7));
  world.StartDaemon();
  world.StartWorker();

  // Preview & Sync Data: everybody is new, nothing is selected, nothing would be done.
  world.Poll();
  Json school = world.School();
  const std::uint64_t everybody = Number(school["counters"], "everybody");
  EXPECT_GE(everybody, 40U);
  EXPECT_EQ(Number(school["counters"], "toAdd"), 0U);
  EXPECT_EQ(world.CountEvents("reviewRequired"), 1U);
  EXPECT_TRUE(world.Effects().empty());

  // Select, plan, sync: exactly the plan reaches the site.
  world.SelectAllNew();
  EXPECT_EQ(Number(world.School()["counters"], "statusNew"), 0U);
  const auto first = PlanRows(world);
  ASSERT_FALSE(first.empty());
  const Finished synced = world.Sync();
  EXPECT_EQ(synced.code, 0) << synced.out << synced.err;
  EXPECT_EQ(Done(world.Effects(), 0), Planned(first));
  EXPECT_EQ(world.CountEvents("syncCompleted"), 1U);
  school = world.School();
  EXPECT_EQ(Number(school["counters"], "toAdd"), 0U);
  EXPECT_EQ(Number(school["tasks"], "applied"), first.size());

  // A second poll with nothing new: nothing is written, nothing is asked.
  world.Poll();
  const std::string head = world.School()["head"].get<std::string>();
  world.Poll();
  school = world.School();
  EXPECT_EQ(Number(school["lastPoll"], "rowsChanged"), 0U);
  EXPECT_EQ(school["head"].get<std::string>(), head) << "an unchanged poll makes no entry";
  EXPECT_EQ(world.CountEvents("reviewRequired"), 1U);

  // The new school year: graduates and the withdrawn go, new ones come, changes are updates.
  const std::size_t before = world.Effects().size();
  world.sandbox().scenarios().Apply("new-school-year");
  world.Poll();
  EXPECT_EQ(world.CountEvents("reviewRequired"), 2U);
  EXPECT_GT(Number(world.School()["counters"], "toArchive"), 0U);
  world.SelectAllNew();
  const auto second = PlanRows(world);
  std::map<std::string, int> kinds;
  for (const Json& row : second) ++kinds[row.at("action").get<std::string>()];
  EXPECT_GT(kinds["ADD"], 0);
  EXPECT_GT(kinds["UPDATE"], 0);
  EXPECT_GT(kinds["ARCHIVE"], 0);
  EXPECT_EQ(world.Effects().size(), before) << "nothing before the approval";
  const Finished again = world.Sync();
  EXPECT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_EQ(Done(world.Effects(), before), Planned(second));

  // The buckets add up to everybody.
  world.Poll();
  const Json counters = world.School()["counters"];
  EXPECT_EQ(Number(counters, "toAdd") + Number(counters, "toUpdate") +
                Number(counters, "toArchive") + Number(counters, "toRestore") +
                Number(counters, "toSkip") + Number(counters, "unchanged"),
            Number(counters, "everybody"));

  // Invitations go by their own plan, to those who never logged in, once.
  const std::size_t uninvited = world.Effects().size();
  const Finished invited = world.Ctl({"invite", "--never-accessed", "--yes", "--wait"});
  EXPECT_EQ(invited.code, 0) << invited.out << invited.err;
  const auto effects = world.Effects();
  ASSERT_GT(effects.size(), uninvited);
  for (std::size_t i = uninvited; i < effects.size(); ++i)
    EXPECT_EQ(effects[i]["effect"], "invite");

  // Secrets and personal data are in no log (the design, invariant 8).
  const std::string logs = world.Logs();
  for (const Json& row : world.CtlJson({"users", "--status", "all"})) {
    for (const char* field : {"email", "lastName"}) {
      const auto value = row[field].get<std::string>();
      if (!value.empty()) {
        EXPECT_EQ(logs.find(value), std::string::npos);
      }
    }
  }
}

TEST(Story, AnItemThatChangedSinceItWasShownIsRefused) {
  World world(SmallSchool(8));
  world.StartDaemon();
  world.StartWorker();
  world.Poll();
  world.SelectAllNew();
  const auto shown = world.CtlJson({"plan"});
  const auto rows = PlanRows(world);
  ASSERT_GE(rows.size(), 2U);
  // Somebody's name changes in FACTS after the plan was shown.
  const auto person = std::stoll(rows[0].at("person").get<std::string>());
  {
    const std::unique_lock lock(world.sandbox().school().mutex());
    world.sandbox().school().SetPersonField(person, "lastName", "Renamed");
  }
  world.Poll();
  std::string plan;
  for (const Json& line : shown) {
    if (line.contains("plan") && line["plan"].is_object()) plan = line["plan"]["plan"];
    if (line.contains("plan") && line["plan"].is_string()) plan = line["plan"];
  }
  ASSERT_FALSE(plan.empty());
  const Finished refused = world.Ctl({"sync", plan, "--yes", "--wait"});
  EXPECT_EQ(refused.code, 3) << refused.out << refused.err;
  EXPECT_TRUE(world.Effects().empty());

  const Finished rest = world.Ctl({"sync", plan, "--leave-out-changed", "--yes", "--wait"});
  EXPECT_EQ(rest.code, 0) << rest.out << rest.err;
  EXPECT_EQ(world.Effects().size(), Planned(rows).size() - 1);
  for (const Json& effect : world.Effects()) {
    EXPECT_NE(effect["externalId"], "tcs:" + std::to_string(person));
  }
  // It comes back to be decided again, since its name is another one, and is done then.
  world.SelectAllNew();
  const Finished last = world.Sync();
  EXPECT_EQ(last.code, 0) << last.out << last.err;
  EXPECT_EQ(world.Effects().size(), Planned(rows).size());
}

TEST(Story, EventsSurviveARestartWithoutLossOrRepetition) {
  World world(SmallSchool(9));
  world.StartDaemon();
  world.StartWorker();
  Process follow = Process::Start({Program("client/rosterctl"), "--endpoint", world.endpoint(),
                                   "--json", "events", "--follow", "--since", "0"},
                                  world.Path("events.log"));
  world.Poll();
  world.daemon().Kill(SIGKILL);
  world.daemon().Wait();
  world.StartDaemon();
  world.SelectAllNew();
  EXPECT_EQ(world.Sync().code, 0);
  const auto all = world.Events();
  const auto followed = [&] {
    std::vector<Json> lines;
    std::ifstream file(world.Path("events.log"));
    for (std::string line; std::getline(file, line);) {
      Json entry = Json::parse(line, nullptr, false);
      if (entry.is_object() && entry.contains("seq")) lines.push_back(std::move(entry));
    }
    return lines;
  };
  EXPECT_TRUE(Eventually([&] { return followed().size() >= all.size(); }));
  EXPECT_EQ(followed(), all);
}

}  // namespace
}  // namespace roster::e2e
