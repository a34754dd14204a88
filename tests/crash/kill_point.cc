#include "tests/crash/kill_point.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

namespace roster::crash {
namespace {

struct Planned {
  std::string name;
  std::atomic<int> passes_left{0};
  std::string log;

  Planned() {
    const char* text = std::getenv("ROSTER_KILL_POINT");
    if (text == nullptr) return;
    const std::string point(text);
    const auto colon = point.rfind(':');
    if (colon == std::string::npos) std::abort();
    name = point.substr(0, colon);
    passes_left = std::atoi(point.c_str() + colon + 1);
    if (const char* path = std::getenv("ROSTER_KILL_LOG")) log = path;
  }
};

}  // namespace

void KillPoint(std::string_view name) {
  static Planned planned;
  if (planned.name != name || --planned.passes_left != 0) return;
  const std::string line = std::string(program_invocation_short_name) + " " + planned.name + "\n";
  const int log = ::open(planned.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log >= 0 && ::write(log, line.data(), line.size()) < 0) std::abort();
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

}  // namespace roster::crash
