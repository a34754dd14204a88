// The config file: what it gives, and what is said about what is wrong with it.

#include "daemon/config/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "daemon/config/keys.h"
#include "tests/unit/config/sample_config.h"

namespace roster {
namespace {

using config::Config;
using config::Keys;
using config::LoadText;
using config::SecretRef;

std::size_t Lines(const std::string& text) {
  return text.empty() ? 0
                      : 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Config, GivesWhatIsWritten) {
  const auto result = LoadText(kGoodConfig, "/etc/rosterd/rosterd.yaml");
  ASSERT_TRUE(result) << result.error().message;
  const Config& config = *result;
  EXPECT_EQ(config.state_dir, "/var/lib/rosterd");
  EXPECT_EQ(config.endpoints.events, "ipc:///run/rosterd/events.sock");
  EXPECT_EQ(config.worker.concurrency, 8U);
  EXPECT_EQ(config.worker.lease, std::chrono::seconds(90));
  ASSERT_EQ(config.schools.size(), 1U);
  const config::School& school = config.schools[0];
  EXPECT_EQ(school.id(), SchoolId("tcs"));
  EXPECT_EQ(school.name, "Example Christian School");
  EXPECT_EQ(school.facts.base_url, "https://api.example.org");
  EXPECT_EQ(school.facts.subscription_key,
            (SecretRef{SecretRef::Kind::kFile, "/etc/rosterd/keys/subscription"}));
  EXPECT_EQ(school.facts.api_key, (SecretRef{SecretRef::Kind::kEnv, "FACTS_KEY"}));
  EXPECT_EQ(school.facts.tier, config::Tier::kPro);
  EXPECT_EQ(school.facts.page_size, 500U);
  EXPECT_EQ(school.facts.poll_every, std::chrono::minutes(15));
  EXPECT_DOUBLE_EQ(school.facts.limits.shrink_max, 0.10);
  EXPECT_DOUBLE_EQ(school.facts.limits.rejected_max, 0.0025);
  EXPECT_EQ(school.scim.base_url, "http://127.0.0.1:8080/scim/v2");
  EXPECT_EQ(school.scim.read_token, (SecretRef{SecretRef::Kind::kCredential, "read"}));
  EXPECT_EQ(school.scim.write_token, (SecretRef{SecretRef::Kind::kFile, "/etc/rosterd/write"}));
  EXPECT_DOUBLE_EQ(school.scim.requests_per_second, 2.5);
  EXPECT_EQ(school.scim.page_size, 100U);
  const model::RosterRules& rules = school.rules;
  EXPECT_EQ(rules.scope.school_codes, (std::vector<std::string>{"TCS-CA"}));
  EXPECT_EQ(rules.scope.grades, (std::vector<std::string>{"09", "10"}));  // 09 is no number
  EXPECT_EQ(rules.scope.statuses, (std::vector<model::Standing>{model::Standing::kEnrolled,
                                                                model::Standing::kPreEnrolled}));
  EXPECT_EQ(rules.status_words.at("on leave"), model::Standing::kInactive);
  EXPECT_EQ(rules.status_words.at("graduate"), model::Standing::kGraduated);  // a default
  EXPECT_EQ(rules.external_id, "{school}-{person}");
  ASSERT_EQ(rules.fields.size(), 2U);
  EXPECT_EQ(rules.fields[0].owner, model::Owner::kFacts);
  EXPECT_EQ(rules.fields[1].owner, model::Owner::kUntilFirstLogin);
  EXPECT_EQ(rules.missing_polls, 5U);
  EXPECT_TRUE(rules.email2_fallback);
  EXPECT_EQ(rules.protected_roles,
            (std::vector<std::string>{"owner", "manager", "coordinator", "chaplain"}));
  EXPECT_EQ(rules.protected_accounts, (std::vector<std::string>{"*@office.example.org"}));
  ASSERT_EQ(school.plans.rollovers.size(), 1U);
  EXPECT_EQ(school.plans.invite_batch, 50U);
  EXPECT_EQ(config.FindSchool(SchoolId("tcs")), &school);
  EXPECT_EQ(config.FindSchool(SchoolId("other")), nullptr);
}

TEST(Config, LeavesOutWhatHasDefaults) {
  const auto result = LoadText(School(""), "rosterd.yaml");
  ASSERT_TRUE(result) << result.error().message;
  const config::School& school = result->schools[0];
  EXPECT_EQ(result->state_dir, "/var/lib/rosterd");
  EXPECT_EQ(result->endpoints.control, "ipc:///run/rosterd/control.sock");
  EXPECT_EQ(result->worker.concurrency, 4U);
  EXPECT_EQ(result->worker.lease, std::chrono::seconds(60));
  EXPECT_EQ(school.facts.base_url, "https://api.factsmgt.com");
  EXPECT_EQ(school.facts.tier, config::Tier::kBasic);
  EXPECT_EQ(school.facts.poll_every, std::chrono::hours(1));
  EXPECT_DOUBLE_EQ(school.facts.limits.shrink_max, 0.20);
  EXPECT_DOUBLE_EQ(school.facts.limits.rejected_max, 0.005);
  EXPECT_EQ(school.rules.scope.statuses,
            (std::vector<model::Standing>{model::Standing::kEnrolled}));
  EXPECT_EQ(school.rules.fields.size(), model::DefaultFieldRules().size());
  EXPECT_EQ(school.rules.external_id, "{school}:{person}");
  EXPECT_EQ(school.rules.missing_polls, 3U);
  EXPECT_FALSE(school.rules.email2_fallback);
}

// The users that an example names are those of a school's server.
std::string OnThisMachine(const std::string& text) {
  return std::regex_replace(text, std::regex(R"(users: \[[a-z-]+\])"), "users: [root]");
}

// Each as it stands, and with the lines that it offers as comments ("    #guards: ...").
TEST(Config, ExamplesAreGood) {
  std::size_t examples = 0;
  for (const auto& file : std::filesystem::directory_iterator(ROSTER_EXAMPLES)) {
    if (!file.path().filename().string().starts_with("rosterd")) continue;  // another program's
    ++examples;
    std::ifstream stream(file.path());
    std::string as_it_stands;
    std::string with_all;
    for (std::string line; std::getline(stream, line);) {
      as_it_stands += line + "\n";
      const auto mark = line.find_first_not_of(' ');
      const bool prose = mark != std::string::npos && line.substr(mark, 2) == "# " &&
                         line.substr(mark, 3) != "#  ";
      const bool offered = mark != std::string::npos && line[mark] == '#' && !prose;
      if (offered) line.erase(mark, 1);
      with_all += line + "\n";
    }
    EXPECT_EQ(ProblemsOf(OnThisMachine(as_it_stands)), "") << file.path();
    EXPECT_EQ(ProblemsOf(OnThisMachine(with_all)), "") << file.path();
  }
  EXPECT_EQ(examples, 4U);
}

TEST(Config, SpreadsheetExampleIsOfASiteWithoutAnApi) {
  const auto path = std::filesystem::path(ROSTER_EXAMPLES) / "rosterd-spreadsheet.yaml";
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  const auto result = LoadText(OnThisMachine(text.str()), path.string());
  ASSERT_TRUE(result) << result.error().message;
  const config::School& school = result->schools[0];
  ASSERT_TRUE(school.spreadsheet);
  EXPECT_EQ(school.spreadsheet->export_file, "/srv/volunteers/export.csv");
  EXPECT_EQ(school.spreadsheet->columns.Of(model::Field::kEmail), "Email");
  EXPECT_EQ(school.rules.fields.size(), model::DefaultFieldRules().size());
}

TEST(Config, ParentsExampleIsOfParents) {
  const auto path = std::filesystem::path(ROSTER_EXAMPLES) / "rosterd-parents.yaml";
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  const auto result = LoadText(OnThisMachine(text.str()), path.string());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->schools[0].rules.accounts, model::AccountsOf::kParents);
  EXPECT_EQ(result->schools[0].plans.rollovers.size(), 1U);
}

TEST(Config, DistrictExampleIsOfSeveralSchools) {
  const auto path = std::filesystem::path(ROSTER_EXAMPLES) / "rosterd-district.yaml";
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  const auto result = LoadText(OnThisMachine(text.str()), path.string());
  ASSERT_TRUE(result) << result.error().message;
  std::map<std::string, int> keys;
  int parents = 0;
  for (const config::School& school : result->schools) {
    ++keys[school.facts.subscription_key.value];
    parents += school.rules.accounts == model::AccountsOf::kParents ? 1 : 0;
  }
  EXPECT_EQ(result->schools.size(), 4U);
  EXPECT_EQ(keys.size(), 2U);
  EXPECT_GE(keys["facts-subscription-key"], 2);
  EXPECT_EQ(parents, 1);
}

TEST(Config, SaysFileLinePathWhatAndWhatIsAllowed) {
  EXPECT_EQ(
      ProblemsOf(Changed("tier: pro", "tier: gold")),
      "/etc/rosterd/rosterd.yaml:12: schools[0].facts.tier: is not a word that is known here; "
      "allowed is one of basic, pro, enterprise");
}

TEST(Config, TellsAllProblemsAtOnceInOrder) {
  std::string text(kGoodConfig);
  for (const auto& [from, to] : {std::pair{"tier: pro", "tier: gold"},
                                 {"page_size: 500", "page_size: 0"},
                                 {"15m", "15"},
                                 {"10%", "10"},
                                 {"id: tcs", "id: TCS"}}) {
    text.replace(text.find(from), std::string(from).size(), to);
  }
  const std::string problems = ProblemsOf(text);
  EXPECT_EQ(Lines(problems), 5U) << problems;
  EXPECT_LT(problems.find(":5:"), problems.find(":12:"));
}

TEST(Config, UnknownKeyIsRefusedWithWhatWasMeant) {
  ExpectProblem(Changed("page_size: 500", "pagesize: 500"),
                "schools[0].facts.pagesize: is not a key that is known here (did you mean "
                "page_size?); allowed are base_url, subscription_key,");
  ExpectProblem(Changed("state_dir:", "statedir:"), "(did you mean state_dir?)");
  ExpectProblem(Changed("state_dir:", "zzz:"), ":1: zzz: is not a key that is known here; allowed");
}

TEST(Config, PatternsOfTheTableAreNoKeys) {
  ExpectProblem(std::string(kGoodConfig) + "\"schools[].id\": x\n", "?: is not a key");
  ExpectProblem(std::string(kGoodConfig) + "\"\": x\n", "?: is not a key");
  ExpectProblem(std::string(kGoodConfig) + "endpoints.control: x\n", "?: is not a key");
}

TEST(Config, MissingKeysAreNamed) {
  ExpectProblem(Changed("    name: Example Christian School\n", ""),
                "schools[0].name: is missing; allowed is text of 1 to 200 bytes");
  ExpectProblem(Changed("      api_key: {env: FACTS_KEY}\n", ""),
                "schools[0].facts.api_key: is missing");
  ExpectProblem("state_dir: /x\n", "schools: is missing");
  ExpectProblem("", "the file is empty");
  ExpectProblem("# nothing\n", "the file is empty");
}

TEST(Config, KeyWithoutValueIsRefused) {
  ExpectProblem(Changed("tier: pro", "tier:"), "schools[0].facts.tier: has no value");
  ExpectProblem(Changed("tier: pro", "tier: ~"), "schools[0].facts.tier: has no value");
}

TEST(Config, WrongTypesAreRefused) {
  ExpectProblem(Changed("tier: pro", "tier: [pro]"), "is not a single value");
  ExpectProblem(Changed("worker: {concurrency: 8, lease: 90s}", "worker: 8"),
                "worker: is not a map");
  ExpectProblem(Changed("[09, \"10\"]", "09"), "schools[0].scope.grades: is not a list");
  ExpectProblem(Changed("concurrency: 8", "concurrency: eight"), "is not a whole number");
  ExpectProblem(Changed("concurrency: 8", "concurrency: 8.5"), "is not a whole number");
  ExpectProblem("[a]", "is not a map");
  ExpectProblem("a", "is not a map");
}

TEST(Config, RangesAreKept) {
  for (const auto& [from, to] : {std::pair{"concurrency: 8", "concurrency: 65"},
                                 {"concurrency: 8", "concurrency: 0"},
                                 {"lease: 90s", "lease: 9s"},
                                 {"lease: 90s", "lease: 11m"},
                                 {"page_size: 500", "page_size: 10001"},
                                 {"poll_every: 15m", "poll_every: 59s"},
                                 {"poll_every: 15m", "poll_every: 8d"},
                                 {"max_shrink: 10%", "max_shrink: 101%"},
                                 {"requests_per_second: 2.5", "requests_per_second: 0.09"},
                                 {"missing_polls: 5", "missing_polls: 0"},
                                 {"missing_polls: 5", "missing_polls: 101"}}) {
    ExpectProblem(Changed(from, to), "is out of range");
  }
  EXPECT_EQ(ProblemsOf(Changed("poll_every: 15m", "poll_every: 7d")), "");
}

TEST(Config, EmptyListsAreRefusedSinceLeftOutMeansAll) {
  ExpectProblem(Changed("[TCS-CA]", "[]"), "has too few or too many items");
}

TEST(Config, EndpointsDiffer) {
  ExpectProblem(Changed("ipc:///run/rosterd/events.sock", "ipc:///run/rosterd/control.sock"),
                "endpoints: names one socket twice");
}

TEST(Config, PlainHttpIsForLoopbackAlone) {
  ExpectProblem(Changed("https://api.example.org/", "http://api.example.org/"),
                "schools[0].facts.base_url: would send secrets and personal data in the clear");
}

TEST(Config, SecretsNeverStandInTheFile) {
  for (const char* secret :
       {"hunter2-hunter2", "{hunter2-hunter2: x}", "{file: [hunter2-hunter2]}",
        "{env: hunter2-hunter2}", "{file: a, env: hunter2}", "[hunter2]",
        "{credential: ../hunter2}", "{hunter2-hunter2}", "{}", "{file: \"\"}"}) {
    const std::string problems =
        ProblemsOf(Changed("api_key: {env: FACTS_KEY}", "api_key: " + std::string(secret)));
    EXPECT_NE(problems.find("schools[0].facts.api_key: "), std::string::npos) << secret;
    EXPECT_NE(problems.find("{file: PATH}, {env: NAME} or {credential: NAME}"), std::string::npos);
    EXPECT_EQ(problems.find("hunter2"), std::string::npos) << problems;
  }
}

// A secret that went to the wrong key is not repeated either.
TEST(Config, ValuesAreNeverRepeated) {
  for (const auto& [from, to] : {std::pair{"tier: pro", "tier: hunter2"},
                                 {"page_size: 500", "page_size: hunter2"},
                                 {"https://api.example.org/", "https://me:hunter2@example.org"},
                                 {"https://api.example.org/", "https://example.org?key=hunter2"},
                                 {"id: tcs", "id: HUNTER2 hunter2"},
                                 {"tier: pro", "HUNTER2-hunter2: pro"},
                                 {"from: firstName", "from: hunter2"}}) {
    const std::string problems = ProblemsOf(Changed(from, to));
    EXPECT_FALSE(problems.empty());
    EXPECT_EQ(problems.find("hunter2"), std::string::npos) << problems;
  }
}

TEST(Config, FieldsAreChecked) {
  ExpectProblem(Changed("to: name.givenName", "to: userName"),
                "schools[0].fields[1].to: is filled twice");
  ExpectProblem(Changed("from: firstName, to: name.givenName", "from: firstName, to: emails"),
                "schools[0].fields[1].from: would make something else than the e-mail the login");
  ExpectProblem(Changed("from: email, to: userName", "from: lastName, to: name.familyName"),
                "schools[0].fields: fills no userName");
  ExpectProblem(Changed("to: name.givenName", "to: name.givnName"),
                "schools[0].fields[1].to: is not a word that is known here (did you mean "
                "name.givenName?)");
}

TEST(Config, StatusWordsAreChecked) {
  ExpectProblem(Changed("ENROLLED: enrolled", "\"on LEAVE\": inactive"),
                "is there twice, but for upper and lower case");
  ExpectProblem(Changed("ENROLLED: enrolled", "\" \": inactive"), "is a blank word");
  ExpectProblem(Changed("\"On leave\": inactive", "\"On leave\": away"),
                "schools[0].status_words[0]: is not a word that is known here; allowed is one of "
                "enrolled,");
  ExpectProblem(Changed("statuses: [enrolled, pre-enrolled]", "statuses: [unknown]"),
                "schools[0].scope.statuses[0]: is not a word");
}

TEST(Config, TemplateIsChecked) {
  ExpectProblem(Changed("{school}-{person}", "{school}"), "does not hold {person} exactly once");
}

std::string TwoSchools(const std::string& id, const std::string& pattern) {
  std::string text(kGoodConfig);
  std::string second = text.substr(text.find("  - id: tcs"));
  second.replace(second.find("tcs"), 3, id);
  second.replace(second.find("{school}-{person}"), 17, pattern);
  return text + second;
}

TEST(Config, SchoolIdsAreUnique) {
  EXPECT_EQ(ProblemsOf(TwoSchools("other", "{school}-{person}")), "");
  ExpectProblem(TwoSchools("tcs", "{school}-{person}"),
                ":36: schools[1].id: is the id of schools[0] too");
}

// Or one school's people would be taken for the other's.
TEST(Config, SchoolsOnOneSiteHaveTheSchoolInTheirExternalIds) {
  ExpectProblem(TwoSchools("other", "{person}"),
                "schools[1].site.scim.external_id: does not tell this school's people from");
}

TEST(Config, AKeyThatSchoolsShareHasOneTier) {
  std::string text = TwoSchools("other", "{school}-{person}");
  text.replace(text.rfind("tier: pro"), 9, "tier: basic");
  ExpectProblem(text, "schools[1].facts.tier: is another than that of schools[0]");
}

TEST(Config, DuplicateKeysAreAllNamed) {
  const std::string problems =
      ProblemsOf(Changed("tier: pro", "tier: pro\n      tier: basic") + "state_dir: /x\n");
  EXPECT_EQ(Lines(problems), 2U) << problems;
  EXPECT_NE(problems.find(":13: a key stands twice"), std::string::npos) << problems;
}

TEST(Config, SyntaxErrorsHaveTheirLine) {
  ExpectProblem(Changed("tier: pro", "tier: \"pro"), "this is not YAML");
  ExpectProblem("a: 1\nb: [1, 2\nc: 3\n", "/etc/rosterd/rosterd.yaml:");
}

TEST(Config, TooMuchIsRefused) {
  ExpectProblem(std::string(config::kFileBytesMax + 1, '#'), "the file is too large");
  std::string schools = "schools:\n";
  for (std::size_t i = 0; i <= config::kSchoolsMax; ++i) schools += "  - {}\n";
  ExpectProblem(schools, "schools: has too few or too many items; allowed is a list of 1 to 1000");
}

TEST(Config, ManyProblemsAreCounted) {
  std::string schools = "schools:\n";
  for (int i = 0; i < 100; ++i) schools += "  - {}\n";
  const std::string problems = ProblemsOf(schools);
  EXPECT_EQ(Lines(problems), config::kProblemsShownMax + 1);
  EXPECT_NE(problems.find("\nand 350 more"), std::string::npos) << problems;
}

TEST(Config, FilesThatCannotBeReadSaySo) {
  for (const char* path : {"/nonexistent/rosterd.yaml", "/"}) {
    const auto result = config::Load(path);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "config-unreadable");
    EXPECT_NE(result.error().message.find(path), std::string::npos);
  }
}

