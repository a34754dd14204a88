#pragma once

// A whole installation in a temp directory: the sandbox school in this process, and the real
// rosterd, roster-worker and rosterctl as programs.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/process.h"
#include "tests/sandbox/sandbox.h"

namespace roster::e2e {

using Json = nlohmann::json;

struct WorldOptions {
  sandbox::SandboxOptions sandbox;
  std::string poll_every = "7d";  // tests ask for their polls
  std::string missing_polls = "3";
  std::string lease = "10s";
  int page_size = 1000;
  std::string tier = "enterprise";
  double requests_per_second = 1000;
  std::string external_id = "{school}:{person}";
  std::string scope = "{statuses: [enrolled]}";
  std::string accounts = "students";  // or "parents"
  std::string more;                   // further keys of the school, a line each
  std::string max_shrink = "20%";
  std::string site;       // what the config says of the site; "": the sandbox's, by SCIM
  std::string endpoints;  // the config's; "": on ipc
  std::string top;        // further keys of the config, a line each
};

// A small school, quick to poll, without FACTS's limits.
WorldOptions SmallSchool(std::uint64_t seed);

class World {
 public:
  explicit World(WorldOptions options);
  ~World();

  sandbox::Sandbox& sandbox() { return *sandbox_; }
  const std::string& directory() const { return directory_; }
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string endpoint() const { return "ipc://" + Path("control.sock"); }
  const std::string& config() const { return config_; }

  void StartDaemon();
  void StartWorker();
  Process& daemon() { return daemon_; }
  Process& worker() { return worker_; }
  // What both have logged.
  std::string Logs() const;

  Finished Ctl(std::vector<std::string> arguments, const std::string& input = "");
  // With --json: a line an object.
  std::vector<Json> CtlJson(std::vector<std::string> arguments);

  // The steps of the story.
  void Poll();  // and expects it to be used
  void SelectAllNew();
  Finished Sync();             // all of today's plan, to its end
  Json School();               // status of the one school
  std::vector<Json> Events();  // all entries, as JSON
  std::size_t CountEvents(const std::string& name);

  // What the site did, as the sandbox's own log has it: [{effect, externalId, ...}].
  std::vector<Json> Effects();

 private:
  std::string ScimSite() const;

  WorldOptions options_;
  std::string directory_;
  std::string config_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  Process daemon_;
  Process worker_;
};

// The whole file; "" where there is none.
std::string ReadFile(const std::string& path);

// Programs beside the test: "daemon/rosterd", ...
std::string Program(const std::string& name);

}  // namespace roster::e2e
