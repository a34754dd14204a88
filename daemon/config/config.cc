#include "daemon/config/config.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "daemon/base/text.h"
#include "daemon/config/check.h"
#include "daemon/model/words.h"

namespace roster::config {
namespace {

constexpr model::Words<Tier, 3> kTiers = {{
    {Tier::kBasic, "basic"},
    {Tier::kPro, "pro"},
    {Tier::kEnterprise, "enterprise"},
}};

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
    config.endpoints = ReadEndpoints();
    config.worker.concurrency = static_cast<std::uint32_t>(values_.Count("worker.concurrency"));
    config.worker.lease = values_.Length("worker.lease");
    for (std::size_t i = 0; i < values_.Items("schools"); ++i) {
      config.schools.push_back(ReadSchool("schools[" + std::to_string(i) + "]"));
    }
    CheckIds(config);
    CheckSharedSites(config);
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

  std::string Url(const std::string& path) const {
    std::string url = values_.Text(path);
    while (url.ends_with('/')) url.pop_back();
    return url;
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

  School ReadSchool(const std::string& at) {
    School school;
    school.name = values_.Text(at + ".name");
    school.facts = ReadFacts(at + ".facts");
    school.scim = ReadScim(at + ".site.scim");
    school.rules.school = SchoolId(values_.Text(at + ".id"));
    school.rules.external_id = values_.Text(at + ".site.scim.external_id");
    school.rules.scope = ReadScope(at + ".scope");
    school.rules.status_words = ReadStatusWords(at + ".status_words");
    if (values_.Has(at + ".fields")) school.rules.fields = ReadFields(at + ".fields");
    school.rules.email2_fallback = values_.Text(at + ".email_fallback") == "email2";
    school.rules.missing_polls = static_cast<std::uint32_t>(values_.Count(at + ".missing_polls"));
    for (std::string& role : values_.Texts(at + ".protected.roles")) {
      school.rules.protected_roles.push_back(std::move(role));
    }
    school.rules.protected_accounts = values_.Texts(at + ".protected.accounts");
    if (values_.Text(at + ".accounts") == "parents") {
      problems_.Add(values_.Line(at + ".accounts"), at + ".accounts",
                    "asks for parents' accounts, which come with families; not in this version",
                    "allowed is students");
    }
    return school;
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

  std::vector<model::FieldRule> ReadFields(const std::string& at) {
    std::vector<model::FieldRule> rules;
    bool has_user_name = false;
    for (std::size_t i = 0; i < values_.Items(at); ++i) {
      const std::string place = at + "[" + std::to_string(i) + "]";
      const auto from = model::FactsFieldFromWord(values_.Text(place + ".from"));
      const auto to = model::FieldFromWord(values_.Text(place + ".to"));
      const auto owner = model::OwnerFromWord(values_.Text(place + ".owner"));
      has_user_name = has_user_name || to == model::Field::kUserName;
      if (!from || !to || !owner) continue;
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
  return config;
}

}  // namespace roster::config
