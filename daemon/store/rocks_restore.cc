// Putting a backup in the place of the store.

#include <fcntl.h>
#include <rocksdb/utilities/backup_engine.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/store/backup_files.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"
#include "daemon/store/rocks_backups.h"
#include "daemon/store/rocks_database.h"
#include "daemon/store/rocks_store.h"

namespace roster::store {
namespace {

namespace fs = std::filesystem;

constexpr Duration kQuotaWindow = std::chrono::hours(24);

std::string Numbered(const std::string& one, std::uint32_t id) {
  return one + " " + std::to_string(id);
}

// "db.before-restore-20260824T063005Z", not there yet.
fs::path AsideOf(const fs::path& db, Time now) {
  std::string stamp = FormatTime(now);
  std::erase_if(stamp, [](const char c) { return c == '-' || c == ':'; });
  if (const auto dot = stamp.find('.'); dot != std::string::npos)
    stamp = stamp.substr(0, dot) + "Z";
  const fs::path aside = db.string() + ".before-restore-" + stamp;
  std::error_code error;
  fs::path unused = aside;
  for (int i = 2; fs::exists(unused, error); ++i) unused = aside.string() + "-" + std::to_string(i);
  return unused;
}

// What AsideOf() gave names to and is still there, the oldest first.
std::vector<fs::path> KeptAside(const fs::path& db) {
  const std::string begin = db.filename().string() + ".before-restore-";
  std::vector<fs::path> kept;
  std::error_code error;
  for (fs::directory_iterator at(db.parent_path(), error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    if (at->path().filename().string().starts_with(begin)) kept.push_back(at->path());
  }
  // Of the same second, "-2" comes after nothing, and "-10" after "-9".
  const auto order = [&](const fs::path& path) {
    const std::string name = path.filename().string();
    const std::size_t stamp = std::min(name.find('-', begin.size()), name.size());
    return std::tuple(name.substr(0, stamp), name.size(), name);
  };
  std::sort(kept.begin(), kept.end(),
            [&](const fs::path& a, const fs::path& b) { return order(a) < order(b); });
  return kept;
}

fs::path StageOf(const fs::path& db) { return db.string() + ".restoring"; }

// The state that is there: locked for as long as this lives, and read where it can be.
class Present {
 public:
  // Refused "already-running".
  static Result<Present> Take(const fs::path& db) {
    Present present;
    std::error_code error;
    if (!fs::exists(db, error)) return present;
    present.there_ = true;
    auto opened = RocksStore::OpenToRead(db);
    if (opened) {
      present.store_ = *std::move(opened);
      return present;
    }
    if (opened.error().reason == "already-running") return tl::unexpected(opened.error());
    // Damaged, most likely: that is why it is replaced.
    rocksdb::FileLock* lock = nullptr;
    const auto status = rocksdb::Env::Default()->LockFile((db / "LOCK").string(), &lock);
    if (!status.ok()) return tl::unexpected(RocksError(status, "locking " + db.string()));
    present.lock_ = std::unique_ptr<rocksdb::FileLock, Unlock>(lock);
    return present;
  }

  bool there() const { return there_; }
  const Store* store() const { return store_.get(); }  // nullptr: it can't be read

 private:
  struct Unlock {
    void operator()(rocksdb::FileLock* lock) const {
      rocksdb::Env::Default()->UnlockFile(lock).PermitUncheckedError();
    }
  };
  bool there_ = false;
  std::unique_ptr<RocksStore> store_;
  std::unique_ptr<rocksdb::FileLock, Unlock> lock_;
};

// Which one is meant, if it is there and as it was written.
Result<model::Backup> Choose(const RestoreOptions& options) {
  ROSTER_ASSIGN(const auto all, ListBackups(options.backups), "");
  if (all.empty()) {
    return Fail(Code::kNotFound, "no-backup",
                "There is no backup in " + options.backups.string() +
                    ". Nothing was changed: say where they are with --from.");
  }
  const auto wanted = options.id.value_or(all.front().id);
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const model::Backup& one) { return one.id == wanted; });
  if (found == all.end()) {
    return Fail(Code::kNotFound, "no-backup",
                Numbered("Backup", wanted) + " is not in " + options.backups.string() +
                    ". Nothing was changed: --list-backups shows those that are.");
  }
  return {*found};
}

// An earlier one is a person's to choose: it holds an earlier state.
tl::unexpected<Error> Damaged(const RestoreOptions& options, const model::Backup& backup,
                              const std::string& what) {
  return Fail(Code::kCorrupt, "backup-damaged",
              Numbered("Backup", backup.id) + " in " + options.backups.string() +
                  " is damaged: " + what +
                  ". Nothing was changed. --list-backups shows the others: an earlier one may be "
                  "whole, and holds an earlier state.");
}

Result<void> Unpack(const RestoreOptions& options, const model::Backup& backup,
                    const fs::path& stage) {
  if (backup.damaged) {
    return Damaged(options, backup, "files are missing, or have another size than was written");
  }
  ROSTER_ASSIGN(const auto engine, OpenBackups(options.backups), "");
  const rocksdb::Status verified = engine->VerifyBackup(backup.id, true);
  if (verified.IsCorruption() || verified.IsNotFound()) {
    return Damaged(options, backup, verified.ToString());
  }
  if (!verified.ok()) return tl::unexpected(BackupError(verified, options.backups, "reading it"));

  ROSTER_ASSIGN(const std::uint64_t free, FreeBytes(options.db.parent_path()), "");
  if (free < backup.bytes + kDiskLeftFree) {
    return Fail(Code::kExhausted, "disk-full",
                "The restored state needs " + std::to_string((backup.bytes >> 20U) + 1) +
                    " MiB beside the present one, and the disk with " + options.db.string() +
                    " has " + std::to_string(free >> 20U) +
                    " MiB of room. Nothing was changed: make room.");
  }
  const rocksdb::Status restored =
      engine->RestoreDBFromBackup(backup.id, stage.string(), stage.string());
  if (!restored.ok()) return tl::unexpected(RocksError(restored, "writing what is restored"));
  return {};
}

Result<std::vector<SchoolId>> SchoolsIn(const Store& store) {
  std::vector<SchoolId> schools;
  const auto rows = store.Scan(Family::kMeta, "", "");
  for (; rows->Valid(); rows->Next()) {
    if (auto school = SchoolOfHeadKey(rows->key())) schools.push_back(*std::move(school));
  }
  ROSTER_TRY(rows->status(), "reading schools");
  return schools;
}

Result<std::optional<model::SchoolHead>> HeadOf(const Store& store, const SchoolId& school) {
  ROSTER_ASSIGN(const auto value, store.Get(Family::kMeta, SchoolHeadKey(school)), "");
  if (!value) return {std::nullopt};
  ROSTER_ASSIGN(auto head, DecodeSchoolHead(*value), "");
  return {std::move(head)};
}

// The newest entry that two journals have in common; 0: they never were one. Each entry holds the
// digest of the one before, so that up to it all are the same.
Seq LastInCommon(const Store& a, const Store& b, const SchoolId& school, Seq newest) {
  const auto same = [&](std::uint64_t seq) {
    const auto one = a.Get(Family::kJournal, EntryKey(school, Seq(seq)));
    const auto other = b.Get(Family::kJournal, EntryKey(school, Seq(seq)));
    return one && other && *one && *one == *other;
  };
  std::uint64_t common = 0;
  std::uint64_t beyond = newest.value() + 1;
  while (beyond - common > 1) {
    const std::uint64_t middle = common + (beyond - common) / 2;
    (same(middle) ? common : beyond) = middle;
  }
  return Seq(common);
}

// Who was forgotten after the two parted: they are in the backup.
Result<std::vector<PersonId>> ForgottenAfter(const Store& present, const SchoolId& school,
                                             Seq common, Seq lost_head) {
  std::vector<PersonId> persons;
  const Range range = EntryRange(school, Seq(common.value() + 1), Seq(lost_head.value() + 1));
  const auto entries = present.Scan(Family::kJournal, range.begin, range.end);
  for (; entries->Valid(); entries->Next()) {
    ROSTER_ASSIGN(const auto entry, DecodeEntry(entries->value()), "");
    const auto* forgotten = std::get_if<model::PersonsForgotten>(&entry.event);
    if (forgotten == nullptr) continue;
    persons.insert(persons.end(), forgotten->persons.begin(), forgotten->persons.end());
  }
  ROSTER_TRY(entries->status(), "");
  std::sort(persons.begin(), persons.end());
  persons.erase(std::unique(persons.begin(), persons.end()), persons.end());
  if (persons.size() > model::kEntryPersonsMax) persons.resize(model::kEntryPersonsMax);
  return persons;
}

// What the present state knows that the backup can't, if the two were one. Its damage is no
// obstacle.
bool Compare(const Store& restored, const Store& present, RestoredSchool& school,
             model::RestoredMark& mark) {
  const auto lost = HeadOf(present, school.school);
  if (!lost || !*lost) return false;
  const Seq common =
      LastInCommon(restored, present, school.school, std::min(school.head, (*lost)->seq));
  if (common.value() == 0) return false;
  school.lost_head = mark.lost_head = (*lost)->seq;
  mark.lost_plans = (*lost)->plans;
  mark.lost_groups = (*lost)->groups;
  auto forgotten = ForgottenAfter(present, school.school, common, school.lost_head);
  if (forgotten) school.forgotten = mark.forgotten = *std::move(forgotten);
  return true;
}

Time LastStamp(const model::QuotaState& state) {
  Time last{};
  for (const auto& window : state.taken) {
    for (const auto& taken : window) last = std::max(last, taken.at);
  }
  return last;
}

// What was asked of FACTS after the backup counts too.
Result<void> KeepQuotas(const RestoreOptions& options, const Store& restored, const Store* present,
                        Batch& batch, RestoreReport& report) {
  const Range range = QuotaRange();
  if (present != nullptr) {
    const auto rows = present->Scan(Family::kMeta, range.begin, range.end);
    for (; rows->Valid(); rows->Next()) {
      ROSTER_ASSIGN(const auto later, DecodeQuota(rows->value()), "");
      ROSTER_ASSIGN(const auto value, restored.Get(Family::kMeta, rows->key()), "");
      if (value) {
        ROSTER_ASSIGN(const auto kept, DecodeQuota(*value), "");
        if (LastStamp(kept) > LastStamp(later)) continue;
      }
      batch.Put(Family::kMeta, std::string(rows->key()), std::string(rows->value()));
    }
    return rows->status();
  }
  if (options.quota_as_in_backup) return {};
  const auto rows = restored.Scan(Family::kMeta, range.begin, range.end);
  for (; rows->Valid(); rows->Next()) {
    ROSTER_ASSIGN(auto state, DecodeQuota(rows->value()), "");
    const Time until = options.now + kQuotaWindow;
    state.refused_until = std::max(state.refused_until.value_or(until), until);
    batch.Put(Family::kMeta, std::string(rows->key()), EncodeQuota(state));
    report.quota_used_up = true;
  }
  return rows->status();
}

// Opens what was unpacked, which shows that it is whole, and writes what its first start has to
// know.
Result<void> Mark(const RestoreOptions& options, const fs::path& stage, const Store* present,
                  RestoreReport& report) {
  RocksOptions rocks;
  rocks.checkpoint_before_upgrade = false;  // the backup is one
  ROSTER_ASSIGN(const auto restored, RocksStore::Open(stage, rocks), "opening what was restored");
  Batch batch;
  ROSTER_ASSIGN(const auto schools, SchoolsIn(*restored), "reading what was restored");
  for (const SchoolId& id : schools) {
    ROSTER_ASSIGN(const auto head, HeadOf(*restored, id), "reading what was restored");
    if (!head) continue;
    RestoredSchool school{id, head->seq, Seq(), {}};
    model::RestoredMark mark;
    mark.backup = report.backup.id;
    mark.backup_at = report.backup.at;
    mark.actor = options.actor;
    if (present != nullptr && Compare(*restored, *present, school, mark)) {
      report.aside_related = true;
    }
    batch.Put(Family::kMeta, RestoredMarkKey(id), EncodeRestoredMark(mark));
    report.schools.push_back(std::move(school));
  }
  // The run that made the backup is under way in it.
  ROSTER_ASSIGN(const auto value, restored->Get(Family::kMeta, BackupRunKey()), "");
  if (value) {
    ROSTER_ASSIGN(auto run, DecodeBackupRun(*value), "reading what was restored");
    if (run.state == model::BackupRun::State::kRunning) {
      run.state = model::BackupRun::State::kMade;
      run.ended = report.backup.at;
      run.backup = report.backup;
      batch.Put(Family::kMeta, BackupRunKey(), EncodeBackupRun(run));
    }
  }
  ROSTER_TRY(
      KeepQuotas(options, *restored, report.aside_related ? present : nullptr, batch, report),
      "reading quotas");
  return restored->Commit(batch, true);
}

Error CannotMove(const fs::path& db, int error, const std::string& what_is_where) {
  return {Code::kUnavailable, "disk",
          "The restored state could not be put in the place of " + db.string() + " (" +
              std::strerror(error) + "). " + what_is_where};
}

constexpr std::string_view kAsItWas =
    "The present state is as it was. Look at the disk, then restore again.";

// Where the file system can't exchange two names: there is an instant without a store, and a start
// in it is refused (CheckNoRestoreInterrupted).
Result<void> MoveInTwoSteps(const fs::path& db, const fs::path& stage, const fs::path& aside) {
  if (::rename(db.c_str(), aside.c_str()) != 0) {
    return tl::unexpected(CannotMove(db, errno, std::string(kAsItWas)));
  }
  if (::rename(stage.c_str(), db.c_str()) == 0) return {};
  const int error = errno;
  if (::rename(aside.c_str(), db.c_str()) == 0) {
    return tl::unexpected(CannotMove(db, error, std::string(kAsItWas)));
  }
  return tl::unexpected(
      CannotMove(db, error,
                 "There is no store now: the state that was there is " + aside.string() +
                     ", what was restored is " + stage.string() +
                     ". Look at the disk, then rename the one that you want back."));
}

// In one step, where the file system can. An error leaves the stage under its own name.
Result<void> PutInPlace(const fs::path& db, const fs::path& stage, const fs::path& aside) {
  if (aside.empty()) {
    if (::renameat2(AT_FDCWD, stage.c_str(), AT_FDCWD, db.c_str(), RENAME_NOREPLACE) == 0) {
      return {};
    }
    if (errno != EEXIST) return tl::unexpected(CannotMove(db, errno, "Look at the disk."));
    return Fail(Code::kRefused, "already-running",
                "A store has appeared at " + db.string() +
                    " meanwhile: was rosterd started? Stop it, then restore again.");
  }
  // Under the name that the present state will have: what bears it is never cleared away.
  if (::rename(stage.c_str(), aside.c_str()) != 0) {
    return tl::unexpected(CannotMove(db, errno, std::string(kAsItWas)));
  }
  auto named = SyncFolder(db.parent_path());
  if (named && ::renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, db.c_str(), RENAME_EXCHANGE) == 0) {
    return {};
  }
  const int error = errno;
  if (::rename(aside.c_str(), stage.c_str()) != 0) {
    return tl::unexpected(CannotMove(
        db, errno, "The present state is as it was; the restored copy is " + aside.string() + "."));
  }
  if (!named) return named;
  if (error != EINVAL && error != ENOSYS) {
    return tl::unexpected(CannotMove(db, error, std::string(kAsItWas)));
  }
  return MoveInTwoSteps(db, stage, aside);
}

}  // namespace

