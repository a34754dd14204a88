// rosterd: the daemon. Names the real adapters, and lets the engine go round.

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/access/current.h"
#include "daemon/arguments/arguments.h"
#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "daemon/bus/zmq_bus.h"
#include "daemon/config/config.h"
#include "daemon/config/renew.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/threaded_backups.h"
#include "daemon/engine/threaded_polls.h"
#include "daemon/http/counted_http.h"
#include "daemon/http/curl_http.h"
#include "daemon/log/answers.h"
#include "daemon/log/log.h"
#include "daemon/metrics/server.h"
#include "daemon/metrics/watch.h"
#include "daemon/restore/restore.h"
#include "daemon/source/facts_source.h"
#include "daemon/source/quota.h"
#include "daemon/spreadsheet/paths.h"
#include "daemon/spreadsheet/spreadsheet_site.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/store/rocks_store.h"
#include "daemon/target/scim_site.h"

namespace roster {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// What becomes of one school's requests.
struct HttpCounts {
  http::Counts facts;
  http::Counts site;
};

// What one school's poll thread owns.
struct PollWorld {
  explicit PollWorld(HttpCounts& counts)
      : facts_http(facts_curl, counts.facts), site_http(site_curl, counts.site) {}

  http::CurlHttp facts_curl;
  http::CurlHttp site_curl;
  http::CountedHttp facts_http;
  http::CountedHttp site_http;
  std::unique_ptr<target::SiteRate> rate;
  std::unique_ptr<spreadsheet::SharedExport> shown;  // of a site without an API
};

struct Secrets {
  std::string subscription_key;
  std::string api_key;
  std::string read_token;
};

void Complain(const Error& error) { std::cerr << "rosterd: " << error.message << "\n"; }

// With --check by hand there is no systemd to hand out credentials: those are not looked at.
bool IsAbsent(const config::SecretRef& ref) {
  return ref.kind == config::SecretRef::Kind::kCredential &&
         std::getenv("CREDENTIALS_DIRECTORY") == nullptr;
}

bool IsAnyCredential(const config::School& school) {
  const auto is_one = [](const config::SecretRef& ref) {
    return ref.kind == config::SecretRef::Kind::kCredential;
  };
  return is_one(school.facts.subscription_key) || is_one(school.facts.api_key) ||
         (!school.spreadsheet && is_one(school.scim.read_token));
}

// What --check looks at: the secrets that can be read from where it runs. True: all of them.
Result<bool> CheckSecrets(const config::Config& config) {
  bool all = true;
  const auto look = [&](const config::SecretRef& ref) -> Result<void> {
    if (IsAbsent(ref)) {
      all = false;
      return {};
    }
    ROSTER_TRY(config::Resolve(ref), "");
    return {};
  };
  for (const config::School& school : config.schools) {
    const std::string of = " of school " + school.id().value();
    ROSTER_TRY(look(school.facts.subscription_key), "subscription_key" + of);
    ROSTER_TRY(look(school.facts.api_key), "api_key" + of);
    if (!school.spreadsheet) ROSTER_TRY(look(school.scim.read_token), "read_token" + of);
  }
  if (config.network_certificate) {
    if (IsAbsent(*config.network_certificate)) return false;
    ROSTER_TRY(config::ResolveCertificate(*config.network_certificate), "network.certificate");
  }
  return all;
}

Result<Secrets> ResolveSecrets(const config::School& school) {
  const std::string of = " of school " + school.id().value();
  Secrets secrets;
  ROSTER_ASSIGN(secrets.subscription_key, config::Resolve(school.facts.subscription_key),
                "subscription_key" + of);
  ROSTER_ASSIGN(secrets.api_key, config::Resolve(school.facts.api_key), "api_key" + of);
  if (school.spreadsheet) return secrets;
  ROSTER_ASSIGN(secrets.read_token, config::Resolve(school.scim.read_token), "read_token" + of);
  return secrets;
}

// Also where the config says it twice: one key has one quota, and so one tier.
Result<std::map<SchoolId, Secrets>> ResolveSecrets(const config::Config& config) {
  std::map<SchoolId, Secrets> all;
  std::map<std::string, const config::School*> keys;
  for (const config::School& school : config.schools) {
    ROSTER_ASSIGN(Secrets secrets, ResolveSecrets(school), "");
    const auto [first, fresh] = keys.emplace(secrets.subscription_key, &school);
    if (!fresh && first->second->facts.tier != school.facts.tier) {
      return Fail(Code::kInvalid, "config",
                  "Schools " + first->second->id().value() + " and " + school.id().value() +
                      " have the same subscription key, and the config gives it two tiers "
                      "(facts.tier). Allowed is the one that the key has.");
    }
    all[school.id()] = std::move(secrets);
  }
  return all;
}

// What keeps the files of sites without an API from being read, as it is now. NotFound: an export
// that is not there yet, which a person brings later.
std::vector<Error> FileProblems(const config::Config& config) {
  std::vector<Error> problems;
  for (const config::School& school : config.schools) {
    if (!school.spreadsheet) continue;
    for (const auto& checked : {spreadsheet::CheckImportsReadable(*school.spreadsheet),
                                spreadsheet::CheckExport(*school.spreadsheet)}) {
      if (checked) continue;
      Error problem = checked.error();
      problem.message = "School " + school.id().value() + ": " + problem.message;
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

// What keeps rosterd from keeping anything where the config says. NotFound: a folder that is made
// at the start, in one that is not there either; it may be a slip of the pen.
std::vector<Error> FolderProblems(const config::Config& config) {
  std::vector<Error> problems;
  for (const auto& [key, path] :
       {std::pair<std::string, std::filesystem::path>{"state_dir", config.state_dir},
        {"backup.directory", config.BackupDirectory()}}) {
    std::error_code error;
    const auto found = std::filesystem::status(path, error);
    if (std::filesystem::exists(found) && !std::filesystem::is_directory(found)) {
      problems.push_back({Code::kInvalid, "no-folder",
                          key + ": " + path.string() + " is there, and is no directory."});
    } else if (found.type() == std::filesystem::file_type::not_found &&
               path != std::filesystem::path(config.state_dir) / "backups" &&
               !std::filesystem::exists(path.parent_path(), error)) {
      problems.push_back({Code::kNotFound, "no-folder",
                          key + ": neither " + path.string() + " is there nor " +
                              path.parent_path().string() + ": is that path meant?"});
    }
  }
  return problems;
}

// Root may read what the user of the unit may not.
bool LooksAsRoot(const config::Config& config) {
  return ::geteuid() == 0 &&
         std::any_of(config.schools.begin(), config.schools.end(),
                     [](const config::School& school) { return school.spreadsheet.has_value(); });
}

engine::Settings EngineSettings(const config::Config& config, const bus::Endpoints& endpoints) {
  engine::Settings settings;
  settings.version = ROSTER_VERSION;
  settings.events_endpoint = endpoints.events;
  settings.tasks_endpoint = endpoints.tasks;
  settings.tasks.lease = config.worker.lease;
  settings.backup_directory = config.BackupDirectory();
  settings.backups_kept = config.backup.keep;
  for (const config::School& school : config.schools) {
    settings.schools.push_back({school.name, school.rules, school.plans, school.facts.poll_every,
                                school.facts.limits.shrink_max, school.scim.requests_per_second,
                                school.retention,
                                school.spreadsheet ? school.spreadsheet->import_directory : ""});
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
    spdlog::error("The config file was not taken, and what it said before still counts.");
    std::istringstream problems(next.error().message);  // a line for each
    for (std::string line; std::getline(problems, line);) spdlog::error("{}", line);
    return tl::unexpected(next.error());
  }
  config::Renewed renewed = config::Renew(*running.Get(), *next);
  engine::Engine::Reloaded out;
  out.settings = EngineSettings(renewed.config, endpoints);
  out.access = access::Access(GrantsOf(renewed.config));
  out.digest = renewed.config.digest;
  out.changed = renewed.changed;
  out.needs_restart = renewed.needs_restart;
  // Better known now than at that start. systemd hands out credentials at a start alone.
  std::vector<std::string> missing;
  for (const config::School& school : next->schools) {
    const auto secrets = ResolveSecrets(school);
    if (secrets || IsAnyCredential(school)) continue;
    missing.push_back("schools[" + school.id().value() + "] (" + secrets.error().message +
                      "; rosterd does not start without it)");
    out.needs_restart.push_back(missing.back());
  }
  out.taken = [&running, renewed = std::move(renewed), missing = std::move(missing)] {
    spdlog::info("The config file was read again. New from now on: {}.", Listed(renewed.changed));
    if (!renewed.needs_restart.empty()) {
      spdlog::warn("From the next start on, and not before: {}.", Listed(renewed.needs_restart));
    }
    for (const std::string& secret : missing) spdlog::warn("{}", secret);
    log::SetLevel(renewed.config.observability.log_level);
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
  std::string task;
  auto level = log::Level::kInfo;
  if (const auto* rejected = std::get_if<model::PollRejected>(&entry.event)) {
    level = log::Level::kWarning;
    more = ": " + rejected->reason + ": " + rejected->message;
  } else if (const auto* stopped = std::get_if<model::SourceStopped>(&entry.event)) {
    level = log::Level::kError;
    more = ": " + stopped->reason;
  } else if (const auto* site = std::get_if<model::SiteStopped>(&entry.event)) {
    level = log::Level::kError;
    more = ": " + site->reason + ", " + std::to_string(site->waiting) + " tasks wait";
  } else if (const auto* dead = std::get_if<model::TaskDead>(&entry.event)) {
    level = log::Level::kWarning;
    task = ToString(dead->task);
    more = ": task " + task + ", " + dead->reason;
  } else if (const auto* refused = std::get_if<model::RequestRefused>(&entry.event)) {
    level = log::Level::kWarning;
    more = ": " + refused->request + ", " + refused->reason + ", " +
           std::to_string(refused->times) + " times";
  } else if (const auto* failed = std::get_if<model::BackupFailed>(&entry.event)) {
    level = log::Level::kError;
    more = ": " + failed->reason + ": " + failed->message;
  } else if (const auto* restored = std::get_if<model::Restored>(&entry.event)) {
    level = log::Level::kWarning;
    more = ": from backup " + std::to_string(restored->backup);
  }
  const std::string seq = std::to_string(entry.seq.value());
  const std::string name(EventName(entry.event));
  log::Write(level, entry.school.value() + " #" + seq + " " + name + " by " + entry.actor + more,
             {{"school", entry.school.value()},
              {"entry", seq},
              {"event", name},
              {"actor", entry.actor},
              {"command_id", log::IdToTell(entry.cause)},
              {"task", task}});
}

void LogLimit(const model::LimitReached& limit) {
  log::Write(log::Level::kWarning,
             "Limit " + limit.limit + ": reached " + std::to_string(limit.times) +
                 " times so far. " + limit.sentence,
             {{"limit", limit.limit}});
}

// A school that left the config, and what waits of it: nobody sees it, and nothing is done.
void TellOfSchoolsLeft(const store::Store& store, const config::Config& config) {
  const auto rows = store.Scan(store::Family::kMeta, "", "");
  for (; rows->Valid(); rows->Next()) {
    const auto kept = store::SchoolOfHeadKey(rows->key());
    if (!kept || config.FindSchool(*kept) != nullptr) continue;
    const auto head = store::DecodeSchoolHead(rows->value());
    const model::TaskCounts tasks = head ? head->tasks : model::TaskCounts();
    const std::uint64_t open = tasks.queued + tasks.leased + tasks.unknown;
    spdlog::warn(
        "School {} is not in the config any more. Its state is kept{}; it goes on when the school "
        "is in the config again.",
        kept->value(),
        open == 0 ? "" : ", with " + std::to_string(open) + " tasks that are not done");
  }
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

// Tells systemd (WatchdogSec=) that the engine goes on: called after each step, never from a timer,
// so that an engine that hangs falls silent.
class Watchdog {
 public:
  explicit Watchdog(const Clock& clock) : clock_(clock) {}

  void Stepped() {
    const Duration now = clock_.Steady();
    if (now < next_) return;  // steps may come by the thousand
    next_ = now + std::chrono::seconds(1);
    sd_notify(0, "WATCHDOG=1");
  }

 private:
  const Clock& clock_;
  Duration next_ = Duration::min();
};

// The site of one school, for one poll.
std::unique_ptr<target::Site> MakeSite(const config::School& school, const std::string& read_token,
                                       PollWorld& world, const Clock& clock, Random& random) {
  if (school.spreadsheet) {
    world.shown = std::make_unique<spreadsheet::SharedExport>(*school.spreadsheet, clock);
    return std::make_unique<spreadsheet::SpreadsheetSite>(*world.shown,
                                                          school.rules.protected_roles, clock);
  }
  world.rate = std::make_unique<target::SiteRate>(school.scim.requests_per_second, clock);
  target::ScimSettings scim;
  scim.school = school.id();
  scim.base_url = school.scim.base_url;
  scim.page_size = school.scim.page_size;
  scim.protected_roles = school.rules.protected_roles;
  return std::make_unique<target::ScimSite>(scim, read_token, world.site_http, *world.rate, clock,
                                            random);
}

int Run(const std::string& path, const config::Config& config, Signals& signals) {
  const auto secrets = ResolveSecrets(config);
  if (!secrets) {
    Complain(secrets.error());
    return kWrongUsage;
  }
  // A file that can't be read is its school's trouble: polls say so, until it can.
  for (const Error& problem : FileProblems(config)) spdlog::warn("{}", problem.message);
  const auto keys = ResolveKeys(config);
  if (!keys) {
    Complain(keys.error());
    return kWrongUsage;
  }
  const SystemClock clock;
  SystemRandom random;

  // The lock of the store comes before any socket: a second bind on an ipc path takes it over
  // silently.
  const auto db = std::filesystem::path(config.state_dir) / "db";
  if (const auto whole = store::CheckNoRestoreInterrupted(db); !whole) {
    Complain(whole.error());
    return kWrongUsage;  // no restart mends it
  }
  auto store = store::RocksStore::Open(db);
  if (!store) {
    Complain(store.error());
    return kFailed;
  }
  if (store::RemoveUnusedRestore(db)) {
    spdlog::warn(
        "A restore was cut off before it changed anything. What it had copied is removed.");
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
  metrics::Watch watch(ROSTER_VERSION, clock);
  const bool watched = !config.observability.host.empty();
  log::Answers answers;
  engine::ThreadedPolls polls([&] { (*bus)->Wake(); });
  const auto list = [&running]() -> std::optional<std::vector<model::Backup>> {
    auto all = store::ListBackups(running.Get()->BackupDirectory());
    if (!all) return std::nullopt;
    return *std::move(all);
  };
  auto known = store::ListBackups(config.BackupDirectory());
  if (!known) {
    spdlog::warn("Which backups there are, nobody can tell. {}", known.error().message);
    known.emplace();
  }
  engine::ThreadedBackups backups(
      [&](const std::function<void(model::BackupProgress)>& progress,
          const std::stop_token& stop) -> engine::ThreadedBackups::Outcome {
        const auto now = running.Get();
        store::BackupOptions options;
        options.directory = now->BackupDirectory();
        options.keep = now->backup.keep;
        options.program = ROSTER_VERSION;
        auto made = (*store)->MakeBackup(options, progress, stop);
        if (made) {
          return {engine::BackupEnd::Made{made->backup, made->removed, made->problem},
                  std::move(made->all)};
        }
        // It may have found that others are damaged.
        return {tl::unexpected(std::move(made).error()), list()};
      },
      list, *std::move(known), [&] { (*bus)->Wake(); });
  engine::Engine engine(
      EngineSettings(config, endpoints),
      {.store = **store,
       .bus = **bus,
       .polls = polls,
       .clock = clock,
       .random = random,
       .access = access,
       .told = Log,
       .limited = LogLimit,
       .reload = [&] { return ReadAgain(path, running, endpoints); },
       .answered = [&](const model::Answered& answered) { answers.Take(answered, clock.Steady()); },
       .vitals = watched ? [&watch](model::Vitals vitals) { watch.Take(std::move(vitals)); }
                         : std::function<void(model::Vitals)>(),
       .backups = &backups});

  // One quota for each subscription key, whatever number of schools share it.
  std::map<std::string, std::unique_ptr<source::Quota>> quotas;
  std::map<SchoolId, HttpCounts> counts;
  std::vector<std::pair<metrics::QuotaVitals, source::Quota*>> shares;  // as they are watched
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
    const auto share = std::find_if(shares.begin(), shares.end(),
                                    [&](const auto& one) { return one.second == quota.get(); });
    if (share == shares.end()) {
      shares.push_back({{school.id(), {school.id()}}, quota.get()});
    } else {
      share->first.schools.push_back(school.id());
    }
    HttpCounts& own_counts = counts[school.id()];
    polls.AddSchool(school.rules, [&, id = school.id(), own](const std::stop_token& stop) {
      const auto now = running.Get();
      const config::School& mine = *now->FindSchool(id);  // reloads keep the schools
      auto world = std::make_shared<PollWorld>(own_counts);
      world->facts_curl.SetStop(stop);
      world->site_curl.SetStop(stop);
      source::FactsSettings facts;
      facts.base_url = mine.facts.base_url;
      facts.page_size = mine.facts.page_size;
      facts.limits = mine.facts.limits;
      facts.families = model::NeedsFamilies(mine.rules);
      return engine::PollTools{std::make_unique<source::FactsSource>(
                                   facts, source::FactsKeys{own.subscription_key, own.api_key},
                                   world->facts_http, clock, random, *quota),
                               MakeSite(mine, own.read_token, *world, clock, random), world};
    });
  }

  watch.Add({[&] {
               std::vector<metrics::HttpVitals> all;
               for (const config::School& school : config.schools) {
                 const HttpCounts& one = counts.at(school.id());
                 all.push_back({school.id(), one.facts.Get(), one.site.Get()});
               }
               return all;
             },
             [&] {
               std::vector<metrics::QuotaVitals> all;
               for (const auto& [share, quota] : shares) {
                 const source::Quota::Rest rest = quota->Left();
                 all.push_back(share);
                 all.back().left_minute = rest.minute;
                 all.back().left_day = rest.day;
                 all.back().refused_until = rest.refused_until;
               }
               return all;
             }});
  // Ends before what it shows.
  std::unique_ptr<metrics::Server> server;
  if (watched) {
    auto listening =
        metrics::Server::Listen(config.observability.host, config.observability.port, clock,
                                [&](const std::string& page) { return watch.Serve(page); });
    if (!listening) {
      Complain(listening.error());
      return kFailed;
    }
    server = std::move(*listening);
    spdlog::info("Metrics are at http://{}:{}/metrics, for this machine alone.",
                 config.observability.host.find(':') == std::string::npos
                     ? config.observability.host
                     : "[" + config.observability.host + "]",
                 server->port());
  }

  if (const auto opened = engine.Open(); !opened) {
    Complain(opened.error());
    return kFailed;
  }
  TellOfSchoolsLeft(**store, config);
  signals.Watch([&] { (*bus)->Wake(); });
  spdlog::info("rosterd {} is ready: {} schools, control at {}, events at {}, tasks at {}",
               ROSTER_VERSION, config.schools.size(), endpoints.control, endpoints.events,
               endpoints.tasks);
  sd_notify(0, "READY=1");

  int code = kDone;
  Watchdog watchdog(clock);
  while (!signals.stopping()) {
    if (signals.TakeReload()) engine.AskToReload();
    if (const auto stepped = engine.Step(std::chrono::seconds(1)); !stepped) {
      spdlog::critical("rosterd stops: {}", stepped.error().message);
      code = kFailed;
      break;
    }
    watchdog.Stepped();
    watch.Stepped();
  }
  sd_notify(0, "STOPPING=1");
  engine.Close();
  polls.Stop();
  backups.Stop();
  spdlog::info("rosterd has stopped");
  return code;
}

int Main(int argc, char** argv) {
  CLI::App app;
  arguments::Daemon arguments;
  arguments::Add(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  }
  const bool stays = !arguments.check && !arguments.list_backups && arguments.restore.empty();
  std::optional<Signals> signals;  // the others may be ended at any time
  if (stays) signals.emplace();
  log::Start("rosterd", log::Level::kInfo);
  const auto config =
      config::Load(arguments.config, arguments.check ? config::UnknownAccounts::kRefused
                                                     : config::UnknownAccounts::kNamed);
  if (!config) {
    Complain(config.error());
    return kWrongUsage;
  }
  for (const std::string& place : config->unknown_accounts) {
    spdlog::warn("{} is not known to this machine: nobody has its roles.", place);
  }
  log::SetLevel(config->observability.log_level);
  if (arguments.check) {
    const auto looked_at = CheckSecrets(*config);
    if (!looked_at) {
      Complain(looked_at.error());
      return kWrongUsage;
    }
    std::vector<Error> problems = FolderProblems(*config);
    for (Error& problem : FileProblems(*config)) problems.push_back(std::move(problem));
    for (const Error& problem : problems) Complain(problem);
    if (std::any_of(problems.begin(), problems.end(),
                    [](const Error& problem) { return problem.code != Code::kNotFound; })) {
      return kWrongUsage;
    }
    std::cout << arguments.config << ": good, " << config->schools.size()
              << (config->schools.size() == 1 ? " school" : " schools")
              << (*looked_at ? "\n" : "; credentials were not looked at: systemd hands them out\n");
    if (LooksAsRoot(*config)) {
      std::cout << "Root reads every file. Whether rosterd's own user can read the exports and "
                   "import folders: runuser -u rosterd -- rosterd --check --config "
                << arguments.config << "\n";
    }
    return kDone;
  }
  if (arguments.list_backups) return restore::List(*config, arguments.from);
  if (!arguments.restore.empty()) {
    return restore::PutBack(*config,
                            {arguments.restore, arguments.from, arguments.quota_as_in_backup});
  }
  if (!arguments.from.empty()) {
    std::cerr << "rosterd: --from goes with --restore or --list-backups.\n";
    return kWrongUsage;
  }
  return Run(arguments.config, *config, *signals);
}

}  // namespace
}  // namespace roster

int main(int argc, char** argv) { return roster::Main(argc, argv); }
