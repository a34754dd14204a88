// The SCIM client and the sandbox's volunteer site were built from the same documents by different
// hands. Here they meet over real HTTP: every action has exactly its effect in the site's own log,
// once, and each fault and quirk that the sandbox knows is taken for what it is.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/http/curl_http.h"
#include "daemon/target/scim_site.h"
#include "tests/sandbox/sandbox.h"
#include "tests/unit/target/manual_clock.h"

namespace roster::target {
namespace {

using model::Action;
using model::Applied;
using model::Failed;
using model::Field;
using model::Outcome;
using model::Superseded;
using model::Task;
using nlohmann::json;

sandbox::SandboxOptions SmallSchool() {
  sandbox::SandboxOptions options;
  options.school.people = 900;
  options.school.enrolled = 120;
  options.facts.tier = std::nullopt;
  options.linked = true;
  return options;
}

std::string Word(const Outcome& outcome) {
  if (const auto* applied = std::get_if<Applied>(&outcome)) {
    return applied->already ? "already" : "applied";
  }
  if (const auto* superseded = std::get_if<Superseded>(&outcome)) return superseded->reason;
  if (const auto* failed = std::get_if<Failed>(&outcome)) return "failed " + failed->reason;
  return "unknown";
}

class ScimContract : public testing::Test {
 protected:
  explicit ScimContract(const sandbox::SandboxOptions& options = SmallSchool()) : box(options) {
    box.Start();
    settings.school = SchoolId("tcs");
    settings.base_url = box.site().url();
    settings.page_size = 50;
  }

  ScimSite Site(bool may_write = true) {
    const auto options = box.site().options();
    return {settings, may_write ? options.write_token : options.read_token, http, rate, clock,
            random};
  }
  Result<model::Accounts> Read() { return Site(false).ReadAccounts(nullptr, {}); }
  std::string Refusal() {
    const auto accounts = Read();
    return accounts ? "" : accounts.error().reason;
  }
  Outcome Execute(const Task& task) { return Site().Execute(task, {}); }
  std::string Run(const Task& task) { return Word(Execute(task)); }
  void Fault(const std::string& text) {
    box.faults().Add(sandbox::FaultFromText("server=site," + text));
  }
  template <typename Change>
  void Set(const Change& change) {
    auto options = box.site().options();
    change(options);
    box.site().set_options(options);
  }
  // An account that is linked and active.
  model::Account Linked() {
    const auto accounts = Read();
    EXPECT_TRUE(accounts) << accounts.error().message;
    for (const model::Account& account : accounts->all) {
      if (account.active && account.external_id.starts_with(Prefix()) && account.roles.empty()) {
        return account;
      }
    }
    ADD_FAILURE() << "no linked account";
    return {};
  }
  std::string Prefix() { return box.options().school.school_code + ":"; }
  std::map<std::string, int> Effects() {
    std::map<std::string, int> effects;
    for (const std::string& line : box.effects().After(0, 1000, 0)) {
      ++effects[json::parse(line)["effect"].get<std::string>()];
    }
    return effects;
  }

  static Task TaskOn(const model::Account& account, Action action) {
    Task task;
    task.action = action;
    task.external_id = account.external_id;
    task.account = account.id;
    task.was_active = account.active;
    task.invited_before = account.invited;
    return task;
  }
  static Task Rename(const model::Account& account) {
    Task task = TaskOn(account, Action::kUpdate);
    task.fields = {
        {Field::kEmail, account.fields.Get(Field::kEmail), "renamed@example.org"},
        {Field::kGivenName, account.fields.Get(Field::kGivenName), "Renée"},
        {Field::kMobilePhone, account.fields.Get(Field::kMobilePhone), "555-0100"},
        {Field::kGrade, account.fields.Get(Field::kGrade), "12"},
    };
    return task;
  }
  static Task Newcomer() {
    Task task;
    task.action = Action::kAdd;
    task.external_id = "tcs:\"4711\"";
    task.fields = {{Field::kUserName, "", "newcomer@example.org"},
                   {Field::kEmail, "", "newcomer@example.org"},
                   {Field::kGivenName, "", "Zoë"},
                   {Field::kFamilyName, "", "Example"},
                   {Field::kHomePhone, "", "555-0101"},
                   {Field::kGrade, "", "09"}};
    return task;
  }

