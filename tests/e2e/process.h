#pragma once

// Real programs, as children that end with the test.

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace roster::e2e {

// Times as long is waited where a sanitizer makes the programs so much slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kSlower = 6;
#else
inline constexpr int kSlower = 1;
#endif

struct Finished {
  int code = -1;  // exit code; 128 + signal when killed
  std::string out;
  std::string err;
};

class Process {
 public:
  Process() = default;
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();  // SIGKILL, and waits

  // `log`: where its output goes; empty: /dev/null.
  static Process Start(const std::vector<std::string>& argv, const std::string& log);

  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  void Kill(int signal);
  // Whether it has ended and waits to be waited for. Does not block.
  bool HasEnded() const;
  // Exit code, 128 + signal when killed. Blocks.
  int Wait();

 private:
  pid_t pid_ = -1;
};

// Runs to its end and collects what it says; killed after `patience`, with code 137.
Finished Run(const std::vector<std::string>& argv, const std::string& input = "",
             std::chrono::seconds patience = std::chrono::seconds(120));

// Asks until it is true; false when `patience` is over. Under a sanitizer both wait six times as
// long.
bool Eventually(const std::function<bool()>& condition,
                std::chrono::seconds patience = std::chrono::seconds(60));

}  // namespace roster::e2e
