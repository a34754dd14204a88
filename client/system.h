#pragma once

// The client's seam to time, chance and signals.

#include <chrono>
#include <string>

namespace roster::client {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::steady_clock::time_point Now() const = 0;
  // Returns early when a signal comes.
  virtual void Wait(std::chrono::milliseconds duration) = 0;
  // SIGINT or SIGTERM came (see CatchInterrupts).
  virtual bool Interrupted() const = 0;
};

class SystemClock : public Clock {
 public:
  std::chrono::steady_clock::time_point Now() const override;
  void Wait(std::chrono::milliseconds duration) override;
  bool Interrupted() const override;
};

// From now on SIGINT and SIGTERM make SystemClock::Interrupted true, and end nothing.
void CatchInterrupts();

// 16 bytes of getrandom, as 32 hex digits.
std::string RandomHex();

}  // namespace roster::client
