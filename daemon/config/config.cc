#include "daemon/config/config.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/config/check.h"
#include "daemon/config/scalar.h"
#include "daemon/model/words.h"

namespace roster::config {
namespace {

constexpr model::Words<Tier, 3> kTiers = {{
    {Tier::kBasic, "basic"},
    {Tier::kPro, "pro"},
    {Tier::kEnterprise, "enterprise"},
}};

bool IsOfStudents(model::FactsField field) {
  using model::FactsField;
  return field == FactsField::kGradeLevel || field == FactsField::kSchoolCode ||
         field == FactsField::kHomeroom || field == FactsField::kClassYear;
}

bool Holds(const std::vector<model::TieFlag>& flags, model::TieFlag flag) {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

// Absolute, where the working directory can be told.
std::filesystem::path FolderOf(const std::string& filename) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(filename, error);
  return (error ? std::filesystem::path(filename) : path).lexically_normal().parent_path();
}

// Reads checked values into a Config, and checks what no single key can tell.
class Reader {
 public:
  Reader(const Values& values, Problems& problems, const std::string& filename,
         UnknownAccounts unknown)
      : values_(values),
        problems_(problems),
        filename_(filename),
        folder_(FolderOf(filename)),
        unknown_(unknown) {}

  Config Read() {
    Config config;
    config.state_dir = Path(values_.Text("state_dir"));
    if (values_.Has("backup.directory")) {
      config.backup.directory = Path(values_.Text("backup.directory"));
      CheckBackupDirectory(config);
    }
    config.backup.keep = static_cast<std::uint32_t>(values_.Count("backup.keep"));
    config.endpoints = ReadEndpoints();
    config.worker.concurrency = static_cast<std::uint32_t>(values_.Count("worker.concurrency"));
    config.worker.lease = values_.Length("worker.lease");
    config.worker.server_key = values_.Text("worker.server_key");
    config.worker.certificate = OptionalSecret("worker.certificate");
    config.worker.connect =
        values_.Has("worker.connect") ? values_.Text("worker.connect") : config.endpoints.tasks;
    config.network_certificate = OptionalSecret("network.certificate");
    config.observability = ReadObservability();
    for (std::size_t i = 0; i < values_.Items("schools"); ++i) {
      config.schools.push_back(ReadSchool("schools[" + std::to_string(i) + "]"));
    }
    CheckIds(config);
    CheckSharedSites(config);
    CheckTiers(config);
    CheckImportDirectories(config);
    if (values_.Has("access")) config.access = ReadAccess(config);
    config.unknown_accounts = std::move(unknown_accounts_);
    CheckNetwork(config);
    return config;
  }

 private:
  std::string Path(const std::string& path) const {
    return (folder_ / path).lexically_normal().string();
  }

  SecretRef Secret(const std::string& path) const {
    SecretRef ref = values_.Secret(path);
    if (ref.kind == SecretRef::Kind::kFile) ref.value = Path(ref.value);
    return ref;
  }

  std::optional<SecretRef> OptionalSecret(const std::string& path) const {
    if (!values_.Has(path)) return std::nullopt;
    return Secret(path);
  }

  std::string Url(const std::string& path) const {
    std::string url = values_.Text(path);
    while (url.ends_with('/')) url.pop_back();
    return url;
  }

  // A restore moves the store aside as a whole, and what a person removes then must not be backups.
  void CheckBackupDirectory(const Config& config) {
    // Each ends in one slash.
    const auto folder = [](const std::filesystem::path& path) {
      return (path / "").lexically_normal().string();
    };
    const std::string place = folder(config.backup.directory);
    const std::string state = folder(config.state_dir);
    const bool bad =
        place == state || place.starts_with(state + "db/") || place.starts_with(state + "db.");
    if (!bad) return;
    problems_.Add(
        values_.Line("backup.directory"), "backup.directory", "is where the store is",
        "allowed is any other folder: best one on another disk, or `backups` in state_dir");
  }

