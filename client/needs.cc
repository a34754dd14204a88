#include "client/needs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "client/approval.h"
#include "client/format.h"
#include "client/screen.h"

namespace roster::client {
namespace {

constexpr std::int64_t kWorkerSilenceMax = 30;  // seconds

std::string Command(const std::string& command, const std::string& school, bool several) {
  return several ? command + " --school " + school : command;
}

// Tasks that a worker could take.
std::uint64_t Waiting(const v1::SchoolStatus& school) {
  const v1::TaskCounts& tasks = school.tasks();
  return tasks.queued() + tasks.unknown() - std::min(tasks.unknown(), tasks.resting());
}

// What to do about a poll that was not used, by its reason; {} is the school's id. Commands name
// the school behind.
struct Remedy {
  std::string_view text;
  std::string_view command;
};
const std::map<std::string_view, Remedy>& Remedies() {
  static constexpr std::string_view kPoll = "rosterctl poll --wait";
  static const std::map<std::string_view, Remedy> kRemedies = {
      {"subscription-key-refused",
       {"put the new key where schools[{}].facts.subscription_key of the config points, then: "
        "systemctl restart rosterd",
        ""}},
      {"school-key-refused",
       {"put the new key where schools[{}].facts.api_key of the config points, then: systemctl "
        "restart rosterd",
        ""}},
      {"scope-missing", {"have FACTS give the school's key back what it misses, then: ", kPoll}},
      {"quota-exhausted",
       {"nothing, if it passes; else a larger facts.poll_every of schools[{}], or a larger tier of "
        "FACTS; it goes on by itself",
        ""}},
      {"shrunk",
       {"look in FACTS whether so many are really gone; if they are, raise facts.max_shrink of "
        "schools[{}] for a while, rosterctl reload, then: ",
        kPoll}},
      {"site-shrunk",
       {"look on the site whether so many accounts are really gone; if they are, raise "
        "facts.max_shrink of schools[{}] for a while, rosterctl reload, then: ",
        kPoll}},
      {"too-many-rejected", {"mend the rows in FACTS that this names: ", kPoll}},
      {"site-unauthorized",
       {"put a new token where site.scim.read_token of schools[{}] points, then: systemctl restart "
        "rosterd",
        ""}},
      {"site-forbidden",
       {"have the site let the read token of schools[{}] read accounts, then: ", kPoll}},
      {"tls",
       {"look at the certificate of the address in the config of schools[{}], then: ", kPoll}},
  };
  return kRemedies;
}

std::string RemedyFor(const v1::SchoolStatus& school, bool several) {
  const std::string command = Command("rosterctl poll --wait", school.school(), several);
  const auto known = Remedies().find(school.last_poll().reason());
  if (school.last_poll().state() != v1::Poll::REJECTED || known == Remedies().end()) {
    return IsStopped(school) ? "mend that, then: " + command
                             : "it tries again by itself; at once: " + command;
  }
  const Remedy& remedy = known->second;
  std::string text(remedy.text);
  const std::size_t place = text.find("{}");
  if (place != std::string::npos) text.replace(place, 2, school.school());
  return remedy.command.empty() ? text : text + command;
}

void AddPoll(const v1::SchoolStatus& school, bool several, std::vector<Need>& needs) {
  const auto add = [&](std::string what) {
    needs.push_back(
        {Urgency::kFailing, school.school(), std::move(what), RemedyFor(school, several)});
  };
  const bool rejected = school.last_poll().state() == v1::Poll::REJECTED;
  const std::string& message = school.last_poll().message();
  const bool told =
      rejected && (message == school.source_problem() || message == school.site_problem());
  if (rejected) add("The last poll was not used: " + message);
  if (!school.source_problem().empty() && !(told && message == school.source_problem())) {
    add("Source: " + school.source_problem());
  }
  if (!school.site_problem().empty() && !(told && message == school.site_problem())) {
    needs.push_back({Urgency::kFailing, school.school(), "Site: " + school.site_problem(),
                     "look at the site and at schools[" + school.school() +
                         "].site.scim of the config; it tries again by itself"});
  }
  if (IsStopped(school)) {
    needs.push_back({Urgency::kFailing, school.school(),
                     "No poll goes out until somebody asks for one.",
                     needs.empty() ? Command("rosterctl poll --wait", school.school(), several)
                                   : "what is said above"});
  }
}

void AddTasks(const v1::SchoolStatus& school, bool several, std::vector<Need>& needs) {
  const std::string& id = school.school();
  if (school.tasks().dead() > 0) {
    needs.push_back({Urgency::kFailing, id,
                     fmt::format("{} could not be done.", Count(school.tasks().dead(), "task")),
                     fmt::format("{} says why; {} tries again",
                                 Command("rosterctl tasks --state dead", id, several),
                                 Command("rosterctl retry --all", id, several))});
  }
  if (school.tasks().resting() > 0) {
    needs.push_back(
        {Urgency::kFailing, id,
         fmt::format("{} may or may not have been done, and the site can't tell.",
                     Count(school.tasks().resting(), "task")),
         fmt::format("{} names them; look on the site, then rosterctl confirm or rosterctl retry",
                     Command("rosterctl tasks --state unknown", id, several))});
  }
}

void AddDecisions(const v1::SchoolStatus& school, bool several, std::vector<Need>& needs) {
  const std::string& id = school.school();
  const v1::Counters& counters = school.counters();
  for (const v1::Hold& hold : school.holds()) {
    needs.push_back(
        {Urgency::kHeld, id,
         fmt::format("Held by the guard on {}: {}", GuardText(hold.guard()), hold.message()),
         Command("rosterctl plan", id, several)});
  }
  for (const v1::Plan& plan : school.waiting()) {
    needs.push_back({Urgency::kReview, id,
                     fmt::format("Plan {} waits for a second approver; {} approved it.",
                                 plan.plan(), plan.first_approval().actor()),
                     "another person: " + SecondCommand(plan, several ? id : "")});
  }
  if (counters.fresh() > 0) {
    needs.push_back({Urgency::kReview, id,
                     fmt::format("{} never reviewed.", Count(counters.fresh(), "user")),
                     Command("rosterctl users", id, several)});
  }
  const std::uint64_t pending = PendingOf(counters);
  if (pending > 0 && school.holds().empty()) {
    needs.push_back({Urgency::kReview, id, Count(pending, "change") + " to look at and approve.",
                     fmt::format("{}, then {}", Command("rosterctl plan", id, several),
                                 Command("rosterctl sync", id, several))});
  }
}

void AddProgram(const v1::Status& status, std::vector<Need>& needs) {
  if (!status.disk_problem().empty()) {
    needs.push_back({Urgency::kFailing, "", "Disk: " + status.disk_problem(),
                     "df -h and journalctl -u rosterd on the machine of rosterd"});
  }
  if (!status.config_problem().empty()) {
    needs.push_back(
        {Urgency::kFailing, "",
         "Config: the file was not taken when it was last read again, and rosterd would "
         "not start with it: " +
             status.config_problem(),
         "mend the file (rosterd --check says what is wrong), then: rosterctl reload"});
  }
  if (!status.backup().problem().empty()) {
    needs.push_back({Urgency::kFailing, "", "Backup: " + status.backup().problem(),
                     "mend that, then: rosterctl backup --wait"});
  }
  for (const v1::WorkerStatus& worker : status.workers()) {
    if (!IsSilent(status, worker)) continue;
    needs.push_back({Urgency::kFailing, "",
                     fmt::format("Worker {} has not been heard of for a while, and holds {}.",
                                 worker.worker(), Count(worker.leased(), "task")),
                     "systemctl status roster-worker on its machine"});
  }
}

}  // namespace

std::uint64_t PendingOf(const v1::Counters& counters) {
  return counters.to_add() + counters.to_update() + counters.to_archive() + counters.to_restore();
}

bool IsStopped(const v1::SchoolStatus& school) {
  return !school.has_next_poll_at() && !school.polling();
}

bool IsSilent(const v1::Status& status, const v1::WorkerStatus& worker) {
  return status.now().seconds() - worker.seen_at().seconds() > kWorkerSilenceMax;
}

std::vector<Need> NeedsOf(const v1::Status& status, const v1::SchoolStatus& school, bool several) {
  std::vector<Need> needs;
  AddPoll(school, several, needs);
  AddTasks(school, several, needs);
  if (Waiting(school) > 0 && status.workers().empty()) {
    needs.push_back({Urgency::kFailing, school.school(),
                     "Tasks are waiting, and no worker is there.",
                     "is it running? systemctl status roster-worker"});
  }
  AddDecisions(school, several, needs);
  return needs;
}

std::vector<Need> NeedsOf(const v1::Status& status, bool several) {
  std::vector<Need> needs;
  AddProgram(status, needs);
  for (const v1::SchoolStatus& school : status.schools()) {
    for (Need& need : NeedsOf(status, school, several)) needs.push_back(std::move(need));
  }
  std::stable_sort(needs.begin(), needs.end(),
                   [](const Need& a, const Need& b) { return a.urgency < b.urgency; });
  return needs;
}

}  // namespace roster::client
