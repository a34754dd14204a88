#include "client/notify/wording.h"

#include <fmt/format.h>

#include "client/event_text.h"
#include "client/format.h"
#include "client/notify/matters.h"
#include "client/text.h"
#include "client/words.h"

namespace roster::notify {
namespace {

using client::Number;

std::string Guards(const google::protobuf::RepeatedField<int>& guards) {
  std::vector<std::string> words;
  for (const int guard : guards) words.push_back(client::Word(static_cast<v1::Guard>(guard)));
  return client::List(words);
}

class Teller {
 public:
  Teller(const v1::Entry& entry, const std::string& school) : entry_(entry), school_(school) {}

  Telling Of(const v1::ReviewRequired& event) const {
    const std::uint64_t pending = event.pending_adds() + event.pending_updates() +
                                  event.pending_archives() + event.pending_restores();
    Telling telling;
    telling.awaits = "a reviewer";
    telling.headline = Count(pending, "change") + " to review";
    if (pending == 0 && event.new_errors() > 0) {
      telling.headline = Count(event.new_errors(), "user") + " with errors to review";
    }
    if (event.new_users() > 0) {
      telling.headline = Count(event.new_users(), "new user") + " to review";
    }
    // The entry counts what there is, not what this poll has brought.
    telling.what = fmt::format(
        "Poll {} found something new. With what was there before, {} without a decision and {} "
        "with errors. Pending are {} to add, {} to update, {} to archive and {} to restore. "
        "Nothing happens on the site until a plan is approved.",
        event.poll(), Are(event.new_users(), "new user"), Count(event.new_errors(), "user"),
        Number(event.pending_adds()), Number(event.pending_updates()),
        Number(event.pending_archives()), Number(event.pending_restores()));
    if (!event.held().empty()) {
      telling.what += " It is more than usual: the guards on " + Guards(event.held()) +
                      " would hold a plan of all of it.";
    }
    telling.commands = {Ctl("users")};
    if (event.new_errors() > 0) telling.commands.push_back(Ctl("excluded"));
    telling.commands.push_back(Ctl("plan"));
    return telling;
  }

  Telling Of(const v1::PlanPrepared& event) const {
    if (event.held().empty()) return Plain();
    return {fmt::format("Plan {} is held by a guard", event.plan()),
            "an approver",
            fmt::format("Plan {} holds {} and is more than usual: the guards on {} hold it whole, "
                        "with nothing done. Look at why; then lift the guards for this plan alone, "
                        "or approve less of it.",
                        event.plan(), Count(event.items(), "change"), Guards(event.held())),
            {Ctl(fmt::format("plan {}", event.plan())),
             Ctl(fmt::format("sync {} --override-guard --reason TEXT", event.plan()))}};
  }

  Telling Of(const v1::ApprovalGiven& event) const {
    return {fmt::format("Plan {} waits for a second approval", event.plan()),
            "a second approver, another person than the first",
            fmt::format("{} approved plan {}. It needs two people ({}), so nothing is done yet.{} "
                        "Look at the plan: below it stands the command that approves exactly what "
                        "the first has approved.",
                        entry_.actor(), event.plan(), event.reason(),
                        event.replaces() == 0
                            ? ""
                            : fmt::format(" The approval by {} (entry {}) was for a different "
                                          "choice or no longer holds, and counts no more.",
                                          event.replaced_actor(), event.replaces())),
            {Ctl(fmt::format("plan {}", event.plan()))}};
  }

  Telling Of(const v1::SourceStopped& event) const {
    return {"FACTS refuses us: no polls any more",
            "an operator",
            fmt::format("{} ({}). Until somebody mends that, nobody new and no change is seen, and "
                        "no poll goes out by itself. When it is mended, ask for a poll.",
                        Sentence(event.message()), event.reason()),
            {Ctl("status"), Ctl("poll --wait")}};
  }

  Telling Of(const v1::PollRejected& event) const {
    return {"Polls are rejected again and again",
            "an operator",
            fmt::format("Poll {} was rejected ({}), as others before it. {}. Nothing was changed, "
                        "and nothing new is seen until a poll succeeds.",
                        event.poll(), event.reason(), Sentence(event.message())),
            {Ctl("status"), Ctl("poll --wait")}};
  }

