// Completion, driven in the real shells: what they offer is what the command line takes.

#include "client/completion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "client/arguments.h"
#include "client/help.h"
#include "tests/unit/tools.h"

namespace roster::client {
namespace {

namespace fs = std::filesystem;
using Words = std::set<std::string>;

struct Case {
  std::string line;  // up to the cursor
  Words offered;
};

class Completion : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "completion-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
  }

  // What stands in the file `out`: "@" begins the next case, then a word a line.
  void ExpectOffered(const std::vector<Case>& cases, const std::string& said) const {
    std::ifstream file(Path("out"));
    std::vector<Words> offered;
    for (std::string line; std::getline(file, line);) {
      if (line == "@") {
        offered.emplace_back();
      } else if (!line.empty() && !offered.empty()) {
        offered.back().insert(line);
      }
    }
    ASSERT_EQ(offered.size(), cases.size()) << said;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      EXPECT_EQ(offered[i], cases[i].offered) << "at: " << cases[i].line << "\n" << said;
    }
  }

  std::string directory_;
};

Words Names(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

// Every closed set of words, of options and of places, and what leads there.
std::vector<Case> ClosedSets() {
  std::vector<Case> cases;
  for (const CommandLine& command : DescribeArguments().commands) {
    std::string places;
    for (const OptionLine& option : command.options) {
      const std::vector<std::string>& words = option.values.words;
      if (option.IsPlace()) {
        if (!words.empty())
          cases.push_back({"rosterctl " + command.name + places + " ", Names(words)});
        places += " " + (words.empty() ? "7" : words.front());
      } else if (!words.empty()) {
        cases.push_back(
            {"rosterctl " + command.name + " " + option.names.back() + " ", Names(words)});
      }
    }
  }
  return cases;
}

std::vector<Case> Cases() {
  std::vector<Case> cases = ClosedSets();
  cases.push_back({"rosterctl ", Names(CommandNames())});
  cases.push_back({"rosterctl --school tcs ", Names(CommandNames())});
  cases.push_back({"rosterctl --json us", {"users"}});
  cases.push_back({"rosterctl --timeout 5 users --status sk", {"skipped"}});
  cases.push_back({"rosterctl users --school tcs --status se", {"selected"}});
  cases.push_back({"rosterctl users --never", {}});
  cases.push_back({"rosterctl invite --never", {"--never-accessed"}});
  cases.push_back({"rosterctl invite --server", {"--server-key"}});
  return cases;
}

TEST_F(Completion, ThereAreTheClosedSetsOfTheCode) {
  Words lines;
  for (const Case& one : ClosedSets()) lines.insert(one.line);
  for (const char* line :
       {"rosterctl users --status ", "rosterctl users --situation ", "rosterctl users --bucket ",
        "rosterctl plan --action ", "rosterctl tasks --state ", "rosterctl tasks --action ",
        "rosterctl events --type ", "rosterctl journal --type ", "rosterctl sync --only ",
        "rosterctl exclude ", "rosterctl journal ", "rosterctl completion "}) {
    EXPECT_TRUE(lines.contains(line)) << line;
  }
}

TEST_F(Completion, TheProgramPrintsIt) {
  for (const std::string& shell : kShells) {
    const auto [code, script] = tools::Run(std::string(ROSTERCTL) + " completion " + shell);
    EXPECT_EQ(code, 0);
    EXPECT_EQ(script, CompletionFor(shell, DescribeArguments()));
  }
}

// As bash calls it: the words in COMP_WORDS, split at = too.
TEST_F(Completion, Bash) {
  if (!tools::Has("bash")) GTEST_SKIP() << "bash is not installed";
  auto cases = Cases();
  cases.push_back({"rosterctl users --status = ne", {"new"}});
  cases.push_back(
      {"rosterctl users --status =", Names({"all", "error", "new", "selected", "skipped"})});
  cases.push_back({"rosterctl sync --only add,res", {"add,restore"}});
  cases.push_back({"rosterctl --key " + Path("rosterctl.ba"), {Path("rosterctl.bash")}});
  Write("rosterctl.bash", CompletionFor("bash", DescribeArguments()));
  std::string script = "set -u\nsource " + Path("rosterctl.bash") +
                       "\ncomplete -p rosterctl || exit 1\nexec > " + Path("out") + "\n";
  for (const Case& one : cases) {
    std::istringstream words(one.line);
    std::string list;
    int count = 0;
    for (std::string word; words >> word; ++count) list += " '" + word + "'";
    if (one.line.ends_with(' ')) {
      list += " ''";
      ++count;
    }
    script += "echo @; COMP_WORDS=(" + list + "); COMP_CWORD=" + std::to_string(count - 1) +
              "; _rosterctl; ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' \"${COMPREPLY[@]}\"\n";
  }
  Write("drive", script);
  const auto [code, said] = tools::Run("bash --norc --noprofile " + Path("drive"));
  EXPECT_EQ(code, 0) << said;
  EXPECT_EQ(said, "complete -F _rosterctl rosterctl\n");
  ExpectOffered(cases, said);
}

// In an interactive zsh, on a terminal of its own: what is handed to compadd and fits.
TEST_F(Completion, Zsh) {
  if (!tools::Has("zsh")) GTEST_SKIP() << "zsh is not installed";
  auto cases = Cases();
  cases.push_back({"rosterctl users --status=ne", {"new"}});
  cases.push_back({"rosterctl sync --only add,res", {"restore"}});
  fs::create_directory(Path("functions"));
  Write("functions/_rosterctl", CompletionFor("zsh", DescribeArguments()));
  std::string lines;
  for (const Case& one : cases) lines += " '" + one.line + "'";
  Write("inner", "fpath=(" + Path("functions") + R"( $fpath)
autoload -Uz compinit
compinit -u -D
zstyle ':completion:*' completer _complete
compadd() {
  if (( ${@[(I)-[OAD]]} )); then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -O hits "$@"
  (( $#hits )) && print -rl -- $hits >> )" +
                     Path("out") + R"(
  builtin compadd "$@"
}
zle-line-init() {
  local line
  for line in)" + lines +
                     R"(; do
    BUFFER=$line CURSOR=$#line
    print @ >> )" + Path("out") +
                     R"(
    zle complete-word
  done
  BUFFER=exit
  zle accept-line
}
zle -N zle-line-init
)");
  Write("drive",
        "zmodload zsh/zpty\nexport TERM=dumb\nzpty inner zsh -f -i\nzpty -w inner 'source " +
            Path("inner") +
            "'\nwhile zpty -r inner text; do print -rn -- $text; done\nzpty -d inner\n");
  const auto [code, said] = tools::Run("timeout 60 zsh -f " + Path("drive"));
  ExpectOffered(cases, said);
}

TEST_F(Completion, Fish) {
  if (!tools::Has("fish")) GTEST_SKIP() << "fish is not installed";
  auto cases = Cases();
  cases.push_back({"rosterctl users --status=ne", {"--status=new"}});
  cases.push_back({"rosterctl sync --only add,res", {"add,restore"}});
  Write("rosterctl.fish", CompletionFor("fish", DescribeArguments()));
  std::string script = "source " + Path("rosterctl.fish") + "\n";
  for (const Case& one : cases) {
    script += "echo @ >> " + Path("out") + "\ncomplete -C '" + one.line +
              "' | string replace -r '\\t.*' '' >> " + Path("out") + "\n";
  }
  Write("drive", script);
  const auto [code, said] = tools::Run("HOME=" + directory_ + " fish --no-config " + Path("drive"));
  EXPECT_EQ(said, "");
  ExpectOffered(cases, said);
}

}  // namespace
}  // namespace roster::client
