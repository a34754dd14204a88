#include "tests/simulation/simulation.h"

#include <algorithm>

namespace roster::simulation {
namespace {

engine::Settings SettingsOf(Chance& chance, bool parents) {
  engine::SchoolSettings school;
  school.name = "Example Christian School";
  school.rules.school = TheSchool();
  school.rules.status_words = model::DefaultStatusWords();
  if (parents) {
    school.rules.accounts = model::AccountsOf::kParents;
    school.rules.fields = model::DefaultFieldRules(model::AccountsOf::kParents);
  }
  school.rules.missing_polls = static_cast<std::uint32_t>(1 + chance.Below(3));
  school.rules.email2_fallback = chance.Is(0.3);
  school.rules.shared_logins = chance.Is(0.3);
  for (model::Guard& guard : school.plans.guards) {
    guard.max_count = static_cast<std::uint32_t>(2 + chance.Below(15));
    guard.max_share = 0.1 + 0.5 * chance.Uniform();
    guard.min_population = 5;
  }
  school.plans.plan_ttl = hours(12 + chance.Below(60));
  school.plans.invite_cooldown = hours(chance.Below(100));
  school.poll_every = hours(1 + chance.Below(8));
  school.shrink_max = SimFacts::kShrinkMax;
  school.site_requests_per_second = 1000;
  engine::Settings settings;
  settings.version = "simulation";
  settings.events_endpoint = "ipc:///events";
  settings.tasks_endpoint = "ipc:///tasks";
  settings.tasks.failures_max = static_cast<std::uint32_t>(2 + chance.Below(7));
  settings.polls_kept = 5;
  settings.schools = {std::move(school)};
  return settings;
}

std::map<int, GuardLimit> LimitsOf(const engine::Settings& settings) {
  std::map<int, GuardLimit> limits;
  const auto& guards = settings.schools[0].plans.guards;
  for (std::size_t i = 1; i < guards.size(); ++i) {
    limits[static_cast<int>(i)] = {*guards[i].max_count, *guards[i].max_share,
                                   guards[i].min_population};
  }
  return limits;
}

}  // namespace

void Summary::Add(const Summary& other) {
  seeds += other.seeds;
  steps += other.steps;
  time += other.time;
  crashes += other.crashes;
  entries += other.entries;
  tasks += other.tasks;
  effects += other.effects;
  commands += other.commands;
  for (const auto& [name, count] : other.faults) faults[name] += count;
}

std::string Summary::Text() const {
  std::uint64_t sum = 0;
  std::string each;
  for (const auto& [name, count] : faults) {
    sum += count;
    each += "\n  " + std::to_string(count) + " " + name;
  }
  return std::to_string(seeds) + " seeds, " + std::to_string(steps) + " steps, " +
         std::to_string(std::chrono::duration_cast<std::chrono::days>(time).count()) + " days, " +
         std::to_string(crashes) + " crashes of the daemon, " + std::to_string(sum) + " faults, " +
         std::to_string(commands) + " commands, " + std::to_string(tasks) + " tasks, " +
         std::to_string(effects) + " effects on the site, " + std::to_string(entries) +
         " journal entries" + each;
}

Simulation::Simulation(std::uint64_t seed)
    : parents_(seed % 2 == 0),
      chance_(seed),
      settings_(SettingsOf(chance_, parents_)),
      checker_(clock_, LimitsOf(settings_)),
      store_(chance_, clock_),
      network_(chance_, clock_),
      facts_(chance_, clock_, model::NeedsFamilies(settings_.schools[0].rules)),
      site_(chance_, clock_, facts_),
      polls_(chance_, clock_, facts_, site_, settings_.schools[0].rules) {
  model::Grant all;
  all.name = "all";
  all.uids = {1000};
  all.roles.assign(model::kRoles.begin(), model::kRoles.end());
  model::Grant listener;
  listener.name = "listener";
  listener.uids = {kListener};
  listener.roles = {model::Role::kSubscriber};
  access_.Set(access::Access({all, listener}));
  store_.checker = network_.checker = site_.checker = polls_.checker = &checker_;
  static constexpr double kLevels[] = {0.2, 0.7, 1, 1, 2, 3};
  chance_.level = kLevels[chance_.Below(6)];
  for (int i = 1; i <= 3; ++i) {
    workers_.push_back(std::make_unique<SimWorker>("worker" + std::to_string(i), chance_, clock_,
                                                   network_, site_));
    clients_.push_back(std::make_unique<SimClient>("client" + std::to_string(i), chance_, clock_,
                                                   network_, checker_));
    subscribers_.push_back(std::make_unique<SimSubscriber>("subscriber" + std::to_string(i),
                                                           chance_, clock_, network_, checker_));
  }
}

void Simulation::Boot() {
  engine_ = std::make_unique<engine::Engine>(
      settings_, engine::Engine::World{store_, network_, polls_, clock_, chance_, access_});
  const auto opened = engine_->Open();
  if (opened) return;
  if (opened.error().code == Code::kCorrupt) {
    throw Violation{"the store is corrupt: " + opened.error().message};
  }
  End();
}

// The process is gone, and what it had in memory; it is started again after a while.
void Simulation::End() {
  ++summary_.crashes;
  engine_.reset();
  polls_.Die();
  network_.Cut();
  store_.Forget();
  checker_.OnCrash();
  down_until_ = clock_.Steady() + (chance_.Is(0.8) ? chance_.Between(Duration(0), seconds(5))
                                                   : chance_.Between(seconds(5), hours(1)));
}

void Simulation::StepDaemon() {
  try {
    if (engine_ == nullptr) {
      if (chance_.faults && clock_.Steady() < down_until_) return;
      Boot();
      if (engine_ == nullptr) return;
    }
    const auto stepped = engine_->Step(Duration::zero());
    if (stepped) return;
    if (stepped.error().code == Code::kCorrupt) {
      throw Violation{"the daemon finds its store corrupt: " + stepped.error().message};
    }
    End();
  } catch (const Crash&) {
    End();
  }
}

void Simulation::Step() {
  ++summary_.steps;
  polls_.Step();
  network_.Deliver();
  for (const auto& worker : workers_) worker->Step();
  for (const auto& client : clients_) client->Step();
  for (const auto& subscriber : subscribers_) subscriber->Step();
  StepDaemon();
  network_.Deliver();
}

// Time passes: a little while much is under way, more when nothing is.
void Simulation::Pass() {
  const double n = chance_.Uniform();
  const bool busy = checker_.open_tasks() > 0 && chance_.Is(0.97);
  if (n < 0.75 || (busy && n < 0.9)) {
    clock_.Advance(chance_.Between(milliseconds(1), milliseconds(400)));
  } else if (n < 0.9 || busy) {
    clock_.Advance(chance_.Between(milliseconds(400), seconds(20)));
  } else if (n < 0.97) {
    clock_.Advance(chance_.Between(seconds(20), minutes(20)));
  } else {
    clock_.Advance(chance_.Between(minutes(20), hours(12)));
  }
  if (chance_.Fault("clock jumps", 0.002)) {
    const Duration most = chance_.Is(0.5) ? Duration(minutes(2)) : Duration(hours(26));
    const Duration by = chance_.Between(-most, most);
    if (clock_.skew() + by > -hours(72) && clock_.skew() + by < hours(72)) clock_.Jump(by);
  }
}

void Simulation::Live() {
  if (chance_.Is(0.03)) facts_.Change();
  if (chance_.Is(0.02)) site_.Change();
  if (chance_.Fault("power lost", 0.0005) && engine_ != nullptr) End();
}

bool Simulation::IsQuiet() const {
  return checker_.open_tasks() == 0 && !polls_.running() &&
         std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return !client->finishing(); }) &&
         std::all_of(subscribers_.begin(), subscribers_.end(), [&](const auto& subscriber) {
           return subscriber->known() == checker_.entries();
         });
}

