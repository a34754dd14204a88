#include <fmt/format.h>

#include "client/approval.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::uint64_t kFirst = 20;  // items shown without --action

bool IsHeld(const v1::Plan& plan) { return plan.state() == v1::OPEN && plan.holds_size() > 0; }

void ShowHead(const Session& session, const v1::PlanReply& reply) {
  const v1::Plan& plan = reply.plan();
  std::string text;
  if (plan.items() == 0) {
    text = NothingPending(reply);
  } else if (plan.state() == v1::OPEN) {
    text = fmt::format("{}, open since {}: {}.", PlanTitle(plan), Minute(plan.prepared_at()),
                       ActionsLine(plan));
  } else {
    text = fmt::format("{}, {}; approved {} by {}: {}.", PlanTitle(plan), Word(plan.state()),
                       Minute(plan.approved_at()), plan.approved_by(), ActionsLine(plan));
  }
  session.console.Paragraph(session.WithSchool(Clean(text)));
  if (plan.undo_of() != 0)
    session.console.Line(fmt::format("It takes plan {} back.", plan.undo_of()));
  SayExpiry(session, plan);
  SayTwo(session, plan);
  if (IsHeld(plan)) {
    session.console.Line(session.console.In(Tone::kWarning, "It is held by a guard: see below."));
  }
  if (TotalOf(plan.tasks()) > 0) session.console.Line("Tasks: " + TasksLine(plan.tasks()) + ".");
  if (plan.left_out() > 0) {
    session.console.Line(fmt::format("{} left out at the approval, since they had changed.",
                                     Number(plan.left_out())));
  }
  if (plan.not_chosen() > 0) {
    session.console.Line(
        fmt::format("{} left out at the approval on purpose.", Number(plan.not_chosen())));
  }
  if (plan.recently_invited() > 0) {
    session.console.Paragraph(
        fmt::format("{} left out here: invited not long ago.", Number(plan.recently_invited())));
  }
  if (!plan.override_reason().empty()) {
    session.console.Paragraph("Guards were lifted for it: " + Clean(plan.override_reason()));
  }
  if (reply.in_progress() > 0 && plan.items() > 0) {
    session.console.Paragraph(
        fmt::format("{} left out here: a task of an earlier plan is under way for each.",
                    Count(reply.in_progress(), "user")));
  }
}

void SayNext(const Session& session, const v1::Plan& plan) {
  if (plan.items() == 0) {
    session.Next(plan.counters().fresh() > 0 ? "rosterctl users"
                                             : "rosterctl invite --never-accessed");
  } else if (plan.state() == v1::OPEN && plan.has_first_approval()) {
    session.Next("look at it; then another person approves it, as said above");
  } else if (IsHeld(plan)) {
    session.Next("look at them; then one of the ways above");
  } else if (plan.state() == v1::OPEN) {
    session.Next(fmt::format("rosterctl sync {} --wait approves exactly this plan", plan.plan()));
  } else {
    session.Next(fmt::format("rosterctl tasks --plan {}", plan.plan()));
  }
}

// Counts, and the first items.
Answer<void> ShowWhole(Session& session, const v1::Plan& plan, std::uint64_t limit) {
  if (!plan.invitations() && plan.undo_of() == 0) {
    ShowCounters(session, plan.counters());
    session.console.Line();
  }
  if (plan.items() > 0) {
    CLIENT_TRY(
        ShowItems(session, plan, {v1::BUCKET_UNSPECIFIED, v1::CHANGE_CLASS_UNSPECIFIED, limit}));
    SayTheRest(session, plan, limit);
    session.console.Line();
  }
  if (plan.not_undone_size() > 0) {
    ShowNotUndone(session, plan);
    session.console.Line();
  }
  return {};
}

}  // namespace

Answer<Exit> RunPlan(Session& session, const PlanOptions& options) {
  CLIENT_ASSIGN(const v1::PlanReply reply, AskPlan(session, options.plan));
  const v1::Plan& plan = reply.plan();
  const bool list = options.bucket || options.change_class;
  const ItemsFilter filter{options.bucket.value_or(v1::BUCKET_UNSPECIFIED),
                           options.change_class.value_or(v1::CHANGE_CLASS_UNSPECIFIED),
                           options.number};
  if (session.json) {
    if (!list) {
      session.Json(reply);
    } else {
      CLIENT_TRY(ShowItems(session, plan, filter));
    }
    return Exit::kDone;
  }
  if (plan.items() == 0 && !plan.invitations() && plan.undo_of() == 0) {
    CLIENT_ASSIGN(const bool unread, SayNothingWasRead(session, plan.counters()));
    if (unread) return Exit::kDone;
  }
  ShowHead(session, reply);
  session.console.Line();
  if (list) {
    CLIENT_TRY(ShowItems(session, plan, filter));
    session.console.Line();
  } else {
    CLIENT_TRY(ShowWhole(session, plan, options.number == 0 ? kFirst : options.number));
  }
  if (IsHeld(plan)) {
    ShowHolds(session, plan.holds());
    SayWaysOn(session, plan, plan.holds());
  }
  SayNext(session, plan);
  return Exit::kDone;
}

}  // namespace roster::client
