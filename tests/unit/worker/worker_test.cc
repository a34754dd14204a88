#include "daemon/worker/worker.h"

#include <gtest/gtest.h>

#include <memory>
#include <semaphore>
#include <set>

#include "tests/unit/worker/fake_daemon.h"
#include "tests/unit/worker/fake_site.h"

namespace roster::worker {
namespace {

using model::Heartbeat;
using model::HeartbeatReply;
using model::Lease;
using model::LeaseReply;
using model::ReportOutcomes;
using model::ReportReply;
using model::WorkerReply;
using model::WorkerRequest;
using std::chrono::seconds;

// A daemon with a queue of tasks, and what the worker told it.
class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    settings.protocol.worker = "w1";
    settings.protocol.concurrency = 2;
    daemon.answer_open = [this]() -> std::optional<LeaseReply> {
      if (!stop.stop_requested()) return std::nullopt;
      return Grant(Lease{{}, 1000, {}});
    };
  }

  Worker& worker() {
    if (!worker_) {
      worker_.emplace(settings, daemon, clock, random,
                      MakerOf([this](const model::Task& task, const std::stop_token& token) {
                        return execute(task, token);
                      }),
                      [this](const SchoolId&, double rate) { rates.push_back(rate); });
    }
    return *worker_;
  }
  Worker::End Run() { return worker().Run(stop.get_token()); }

  std::optional<WorkerReply> Answer(const WorkerRequest& request) {
    if (const auto* lease = std::get_if<Lease>(&request.body))
      return WorkerReply{"", Grant(*lease)};
    if (const auto* beat = std::get_if<Heartbeat>(&request.body)) {
      ++heartbeats;
      return on_heartbeat(*beat);
    }
    const auto& reports = std::get<ReportOutcomes>(request.body).reports;
    ++report_requests;
    if (drop_reports > 0) {
      --drop_reports;
      return std::nullopt;
    }
    for (const auto& report : reports) reported[report.task.index] = report.outcome;
    if (reported.size() >= stop_after) stop.request_stop();
    return WorkerReply{"", ReportReply{}};
  }
  // An empty answer comes at once; so that the loop does not spin, there is none before the stop.
  std::optional<WorkerReply> AnswerOrWait(const WorkerRequest& request) {
    if (std::holds_alternative<Lease>(request.body) && queue.empty() && !settings.protocol.once) {
      return std::nullopt;
    }
    return Answer(request);
  }
  LeaseReply Grant(const Lease& lease) {
    LeaseReply reply;
    reply.lease = seconds(30);
    reply.shares = {{SchoolId("tcs"), 5.0}};
    while (!queue.empty() && reply.tasks.size() < lease.max) {
      reply.tasks.push_back(queue.front());
      queue.pop_front();
    }
    return reply;
  }
  void Queue(std::uint32_t count) {
    for (std::uint32_t i = 1; i <= count; ++i) queue.push_back(MakeLeased(i));
  }

  target::ManualClock clock;
  SeededRandom random{1};
  WorkerSettings settings;
  std::stop_source stop;
  Behaviour execute = [](const auto&, const auto&) { return Done(); };
  std::function<std::optional<WorkerReply>(const Heartbeat&)> on_heartbeat = [](const auto&) {
    return WorkerReply{"", HeartbeatReply{}};
  };
  std::deque<model::LeasedTask> queue;
  std::map<std::uint32_t, model::Outcome> reported;
  std::size_t stop_after = 1;
  int drop_reports = 0;
  int report_requests = 0;
  int heartbeats = 0;
  std::vector<double> rates;
  FakeDaemon daemon{clock, [this](const WorkerRequest& request) { return AnswerOrWait(request); }};

 private:
  std::optional<Worker> worker_;
};

TEST_F(WorkerTest, LeasesExecutesAndReportsAll) {
  Queue(50);
  stop_after = 50;
  const auto end = Run();
  EXPECT_EQ(reported.size(), 50U);
  for (const auto& [index, outcome] : reported) {
    EXPECT_TRUE(std::holds_alternative<model::Applied>(outcome)) << index;
  }
  EXPECT_EQ(end.left_running, 0U);
  EXPECT_EQ(end.unreported, 0U);
  EXPECT_EQ(rates.at(0), 5.0);
}

TEST_F(WorkerTest, ALostReportIsSentAgain) {
  Queue(1);
  drop_reports = 3;
  daemon.time_moves = [this] { return report_requests > 0; };
  Run();
  EXPECT_EQ(reported.size(), 1U);
  EXPECT_EQ(report_requests, 4);
}

TEST_F(WorkerTest, ADaemonThatIsAwayIsWaitedFor) {
  Queue(1);
  daemon.refuse_sends = 50;
  daemon.time_moves = [this] { return queue.size() == 1; };
  Run();
  EXPECT_EQ(reported.size(), 1U);
  EXPECT_GT(clock.Steady(), Duration(std::chrono::hours(1)) + seconds(10));
}

TEST_F(WorkerTest, AWholeExecutionIsKeptAliveByHeartbeats) {
  Queue(1);
  std::counting_semaphore<> beats(0);
  on_heartbeat = [&](const Heartbeat& beat) {
    EXPECT_EQ(beat.held.size(), 1U);
    beats.release();
    return WorkerReply{"", HeartbeatReply{}};
  };
  execute = [&](const auto&, const std::stop_token& token) -> model::Outcome {
    for (int i = 0; i < 10; ++i) beats.acquire();
    EXPECT_FALSE(token.stop_requested());
    return Done();
  };
  daemon.time_moves = [this] { return reported.empty(); };
  Run();
  EXPECT_TRUE(std::holds_alternative<model::Applied>(reported.at(1)));
  EXPECT_GE(clock.Steady(), Duration(std::chrono::hours(1)) + seconds(99));
}

