#include <fmt/format.h>

#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/watch.h"

namespace roster::client {
namespace {

constexpr int kRejectedMax = 10;  // rows shown

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

// "9,176 people, 1,535 student rows, 620 families, 1,498 accounts on the site"
std::string Brought(const v1::Poll& poll) {
  std::string text =
      fmt::format("{} people, {}, ", Number(poll.people()), Count(poll.students(), "student row"));
  if (poll.families() > 0) text += Families(poll.families()) + ", ";
  return text + Count(poll.accounts(), "account") + " on the site";
}

void ShowUsed(const Session& session, const v1::Poll& poll) {
  session.console.Paragraph(
      poll.reused() ? fmt::format("Poll {} is computed again from what was read before: {}.",
                                  poll.poll(), Brought(poll))
                    : fmt::format("Poll {} is whole: {}; {} ({}).", poll.poll(), Brought(poll),
                                  Count(poll.requests(), "request"), Bytes(poll.bytes())));
  session.console.Line(poll.rows_changed() == 0
                           ? "Nothing has changed since the poll before."
                           : fmt::format("{} changed.", Count(poll.rows_changed(), "row")));
  if (poll.unowned_accounts() > 0) {
    session.console.Line(
        fmt::format("Accounts on the site that belong to nobody in FACTS: {}, never touched.",
                    Number(poll.unowned_accounts())));
  }
  for (const v1::Count& notice : poll.notices()) {
    session.console.Paragraph("To look at in FACTS: " + NoticeText(notice) + ".");
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
  session.console.Paragraph(
      SelectedLine(standing.school.counters(), standing.school.accounts() == "parents"),
      Tone::kBold);
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
