#pragma once

// Scripts that complete the command line of rosterctl in a shell. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "client/command_line.h"

namespace roster::client {

inline const std::vector<std::string> kShells = {"bash", "zsh", "fish"};

// For a shell of kShells. The options of `rosterctl` itself are completed behind a command too.
std::string CompletionFor(std::string_view shell, const CommandLine& rosterctl);

}  // namespace roster::client
