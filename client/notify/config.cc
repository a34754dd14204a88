#include "client/notify/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

#include "client/notify/keys.h"
#include "client/notify/scalar.h"
#include "client/text.h"
#include "roster/v1/journal.pb.h"

namespace roster::notify {
namespace {

using std::chrono::seconds;

constexpr std::size_t kConfigMax = std::size_t{256} << 10U;  // bytes

int LineOf(const YAML::Node& node) { return std::max(node.Mark().line, 0) + 1; }

// The table's row of "rules[2].mail.to[0]". One that is not there is a mistake of this program.
const Key& RowOf(const std::string& path) {
  std::string pattern;
  bool inside = false;
  for (const char c : path) {
    if (c == ']') inside = false;
    if (!inside) pattern += c;
    if (c == '[') inside = true;
  }
  const Key* key = FindKey(pattern);
  if (key == nullptr) throw std::logic_error("the table of keys has no " + pattern);
  return *key;
}

// "rules[2].mail" -> "rules[].mail"; "" is the whole file.
std::string_view PatternOf(const std::string& path) { return path.empty() ? "" : RowOf(path).path; }

class Reader {
 public:
  explicit Reader(std::vector<Problem>& problems) : problems_(problems) {}
  void Add(int line, std::string what) {
    if (problems_.size() < 100) problems_.push_back({line, std::move(what)});
  }
  void Add(const YAML::Node& node, const std::string& key, const std::string& what) {
    Add(LineOf(node), key + ": " + what);
  }

  // One map, held against the table: says which keys there may not be, and gives those that there
  // are.
  class Map {
   public:
    Map(Reader& reader, const YAML::Node& node, std::string path)
        : reader_(reader), node_(node), path_(std::move(path)) {
      std::vector<std::string_view> names;
      for (const Key* key : KeysBelow(PatternOf(path_))) {
        names.push_back(key->path.substr(key->path.rfind('.') + 1));  // npos + 1 is 0
      }
      if (!node.IsMap()) {
        reader_.Add(node, path_.empty() ? "the file" : path_,
                    fmt::format("must be a map of {}", fmt::join(names, ", ")));
        return;
      }
      for (const auto& pair : node) {
        const std::string name = pair.first.IsScalar() ? pair.first.Scalar() : "";
        if (Find(name) != nullptr) {
          reader_.Add(pair.first, At(name), "stands twice in one map; keep one of them");
        } else if (std::find(names.begin(), names.end(), name) == names.end()) {
          reader_.Add(pair.first, At(Clip(name)),
                      fmt::format("there is no such key; allowed: {}", fmt::join(names, ", ")));
        }
        entries_.push_back({name, LineOf(pair.first), pair.second});
      }
    }

    std::string At(const std::string& name) const {
      return path_.empty() ? name : path_ + "." + name;
    }
    const YAML::Node& node() const { return node_; }
    bool IsMap() const { return node_.IsMap(); }

    // nullopt: not there; a problem when it is to be.
    std::optional<YAML::Node> Get(const std::string& name) {
      const Key& row = RowOf(At(name));
      const Entry* entry = Find(name);
      if (entry == nullptr) {
        if (row.required && node_.IsMap()) {
          reader_.Add(node_, At(name), "is missing: " + AllowedText(row));
        }
        return std::nullopt;
      }
      if (!entry->value.IsNull()) return entry->value;
      reader_.Add(entry->line, At(name) + ": has no value; give it one, or leave the key out");
      return std::nullopt;
    }

    // A single value that fits its row, or its default; nullopt: neither.
    std::optional<std::string> Text(const std::string& name) {
      const Key& row = RowOf(At(name));
      const auto node = Get(name);
      if (node) return reader_.Text(*node, At(name));
      if (row.fallback.empty()) return std::nullopt;
      return std::string(row.fallback);
    }
    void Take(const std::string& name, std::string& into) {
      if (auto text = Text(name)) into = *std::move(text);
    }
    template <typename Number>
    void TakeCount(const std::string& name, Number& into) {
      if (const auto text = Text(name)) into = static_cast<Number>(ParseCount(*text).value_or(0));
    }
    std::optional<seconds> Duration(const std::string& name) {
      const auto text = Text(name);
      return text ? ParseDuration(*text) : std::nullopt;
    }

   private:
    struct Entry {
      std::string name;
      int line = 0;
      YAML::Node value;
    };
    const Entry* Find(const std::string& name) const {
      const auto at = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const Entry& entry) { return entry.name == name; });
      return at == entries_.end() ? nullptr : &*at;
    }

    Reader& reader_;
    YAML::Node node_;
    std::string path_;
    std::vector<Entry> entries_;
  };

  // Repeats at most a word of what stands in the file: somebody may have put a secret there.
  static std::string Clip(const std::string& text) {
    return IsId(text) || IsWord(text) ? text.substr(0, 32) : "(a key)";
  }

