#pragma once

// Parts of screens that several commands share.

#include <string>
#include <vector>

#include "client/session.h"
#include "client/table.h"

namespace roster::client {

// "selected 312 · new 14 · skipped 9 · errors 5 of 535"
std::string CountersLine(const v1::Counters& counters);

// "12 to add, 3 to update"; only what is not zero. "nothing" when all are.
std::string ActionsLine(const v1::Plan& plan);

// "queued 0 · leased 0 · unknown 0 · applied 17 · dead 1 · superseded 0"
std::string TasksLine(const v1::TaskCounts& counts);
std::uint64_t TotalOf(const v1::TaskCounts& counts);

// A table of users as reviewers see them: New?, Sync?, why (a word, or where there is room a
// sentence).
Table UsersTable(const Session& session);
std::vector<Cell> UserCells(const Session& session, const v1::UserRow& row);

// A table of what a plan would do: action, who, why, and before → after.
Table ItemsTable(const Session& session);
std::vector<Cell> ItemCells(const v1::UserRow& row);

// A table of whom a plan of invitations is for.
Table InvitationsTable(const Session& session);
std::vector<Cell> InvitationCells(const v1::UserRow& row);

// Counts to add, to update, ... that add up to everybody, and why people are skipped.
void ShowCounters(const Session& session, const v1::Counters& counters);

// Rows that are no longer what was shown.
void ShowChanged(const Session& session,
                 const google::protobuf::RepeatedPtrField<v1::UserRow>& rows, std::uint64_t total);

}  // namespace roster::client
