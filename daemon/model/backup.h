#pragma once

// Backups of everything that is stored.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/time.h"

namespace roster::model {

struct Backup {
  std::uint32_t id = 0;     // in its directory, counting up; > 0
  Time at;                  // when its writing began, in whole seconds
  std::uint64_t bytes = 0;  // of all its files; many are shared with the backups before it
  std::uint32_t files = 0;
  bool verified = false;  // read again after it was written
  bool damaged = false;   // files are missing or have another size; then only the id is known
  std::string program;    // the version of rosterd that made it

  friend bool operator==(const Backup&, const Backup&) = default;
};

// What was asked for, and what became of it.
struct BackupRun {
  enum class State : std::uint8_t { kRunning = 1, kMade = 2, kFailed = 3 };

  std::uint64_t run = 0;  // counts what was asked for; 0: nothing was yet
  State state = State::kMade;
  Time started;
  std::optional<Time> ended;
  std::string actor;
  std::string cause;          // the command's id
  std::string reason;         // kFailed: a stable word
  std::string message;        // kFailed; kMade: what is to be looked at all the same, or ""
  Backup backup;              // kMade; kRunning: its id is of the newest good one before, or 0
  std::uint64_t removed = 0;  // older backups, after this one was verified

  friend bool operator==(const BackupRun&, const BackupRun&) = default;
};

// Where a run is.
struct BackupProgress {
  std::string phase;        // "copy", "verify"; "": not begun
  std::uint64_t done = 0;   // bytes
  std::uint64_t total = 0;  // 0: unknown
};

// What a store that was put back from a backup says of it, for one school, until the first start
// has taken it.
struct RestoredMark {
  std::uint32_t backup = 0;
  Time backup_at;
  std::string actor;             // who put it back
  Seq lost_head;                 // of the state that was put aside; 0: nobody knows
  std::uint64_t lost_plans = 0;  // ids given there
  std::uint64_t lost_groups = 0;
  std::vector<PersonId> forgotten;  // there, after the backup; the first kEntryPersonsMax

  friend bool operator==(const RestoredMark&, const RestoredMark&) = default;
};

}  // namespace roster::model
