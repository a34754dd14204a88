#pragma once

// The config file: read, checked and turned into values. Whatever is wrong with it is said here,
// all at once, before anything is started.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/log_level.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/config/secret.h"
#include "daemon/model/access.h"
#include "daemon/model/settings.h"
#include "daemon/model/spreadsheet.h"

namespace roster::config {

inline constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;
inline constexpr std::size_t kSchoolsMax = 1000;
inline constexpr std::size_t kListItemsMax = 1000;  // of every other list or map
inline constexpr std::size_t kProblemsShownMax = 50;
inline constexpr std::size_t kRolloversMax = 20;            // of a school
inline constexpr std::chrono::days kRolloverLengthMax{92};  // first and last day counted
inline constexpr std::uint32_t kGuardCountMax = 1'000'000;  // accounts

// ipc:// with absolute paths of at most 107 bytes, or tcp:// with an address and a port; all three
// differ.
struct Endpoints {
  std::string control;
  std::string events;
  std::string tasks;

  friend bool operator==(const Endpoints&, const Endpoints&) = default;
};

struct Observability {
  std::string host;  // a loopback address without brackets; "": nothing is served
  std::uint16_t port = 0;
  LogLevel log_level = LogLevel::kInfo;  // the least important lines that are logged
};

struct Worker {
  std::uint32_t concurrency = 4;              // tasks of one school at a time, 1..64
  Duration lease = std::chrono::seconds(60);  // 10 s..10 min
  std::string connect;                        // where it finds rosterd; never empty
  model::PublicKey server_key;                // with connect on tcp://
  std::optional<SecretRef> certificate;       // with connect on tcp://; rosterd never resolves it
};

// What the school pays FACTS for: its limits are in the source's README.
enum class Tier : std::uint8_t { kBasic = 1, kPro = 2, kEnterprise = 3 };
std::string_view TierWord(Tier tier);  // "basic", "pro", "enterprise"

struct Facts {
  std::string base_url;  // https, or http on loopback; no trailing slash
  SecretRef subscription_key;
  SecretRef api_key;
  Tier tier = Tier::kBasic;
  std::uint32_t page_size = 1000;               // rows, 1..10000
  Duration poll_every = std::chrono::hours(1);  // 1 min..7 days
  model::SourceLimits limits;
};

struct Scim {
  std::string base_url;             // as in Facts
  SecretRef read_token;             // for rosterd
  SecretRef write_token;            // for roster-worker alone; rosterd never resolves it
  double requests_per_second = 10;  // 0.1..1000
  std::uint32_t page_size = 200;    // accounts, 1..10000
};

struct School {
  std::string name;  // for people
  Facts facts;
  Scim scim;                                      // of a site that speaks SCIM
  std::optional<model::Spreadsheet> spreadsheet;  // of a site without an API; then scim is nothing
  model::RosterRules rules;                       // rules.school is the school's id
  model::PlanRules plans;  // rollovers in the order of the file; no two share a day
  model::Retention retention;

  const SchoolId& id() const { return rules.school; }
};

struct Backup {
  std::string directory;  // absolute; "": left out
  std::uint32_t keep = 14;
};

struct Config {
  std::string state_dir;  // absolute
  Backup backup;
  Endpoints endpoints;
  Worker worker;
  Observability observability;
  // Set when any endpoint is on tcp://.
  std::optional<SecretRef> network_certificate;
  // nullopt: root and rosterd's own user everything, all others nothing. With tcp:// there is one.
  std::optional<std::vector<model::Grant>> access;
  Digest digest;                // of the file's bytes
  std::vector<School> schools;  // 1..kSchoolsMax, ids unique, in the order of the file
  // Of kNamed: where `access` names users and groups that this machine does not know,
  // "file:12: access[0].users[1]". They have no roles.
  std::vector<std::string> unknown_accounts;

  std::string BackupDirectory() const {  // absolute
    return backup.directory.empty() ? state_dir + "/backups" : backup.directory;
  }
  const School* FindSchool(const SchoolId& id) const;  // nullptr when there is none
};

// What becomes of a file with users and groups that this machine does not know. Whoever checks it
// is told; but a service that starts must not stand still for an account that was deleted since, or
// a directory that is not there yet.
enum class UnknownAccounts : std::uint8_t { kRefused, kNamed };

// Reads and checks a file. Relative paths in it are relative to its folder. Secrets are not
// resolved. Errors: Invalid "config-unreadable", or Invalid "config" whose message has one line for
// each problem, "file:line: schools[0].facts.tier: what is wrong; what is allowed", at most
// kProblemsShownMax of them. Values of the file are never repeated in a message: one could be a
// secret in the wrong place.
Result<Config> Load(const std::string& path, UnknownAccounts unknown = UnknownAccounts::kRefused);

// The same for text that is at hand; `filename` stands in messages and gives the folder.
Result<Config> LoadText(std::string_view yaml, const std::string& filename,
                        UnknownAccounts unknown = UnknownAccounts::kRefused);

}  // namespace roster::config
