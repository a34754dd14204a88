#include <fmt/format.h>

#include "client/approval.h"
#include "client/commands.h"
#include "client/format.h"

namespace roster::client {
namespace {

constexpr std::uint64_t kFirst = 20;  // people shown

Answer<void> ShowInvitations(Session& session, const v1::Plan& plan) {
  if (session.json) return {};
  session.console.Line(fmt::format("{}: {}.", PlanTitle(plan), Count(plan.items(), "invitation")));
  session.console.Line();
  CLIENT_TRY(ShowItems(session, plan, v1::BUCKET_UNSPECIFIED, kFirst));
  session.console.Line();
  if (plan.items() > kFirst) {
    session.console.Line(fmt::format("The first {} of {}; all: rosterctl plan {} --action all.",
                                     kFirst, Number(plan.items()), plan.plan()));
  }
  return {};
}

}  // namespace

Answer<Exit> RunInvite(Session& session, const InviteOptions& options) {
  if (!options.yes && !session.console.can_ask()) {
    return Fail(Exit::kUsage, "Nobody is here to be asked: --yes sends the invitations at once.");
  }
  v1::Request request;
  auto& invitations = *request.mutable_prepare_plan()->mutable_invitations();
  invitations.set_never_accessed(options.never_accessed);
  for (const std::int64_t person : options.persons) invitations.add_persons(person);
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::Plan& plan = reply.plan().plan();
  if (plan.items() == 0) {
    if (session.json) {
      session.Json(reply.plan());
    } else {
      session.console.Paragraph(
          "Nobody to invite: no linked, active account fits, or an invitation is under way.");
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
  return Approve(session, plan, {false, options.wait});
}

}  // namespace roster::client
