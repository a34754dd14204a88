#pragma once

// The stage between roster and diff: which account fits whom, and who is in whose way (rules, 5, 8,
// 14 to 17). Never settles a tie. Pure; any thread.

#include <cstddef>
#include <vector>

#include "daemon/match/account_index.h"
#include "daemon/model/account.h"
#include "daemon/model/change.h"
#include "daemon/model/settings.h"

namespace roster::match {

// Accounts named in one match of kind kSeveral; by id.
inline constexpr std::size_t kSeveralMax = 100;

// Links that are not on record, though an account carries the person's external id (rules, 14): the
// store was lost, or an add's answer was. For the caller to merge into its links BEFORE the stage
// roster, so that people who have left are found too, and to record (LinksRecorded) without a write
// to the site. By person. Left out: persons who have a link on record, accounts linked on record to
// anybody, external ids that several accounts carry. `links` are sorted by person. `last_written`
// is what the account says now in the mapped fields.
std::vector<model::Link> RecoverLinks(const model::Accounts& accounts,
                                      const std::vector<model::Link>& links,
                                      const model::RosterRules& rules);

// Parallel to `candidates` (by person). `links` are sorted by person and are those that `index` was
// made with. For a candidate with a link: kind is kProtected when the linked account is protected,
// else kNone; account is empty; collision and duplicates as for anybody. Without a link, kExact
// with `by_external_id` means: treat as linked to `account` (kProtected with by_external_id: that
// account is protected). kTaken without `taken_by`: the account carries an external id that is not
// this school's.
struct MatchResult {
  std::vector<model::Match> matches;
  std::vector<model::DuplicateGroup> groups;  // by key, without ids
};
MatchResult Match(const std::vector<model::Candidate>& candidates, const AccountIndex& index,
                  const std::vector<model::Link>& links, const model::RosterRules& rules,
                  const model::Choices& choices);

// Rules, 16: a protected role, or a protected pattern on the userName or an e-mail; without case.
bool IsProtected(const model::Account& account, const model::RosterRules& rules);

// A pattern of RosterRules::never_archive on the userName or an e-mail; without case.
bool IsNeverArchived(const model::Account& account, const model::RosterRules& rules);

}  // namespace roster::match
