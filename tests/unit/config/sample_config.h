#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

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

}  // namespace roster
