#include "client/notify/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/certificate.h"
#include "client/notify/config.h"
#include "client/notify/scalar.h"

namespace roster::notify {
namespace {

constexpr double kSchoolsMax = 1000;  // as many as rosterd serves
constexpr double kRecipientsMax = 50;
constexpr double kArgumentsMax = 100;
constexpr double kYear = 366.0 * 86400;  // seconds
constexpr double kPatienceMax = 300;     // seconds

Key Single(std::string_view path, Type type, std::string_view fallback, std::string_view help) {
  Key key;
  key.path = path;
  key.type = type;
  key.fallback = fallback;
  key.help = help;
  return key;
}

Key Ranged(std::string_view path, Type type, std::string_view fallback, double min, double max,
           std::string_view help) {
  Key key = Single(path, type, fallback, help);
  key.min = min;
  key.max = max;
  return key;
}

Key OneOf(std::string_view path, std::vector<std::string_view> words, std::string_view fallback,
          std::string_view help) {
  Key key = Single(path, Type::kWord, fallback, help);
  key.words = std::move(words);
  return key;
}

Key Map(std::string_view path, std::string_view help) { return Single(path, Type::kMap, "", help); }

Key List(std::string_view path, double max, std::string_view help) {
  return Ranged(path, Type::kList, "", 1, max, help);
}

Key Required(Key key) {
  key.required = true;
  return key;
}

Key Entries() {
  Key key = Ranged("rules[].entries", Type::kEntries, "awaiting", 1,
                   static_cast<double>(KnownTypes().size()),
                   "Of what is told. awaiting: what awaits a person. all: every entry of the "
                   "journal.");
  key.words = {"awaiting", "all"};
  return key;
}

void AddProgram(std::vector<Key>& keys) {
  keys.insert(
      keys.end(),
      {Required(Single("state_dir", Type::kPath, "",
                       "Where roster-notify keeps how far it has come. One program a directory.")),
       Map("rosterd", "Where rosterd is."),
       Single("rosterd.control", Type::kEndpoint, "ipc:///run/rosterd/control.sock",
              "rosterd's endpoints.control."),
       Single("rosterd.events", Type::kEndpoint, "",
              "rosterd's endpoints.events. Left out: where rosterd says."),
       Single("rosterd.server_key", Type::kPublicKey, "", "rosterd's public key. Needed over tcp."),
       Single("rosterd.certificate", Type::kKeyFile, "",
              "Our own certificate: what rosterctl keygen made. Needed over tcp."),
       OneOf("time_zone", {"local", "UTC"}, "local",
             "Of quiet hours, and of times in mail. local is that of this machine, or of $TZ."),
       Required(List("schools", kSchoolsMax, "The schools that rules are about.")),
       Required(Map("schools[]", "A school.")),
       Required(Single("schools[].id", Type::kId, "", "The id of rosterd's config.")),
       Ranged("schools[].name", Type::kText, "", 1, 100,
              "For people, in subjects of mail. Left out: the id.")});
}

void AddMail(std::vector<Key>& keys) {
  keys.insert(
      keys.end(),
      {Map("mail", "The mail server; for rules that send mail."),
       Required(Single("mail.server", Type::kHost, "", "Its name or address.")),
       Ranged("mail.port", Type::kCount, "587", 1, 65535, "Its port."),
       OneOf("mail.security", {"starttls", "tls", "none"}, "starttls",
             "starttls is required of the server; tls is from the first byte, as on port 465; none "
             "is for a mail server on this machine alone."),
       Map("mail.login", "Left out: nobody logs in."),
       Required(Ranged("mail.login.user", Type::kText, "", 1, 1000, "The user.")),
       Required(Single("mail.login.password", Type::kSecret, "", "The user's password.")),
       Single("mail.ca_file", Type::kPath, "",
              "Authorities that the server's certificate is checked against. Left out: the "
              "system's."),
       Required(Single("mail.from", Type::kAddress, "", "Whom mail comes from."))});
}

void AddRules(std::vector<Key>& keys) {
  Key type = OneOf("rules[].entries[]", {KnownTypes().begin(), KnownTypes().end()}, "",
                   "A type of entries of the journal.");
  keys.insert(
      keys.end(),
      {Required(List("rules", kWatchesMax,
                     "Who is told of what. Rules times their schools are as many at most.")),
       Required(Map("rules[]", "A rule. It has one of mail, webhook and command.")),
       Required(Single("rules[].name", Type::kId, "", "Names the rule's state. Never change it.")),
       List("rules[].schools", kSchoolsMax, "In these schools. Left out: in all."),
       Required(Single("rules[].schools[]", Type::kId, "", "The id of one of the schools above.")),
       Entries(), Required(std::move(type)),
       Ranged("rules[].poll_rejected_after", Type::kCount, "3", 1, 1000,
              "Polls that are not used, in a row, before they await somebody."),
       Map("rules[].quiet_hours", "Nothing is told between these times of day."),
       Required(Single("rules[].quiet_hours.from", Type::kTimeOfDay, "", "When they begin.")),
       Required(Single("rules[].quiet_hours.until", Type::kTimeOfDay, "", "When they end.")),
       Ranged("rules[].digest", Type::kDuration, "", 1, kYear,
              "How long is collected, from the first entry on, for one message. Left out: each is "
              "told at once."),
       Ranged("rules[].remind", Type::kDuration, "", 1, kYear,
              "How often is told again what still awaits a person, by mail and command. Left out: "
              "never."),
       OneOf("rules[].since", {"now", "beginning"}, "now",
             "Where a new rule begins: with what comes from its first start on, or with all that "
             "there is."),
       Ranged("rules[].tries", Type::kCount, "50", 1, 10'000,
              "Tries before a message is put into STATE_DIR/dead-letters. 50 take half a day.")});
}

void AddTargets(std::vector<Key>& keys) {
  keys.insert(
      keys.end(),
      {Map("rules[].mail", "Tells by mail. Needs mail at the top."),
       Required(List("rules[].mail.to", kRecipientsMax, "Whom.")),
       Required(Single("rules[].mail.to[]", Type::kAddress, "", "An address.")),
       Map("rules[].webhook", "Tells by HTTP POST: a CloudEvent that is signed."),
       Required(Single("rules[].webhook.url", Type::kUrl, "", "Where to.")),
       Required(Single("rules[].webhook.secret", Type::kSecret, "",
                       "Signs the requests: HMAC-SHA-256 in Roster-Signature.")),
       Ranged("rules[].webhook.timeout", Type::kDuration, "10s", 1, kPatienceMax,
              "How long a request may take."),
       Single("rules[].webhook.ca_file", Type::kPath, "", "As mail.ca_file."),
       Map("rules[].command", "Tells by running a program: entries as JSON on its input."),
       Required(List("rules[].command.run", kArgumentsMax,
                     "The program, by its absolute path, and its arguments. No shell reads them.")),
       Required(Ranged("rules[].command.run[]", Type::kText, "", 0, 100'000, "A word.")),
       Ranged("rules[].command.timeout", Type::kDuration, "30s", 1, kPatienceMax,
              "How long it may take; then it is ended, and has failed.")});
}

std::vector<Key> MakeKeys() {
  std::vector<Key> keys;
  AddProgram(keys);
  AddMail(keys);
  AddRules(keys);
  AddTargets(keys);
  return keys;
}

// 86400 -> "1d": the largest unit that fits.
std::string PlainDuration(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  constexpr std::pair<std::int64_t, char> kUnits[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};
  for (const auto& [unit, letter] : kUnits) {
    if (whole >= unit && whole % unit == 0) return fmt::format("{}{}", whole / unit, letter);
  }
  return fmt::format("{}s", whole);
}

bool InRange(const Key& key, double number) { return number >= key.min && number <= key.max; }

}  // namespace

const std::vector<Key>& Keys() {
  static const std::vector<Key> kKeys = MakeKeys();
  return kKeys;
}

const Key* FindKey(std::string_view path) {
  const auto at = std::find_if(Keys().begin(), Keys().end(),
                               [path](const Key& key) { return key.path == path; });
  return at == Keys().end() ? nullptr : &*at;
}

std::vector<const Key*> KeysBelow(std::string_view map) {
  const std::string prefix = map.empty() ? "" : std::string(map) + ".";
  std::vector<const Key*> rows;
  for (const Key& key : Keys()) {
    if (!key.path.starts_with(prefix)) continue;
    if (key.path.find_first_of(".[", prefix.size()) == std::string_view::npos) rows.push_back(&key);
  }
  return rows;
}

std::string AllowedText(const Key& key) {
  switch (key.type) {
    case Type::kMap:
      return "a map of keys and values";
    case Type::kList:
      return fmt::format("a list of {} to {} items", key.min, key.max);
    case Type::kEntries:
      return fmt::format("{}, or a list of types", fmt::join(key.words, ", "));
    case Type::kText:
      return fmt::format("text of {} to {} bytes without control characters", key.min, key.max);
    case Type::kWord:
      return fmt::format("one of {}", fmt::join(key.words, ", "));
    case Type::kCount:
      return fmt::format("a whole number from {} to {}", key.min, key.max);
    case Type::kDuration:
      return fmt::format("a duration from {} to {}, as in 30s, 15m, 1h, 7d", PlainDuration(key.min),
                         PlainDuration(key.max));
    case Type::kTimeOfDay:
      return "a time of day in quotes, \"00:00\" to \"23:59\"";
    case Type::kPath:
      return "an absolute path";
    case Type::kEndpoint:
      return "ipc:///path or tcp://host:port";
    case Type::kPublicKey:
      return "a public key, 40 characters, in quotes, as rosterctl keygen prints it";
    case Type::kId:
      return "1 to 32 characters of a-z, 0-9 and -";
    case Type::kHost:
      return "the name or address of a machine";
    case Type::kAddress:
      return "an e-mail address as name@example.org, without a name beside it";
    case Type::kUrl:
      return "an https:// address without a user in it (http:// for this machine alone)";
    case Type::kSecret:
      return "{file: /absolute/path}, {env: NAME} or {credential: NAME}";
    case Type::kKeyFile:
      return "{file: /absolute/path} or {credential: NAME}";
  }
  return "";
}

bool IsAllowed(const Key& key, const std::string& text) {
  switch (key.type) {
    case Type::kText:
      return InRange(key, static_cast<double>(text.size()));
    case Type::kWord:
    case Type::kEntries:
      return std::find(key.words.begin(), key.words.end(), text) != key.words.end();
    case Type::kCount: {
      const auto count = ParseCount(text);
      return count && InRange(key, *count);
    }
    case Type::kDuration: {
      const auto duration = ParseDuration(text);
      return duration && InRange(key, static_cast<double>(duration->count()));
    }
    case Type::kTimeOfDay:
      return ParseMinute(text).has_value();
    case Type::kPath:
      return text.starts_with('/');
    case Type::kEndpoint:
      return IsEndpoint(text);
    case Type::kPublicKey:
      return client::IsKey(text);
    case Type::kId:
      return IsId(text);
    case Type::kHost:
      return IsHost(text);
    case Type::kAddress:
      return IsAddress(text);
    case Type::kUrl:
      return IsWebhookUrl(text);
    case Type::kMap:
    case Type::kList:
    case Type::kSecret:
    case Type::kKeyFile:
      break;
  }
  return false;
}

}  // namespace roster::notify
