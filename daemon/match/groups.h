#pragma once

// People who are in each other's way, as groups (rules, 8, 9, 17; the workflow's table of
// severities). Pure; any thread.

#include <vector>

#include "daemon/match/account_index.h"
#include "daemon/match/duplicates.h"
#include "daemon/model/change.h"
#include "daemon/model/settings.h"

namespace roster::match {

// By key. Joined are eligible candidates that want the same; a candidate whose account is taken,
// with its holder; a candidate whose new address collides, with the person to whom that account
// belongs; two without an address, with the same account in their way. Somebody taken or colliding
// is a group even alone; nobody else is. `candidates` are by person; `wants` are theirs; `matches`
// stand beside them, and get `group` and `severity`.
//
// The key is of an address that ties the group, of the one with the smallest fingerprint; without
// one, of an account likewise. So it stays when others come and go, when people choose email2 and
// when an account is made. `address` is that address, as the first who wants it writes it; without
// one, the first address of a member. The state leaves out an account that is a member's own: that
// the holder has been added as decided is nothing to decide on anew.
std::vector<model::DuplicateGroup> FindGroups(const std::vector<model::Candidate>& candidates,
                                              const std::vector<Want>& wants,
                                              const AccountIndex& index, model::AccountsOf accounts,
                                              std::vector<model::Match>& matches);

}  // namespace roster::match
