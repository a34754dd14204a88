#include <fmt/format.h>

#include "client/approval.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/table.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::uint64_t kFirst = 20;  // people shown

void SayRecent(const Session& session, const v1::Plan& plan) {
  if (plan.recently_invited() == 0) return;
  session.console.Line();
  session.console.Paragraph(
      session.WithSchool(fmt::format("{} left out, invited not long ago: rosterctl invite --log.",
                                     Count(plan.recently_invited(), "user"))));
}

Answer<void> ShowInvitations(Session& session, const v1::Plan& plan) {
  if (session.json) return {};
  session.console.Line(fmt::format("{}: {}.", PlanTitle(plan), Count(plan.items(), "invitation")));
  session.console.Line();
  CLIENT_TRY(
      ShowItems(session, plan, {v1::BUCKET_UNSPECIFIED, v1::CHANGE_CLASS_UNSPECIFIED, kFirst}));
  SayTheRest(session, plan, kFirst);
  SayRecent(session, plan);
  session.console.Line();
  return {};
}

std::string Why(const v1::TaskRow& row) {
  return row.sentence().empty() ? row.reason() : row.sentence();
}

Tone ToneOf(v1::TaskState state) {
  if (state == v1::APPLIED) return Tone::kGood;
  return state == v1::DEAD ? Tone::kBad : Tone::kPlain;
}

Table LogTable(const Session& session) {
  return Table({{"Sent", Align::kLeft, 0, false},
                {"ID", Align::kRight, 0, false},
                {"Name", Align::kLeft, 10, false},
                {"Task", Align::kLeft, 0, false},
                {"State", Align::kLeft, 0, false},
                {"Why", Align::kLeft, 12, true}},
               session.console);
}

std::vector<Cell> LogCells(const v1::TaskRow& row) {
  return {{row.state() == v1::APPLIED ? Minute(row.ended_at()) : "not sent", Tone::kPlain, {}},
          {std::to_string(row.person()), Tone::kPlain, {}},
          {Name(row.first_name(), row.last_name(), row.person()), Tone::kPlain, {}},
          {fmt::format("{}.{}", row.plan(), row.index()), Tone::kPlain, {}},
          {Word(row.state()), ToneOf(row.state()), {}},
          {Why(row), Tone::kPlain, {}}};
}

}  // namespace

Answer<Exit> RunInvite(Session& session, const InviteOptions& options) {
  if (!options.yes && !session.console.can_ask()) {
    return Fail(Exit::kUsage, "Nobody is here to be asked: --yes sends the invitations at once.");
  }
  v1::Request request;
  auto& invitations = *request.mutable_prepare_plan()->mutable_invitations();
  invitations.set_never_accessed(options.never_accessed);
  invitations.set_batch(options.batch);
  for (const std::int64_t person : options.persons) invitations.add_persons(person);
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::Plan& plan = reply.plan().plan();
  if (plan.items() == 0) {
    if (session.json) {
      session.Json(reply.plan());
    } else {
      session.console.Paragraph(
          "Nobody to invite: no linked, active account fits, or an invitation is under way.");
      SayRecent(session, plan);
      session.Next("rosterctl status");
    }
    return Exit::kDone;
  }
  CLIENT_TRY(ShowInvitations(session, plan));
  if (!options.yes && !session.console.Confirm(fmt::format(
                          "Send {}, {}?", Count(plan.items(), "invitation"), PlanTitle(plan)))) {
    session.console.Line("Nothing was sent.");
    return Exit::kFailed;
  }
  ApprovalOptions approval;
  approval.wait = options.wait;
  return Approve(session, plan, approval);
}

Answer<Exit> RunInviteLog(Session& session) {
  Table table = LogTable(session);
  std::uint64_t shown = 0;
  std::uint64_t sent = 0;
  const auto ask = [](const std::string& token) {
    v1::Request request;
    request.mutable_list_tasks()->set_action(v1::INVITE);
    request.mutable_list_tasks()->set_page_size(kPageSize);
    request.mutable_list_tasks()->set_page_token(token);
    return request;
  };
  const auto each = [&](const v1::TaskPage& page) {
    for (const v1::TaskRow& row : page.rows()) {
      ++shown;
      if (row.state() == v1::APPLIED) ++sent;
      if (session.json) {
        session.Json(row);
      } else {
        table.Add(LogCells(row));
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
  session.console.Line(
      shown == 0 ? "No invitation has ever been approved."
                 : fmt::format("{} of {} sent.", Number(sent), Count(shown, "invitation")));
  if (shown > 0 || !session.several) session.Next("rosterctl invite --never-accessed");
  return Exit::kDone;
}

}  // namespace roster::client
