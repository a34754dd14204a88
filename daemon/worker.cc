// roster-worker: executes approved tasks on the sites. It alone holds the sites' write credentials,
// and it keeps no state.

#include "daemon/worker/worker.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "daemon/arguments/arguments.h"
#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "daemon/bus/zmq_worker_channel.h"
#include "daemon/config/config.h"
#include "daemon/http/curl_http.h"
#include "daemon/log/log.h"
#include "daemon/spreadsheet/paths.h"
#include "daemon/spreadsheet/spreadsheet_site.h"
#include "daemon/target/scim_site.h"

namespace {

using roster::SchoolId;

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;  // no restart mends it, nor a wrong config

// What the threads share of one school's site: one that speaks SCIM, or one without an API.
struct SharedSite {
  std::unique_ptr<roster::spreadsheet::SharedExport> shown;
  roster::target::ScimSettings settings;
  std::string token;
  std::unique_ptr<roster::target::SiteRate> rate;
};
using SharedSites = std::map<SchoolId, SharedSite>;

// A site with the HTTP client that it talks through; for one thread.
class CurlScimSite : public roster::target::Site {
 public:
  CurlScimSite(const SharedSite& shared, const roster::Clock& clock, roster::Random& random)
      : site_(shared.settings, shared.token, http_, *shared.rate, clock, random) {}

  roster::Result<roster::model::Accounts> ReadAccounts(
      const std::function<void(std::uint64_t, std::uint64_t)>& progress,
      const std::stop_token& stop) override {
    return site_.ReadAccounts(progress, stop);
  }
  roster::model::Outcome Execute(const roster::model::Task& task,
                                 const std::stop_token& stop) override {
    return site_.Execute(task, stop);
  }

 private:
  roster::http::CurlHttp http_;
  roster::target::ScimSite site_;
};

// Turns SIGTERM and SIGINT into a stop request. Make it before any other thread: they are then
// blocked everywhere.
class StopOnSignal {
 public:
  StopOnSignal() {
    sigemptyset(&signals_);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR2}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    thread_ = std::jthread([this] {
      int signal = 0;
      sigwait(&signals_, &signal);
      if (signal != SIGUSR2) sd_notify(0, "STOPPING=1");
      stop_.request_stop();
    });
  }
  ~StopOnSignal() { pthread_kill(thread_.native_handle(), SIGUSR2); }
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  sigset_t signals_{};
  std::stop_source stop_;
  std::jthread thread_;
};

std::string DefaultName(roster::Random& random) {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  std::array<char, 17> chance{};
  std::snprintf(chance.data(), chance.size(), "%08x", static_cast<unsigned>(random.Next()));
  return std::string(host.data()) + "-" + std::to_string(getpid()) + "-" + chance.data();
}

// A file that can't be used is its school's trouble: tasks say so, until it can.
void TellOfFiles(const SchoolId& school, const roster::model::Spreadsheet& files) {
  for (const auto& checked : {roster::spreadsheet::CheckImportsWritable(files),
                              roster::spreadsheet::CheckExport(files)}) {
    if (!checked) spdlog::warn("School {}: {}", school.value(), checked.error().message);
  }
}

// Tells why a task was not listed: what keeps one keeps all that follow, and is told once a minute.
std::function<void(const roster::Error&)> TellOfImports(const SchoolId& school,
                                                        const roster::Clock& clock) {
  return [school, &clock, told = std::string(),
          until = roster::Duration{}](const roster::Error& error) mutable {
    if (error.message == told && clock.Steady() < until) return;
    told = error.message;
    until = clock.Steady() + std::chrono::minutes(1);
    spdlog::warn("School {}: {}", school.value(), error.message);
  };
}

std::unique_ptr<roster::target::Site> MakeSite(const SchoolId& school, const SharedSite& shared,
                                               const roster::Clock& clock, roster::Random& random) {
  if (!shared.shown) return std::make_unique<CurlScimSite>(shared, clock, random);
  return std::make_unique<roster::spreadsheet::SpreadsheetSite>(
      *shared.shown, shared.settings.protected_roles, clock, TellOfImports(school, clock));
}

