#include <fmt/format.h>

#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

// "with status new, grade 09"; "" when everybody is shown.
std::string Described(const v1::Filter& filter) {
  std::vector<std::string> parts;
  if (filter.status() != v1::LIST_STATUS_UNSPECIFIED) {
    parts.push_back("status " + Word(filter.status()));
  }
  if (!filter.match().empty()) parts.push_back("\"" + Clean(filter.match()) + "\"");
  if (!filter.grade().empty()) parts.push_back("grade " + Clean(filter.grade()));
  if (filter.situation() != v1::SITUATION_UNSPECIFIED) {
    parts.push_back("situation " + Word(filter.situation()));
  }
  if (filter.bucket() != v1::BUCKET_UNSPECIFIED) parts.push_back("bucket " + Word(filter.bucket()));
  return parts.empty() ? "" : " with " + List(parts);
}

bool IsPreset(const v1::Filter& filter) {
  v1::Filter preset;
  preset.set_status(v1::STATUS_NEW);
  return filter.SerializeAsString() == preset.SerializeAsString();
}

void SayNone(const Session& session, const v1::Filter& filter) {
  if (IsPreset(filter)) {
    session.console.Paragraph(
        "Nobody is new: all have been reviewed. What is pending: rosterctl plan. Everybody: "
        "rosterctl users --status all.");
    return;
  }
  session.console.Line(fmt::format("No users{}.", Described(filter)));
  session.Next("rosterctl users --status all");
}

void SayNext(const Session& session, const v1::Filter& filter) {
  if (filter.status() == v1::STATUS_NEW) {
    session.Next("rosterctl select --all, or select|deselect ID...; then rosterctl plan");
  } else if (filter.status() == v1::STATUS_ERROR) {
    session.Next("mend them in FACTS, then rosterctl poll --wait; or rosterctl deselect ID...");
  } else {
    session.Next("rosterctl explain ID says why somebody stands here; rosterctl plan goes on");
  }
}

}  // namespace

Answer<Exit> RunUsers(Session& session, const v1::Filter& filter) {
  Table table = UsersTable(session);
  std::uint64_t shown = 0;
  bool first = true;
  const auto ask = [&](const std::string& token) {
    v1::Request request;
    *request.mutable_list_users()->mutable_filter() = filter;
    request.mutable_list_users()->set_page_size(kPageSize);
    request.mutable_list_users()->set_page_token(token);
    return request;
  };
  const auto each = [&](const v1::UserPage& page) {
    if (first && !session.json) {
      session.console.Line(CountersLine(page.counters()));
      session.console.Line();
    }
    first = false;
    for (const v1::UserRow& row : page.rows()) {
      ++shown;
      if (session.json) {
        session.Json(row);
      } else {
        table.Add(UserCells(session, row));
      }
    }
    // A page may be short: the widths are settled by as many rows as there are.
    if (table.waiting() >= kPageSize) session.console.Print(table.Take());
    return true;
  };
  CLIENT_TRY(ForEachPage<v1::UserPage>(
      session, ask, [](const v1::Reply& reply) -> const v1::UserPage& { return reply.users(); },
      each));
  if (session.json) return Exit::kDone;
  session.console.Print(table.Take());
  if (shown == 0) {
    SayNone(session, filter);
    return Exit::kDone;
  }
  session.console.Line();
  session.console.Line(Count(shown, "user") + Described(filter) + ".");
  SayNext(session, filter);
  return Exit::kDone;
}

}  // namespace roster::client
