#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "daemon/config/config.h"

namespace roster {

// A whole config; each test breaks one thing in it.
inline constexpr std::string_view kGoodConfig = R"(state_dir: /var/lib/rosterd
endpoints: {control: "ipc:///run/rosterd/control.sock", events: "ipc:///run/rosterd/events.sock", tasks: "ipc:///run/rosterd/tasks.sock"}
worker: {concurrency: 8, lease: 90s}
schools:
  - id: tcs
    name: Example Christian School
    accounts: students
    facts:
      base_url: "https://api.example.org/"
      subscription_key: {file: keys/subscription}
      api_key: {env: FACTS_KEY}
      tier: pro
      page_size: 500
      poll_every: 15m
      max_shrink: 10%
      max_rejected: 0.25%
    scope: {school_codes: [TCS-CA], grades: [09, "10"], statuses: [enrolled, pre-enrolled]}
    status_words: {"On leave": inactive, ENROLLED: enrolled}
    site:
      scim:
        base_url: http://127.0.0.1:8080/scim/v2
        read_token: {credential: read}
        write_token: {file: /etc/rosterd/write}
        requests_per_second: 2.5
        page_size: 100
        external_id: "{school}-{person}"
    fields:
      - {from: email, to: userName}
      - {from: firstName, to: name.givenName, owner: until-first-login}
    missing_polls: 5
    email_fallback: email2
    protected: {roles: [chaplain], accounts: ["*@office.example.org"]}
    guards: {archive: {max_count: 30, max_percent: none}, missing: {min_population: 20}}
    rollover: [{from: 2026-06-01, until: 2026-07-15, guards: {update: {max_count: none}}}]
    invite: {cooldown: 2d, batch: 50}
)";

// The good config with `from` (which must be there once) replaced by `to`.
inline std::string Changed(std::string_view from, std::string_view to) {
  std::string text(kGoodConfig);
  const auto at = text.find(from);
  if (at == std::string::npos || text.find(from, at + 1) != std::string::npos) {
    ADD_FAILURE() << "not once in the good config: " << from;
    return text;
  }
  return text.replace(at, from.size(), to);
}

// Every problem of a text, one a line; "" when there is none.
inline std::string ProblemsOf(const std::string& text) {
  const auto result = config::LoadText(text, "/etc/rosterd/rosterd.yaml");
  if (result) return "";
  EXPECT_EQ(result.error().code, Code::kInvalid);
  EXPECT_EQ(result.error().reason, "config");
  return result.error().message;
}

inline void ExpectProblem(const std::string& text, const std::string& expected) {
  const std::string problems = ProblemsOf(text);
  EXPECT_NE(problems.find(expected), std::string::npos) << "said: " << problems;
}

// The least config of one school, with lines of its own ("    missing_polls: 2\n") at its end.
inline std::string School(const std::string& lines, const std::string& more_of_scim = "") {
  return R"(schools:
  - id: tcs
    name: Example
    facts: {subscription_key: {env: A}, api_key: {env: B}}
    site: {scim: {base_url: "https://site.example.org", read_token: {env: C}, write_token: {env: D})" +
         more_of_scim + "}}\n" + lines;
}

// The school of a config that is good; a default one, and a failure, otherwise.
inline config::School SchoolOf(const std::string& text) {
  const auto result = config::LoadText(text, "rosterd.yaml");
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return {};
  }
  return result->schools[0];
}

}  // namespace roster
