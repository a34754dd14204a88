#pragma once

// What was acknowledged of decisions, as somebody outside keeps it; and the same once more, made of
// the journal's entries alone. Both have to agree with each other, and with what is shown.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "roster/v1/control.pb.h"
#include "roster/v1/journal.pb.h"

namespace roster::crash {

struct Books {
  struct Word {
    std::string word;  // "sync", "skip", "exclude", "protect"
    std::string note;
  };
  struct Match {
    std::string account;         // "": none of `seen`
    std::set<std::string> seen;  // the accounts that fitted then
  };
  std::map<std::int64_t, Word> persons;           // the last word; an inclusion leaves none
  std::map<std::int64_t, std::string> families;   // excluded, with the note
  std::map<std::uint64_t, std::int64_t> holders;  // by number of the duplicate; 0: reopened
  std::map<std::int64_t, std::string> email2;     // the address that was chosen
  std::map<std::int64_t, Match> matches;
};

// What people are shown of all this.
struct Shown {
  std::vector<v1::UserRow> users;       // everybody
  std::vector<v1::UserRow> excluded;    // on purpose
  std::vector<v1::FamilyRow> families;  // excluded on purpose
  std::vector<v1::GroupRow> groups;     // all duplicates
  std::vector<v1::UserRow> ambiguous;   // to be matched
};

// Words, families and holders show at once.
void ExpectShown(const Books& books, const Shown& shown);
// Second addresses and matches show when a poll that began after them was used. `email2_now`:
// what FACTS has as the second address of those who are in the books.
void ExpectExamined(const Books& books, const Shown& shown,
                    const std::map<std::int64_t, std::string>& email2_now);
// What the entries say was decided is what was acknowledged. Notes and addresses are not in them.
void ExpectJournalSays(const Books& books, const std::vector<v1::Entry>& entries);

// Whether somebody is out by a word that still counts, theirs or all their families'.
bool IsOut(const Books& books, const v1::UserRow& row);

}  // namespace roster::crash
