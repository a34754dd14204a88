#include <fmt/format.h>

#include "client/approval.h"
#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"

namespace roster::client {
namespace {

constexpr std::uint64_t kFirst = 20;  // items shown

}  // namespace

Answer<Exit> RunUndo(Session& session, std::uint64_t plan) {
  v1::Request request;
  request.mutable_prepare_plan()->set_undo_of(plan);
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::Plan& undo = reply.plan().plan();
  if (session.json) {
    session.Json(reply.plan());
    return Exit::kDone;
  }
  if (undo.items() == 0) {
    session.console.Line(fmt::format("Nothing of plan {} can be taken back.", plan));
  } else {
    session.console.Paragraph(fmt::format("{} takes plan {} back: {}. Nothing is done yet.",
                                          PlanTitle(undo), plan, ActionsLine(undo)));
    SayExpiry(session, undo);
    session.console.Line();
    CLIENT_TRY(
        ShowItems(session, undo, {v1::BUCKET_UNSPECIFIED, v1::CHANGE_CLASS_UNSPECIFIED, kFirst}));
    SayTheRest(session, undo, kFirst);
  }
  ShowNotUndone(session, undo);
  if (undo.holds_size() > 0) {
    session.console.Line();
    ShowHolds(session, undo.holds());
    SayWaysOn(session, undo, undo.holds());
  } else if (undo.items() > 0) {
    session.console.Line();
    session.console.Line(session.WithSchool(
        fmt::format("To approve it, and have it done: rosterctl sync {} --wait", undo.plan())));
  }
  return Exit::kDone;
}

}  // namespace roster::client