roster::Result<SharedSites> MakeSites(const roster::config::Config& config,
                                      const roster::Clock& clock) {
  SharedSites sites;
  for (const auto& school : config.schools) {
    SharedSite site;
    site.settings.protected_roles = school.rules.protected_roles;
    if (school.spreadsheet) {
      TellOfFiles(school.id(), *school.spreadsheet);
      site.shown = std::make_unique<roster::spreadsheet::SharedExport>(*school.spreadsheet, clock);
      sites.emplace(school.id(), std::move(site));
      continue;
    }
    site.settings.school = school.id();
    site.settings.base_url = school.scim.base_url;
    site.settings.page_size = school.scim.page_size;
    ROSTER_ASSIGN(site.token, roster::config::Resolve(school.scim.write_token),
                  "The write token of school " + school.id().value());
    site.rate = std::make_unique<roster::target::SiteRate>(school.scim.requests_per_second, clock);
    sites.emplace(school.id(), std::move(site));
  }
  return sites;
}

// Tells systemd (WatchdogSec=) that the loop goes on, once a second at most.
std::function<void()> TellWatchdog(const roster::Clock& clock) {
  return [&clock, next = roster::Duration::min()]() mutable {
    const roster::Duration now = clock.Steady();
    if (now < next) return;
    next = now + std::chrono::seconds(1);
    sd_notify(0, "WATCHDOG=1");
  };
}

roster::worker::WorkerSettings MakeSettings(const roster::config::Config& config, std::string name,
                                            bool once) {
  roster::worker::WorkerSettings settings;
  settings.protocol.worker = std::move(name);
  settings.protocol.concurrency = config.worker.concurrency;
  settings.protocol.once = once;
  for (const auto& school : config.schools) settings.protocol.schools.push_back(school.id());
  return settings;
}

// What it takes to call rosterd over tcp; nothing over ipc.
roster::Result<std::optional<roster::bus::CurveCall>> MakeCall(
    const roster::config::Config& config) {
  std::optional<roster::bus::CurveCall> call;
  if (config.worker.server_key.empty() || !config.worker.certificate) return call;
  ROSTER_ASSIGN(roster::config::Certificate own,
                roster::config::ResolveCertificate(*config.worker.certificate),
                "worker.certificate");
  call = {config.worker.server_key, {std::move(own.public_key), std::move(own.secret_key)}};
  return call;
}

void Complain(const roster::Error& error) {
  std::fprintf(stderr, "roster-worker: %s\n", error.message.c_str());
}

int Work(const roster::arguments::Worker& arguments) {
  const auto config =
      roster::config::Load(arguments.config, roster::config::UnknownAccounts::kNamed);
  if (!config) {
    Complain(config.error());
    return kWrongUsage;
  }
  const roster::SystemClock clock;
  roster::SystemRandom random;
  const auto sites = MakeSites(*config, clock);
  if (!sites) {
    Complain(sites.error());
    return kWrongUsage;
  }
  const std::string name = arguments.name.empty() ? DefaultName(random) : arguments.name;

  const auto call = MakeCall(*config);
  if (!call) {
    Complain(call.error());
    return kWrongUsage;
  }

  const StopOnSignal stop;
  roster::bus::ZmqWorkerChannel channel(config->worker.connect, *call);
  roster::worker::WorkerSettings settings = MakeSettings(*config, name, arguments.once);
  settings.turned = TellWatchdog(clock);
  roster::worker::Worker worker(
      std::move(settings), channel, clock, random,
      [&](const SchoolId& school) -> std::unique_ptr<roster::target::Site> {
        const auto shared = sites->find(school);
        if (shared == sites->end()) return nullptr;
        return MakeSite(school, shared->second, clock, random);
      },
      [&](const SchoolId& school, double requests_per_second) {
        const auto shared = sites->find(school);
        if (shared != sites->end() && shared->second.rate && requests_per_second > 0) {
          shared->second.rate->SetRate(requests_per_second);
        }
      });
  spdlog::info("Worker {} ready: {} schools, {} tasks of each at a time.", name, sites->size(),
               config->worker.concurrency);
  sd_notify(0, "READY=1");

  const auto end = worker.Run(stop.token());
  sd_notify(0, "STOPPING=1");
  if (end.unreported > 0) {
    spdlog::warn("{} attempts are not reported; rosterd has them looked at when their leases end.",
                 end.unreported);
  }
  spdlog::info("Worker {} ends.", name);
  spdlog::shutdown();
  if (end.error) Complain(*end.error);
  if (end.unanswered) std::fputs("roster-worker: rosterd does not answer.\n", stderr);
  const int code = end.unanswered || end.error ? kFailed : kDone;
  // A request to a site can't be taken back: what it does is found by the next look.
  if (end.left_running > 0) std::_Exit(code);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  roster::arguments::Worker arguments;
  roster::arguments::Add(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  }
  roster::log::Start("roster-worker", roster::log::Level::kInfo);
  try {
    return Work(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "roster-worker: %s\n", error.what());
    return kFailed;
  }
}
