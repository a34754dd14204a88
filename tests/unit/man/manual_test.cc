// The manual: what the tables and the programs say is on the pages, and other readers of man(7)
// have nothing against them.

#include "deploy/man/manual.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "client/arguments.h"
#include "client/help.h"
#include "client/notify/keys.h"
#include "daemon/config/keys.h"
#include "tests/unit/tools.h"

namespace roster::manual {
namespace {

const std::vector<std::string> kPages = {"rosterctl.1",     "rosterd.8",
                                         "roster-worker.8", "roster-notify.8",
                                         "rosterd.yaml.5",  "roster-notify.yaml.5"};

std::string PathOf(const std::string& page) {
  return std::string(ROSTER_BUILD_DIR) + "/man/" + page;
}

std::string Source(const std::string& page) {
  std::ifstream file(PathOf(page));
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << page << " is not built";
  return text.str();
}

// man(7) as one reads it: without requests, fonts and escapes, in one line.
std::string Plain(const std::string& source) {
  static const std::vector<std::pair<std::string, std::string>> kEscapes = {
      {"\\fB", ""},   {"\\fI", ""},   {"\\fR", ""},   {"\\&", ""},    {"\\-", "-"},
      {"\\(aq", "'"}, {"\\(ga", "`"}, {"\\(ha", "^"}, {"\\(ti", "~"}, {"\\(dq", "\""},
      {"\\(->", "→"}, {"\\~", " "},   {"\\e", "\\"}};
  std::string plain;
  std::istringstream lines(source);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('.')) continue;
    for (std::size_t at = 0; at < line.size();) {
      bool escaped = false;
      for (const auto& [escape, text] : kEscapes) {
        if (line.compare(at, escape.size(), escape) != 0) continue;
        plain += text;
        at += escape.size();
        escaped = true;
        break;
      }
      if (!escaped) plain += line[at++];
    }
    plain += ' ';
  }
  return plain;
}

std::vector<std::string> SplitAt(const std::string& text, const std::string& mark) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find(mark, from)) != std::string::npos;) {
    parts.push_back(text.substr(from, at - from));
    from = at + mark.size();
  }
  parts.push_back(text.substr(from));
  return parts;
}

// Tagged paragraphs by their tags: "schools[].facts.tier" -> what is said of it.
std::map<std::string, std::string> Paragraphs(const std::string& source) {
  std::map<std::string, std::string> paragraphs;
  for (std::string part : SplitAt(source, "\n.TP\n")) {
    part = part.substr(0, part.find("\n.S"));
    const std::size_t end = part.find('\n');
    if (end == std::string::npos) continue;
    std::string tag = Plain(part.substr(0, end));
    while (tag.ends_with(' ')) tag.pop_back();
    paragraphs[tag] += Plain(part.substr(end + 1));
  }
  return paragraphs;
}

template <typename Keys, typename Allowed>
void ExpectKeys(const std::string& page, const Keys& keys, Allowed allowed) {
  const auto paragraphs = Paragraphs(Source(page));
  for (const auto& key : keys) {
    const std::string path(key.path);
    ASSERT_TRUE(paragraphs.contains(path)) << page << " lacks " << path;
    const std::string& text = paragraphs.at(path);
    EXPECT_NE(text.find(std::string(key.help)), std::string::npos) << path << ": " << text;
    EXPECT_FALSE(key.help.empty()) << path;
    EXPECT_NE(text.find("Allowed: " + allowed(key) + "."), std::string::npos)
        << path << ": " << text;
    for (const std::string_view word : key.words) {
      EXPECT_NE(text.find(std::string(word)), std::string::npos) << path << ": " << word;
    }
    const bool has_default =
        text.find("Default: " + std::string(key.fallback) + ".") != std::string::npos;
    EXPECT_EQ(has_default, !key.fallback.empty()) << path << ": " << text;
    const bool item = path.ends_with("[]") || path.ends_with("*");
    EXPECT_EQ(text.find(" Required.") != std::string::npos, key.required && !item) << path;
  }
}

TEST(Manual, EveryKeyOfTheConfigIsThereWithItsRangeItsDefaultAndWhatItMeans) {
  ExpectKeys("rosterd.yaml.5", config::Keys(), config::AllowedText);
}

TEST(Manual, EveryKeyOfTheNotifiersConfigIsThere) {
  ExpectKeys("roster-notify.yaml.5", notify::Keys(), notify::AllowedText);
}

TEST(Manual, EveryWordOfAClosedSetIsThere) {
  const std::string page = Plain(Source("rosterctl.1"));
  int sets = 0;
  for (const client::CommandLine& command : client::DescribeArguments().commands) {
    for (const client::OptionLine& option : command.options) {
      sets += option.values.words.empty() ? 0 : 1;
      for (const std::string& word : option.values.words) {
        EXPECT_NE(page.find(word), std::string::npos) << command.name << ": " << word;
      }
    }
  }
  EXPECT_GT(sets, 20);
}

