#include "daemon/worker/lease_protocol.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/fake_site.h"

namespace roster::worker {
namespace {

using model::Heartbeat;
using model::Lease;
using model::ReportOutcomes;
using model::WorkerRequest;
using std::chrono::milliseconds;
using std::chrono::seconds;

class LeaseProtocolTest : public testing::Test {
 protected:
  LeaseProtocolTest() {
    settings.worker = "w1";
    settings.schools = {SchoolId("tcs")};
    settings.concurrency = 2;
  }

  LeaseProtocol& protocol() {
    if (!protocol_) protocol_.emplace(settings, random);
    return *protocol_;
  }

  // The one request of this kind that is due now.
  template <typename Body>
  std::optional<WorkerRequest> Ask() {
    for (WorkerRequest& request : protocol().Due(now)) {
      if (std::holds_alternative<Body>(request.body)) pending_ = request;
      all.push_back(request);
    }
    if (!pending_ || !std::holds_alternative<Body>(pending_->body)) return std::nullopt;
    return std::exchange(pending_, std::nullopt);
  }

  ReplyEffects AnswerLease(const std::string& id, std::vector<model::LeasedTask> tasks) {
    model::LeaseReply reply;
    reply.tasks = std::move(tasks);
    reply.lease = seconds(30);
    return protocol().Replied({id, reply}, now);
  }
  // Leases these tasks.
  void Hold(std::vector<model::LeasedTask> tasks) {
    const auto lease = Ask<Lease>();
    ASSERT_TRUE(lease);
    EXPECT_EQ(AnswerLease(lease->request_id, tasks).leased, tasks.size());
  }
  Attempt Begin() {
    const auto task = protocol().Begin(now);
    EXPECT_TRUE(task);
    return task ? AttemptOf(*task) : Attempt();
  }
  static std::vector<std::uint32_t> Indexes(const ReportOutcomes& body) {
    std::vector<std::uint32_t> indexes;
    for (const auto& report : body.reports) indexes.push_back(report.task.index);
    return indexes;
  }

  SeededRandom random{1};
  ProtocolSettings settings;
  Duration now = std::chrono::hours(1);
  std::vector<WorkerRequest> all;

 private:
  std::optional<LeaseProtocol> protocol_;
  std::optional<WorkerRequest> pending_;
};

TEST_F(LeaseProtocolTest, AsksForTwiceWhatItExecutesAndOnlyOnce) {
  const auto due = protocol().Due(now);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].worker, "w1");
  const auto& lease = std::get<Lease>(due[0].body);
  EXPECT_EQ(lease.max, 4U);
  EXPECT_EQ(lease.schools, settings.schools);
  EXPECT_EQ(lease.wait, settings.lease_wait);
  EXPECT_EQ(lease.school_max, 4U);
  EXPECT_TRUE(protocol().Due(now).empty());
}

TEST_F(LeaseProtocolTest, ASchoolThatIsSlowHoldsUpNoOther) {
  settings.schools = {SchoolId("a"), SchoolId("b")};
  const auto lease = Ask<Lease>();
  EXPECT_EQ(std::get<Lease>(lease->body).max, 8U);
  EXPECT_EQ(std::get<Lease>(lease->body).school_max, 4U);
  AnswerLease(lease->request_id,
              {MakeLeased(1, 1, "a"), MakeLeased(2, 1, "a"), MakeLeased(3, 1, "a"),
               MakeLeased(1, 1, "b"), MakeLeased(2, 1, "b")});
  const Attempt first = Begin();
  Begin();
  EXPECT_EQ(std::get<SchoolId>(Begin()), SchoolId("b")) << "two of a are under way";
  EXPECT_EQ(std::get<SchoolId>(Begin()), SchoolId("b"));
  EXPECT_FALSE(protocol().Begin(now));
  protocol().Ended(first, Done());
  EXPECT_EQ(std::get<SchoolId>(Begin()), SchoolId("a"));
  EXPECT_TRUE(Ask<Lease>()) << "there is room for more";
}

