#pragma once

// The config of roster-notify. Read strictly: what is unknown, stands twice or makes no sense is
// listed with its line, and nothing is guessed. Holds no secret, only where each is.

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace roster::notify {

// Secrets come by reference.
struct SecretRef {
  enum class Kind : std::uint8_t {
    kFile,        // an absolute path
    kEnv,         // the name of an environment variable
    kCredential,  // a name within $CREDENTIALS_DIRECTORY (systemd's LoadCredential=)
  };
  Kind kind = Kind::kFile;
  std::string value;
};

struct Login {
  std::string user;
  SecretRef password;
};

struct MailServer {
  enum class Security : std::uint8_t {
    kStartTls,  // required: a server that does not offer it gets nothing
    kTls,       // from the first byte (RFC 8314)
    kNone,      // loopback alone
  };
  std::string host;
  std::uint16_t port = 587;
  Security security = Security::kStartTls;
  std::optional<Login> login;
  std::string ca_file;  // "": the system's authorities
  std::string from;     // an address (RFC 5321), ASCII
};

struct MailTarget {
  std::vector<std::string> to;  // 1..50 addresses
};

struct WebhookTarget {
  std::string url;  // https, or http on loopback
  SecretRef secret;
  std::chrono::seconds timeout{10};
  std::string ca_file;
};

struct CommandTarget {
  std::vector<std::string> argv;  // the first is an absolute path; no shell
  std::chrono::seconds timeout{30};
};

// Minutes since midnight; `from` > `until` goes over midnight; never equal.
struct QuietHours {
  int from = 0;
  int until = 0;
};

enum class Zone : std::uint8_t { kLocal, kUtc };

struct Rule {
  std::string name;                  // [a-z0-9-]{1,32}
  std::vector<std::string> schools;  // ids, never empty

  enum class Which : std::uint8_t {
    kAwaiting,  // what awaits a person: see matters.h
    kAll,
    kTypes,
  };
  Which which = Which::kAwaiting;
  std::set<std::string> types;  // kTypes: names of events

  std::uint32_t poll_rejected_after = 3;  // in a row, before it awaits somebody
  std::optional<QuietHours> quiet;
  std::optional<std::chrono::seconds> digest;  // collects for so long, then sends one
  std::optional<std::chrono::seconds> remind;  // mail and command: again, while it still awaits
  bool from_beginning = false;  // where there is no state yet; else from what is newest then
  std::uint32_t tries = 50;     // then a dead letter

  // Exactly one.
  std::optional<MailTarget> mail;
  std::optional<WebhookTarget> webhook;
  std::optional<CommandTarget> command;
};

struct School {
  std::string id;
  std::string name;  // for people; "": the id
};

struct Config {
  std::string state_dir;
  std::string control = "ipc:///run/rosterd/control.sock";
  std::string events;  // "": where rosterd says
  // For tcp://, where both are needed.
  std::string server_key;                // rosterd's public key, Z85
  std::optional<SecretRef> certificate;  // file or credential, as rosterctl keygen makes it
  Zone zone = Zone::kLocal;
  std::vector<School> schools;
  std::optional<MailServer> mail;
  std::vector<Rule> rules;
};

// A rule in a school has a thread, two sockets and a state of its own: so many at most.
inline constexpr std::size_t kWatchesMax = 64;

struct Problem {
  int line = 0;  // from 1
  std::string what;
};

// Never throws. `config` counts when there are no problems.
struct Reading {
  Config config;
  std::vector<Problem> problems;
};
Reading ReadConfig(std::string_view text);

// Names of the events that this program knows: "PollCompleted", ...
const std::set<std::string>& KnownTypes();

}  // namespace roster::notify
