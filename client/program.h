#pragma once

// The program without its main: from a command line to an exit code.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/certificate.h"
#include "client/connection.h"
#include "client/console.h"
#include "client/session.h"
#include "client/system.h"

namespace roster::client {

// The world of one run; tests bring their own.
struct World {
  Console& console;
  Clock& clock;
  // `keys` are there where the endpoint is on tcp.
  std::function<std::unique_ptr<Channel>(const std::string& endpoint,
                                         const std::optional<CallKeys>& keys)>
      open_channel;
  std::function<Answer<std::unique_ptr<Feed>>(const std::string& endpoint,
                                              const std::vector<std::string>& schools,
                                              const std::optional<CallKeys>& keys)>
      open_feed;
};

// `args` without the program's name.
int RunProgram(std::vector<std::string> args, World& world);

}  // namespace roster::client
