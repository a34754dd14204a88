#include "daemon/metrics/watch.h"

#include <utility>

#include "daemon/metrics/process.h"

namespace roster::metrics {
namespace {

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kTextType = "text/plain; charset=utf-8";

Page PageOf(Answer answer) { return {answer.well ? 200 : 503, kTextType, std::move(answer.text)}; }

}  // namespace

void Watch::Stepped() {
  const std::lock_guard guard(mutex_);
  stepped_ = clock_.Steady();
}

void Watch::Take(model::Vitals vitals) {
  auto next = std::make_shared<const model::Vitals>(std::move(vitals));
  const std::lock_guard guard(mutex_);
  vitals_.swap(next);  // the old one goes after the lock, here or where it is read
}

std::optional<Page> Watch::Serve(const std::string& path) const {
  Reading reading;
  std::shared_ptr<const model::Vitals> vitals;
  {
    const std::lock_guard guard(mutex_);
    vitals = vitals_;
    reading.since_step = clock_.Steady() - stepped_;
  }
  reading.version = version_;
  reading.now = clock_.Now();
  reading.engine = vitals.get();
  if (path == "/healthz") return PageOf(Health(reading));
  if (path == "/readyz") return PageOf(Readiness(reading));
  if (path != "/metrics") return std::nullopt;
  if (sources_.http) reading.http = sources_.http();
  if (sources_.quotas) reading.quotas = sources_.quotas();
  reading.process = ReadProcess();
  return Page{200, kMetricsType, MetricsText(reading)};
}

}  // namespace roster::metrics
