// Backups as the engine sees them: one at a time, on record, told; and what follows from a store
// that was put back from one.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "daemon/engine/threaded_backups.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using store::Family;

const SchoolId kSchool("tcs");

model::Backup Good(std::uint32_t id) {
  return {id, Time(std::chrono::seconds(1'800'000'000)), 4096, 12, true, false, "test"};
}

class BackingUp : public ::testing::Test {
 protected:
  wire::BackupReply Make(const std::string& id = "") {
    wire::Request request;
    request.mutable_make_backup();
    const wire::Reply reply = desk_.Command(request, id);
    EXPECT_TRUE(reply.has_backup()) << reply.error().message();
    return reply.backup();
  }
  wire::BackupList List() {
    wire::Request request;
    request.mutable_list_backups();
    return desk_.Ask(request).backups();
  }
  void End(Result<BackupEnd::Made> made) {
    if (made) desk_.backups.all.insert(desk_.backups.all.begin(), made->backup);
    desk_.backups.ended = BackupEnd{desk_.backups.started.back(), std::move(made)};
    desk_.Step();
  }

  Desk desk_;
};

TEST_F(BackingUp, OneIsMadeOnRecordAndTold) {
  desk_.settings.backup_directory = "/srv/backups";
  desk_.settings.backups_kept = 3;
  desk_.Restart();
  EXPECT_FALSE(desk_.Status().backup().has_last_good_at());
  EXPECT_FALSE(List().has_last());

  const wire::BackupReply reply = Make();
  EXPECT_EQ(reply.run().run(), 1U);
  EXPECT_EQ(reply.run().state(), wire::BackupRun::RUNNING);
  EXPECT_FALSE(reply.already_running());
  EXPECT_EQ(desk_.backups.started, std::vector<std::uint64_t>{1});
  EXPECT_TRUE(desk_.Status().backup().running());
  EXPECT_EQ(List().last().phase(), "copy");
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kBackupMade), 0U) << "not before it is verified";

  End(BackupEnd::Made{Good(5), 2, ""});
  const wire::Entry entry = desk_.Entries().back();
  ASSERT_TRUE(entry.has_backup_made());
  EXPECT_EQ(entry.backup_made().backup(), 5U);
  EXPECT_EQ(entry.backup_made().removed(), 2U);
  EXPECT_EQ(entry.actor(), "uid:1000");
  EXPECT_FALSE(entry.cause().empty());
  const wire::BackupList list = List();
  EXPECT_EQ(list.directory(), "/srv/backups");
  EXPECT_EQ(list.keep(), 3U);
  ASSERT_EQ(list.backups_size(), 1);
  EXPECT_EQ(list.backups(0).backup(), 5U);
  EXPECT_EQ(list.last().state(), wire::BackupRun::MADE);
  EXPECT_EQ(list.last().backup().bytes(), 4096U);
  const wire::BackupStatus status = desk_.Status().backup();
  EXPECT_EQ(status.last_good(), 5U);
  EXPECT_EQ(status.last_good_at().seconds(), 1'800'000'000);
  EXPECT_FALSE(status.running());
  EXPECT_EQ(status.problem(), "");
}

TEST_F(BackingUp, ASecondOneJoinsTheFirst) {
  Make();
  const wire::BackupReply second = Make();
  EXPECT_TRUE(second.already_running());
  EXPECT_EQ(second.run().run(), 1U);
  EXPECT_EQ(desk_.backups.started.size(), 1U);
  End(BackupEnd::Made{Good(1), 0, ""});
  EXPECT_EQ(Make().run().run(), 2U);
  EXPECT_EQ(desk_.backups.started, (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(BackingUp, ARepeatedCommandMakesNoSecondOne) {
  Make("once");
  End(BackupEnd::Made{Good(1), 0, ""});
  EXPECT_EQ(Make("once").run().run(), 1U);
  EXPECT_EQ(desk_.backups.started.size(), 1U);
}

TEST_F(BackingUp, OneThatFailsIsOnRecordAndToldToOperators) {
  Make();
  End(Fail(Code::kExhausted, "backup-disk-full", "No room in /srv/backups."));
  ASSERT_TRUE(desk_.Entries().back().has_backup_failed());
  EXPECT_EQ(desk_.Entries().back().backup_failed().reason(), "backup-disk-full");
  EXPECT_EQ(desk_.Entries().back().SerializeAsString().find("/srv"), std::string::npos)
      << "viewers and subscribers read it";
  const auto& told = std::get<model::BackupFailed>(desk_.told.value().event);
  EXPECT_EQ(told.message, "No room in /srv/backups.") << "the log of this machine";
  EXPECT_EQ(desk_.Status().backup().problem(), "No room in /srv/backups.");
  EXPECT_EQ(List().last().state(), wire::BackupRun::FAILED);
  // It is nobody else's trouble, and the next one is made.
  EXPECT_EQ(desk_.Status().disk_problem(), "");
  Make();
  End(BackupEnd::Made{Good(1), 0, ""});
  EXPECT_EQ(desk_.Status().backup().problem(), "");

  model::Grant viewer;
  viewer.name = "bob";
  viewer.uids = {7};
  viewer.roles = {model::Role::kViewer};
  Make();
  End(Fail(Code::kExhausted, "backup-disk-full", "No room in /srv/backups."));
  desk_.access.Set(access::Access({viewer}));
  desk_.peer = {7, 7, 1};
  EXPECT_EQ(desk_.Status().backup().problem().find("/srv"), std::string::npos);
  EXPECT_NE(desk_.Status().backup().problem(), "");
}

TEST_F(BackingUp, WhatSomebodyRemovesByHandIsSeen) {
  desk_.Step();
  const std::uint64_t looks = desk_.backups.looks;
  desk_.clock.Advance(std::chrono::minutes(4));
  desk_.Step();
  EXPECT_EQ(desk_.backups.looks, looks) << "not at each step";
  desk_.clock.Advance(std::chrono::minutes(1));
  desk_.Step();
  desk_.Step();
  EXPECT_EQ(desk_.backups.looks, looks + 1);
}

TEST(ThreadedBackups, ALookShowsWhatIsThereNow) {
  std::atomic<int> looks = 0;
  ThreadedBackups backups(
      [](const auto&, const auto&) -> ThreadedBackups::Outcome {
        return {Fail(Code::kUnavailable, "backup-failed", "no"), std::nullopt};
      },
      [&looks]() -> std::optional<std::vector<model::Backup>> {
        if (++looks == 1) return std::nullopt;  // nobody can tell
        return std::vector{Good(2)};
      },
      {Good(2), Good(1)}, [] {});
  backups.Look();
  while (looks == 0) std::this_thread::yield();
  EXPECT_EQ(backups.All().size(), 2U) << "what it was";
  backups.Look();
  while (backups.All().size() != 1) std::this_thread::yield();
  EXPECT_EQ(backups.All().front().id, 2U);
}

TEST_F(BackingUp, NoneIsMissedInTheFirstDays) {
  EXPECT_FALSE(desk_.Status().backup().overdue()) << "nothing is kept yet";
  desk_.pupils = {{1, "Ada", "Abel", "ada@example.org"}};
  desk_.Poll();
  desk_.clock.Advance(std::chrono::hours(49));
  EXPECT_FALSE(desk_.Status().backup().overdue());
  desk_.clock.Advance(std::chrono::hours(2));
  EXPECT_TRUE(desk_.Status().backup().overdue());
  desk_.Restart();
  EXPECT_TRUE(desk_.Status().backup().overdue()) << "a start begins nothing anew";
  desk_.vitals.reset();
  desk_.clock.Advance(std::chrono::minutes(1));
  desk_.Step();
  ASSERT_TRUE(desk_.vitals);
  EXPECT_TRUE(desk_.vitals->backup_overdue) << "watchers see what the status says";
}

TEST_F(BackingUp, IsOverdueWhenTheLastGoodOneIsOld) {
  desk_.pupils = {{1, "Ada", "Abel", "ada@example.org"}};
  desk_.Poll();
  desk_.clock.Advance(std::chrono::hours(100));
  Make();
  model::Backup good = Good(1);
  good.at = desk_.clock.Now();
  End(BackupEnd::Made{good, 0, ""});
  EXPECT_FALSE(desk_.Status().backup().overdue());
  desk_.clock.Advance(std::chrono::hours(49));
  EXPECT_FALSE(desk_.Status().backup().overdue());
  desk_.clock.Advance(std::chrono::hours(2));
  EXPECT_TRUE(desk_.Status().backup().overdue());
  desk_.backups.all.front().damaged = true;
  good.id = 2;
  good.at = desk_.clock.Now();
  good.verified = false;
  desk_.backups.all.insert(desk_.backups.all.begin(), good);
  EXPECT_TRUE(desk_.Status().backup().overdue()) << "not read again: nobody knows";
}

TEST_F(BackingUp, OneThatARestartCutOffIsSaidToHaveFailed) {
  Make();
  desk_.Restart();
  const auto entries = desk_.Entries();
  const auto failed = std::find_if(entries.begin(), entries.end(), [](const wire::Entry& entry) {
    return entry.has_backup_failed();
  });
  ASSERT_NE(failed, entries.end());
  EXPECT_EQ(failed->backup_failed().reason(), "interrupted");
  EXPECT_EQ(List().last().state(), wire::BackupRun::FAILED);
  desk_.Restart();
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kBackupFailed), 1U) << "once";
}

// The process ended after it was read again, and before its end was on record.
TEST_F(BackingUp, OneThatIsThereAfterARestartWasMade) {
  desk_.backups.all = {Good(1)};  // of before: it is not the one
  Make();
  desk_.Restart();
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kBackupMade), 0U);
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kBackupFailed), 1U);
  Make();
  desk_.backups.all = {Good(2), Good(1)};
  desk_.Restart();
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kBackupFailed), 1U);
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kBackupMade), 1U);
  EXPECT_EQ(List().last().state(), wire::BackupRun::MADE);
}

