#include "client/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <set>

#include "client/commands.h"
#include "client/format.h"
#include "client/help.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::size_t kTextMax = 200;  // bytes of --match, --grade, --school
constexpr std::size_t kPersonsMax = 10'000;

// What the options of all commands are read into; each command has its own App and uses its part.
struct Input {
  std::string status, match, grade, situation, bucket;  // users, select, deselect
  std::vector<std::string> persons, tasks, types;
  std::string plan, person, action, state, since;
  bool all = false, wait = false, yes = false, leave_out_changed = false, never_accessed = false;
  bool exit_code = false, follow = false;
};

template <typename Number>
std::optional<Number> ToNumber(const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Of what a validator has let through.
template <typename Number>
Number NumberOr(const std::string& text, Number otherwise) {
  return ToNumber<Number>(text).value_or(otherwise);
}

std::optional<v1::TaskRef> ToTask(const std::string& text) {
  const auto dot = text.find('.');
  if (dot == std::string::npos) return std::nullopt;
  const auto plan = ToNumber<std::uint64_t>(text.substr(0, dot));
  const auto index = ToNumber<std::uint32_t>(text.substr(dot + 1));
  if (!plan || !index || *plan == 0) return std::nullopt;
  v1::TaskRef task;
  task.set_plan(*plan);
  task.set_index(*index);
  return task;
}

CLI::Validator Check(std::function<bool(const std::string&)> allowed, std::string what) {
  return CLI::Validator(
      [allowed = std::move(allowed), what = std::move(what)](std::string& text) -> std::string {
        return allowed(text) ? "" : fmt::format("\"{}\" is not allowed: {}", text, what);
      },
      "");
}

CLI::Validator OneOf(std::vector<std::string> words) {
  std::string what = "use one of " + List(words);
  return Check(
      [words = std::move(words)](const std::string& text) {
        return std::find(words.begin(), words.end(), text) != words.end();
      },
      std::move(what));
}

CLI::Validator IsId(const char* what) {
  return Check([](const std::string& text) { return ToNumber<std::int64_t>(text).value_or(0) > 0; },
               what);
}

CLI::Validator IsShort() {
  return Check([](const std::string& text) { return !text.empty() && text.size() <= kTextMax; },
               fmt::format("1 to {} characters", kTextMax));
}

std::vector<std::string> With(std::vector<std::string> words, const char* word) {
  words.emplace_back(word);
  return words;
}

[[noreturn]] void Wrong(const std::string& message) { throw CLI::ValidationError(message); }

const char* const kIdIs = "an ID is a whole number above 0";
const char* const kPlanIs = "a plan is a whole number above 0, as rosterctl plan shows it";

class Parser {
 public:
  Parser() : app_("rosterctl: review, approve and watch what rosterd does", "rosterctl") {
    app_.fallthrough();
    app_.require_subcommand(0, 1);
    app_.set_version_flag("--version", "rosterctl " ROSTER_VERSION);
    app_.footer(kFooter);
    app_.get_formatter()->column_width(30);
    app_.add_option("--endpoint", invocation_.endpoint,
                    "where rosterd listens; or the environment's ROSTER_CONTROL")
        ->envname("ROSTER_CONTROL")
        ->check(IsShort())
        ->type_name("E");
    app_.add_option("--school", invocation_.school, "which school, where there are several")
        ->check(IsShort())
        ->type_name("S");
    app_.add_flag("--json", invocation_.json,
                  "protobuf JSON, one object a line, instead of tables");
    app_.add_option("--timeout", invocation_.timeout, "how long to wait for rosterd: 15 seconds")
        ->check(CLI::Range(1, 3600))
        ->type_name("SECONDS");
    // In the order of the workflow.
    AddStatus();
    AddPoll();
    AddUsers();
    AddDecide("select", v1::SYNC);
    AddDecide("deselect", v1::SKIP);
    AddPlan();
    AddSync();
    AddInvite();
    AddTasks();
    AddRetry();
    AddExplain();
    AddEvents();
  }

  Answer<std::variant<Invocation, Text>> Parse(std::vector<std::string> args) {
    std::reverse(args.begin(), args.end());  // as CLI11 wants them
    try {
      app_.parse(std::move(args));
    } catch (const CLI::CallForHelp&) {
      return Text{app_.help()};
    } catch (const CLI::CallForVersion& version) {
      return Text{std::string(version.what()) + "\n"};
    } catch (const CLI::ParseError& error) {
      return Fail(Exit::kUsage, fmt::format("{}\nSee rosterctl{} --help.", error.what(), Chosen()));
    }
    if (!invocation_.run) {
      return Fail(Exit::kUsage,
                  "Say a command: " + List(CommandNames()) + ".\nSee rosterctl --help.");
    }
    return invocation_;
  }

 private:
  using Run = std::function<Answer<Exit>(Session&)>;

  // A command; `prepare` checks what the options say together, and makes what is run.
  CLI::App* Add(const char* name, std::function<Run()> prepare) {
    const HelpPage& page = HelpOf(name);
    CLI::App* command = app_.add_subcommand(name, page.summary);
    command->footer(page.text);
    command->callback([this, prepare = std::move(prepare)] { invocation_.run = prepare(); });
    return command;
  }

  std::string Chosen() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? "" : " " + chosen.front()->get_name();
  }

  void AddFilters(CLI::App* command) {
    command->add_option("--status", in_.status, "new, selected, skipped, error or all")
        ->check(OneOf(With(AllWords<v1::ListStatus>(), "all")))
        ->type_name("STATUS");
    command->add_option("--match", in_.match, "part of a name, an e-mail or an ID")
        ->check(IsShort())
        ->type_name("TEXT");
    command->add_option("--grade", in_.grade, "as FACTS has it, for example 09")
        ->check(IsShort())
        ->type_name("G");
    command->add_option("--situation", in_.situation, List(AllWords<v1::Situation>()))
        ->check(OneOf(AllWords<v1::Situation>()))
        ->type_name("S");
    command->add_option("--bucket", in_.bucket, List(AllWords<v1::Bucket>()))
        ->check(OneOf(AllWords<v1::Bucket>()))
        ->type_name("B");
  }

  bool HasFilter() const {
    return !(in_.status.empty() && in_.match.empty() && in_.grade.empty() &&
             in_.situation.empty() && in_.bucket.empty());
  }

  // The status is preset to new, as in the manual tool.
  v1::Filter Filter() const {
    v1::Filter filter;
    if (in_.status != "all") {
      filter.set_status(FromWord<v1::ListStatus>(in_.status).value_or(v1::STATUS_NEW));
    }
    filter.set_match(in_.match);
    filter.set_grade(in_.grade);
    filter.set_situation(
        FromWord<v1::Situation>(in_.situation).value_or(v1::SITUATION_UNSPECIFIED));
    filter.set_bucket(FromWord<v1::Bucket>(in_.bucket).value_or(v1::BUCKET_UNSPECIFIED));
    return filter;
  }

  std::vector<std::int64_t> Persons() const {
    if (in_.persons.size() > kPersonsMax) {
      Wrong(fmt::format("ID: {} at most in one command", Number(kPersonsMax)));
    }
    std::set<std::int64_t> persons;
    for (const std::string& text : in_.persons) persons.insert(NumberOr<std::int64_t>(text, 0));
    return {persons.begin(), persons.end()};
  }

  void AddPersons(CLI::App* command, const char* description) {
    command->add_option("ID", in_.persons, description)->check(IsId(kIdIs))->type_name("");
  }
  void AddPlanNumber(CLI::App* command, const char* name, const char* description) {
    command->add_option(name, in_.plan, description)->check(IsId(kPlanIs))->type_name("");
  }
  std::uint64_t PlanNumber() const { return NumberOr<std::uint64_t>(in_.plan, 0); }

  void AddStatus() {
    auto* command = Add("status", [this]() -> Run {
      return [options = StatusOptions{in_.exit_code}](Session& s) { return RunStatus(s, options); };
    });
    command->add_flag("--exit-code", in_.exit_code, "answer by the exit code too, see below");
  }

  void AddPoll() {
    auto* command = Add("poll", [this]() -> Run {
      return [options = PollOptions{in_.wait}](Session& s) { return RunPoll(s, options); };
    });
    command->add_flag("--wait", in_.wait, "until it has ended, with a progress bar");
  }

  void AddUsers() {
    auto* command = Add("users", [this]() -> Run {
      return [filter = Filter()](Session& s) { return RunUsers(s, filter); };
    });
    AddFilters(command);
  }

  void AddDecide(const char* name, v1::Decision decision) {
    auto* command = Add(name, [this, name, decision]() -> Run {
      DecideOptions options;
      options.decision = decision;
      options.persons = Persons();
      if (in_.all) options.filter = Filter();
      if (in_.all && !options.persons.empty()) Wrong("ID and --all exclude each other");
      if (!in_.all && options.persons.empty()) {
        Wrong(fmt::format("say whom: rosterctl {0} ID..., or rosterctl {0} --all", name));
      }
      if (!in_.all && HasFilter()) Wrong("filters go with --all");
      if (in_.all && !HasFilter() && decision == v1::SKIP) {
        Wrong(
            "deselect --all wants a filter (--grade, --match, ...), or --status all to mean "
            "everybody");
      }
      return [options = std::move(options)](Session& s) { return RunDecide(s, options); };
    });
    AddPersons(command, "persons, as rosterctl users shows them");
    command->add_flag("--all", in_.all, "all that rosterctl users shows with the same filters");
    AddFilters(command);
  }

  void AddPlan() {
    auto* command = Add("plan", [this]() -> Run {
      PlanOptions options;
      options.plan = PlanNumber();
      if (!in_.action.empty()) {
        options.bucket = FromWord<v1::Bucket>(in_.action).value_or(v1::BUCKET_UNSPECIFIED);
      }
      return [options](Session& s) { return RunPlan(s, options); };
    });
    AddPlanNumber(command, "PLAN", "a plan made before; none: what is pending now");
    command
        ->add_option("--action", in_.action,
                     "the whole list of add, update, archive, restore, skip, unchanged or all")
        ->check(OneOf(With(AllWords<v1::Bucket>(), "all")))
        ->type_name("ACTION");
  }

  void AddSync() {
    auto* command = Add("sync", [this]() -> Run {
      const SyncOptions options{PlanNumber(), in_.leave_out_changed, in_.yes, in_.wait};
      return [options](Session& s) { return RunSync(s, options); };
    });
    AddPlanNumber(command, "PLAN", "exactly that plan, without a question");
    command->add_flag("--leave-out-changed", in_.leave_out_changed,
                      "what has changed since it was shown is left out, the rest goes on");
    command->add_flag("--yes", in_.yes, "no question");
    command->add_flag("--wait", in_.wait, "until it has ended, with a progress bar");
  }

  void AddInvite() {
    auto* command = Add("invite", [this]() -> Run {
      InviteOptions options{Persons(), in_.never_accessed, in_.yes, in_.wait};
      return [options = std::move(options)](Session& s) { return RunInvite(s, options); };
    });
    AddPersons(command, "persons; none: everybody linked and active");
    command->add_flag("--never-accessed", in_.never_accessed,
                      "only those who have never logged in");
    command->add_flag("--yes", in_.yes, "no question");
    command->add_flag("--wait", in_.wait, "until it has ended, with a progress bar");
  }

  void AddTasks() {
    auto* command = Add("tasks", [this]() -> Run {
      TasksOptions options;
      options.state = FromWord<v1::TaskState>(in_.state).value_or(v1::TASK_STATE_UNSPECIFIED);
      options.plan = PlanNumber();
      return [options](Session& s) { return RunTasks(s, options); };
    });
    command->add_option("--state", in_.state, List(AllWords<v1::TaskState>()) + " or all")
        ->check(OneOf(With(AllWords<v1::TaskState>(), "all")))
        ->type_name("STATE");
    AddPlanNumber(command, "--plan", "of that plan alone");
    command->get_option("--plan")->type_name("PLAN");
  }

  void AddRetry() {
    auto* command = Add("retry", [this]() -> Run {
      RetryOptions options;
      options.all = in_.all;
      for (const std::string& text : in_.tasks) {
        if (auto task = ToTask(text)) options.tasks.push_back(std::move(*task));
      }
      if (options.all != options.tasks.empty()) {
        Wrong(options.all ? "TASK and --all exclude each other"
                          : "say which: rosterctl retry TASK..., or rosterctl retry --all");
      }
      if (options.tasks.size() > kPersonsMax) {
        Wrong(fmt::format("TASK: {} at most in one command", Number(kPersonsMax)));
      }
      return [options = std::move(options)](Session& s) { return RunRetry(s, options); };
    });
    command->add_option("TASK", in_.tasks, "PLAN.INDEX, as rosterctl tasks shows them")
        ->check(Check([](const std::string& text) { return ToTask(text).has_value(); },
                      "a task is PLAN.INDEX, for example 7.12"))
        ->type_name("");
    command->add_flag("--all", in_.all, "all that are dead");
  }

  void AddExplain() {
    auto* command = Add("explain", [this]() -> Run {
      const auto person = NumberOr<std::int64_t>(in_.person, 0);
      return [person](Session& s) { return RunExplain(s, person); };
    });
    command->add_option("PERSON", in_.person, "an ID, as rosterctl users shows it")
        ->required()
        ->check(IsId(kIdIs))
        ->type_name("");
  }

  void AddEvents() {
    auto* command = Add("events", [this]() -> Run {
      EventsOptions options;
      options.follow = in_.follow;
      if (!in_.since.empty()) options.since = NumberOr<std::uint64_t>(in_.since, 0);
      options.types = in_.types;
      invocation_.for_ever = options.follow;
      return [options = std::move(options)](Session& s) { return RunEvents(s, options); };
    });
    command->add_flag("--follow", in_.follow, "and what comes, until it is interrupted");
    command
        ->add_option("--since", in_.since,
                     "those after entry N; not given: all, with --follow new ones alone")
        ->check(
            Check([](const std::string& text) { return ToNumber<std::uint64_t>(text).has_value(); },
                  "a whole number, 0 or above"))
        ->type_name("N");
    command->add_option("--type", in_.types, "only these, for example ReviewRequired,TaskDead")
        ->check(OneOf(EventNames()))
        ->delimiter(',')
        ->type_name("T");
  }

  CLI::App app_;
  Invocation invocation_;
  Input in_;
};

}  // namespace

Answer<std::variant<Invocation, Text>> ParseArguments(std::vector<std::string> args) {
  Parser parser;
  return parser.Parse(std::move(args));
}

}  // namespace roster::client