  Endpoints ReadEndpoints() {
    Endpoints endpoints = {values_.Text("endpoints.control"), values_.Text("endpoints.events"),
                           values_.Text("endpoints.tasks")};
    if (endpoints.control == endpoints.events || endpoints.control == endpoints.tasks ||
        endpoints.events == endpoints.tasks) {
      problems_.Add(values_.Line("endpoints"), "endpoints", "names one socket twice",
                    "allowed are three different ones");
    }
    return endpoints;
  }

  Observability ReadObservability() const {
    Observability out;
    if (values_.Has("observability.listen")) {
      LoopbackAddress address = ParseLoopback(values_.Text("observability.listen"));
      out.host = std::move(address.host);
      out.port = address.port;
    }
    out.log_level =
        LogLevelFromWord(values_.Text("observability.log_level")).value_or(LogLevel::kInfo);
    return out;
  }

  School ReadSchool(const std::string& at) {
    School school;
    school.name = values_.Text(at + ".name");
    school.facts = ReadFacts(at + ".facts");
    school.spreadsheet = ReadSite(at);
    const std::string site = at + (school.spreadsheet ? ".site.spreadsheet" : ".site.scim");
    if (!school.spreadsheet) school.scim = ReadScim(site);
    school.rules.school = SchoolId(values_.Text(at + ".id"));
    school.rules.external_id = values_.Text(site + ".external_id");
    school.rules.scope = ReadScope(at + ".scope");
    school.rules.status_words = ReadStatusWords(at + ".status_words");
    school.rules.accounts = ReadAccounts(at);
    school.rules.parents = ReadParents(at + ".parents", school.rules.accounts);
    school.rules.fields = ReadFields(at + ".fields", school.rules.accounts);
    school.rules.email2_fallback = values_.Text(at + ".email_fallback") == "email2";
    school.rules.missing_polls = static_cast<std::uint32_t>(values_.Count(at + ".missing_polls"));
    for (std::string& role : values_.Texts(at + ".protected.roles")) {
      school.rules.protected_roles.push_back(std::move(role));
    }
    school.rules.protected_accounts = values_.Texts(at + ".protected.accounts");
    school.rules.never_archive = values_.Texts(at + ".protected.never_archive");
    school.rules.shared_logins = values_.Flag(site + ".shared_logins");
    if (school.spreadsheet) CheckSpreadsheet(at, school);
    school.plans = ReadPlans(at);
    if (values_.Has(at + ".retention.left")) {
      school.retention.left = values_.Length(at + ".retention.left");
    }
    return school;
  }

  model::AccountsOf ReadAccounts(const std::string& at) const {
    return values_.Text(at + ".accounts") == "parents" ? model::AccountsOf::kParents
                                                       : model::AccountsOf::kStudents;
  }

  model::ParentRules ReadParents(const std::string& at, model::AccountsOf accounts) {
    model::ParentRules parents;
    if (!values_.Has(at)) return parents;
    if (accounts != model::AccountsOf::kParents) {
      problems_.Add(values_.Line(at), at, "says who is a parent, but the accounts are students'",
                    "allowed with accounts: parents alone");
    }
    parents.graph = model::FamilyGraphFromWord(values_.Text(at + ".graph"))
                        .value_or(model::FamilyGraph::kHouseholds);
    parents.require = ReadFlags(at + ".require", {});
    parents.exclude = ReadFlags(at + ".exclude", parents.require);
    return parents;
  }

  // `required` are those that no parent could have if they stood here as well.
  std::vector<model::TieFlag> ReadFlags(const std::string& at,
                                        const std::vector<model::TieFlag>& required) {
    std::vector<model::TieFlag> flags;
    for (std::size_t i = 0; i < values_.Items(at); ++i) {
      const std::string place = at + "[" + std::to_string(i) + "]";
      const auto flag = model::TieFlagFromWord(values_.Text(place));
      if (!flag) continue;
      if (Holds(flags, *flag)) {
        problems_.Add(values_.Line(place), place, "is there twice", "allowed is each flag once");
      } else if (Holds(required, *flag)) {
        problems_.Add(values_.Line(place), place,
                      "is required as well, so that nobody would be a parent",
                      "allowed is each flag in require or in exclude");
      }
      flags.push_back(*flag);
    }
    return flags;
  }