TEST_F(BackingUp, AnEndOnAFullDiskIsTakenInWhenThereIsRoom) {
  Make();
  desk_.store.full = true;
  End(BackupEnd::Made{Good(1), 0, ""});
  EXPECT_TRUE(desk_.Status().backup().running()) << "not on record yet";
  desk_.store.full = false;
  desk_.Step();
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kBackupMade), 1U);
  EXPECT_FALSE(desk_.Status().backup().running());
}

TEST_F(BackingUp, WhatIsNotOnDiskIsNotBegun) {
  desk_.store.full = true;
  wire::Request request;
  request.mutable_make_backup();
  EXPECT_EQ(desk_.Command(request).error().reason(), "disk-full");
  EXPECT_TRUE(desk_.backups.started.empty());
  desk_.store.full = false;
  Make();
  EXPECT_EQ(desk_.backups.started, std::vector<std::uint64_t>{1});
}

// ---- a store that was put back ------------------------------------------------------------------

class PutBack : public ::testing::Test {
 protected:
  PutBack() {
    desk_.pupils = {{1, "Ada", "Abel", "ada@example.org"},
                    {2, "Ben", "Bold", "ben@example.org"},
                    {3, "Cleo", "Cook", "cleo@example.org"}};
    desk_.Poll();
  }
  ~PutBack() override {
    desk_.ExpectConsistent();
    EXPECT_EQ(desk_.Verify(1'000'000).differences_total, 0U);
  }

