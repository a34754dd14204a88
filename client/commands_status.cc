#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "client/approval.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/needs.h"
#include "client/screen.h"
#include "client/table.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr int kWordsMax = 10;
constexpr std::size_t kNeedsMax = 20;   // told one by one
constexpr std::size_t kReviewsMax = 5;  // of schools that only want a review, told one by one
constexpr int kBlocksMax = 3;           // schools in full, where there are several
constexpr Millis kRedrawEvery{2000};

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

// What of a school is worst; nullopt: all is well.
std::optional<Urgency> WorstOf(const v1::SchoolStatus& school) {
  std::optional<Urgency> worst;
  for (const Need& need : NeedsOf(school, true)) {
    worst = std::min(worst.value_or(need.urgency), need.urgency);
  }
  return worst;
}

struct SchoolStanding {
  const char* word;
  Tone tone;
  int rank;  // the worst first
};
SchoolStanding StandingOf(const v1::SchoolStatus& school, std::optional<Urgency> worst) {
  if (!worst && !school.has_last_good_poll()) return {"not read yet", Tone::kPlain, 3};
  if (!worst) return {"well", Tone::kGood, 3};
  switch (*worst) {
    case Urgency::kFailing:
      return {"failing", Tone::kBad, 0};
    case Urgency::kHeld:
      return {"held", Tone::kWarning, 1};
    case Urgency::kReview:
      return {"to review", Tone::kWarning, 2};
  }
  return {"", Tone::kPlain, 3};
}

class Screen {
 public:
  Screen(Session& session, const v1::Status& status) : session_(session), status_(status) {}

  // Whether all is well, and if not, what to do.
  void Needs() {
    const std::vector<Need> needs = NeedsOf(status_, !session_.school.empty() || several());
    if (needs.empty()) {
      const bool read = std::all_of(status_.schools().begin(), status_.schools().end(),
                                    [](const auto& one) { return one.has_last_good_poll(); });
      if (read) {
        session_.console.Line(session_.console.In(Tone::kGood, "All is well."));
      } else {
        session_.console.Line(session_.console.In(Tone::kBold,
                                                  "Nothing is wrong, and not all was read yet: the "
                                                  "first poll has not ended."));
      }
      return;
    }
    session_.console.Line(session_.console.In(
        Tone::kBold,
        needs.size() == 1 ? "1 thing needs you:" : Number(needs.size()) + " things need you:"));
    std::set<std::string> reviewed;
    std::size_t told = 0;
    for (const Need& need : needs) {
      if (told == kNeedsMax) break;
      if (several() && need.urgency == Urgency::kReview && !reviewed.contains(need.school)) {
        if (reviewed.size() == kReviewsMax) break;
        reviewed.insert(need.school);
      }
      Tell(need);
      ++told;
    }
    if (told == needs.size()) return;
    session_.console.Line(
        fmt::format("  ... and {} more: the table below says where; rosterctl status --school ID "
                    "says what.",
                    Number(needs.size() - told)));
  }

  void Head() {
    session_.console.Line();
    session_.console.Line(fmt::format("rosterd {}, running since {}",
                                      Clean(status_.daemon_version()),
                                      Minute(status_.started_at())));
    const v1::BackupStatus& backup = status_.backup();
    if (backup.has_last_good_at()) {
      session_.console.Line(fmt::format("Last backup {}: number {}, {}",
                                        Ago(backup.last_good_at(), status_.now()),
                                        backup.last_good(), Bytes(backup.last_good_bytes())));
    }
  }

