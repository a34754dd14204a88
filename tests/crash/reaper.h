#pragma once

// Runs a daemon and two workers, and kills them: at seeded times, and at named points. In storms,
// with calms between them in which leases run out and work gets on. Also stops a worker for longer
// than its lease and lets it go on: it then is the late worker of the design.

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/random.h"
#include "tests/e2e/world.h"

namespace roster::crash {

// Every point of the two programs, by which of them has it.
const std::vector<std::string>& DaemonPoints();
const std::vector<std::string>& WorkerPoints();

class Reaper {
 public:
  // Starts all three. `world` outlives it, and starts no daemon or worker itself.
  Reaper(e2e::World& world, std::uint64_t seed);
  ~Reaper();
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;

  // From here on nobody is killed, and all three run. Returns when they have been started.
  void Calm();

  std::uint64_t kills() const { return kills_; }
  std::uint64_t kills_of_daemon() const { return kills_of_daemon_; }
  std::uint64_t freezes() const { return freezes_; }
  // Point -> how often somebody died there. After Calm().
  std::map<std::string, int> PointsHit() const;
  // Ends that were no kill of ours: how, and by whom. Empty, or the programs have a defect. After
  // Calm().
  const std::vector<std::string>& strange_ends() const { return strange_ends_; }
  // Ends the daemon by SIGTERM, workers first: their exit codes. After Calm().
  std::array<int, 3> StopAll();

 private:
  enum Who : std::size_t { kDaemon = 0, kFirstWorker = 1, kSecondWorker = 2 };

  void Run(const std::stop_token& stop);
  void Storm(const std::stop_token& stop);
  void Start(Who who, bool with_point);
  void Reap(Who who);  // it has ended, or is about to: counts it, starts it again
  void StartAgainWhoDied();
  void Kill(Who who);
  void Freeze(const std::stop_token& stop);
  // False when `stop` came first. Starts again whoever dies meanwhile.
  bool Watch(std::chrono::milliseconds time, const std::stop_token& stop);
  std::uint64_t Below(std::uint64_t limit) { return random_.Next() % limit; }

  e2e::World& world_;
  SeededRandom random_;
  const std::string clock_zero_;
  std::array<e2e::Process, 3> processes_;
  std::array<std::vector<std::string>, 2> points_left_;  // of the daemon, of workers: not yet used
  bool calm_ = false;
  std::atomic<std::uint64_t> kills_{0};
  std::atomic<std::uint64_t> kills_of_daemon_{0};
  std::atomic<std::uint64_t> freezes_{0};
  std::vector<std::string> strange_ends_;
  std::jthread thread_;
};

}  // namespace roster::crash
