// rosterd: the daemon. Names the real adapters, and lets the engine go round.

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/access/current.h"
#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "daemon/bus/zmq_bus.h"
#include "daemon/config/config.h"
#include "daemon/config/renew.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/threaded_polls.h"
#include "daemon/http/curl_http.h"
#include "daemon/source/facts_source.h"
#include "daemon/source/quota.h"
#include "daemon/store/rocks_store.h"
#include "daemon/target/scim_site.h"

namespace roster {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// What one school's poll thread owns.
struct PollWorld {
  http::CurlHttp facts_http;
  http::CurlHttp site_http;
  std::unique_ptr<target::SiteRate> rate;
};

struct Secrets {
  std::string subscription_key;
  std::string api_key;
  std::string read_token;
};

void Complain(const Error& error) { std::cerr << "rosterd: " << error.message << "\n"; }

Result<std::map<SchoolId, Secrets>> ResolveSecrets(const config::Config& config) {
  std::map<SchoolId, Secrets> all;
  for (const config::School& school : config.schools) {
    Secrets& secrets = all[school.id()];
    ROSTER_ASSIGN(secrets.subscription_key, config::Resolve(school.facts.subscription_key),
                  "subscription_key of school " + school.id().value());
    ROSTER_ASSIGN(secrets.api_key, config::Resolve(school.facts.api_key),
                  "api_key of school " + school.id().value());
    ROSTER_ASSIGN(secrets.read_token, config::Resolve(school.scim.read_token),
                  "read_token of school " + school.id().value());
  }
  return all;
}

engine::Settings EngineSettings(const config::Config& config, const bus::Endpoints& endpoints) {
  engine::Settings settings;
  settings.version = ROSTER_VERSION;
  settings.events_endpoint = endpoints.events;
  settings.tasks_endpoint = endpoints.tasks;
  settings.tasks.lease = config.worker.lease;
  for (const config::School& school : config.schools) {
    settings.schools.push_back({school.name, school.rules, school.plans, school.facts.poll_every,
                                school.facts.limits.shrink_max, school.scim.requests_per_second,
                                school.retention});
  }
  return settings;
}

// Without `access` in the config: root and our own user everything, nobody else anything.
std::vector<model::Grant> GrantsOf(const config::Config& config) {
  if (config.access) return *config.access;
  model::Grant grant;
  grant.name = "rosterd";
  grant.uids = {0, static_cast<std::int64_t>(::geteuid())};
  grant.roles.assign(model::kRoles.begin(), model::kRoles.end());
  return {grant};
}

// The config that counts: a reload replaces it, poll threads read it.
class RunningConfig {
 public:
  explicit RunningConfig(config::Config config) { Set(std::move(config)); }

  // Any thread.
  std::shared_ptr<const config::Config> Get() const {
    const std::lock_guard guard(mutex_);
    return config_;
  }
  void Set(config::Config config) {
    auto next = std::make_shared<const config::Config>(std::move(config));
    const std::lock_guard guard(mutex_);
    config_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const config::Config> config_;  // guarded by mutex_
};

std::string Listed(const std::vector<std::string>& keys) {
  std::string all;
  for (const std::string& key : keys) all += (all.empty() ? "" : ", ") + key;
  return all.empty() ? "nothing" : all;
}

// For the engine: the config file as it is now. Secrets are read at the start alone.
Result<engine::Engine::Reloaded> ReadAgain(const std::string& path, RunningConfig& running,
                                           const bus::Endpoints& endpoints) {
  const auto next = config::Load(path);
  if (!next) {
    spdlog::error("The config file was not taken, and what it said before still counts. {}",
                  next.error().message);
    return tl::unexpected(next.error());
  }
  config::Renewed renewed = config::Renew(*running.Get(), *next);
  engine::Engine::Reloaded out;
  out.settings = EngineSettings(renewed.config, endpoints);
  out.access = access::Access(GrantsOf(renewed.config));
  out.digest = renewed.config.digest;
  out.changed = renewed.changed;
  out.needs_restart = renewed.needs_restart;
  out.taken = [&running, renewed = std::move(renewed)] {
    spdlog::info("The config file was read again. New from now on: {}. From the next start on: {}.",
                 Listed(renewed.changed), Listed(renewed.needs_restart));
    running.Set(renewed.config);
  };
  return out;
}

// Our own key pair, where an endpoint is on tcp.
Result<std::optional<bus::CurveKeys>> ResolveKeys(const config::Config& config) {
  if (!config.network_certificate) return std::optional<bus::CurveKeys>();
  ROSTER_ASSIGN(config::Certificate certificate,
                config::ResolveCertificate(*config.network_certificate), "network.certificate");
  return std::optional<bus::CurveKeys>(
      {std::move(certificate.public_key), std::move(certificate.secret_key)});
}

// What the config grants, as the bus asks for it.
class AccessGate : public bus::Gate {
 public:
  // `current` outlives it.
  AccessGate(const access::Current& current, const config::Config& config) : current_(current) {
    for (const config::School& school : config.schools) schools_.push_back(school.id());
  }