  // Those that fail in full, the first few; the others a line each, the worst first.
  void Schools() {
    if (!several()) {
      for (const v1::SchoolStatus& school : status_.schools()) School(school);
      return;
    }
    std::vector<std::pair<SchoolStanding, const v1::SchoolStatus*>> lines;
    int blocks = 0;
    for (const v1::SchoolStatus& school : status_.schools()) {
      const std::optional<Urgency> worst = WorstOf(school);
      if (worst == Urgency::kFailing && blocks < kBlocksMax) {
        ++blocks;
        School(school);
        continue;
      }
      lines.emplace_back(StandingOf(school, worst), &school);
    }
    std::stable_sort(lines.begin(), lines.end(),
                     [](const auto& a, const auto& b) { return a.first.rank < b.first.rank; });
    if (lines.empty()) return;
    session_.console.Line();
    Table table({{"School", Align::kLeft, 8, false},
                 {"Name", Align::kLeft, 6, false},
                 {"Standing", Align::kLeft, 0, false},
                 {"Good poll", Align::kLeft, 0, false},
                 {"Users", Align::kRight, 0, false},
                 {"New", Align::kRight, 0, false},
                 {"Pending", Align::kRight, 0, false},
                 {"Tasks", Align::kRight, 0, false}},
                session_.console);
    for (const auto& [standing, school] : lines) {
      const v1::Counters& counters = school->counters();
      const v1::TaskCounts& tasks = school->tasks();
      table.Add(
          {{school->school(), Tone::kPlain, {}},
           {school->name(), Tone::kDim, {}},
           {standing.word, standing.tone, {}},
           {school->has_last_good_poll() ? Ago(school->last_good_poll().ended_at(), status_.now())
                                         : "none yet",
            Tone::kPlain,
            {}},
           {Number(counters.everybody()), Tone::kPlain, {}},
           {Number(counters.fresh()), Tone::kPlain, {}},
           {Number(PendingOf(counters)), Tone::kPlain, {}},
           {Number(tasks.queued() + tasks.leased() + tasks.unknown()), Tone::kPlain, {}}});
    }
    session_.console.Print(table.Take());
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
      Row(fmt::format("Plan {}", plan.plan()), WaitingLine(school, plan));
    }
    if (school.acknowledged() > 0) Row("Known", KnownLine(school));
    if (school.unknown_words_size() > 0) {
      Row("Unmapped",
          fmt::format("status words that the config does not map: {}", UnknownWords(school)));
    }
    for (const v1::Count& notice : school.last_good_poll().notices()) {
      Row("In FACTS", NoticeText(notice));
    }
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

  bool several() const { return status_.schools_size() > 1; }
  // As commands have to name a school; "": they need not.
  std::string named(const std::string& school) const {
    return several() || !session_.school.empty() ? school : "";
  }

  void Tell(const Need& need) {
    const std::string where = several() && !need.school.empty() ? need.school + ": " : "";
    const Tone tone = need.urgency == Urgency::kFailing
                          ? Tone::kBad
                          : (need.urgency == Urgency::kHeld ? Tone::kWarning : Tone::kPlain);
    Lines(need.urgency == Urgency::kReview ? "  * " : "  ! ", where + need.what, tone);
    Lines("    > ", need.mend, Tone::kPlain);
  }

  void Lines(std::string_view begin, const std::string& text, Tone tone) {
    std::string before(begin);
    for (const std::string& line :
         Wrap(Clean(text), session_.console.terminal().width - begin.size())) {
      session_.console.Line(session_.console.In(tone, before + line));
      before.assign(begin.size(), ' ');
    }
  }

