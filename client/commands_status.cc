#include <fmt/format.h>

#include "client/approval.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::int64_t kWorkerSilenceMax = 30;  // seconds
constexpr int kWordsMax = 10;

bool NeedsReview(const v1::SchoolStatus& school) {
  const v1::Counters& counters = school.counters();
  return counters.fresh() + counters.to_add() + counters.to_update() + counters.to_archive() +
             counters.to_restore() >
         0;
}

bool IsStopped(const v1::SchoolStatus& school) {
  return !school.has_next_poll_at() && !school.polling();
}

std::string UnknownWords(const v1::SchoolStatus& school) {
  std::string text;
  for (int i = 0; i < school.unknown_words_size() && i < kWordsMax; ++i) {
    const v1::Count& word = school.unknown_words(i);
    const std::string name = word.reason().empty() ? "(blank)" : "\"" + word.reason() + "\"";
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", name, Number(word.count()));
  }
  if (school.unknown_words_size() > kWordsMax) text += ", ...";
  return text;
}

// What keeps a school from being in step, in sentences; empty when nothing does.
std::vector<std::string> ProblemsOf(const v1::Status& status, const v1::SchoolStatus& school) {
  std::vector<std::string> problems;
  if (!school.source_problem().empty()) problems.push_back("Source: " + school.source_problem());
  if (!school.site_problem().empty()) problems.push_back("Site: " + school.site_problem());
  if (school.last_poll().state() == v1::Poll::REJECTED) {
    problems.push_back("The last poll was not used: " + school.last_poll().message());
  }
  if (IsStopped(school)) {
    problems.push_back("Polls are stopped: mend what is said above, then type rosterctl poll.");
  }
  if (school.tasks().dead() > 0) {
    problems.push_back(fmt::format("{} could not be done: see rosterctl tasks --state dead.",
                                   Count(school.tasks().dead(), "task")));
  }
  if (school.tasks().resting() > 0) {
    problems.push_back(fmt::format(
        "{} may or may not have been done, and the site can't tell: rosterctl tasks --state "
        "unknown names them; rosterctl confirm or rosterctl retry settles them.",
        Count(school.tasks().resting(), "task")));
  }
  const std::uint64_t unknown = school.tasks().unknown() - school.tasks().resting();
  const bool waiting = school.tasks().queued() + unknown > 0;
  if (waiting && status.workers().empty()) {
    problems.push_back(
        "Tasks are waiting, and no worker is there: is it running (systemctl status "
        "roster-worker)?");
  }
  return problems;
}

bool IsSilent(const v1::Status& status, const v1::WorkerStatus& worker) {
  return status.now().seconds() - worker.seen_at().seconds() > kWorkerSilenceMax;
}

class Screen {
 public:
  Screen(Session& session, const v1::Status& status) : session_(session), status_(status) {}

  void Head() {
    session_.console.Line(fmt::format("rosterd {}, running since {}",
                                      Clean(status_.daemon_version()),
                                      Minute(status_.started_at())));
    if (!status_.disk_problem().empty()) Problem("Disk: " + status_.disk_problem());
    if (!status_.config_problem().empty()) {
      Problem(
          "Config: the file was not taken when it was last read again, and rosterd would not start "
          "with it: " +
          status_.config_problem());
    }
  }

  // What rosterd has held back so far, to stay within its bounds.
  void Limits() {
    if (status_.limits().empty()) return;
    session_.console.Line();
    session_.console.Line("Limits reached since it started");
    for (const v1::LimitReached& limit : status_.limits()) {
      session_.console.Line(
          fmt::format("  {}: {}, last {}. {}", Clean(limit.limit()), Count(limit.times(), "time"),
                      Ago(limit.last_at(), status_.now()), Clean(limit.sentence())));
    }
  }

