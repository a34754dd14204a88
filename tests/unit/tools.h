#pragma once

// Other people's programs, which a test drives where they are installed.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace roster::tools {

// Whether /bin/sh finds it. Where ROSTER_TEST_TOOLS=all it has to: CI installs them
// (deploy/packages.txt).
inline bool Has(const std::string& tool) {
  if (std::system(("command -v " + tool + " >/dev/null 2>&1").c_str()) == 0) return true;
  const char* wanted = std::getenv("ROSTER_TEST_TOOLS");
  if (wanted != nullptr && std::string(wanted) == "all") ADD_FAILURE() << tool << " is missing";
  return false;
}

// Exit code, and what it has written on both ways; a command of /bin/sh.
inline std::pair<int, std::string> Run(const std::string& command) {
  std::string out;
  std::FILE* const pipe = ::popen(("{ " + command + "\n} 2>&1 </dev/null").c_str(), "r");
  if (pipe == nullptr) return {-1, "popen failed"};
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    out.append(buffer, n);
  }
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, out};
}

}  // namespace roster::tools
