#include "client/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>

#include "client/certificate.h"
#include "client/checks.h"
#include "client/commands.h"
#include "client/completion.h"
#include "client/format.h"
#include "client/help.h"
#include "client/schools.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::size_t kPersonsMax = 10'000;

// What the options of all commands are read into; each command has its own App and uses its part.
struct Input {
  std::string status, match, grade, situation, bucket, family, change_class;  // filters
  std::vector<std::string> reasons;
  std::vector<std::string> persons, tasks, types, only, except;
  std::string plan, person, action, state, since, number, batch, note, override_reason;
  std::string group, keep, use_email2, share_login, account, what, name, folder;
  std::string actor, until, seq, file;
  bool all = false, wait = false, yes = false, leave_out_changed = false, never_accessed = false;
  bool exit_code = false, watch = false, follow = false, fields = false, reopen = false,
       none = false;
  bool withdraw = false, log = false, override_guard = false;
};

std::vector<std::string> With(std::vector<std::string> words, const char* word) {
  words.emplace_back(word);
  return words;
}

const char* const kIdIs = "an ID is a whole number above 0";
const char* const kGroupIs = "a group is a whole number above 0, as rosterctl duplicates shows it";
const char* const kNumberIs = "a whole number above 0";
constexpr std::size_t kForgetMax = 1000;  // as control.proto says
const char* const kTimeIs = "a time: 2026-08-24, 2026-08-24 06:30 or 2026-08-24T06:30:05Z";
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
    app_.add_option("--server-key", invocation_.server_key,
                    "rosterd's public key, for tcp; or ROSTER_SERVER_KEY")
        ->envname("ROSTER_SERVER_KEY")
        ->check(Check([](const std::string& text) { return IsKey(text); },
                      "a public key is 40 characters, as in rosterd's .cert file"))
        ->type_name("KEY");
    Path(app_.add_option("--key", invocation_.key_file,
                         "the file with your own key, for tcp; or ROSTER_KEY"),
         Values::Kind::kFile)
        ->envname("ROSTER_KEY")
        ->check(IsPath())
        ->type_name("FILE");
    app_.add_option("--school", invocation_.school, "which school; lists are of all without")
        ->check(IsShort())
        ->check(Check(
            [](const std::string& text) { return text.find_first_of(", ") == std::string::npos; },
            "one school; without --school lists are of all"))
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
    AddDuplicates();
    AddResolve();
    AddMatches();
    AddMatch();
    AddExcluded();
    AddExclude("exclude", true);
    AddExclude("include", false);
    AddProtect("protect", v1::PROTECT);
    AddProtect("unprotect", v1::INCLUDE);
    AddPlan();
    AddSync();
    AddInvite();
    AddUndo();
    AddTasks();
    AddRetry();
    AddConfirm();
    AddExplain();
    AddEvents();
    AddJournal();
    AddWhoAmI();
    AddReload();
    AddBackup();
    AddBackups();
    AddKeygen();
    AddAck();
    AddForget();
    AddCompletion();
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

  CommandLine Describe() const { return client::Describe(app_, values_); }

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

  // One of a closed set of words, which completion offers.
  CLI::Option* Among(CLI::Option* option, std::vector<std::string> words) {
    values_[option].words = words;
    return option->check(OneOf(std::move(words)));
  }
  CLI::Option* Path(CLI::Option* option, Values::Kind kind) {
    values_[option].kind = kind;
    return option;
  }

  std::string Chosen() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? "" : " " + chosen.front()->get_name();
  }

  void AddFilters(CLI::App* command) {
    Among(command->add_option("--status", in_.status, "new, selected, skipped, error or all"),
          With(AllWords<v1::ListStatus>(), "all"))
        ->type_name("STATUS");
    command->add_option("--match", in_.match, "part of a name, an e-mail or an ID")
        ->check(IsShort())
        ->type_name("TEXT");
    command->add_option("--grade", in_.grade, "as FACTS has it, for example 09")
        ->check(IsShort())
        ->type_name("G");
    Among(command->add_option("--situation", in_.situation, List(AllWords<v1::Situation>())),
          AllWords<v1::Situation>())
        ->type_name("S");
    Among(command->add_option("--bucket", in_.bucket, List(AllWords<v1::Bucket>())),
          AllWords<v1::Bucket>())
        ->type_name("B");
    AddClass(command, "of that class of changes alone");
    command->add_option("--family", in_.family, "users of that family")
        ->check(IsId(kIdIs))
        ->type_name("ID");
    command->add_option("--reason", in_.reasons, "why they stand there; several: A,B")
        ->check(IsReason())
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("WORD");
  }

  void AddClass(CLI::App* command, const std::string& description) {
    Among(command->add_option("--class", in_.change_class,
                              description + ": " + List(AllWords<v1::ChangeClass>())),
          AllWords<v1::ChangeClass>())
        ->type_name("CLASS");
  }
  void AddNote(CLI::App* command) {
    command->add_option("--note", in_.note, "why, kept with the decision")
        ->check(IsNote())
        ->type_name("TEXT");
  }

  bool HasFilter() const {
    return !(in_.status.empty() && in_.match.empty() && in_.grade.empty() &&
             in_.situation.empty() && in_.bucket.empty() && in_.change_class.empty() &&
             in_.family.empty() && in_.reasons.empty());
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
    filter.set_change_class(ChangeClass().value_or(v1::CHANGE_CLASS_UNSPECIFIED));
    filter.set_family(NumberOr<std::int64_t>(in_.family, 0));
    for (const std::string& reason : in_.reasons) filter.add_reasons(reason);
    return filter;
  }

  std::optional<v1::ChangeClass> ChangeClass() const {
    return FromWord<v1::ChangeClass>(in_.change_class);
  }

  std::vector<std::int64_t> Persons() const { return Ids(in_.persons); }

  static std::vector<std::int64_t> Ids(const std::vector<std::string>& texts) {
    if (texts.size() > kPersonsMax) {
      Wrong(fmt::format("ID: {} at most in one command", Number(kPersonsMax)));
    }
    std::set<std::int64_t> ids;
    for (const std::string& text : texts) ids.insert(NumberOr<std::int64_t>(text, 0));
    return {ids.begin(), ids.end()};
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
      if (in_.watch && in_.exit_code)
        Wrong("--watch has no end of its own: --exit-code goes without");
      invocation_.for_ever = in_.watch;  // an interrupt ends it with the screen as it was
      return [options = StatusOptions{in_.exit_code, in_.watch}](Session& s) {
        return RunStatus(s, options);
      };
    });
    command->add_flag("--watch", in_.watch, "a live view, redrawn every 2 seconds until Ctrl-C");
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
      UsersOptions options{Filter(), in_.fields};
      options.filter.set_family_context(options.filter.status() == v1::STATUS_NEW);
      return ForEachSchool(
          [options = std::move(options)](Session& s) { return RunUsers(s, options); });
    });
    AddFilters(command);
    command->add_flag("--fields", in_.fields, "what would be written, before → after, below each");
  }

  void AddDecide(const char* name, v1::Decision decision) {
    auto* command = Add(name, [this, name, decision]() -> Run {
      DecideOptions options;
      options.decision = decision;
      options.persons = Persons();
      options.note = in_.note;
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
    AddNote(command);
  }

  void AddDuplicates() {
    auto* command = Add("duplicates", [this]() -> Run {
      const auto status = FromWord<v1::GroupStatus>(in_.status).value_or(v1::GROUP_NEW);
      return ForEachSchool([status](Session& s) { return RunDuplicates(s, status); });
    });
    Among(command->add_option("--status", in_.status, "new (the preset), resolved or all"),
          AllWords<v1::GroupStatus>())
        ->type_name("STATUS");
  }

  void AddPerson(CLI::App* command, const char* name, std::string& into, const char* description) {
    command->add_option(name, into, description)->check(IsId(kIdIs))->type_name("PERSON");
  }

  void AddResolve() {
    auto* command = Add("resolve", [this]() -> Run {
      const ResolveOptions options = Resolve();
      return [options](Session& s) { return RunResolve(s, options); };
    });
    command->add_option("GROUP", in_.group, "as rosterctl duplicates shows it")
        ->check(IsId(kGroupIs))
        ->type_name("");
    AddPerson(command, "--keep", in_.keep, "this person keeps the address");
    AddPerson(command, "--use-email2", in_.use_email2,
              "this person uses the second e-mail of FACTS; GROUP may be left out");
    AddPerson(command, "--share-login", in_.share_login, "the family uses this person's login");
    command->add_flag("--reopen", in_.reopen, "takes back what was decided");
  }

  ResolveOptions Resolve() const {
    ResolveOptions options;
    options.group = NumberOr<std::uint64_t>(in_.group, 0);
    int ways = 0;
    const auto way = [&](const std::string& person, v1::ResolveGroup::HowCase how) {
      if (person.empty()) return;
      ++ways;
      options.how = how;
      options.person = NumberOr<std::int64_t>(person, 0);
    };
    way(in_.keep, v1::ResolveGroup::kKeep);
    way(in_.use_email2, v1::ResolveGroup::kUseEmail2);
    way(in_.share_login, v1::ResolveGroup::kShareLogin);
    if (in_.reopen) ++ways;
    if (ways != 1) {
      Wrong(
          "say how, in one way: --keep PERSON, --use-email2 PERSON, --share-login PERSON or "
          "--reopen");
    }
    if (options.group == 0 && options.how != v1::ResolveGroup::kUseEmail2) {
      Wrong("say which GROUP, as rosterctl duplicates shows it");
    }
    return options;
  }

  void AddMatches() {
    Add("matches", []() -> Run { return ForEachSchool(RunMatches); });
  }

  void AddMatch() {
    auto* command = Add("match", [this]() -> Run {
      MatchOptions options;
      options.person = NumberOr<std::int64_t>(in_.person, 0);
      options.account = in_.account;
      if (!in_.account.empty()) options.word = v1::DecideMatch::kAccount;
      if (in_.none) options.word = v1::DecideMatch::kNone;
      if (static_cast<int>(!in_.account.empty()) + static_cast<int>(in_.none) +
              static_cast<int>(in_.withdraw) !=
          1) {
        Wrong("say which, in one way: --account ACCOUNT, --none or --withdraw");
      }
      return [options = std::move(options)](Session& s) { return RunMatch(s, options); };
    });
    command->add_option("PERSON", in_.person, "an ID, as rosterctl matches shows it")
        ->required()
        ->check(IsId(kIdIs))
        ->type_name("");
    command->add_option("--account", in_.account, "this one, as rosterctl matches shows it")
        ->check(IsShort())
        ->type_name("ACCOUNT");
    command->add_flag("--none", in_.none, "none of them; of a lost account: start anew");
    command->add_flag("--withdraw", in_.withdraw, "what was said before no longer counts");
  }

  void AddExcluded() {
    auto* command = Add("excluded", [this]() -> Run {
      auto status = ExcludedStatus::kNew;
      if (in_.status == "on-purpose") status = ExcludedStatus::kOnPurpose;
      if (in_.status == "all") status = ExcludedStatus::kAll;
      return ForEachSchool([status](Session& s) { return RunExcluded(s, status); });
    });
    Among(command->add_option("--status", in_.status, "new (the preset), on-purpose or all"),
          {"new", "on-purpose", "all"})
        ->type_name("STATUS");
  }

  void AddExclude(const char* name, bool exclude) {
    auto* command = Add(name, [this, exclude]() -> Run {
      if (in_.what == "family") {
        DecideFamiliesOptions options{exclude, Persons(), in_.note};
        return [options = std::move(options)](Session& s) { return RunDecideFamilies(s, options); };
      }
      return Deciding(exclude ? v1::EXCLUDE : v1::INCLUDE);
    });
    Among(command->add_option("WHAT", in_.what, "family or person")->required(),
          {"family", "person"})
        ->type_name("");
    command->add_option("ID", in_.persons, "their IDs")
        ->required()
        ->check(IsId(kIdIs))
        ->type_name("");
    AddNote(command);
  }

  void AddProtect(const char* name, v1::Decision decision) {
    auto* command = Add(name, [this, decision]() -> Run { return Deciding(decision); });
    Among(command->add_option("WHAT", in_.what, "person")->required(), {"person"})->type_name("");
    command->add_option("ID", in_.persons, "persons, as rosterctl users shows them")
        ->required()
        ->check(IsId(kIdIs))
        ->type_name("");
    AddNote(command);
  }

  Run Deciding(v1::Decision decision) const {
    DecideOptions options;
    options.decision = decision;
    options.persons = Persons();
    options.note = in_.note;
    return [options = std::move(options)](Session& s) { return RunDecide(s, options); };
  }

  void AddPlan() {
    auto* command = Add("plan", [this]() -> Run {
      PlanOptions options;
      options.plan = PlanNumber();
      if (!in_.action.empty()) {
        options.bucket = FromWord<v1::Bucket>(in_.action).value_or(v1::BUCKET_UNSPECIFIED);
      }
      options.change_class = ChangeClass();
      options.number = NumberOr<std::uint64_t>(in_.number, 0);
      return [options](Session& s) { return RunPlan(s, options); };
    });
    AddPlanNumber(command, "PLAN", "a plan made before; none: what is pending now");
    Among(command->add_option(
              "--action", in_.action,
              "the whole list of add, update, archive, restore, skip, unchanged or all"),
          With(AllWords<v1::Bucket>(), "all"))
        ->type_name("ACTION");
    AddClass(command, "the whole list of one class");
    command->add_option("--number", in_.number, "so many rows at the most")
        ->check(IsId(kNumberIs))
        ->type_name("N");
  }

  SyncOptions Sync() const {
    SyncOptions options;
    options.plan = PlanNumber();
    options.leave_out_changed = in_.leave_out_changed;
    options.yes = in_.yes;
    options.wait = in_.wait;
    for (const std::string& word : in_.only) {
      if (const auto one = FromWord<v1::ChangeClass>(word)) options.only.push_back(*one);
    }
    options.except = Ids(in_.except);
    // Otherwise the number of a plan that stands behind the IDs would be taken for one of them.
    if (!options.except.empty() && options.plan == 0) {
      Wrong("--except goes with a plan that was shown: rosterctl sync PLAN --except ID...");
    }
    if (in_.override_guard != !in_.override_reason.empty()) {
      Wrong("--override-guard and --reason TEXT go together: why it is right to lift the guard");
    }
    if (in_.override_guard) options.override_reason = in_.override_reason;
    return options;
  }

  void AddSync() {
    auto* command = Add("sync", [this]() -> Run {
      return [options = Sync()](Session& s) { return RunSync(s, options); };
    });
    AddPlanNumber(command, "PLAN", "exactly that plan, without a question");
    command->add_flag("--leave-out-changed", in_.leave_out_changed,
                      "what has changed since it was shown is left out, the rest goes on");
    Among(
        command->add_option("--only", in_.only, "these classes alone, the rest stays pending: A,B"),
        AllWords<v1::ChangeClass>())
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("CLASS");
    command->add_option("--except", in_.except, "not these persons; behind PLAN")
        ->check(IsId(kIdIs))
        ->delimiter(',')
        ->type_name("ID");
    command->add_flag("--override-guard", in_.override_guard,
                      "lifts the guards that hold it, for this plan alone");
    command->add_option("--reason", in_.override_reason, "why the guards are lifted, on record")
        ->check(IsNote())
        ->type_name("TEXT");
    command->add_flag("--yes", in_.yes, "no question");
    command->add_flag("--wait", in_.wait, "until it has ended, with a progress bar");
  }

  void AddInvite() {
    auto* command = Add("invite", [this]() -> Run {
      InviteOptions options{Persons(), in_.never_accessed, NumberOr<std::uint32_t>(in_.batch, 0),
                            in_.yes, in_.wait};
      if (in_.log) {
        if (!options.persons.empty() || in_.never_accessed || !in_.batch.empty() || in_.yes ||
            in_.wait) {
          Wrong("--log shows what was sent, and goes with nothing else");
        }
        return ForEachSchool(RunInviteLog);
      }
      return [options = std::move(options)](Session& s) { return RunInvite(s, options); };
    });
    AddPersons(command, "persons; none: everybody linked, active and never logged in");
    command->add_flag("--never-accessed", in_.never_accessed,
                      "holds anyway: who has logged in is not invited");
    command->add_option("--batch", in_.batch, "at most so many; else as the config says")
        ->check(Check(
            [](const std::string& text) { return ToNumber<std::uint32_t>(text).value_or(0) > 0; },
            kNumberIs))
        ->type_name("N");
    command->add_flag("--log", in_.log, "what was sent: when, to whom");
    command->add_flag("--yes", in_.yes, "no question");
    command->add_flag("--wait", in_.wait, "until it has ended, with a progress bar");
  }

  void AddUndo() {
    auto* command = Add("undo", [this]() -> Run {
      return [plan = PlanNumber()](Session& s) { return RunUndo(s, plan); };
    });
    AddPlanNumber(command, "PLAN", "the plan to take back");
    command->get_option("PLAN")->required();
  }

  void AddTasks() {
    auto* command = Add("tasks", [this]() -> Run {
      TasksOptions options;
      options.action = FromWord<v1::Action>(in_.action).value_or(v1::ACTION_UNSPECIFIED);
      options.state = FromWord<v1::TaskState>(in_.state).value_or(v1::TASK_STATE_UNSPECIFIED);
      options.plan = PlanNumber();
      return Listing([options](Session& s) { return RunTasks(s, options); });
    });
    Among(command->add_option("--state", in_.state, List(AllWords<v1::TaskState>()) + " or all"),
          With(AllWords<v1::TaskState>(), "all"))
        ->type_name("STATE");
    Among(command->add_option("--action", in_.action, List(AllWords<v1::Action>()) + " or all"),
          With(AllWords<v1::Action>(), "all"))
        ->type_name("ACTION");
    AddPlanNumber(command, "--plan", "of that plan alone");
    command->get_option("--plan")->type_name("PLAN");
  }

  void AddRetry() {
    auto* command = Add("retry", [this]() -> Run {
      RetryOptions options;
      options.all = in_.all;
      options.tasks = Tasks(in_.tasks);
      if (options.all != options.tasks.empty()) {
        Wrong(options.all ? "TASK and --all exclude each other"
                          : "say which: rosterctl retry TASK..., or rosterctl retry --all");
      }
      return [options = std::move(options)](Session& s) { return RunRetry(s, options); };
    });
    AddTaskNames(command);
    command->add_flag("--all", in_.all, "all that are dead");
  }

  void AddConfirm() {
    auto* command = Add("confirm", [this]() -> Run {
      ConfirmOptions options;
      options.tasks = Tasks(in_.tasks);
      options.plan = PlanNumber();
      options.action = FromWord<v1::Action>(in_.action).value_or(v1::ACTION_UNSPECIFIED);
      options.except = Tasks(in_.except);
      if ((options.plan == 0) == options.tasks.empty()) {
        Wrong(options.plan != 0 ? "TASK and --plan exclude each other"
                                : "say which: rosterctl confirm TASK..., or rosterctl confirm "
                                  "--plan PLAN");
      }
      if (options.plan == 0 && (!in_.action.empty() || !options.except.empty())) {
        Wrong("--action and --except go with --plan");
      }
      return [options = std::move(options)](Session& s) { return RunConfirm(s, options); };
    });
    AddTaskNames(command);
    AddPlanNumber(command, "--plan", "all of that plan that wait for a person");
    command->get_option("--plan")->type_name("PLAN");
    Among(command->add_option("--action", in_.action, List(AllWords<v1::Action>()) + " or all"),
          With(AllWords<v1::Action>(), "all"))
        ->type_name("ACTION");
    command->add_option("--except", in_.except, "not these tasks: A,B")
        ->check(IsTask())
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("TASK");
  }

  void AddTaskNames(CLI::App* command) {
    command->add_option("TASK", in_.tasks, "PLAN.INDEX, as rosterctl tasks shows them")
        ->check(IsTask())
        ->type_name("");
  }

  static CLI::Validator IsTask() {
    return Check([](const std::string& text) { return ToTask(text).has_value(); },
                 "a task is PLAN.INDEX, for example 7.12");
  }

  static std::vector<v1::TaskRef> Tasks(const std::vector<std::string>& names) {
    std::vector<v1::TaskRef> tasks;
    for (const std::string& text : names) {
      if (auto task = ToTask(text)) tasks.push_back(std::move(*task));
    }
    if (tasks.size() > kPersonsMax) {
      Wrong(fmt::format("TASK: {} at most in one command", Number(kPersonsMax)));
    }
    return tasks;
  }

  void AddExplain() {
    auto* command = Add("explain", [this]() -> Run {
      const auto person = NumberOr<std::int64_t>(in_.person, 0);
      return ForEachSchool([person](Session& s) { return RunExplain(s, person); }, Worth::kBest);
    });
    command->add_option("PERSON", in_.person, "an ID, as rosterctl users shows it")
        ->required()
        ->check(IsId(kIdIs))
        ->type_name("");
  }

  void AddEvents() {
    auto* command = Add("events", [this]() -> Run {
      EventsOptions options = Events();
      options.follow = in_.follow;
      invocation_.for_ever = options.follow;
      return Entries(std::move(options));
    });
    command->add_flag("--follow", in_.follow, "and what comes, until it is interrupted");
    AddEntries(command, "those after entry N; not given: all, with --follow new ones alone");
  }

  EventsOptions Events() const {
    EventsOptions options;
    options.since = ToNumber<std::uint64_t>(in_.since);
    options.filter.types = in_.types;
    options.filter.actor = in_.actor;
    options.filter.person = NumberOr<std::int64_t>(in_.person, 0);
    options.filter.plan = PlanNumber();
    if (!options.since) options.filter.from = ParseTime(in_.since);
    options.filter.until = ParseTime(in_.until);
    return options;
  }

  // Plans and entries are numbered school by school: who names one is asked which school is meant.
  Run Listing(Run run) const { return in_.plan.empty() ? ForEachSchool(std::move(run)) : run; }
  Run Entries(EventsOptions options) const {
    if (options.follow) {
      return [options = std::move(options)](Session& s) { return RunFollow(s, options); };
    }
    const bool numbered = options.since.has_value();
    Run run = [options = std::move(options)](Session& s) { return RunEvents(s, options); };
    return numbered ? run : Listing(std::move(run));
  }

  bool HasEntryFilter() const {
    return !(in_.types.empty() && in_.actor.empty() && in_.person.empty() && in_.plan.empty() &&
             in_.until.empty());
  }

  void AddJournal() {
    auto* command = Add("journal", [this]() -> Run {
      if (!in_.file.empty() && in_.what != "export") Wrong("FILE goes with export");
      if (in_.what == "verify") {
        if (HasEntryFilter() || !in_.since.empty()) {
          Wrong(
              "verify looks at the whole journal, and goes with no filter (--since, --type, ...)");
        }
        return ForEachSchool(RunJournalVerify);
      }
      if (in_.what == "export") {
        const auto since = ToNumber<std::uint64_t>(in_.since);
        if (HasEntryFilter() || (!in_.since.empty() && !since)) {
          Wrong("export writes every entry after --since N, and goes with no other filter");
        }
        invocation_.for_ever = true;  // an interrupt ends it at the end of a line
        ExportOptions options{since.value_or(0), in_.file};
        return [options = std::move(options)](Session& s) { return RunJournalExport(s, options); };
      }
      return Entries(Events());
    });
    Among(command->add_option("WHAT", in_.what, "verify or export; none: the entries, one a line"),
          {"verify", "export"})
        ->type_name("");
    Path(command->add_option("FILE", in_.file, "of export: a new file; none: standard output"),
         Values::Kind::kFile)
        ->type_name("");
    AddEntries(command, "those after entry N, or from that time on; not given: all");
    command->add_option("--until", in_.until, "those up to that time")
        ->check(Check([](const std::string& text) { return ParseTime(text).has_value(); }, kTimeIs))
        ->type_name("TIME");
    command->add_option("--actor", in_.actor, "by whom, for example uid:1000; see whoami")
        ->check(IsActor())
        ->type_name("WHO");
    command->add_option("--person", in_.person, "that name this person")
        ->check(IsId(kIdIs))
        ->type_name("ID");
    AddPlanNumber(command, "--plan", "about that plan, or a task of it");
    command->get_option("--plan")->type_name("PLAN");
  }

  void AddWhoAmI() {
    Add("whoami", []() -> Run { return [](Session& s) { return RunWhoAmI(s); }; });
  }

  void AddReload() {
    Add("reload", []() -> Run { return [](Session& s) { return RunReload(s); }; });
  }

  void AddBackup() {
    auto* command = Add("backup", [this]() -> Run {
      return [options = BackupOptions{in_.wait}](Session& s) { return RunBackup(s, options); };
    });
    command->add_flag("--wait", in_.wait, "wait until it is made and was read again");
  }

  void AddBackups() {
    Add("backups", []() -> Run { return [](Session& s) { return RunBackups(s); }; });
  }

  void AddKeygen() {
    auto* command = Add("keygen", [this]() -> Run {
      invocation_.local = true;
      return [options = KeygenOptions{in_.name, in_.folder}](Session& s) {
        return RunKeygen(s, options);
      };
    });
    command->add_option("NAME", in_.name, "whose: a person, a program or a machine")
        ->required()
        ->check(Check([](const std::string& text) { return IsKeyName(text); },
                      "a name is 1 to 32 of a-z, 0-9 and -"))
        ->type_name("");
    Path(command->add_option("--dir", in_.folder, "the folder to write to; else this one"),
         Values::Kind::kFolder)
        ->check(IsPath())
        ->type_name("D");
  }

  void AddEntries(CLI::App* command, const char* since) {
    command->add_option("--since", in_.since, since)
        ->check(Check(
            [](const std::string& text) {
              return ToNumber<std::uint64_t>(text).has_value() || ParseTime(text).has_value();
            },
            "a whole number, 0 or above, or a time: 2026-08-24, 2026-08-24T06:30"))
        ->type_name("N");
    Among(
        command->add_option("--type", in_.types, "only these, for example ReviewRequired,TaskDead"),
        EventNames())
        ->delimiter(',')
        ->type_name("T");
  }

  void AddAck() {
    auto* command = Add("ack", [this]() -> Run {
      const auto seq = NumberOr<std::uint64_t>(in_.seq, 0);
      return [seq](Session& s) { return RunAck(s, seq); };
    });
    command->add_option("SEQ", in_.seq, "up to this entry; none: all there are")
        ->check(IsId("an entry is a whole number above 0, as rosterctl journal shows it"))
        ->type_name("");
  }

  void AddForget() {
    auto* command = Add("forget", [this]() -> Run {
      ForgetOptions options{Persons(), in_.yes};
      if (options.persons.size() > kForgetMax) {
        Wrong(fmt::format("PERSON: {} at most in one command", Number(kForgetMax)));
      }
      return [options = std::move(options)](Session& s) { return RunForget(s, options); };
    });
    command->add_option("PERSON", in_.persons, "their IDs")
        ->required()
        ->check(IsId(kIdIs))
        ->type_name("");
    command->add_flag("--yes", in_.yes, "no question");
  }

  void AddCompletion() {
    auto* command = Add("completion", [this]() -> Run {
      invocation_.local = true;
      return [script = CompletionFor(in_.what, Describe())](Session& s) -> Answer<Exit> {
        s.console.Print(script);
        return Exit::kDone;
      };
    });
    Among(command->add_option("SHELL", in_.what, "bash, zsh or fish"), kShells)
        ->required()
        ->type_name("");
  }

  CLI::App app_;
  Invocation invocation_;
  Input in_;
  ValuesOf values_;
};

}  // namespace

Answer<std::variant<Invocation, Text>> ParseArguments(std::vector<std::string> args) {
  Parser parser;
  return parser.Parse(std::move(args));
}

CommandLine DescribeArguments() { return Parser().Describe(); }

}  // namespace roster::client
