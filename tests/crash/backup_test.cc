// A backup that is cut off, and a disk of backups that is full: what was made before stays good,
// the daemon goes on, and the next backup clears up.

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "daemon/store/rocks_store.h"
#include "tests/e2e/world.h"

namespace roster::crash {
namespace {

namespace fs = std::filesystem;
using e2e::Eventually;
using e2e::Finished;
using e2e::Json;
using e2e::Program;
using e2e::World;

class Tmpfs {
 public:
  Tmpfs(std::string path, const std::string& size) : path_(std::move(path)) {
    fs::create_directories(path_);
    const std::string options = "size=" + size + ",mode=0700";
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~Tmpfs() { Unmount(); }
  Tmpfs(const Tmpfs&) = delete;
  Tmpfs& operator=(const Tmpfs&) = delete;

  bool mounted() const { return mounted_; }
  void Unmount() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    mounted_ = false;
  }
  // To the last byte.
  void Fill() {
    std::ofstream ballast(path_ + "/ballast", std::ios::app | std::ios::binary);
    const std::string bytes(4096, 'x');
    while (ballast << bytes && ballast.flush()) {
    }
  }
  void MakeRoom() { fs::remove(path_ + "/ballast"); }

 private:
  const std::string path_;
  bool mounted_ = false;
};

void Kill(e2e::Process& process) {
  process.Kill(SIGKILL);
  process.Wait();
}

class KilledInABackup : public ::testing::TestWithParam<std::string> {};

TEST_P(KilledInABackup, TheEarlierStaysGoodAndTheNextClearsUp) {
  World world(e2e::SmallSchool(61));
  world.StartDaemon();
  world.Poll();
  ASSERT_EQ(world.Ctl({"backup", "--wait"}).code, 0);
  world.SelectAllNew();
  Kill(world.daemon());

  world.daemon() = e2e::Process::Start(
      {"/usr/bin/env", "ROSTER_KILL_POINT=" + GetParam(), "ROSTER_KILL_LOG=" + world.Path("kills"),
       Program("tests/crash/dying-rosterd"), "--config", world.config()},
      world.Path("rosterd.log"));
  world.Ctl({"--timeout", "5", "backup", "--wait"});
  ASSERT_TRUE(Eventually([&] { return world.daemon().HasEnded(); })) << "at that point";
  EXPECT_EQ(world.daemon().Wait(), 128 + SIGKILL);

  world.StartDaemon();
  const Json list = world.CtlJson({"backups"}).at(0);
  const bool whole = GetParam() == "backup.after:1";  // read again, and not known
  EXPECT_EQ(list["last"]["state"], whole ? "MADE" : "FAILED");
  EXPECT_EQ(list["last"]["reason"], whole ? "" : "interrupted");
  EXPECT_EQ(world.CountEvents("backupFailed"), whole ? 0U : 1U);
  const Finished made = world.Ctl({"backup", "--wait"});
  EXPECT_EQ(made.code, 0) << made.out << made.err;
  const Json after = world.CtlJson({"backups"}).at(0);
  ASSERT_GE(after["backups"].size(), 2U);
  for (const Json& backup : after["backups"]) EXPECT_TRUE(backup["verified"].get<bool>()) << backup;
  world.daemon().Kill(SIGTERM);
  world.daemon().Wait();
  for (const Json& backup : after["backups"]) {
    const Finished restored = e2e::Run({Program("daemon/rosterd"), "--config", world.config(),
                                        "--restore", std::to_string(backup["backup"].get<int>())});
    EXPECT_EQ(restored.code, 0) << restored.err;
  }
}

// Before anything is written, as the copy begins, before it is read again, and before it is known.
INSTANTIATE_TEST_SUITE_P(Points, KilledInABackup,
                         ::testing::Values("backup.before:1", "backup.copy:1", "backup.verify:1",
                                           "backup.after:1"),
                         [](const auto& which) {
                           std::string name = which.param;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](const char c) { return c == '.' || c == ':'; }, '_');
                           return name;
                         });

TEST(FullDiskOfBackups, IsSaidAndTheDaemonGoesOn) {
  e2e::WorldOptions options = e2e::SmallSchool(62);
  World probe(options);
  const std::string mount = probe.Path("mount");
  options.top = "backup: {directory: \"" + mount + "/backups\"}\n";
  World world(options);
  Tmpfs disk(mount, "16m");
  if (!disk.mounted()) GTEST_SKIP() << "no tmpfs can be mounted here: " << std::strerror(errno);
  world.StartDaemon();
  world.Poll();
  const Finished full = world.Ctl({"backup", "--wait"});
  EXPECT_EQ(full.code, 1);
  EXPECT_NE(full.out.find("room"), std::string::npos) << full.out << full.err;
  const Json status = world.CtlJson({"status"}).at(0);
  EXPECT_EQ(status["diskProblem"], "");
  EXPECT_NE(status["backup"]["problem"].get<std::string>().find("room"), std::string::npos);
  EXPECT_EQ(world.CountEvents("backupFailed"), 1U);
  world.SelectAllNew();
  disk.Unmount();
  const Finished made = world.Ctl({"backup", "--wait"});
  EXPECT_EQ(made.code, 0) << made.out << made.err;
  EXPECT_EQ(world.CtlJson({"status"}).at(0)["backup"]["problem"], "");
}

// To the last byte, in the middle of the copy.
TEST(FullDiskOfBackups, InTheMiddleOfTheCopyLeavesTheEarlierOnes) {
  World world(e2e::SmallSchool(63));  // for its directory
  Tmpfs disk(world.Path("mount"), "16m");
  if (!disk.mounted()) GTEST_SKIP() << "no tmpfs can be mounted here: " << std::strerror(errno);
  auto opened = store::RocksStore::Open(world.Path("state") + "/db");
  ASSERT_TRUE(opened);
  store::RocksStore& stored = **opened;
  const auto put = [&](int from) {
    for (int i = from; i < from + 200; ++i) {
      store::Batch batch;
      std::string value;
      for (int j = 0; j < 1000; ++j) value += std::to_string(i * 31 + j * j * 7);
      batch.Put(store::Family::kReview, "key" + std::to_string(i), value);
      ASSERT_TRUE(stored.Commit(batch, true));
    }
  };
  store::BackupOptions options;
  options.directory = world.Path("mount") + "/backups";
  options.free_bytes_min = 0;
  put(0);
  const auto nothing = [](const model::BackupProgress&) {};
  ASSERT_TRUE(stored.MakeBackup(options, nothing, {}));
  put(1000);
  const auto failed = stored.MakeBackup(options,
                                        [&](const model::BackupProgress& at) {
                                          if (at.phase == "copy" && at.done == 0) disk.Fill();
                                        },
                                        {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason, "backup-disk-full") << failed.error().message;
  const auto left = store::ListBackups(options.directory);
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 1U);
  EXPECT_TRUE(left->front().verified);
  disk.MakeRoom();
  const auto made = stored.MakeBackup(options, nothing, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->all.size(), 2U);
}

}  // namespace
}  // namespace roster::crash