TEST(Config, LoadReadsTheFile) {
  const auto folder =
      std::filesystem::temp_directory_path() /
      ("roster-config-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "-" +
       std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "rosterd.yaml") << kGoodConfig;
  const auto result = config::Load((folder / "rosterd.yaml").string());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->schools[0].facts.subscription_key.value,
            (folder / "keys/subscription").string());
  std::filesystem::remove_all(folder);
}

// The table is what the checks, the defaults and the manual page come from.
TEST(Keys, TableIsWhole) {
  for (const config::Key& key : Keys()) {
    EXPECT_FALSE(key.help.empty()) << key.path;
    EXPECT_FALSE(config::AllowedText(key).empty()) << key.path;
    EXPECT_EQ(config::FindKey(key.path), &key) << "twice: " << key.path;
    EXPECT_TRUE(key.fallback.empty() || !key.required) << key.path;
    if (key.type == config::Type::kList) {
      EXPECT_NE(config::FindKey(std::string(key.path) + "[]"), nullptr) << key.path;
    }
    if (key.type == config::Type::kWordMap) {
      EXPECT_NE(config::FindKey(std::string(key.path) + ".*"), nullptr) << key.path;
    }
    if (key.type == config::Type::kWord) {
      EXPECT_FALSE(key.words.empty()) << key.path;
    }
  }
}

