// The runbook, deploy/README.md: every command of it is one that the programs take, and what a
// person types is typed, in its order, at a sandbox school. What root types is run by tests/system,
// on a machine of its own. And the configs to start from pass --check with their secrets in place.

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "client/arguments.h"
#include "client/notify/arguments.h"
#include "daemon/arguments/arguments.h"
#include "tests/e2e/world.h"

namespace roster::e2e {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kPrograms = {"rosterctl", "rosterd", "roster-worker",
                                            "roster-notify"};

struct Line {
  std::string section;
  bool root = false;
  std::string command;
};

const std::string& Runbook() {
  static const std::string kText = ReadFile(fs::path(DEPLOY_DIR) / "README.md");
  return kText;
}

std::vector<Line> Lines() {
  std::vector<Line> lines;
  std::string section;
  std::istringstream text(Runbook());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (line.starts_with("    # ") || line.starts_with("    $ ")) {
      lines.push_back({section, line[4] == '#', line.substr(6)});
    }
  }
  return lines;
}

client::CommandLine ProgramLine(const std::string& name) {
  if (name == "rosterctl") return client::DescribeArguments();
  CLI::App app;
  arguments::Daemon daemon;
  arguments::Worker worker;
  notify::Arguments notifier;
  if (name == "rosterd") arguments::Add(app, daemon);
  if (name == "roster-worker") arguments::Add(app, worker);
  if (name == "roster-notify") notify::Add(app, notifier);
  return client::Describe(app);
}

