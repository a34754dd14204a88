#pragma once

// The command line: what was asked for, or what is wrong with it.

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "client/command_line.h"
#include "client/session.h"

namespace roster::client {

inline constexpr const char* kDefaultEndpoint = "ipc:///run/rosterd/control.sock";

struct Invocation {
  std::string endpoint = kDefaultEndpoint;
  std::string server_key;  // rosterd's, for tcp
  std::string key_file;    // our own, for tcp
  std::string school;
  bool json = false;
  int timeout = 15;       // seconds, 1..3600
  bool for_ever = false;  // runs until it is interrupted
  bool local = false;     // without rosterd
  std::function<Answer<Exit>(Session&)> run;
};

// --help and --version: printed, and done.
struct Text {
  std::string text;
};

// `args` without the program's name. A wrong command line is a Failure with kUsage. The endpoint
// falls back on the environment's ROSTER_CONTROL, then on kDefaultEndpoint, the keys on
// ROSTER_SERVER_KEY and ROSTER_KEY.
Answer<std::variant<Invocation, Text>> ParseArguments(std::vector<std::string> args);

// What ParseArguments takes: for the manual and completion.
CommandLine DescribeArguments();

}  // namespace roster::client
