// The drill, with the real programs: a backup while rosterd runs, more work after it, the state is
// lost, and put back. What is stored is what was stored at the backup; what the site got since is
// not sent twice; subscribers that know more say so; and what is wrong with a backup is said.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/store/rocks_store.h"
#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

namespace fs = std::filesystem;
using store::Family;

const SchoolId kSchool("tcs");

// Everything that is stored, by family and key.
using Rows = std::map<std::pair<Family, std::string>, std::string>;

Rows RowsOf(const std::string& db) {
  Rows rows;
  const auto opened = store::RocksStore::Open(db);
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
  if (!opened) return rows;
  for (const Family family :
       {Family::kMeta, Family::kReview, Family::kWork, Family::kJournal, Family::kReplies}) {
    for (auto at = (*opened)->Scan(family, "", ""); at->Valid(); at->Next()) {
      rows[{family, std::string(at->key())}] = std::string(at->value());
    }
  }
  return rows;
}

// Each effect at most once for each account, however often it was asked for. `again`: effects that
// a person has asked for again, having seen where things stand.
void ExpectNothingTwice(World& world) {
  std::map<std::string, int> times;
  for (const Json& effect : world.Effects()) {
    EXPECT_NE(effect["effect"], "violation");
    ++times[effect.at("externalId").get<std::string>() + " " +
            effect.at("effect").get<std::string>()];
  }
  for (const auto& [what, count] : times) EXPECT_EQ(count, 1) << what;
}

class Drill : public ::testing::Test {
 protected:
  void Kill(Process& process) {
    process.Kill(SIGKILL);
    process.Wait();
  }
  Finished Rosterd(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {Program("daemon/rosterd"), "--config", world_->config()});
    return e2e::Run(arguments);
  }
  void BackUp() {
    const Finished made = world_->Ctl({"backup", "--wait"});
    ASSERT_EQ(made.code, 0) << made.out << made.err;
    EXPECT_NE(made.out.find("was read again"), std::string::npos) << made.out;
  }
  void PutBack(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--restore", "latest"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    restored_ = Rosterd(arguments);
    ASSERT_EQ(restored_.code, 0) << restored_.out << restored_.err;
  }
  // The first `count` of those who are new.
  std::vector<std::string> SomeNew(std::size_t count) {
    std::vector<std::string> persons;
    for (const Json& row : world_->CtlJson({"users", "--status", "new"})) {
      if (persons.size() < count) persons.push_back(row.at("person").get<std::string>());
    }
    return persons;
  }
  void SelectSome(std::size_t count) {
    std::vector<std::string> words = SomeNew(count);
    words.insert(words.begin(), "select");
    ASSERT_EQ(world_->Ctl(words).code, 0);
  }
  void ExpectVerified() {
    const Finished verified = world_->Ctl({"journal", "verify"});
    EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  }
  std::string Db() const { return world_->Path("state") + "/db"; }

  std::unique_ptr<World> world_ = std::make_unique<World>(SmallSchool(21));
  Finished restored_;
};

