#include "client/command_line.h"

#include <CLI/CLI.hpp>

namespace roster::client {
namespace {

OptionLine LineOf(const CLI::Option& option, const ValuesOf& values) {
  OptionLine line;
  for (const std::string& name : option.get_snames()) line.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) line.names.push_back("--" + name);
  line.help = option.get_description();
  line.required = option.get_required();
  line.many = option.get_items_expected_max() > 1;
  line.separated = option.get_delimiter() != '\0';
  line.fallback = option.get_default_str();
  if (const auto at = values.find(&option); at != values.end()) line.values = at->second;
  if (line.IsPlace()) {
    line.value = option.get_name(true);
  } else if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();  // "SECONDS:INT in [1 - 3600]"
    const std::size_t colon = type.find(':');
    line.value = type.substr(0, colon);
    if (colon != std::string::npos) line.range = type.substr(colon + 1);
  }
  return line;
}

}  // namespace

CommandLine Describe(const CLI::App& app, const ValuesOf& values) {
  CommandLine line;
  line.name = app.get_name();
  line.summary = app.get_description();
  line.text = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    line.options.push_back(LineOf(*option, values));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    line.commands.push_back(Describe(*command, values));
  }
  return line;
}

}  // namespace roster::client
