#include "client/completion.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/text.h"

namespace roster::client {
namespace {

using Kind = Values::Kind;

std::string Joined(const std::vector<std::string>& words, const char* between = " ") {
  return fmt::format("{}", fmt::join(words, between));
}

std::vector<std::string> NamesOf(const std::vector<OptionLine>& options) {
  std::vector<std::string> names;
  for (const OptionLine& option : options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// The program and each of its commands.
std::vector<const CommandLine*> Levels(const CommandLine& program) {
  std::vector<const CommandLine*> levels = {&program};
  for (const CommandLine& command : program.commands) levels.push_back(&command);
  return levels;
}

// Of a command itself; its help stands with those of the program.
std::vector<OptionLine> OwnOptions(const CommandLine& program, const CommandLine& level) {
  std::vector<OptionLine> own;
  const std::vector<std::string> all = NamesOf(program.options);
  for (const OptionLine& option : level.options) {
    const bool known = &level != &program && !option.IsPlace() &&
                       std::find(all.begin(), all.end(), option.names.back()) != all.end();
    if (!known) own.push_back(option);
  }
  return own;
}

std::vector<OptionLine> PlacesOf(const CommandLine& level) {
  std::vector<OptionLine> places;
  for (const OptionLine& option : level.options) {
    if (option.IsPlace()) places.push_back(option);
  }
  return places;
}

// ---- bash

// The arms of a case: "COMMAND:OPTION) what to do ;;".
std::string BashReply(const OptionLine& option) {
  if (option.values.kind == Kind::kFile) return "_rosterctl_paths -f";
  if (option.values.kind == Kind::kFolder) return "_rosterctl_paths -d";
  if (option.values.words.empty()) return ":";
  return fmt::format("{} '{}'", option.separated ? "_rosterctl_list" : "_rosterctl_words",
                     Joined(option.values.words));
}

std::string Bash(const CommandLine& program) {
  std::string valued;   // patterns of options that take a value
  std::string values;   // what it may be
  std::string options;  // the options of each command
  std::string places;
  for (const CommandLine* level : Levels(program)) {
    const bool top = level == &program;
    const std::string name = top ? "*" : level->name;
    std::vector<std::string> names;
    for (const OptionLine& option : OwnOptions(program, *level)) {
      std::vector<std::string> patterns;
      for (const std::string& one : option.names) patterns.push_back(name + ":" + one);
      names.insert(names.end(), option.names.begin(), option.names.end());
      if (option.IsPlace() || option.IsFlag()) continue;
      valued +=
          fmt::format("{}{}", valued.empty() ? "" : " | \\\n        ", Joined(patterns, " | "));
      values += fmt::format("      {}) {} ;;\n", Joined(patterns, " | "), BashReply(option));
    }
    if (!top) options += fmt::format("      {}) words='{}' ;;\n", level->name, Joined(names));
    std::size_t place = 0;
    for (const OptionLine& option : PlacesOf(*level)) {
      const std::string reply = BashReply(option);
      if (reply != ":") places += fmt::format("    {}:{}) {} ;;\n", level->name, place, reply);
      ++place;
    }
  }
  std::vector<std::string> commands;
  for (const CommandLine& command : program.commands) commands.push_back(command.name);
  std::string script = R"(# Completion of rosterctl for bash. Made by: rosterctl completion bash

_rosterctl_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

# Of A,B,C the last one.
_rosterctl_list() {
  local head=
  [[ $cur != *,* ]] || head=${cur%,*},
  mapfile -t COMPREPLY < <(compgen -P "$head" -W "$1" -- "${cur##*,}")
}

_rosterctl_paths() {
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

_rosterctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} command='' option='' places=0 words word i
  COMPREPLY=()
  # bash makes three words of --option=value.
  [[ $cur != = ]] || cur=
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    [[ $word != = ]] || continue
    if [[ -n $option ]]; then
      option=
      continue
    fi
    case $command:$word in
      @VALUED@) option=$word ;;
      *:-*) ;;
      :*) command=$word ;;
      *) places=$((places + 1)) ;;
    esac
  done

