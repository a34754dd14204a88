#include "client/notify/arguments.h"

namespace roster::notify {

void Add(CLI::App& app, Arguments& into) {
  app.name("roster-notify");
  app.description(
      "Tells people and programs what rosterd's journal says: by mail, webhook or command.");
  app.add_option("--config", into.config, "the config file")
      ->capture_default_str()
      ->type_name("FILE");
  app.add_flag("--check", into.check, "say whether the config is good, and stop");
  app.set_version_flag("--version", ROSTER_VERSION);
}

}  // namespace roster::notify