  bool MayConnect(const model::PublicKey& key) const override { return current_.Get()->Knows(key); }
  std::vector<SchoolId> MayHear(const bus::Peer& peer) const override {
    const access::Principal principal = current_.Get()->Identify(peer);
    std::vector<SchoolId> allowed;
    std::copy_if(
        schools_.begin(), schools_.end(), std::back_inserter(allowed),
        [&](const SchoolId& school) { return principal.In(school).HasAnyOf(access::kMayHear); });
    return allowed;
  }

 private:
  const access::Current& current_;
  std::vector<SchoolId> schools_;
};

// One line for each entry: ids and reasons, never names.
void Log(const model::Entry& entry) {
  std::string more;
  auto level = spdlog::level::info;
  if (const auto* rejected = std::get_if<model::PollRejected>(&entry.event)) {
    level = spdlog::level::warn;
    more = ": " + rejected->reason + ": " + rejected->message;
  } else if (const auto* stopped = std::get_if<model::SourceStopped>(&entry.event)) {
    level = spdlog::level::err;
    more = ": " + stopped->reason;
  } else if (const auto* dead = std::get_if<model::TaskDead>(&entry.event)) {
    level = spdlog::level::warn;
    more = ": task " + ToString(dead->task) + ", " + dead->reason;
  } else if (const auto* refused = std::get_if<model::RequestRefused>(&entry.event)) {
    level = spdlog::level::warn;
    more = ": " + refused->request + ", " + refused->reason + ", " +
           std::to_string(refused->times) + " times";
  }
  spdlog::log(level, "{} #{} {} by {}{}", entry.school.value(), entry.seq.value(),
              EventName(entry.event), entry.actor, more);
}

void LogLimit(const model::LimitReached& limit) {
  spdlog::warn("Limit {}: reached {} times so far. {}", limit.limit, limit.times, limit.sentence);
}

// A thousand subscribers are a thousand descriptors, and the usual limit is 1,024 to begin with.
// Half of what we get is for connections: RocksDB and requests need some too.
bus::BusLimits BusLimitsHere() {
  bus::BusLimits limits;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return limits;
  if (files.rlim_cur < files.rlim_max) {
    const rlimit raised{files.rlim_max, files.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) files = raised;
  }
  const std::size_t wanted =
      limits.control_peers_max + limits.events_peers_max + limits.tasks_peers_max;
  const std::size_t allowed = std::min<std::size_t>(files.rlim_cur / 2, wanted);
  if (allowed == wanted) return limits;
  spdlog::warn(
      "Only {} files may be open: at most {} connections are let in. Raise LimitNOFILE (or ulimit "
      "-n) to 16384.",
      files.rlim_cur, allowed);
  for (std::size_t* const max :
       {&limits.control_peers_max, &limits.events_peers_max, &limits.tasks_peers_max}) {
    *max = std::max<std::size_t>(1, *max * allowed / wanted);
  }
  limits.control_own_max = std::min(limits.control_own_max, (limits.control_peers_max + 1) / 2);
  limits.events_own_max = std::min(limits.events_own_max, (limits.events_peers_max + 1) / 2);
  limits.tasks_own_max = std::min(limits.tasks_own_max, (limits.tasks_peers_max + 1) / 2);
  return limits;
}

// Signals arrive on a thread of their own: SIGTERM and SIGINT end the loop, SIGHUP has the config
// file read again. One that comes before Watch() waits for it.
class Signals {
 public:
  // Call before any thread is started, so that all inherit the mask.
  Signals() {
    sigemptyset(&mask_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&mask_, signal);
    pthread_sigmask(SIG_BLOCK, &mask_, nullptr);
  }

  void Watch(std::function<void()> wake) {
    thread_ = std::jthread([this, wake = std::move(wake)](const std::stop_token& stop) {
      const timespec wait{0, 200'000'000};
      while (!stop.stop_requested()) {
        const int signal = sigtimedwait(&mask_, nullptr, &wait);
        if (signal < 0) continue;
        (signal == SIGHUP ? reload_ : stopping_) = true;
        wake();
        if (stopping_) return;
      }
    });
  }

  bool stopping() const { return stopping_; }
  // Whether there was a SIGHUP since the last time.
  bool TakeReload() { return reload_.exchange(false); }

