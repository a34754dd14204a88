#include "client/arguments.h"

#include <gtest/gtest.h>

#include "client/help.h"

namespace roster::client {
namespace {

Failure WrongOf(std::vector<std::string> args) {
  const auto parsed = ParseArguments(std::move(args));
  if (parsed) {
    ADD_FAILURE() << "was accepted";
    return {};
  }
  return parsed.error();
}

// Each wrong command line, and what its message has to name.
class WrongUsage
    : public testing::TestWithParam<std::pair<std::vector<std::string>, std::vector<std::string>>> {
};

TEST_P(WrongUsage, NamesWhatIsWrongAndWhatIsAllowed) {
  const Failure failure = WrongOf(GetParam().first);
  EXPECT_EQ(failure.exit, Exit::kUsage);
  for (const std::string& word : GetParam().second) {
    EXPECT_NE(failure.message.find(word), std::string::npos) << failure.message;
  }
}

using Case = std::pair<std::vector<std::string>, std::vector<std::string>>;
INSTANTIATE_TEST_SUITE_P(
    Arguments, WrongUsage,
    testing::Values(Case{{}, {"status", "events", "--help"}}, Case{{"frobnicate"}, {"frobnicate"}},
                    Case{{"status", "--frobnicate"}, {"--frobnicate", "rosterctl status --help"}},
                    Case{{"users", "--status", "old"},
                         {"--status", "old", "new, selected, skipped, error, all"}},
                    Case{{"users", "--situation", "x"}, {"--situation", "found-archived"}},
                    Case{{"users", "--match", std::string(201, 'x')}, {"--match", "200"}},
                    Case{{"select"}, {"select ID...", "--all"}},
                    Case{{"select", "12", "--all"}, {"ID", "--all"}},
                    Case{{"select", "12", "--grade", "09"}, {"filters", "--all"}},
                    Case{{"select", "0"}, {"ID", "above 0"}},
                    Case{{"select", "12x"}, {"ID", "12x"}},
                    Case{{"select", "99999999999999999999"}, {"ID"}},
                    Case{{"deselect", "--all"}, {"filter", "--status all"}},
                    Case{{"plan", "--action", "delete"}, {"--action", "unchanged"}},
                    Case{{"plan", "seven"}, {"PLAN", "whole number"}},
                    Case{{"plan", "--class", "delete"}, {"--class", "email-change"}},
                    Case{{"plan", "--number", "0"}, {"--number", "above 0"}},
                    Case{{"users", "--reason", "No Email"}, {"--reason", "missing-email"}},
                    Case{{"users", "--family", "x"}, {"--family", "above 0"}},
                    Case{{"select", "12", "--family", "8"}, {"filters", "--all"}},
                    Case{{"select", "12", "--note", std::string(1001, 'x')}, {"--note", "1000"}},
                    Case{{"exclude", "person", "12", "--note", "caf\xe9"},
                         {"--note", "not UTF-8", "nothing was sent"}},
                    Case{{"duplicates", "--status", "old"}, {"--status", "new, resolved, all"}},
                    Case{{"resolve", "3"}, {"--keep", "--use-email2", "--reopen"}},
                    Case{{"resolve", "3", "--keep", "1", "--reopen"}, {"one way", "--keep"}},
                    Case{{"resolve", "--keep", "1"}, {"GROUP", "rosterctl duplicates"}},
                    Case{{"resolve", "3", "--keep", "Ann"}, {"--keep", "Ann"}},
                    Case{{"match", "12"}, {"--account", "--none", "--withdraw"}},
                    Case{{"match", "12", "--none", "--withdraw"}, {"one way"}},
                    Case{{"match", "--none"}, {"PERSON"}},
                    Case{{"excluded", "--status", "old"}, {"--status", "on-purpose"}},
                    Case{{"exclude", "12"}, {"WHAT", "family, person"}},
                    Case{{"exclude", "family"}, {"ID"}}, Case{{"include", "person", "x"}, {"ID"}},
                    Case{{"protect", "family", "12"}, {"WHAT", "person"}},
                    Case{{"sync", "7", "--only", "delete"}, {"--only", "email-change"}},
                    Case{{"sync", "--except", "12", "7"}, {"--except", "PLAN"}},
                    Case{{"sync", "7", "--override-guard"}, {"--override-guard", "--reason"}},
                    Case{{"sync", "7", "--reason", "x"}, {"--override-guard", "--reason"}},
                    Case{{"invite", "--log", "--yes"}, {"--log"}},
                    Case{{"invite", "--batch", "0"}, {"--batch", "above 0"}},
                    Case{{"undo"}, {"PLAN"}}, Case{{"tasks", "--action", "x"}, {"--action"}},
                    Case{{"retry"}, {"TASK", "--all"}}, Case{{"retry", "7"}, {"TASK", "7.12"}},
                    Case{{"retry", "0.1"}, {"TASK"}}, Case{{"retry", "7.1", "--all"}, {"--all"}},
                    Case{{"confirm"}, {"TASK"}}, Case{{"confirm", "7"}, {"TASK", "7.12"}},
                    Case{{"journal", "x"}, {"WHAT", "verify"}},
                    Case{{"journal", "verify", "--since", "1"}, {"--since"}},
                    Case{{"explain"}, {"PERSON"}}, Case{{"explain", "Ann"}, {"PERSON", "Ann"}},
                    Case{{"events", "--since", "-1"}, {"--since", "0 or above"}},
                    Case{{"events", "--type", "Review"}, {"--type", "ReviewRequired"}},
                    Case{{"status", "--server-key", "short"}, {"--server-key", "40 characters"}},
                    Case{{"keygen"}, {"NAME"}}, Case{{"keygen", "Ann/x"}, {"NAME", "a-z"}},
                    Case{{"whoami", "x"}, {"x"}},
                    Case{{"users", "--school", "a,b"}, {"--school", "\"a,b\"", "one school"}},
                    Case{{"status", "--timeout", "0"}, {"--timeout", "1", "3600"}},
                    Case{{"tasks", "--state", "done"}, {"--state", "superseded"}}));

TEST(Arguments, GlobalOptionsStandBeforeOrAfterTheCommand) {
  for (const auto& args : {std::vector<std::string>{"--school", "tcs", "--json", "status"},
                           std::vector<std::string>{"status", "--json", "--school", "tcs"}}) {
    const auto parsed = ParseArguments(args);
    ASSERT_TRUE(parsed);
    const auto& invocation = std::get<Invocation>(*parsed);
    EXPECT_EQ(invocation.school, "tcs");
    EXPECT_TRUE(invocation.json);
    EXPECT_EQ(invocation.endpoint, kDefaultEndpoint);
  }
}

TEST(Arguments, TheEndpointComesFromTheEnvironmentUnlessItIsGiven) {
  setenv("ROSTER_CONTROL", "ipc:///tmp/a.sock", 1);
  auto parsed = ParseArguments({"status"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<Invocation>(*parsed).endpoint, "ipc:///tmp/a.sock");
  parsed = ParseArguments({"status", "--endpoint", "ipc:///tmp/b.sock"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<Invocation>(*parsed).endpoint, "ipc:///tmp/b.sock");
  unsetenv("ROSTER_CONTROL");
}

TEST(Arguments, HelpListsTheCommandsInTheOrderOfTheWorkflow) {
  const auto parsed = ParseArguments({"--help"});
  ASSERT_TRUE(parsed);
  const std::string help = std::get<Text>(*parsed).text;
  std::size_t at = 0;
  for (const std::string& name : CommandNames()) {
    const std::size_t next = help.find("\n  " + name + " ", at);
    ASSERT_NE(next, std::string::npos) << name;
    at = next;
  }
}

TEST(Arguments, EveryCommandTeachesWithAnExampleAndItsExitCodes) {
  for (const std::string& name : CommandNames()) {
    const auto parsed = ParseArguments({name, "--help"});
    ASSERT_TRUE(parsed) << name;
    const std::string help = std::get<Text>(*parsed).text;
    EXPECT_NE(help.find("rosterctl " + name), std::string::npos) << name;
    EXPECT_NE(help.find("Example"), std::string::npos) << name;
    EXPECT_NE(help.find("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused"),
              std::string::npos)
        << name;
  }
}

TEST(Arguments, VersionIsThePackages) {
  const auto parsed = ParseArguments({"--version"});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(std::get<Text>(*parsed).text.starts_with("rosterctl "));
}

}  // namespace
}  // namespace roster::client