Result<RestoreReport> Restore(const RestoreOptions& options) {
  if (std::error_code none; !fs::is_directory(options.db.parent_path(), none)) {
    return Fail(Code::kRefused, "no-state-directory",
                "There is no directory " + options.db.parent_path().string() +
                    " (state_dir). Nothing was changed: make it, owned by the user that rosterd "
                    "runs as, or install the package, which does.");
  }
  ROSTER_ASSIGN(const Present present, Present::Take(options.db), "");
  RestoreReport report;
  ROSTER_ASSIGN(report.backup, Choose(options), "");
  const fs::path stage = StageOf(options.db);
  std::error_code error;
  fs::remove_all(stage, error);  // of a restore that was cut off
  if (error) return tl::unexpected(BackupFileError(error.value(), stage, "clearing up"));
  const auto undo = [&](Error failure) {
    fs::remove_all(stage, error);
    return tl::unexpected(std::move(failure));
  };
  if (auto done = Unpack(options, report.backup, stage); !done) return undo(done.error());
  if (auto done = Mark(options, stage, present.store(), report); !done) return undo(done.error());
  if (auto done = CloseAndSync(stage); !done) return undo(done.error());
  if (present.there()) report.aside = AsideOf(options.db, options.now);
  report.aside_read = present.store() != nullptr;
  if (auto done = PutInPlace(options.db, stage, report.aside); !done) {
    // Without a store the stage may be all that there is.
    return fs::exists(options.db, error) || report.aside.empty() ? undo(done.error())
                                                                 : tl::unexpected(done.error());
  }
  if (const auto synced = SyncFolder(options.db.parent_path()); !synced) {
    report.problem =
        "It is in its place, and a power cut may still take it back: " + synced.error().message +
        " Look at the disk before rosterd is started.";
  }
  return report;
}