// What is wrong with a call of one of the programs, without running it; "" when nothing is.
std::string WhyNotParsed(const std::vector<std::string>& call) {
  std::vector<std::string> args(call.begin() + 1, call.end());
  if (call[0] == "rosterctl") {
    const auto parsed = client::ParseArguments(args);
    return parsed ? "" : parsed.error().message;
  }
  CLI::App app;
  arguments::Daemon daemon;
  arguments::Worker worker;
  notify::Arguments notifier;
  if (call[0] == "rosterd") arguments::Add(app, daemon);
  if (call[0] == "roster-worker") arguments::Add(app, worker);
  if (call[0] == "roster-notify") notify::Add(app, notifier);
  std::reverse(args.begin(), args.end());  // as CLI11 wants them
  try {
    app.parse(args);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

class TempDir {
 public:
  TempDir() {
    std::string name = (fs::temp_directory_path() / "runbook-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempDir() { fs::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void WriteProgram(const fs::path& path, const std::string& text) {
  std::ofstream(path) << "#!/bin/bash\n" << text;
  fs::permissions(path, fs::perms::owner_all);
}

// The calls of our programs that a line makes, word by word as bash makes them of it: it runs where
// each of them only notes its words, and every other command does nothing.
std::vector<std::vector<std::string>> CallsOf(const std::string& command) {
  const TempDir temp;
  const fs::path calls = temp.path() / "calls";
  for (const std::string& program : kPrograms) {
    WriteProgram(temp.path() / program,
                 "printf '%s\\n' " + program + " \"$@\" '' >> " + calls.string() +
                     "\necho '{\"planApproved\":{\"plan\":\"2\",\"invites\":\"0\"}}'\n");
  }
  WriteProgram(temp.path() / "runuser", "while [[ $1 != -- ]]; do shift; done; shift; \"$@\"\n");
  for (const char* tool : {"sed", "tail"}) {
    fs::create_symlink(fs::path("/usr/bin") / tool, temp.path() / tool);
  }
  const Finished finished = e2e::Run(
      {"/bin/bash", "-c",
       "PATH=" + temp.path().string() + "\ncommand_not_found_handle() { :; }\n" + command + "\n"});
  EXPECT_EQ(finished.code, 0) << command << finished.err;
  std::vector<std::vector<std::string>> found;
  std::vector<std::string> call;
  std::istringstream text(ReadFile(calls));
  for (std::string word; std::getline(text, word);) {
    if (!word.empty()) {
      call.push_back(word);
    } else if (!call.empty()) {
      found.push_back(std::move(call));
      call.clear();
    }
  }
  return found;
}

TEST(Runbook, EveryCommandLineIsOneThatTheProgramsTake) {
  std::map<std::string, int> seen;
  for (const Line& line : Lines()) {
    const bool ours = std::any_of(kPrograms.begin(), kPrograms.end(), [&](const std::string& one) {
      return std::regex_search(line.command, std::regex("(^|[ (])" + one + "( |$)"));
    });
    // systemctl's lines name units, and apt-get's packages.
    const bool others =
        std::regex_search(line.command, std::regex("^(systemctl|apt-get|journalctl|adduser)"));
    const auto calls = CallsOf(line.command);
    EXPECT_EQ(!calls.empty(), ours && !others) << line.command;
    for (const auto& call : calls) {
      ++seen[call[0]];
      EXPECT_EQ(WhyNotParsed(call), "") << line.section << ": " << line.command;
    }
  }
  EXPECT_GT(seen["rosterctl"], 30);
  EXPECT_GT(seen["rosterd"], 3);
  EXPECT_GT(seen["roster-notify"], 0);
}

// `rosterctl sync PLAN --only archive` within a sentence: the command and its options exist.
TEST(Runbook, CommandsWithinSentencesExist) {
  int seen = 0;
  const std::string text = std::regex_replace(Runbook(), std::regex("\n"), " ");
  const std::regex span("`((rosterctl|rosterd|roster-worker|roster-notify)( [^`]*)?)`");
  for (auto at = std::sregex_iterator(text.begin(), text.end(), span); at != std::sregex_iterator();
       ++at) {
    std::istringstream words((*at)[1].str());
    std::string word;
    words >> word;
    const client::CommandLine program = ProgramLine(word);
    const client::CommandLine* command = nullptr;
    while (words >> word) {
      const auto known = [&](const std::vector<client::OptionLine>& options) {
        return std::any_of(options.begin(), options.end(), [&](const client::OptionLine& option) {
          return std::find(option.names.begin(), option.names.end(), word) != option.names.end();
        });
      };
      if (word.starts_with("--")) {
        EXPECT_TRUE(known(program.options) || (command != nullptr && known(command->options)))
            << (*at)[1].str() << ": " << word;
        ++seen;
      } else if (command == nullptr && !program.commands.empty()) {
        const auto found =
            std::find_if(program.commands.begin(), program.commands.end(),
                         [&](const client::CommandLine& one) { return one.name == word; });
        ASSERT_NE(found, program.commands.end()) << (*at)[1].str();
        command = &*found;
        ++seen;
      }
    }
  }
  EXPECT_GT(seen, 30);
}

// Units, files and folders that it names are those of the packages.
TEST(Runbook, TheUnitsThatItNamesExist) {
  const std::regex unit("systemctl (?:[a-z-]+ )(?:--[a-z-]+ )*([a-z@0-9 .-]+)");
  const std::set<std::string> known = {"rosterd", "roster-worker", "roster-notify",
                                       "roster-worker@2", "rosterd-backup.timer"};
  for (const Line& line : Lines()) {
    std::smatch match;
    if (!std::regex_search(line.command, match, unit)) continue;
    std::istringstream names(match[1].str());
    for (std::string name; names >> name;) EXPECT_TRUE(known.contains(name)) << line.command;
  }
}

TEST(Runbook, EverySectionIsInTheTableAtItsTop) {
  const std::string top = Runbook().substr(0, Runbook().find("\n## "));
  std::istringstream text(Runbook());
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with("## ") || line == "## What is in this folder") continue;
    EXPECT_NE(top.find("[" + line.substr(3) + "](#"), std::string::npos) << line;
  }
}

// The words of the code that a person may be told, in the files that tell them.
std::set<std::string> WordsIn(const std::vector<std::string>& files, const std::string& pattern) {
  std::set<std::string> words;
  for (const std::string& file : files) {
    const std::string text = ReadFile(fs::path(DEPLOY_DIR).parent_path() / file);
    EXPECT_FALSE(text.empty()) << file;
    const std::regex word(pattern);
    for (auto at = std::sregex_iterator(text.begin(), text.end(), word);
         at != std::sregex_iterator(); ++at) {
      words.insert((*at)[1].str());
    }
  }
  return words;
}

TEST(Runbook, EveryReasonOfAPollThatIsNotUsedIsExplained) {
  std::set<std::string> words = WordsIn(
      {"daemon/source/facts_client.cc", "daemon/source/facts_source.cc", "daemon/source/page.cc",
       "daemon/source/quota.cc", "daemon/source/wholeness.cc", "daemon/target/scim_client.cc",
       "daemon/target/scim_read.cc", "daemon/target/scim_walk.cc", "daemon/http/curl_http.cc",
       "daemon/engine/examine.cc", "daemon/engine/threaded_polls.cc"},
      R"re(Code::k[A-Za-z]+,\s*"([a-z-]+)")re");
  // Of the engine and of the store, which say more besides.
  words.insert({"disk-full", "disk-read-only", "interrupted"});
  // Nobody is told of a poll that ended with the daemon.
  words.erase("stopped");
  // These the source and the site's client tell as failures of FACTS or of the site.
  for (const char* inside : {"connect", "timeout", "broken", "body-too-large"}) {
    words.erase(inside);
    EXPECT_EQ(Runbook().find("`" + std::string(inside) + "`"), std::string::npos) << inside;
  }
  EXPECT_GT(words.size(), 15U);
  for (const std::string& word : words) {
    EXPECT_NE(Runbook().find("`" + word + "`"), std::string::npos) << word;
  }
}

TEST(Runbook, EveryLimitIsExplained) {
  const auto words = WordsIn({"daemon/engine/limits.cc"}, R"re(\{"([a-z]+)",)re");
  EXPECT_GT(words.size(), 10U);
  for (const std::string& word : words) {
    EXPECT_NE(Runbook().find("`" + word + "`"), std::string::npos) << word;
  }
}

TEST(Runbook, EveryMatterThatAwaitsAPersonIsExplained) {
  // Headlines, without what is filled in.
  const auto words = WordsIn({"client/notify/wording.cc"},
                             R"re((?:return\s*\{\s*(?:fmt::format\()?|Telling telling\{|)re"
                             R"re(headline = )"([A-Z][A-Za-z' :{}.]+)")re");
  EXPECT_GT(words.size(), 6U);
  for (const std::string& headline : words) {
    std::string shown = std::regex_replace(headline, std::regex(R"(\{\}\.\{\})"), "N.M");
    shown = std::regex_replace(shown, std::regex(R"(\{\})"), "N");
    EXPECT_NE(Runbook().find(shown), std::string::npos) << shown;
  }
}

TEST(Runbook, EveryAlertIsExplained) {
  const fs::path rules = fs::path(DEPLOY_DIR) / "observability" / "rosterd.rules.yml";
  if (!fs::exists(rules)) GTEST_SKIP() << "there are no alert rules yet: " << rules;
  const auto alerts =
      WordsIn({"deploy/observability/rosterd.rules.yml"}, R"re(alert: ([A-Za-z]+))re");
  EXPECT_GT(alerts.size(), 10U);
  for (const std::string& alert : alerts) {
    EXPECT_NE(Runbook().find("`" + alert + "`"), std::string::npos) << alert;
  }
}

std::string Day(int from_today) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) +
                   std::chrono::days(from_today);
  const std::time_t time = std::chrono::system_clock::to_time_t(day);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return text.data();
}

// A school with the rollover window that the runbook tells to open.
WorldOptions School() {
  WorldOptions options = SmallSchool(7);
  options.sandbox.school.people = 520;
  options.sandbox.school.enrolled = 120;
  options.more = "    rollover:\n      - {from: " + Day(-1) + ", until: " + Day(30) +
                 ", guards: {add: {max_percent: none}, update: {max_percent: none}, archive: "
                 "{max_count: none, max_percent: 50%}, restore: {max_count: none, max_percent: "
                 "50%}, missing: {max_count: none, max_percent: 50%}}}\n";
  return options;
}

TEST(Runbook, WhatAPersonTypesDoesWhatItSays) {
  World world(School());
  world.StartDaemon();
  world.StartWorker();
  const std::string where = "export PATH=" + Program("client") +
                            ":$PATH ROSTER_CONTROL=" + world.endpoint() + "; cd " +
                            world.directory() + "; ";
  std::string section;
  int typed = 0;
  for (const Line& line : Lines()) {
    if (line.section != section) {
      section = line.section;
      if (section == "The turn of the school year") {
        EXPECT_FALSE(world.Effects().empty()) << "the first sync has done nothing";
        world.sandbox().scenarios().Apply("new-school-year");
      }
    }
    if (line.root) continue;
    const Finished finished = e2e::Run({"/bin/bash", "-c", where + line.command});
    EXPECT_EQ(finished.code, 0) << section << ": " << line.command << "\n"
                                << finished.out << finished.err;
    ++typed;
  }
  EXPECT_GT(typed, 40);
  std::set<std::string> effects;
  for (const Json& effect : world.Effects()) effects.insert(effect.at("effect"));
  for (const char* effect : {"add", "update", "archive", "invite"}) {
    EXPECT_TRUE(effects.contains(effect)) << effect;
  }
}

// The secrets that a config names, each in a file of its own, as systemd would make them; users of
// this machine in place of those that it names.
fs::path InPlace(const std::string& example, const fs::path& directory) {
  std::string text = std::regex_replace(ReadFile(fs::path(DEPLOY_DIR) / "examples" / example),
                                        std::regex(R"(users: \[[a-z-]+\])"), "users: [root]");
  text = std::regex_replace(text, std::regex("/srv/volunteers"), directory.string());
  fs::create_directory(directory / "imports");
  const std::regex credential(R"(\{credential: ([a-z-]+)\})");
  for (auto at = std::sregex_iterator(text.begin(), text.end(), credential);
       at != std::sregex_iterator(); ++at) {
    const fs::path path = directory / (*at)[1].str();
    std::ofstream(path) << "made-up-" << (*at)[1].str() << "\n";
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  }
  std::ofstream(directory / example) << text;
  return directory / example;
}

class Example : public ::testing::TestWithParam<const char*> {};

TEST_P(Example, PassesCheckWithItsCredentialsInPlaceAndNotWithout) {
  const TempDir temp;
  const std::string name = GetParam();
  const std::string program =
      Program(name.starts_with("rosterd") ? "daemon/rosterd" : "client/notify/roster-notify");
  const fs::path config = InPlace(name, temp.path());
  const std::vector<std::string> check = {
      "/usr/bin/env",  "CREDENTIALS_DIRECTORY=" + temp.path().string(),
      program,         "--config",
      config.string(), "--check"};
  const Finished good = e2e::Run(check);
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_NE(good.out.find("good"), std::string::npos) << good.out;
  const char* secret = name.starts_with("rosterd") ? "facts-subscription-key" : "smtp-password";
  ASSERT_TRUE(fs::remove(temp.path() / secret));
  const Finished bad = e2e::Run(check);
  EXPECT_EQ(bad.code, 2);
  EXPECT_NE(bad.err.find(secret), std::string::npos) << bad.err;
}

INSTANTIATE_TEST_SUITE_P(Examples, Example,
                         ::testing::Values("rosterd.yaml", "rosterd-parents.yaml",
                                           "rosterd-district.yaml", "rosterd-spreadsheet.yaml",
                                           "roster-notify.yaml"));

TEST(Examples, NoneIsForgottenHere) {
  std::size_t count = 0;
  for (const auto& file : fs::directory_iterator(fs::path(DEPLOY_DIR) / "examples")) {
    count += file.path().extension() == ".yaml" ? 1 : 0;
  }
  EXPECT_EQ(count, 5U);
}

}  // namespace
}  // namespace roster::e2e
