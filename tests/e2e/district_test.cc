// A district: one FACTS, one key for all of it, and several schools of it in one rosterd.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include "tests/e2e/world.h"
#include "tests/sandbox/facts_model.h"
#include "tests/sandbox/json_row.h"

namespace roster::e2e {
namespace {

using Ids = std::set<std::int64_t>;

constexpr const char* kSouth = "TCS-CA";  // the sandbox's own school code
constexpr const char* kNorth = "TCS-NO";

WorldOptions SouthOptions() {
  WorldOptions options = SmallSchool(71);
  options.scope = std::string("{statuses: [enrolled], school_codes: [") + kSouth + "]}";
  return options;
}

// tcs and north read the same FACTS with the same keys; each has a site of its own.
class District : public ::testing::Test {
 protected:
  District() : world_(SouthOptions()), north_(SmallSchool(72).sandbox) {
    north_.Start();
    std::filesystem::create_directory(world_.Path("north"));
    north_.WriteSecrets(world_.Path("north"));
    std::ofstream(world_.config(), std::ios::app)
        << "  - id: north\n    name: North School\n    accounts: students\n"
        << "    facts: {base_url: \"" << world_.sandbox().facts().url()
        << "\", subscription_key: {file: subscription_key}, api_key: {file: api_key},"
        << " tier: enterprise, page_size: 1000, poll_every: 7d}\n"
        << "    scope: {statuses: [enrolled], school_codes: [" << kNorth << "]}\n"
        << "    site: {scim: {base_url: \"" << north_.site().url()
        << "\", read_token: {file: north/read_token}, write_token: {file: north/write_token},"
        << " external_id: \"{school}:{person}\", requests_per_second: 1000}}\n";
    // The first ten with a student's row: five of both schools, five of the north alone.
    const std::unique_lock lock(school().mutex());
    sandbox::Table& rows = school().table(sandbox::kStudents);
    for (const std::uint32_t at : school().EnrolledRows()) {
      const std::int64_t person = sandbox::IntOf(rows[at], "studentId");
      if (moved_.size() == 5) break;
      const std::string there = sandbox::WithField(rows[at], "schoolCode", kNorth);
      if (shared_.size() < 5) {
        rows.Add(sandbox::WithField(there, "personStudentId", school().NewPersonStudentId()));
        shared_.insert(person);
      } else {
        rows.Replace(at, there);
        moved_.insert(person);
      }
    }
  }
  ~District() override { north_.Stop(); }

  sandbox::School& school() { return world_.sandbox().school(); }

  Finished In(const std::string& name, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--school", name});
    return world_.Ctl(std::move(arguments));
  }
  void Poll(const std::string& name) {
    const Finished polled = In(name, {"poll", "--wait"});
    ASSERT_EQ(polled.code, 0) << polled.out << polled.err;
  }
  void SyncAll(const std::string& name) {
    ASSERT_EQ(In(name, {"select", "--all", "--status", "new"}).code, 0);
    const Finished synced = In(name, {"sync", "--yes", "--wait"});
    ASSERT_EQ(synced.code, 0) << synced.out << synced.err;
  }
  Ids People(const std::string& name) {
    Ids people;
    for (const Json& row : world_.CtlJson({"--school", name, "users", "--status", "all"})) {
      people.insert(std::stoll(row.at("person").get<std::string>()));
    }
    return people;
  }
  Json StatusOf(const std::string& name) {
    const Json status = world_.CtlJson({"status"}).at(0);
    for (const Json& one : status.at("schools")) {
      if (one.at("school") == name) return one;
    }
    return {};
  }
  // What was done on a site, for whom: "add tcs:17".
  static std::multiset<std::string> Effects(sandbox::Sandbox& site) {
    std::multiset<std::string> done;
    for (const std::string& line : site.effects().After(0, 1'000'000, 0)) {
      const Json effect = Json::parse(line);
      done.insert(effect["effect"].get<std::string>() + " " +
                  effect["externalId"].get<std::string>());
    }
    return done;
  }