  Telling Of(const v1::WorkersAway& event) const {
    return {"No worker is there",
            "an operator",
            fmt::format("{} approved and waiting, and no worker asks for any: what was approved is "
                        "not being done. Is roster-worker running?",
                        Are(event.waiting(), "task")),
            {"systemctl status roster-worker", Ctl("status")}};
  }

  Telling Of(const v1::BackupFailed& event) const {
    return {
        "No backup was made",
        "an operator",
        fmt::format("The last backup that was asked for was not made ({}). `status` says why, to "
                    "operators.",
                    event.reason()),
        {Ctl("status"), Ctl("backup --wait")}};
  }

  Telling Of(const v1::Restored& event) const {
    return {fmt::format("Put back from backup {}", event.backup()),
            "an operator",
            fmt::format("The state of the backup took the place of what was there. What you were "
                        "told of entries from {} on before this is no more in the journal, and "
                        "their numbers are given out again. {} open in it: what became of them "
                        "since is looked up at the site. Plans that were not approved have "
                        "expired; none can be made before a poll was used.",
                        entry_.seq(), Are(event.open_tasks(), "task")),
            {Ctl("status"), Ctl("poll --wait")},
            "What can't be found out is an approver's to settle",
            {Ctl("tasks --state unknown")}};
  }

  Telling Of(const v1::TaskDead& event) const {
    return {
        fmt::format("Task {}.{} has failed for good", event.plan(), event.index()),
        "an approver or an operator",
        fmt::format("The {} of person {} did not succeed: {}, after {}. It is not tried again by "
                    "itself. When the reason is mended, have it tried again.",
                    client::Word(event.action()), event.person(), event.reason(),
                    Count(event.attempt(), "try", "tries")),
        {Ctl(fmt::format("retry {}.{}", event.plan(), event.index()))},
        "A reviewer or an approver sees more of it",
        {Ctl(fmt::format("explain {}", event.person()))}};
  }

  Telling Of(const v1::TaskUnknown& event) const {
    if (!event.resting()) return Plain();
    if (event.reason() == "to-upload") {
      return {
          fmt::format("Import files of plan {} wait to be uploaded", event.plan()),
          "an approver",
          fmt::format("The {0} of person {1} is in the import file plan-{2}-{0}.csv, or, after a "
                      "retry, in the newest plan-{2}-{0}-N.csv: the tasks of the plan name the "
                      "files. Upload on the site what is not uploaded yet, then confirm what "
                      "the site took (--except leaves out what it did not), and export again.",
                      client::Word(event.action()), event.person(), event.plan()),
          {Ctl(fmt::format("tasks --plan {}", event.plan())),
           Ctl(fmt::format("confirm --plan {}", event.plan()))}};
    }
    return {fmt::format("Nobody knows the end of task {}.{}", event.plan(), event.index()),
            "an approver",
            fmt::format("Whether the {} of person {} was done could not be found out ({}). Look at "
                        "the site: if it is done, confirm it; if it is not, retry it.",
                        client::Word(event.action()), event.person(), event.reason()),
            {Ctl(fmt::format("explain {}", event.person())),
             Ctl(fmt::format("confirm {}.{}", event.plan(), event.index())),
             Ctl(fmt::format("retry {}.{}", event.plan(), event.index()))}};
  }

  Telling Of(const v1::SiteStopped& event) const {
    const std::string waiting = Are(event.waiting(), "task");
    if (event.reason() == "site-unauthorized" || event.reason() == "site-forbidden") {
      return {"The site refuses our key: nothing is carried out",
              "an operator",
              fmt::format("The site refuses the key that tasks are carried out with ({}). {} "
                          "approved and waiting, and none is done until that is mended: look at "
                          "site.scim.write_token in the worker's config, and at what the token may "
                          "do on the site. Then have it tried at once.",
                          event.reason(), waiting),
              {Ctl("status"), Ctl("retry --all")}};
    }
    return {"The site fails again and again: nothing is carried out",
            "an operator",
            fmt::format("For a minute or longer the site has done nothing but fail ({}). {} "
                        "approved and waiting. It is tried again and again by itself; when it is "
                        "known to work, have it tried at once.",
                        event.reason(), waiting),
            {Ctl("status"), Ctl("retry --all")}};
  }

