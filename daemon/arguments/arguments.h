#pragma once

// The command lines of the daemon's programs.

#include <CLI/CLI.hpp>
#include <string>

namespace roster::arguments {

struct Daemon {
  std::string config = "/etc/rosterd/rosterd.yaml";
  bool check = false;
  std::string restore;  // "latest", or a backup's number; "": none is put back
  bool list_backups = false;
  std::string from;  // the directory of the backups; "": as the config says
  bool quota_as_in_backup = false;
};

struct Worker {
  std::string config;
  std::string name;  // "": made of host, pid and chance
  bool once = false;
};

// Names the app and gives it its options, which are read into `into`; it outlives the parsing.
void Add(CLI::App& app, Daemon& into);
void Add(CLI::App& app, Worker& into);

}  // namespace roster::arguments
