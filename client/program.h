#pragma once

// The program without its main: from a command line to an exit code.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/connection.h"
#include "client/console.h"
#include "client/session.h"
#include "client/system.h"

namespace roster::client {

// The world of one run; tests bring their own.
struct World {
  Console& console;
  Clock& clock;
  std::function<std::unique_ptr<Channel>(const std::string& endpoint)> open_channel;
  OpenFeed open_feed;
};

// `args` without the program's name.
int RunProgram(std::vector<std::string> args, World& world);

}  // namespace roster::client
