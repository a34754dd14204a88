#include "daemon/restore/restore.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <optional>

#include "daemon/base/system_clock.h"
#include "daemon/store/rocks_backups.h"

namespace roster::restore {
namespace {

namespace fs = std::filesystem;

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

void Complain(const std::string& message) { std::cerr << "rosterd: " << message << "\n"; }

fs::path DirectoryOf(const config::Config& config, const std::string& from) {
  return from.empty() ? fs::path(config.BackupDirectory()) : fs::absolute(from);
}

// What root would write the daemon could not read. State that is root's own stays root's.
Result<void> BecomeOwner(const std::string& state_dir) {
  struct stat status {};
  if (::geteuid() != 0 || ::stat(state_dir.c_str(), &status) != 0 || status.st_uid == 0) return {};
  if (::setgroups(0, nullptr) != 0 || ::setgid(status.st_gid) != 0 ||
      ::setuid(status.st_uid) != 0) {
    return Fail(Code::kUnavailable, "owner",
                "The owner of " + state_dir + " could not be taken on: " + std::strerror(errno));
  }
  return {};
}

std::string MiB(std::uint64_t bytes) {
  if (bytes < (std::uint64_t{1} << 20U)) return std::to_string((bytes >> 10U) + 1) + " KiB";
  return std::to_string(bytes >> 20U) + " MiB";
}

std::string Told(const model::Backup& backup) {
  return std::to_string(backup.id) + ", of " + FormatTime(backup.at);
}

void Tell(const store::RestoreReport& report, const config::Config& config) {
  std::cout << "Backup " << Told(report.backup) << " was read again, found whole, and put back.\n";
  if (report.aside.empty()) {
    std::cout << "There was no state before.\n";
  } else {
    std::cout << "The state that was there is kept in " << report.aside.string()
              << (report.aside_read ? ".\n" : "; it could not be read.\n");
    if (report.aside_read && !report.aside_related) {
      std::cout << "It began elsewhere than the backup, so that nothing was taken over from it.\n";
    }
    std::cout << "It holds people's data: remove it when you no longer need it.\n";
  }
  for (const auto& school : report.schools) {
    std::cout << "  " << school.school.value() << ": the journal ends at entry "
              << school.head.value();
    if (school.lost_head.value() > 0) {
      std::cout << ", and ended at " << school.lost_head.value() << " in the state put aside";
    }
    std::cout << ".\n";
    if (!school.forgotten.empty()) {
      std::cout << "    Forgotten after the backup, and here again:";
      for (const PersonId person : school.forgotten) std::cout << " " << person.value();
      std::cout << "\n    Forget them again: rosterctl --school " << school.school.value()
                << " forget ID...\n";
    }
    if (config.FindSchool(school.school) == nullptr) {
      std::cout << "    The config does not name this school: its state waits until it does.\n";
    }
  }
  if (report.quota_used_up) {
    std::cout << "How much of FACTS's quota was used since the backup, nobody knows: it counts as "
                 "used up, and no poll goes out for 24 h. If nothing was asked since, restore "
                 "again with --quota-as-in-backup.\n";
  }
  if (!report.problem.empty()) std::cout << report.problem << "\n";
  std::cout << "Next: start rosterd, then rosterctl poll --wait. Tasks that were open in the "
               "backup are looked up at the site before anything is written; plans that were not "
               "approved are to be made anew. roster-notify says so and goes on; other subscribers "
               "that know a later entry stop and say so (the runbook says how they go on). An "
               "invitation sent after the backup shows only on a site that tells invitedAt.\n";
}

}  // namespace

int List(const config::Config& config, const std::string& from) {
  if (const auto owner = BecomeOwner(config.state_dir); !owner) {
    Complain(owner.error().message);
    return kFailed;
  }
  const fs::path directory = DirectoryOf(config, from);
  const auto all = store::ListBackups(directory);
  if (!all) {
    Complain(all.error().message);
    return kFailed;
  }
  std::cout << directory.string() << ": "
            << (all->empty()
                    ? "no backups"
                    : std::to_string(all->size()) + (all->size() == 1 ? " backup" : " backups"))
            << "\n";
  for (const model::Backup& backup : *all) {
    std::cout << std::setw(6) << backup.id << "  ";
    if (backup.damaged) {
      std::cout << "damaged: files are missing, or have another size than was written\n";
      continue;
    }
    std::cout << FormatTime(backup.at) << "  " << std::setw(9) << MiB(backup.bytes) << "  "
              << (backup.verified ? "verified" : "not verified") << "  rosterd " << backup.program
              << "\n";
  }
  return kDone;
}

int PutBack(const config::Config& config, const Arguments& arguments) {
  store::RestoreOptions options;
  if (arguments.which != "latest") {
    const char* const end = arguments.which.data() + arguments.which.size();
    std::uint32_t id = 0;
    const auto parsed = std::from_chars(arguments.which.data(), end, id);
    if (parsed.ec != std::errc() || parsed.ptr != end || id == 0) {
      Complain("--restore takes latest, or the number of a backup (--list-backups shows them).");
      return kWrongUsage;
    }
    options.id = id;
  }
  options.actor = "uid:" + std::to_string(::getuid());
  if (const auto owner = BecomeOwner(config.state_dir); !owner) {
    Complain(owner.error().message);
    return kFailed;
  }
  options.db = fs::path(config.state_dir) / "db";
  options.backups = DirectoryOf(config, arguments.from);
  options.now = SystemClock().Now();
  options.quota_as_in_backup = arguments.quota_as_in_backup;
  const auto report = store::Restore(options);
  if (!report) {
    Complain(report.error().message);
    return kFailed;
  }
  Tell(*report, config);
  return kDone;
}

}  // namespace roster::restore