  std::optional<std::string> Text(const YAML::Node& node, const std::string& path) {
    if (!node.IsScalar()) {
      Add(node, path, "must be one value, not a list or a map: " + AllowedText(RowOf(path)));
      return std::nullopt;
    }
    if (HasControl(node.Scalar()) || !client::IsUtf8(node.Scalar())) {
      Add(node, path, "holds a line break or another control character; take it out");
      return std::nullopt;
    }
    if (!IsAllowed(RowOf(path), node.Scalar())) {
      Add(node, path, "must be " + AllowedText(RowOf(path)));
      return std::nullopt;
    }
    return node.Scalar();
  }

  // False, with a problem: no list, or one that is too long or too short.
  bool IsList(const YAML::Node& node, const std::string& path) {
    const Key& row = RowOf(path);
    const auto size = static_cast<double>(node.IsSequence() ? node.size() : 0);
    if (node.IsSequence() && size >= row.min && size <= row.max) return true;
    Add(node, path, "must be " + AllowedText(row));
    return false;
  }

  std::vector<std::string> Texts(const YAML::Node& node, const std::string& path) {
    std::vector<std::string> texts;
    if (!IsList(node, path)) return texts;
    for (std::size_t i = 0; i < node.size(); ++i) {
      if (auto text = Text(node[i], fmt::format("{}[{}]", path, i))) {
        texts.push_back(*std::move(text));
      }
    }
    return texts;
  }

  // Neither a value nor a key in here is ever repeated: either could be the secret itself.
  std::optional<SecretRef> Secret(const YAML::Node& node, const std::string& path) {
    const auto fail = [&](const std::string& what) -> std::optional<SecretRef> {
      Add(node, path,
          what + ": " + AllowedText(RowOf(path)) + "; a secret never stands in the config itself");
      return std::nullopt;
    };
    if (!node.IsMap() || node.size() != 1) return fail("must name one place");
    const auto place = *node.begin();
    const std::string kind = place.first.IsScalar() ? place.first.Scalar() : "";
    const std::string value = place.second.IsScalar() ? place.second.Scalar() : "";
    if (HasControl(value) || !client::IsUtf8(value)) return fail("names no place that can be");
    if (kind == "file") {
      if (!value.starts_with('/')) return fail("the file must be an absolute path");
      return SecretRef{SecretRef::Kind::kFile, value};
    }
    if (kind == "env" && RowOf(path).type == Type::kSecret) {
      if (!IsEnvironmentName(value)) return fail("env must name an environment variable");
      return SecretRef{SecretRef::Kind::kEnv, value};
    }
    if (kind == "credential") {
      if (!IsCredentialName(value)) return fail("credential must be a name as in LoadCredential=");
      return SecretRef{SecretRef::Kind::kCredential, value};
    }
    return fail("names a place of no known kind");
  }

 private:
  std::vector<Problem>& problems_;
};

using Map = Reader::Map;

class ConfigReader : private Reader {
 public:
  explicit ConfigReader(Reading& reading) : Reader(reading.problems), config_(reading.config) {}

  void Read(const YAML::Node& root) {
    Map top(*this, root, "");
    top.Take("state_dir", config_.state_dir);
    config_.control = FindKey("rosterd.control")->fallback;
    if (const auto node = top.Get("rosterd")) ReadRosterd(*node);
    config_.zone = top.Text("time_zone") == "UTC" ? Zone::kUtc : Zone::kLocal;
    if (const auto node = top.Get("schools")) ReadSchools(*node);
    if (const auto node = top.Get("mail")) ReadMail(*node);
    if (const auto node = top.Get("rules")) ReadRules(*node);
  }

 private:
  void ReadRosterd(const YAML::Node& node) {
    Map map(*this, node, "rosterd");
    map.Take("control", config_.control);
    map.Take("events", config_.events);
    map.Take("server_key", config_.server_key);
    if (const auto certificate = map.Get("certificate")) {
      config_.certificate = Secret(*certificate, map.At("certificate"));
    }
    const bool tcp = config_.control.starts_with("tcp://") || config_.events.starts_with("tcp://");
    if (tcp && (config_.server_key.empty() || !config_.certificate)) {
      Add(node, "rosterd", "over tcp:// both server_key and certificate are needed");
    }
  }

  void ReadSchools(const YAML::Node& node) {
    if (!IsList(node, "schools")) return;
    for (std::size_t i = 0; i < node.size(); ++i) {
      Map map(*this, node[i], fmt::format("schools[{}]", i));
      School school;
      map.Take("id", school.id);
      map.Take("name", school.name);
      if (HasSchool(school.id)) Add(node[i], map.At("id"), "this school stands twice");
      config_.schools.push_back(std::move(school));
    }
  }

  bool HasSchool(const std::string& id) const {
    return std::any_of(config_.schools.begin(), config_.schools.end(),
                       [&](const School& school) { return school.id == id; });
  }

