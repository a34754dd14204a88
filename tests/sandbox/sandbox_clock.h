// The sandbox's own time: the real one, and what tests have moved it forward by.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>

namespace roster::sandbox {

class SandboxClock {
 public:
  // Milliseconds since 1970.
  int64_t NowMs() const {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() + ahead_ms_;
  }
  void Advance(int64_t milliseconds) { ahead_ms_ += milliseconds; }

  // As SCIM writes a time: 2026-08-20T07:30:00Z.
  std::string NowText() const {
    const std::time_t seconds = NowMs() / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
  }

 private:
  std::atomic<int64_t> ahead_ms_ = 0;
};

}  // namespace roster::sandbox
