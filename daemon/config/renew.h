#pragma once

// A config file that was read again, against the config that counts: what of it counts at once, and
// what has to wait for the next start. Pure.

#include <string>
#include <vector>

#include "daemon/config/config.h"

namespace roster::config {

struct Renewed {
  // What counts from now on: `running`, with those keys of `next` that can change while rosterd
  // runs. Its schools are those of `running`, in their order.
  Config config;
  // Keys that differ, in the order of the table: "access", "schools[tcs].guards", ... Those of a
  // school that is new or gone are the school's alone, "schools[tcs]".
  std::vector<std::string> changed;        // and count from now on
  std::vector<std::string> needs_restart;  // and count from the next start on
};

Renewed Renew(const Config& running, const Config& next);

}  // namespace roster::config
