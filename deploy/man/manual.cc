#include "deploy/man/manual.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "client/arguments.h"
#include "client/command_line.h"
#include "client/notify/arguments.h"
#include "client/notify/keys.h"
#include "client/text.h"
#include "daemon/arguments/arguments.h"
#include "daemon/config/keys.h"

namespace roster::manual {
namespace {

using client::CommandLine;
using client::OptionLine;
using client::Replaced;

// The day of the last change of the pages' words; written by hand, so that a build can be repeated.
constexpr const char* kDate = "2026-11-28";

template <typename Arguments, typename Adder>
CommandLine LineOf(Adder add) {
  CLI::App app;
  Arguments arguments;
  add(app, arguments);
  return client::Describe(app);
}

CommandLine Program(const std::string& name) {
  if (name == "rosterctl") return client::DescribeArguments();
  if (name == "rosterd") {
    return LineOf<arguments::Daemon>([](auto& app, auto& into) { arguments::Add(app, into); });
  }
  if (name == "roster-worker") {
    return LineOf<arguments::Worker>([](auto& app, auto& into) { arguments::Add(app, into); });
  }
  if (name == "roster-notify") {
    return LineOf<notify::Arguments>([](auto& app, auto& into) { notify::Add(app, into); });
  }
  throw std::runtime_error("there is no program " + name);
}

std::string Bold(const std::string& text) { return "\\fB" + Escaped(text) + "\\fR"; }
std::string Italic(const std::string& text) { return "\\fI" + Escaped(text) + "\\fR"; }

// A line of running text: what begins it is no request of roff.
std::string TextLine(const std::string& text) {
  const bool like_a_request = text.starts_with('.') || text.starts_with('\'');
  return (like_a_request ? "\\&" : "") + Escaped(text) + "\n";
}

// A capital at its beginning and a full stop at its end.
std::string Sentence(std::string text) {
  if (text.empty()) return text;
  if (text.size() > 1 && text[0] >= 'a' && text[0] <= 'z' && text[1] != '-') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  if (!text.ends_with('.')) text += '.';
  return text;
}

// "--status STATUS", "ID..."
std::string Form(const OptionLine& option) {
  if (option.IsPlace()) return Italic(option.value) + (option.many ? "..." : "");
  std::string form;
  for (const std::string& name : option.names) form += (form.empty() ? "" : ", ") + Bold(name);
  return form + (option.IsFlag() ? "" : " " + Italic(option.value));
}

std::string OptionsText(const std::vector<OptionLine>& options) {
  std::string text;
  for (const OptionLine& option : options) {
    text += ".TP\n" + Form(option) + "\n";
    // A help that only lists the words begins with one, which has no capital.
    const std::vector<std::string>& words = option.values.words;
    const bool lists = !words.empty() && option.help.starts_with(words.front());
    std::string help = lists ? option.help + "." : Sentence(option.help);
    if (option.required && !option.IsPlace()) help += " Required.";
    if (!option.fallback.empty()) help += " Default: " + option.fallback + ".";
    text += TextLine(help);
    const std::string listed = fmt::format("{}", fmt::join(words, ", "));
    if (!words.empty() && Replaced(help, " or ", ", ").find(listed) == std::string::npos) {
      text += ".br\n" + TextLine("Words: " + listed + ".");
    }
  }
  return text;
}

// "[--status STATUS] [ID...]", without the help flag that each has.
std::string SynopsisText(const CommandLine& line) {
  std::string text;
  for (const bool places : {false, true}) {
    for (const OptionLine& option : line.options) {
      if (option.IsPlace() != places) continue;
      if (!option.names.empty() && option.names.back() == "--help") continue;
      const std::string form = Form(option);
      text += "\n" + (option.required ? form : "[" + form + "]");
    }
  }
  return text;
}

// What a command teaches: indented lines are to be typed, the others are running text.
std::string TaughtText(const std::string& taught) {
  std::string text;
  bool example = false;
  bool fresh = true;
  std::istringstream lines(taught);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Also: ")) continue;  // they stand with the options of the program
    const bool typed = line.starts_with("  ");
    if (typed != example) {
      text += typed ? ".RS 4\n.EX\n" : ".EE\n.RE\n";
      example = typed;
    }
    if (line.empty()) {
      fresh = true;
      continue;
    }
    if (fresh && !typed) text += ".PP\n";
    fresh = false;
    text += TextLine(typed ? line.substr(2) : line);
  }
  if (example) text += ".EE\n.RE\n";
  return text;
}

std::string CommandsText() {
  std::string text;
  for (const CommandLine& command : Program("rosterctl").commands) {
    text += ".SS " + Escaped(command.name) + "\n";
    text += TextLine(Sentence(command.summary));
    text += ".PP\n" + Bold("rosterctl " + command.name) + SynopsisText(command) + "\n";
    text += TaughtText(command.text);
    std::vector<OptionLine> own;
    for (const OptionLine& option : command.options) {
      if (option.names.empty() || option.names.back() != "--help") own.push_back(option);
    }
    text += OptionsText(own);
  }
  return text;
}

struct KeyLine {
  std::string path;
  std::string help;
  std::string allowed;
  std::string fallback;
  bool required = false;
};

std::string KeysText(const std::vector<KeyLine>& keys) {
  std::string text;
  for (const KeyLine& key : keys) {
    const bool top = key.path.find_first_of(".[") == std::string::npos;
    if (top) text += ".SS " + Escaped(key.path) + "\n";
    text += ".TP\n" + Bold(key.path) + "\n" + TextLine(key.help);
    // An item of a list is there, or the list is shorter.
    const bool item = key.path.ends_with("[]") || key.path.ends_with("*");
    std::string rule = "Allowed: " + key.allowed + ".";
    if (!key.fallback.empty()) rule += " Default: " + key.fallback + ".";
    if (key.required && !item) rule += " Required.";
    text += ".br\n" + TextLine(rule);
  }
  return text;
}

template <typename Keys, typename Allowed>
std::vector<KeyLine> KeyLines(const Keys& keys, Allowed allowed) {
  std::vector<KeyLine> lines;
  lines.reserve(keys.size());
  for (const auto& key : keys) {
    lines.push_back({std::string(key.path), std::string(key.help), allowed(key),
                     std::string(key.fallback), key.required});
  }
  return lines;
}

std::string Keys(const std::string& file) {
  if (file == "rosterd.yaml") return KeysText(KeyLines(config::Keys(), config::AllowedText));
  if (file == "roster-notify.yaml") return KeysText(KeyLines(notify::Keys(), notify::AllowedText));
  throw std::runtime_error("there is no config file " + file);
}

// What "@NAME ARGUMENT" stands for.
std::string Expanded(const std::string& line) {
  std::istringstream words(line);
  std::string name;
  std::string argument;
  words >> name >> argument;
  if (name == "@options") return OptionsText(Program(argument).options);
  if (name == "@synopsis") return Bold(argument) + SynopsisText(Program(argument)) + "\n";
  if (name == "@commands") return CommandsText();
  if (name == "@keys") return Keys(argument);
  throw std::runtime_error("a page has the unknown line " + line);
}

// Lines of running text of at most 78 bytes, which man(7) asks for; what is to be typed stays as it
// is.
std::string Wrapped(const std::string& page) {
  constexpr std::size_t kWidth = 78;
  std::string out;
  bool typed = false;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line == ".EX" || line == ".EE") typed = line == ".EX";
    while (!typed && !line.starts_with('.') && line.size() > kWidth) {
      std::size_t at = line.rfind(' ', kWidth);
      if (at == std::string::npos) at = line.find(' ');
      if (at == std::string::npos) break;
      out += line.substr(0, at) + "\n";
      line.erase(0, at + 1);
      if (line.starts_with('.')) line.insert(0, "\\&");
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::string Escaped(std::string_view text) {
  static const std::map<char, std::string_view> kEscapes = {
      {'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"}, {'`', "\\(ga"},
      {'^', "\\(ha"}, {'~', "\\(ti"}, {'"', "\\(dq"}};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto escape = kEscapes.find(text[i]);
    if (text.substr(i).starts_with("→")) {
      out += "\\(->";
      i += std::string_view("→").size() - 1;
    } else if (escape != kEscapes.end()) {
      out += escape->second;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string MakePage(std::string_view source) {
  std::string page;
  std::istringstream lines{std::string(source)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('@') && !line.starts_with("@VERSION@") && !line.starts_with("@DATE@")) {
      page += Expanded(line);
      continue;
    }
    for (const auto& [word, value] :
         {std::pair<std::string, std::string>{"@VERSION@", ROSTER_VERSION}, {"@DATE@", kDate}}) {
      if (const std::size_t at = line.find(word); at != std::string::npos) {
        line.replace(at, word.size(), value);
      }
    }
    page += line + "\n";
  }
  return Wrapped(page);
}

}  // namespace roster::manual
