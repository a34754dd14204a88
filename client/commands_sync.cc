#include <fmt/format.h>

#include "client/approval.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

// What the person is asked to approve.
void ShowPlan(const Session& session, const v1::PlanReply& reply) {
  if (session.json) return;
  session.console.Line(
      fmt::format("{}, prepared {}.", PlanTitle(reply.plan()), Minute(reply.plan().prepared_at())));
  SayExpiry(session, reply.plan());
  SayTwo(session, reply.plan());
  session.console.Line();
  ShowCounters(session, reply.plan().counters());
  session.console.Line();
  if (reply.in_progress() > 0) {
    session.console.Paragraph(
        fmt::format("{} left out: a task of an earlier plan is under way for each.",
                    Count(reply.in_progress(), "user")));
  }
}

Answer<Exit> SayNothing(Session& session, const v1::PlanReply& reply) {
  if (session.json) {
    session.Json(reply);
  } else {
    CLIENT_ASSIGN(const bool unread, SayNothingWasRead(session, reply.plan().counters()));
    if (unread) return Exit::kDone;
    session.console.Paragraph(session.WithSchool(NothingPending(reply)));
    session.Next(reply.plan().counters().fresh() > 0 ? "rosterctl users" : "rosterctl status");
  }
  return Exit::kDone;
}

// "Approve Plan 7 (3f9a12c4): 12 to add, 3 to update; only add, update?"
std::string Question(const v1::Plan& plan, const SyncOptions& options) {
  std::string text = fmt::format("Approve {}: {}", PlanTitle(plan), ActionsLine(plan));
  std::vector<std::string> classes;
  for (const v1::ChangeClass one : options.only) classes.push_back(Word(one));
  if (!classes.empty()) text += "; only " + List(classes);
  if (options.override_reason) text += "; guards lifted";
  return text + "?";
}

// The guards are shown; it is not asked for what would be refused.
bool IsHeld(const v1::Plan& plan, const SyncOptions& options) {
  return plan.holds_size() > 0 && options.only.empty() && !options.override_reason;
}

}  // namespace

Answer<Exit> RunSync(Session& session, const SyncOptions& options) {
  const bool asks = options.plan == 0 && !options.yes;
  if (asks && !session.console.can_ask()) {
    return Fail(Exit::kUsage,
                "Nobody is here to be asked: say which plan is approved (rosterctl sync PLAN, the "
                "number that rosterctl plan shows), or --yes.");
  }
  CLIENT_ASSIGN(const v1::PlanReply reply, AskPlan(session, options.plan));
  const v1::Plan& plan = reply.plan();
  if (plan.items() == 0) return SayNothing(session, reply);
  if (options.plan == 0) ShowPlan(session, reply);
  // A refusal brings them along itself.
  const bool told = asks || options.override_reason.has_value();
  if (options.plan == 0 && plan.holds_size() > 0 && told && !session.json) {
    ShowHolds(session, plan.holds());
    session.console.Line();
  }
  if (asks && IsHeld(plan, options)) {
    if (!session.json) SayWaysOn(session, plan, plan.holds());
    return Fail(Exit::kRefused, PlanTitle(plan) + " is held; nothing was approved.");
  }
  if (asks && !session.console.Confirm(Question(plan, options))) {
    session.console.Line("Nothing was approved.");
    session.Next(fmt::format("rosterctl plan {} --action all", plan.plan()));
    return Exit::kFailed;
  }
  return Approve(session, plan,
                 {options.leave_out_changed, options.wait, options.only, options.except,
                  options.override_reason});
}

}  // namespace roster::client
