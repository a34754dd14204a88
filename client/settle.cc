#include "client/settle.h"

#include <fmt/format.h>

#include "client/format.h"
#include "client/screen.h"
#include "client/text.h"
#include "client/watch.h"

namespace roster::client {
namespace {

constexpr int kRowsMax = 20;  // asked for again, and shown

// Those whom it concerns, as they stand now.
Answer<std::vector<v1::UserRow>> AskAgain(Session& session, const v1::SettleReply& settled) {
  std::vector<v1::UserRow> rows;
  for (int i = 0; i < settled.rows_size() && i < kRowsMax; ++i) {
    v1::Request request;
    request.mutable_explain()->set_person(settled.rows(i).person());
    CLIENT_ASSIGN(v1::Reply reply, session.connection.Call(request));
    if (reply.explain().has_row()) {
      rows.push_back(std::move(*reply.mutable_explain()->mutable_row()));
    }
  }
  return rows;
}

void ShowRows(const Session& session, const v1::SettleReply& settled,
              const std::vector<v1::UserRow>& rows) {
  if (rows.empty()) return;
  session.console.Line();
  ShowStanding(session, rows);
  if (settled.rows_size() > kRowsMax) {
    session.console.Line(fmt::format("... and {} more.", settled.rows_size() - kRowsMax));
  }
  session.console.Line();
}

Answer<Exit> ShowRejected(const Session& session, const v1::Poll& poll) {
  session.console.Paragraph(
      fmt::format(
          "Poll {} was not used: {} What you decided is kept, and counts with the next one.",
          poll.poll(), Clean(poll.message())),
      Tone::kBad);
  session.Next("rosterctl status");
  return Exit::kFailed;
}

// Poll 0 of a GetPoll would be the last: here a number is known.
Answer<v1::Poll> AskPoll(Session& session, std::uint64_t number) {
  v1::Request request;
  request.mutable_get_poll()->set_poll(number);
  CLIENT_ASSIGN(v1::Reply reply, session.connection.Call(request));
  return WaitForPoll(session, std::move(*reply.mutable_poll()->mutable_poll()));
}

}  // namespace

Answer<Exit> Settle(Session& session, const v1::Request& request, const std::string& said,
                    const std::string& next) {
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::SettleReply& settled = reply.settle();
  if (session.json) {
    session.Json(settled);
  } else {
    session.console.Paragraph(said);
  }
  std::vector<v1::UserRow> rows(settled.rows().begin(),
                                settled.rows().begin() + std::min(settled.rows_size(), kRowsMax));
  if (settled.poll() != 0) {
    CLIENT_ASSIGN(const v1::Poll poll, AskPoll(session, settled.poll()));
    const bool used = poll.state() == v1::Poll::USED;
    if (session.json) {
      session.Json(poll);
      return used ? Exit::kDone : Exit::kFailed;
    }
    if (!used) return ShowRejected(session, poll);
    session.console.Line(fmt::format("Poll {} has taken it up.", poll.poll()));
    CLIENT_ASSIGN(rows, AskAgain(session, settled));
  }
  if (session.json) return Exit::kDone;
  ShowRows(session, settled, rows);
  session.Next(next);
  return Exit::kDone;
}

}  // namespace roster::client
