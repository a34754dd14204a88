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

// The same for those who may: whoever asks, or who else. A daemon of before tells no roles.
std::string CommandFor(std::string_view who, const v1::SchoolStatus& school,
                       const std::string& command, bool several) {
  const auto& roles = school.roles();
  const bool may =
      roles.empty() || std::any_of(roles.begin(), roles.end(), [&](const auto& role) {
        return (" " + std::string(who)).find(" " + role) != std::string::npos;  // not "reviewer"
      });
  const std::string text = Command(command, school.school(), several);
  return may ? text : fmt::format("for {}: {}", who, text);
}

// Who may send what, as rosterd decides it (`man rosterctl`).
constexpr std::string_view kSeers = "a viewer, reviewer or approver";
constexpr std::string_view kPlanners = "a reviewer or approver";
constexpr std::string_view kApprovers = "an approver";
constexpr std::string_view kPollers = "a reviewer or operator";
constexpr std::string_view kRetriers = "an approver or operator";

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
        "rosterd, and: ",
        kPoll}},
      {"site-forbidden",
       {"have the site let the read token of schools[{}] read accounts, then: ", kPoll}},
      {"site-stale", {"export the volunteers on the site again, then: ", kPoll}},
      {"site-malformed",
       {"look at the site, or at its export, and at site of schools[{}] in the config, then: ",
        kPoll}},
      {"tls",
       {"look at the certificate of the address in the config of schools[{}], then: ", kPoll}},
  };
  return kRemedies;
}

// Of any trouble with polls.
std::string UsualRemedy(const v1::SchoolStatus& school, bool several) {
  const std::string command = CommandFor(kPollers, school, "rosterctl poll --wait", several);
  return IsStopped(school) ? "mend that, then: " + command
                           : "it tries again by itself; at once: " + command;
}

// Of the last poll's.
std::string RemedyFor(const v1::SchoolStatus& school, bool several) {
  const std::string command = CommandFor(kPollers, school, "rosterctl poll --wait", several);
  const auto known = Remedies().find(school.last_poll().reason());
  if (school.last_poll().state() != v1::Poll::REJECTED || known == Remedies().end()) {
    return UsualRemedy(school, several);
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
    needs.push_back({Urgency::kFailing, school.school(), "Source: " + school.source_problem(),
                     UsualRemedy(school, several)});
  }
  if (!school.site_problem().empty() && !(told && message == school.site_problem())) {
    needs.push_back({Urgency::kFailing, school.school(),
                     "Site: " + WithSchool(school.site_problem(), several ? school.school() : ""),
                     school.import_directory().empty()
                         ? "look at the site and at schools[" + school.school() +
                               "].site.scim of the config; it tries again by itself"
                         : "look into " + school.import_directory() +
                               " and at the export; do what is said, then: " +
                               CommandFor(kRetriers, school, "rosterctl retry --all", several)});
  }
  if (school.poll_overdue() && needs.empty() && !IsStopped(school)) {
    add(school.has_last_good_poll()
            ? "No poll was used for longer than usual: what is shown here is old."
            : "Nothing was read from FACTS since rosterd was started, nor before.");
  }
  if (IsStopped(school)) {
    needs.push_back({Urgency::kFailing, school.school(),
                     "No poll goes out until somebody asks for one.",
                     needs.empty() ? CommandFor(kPollers, school, "rosterctl poll --wait", several)
                                   : "what is said above"});
  }
}

// Of a site without an API: what a person carries there.
void AddUploads(const v1::SchoolStatus& school, bool several, std::vector<Need>& needs) {
  const std::string& id = school.school();
  std::uint64_t elsewhere = school.tasks().resting();
  for (const v1::Plan& plan : school.plans()) {
    const std::uint64_t waiting = plan.tasks().resting();
    if (waiting == 0) continue;
    elsewhere -= std::min(elsewhere, waiting);
    needs.push_back(
        {Urgency::kReview, id,
         fmt::format("{} of plan {} wait{} in import files for a person to upload.",
                     Count(waiting, "task"), plan.plan(), waiting == 1 ? "s" : ""),
         fmt::format("upload those files {}/plan-{}-*.csv that you have not uploaded yet, then {}, "
                     "and export again; {} names each",
                     school.import_directory(), plan.plan(),
                     CommandFor(kApprovers, school,
                                fmt::format("rosterctl confirm --plan {}", plan.plan()), several),
                     CommandFor(kSeers, school,
                                fmt::format("rosterctl tasks --plan {}", plan.plan()), several))});
  }
  if (elsewhere == 0) return;
  needs.push_back(
      {Urgency::kReview, id,
       fmt::format("{} of earlier plans may wait to be uploaded.", Count(elsewhere, "task")),
       fmt::format("{} names them, and their files",
                   CommandFor(kSeers, school, "rosterctl tasks --state unknown", several))});
}

void AddTasks(const v1::SchoolStatus& school, bool several, std::vector<Need>& needs) {
  const std::string& id = school.school();
  if (school.tasks().dead() > 0) {
    needs.push_back(
        {Urgency::kFailing, id,
         fmt::format("{} could not be done.", Count(school.tasks().dead(), "task")),
         fmt::format("{} says why; {} tries again",
                     CommandFor(kSeers, school, "rosterctl tasks --state dead", several),
                     CommandFor(kRetriers, school, "rosterctl retry --all", several))});
  }
  if (school.tasks().resting() > 0 && !school.import_directory().empty()) {
    AddUploads(school, several, needs);
  } else if (school.tasks().resting() > 0) {
    needs.push_back(
        {Urgency::kFailing, id,
         fmt::format("{} may or may not have been done, and the site can't tell.",
                     Count(school.tasks().resting(), "task")),
         fmt::format("{} names them; look on the site, then {} or {}",
                     CommandFor(kSeers, school, "rosterctl tasks --state unknown", several),
                     CommandFor(kApprovers, school, "rosterctl confirm ID...", several),
                     CommandFor(kRetriers, school, "rosterctl retry ID...", several))});
  }
}

