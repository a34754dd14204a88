#include "daemon/arguments/arguments.h"

namespace roster::arguments {
namespace {

constexpr std::size_t kNameMax = 128;  // bytes; what the daemon takes

// `--restore "$N"` with nothing in N is a mistake, and no start of the daemon.
std::string NotEmpty(const std::string& value) { return value.empty() ? "names nothing" : ""; }

}  // namespace

void Add(CLI::App& app, Daemon& into) {
  app.name("rosterd");
  app.description(
      "rosterd keeps a school's volunteer site in step with its FACTS SIS, and lets nothing "
      "through that a person has not approved. People talk to it with rosterctl.");
  app.add_option("--config", into.config, "the config file")
      ->capture_default_str()
      ->type_name("FILE");
  app.add_flag("--check", into.check, "check the config file and the secrets it names, and end");
  auto* const restore = app.add_option("--restore", into.restore,
                                       "with the daemon stopped: put this backup back (latest, or "
                                       "its number), keep the present state aside, and end")
                            ->check(CLI::Validator(NotEmpty, ""))
                            ->type_name("BACKUP");
  app.add_flag("--list-backups", into.list_backups, "show the backups, and end")->excludes(restore);
  app.add_option("--from", into.from,
                 "of --restore and --list-backups: the directory of the backups; else as the "
                 "config says")
      ->check(CLI::Validator(NotEmpty, ""))
      ->type_name("DIRECTORY");
  app.add_flag("--quota-as-in-backup", into.quota_as_in_backup,
               "of --restore: nothing was asked of FACTS after the backup")
      ->needs(restore);
  app.set_version_flag("--version", ROSTER_VERSION);
}

void Add(CLI::App& app, Worker& into) {
  app.name("roster-worker");
  app.description(
      "Executes approved tasks on the volunteer sites: leases them from rosterd, looks at "
      "the account, writes, reports. Run as many as you like.");
  app.add_option("--config", into.config, "the config file of rosterd")
      ->required()
      ->type_name("FILE");
  app.add_option("--name", into.name, "unique while it runs; default: host, pid, chance")
      ->check(CLI::Validator(
          [](const std::string& name) {
            return name.empty() || name.size() > kNameMax ? std::string("1 to 128 bytes") : "";
          },
          ""))
      ->type_name("NAME");
  app.add_flag("--once", into.once, "end when there is no task left");
  app.set_version_flag("--version", ROSTER_VERSION);
}

}  // namespace roster::arguments