  void School(const v1::SchoolStatus& school) {
    session_.console.Line();
    const std::string name = school.name().empty() ? school.school() : school.name();
    session_.console.Line(
        session_.console.In(Tone::kBold, Clean(name)) +
        fmt::format(" ({}), accounts of {}", Clean(school.school()), Clean(school.accounts())));
    Row("Last poll", LastPoll(school));
    if (school.has_last_good_poll() &&
        school.last_good_poll().poll() != school.last_poll().poll()) {
      Row("Last good", PollLine(school.last_good_poll()));
    }
    if (!school.poll_phase().empty()) Row("Under way", Clean(school.poll_phase()));
    Row("Next poll", IsStopped(school) ? "none: stopped" : Minute(school.next_poll_at()));
    Row("Users", CountersLine(school.counters()));
    Row("To review", ToReview(school));
    Row("Pending", Pending(school.counters()));
    if (school.rollover()) {
      Row("Rollover", "the window is open: its own limits hold until it ends");
    }
    Row("Tasks", TasksLine(school.tasks()));
    for (const v1::Plan& plan : school.plans()) {
      Row(fmt::format("Plan {}", plan.plan()), PlanLine(plan));
    }
    for (const v1::Plan& plan : school.waiting()) {
      Row(fmt::format("Plan {}", plan.plan()), WaitingLine(plan));
    }
    if (school.acknowledged() > 0) Row("Known", KnownLine(school));
    if (school.unknown_words_size() > 0) {
      Row("Unmapped",
          fmt::format("status words that the config does not map: {}", UnknownWords(school)));
    }
    for (const v1::Count& notice : school.last_good_poll().notices()) {
      Row("In FACTS", NoticeText(notice));
    }
    for (const v1::Hold& hold : school.holds()) Held(hold);
    for (const std::string& problem : ProblemsOf(status_, school)) Problem(problem);
  }

  void Workers() {
    session_.console.Line();
    if (status_.workers().empty()) {
      session_.console.Line("No worker is connected.");
      return;
    }
    session_.console.Line("Workers");
    for (const v1::WorkerStatus& worker : status_.workers()) {
      const std::string line =
          fmt::format("  {}  {}, heard {}", Clean(worker.worker()), Count(worker.leased(), "task"),
                      Ago(worker.seen_at(), status_.now()));
      session_.console.Line(
          session_.console.In(IsSilent(status_, worker) ? Tone::kBad : Tone::kPlain, line));
    }
  }

 private:
  void Row(const std::string& name, const std::string& text) {
    bool first = true;
    for (const std::string& line : Wrap(Clean(text), session_.console.terminal().width - 13)) {
      session_.console.Line("  " + Pad(first ? name : "", 11) + line);
      first = false;
    }
  }

  void Problem(const std::string& text, Tone tone = Tone::kBad) {
    bool first = true;
    for (const std::string& line : Wrap(Clean(text), session_.console.terminal().width - 4)) {
      session_.console.Line(session_.console.In(tone, (first ? "  ! " : "    ") + line));
      first = false;
    }
  }

  void Held(const v1::Hold& hold) {
    Problem(fmt::format("Held by the guard on {}: {}", GuardText(hold.guard()), hold.message()),
            Tone::kWarning);
  }

  static std::string ToReview(const v1::SchoolStatus& school) {
    const v1::Counters& counters = school.counters();
    std::string text = fmt::format("{} never reviewed", Count(counters.fresh(), "user"));
    if (school.accounts() != "parents") return text;
    text += fmt::format(", of {}; {} selected with new users", Families(counters.families_fresh()),
                        Families(counters.families_selected()));
    if (counters.families_excluded() > 0) {
      text += fmt::format("; {} excluded", Families(counters.families_excluded()));
    }
    return text + fmt::format("; {} in all", Families(counters.families()));
  }

  std::string LastPoll(const v1::SchoolStatus& school) const {
    std::string text = school.has_last_poll() ? PollLine(school.last_poll()) : "none yet";
    return school.polling() ? text + "; one is running" : text;
  }

  std::string PollLine(const v1::Poll& poll) const {
    const std::string when =
        fmt::format("{} ({})", Ago(poll.ended_at(), status_.now()), Minute(poll.ended_at()));
    if (poll.state() != v1::Poll::USED) return when + ", not used";
    std::string text = when + ": " + Count(poll.students(), "student");
    if (poll.families() > 0) text += ", " + Families(poll.families());
    return text + fmt::format(", {}, {} changed", Count(poll.accounts(), "account"),
                              Count(poll.rows_changed(), "row"));
  }

  static std::string Pending(const v1::Counters& counters) {
    return fmt::format("{} to add · {} to update · {} to archive · {} to restore",
                       Number(counters.to_add()), Number(counters.to_update()),
                       Number(counters.to_archive()), Number(counters.to_restore()));
  }