// A default is what somebody could have written: spelled out, the defaults give the same config.
struct Written {
  std::map<std::string, Written> below;
  std::string value;

  void Put(std::string_view path, std::string text) {
    const auto dot = path.find('.');
    Written& part = below[std::string(path.substr(0, dot))];
    if (dot == std::string_view::npos) {
      part.value = std::move(text);
    } else {
      part.Put(path.substr(dot + 1), std::move(text));
    }
  }

  std::string Text() const {
    if (below.empty()) return value;
    std::string text;
    for (const auto& [name, part] : below) {
      const bool list = name.ends_with("[]");
      text += (text.empty() ? "" : ", ") + name.substr(0, name.size() - (list ? 2 : 0)) + ": " +
              (list ? "[" : "") + part.Text() + (list ? "]" : "");
    }
    return "{" + text + "}";
  }
};

// One of a school's two kinds of site, with the keys that it needs.
void ExpectDefaultsAllowed(std::string_view other_site, Written whole) {
  whole.Put("schools[].id", "tcs");
  whole.Put("schools[].name", "Example");
  whole.Put("schools[].facts.subscription_key", "{env: A}");
  whole.Put("schools[].facts.api_key", "{env: B}");
  std::size_t spelled = 0;
  for (const config::Key& key : Keys()) {
    if (key.fallback.empty() || key.path.starts_with("schools[].fields") ||
        key.path.starts_with("schools[].parents") || key.path.starts_with(other_site)) {
      continue;
    }
    whole.Put(key.path, "\"" + std::string(key.fallback) + "\"");
    ++spelled;
  }
  EXPECT_GE(spelled, 35U);
  const auto result = LoadText(whole.Text(), "rosterd.yaml");
  ASSERT_TRUE(result) << result.error().message << "\n" << whole.Text();
  EXPECT_EQ(result->schools[0].plans.guards, model::DefaultGuards());
}

