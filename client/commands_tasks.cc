#include <fmt/format.h>

#include "client/approval.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/text.h"
#include "client/words.h"

namespace roster::client {
namespace {

std::string TaskName(std::uint64_t plan, std::uint32_t index) {
  return fmt::format("{}.{}", plan, index);
}

Tone ToneOf(v1::TaskState state) {
  switch (state) {
    case v1::APPLIED:
      return Tone::kGood;
    case v1::DEAD:
      return Tone::kBad;
    case v1::RETRY:
    case v1::UNKNOWN:
      return Tone::kWarning;
    default:
      return Tone::kPlain;
  }
}

std::string Why(const v1::TaskRow& row) {
  std::string why = row.sentence().empty() ? row.reason() : row.sentence();
  switch (row.state()) {
    case v1::RETRY:
      return fmt::format("Again at {}. {}", Second(row.not_before()), why);
    case v1::LEASED:
      return fmt::format("With {} until {}.", row.worker(), Second(row.lease_until()));
    case v1::APPLIED:
      return why.empty() ? Minute(row.ended_at()) : why;
    default:
      return why;
  }
}

Table TasksTable(const Session& session) {
  return Table({{"Task", Align::kLeft, 0, false},
                {"Action", Align::kLeft, 0, false},
                {"ID", Align::kRight, 0, false},
                {"Name", Align::kLeft, 10, false},
                {"State", Align::kLeft, 0, false},
                {"Tries", Align::kRight, 0, false},
                {"Why", Align::kLeft, 24, true}},
               session.console);
}

std::vector<Cell> TaskCells(const Session& session, const v1::TaskRow& row) {
  return {{TaskName(row.plan(), row.index()), Tone::kPlain, {}},
          {Word(row.action()), Tone::kPlain, {}},
          {std::to_string(row.person()), Tone::kPlain, {}},
          {Name(row.first_name(), row.last_name(), row.person()), Tone::kPlain, {}},
          {Word(row.state()), ToneOf(row.state()), {}},
          {std::to_string(row.attempt()), Tone::kPlain, {}},
          {session.WithSchool(Why(row)), Tone::kPlain, {}}};
}

void ShowRefused(const Session& session,
                 const google::protobuf::RepeatedPtrField<v1::RefusedTask>& refused) {
  for (const v1::RefusedTask& task : refused) {
    const std::string why = task.sentence().empty() ? task.reason() : task.sentence();
    session.console.Paragraph(fmt::format("Refused: {}. {}", TaskName(task.plan(), task.index()),
                                          Clean(session.WithSchool(why))));
  }
}

// Nobody knows, and the site can't be asked: what a person can do about it.
void SayHowToSettle(const Session& session, const v1::TaskCounts& counts) {
  if (counts.resting() == 0) return;
  session.console.Paragraph(session.WithSchool(
      fmt::format("{} for a person: look at the site. What is done there, rosterctl confirm "
                  "TASK...; what is not, rosterctl retry TASK...",
                  counts.resting() == 1 ? "1 unknown task waits"
                                        : Number(counts.resting()) + " unknown tasks wait")));
}

void SayNext(const Session& session, const v1::TaskCounts& counts) {
  if (counts.resting() > 0) {
    session.Next("rosterctl confirm TASK..., or rosterctl retry TASK...");
  } else if (counts.dead() > 0) {
    session.Next("mend the cause, then rosterctl retry TASK... or rosterctl retry --all");
  } else if (counts.queued() + counts.leased() + counts.unknown() > 0) {
    session.Next("rosterctl tasks again, or rosterctl events --follow");
  } else {
    session.Next("rosterctl status");
  }
}

}  // namespace

Answer<Exit> RunTasks(Session& session, const TasksOptions& options) {
  Table table = TasksTable(session);
  v1::TaskCounts counts;
  if (options.plan != 0) {
    CLIENT_ASSIGN(const v1::PlanReply plan, AskPlan(session, options.plan));
    counts = plan.plan().tasks();
  }
  std::uint64_t shown = 0;
  bool first = true;
  const auto ask = [&](const std::string& token) {
    v1::Request request;
    request.mutable_list_tasks()->set_state(options.state);
    request.mutable_list_tasks()->set_action(options.action);
    request.mutable_list_tasks()->set_plan(options.plan);
    request.mutable_list_tasks()->set_page_size(kPageSize);
    request.mutable_list_tasks()->set_page_token(token);
    return request;
  };
  const auto each = [&](const v1::TaskPage& page) {
    if (first) {
      if (options.plan == 0) counts = page.counts();  // of all plans
      const bool none = page.rows().empty() && page.next_page_token().empty();
      // Of one of several schools "No tasks." is all there is to say.
      if (!session.json && !(session.several && none)) {
        session.console.Line(TasksLine(counts));
        session.console.Line();
      }
    }
    first = false;
    for (const v1::TaskRow& row : page.rows()) {
      ++shown;
      if (session.json) {
        session.Json(row);
      } else {
        table.Add(TaskCells(session, row));
      }
    }
    if (table.waiting() >= kPageSize) session.console.Print(table.Take());
    return true;
  };
  CLIENT_TRY(ForEachPage<v1::TaskPage>(
      session, ask, [](const v1::Reply& reply) -> const v1::TaskPage& { return reply.tasks(); },
      each));
  if (session.json) return Exit::kDone;
  session.console.Print(table.Take());
  if (shown > 0) session.console.Line();
  std::string text = shown == 0 ? "No tasks" : Count(shown, "task");
  if (options.state != v1::TASK_STATE_UNSPECIFIED) text += " with state " + Word(options.state);
  if (options.action != v1::ACTION_UNSPECIFIED) text += " of action " + Word(options.action);
  if (options.plan != 0) text += fmt::format(" of plan {}", options.plan);
  session.console.Line(text + ".");
  SayHowToSettle(session, counts);
  if (shown > 0 || !session.several) SayNext(session, counts);
  return Exit::kDone;
}

Answer<Exit> RunRetry(Session& session, const RetryOptions& options) {
  v1::Request request;
  request.mutable_retry_tasks()->set_all_dead(options.all);
  for (const v1::TaskRef& task : options.tasks) *request.mutable_retry_tasks()->add_tasks() = task;
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::RetryReply& retry = reply.retry();
  const Exit exit = retry.refused_size() == 0 ? Exit::kDone : Exit::kRefused;
  if (session.json) {
    session.Json(retry);
    return exit;
  }
  session.console.Line(
      retry.retried() > 0 ? fmt::format("{} queued again.", Count(retry.retried(), "task"))
      : options.all ? "No dead task is queued again; what waits for the site is tried at once."
                    : "Nothing is queued again.");
  ShowRefused(session, retry.why());
  session.Next("rosterctl tasks");
  return exit;
}

Answer<Exit> RunConfirm(Session& session, const ConfirmOptions& options) {
  v1::Request request;
  v1::ConfirmTasks& confirm_tasks = *request.mutable_confirm_tasks();
  confirm_tasks.mutable_tasks()->Add(options.tasks.begin(), options.tasks.end());
  confirm_tasks.set_plan(options.plan);
  confirm_tasks.set_action(options.action);
  confirm_tasks.mutable_except()->Add(options.except.begin(), options.except.end());
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::ConfirmReply& confirm = reply.confirm();
  const Exit exit = confirm.refused_size() == 0 ? Exit::kDone : Exit::kRefused;
  if (session.json) {
    session.Json(confirm);
    return exit;
  }
  if (confirm.confirmed() == 0) {
    session.console.Line(
        options.plan == 0 || confirm.refused_size() > 0
            ? "Nothing is confirmed."
            : fmt::format("Nothing is confirmed: no task of plan {} waits for it.", options.plan));
  } else if (confirm.export_wanted()) {
    session.console.Paragraph(session.WithSchool(
        fmt::format("{} confirmed as done. Now export the volunteers on the site again, then "
                    "rosterctl poll --wait: until then nothing is planned.",
                    Count(confirm.confirmed(), "task"))));
  } else {
    session.console.Line(
        fmt::format("{} confirmed as done: the site is read again to see what is there now.",
                    Count(confirm.confirmed(), "task")));
  }
  ShowRefused(session, confirm.refused());
  if (!confirm.export_wanted()) session.Next("rosterctl tasks --state unknown");
  return exit;
}

}  // namespace roster::client
