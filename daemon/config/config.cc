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

constexpr model::Words<LogLevel, 4> kLogLevels = {{
    {LogLevel::kDebug, "debug"},
    {LogLevel::kInfo, "info"},
    {LogLevel::kWarning, "warning"},
    {LogLevel::kError, "error"},
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
  Reader(const Values& values, Problems& problems, const std::string& filename)
      : values_(values), problems_(problems), folder_(FolderOf(filename)) {}

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
    if (values_.Has("access")) config.access = ReadAccess(config);
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
    out.log_level = model::FromWord(kLogLevels, values_.Text("observability.log_level"))
                        .value_or(LogLevel::kInfo);
    return out;
  }

  School ReadSchool(const std::string& at) {
    School school;
    school.name = values_.Text(at + ".name");
    school.facts = ReadFacts(at + ".facts");
    school.scim = ReadScim(at + ".site.scim");
    school.rules.school = SchoolId(values_.Text(at + ".id"));
    school.rules.external_id = values_.Text(at + ".site.scim.external_id");
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
    school.rules.shared_logins = values_.Flag(at + ".site.scim.shared_logins");
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
      if (school.scim.base_url.empty()) continue;
      const auto [first, fresh] = seen.emplace(school.scim.base_url, i);
      if (fresh) continue;
      for (const std::size_t which : {first->second, i}) {
        const std::string& pattern = config.schools[which].rules.external_id;
        if (pattern.empty() || pattern.find("{school}") != std::string::npos) continue;
        const std::string path = "schools[" + std::to_string(which) + "].site.scim.external_id";
        problems_.Add(values_.Line(path), path,
                      "does not tell this school's people from those of another school on the same "
                      "site",
                      "needed is {school} in it");
      }
    }
  }

  const Values& values_;
  Problems& problems_;
  std::filesystem::path folder_;
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

Result<Config> Load(const std::string& path) {
  ROSTER_ASSIGN(const std::string text, ReadFile(path), "");
  return LoadText(text, path);
}

Result<Config> LoadText(std::string_view yaml, const std::string& filename) {
  Problems problems(filename);
  if (yaml.size() > kFileBytesMax) {
    problems.Add(1, "", "the file is too large", "allowed is 1 MiB");
    return Wrong(problems);
  }
  const YamlTree tree = ParseYaml(yaml);
  for (const YamlProblem& problem : tree.problems) problems.Add(problem.line, "", problem.what, "");
  if (tree.root.kind == YamlNode::Kind::kNull && !problems.empty()) return Wrong(problems);
  const Values values = Values::Check(tree.root, problems);
  Config config = Reader(values, problems, filename).Read();
  if (!problems.empty()) return Wrong(problems);
  config.digest = Blake2b(yaml);
  return config;
}

}  // namespace roster::config