  model::PlanRules ReadPlans(const std::string& at) {
    model::PlanRules plans;
    plans.guards = ReadGuards(at + ".guards", plans.guards);
    for (std::size_t i = 0; i < values_.Items(at + ".rollover"); ++i) {
      const std::string place = at + ".rollover[" + std::to_string(i) + "]";
      if (const auto window = ReadRollover(place, plans.guards)) {
        CheckOverlap(plans.rollovers, *window, place);
        plans.rollovers.push_back(*window);
      }
    }
    plans.plan_ttl = values_.Length(at + ".plan_ttl");
    plans.invite_cooldown = values_.Length(at + ".invite.cooldown");
    plans.invite_batch = static_cast<std::uint32_t>(values_.Count(at + ".invite.batch"));
    plans.four_eyes.all = values_.Flag(at + ".four_eyes.all");
    plans.four_eyes.lifted_guards = values_.Flag(at + ".four_eyes.lifted_guards");
    if (const auto over = values_.Limit(at + ".four_eyes.archives_over")) {
      plans.four_eyes.archives_over = static_cast<std::uint32_t>(*over);
    }
    return plans;
  }

  // What is left out stays as it is in `guards`.
  model::Guards ReadGuards(const std::string& at, model::Guards guards) {
    for (std::size_t i = 1; i < model::kGuardKinds; ++i) {
      const auto kind = static_cast<model::GuardKind>(i);
      const std::string place = at + "." + std::string(GuardWord(kind));
      if (!values_.Has(place)) continue;
      ReadGuard(place, guards[i]);
      CheckGuard(place, kind, guards[i]);
    }
    return guards;
  }

  void ReadGuard(const std::string& at, model::Guard& guard) const {
    if (values_.Has(at + ".max_count")) {
      const auto count = values_.Limit(at + ".max_count");
      guard.max_count = std::nullopt;
      if (count) guard.max_count = static_cast<std::uint32_t>(*count);
    }
    if (values_.Has(at + ".max_percent")) {
      const auto percent = values_.Limit(at + ".max_percent");
      guard.max_share = std::nullopt;
      if (percent) guard.max_share = *percent / 100;
    }
    if (values_.Has(at + ".min_population")) {
      guard.min_population = static_cast<std::uint32_t>(values_.Count(at + ".min_population"));
    }
  }

  // Of the guards against losing people, none is ever off (review workflow, 4).
  void CheckGuard(const std::string& at, model::GuardKind kind, const model::Guard& guard) {
    if (kind == model::GuardKind::kAdd || kind == model::GuardKind::kUpdate) return;
    if (guard.max_count || guard.max_share) return;
    problems_.Add(values_.Line(at), at,
                  "has neither a number nor a share, but this guard is lifted for one plan, by an "
                  "approval with a reason, and never turned off",
                  "needed is max_count or max_percent");
  }

  // nullopt when a date is missing, or no date; that has been told.
  std::optional<model::Rollover> ReadRollover(const std::string& at, const model::Guards& usual) {
    const model::Guards guards = ReadGuards(at + ".guards", usual);
    const auto from = values_.Date(at + ".from");
    const auto until = values_.Date(at + ".until");
    if (!from || !until) return std::nullopt;
    if (*until < *from) {
      problems_.Add(values_.Line(at + ".until"), at + ".until", "is before the first day",
                    "allowed is the day of from, or a later one");
    } else if (*until - *from >= kRolloverLengthMax) {
      problems_.Add(values_.Line(at + ".until"), at + ".until",
                    "makes a window that is too long: its limits would be the usual ones",
                    "allowed are " + std::to_string(kRolloverLengthMax.count()) + " days");
    }
    return model::Rollover{*from, *until, guards};
  }

