// A hundred schools, half of them with accounts of students, half of parents: what the site did is
// what the plan held, person by person, and nothing else. FACTS and the site are the sandbox's over
// HTTP; the engine runs in this process, without a disk.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

#include "daemon/base/system_clock.h"
#include "daemon/http/curl_http.h"
#include "daemon/source/facts_source.h"
#include "daemon/target/scim_site.h"
#include "tests/sandbox/sandbox.h"
#include "tests/unit/engine/desk.h"

namespace roster::engine {
namespace {

namespace wire = roster::v1;
using sandbox::Json;

using What = std::multiset<std::string>;  // "external id effect"

class School {
 public:
  explicit School(std::uint64_t seed) : random_(seed), sandbox_(Options(seed)) {
    sandbox_.Start();
    if (seed % 2 == 0) desk.SyncParents();
    source::FactsSettings facts;
    facts.base_url = sandbox_.facts().url();
    facts.page_size = 37;
    facts.limits.shrink_max = 1;  // whole classes come and go here
    facts.families = model::NeedsFamilies(desk.settings.schools[0].rules);
    source_ = std::make_unique<source::FactsSource>(
        facts,
        source::FactsKeys{sandbox_.options().facts.subscription_key,
                          sandbox_.options().facts.api_key},
        facts_http_, clock_, random_, quota_);
    target::ScimSettings scim;
    scim.school = SchoolId("tcs");
    scim.base_url = sandbox_.site().url();
    scim.page_size = 7;
    reader_ = std::make_unique<target::ScimSite>(scim, sandbox_.options().site.read_token,
                                                 site_http_, rate_, clock_, random_);
    writer_ = std::make_unique<target::ScimSite>(scim, sandbox_.options().site.write_token,
                                                 site_http_, rate_, clock_, random_);
  }

  void Poll() {
    PollEnd end = RunPoll(*source_, *reader_, desk.StartPoll(), desk.settings.schools[0].rules,
                          last_, [](const PollProgress&) {}, {});
    ASSERT_TRUE(end.findings) << end.findings.error().message;
    desk.EndPoll(std::move(end));
  }

  // Some are selected, a few deselected, and a family now and then excluded.
  void DecideAtRandom() {
    std::vector<std::int64_t> yes;
    std::vector<std::int64_t> no;
    for (const auto& row : desk.Users(wire::LIST_STATUS_UNSPECIFIED)) {
      const auto chance = random_.Next() % 10;
      if (chance < 8 && row.is_new()) yes.push_back(row.person());
      if (chance == 9) no.push_back(row.person());
      if (row.families_size() > 0 && random_.Next() % 20 == 0) {
        desk.DecideFamilies(random_.Next() % 4 != 0, {row.families(0).family()});
      }
    }
    if (!yes.empty()) desk.Decide(wire::SYNC, yes);
    if (!no.empty()) desk.Decide(wire::SKIP, no);
  }

  // Approves today's plan, has it carried out, and compares.
  void SyncAndCompare() {
    const auto plan = desk.Plan();
    What planned;
    std::string token;
    do {
      wire::Request request;
      request.mutable_list_plan()->set_plan(plan.plan());
      request.mutable_list_plan()->set_page_token(token);
      const auto reply = desk.Ask(request);
      for (const auto& row : reply.plan_users().rows()) Expect(row, planned);
      token = reply.plan_users().next_page_token();
    } while (!token.empty());
    const auto before = sandbox_.effects().head();
    if (plan.items() > 0) {
      ASSERT_NO_FATAL_FAILURE(Approve(plan));
    }
    desk.WorkUntilDone(*writer_);
    What done;
    for (const std::string& line : sandbox_.effects().After(before, 1'000'000, 0)) {
      const Json effect = Json::parse(line);
      done.insert(effect.at("externalId").get<std::string>() + " " +
                  effect.at("effect").get<std::string>());
    }
    EXPECT_EQ(done, planned);
    EXPECT_EQ(desk.School().tasks().applied(), applied_ += plan.items());
    desk.ExpectConsistent();
  }