  Telling Of(const v1::RequestRefused& event) const {
    if (!IsOfAccess(event)) return Plain();
    const std::string what =
        fmt::format("{} asked for {} and was refused ({}), {}. ", entry_.actor(), event.request(),
                    event.reason(), Count(event.times(), "time"));
    Telling telling{"Somebody asked for what they may not",
                    "an operator",
                    "",
                    {Ctl("events --type RequestRefused")}};
    if (event.reason() == "same-person") {
      telling.headline = "Somebody wanted to be both of two approvers";
      telling.what = what +
                     "What they approved takes two different people, and nothing was done: another "
                     "approver is to look at it. `status` says what waits.";
      telling.commands.push_back(Ctl("status"));
    } else if (event.reason() == "other-actor") {
      telling.headline = "Somebody used what is another's";
      telling.what = what +
                     "They sent a command under an id that somebody else had used, or worked under "
                     "the name of a worker that is somebody else's. Give each worker a name of its "
                     "own; if it is not that, find out who that is.";
    } else {
      telling.what = what +
                     "If they should, give them the role in `access` of rosterd's config; if not, "
                     "find out who that is.";
    }
    return telling;
  }

  Telling Plain() const {
    const std::string name = client::EventName(entry_);
    return {name.empty() ? "Something happened" : name,
            "",
            Sentence(client::EventText(entry_)) + ".",
            {}};
  }

 private:
  std::string Ctl(const std::string& command) const {
    return "rosterctl " + (school_.empty() ? "" : "--school " + school_ + " ") + command;
  }
  // Without the dot at its end.
  static std::string Sentence(std::string text) {
    while (text.ends_with('.')) text.pop_back();
    return text;
  }
  static std::string Count(std::uint64_t number, std::string_view noun) {
    return client::Count(number, noun);
  }
  // "12 tasks are"
  static std::string Are(std::uint64_t number, std::string_view noun) {
    return Count(number, noun) + (number == 1 ? " is" : " are");
  }
  static std::string Count(std::uint64_t number, std::string_view one, std::string_view many) {
    return number == 1 ? fmt::format("1 {}", one) : fmt::format("{} {}", Number(number), many);
  }

  const v1::Entry& entry_;
  const std::string& school_;
};

// What came over the wire is no word of ours.
Telling Cleaned(Telling telling) {
  telling.headline = client::Clean(telling.headline);
  telling.what = client::Clean(telling.what);
  for (auto* commands : {&telling.commands, &telling.others_commands}) {
    for (std::string& command : *commands) command = client::Clean(command);
  }
  return telling;
}

}  // namespace

Telling TellPlainly(const v1::Entry& entry) { return Cleaned(Teller(entry, "").Plain()); }

Telling Tell(const v1::Entry& entry, const std::string& school) {
  const Teller teller(entry, school);
  Telling telling;
  switch (entry.event_case()) {
    case v1::Entry::kReviewRequired:
      telling = teller.Of(entry.review_required());
      break;
    case v1::Entry::kPlanPrepared:
      telling = teller.Of(entry.plan_prepared());
      break;
    case v1::Entry::kApprovalGiven:
      telling = teller.Of(entry.approval_given());
      break;
    case v1::Entry::kSourceStopped:
      telling = teller.Of(entry.source_stopped());
      break;
    case v1::Entry::kPollRejected:
      telling = teller.Of(entry.poll_rejected());
      break;
    case v1::Entry::kWorkersAway:
      telling = teller.Of(entry.workers_away());
      break;
    case v1::Entry::kBackupFailed:
      telling = teller.Of(entry.backup_failed());
      break;
    case v1::Entry::kRestored:
      telling = teller.Of(entry.restored());
      break;
    case v1::Entry::kTaskDead:
      telling = teller.Of(entry.task_dead());
      break;
    case v1::Entry::kTaskUnknown:
      telling = teller.Of(entry.task_unknown());
      break;
    case v1::Entry::kSiteStopped:
      telling = teller.Of(entry.site_stopped());
      break;
    case v1::Entry::kRequestRefused:
      telling = teller.Of(entry.request_refused());
      break;
    default:
      telling = teller.Plain();
  }
  return Cleaned(std::move(telling));
}

std::string AcknowledgeCommand(std::uint64_t seq, const std::string& school) {
  return fmt::format("rosterctl {}ack {}", school.empty() ? "" : "--school " + school + " ", seq);
}

}  // namespace roster::notify