  void CheckOverlap(const std::vector<model::Rollover>& before, const model::Rollover& window,
                    const std::string& at) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i].from > window.until || window.from > before[i].until) continue;
      problems_.Add(values_.Line(at), at,
                    "shares a day with window " + std::to_string(i + 1) + " of this list",
                    "allowed is one window a day");
      return;
    }
  }

  Facts ReadFacts(const std::string& at) const {
    Facts facts;
    facts.base_url = Url(at + ".base_url");
    facts.subscription_key = Secret(at + ".subscription_key");
    facts.api_key = Secret(at + ".api_key");
    facts.tier = model::FromWord(kTiers, values_.Text(at + ".tier")).value_or(Tier::kBasic);
    facts.page_size = static_cast<std::uint32_t>(values_.Count(at + ".page_size"));
    facts.poll_every = values_.Length(at + ".poll_every");
    facts.limits.shrink_max = values_.Number(at + ".max_shrink") / 100;
    facts.limits.rejected_max = values_.Number(at + ".max_rejected") / 100;
    return facts;
  }

  // nullopt: it speaks SCIM, or what is wrong has been told.
  std::optional<model::Spreadsheet> ReadSite(const std::string& at) {
    const bool scim = values_.Has(at + ".site.scim");
    const bool spreadsheet = values_.Has(at + ".site.spreadsheet");
    if (scim == spreadsheet && values_.Has(at + ".site")) {
      problems_.Add(
          values_.Line(at + ".site"), at + ".site",
          scim ? "is said to have an API and to have none" : "is not said how to speak to",
          "needed is one of scim and spreadsheet");
    }
    if (!spreadsheet || scim) return std::nullopt;
    return ReadSpreadsheet(at + ".site.spreadsheet");
  }

  model::Spreadsheet ReadSpreadsheet(const std::string& at) const {
    using model::Field;
    constexpr std::pair<std::string_view, Field> kFieldColumns[] = {
        {"user_name", Field::kUserName},
        {"email", Field::kEmail},
        {"first_name", Field::kGivenName},
        {"middle_name", Field::kMiddleName},
        {"last_name", Field::kFamilyName},
        {"nick_name", Field::kNickName},
        {"display_name", Field::kDisplayName},
        {"home_phone", Field::kHomePhone},
        {"mobile_phone", Field::kMobilePhone},
        {"school", Field::kSchool},
        {"grade", Field::kGrade},
        {"grouping", Field::kGrouping},
        {"role", Field::kRole}};
    const auto header = [&](std::string_view name) {
      return std::string(Trim(values_.Text(at + ".columns." + std::string(name))));
    };
    model::Spreadsheet sheet;
    sheet.export_file = Path(values_.Text(at + ".export"));
    sheet.import_directory = Path(values_.Text(at + ".import_directory"));
    sheet.columns.id = header("id");
    sheet.columns.external_id = header("external_id");
    sheet.columns.status = header("status");
    sheet.columns.site_roles = header("site_roles");
    sheet.columns.last_accessed = header("last_accessed");
    sheet.columns.invited = header("invited");
    for (const auto& [name, field] : kFieldColumns) {
      if (std::string text = header(name); !text.empty()) {
        sheet.columns.fields.emplace_back(field, std::move(text));
      }
    }
    sheet.active_words = {"Active"};
    sheet.archived_words = {"Archived", "Inactive"};
    if (values_.Has(at + ".active_words")) sheet.active_words = values_.Texts(at + ".active_words");
    if (values_.Has(at + ".archived_words")) {
      sheet.archived_words = values_.Texts(at + ".archived_words");
    }
    const std::string delimiter = values_.Text(at + ".delimiter");
    sheet.delimiter = delimiter == "tab" ? '\t' : delimiter == "semicolon" ? ';' : ',';
    const std::string dates = values_.Text(at + ".dates");
    sheet.dates = dates == "month-first" ? model::DateOrder::kMonthFirst
                  : dates == "day-first" ? model::DateOrder::kDayFirst
                                         : model::DateOrder::kIso;
    return sheet;
  }

  void CheckSpreadsheet(const std::string& at, School& school) {
    const model::Spreadsheet& sheet = *school.spreadsheet;
    const std::string site = at + ".site.spreadsheet";
    CheckColumns(site, sheet.columns);
    std::set<std::string> words;
    for (const auto* const list : {&sheet.active_words, &sheet.archived_words}) {
      for (const std::string& word : *list) {
        if (words.insert(Fold(Trim(word))).second) continue;
        const std::string place =
            site + (list == &sheet.active_words ? ".active_words" : ".archived_words");
        problems_.Add(values_.Line(place), place, "has a word that is there already",
                      "allowed is each word once, in active_words or in archived_words");
      }
    }
    if (sheet.columns.site_roles.empty() && school.rules.protected_accounts.empty()) {
      problems_.Add(values_.Line(site), site,
                    "does not tell who owns, manages or coordinates the site, and they must never "
                    "be written to",
                    "needed is columns.site_roles, or protected.accounts");
    }
    // Left out, what the site has no column for is done without; asked for, it is a mistake.
    std::erase_if(school.rules.fields, [&](const model::FieldRule& rule) {
      const bool login = rule.to == model::Field::kUserName;
      if (login || !sheet.columns.Of(rule.to).empty()) return false;
      if (values_.Has(at + ".fields")) {
        problems_.Add(values_.Line(at + ".fields"), at + ".fields",
                      "fills " + std::string(FieldWord(rule.to)) +
                          ", which has no column in the site's files",
                      "needed is its header in site.spreadsheet.columns");
      }
      return true;
    });
  }

  void CheckColumns(const std::string& site, const model::SheetColumns& columns) {
    std::set<std::string> headers;
    const auto add = [&](const std::string& header) {
      if (header.empty() || headers.insert(Fold(header)).second) return;
      problems_.Add(values_.Line(site + ".columns"), site + ".columns",
                    "gives two columns one header", "allowed is each header once");
    };
    for (const std::string* const header :
         {&columns.id, &columns.external_id, &columns.status, &columns.site_roles,
          &columns.last_accessed, &columns.invited}) {
      add(*header);
    }
    for (const auto& [field, header] : columns.fields) add(header);
  }

  Scim ReadScim(const std::string& at) const {
    Scim scim;
    scim.base_url = Url(at + ".base_url");
    scim.read_token = Secret(at + ".read_token");
    scim.write_token = Secret(at + ".write_token");
    scim.requests_per_second = values_.Number(at + ".requests_per_second");
    scim.page_size = static_cast<std::uint32_t>(values_.Count(at + ".page_size"));
    return scim;
  }

  model::Scope ReadScope(const std::string& at) const {
    model::Scope scope;
    scope.school_codes = values_.Texts(at + ".school_codes");
    scope.grades = values_.Texts(at + ".grades");
    if (!values_.Has(at + ".statuses")) return scope;
    scope.statuses.clear();
    for (const std::string& word : values_.Texts(at + ".statuses")) {
      if (const auto standing = model::StandingFromWord(word)) scope.statuses.push_back(*standing);
    }
    return scope;
  }

  // The usual words, and the school's own over them; compared without case (rules, 4).
  std::map<std::string, model::Standing> ReadStatusWords(const std::string& at) {
    std::map<std::string, model::Standing> own;
    const std::vector<std::string>& words = values_.FreeKeys(at);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string place = at + "[" + std::to_string(i) + "]";
      const std::string folded = Fold(Trim(words[i]));
      if (folded.empty()) {
        problems_.Add(values_.Line(place), place, "is a blank word, which always means unknown",
                      "allowed are words");
        continue;
      }
      const auto standing = model::StandingFromWord(values_.Text(place));
      if (!standing) continue;
      if (!own.emplace(folded, *standing).second) {
        problems_.Add(values_.Line(place), place, "is there twice, but for upper and lower case",
                      "allowed is each word once");
      }
    }
    own.merge(model::DefaultStatusWords());
    return own;
  }

  std::vector<model::FieldRule> ReadFields(const std::string& at, model::AccountsOf accounts) {
    if (!values_.Has(at)) return model::DefaultFieldRules(accounts);
    std::vector<model::FieldRule> rules;
    bool has_user_name = false;
    for (std::size_t i = 0; i < values_.Items(at); ++i) {
      const std::string place = at + "[" + std::to_string(i) + "]";
      const auto from = model::FactsFieldFromWord(values_.Text(place + ".from"));
      const auto to = model::FieldFromWord(values_.Text(place + ".to"));
      const auto owner = model::OwnerFromWord(values_.Text(place + ".owner"));
      has_user_name = has_user_name || to == model::Field::kUserName;
      if (!from || !to || !owner) continue;
      if (accounts == model::AccountsOf::kParents) CheckParentField(*from, place + ".from");
      CheckField(rules, {*from, *to, *owner}, place);
      rules.push_back({*from, *to, *owner});
    }
    if (!has_user_name) {
      problems_.Add(values_.Line(at), at,
                    "fills no userName, without which no account can be added",
                    "needed is {from: email, to: userName}");
    }
    return rules;
  }

  void CheckParentField(model::FactsField from, const std::string& place) {
    if (!IsOfStudents(from)) return;
    std::string allowed;
    for (const model::FactsField field : model::AllFactsFields()) {
      if (IsOfStudents(field)) continue;
      allowed += (allowed.empty() ? "" : ", ") + std::string(FactsFieldWord(field));
    }
    problems_.Add(values_.Line(place), place,
                  "describes a student; a parent has none, or one for each child",
                  "allowed for parents is one of " + allowed);
  }

  void CheckField(const std::vector<model::FieldRule>& before, const model::FieldRule& rule,
                  const std::string& place) {
    if (std::any_of(before.begin(), before.end(),
                    [&](const model::FieldRule& other) { return other.to == rule.to; })) {
      problems_.Add(values_.Line(place + ".to"), place + ".to", "is filled twice",
                    "allowed is each field once");
    }
    if (model::IsEmailField(rule.to) && rule.from != model::FactsField::kEmail) {
      problems_.Add(values_.Line(place + ".from"), place + ".from",
                    "would make something else than the e-mail the login", "allowed is email");
    }
  }

  void CheckIds(const Config& config) {
    std::map<SchoolId, std::size_t> seen;
    for (std::size_t i = 0; i < config.schools.size(); ++i) {
      const SchoolId& id = config.schools[i].id();
      if (id.value().empty()) continue;
      const auto [first, fresh] = seen.emplace(id, i);
      if (fresh) continue;
      const std::string path = "schools[" + std::to_string(i) + "].id";
      problems_.Add(values_.Line(path), path,
                    "is the id of schools[" + std::to_string(first->second) + "] too",
                    "allowed is each id once");
    }
  }

  // A quota is the subscription key's, whatever schools it serves.
  void CheckTiers(const Config& config) {
    for (std::size_t i = 0; i < config.schools.size(); ++i) {
      const Facts& facts = config.schools[i].facts;
      const auto other = std::find_if(
          config.schools.begin(), config.schools.begin() + static_cast<std::ptrdiff_t>(i),
          [&](const School& one) { return one.facts.subscription_key == facts.subscription_key; });
      if (other->facts.tier == facts.tier || &*other == &config.schools[i]) continue;
      const std::string path = "schools[" + std::to_string(i) + "].facts.tier";
      problems_.Add(values_.Line(path), path,
                    "is another than that of schools[" +
                        std::to_string(other - config.schools.begin()) +
                        "], which has the same subscription_key",
                    "allowed is one tier a key");
    }
  }

  std::vector<model::Grant> ReadAccess(const Config& config) {
    std::vector<model::Grant> grants;
    std::map<model::PublicKey, std::string> owners;
    for (std::size_t i = 0; i < values_.Items("access"); ++i) {
      const std::string at = "access[" + std::to_string(i) + "]";
      model::Grant grant;
      grant.name = values_.Text(at + ".name");
      grant.uids = ReadNumbers(at + ".users", UserNumber);
      grant.gids = ReadNumbers(at + ".groups", GroupNumber);
      grant.keys = values_.Texts(at + ".keys");
      for (const std::string& word : values_.Texts(at + ".roles")) {
        if (const auto role = model::RoleFromWord(word)) grant.roles.push_back(*role);
      }
      for (std::size_t s = 0; s < values_.Items(at + ".schools"); ++s) {
        const std::string place = at + ".schools[" + std::to_string(s) + "]";
        grant.schools.emplace_back(values_.Text(place));
        if (values_.Has(place) && config.FindSchool(grant.schools.back()) == nullptr) {
          problems_.Add(values_.Line(place), place, "is not a school of this file",
                        "allowed are the ids in schools");
        }
      }
      if (!values_.Has(at + ".users") && !values_.Has(at + ".groups") &&
          !values_.Has(at + ".keys")) {
        problems_.Add(values_.Line(at), at, "names nobody", "needed is users, groups or keys");
      }
      for (const model::PublicKey& key : grant.keys) {
        const auto [owner, fresh] = owners.emplace(key, grant.name);
        if (fresh || owner->second == grant.name) continue;
        problems_.Add(values_.Line(at + ".keys"), at + ".keys", "holds a key of another name too",
                      "allowed is each key under one name");
      }
      grants.push_back(std::move(grant));
    }
    return grants;
  }

  static std::optional<std::int64_t> UserNumber(const std::string& name) {
    const passwd* const entry = ::getpwnam(name.c_str());
    if (entry == nullptr) return std::nullopt;
    return entry->pw_uid;
  }
  static std::optional<std::int64_t> GroupNumber(const std::string& name) {
    const group* const entry = ::getgrnam(name.c_str());
    if (entry == nullptr) return std::nullopt;
    return entry->gr_gid;
  }

  std::vector<std::int64_t> ReadNumbers(
      const std::string& at, std::optional<std::int64_t> (*find)(const std::string& name)) {
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < values_.Items(at); ++i) {
      const std::string place = at + "[" + std::to_string(i) + "]";
      const std::string text = values_.Text(place);
      if (text.empty()) continue;
      std::optional<std::int64_t> number = find(text);
      if (const auto count = ParseCount(text); count && !number) {
        number = static_cast<std::int64_t>(*count);
      }
      if (!number && unknown_ == UnknownAccounts::kNamed) {
        unknown_accounts_.push_back(filename_ + ":" + std::to_string(values_.Line(place)) + ": " +
                                    place);
        continue;
      }
      if (!number) {
        problems_.Add(values_.Line(place), place, "is not known to this machine",
                      "allowed is a name that getent finds, or a number");
        continue;
      }
      numbers.push_back(*number);
    }
    return numbers;
  }

  void CheckNetwork(const Config& config) {
    const Endpoints& endpoints = config.endpoints;
    bool open = false;
    for (const auto& [path, endpoint] :
         {std::pair<std::string, const std::string&>{"endpoints.control", endpoints.control},
          {"endpoints.events", endpoints.events},
          {"endpoints.tasks", endpoints.tasks}}) {
      if (!endpoint.starts_with("tcp://")) continue;
      open = true;
      if (!config.network_certificate) {
        problems_.Add(values_.Line(path), path,
                      "is open to the network, and rosterd has no certificate",
                      "needed is network.certificate: rosterctl keygen makes one");
      }
      if (!config.access) {
        problems_.Add(values_.Line(path), path,
                      "is open to the network, and nothing says who may do what",
                      "needed is access, with the keys of those who may");
      }
    }
    // Who comes by tcp is known by a key alone.
    const bool nobody =
        config.access && std::all_of(config.access->begin(), config.access->end(),
                                     [](const model::Grant& grant) { return grant.keys.empty(); });
    if (endpoints.control.starts_with("tcp://") && nobody) {
      problems_.Add(values_.Line("access"), "access",
                    "gives nobody a key, and over tcp:// nobody else gets in: not even an operator",
                    "needed is an entry with keys: rosterctl keygen makes one");
    }
    if (!open && config.network_certificate) {
      problems_.Add(values_.Line("network"), "network", "is for tcp:// alone, and nothing is there",
                    "allowed with an endpoint on tcp://");
    }
    const bool far = config.worker.connect.starts_with("tcp://");
    if (far && values_.Has("worker.connect") &&
        (config.worker.server_key.empty() || !config.worker.certificate)) {
      problems_.Add(values_.Line("worker.connect"), "worker.connect",
                    "is on the network, where both sides prove who they are",
                    "needed are worker.server_key and worker.certificate");
    }
  }

  // On one site, two schools' persons are told apart by {school} alone.
  void CheckSharedSites(const Config& config) {
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < config.schools.size(); ++i) {
      const School& school = config.schools[i];
      const std::string& site =
          school.spreadsheet ? school.spreadsheet->export_file : school.scim.base_url;
      if (site.empty()) continue;
      const auto [first, fresh] = seen.emplace(site, i);
      if (fresh) continue;
      for (const std::size_t which : {first->second, i}) {
        const std::string& pattern = config.schools[which].rules.external_id;
        if (pattern.empty() || pattern.find("{school}") != std::string::npos) continue;
        const std::string path = "schools[" + std::to_string(which) + "].site." +
                                 (config.schools[which].spreadsheet ? "spreadsheet" : "scim") +
                                 ".external_id";
        problems_.Add(values_.Line(path), path,
                      "does not tell this school's people from those of another school on the same "
                      "site",
                      "needed is {school} in it");
      }
    }
  }

  // Plans of several schools have the same numbers, and so their files the same names.
  void CheckImportDirectories(const Config& config) {
    std::map<std::filesystem::path, std::size_t> seen;
    for (std::size_t i = 0; i < config.schools.size(); ++i) {
      if (!config.schools[i].spreadsheet) continue;
      const std::filesystem::path folder =
          (std::filesystem::path(config.schools[i].spreadsheet->import_directory) / "")
              .lexically_normal();
      const auto [first, fresh] = seen.emplace(folder, i);
      if (fresh) continue;
      const std::string path =
          "schools[" + std::to_string(i) + "].site.spreadsheet.import_directory";
      problems_.Add(values_.Line(path), path,
                    "is that of schools[" + std::to_string(first->second) + "] too",
                    "allowed is a folder of each school's own");
    }
  }

  const Values& values_;
  Problems& problems_;
  const std::string filename_;
  std::filesystem::path folder_;
  const UnknownAccounts unknown_;
  std::vector<std::string> unknown_accounts_;
};

