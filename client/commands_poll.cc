#include <fmt/format.h>

#include "client/commands.h"
#include "client/format.h"
#include "client/progress.h"
#include "client/screen.h"

namespace roster::client {
namespace {

constexpr Millis kLookEvery{250};
constexpr int kRejectedMax = 10;  // rows shown

// Looks until the poll has ended.
Answer<v1::Poll> WaitForPoll(Session& session, v1::Poll poll) {
  Progress progress(session.console, session.progress());
  while (poll.state() == v1::Poll::RUNNING) {
    progress.Show(poll.phase().empty() ? "Starting" : poll.phase(), poll.done(), poll.total());
    session.clock.Wait(kLookEvery);
    v1::Request request;
    request.mutable_get_poll()->set_poll(poll.poll());
    auto reply = session.connection.Call(request);
    if (!reply) return tl::unexpected(std::move(reply).error());
    poll = std::move(*reply->mutable_poll()->mutable_poll());
  }
  return poll;
}

void ShowRejectedRows(const Session& session, const v1::Poll& poll) {
  if (poll.rows_rejected() == 0) return;
  session.console.Line();
  session.console.Line(fmt::format("{} could not be read, to be mended in FACTS:",
                                   Count(poll.rows_rejected(), "row")));
  Table table({{"List", Align::kLeft, 0, false},
               {"Row", Align::kRight, 0, false},
               {"ID", Align::kRight, 0, false},
               {"Field", Align::kLeft, 8, false},
               {"Why", Align::kLeft, 12, false}},
              session.console);
  for (int i = 0; i < poll.rejected_size() && i < kRejectedMax; ++i) {
    const v1::Poll::Rejected& row = poll.rejected(i);
    table.Add({{row.resource(), Tone::kPlain, {}},
               {Number(row.row()), Tone::kPlain, {}},
               {row.id() == 0 ? "-" : std::to_string(row.id()), Tone::kPlain, {}},
               {row.field(), Tone::kPlain, {}},
               {row.reason(), Tone::kBad, {}}});
  }
  session.console.Print(table.Take());
  if (poll.rows_rejected() > kRejectedMax) {
    session.console.Line(fmt::format("... and {} more (--json lists up to 100).",
                                     Number(poll.rows_rejected() - kRejectedMax)));
  }
}

void ShowUsed(const Session& session, const v1::Poll& poll) {
  session.console.Paragraph(fmt::format(
      "Poll {} is whole: {} people, {}, {} on the site; {} ({}).", poll.poll(),
      Number(poll.people()), Count(poll.students(), "student row"),
      Count(poll.accounts(), "account"), Count(poll.requests(), "request"), Bytes(poll.bytes())));
  session.console.Line(poll.rows_changed() == 0
                           ? "Nothing has changed since the poll before."
                           : fmt::format("{} changed.", Count(poll.rows_changed(), "row")));
  if (poll.unowned_accounts() > 0) {
    session.console.Line(
        fmt::format("Accounts on the site that belong to nobody in FACTS: {}, never touched.",
                    Number(poll.unowned_accounts())));
  }
  ShowRejectedRows(session, poll);
}

Answer<Exit> ShowEnded(Session& session, const v1::Poll& poll) {
  const bool used = poll.state() == v1::Poll::USED;
  if (session.json) {
    session.Json(poll);
    return used ? Exit::kDone : Exit::kFailed;
  }
  if (!used) {
    session.console.Paragraph(fmt::format("Poll {} was not used, and changed nothing: {}",
                                          poll.poll(), Clean(poll.message())),
                              Tone::kBad);
    ShowRejectedRows(session, poll);
    session.Next("rosterctl status");
    return Exit::kFailed;
  }
  ShowUsed(session, poll);
  CLIENT_ASSIGN(const Standing standing, AskStanding(session));
  session.console.Line();
  session.console.Line(CountersLine(standing.school.counters()));
  session.Next(standing.school.counters().fresh() > 0 ? "rosterctl users" : "rosterctl plan");
  return Exit::kDone;
}

}  // namespace

Answer<Exit> RunPoll(Session& session, const PollOptions& options) {
  v1::Request request;
  request.mutable_start_poll();
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::Poll& started = reply.poll().poll();
  if (options.wait) {
    CLIENT_ASSIGN(const v1::Poll ended, WaitForPoll(session, started));
    return ShowEnded(session, ended);
  }
  if (session.json) {
    session.Json(started);
    return Exit::kDone;
  }
  session.console.Line(
      fmt::format("Poll {} {}.", started.poll(),
                  reply.poll().already_running() ? "is running already" : "has started"));
  session.Next("rosterctl poll --wait watches it, rosterctl status says what came of it");
  return Exit::kDone;
}

}  // namespace roster::client
