#pragma once

// Prometheus's own tool, where it is installed (Debian: prometheus). A test that needs it and has
// it not is skipped, and says so; CI installs it (deploy/packages.txt) and sets ROSTER_NO_SKIP.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace roster::metrics {

inline bool HasPromtool() {
  return std::system("command -v promtool >/dev/null 2>&1") == 0;  // a fixed command
}

struct ToolEnd {
  int code = -1;
  std::string said;
};

// Runs `command` with this text on standard input; both streams of it are collected.
inline ToolEnd RunTool(const std::string& command, const std::string& input) {
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) /
      (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "." +
       std::to_string(::getpid()));
  std::ofstream(file) << input;
  ToolEnd end;
  FILE* const pipe = ::popen((command + " <'" + file.string() + "' 2>&1").c_str(), "r");
  if (pipe == nullptr) return end;
  char buffer[4096];
  std::size_t got = 0;
  while ((got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0) end.said.append(buffer, got);
  const int status = ::pclose(pipe);
  end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  std::filesystem::remove(file);
  return end;
}

}  // namespace roster::metrics

#define ROSTER_NEEDS_PROMTOOL()                                                                  \
  if (!::roster::metrics::HasPromtool()) {                                                       \
    if (std::getenv("ROSTER_NO_SKIP") != nullptr) FAIL() << "promtool is not installed";         \
    GTEST_SKIP() << "promtool is not installed (apt-get install prometheus): not checked by it"; \
  }                                                                                              \
  static_assert(true)