// One school gives as many as may be held of it, and the other has none.
TEST_F(LeaseProtocolTest, OnceDoesNotEndWhileASchoolIsFull) {
  settings.once = true;
  settings.concurrency = 1;
  settings.schools = {SchoolId("a"), SchoolId("b")};
  Hold({MakeLeased(1, 1, "a"), MakeLeased(2, 1, "a")});
  const auto lease = Ask<Lease>();
  ASSERT_TRUE(lease);
  AnswerLease(lease->request_id, {});
  EXPECT_FALSE(Ask<Lease>()) << "not again and again";
  protocol().Ended(Begin(), Done());
  protocol().Ended(Begin(), Done());
  const auto report = Ask<ReportOutcomes>();
  ASSERT_TRUE(report);
  protocol().Replied({report->request_id, model::ReportReply{}}, now);
  EXPECT_FALSE(protocol().Finished());
  now += settings.retry_delay_first;
  const auto again = Ask<Lease>();
  ASSERT_TRUE(again) << "there may be more";
  AnswerLease(again->request_id, {});
  EXPECT_TRUE(protocol().Finished());
}

TEST_F(LeaseProtocolTest, LeaseExecuteReport) {
  Hold({MakeLeased(1), MakeLeased(2)});
  const Attempt first = Begin();
  const Attempt second = Begin();
  EXPECT_FALSE(protocol().Begin(now));
  EXPECT_EQ(protocol().running(), 2U);
  protocol().Ended(second, Done());
  protocol().Ended(first, model::Failed{"broken", true, true, std::nullopt});
  const auto report = Ask<ReportOutcomes>();
  ASSERT_TRUE(report);
  const auto& reports = std::get<ReportOutcomes>(report->body).reports;
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].task.index, 2U);
  EXPECT_EQ(reports[0].attempt, 1U);
  EXPECT_EQ(reports[0].school, SchoolId("tcs"));
  EXPECT_EQ(std::get<model::Failed>(reports[1].outcome).reason, "broken");
  protocol().Replied({report->request_id, model::ReportReply{}}, now);
  EXPECT_EQ(protocol().held(), 0U);
}

TEST_F(LeaseProtocolTest, AnUnansweredReportIsSentAgainUntilItIsAnswered) {
  Hold({MakeLeased(1)});
  protocol().Ended(Begin(), Done());
  const auto first = Ask<ReportOutcomes>();
  ASSERT_TRUE(first);
  EXPECT_FALSE(Ask<ReportOutcomes>());
  for (int i = 0; i < 3; ++i) {
    now += settings.answer_max + settings.retry_delay_max;
    protocol().Due(now);  // the time is over
    now += settings.retry_delay_max;
    const auto again = Ask<ReportOutcomes>();
    ASSERT_TRUE(again) << i;
    EXPECT_NE(again->request_id, first->request_id);
    EXPECT_EQ(Indexes(std::get<ReportOutcomes>(again->body)), std::vector<std::uint32_t>{1});
    if (i == 2) protocol().Replied({again->request_id, model::ReportReply{}}, now);
  }
  EXPECT_EQ(protocol().held(), 0U);
}

TEST_F(LeaseProtocolTest, ARefusedReportIsDropped) {
  Hold({MakeLeased(1), MakeLeased(2)});
  protocol().Ended(Begin(), Done());
  protocol().Ended(Begin(), Done());
  const auto report = Ask<ReportOutcomes>();
  const auto effects = protocol().Replied(
      {report->request_id, model::ReportReply{{{SchoolId("tcs"), {PlanId(7), 2}, 1}}}}, now);
  ASSERT_EQ(effects.refused.size(), 1U);
  EXPECT_EQ(effects.refused[0], AttemptOf(MakeLeased(2)));
  EXPECT_EQ(protocol().held(), 0U);
}

TEST_F(LeaseProtocolTest, AReportThatTheDaemonCannotReadHoldsBackNoOther) {
  Hold({MakeLeased(1), MakeLeased(2)});
  protocol().Ended(Begin(), Done());
  protocol().Ended(Begin(), Done());
  const Error invalid{Code::kInvalid, "malformed", "?"};
  std::vector<std::vector<std::uint32_t>> sent;
  for (int i = 0; i < 3; ++i) {
    now += settings.retry_delay_max;
    const auto report = Ask<ReportOutcomes>();
    ASSERT_TRUE(report);
    sent.push_back(Indexes(std::get<ReportOutcomes>(report->body)));
    if (i < 2) {
      EXPECT_TRUE(protocol().Replied({report->request_id, invalid}, now).error);
    } else {
      protocol().Replied({report->request_id, model::ReportReply{}}, now);
    }
  }
  EXPECT_EQ(sent, (std::vector<std::vector<std::uint32_t>>{{1, 2}, {1}, {2}}));
  EXPECT_EQ(protocol().held(), 0U);
}

