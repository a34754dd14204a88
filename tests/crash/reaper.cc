#include "tests/crash/reaper.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "daemon/base/system_clock.h"

namespace roster::crash {
namespace {

using std::chrono::milliseconds;

constexpr int kKilled = 128 + SIGKILL;
// The clocks of the programs run fast (hasty_clock.h): in the longer of these a lease of 10 s has
// run out, and what was held is looked at.
constexpr milliseconds kFreeze{1600};
constexpr milliseconds kCalm{1800};
constexpr std::uint64_t kKillsInAStorm = 20;

}  // namespace

const std::vector<std::string>& DaemonPoints() {
  static const std::vector<std::string> points = {
      "receive.after", "commit.before", "commit.after", "reply.before",
      "reply.after",   "task.before",   "task.after",   "publish.before",
      "publish.after", "read.before",   "read.after"};
  return points;
}

const std::vector<std::string>& WorkerPoints() {
  static const std::vector<std::string> points = {"receive.after", "send.before", "send.after",
                                                  "read.before",   "read.after",  "write.before",
                                                  "write.after"};
  return points;
}

Reaper::Reaper(e2e::World& world, std::uint64_t seed)
    : world_(world),
      random_(seed),
      clock_zero_(std::to_string(SystemClock().Now().time_since_epoch().count())) {
  // On this thread: whoever starts a child is its parent, and its end is the child's.
  thread_ = std::jthread([this](const std::stop_token& stop) {
    for (const Who who : {kDaemon, kFirstWorker, kSecondWorker}) Start(who, true);
    Run(stop);
  });
}

Reaper::~Reaper() = default;

void Reaper::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Storm(stop);
    Watch(kCalm, stop);
  }
}

void Reaper::Storm(const std::stop_token& stop) {
  const std::uint64_t end = kills_ + kKillsInAStorm / 2 + Below(kKillsInAStorm);
  while (kills_ < end) {
    // Mostly soon, sometimes late enough for a poll to end.
    const milliseconds time(10 + Below(Below(4) == 0 ? 1500 : 300));
    if (!Watch(time, stop)) return;
    switch (Below(8)) {
      case 0:
        Kill(kDaemon);
        Kill(kFirstWorker);
        Kill(kSecondWorker);
        break;
      case 1:
      case 2:
        Kill(kFirstWorker);
        break;
      case 3:
        Kill(kSecondWorker);
        break;
      case 4:
        Freeze(stop);
        break;
      default:
        Kill(kDaemon);
    }
  }
}

void Reaper::Start(Who who, bool with_point) {
  std::vector<std::string> argv = {"/usr/bin/env", "ROSTER_CLOCK_ZERO=" + clock_zero_,
                                   "ROSTER_KILL_LOG=" + world_.Path("kill.log")};
  if (with_point) {
    const auto& points = who == kDaemon ? DaemonPoints() : WorkerPoints();
    auto& left = points_left_[who == kDaemon ? 0 : 1];
    if (left.empty()) left = points;
    const auto at = static_cast<std::ptrdiff_t>(Below(left.size()));
    argv.push_back("ROSTER_KILL_POINT=" + left[static_cast<std::size_t>(at)] + ":" +
                   std::to_string(1 + Below(1 + Below(12))));
    left.erase(left.begin() + at);
  }
  argv.push_back(e2e::Program(who == kDaemon ? "tests/crash/dying-rosterd"
                                             : "tests/crash/dying-roster-worker"));
  argv.insert(argv.end(), {"--config", world_.config()});
  processes_[who] =
      e2e::Process::Start(argv, world_.Path(who == kDaemon ? "rosterd.log" : "worker.log"));
}

void Reaper::Reap(Who who) {
  const int code = processes_[who].Wait();
  if (code != kKilled) {
    strange_ends_.push_back((who == kDaemon ? "rosterd" : "roster-worker") +
                            std::string(" ended by itself with code ") + std::to_string(code));
  }
  ++kills_;
  if (who == kDaemon) ++kills_of_daemon_;
  Start(who, !calm_ && Below(4) != 0);
}

void Reaper::Kill(Who who) {
  processes_[who].Kill(SIGKILL);
  Reap(who);
}

void Reaper::Freeze(const std::stop_token& stop) {
  const pid_t frozen = processes_[kSecondWorker].pid();
  processes_[kSecondWorker].Kill(SIGSTOP);
  ++freezes_;
  Watch(kFreeze, stop);
  if (processes_[kSecondWorker].pid() == frozen) processes_[kSecondWorker].Kill(SIGCONT);
}

void Reaper::StartAgainWhoDied() {
  for (const Who who : {kDaemon, kFirstWorker, kSecondWorker}) {
    if (processes_[who].HasEnded()) Reap(who);
  }
}

bool Reaper::Watch(milliseconds time, const std::stop_token& stop) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    if (stop.stop_requested()) return false;
    StartAgainWhoDied();
    ::poll(nullptr, 0, 5);
  }
  return !stop.stop_requested();
}

void Reaper::Calm() {
  thread_.request_stop();
  thread_.join();
  // Children of a thread that has ended are gone with it, and so are their points.
  calm_ = true;
  for (const Who who : {kDaemon, kFirstWorker, kSecondWorker}) Kill(who);
}

std::map<std::string, int> Reaper::PointsHit() const {
  std::map<std::string, int> hit;
  std::ifstream log(world_.Path("kill.log"));
  for (std::string point; std::getline(log, point);) ++hit[point];
  return hit;
}

std::array<int, 3> Reaper::StopAll() {
  std::array<int, 3> codes{};
  for (const Who who : {kSecondWorker, kFirstWorker, kDaemon}) {
    processes_[who].Kill(SIGTERM);
    codes[who] = processes_[who].Wait();
  }
  return codes;
}

}  // namespace roster::crash