void Simulation::Settle(const char* what) {
  for (int i = 0; i < 20'000; ++i) {
    Step();
    if (IsQuiet()) return;
    // What waits for hours, waits for hours: a clock that was set back, a site that was down.
    const bool busy = i % 4 != 0 || checker_.leased_tasks() > 0 || polls_.running();
    clock_.Advance(busy ? Duration(milliseconds(200)) : Duration(minutes(2)));
  }
  std::string known;
  for (const auto& subscriber : subscribers_) known += " " + std::to_string(subscriber->known());
  for (const auto& client : clients_) known += client->finishing() ? " asks" : "";
  if (polls_.running()) known += " polls";
  if (engine_ == nullptr) known += " down";
  throw Violation{std::string("invariant 2: does not come to rest: ") + what + ", " +
                  std::to_string(checker_.open_tasks()) + " tasks are open, known are" + known +
                  " of " + std::to_string(checker_.entries()) + checker_.DescribeOpen()};
}

void Simulation::ToRest() {
  chance_.faults = false;
  store_.Rest();
  for (const auto& client : clients_) client->Rest();
  Settle("after the faults");
  checker_.CompareWith(store_.memory());
  std::map<std::string, std::uint64_t> told;
  for (const auto& subscriber : subscribers_) told[subscriber->name()] = subscriber->known();
  checker_.AtRest(told);
  // Everything that is proposed is approved, until nothing is.
  for (int round = 0; round < 8; ++round) {
    clients_[0]->Finish();
    Settle("while everything is approved");
    if (clients_[0]->left() == 0) break;
    if (round == 7) {
      throw Violation{"invariant 2: what is approved is proposed again and again"};
    }
  }
  checker_.CompareSite(site_, facts_, parents_);
  checker_.CompareWith(store_.memory());
}

Summary Simulation::Run(std::uint64_t steps) {
  for (std::uint64_t i = 0; i < steps; ++i) {
    Live();
    Step();
    Pass();
  }
  ToRest();
  summary_.seeds = 1;
  summary_.time = clock_.Steady();
  summary_.entries = checker_.entries();
  summary_.tasks = checker_.tasks().size();
  summary_.effects = checker_.effects();
  for (const auto& client : clients_) summary_.commands += client->commands();
  summary_.faults = chance_.counts;
  return summary_;
}

std::string RunSeed(std::uint64_t seed, std::uint64_t steps, Summary& summary) {
  try {
    Simulation simulation(seed);
    summary.Add(simulation.Run(steps));
    return "";
  } catch (const Violation& violation) {
    return violation.what + "\nAgain: build/tests/simulation/simulate --seed " +
           std::to_string(seed) + " --steps " + std::to_string(steps);
  }
}

}  // namespace roster::simulation