  Ids shared_;
  Ids moved_;
  World world_;
  sandbox::Sandbox north_;
};

TEST_F(District, AStudentOfTwoSchoolsIsInBothAndLeavesOneAlone) {
  world_.StartDaemon();
  world_.StartWorker();
  Poll("tcs");
  Poll("north");
  const Ids south = People("tcs");
  const Ids north = People("north");
  EXPECT_EQ(south.size(), 35U);
  EXPECT_EQ(north.size(), 10U);
  for (const std::int64_t person : shared_) {
    EXPECT_TRUE(south.contains(person) && north.contains(person)) << person;
  }
  for (const std::int64_t person : moved_) {
    EXPECT_TRUE(!south.contains(person) && north.contains(person)) << person;
  }

  SyncAll("tcs");
  SyncAll("north");
  const auto in_south = Effects(world_.sandbox());
  const auto in_north = Effects(north_);
  EXPECT_FALSE(in_north.empty());
  for (const std::string& effect : in_south) EXPECT_NE(effect.find(" tcs:"), std::string::npos);
  for (const std::string& effect : in_north) EXPECT_NE(effect.find(" north:"), std::string::npos);
  std::size_t in_both = 0;
  for (const std::int64_t person : shared_) {
    const std::string id = std::to_string(person);
    EXPECT_EQ(in_south.count("add tcs:" + id), in_north.count("add north:" + id)) << id;
    in_both += in_south.count("add tcs:" + id);
  }
  ASSERT_GT(in_both, 0U) << "somebody of both has an address";

  // The shared ones leave the north.
  {
    const std::unique_lock lock(school().mutex());
    school().table(sandbox::kStudents).RemoveIf([&](std::string_view row) {
      return sandbox::TextOf(row, "schoolCode") == kNorth &&
             shared_.contains(sandbox::IntOf(row, "studentId"));
    });
  }
  Poll("tcs");
  Poll("north");
  EXPECT_EQ(StatusOf("tcs")["counters"]["toArchive"], "0");
  EXPECT_EQ(StatusOf("north")["counters"]["toArchive"], std::to_string(in_both));
}

TEST_F(District, ListsAreOfAllSchoolsUnlessOneIsNamed) {
  world_.StartDaemon();
  Poll("tcs");
  Poll("north");

  std::map<std::string, Ids> people;
  for (const Json& row : world_.CtlJson({"users", "--status", "all"})) {
    people[row.at("school").get<std::string>()].insert(
        std::stoll(row.at("person").get<std::string>()));
  }
  EXPECT_EQ(people,
            (std::map<std::string, Ids>{{"tcs", People("tcs")}, {"north", People("north")}}));
  std::map<std::string, std::size_t> polls;
  for (const Json& entry : world_.CtlJson({"journal", "--type", "PollCompleted"})) {
    ++polls[entry.at("school").get<std::string>()];
  }
  EXPECT_EQ(polls, (std::map<std::string, std::size_t>{{"tcs", 1}, {"north", 1}}));

  const std::string shared = std::to_string(*shared_.begin());
  for (const std::vector<std::string>& list :
       std::vector<std::vector<std::string>>{{"users"},
                                             {"users", "--status", "all"},
                                             {"duplicates"},
                                             {"matches"},
                                             {"excluded"},
                                             {"invite", "--log"},
                                             {"tasks"},
                                             {"explain", shared},
                                             {"events"},
                                             {"journal"},
                                             {"journal", "verify"}}) {
    const Finished shown = world_.Ctl(list);
    EXPECT_EQ(shown.code, 0) << list[0] << shown.err;
    EXPECT_EQ(shown.err, "") << list[0];
    EXPECT_TRUE(shown.out.starts_with("Example Christian School (tcs)\n")) << shown.out;
    EXPECT_NE(shown.out.find("\n\nNorth School (north)\n"), std::string::npos) << shown.out;
  }
  EXPECT_EQ(world_.Ctl({"explain", "999999999"}).code, 1);

  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"plan"},
                                             {"plan", "1"},
                                             {"tasks", "--plan", "1"},
                                             {"select", shared},
                                             {"poll"},
                                             {"sync", "--yes"},
                                             {"events", "--since", "1"}}) {
    const Finished asked = world_.Ctl(command);
    EXPECT_EQ(asked.code, 2) << command[0];
    EXPECT_NE(asked.err.find("There are 2 schools: say which with --school (tcs, north)."),
              std::string::npos)
        << command[0] << ": " << asked.err;
  }
}

TEST_F(District, AllSchoolsAreFollowedAtOnce) {
  world_.StartDaemon();
  const std::string log = world_.Path("followed.jsonl");
  Process follow = Process::Start({Program("client/rosterctl"), "--endpoint", world_.endpoint(),
                                   "--json", "events", "--follow", "--type", "ConfigReloaded"},
                                  log);
  const auto followed = [&] {
    std::multiset<std::string> schools;
    std::ifstream lines(log);
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
      schools.insert(Json::parse(line).at("school").get<std::string>());
    }
    return schools;
  };
  // It begins with what comes, so the first ones may be before it.
  const auto reloaded = [&] {
    EXPECT_EQ(world_.Ctl({"reload"}).code, 0);  // told in the journals of all
    return followed().contains("north") && followed().contains("tcs");
  };
  EXPECT_TRUE(Eventually(reloaded));
  follow.Kill(SIGINT);
  EXPECT_EQ(follow.Wait(), 0);
}