  // A guard that holds is lifted: that nothing is done until then is shown elsewhere.
  void Approve(const wire::Plan& plan) {
    wire::ApprovePlan what;
    what.set_plan(plan.plan());
    what.set_digest(plan.digest());
    const auto reply = desk.Approve(what);
    ASSERT_EQ(reply.has_approve(), plan.holds().empty()) << reply.error().message();
    if (reply.has_approve()) return;
    what.set_override_guards(true);
    what.set_override_reason("the turn of the year");
    ASSERT_TRUE(desk.Approve(what).has_approve());
  }

  // What was written is what is read: nothing is left to do.
  void ExpectNothingLeft() {
    const auto plan = desk.Plan();
    if (plan.items() == 0) return;
    wire::Request request;
    request.mutable_list_plan()->set_plan(plan.plan());
    ADD_FAILURE() << desk.Ask(request).plan_users().DebugString();
  }

  void ExpectSomethingDone() const { EXPECT_GT(applied_, 0U) << "the school was idle"; }

  void LetTimePass() {
    static const std::vector<std::string> kScenarios = {
        "new-school-year", "email-changes", "merge", "summer", "progression", "withdraw"};
    const std::string& name = kScenarios[random_.Next() % kScenarios.size()];
    SCOPED_TRACE(name);
    try {
      sandbox_.scenarios().Apply(name);
    } catch (const sandbox::ScenarioError&) {
      // cannot happen to a school this small: the next one can
    }
  }

  Desk desk;

 private:
  static sandbox::SandboxOptions Options(std::uint64_t seed) {
    sandbox::SandboxOptions options;
    options.school.seed = seed;
    options.school.people = 200;
    options.school.enrolled = 20 + static_cast<std::int64_t>(seed % 20);
    options.facts.tier.reset();
    options.facts.cache = false;
    options.site.past_end_first_page = seed % 2 == 0;
    options.site.echo_items_per_page = seed % 3 == 0;
    return options;
  }

  static void Expect(const wire::UserRow& row, What& planned) {
    const std::string who = "tcs:" + std::to_string(row.person()) + " ";
    switch (row.action()) {
      case wire::ADD:
        planned.insert(who + "add");
        break;
      case wire::UPDATE:
        planned.insert(who + "update");
        break;
      case wire::ARCHIVE:
        planned.insert(who + "archive");
        break;
      case wire::RESTORE:
        planned.insert(who + "restore");
        // One that also brings fields up to date, or makes the link, is both in the site's log.
        if (row.fields_size() > 0 || row.situation() == wire::FOUND_ARCHIVED) {
          planned.insert(who + "update");
        }
        break;
      default:
        ADD_FAILURE() << "a plan holds " << wire::Action_Name(row.action());
    }
  }

  SystemClock clock_;
  SeededRandom random_;
  sandbox::Sandbox sandbox_;
  http::CurlHttp facts_http_;
  http::CurlHttp site_http_;
  source::Quota quota_{{1'000'000, 10'000'000, 100'000'000}, clock_, [](const model::QuotaState&) {
                         return Result<void>();
                       }};
  target::SiteRate rate_{10'000, clock_};
  std::unique_ptr<source::FactsSource> source_;
  std::unique_ptr<target::ScimSite> reader_;
  std::unique_ptr<target::ScimSite> writer_;
  std::unique_ptr<Reading> last_;
  std::uint64_t applied_ = 0;
};

TEST(Seeds, TheSiteDoesWhatThePlanHoldsAndNothingElse) {
  const char* text = std::getenv("ROSTER_TEST_SEEDS");
  const int seeds = std::max(100, text != nullptr ? std::atoi(text) : 0);
  for (int seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    School school(static_cast<std::uint64_t>(seed));
    school.Poll();
    for (int round = 0; round < 3; ++round) {
      school.DecideAtRandom();
      // An address that one sync sets free lets somebody else be added by the next.
      for (int again = 0; again < 3; ++again) {
        school.SyncAndCompare();
        school.Poll();
      }
      school.ExpectNothingLeft();
      school.LetTimePass();
      school.Poll();
    }
    school.ExpectSomethingDone();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace roster::engine
