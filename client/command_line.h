#pragma once

// A command line as a value: for the manual, for completion, and for tests. Made from CLI11's own
// description of it, so that what is documented is what is parsed.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace roster::client {

// What CLI11 does not tell of an option's values.
struct Values {
  enum class Kind : std::uint8_t { kText, kFile, kFolder };
  Kind kind = Kind::kText;
  std::vector<std::string> words;  // all that is allowed; empty: no closed set
};
using ValuesOf = std::map<const CLI::Option*, Values>;

struct OptionLine {
  std::vector<std::string> names;  // "-h", "--help"; empty: it goes by its place
  std::string value;               // "STATUS"; of one that goes by its place its name; "" of a flag
  std::string range;               // "INT in [1 - 3600]", or ""
  std::string help;
  std::string fallback;  // "" when there is none
  Values values;
  bool required = false;
  bool many = false;       // may be given several times
  bool separated = false;  // A,B is two

  bool IsFlag() const { return value.empty(); }
  bool IsPlace() const { return names.empty(); }
};

struct CommandLine {
  std::string name;
  std::string summary;
  std::string text;  // what it teaches below its options
  std::vector<OptionLine> options;
  std::vector<CommandLine> commands;
};

// `values` may lack options.
CommandLine Describe(const CLI::App& app, const ValuesOf& values = {});

}  // namespace roster::client
