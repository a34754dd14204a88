#include "client/approval.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/format.h"
#include "client/progress.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr Millis kLookEvery{250};
// Nothing but unknown tasks for so long: what cannot be looked up waits for a person.
constexpr Millis kUnknownMax{120'000};
// Nothing has moved for so long: is there a worker at all?
constexpr Millis kStillMax{10'000};

v1::UserPage const& PlanPageOf(const v1::Reply& reply) { return reply.plan_users(); }
v1::UserPage const& UserPageOf(const v1::Reply& reply) { return reply.users(); }

v1::Request ItemsRequest(const v1::Plan& plan, const ItemsFilter& filter,
                         const std::string& token) {
  v1::Request request;
  const std::uint32_t size = filter.limit == 0 || filter.limit > kPageSize
                                 ? kPageSize
                                 : static_cast<std::uint32_t>(filter.limit);
  if (plan.plan() == 0) {  // nothing to plan, so no plan: the rows of today
    request.mutable_list_users()->mutable_filter()->set_bucket(filter.bucket);
    request.mutable_list_users()->mutable_filter()->set_change_class(filter.change_class);
    request.mutable_list_users()->set_page_size(size);
    request.mutable_list_users()->set_page_token(token);
  } else {
    request.mutable_list_plan()->set_plan(plan.plan());
    request.mutable_list_plan()->set_bucket(filter.bucket);
    request.mutable_list_plan()->set_change_class(filter.change_class);
    request.mutable_list_plan()->set_page_size(size);
    request.mutable_list_plan()->set_page_token(token);
  }
  return request;
}

// "archive, missing"
std::string Guards(const v1::Plan& plan) {
  std::vector<std::string> words;
  for (const v1::Hold& hold : plan.holds()) words.push_back(Word(hold.guard()));
  return List(words);
}

std::uint64_t Ended(const v1::TaskCounts& tasks) {
  return tasks.applied() + tasks.dead() + tasks.superseded();
}

Answer<void> SayWhyStill(Session& session, Progress& progress) {
  CLIENT_ASSIGN(const Standing standing, AskStanding(session));
  std::string why;
  if (standing.status.workers().empty()) {
    why = "No worker is connected: is it running (systemctl status roster-worker)? Waiting on.";
  } else if (standing.school.workers_away()) {
    why =
        "No worker asks for this school's tasks: does `access` of the config let one? Waiting on.";
  } else if (!standing.school.site_problem().empty()) {
    why = "The site: " + Clean(session.WithSchool(standing.school.site_problem())) + " Waiting on.";
  }
  if (!why.empty()) {
    progress.Clear();
    session.console.Error(why);
  }
  return {};
}

// Looks until every task has ended, or nothing but unknown ones is left: those that a person has to
// settle, or others for a while.
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
    const bool only_resting = only_unknown && tasks.unknown() == tasks.resting();
    if (only_resting || (only_unknown && now - moved > kUnknownMax)) break;
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

void ShowStale(Session& session, const v1::Plan& plan, const v1::Error& error) {
  session.console.Error("rosterctl: " + Clean(error.message()));
  const std::uint64_t total =
      std::max(error.changed_total(), static_cast<std::uint64_t>(error.changed_size()));
  session.console.Paragraph(
      fmt::format("{}: {} changed since it was prepared; nothing was approved.", PlanTitle(plan),
                  total == 1 ? "1 item has" : Number(total) + " items have"));
  session.console.Line();
  ShowChanged(session, AskIsOfParents(session).value_or(false), error.changed(),
              error.changed_total());
  session.console.Line();
  session.console.Line(session.WithSchool("To review what is true now:     rosterctl plan"));
  if (total >= plan.items()) return;  // there is no rest
  session.console.Line(session.WithSchool(fmt::format(
      "To approve the rest as shown:   rosterctl sync {} --leave-out-changed", plan.plan())));
}

void ShowHeld(const Session& session, const v1::Plan& plan, const v1::Error& error) {
  session.console.Error("rosterctl: " + Clean(error.message()));
  session.console.Line();
  ShowHolds(session, error.holds());
  SayWaysOn(session, plan, error.holds());
}

// Shows what a refusal brought along; what has been said is not said again.
Failure Refused(Session& session, const v1::Plan& plan, Failure failure) {
  if (!failure.error) return failure;
  const bool held = failure.error->holds_size() > 0;
  if (held) failure.exit = Exit::kRefused;
  if (session.json) return failure;
  if (held) {
    ShowHeld(session, plan, *failure.error);
    failure.message.clear();
  } else if (failure.error->reason() == "plan-changed") {
    ShowStale(session, plan, *failure.error);
    failure.message.clear();
  }
  return failure;
}

void ShowApproved(Session& session, const v1::ApproveReply& reply) {
  if (session.json) {
    session.Json(reply);
    return;
  }
  session.console.Line(fmt::format("{} is approved: {} under way.", PlanTitle(reply.plan()),
                                   Count(TotalOf(reply.plan().tasks()), "task")));
  if (reply.plan().not_chosen() > 0) {
    session.console.Line(fmt::format("{} left out on purpose: still pending.",
                                     Count(reply.plan().not_chosen(), "item")));
  }
  if (reply.plan().holds_size() > 0) {
    session.console.Line("Guards lifted for this plan alone: " + Guards(reply.plan()) + ".");
  }
  if (reply.left_out_total() == 0) return;
  session.console.Line();
  session.console.Line("Left out, since they have changed; they come back for review:");
  ShowChanged(session, AskIsOfParents(session).value_or(false), reply.left_out(),
              reply.left_out_total());
}

void SayReplaced(const Session& session, const v1::Plan& plan) {
  const std::string text = ReplacedText(plan);
  if (!text.empty()) session.console.Paragraph(text, Tone::kWarning);
}

// Somebody else is to say the same. Under --wait there is nothing to wait for here: it may take
// days.
Exit ShowFirst(Session& session, const v1::ApproveReply& reply, bool wait) {
  const Exit exit = wait ? Exit::kRefused : Exit::kDone;
  if (session.json) {
    session.Json(reply);
    return exit;
  }
  session.console.Paragraph(
      fmt::format("{}: your approval is on record, the first of two. Nothing is done yet: it waits "
                  "for a second approver.",
                  PlanTitle(reply.plan())));
  SayReplaced(session, reply.plan());
  session.console.Line("Another person runs: " + SecondCommand(reply.plan(), session.school));
  return exit;
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

std::string NothingPending(const v1::PlanReply& reply) {
  const v1::Counters& counters = reply.plan().counters();
  std::vector<std::string> waits;
  if (reply.in_progress() > 0) {
    waits.push_back(Count(reply.in_progress(), "user") +
                    " with a task of an earlier plan under way (rosterctl tasks)");
  }
  if (const auto outdated = SkippedBecause(counters, "decision-outdated"); outdated > 0) {
    waits.push_back(Count(outdated, "user") +
                    " to be decided on again, since something changed (rosterctl users)");
  }
  if (const auto lost = SkippedBecause(counters, "lost"); lost > 0) {
    waits.push_back(Count(lost, "user") +
                    " whose account is not found on the site any more (rosterctl excluded)");
  }
  if (waits.empty()) return "Nothing is pending: everything that is decided is on the site.";
  return fmt::format("Nothing is to be approved. There {} {}.",
                     waits.front().starts_with("1 ") ? "is" : "are", fmt::join(waits, "; "));
}

std::string PlanTitle(const v1::Plan& plan) {
  return fmt::format("Plan {} ({})", plan.plan(), ShortDigest(plan.digest()));
}

Answer<void> ShowItems(Session& session, const v1::Plan& plan, const ItemsFilter& filter) {
  CLIENT_ASSIGN(const bool parents, AskIsOfParents(session));
  const bool invites = plan.invitations() && filter.bucket == v1::BUCKET_UNSPECIFIED;
  Table table = invites ? InvitationsTable(session, parents) : ItemsTable(session, parents);
  std::uint64_t shown = 0;
  const auto each = [&](const v1::UserPage& page) {
    for (const v1::UserRow& row : page.rows()) {
      if (filter.limit != 0 && shown == filter.limit) return false;
      ++shown;
      if (session.json) {
        session.Json(row);
      } else {
        table.Add(invites ? InvitationCells(row, parents) : ItemCells(row, parents));
      }
    }
    if (table.waiting() >= kPageSize) session.console.Print(table.Take());
    return true;
  };
  CLIENT_TRY(ForEachPage<v1::UserPage>(
      session, [&](const std::string& token) { return ItemsRequest(plan, filter, token); },
      plan.plan() == 0 ? UserPageOf : PlanPageOf, each));
  session.console.Print(table.Take());
  if (shown == 0 && !session.json) session.console.Line("Nobody.");
  return {};
}

void SayTheRest(const Session& session, const v1::Plan& plan, std::uint64_t shown) {
  if (plan.items() <= shown) return;
  session.console.Line();
  session.console.Line(
      session.WithSchool(fmt::format("The first {} of {}; all: rosterctl plan {} --action all.",
                                     Number(shown), Number(plan.items()), plan.plan())));
}

void SayExpiry(const Session& session, const v1::Plan& plan) {
  if (plan.state() != v1::OPEN || !plan.has_expires_at() || plan.items() == 0) return;
  session.console.Line(
      fmt::format("It can be approved until {}; then it expires.", Minute(plan.expires_at())));
}

void SayTwo(const Session& session, const v1::Plan& plan) {
  if (plan.state() != v1::OPEN || plan.items() == 0) return;
  if (plan.has_first_approval()) {
    session.console.Paragraph(
        fmt::format("It takes two people, and waits for a second approver: {} approved it {}.",
                    Clean(plan.first_approval().actor()), Minute(plan.first_approval().at())),
        Tone::kWarning);
    SayReplaced(session, plan);
    session.console.Line("Another person runs: " + SecondCommand(plan, session.school));
  } else if (plan.two_needed() == "archives") {
    session.console.Paragraph(
        "It takes two people, for what it archives: one approves it, then another one the same.");
  } else if (!plan.two_needed().empty()) {
    session.console.Paragraph(
        "It takes two people, as every plan here: one approves it, then another one the same.");
  } else if (plan.lifting_needs_two() && plan.holds_size() > 0) {
    session.console.Line("To lift its guards takes two people.");
  }
}

std::string ReplacedText(const v1::Plan& plan) {
  const v1::Approval& first = plan.first_approval();
  if (plan.state() != v1::OPEN || first.replaced_actor().empty()) return "";
  return Clean(fmt::format(
      "The approval by {} of {} was for a different choice, and no longer counts: two have to say "
      "the same. Who says that one again takes the place of this one.",
      first.replaced_actor(), Minute(first.replaced_at())));
}

std::string SecondCommand(const v1::Plan& plan, const std::string& school) {
  const v1::Approval& first = plan.first_approval();
  std::string text = fmt::format("rosterctl {}sync {}",
                                 school.empty() ? "" : "--school " + school + " ", plan.plan());
  if (first.leave_out_changed()) text += " --leave-out-changed";
  std::string only;
  for (const int one : first.only()) {
    only += (only.empty() ? "" : ",") + Word(static_cast<v1::ChangeClass>(one));
  }
  if (!only.empty()) text += " --only " + only;
  if (first.except_size() > 0) text += " --except";
  for (const std::int64_t person : first.except()) text += fmt::format(" {}", person);
  if (!first.override_guards()) return Clean(text);
  std::string reason;  // as a shell reads it
  for (const char c : first.override_reason()) reason += c == '\'' ? "'\\''" : std::string(1, c);
  return Clean(text + " --override-guard --reason '" + reason + "'");
}

void ShowNotUndone(const Session& session, const v1::Plan& plan) {
  const auto total =
      std::max(plan.not_undone_total(), static_cast<std::uint64_t>(plan.not_undone_size()));
  if (total == 0) return;
  session.console.Line();
  session.console.Line("What cannot be taken back:");
  Table table({{"Task", Align::kLeft, 0, false},
               {"ID", Align::kRight, 0, false},
               {"Why", Align::kLeft, 24, true}},
              session.console);
  for (const v1::NotUndone& left : plan.not_undone()) {
    table.Add({{fmt::format("{}.{}", left.plan(), left.index()), Tone::kPlain, {}},
               {std::to_string(left.person()), Tone::kPlain, {}},
               {left.sentence().empty() ? left.reason() : left.sentence(), Tone::kWarning, {}}});
  }
  session.console.Print(table.Take());
  const auto shown = static_cast<std::uint64_t>(plan.not_undone_size());
  if (total > shown) session.console.Line(fmt::format("... and {} more.", Number(total - shown)));
}

Answer<Exit> Approve(Session& session, const v1::Plan& plan, const ApprovalOptions& options) {
  if (plan.state() != v1::OPEN) return ShowEarlier(session, plan, options.wait);
  v1::Request request;
  request.mutable_approve_plan()->set_plan(plan.plan());
  request.mutable_approve_plan()->set_digest(plan.digest());
  request.mutable_approve_plan()->set_leave_out_changed(options.leave_out_changed);
  for (const v1::ChangeClass one : options.only) request.mutable_approve_plan()->add_only(one);
  for (const std::int64_t person : options.except) {
    request.mutable_approve_plan()->add_except(person);
  }
  if (options.override_reason) {
    request.mutable_approve_plan()->set_override_guards(true);
    request.mutable_approve_plan()->set_override_reason(*options.override_reason);
  }
  auto reply = session.connection.Call(request);
  if (!reply) return tl::unexpected(Refused(session, plan, std::move(reply).error()));
  if (reply->approve().plan().state() == v1::OPEN) {
    return ShowFirst(session, reply->approve(), options.wait);
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
