// A school to try things on: a FACTS SIS, a volunteer site, and the strings to pull on both.
// In-process for tests, or behind roster-sandbox.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/sandbox/effects.h"
#include "tests/sandbox/facts_server.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/sandbox_clock.h"
#include "tests/sandbox/scenario.h"
#include "tests/sandbox/school.h"
#include "tests/sandbox/scim_server.h"

namespace roster::sandbox {

struct SandboxOptions {
  SchoolOptions school;
  FactsOptions facts;  // keys are made up when empty
  SiteOptions site;    // tokens too
  int facts_port = 0;  // 0: any free one
  int site_port = 0;
  int control_port = 0;
  std::string effects_file;  // "": memory only
  bool hand_made = true;     // the accounts that a site has before the first sync
  bool linked = false;       // and one for each enrolled student with an address, linked to them
};

class ControlServer;

class Sandbox {
 public:
  // Makes the school and the accounts. Throws std::invalid_argument for impossible sizes.
  explicit Sandbox(SandboxOptions options);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Listens on 127.0.0.1. Throws std::runtime_error when a port cannot be had.
  void Start();
  void Stop();

  School& school() { return school_; }
  ScimStore& store() { return store_; }
  EffectLog& effects() { return effects_; }
  FaultBook& faults() { return faults_; }
  Scenarios& scenarios() { return scenarios_; }
  SandboxClock& clock() { return clock_; }
  FactsServer& facts() { return facts_; }
  ScimServer& site() { return site_; }
  int control_port() const;
  const SandboxOptions& options() const { return options_; }

  // Where everything listens, and the made-up keys: the content of the ready file.
  Json Ready() const;
  // The keys as files of mode 0600. Throws std::runtime_error.
  void WriteSecrets(const std::string& directory) const;

  // Which accounts were made for a purpose: "found", "foundArchived", "protected", ...
  const Json& seeded() const { return seeded_; }

 private:
  void SeedAccounts();
  void SeedOne(const std::string& group, const Json& user, int64_t person);
  Json UserOf(int64_t person_id, const std::string& address) const;

  SandboxOptions options_;
  SandboxClock clock_;
  EffectLog effects_;
  FaultBook faults_;
  School school_;
  ScimStore store_;
  Scenarios scenarios_;
  Json seeded_ = Json::object();
  FactsServer facts_;
  ScimServer site_;
  std::unique_ptr<ControlServer> control_;
};

// Writes `text` to `file` in one step, readable by the owner alone. Throws std::runtime_error.
void WritePrivately(const std::string& file, const std::string& text);

}  // namespace roster::sandbox