TEST_F(Drill, StateJournalAndCursorsAreThoseOfTheBackupAndNothingHappensTwice) {
  World& world = *world_;
  world.StartDaemon();
  world.StartWorker();
  world.Poll();
  SelectSome(10);
  ASSERT_EQ(world.Sync().code, 0);
  const std::string head = world.School()["head"];
  const std::size_t effects = world.Effects().size();
  BackUp();
  const auto events = world.Events();
  // What is stored then; the run of the backup, its kept reply and its entry aside.
  Kill(world.worker());
  Kill(world.daemon());
  Rows before = RowsOf(Db());

  world.StartDaemon();
  world.StartWorker();
  world.SelectAllNew();
  ASSERT_EQ(world.Sync().code, 0);
  ASSERT_EQ(world.Ctl({"invite", "--never-accessed", "--yes", "--wait"}).code, 0);
  const std::size_t all_effects = world.Effects().size();
  ASSERT_GT(all_effects, effects + 10);
  // A subscriber that knows all of that.
  const std::string heard = world.Path("heard");
  const std::string known = world.School()["head"];
  Process follower = Process::Start({Program("client/rosterctl"), "--endpoint", world.endpoint(),
                                     "--json", "events", "--follow", "--since", "0"},
                                    heard);
  EXPECT_TRUE(Eventually(
      [&] { return ReadFile(heard).find("\"seq\":\"" + known + "\"") != std::string::npos; }));
  Kill(world.worker());
  Kill(world.daemon());

  PutBack();
  Rows after = RowsOf(Db());
  const auto forget = [&](Rows& rows) {
    rows.erase({Family::kMeta, store::BackupRunKey()});
    rows.erase({Family::kMeta, store::RestoredMarkKey(kSchool)});
    rows.erase({Family::kMeta, store::SchoolHeadKey(kSchool)});  // below
    std::erase_if(rows, [&](const auto& row) {
      if (row.first.first == Family::kReplies) return true;
      // The quota counts what was asked since.
      if (row.first.first == Family::kMeta && row.first.second.starts_with(std::string("\0q", 2))) {
        return true;
      }
      return row.first.first == Family::kJournal &&
             row.first.second >= store::EntryKey(kSchool, Seq(std::stoull(head) + 1)) &&
             row.first.second < store::EntryRange(kSchool, Seq(0), Seq(~0ULL)).end;
    });
  };
  const auto kept =
      store::DecodeSchoolHead(after.at({Family::kMeta, store::SchoolHeadKey(kSchool)}));
  ASSERT_TRUE(kept);
  EXPECT_EQ(std::to_string(kept->seq.value()), head);
  const auto mark =
      store::DecodeRestoredMark(after.at({Family::kMeta, store::RestoredMarkKey(kSchool)}));
  ASSERT_TRUE(mark);
  EXPECT_EQ(std::to_string(mark->lost_head.value()), known);
  forget(before);
  forget(after);
  EXPECT_EQ(before.size(), after.size());
  EXPECT_TRUE(before == after) << "what is stored is what was stored at the backup";

  world.StartDaemon();
  ASSERT_TRUE(Eventually([&] { return world.CountEvents("restored") == 1; }));
  const auto now = world.Events();
  ASSERT_GT(now.size(), std::stoull(head));
  for (std::size_t i = 0; i < std::stoull(head); ++i) EXPECT_EQ(now[i], events[i]);
  EXPECT_TRUE(now[std::stoull(head)].contains("restored")) << now[std::stoull(head)];
  ExpectVerified();
  // The subscriber is told, and stops.
  EXPECT_TRUE(Eventually([&] { return follower.HasEnded(); }));
  EXPECT_NE(follower.Wait(), 0);
  EXPECT_NE(ReadFile(heard).find("backup"), std::string::npos) << ReadFile(heard);

  // Everything is asked for again, after a look at where things stand.
  world.StartWorker();
  world.Poll();
  const Finished select = world.Ctl({"select", "--all", "--status", "new"});
  EXPECT_EQ(select.code, 0) << select.out << select.err;
  const Finished sync = world.Sync();
  EXPECT_EQ(sync.code, 0) << sync.out << sync.err;
  world.Ctl({"invite", "--never-accessed", "--yes", "--wait"});
  EXPECT_EQ(world.Effects().size(), all_effects) << "all of it was there";
  ExpectNothingTwice(world);
  ExpectVerified();
}

TEST_F(Drill, ABackupInTheMiddleOfASyncAndOfInvitations) {
  WorldOptions options = SmallSchool(21);
  options.requests_per_second = 8;
  world_ = std::make_unique<World>(options);
  World& world = *world_;
  world.StartDaemon();
  world.StartWorker();
  world.Poll();
  world.SelectAllNew();
  ASSERT_EQ(world.Ctl({"sync", "--yes"}).code, 0);
  ASSERT_TRUE(Eventually([&] { return world.Effects().size() >= 5; }));
  BackUp();
  ASSERT_EQ(world.CountEvents("syncCompleted"), 0U) << "in the middle";
  ASSERT_TRUE(Eventually([&] { return world.CountEvents("syncCompleted") == 1; },
                         std::chrono::seconds(120)));
  const std::size_t synced = world.Effects().size();
  Kill(world.daemon());
  PutBack();
  world.StartDaemon();
  // The worker was there all the time.
  ASSERT_TRUE(Eventually([&] { return world.CountEvents("syncCompleted") == 1; },
                         std::chrono::seconds(120)));
  EXPECT_EQ(world.Effects().size(), synced);
  EXPECT_GT(world.CountEvents("taskUnknown"), 0U);

  world.Poll();
  ASSERT_EQ(world.Ctl({"invite", "--never-accessed", "--yes"}).code, 0);
  ASSERT_TRUE(Eventually([&] { return world.Effects().size() >= synced + 5; }));
  BackUp();
  ASSERT_TRUE(Eventually([&] { return world.CountEvents("syncCompleted") == 2; },
                         std::chrono::seconds(120)));
  Kill(world.daemon());
  Kill(world.worker());
  PutBack();
  world.StartDaemon();
  world.StartWorker();
  ASSERT_TRUE(Eventually([&] { return world.CountEvents("syncCompleted") == 2; },
                         std::chrono::seconds(120)));
  ExpectNothingTwice(world);
  ExpectVerified();
}