 private:
  sigset_t mask_{};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> reload_{false};
  std::jthread thread_;
};

int Run(const std::string& path, const config::Config& config, Signals& signals) {
  const auto secrets = ResolveSecrets(config);
  if (!secrets) {
    Complain(secrets.error());
    return kWrongUsage;
  }
  const auto keys = ResolveKeys(config);
  if (!keys) {
    Complain(keys.error());
    return kWrongUsage;
  }
  const SystemClock clock;
  SystemRandom random;

  // The lock of the store comes before any socket: a second bind on an ipc path takes it over
  // silently.
  auto store = store::RocksStore::Open(std::filesystem::path(config.state_dir) / "db");
  if (!store) {
    Complain(store.error());
    return kFailed;
  }
  access::Current access{access::Access(GrantsOf(config))};
  const AccessGate gate(access, config);
  auto bus =
      bus::ZmqBus::Open({config.endpoints.control, config.endpoints.events, config.endpoints.tasks},
                        BusLimitsHere(), *keys, gate);
  if (!bus) {
    Complain(bus.error());
    return kFailed;
  }
  const bus::Endpoints endpoints = (*bus)->endpoints();

  RunningConfig running(config);
  engine::ThreadedPolls polls([&] { (*bus)->Wake(); });
  engine::Engine engine(EngineSettings(config, endpoints),
                        {**store, **bus, polls, clock, random, access, Log, LogLimit,
                         [&] { return ReadAgain(path, running, endpoints); }});

  // One quota for each subscription key, whatever number of schools share it.
  std::map<std::string, std::unique_ptr<source::Quota>> quotas;
  for (const config::School& school : config.schools) {
    const Secrets& own = secrets->at(school.id());
    auto& quota = quotas[own.subscription_key];
    if (!quota) {
      const Fingerprint key = *Fingerprint::FromBytes(
          Blake2b("rosterd quota " + own.subscription_key).view().substr(0, 16));
      const auto kept = engine.FindQuota(key);
      if (!kept) {
        Complain(kept.error());
        return kFailed;
      }
      quota = std::make_unique<source::Quota>(
          *source::TierLimits(config::TierWord(school.facts.tier)), clock,
          [&engine, key](const model::QuotaState& state) { return engine.KeepQuota(key, state); },
          kept->value_or(model::QuotaState()));
    }
    polls.AddSchool(school.rules, [&, id = school.id(), own](const std::stop_token& stop) {
      const auto now = running.Get();
      const config::School& mine = *now->FindSchool(id);  // reloads keep the schools
      auto world = std::make_shared<PollWorld>();
      world->facts_http.SetStop(stop);
      world->site_http.SetStop(stop);
      world->rate = std::make_unique<target::SiteRate>(mine.scim.requests_per_second, clock);
      source::FactsSettings facts;
      facts.base_url = mine.facts.base_url;
      facts.page_size = mine.facts.page_size;
      facts.limits = mine.facts.limits;
      facts.families = model::NeedsFamilies(mine.rules);
      target::ScimSettings scim;
      scim.school = id;
      scim.base_url = mine.scim.base_url;
      scim.page_size = mine.scim.page_size;
      scim.protected_roles = mine.rules.protected_roles;
      return engine::PollTools{
          std::make_unique<source::FactsSource>(
              facts, source::FactsKeys{own.subscription_key, own.api_key}, world->facts_http, clock,
              random, *quota),
          std::make_unique<target::ScimSite>(scim, own.read_token, world->site_http, *world->rate,
                                             clock, random),
          world};
    });
  }

  if (const auto opened = engine.Open(); !opened) {
    Complain(opened.error());
    return kFailed;
  }
  signals.Watch([&] { (*bus)->Wake(); });
  spdlog::info("rosterd {} is ready: {} schools, control at {}, events at {}, tasks at {}",
               ROSTER_VERSION, config.schools.size(), endpoints.control, endpoints.events,
               endpoints.tasks);
  sd_notify(0, "READY=1");

  int code = kDone;
  while (!signals.stopping()) {
    if (signals.TakeReload()) engine.AskToReload();
    if (const auto stepped = engine.Step(std::chrono::seconds(1)); !stepped) {
      spdlog::critical("rosterd stops: {}", stepped.error().message);
      code = kFailed;
      break;
    }
  }
  sd_notify(0, "STOPPING=1");
  engine.Close();
  polls.Stop();
  spdlog::info("rosterd has stopped");
  return code;
}

int Main(int argc, char** argv) {
  Signals signals;
  CLI::App app{
      "rosterd keeps a school's volunteer site in step with its FACTS SIS, and lets nothing "
      "through "
      "that a person has not approved. People talk to it with rosterctl."};
  std::string path = "/etc/rosterd/rosterd.yaml";
  bool check = false;
  app.add_option("--config", path, "the config file")->capture_default_str();
  app.add_flag("--check", check, "check the config file and the secrets it names, and end");
  app.set_version_flag("--version", ROSTER_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("rosterd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  const auto config = config::Load(path);
  if (!config) {
    Complain(config.error());
    return kWrongUsage;
  }
  if (check) {
    if (const auto secrets = ResolveSecrets(*config); !secrets) {
      Complain(secrets.error());
      return kWrongUsage;
    }
    if (const auto keys = ResolveKeys(*config); !keys) {
      Complain(keys.error());
      return kWrongUsage;
    }
    std::cout << path << ": good, " << config->schools.size()
              << (config->schools.size() == 1 ? " school\n" : " schools\n");
    return kDone;
  }
  return Run(path, *config, signals);
}

}  // namespace
}  // namespace roster

int main(int argc, char** argv) { return roster::Main(argc, argv); }