  using Rows = std::map<std::pair<int, std::string>, std::string>;
  static constexpr Family kAll[] = {Family::kMeta, Family::kReview, Family::kWork, Family::kJournal,
                                    Family::kReplies};
  Rows Keep() const {
    Rows rows;
    for (const Family family : kAll) {
      for (auto at = desk_.store.Scan(family, "", ""); at->Valid(); at->Next()) {
        rows[{static_cast<int>(family), std::string(at->key())}] = at->value();
      }
    }
    return rows;
  }
  // As rosterd --restore leaves the store: what was kept, and the mark.
  void Restore(const Rows& rows, const model::RestoredMark& mark) {
    store::Batch batch;
    for (const auto& [key, value] : Keep()) {
      batch.Delete(static_cast<Family>(key.first), key.second);
    }
    for (const auto& [key, value] : rows) {
      batch.Put(static_cast<Family>(key.first), key.second, value);
    }
    batch.Put(Family::kMeta, store::RestoredMarkKey(kSchool), store::EncodeRestoredMark(mark));
    ASSERT_TRUE(desk_.store.Commit(batch, true));
    desk_.Restart();
  }
  static model::RestoredMark MarkOf(std::uint32_t backup) {
    model::RestoredMark mark;
    mark.backup = backup;
    mark.backup_at = Time(std::chrono::seconds(1'800'000'000));
    mark.actor = "uid:0";
    return mark;
  }
  wire::Reply Prepare() { return desk_.Prepare({}); }
  wire::Reply PrepareInvitations() {
    wire::PreparePlan what;
    what.mutable_invitations();
    return desk_.Prepare(what);
  }
  std::size_t WritesOf(std::int64_t person) const {
    return static_cast<std::size_t>(
        std::count_if(desk_.writes.begin(), desk_.writes.end(),
                      [&](const SiteWrite& write) { return write.person == person; }));
  }

  Desk desk_;
};

TEST_F(PutBack, ThePlanThatWasApprovedLastIsShownThoughNumbersLeap) {
  desk_.Decide(wire::SYNC, {1});
  ASSERT_TRUE(desk_.Approve(desk_.Plan()).has_approve());
  desk_.WorkUntilDone();
  const std::uint64_t last = desk_.School().plans(0).plan();
  Restore(Keep(), MarkOf(1));  // how many there were since is not known
  ASSERT_EQ(desk_.School().plans_size(), 1);
  EXPECT_EQ(desk_.School().plans(0).plan(), last);
}

TEST_F(PutBack, IsOnRecordOnce) {
  const Rows rows = Keep();
  const auto head = desk_.Entries().size();
  model::RestoredMark mark = MarkOf(4);
  mark.lost_head = Seq(99);
  mark.forgotten = {PersonId(7)};
  Restore(rows, mark);
  ASSERT_EQ(desk_.Entries().size(), head + 1);
  const wire::Entry entry = desk_.Entries().back();
  ASSERT_TRUE(entry.has_restored());
  EXPECT_EQ(entry.actor(), "uid:0");
  EXPECT_EQ(entry.restored().backup(), 4U);
  EXPECT_EQ(entry.restored().lost_head(), 99U);
  EXPECT_EQ(entry.restored().forgotten(0), 7);
  desk_.Restart();
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kRestored), 1U);
}

