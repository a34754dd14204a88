#include "daemon/worker/crew.h"

#include <gtest/gtest.h>

#include <latch>
#include <semaphore>
#include <stdexcept>

#include "tests/unit/worker/fake_site.h"

namespace roster::worker {
namespace {

// Waits for the tasks of a crew to end.
class Ends {
 public:
  std::function<void()> Callback() {
    return [this] { ended_.release(); };
  }
  std::map<Attempt, model::Outcome> Take(Crew& crew, int count) {
    std::map<Attempt, model::Outcome> ends;
    for (int i = 0; i < count; ++i) ended_.acquire();
    for (auto& [attempt, outcome] : crew.TakeEnded()) ends.emplace(attempt, std::move(outcome));
    return ends;
  }

 private:
  std::counting_semaphore<> ended_{0};
};

std::string ReasonOf(const model::Outcome& outcome) {
  const auto* failed = std::get_if<model::Failed>(&outcome);
  return failed == nullptr ? "" : failed->reason;
}

TEST(Crew, ExecutesSeveralAtATime) {
  Ends ends;
  std::latch together(3);
  Crew crew(3, MakerOf([&](const auto&, const auto&) {
              together.arrive_and_wait();
              return Done();
            }),
            ends.Callback());
  for (std::uint32_t i = 1; i <= 3; ++i) crew.Start(MakeLeased(i));
  EXPECT_EQ(ends.Take(crew, 3).size(), 3U);
}

TEST(Crew, ASchoolThatHangsHoldsUpNoOther) {
  Ends ends;
  std::counting_semaphore<> go(0);
  Crew crew(
      2,
      [&](const SchoolId& school) {
        return std::make_unique<FakeSite>([&, hangs = school == SchoolId("a")](const auto&, auto&) {
          if (hangs) go.acquire();
          return Done();
        });
      },
      ends.Callback());
  for (std::uint32_t i = 1; i <= 4; ++i) crew.Start(MakeLeased(i, 1, "a"));
  for (std::uint32_t i = 1; i <= 4; ++i) crew.Start(MakeLeased(i, 1, "b"));
  for (const auto& [attempt, outcome] : ends.Take(crew, 4)) {
    EXPECT_EQ(std::get<SchoolId>(attempt), SchoolId("b"));
  }
  go.release(4);
  EXPECT_EQ(ends.Take(crew, 4).size(), 4U);
}

TEST(Crew, ASiteIsKeptForTheSchoolsNextTask) {
  Ends ends;
  std::atomic<int> made = 0;
  Crew crew(
      1,
      [&](const SchoolId&) {
        ++made;
        return std::make_unique<FakeSite>([](const auto&, const auto&) { return Done(); });
      },
      ends.Callback());
  for (std::uint32_t i = 1; i <= 4; ++i) {
    crew.Start(MakeLeased(i, 1, i % 2 == 0 ? "a" : "b"));
    ends.Take(crew, 1);
  }
  EXPECT_EQ(made, 2);
}

TEST(Crew, AStopReachesTheTaskThatIsMeant) {
  Ends ends;
  std::binary_semaphore begun(0);
  Crew crew(2, MakerOf([&](const model::Task& task, const std::stop_token& stop) -> model::Outcome {
              if (task.id.index == 2) return Done();
              std::binary_semaphore stopped(0);
              const std::stop_callback told(stop, [&] { stopped.release(); });
              begun.release();
              stopped.acquire();
              return model::Failed{"stopped", true, false, std::nullopt};
            }),
            ends.Callback());
  crew.Start(MakeLeased(1));
  begun.acquire();
  crew.Start(MakeLeased(2));
  EXPECT_EQ(ends.Take(crew, 1).count(AttemptOf(MakeLeased(2))), 1U);
  crew.Stop(AttemptOf(MakeLeased(1)));
  EXPECT_EQ(ReasonOf(ends.Take(crew, 1).at(AttemptOf(MakeLeased(1)))), "stopped");
}

TEST(Crew, WhatWasToldToStopBeforeItBeganNeverBegins) {
  Ends ends;
  std::atomic<int> executed = 0;
  std::binary_semaphore begun(0);
  std::binary_semaphore go(0);
  Crew crew(1, MakerOf([&](const auto&, const auto&) {
              ++executed;
              begun.release();
              go.acquire();
              return Done();
            }),
            ends.Callback());
  crew.Start(MakeLeased(1));
  begun.acquire();
  crew.Start(MakeLeased(2));
  crew.Stop(AttemptOf(MakeLeased(2)));
  go.release();
  EXPECT_EQ(ReasonOf(ends.Take(crew, 2).at(AttemptOf(MakeLeased(2)))), "stopped");
  EXPECT_EQ(executed, 1);
}

TEST(Crew, AnUnknownSchoolIsSaidSo) {
  Ends ends;
  Crew crew(
      1, [](const SchoolId&) { return nullptr; }, ends.Callback());
  crew.Start(MakeLeased(1));
  EXPECT_EQ(ReasonOf(ends.Take(crew, 1).at(AttemptOf(MakeLeased(1)))), "unknown-school");
}

TEST(Crew, AnExceptionIsAnOutcome) {
  Ends ends;
  Crew crew(
      1, MakerOf([](const auto&, const auto&) -> model::Outcome { throw std::runtime_error("x"); }),
      ends.Callback());
  crew.Start(MakeLeased(1));
  const auto end = ends.Take(crew, 1);
  EXPECT_TRUE(std::holds_alternative<model::Unknown>(end.at(AttemptOf(MakeLeased(1)))));
}

}  // namespace
}  // namespace roster::worker