  if [[ -n $option ]]; then
    case $command:$option in
@VALUES@    esac
    return
  fi
  if [[ $cur == -* ]]; then
    words=
    case $command in
@OPTIONS@    esac
    _rosterctl_words "$words @GLOBAL@"
    return
  fi
  if [[ -z $command ]]; then
    _rosterctl_words '@COMMANDS@'
    return
  fi
  case $command:$places in
@PLACES@  esac
}

complete -F _rosterctl rosterctl
)";
  script = Replaced(std::move(script), "@VALUED@", valued);
  script = Replaced(std::move(script), "@VALUES@", values);
  script = Replaced(std::move(script), "@OPTIONS@", options);
  script = Replaced(std::move(script), "@GLOBAL@", Joined(NamesOf(program.options)));
  script = Replaced(std::move(script), "@COMMANDS@", Joined(commands));
  return Replaced(std::move(script), "@PLACES@", places);
}

// ---- zsh

// Within '...', in brackets or before a colon of _arguments.
std::string ZshText(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return Replaced(std::move(out), "'", R"('\'')");
}

// ":STATUS:(new selected)"
std::string ZshValue(const OptionLine& option) {
  std::string action = " ";
  if (option.values.kind == Kind::kFile) action = "_files";
  if (option.values.kind == Kind::kFolder) action = "_files -/";
  if (!option.values.words.empty()) {
    action = option.separated
                 ? fmt::format("{{_values -s , {} {}}}", option.value, Joined(option.values.words))
                 : "(" + Joined(option.values.words) + ")";
  }
  return fmt::format(":{}:{}", ZshText(option.value), action);
}

std::string ZshOptions(const std::vector<OptionLine>& options) {
  std::string lines;
  for (const OptionLine& option : options) {
    for (const std::string& name : option.names) {
      const bool is_long = name.starts_with("--");
      lines += fmt::format(" \\\n        '{}{}{}[{}]{}'", option.many ? "*" : "", name,
                           option.IsFlag() ? ""
                           : is_long       ? "="
                                           : "+",
                           ZshText(option.help), option.IsFlag() ? "" : ZshValue(option));
    }
  }
  return lines;
}

std::string ZshPlaces(const CommandLine& level) {
  std::string lines;
  std::size_t place = 0;
  for (const OptionLine& option : PlacesOf(level)) {
    const std::string where = option.many ? "*" : std::to_string(++place);
    lines += fmt::format(" \\\n        '{}{}'", where, ZshValue(option));
  }
  return lines;
}

std::string Zsh(const CommandLine& program) {
  std::string commands;
  std::string arms;
  for (const CommandLine& command : program.commands) {
    commands +=
        fmt::format("    '{}:{}'\n", command.name, Replaced(command.summary, "'", R"('\'')"));
    arms += fmt::format("    {})\n      _arguments -s \\\n        $whole{}{}\n      ;;\n",
                        command.name, ZshOptions(OwnOptions(program, command)), ZshPlaces(command));
  }
  std::string script = R"(#compdef rosterctl
# Completion of rosterctl for zsh. Made by: rosterctl completion zsh

_rosterctl() {
  local curcontext=$curcontext state line
  local -a commands whole
  typeset -A opt_args
  commands=(
@COMMANDS@  )
  whole=(@WHOLE@
  )
  _arguments -s -C \
    $whole \
    '(-)1:command:->command' \
    '(-)*::argument:->argument' && return
  if [[ $state == command ]]; then
    _describe -t commands command commands
    return
  fi
  case $line[1] in
@ARMS@  esac
}

if [[ $funcstack[1] == _rosterctl ]]; then
  _rosterctl "$@"
else
  compdef _rosterctl rosterctl
fi
)";
  std::string whole = Replaced(ZshOptions(program.options), " \\\n        ", "\n    ");
  script = Replaced(std::move(script), "@COMMANDS@", commands);
  script = Replaced(std::move(script), "@WHOLE@", whole);
  return Replaced(std::move(script), "@ARMS@", arms);
}