TEST_F(PutBack, TheMarkIsTakenInOneCommitOrNotAtAll) {
  desk_.Decide(wire::SYNC, {1});
  ASSERT_TRUE(desk_.Approve(desk_.Plan()).has_approve());
  const Rows rows = Keep();
  store::Batch batch;
  batch.Put(Family::kMeta, store::RestoredMarkKey(kSchool), store::EncodeRestoredMark(MarkOf(1)));
  ASSERT_TRUE(desk_.store.Commit(batch, true));
  desk_.store.full = true;
  desk_.Restart();
  wire::WorkerRequest lease;
  lease.set_worker("w");
  lease.mutable_lease()->set_max(10);
  EXPECT_EQ(desk_.AskTasks(lease, desk_.peer).error().reason(), "disk-full")
      << "nothing goes out before it is taken";
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kRestored), 0U);
  desk_.store.full = false;
  desk_.Step();
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kRestored), 1U);
  EXPECT_EQ(desk_.Entries().back().task_unknown().reason(), "restored");
}

TEST_F(PutBack, OpenTasksAreLookedUpAndNothingHappensTwice) {
  desk_.Decide(wire::SYNC, {1, 2});
  ASSERT_TRUE(desk_.Approve(desk_.Plan()).has_approve());
  const Rows rows = Keep();
  desk_.WorkUntilDone();
  ASSERT_EQ(desk_.writes.size(), 2U);

  Restore(rows, MarkOf(1));
  EXPECT_EQ(desk_.School().tasks().unknown(), 2U);
  EXPECT_EQ(desk_.School().tasks().queued(), 0U);
  EXPECT_EQ(desk_.CountEntries(wire::Entry::kTaskUnknown), 2U);
  const auto leased = desk_.Lease("w");
  ASSERT_EQ(leased.size(), 2U);
  for (const wire::Task& task : leased) {
    EXPECT_EQ(task.doubt(), "restored");
    EXPECT_GT(task.attempt(), 10'000U) << "a report of before can't be taken for one of now";
  }
  std::vector<wire::Outcome> outcomes;
  for (const wire::Task& task : leased) outcomes.push_back(desk_.Execute(task));
  EXPECT_EQ(desk_.Report("w", outcomes).refused_size(), 0);
  EXPECT_EQ(desk_.writes.size(), 2U) << "found there";
  EXPECT_EQ(desk_.School().tasks().applied(), 2U);
  EXPECT_EQ(desk_.Entries().back().event_case(), wire::Entry::kSyncCompleted);
}

TEST_F(PutBack, AReportOfBeforeDoesNotCount) {
  desk_.Decide(wire::SYNC, {1});
  ASSERT_TRUE(desk_.Approve(desk_.Plan()).has_approve());
  const Rows rows = Keep();
  const auto before = desk_.Lease("w");
  ASSERT_EQ(before.size(), 1U);
  Restore(rows, MarkOf(1));
  ASSERT_EQ(desk_.Lease("w").size(), 1U);
  EXPECT_EQ(desk_.Report("w", {desk_.Execute(before[0])}).refused_size(), 1);
  // The one of now finds it there.
  desk_.clock.Advance(std::chrono::minutes(10));
  desk_.Step();
  desk_.clock.Advance(std::chrono::minutes(10));
  desk_.WorkUntilDone();
  EXPECT_EQ(desk_.writes.size(), 1U);
}

TEST_F(PutBack, TasksSayWhoseTheyAreAndARestoreIsTheSameOne) {
  desk_.Decide(wire::SYNC, {1});
  ASSERT_TRUE(desk_.Approve(desk_.Plan()).has_approve());
  const auto before = desk_.Lease("w");
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].origin().size(), 12U);
  Restore(Keep(), MarkOf(1));
  const auto restored = desk_.Lease("w");
  ASSERT_EQ(restored.size(), 1U);
  EXPECT_EQ(restored[0].origin(), before[0].origin());
}

