// What the engine tells those who watch: as often as it says, and as things stand.

#include <gtest/gtest.h>

#include "tests/unit/engine/synced.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;

class Vitals : public Synced {
 protected:
  const model::SchoolVitals& School() {
    desk.clock.Advance(std::chrono::seconds(1));
    desk.Step();
    return desk.vitals.value().schools.at(0);
  }
  const model::Answered& Last() { return desk.answered.back(); }
};

TEST_F(Vitals, AreGivenOnceASecond) {
  School();
  const std::uint64_t steps = desk.vitals->steps;
  desk.Step();
  desk.Step();
  EXPECT_EQ(desk.vitals->steps, steps) << "not more often";
  School();
  EXPECT_EQ(desk.vitals->steps, steps + 3);
}

TEST_F(Vitals, AgreeWithTheStatus) {
  desk.pupils[0].last = "Other";
  desk.Poll();
  const model::SchoolVitals school = School();
  const wire::SchoolStatus status = desk.School();
  EXPECT_EQ(school.school.value(), status.school());
  EXPECT_EQ(school.tally.everybody, status.counters().everybody());
  EXPECT_EQ(school.tally.fresh, status.counters().fresh());
  EXPECT_EQ(school.tasks.applied, status.tasks().applied());
  EXPECT_EQ(school.head.value(), status.head());
  EXPECT_EQ(school.last_good.value().students, status.last_good_poll().students());
  EXPECT_EQ(school.last_good.value().ended.time_since_epoch(),
            std::chrono::seconds(status.last_good_poll().ended_at().seconds()));
  EXPECT_TRUE(school.last_used);
  EXPECT_EQ(school.holds.size(), static_cast<std::size_t>(status.holds_size()));
  EXPECT_EQ(school.stopped, false);
  EXPECT_EQ(desk.vitals->limits.size(), kLimits);
}

TEST_F(Vitals, PollsAreCountedByWhatBecameOfThem) {
  const std::uint64_t used = School().polls_used;
  desk.Poll();
  EXPECT_EQ(School().polls_used, used + 1);
  const auto job = desk.StartPoll();
  EXPECT_TRUE(School().polling);
  desk.EndPoll({job.school,
                job.poll,
                PollEnd::Side::kSource,
                Fail(Code::kRefused, "school-key-refused", "FACTS refuses the key."),
                {}});
  const model::SchoolVitals school = School();
  EXPECT_FALSE(school.polling);
  EXPECT_FALSE(school.last_used);
  EXPECT_EQ(school.polls_used, used + 1);
  EXPECT_EQ(school.polls_rejected.at("school-key-refused"), 1U);
  EXPECT_TRUE(school.stopped);
  EXPECT_EQ(school.stopped_reason, "school-key-refused");
  EXPECT_TRUE(school.source_problem);
  EXPECT_FALSE(school.next_poll);
  EXPECT_LT(school.last_good.value().ended, school.last_poll.value().ended);
}

TEST_F(Vitals, ATroubleOfFactsIsOverWhenTheSiteFailsAPoll) {
  auto job = desk.StartPoll();
  const auto end = [&](PollEnd::Side side, const char* reason) {
    desk.EndPoll({job.school, job.poll, side, Fail(Code::kRefused, reason, "It is refused."), {}});
  };
  end(PollEnd::Side::kSource, "school-key-refused");
  EXPECT_TRUE(School().stopped);
  EXPECT_TRUE(School().source_problem);
  job = desk.StartPoll();
  end(PollEnd::Side::kSite, "site-unauthorized");
  EXPECT_FALSE(School().stopped);
  EXPECT_FALSE(School().source_problem) << "it said that no poll goes out";
  EXPECT_TRUE(School().site_problem);
  job = desk.StartPoll();
  end(PollEnd::Side::kSource, "school-key-refused");
  const std::size_t started = desk.polls.started.size();
  desk.Restart();
  desk.Step();
  EXPECT_EQ(desk.polls.started.size(), started + 1) << "a start tries the key at once";
}

TEST_F(Vitals, ARestartKnowsTheLastPollsAndCountsAnew) {
  desk.Poll();
  const model::SchoolVitals before = School();
  desk.Restart();
  const model::SchoolVitals after = School();
  EXPECT_EQ(after.polls_used, 0U);
  ASSERT_TRUE(after.last_good);
  EXPECT_EQ(after.last_good->ended, before.last_good->ended);
  EXPECT_EQ(after.last_good->students, before.last_good->students);
  EXPECT_TRUE(after.last_used);
}

TEST_F(Vitals, APollThatIsNotOnDiskIsNotCounted) {
  const std::uint64_t used = School().polls_used;
  const auto job = desk.StartPoll();
  const PollEnd end = desk.Look(job);
  desk.store.full = true;
  desk.polls.ended.push_back(end);
  EXPECT_EQ(School().polls_used, used);
  EXPECT_EQ(desk.vitals->disk_reason, "disk-full");
  desk.store.full = false;
  const model::SchoolVitals school = School();
  EXPECT_EQ(school.polls_used, used);
  EXPECT_EQ(school.polls_rejected.at("disk-full"), 1U);
  School();
  EXPECT_EQ(desk.vitals->disk_reason, "");
}