// Executes until it is told to stop.
Behaviour UntilStopped() {
  return [](const auto&, const std::stop_token& token) -> model::Outcome {
    std::binary_semaphore told(0);
    const std::stop_callback callback(token, [&] { told.release(); });
    told.acquire();
    return model::Failed{"stopped", true, false, std::nullopt};
  };
}

TEST_F(WorkerTest, ALostLeaseStopsItsTaskAndIsNotReported) {
  Queue(1);
  const auto until_stopped = UntilStopped();
  execute = [&](const model::Task& task, const std::stop_token& token) {
    return task.id.index == 1 ? until_stopped(task, token) : Done();
  };
  on_heartbeat = [this](const Heartbeat& beat) {
    if (heartbeats > 1) return WorkerReply{"", HeartbeatReply{}};
    queue.push_back(MakeLeased(2));
    return WorkerReply{"", HeartbeatReply{beat.held}};
  };
  daemon.time_moves = [this] { return reported.empty(); };
  Run();
  EXPECT_EQ(reported.size(), 1U);
  EXPECT_TRUE(reported.contains(2));
}

TEST_F(WorkerTest, HeartbeatsThatStayUnansweredStopTheTaskAtTheEndOfItsLease) {
  Queue(1);
  execute = UntilStopped();
  on_heartbeat = [](const auto&) { return std::nullopt; };
  daemon.time_moves = [this] { return reported.empty(); };
  Run();
  EXPECT_EQ(std::get<model::Failed>(reported.at(1)).reason, "stopped");
  EXPECT_GE(clock.Steady(), Duration(std::chrono::hours(1)) + seconds(30));
}

TEST_F(WorkerTest, AStopReportsWhatIsHeldAndEnds) {
  Queue(4);
  settings.protocol.concurrency = 2;
  std::counting_semaphore<> begun(0);
  const auto until_stopped = UntilStopped();
  execute = [&](const model::Task& task, const std::stop_token& token) {
    begun.release();
    return until_stopped(task, token);
  };
  std::jthread stopper([&] {
    begun.acquire();
    begun.acquire();
    stop.request_stop();
  });
  const auto end = Run();
  EXPECT_EQ(reported.size(), 4U);
  EXPECT_EQ(end.unreported, 0U);
}

TEST_F(WorkerTest, WhatIsHandedOutWhileItStopsIsGivenBackAndNotLeftToRunOut) {
  execute = [](const auto&, const auto&) -> model::Outcome {
    ADD_FAILURE() << "it has stopped";
    return Done();
  };
  daemon.time_moves = [this] {
    if (!stop.stop_requested()) {
      Queue(1);
      stop.request_stop();
    }
    return false;
  };
  const auto end = Run();
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_EQ(std::get<model::Failed>(reported.at(1)).reason, "stopped");
  EXPECT_EQ(end.unreported, 0U);
}

TEST_F(WorkerTest, AStopDoesNotWaitForEverForALease) {
  daemon.answer_open = [] { return std::nullopt; };
  daemon.time_moves = [this] {
    stop.request_stop();
    return true;
  };
  const Duration before = clock.Steady();
  EXPECT_EQ(Run().unreported, 0U);
  EXPECT_LE(clock.Steady() - before, settings.stop_grace);
}

TEST_F(WorkerTest, AStopDoesNotWaitForEverForAWrite) {
  Queue(1);
  // What is left running ends behind this test: it owns what it still looks at.
  const auto begun = std::make_shared<std::binary_semaphore>(0);
  const auto go = std::make_shared<std::binary_semaphore>(0);
  execute = [begun, go](const auto&, const auto&) {
    const auto own = go;
    begun->release();
    own->acquire();
    return Done();
  };
  std::jthread stopper([&] {
    begun->acquire();
    stop.request_stop();
  });
  daemon.time_moves = [this] { return stop.stop_requested(); };
  const auto end = Run();
  EXPECT_EQ(end.left_running, 1U);
  EXPECT_EQ(end.unreported, 1U);
  EXPECT_TRUE(reported.empty());
  go->release();
}

TEST_F(WorkerTest, AStopDoesNotWaitForEverForADaemonThatIsAway) {
  Queue(1);
  drop_reports = 1'000'000;
  daemon.time_moves = [this] {
    if (report_requests > 2) stop.request_stop();
    return report_requests > 0;
  };
  EXPECT_EQ(Run().unreported, 1U);
}

TEST_F(WorkerTest, OnceEndsWhenTheDaemonHasNothingMore) {
  settings.protocol.once = true;
  stop_after = 1000;
  Queue(10);
  const auto end = Run();
  EXPECT_EQ(reported.size(), 10U);
  EXPECT_FALSE(end.unanswered);
}

TEST_F(WorkerTest, OnceDoesNotWaitForEverForADaemon) {
  settings.protocol.once = true;
  daemon.refuse_sends = 1'000'000;
  daemon.time_moves = [] { return true; };
  EXPECT_TRUE(Run().unanswered);
}

TEST_F(WorkerTest, WhatIsNoAnswerIsIgnored) {
  Queue(1);
  daemon.garbage = {"", "no message", std::string(1000, '\xff')};
  Run();
  EXPECT_EQ(reported.size(), 1U);
}

TEST_F(WorkerTest, AnEndpointThatCannotBeUsedEndsIt) {
  daemon.send_error = Error{Code::kInvalid, "endpoint", "no such transport"};
  const auto end = Run();
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->reason, "endpoint");
}

}  // namespace
}  // namespace roster::worker
