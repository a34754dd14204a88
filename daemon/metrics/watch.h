#pragma once

// What the engine's thread leaves for those who watch, and the pages that are made of it.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/metrics/metrics.h"
#include "daemon/metrics/server.h"

namespace roster::metrics {

// Thread-safe. Nobody who reads waits for the engine, nor the engine for anybody who reads.
class Watch {
 public:
  // What else is known when a page is made, on the thread that makes it.
  struct Sources {
    std::function<std::vector<HttpVitals>()> http;     // may be empty
    std::function<std::vector<QuotaVitals>()> quotas;  // may be empty
  };

  // `clock` outlives it.
  Watch(std::string version, const Clock& clock)
      : version_(std::move(version)), clock_(clock), stepped_(clock.Steady()) {}

  // Call before the first page is asked for, or not at all.
  void Add(Sources sources) { sources_ = std::move(sources); }

  // The engine's thread: it has ended a step; and how everything stands.
  void Stepped();
  void Take(model::Vitals vitals);

  // "/metrics", "/healthz", "/readyz"; nullopt: another.
  std::optional<Page> Serve(const std::string& path) const;

 private:
  const std::string version_;
  const Clock& clock_;
  Sources sources_;
  mutable std::mutex mutex_;
  std::shared_ptr<const model::Vitals> vitals_;  // guarded by mutex_
  Duration stepped_;                             // guarded by mutex_; steady
};

}  // namespace roster::metrics
