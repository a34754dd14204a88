#pragma once

// Prometheus's text exposition format, version 0.0.4. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/time.h"

namespace roster::metrics {

// Names and words of labels are ours; values may hold anything.
using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

// Metrics one after another: each is begun once, with all its samples behind it.
class Text {
 public:
  // `type`: "counter", "gauge", "histogram". `help`: a sentence.
  void Begin(std::string_view name, std::string_view type, std::string_view help);

  // Samples of the metric that was begun last.
  void Add(double value, const Labels& labels = {});
  void Add(std::uint64_t value, const Labels& labels = {});
  void Add(bool value, const Labels& labels = {}) { Add(std::uint64_t{value ? 1U : 0U}, labels); }
  void Add(Time time, const Labels& labels = {});          // Unix time in seconds
  void Add(Duration duration, const Labels& labels = {});  // seconds
  // A histogram of no labels: `counts` as in model::Histogram.
  void Buckets(const double* bounds, const std::uint64_t* counts, std::size_t size, double sum);

  std::string Take() { return std::move(out_); }

 private:
  void Sample(std::string_view suffix, const Labels& labels, const std::string& value);

  std::string out_;
  std::string name_;
};

}  // namespace roster::metrics
