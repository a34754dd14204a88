#include "client/help.h"

#include <array>

namespace roster::client {
namespace {

#define EVERY                                                                         \
  "\nAlso: --school S, --json, --endpoint E, --timeout SECONDS (rosterctl --help).\n" \
  "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused"

constexpr std::array<HelpPage, 12> kPages = {{
    {"status", "where everything stands: polls, counters, plans, tasks, workers",
     R"(The place to begin, and the one to watch from a monitor.

Examples:
  rosterctl status
  rosterctl status --exit-code --json   for a monitor
)" EVERY R"(.
With --exit-code also: 10 review needed (somebody is new, or something is pending),
11 held (kept for plans that a guard holds), 12 the disk, a source, a site or a
worker is failing; 12 goes before 10.)"},
    {"poll", "Preview & Sync Data: read FACTS and the site now",
     R"(Step 1 of the workflow, "Preview & Sync Data". rosterd polls by itself; this asks for
one now. Nothing is written to the site. A poll that is not whole changes nothing,
and says why.

Examples:
  rosterctl poll --wait
  rosterctl poll --school tcs
)" EVERY R"(; with --wait,
1 also when the poll was not used.)"},
    {"users", "the user review: New? and Sync?, preset to new users",
     R"(Steps 1 to 4, the user review. New? has an x for somebody never reviewed before;
Sync? is [x] for those who will be synced. The status is preset to new, as in the
manual tool; --status error shows missing and doubled e-mails, --status all everybody.

Examples:
  rosterctl users                              who is new
  rosterctl users --status error               whom an error holds back
  rosterctl users --status all --match garcia
  rosterctl users --status selected --grade 09 --situation outdated
)" EVERY R"(.)"},
    {"select", "tick Sync?: these users are to be synced",
     R"(Part of the user review: ticks Sync?. Nothing reaches the site before a plan is
approved with rosterctl sync. With --all: all that rosterctl users shows with the same
filters; the status is preset to new there and here.

Examples:
  rosterctl select 10412 10998
  rosterctl select --all                   everybody new
  rosterctl select --all --grade 09        everybody new in grade 09
)" EVERY R"(.)"},
    {"deselect", "untick Sync?: these users are to be skipped",
     R"(Part of the user review: unticks Sync?. Somebody who has an account already is then
proposed for the archive, in the next plan. With --all a filter is wanted, or
--status all to mean everybody; the status is preset to new, as in rosterctl users.

Examples:
  rosterctl deselect 10412
  rosterctl deselect --all --grade 12             those who are new in grade 12
  rosterctl deselect --all --status error
)" EVERY R"(.)"},
    {"plan", "Pending Sync Tasks: to add, update, archive, restore, skip",
     R"(Step 5, "Pending sync tasks". Shows how many are to be added, updated, archived,
restored, skipped and unchanged, which add up to everybody; why people are skipped; and
the list, each with its reason. A plan has a number and a digest, and never changes:
what is shown is what an approval is for.

Examples:
  rosterctl plan                       what is pending now
  rosterctl plan --action archive      that list, whole
  rosterctl plan 7 --action all        all items of plan 7
)" EVERY R"(.)"},
    {"sync", "Sync: approve a plan",
     R"(Step 6, "Sync": approves a plan, and the workers carry it out. Without PLAN it shows
what is pending and asks; with PLAN it approves exactly that plan. If somebody has
changed since the plan was prepared it is refused, with the list: review again, or
approve the rest with --leave-out-changed.

Examples:
  rosterctl sync --wait                          show, ask, do, and watch
  rosterctl sync 7 --wait                        approve plan 7
  rosterctl sync 7 --leave-out-changed --wait
)" EVERY R"(
(not allowed, or changed since it was shown); with --wait, 1 also when a task is dead
or unknown at the end.)"},
    {"invite", "Invite: send invitations, as a plan of their own",
     R"(Step 7, "Invite". Invitations never go by themselves: this prepares a plan of them
alone, shows how many and whom, and asks.

Examples:
  rosterctl invite --never-accessed --wait
  rosterctl invite 10412 10998
)" EVERY R"(.)"},
    {"tasks", "what approved plans have come to, task by task",
     R"(After a sync: what is queued, leased, in retry, unknown, applied, dead, superseded.
A task is named PLAN.INDEX. Dead: it failed for good, and waits for rosterctl retry.
Superseded: the person or the account had changed meanwhile; it comes back for review.
Unknown: the worker went silent; the site is looked at before anything else is done.

Examples:
  rosterctl tasks --state dead
  rosterctl tasks --plan 7
)" EVERY R"(.)"},
    {"retry", "queue dead tasks again",
     R"(When the cause is mended: queues dead tasks again.

Examples:
  rosterctl retry 7.12 7.15
  rosterctl retry --all
)" EVERY R"(
(also when a named task was not dead).)"},
    {"explain", "everything known about why somebody stands where they stand",
     R"(At any step: what FACTS says, what the site has, what was decided and done, and what
that comes to.

Example:
  rosterctl explain 10412
)" EVERY R"(.)"},
    {"events", "the journal: what happened, and what is happening",
     R"(Prints the journal's entries, one a line. The journal holds ids and counts, never names.
--follow goes on with what comes, each entry once and in order, also across a restart of
rosterd. The chain of digests is verified; a break ends with a loud message and 1.

Examples:
  rosterctl events --since 1200
  rosterctl events --follow --type ReviewRequired,PollRejected
  rosterctl events --follow --since 1200 --json
)" EVERY R"(.
--follow ends with Ctrl-C, which is 0.)"},
}};

#undef EVERY

}  // namespace

const HelpPage& HelpOf(std::string_view name) {
  for (const HelpPage& page : kPages) {
    if (page.name == name) return page;
  }
  return kPages.front();
}

std::vector<std::string> CommandNames() {
  std::vector<std::string> names;
  names.reserve(kPages.size());
  for (const HelpPage& page : kPages) names.emplace_back(page.name);
  return names;
}

const char* const kFooter = R"(The yearly workflow, once FACTS is up to date:
  rosterctl poll --wait                 1  Preview & Sync Data
  rosterctl users                          who is new
  rosterctl select --all                   or select ID..., deselect ID...
  rosterctl users --status error        2, 3  what holds users back
  rosterctl users --status all          4  everybody
  rosterctl plan                        5  Pending Sync Tasks
  rosterctl sync --wait                 6  Sync
  rosterctl invite --never-accessed     7  Invite
Nothing reaches the site without an approved plan. rosterctl COMMAND --help says more.

Environment: ROSTER_CONTROL (the endpoint), COLUMNS (the width), NO_COLOR.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused (not allowed, stale, held);
status --exit-code adds 10 review needed, 11 held, 12 failing.)";

}  // namespace roster::client
