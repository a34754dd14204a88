#pragma once

// rosterd with the daemon stopped: what backups there are, and one of them put back.

#include <string>

#include "daemon/config/config.h"

namespace roster::restore {

struct Arguments {
  std::string which;  // "latest", or a number
  std::string from;   // the directory; "": as the config says
  bool quota_as_in_backup = false;
};

// Each returns the exit code, and says on the terminal what was done, or what is wrong. Run as root
// they become the owner of state_dir, so that what is written is the daemon's.
int List(const config::Config& config, const std::string& from);
int PutBack(const config::Config& config, const Arguments& arguments);

}  // namespace roster::restore
