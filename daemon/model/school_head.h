#pragma once

// What the engine goes on from: one row a school, written with every batch that changes it.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/base/time.h"
#include "daemon/model/change.h"
#include "daemon/model/plan.h"

namespace roster::model {

struct SchoolHead {
  Seq seq;                  // newest journal entry; 0: none
  Digest hash;              // of its bytes
  std::uint64_t polls = 0;  // ids given so far
  std::uint64_t plans = 0;
  PollId last_good_poll;  // the last poll that was used; 0: none
  std::uint64_t last_good_people = 0;
  std::uint64_t last_good_students = 0;
  std::uint64_t last_good_accounts = 0;
  std::uint64_t last_good_members = 0;  // PersonFamily rows
  std::uint64_t last_good_ties = 0;     // ParentStudent rows
  std::uint64_t last_good_families = 0;
  std::uint64_t groups = 0;       // ids of duplicates given so far
  std::vector<GuardKind> held;    // guards that what is pending would trip, told already
  std::optional<Time> next_poll;  // nullopt: at once
  std::string source_stopped;     // reason; "": polling goes on
  std::string source_problem;     // a sentence
  std::string site_problem;
  std::uint32_t rejected_in_a_row = 0;  // polls
  Seq published;                        // newest entry handed to the bus
  Tally tally;
  Fingerprint rules;                                                 // that the rows were made with
  std::vector<std::pair<std::string, std::uint64_t>> unknown_words;  // status words to map
  TaskCounts tasks;
  Seq acknowledged;           // up to this entry, people know; 0: none
  bool workers_away = false;  // told of, and not of their return
  bool purge = false;         // people were forgotten, and files may still hold their bytes
  PollId restored_poll;       // no plan before a later poll is used; 0: never restored
  std::string site_stopped;   // why tasks are not carried out, told of; "": they are
  // When the site was last changed, as far as is known: an older list of its accounts says nothing
  // any more. nullopt: not known to have been.
  std::optional<Time> site_changed;
  // As of when the accounts of the last good poll were listed; nullopt: while they were read.
  std::optional<Time> accounts_as_of;
  // [Action]: writes that the site has carried out, which shows that it serves at least somebody.
  std::uint64_t served[8] = {};

  friend bool operator==(const SchoolHead&, const SchoolHead&) = default;
};

}  // namespace roster::model
