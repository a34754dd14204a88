// The table and the reading of the config are one: each row is held against what stands in a file,
// and its default is what counts when it is left out.

#include "client/notify/keys.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "client/notify/config.h"

namespace roster::notify {
namespace {

constexpr const char* kAll = R"(state_dir: /x
rosterd: {control: "ipc:///a", events: "ipc:///b", server_key: "@KEY@", certificate: {file: /c}}
time_zone: UTC
schools: [{id: tcs, name: Example School}]
mail: {server: mail.example.org, port: 25, security: tls, ca_file: /d, from: r@example.org,
       login: {user: u, password: {env: P}}}
rules:
  - {name: a, schools: [tcs], entries: [TaskDead], poll_rejected_after: 2, digest: 1m, remind: 1h,
     quiet_hours: {from: "21:00", until: "07:00"}, since: beginning, tries: 3,
     mail: {to: [a@example.org]}}
  - {name: b, webhook: {url: "https://example.org/", secret: {file: /e}, timeout: 1s, ca_file: /f}}
  - {name: c, command: {run: [/bin/true, b], timeout: 2s}}
)";

std::string All() {
  std::string text = kAll;
  return text.replace(text.find("@KEY@"), 5, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
}

// The problems of the file with the value of one key replaced, which stands once as "KEY: VALUE".
std::vector<std::string> With(const std::string& key, const std::string& value,
                              const std::string& instead) {
  std::string text = All();
  const std::string there = key + ": " + value;
  const std::size_t at = text.find(there);
  EXPECT_NE(at, std::string::npos) << there;
  text.replace(at, there.size(), key + ": " + instead);
  std::vector<std::string> problems;
  for (const Problem& problem : ReadConfig(text).problems) problems.push_back(problem.what);
  return problems;
}

TEST(Keys, AFileWithEachOfThemIsGood) {
  const Reading reading = ReadConfig(All());
  EXPECT_TRUE(reading.problems.empty()) << reading.problems.front().what;
}

// Where each row stands in the file above.
struct Place {
  const char* pattern;
  const char* path;
  const char* key;
  const char* value;
};
const std::vector<Place> kPlaces = {
    {"state_dir", "state_dir", "state_dir", "/x"},
    {"rosterd.control", "rosterd.control", "control", "\"ipc:///a\""},
    {"rosterd.events", "rosterd.events", "events", "\"ipc:///b\""},
    {"rosterd.server_key", "rosterd.server_key", "server_key",
     "\"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\""},
    {"rosterd.certificate", "rosterd.certificate", "certificate", "{file: /c}"},
    {"time_zone", "time_zone", "time_zone", "UTC"},
    {"schools", "schools", "schools", "[{id: tcs, name: Example School}]"},
    {"schools[]", "schools[0]", "schools", "[{id: tcs, name: Example School}]"},
    {"schools[].id", "schools[0].id", "id", "tcs"},
    {"schools[].name", "schools[0].name", "name", "Example School"},
    {"mail.server", "mail.server", "server", "mail.example.org"},
    {"mail.port", "mail.port", "port", "25"},
    {"mail.security", "mail.security", "security", "tls"},
    {"mail.login", "mail.login", "login", "{user: u, password: {env: P}}"},
    {"mail.login.user", "mail.login.user", "user", "u"},
    {"mail.login.password", "mail.login.password", "password", "{env: P}"},
    {"mail.ca_file", "mail.ca_file", "ca_file", "/d"},
    {"mail.from", "mail.from", "from", "r@example.org"},
    {"rules[].name", "rules[0].name", "{name", "a"},
    {"rules[].schools", "rules[0].schools", "schools", "[tcs]"},
    {"rules[].schools[]", "rules[0].schools[0]", "schools", "[tcs]"},
    {"rules[].entries", "rules[0].entries", "entries", "[TaskDead]"},
    {"rules[].entries[]", "rules[0].entries[0]", "entries", "[TaskDead]"},
    {"rules[].poll_rejected_after", "rules[0].poll_rejected_after", "poll_rejected_after", "2"},
    {"rules[].digest", "rules[0].digest", "digest", "1m"},
    {"rules[].remind", "rules[0].remind", "remind", "1h"},
    {"rules[].quiet_hours", "rules[0].quiet_hours", "quiet_hours",
     "{from: \"21:00\", until: \"07:00\"}"},
    {"rules[].quiet_hours.from", "rules[0].quiet_hours.from", "from", "\"21:00\""},
    {"rules[].quiet_hours.until", "rules[0].quiet_hours.until", "until", "\"07:00\""},
    {"rules[].since", "rules[0].since", "since", "beginning"},
    {"rules[].tries", "rules[0].tries", "tries", "3"},
    {"rules[].mail", "rules[0].mail", "mail", "{to: [a@example.org]}"},
    {"rules[].mail.to", "rules[0].mail.to", "to", "[a@example.org]"},
    {"rules[].mail.to[]", "rules[0].mail.to[0]", "to", "[a@example.org]"},
    {"rules[].webhook.url", "rules[1].webhook.url", "url", "\"https://example.org/\""},
    {"rules[].webhook.secret", "rules[1].webhook.secret", "secret", "{file: /e}"},
    {"rules[].webhook.timeout", "rules[1].webhook.timeout", "timeout", "1s"},
    {"rules[].webhook.ca_file", "rules[1].webhook.ca_file", "ca_file", "/f"},
    {"rules[].command.run", "rules[2].command.run", "run", "[/bin/true, b]"},
    {"rules[].command.run[]", "rules[2].command.run[0]", "run", "[/bin/true, b]"},
    {"rules[].command.timeout", "rules[2].command.timeout", "timeout", "2s"},
};

// A value that no row takes: a map where one value is wanted, else one word.
TEST(Keys, EachIsHeldAgainstItsRow) {
  for (const Place& place : kPlaces) {
    const Key* key = FindKey(place.pattern);
    ASSERT_NE(key, nullptr) << place.pattern;
    const bool item = std::string(place.pattern).ends_with("[]");
    const bool single = key->type != Type::kMap && key->type != Type::kSecret &&
                        key->type != Type::kKeyFile && key->type != Type::kList;
    std::string wrong = single ? "{nonsense: 1}" : "nonsense";
    if (item) wrong = "[" + wrong + "]";
    const auto problems = With(place.key, place.value, wrong);
    const bool named = std::any_of(problems.begin(), problems.end(), [&](const std::string& one) {
      const bool allowed =
          key->type == Type::kMap || one.find(AllowedText(*key)) != std::string::npos;
      return one.starts_with(std::string(place.path) + ": ") && allowed;
    });
    EXPECT_TRUE(named) << place.pattern << ": "
                       << (problems.empty() ? "no problem" : problems.front());
  }
}

TEST(Keys, NoRowIsLeftOut) {
  const std::vector<std::string> maps = {"rosterd",         "mail",           "rules", "rules[]",
                                         "rules[].webhook", "rules[].command"};
  for (const Key& key : Keys()) {
    const bool placed = std::any_of(kPlaces.begin(), kPlaces.end(),
                                    [&](const Place& place) { return key.path == place.pattern; });
    const bool map = std::find(maps.begin(), maps.end(), key.path) != maps.end();
    EXPECT_TRUE(placed || map) << key.path;
    EXPECT_FALSE(key.help.empty()) << key.path;
  }
  for (const std::string& map : maps) {
    const std::string text = map == "rules[]" ? "rules: [x]" : map + ": x";
    if (map.find('.') == std::string::npos) {
      EXPECT_FALSE(ReadConfig(text + "\n").problems.empty()) << map;
    }
  }
}

TEST(Keys, RangesHoldAtBothEnds) {
  EXPECT_TRUE(With("tries", "3", "1").empty());
  EXPECT_TRUE(With("tries", "3", "10000").empty());
  EXPECT_FALSE(With("tries", "3", "0").empty());
  EXPECT_FALSE(With("tries", "3", "10001").empty());
  EXPECT_TRUE(With("timeout", "2s", "5m").empty());
  EXPECT_FALSE(With("timeout", "2s", "301s").empty());
  EXPECT_FALSE(With("timeout", "2s", "0s").empty());
  EXPECT_TRUE(With("digest", "1m", "366d").empty());
  EXPECT_FALSE(With("digest", "1m", "367d").empty());
  EXPECT_TRUE(With("port", "25", "65535").empty());
  EXPECT_FALSE(With("port", "25", "65536").empty());
}

TEST(Keys, AsManySchoolsAsRosterdServes) {
  const auto problems = [](int count) {
    std::string text = "state_dir: /x\nrules: [{name: a, schools: [s1], command: {run: [/x]}}]\n";
    text += "schools:\n";
    for (int i = 1; i <= count; ++i) text += "  - {id: s" + std::to_string(i) + "}\n";
    return ReadConfig(text).problems.size();
  };
  EXPECT_EQ(problems(1000), 0U);
  EXPECT_NE(problems(1001), 0U);
}

TEST(Keys, WhatIsRequiredIsMissed) {
  const Reading reading = ReadConfig("time_zone: UTC\n");
  std::vector<std::string> problems;
  for (const Problem& problem : reading.problems) problems.push_back(problem.what);
  for (const char* key : {"state_dir", "schools", "rules"}) {
    EXPECT_TRUE(std::any_of(problems.begin(), problems.end(), [&](const std::string& one) {
      return one.starts_with(std::string(key) + ": is missing: ");
    })) << key;
  }
}

// The defaults of the table are those of the values that the program works with.
TEST(Keys, WhatIsLeftOutIsTheDefault) {
  const Reading reading = ReadConfig(
      "state_dir: /x\nschools: [{id: tcs}]\nmail: {server: m.example.org, from: r@example.org}\n"
      "rules:\n  - {name: a, mail: {to: [a@example.org]}}\n"
      "  - {name: b, webhook: {url: \"https://example.org/\", secret: {env: X}}}\n"
      "  - {name: c, command: {run: [/bin/true]}}\n");
  ASSERT_TRUE(reading.problems.empty()) << reading.problems.front().what;
  const Config usual;
  EXPECT_EQ(reading.config.control, usual.control);
  EXPECT_EQ(reading.config.events, usual.events);
  EXPECT_EQ(reading.config.zone, usual.zone);
  EXPECT_EQ(reading.config.mail->port, MailServer().port);
  EXPECT_EQ(reading.config.mail->security, MailServer().security);
  const Rule& rule = reading.config.rules.at(0);
  EXPECT_EQ(rule.which, Rule().which);
  EXPECT_EQ(rule.poll_rejected_after, Rule().poll_rejected_after);
  EXPECT_EQ(rule.digest, Rule().digest);
  EXPECT_EQ(rule.remind, Rule().remind);
  EXPECT_EQ(rule.from_beginning, Rule().from_beginning);
  EXPECT_EQ(rule.tries, Rule().tries);
  EXPECT_EQ(reading.config.rules.at(1).webhook->timeout, WebhookTarget().timeout);
  EXPECT_EQ(reading.config.rules.at(2).command->timeout, CommandTarget().timeout);
}

}  // namespace
}  // namespace roster::notify
