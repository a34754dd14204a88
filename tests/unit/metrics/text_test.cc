// The exposition format, character by character.

#include "daemon/metrics/text.h"

#include <gtest/gtest.h>

#include "daemon/model/vitals.h"

namespace roster::metrics {
namespace {

TEST(Text, HasHelpTypeAndSamplesOfEachMetric) {
  Text text;
  text.Begin("a_total", "counter", "Things.");
  text.Add(std::uint64_t{7});
  text.Begin("b", "gauge", "More.");
  text.Add(true, {{"school", "tcs"}, {"reason", "other"}});
  text.Add(0.25, {{"school", "x"}});
  EXPECT_EQ(text.Take(),
            "# HELP a_total Things.\n# TYPE a_total counter\na_total 7\n"
            "# HELP b More.\n# TYPE b gauge\nb{school=\"tcs\",reason=\"other\"} 1\n"
            "b{school=\"x\"} 0.25\n");
}

TEST(Text, EscapesWhatWouldEndALabelOrALine) {
  Text text;
  text.Begin("a", "gauge", "Of \\ and\nlines.");
  text.Add(std::uint64_t{1}, {{"x", "q\"b\\n\nz"}});
  EXPECT_EQ(text.Take(),
            "# HELP a Of \\\\ and\\nlines.\n# TYPE a gauge\na{x=\"q\\\"b\\\\n\\nz\"} 1\n");
}

TEST(Text, TimesAndDurationsAreSeconds) {
  Text text;
  text.Begin("a", "gauge", "x");
  text.Add(Time(std::chrono::microseconds(1'800'000'000'250'000)));
  text.Add(Duration(std::chrono::milliseconds(12'500)));
  text.Add(Duration(1));
  text.Add(-Duration(std::chrono::milliseconds(1'500)));
  text.Add(-Duration(std::chrono::milliseconds(500)));
  EXPECT_EQ(text.Take(),
            "# HELP a x\n# TYPE a gauge\na 1800000000.25\na 12.5\na 0.000001\na -1.5\na -0.5\n");
}

TEST(Text, BucketsAreCumulativeAndEndWithAll) {
  model::Histogram<2> times{{0.1, 1}, {}, 0};
  times.Add(std::chrono::milliseconds(100));  // a bound is part of what is below it
  times.Add(std::chrono::milliseconds(101));
  times.Add(std::chrono::seconds(5));
  Text text;
  text.Begin("a", "histogram", "x");
  text.Buckets(times.bounds.data(), times.counts.data(), 2, 5.25);
  EXPECT_EQ(text.Take(),
            "# HELP a x\n# TYPE a histogram\na_bucket{le=\"0.1\"} 1\na_bucket{le=\"1\"} 2\n"
            "a_bucket{le=\"+Inf\"} 3\na_sum 5.25\na_count 3\n");
}

}  // namespace
}  // namespace roster::metrics