  static std::string PlanLine(const v1::Plan& plan) {
    const std::uint64_t ended =
        plan.tasks().applied() + plan.tasks().dead() + plan.tasks().superseded();
    return fmt::format("{}, approved {} by {}: {}; {} of {} ended",
                       plan.state() == v1::FINISHED ? "finished" : "under way",
                       Minute(plan.approved_at()), plan.approved_by(), ActionsLine(plan),
                       Number(ended), Number(TotalOf(plan.tasks())));
  }

  static std::string WaitingLine(const v1::Plan& plan) {
    return fmt::format(
        "waits for a second approver, {} approved it {}: {}. Another person runs: {}",
        plan.first_approval().actor(), Minute(plan.first_approval().at()), ActionsLine(plan),
        SecondCommand(plan));
  }

  static std::string KnownLine(const v1::SchoolStatus& school) {
    const std::string known = fmt::format("up to entry {}", school.acknowledged());
    if (school.head() <= school.acknowledged()) return known + ", the newest";
    return fmt::format("{}; {} newer: rosterctl journal --since {}", known,
                       school.head() - school.acknowledged() == 1
                           ? "1 is"
                           : Number(school.head() - school.acknowledged()) + " are",
                       school.acknowledged());
  }

  Session& session_;
  const v1::Status& status_;
};

bool IsFailing(const v1::Status& status) {
  if (!status.disk_problem().empty() || !status.config_problem().empty()) return true;
  for (const v1::SchoolStatus& school : status.schools()) {
    if (!ProblemsOf(status, school).empty()) return true;
  }
  for (const v1::WorkerStatus& worker : status.workers()) {
    if (IsSilent(status, worker)) return true;
  }
  return false;
}

Exit CodeOf(const v1::Status& status) {
  if (IsFailing(status)) return Exit::kFailing;
  Exit exit = Exit::kDone;
  for (const v1::SchoolStatus& school : status.schools()) {
    if (school.holds_size() > 0) return Exit::kHeld;
    if (NeedsReview(school)) exit = Exit::kReviewNeeded;
  }
  return exit;
}

// Of all schools, or of the one that was named.
Answer<v1::Status> AskStatus(Session& session) {
  if (!session.school.empty()) {
    CLIENT_ASSIGN(Standing one, AskStanding(session));
    one.status.clear_schools();
    *one.status.add_schools() = std::move(one.school);
    return std::move(one.status);
  }
  v1::Request request;
  request.mutable_get_status();
  CLIENT_ASSIGN(v1::Reply reply, session.connection.Call(request));
  return std::move(*reply.mutable_status());
}

void SayNext(const Session& session, const v1::Status& status) {
  std::uint64_t fresh = 0;
  std::uint64_t dead = 0;
  std::uint64_t resting = 0;
  std::uint64_t waiting = 0;
  bool pending = false;
  bool held = false;
  for (const v1::SchoolStatus& school : status.schools()) {
    fresh += school.counters().fresh();
    dead += school.tasks().dead();
    resting += school.tasks().resting();
    pending = pending || NeedsReview(school);
    held = held || school.holds_size() > 0;
    if (school.waiting_size() > 0) waiting = school.waiting(0).plan();
  }
  if (resting > 0) {
    session.Next("rosterctl tasks --state unknown");
  } else if (dead > 0) {
    session.Next("rosterctl tasks --state dead");
  } else if (waiting != 0) {
    session.Next(fmt::format("rosterctl plan {} shows what waits for a second approver", waiting));
  } else if (fresh > 0) {
    session.Next("rosterctl users");
  } else if (held) {
    session.Next("rosterctl plan shows what the guards hold, and the ways on");
  } else if (pending) {
    session.Next("rosterctl plan");
  } else {
    session.Next("nothing to do; rosterctl poll --wait looks for changes now");
  }
}

}  // namespace

Answer<Exit> RunStatus(Session& session, const StatusOptions& options) {
  CLIENT_ASSIGN(const v1::Status status, AskStatus(session));
  if (session.json) {
    session.Json(status);
  } else {
    Screen screen(session, status);
    screen.Head();
    for (const v1::SchoolStatus& school : status.schools()) screen.School(school);
    screen.Workers();
    screen.Limits();
    SayNext(session, status);
  }
  return options.exit_code ? CodeOf(status) : Exit::kDone;
}

}  // namespace roster::client
