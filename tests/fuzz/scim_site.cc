// A conversation with a SCIM site, from scripted answers. The first byte chooses what is done:
// the accounts are read, or a task is executed. The rest: see scripted_http.h.

#include "daemon/target/scim_site.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/scripted_http.h"

namespace roster::fuzz {
namespace {

using model::Action;
using model::Field;

constexpr std::size_t kAnswersMax = 24;
constexpr std::string_view kToken = "writetoken1";

void CheckAccounts(const Result<model::Accounts>& accounts, const ScriptedHttp& http) {
  Expect(std::all_of(http.exchanges.begin(), http.exchanges.end(),
                     [](const auto& exchange) { return exchange.method == "GET"; }),
         "Reading wrote.");
  if (!accounts) {
    ExpectError(accounts.error(), {"site-unauthorized", "site-forbidden", "site-incomplete",
                                   "site-malformed", "site-unavailable", "site-too-large"});
    Expect(accounts.error().message.find(kToken) == std::string::npos, "An error names the token.");
    return;
  }
  for (std::size_t i = 1; i < accounts->all.size(); ++i) {
    Expect(accounts->all[i - 1].id < accounts->all[i].id,
           "Accounts are not in order, or come twice.");
  }
  Expect(accounts->requests == http.exchanges.size(), "Requests are miscounted.");
}

model::Task TaskOf(unsigned int kind) {
  model::Task task;
  task.id = {PlanId(2), 1};
  task.person = PersonId(12);
  task.action = std::array{Action::kAdd, Action::kUpdate, Action::kArchive, Action::kRestore,
                           Action::kInvite}[kind % 5];
  task.external_id = "tcs:12";
  if (task.action != Action::kAdd) task.account = AccountId("7");
  if (task.action == Action::kAdd) {
    task.fields = {{Field::kUserName, "", "new@example.org"},
                   {Field::kEmail, "", "new@example.org"},
                   {Field::kGrade, "", "10"}};
  } else if (task.action == Action::kUpdate) {
    task.fields = {{Field::kEmail, "ann@example.org", "anna@example.org"},
                   {Field::kGivenName, "Ann", "Anna"},
                   {Field::kGrade, "09", "10"}};
  }
  task.look_only = (kind & 0x20U) != 0;
  if ((kind & 0x40U) != 0) task.doubt = "lease-ran-out";
  return task;
}

// Ends of a look that no retry changes; of a task in doubt they are unknown.
const std::set<std::string> kFinal = {"write-refused",  "rejected-by-site", "no-invitations",
                                      "filter-ignored", "invalid-task",     "invalid-text"};

struct CheckOutcome {
  void operator()(const model::Applied& end) const {
    Expect(!end.account.id.value().empty(), "A task is applied to no account.");
  }
  void operator()(const model::Failed& end) const {
    Reason(end.reason, {"site-unauthorized",
                        "site-forbidden",
                        "site-unavailable",
                        "site-malformed",
                        "connect",
                        "tls",
                        "url",
                        "header",
                        "broken",
                        "too-many-requests",
                        "conflict",
                        "stopped",
                        "write-refused",
                        "rejected-by-site",
                        "attribute-dropped",
                        "externalid-not-kept",
                        "no-invitations",
                        "invalid-text",
                        "filter-ignored",
                        "invalid-task"});
    Expect(!end.retry_after || end.retry_after->count() >= 0, "A wait is negative.");
  }
  void operator()(const model::Superseded& end) const {
    Reason(end.reason, {"changed-on-site", "protected", "archived-on-site", "linked-elsewhere",
                        "username-taken", "gone", "already-accessed", "ambiguous", "changed"});
  }
  void operator()(const model::Unknown& end) const {
    if (end.untold && kFinal.contains(end.reason)) return;
    Reason(end.reason, {"no-answer", "not-told", "not-shown", "not-seen"});
  }
  static void Reason(const std::string& reason, const std::vector<std::string_view>& known) {
    Expect(std::find(known.begin(), known.end(), reason) != known.end(),
           "A task ends with a reason that no header names:", reason);
  }
};

// No effect twice: after a write another one follows only where the site has said that it did
// nothing, and that it is to be looked at again.
void CheckWrites(const model::Task& task, const ScriptedHttp& http) {
  std::optional<int> last;  // the status of the last write
  for (const ScriptedHttp::Exchange& exchange : http.exchanges) {
    if (exchange.method == "GET") continue;
    Expect(exchange.method == (task.action == Action::kAdd ? "POST" : "PATCH"),
           "A task writes in another way:", exchange.method);
    Expect(!task.look_only, "What was only to be looked at was written.");
    Expect(!last || *last == 404 || *last == 409 || *last == 412,
           "A task writes again after a write that may have had its effect.");
    last = exchange.status;
  }
}

void Check(unsigned int kind, std::string_view script) {
  ScriptedHttp http(Parts(script, kAnswersMax));
  const WaitingClock clock;
  SeededRandom random(1);
  target::SiteRate rate(10'000, clock);
  target::ScimSettings settings;
  settings.school = SchoolId("tcs");
  settings.base_url = "https://site.example.org/scim/v2";
  settings.page_size = 3;
  settings.accounts_max = 10'000;
  target::ScimSite site(settings, std::string(kToken), http, rate, clock, random);
  if ((kind & 0x80U) != 0) return CheckAccounts(site.ReadAccounts(nullptr, {}), http);
  const model::Task task = TaskOf(kind);
  std::visit(CheckOutcome(), site.Execute(task, {}));
  CheckWrites(task, http);
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roster::fuzz;
  if (size == 0) return 0;
  Check(data[0], Bytes(data + 1, size - 1));
  return 0;
}
