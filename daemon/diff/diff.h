#pragma once

// The stage between matching and review: what each person's account needs (rules, 14 to 19; the
// situation table of the design). Pure; any thread.

#include <cstdint>
#include <functional>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/model/account.h"
#include "daemon/model/change.h"
#include "daemon/model/settings.h"

namespace roster::diff {

// One person. `link`: on record or by external id, nullptr without; `account`: the link's account,
// nullptr when the site has none. `missing_polls_before`: whole polls in a row that ended without
// this person before this one (a recompute within the same poll passes the same number again).
//
// What is held has Action::kNone and says why in `reason`. Duplicates do not hold here: the action
// stays what it would be alone, for review to judge, since deselecting the other holders frees it;
// but a row that names model::kGroupMembersMax is held, since there may be more of them. Nor does
// never_archive hold here.
// `fields` are what the action would write; of a collision, what it would have written.
model::Change Diff(const model::Candidate& candidate, const model::Match& match,
                   const model::Link* link, const model::Account* account,
                   std::uint32_t missing_polls_before, const model::RosterRules& rules);

// Whole polls in a row without this person, before this one; asked only for missing persons.
using MissingBefore = std::function<std::uint32_t(PersonId)>;

// Everybody, by person, one at a time: a million changes need not be in memory together.
// `candidates` are by person with `matches` beside them; each is moved from as its turn comes.
// `links` are sorted by person, `accounts` by id. A match by external id counts as a link whose
// last_written is what the account says now.
void DiffEach(std::vector<model::Candidate> candidates, const std::vector<model::Match>& matches,
              const std::vector<model::Link>& links, const model::Accounts& accounts,
              const MissingBefore& missing_before, const model::RosterRules& rules,
              const std::function<void(model::Change)>& take);

// The same, together.
std::vector<model::Change> DiffAll(std::vector<model::Candidate> candidates,
                                   const std::vector<model::Match>& matches,
                                   const std::vector<model::Link>& links,
                                   const model::Accounts& accounts,
                                   const MissingBefore& missing_before,
                                   const model::RosterRules& rules);

// Names what a person approves: person, action, account, whether the link is made, the account's
// state before, and before and after of each field that the action writes; of an invitation, when
// the last one went. The same content in a later poll has the same digest, whatever the account's
// version has become. `action` may differ from change.action (a deselected person's archive, an
// invitation). Meant to be the same for years: its bytes are under test.
Digest ApprovalDigest(const model::Change& change, model::Action action);

// The account after an action that wrote `fields`: Apply(old, Diff(old, new)) is new. The site's
// own version and times are left as they are.
model::Account Apply(model::Account account, const std::vector<model::FieldChange>& fields,
                     model::Action action);

}  // namespace roster::diff