  static std::string ToReview(const v1::SchoolStatus& school) {
    const v1::Counters& counters = school.counters();
    std::string text = Count(counters.fresh(), "user");
    const std::uint64_t again = SkippedBecause(counters, "decision-outdated");
    if (again > 0) text += fmt::format(", {} of them again", Number(again));
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

  std::string WaitingLine(const v1::SchoolStatus& school, const v1::Plan& plan) const {
    const std::string replaced = ReplacedText(plan);
    return fmt::format(
        "waits for a second approver, {} approved it {}: {}. {}Another person runs: {}",
        plan.first_approval().actor(), Minute(plan.first_approval().at()), ActionsLine(plan),
        replaced.empty() ? "" : replaced + " ", SecondCommand(plan, named(school.school())));
  }

  std::string KnownLine(const v1::SchoolStatus& school) const {
    const std::string known = fmt::format("up to entry {}", school.acknowledged());
    if (school.head() <= school.acknowledged()) return known + ", the newest";
    return WithSchool(fmt::format("{}; {} newer: rosterctl journal --since {}", known,
                                  school.head() - school.acknowledged() == 1
                                      ? "1 is"
                                      : Number(school.head() - school.acknowledged()) + " are",
                                  school.acknowledged()),
                      named(school.school()));
  }

  Session& session_;
  const v1::Status& status_;
};

Exit CodeOf(const v1::Status& status) {
  const std::vector<Need> needs = NeedsOf(status, true);
  if (needs.empty()) return Exit::kDone;
  switch (needs.front().urgency) {  // the worst is the first
    case Urgency::kFailing:
      return Exit::kFailing;
    case Urgency::kHeld:
      return Exit::kHeld;
    case Urgency::kReview:
      return Exit::kReviewNeeded;
  }
  return Exit::kDone;
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

void Draw(Session& session, const v1::Status& status) {
  Screen screen(session, status);
  screen.Needs();
  screen.Head();
  screen.Schools();
  screen.Workers();
  screen.Limits();
}

// As many lines as fit, behind what clears the screen.
void Redraw(Session& session, const std::string& text) {
  const std::size_t height = session.console.terminal().height;
  std::string shown = "\x1b[H\x1b[2J";
  std::size_t lines = 0;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = text.find('\n', from);
    const std::size_t next = end == std::string::npos ? text.size() : end + 1;
    // The last line of the screen is for what is left out, and for the cursor.
    if (lines + 2 >= height && next < text.size()) {
      shown += session.console.In(Tone::kDim, "... rosterctl status shows the rest");
      break;
    }
    shown += text.substr(from, next - from);
    from = next;
    ++lines;
  }
  session.console.Print(shown);
  session.console.Flush();
}

constexpr std::string_view kOtherScreen = "\x1b[?1049h\x1b[?25l";  // xterm's, without a cursor
constexpr std::string_view kOwnScreen = "\x1b[?1049l\x1b[?25h";

// The screen as it was comes back, whatever ends the view.
class LiveView {
 public:
  explicit LiveView(Console& console) : console_(console) { console_.Print(kOtherScreen); }
  ~LiveView() {
    console_.Print(kOwnScreen);
    console_.Flush();
  }
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

 private:
  Console& console_;
};

Answer<Exit> Watch(Session& session) {
  if (session.json || !session.console.terminal().out) {
    return Fail(
        Exit::kUsage,
        "--watch is a live view for a terminal. For programs: rosterctl status --json, again "
        "and again, or rosterctl events --follow.");
  }
  const LiveView view(session.console);
  session.connection.WaitForEver([&](const std::string& message) {
    Redraw(session, Clean(message) + " Waiting on; Ctrl-C ends this.\n");
  });
  while (!session.clock.Interrupted() && !session.console.broken()) {
    auto status = AskStatus(session);
    if (!status && session.clock.Interrupted()) break;
    if (!status) return tl::unexpected(std::move(status).error());
    session.console.Measure();
    std::istringstream nothing;
    std::ostringstream text;
    std::ostringstream errors;
    Console page(nothing, text, errors, session.console.terminal());
    Session drawn{session.connection, page,           session.clock,
                  session.open_feed,  session.school, false};
    Draw(drawn, *status);
    Redraw(session, text.str());
    session.clock.Wait(kRedrawEvery);
  }
  return Exit::kDone;
}

}  // namespace

Answer<Exit> RunStatus(Session& session, const StatusOptions& options) {
  if (options.watch) return Watch(session);
  CLIENT_ASSIGN(const v1::Status status, AskStatus(session));
  if (session.json) {
    session.Json(status);
  } else {
    Draw(session, status);
    if (NeedsOf(status, false).empty()) {
      session.Next("nothing to do; rosterctl poll --wait looks for changes now");
    }
  }
  return options.exit_code ? CodeOf(status) : Exit::kDone;
}

}  // namespace roster::client