// What `PROGRAM ... --help` shows as options: "--status", "-h", and the names of those that go by
// their place.
std::vector<std::string> OptionsOf(const std::string& command) {
  const auto [code, help] = tools::Run(std::string(ROSTER_BUILD_DIR) + "/" + command + " --help");
  EXPECT_EQ(code, 0) << help;
  std::vector<std::string> names;
  bool inside = false;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    if (line == "Options:" || line == "Positionals:")
      inside = true;
    else if (!line.starts_with("  "))
      inside = false;
    else if (inside && line[2] != ' ')
      names.push_back(line.substr(2, line.find_first_of(" ,", 2) - 2));
  }
  EXPECT_FALSE(names.empty()) << help;
  return names;
}

void ExpectOptions(const std::string& source, const std::string& command) {
  const auto paragraphs = Paragraphs(source);
  for (const std::string& name : OptionsOf(command)) {
    if (name == "-h") continue;  // with those of the program
    bool found = false;
    for (const auto& [tag, text] : paragraphs) {
      found = found || tag == name || tag.starts_with(name + " ") ||
              tag.starts_with(name + "...") || tag.starts_with(name + ",");
    }
    EXPECT_TRUE(found) << command << ": " << name;
  }
}

TEST(Manual, EveryOptionOfTheProgramsIsThere) {
  ExpectOptions(Source("rosterd.8"), "daemon/rosterd");
  ExpectOptions(Source("roster-worker.8"), "daemon/roster-worker");
  ExpectOptions(Source("roster-notify.8"), "client/notify/roster-notify");
  const std::string rosterctl = Source("rosterctl.1");
  ExpectOptions(rosterctl.substr(0, rosterctl.find("\n.SH COMMANDS")), "client/rosterctl");
}

TEST(Manual, EveryCommandIsThereWithItsOptionsExamplesAndExitCodes) {
  const std::string page = Source("rosterctl.1");
  std::map<std::string, std::string> commands;
  for (const std::string& part : SplitAt(page.substr(0, page.find("\n.SH FILES")), "\n.SS ")) {
    commands[part.substr(0, part.find('\n'))] = part;
  }
  for (const std::string& name : client::CommandNames()) {
    ASSERT_TRUE(commands.contains(name)) << name;
    const std::string& source = commands.at(name);
    ExpectOptions(source, "client/rosterctl " + name);
    const std::string text = Plain(source);
    EXPECT_NE(text.find("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("Example"), std::string::npos) << text;
    // Each line that is to be typed, as --help has it.
    std::istringstream taught(client::HelpOf(name).text);
    for (std::string line; std::getline(taught, line);) {
      if (!line.starts_with("  ")) continue;
      EXPECT_NE(text.find(line.substr(2)), std::string::npos) << line;
    }
  }
}

TEST(Manual, EachPageHasTheUsualSections) {
  for (const std::string& page : kPages) {
    const std::string source = Source(page);
    for (const char* section : {"NAME", "DESCRIPTION", "FILES", "EXAMPLES", "SEE ALSO"}) {
      EXPECT_NE(source.find(std::string("\n.SH ") + section + "\n"), std::string::npos)
          << page << ": " << section;
    }
    if (page.ends_with(".5")) continue;
    for (const char* section :
         {"SYNOPSIS", "OPTIONS", "ENVIRONMENT", "EXIT STATUS", "SIGNALS", "SECURITY"}) {
      EXPECT_NE(source.find(std::string("\n.SH ") + section + "\n"), std::string::npos)
          << page << ": " << section;
    }
  }
}

TEST(Manual, AnUnknownLineOfATemplateIsRefused) {
  EXPECT_THROW(MakePage("@keys rosterd.yml\n"), std::runtime_error);
  EXPECT_THROW(MakePage("@options rosterdd\n"), std::runtime_error);
  EXPECT_THROW(MakePage("@nonsense\n"), std::runtime_error);
}

TEST(Manual, TextIsShownAsItIs) {
  const std::string text = R"(a-b \n 'x' "y" `z` ^ ~ → $)";
  EXPECT_EQ(Plain(Escaped(text)), text + " ");
}

TEST(Manual, ManHasNoWarnings) {
  if (!tools::Has("man") || !tools::Has("groff"))
    GTEST_SKIP() << "man-db or groff is not installed";
  for (const std::string& page : kPages) {
    const auto [code, said] =
        tools::Run("LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 -Z " +
                   PathOf(page) + " >/dev/null");
    EXPECT_EQ(code, 0) << said;
    EXPECT_EQ(said, "") << page;
  }
}

TEST(Manual, MandocFindsNothing) {
  if (!tools::Has("mandoc")) GTEST_SKIP() << "mandoc is not installed";
  for (const std::string& page : kPages) {
    const auto [code, said] = tools::Run("mandoc -T lint " + PathOf(page));
    EXPECT_EQ(code, 0) << said;
    EXPECT_EQ(said, "") << page;
  }
}

}  // namespace
}  // namespace roster::manual
