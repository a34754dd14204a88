#include <fmt/format.h>

#include "client/approval.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::uint64_t kFirst = 20;  // items shown without --action

void ShowHead(const Session& session, const v1::PlanReply& reply) {
  const v1::Plan& plan = reply.plan();
  std::string text;
  if (plan.items() == 0) {
    text = "Nothing is pending: everything that is decided is on the site.";
  } else if (plan.state() == v1::OPEN) {
    text = fmt::format("{}, open since {}: {}.", PlanTitle(plan), Minute(plan.prepared_at()),
                       ActionsLine(plan));
  } else {
    text = fmt::format("{}, {}; approved {} by {}: {}.", PlanTitle(plan), Word(plan.state()),
                       Minute(plan.approved_at()), plan.approved_by(), ActionsLine(plan));
  }
  session.console.Paragraph(Clean(text));
  if (TotalOf(plan.tasks()) > 0) session.console.Line("Tasks: " + TasksLine(plan.tasks()) + ".");
  if (plan.left_out() > 0) {
    session.console.Line(fmt::format("{} left out at the approval, since they had changed.",
                                     Number(plan.left_out())));
  }
  if (reply.in_progress() > 0) {
    session.console.Paragraph(
        fmt::format("{} left out here: a task of an earlier plan is under way for each.",
                    Count(reply.in_progress(), "user")));
  }
}

void SayNext(const Session& session, const v1::Plan& plan) {
  if (plan.items() == 0) {
    session.Next(plan.counters().fresh() > 0 ? "rosterctl users"
                                             : "rosterctl invite --never-accessed");
  } else if (plan.state() == v1::OPEN) {
    session.Next(fmt::format("rosterctl sync {} --wait approves exactly this plan", plan.plan()));
  } else {
    session.Next(fmt::format("rosterctl tasks --plan {}", plan.plan()));
  }
}

}  // namespace

Answer<Exit> RunPlan(Session& session, const PlanOptions& options) {
  CLIENT_ASSIGN(const v1::PlanReply reply, AskPlan(session, options.plan));
  const v1::Plan& plan = reply.plan();
  if (session.json) {
    if (!options.bucket) {
      session.Json(reply);
    } else {
      CLIENT_TRY(ShowItems(session, plan, *options.bucket, 0));
    }
    return Exit::kDone;
  }
  ShowHead(session, reply);
  session.console.Line();
  if (!options.bucket) {
    if (!plan.invitations()) {
      ShowCounters(session, plan.counters());
      session.console.Line();
    }
    if (plan.items() > 0) {
      CLIENT_TRY(ShowItems(session, plan, v1::BUCKET_UNSPECIFIED, kFirst));
      session.console.Line();
    }
    if (plan.items() > kFirst) {
      session.console.Line(fmt::format("The first {} of {}; all: rosterctl plan {} --action all.",
                                       kFirst, Number(plan.items()), plan.plan()));
    }
  } else {
    CLIENT_TRY(ShowItems(session, plan, *options.bucket, 0));
    session.console.Line();
  }
  SayNext(session, plan);
  return Exit::kDone;
}

}  // namespace roster::client
