#pragma once

// A directory of backups, by RocksDB's BackupEngine: each shares the table files that it has in
// common with the ones before. Only what was read again after it was written counts as verified;
// `verified/ID` in the directory says so. The directory is its user's alone (0700, files 0600).

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/backup.h"

namespace roster::store {

// Bytes: neither a backup nor a restore fills a disk to the brim.
inline constexpr std::uint64_t kDiskLeftFree = std::uint64_t{64} << 20U;

struct BackupOptions {
  std::filesystem::path directory;  // made when it is not there
  std::uint32_t keep = 14;          // verified ones; > 0
  std::string program;              // the version that makes it
  // Left free on the disk of the directory, which may be that of the store too.
  std::uint64_t free_bytes_min = kDiskLeftFree;
};

struct MadeBackup {
  model::Backup backup;
  std::uint64_t removed = 0;       // older ones
  std::string problem;             // older ones that could not be removed, for people; or ""
  std::vector<model::Backup> all;  // the newest first
};

// Errors of RocksStore::MakeBackup. Whichever it is, the backups made before are as they were, and
// the next one removes what is left of this one:
//   Exhausted   "backup-disk-full", "backup-disk-read-only"
//   Refused     "backup-not-permitted", "backup-in-use" (another process makes one there)
//   Corrupt     "backup-damaged": it was not what was written when it was read again
//   Unavailable "backup-stopped", "backup-failed"

// What there is, the newest first; none when there is no such directory. Reads the lists of files,
// not the files.
Result<std::vector<model::Backup>> ListBackups(const std::filesystem::path& directory);

struct RestoreOptions {
  std::filesystem::path db;         // where the store is, or is to be; no process has it open
  std::filesystem::path backups;    // only read
  std::optional<std::uint32_t> id;  // nullopt: the newest
  Time now;
  std::string actor;  // for the journal
  // Nothing was asked of FACTS after the backup: its count of the quota holds. Else, unless the
  // present state can be read, the quota counts as used up for a day.
  bool quota_as_in_backup = false;
};

struct RestoredSchool {
  SchoolId school;
  Seq head;                         // of the backup
  Seq lost_head;                    // of the state that was put aside; 0: nobody knows
  std::vector<PersonId> forgotten;  // there, after the backup
};

struct RestoreReport {
  model::Backup backup;
  std::filesystem::path aside;  // the state that was there; "": there was none
  bool aside_read = false;      // it could be read
  bool aside_related = false;   // and it and the backup were one once
  bool quota_used_up = false;   // it was taken to be
  std::vector<RestoredSchool> schools;
  std::string problem;  // to be looked at all the same, for people; or ""
};

// Verifies a backup and puts it in the place of the store, in one step: at any crash the store is
// the one that was there or the restored one. What was there is kept aside
// (`db.before-restore-TIME`), never deleted. What it knows that the backup can't (numbers given,
// FACTS's quota, whom to forget again) is taken over where its journal and the backup's begin
// alike: a state that began elsewhere knows nothing of this. Each school gets a RestoredMark.
// Errors:
//   Refused   "already-running", "newer-format", "no-state-directory"
//   NotFound  "no-backup"
//   Corrupt   "backup-damaged"
//   those of RocksStore::Open, MakeBackup
Result<RestoreReport> Restore(const RestoreOptions& options);

// Refused "restore-interrupted": there is no store, and a restore has left something beside. A
// start would begin with an empty one.
Result<void> CheckNoRestoreInterrupted(const std::filesystem::path& db);

// Removes the copy that a restore has left which was cut off before it changed anything. Only for
// whoever has the store open: no restore is under way then. True: there was one.
bool RemoveUnusedRestore(const std::filesystem::path& db);

}  // namespace roster::store
