#pragma once

// One line on standard error that is written over and over; nothing where that is no terminal.

#include <cstdint>
#include <string>

#include "client/console.h"

namespace roster::client {

class Progress {
 public:
  Progress(Console& console, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `total` 0: unknown, no bar.
  void Show(const std::string& what, std::uint64_t done, std::uint64_t total);
  // Wipes the line; called before anything else is printed.
  void Clear();

 private:
  Console& console_;
  bool shown_;
  bool dirty_ = false;
};

// The line itself: "Students [##########----------]  50 %  500 of 1,000".
std::string ProgressLine(const std::string& what, std::uint64_t done, std::uint64_t total,
                         std::size_t width);

}  // namespace roster::client
