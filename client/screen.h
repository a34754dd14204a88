#pragma once

// Parts of screens that several commands share.

#include <string>
#include <vector>

#include "client/session.h"
#include "client/table.h"

namespace roster::client {

// "selected 312 · new 14 · skipped 9 · errors 5 of 535"
std::string CountersLine(const v1::Counters& counters);

// What the manual tool has at the top of its review: new users selected and, of parents, their
// families; and how many wait to be reviewed.
std::string SelectedLine(const v1::Counters& counters, bool parents);
// Both, with a blank line below.
void ShowTop(const Session& session, const v1::Counters& counters, bool parents);

// Says that nothing was read from FACTS yet, where it is so: nothing can be told of anybody then.
// Asks rosterd only where `counters` are of nobody.
Answer<bool> SayNothingWasRead(Session& session, const v1::Counters& counters);

// "archives", "people missing from FACTS": what a guard counts.
std::string GuardText(v1::Guard guard);

// "12 to add, 3 to update (1 changes its e-mail)"; only what is not zero. "nothing" when all are.
std::string ActionsLine(const v1::Plan& plan);

// "queued 0 · leased 0 · unknown 0 · applied 17 · dead 1 · superseded 0"
std::string TasksLine(const v1::TaskCounts& counts);
std::uint64_t TotalOf(const v1::TaskCounts& counts);

// "families without parents: 3", of a poll's notice.
std::string NoticeText(const v1::Count& notice);

// "Abbott", or the ids of the families where FACTS has no name.
std::string FamilyOf(const v1::UserRow& row);

// A sentence, or else the word; of an error with its severity in front: "warning: ...".
std::string WhyOf(const v1::UserRow& row);

// A table of users as reviewers see them: New?, Sync?, why (a word, or where there is room a
// sentence). Parents have a family there, students a grade.
Table UsersTable(const Session& session, bool parents);
// A relative who is shown for context is dimmed, and called so.
std::vector<Cell> UserCells(const Session& session, const v1::UserRow& row, bool parents);
// The row's fields, before -> after, and what the site has changed itself, below the row.
void AddFieldLines(const v1::UserRow& row, Table& table);
// Rows as they stand after a decision: list, Sync?, why.
void ShowStanding(const Session& session, const std::vector<v1::UserRow>& rows);

// A table of what a plan would do: action, who, why, and before → after.
Table ItemsTable(const Session& session, bool parents);
std::vector<Cell> ItemCells(const v1::UserRow& row, bool parents);

// A table of whom a plan of invitations is for.
Table InvitationsTable(const Session& session, bool parents);
std::vector<Cell> InvitationCells(const v1::UserRow& row, bool parents);

// Counts to add, to update, ... that add up to everybody, with the classes that want another look
// on lines of their own; and why people are skipped.
void ShowCounters(const Session& session, const v1::Counters& counters);

// The guards that trip, each with its message in full and some of its people.
void ShowHolds(const Session& session, const google::protobuf::RepeatedPtrField<v1::Hold>& holds);
// How to go on with a plan that they hold: to look, to leave them out, to lift them.
void SayWaysOn(const Session& session, const v1::Plan& plan,
               const google::protobuf::RepeatedPtrField<v1::Hold>& holds);

// Rows that are no longer what was shown.
void ShowChanged(const Session& session, bool parents,
                 const google::protobuf::RepeatedPtrField<v1::UserRow>& rows, std::uint64_t total);

}  // namespace roster::client