TEST_F(LeaseProtocolTest, AReportThatIsNotTakenNowIsSentAgain) {
  Hold({MakeLeased(1)});
  protocol().Ended(Begin(), Done());
  const auto report = Ask<ReportOutcomes>();
  protocol().Replied({report->request_id, Error{Code::kUnavailable, "disk-full", "?"}}, now);
  EXPECT_EQ(protocol().held(), 1U);
  now += settings.retry_delay_max;
  EXPECT_TRUE(Ask<ReportOutcomes>());
}

TEST_F(LeaseProtocolTest, ReportsAreBatchedWithinALimit) {
  settings.concurrency = 3;
  settings.reports_max = 2;
  Hold({MakeLeased(1), MakeLeased(2), MakeLeased(3)});
  for (int i = 0; i < 3; ++i) protocol().Ended(Begin(), Done());
  const auto report = Ask<ReportOutcomes>();
  EXPECT_EQ(Indexes(std::get<ReportOutcomes>(report->body)), (std::vector<std::uint32_t>{1, 2}));
  protocol().Replied({report->request_id, model::ReportReply{}}, now);
  EXPECT_EQ(Indexes(std::get<ReportOutcomes>(Ask<ReportOutcomes>()->body)),
            std::vector<std::uint32_t>{3});
}

TEST_F(LeaseProtocolTest, AReportThatStaysUnansweredIsMadeSmaller) {
  settings.concurrency = 4;
  Hold({MakeLeased(1), MakeLeased(2), MakeLeased(3), MakeLeased(4)});
  for (int i = 0; i < 4; ++i) protocol().Ended(Begin(), Done());
  std::size_t size = 0;
  for (int i = 0; i < 12; ++i) {
    if (const auto report = Ask<ReportOutcomes>()) {
      size = std::get<ReportOutcomes>(report->body).reports.size();
    }
    now += settings.answer_max;
    protocol().Due(now);
    now += settings.retry_delay_max;
  }
  EXPECT_EQ(size, 1U);
}

TEST_F(LeaseProtocolTest, HeartbeatsEachThirdOfALease) {
  Hold({MakeLeased(1), MakeLeased(2)});
  Begin();
  EXPECT_FALSE(Ask<Heartbeat>());
  now += seconds(10);
  const auto beat = Ask<Heartbeat>();
  ASSERT_TRUE(beat);
  EXPECT_EQ(std::get<Heartbeat>(beat->body).held.size(), 2U);
  protocol().Replied({beat->request_id, model::HeartbeatReply{}}, now);
  EXPECT_FALSE(Ask<Heartbeat>());
  now += seconds(10);
  EXPECT_TRUE(Ask<Heartbeat>());
}

TEST_F(LeaseProtocolTest, AnEndedTaskIsKeptAliveUntilItIsReported) {
  Hold({MakeLeased(1)});
  protocol().Ended(Begin(), Done());
  now += seconds(10);
  const auto beat = Ask<Heartbeat>();
  ASSERT_TRUE(beat);
  EXPECT_EQ(std::get<Heartbeat>(beat->body).held.size(), 1U);
}

TEST_F(LeaseProtocolTest, LostLeasesAreNotBegunAndRunningOnesAreStopped) {
  Hold({MakeLeased(1), MakeLeased(2), MakeLeased(3)});
  const Attempt running = Begin();
  now += seconds(10);
  const auto beat = Ask<Heartbeat>();
  const auto effects = protocol().Replied(
      {beat->request_id, model::HeartbeatReply{{RefOf(running), RefOf(AttemptOf(MakeLeased(2)))}}},
      now);
  EXPECT_EQ(effects.lost_running, std::vector<Attempt>{running});
  EXPECT_EQ(effects.lost_waiting, 1U);
  EXPECT_EQ(std::get<1>(Begin()).index, 3U);
  EXPECT_FALSE(protocol().Begin(now));
}

TEST_F(LeaseProtocolTest, ALostTaskThatStoppedIsForgottenOneThatWroteIsReported) {
  Hold({MakeLeased(1), MakeLeased(2)});
  const Attempt stopped = Begin();
  const Attempt wrote = Begin();
  now += seconds(10);
  const auto beat = Ask<Heartbeat>();
  protocol().Replied({beat->request_id, model::HeartbeatReply{{RefOf(stopped), RefOf(wrote)}}},
                     now);
  protocol().Ended(stopped, model::Failed{"stopped", true, false, std::nullopt});
  protocol().Ended(wrote, Done());
  EXPECT_EQ(Indexes(std::get<ReportOutcomes>(Ask<ReportOutcomes>()->body)),
            std::vector<std::uint32_t>{2});
}

