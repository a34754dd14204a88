#include "client/help.h"

#include <array>

namespace roster::client {
namespace {

#define EVERY                                                                         \
  "\nAlso: --school S, --json, --endpoint E, --timeout SECONDS (rosterctl --help).\n" \
  "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused"

constexpr std::array<HelpPage, 32> kPages = {{
    {"status", "is all well, and if not, what to do; and where everything stands",
     R"(The place to begin, and the one to watch from a monitor. The first line says whether
anything needs somebody; below it stands each thing, with the command or the place that
mends it; then polls, counters, plans, tasks and workers. Of several schools those that
fail are shown in full, the others a line each; --school shows one in full.

Examples:
  rosterctl status
  rosterctl status --school tcs
  rosterctl status --watch              a live view, until Ctrl-C
  rosterctl status --exit-code --json   for a monitor
)" EVERY R"(.
With --exit-code also: 10 review needed (somebody is new, something is pending, or a plan
waits for a second approver), 11 held (a guard holds what is pending), 12 the disk, a
source, a site or a worker is failing, the last backup was not made or no good one within
50 hours, the config file was refused, a task is dead, or an unknown one waits for a
person. 12 goes before 11, 11 before 10.)"},
    {"poll", "step 1: Preview & Sync Data: read FACTS and the site now",
     R"(Step 1 of the workflow, "Preview & Sync Data". rosterd polls by itself; this asks for
one now. Nothing is written to the site. A poll that is not whole changes nothing,
and says why.

Examples:
  rosterctl poll --wait
  rosterctl poll --school tcs
)" EVERY R"(; with --wait,
1 also when the poll was not used.)"},
    {"users", "steps 1, 4: the user review: New? and Sync?, preset to new users",
     R"(Steps 1 and 4, the user review. New? has an x for somebody not reviewed as things are;
Sync? is [x] for those who will be synced. The status is preset to new, as in the
manual tool: with it, relatives of new users are shown too, without an x. --status all
shows everybody. An error comes with how much it matters: a warning, or an error.

Examples:
  rosterctl users                              who is new
  rosterctl users --status error               whom an error holds back
  rosterctl users --status all --match garcia
  rosterctl users --status selected --grade 09 --situation outdated
  rosterctl users --status all --class email-change --fields
  rosterctl users --status all --reason missing-email,no-person
  rosterctl users --status all --family 812
)" EVERY R"(.)"},
    {"select", "steps 1, 4: tick Sync?: these users are to be synced",
     R"(Part of the user review: ticks Sync?. Nothing reaches the site before a plan is
approved with rosterctl sync. With --all: all that rosterctl users shows with the same
filters; the status is preset to new there and here. Relatives shown for context are not
touched by it.

Examples:
  rosterctl select 10412 10998
  rosterctl select --all                   everybody new
  rosterctl select --all --grade 09        everybody new in grade 09
  rosterctl select 10412 --note "asked by the office"
)" EVERY R"(.)"},
    {"deselect", "steps 1, 4: untick Sync?: these users are to be skipped",
     R"(Part of the user review: unticks Sync?. Somebody who has an account already is then
proposed for the archive, in the next plan. With --all a filter is wanted, or
--status all to mean everybody; the status is preset to new, as in rosterctl users.

Examples:
  rosterctl deselect 10412
  rosterctl deselect --all --grade 12             those who are new in grade 12
  rosterctl deselect --all --status error
)" EVERY R"(.)"},
    {"duplicates", "step 2: whose e-mails or accounts are in each other's way",
     R"(Step 2, "Resolve duplicates", preset to new ones: those that nobody has resolved, and
those that came back since something has changed. Each group has a number, says how much
it matters (an error across families, or of a family's first-listed member; else a
warning), the address, the account in the way, and who is in it.

Examples:
  rosterctl duplicates
  rosterctl duplicates --status resolved     those of earlier syncs
)" EVERY R"(.)"},
    {"resolve", "step 2: say who holds the address of a duplicate",
     R"(Step 2, one group at a time. --keep: this person has the address, and the others are not
synced while they want it too. --use-email2: this person uses the second e-mail that
FACTS has; without GROUP also for somebody whose e-mail is missing. --share-login: the
family uses one login. --reopen takes it back. Where FACTS has to be compared again for
it, that is waited for.

Examples:
  rosterctl resolve 3 --keep 10412
  rosterctl resolve 3 --use-email2 10998
  rosterctl resolve --use-email2 10998       a missing e-mail
  rosterctl resolve 3 --reopen
)" EVERY R"(;
1 also when the poll that takes it up was not used.)"},
    {"matches", "step 2: who may have an account already, and which",
     R"(Step 2. Those for whom accounts on the site fit, and a person has to say which one it is:
each with the accounts that fit, active or archived. Nothing is guessed. Where several
carry somebody's id, that is settled on the site: all but one have to give it up there.

Example:
  rosterctl matches
)" EVERY R"(.)"},
    {"match", "step 2: say which account is somebody's",
     R"(Step 2, one person at a time. --account: that one is theirs. --none: none of those that
fit, so a new one may be added; for a lost account: start anew. --withdraw takes it back.
Where the site has to be compared again for it, that is waited for.

Examples:
  rosterctl match 10412 --account 4f1c
  rosterctl match 10412 --none
)" EVERY R"(;
1 also when the poll that takes it up was not used.)"},
    {"excluded", "step 3: who cannot be synced, and who is excluded on purpose",
     R"(Step 3, "Excluded students/families", preset to new errors: a missing e-mail, no person in
FACTS, lists of FACTS that disagree, an account to be matched, an account that is gone.
(Duplicates have their own screen.) --status on-purpose shows families and people who
were excluded, with the note, by whom and when.

Examples:
  rosterctl excluded
  rosterctl excluded --status on-purpose
)" EVERY R"(.)"},
    {"exclude", "step 3: leave families or people out on purpose",
     R"(Step 3. Who is excluded is skipped, and an account stays exactly as it is, this year and
the next. A family's members are excluded with it, unless another family of theirs is not.

Examples:
  rosterctl exclude family 812 930 --note "home-schooled this year"
  rosterctl exclude person 10412
)" EVERY R"(.)"},
    {"include", "step 3: take an exclusion back",
     R"(Step 3. Takes back what rosterctl exclude did; of a person, a protection too.

Examples:
  rosterctl include family 812
  rosterctl include person 10412
)" EVERY R"(.)"},
    {"protect", "never touch these people's accounts",
     R"(At any step. A protected account is treated like that of the site's owner: nothing is
ever written to it.

Example:
  rosterctl protect person 10412 --note "runs the site"
)" EVERY R"(.)"},
    {"unprotect", "take a protection back",
     R"(At any step. Takes back what rosterctl protect did; an exclusion too.

Example:
  rosterctl unprotect person 10412
)" EVERY R"(.)"},
    {"plan", "step 5: Pending Sync Tasks: to add, update, archive, restore, skip",
     R"(Step 5, "Pending sync tasks". Shows how many are to be added, updated, archived,
restored, skipped and unchanged, which add up to everybody; why people are skipped; and
the list, each with its reason. Changed e-mails and people missing from FACTS stand apart.
A guard that trips holds the plan: it says what is unusual, and the ways on. A plan has a
number and a digest, and never changes: what is shown is what an approval is for.

Examples:
  rosterctl plan                       what is pending now
  rosterctl plan --action archive      that list, whole
  rosterctl plan --class email-change  changed e-mails alone
  rosterctl plan --number 100          the first 100
  rosterctl plan 7 --action all        all items of plan 7
)" EVERY R"(.)"},
    {"sync", "step 6: Sync: approve a plan",
     R"(Step 6, "Sync": approves a plan, and the workers carry it out. Without PLAN it shows
what is pending and asks; with PLAN it approves exactly that plan. If somebody has
changed since the plan was prepared it is refused, with the list: review again, or
approve the rest with --leave-out-changed. What --only and --except leave out stays
pending. A plan that a guard holds is refused: look first, then lift the guard for this
plan alone with --override-guard --reason TEXT, or approve the rest with --only. Where the
school wants two people for it, the first approval is on record and nothing is done until
another person says the same; with --wait too, which then ends with 3.

Examples:
  rosterctl sync --wait                          show, ask, do, and watch
  rosterctl sync 7 --wait                        approve plan 7
  rosterctl sync 7 --leave-out-changed --wait
  rosterctl sync 7 --only add,update --wait
  rosterctl sync 7 --except 10412 10998
  rosterctl sync 7 --override-guard --reason "the seniors have left" --wait
)" EVERY R"(
(not allowed, changed since it was shown, or held); with --wait, 1 also when a task is dead
or unknown at the end.)"},
    {"invite", "step 7: Invite: send invitations, as a plan of their own",
     R"(Step 7, "Invite". Invitations never go by themselves: this prepares a plan of them
alone, shows how many and whom, and asks. Who has logged in is never invited, with
--never-accessed or without it; who was invited not long ago is left out.

Examples:
  rosterctl invite --never-accessed --wait
  rosterctl invite --never-accessed --batch 100
  rosterctl invite 10412 10998
  rosterctl invite --log                     what was sent, when, to whom
)" EVERY R"(.)"},
    {"undo", "prepare a plan that takes an earlier one back",
     R"(After a sync: prepares the inverse of what a plan did, and shows it, with what cannot be
taken back and why (a sent invitation; somebody who has changed since). Nothing is done
before rosterctl sync approves it, like any other plan.

Example:
  rosterctl undo 7
)" EVERY R"(.)"},
    {"tasks", "what approved plans have come to, task by task",
     R"(After a sync: what is queued, leased, in retry, unknown, applied, dead, superseded.
A task is named PLAN.INDEX. Dead: it failed for good, and waits for rosterctl retry.
Superseded: the person or the account had changed meanwhile; it comes back for review.
Unknown: the worker went silent, or the site gave no answer; the site is looked at before
anything else is done. Where it can't tell, or was looked at again and again, the task
waits for a person: rosterctl confirm if it is done, rosterctl retry if it is not.

Examples:
  rosterctl tasks --state dead
  rosterctl tasks --state unknown
  rosterctl tasks --plan 7
  rosterctl tasks --action archive
)" EVERY R"(.)"},
    {"retry", "queue dead tasks again, and unknown ones that are not done",
     R"(When the cause is mended: queues dead tasks again. Of an unknown task it says that you
have looked at the site, and it is not done: it is tried again. The worker still looks
first. --all takes the dead ones alone.

Examples:
  rosterctl retry 7.12 7.15
  rosterctl retry --all
)" EVERY R"(
(also when a named task was neither dead nor unknown, or a worker has it).)"},
    {"confirm", "say of unknown tasks that they are done",
     R"(For tasks whose outcome nobody knows, and the site can't tell (rosterctl tasks --state
unknown): you have looked at the site, and it is done. The task ends as applied, under
your name, and the site is read again. If it is not done: rosterctl retry.
Of a site without an API, whose import files you have uploaded: --plan confirms all tasks
of the plan that wait, --except leaves out what the site refused. Confirm first, retry
what it refused afterwards (that comes in a file of its own), and export again.

Examples:
  rosterctl tasks --state unknown
  rosterctl confirm 7.12 7.15
  rosterctl confirm --plan 7 --except 7.12,7.15
)" EVERY R"(
(also when a named task was not unknown, or a worker has it).)"},
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
    {"journal", "the record: read it, export it for an auditor, prove it",
     R"(Without verify or export it prints the entries, like rosterctl events: by type, by whom,
about which person or plan, and of when. export writes every entry as a line of JSON, with
the digest of its bytes, into a new file that only you can read. verify reads the whole
journal: every entry carries the digest of the one before, so that one that was altered,
is missing or was moved shows, and is named. Then rosterd rebuilds from the entries who
is linked to which account, what was decided last, how every task ended and which plans
were approved, and names what is stored otherwise. Nothing is changed by it.

Examples:
  rosterctl journal verify
  rosterctl journal --since 1200
  rosterctl journal --actor uid:1000 --since 2026-08-01 --until "2026-08-31 18:00"
  rosterctl journal --type PlanApproved,ApprovalGiven --plan 7
  rosterctl journal export audit.jsonl
  rosterctl journal export --since 1200 | gzip > later.gz
)" EVERY R"(;
verify: 1 also when anything is wrong.)"},
    {"whoami", "who rosterd says you are, and what you may do",
     R"(Over ipc the kernel says who is calling, over tcp the key that was proven. What that may
do, in which school, says `access` in the config file of rosterd.

Example:
  rosterctl whoami
)" EVERY R"(.)"},
    {"reload", "have rosterd read its config file again",
     R"(For operators. Tells which keys count from now on, and which only from the next start
on. A file with a mistake is refused, and the old one stays. A key that `access` no
longer names is withdrawn: its open connections end.

Example:
  rosterctl reload
)" EVERY R"( (also when
the file is not good).)"},
    {"backup", "make a backup of everything, while rosterd runs",
     R"(For operators of every school. Goes to backup.directory of the config; files that a backup
before has already are shared with it. It is read again after it was written, and only
then older ones are removed (backup.keep). Whoever may read it sees children's data:
the directory is rosterd's alone. Best copied to another machine each time.
Put back with rosterd stopped: rosterd --restore latest, or a number.

Examples:
  rosterctl backup --wait
  rosterctl backup --wait --json
)" EVERY R"(; --wait: 1 also
when none was made.)"},
    {"backups", "list the backups",
     R"(For operators of every school. Those that were read again after they were written are good;
what became of the last one that was asked for is told below.

Example:
  rosterctl backups
)" EVERY R"(.)"},
    {"keygen", "make a key pair, for tcp",
     R"(Over tcp everybody proves who they are by a key pair: rosterd, workers, subscribers,
people. This makes one, in two files (ZeroMQ certificates): NAME.cert with the public
key, and NAME.cert_secret with both, which only its owner may read. Nothing is written
over. It shows the lines for the config. rosterd is not needed for it.

Examples:
  rosterctl keygen ann
  rosterctl keygen server --dir /etc/rosterd
)" EVERY R"( (a file
of that name is there already).)"},
    {"ack", "say that you know what the entries tell",
     R"(What awaits people is told by mail or otherwise, and told again until somebody does it, or
says here that it is known. What comes later is told as before.

Examples:
  rosterctl ack          all there is
  rosterctl ack 1200     up to entry 1200
)" EVERY R"(.)"},
    {"forget", "remove what is held of people who have left",
     R"(Removes for good what is held of people who are no longer eligible, whose account is
archived or gone, and of whom no task is under way: names, addresses, decisions, links,
the values of their tasks. Their numbers stay in the journal, which still verifies. What
the site and FACTS hold of them is not touched. By age: retention in the config.
Backups that were made before still hold them, until they are rotated out (backup.keep);
a restore of one says whom to forget again.

Examples:
  rosterctl forget 10412
  rosterctl forget 10412 10998 --yes
)" EVERY R"(
(also when one of them is still here, or not known).)"},
    {"completion", "print the script that completes rosterctl in a shell",
     R"(Prints a script that completes commands, options and their words. The package installs
the three where the shells find them. rosterd is not needed for it.

Examples:
  rosterctl completion bash > ~/.local/share/bash-completion/completions/rosterctl
  rosterctl completion fish > ~/.config/fish/completions/rosterctl.fish
)" EVERY R"(.)"},
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
  rosterctl duplicates                  2  Resolve duplicates: resolve GROUP ...
  rosterctl matches                        accounts that may be theirs: match ID ...
  rosterctl excluded                    3  Excluded: exclude, include family|person ID...
  rosterctl users --status all          4  everybody
  rosterctl plan                        5  Pending Sync Tasks
  rosterctl sync --wait                 6  Sync
  rosterctl invite --never-accessed     7  Invite
Afterwards: rosterctl undo PLAN takes a sync back, rosterctl explain ID says why.
Nothing reaches the site without an approved plan. rosterctl COMMAND --help says more.

Over the network, tcp://HOST:PORT, also: --server-key KEY --key FILE. rosterctl keygen
makes keys, rosterctl whoami says who one is there.

Of several schools in one rosterd, --school S says which. Without it what only lists is of
all in which you have a role: users, duplicates, matches, excluded, invite --log, tasks,
explain, events and journal, with --follow and verify. What changes something, or has a
number that only counts in one school (plan, tasks --plan, events --since N), asks for it.
With --json each line then says its "school". The exit code is 1 when one school failed
(of explain: when none knows the person), 3 when every school refused.

Environment: ROSTER_CONTROL (the endpoint), ROSTER_SERVER_KEY, ROSTER_KEY (a file),
COLUMNS (the width), LINES (how many status --watch draws), NO_COLOR.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused (not allowed, stale, held);
status --exit-code adds 10 review needed, 11 held, 12 failing.)";

}  // namespace roster::client