bool RemoveUnusedRestore(const fs::path& db) {
  std::error_code error;
  return fs::remove_all(StageOf(db), error) > 0 && !error;
}

Result<void> CheckNoRestoreInterrupted(const fs::path& db) {
  std::error_code error;
  if (fs::exists(db, error)) return {};
  const std::vector<fs::path> kept = KeptAside(db);
  const std::string stage = fs::exists(StageOf(db), error) ? StageOf(db).string() : "";
  const std::string begin = "There is no store at " + db.string() + ", and a restore was cut off: ";
  if (kept.empty() && stage.empty()) return {};
  if (kept.empty()) {
    return Fail(Code::kRefused, "restore-interrupted",
                begin + stage +
                    " is what it had copied so far. Restore again (rosterd --restore). To begin "
                    "with an empty store, move it away.");
  }
  const bool several = kept.size() > 1;
  return Fail(
      Code::kRefused, "restore-interrupted",
      begin + kept.back().string() +
          (several ? " (the newest of " + std::to_string(kept.size()) + " that were kept)" : "") +
          " is left of it. Restore again (rosterd --restore), or rename the state that you "
          "want back to " +
          db.string() + ". To begin with an empty one, move " + (several ? "them" : "it") +
          (stage.empty() ? "" : ", and " + stage + ",") + " away.");
}

}  // namespace roster::store
