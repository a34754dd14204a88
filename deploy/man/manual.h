#pragma once

// The manual: hand-written pages (*.in, man(7)) in which lines that begin with @ stand for what the
// code itself says.
//
//   @options PROGRAM    its options, from the command line that it parses
//   @synopsis PROGRAM   the same, in short
//   @commands           the commands of rosterctl, each with its options, examples and exit codes
//   @keys FILE          each key of a config file, from the table that validates it
//
// @VERSION@ and @DATE@ stand within a line.

#include <string>
#include <string_view>

namespace roster::manual {

// The page of a template. Throws std::runtime_error at a line that stands for nothing known.
std::string MakePage(std::string_view source);

// Text as man(7) prints it, character by character: what roff would take for its own is escaped,
// and - is the sign that can be copied into a shell.
std::string Escaped(std::string_view text);

}  // namespace roster::manual
