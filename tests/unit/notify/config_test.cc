// The config: what is good is read, what is not is named with its line and what is allowed.

#include "client/notify/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace roster::notify {
namespace {

constexpr const char* kTop =
    "state_dir: /var/lib/roster-notify\n"
    "schools:\n"
    "  - {id: tcs, name: Example School}\n"
    "  - {id: second}\n"
    "mail: {server: mail.example.org, from: r@example.org}\n"
    "rules:\n";

Reading Read(const std::string& rule) {
  return ReadConfig(kTop + std::string("  - ") + rule + "\n");
}

// The first problem as "LINE: TEXT"; "": none.
std::string Problem1(const std::string& text) {
  const Reading reading = ReadConfig(text);
  if (reading.problems.empty()) return "";
  return std::to_string(reading.problems.front().line) + ": " + reading.problems.front().what;
}
std::string OfRule(const std::string& rule) {
  return Problem1(kTop + std::string("  - ") + rule + "\n");
}

TEST(Config, TheExampleIsGood) {
  std::ifstream file(EXAMPLE_CONFIG);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(Problem1(text.str()), "");
  // And with all that is commented out.
  std::string all;
  for (std::string line; std::getline(text, line);) {
    const bool rule = line.starts_with("  #- ") || line.starts_with("  #  ");
    all += (rule ? line.replace(2, 1, "") : line) + "\n";
  }
  const Reading reading = ReadConfig(all);
  EXPECT_EQ(Problem1(all), "");
  EXPECT_EQ(reading.config.rules.size(), 3U);
}

TEST(Config, ARuleIsReadWhole) {
  const Reading reading = Read(
      "{name: people, schools: [tcs], entries: [TaskDead], quiet_hours: {from: \"22:30\", until: "
      "\"07:00\"}, digest: 15m, remind: 1d, since: beginning, tries: 7, mail: {to: "
      "[a@example.org]}}");
  ASSERT_TRUE(reading.problems.empty()) << reading.problems.front().what;
  const Rule& rule = reading.config.rules.front();
  EXPECT_EQ(rule.schools, std::vector<std::string>{"tcs"});
  EXPECT_EQ(rule.types, std::set<std::string>{"TaskDead"});
  EXPECT_EQ(rule.quiet->from, 22 * 60 + 30);
  EXPECT_EQ(rule.digest, std::chrono::minutes(15));
  EXPECT_EQ(rule.remind, std::chrono::hours(24));
  EXPECT_TRUE(rule.from_beginning);
  EXPECT_EQ(rule.tries, 7U);
  EXPECT_EQ(Read("{name: people, mail: {to: [a@example.org]}}").config.rules.front().schools.size(),
            2U);
}

TEST(Config, WhatIsWrongIsNamed) {
  const std::string mail = ", mail: {to: [a@example.org]}}";
  EXPECT_TRUE(OfRule("{name: people, entires: all" + mail)
                  .starts_with("7: rules[0].entires: there is no such key; allowed: name, "));
  EXPECT_TRUE(OfRule("{name: people, entries: [TaskDead, Nonsense]" + mail)
                  .starts_with("7: rules[0].entries[1]: must be one of Acknowledged, "));
  EXPECT_EQ(OfRule("{name: people, entries: some" + mail),
            "7: rules[0].entries: must be awaiting, all, or a list of types");
  EXPECT_EQ(OfRule("{name: people, schools: [third]" + mail),
            "7: rules[0].schools[0]: must be the id of one of the schools above");
  EXPECT_EQ(OfRule("{name: people, digest: 5" + mail),
            "7: rules[0].digest: must be a duration from 1s to 366d, as in 30s, 15m, 1h, 7d");
  EXPECT_EQ(OfRule("{name: people, name: other" + mail),
            "7: rules[0].name: stands twice in one map; keep one of them");
  EXPECT_NE(OfRule("{name: people, quiet_hours: {from: \"7:00\", until: \"08:00\"}" + mail), "");
  EXPECT_NE(OfRule("{name: people, quiet_hours: {from: \"07:00\", until: \"07:00\"}" + mail), "");
  EXPECT_NE(OfRule("{name: people, tries: 0" + mail), "");
  EXPECT_NE(OfRule("{name: people}"), "");
  EXPECT_NE(OfRule("{name: People" + mail), "");
  EXPECT_NE(OfRule("{name: both, command: {run: [/bin/true]}" + mail), "");
  EXPECT_NE(OfRule("{name: c, command: {run: [true]}}"), "");
  EXPECT_NE(OfRule("{name: c, command: {run: /bin/true}}"), "");
  EXPECT_NE(OfRule("just words"), "");
}

TEST(Config, AddressesHoldNothingElse) {
  for (const char* bad :
       {"\"a@example.org, b@example.org\"", "\"A <a@example.org>\"",
        "\"a@example.org\\r\\nBcc: b@example.org\"", "\"a b@example.org\"", "a", "\"@x\"", "\"a@\"",
        "\"a@-x\"", "\"a..b@example.org\"", "\"é@example.org\"", "\"<a@example.org>\""}) {
    EXPECT_NE(OfRule(std::string("{name: people, mail: {to: [") + bad + "]}}"), "") << bad;
  }
}

TEST(Config, ANameOfASchoolHasNoLineBreak) {
  EXPECT_NE(Problem1("state_dir: /x\nschools: [{id: tcs, name: \"A\\r\\nBcc: x\"}]\n"
                     "rules: [{name: c, command: {run: [/bin/true]}}]\n"),
            "");
}

TEST(Config, WebhooksAreHttpsOrOfThisMachine) {
  const auto url = [](const std::string& text) {
    return OfRule("{name: w, webhook: {url: \"" + text + "\", secret: {env: X}}}");
  };
  EXPECT_EQ(url("https://example.org/hook?x=1"), "");
  EXPECT_EQ(url("http://127.0.0.1:8080/"), "");
  EXPECT_EQ(url("http://[::1]:8080/"), "");
  for (const char* bad : {"http://example.org/", "http://127.0.0.1.example.org/",
                          "ftp://127.0.0.1/", "https://user:word@example.org/", "https://",
                          "file:///etc/passwd", "http://127.0.0.1@example.org/",
                          "http://127.example.org/", "http://localhost.example.org"}) {
    EXPECT_NE(url(bad), "") << bad;
  }
}

TEST(Config, PlainMailIsForThisMachineAlone) {
  const auto of = [](const std::string& mail) {
    return Problem1("state_dir: /x\nschools: [{id: tcs}]\nmail: " + mail +
                    "\nrules: [{name: p, mail: {to: [a@example.org]}}]\n");
  };
  EXPECT_EQ(of("{server: localhost, security: none, from: r@example.org}"), "");
  EXPECT_EQ(of("{server: mail.example.org, from: r@example.org}"), "");
  EXPECT_NE(of("{server: mail.example.org, security: none, from: r@example.org}"), "");
}

TEST(Config, ASecretNeverStandsInItAndIsNotRepeated) {
  const std::string problem =
      OfRule("{name: w, webhook: {url: \"https://example.org/\", secret: hunter2}}");
  EXPECT_NE(problem, "");
  EXPECT_EQ(problem.find("hunter2"), std::string::npos) << problem;
  const std::string key =
      OfRule("{name: w, webhook: {url: \"https://example.org/\", secret: {pass-word=1: x}}}");
  EXPECT_NE(key, "");
  EXPECT_EQ(key.find("pass-word=1"), std::string::npos) << key;
}

TEST(Config, WhatIsNoYamlIsSaid) {
  for (const char* bad :
       {"", "\t", "a: [", "---\na: 1\n---\nb: 2\n", "- 1", "*x", "&a [*a]", "a: &a [*a]"}) {
    EXPECT_NE(Problem1(bad), "") << bad;
  }
}

}  // namespace
}  // namespace roster::notify
