#pragma once

// Help that teaches: what a command does, where it stands in the yearly workflow, examples, exit
// codes.

#include <string>
#include <string_view>
#include <vector>

namespace roster::client {

struct HelpPage {
  const char* name;
  const char* summary;  // one line
  const char* text;
};

// Of a command of CommandNames.
const HelpPage& HelpOf(std::string_view name);

// In the order of the workflow.
std::vector<std::string> CommandNames();

extern const char* const kFooter;  // below `rosterctl --help`

}  // namespace roster::client