TEST_F(Vitals, CommitsAreTimed) {
  School();
  const auto before = desk.vitals->commit_times;
  desk.store.commit_time = std::chrono::milliseconds(1500);
  desk.Poll();
  desk.store.commit_time = {};
  School();
  const auto& after = desk.vitals->commit_times;
  EXPECT_GT(after.counts[10], before.counts[10]) << "above 1 s, up to 5 s";
  EXPECT_GE(after.sum, before.sum + 1.5);
}

TEST_F(Vitals, RequestsAreCountedByNameAndOutcome) {
  desk.Status();
  wire::Request wrong;
  wrong.mutable_get_plan()->set_plan(999);
  desk.Ask(wrong);
  School();
  const auto& requests = desk.vitals->requests;
  EXPECT_GE(requests.at({"GetStatus", "done"}), 1U);
  EXPECT_EQ(requests.at({"GetPlan", "not-found"}), 1U);
  EXPECT_GE(requests.at({"Lease", "done"}), 1U);
}

TEST_F(Vitals, ACommandIsToldWithWhoAndWhat) {
  wire::Request request;
  request.mutable_acknowledge();
  desk.Command(request, "command-1");
  EXPECT_EQ(Last().request, "Acknowledge");
  EXPECT_EQ(Last().school, SchoolId("tcs"));
  EXPECT_EQ(Last().command_id, "command-1");
  EXPECT_EQ(Last().actor, "uid:1000");
  EXPECT_TRUE(Last().writes);
  EXPECT_EQ(Last().outcome, "done");
  EXPECT_FALSE(Last().request_id.empty());
  desk.Command(request, "command-1");
  EXPECT_EQ(Last().outcome, "repeated");
  EXPECT_EQ(Last().code, "done");
  desk.peer = {0, 0, 1};  // another
  desk.Command(request, "command-1");
  EXPECT_EQ(Last().code, "refused");
}

TEST_F(Vitals, WhatConcernsTheWholeDaemonIsToldOfNoSchool) {
  wire::Request request;
  request.mutable_make_backup();
  desk.Command(request);
  EXPECT_EQ(Last().request, "MakeBackup");
  EXPECT_EQ(Last().outcome, "done");
  EXPECT_FALSE(Last().school);
  request.mutable_list_backups();
  desk.Ask(request);
  EXPECT_EQ(Last().request, "ListBackups");
  EXPECT_FALSE(Last().school);
  request.mutable_reload();
  desk.Ask(request);
  EXPECT_EQ(Last().request, "Reload");
  EXPECT_FALSE(Last().school);
}

TEST_F(Vitals, ACommandIsToldOnceItIsOnDisk) {
  wire::Request request;
  request.mutable_acknowledge();
  desk.answered.clear();
  desk.store.full = true;
  desk.Command(request, "command-1");
  ASSERT_EQ(desk.answered.size(), 1U) << "it was not done, and is told so";
  EXPECT_EQ(Last().outcome, "disk-full");
  EXPECT_EQ(Last().code, "exhausted");
  desk.store.full = false;
  desk.Command(request, "command-1");
  EXPECT_EQ(Last().outcome, "done");
}

TEST_F(Vitals, TheTimeOfTheCommitIsPartOfACommands) {
  wire::Request request;
  request.mutable_acknowledge();
  desk.store.commit_time = std::chrono::milliseconds(700);
  desk.Command(request);
  EXPECT_GE(Last().took, std::chrono::milliseconds(700));
}

TEST_F(Vitals, ARefusalIsToldWithItsReason) {
  desk.peer = {4711, 4711, 1};  // nobody that is known
  wire::Request request;
  request.mutable_start_poll();
  desk.Command(request);
  EXPECT_EQ(Last().request, "StartPoll");
  EXPECT_EQ(Last().actor, "uid:4711");
  EXPECT_EQ(Last().outcome, "no-role");
  EXPECT_EQ(Last().code, "refused");
  EXPECT_FALSE(Last().school) << "what school was named is the sender's word";
  desk.bus.inputs.push_back({bus::Channel::kControl, "r", desk.peer, "no message"});
  desk.Step();
  EXPECT_EQ(Last().request, "");
  EXPECT_EQ(Last().outcome, "not-a-message");
  wire::WorkerRequest lease;
  lease.set_worker("w");
  lease.mutable_lease()->set_max(1);
  desk.AskTasks(lease, desk.peer);
  EXPECT_EQ(Last().request, "Lease");
  EXPECT_EQ(Last().outcome, "no-role");
}

}  // namespace
}  // namespace roster::engine