tl::unexpected<Error> Wrong(const Problems& problems) {
  return Fail(Code::kInvalid, "config", problems.Text());
}

tl::unexpected<Error> Unreadable(const std::string& path, const std::string& why) {
  return Fail(Code::kInvalid, "config-unreadable",
              "The config file " + path + " can't be read: " + why);
}

Result<std::string> ReadFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return Unreadable(path, std::string(std::strerror(errno)) + "; check --config");
  }
  std::string text(kFileBytesMax + 1, '\0');
  std::size_t filled = 0;
  int failure = 0;
  while (filled < text.size()) {
    const auto got = ::read(file, text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) failure = errno;
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  ::close(file);
  if (failure != 0) return Unreadable(path, std::strerror(failure));
  text.resize(filled);
  return text;
}

}  // namespace

std::string_view TierWord(Tier tier) { return model::WordOf(kTiers, tier); }

const School* Config::FindSchool(const SchoolId& id) const {
  const auto at = std::find_if(schools.begin(), schools.end(),
                               [&id](const School& school) { return school.id() == id; });
  return at == schools.end() ? nullptr : &*at;
}

Result<Config> Load(const std::string& path, UnknownAccounts unknown) {
  ROSTER_ASSIGN(const std::string text, ReadFile(path), "");
  return LoadText(text, path, unknown);
}

Result<Config> LoadText(std::string_view yaml, const std::string& filename,
                        UnknownAccounts unknown) {
  Problems problems(filename);
  if (yaml.size() > kFileBytesMax) {
    problems.Add(1, "", "the file is too large", "allowed is 1 MiB");
    return Wrong(problems);
  }
  const YamlTree tree = ParseYaml(yaml);
  for (const YamlProblem& problem : tree.problems) problems.Add(problem.line, "", problem.what, "");
  if (tree.root.kind == YamlNode::Kind::kNull && !problems.empty()) return Wrong(problems);
  const Values values = Values::Check(tree.root, problems);
  Config config = Reader(values, problems, filename, unknown).Read();
  if (!problems.empty()) return Wrong(problems);
  config.digest = Blake2b(yaml);
  return config;
}

}  // namespace roster::config
