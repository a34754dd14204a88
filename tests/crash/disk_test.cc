// A disk that is full, read-only or slow under the real daemon: it says so, answers who asks,
// refuses commands with words, and goes on by itself when the disk is well again.

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/e2e/world.h"

namespace roster::crash {
namespace {

namespace fs = std::filesystem;
using e2e::Eventually;
using e2e::Json;
using e2e::World;

std::string DiskProblem(World& world) {
  const Json status = world.CtlJson({"status"}).at(0);
  return status.value("diskProblem", "");
}

std::string FirstNew(World& world) {
  return world.CtlJson({"users", "--status", "new"}).at(0).at("person").get<std::string>();
}

// Reads are served, and commands are refused in these words, whatever the disk's trouble is.
void ExpectReadsAndRefusals(World& world, const std::string& word) {
  EXPECT_TRUE(Eventually([&] {
    return world.Ctl({"select", FirstNew(world)}).code == 1;  // until it is noticed
  }));
  const std::string head = world.School()["head"];
  const e2e::Finished refused = world.Ctl({"select", FirstNew(world)});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find(word), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("goes on by itself"), std::string::npos) << refused.err;
  EXPECT_NE(DiskProblem(world).find(word), std::string::npos);
  EXPECT_EQ(world.Ctl({"status", "--exit-code"}).code, 12);
  EXPECT_FALSE(world.CtlJson({"users", "--status", "all"}).empty());
  EXPECT_FALSE(world.Events().empty());
  EXPECT_EQ(world.Ctl({"poll"}).code, 1);
  EXPECT_EQ(world.School()["head"], head) << "nothing was written";
  EXPECT_TRUE(world.daemon().running());
  EXPECT_FALSE(world.daemon().HasEnded());
}

// Nobody asks for anything: it is noticed all the same. Then everything works, also after a
// restart.
void ExpectItGoesOn(World& world) {
  EXPECT_TRUE(Eventually([&] { return DiskProblem(world).empty(); }));
  EXPECT_FALSE(world.daemon().HasEnded()) << "by itself, and not by a restart";
  const std::string person = FirstNew(world);
  EXPECT_EQ(world.Ctl({"select", person}).code, 0);
  world.Poll();
  world.daemon().Kill(SIGKILL);
  world.daemon().Wait();
  world.StartDaemon();
  world.StartWorker();
  world.SelectAllNew();
  EXPECT_EQ(world.Sync().code, 0);
  const auto effects = world.Effects();
  EXPECT_FALSE(effects.empty());
}

// ---- a real disk, and a small one

class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=64m,mode=0700") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  // Leaves so much room.
  void FillUpTo(std::uint64_t room) {
    struct statvfs info {};
    ASSERT_EQ(::statvfs(path_.c_str(), &info), 0);
    const std::uint64_t free = info.f_bavail * info.f_frsize;
    ASSERT_GT(free, room);
    const std::string bytes(free - room, 'x');
    std::ofstream(path_ + "/ballast", std::ios::app | std::ios::binary) << bytes;
  }
  void MakeRoom() { fs::remove(path_ + "/ballast"); }

 private:
  const std::string path_;
  bool mounted_ = false;
};

class FullDisk : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(FullDisk, IsSaidAndSurvived) {
  World world(e2e::SmallSchool(51));
  SmallDisk disk(world.Path("state"));
  if (!disk.mounted()) GTEST_SKIP() << "no tmpfs can be mounted here: " << std::strerror(errno);
  world.StartDaemon();
  world.Poll();
  disk.FillUpTo(GetParam());
  ExpectReadsAndRefusals(world, "full");
  // A crash or a restart meanwhile changes nothing about that.
  world.daemon().Kill(SIGKILL);
  world.daemon().Wait();
  world.StartDaemon();
  ExpectReadsAndRefusals(world, "full");
  disk.MakeRoom();
  ExpectItGoesOn(world);
}

// Below what rosterd leaves free, and to the last byte.
INSTANTIATE_TEST_SUITE_P(Tmpfs, FullDisk, ::testing::Values(std::uint64_t{8} << 20U, 0),
                         [](const auto& which) { return "Room" + std::to_string(which.param); });

// A poll that is under way when the disk fills up changes nothing, and is told as rejected.
TEST(FullDiskInAPoll, ThePollIsRejectedAndTheNextIsUsed) {
  World world(e2e::SmallSchool(52));
  SmallDisk disk(world.Path("state"));
  if (!disk.mounted()) GTEST_SKIP() << "no tmpfs can be mounted here: " << std::strerror(errno);
  world.StartDaemon();
  world.Poll();
  const Json before = world.School()["counters"];
  world.sandbox().scenarios().Apply("new-school-year");
  world.sandbox().faults().Add(
      sandbox::FaultFromText("kind=delay,server=site,path=/Users,delay_ms=1000,times=1"));
  ASSERT_EQ(world.Ctl({"poll"}).code, 0);
  disk.FillUpTo(0);
  EXPECT_TRUE(Eventually([&] { return !DiskProblem(world).empty(); }));
  EXPECT_EQ(world.School()["counters"], before);
  disk.MakeRoom();
  EXPECT_TRUE(Eventually([&] {
    const Json school = world.School();
    return school["lastPoll"]["state"] == "REJECTED" && !school["polling"].get<bool>();
  }));
  EXPECT_EQ(world.School()["counters"], before);
  world.Poll();
  EXPECT_NE(world.School()["counters"], before);
}

// ---- a disk on demand (disk_on_demand.h)

class DiskOnDemand : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.daemon() = e2e::Process::Start(
        {"/usr/bin/env", "ROSTER_DISK=" + world_.Path("disk"),
         e2e::Program("tests/crash/dying-rosterd"), "--config", world_.config()},
        world_.Path("rosterd.log"));
    world_.Poll();
  }
  void Make(const std::string& word) {
    std::ofstream(world_.Path("disk.new")) << word;
    fs::rename(world_.Path("disk.new"), world_.Path("disk"));
  }

  World world_{e2e::SmallSchool(53)};
};

TEST_F(DiskOnDemand, FullIsSaidAndSurvived) {
  Make("full");
  ExpectReadsAndRefusals(world_, "full");
  Make("well");
  ExpectItGoesOn(world_);
}

TEST_F(DiskOnDemand, ReadOnlyIsSaidAndSurvived) {
  Make("read-only");
  ExpectReadsAndRefusals(world_, "read-only");
  Make("well");
  ExpectItGoesOn(world_);
}

TEST_F(DiskOnDemand, SlowIsSaidAndServedAllTheSame) {
  Make("slow");
  EXPECT_EQ(world_.Ctl({"select", FirstNew(world_)}).code, 0);
  EXPECT_NE(DiskProblem(world_).find("slow"), std::string::npos);
  EXPECT_EQ(world_.Ctl({"status", "--exit-code"}).code, 12);
  EXPECT_FALSE(world_.CtlJson({"users", "--status", "all"}).empty());
  world_.Poll();
  Make("well");
  EXPECT_EQ(world_.Ctl({"select", FirstNew(world_)}).code, 0);
  EXPECT_EQ(DiskProblem(world_), "");
}

}  // namespace
}  // namespace roster::crash
