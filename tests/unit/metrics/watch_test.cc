// What the engine leaves is what the pages show.

#include "daemon/metrics/watch.h"

#include <gtest/gtest.h>

#include "tests/unit/metrics/full.h"

namespace roster::metrics {
namespace {

class HandClock : public Clock {
 public:
  Time Now() const override { return FullNow() + at_; }
  Duration Steady() const override { return at_; }
  bool Wait(Duration, const std::stop_token&) const override { return true; }
  void Advance(Duration by) { at_ += by; }

 private:
  Duration at_{};
};

TEST(Watch, IsStartingUntilTheEngineHasSaidSomething) {
  const HandClock clock;
  const Watch watch("0.1.0", clock);
  EXPECT_EQ(watch.Serve("/healthz")->status, 200);
  EXPECT_EQ(watch.Serve("/readyz")->status, 503);
  EXPECT_NE(watch.Serve("/metrics")->body.find("rosterd_ready 0"), std::string::npos);
  EXPECT_FALSE(watch.Serve("/other"));
}

TEST(Watch, ShowsWhatItWasGivenLast) {
  const HandClock clock;
  Watch watch("0.1.0", clock);
  watch.Take(FullVitals());
  model::Vitals next = FullVitals();
  next.steps = 123'456;
  watch.Take(std::move(next));
  const auto page = watch.Serve("/metrics");
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(page->body.find("rosterd_engine_steps_total 123456\n"), std::string::npos);
  EXPECT_EQ(watch.Serve("/readyz")->status, 200);
}

TEST(Watch, AnEngineThatStandsStillIsNotWell) {
  HandClock clock;
  Watch watch("0.1.0", clock);
  watch.Take(FullVitals());
  clock.Advance(kStepAgeMax);
  EXPECT_EQ(watch.Serve("/healthz")->status, 200);
  clock.Advance(Duration(1));
  EXPECT_EQ(watch.Serve("/healthz")->status, 503);
  EXPECT_EQ(watch.Serve("/readyz")->status, 503);
  watch.Stepped();
  EXPECT_EQ(watch.Serve("/healthz")->status, 200);
}

TEST(Watch, AsksItsSourcesForEachPage) {
  const HandClock clock;
  Watch watch("0.1.0", clock);
  std::uint64_t asked = 0;
  watch.Add({[&] {
               ++asked;
               return std::vector<HttpVitals>{{SchoolId("tcs"), {asked, 0, 0, 0, 0, 0}, {}}};
             },
             nullptr});
  watch.Take(FullVitals());
  EXPECT_NE(watch.Serve("/metrics")->body.find("peer=\"facts\",class=\"2xx\"} 1\n"),
            std::string::npos);
  EXPECT_NE(watch.Serve("/metrics")->body.find("peer=\"facts\",class=\"2xx\"} 2\n"),
            std::string::npos);
}

TEST(Watch, KnowsWhatTheKernelSaysOfTheProcess) {
  const HandClock clock;
  const Watch watch("0.1.0", clock);
  const std::string text = watch.Serve("/metrics")->body;
  for (const char* name : {"process_cpu_seconds_total ", "process_resident_memory_bytes ",
                           "process_open_fds ", "process_max_fds "}) {
    EXPECT_NE(text.find(std::string("\n") + name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace roster::metrics