TEST_F(LeaseProtocolTest, NothingIsBegunAfterItsLeaseUntilAHeartbeatSaysItHolds) {
  Hold({MakeLeased(1)});
  now += seconds(30);
  EXPECT_FALSE(protocol().Begin(now));
  const auto beat = Ask<Heartbeat>();
  ASSERT_TRUE(beat);
  protocol().Replied({beat->request_id, model::HeartbeatReply{}}, now);
  EXPECT_TRUE(protocol().Begin(now));
}

TEST_F(LeaseProtocolTest, ALeaseCountsFromWhenItWasAskedFor) {
  const auto lease = Ask<Lease>();
  now += seconds(2);  // the daemon may have granted it at any moment of these
  AnswerLease(lease->request_id, {MakeLeased(1)});
  now += seconds(28);
  EXPECT_FALSE(protocol().Begin(now));
}

TEST_F(LeaseProtocolTest, ARunningTaskIsToldOnceThatItsLeaseRanOut) {
  Hold({MakeLeased(1)});
  const Attempt running = Begin();
  EXPECT_TRUE(protocol().RunOut(now).empty());
  now += seconds(30);
  EXPECT_EQ(protocol().RunOut(now), std::vector<Attempt>{running});
  EXPECT_TRUE(protocol().RunOut(now).empty());
}

TEST_F(LeaseProtocolTest, AHeartbeatThatIsAnsweredLengthensTheLease) {
  Hold({MakeLeased(1)});
  Begin();
  now += seconds(10);
  const auto beat = Ask<Heartbeat>();
  protocol().Replied({beat->request_id, model::HeartbeatReply{}}, now);
  now += seconds(29);
  EXPECT_TRUE(protocol().RunOut(now).empty());
  now += seconds(1);
  EXPECT_EQ(protocol().RunOut(now).size(), 1U);
}

TEST_F(LeaseProtocolTest, ALateAnswerStillHoldsTasksAndIsConfirmedFirst) {
  const auto lease = Ask<Lease>();
  now += settings.lease_wait + settings.answer_max;
  protocol().Due(now);
  EXPECT_TRUE(protocol().UnansweredSince());
  EXPECT_EQ(AnswerLease(lease->request_id, {MakeLeased(1)}).leased, 1U);
  EXPECT_FALSE(protocol().UnansweredSince());
  EXPECT_FALSE(protocol().Begin(now));
  const auto beat = Ask<Heartbeat>();
  ASSERT_TRUE(beat);
  protocol().Replied({beat->request_id, model::HeartbeatReply{}}, now);
  EXPECT_TRUE(protocol().Begin(now));
}

TEST_F(LeaseProtocolTest, TheSameAttemptTwiceIsOneTask) {
  Hold({MakeLeased(1)});
  Begin();
  const auto lease = Ask<Lease>();
  EXPECT_EQ(AnswerLease(lease->request_id, {MakeLeased(1)}).leased, 0U);
  EXPECT_EQ(protocol().held(), 1U);
  EXPECT_FALSE(protocol().Begin(now));
}

TEST_F(LeaseProtocolTest, ANewerAttemptWaitsForTheOlderOneToEnd) {
  Hold({MakeLeased(1, 1)});
  const Attempt older = Begin();
  Hold({MakeLeased(1, 2)});
  EXPECT_FALSE(protocol().Begin(now));
  protocol().Ended(older, Done());
  EXPECT_EQ(std::get<2>(Begin()), 2U);
}

TEST_F(LeaseProtocolTest, AnAbsentDaemonIsAskedAgainAtGrowingDistances) {
  std::size_t asked = 0;
  const Duration start = now;
  while (now - start < std::chrono::minutes(10)) {
    for (const auto& request : protocol().Due(now)) {
      ++asked;
      protocol().SendFailed(request.request_id, now);
    }
    now += std::max<Duration>(protocol().DueIn(now), milliseconds(1));
  }
  EXPECT_GT(asked, 100U);  // 0 to 5 s between two, by chance
  EXPECT_LT(asked, 1000U);
  EXPECT_EQ(protocol().UnansweredSince(), start);
}

