#include "client/notify/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "client/certificate.h"
#include "client/text.h"
#include "roster/v1/journal.pb.h"

namespace roster::notify {
namespace {

using std::chrono::seconds;

constexpr std::size_t kConfigMax = std::size_t{256} << 10U;  // bytes
constexpr std::size_t kSchoolsMax = 64;
constexpr std::size_t kRecipientsMax = 50;
constexpr std::size_t kArgumentsMax = 100;
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool Only(std::string_view text, std::string_view some, std::string_view more = "",
          std::string_view others = "") {
  return std::all_of(text.begin(), text.end(), [&](const char c) {
    return some.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos ||
           others.find(c) != std::string_view::npos;
  });
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](const char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 32 && Only(text, kLower, kDigits, "-");
}

// "90s", "15m", "1h", "7d"; at most a year.
std::optional<seconds> ParseDuration(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  const std::string_view number = text.substr(0, text.size() - 1);
  if (!Only(number, kDigits)) return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3600;
      break;
    case 'd':
      unit = 86400;
      break;
    default:
      return std::nullopt;
  }
  const seconds duration(std::stoll(std::string(number)) * unit);
  if (duration > std::chrono::days(366)) return std::nullopt;
  return duration;
}

// "22:30" -> 1350
std::optional<int> ParseMinute(std::string_view text) {
  if (text.size() != 5 || text[2] != ':' || !Only(text.substr(0, 2), kDigits) ||
      !Only(text.substr(3), kDigits)) {
    return std::nullopt;
  }
  const int hour = std::stoi(std::string(text.substr(0, 2)));
  const int minute = std::stoi(std::string(text.substr(3)));
  if (hour > 23 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

// A mailbox (RFC 5321) in its plain form: dot-atom@host. Quoted ones, and those beyond ASCII, are
// more than a mail server's next hop is sure to take.
bool IsAddress(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view host = text.substr(at + 1);
  const auto dots = [](std::string_view part) {
    return part.front() != '.' && part.back() != '.' && part.find("..") == std::string_view::npos;
  };
  return Only(local, kLetters, kDigits, ".!#$%&'*+-/=?^_`{|}~") && dots(local) && !host.empty() &&
         Only(host, kLetters, kDigits, ".-") && dots(host) && host.front() != '-';
}

bool IsHost(std::string_view text) {
  return !text.empty() && text.size() <= 253 && Only(text, kLetters, kDigits, ".-:") &&
         text.front() != '-' && text.front() != '.';
}

// Scheme and host of an http URL; nullopt when it is none, or holds a user or a space.
std::optional<std::pair<std::string, std::string>> SchemeAndHost(std::string_view url) {
  for (const std::string_view scheme : {"https", "http"}) {
    if (!url.starts_with(std::string(scheme) + "://")) continue;
    std::string_view rest = url.substr(scheme.size() + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (rest.find_first_of("@\\") != std::string_view::npos) return std::nullopt;
    std::string_view host = rest.substr(0, rest.rfind(':'));
    if (rest.starts_with('[')) {
      const std::size_t end = rest.find(']');
      if (end == std::string_view::npos) return std::nullopt;
      host = rest.substr(1, end - 1);
    }
    if (!IsHost(host) || HasControl(url) || url.find(' ') != std::string_view::npos) {
      return std::nullopt;
    }
    return std::pair{std::string(scheme), std::string(host)};
  }
  return std::nullopt;
}

int LineOf(const YAML::Node& node) { return std::max(node.Mark().line, 0) + 1; }

class Reader {
 public:
  explicit Reader(std::vector<Problem>& problems) : problems_(problems) {}
  void Add(int line, std::string what) {
    if (problems_.size() < 100) problems_.push_back({line, std::move(what)});
  }
  void Add(const YAML::Node& node, const std::string& key, const std::string& what) {
    Add(LineOf(node), key + ": " + what);
  }

  // One map: asks for each key that there may be, then says which others there are.
  class Map {
   public:
    Map(Reader& reader, const YAML::Node& node, std::string path, const std::string& shape)
        : reader_(reader), node_(node), path_(std::move(path)) {
      if (!node.IsMap()) {
        reader_.Add(node, path_.empty() ? "the file" : path_, "must be a map: " + shape);
        return;
      }
      for (const auto& pair : node) {
        const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
        const auto before = std::find_if(entries_.begin(), entries_.end(),
                                         [&](const auto& entry) { return entry.name == key; });
        if (before != entries_.end()) {
          reader_.Add(pair.first, Key(key), "stands twice in one map; keep one of them");
          continue;
        }
        entries_.push_back({key, LineOf(pair.first), pair.second, false});
      }
    }
    std::string Key(const std::string& key) const {
      return path_.empty() ? key : path_ + "." + key;
    }
    const YAML::Node& node() const { return node_; }
    bool IsMap() const { return node_.IsMap(); }

    // nullopt: not there.
    std::optional<YAML::Node> Get(const std::string& key) {
      allowed_ += (allowed_.empty() ? "" : ", ") + key;
      for (auto& entry : entries_) {
        if (entry.name != key) continue;
        entry.used = true;
        if (!entry.value.IsNull()) return entry.value;
        reader_.Add(entry.line, Key(key) + ": has no value; give it one, or leave the key out");
        bad_ = true;
        return std::nullopt;
      }
      return std::nullopt;
    }
    std::optional<std::string> Text(const std::string& key) {
      const auto node = Get(key);
      if (!node) return std::nullopt;
      return reader_.Text(*node, Key(key));
    }
    void Missing(const std::string& key, const std::string& what) {
      if (node_.IsMap() && !bad_) reader_.Add(node_, Key(key), "is missing: " + what);
    }
    // A value that `parse` understands; else a problem with what is allowed.
    template <typename T>
    void Value(const std::string& key, T& into,
               const std::function<std::optional<T>(const std::string&)>& parse,
               const std::string& allowed, bool required = false) {
      const auto node = Get(key);
      if (!node) {
        if (required) Missing(key, allowed);
        return;
      }
      const auto text = reader_.Text(*node, Key(key));
      if (!text) return;
      if (auto value = parse(*text)) {
        into = std::move(*value);
      } else {
        reader_.Add(*node, Key(key), "must be " + allowed);
      }
    }
    void Done() {
      for (const auto& entry : entries_) {
        if (entry.used) continue;
        reader_.Add(entry.line,
                    Key(Clip(entry.name)) + ": there is no such key; allowed: " + allowed_);
      }
    }

   private:
    struct Entry {
      std::string name;
      int line = 0;
      YAML::Node value;
      bool used = false;
    };
    Reader& reader_;
    YAML::Node node_;
    std::string path_;
    std::vector<Entry> entries_;
    std::string allowed_;
    bool bad_ = false;
  };

  // Repeats at most a word of what stands in the file: somebody may have put a secret there.
  static std::string Clip(const std::string& text) {
    return IsId(text) || Only(text, kLetters, "_") ? text.substr(0, 32) : "(a key)";
  }

  std::optional<std::string> Text(const YAML::Node& node, const std::string& key) {
    if (!node.IsScalar()) {
      Add(node, key, "must be one value, not a list or a map");
      return std::nullopt;
    }
    if (HasControl(node.Scalar()) || !client::IsUtf8(node.Scalar())) {
      Add(node, key, "holds a line break or another control character; take it out");
      return std::nullopt;
    }
    return node.Scalar();
  }

  std::vector<std::string> Texts(const YAML::Node& node, const std::string& key, std::size_t max,
                                 const std::function<bool(const std::string&)>& good,
                                 const std::string& allowed) {
    std::vector<std::string> texts;
    if (!node.IsSequence() || node.size() == 0 || node.size() > max) {
      Add(node, key, fmt::format("must be a list of 1 to {}: {}", max, allowed));
      return texts;
    }
    std::size_t index = 0;
    for (const auto& item : node) {
      const std::string where = fmt::format("{}[{}]", key, index++);
      const auto text = Text(item, where);
      if (!text) continue;
      if (good(*text)) {
        texts.push_back(*text);
      } else {
        Add(item, where, "must be " + allowed);
      }
    }
    return texts;
  }

  std::optional<SecretRef> Secret(const YAML::Node& node, const std::string& key) {
    static const std::string kAllowed =
        "{file: /absolute/path}, {env: NAME} or {credential: NAME}; a secret never stands in the "
        "config itself";
    if (!node.IsMap() || node.size() != 1) {
      Add(node, key, "must be " + kAllowed);
      return std::nullopt;
    }
    Map map(*this, node, key, kAllowed);
    SecretRef ref;
    if (const auto file = map.Text("file")) {
      ref = {SecretRef::Kind::kFile, *file};
      if (!file->starts_with('/')) {
        Add(node, key, "the file must be an absolute path");
        return std::nullopt;
      }
    } else if (const auto env = map.Text("env")) {
      ref = {SecretRef::Kind::kEnv, *env};
      if (env->empty() || !Only(*env, kLetters, kDigits, "_")) {
        Add(node, key, "env must be the name of an environment variable");
        return std::nullopt;
      }
    } else if (const auto credential = map.Text("credential")) {
      ref = {SecretRef::Kind::kCredential, *credential};
      if (credential->empty() || credential->front() == '.' ||
          !Only(*credential, kLetters, kDigits, "._-")) {
        Add(node, key, "credential must be a name as in LoadCredential=");
        return std::nullopt;
      }
    } else {
      map.Done();
      return std::nullopt;
    }
    return ref;
  }

 private:
  std::vector<Problem>& problems_;
};

using Map = Reader::Map;

std::optional<std::string> AsText(const std::string& text) { return text; }

std::optional<std::string> AbsolutePath(const std::string& text) {
  if (!text.starts_with('/')) return std::nullopt;
  return text;
}

template <typename T>
std::function<std::optional<T>(const std::string&)> NumberIn(T low, T high) {
  return [low, high](const std::string& text) -> std::optional<T> {
    if (text.empty() || text.size() > 9 || !Only(text, kDigits)) return std::nullopt;
    const unsigned long number = std::stoul(text);
    if (number < low || number > high) return std::nullopt;
    return static_cast<T>(number);
  };
}

std::function<std::optional<seconds>(const std::string&)> DurationIn(seconds low, seconds high) {
  return [low, high](const std::string& text) -> std::optional<seconds> {
    const auto duration = ParseDuration(text);
    if (!duration || *duration < low || *duration > high) return std::nullopt;
    return duration;
  };
}

class ConfigReader : private Reader {
 public:
  explicit ConfigReader(Reading& reading) : Reader(reading.problems), config_(reading.config) {}

  void Read(const YAML::Node& root) {
    Map top(*this, root, "", "state_dir, schools, rules and others");
    top.Value<std::string>("state_dir", config_.state_dir, AbsolutePath,
                           "an absolute path, as /var/lib/roster-notify", true);
    if (const auto node = top.Get("rosterd")) ReadRosterd(*node);
    top.Value<Zone>(
        "time_zone", config_.zone,
        [](const std::string& text) -> std::optional<Zone> {
          if (text == "local") return Zone::kLocal;
          if (text == "UTC") return Zone::kUtc;
          return std::nullopt;
        },
        "local (of this machine, or $TZ) or UTC");
    if (const auto node = top.Get("schools")) {
      ReadSchools(*node);
    } else {
      top.Missing("schools", "a list of {id: ID, name: NAME}");
    }
    if (const auto node = top.Get("mail")) ReadMail(*node);
    if (const auto node = top.Get("rules")) {
      ReadRules(*node);
    } else {
      top.Missing("rules", "a list, see deploy/examples/roster-notify.yaml");
    }
    top.Done();
  }

 private:
  static std::optional<std::string> Endpoint(const std::string& text) {
    const bool known = text.starts_with("ipc:///") || text.starts_with("tcp://");
    if (!known || text.size() < 8 || text.find(' ') != std::string::npos) return std::nullopt;
    return text;
  }

  void ReadRosterd(const YAML::Node& node) {
    Map map(*this, node, "rosterd", "control, events, server_key, certificate");
    const std::string allowed = "ipc:///path or tcp://host:port";
    map.Value<std::string>("control", config_.control, Endpoint, allowed);
    map.Value<std::string>("events", config_.events, Endpoint, allowed);
    map.Value<std::string>(
        "server_key", config_.server_key,
        [](const std::string& text) -> std::optional<std::string> {
          if (!client::IsKey(text)) return std::nullopt;
          return text;
        },
        "rosterd's public key, 40 characters (Z85)");
    if (const auto certificate = map.Get("certificate")) {
      config_.certificate = Secret(*certificate, map.Key("certificate"));
      if (config_.certificate && config_.certificate->kind == SecretRef::Kind::kEnv) {
        Add(*certificate, map.Key("certificate"),
            "must be {file: /absolute/path} or {credential: NAME}");
      }
    }
    const bool tcp = config_.control.starts_with("tcp://") || config_.events.starts_with("tcp://");
    if (tcp && (config_.server_key.empty() || !config_.certificate)) {
      Add(node, "rosterd", "over tcp:// both server_key and certificate are needed");
    }
    map.Done();
  }

  void ReadSchools(const YAML::Node& node) {
    if (!node.IsSequence() || node.size() == 0 || node.size() > kSchoolsMax) {
      Add(node, "schools", fmt::format("must be a list of 1 to {}", kSchoolsMax));
      return;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
      Map map(*this, node[i], fmt::format("schools[{}]", i), "{id: ID, name: NAME}");
      School school;
      map.Value<std::string>(
          "id", school.id,
          [](const std::string& text) -> std::optional<std::string> {
            if (!IsId(text)) return std::nullopt;
            return text;
          },
          "the id of rosterd's config: 1 to 32 of a-z, 0-9 and -", true);
      map.Value<std::string>(
          "name", school.name,
          [](const std::string& text) -> std::optional<std::string> {
            if (text.empty() || text.size() > 100) return std::nullopt;
            return text;
          },
          "1 to 100 bytes");
      map.Done();
      if (HasSchool(school.id)) Add(node[i], map.Key("id"), "this school stands twice");
      config_.schools.push_back(std::move(school));
    }
  }

  bool HasSchool(const std::string& id) const {
    return std::any_of(config_.schools.begin(), config_.schools.end(),
                       [&](const School& school) { return school.id == id; });
  }

  void ReadMail(const YAML::Node& node) {
    Map map(*this, node, "mail", "server, port, security, login, ca_file, from");
    MailServer mail;
    map.Value<std::string>(
        "server", mail.host,
        [](const std::string& text) -> std::optional<std::string> {
          if (!IsHost(text)) return std::nullopt;
          return text;
        },
        "the mail server's name or address", true);
    map.Value<std::uint16_t>("port", mail.port, NumberIn<std::uint16_t>(1, 65535),
                             "a port, 1 to 65535");
    map.Value<MailServer::Security>(
        "security", mail.security,
        [](const std::string& text) -> std::optional<MailServer::Security> {
          if (text == "starttls") return MailServer::Security::kStartTls;
          if (text == "tls") return MailServer::Security::kTls;
          if (text == "none") return MailServer::Security::kNone;
          return std::nullopt;
        },
        "starttls (required of the server), tls, or none (on loopback alone)");
    if (mail.security == MailServer::Security::kNone && !IsLoopback(mail.host)) {
      Add(node, map.Key("security"),
          "none is for a mail server on this machine alone; use starttls or tls");
    }
    if (const auto login = map.Get("login")) {
      Map inner(*this, *login, "mail.login", "user, password");
      Login read;
      inner.Value<std::string>("user", read.user, AsText, "a name", true);
      if (const auto password = inner.Get("password")) {
        if (auto secret = Secret(*password, "mail.login.password")) read.password = *secret;
      } else {
        inner.Missing("password", "{file: ...}, {env: ...} or {credential: ...}");
      }
      inner.Done();
      mail.login = std::move(read);
    }
    map.Value<std::string>("ca_file", mail.ca_file, AbsolutePath, "an absolute path");
    map.Value<std::string>("from", mail.from, Address, kAddress, true);
    map.Done();
    config_.mail = std::move(mail);
  }

  static constexpr const char* kAddress =
      "an e-mail address as name@example.org, without a name beside it";
  static std::optional<std::string> Address(const std::string& text) {
    if (!IsAddress(text)) return std::nullopt;
    return text;
  }

  void ReadRules(const YAML::Node& node) {
    if (!node.IsSequence() || node.size() == 0 || node.size() > kWatchesMax) {
      Add(node, "rules", fmt::format("must be a list of 1 to {}", kWatchesMax));
      return;
    }
    std::size_t watches = 0;
    for (std::size_t i = 0; i < node.size(); ++i) {
      Rule rule = ReadRule(node[i], fmt::format("rules[{}]", i));
      watches += rule.schools.size();
      const bool twice = std::any_of(config_.rules.begin(), config_.rules.end(),
                                     [&](const Rule& one) { return one.name == rule.name; });
      if (twice && !rule.name.empty())
        Add(node[i], "rules", "two rules have this name; it names their state");
      config_.rules.push_back(std::move(rule));
    }
    if (watches > kWatchesMax) {
      Add(node, "rules",
          fmt::format("rules times schools are {}; {} at most", watches, kWatchesMax));
    }
  }

  Rule ReadRule(const YAML::Node& node, const std::string& path) {
    Map map(*this, node, path, "name, and mail, webhook or command, and others");
    Rule rule;
    map.Value<std::string>(
        "name", rule.name,
        [](const std::string& text) -> std::optional<std::string> {
          if (!IsId(text)) return std::nullopt;
          return text;
        },
        "1 to 32 of a-z, 0-9 and -; it names the rule's state, so don't change it", true);
    if (const auto schools = map.Get("schools")) {
      rule.schools = Texts(
          *schools, map.Key("schools"), kSchoolsMax,
          [this](const std::string& text) { return HasSchool(text); },
          "the id of one of the schools above");
      std::sort(rule.schools.begin(), rule.schools.end());
      if (std::adjacent_find(rule.schools.begin(), rule.schools.end()) != rule.schools.end()) {
        Add(*schools, map.Key("schools"), "a school stands twice");
      }
    } else {
      for (const School& school : config_.schools) rule.schools.push_back(school.id);
    }
    ReadEntries(map, rule);
    map.Value<std::uint32_t>("poll_rejected_after", rule.poll_rejected_after,
                             NumberIn<std::uint32_t>(1, 1000), "a number of polls, 1 to 1000");
    if (const auto quiet = map.Get("quiet_hours")) ReadQuiet(*quiet, map.Key("quiet_hours"), rule);
    seconds duration{0};
    const auto period = [&](const std::string& key, std::optional<seconds>& into) {
      duration = seconds(0);
      map.Value<seconds>(key, duration, DurationIn(seconds(1), std::chrono::days(366)),
                         "a duration as 30s, 15m, 1h or 7d, at most a year");
      if (duration > seconds(0)) into = duration;
    };
    period("digest", rule.digest);
    period("remind", rule.remind);
    map.Value<bool>(
        "since", rule.from_beginning,
        [](const std::string& text) -> std::optional<bool> {
          if (text == "now") return false;
          if (text == "beginning") return true;
          return std::nullopt;
        },
        "now (what comes from the first start on) or beginning (all that there is)");
    map.Value<std::uint32_t>("tries", rule.tries, NumberIn<std::uint32_t>(1, 10'000),
                             "a number of tries, 1 to 10000");
    ReadTargets(map, rule);
    map.Done();
    return rule;
  }

  void ReadEntries(Map& map, Rule& rule) {
    const auto entries = map.Get("entries");
    if (!entries) return;
    if (entries->IsScalar()) {
      if (entries->Scalar() == "awaiting") {
        rule.which = Rule::Which::kAwaiting;
      } else if (entries->Scalar() == "all") {
        rule.which = Rule::Which::kAll;
      } else {
        Add(*entries, map.Key("entries"), "must be awaiting, all, or a list of types");
      }
      return;
    }
    std::string known;
    for (const std::string& type : KnownTypes()) known += (known.empty() ? "" : ", ") + type;
    const auto types = Texts(
        *entries, map.Key("entries"), KnownTypes().size(),
        [](const std::string& text) { return KnownTypes().contains(text); }, "one of " + known);
    rule.which = Rule::Which::kTypes;
    rule.types = {types.begin(), types.end()};
  }

  void ReadQuiet(const YAML::Node& node, const std::string& path, Rule& rule) {
    Map map(*this, node, path, "{from: \"22:00\", until: \"07:00\"}");
    QuietHours quiet;
    const std::string allowed = "a time of day in quotes, \"00:00\" to \"23:59\"";
    map.Value<int>("from", quiet.from, ParseMinute, allowed, true);
    map.Value<int>("until", quiet.until, ParseMinute, allowed, true);
    map.Done();
    if (quiet.from == quiet.until) {
      Add(node, path, "from and until must differ: else it were quiet for ever, or never");
    }
    rule.quiet = quiet;
  }

  void ReadTargets(Map& map, Rule& rule) {
    const seconds patience_max{300};
    if (const auto node = map.Get("mail")) {
      Map mail(*this, *node, map.Key("mail"), "{to: [ADDRESS]}");
      MailTarget target;
      if (const auto to = mail.Get("to")) {
        target.to = Texts(*to, mail.Key("to"), kRecipientsMax, IsAddress, kAddress);
      } else {
        mail.Missing("to", "a list of addresses");
      }
      mail.Done();
      if (!config_.mail)
        Add(*node, map.Key("mail"), "needs `mail` with the mail server at the top");
      rule.mail = std::move(target);
    }
    if (const auto node = map.Get("webhook")) {
      Map webhook(*this, *node, map.Key("webhook"), "url, secret, timeout, ca_file");
      WebhookTarget target;
      webhook.Value<std::string>(
          "url", target.url,
          [](const std::string& text) -> std::optional<std::string> {
            const auto parts = SchemeAndHost(text);
            if (!parts || (parts->first == "http" && !IsLoopback(parts->second))) {
              return std::nullopt;
            }
            return text;
          },
          "an https:// URL without a user in it; http:// on this machine alone", true);
      if (const auto secret = webhook.Get("secret")) {
        if (auto ref = Secret(*secret, webhook.Key("secret"))) target.secret = *ref;
      } else {
        webhook.Missing("secret", "what signs the requests: {file: ...} and so on");
      }
      webhook.Value<seconds>("timeout", target.timeout, DurationIn(seconds(1), patience_max),
                             "a duration from 1s to 5m");
      webhook.Value<std::string>("ca_file", target.ca_file, AbsolutePath, "an absolute path");
      webhook.Done();
      rule.webhook = std::move(target);
    }
    if (const auto node = map.Get("command")) {
      Map command(*this, *node, map.Key("command"), "run, timeout");
      CommandTarget target;
      if (const auto run = command.Get("run")) {
        target.argv = Texts(
            *run, command.Key("run"), kArgumentsMax, [](const std::string&) { return true; },
            "words of a command; no shell reads them");
        if (!target.argv.empty() && !target.argv.front().starts_with('/')) {
          Add(*run, command.Key("run"), "the program must be an absolute path");
        }
      } else {
        command.Missing("run", "a list: the program and its arguments");
      }
      command.Value<seconds>("timeout", target.timeout, DurationIn(seconds(1), patience_max),
                             "a duration from 1s to 5m");
      command.Done();
      rule.command = std::move(target);
    }
    const int targets = (rule.mail ? 1 : 0) + (rule.webhook ? 1 : 0) + (rule.command ? 1 : 0);
    if (map.IsMap() && targets != 1) {
      Add(map.node(), map.Key("mail"),
          "a rule has exactly one target: mail, webhook or command; make a rule for each");
    }
    if (rule.webhook && rule.remind) {
      Add(map.node(), map.Key("remind"),
          "is for mail and command: a webhook's receiver knows an event by its id");
    }
  }

  Config& config_;
};

}  // namespace

const std::set<std::string>& KnownTypes() {
  static const std::set<std::string> known = [] {
    std::set<std::string> names;
    const auto* events = v1::Entry::descriptor()->FindOneofByName("event");
    for (int i = 0; i < events->field_count(); ++i) {
      names.insert(events->field(i)->message_type()->name());
    }
    return names;
  }();
  return known;
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // 127.0.0.0/8, as numbers: 127.example.org is elsewhere.
  return host.starts_with("127.") && Only(host, kDigits, ".") &&
         std::count(host.begin(), host.end(), '.') == 3;
}

Reading ReadConfig(std::string_view text) {
  Reading reading;
  if (text.size() > kConfigMax) {
    reading.problems.push_back({1, "the file is larger than 256 KiB, so it is no config"});
    return reading;
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() != 1) {
      reading.problems.push_back({1, "one file is one document"});
      return reading;
    }
    ConfigReader(reading).Read(documents.front());
  } catch (const YAML::Exception& error) {
    reading.problems.push_back(
        {std::max(error.mark.line, 0) + 1, "this is not YAML: " + error.msg + "; mend the syntax"});
  }
  std::stable_sort(reading.problems.begin(), reading.problems.end(),
                   [](const Problem& one, const Problem& other) { return one.line < other.line; });
  return reading;
}

}  // namespace roster::notify
