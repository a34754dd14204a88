// backup and backups, as they are asked for and as they look.

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "tests/unit/client/fake_world.h"

namespace roster::client {
namespace {

v1::BackupRun Running() {
  v1::BackupRun run;
  run.set_run(3);
  run.set_state(v1::BackupRun::RUNNING);
  *run.mutable_started_at() = At();
  run.set_actor("uid:1000");
  run.set_phase("copy");
  run.set_done(1 << 20);
  run.set_total(4 << 20);
  return run;
}

v1::BackupRun Made() {
  v1::BackupRun run = Running();
  run.set_state(v1::BackupRun::MADE);
  *run.mutable_ended_at() = At(4);
  v1::Backup& backup = *run.mutable_backup();
  backup.set_backup(12);
  *backup.mutable_at() = At();
  backup.set_bytes(48'000'000);
  backup.set_files(31);
  backup.set_verified(true);
  backup.set_program("0.6.0");
  run.set_removed(1);
  return run;
}

v1::BackupRun Failed() {
  v1::BackupRun run = Running();
  run.set_state(v1::BackupRun::FAILED);
  run.set_reason("backup-disk-full");
  run.set_message("The disk is full: no backup could be written to /srv/backups.");
  return run;
}

v1::Reply ListOf(const v1::BackupRun& last) {
  v1::Reply reply;
  v1::BackupList& list = *reply.mutable_backups();
  list.set_directory("/var/lib/rosterd/backups");
  list.set_keep(14);
  if (last.has_backup()) *list.add_backups() = last.backup();
  v1::Backup& older = *list.add_backups();
  older = Made().backup();
  older.set_backup(11);
  *older.mutable_at() = At(-86400);
  older.set_verified(false);
  v1::Backup& damaged = *list.add_backups();
  damaged.set_backup(10);
  damaged.set_damaged(true);
  *list.mutable_last() = last;
  return reply;
}

class Backup : public testing::Test {
 protected:
  Backup() {
    v1::Reply reply;
    *reply.mutable_backup()->mutable_run() = Running();
    world_.daemon.On("make_backup", reply);
  }
  // Runs for some time, then this.
  void EndsWith(const v1::BackupRun& run) {
    world_.daemon.On("list_backups", [this, run](const v1::Request&) {
      return ListOf(++asked_ < 3 ? Running() : run);
    });
  }

  FakeWorld world_;
  int asked_ = 0;
};

class BackupScreens : public Backup, public testing::WithParamInterface<std::size_t> {
 protected:
  BackupScreens() { world_.terminal = Terminal{GetParam(), true, true, true, false}; }
};
INSTANTIATE_TEST_SUITE_P(Widths, BackupScreens, testing::Values(80, 120));

TEST_P(BackupScreens, Waited) {
  EndsWith(Made());
  ExpectScreen(world_, "backup-wait", {"backup", "--wait"});
}

TEST_P(BackupScreens, NotMade) {
  EndsWith(Failed());
  ExpectScreen(world_, "backup-failed", {"backup", "--wait"});
}

TEST_P(BackupScreens, List) {
  world_.daemon.On("list_backups", ListOf(Made()));
  ExpectScreen(world_, "backups", {"backups"});
}

TEST_P(BackupScreens, ListAfterAFailure) {
  world_.daemon.On("list_backups", ListOf(Failed()));
  ExpectScreen(world_, "backups-failed", {"backups"});
}

TEST_F(Backup, IsACommandAndIsNotWaitedForUnasked) {
  const Ran ran = world_.Run({"backup"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("being made"), std::string::npos);
  ASSERT_EQ(world_.daemon.requests.size(), 1U);
  EXPECT_NE(world_.daemon.requests[0].command_id(), "");
}

TEST_F(Backup, WaitsForItsEndAndSaysItByTheExitCode) {
  EndsWith(Made());
  EXPECT_EQ(world_.Run({"backup", "--wait"}).exit, 0);
  EXPECT_EQ(asked_, 3);
  EndsWith(Failed());
  asked_ = 0;
  const Ran failed = world_.Run({"backup", "--wait"});
  EXPECT_EQ(failed.exit, 1);
  EXPECT_NE(failed.out.find("/srv/backups"), std::string::npos);
}

// The one that was asked for failed, and the next one began, within two looks.
TEST_F(Backup, ALaterOneIsWaitedForAndItsEndIsTold) {
  const auto then = [this](v1::BackupRun end) {
    asked_ = 0;
    end.set_run(4);
    world_.daemon.On("list_backups", [this, end](const v1::Request&) {
      v1::BackupRun later = Running();
      later.set_run(4);
      ++asked_;
      return ListOf(asked_ == 1 ? Running() : (asked_ < 4 ? later : end));
    });
  };
  then(Failed());
  Ran ran = world_.Run({"backup", "--wait"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(asked_, 4);
  EXPECT_NE(ran.out.find("Another backup was asked for meanwhile"), std::string::npos);
  EXPECT_NE(ran.out.find("No backup was made."), std::string::npos);
  then(Failed());
  EXPECT_EQ(world_.Run({"backup", "--wait", "--json"}).exit, 1);
  EXPECT_EQ(asked_, 4);
  then(Made());
  ran = world_.Run({"backup", "--wait"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("is made, and was read again"), std::string::npos);
}

TEST_F(Backup, AsJsonIsTheRun) {
  EndsWith(Made());
  const Ran ran = world_.Run({"backup", "--wait", "--json"});
  EXPECT_EQ(ran.exit, 0);
  v1::BackupRun run;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ran.out, &run).ok()) << ran.out;
  EXPECT_EQ(run.SerializeAsString(), Made().SerializeAsString());
}

TEST_F(Backup, AStoreThatWasPutBackMeanwhileIsSaid) {
  v1::BackupRun earlier = Made();
  earlier.set_run(1);
  world_.daemon.On("list_backups", ListOf(earlier));
  const Ran ran = world_.Run({"backup", "--wait"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("put back"), std::string::npos);
}

TEST_F(Backup, OneThatMayNotIsRefused) {
  world_.daemon.On("make_backup", ErrorOf("refused", "role-missing", "For operators."));
  EXPECT_EQ(world_.Run({"backup", "--wait"}).exit, 3);
}

}  // namespace
}  // namespace roster::client
