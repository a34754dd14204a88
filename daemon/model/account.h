#pragma once

// What the site has, and what ties it to FACTS.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/field.h"

namespace roster::model {

struct Account {
  AccountId id;
  std::string external_id;  // "" when the site knows none
  std::string version;      // the site's ETag, "" when it gives none
  bool active = true;
  Fields fields;
  std::vector<std::string> other_emails;  // beyond fields' e-mail; they fit too (rules.md, 15)
  std::vector<std::string> roles;         // as the site spells them
  std::optional<Time> last_accessed;
  std::optional<Time> invited;

  friend bool operator==(const Account&, const Account&) = default;
};

// Person id <-> account id, made by an approved add or match, or found by external id.
struct Link {
  PersonId person;
  AccountId account;
  Fields last_written;  // what rosterd last wrote or agreed to; tells drift from a change in FACTS
  // When an invitation was last sent, by the site's word or a person's: the site's own list may be
  // slow to show it, or never do.
  std::optional<Time> invited = std::nullopt;

  friend bool operator==(const Link&, const Link&) = default;
};

// The site's accounts, whole, or they would not be here.
struct Accounts {
  std::vector<Account> all;    // unique ids, by id
  bool has_extension = false;  // the site knows the volunteer extension
  std::uint64_t requests = 0;
  // When the list was true; nullopt: while it was read.
  std::optional<Time> as_of = std::nullopt;
};

}  // namespace roster::model