// ---- fish

std::string FishText(std::string text) {
  text = Replaced(std::move(text), "\\", "\\\\");
  return "'" + Replaced(std::move(text), "'", "\\'") + "'";
}

// What may stand there: " -x -a 'new selected'".
std::string FishValue(const OptionLine& option) {
  if (option.values.kind == Kind::kFile) return " -r -F";
  if (option.values.kind == Kind::kFolder) return " -x -a '(__fish_complete_directories)'";
  if (option.values.words.empty()) return " -x";
  if (option.separated) {
    return fmt::format(" -x -a '(__fish_append , {})'", Joined(option.values.words));
  }
  return fmt::format(" -x -a '{}'", Joined(option.values.words));
}

std::string FishOptions(const std::string& condition, const std::vector<OptionLine>& options) {
  std::string lines;
  for (const OptionLine& option : options) {
    if (option.IsPlace()) continue;
    std::string names;
    for (const std::string& name : option.names) {
      const bool is_long = name.starts_with("--");
      names += (is_long ? " -l " : " -s ") + name.substr(is_long ? 2 : 1);
    }
    lines += fmt::format("complete -c rosterctl{}{}{} -d {}\n", condition, names,
                         option.IsFlag() ? "" : FishValue(option), FishText(option.help));
  }
  return lines;
}

std::string Fish(const CommandLine& program) {
  std::vector<std::string> valued;  // COMMAND:OPTION; ":OPTION" of the program's own
  std::string lines = FishOptions("", program.options);
  for (const CommandLine* level : Levels(program)) {
    const bool top = level == &program;
    for (const OptionLine& option : OwnOptions(program, *level)) {
      if (option.IsFlag() || option.IsPlace()) continue;
      for (const std::string& name : option.names) {
        valued.push_back((top ? "" : level->name) + ":" + name);
      }
    }
    if (top) continue;
    lines += fmt::format("complete -c rosterctl -n '__rosterctl_at \"\"' -a {} -d {}\n",
                         level->name, FishText(level->summary));
    lines += FishOptions(fmt::format(" -n '__rosterctl_at {}'", level->name),
                         OwnOptions(program, *level));
    std::size_t place = 0;
    for (const OptionLine& option : PlacesOf(*level)) {
      const std::string value = FishValue(option);
      if (value != " -x") {
        lines += fmt::format("complete -c rosterctl -n '__rosterctl_at {} {}'{}\n", level->name,
                             place, Replaced(value, " -r -F", " -F"));
      }
      ++place;
    }
  }
  std::string script = R"(# Completion of rosterctl for fish. Made by: rosterctl completion fish

# Whether the command is COMMAND ("" before there is one), with so many words behind it.
function __rosterctl_at --argument-names wanted count
    set -l valued @VALUED@
    set -l command ""
    set -l places 0
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
        else if contains -- :$word $valued; or contains -- $command:$word $valued
            set skip 1
        else if string match -q -- '-*' $word
            continue
        else if test -z "$command"
            set command $word
        else
            set places (math $places + 1)
        end
    end
    test "$command" = "$wanted"; and begin
        test -z "$count"; or test $places = $count
    end
end

complete -c rosterctl -f
@LINES@)";
  script = Replaced(std::move(script), "@VALUED@", Joined(valued));
  return Replaced(std::move(script), "@LINES@", lines);
}

}  // namespace

std::string CompletionFor(std::string_view shell, const CommandLine& program) {
  if (shell == "bash") return Bash(program);
  if (shell == "zsh") return Zsh(program);
  return Fish(program);
}

}  // namespace roster::client
