#include "daemon/config/keys.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <iomanip>
#include <sstream>
#include <utility>

#include "daemon/config/config.h"
#include "daemon/config/scalar.h"
#include "daemon/model/access.h"
#include "daemon/model/field.h"
#include "daemon/model/settings.h"

namespace roster::config {
namespace {

using Words = std::vector<std::string_view>;

Words FactsFieldWords() {
  Words words;
  for (const auto field : model::AllFactsFields()) words.push_back(FactsFieldWord(field));
  return words;
}

Words TieFlagWords() {
  using model::TieFlag;
  Words words;
  for (const auto flag : {TieFlag::kCustody, TieFlag::kCorrespondence, TieFlag::kParentsWeb,
                          TieFlag::kGrandparent, TieFlag::kEmergencyContact}) {
    words.push_back(TieFlagWord(flag));
  }
  return words;
}

Words FieldWords() {
  Words words;
  for (const auto field : model::AllFields()) words.push_back(FieldWord(field));
  return words;
}

std::string Plain(double number) {
  std::ostringstream text;
  text << std::setprecision(15) << number;  // 1000000, not 1e+06
  return text.str();
}

// 86400 -> "1d": the largest unit that fits.
std::string PlainDuration(double seconds) {
  constexpr std::pair<double, char> kUnits[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};
  for (const auto& [unit, letter] : kUnits) {
    if (seconds >= unit && std::fmod(seconds, unit) == 0) return Plain(seconds / unit) + letter;
  }
  return Plain(seconds) + "s";
}

std::string Joined(const Words& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

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

Key OneOf(std::string_view path, Words words, std::string_view fallback, std::string_view help) {
  Key key = Single(path, Type::kWord, fallback, help);
  key.words = std::move(words);
  return key;
}

Key Map(std::string_view path, std::string_view help) { return Single(path, Type::kMap, "", help); }

Key List(std::string_view path, double max, std::string_view help) {
  return Ranged(path, Type::kList, "", 1, max, help);
}

// For rows that are put together: the table only points to its texts.
std::string_view Kept(std::string text) {
  static std::deque<std::string> texts;
  return texts.emplace_back(std::move(text));
}

// Items of lists are required too: an item is there, or the list is shorter.
Key Required(Key key) {
  key.required = true;
  return key;
}

constexpr double kItems = kListItemsMax;

void AddProgram(std::vector<Key>& keys) {
  const auto endpoint = [](std::string_view path, std::string_view fallback,
                           std::string_view help) {
    return Single(path, Type::kEndpoint, fallback, help);
  };
  keys.insert(
      keys.end(),
      {Single("state_dir", Type::kPath, "/var/lib/rosterd",
              "Where rosterd keeps its state. One daemon a directory."),
       Map("backup", "Backups of everything in state_dir, by `rosterctl backup`."),
       Single("backup.directory", Type::kPath, "",
              "Where they are kept; best on another disk than state_dir. Left out: `backups` in "
              "state_dir."),
       Ranged("backup.keep", Type::kCount, "14", 1, 1000,
              "So many are kept; older ones go when a new one was made and verified. They still "
              "hold what was forgotten after they were made."),
       Map("endpoints", "Where clients, subscribers and workers connect."),
       endpoint("endpoints.control", "ipc:///run/rosterd/control.sock",
                "For rosterctl: requests and replies."),
       endpoint("endpoints.events", "ipc:///run/rosterd/events.sock",
                "For subscribers: what happens, as it happens."),
       endpoint("endpoints.tasks", "ipc:///run/rosterd/tasks.sock", "For roster-worker."),
       Map("worker", "How roster-worker works."),
       Ranged("worker.concurrency", Type::kCount, "4", 1, 64, "Tasks of one school at a time."),
       Ranged("worker.lease", Type::kDuration, "60s", 10, 600,
              "How long a worker may hold a task without a word before it counts as unknown."),
       endpoint("worker.connect", "",
                "Where roster-worker finds rosterd. Left out: endpoints.tasks."),
       Single("worker.server_key", Type::kPublicKey, "",
              "rosterd's public key, for roster-worker over tcp."),
       Single("worker.certificate", Type::kSecret, "",
              "roster-worker's own certificate, for tcp: what rosterctl keygen made."),
       Map("network", "For endpoints on tcp://, which are encrypted and know who calls by a key."),
       Single("network.certificate", Type::kSecret, "",
              "rosterd's certificate: what rosterctl keygen made."),
       Map("observability", "What rosterd tells of itself."),
       Single("observability.listen", Type::kLoopback, "",
              "Where /metrics, /healthz and /readyz are served, on this machine alone. Left out: "
              "nowhere."),
       OneOf("observability.log_level", {"debug", "info", "warning", "error"}, "info",
             "The least that a line of the log has to be. At debug each request leaves one, those "
             "that only ask included.")});
}

Words RoleWords() {
  Words words;
  for (const auto role : model::kRoles) words.push_back(RoleWord(role));
  return words;
}

void AddAccess(std::vector<Key>& keys) {
  keys.insert(
      keys.end(),
      {List("access", kItems,
            "Who may do what. Left out: root and rosterd's own user everything, all others "
            "nothing."),
       Required(Map("access[]", "A person, a program or a group, and their roles.")),
       Required(Single("access[].name", Type::kSchoolId, "",
                       "Of the person or program. One name is one person: two approvals under one "
                       "name are one.")),
       List("access[].users", kItems, "Users of this machine."),
       Required(Single("access[].users[]", Type::kAccount, "", "A user.")),
       List("access[].groups", kItems, "Groups of this machine: whoever is in one of them."),
       Required(Single("access[].groups[]", Type::kAccount, "", "A group.")),
       List("access[].keys", kItems, "Public keys, for tcp."),
       Required(Single("access[].keys[]", Type::kPublicKey, "", "A public key.")),
       Required(List("access[].roles", static_cast<double>(model::kRoles.size()),
                     "viewer sees the lists; reviewer also decides; approver sees and approves; "
                     "operator polls, reloads and forgets; worker executes; subscriber hears of "
                     "events.")),
       Required(OneOf("access[].roles[]", RoleWords(), "", "A role.")),
       List("access[].schools", kSchoolsMax, "In these schools. Left out: in all."),
       Required(Single("access[].schools[]", Type::kSchoolId, "", "A school's id."))});
}

void AddSchool(std::vector<Key>& keys) {
  keys.insert(
      keys.end(),
      {Required(List("schools", kSchoolsMax, "One entry a school.")),
       Required(Map("schools[]", "A school: its people, its site, its rules.")),
       Required(Single("schools[].id", Type::kSchoolId, "",
                       "Names the school in commands, events and external ids. Never change it.")),
       Required(
           Ranged("schools[].name", Type::kText, "", 1, 200, "The school's name, for people.")),
       OneOf(
           "schools[].accounts", {"students", "parents"}, "students",
           "Whose accounts are kept in step: those of the students in the scope, or those of their "
           "parents.")});
}

void AddParents(std::vector<Key>& keys) {
  constexpr double kFlags = 5;
  keys.insert(
      keys.end(),
      {Map("schools[].parents",
           "Who counts as a parent; for parents' accounts alone. A parent whom FACTS blocks from a "
           "child never counts for that child."),
       OneOf("schools[].parents.graph", {"households", "links"}, "households",
             "households: a parent in the household of a student. links: whoever FACTS links to a "
             "student; grandparents and emergency contacts then count too, unless excluded."),
       List("schools[].parents.require", kFlags,
            "What FACTS must say of a parent and a child, all of it; no word from FACTS is no."),
       Required(OneOf("schools[].parents.require[]", TieFlagWords(), "", "A flag of FACTS.")),
       List("schools[].parents.exclude", kFlags,
            "What FACTS must not say of a parent and a child, none of it."),
       Required(OneOf("schools[].parents.exclude[]", TieFlagWords(), "", "A flag of FACTS."))});
}

void AddFacts(std::vector<Key>& keys) {
  keys.insert(
      keys.end(),
      {Required(Map("schools[].facts", "How FACTS SIS is read.")),
       Single("schools[].facts.base_url", Type::kUrl, "https://api.factsmgt.com",
              "Where the FACTS API is."),
       Required(
           Single("schools[].facts.subscription_key", Type::kSecret, "",
                  "The integrator's subscription key. Schools that share it share its quota.")),
       Required(Single("schools[].facts.api_key", Type::kSecret, "", "The school's own key.")),
       OneOf("schools[].facts.tier", {"basic", "pro", "enterprise"}, "basic",
             "The subscription's tier: how many requests a second, a minute and a day."),
       Ranged("schools[].facts.page_size", Type::kCount, "1000", 1, 10000,
              "Rows asked for at a time."),
       Ranged("schools[].facts.poll_every", Type::kDuration, "1h", 60, 604800,
              "How often FACTS and the site are read."),
       Ranged("schools[].facts.max_shrink", Type::kPercent, "20%", 0, 100,
              "A poll with fewer rows than the last good one by more than this is not used."),
       Ranged("schools[].facts.max_rejected", Type::kPercent, "0.5%", 0, 100,
              "A poll of which more rows than this are malformed is not used.")});
}

void AddScope(std::vector<Key>& keys) {
  const Words standings = {"enrolled", "pre-enrolled", "admissions",
                           "inactive", "graduated",    "withdrawn"};
  Words standings_and_unknown = standings;
  standings_and_unknown.emplace_back("unknown");
  keys.insert(
      keys.end(),
      {Map("schools[].scope",
           "Which students, or whose parents, should have an account. What is left out does not "
           "limit."),
       List("schools[].scope.school_codes", kItems,
            "FACTS school codes, without regard to case. Left out: all."),
       Required(Ranged("schools[].scope.school_codes[]", Type::kText, "", 1, 64, "A school code.")),
       List("schools[].scope.grades", kItems,
            "Grade levels as FACTS writes them (PS, K, 01, 12). Left out: all."),
       Required(Ranged("schools[].scope.grades[]", Type::kText, "", 1, 64, "A grade level.")),
       List("schools[].scope.statuses", kItems, "What a student must be. Left out: enrolled."),
       Required(OneOf("schools[].scope.statuses[]", standings, "", "A standing.")),
       Ranged("schools[].status_words", Type::kWordMap, "", 1, kItems,
              "What this school's own status words mean; added to the usual ones."),
       Required(
           OneOf("schools[].status_words.*", standings_and_unknown, "", "What the word means."))});
}

void AddSite(std::vector<Key>& keys) {
  keys.insert(
      keys.end(),
      {Required(Map("schools[].site", "The volunteer site: either scim or spreadsheet.")),
       Map("schools[].site.scim", "A site that speaks SCIM 2.0."),
       Required(Single("schools[].site.scim.base_url", Type::kUrl, "",
                       "Where the site's SCIM service is; /Users is added to it.")),
       Required(Single("schools[].site.scim.read_token", Type::kSecret, "",
                       "Bearer token with which rosterd reads accounts.")),
       Required(Single("schools[].site.scim.write_token", Type::kSecret, "",
                       "Bearer token with which roster-worker writes. rosterd never reads it.")),
       Ranged("schools[].site.scim.requests_per_second", Type::kNumber, "10", 0.1, 1000,
              "The most that the site is asked, over all workers."),
       Ranged("schools[].site.scim.page_size", Type::kCount, "200", 1, 10000,
              "Accounts asked for at a time."),
       Single("schools[].site.scim.external_id", Type::kTemplate, "{school}:{person}",
              "What a person's account carries as externalId. Never change it."),
       Single(
           "schools[].site.scim.shared_logins", Type::kBool, "false",
           "Whether the site lets a family share one login. Then a duplicate within a family may "
           "be resolved so.")});
}

void AddSpreadsheet(std::vector<Key>& keys) {
  const auto column = [](std::string_view path, std::string_view fallback, std::string_view help) {
    return Ranged(path, Type::kText, fallback, 1, 200, help);
  };
  keys.insert(
      keys.end(),
      {Map("schools[].site.spreadsheet",
           "A site without an API: its own export of its volunteers is read, and import files are "
           "written for a person to upload."),
       Required(Single("schools[].site.spreadsheet.export", Type::kPath, "",
                       "Where a person puts the site's export (CSV, UTF-8). rosterd and "
                       "roster-worker read it.")),
       Required(Single("schools[].site.spreadsheet.import_directory", Type::kPath, "",
                       "Where roster-worker writes import files, plan-12-add.csv. A folder of "
                       "this school alone.")),
       Map("schools[].site.spreadsheet.columns",
           "How the site's files call their columns, without regard to case. What has no default "
           "and is left out, the site does not have."),
       column("schools[].site.spreadsheet.columns.id", "ID", "The site's own id of an account."),
       column("schools[].site.spreadsheet.columns.external_id", "",
              "What carries the person's id; see external_id. Without it, accounts that were added "
              "are found by their e-mail, and a person approves each link."),
       column("schools[].site.spreadsheet.columns.status", "Status",
              "Whether an account is active; see active_words."),
       column("schools[].site.spreadsheet.columns.user_name", "",
              "The login. Left out: it is the e-mail."),
       column("schools[].site.spreadsheet.columns.email", "Email", "The e-mail."),
       column("schools[].site.spreadsheet.columns.first_name", "First Name", "name.givenName."),
       column("schools[].site.spreadsheet.columns.middle_name", "", "name.middleName."),
       column("schools[].site.spreadsheet.columns.last_name", "Last Name", "name.familyName."),
       column("schools[].site.spreadsheet.columns.nick_name", "", "nickName."),
       column("schools[].site.spreadsheet.columns.display_name", "", "displayName."),
       column("schools[].site.spreadsheet.columns.home_phone", "", "phoneNumbers.home."),
       column("schools[].site.spreadsheet.columns.mobile_phone", "", "phoneNumbers.mobile."),
       column("schools[].site.spreadsheet.columns.school", "", "school."),
       column("schools[].site.spreadsheet.columns.grade", "", "grade."),
       column("schools[].site.spreadsheet.columns.grouping", "", "grouping."),
       column("schools[].site.spreadsheet.columns.role", "", "role."),
       column("schools[].site.spreadsheet.columns.site_roles", "",
              "Who owns, manages or coordinates the site; several with ; , or | between. Needed, "
              "unless protected.accounts says who they are."),
       column("schools[].site.spreadsheet.columns.last_accessed", "",
              "When somebody last logged in; blank, - or never: never."),
       column("schools[].site.spreadsheet.columns.invited", "",
              "When the last invitation was sent. Without it nobody is invited: nothing would show "
              "that it was done."),
       List("schools[].site.spreadsheet.active_words", kItems,
            "What the status column says of active accounts, without regard to case; the first is "
            "what import files say. Left out: Active."),
       Required(
           Ranged("schools[].site.spreadsheet.active_words[]", Type::kText, "", 1, 64, "A word.")),
       List("schools[].site.spreadsheet.archived_words", kItems,
            "What it says of those in the archive. Left out: Archived, Inactive."),
       Required(Ranged("schools[].site.spreadsheet.archived_words[]", Type::kText, "", 1, 64,
                       "A word.")),
       OneOf("schools[].site.spreadsheet.delimiter", {"comma", "semicolon", "tab"}, "comma",
             "What stands between the values of both files."),
       OneOf("schools[].site.spreadsheet.dates", {"iso", "month-first", "day-first"}, "iso",
             "How the export writes a day: 2026-08-24, 08/24/2026 or 24/08/2026; a time of day may "
             "follow, and is taken as UTC."),
       Single("schools[].site.spreadsheet.external_id", Type::kTemplate, "{school}:{person}",
              "What a person's account carries in the column external_id. Never change it."),
       Single("schools[].site.spreadsheet.shared_logins", Type::kBool, "false",
              "Whether the site lets a family share one login. Then a duplicate within a family "
              "may be resolved so.")});
}

void AddRules(std::vector<Key>& keys) {
  keys.insert(
      keys.end(),
      {List("schools[].fields", 13,
            "Which FACTS field fills which profile field. Left out: userName and emails from "
            "email, name.givenName from firstName, name.familyName from lastName, school from "
            "schoolCode, grade from gradeLevel (of parents: grouping from family in place of "
            "these two), all owned by facts."),
       Required(Map("schools[].fields[]", "One profile field.")),
       Required(OneOf(
           "schools[].fields[].from", FactsFieldWords(), "",
           "The FACTS field. familyId and familyName are the household's, family is both, as in "
           "Example (5121); gradeLevel, "
           "schoolCode, homeroom and classYear are of students alone.")),
       Required(OneOf("schools[].fields[].to", FieldWords(), "",
                      "The site's field; each at most once.")),
       OneOf("schools[].fields[].owner", {"facts", "site", "until-first-login"}, "facts",
             "Whose word counts when the two differ."),
       Ranged("schools[].missing_polls", Type::kCount, "3", 1, 100,
              "Whole polls in a row without somebody before an archive is proposed."),
       OneOf("schools[].email_fallback", {"none", "email2"}, "none",
             "Where to look when the email field holds no usable address."),
       Map("schools[].protected", "Accounts that are never written to, or never archived."),
       List("schools[].protected.roles", kItems, "Roles, besides owner, manager and coordinator."),
       Required(
           Ranged("schools[].protected.roles[]", Type::kText, "", 1, 64, "A role of the site.")),
       List("schools[].protected.accounts", kItems,
            "Patterns on userName and e-mails, without regard to case."),
       Required(Ranged("schools[].protected.accounts[]", Type::kText, "", 1, 200,
                       "A pattern: * stands for any run of characters, as in "
                       "*@office.example.org.")),
       List("schools[].protected.never_archive", kItems,
            "Patterns as in accounts: of accounts that are kept in step, but never archived."),
       Required(
           Ranged("schools[].protected.never_archive[]", Type::kText, "", 1, 200, "A pattern."))});
}

// A guard's defaults, as one would write them.
struct GuardTexts {
  std::string max_count;
  std::string max_percent;
  std::string min_population;
};

GuardTexts TextsOf(const model::Guard& guard) {
  GuardTexts texts = {std::string(kNoLimit), std::string(kNoLimit), Plain(guard.min_population)};
  if (guard.max_count) texts.max_count = Plain(*guard.max_count);
  if (guard.max_share) texts.max_percent = Plain(*guard.max_share * 100) + "%";
  return texts;
}

void AddGuard(std::vector<Key>& keys, const std::string& at, std::string_view help,
              const GuardTexts& fallback) {
  keys.insert(
      keys.end(),
      {Map(Kept(at), help),
       Ranged(Kept(at + ".max_count"), Type::kCountLimit, Kept(fallback.max_count), 0,
              kGuardCountMax, "More than this many of one plan hold the plan."),
       Ranged(Kept(at + ".max_percent"), Type::kPercentLimit, Kept(fallback.max_percent), 0, 100,
              "More than this share of the accounts that are linked and active holds it."),
       Ranged(Kept(at + ".min_population"), Type::kCount, Kept(fallback.min_population), 0,
              kGuardCountMax, "With fewer accounts than this the share does not count.")});
}

// Without usual limits there are no defaults: what a rollover window leaves out is the school's.
void AddGuards(std::vector<Key>& keys, const std::string& at, const model::Guards* usual) {
  using model::GuardKind;
  constexpr std::pair<GuardKind, std::string_view> kHelp[] = {
      {GuardKind::kAdd, "Of new accounts. May be turned off: none and none."},
      {GuardKind::kUpdate, "Of changed accounts. May be turned off: none and none."},
      {GuardKind::kArchive, "Of archives, but for people who are missing from FACTS."},
      {GuardKind::kRestore, "Of accounts that come back from the archive."},
      {GuardKind::kMissing, "Of archives of people who are missing from FACTS."},
  };
  for (const auto& [kind, help] : kHelp) {
    AddGuard(keys, at + "." + std::string(GuardWord(kind)), help,
             usual == nullptr ? GuardTexts() : TextsOf((*usual)[static_cast<std::size_t>(kind)]));
  }
}

void AddPlans(std::vector<Key>& keys) {
  const model::Guards usual = model::DefaultGuards();
  keys.push_back(Map("schools[].guards",
                     "What one plan may do before it is held. A guard is lifted for that one plan "
                     "by an approval with a reason."));
  AddGuards(keys, "schools[].guards", &usual);
  keys.insert(
      keys.end(),
      {List(
           "schools[].rollover", kRolloversMax,
           "Windows with limits of their own, for the turn of a school year. Each ends by itself."),
       Required(Map("schools[].rollover[]", "A window of at most 92 days; no two share a day.")),
       Required(Single("schools[].rollover[].from", Type::kDate, "", "The first day, UTC.")),
       Required(
           Single("schools[].rollover[].until", Type::kDate, "", "The last day, the whole of it.")),
       Required(Map("schools[].rollover[].guards",
                    "The limits in the window. What is left out is as usual."))});
  AddGuards(keys, "schools[].rollover[].guards", nullptr);
  keys.insert(
      keys.end(),
      {Ranged("schools[].plan_ttl", Type::kDuration, "14d", 3600, 90 * 86400,
              "A plan that nobody approves expires after this."),
       Map("schools[].invite", "Invitations, which never go by themselves."),
       Ranged("schools[].invite.cooldown", Type::kDuration, "7d", 3600, 365 * 86400,
              "How long after an invitation before a second one."),
       Ranged("schools[].invite.batch", Type::kCount, "500", 1, 100000, "Invitations of one plan."),
       Map("schools[].four_eyes",
           "Plans that two different people have to approve. Left out: one is "
           "enough."),
       Single("schools[].four_eyes.all", Type::kBool, "false", "All of them."),
       Ranged("schools[].four_eyes.archives_over", Type::kCountLimit, "none", 0, kGuardCountMax,
              "Those that archive more accounts than this."),
       Single("schools[].four_eyes.lifted_guards", Type::kBool, "false",
              "Those whose approval lifts guards."),
       Map("schools[].retention", "How long is kept what nobody needs."),
       Ranged("schools[].retention.left", Type::kDuration, "", 30 * 86400, 3650.0 * 86400,
              "What is kept of people who have left is removed after this. "
              "Left out: by `rosterctl forget` alone.")});
}

std::vector<Key> MakeKeys() {
  std::vector<Key> keys;
  AddProgram(keys);
  AddAccess(keys);
  AddSchool(keys);
  AddParents(keys);
  AddFacts(keys);
  AddScope(keys);
  AddSite(keys);
  AddSpreadsheet(keys);
  AddRules(keys);
  AddPlans(keys);
  return keys;
}

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

std::string AllowedText(const Key& key) {
  switch (key.type) {
    case Type::kMap:
      return "a map of keys and values";
    case Type::kWordMap:
      return "a map of " + Plain(key.min) + " to " + Plain(key.max) + " words and what they mean";
    case Type::kList:
      return "a list of " + Plain(key.min) + " to " + Plain(key.max) + " items";
    case Type::kText:
      return "text of " + Plain(key.min) + " to " + Plain(key.max) +
             " bytes without control characters";
    case Type::kWord:
      return "one of " + Joined(key.words);
    case Type::kBool:
      return "true or false";
    case Type::kCount:
      return "a whole number from " + Plain(key.min) + " to " + Plain(key.max);
    case Type::kCountLimit:
      return "a whole number from " + Plain(key.min) + " to " + Plain(key.max) + ", or none";
    case Type::kNumber:
      return "a number from " + Plain(key.min) + " to " + Plain(key.max);
    case Type::kDuration:
      return "a duration from " + PlainDuration(key.min) + " to " + PlainDuration(key.max) +
             ", as in 90s, 15m, 1h, 7d";
    case Type::kDate:
      return "a date as year, month and day, as in 2026-06-01";
    case Type::kPercent:
      return "a share from " + Plain(key.min) + "% to " + Plain(key.max) + "%, as in 20% or 0.5%";
    case Type::kPercentLimit:
      return "a share from " + Plain(key.min) + "% to " + Plain(key.max) +
             "%, as in 20% or 0.5%, or none";
    case Type::kUrl:
      return "an https:// address without user, query or fragment (http:// for this machine alone)";
    case Type::kEndpoint:
      return "ipc:// and an absolute path, as in ipc:///run/rosterd/control.sock, or tcp:// with "
             "an "
             "address and a port, as in tcp://10.0.0.5:7400";
    case Type::kLoopback:
      return "a loopback address and a port, as in 127.0.0.1:9464 or [::1]:9464: what is served "
             "there is for this machine alone";
    case Type::kPath:
      return "a path";
    case Type::kSecret:
      return "{file: PATH}, {env: NAME} or {credential: NAME}";
    case Type::kSchoolId:
      return "1 to 32 characters of a-z, 0-9 and -";
    case Type::kAccount:
      return "a name that this machine knows, or a number";
    case Type::kPublicKey:
      return "a public key, 40 characters, in quotes, as rosterctl keygen prints it";
    case Type::kTemplate:
      return "a text that holds {person} once and may hold {school}, as in {school}:{person}";
  }
  return "";
}

}  // namespace roster::config
