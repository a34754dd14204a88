#include "client/approval.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/format.h"
#include "client/progress.h"
#include "client/screen.h"

namespace roster::client {
namespace {

constexpr Millis kLookEvery{250};
// Nothing but unknown tasks for so long: what cannot be looked up waits for a person.
constexpr Millis kUnknownMax{120'000};
// Nothing has moved for so long: is there a worker at all?
constexpr Millis kStillMax{10'000};

v1::UserPage const& PlanPageOf(const v1::Reply& reply) { return reply.plan_users(); }
v1::UserPage const& UserPageOf(const v1::Reply& reply) { return reply.users(); }

std::uint64_t Ended(const v1::TaskCounts& tasks) {
  return tasks.applied() + tasks.dead() + tasks.superseded();
}

Answer<void> SayWhyStill(Session& session, Progress& progress) {
  CLIENT_ASSIGN(const Standing standing, AskStanding(session));
  std::string why;
  if (standing.status.workers().empty()) {
    why = "No worker is connected: is it running (systemctl status roster-worker)? Waiting on.";
  } else if (!standing.school.site_problem().empty()) {
    why = "The site: " + Clean(standing.school.site_problem()) + " Waiting on.";
  }
  if (!why.empty()) {
    progress.Clear();
    session.console.Error(why);
  }
  return {};
}

// Looks until every task has ended, or nothing but unknown ones has been left for a while.
Answer<v1::Plan> WaitForPlan(Session& session, v1::Plan plan) {
  Progress progress(session.console, session.progress());
  auto moved = session.clock.Now();
  bool said = false;
  while (plan.state() != v1::FINISHED) {
    progress.Show(fmt::format("Plan {}", plan.plan()), Ended(plan.tasks()), TotalOf(plan.tasks()));
    session.clock.Wait(kLookEvery);
    CLIENT_ASSIGN(v1::PlanReply reply, AskPlan(session, plan.plan()));
    const auto now = session.clock.Now();
    if (reply.plan().tasks().SerializeAsString() != plan.tasks().SerializeAsString()) moved = now;
    plan = std::move(*reply.mutable_plan());
    const v1::TaskCounts& tasks = plan.tasks();
    const bool only_unknown = tasks.unknown() > 0 && tasks.queued() + tasks.leased() == 0;
    if (only_unknown && now - moved > kUnknownMax) break;
    if (!said && now - moved > kStillMax) {
      said = true;
      CLIENT_TRY(SayWhyStill(session, progress));
    }
  }
  return plan;
}

Exit ShowResult(Session& session, const v1::Plan& plan) {
  const v1::TaskCounts& tasks = plan.tasks();
  const bool well = tasks.dead() == 0 && tasks.unknown() == 0;
  const Exit exit = well ? Exit::kDone : Exit::kFailed;
  if (session.json) {
    session.Json(plan);
    return exit;
  }
  session.console.Line(
      fmt::format("Plan {} has ended: {} applied, {} dead, {} superseded, {} unknown.", plan.plan(),
                  Number(tasks.applied()), Number(tasks.dead()), Number(tasks.superseded()),
                  Number(tasks.unknown())));
  if (tasks.superseded() > 0) {
    session.console.Paragraph(
        "What is superseded had changed meanwhile; it comes back for review with the next poll.");
  }
  if (tasks.dead() > 0) {
    session.Next(
        fmt::format("rosterctl tasks --state dead --plan {}, then rosterctl retry", plan.plan()));
  } else if (tasks.unknown() > 0) {
    session.Next(fmt::format("rosterctl tasks --state unknown --plan {}", plan.plan()));
  } else {
    session.Next(plan.invitations()
                     ? "rosterctl status"
                     : "rosterctl invite --never-accessed, when all is as it should");
  }
  return exit;
}

void ShowStale(const Session& session, const v1::Plan& plan, const v1::Error& error) {
  session.console.Error("rosterctl: " + Clean(error.message()));
  const std::uint64_t total =
      std::max(error.changed_total(), static_cast<std::uint64_t>(error.changed_size()));
  session.console.Line(fmt::format("{}: {} changed since it was prepared; nothing was approved.",
                                   PlanTitle(plan),
                                   total == 1 ? "1 item has" : Number(total) + " items have"));
  session.console.Line();
  ShowChanged(session, error.changed(), error.changed_total());
  session.console.Line();
  session.console.Line("To review what is true now:     rosterctl plan");
  if (total >= plan.items()) return;  // there is no rest
  session.console.Line(fmt::format(
      "To approve the rest as shown:   rosterctl sync {} --leave-out-changed", plan.plan()));
}

void ShowApproved(const Session& session, const v1::ApproveReply& reply) {
  if (session.json) {
    session.Json(reply);
    return;
  }
  session.console.Line(fmt::format("{} is approved: {} under way.", PlanTitle(reply.plan()),
                                   Count(TotalOf(reply.plan().tasks()), "task")));
  if (reply.left_out_total() == 0) return;
  session.console.Line();
  session.console.Line("Left out, since they have changed; they come back for review:");
  ShowChanged(session, reply.left_out(), reply.left_out_total());
}

Answer<Exit> ShowEarlier(Session& session, const v1::Plan& plan, bool wait) {
  if (!session.json) {
    session.console.Line(fmt::format("{} was approved already, {} by {}.", PlanTitle(plan),
                                     Minute(plan.approved_at()), Clean(plan.approved_by())));
  }
  if (wait || plan.state() == v1::FINISHED) {
    CLIENT_ASSIGN(const v1::Plan ended, WaitForPlan(session, plan));
    return ShowResult(session, ended);
  }
  if (session.json) session.Json(plan);
  session.Next(fmt::format("rosterctl tasks --plan {}", plan.plan()));
  return Exit::kDone;
}

}  // namespace

Answer<v1::PlanReply> AskPlan(Session& session, std::uint64_t plan) {
  v1::Request request;
  if (plan == 0) {
    request.mutable_prepare_plan();
  } else {
    request.mutable_get_plan()->set_plan(plan);
  }
  CLIENT_ASSIGN(v1::Reply reply, session.connection.Call(request));
  return std::move(*reply.mutable_plan());
}

std::string PlanTitle(const v1::Plan& plan) {
  return fmt::format("Plan {} ({})", plan.plan(), ShortDigest(plan.digest()));
}

Answer<void> ShowItems(Session& session, const v1::Plan& plan, v1::Bucket bucket,
                       std::uint64_t limit) {
  const bool invites = plan.invitations() && bucket == v1::BUCKET_UNSPECIFIED;
  Table table = invites ? InvitationsTable(session) : ItemsTable(session);
  std::uint64_t shown = 0;
  const auto ask = [&](const std::string& token) {
    v1::Request request;
    const std::uint32_t size = limit == 0 ? kPageSize : static_cast<std::uint32_t>(limit);
    if (plan.plan() == 0) {  // nothing to plan, so no plan: the rows of today
      request.mutable_list_users()->mutable_filter()->set_bucket(bucket);
      request.mutable_list_users()->set_page_size(size);
      request.mutable_list_users()->set_page_token(token);
    } else {
      request.mutable_list_plan()->set_plan(plan.plan());
      request.mutable_list_plan()->set_bucket(bucket);
      request.mutable_list_plan()->set_page_size(size);
      request.mutable_list_plan()->set_page_token(token);
    }
    return request;
  };
  const auto each = [&](const v1::UserPage& page) {
    for (const v1::UserRow& row : page.rows()) {
      if (limit != 0 && shown == limit) return false;
      ++shown;
      if (session.json) {
        session.Json(row);
      } else {
        table.Add(invites ? InvitationCells(row) : ItemCells(row));
      }
    }
    if (table.waiting() >= kPageSize) session.console.Print(table.Take());
    return true;
  };
  CLIENT_TRY(
      ForEachPage<v1::UserPage>(session, ask, plan.plan() == 0 ? UserPageOf : PlanPageOf, each));
  session.console.Print(table.Take());
  if (shown == 0 && !session.json) session.console.Line("Nobody.");
  return {};
}

Answer<Exit> Approve(Session& session, const v1::Plan& plan, const ApprovalOptions& options) {
  if (plan.state() != v1::OPEN) return ShowEarlier(session, plan, options.wait);
  v1::Request request;
  request.mutable_approve_plan()->set_plan(plan.plan());
  request.mutable_approve_plan()->set_digest(plan.digest());
  request.mutable_approve_plan()->set_leave_out_changed(options.leave_out_changed);
  auto reply = session.connection.Call(request);
  if (!reply) {
    Failure failure = std::move(reply).error();
    if (failure.error && failure.error->reason() == "plan-changed" && !session.json) {
      ShowStale(session, plan, *failure.error);
      failure.message.clear();  // it has been said, above the list
    }
    return tl::unexpected(std::move(failure));
  }
  ShowApproved(session, reply->approve());
  if (!options.wait) {
    session.Next(fmt::format("rosterctl tasks --plan {}", plan.plan()));
    return Exit::kDone;
  }
  CLIENT_ASSIGN(const v1::Plan ended, WaitForPlan(session, reply->approve().plan()));
  return ShowResult(session, ended);
}

}  // namespace roster::client