TEST_F(District, ASchoolWithoutTheRoleForItIsLeftOut) {
  const std::string me = "users: [\"" + std::to_string(::getuid()) + "\"]";
  std::ofstream(world_.config(), std::ios::app)
      << "access:\n  - {name: me, " << me << ", roles: [operator, reviewer], schools: [tcs]}\n"
      << "  - {name: me-too, " << me << ", roles: [worker], schools: [north]}\n";
  world_.StartDaemon();
  Poll("tcs");
  const Finished shown = world_.Ctl({"users"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_TRUE(shown.out.starts_with("Example Christian School (tcs)\n")) << shown.out;
  EXPECT_EQ(shown.out.find("North School"), std::string::npos) << shown.out;
  EXPECT_TRUE(shown.err.starts_with("rosterctl: north is left out: ListUsers needs the role"))
      << shown.err;
  EXPECT_EQ(In("north", {"users"}).code, 3);
}

TEST_F(District, ASchoolThatLeavesTheConfigIsToldAtTheStartWithWhatWaits) {
  const std::string both = ReadFile(world_.config());
  const auto stop = [&] {
    world_.daemon().Kill(SIGTERM);
    EXPECT_EQ(world_.daemon().Wait(), 0);
  };
  world_.StartDaemon();
  Poll("north");
  ASSERT_EQ(In("north", {"select", "--all", "--status", "new"}).code, 0);
  ASSERT_EQ(In("north", {"sync", "--yes"}).code, 0);
  stop();
  std::ofstream(world_.config()) << both.substr(0, both.find("  - id: north"));
  world_.StartDaemon();
  EXPECT_TRUE(Eventually([&] {
    return world_.Logs().find(
               "School north is not in the config any more. Its state is kept, with ") !=
           std::string::npos;
  }));
  EXPECT_EQ(world_.Ctl({"status"}).code, 0);
  stop();
  std::ofstream(world_.config()) << both;
  world_.StartDaemon();
  EXPECT_NE(StatusOf("north")["tasks"]["queued"], "0");
}

TEST_F(District, WhatFailsInOneSchoolDelaysNoOther) {
  world_.StartDaemon();
  world_.StartWorker();
  Poll("tcs");
  Poll("north");
  north_.faults().Add(sandbox::FaultFromText("kind=status,server=site,status=503,times=-1"));
  ASSERT_EQ(In("north", {"select", "--all", "--status", "new"}).code, 0);
  ASSERT_EQ(In("north", {"sync", "--yes"}).code, 0);
  SyncAll("tcs");
  EXPECT_EQ(In("north", {"poll", "--wait"}).code, 1);
  Poll("tcs");
  const Json north = StatusOf("north");
  EXPECT_NE(north["siteProblem"], "");
  EXPECT_EQ(StatusOf("tcs")["siteProblem"], "");
  EXPECT_EQ(StatusOf("tcs")["counters"]["toAdd"], "0");
  EXPECT_TRUE(Effects(north_).empty());
  EXPECT_FALSE(Effects(world_.sandbox()).empty());

  north_.faults().Clear();
  ASSERT_EQ(In("north", {"retry", "--all"}).code, 0);
  EXPECT_TRUE(Eventually([&] { return !Effects(north_).empty(); })) << "it goes on where it stood";
}

// The first school's site answers, and takes its time: the one worker works for the other
// meanwhile.
TEST_F(District, ASlowSiteHoldsUpItsOwnTasksAlone) {
  world_.StartDaemon();
  world_.StartWorker();
  Poll("tcs");
  Poll("north");
  world_.sandbox().faults().Add(
      sandbox::FaultFromText("kind=delay,server=site,delay_ms=5000,times=-1"));
  ASSERT_EQ(In("tcs", {"select", "--all", "--status", "new"}).code, 0);
  ASSERT_EQ(In("tcs", {"sync", "--yes"}).code, 0);
  const auto count = [&](const char* state) {
    const Json tasks = StatusOf("tcs")["tasks"];
    return tasks.contains(state) ? std::stoull(tasks[state].get<std::string>()) : 0;
  };
  ASSERT_TRUE(Eventually([&] { return count("leased") > 0; }));
  SyncAll("north");
  EXPECT_FALSE(Effects(north_).empty());
  EXPECT_GT(count("queued") + count("leased"), 0U) << "the slow one is not done yet";
  world_.sandbox().faults().Clear();
}

}  // namespace
}  // namespace roster::e2e