  void ReadMail(const YAML::Node& node) {
    Map map(*this, node, "mail");
    MailServer mail;
    map.Take("server", mail.host);
    map.TakeCount("port", mail.port);
    const auto security = map.Text("security");
    if (security == "tls") mail.security = MailServer::Security::kTls;
    if (security == "none") mail.security = MailServer::Security::kNone;
    if (mail.security == MailServer::Security::kNone && !IsLoopback(mail.host)) {
      Add(node, map.At("security"),
          "none is for a mail server on this machine alone; use starttls or tls");
    }
    if (const auto login = map.Get("login")) {
      Map inner(*this, *login, map.At("login"));
      Login read;
      inner.Take("user", read.user);
      if (const auto password = inner.Get("password")) {
        if (auto secret = Secret(*password, inner.At("password"))) read.password = *secret;
      }
      mail.login = std::move(read);
    }
    map.Take("ca_file", mail.ca_file);
    map.Take("from", mail.from);
    config_.mail = std::move(mail);
  }

  void ReadRules(const YAML::Node& node) {
    if (!IsList(node, "rules")) return;
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
          fmt::format("rules times schools are {}; {} at most: give the others to another "
                      "roster-notify, with a config and a state_dir of its own",
                      watches, kWatchesMax));
    }
  }

  Rule ReadRule(const YAML::Node& node, const std::string& path) {
    Map map(*this, node, path);
    Rule rule;
    map.Take("name", rule.name);
    if (const auto schools = map.Get("schools")) {
      rule.schools = SchoolsOf(*schools, map.At("schools"));
    } else {
      for (const School& school : config_.schools) rule.schools.push_back(school.id);
    }
    ReadEntries(map, rule);
    map.TakeCount("poll_rejected_after", rule.poll_rejected_after);
    if (const auto quiet = map.Get("quiet_hours")) ReadQuiet(*quiet, map.At("quiet_hours"), rule);
    rule.digest = map.Duration("digest");
    rule.remind = map.Duration("remind");
    rule.from_beginning = map.Text("since") == "beginning";
    map.TakeCount("tries", rule.tries);
    ReadTargets(map, rule);
    return rule;
  }

  std::vector<std::string> SchoolsOf(const YAML::Node& node, const std::string& path) {
    std::vector<std::string> schools;
    std::size_t index = 0;
    for (const std::string& school : Texts(node, path)) {
      if (!HasSchool(school)) {
        Add(node, fmt::format("{}[{}]", path, index), "must be the id of one of the schools above");
      }
      ++index;
      schools.push_back(school);
    }
    std::sort(schools.begin(), schools.end());
    if (std::adjacent_find(schools.begin(), schools.end()) != schools.end()) {
      Add(node, path, "a school stands twice");
    }
    return schools;
  }

  void ReadEntries(Map& map, Rule& rule) {
    const auto entries = map.Get("entries");
    if (!entries) return;
    if (entries->IsSequence()) {
      const auto types = Texts(*entries, map.At("entries"));
      rule.which = Rule::Which::kTypes;
      rule.types = {types.begin(), types.end()};
    } else if (Text(*entries, map.At("entries")) == "all") {
      rule.which = Rule::Which::kAll;
    }
  }

  void ReadQuiet(const YAML::Node& node, const std::string& path, Rule& rule) {
    Map map(*this, node, path);
    QuietHours quiet;
    const auto from = map.Text("from");
    const auto until = map.Text("until");
    if (!from || !until) return;
    quiet.from = ParseMinute(*from).value_or(0);
    quiet.until = ParseMinute(*until).value_or(0);
    if (quiet.from == quiet.until) {
      Add(node, path, "from and until must differ: else it were quiet for ever, or never");
    }
    rule.quiet = quiet;
  }

  void ReadTargets(Map& map, Rule& rule) {
    if (const auto node = map.Get("mail")) {
      Map mail(*this, *node, map.At("mail"));
      MailTarget target;
      if (const auto to = mail.Get("to")) target.to = Texts(*to, mail.At("to"));
      if (!config_.mail) Add(*node, map.At("mail"), "needs `mail` with the mail server at the top");
      rule.mail = std::move(target);
    }
    if (const auto node = map.Get("webhook")) {
      Map webhook(*this, *node, map.At("webhook"));
      WebhookTarget target;
      webhook.Take("url", target.url);
      if (const auto secret = webhook.Get("secret")) {
        if (auto ref = Secret(*secret, webhook.At("secret"))) target.secret = *ref;
      }
      if (const auto timeout = webhook.Duration("timeout")) target.timeout = *timeout;
      webhook.Take("ca_file", target.ca_file);
      rule.webhook = std::move(target);
    }
    if (const auto node = map.Get("command")) {
      Map command(*this, *node, map.At("command"));
      CommandTarget target;
      if (const auto run = command.Get("run")) {
        target.argv = Texts(*run, command.At("run"));
        if (!target.argv.empty() && !target.argv.front().starts_with('/')) {
          Add(*run, command.At("run"), "the program must be an absolute path");
        }
      }
      if (const auto timeout = command.Duration("timeout")) target.timeout = *timeout;
      rule.command = std::move(target);
    }
    const int targets = (rule.mail ? 1 : 0) + (rule.webhook ? 1 : 0) + (rule.command ? 1 : 0);
    if (map.IsMap() && targets != 1) {
      Add(map.node(), map.At("mail"),
          "a rule has exactly one target: mail, webhook or command; make a rule for each");
    }
    if (rule.webhook && rule.remind) {
      Add(map.node(), map.At("remind"),
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