  sandbox::Sandbox box;
  http::CurlHttp http;
  ManualClock clock;
  SeededRandom random{1};
  SiteRate rate{10'000, clock};
  ScimSettings settings;
};

// ---- reading ------------------------------------------------------------------------------------

TEST_F(ScimContract, ReadsEveryAccountAsItIs) {
  const auto accounts = Read();
  ASSERT_TRUE(accounts) << accounts.error().message;
  EXPECT_TRUE(accounts->has_extension);
  EXPECT_EQ(accounts->all.size(), static_cast<std::size_t>(box.store().List(nullptr, 0, 0).total));
  ASSERT_GT(accounts->all.size(), 50U);
  for (const model::Account& account : accounts->all) {
    const auto view = box.store().Get(account.id.value());
    ASSERT_TRUE(view);
    const json truth = json::parse(view->json);
    EXPECT_EQ(account.fields.Get(Field::kUserName), truth["userName"]);
    EXPECT_EQ(account.external_id, truth.value("externalId", ""));
    EXPECT_EQ(account.active, truth.value("active", true));
    EXPECT_EQ(account.version, truth["meta"]["version"]);
    EXPECT_EQ(account.roles.size(), truth.contains("roles") ? truth["roles"].size() : 0);
  }
}

TEST_F(ScimContract, ReadsTheSameThroughEveryQuirk) {
  const auto plain = Read();
  ASSERT_TRUE(plain);
  Set([](auto& options) {
    options.past_end_first_page = true;
    options.echo_items_per_page = true;
    options.leaky_errors = true;
    options.page_max = 7;
  });
  Fault("kind=unknown-fields");
  Fault("kind=status,status=503,times=2,after=3");
  Fault("kind=status,status=429,retry_after=2,times=1,after=6");
  Fault("kind=break-before,times=1,after=9");
  const auto quirky = Read();
  ASSERT_TRUE(quirky) << quirky.error().message;
  EXPECT_EQ(quirky->all, plain->all);
}

TEST_F(ScimContract, AListThatDoesNotAddUpIsNotUsed) {
  for (const char* kind : {"torn", "duplicate", "row-count"}) {
    box.faults().Clear();
    Fault("path=/Users,kind=" + std::string(kind));
    EXPECT_EQ(Refusal(), "site-incomplete") << kind;
  }
}

TEST_F(ScimContract, AListThatCannotBeReadIsNotUsed) {
  for (const char* kind : {"html", "row-without-id", "invalid-utf8"}) {
    box.faults().Clear();
    Fault("path=/Users,kind=" + std::string(kind));
    EXPECT_EQ(Refusal(), "site-malformed") << kind;
  }
  box.faults().Clear();
  Fault("path=/Users,kind=truncate");
  EXPECT_EQ(Refusal(), "site-unavailable");
}

TEST_F(ScimContract, RefusalsAreTold) {
  Fault("kind=key-refused");
  EXPECT_EQ(Refusal(), "site-unauthorized");
  box.faults().Clear();
  Fault("kind=scope-withdrawn");
  EXPECT_EQ(Refusal(), "site-forbidden");
  box.faults().Clear();
  Fault("kind=status,status=500");
  EXPECT_EQ(Refusal(), "site-unavailable");
  box.site().Stop();
  EXPECT_EQ(Refusal(), "site-unavailable");
}

// ---- executing ----------------------------------------------------------------------------------

TEST_F(ScimContract, EveryActionHasItsEffectOnce) {
  const Outcome added = Execute(Newcomer());
  ASSERT_EQ(Word(added), "applied");
  const auto& newcomer = std::get<Applied>(added).account;
  for (const auto& change : Newcomer().fields) {
    EXPECT_EQ(newcomer.fields.Get(change.field), change.after);
  }
  EXPECT_EQ(Run(Newcomer()), "already");

  const auto linked = Linked();
  const Outcome renamed = Execute(Rename(linked));
  ASSERT_EQ(Word(renamed), "applied");
  for (const auto& change : Rename(linked).fields) {
    EXPECT_EQ(std::get<Applied>(renamed).account.fields.Get(change.field), change.after);
  }
  EXPECT_EQ(Run(Rename(linked)), "already");

  const Task invite = TaskOn(linked, Action::kInvite);
  EXPECT_EQ(Run(invite), linked.last_accessed ? "already-accessed" : "applied");
  EXPECT_EQ(Run(TaskOn(linked, Action::kArchive)), "applied");
  EXPECT_EQ(Run(TaskOn(linked, Action::kArchive)), "already");
  auto archived = linked;
  archived.active = false;
  EXPECT_EQ(Run(TaskOn(archived, Action::kRestore)), "applied");
  EXPECT_EQ(Run(TaskOn(archived, Action::kRestore)), "already");

  auto effects = Effects();
  EXPECT_EQ(effects["add"], 1);
  EXPECT_EQ(effects["update"], 1);
  EXPECT_EQ(effects["archive"], 1);
  EXPECT_EQ(effects["restore"], 1);
  EXPECT_EQ(effects["invite"], linked.last_accessed ? 0 : 1);
  EXPECT_EQ(effects["violation"], 0);
}

TEST_F(ScimContract, WhatWasNotInTheTaskStays) {
  const auto linked = Linked();
  const json before = json::parse(box.store().Get(linked.id.value())->json);
  ASSERT_EQ(Run(Rename(linked)), "applied");
  const json after = json::parse(box.store().Get(linked.id.value())->json);
  EXPECT_EQ(after["userName"], before["userName"]);
  EXPECT_EQ(after["externalId"], before["externalId"]);
  EXPECT_EQ(after["name"]["familyName"], before["name"]["familyName"]);
  EXPECT_EQ(after["emails"].size(), std::max<std::size_t>(before["emails"].size(), 1));
}

TEST_F(ScimContract, AFoundAccountIsLinked) {
  const auto accounts = Read();
  for (const model::Account& account : accounts->all) {
    if (!account.external_id.empty() || !account.active || !account.roles.empty()) continue;
    Task task = TaskOn(account, Action::kUpdate);
    task.external_id = "tcs:99";
    task.link_only = true;
    EXPECT_EQ(Run(task), "applied");
    EXPECT_EQ(json::parse(box.store().Get(account.id.value())->json)["externalId"], "tcs:99");
    return;
  }
  ADD_FAILURE() << "the site has no account made by hand";
}

TEST_F(ScimContract, ProtectedAccountsAreNeverWrittenTo) {
  int seen = 0;
  const auto accounts = Read();
  for (const model::Account& account : accounts->all) {
    if (account.roles.empty()) continue;
    ++seen;
    Task task = TaskOn(account, Action::kArchive);
    task.external_id = "tcs:1";
    EXPECT_EQ(Run(task), account.external_id.empty() ? "protected" : "linked-elsewhere");
  }
  EXPECT_GT(seen, 0);
  EXPECT_EQ(Effects()["violation"], 0);
}

TEST_F(ScimContract, ATakenUserNameIsTakenInAnyCaseAndInTheArchive) {
  const auto linked = Linked();
  ASSERT_EQ(Run(TaskOn(linked, Action::kArchive)), "applied");
  Task task = Newcomer();
  task.fields[0].after = linked.fields.Get(Field::kUserName);
  task.fields[0].after[0] = static_cast<char>(std::toupper(task.fields[0].after[0]));
  EXPECT_EQ(Run(task), "username-taken");
}

TEST_F(ScimContract, ALostAnswerIsLookedUp) {
  const auto linked = Linked();
  Fault("kind=break-after,method=POST,times=1");
  EXPECT_EQ(Run(Newcomer()), "applied");
  Fault("kind=break-after,method=PATCH,times=1");
  EXPECT_EQ(Run(Rename(linked)), "applied");
  Fault("kind=status,status=504,when=after,method=PATCH,times=1");
  EXPECT_EQ(Run(TaskOn(linked, Action::kArchive)), "applied");
  auto effects = Effects();
  EXPECT_EQ(effects["add"] + effects["update"] + effects["archive"], 3);
}

TEST_F(ScimContract, ALostRequestIsTriedLater) {
  const auto linked = Linked();
  Fault("kind=break-before,method=POST,times=1");
  EXPECT_EQ(Run(Newcomer()), "failed broken");
  Fault("kind=status,status=503,method=PATCH,times=1");
  EXPECT_EQ(Run(Rename(linked)), "failed site-unavailable");
  EXPECT_TRUE(Effects().empty());
  EXPECT_EQ(Run(Newcomer()), "applied");
  EXPECT_EQ(Run(Rename(linked)), "applied");
}

TEST_F(ScimContract, WhatCannotBeLookedUpIsUnknownAndThenFound) {
  Fault("kind=break-after,method=POST,times=1");
  Fault("kind=status,status=500,method=GET,path=/Users,after=1,times=3");
  EXPECT_EQ(Run(Newcomer()), "unknown");
  EXPECT_EQ(Run(Newcomer()), "already");
  EXPECT_EQ(Effects()["add"], 1);
}

TEST_F(ScimContract, ASpuriousNotFoundHarmsNobody) {
  const auto linked = Linked();
  Set([](auto& options) { options.spurious_not_found = 0.5; });
  bool written = false;
  for (int i = 0; i < 20 && !written; ++i) {
    const std::string word = Run(Rename(linked));
    EXPECT_NE(word, "gone");
    written = word == "applied" || word == "already";
  }
  EXPECT_TRUE(written);
  EXPECT_EQ(Effects()["update"], 1);
}

TEST_F(ScimContract, AnAccountThatItsUserEditsMeanwhileIsSuperseded) {
  const auto linked = Linked();
  box.store().Edit(linked.id.value(), {{"name", {{"givenName", "Own Choice"}}}});
  EXPECT_EQ(Run(Rename(linked)), "changed-on-site");
  box.store().Forget(linked.id.value());
  EXPECT_EQ(Run(Rename(linked)), "gone");
  EXPECT_TRUE(Effects().empty());
}

TEST_F(ScimContract, ASiteWithoutTheExtensionIsDoneWithout) {
  Set([](auto& options) { options.extension = false; });
  EXPECT_FALSE(Read()->has_extension);
  EXPECT_EQ(Run(Newcomer()), "applied");
  EXPECT_EQ(Run(TaskOn(Linked(), Action::kInvite)), "failed no-invitations");
}

TEST_F(ScimContract, AReadTokenDoesNotWrite) {
  EXPECT_EQ(Word(Site(false).Execute(Newcomer(), {})), "failed write-refused");
}

}  // namespace
}  // namespace roster::target