TEST(Keys, DefaultsAreAllowed) {
  Written scim;
  scim.Put("schools[].site.scim.base_url", "\"https://site.example.org\"");
  scim.Put("schools[].site.scim.read_token", "{env: C}");
  scim.Put("schools[].site.scim.write_token", "{env: D}");
  ExpectDefaultsAllowed("schools[].site.spreadsheet", scim);
  Written spreadsheet;
  spreadsheet.Put("schools[].site.spreadsheet.export", "/srv/export.csv");
  spreadsheet.Put("schools[].site.spreadsheet.import_directory", "/srv/imports");
  spreadsheet.Put("schools[].site.spreadsheet.columns.site_roles", "Roles");
  ExpectDefaultsAllowed("schools[].site.scim", spreadsheet);
}

// A restore moves the store aside as a whole, for a person to remove.
TEST(Backups, AreNotKeptWhereTheStoreIs) {
  const auto with = [](const std::string& directory) {
    return LoadText("backup: {directory: " + directory + "}\n" + std::string(kGoodConfig),
                    "/etc/x.yaml");
  };
  const auto good = LoadText(kGoodConfig, "/etc/x.yaml");
  ASSERT_TRUE(good) << good.error().message;
  const std::string state = good->state_dir;
  for (const char* place :
       {"", "/", "/db", "/db/", "/db/backups", "/x/../db", "/db.before-restore-1"}) {
    const auto config = with(state + place);
    ASSERT_FALSE(config) << place;
    EXPECT_NE(config.error().message.find("backup.directory: is where the store is"),
              std::string::npos)
        << config.error().message;
  }
  for (const char* place : {"/backups", "/database", "-backups"}) {
    EXPECT_TRUE(with(state + place)) << place;
  }
}

}  // namespace
}  // namespace roster
