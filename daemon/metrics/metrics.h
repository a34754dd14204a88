#pragma once

// What is known of a running rosterd, as metrics and as two plain answers. Pure.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/vitals.h"

namespace roster::metrics {

// Requests of one school to FACTS or to the site, by what came of them: in the order of
// kHttpClasses.
inline constexpr std::array<std::string_view, 6> kHttpClasses = {"2xx", "3xx", "4xx",
                                                                 "429", "5xx", "failed"};
struct HttpVitals {
  SchoolId school;
  std::array<std::uint64_t, kHttpClasses.size()> facts{};
  std::array<std::uint64_t, kHttpClasses.size()> site{};
};

// What is left of one FACTS subscription key's quota. The key itself is never named.
struct QuotaVitals {
  SchoolId first;  // of the schools that share it; names the quota
  std::vector<SchoolId> schools;
  std::uint64_t left_minute = 0;  // requests
  std::uint64_t left_day = 0;
  std::optional<Time> refused_until = std::nullopt;  // FACTS has said so
};

// Of the process, where the machine tells.
struct ProcessVitals {
  std::optional<double> cpu_seconds;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> open_files;
  std::optional<std::uint64_t> files_max;
};

struct Reading {
  std::string version;
  Time now;
  const model::Vitals* engine = nullptr;  // nullptr: it has not begun
  Duration since_step{};                  // since the engine last ended a step, or began
  std::vector<HttpVitals> http;           // in the order of engine->schools
  std::vector<QuotaVitals> quotas;
  ProcessVitals process;
};

// How long the engine may be without having ended a step, and be well: a step waits a second at
// most, and a slow disk is told of elsewhere.
inline constexpr Duration kStepAgeMax = std::chrono::seconds(15);

// The text exposition format.
std::string MetricsText(const Reading& reading);

struct Answer {
  bool well = true;
  std::string text;  // for people; lines that end in a newline
};
// Whether the engine goes on.
Answer Health(const Reading& reading);
// Whether it can serve and write, and if not, each reason.
Answer Readiness(const Reading& reading);

}  // namespace roster::metrics
