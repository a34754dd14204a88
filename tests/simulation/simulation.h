#pragma once

// A whole installation in one thread, from one seed: load and faults together, the invariants after
// each step, and rest when the faults stop.

#include <memory>
#include <string>
#include <vector>

#include "daemon/engine/engine.h"
#include "tests/simulation/actors.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/world.h"

namespace roster::simulation {

// What a run was, for the summary.
struct Summary {
  std::uint64_t seeds = 0;
  std::uint64_t steps = 0;
  Duration time{};
  std::uint64_t crashes = 0;
  std::uint64_t entries = 0;
  std::uint64_t tasks = 0;
  std::uint64_t effects = 0;
  std::uint64_t commands = 0;
  std::map<std::string, std::uint64_t> faults;

  void Add(const Summary& other);
  std::string Text() const;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);

  // Throws Violation.
  Summary Run(std::uint64_t steps);

 private:
  void Boot();
  void End();
  void StepDaemon();
  void Step();
  void Pass();
  void Live();
  void ToRest();
  void Settle(const char* what);
  bool IsQuiet() const;

  const bool parents_;
  SimClock clock_;
  Chance chance_;
  engine::Settings settings_;
  Checker checker_;
  SimStore store_;
  Network network_;
  SimFacts facts_;
  SimSite site_;
  SimPolls polls_;
  access::Current access_;
  std::unique_ptr<engine::Engine> engine_;
  std::vector<std::unique_ptr<SimWorker>> workers_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::vector<std::unique_ptr<SimSubscriber>> subscribers_;
  Duration down_until_{};
  Summary summary_;
};

// One seed. "" when all was well, else what was not, with the command that repeats it.
std::string RunSeed(std::uint64_t seed, std::uint64_t steps, Summary& summary);

inline constexpr std::uint64_t kSteps = 2500;

}  // namespace roster::simulation
