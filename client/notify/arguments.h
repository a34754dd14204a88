#pragma once

// The command line of roster-notify.

#include <CLI/CLI.hpp>
#include <string>

namespace roster::notify {

struct Arguments {
  std::string config = "/etc/rosterd/roster-notify.yaml";
  bool check = false;
};

// Names the app and gives it its options, which are read into `into`; it outlives the parsing.
void Add(CLI::App& app, Arguments& into);

}  // namespace roster::notify
