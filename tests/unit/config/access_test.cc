// Who may do what, and the network: what the config gives, and what it refuses. Four eyes and
// retention.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/config/config.h"
#include "daemon/config/renew.h"
#include "tests/unit/config/sample_config.h"

namespace roster {
namespace {

using config::Config;
using model::Role;

constexpr char kAda[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
constexpr char kBob[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

Config Good(const std::string& text) {
  auto result = config::LoadText(text, "/etc/rosterd/rosterd.yaml");
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return {};
  }
  return *std::move(result);
}

std::string WithAccess(const std::string& entries) { return School("") + "access:\n" + entries; }

// One entry, flow style.
std::string Entry(const std::string& keys) { return "  - {" + keys + "}\n"; }

TEST(ConfigAccess, IsWhatIsWritten) {
  const Config config = Good(
      WithAccess(Entry("name: ada, users: [root, \"4000000000\"], roles: [reviewer, operator]") +
                 Entry("name: office, groups: [root, 100], roles: [viewer], schools: [tcs]") +
                 Entry("name: far, keys: [" + Quoted(kAda) + "], roles: [worker]")));
  ASSERT_TRUE(config.access);
  ASSERT_EQ(config.access->size(), 3U);
  const model::Grant& ada = config.access->at(0);
  EXPECT_EQ(ada.name, "ada");
  EXPECT_EQ(ada.uids, (std::vector<std::int64_t>{0, 4'000'000'000}));
  EXPECT_EQ(ada.roles, (std::vector<Role>{Role::kReviewer, Role::kOperator}));
  EXPECT_TRUE(ada.schools.empty());
  EXPECT_EQ(config.access->at(1).gids, (std::vector<std::int64_t>{0, 100}));
  EXPECT_EQ(config.access->at(1).schools, std::vector<SchoolId>{SchoolId("tcs")});
  EXPECT_EQ(config.access->at(2).keys, std::vector<std::string>{kAda});
}

TEST(ConfigAccess, LeftOutIsNotTheSameAsNobody) { EXPECT_FALSE(Good(School("")).access); }

TEST(ConfigAccess, Refusals) {
  const struct {
    std::string entries;
    std::string problem;
  } kCases[] = {
      {Entry("name: ada, roles: [viewer]"), "access[0]: names nobody"},
      {Entry("users: [root], roles: [viewer]"), "access[0].name"},
      {Entry("name: \"Ada Abel\", users: [root], roles: [viewer]"), "access[0].name"},
      {Entry("name: ada, users: [root]"), "access[0].roles"},
      {Entry("name: ada, users: [root], roles: []"), "access[0].roles"},
      {Entry("name: ada, users: [root], roles: [admin]"), "access[0].roles[0]"},
      {Entry("name: ada, users: [nobody-has-this-name], roles: [viewer]"),
       "access[0].users[0]: is not known to this machine"},
      {Entry("name: ada, groups: [nobody-has-this-name], roles: [viewer]"),
       "access[0].groups[0]: is not known to this machine"},
      {Entry("name: ada, users: [\"4294967295\"], roles: [viewer]"),
       "access[0].users[0]"},  // -1 of the kernel: nobody
      {Entry("name: ada, users: [\"-1\"], roles: [viewer]"), "access[0].users[0]"},
      {Entry("name: ada, users: [\"a b\"], roles: [viewer]"), "access[0].users[0]"},
      {Entry("name: ada, keys: [short], roles: [viewer]"), "access[0].keys[0]"},
      {Entry("name: ada, users: [root], roles: [viewer], schools: [other]"),
       "access[0].schools[0]: is not a school of this file"},
      {Entry("name: ada, users: [root], roles: [viewer], color: blue"), "access[0].color"},
      {Entry("name: ada, keys: [" + Quoted(kAda) + "], roles: [viewer]") +
           Entry("name: bob, keys: [" + Quoted(kAda) + "], roles: [approver]"),
       "access[1].keys: holds a key of another name too"},
  };
  for (const auto& [entries, problem] : kCases) ExpectProblem(WithAccess(entries), problem);
}

// Whoever checks a file is told; a start is not held up by an account that was deleted since.
TEST(ConfigAccess, AStartGoesOnWithoutAccountsThatAreNotKnown) {
  const auto started = config::LoadText(
      WithAccess(Entry("name: ada, users: [root, nobody-has-this-name], roles: [viewer]")),
      "/etc/rosterd/rosterd.yaml", config::UnknownAccounts::kNamed);
  ASSERT_TRUE(started) << started.error().message;
  ASSERT_EQ(started->unknown_accounts.size(), 1U);
  EXPECT_NE(started->unknown_accounts[0].find(": access[0].users[1]"), std::string::npos);
  EXPECT_EQ(started->access->at(0).uids, std::vector<std::int64_t>{0});
}

TEST(ConfigAccess, OneNameMayHaveSeveralEntriesAndKeys) {
  EXPECT_EQ(
      ProblemsOf(WithAccess(Entry("name: ada, keys: [" + Quoted(kAda) + "], roles: [viewer]") +
                            Entry("name: ada, keys: [" + Quoted(kAda) + ", " + Quoted(kBob) +
                                  "], roles: [approver], schools: [tcs]"))),
      "");
}

// A config whose sockets are on the network.
std::string Networked(const std::string& more) {
  return School("") +
         "endpoints: {control: \"tcp://10.0.0.5:7400\", events: \"tcp://*:7401\", tasks: "
         "\"tcp://[::1]:7402\"}\n" +
         more;
}

TEST(ConfigNetwork, TcpNeedsACertificateAndAccess) {
  const std::string access =
      "access:\n" + Entry("name: ada, keys: [" + Quoted(kAda) + "], roles: [viewer]");
  const std::string certificate = "network: {certificate: {file: rosterd.cert_secret}}\n";
  const Config good = Good(Networked(access + certificate));
  EXPECT_EQ(good.network_certificate, (config::SecretRef{config::SecretRef::Kind::kFile,
                                                         "/etc/rosterd/rosterd.cert_secret"}));
  EXPECT_EQ(good.worker.connect, "tcp://[::1]:7402");
  for (const char* key : {"endpoints.control", "endpoints.events", "endpoints.tasks"}) {
    ExpectProblem(Networked(access),
                  std::string(key) + ": is open to the network, and rosterd has no certificate");
    ExpectProblem(Networked(certificate),
                  std::string(key) + ": is open to the network, and nothing says who may do what");
  }
  ExpectProblem(School("") + certificate, "network: is for tcp:// alone");
}

TEST(ConfigNetwork, SomebodyCanGetIn) {
  const std::string certificate = "network: {certificate: {file: rosterd.cert_secret}}\n";
  const std::string users = "access:\n" + Entry("name: ada, users: [0], roles: [operator]");
  ExpectProblem(Networked(users + certificate), "access: gives nobody a key");
  const std::string control = School("") + "endpoints: {tasks: \"tcp://10.0.0.5:7402\"}\n";
  Good(control + users + certificate);  // people come by ipc
}

TEST(ConfigNetwork, OneSocketOnTcpIsEnough) {
  ExpectProblem(School("") + "endpoints: {events: \"tcp://10.0.0.5:7401\"}\n",
                "endpoints.events: is open to the network");
}

TEST(ConfigNetwork, WrongEndpoints) {
  for (const char* wrong :
       {"tcp://", "tcp://10.0.0.5", "tcp://:7400", "tcp://10.0.0.5:x", "tcp://10.0.0.5:70000",
        "tcp://10.0.0.5;eth0:7400", "udp://10.0.0.5:1", "tcp://a b:7400", "10.0.0.5:7400"}) {
    ExpectProblem(School("") + "endpoints: {control: " + Quoted(wrong) + "}\n",
                  "endpoints.control: ");
  }
}

TEST(ConfigNetwork, AWorkerFarAwayProvesWhoItIsAndKnowsWhoItTalksTo) {
  const std::string far = "worker: {connect: \"tcp://10.0.0.5:7402\"";
  const std::string key = ", server_key: " + Quoted(kBob);
  const std::string own = ", certificate: {credential: worker}";
  const Config good = Good(School("") + far + key + own + "}\n");
  EXPECT_EQ(good.worker.connect, "tcp://10.0.0.5:7402");
  EXPECT_EQ(good.worker.server_key, kBob);
  EXPECT_EQ(good.worker.certificate,
            (config::SecretRef{config::SecretRef::Kind::kCredential, "worker"}));
  for (const std::string& less : {far, far + key, far + own}) {
    ExpectProblem(School("") + less + "}\n", "worker.connect: is on the network");
  }
  ExpectProblem(School("") + far + ", server_key: short" + own + "}\n", "worker.server_key");
  const Config near = Good(School(""));
  EXPECT_EQ(near.worker.connect, near.endpoints.tasks);
  EXPECT_FALSE(near.worker.certificate);
}

TEST(ConfigFourEyes, AreWhatIsWritten) {
  const model::FourEyes none = SchoolOf(School("")).plans.four_eyes;
  EXPECT_EQ(none, model::FourEyes());
  const model::FourEyes all = SchoolOf(School("    four_eyes: {all: true}\n")).plans.four_eyes;
  EXPECT_TRUE(all.all);
  EXPECT_FALSE(all.lifted_guards);
  EXPECT_FALSE(all.archives_over);
  const model::FourEyes some =
      SchoolOf(School("    four_eyes: {archives_over: 0, lifted_guards: true}\n")).plans.four_eyes;
  EXPECT_EQ(some.archives_over, 0U);
  EXPECT_TRUE(some.lifted_guards);
  EXPECT_FALSE(
      SchoolOf(School("    four_eyes: {archives_over: none}\n")).plans.four_eyes.archives_over);
  for (const char* wrong : {"{all: yes}", "{archives_over: -1}", "{archives_over: 1000001}",
                            "{archives_over: some}", "{lifted_guards: 1}", "{al: true}", "true"}) {
    ExpectProblem(School("    four_eyes: " + std::string(wrong) + "\n"), "schools[0].four_eyes");
  }
}

TEST(ConfigRetention, IsFromAMonthToTenYears) {
  EXPECT_FALSE(SchoolOf(School("")).retention.left);
  EXPECT_EQ(SchoolOf(School("    retention: {left: 30d}\n")).retention.left, std::chrono::days(30));
  EXPECT_EQ(SchoolOf(School("    retention: {left: 3650d}\n")).retention.left,
            std::chrono::days(3650));
  for (const char* wrong : {"29d", "3651d", "0", "forever", "none"}) {
    ExpectProblem(School("    retention: {left: " + std::string(wrong) + "}\n"),
                  "schools[0].retention.left");
  }
}

TEST(ConfigDigest, IsOfTheFilesBytes) {
  const std::string text = School("");
  EXPECT_EQ(Good(text).digest, Blake2b(text));
  EXPECT_NE(Good(text + "# a word\n").digest, Good(text).digest);
}

// ---- certificates -------------------------------------------------------------------------------

class Certificates : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "roster-cert-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  config::SecretRef File(const std::string& content, mode_t mode = 0600) {
    const auto path = folder_ / "cert";
    std::ofstream(path, std::ios::binary) << content;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return {config::SecretRef::Kind::kFile, path.string()};
  }

  std::filesystem::path folder_;
};

std::string Zpl(const std::string& public_key, const std::string& secret_key) {
  return "#   made by rosterctl keygen\nmetadata\n    name = \"ada\"\ncurve\n    public-key = \"" +
         public_key + "\"\n    secret-key = \"" + secret_key + "\"\n";
}

TEST_F(Certificates, GiveBothKeys) {
  const auto certificate = config::ResolveCertificate(File(Zpl(kAda, kBob)));
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate->public_key, kAda);
  EXPECT_EQ(certificate->secret_key, kBob);
}

TEST_F(Certificates, Refusals) {
  const std::string kWrong[] = {
      "",
      "curve\n    public-key = \"" + std::string(kAda) + "\"\n",  // the public half
      Zpl(kAda, "short"),
      Zpl(std::string(40, ' '), kBob),
      "public-key = " + std::string(kAda) + "\nsecret-key = " + kBob + "\n",  // no quotes
      "{\"public\": 1}",
  };
  for (const std::string& text : kWrong) {
    const auto result = config::ResolveCertificate(File(text));
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, Code::kInvalid);
    EXPECT_EQ(result.error().message.find(kBob), std::string::npos) << "names no secret";
  }
  EXPECT_EQ(config::ResolveCertificate(File(Zpl(kAda, "short"))).error().reason,
            "certificate-malformed");
  EXPECT_EQ(config::ResolveCertificate(File(Zpl(kAda, kBob), 0604)).error().reason,
            "secret-world-readable");
  EXPECT_EQ(
      config::ResolveCertificate(File(Zpl(kAda, kBob) + std::string(5000, '#'))).error().reason,
      "secret-too-long");
  const config::SecretRef gone{config::SecretRef::Kind::kFile, (folder_ / "gone").string()};
  EXPECT_EQ(config::ResolveCertificate(gone).error().reason, "secret-unreadable");
}

// ---- read again ---------------------------------------------------------------------------------

using Keys = std::vector<std::string>;

TEST(Renew, NothingNewIsNothingNew) {
  const auto renewed = config::Renew(Good(School("")), Good(School("# a word\n")));
  EXPECT_EQ(renewed.changed, Keys());
  EXPECT_EQ(renewed.needs_restart, Keys());
  EXPECT_EQ(renewed.config.digest, Good(School("# a word\n")).digest);
}

TEST(Renew, EachKeyCountsAtOnceOrIsNamed) {
  const struct {
    const char* from;
    const char* to;
    const char* changed;
    const char* needs_restart;
  } kCases[] = {
      {"name: Example Christian School", "name: Other", "schools[tcs].name", ""},
      {"lease: 90s", "lease: 60s", "worker.lease", ""},
      {"page_size: 500", "page_size: 501", "schools[tcs].facts.page_size", ""},
      {"poll_every: 15m", "poll_every: 5m", "schools[tcs].facts.poll_every", ""},
      {"max_shrink: 10%", "max_shrink: 11%", "schools[tcs].facts.max_shrink", ""},
      {"max_rejected: 0.25%", "max_rejected: 1%", "schools[tcs].facts.max_rejected", ""},
      {"requests_per_second: 2.5", "requests_per_second: 3",
       "schools[tcs].site.scim.requests_per_second", ""},
      {"page_size: 100\n", "page_size: 99\n", "schools[tcs].site.scim.page_size", ""},
      {"max_count: 30", "max_count: 31", "schools[tcs].guards,schools[tcs].rollover", ""},
      {"until: 2026-07-15", "until: 2026-07-16", "schools[tcs].rollover", ""},
      {"cooldown: 2d", "cooldown: 3d", "schools[tcs].invite", ""},
      {"batch: 50}", "batch: 51}\n    plan_ttl: 2d", "schools[tcs].plan_ttl,schools[tcs].invite",
       ""},
      {"batch: 50}", "batch: 50}\n    four_eyes: {all: true}", "schools[tcs].four_eyes", ""},
      {"batch: 50}", "batch: 50}\n    retention: {left: 60d}", "schools[tcs].retention", ""},
      {"batch: 50}\n", "batch: 50}\naccess: [{name: ada, users: [root], roles: [viewer]}]\n",
       "access", ""},
      {"/var/lib/rosterd", "/var/lib/other", "", "state_dir"},
      {"state_dir: /var/lib/rosterd", "state_dir: /var/lib/rosterd\nbackup: {keep: 3}",
       "backup.keep", ""},
      {"state_dir: /var/lib/rosterd",
       "state_dir: /var/lib/rosterd\nbackup: {directory: /srv/backups}", "", "backup.directory"},
      {"events.sock", "events2.sock", "", "endpoints"},
      {"concurrency: 8", "concurrency: 7", "", "worker"},
      {"lease: 90s}", "lease: 90s, connect: \"ipc:///run/other.sock\"}", "", "worker"},
      {"https://api.example.org/", "https://api2.example.org/", "", "schools[tcs].facts"},
      {"keys/subscription", "keys/other", "", "schools[tcs].facts"},
      {"FACTS_KEY", "OTHER_KEY", "", "schools[tcs].facts"},
      {"tier: pro", "tier: basic", "", "schools[tcs].facts"},
      {"[TCS-CA]", "[TCS-CB]", "", "schools[tcs].scope"},
      {"\"On leave\": inactive", "\"On leave\": enrolled", "", "schools[tcs].status_words"},
      {"127.0.0.1:8080", "127.0.0.1:8081", "", "schools[tcs].site.scim"},
      {"credential: read", "credential: other", "", "schools[tcs].site.scim"},
      {"/etc/rosterd/write", "/etc/rosterd/other", "", "schools[tcs].site.scim"},
      {"{school}-{person}", "{school}:{person}", "", "schools[tcs].site.scim"},
      {"owner: until-first-login", "owner: facts", "", "schools[tcs].fields"},
      {"missing_polls: 5", "missing_polls: 6", "", "schools[tcs].missing_polls"},
      {"email_fallback: email2", "email_fallback: none", "", "schools[tcs].email_fallback"},
      {"roles: [chaplain]", "roles: [dean]", "", "schools[tcs].protected"},
      {"*@office.example.org", "*@desk.example.org", "", "schools[tcs].protected"},
      {"id: tcs", "id: scs", "", "schools[tcs],schools[scs]"},
  };
  const auto joined = [](const Keys& keys) {
    std::string all;
    for (const auto& key : keys) all += (all.empty() ? "" : ",") + key;
    return all;
  };
  const Config running = Good(std::string(kGoodConfig));
  for (const auto& one : kCases) {
    const Config next = Good(Changed(one.from, one.to));
    const auto renewed = config::Renew(running, next);
    EXPECT_EQ(joined(renewed.changed), one.changed) << one.to;
    EXPECT_EQ(joined(renewed.needs_restart), one.needs_restart) << one.to;
    // What was taken differs no longer, and what was not is named again.
    const auto again = config::Renew(renewed.config, next);
    EXPECT_EQ(joined(again.changed), "") << one.to;
    EXPECT_EQ(joined(again.needs_restart), one.needs_restart) << one.to;
  }
}

}  // namespace
}  // namespace roster