bool IsRejectedAsStale(const v1::SchoolStatus& school) {
  return school.last_poll().state() == v1::Poll::REJECTED &&
         school.last_poll().reason() == "site-stale";
}

// Of what is pending, what has not the first of two approvals either.
std::uint64_t ToApprove(const v1::SchoolStatus& school) {
  std::uint64_t waiting = 0;
  for (const v1::Plan& plan : school.waiting()) {
    if (!plan.invitations() && plan.undo_of() == 0) waiting = std::max(waiting, plan.items());
  }
  const std::uint64_t pending = PendingOf(school.counters());
  return pending > waiting ? pending - waiting : 0;
}

void AddDecisions(const v1::SchoolStatus& school, bool several, std::vector<Need>& needs) {
  const std::string& id = school.school();
  const v1::Counters& counters = school.counters();
  for (const v1::Hold& hold : school.holds()) {
    needs.push_back(
        {Urgency::kHeld, id,
         fmt::format("Held by the guard on {}: {}", GuardText(hold.guard()), hold.message()),
         CommandFor(kPlanners, school, "rosterctl plan", several)});
  }
  for (const v1::Plan& plan : school.waiting()) {
    needs.push_back({Urgency::kReview, id,
                     fmt::format("Plan {} waits for a second approver; {} approved it.",
                                 plan.plan(), plan.first_approval().actor()),
                     "another person: " + SecondCommand(plan, several ? id : "")});
  }
  if (school.unknown_words_size() > 0) {
    needs.push_back(
        {Urgency::kReview, id,
         fmt::format("The config does not map {} of FACTS: who has one is left as they are.",
                     Count(static_cast<std::uint64_t>(school.unknown_words_size()), "status word")),
         fmt::format("{} names them (Unmapped); say in status_words of schools[{}] what they mean, "
                     "then: systemctl restart rosterd",
                     Command("rosterctl status", id, several), id)});
  }
  if (counters.fresh() > 0) {
    needs.push_back({Urgency::kReview, id, ToReview(counters) + ".",
                     CommandFor(kSeers, school, "rosterctl users", several)});
  }
  // Those that wait for a second approver are told above; of rows that are too old nothing is
  // planned.
  const bool stale = school.export_wanted() || IsRejectedAsStale(school);
  if (school.export_wanted() && !IsRejectedAsStale(school)) {
    needs.push_back({Urgency::kReview, id,
                     "What was done since the site's export is not in it: nothing is planned.",
                     "export the volunteers on the site again, then: " +
                         CommandFor(kPollers, school, "rosterctl poll --wait", several)});
  }
  if (ToApprove(school) > 0 && school.holds().empty() && !stale) {
    needs.push_back(
        {Urgency::kReview, id, Count(PendingOf(counters), "change") + " to look at and approve.",
         fmt::format("{}, then {}", CommandFor(kPlanners, school, "rosterctl plan", several),
                     CommandFor(kApprovers, school, "rosterctl sync", several))});
  }
}

// The problems of a file come a line each.
std::string OnOneLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "; ");
  }
  return text;
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
             OnOneLine(status.config_problem()),
         "mend the file (rosterd --check says what is wrong), then: rosterctl reload"});
  }
  if (!status.backup().problem().empty()) {
    needs.push_back({Urgency::kFailing, "", "Backup: " + status.backup().problem(),
                     "an operator mends that, then: rosterctl backup --wait"});
  }
  for (const v1::WorkerStatus& worker : status.workers()) {
    if (!IsSilent(status, worker)) continue;
    needs.push_back({Urgency::kFailing, "",
                     fmt::format("Worker {} has not been heard of for a while, and holds {}.",
                                 worker.worker(), Count(worker.leased(), "task")),
                     "systemctl status roster-worker on its machine"});
  }
}

// Nothing is broken by it yet: behind what is. One that was tried and failed says more itself.
void AddOverdueBackup(const v1::Status& status, std::vector<Need>& needs) {
  const v1::BackupStatus& backup = status.backup();
  if (!backup.overdue() || !backup.problem().empty()) return;
  needs.push_back(
      {Urgency::kFailing, "",
       backup.has_last_good_at() ? fmt::format("The last good backup was made {}.",
                                               Ago(backup.last_good_at(), status.now()))
                                 : "There is no good backup.",
       "an operator: rosterctl backup --wait; and each night by itself: systemctl enable --now "
       "rosterd-backup.timer"});
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

std::vector<Need> NeedsOf(const v1::SchoolStatus& school, bool several) {
  std::vector<Need> needs;
  AddPoll(school, several, needs);
  AddTasks(school, several, needs);
  if (school.workers_away()) {
    needs.push_back({Urgency::kFailing, school.school(),
                     "Tasks are waiting, and no worker asks for them.",
                     "is it running, and may it work for this school? systemctl status "
                     "roster-worker, and access of the config. Or was it started before the "
                     "school was in the config: systemctl restart roster-worker"});
  }
  AddDecisions(school, several, needs);
  return needs;
}

std::vector<Need> NeedsOf(const v1::Status& status, bool several) {
  std::vector<Need> needs;
  AddProgram(status, needs);
  for (const v1::SchoolStatus& school : status.schools()) {
    for (Need& need : NeedsOf(school, several)) needs.push_back(std::move(need));
  }
  AddOverdueBackup(status, needs);
  std::stable_sort(needs.begin(), needs.end(),
                   [](const Need& a, const Need& b) { return a.urgency < b.urgency; });
  return needs;
}

}  // namespace roster::client