TEST_F(Drill, OnAnotherHost) {
  World& world = *world_;
  world.StartDaemon();
  world.StartWorker();
  world.Poll();
  world.SelectAllNew();
  ASSERT_EQ(world.Sync().code, 0);
  const std::size_t effects = world.Effects().size();
  const Json counters = world.School()["counters"];
  BackUp();
  world.daemon().Kill(SIGTERM);
  EXPECT_EQ(world.daemon().Wait(), 0);
  Kill(world.worker());
  // The other one has the config, the secrets, and a copy of the backups.
  fs::rename(world.Path("state") + "/backups", world.Path("carried"));
  fs::remove_all(world.Path("state"));
  fs::create_directory(world.Path("state"));
  PutBack({"--from", world.Path("carried"), "--quota-as-in-backup"});
  EXPECT_NE(restored_.out.find("There was no state before"), std::string::npos) << restored_.out;
  world.StartDaemon();
  world.StartWorker();
  world.Poll();
  EXPECT_EQ(world.School()["counters"], counters);
  EXPECT_EQ(world.Sync().code, 0);
  EXPECT_EQ(world.Effects().size(), effects);
  ExpectVerified();
  BackUp();
}

TEST_F(Drill, ADamagedBackupIsRefusedAndTheStateStays) {
  World& world = *world_;
  world.StartDaemon();
  world.Poll();
  BackUp();
  const Finished running = Rosterd({"--restore", "latest"});
  EXPECT_EQ(running.code, 1);
  EXPECT_NE(running.err.find("Another rosterd uses"), std::string::npos) << running.err;
  world.daemon().Kill(SIGTERM);
  world.daemon().Wait();
  fs::path largest;
  for (const auto& file : fs::recursive_directory_iterator(world.Path("state") + "/backups")) {
    if (!file.is_regular_file()) continue;
    if (largest.empty() || file.file_size() > fs::file_size(largest)) largest = file.path();
  }
  {
    std::fstream bytes(largest, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(fs::file_size(largest) / 2));
    bytes << "damage";
  }
  const Finished refused = Rosterd({"--restore", "latest"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("Backup 1"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("damaged"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("Nothing was changed"), std::string::npos) << refused.err;
  world.StartDaemon();
  EXPECT_EQ(world.CountEvents("restored"), 0U);

  EXPECT_EQ(Rosterd({"--restore", "newest"}).code, 2);
  EXPECT_EQ(Rosterd({"--from", "/nowhere"}).code, 2);
  EXPECT_EQ(Rosterd({"--quota-as-in-backup"}).code, 2);
  EXPECT_EQ(Rosterd({"--restore", ""}).code, 2) << "and is not started";
  EXPECT_EQ(Rosterd({"--list-backups", "--from", ""}).code, 2);
  const Finished list = Rosterd({"--list-backups"});
  EXPECT_EQ(list.code, 0);
  EXPECT_NE(list.out.find("verified"), std::string::npos) << list.out;
}

TEST_F(Drill, TwoAtOnceAreOneAndBothAreTold) {
  World& world = *world_;
  world.StartDaemon();
  world.Poll();
  const std::vector<std::string> ask = {Program("client/rosterctl"), "--endpoint", world.endpoint(),
                                        "backup", "--wait"};
  Process one = Process::Start(ask, world.Path("one"));
  Process two = Process::Start(ask, world.Path("two"));
  EXPECT_EQ(one.Wait(), 0) << ReadFile(world.Path("one"));
  EXPECT_EQ(two.Wait(), 0) << ReadFile(world.Path("two"));
  const Json list = world.CtlJson({"backups"}).at(0);
  EXPECT_GE(list["backups"].size(), 1U);
  for (const Json& backup : list["backups"]) EXPECT_TRUE(backup["verified"].get<bool>());
  EXPECT_EQ(world.CountEvents("backupMade"), list["backups"].size());
  const Json status = world.CtlJson({"status"}).at(0)["backup"];
  EXPECT_EQ(status["lastGood"], list["backups"][0]["backup"]);
}

TEST_F(Drill, OnlyOperatorsMay) {
  WorldOptions options = SmallSchool(21);
  options.top = "access: [{name: me, users: [\"" + std::to_string(::getuid()) +
                "\"], roles: [viewer, reviewer, approver]}]\n";
  world_ = std::make_unique<World>(options);
  world_->StartDaemon();
  for (const char* command : {"backup", "backups"}) {
    const Finished refused = world_->Ctl({command});
    EXPECT_EQ(refused.code, 3);
    EXPECT_NE(refused.err.find("operator"), std::string::npos) << refused.err;
  }
  EXPECT_FALSE(fs::exists(world_->Path("state") + "/backups"));
}

}  // namespace
}  // namespace roster::e2e