TEST_F(PutBack, ADeadTaskIsLookedUpWhenItIsRetried) {
  desk_.Decide(wire::SYNC, {1});
  ASSERT_TRUE(desk_.Approve(desk_.Plan()).has_approve());
  const auto leased = desk_.Lease("w");
  wire::Outcome outcome;
  outcome.mutable_lease()->set_school("tcs");
  outcome.mutable_lease()->set_plan(leased.at(0).plan());
  outcome.mutable_lease()->set_index(leased.at(0).index());
  outcome.mutable_lease()->set_attempt(leased.at(0).attempt());
  outcome.mutable_failed()->set_reason("refused");
  ASSERT_EQ(desk_.Report("w", {outcome}).refused_size(), 0);
  ASSERT_EQ(desk_.School().tasks().dead(), 1U);
  Restore(Keep(), MarkOf(1));
  EXPECT_EQ(desk_.School().tasks().dead(), 1U) << "a person's word, now as then";
  wire::Request retry;
  retry.mutable_retry_tasks()->set_all_dead(true);
  EXPECT_EQ(desk_.Command(retry).retry().retried(), 1U);
  const auto again = desk_.Lease("w");
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].doubt(), "restored");
}

TEST_F(PutBack, OpenPlansExpireAndNoneIsMadeBeforeAPoll) {
  desk_.Decide(wire::SYNC, {1, 2});
  const wire::Plan open = desk_.Plan();
  const Rows rows = Keep();
  ASSERT_TRUE(desk_.Approve(open).has_approve());
  desk_.WorkUntilDone();
  ASSERT_EQ(desk_.writes.size(), 2U);

  Restore(rows, MarkOf(1));
  EXPECT_EQ(desk_.Entries().back().restored().plans_expired(), 1U);
  EXPECT_TRUE(desk_.Approve(open).has_error()) << "it was approved, and carried out";
  EXPECT_EQ(Prepare().error().reason(), "restored");
  EXPECT_EQ(PrepareInvitations().error().reason(), "restored");
  desk_.Poll();
  // The accounts carry the people's ids: linked, without a write.
  const wire::Reply fresh = Prepare();
  ASSERT_TRUE(fresh.has_plan()) << fresh.error().message();
  EXPECT_EQ(fresh.plan().plan().adds(), 0U);
  EXPECT_GT(fresh.plan().plan().plan(), 1000U) << "a number that nobody has seen";
  EXPECT_EQ(desk_.writes.size(), 2U);
}

TEST_F(PutBack, AnInvitationSentSinceIsSeenAndNotSentAgain) {
  desk_.Decide(wire::SYNC, {1});
  ASSERT_TRUE(desk_.Approve(desk_.Plan()).has_approve());
  desk_.WorkUntilDone();
  const Rows rows = Keep();
  const wire::Reply plan = PrepareInvitations();
  ASSERT_EQ(plan.plan().plan().invites(), 1U);
  ASSERT_TRUE(desk_.Approve(plan.plan().plan()).has_approve());
  desk_.WorkUntilDone();
  const std::size_t writes = WritesOf(1);

  Restore(rows, MarkOf(1));
  desk_.Poll();
  const wire::Reply again = PrepareInvitations();
  ASSERT_TRUE(again.has_plan()) << again.error().message();
  EXPECT_EQ(again.plan().plan().invites(), 0U);
  EXPECT_EQ(WritesOf(1), writes);
}

TEST_F(PutBack, NumbersGoOnFromThoseThatWereGiven) {
  desk_.Decide(wire::SYNC, {1});
  const Rows rows = Keep();
  model::RestoredMark mark = MarkOf(1);
  mark.lost_plans = 17;
  Restore(rows, mark);
  desk_.Poll();
  EXPECT_EQ(desk_.Plan().plan(), 18U);
}

}  // namespace
}  // namespace roster::engine