TEST_F(LeaseProtocolTest, SharesAreHandedOn) {
  const auto lease = Ask<Lease>();
  model::LeaseReply reply;
  reply.shares = {{SchoolId("tcs"), 2.5}};
  const auto effects = protocol().Replied({lease->request_id, reply}, now);
  ASSERT_EQ(effects.shares.size(), 1U);
  EXPECT_EQ(effects.shares[0].requests_per_second, 2.5);
}

TEST_F(LeaseProtocolTest, AStopGivesBackWhatHasNotBegunAndAsksForNothing) {
  Hold({MakeLeased(1), MakeLeased(2)});
  const auto running = Begin();
  protocol().Stop();
  EXPECT_FALSE(protocol().Finished());
  EXPECT_FALSE(protocol().Begin(now));
  auto report = Ask<ReportOutcomes>();
  ASSERT_TRUE(report);
  const auto& reports = std::get<ReportOutcomes>(report->body).reports;
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(std::get<model::Failed>(reports[0].outcome).reason, "stopped");
  EXPECT_TRUE(std::get<model::Failed>(reports[0].outcome).again);
  protocol().Replied({report->request_id, model::ReportReply{}}, now);
  protocol().Ended(running, Done());
  report = Ask<ReportOutcomes>();
  protocol().Replied({report->request_id, model::ReportReply{}}, now);
  EXPECT_TRUE(protocol().Finished());
  EXPECT_TRUE(protocol().Due(now + std::chrono::hours(1)).empty());
}

TEST_F(LeaseProtocolTest, TasksThatComeAfterAStopAreGivenBack) {
  const auto lease = Ask<Lease>();
  protocol().Stop();
  EXPECT_FALSE(protocol().Finished()) << "the daemon may be about to answer";
  AnswerLease(lease->request_id, {MakeLeased(1)});
  EXPECT_FALSE(protocol().Begin(now));
  EXPECT_FALSE(protocol().Finished());
  const auto report = Ask<ReportOutcomes>();
  ASSERT_TRUE(report);
  protocol().Replied({report->request_id, model::ReportReply{}}, now);
  EXPECT_TRUE(protocol().Finished());
  EXPECT_FALSE(Ask<Lease>());
}

TEST_F(LeaseProtocolTest, AStopWaitsForALeaseNoLongerThanForAnyAnswer) {
  ASSERT_TRUE(Ask<Lease>());
  protocol().Stop();
  const Duration answer_max = settings.lease_wait + settings.answer_max;
  EXPECT_EQ(protocol().DueIn(now), answer_max);
  EXPECT_TRUE(protocol().Due(now + answer_max - milliseconds(1)).empty());
  EXPECT_FALSE(protocol().Finished());
  EXPECT_TRUE(protocol().Due(now + answer_max).empty()) << "it is not asked again";
  EXPECT_TRUE(protocol().Finished());
}

TEST_F(LeaseProtocolTest, AStopDoesNotWaitForALeaseThatNobodyWasAskedFor) {
  const auto lease = Ask<Lease>();
  protocol().SendFailed(lease->request_id, now);
  protocol().Stop();
  EXPECT_TRUE(protocol().Finished());
}

TEST_F(LeaseProtocolTest, OnceEndsWhenNothingIsLeft) {
  settings.once = true;
  Hold({MakeLeased(1)});
  EXPECT_EQ(std::get<Lease>(all[0].body).wait, Duration::zero());
  EXPECT_FALSE(protocol().Finished());
  const auto lease = Ask<Lease>();
  AnswerLease(lease->request_id, {});
  EXPECT_FALSE(protocol().Finished());
  protocol().Ended(Begin(), Done());
  const auto report = Ask<ReportOutcomes>();
  protocol().Replied({report->request_id, model::ReportReply{}}, now);
  EXPECT_TRUE(protocol().Finished());
}

TEST_F(LeaseProtocolTest, AnswersToNobodyChangeNothing) {
  Hold({MakeLeased(1)});
  protocol().Ended(Begin(), Done());
  protocol().Replied({"999", model::ReportReply{}}, now);
  protocol().Replied({"", model::ReportReply{}}, now);
  protocol().Replied({"999", model::HeartbeatReply{{RefOf(AttemptOf(MakeLeased(1)))}}}, now);
  protocol().Replied({"", Error{Code::kInvalid, "unknown-version", "?"}}, now);
  EXPECT_EQ(protocol().held(), 1U);
}

}  // namespace
}  // namespace roster::worker
