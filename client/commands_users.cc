#include <fmt/format.h>

#include "client/commands.h"
#include "client/format.h"
#include "client/listing.h"
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
  if (filter.change_class() != v1::CHANGE_CLASS_UNSPECIFIED) {
    parts.push_back("class " + Word(filter.change_class()));
  }
  if (filter.family() != 0) parts.push_back(fmt::format("family {}", filter.family()));
  for (const std::string& reason : filter.reasons()) parts.push_back("reason " + Clean(reason));
  return parts.empty() ? "" : " with " + List(parts);
}

bool IsPreset(const v1::Filter& filter) {
  v1::Filter preset;
  preset.set_status(v1::STATUS_NEW);
  preset.set_family_context(true);
  return filter.SerializeAsString() == preset.SerializeAsString();
}

// Those without a decision who stand under the errors.
std::uint64_t HeldBack(const v1::Counters& counters) {
  return counters.fresh() > counters.status_new() ? counters.fresh() - counters.status_new() : 0;
}

void SayNone(const Session& session, const v1::Filter& filter, const v1::Counters& counters) {
  if (!IsPreset(filter)) {
    session.console.Line(fmt::format("No users{}.", Described(filter)));
    session.NextAfterNone("rosterctl users --status all");
    return;
  }
  const std::uint64_t held = HeldBack(counters);
  const std::string others =
      held == 0 ? "Nobody is new: all have been reviewed."
                : fmt::format(
                      "Nobody new is to be reviewed. {} without a decision {} held back by an "
                      "error: rosterctl users --status error.",
                      Count(held, "user"), held == 1 ? "is" : "are");
  session.console.Paragraph(
      session.WithSchool(others + " What is pending: rosterctl plan. Everybody: rosterctl users "
                                  "--status all."));
}

void SayNext(const Session& session, const v1::Filter& filter) {
  if (filter.status() == v1::STATUS_NEW) {
    session.Next("rosterctl select --all, or select|deselect ID...; then rosterctl plan");
  } else if (filter.status() == v1::STATUS_ERROR) {
    session.Next("rosterctl duplicates, matches and excluded settle them; or mend them in FACTS");
  } else {
    session.Next("rosterctl explain ID says why somebody stands here; rosterctl plan goes on");
  }
}

}  // namespace

Answer<Exit> RunUsers(Session& session, const UsersOptions& options) {
  const v1::Filter& filter = options.filter;
  CLIENT_ASSIGN(const bool parents, AskIsOfParents(session));
  Table table = UsersTable(session, parents);
  std::uint64_t shown = 0;
  std::uint64_t relatives = 0;  // reviewed before
  std::uint64_t held = 0;       // relatives too, never reviewed, and held back by an error
  v1::Counters counters;
  bool topped = false;
  const auto top = [&] {
    if (!topped) ShowTop(session, counters, parents);
    topped = true;
  };
  const auto begin = [&](const v1::Counters& told) {
    counters = told;
    if (!session.json && !session.several) top();  // of several, only where somebody is shown
  };
  const auto each = [&](const v1::UserRow& row) {
    if (session.json) {
      session.Json(row);
      return;
    }
    top();
    ++(!row.context() ? shown : row.is_new() ? held : relatives);
    table.Add(UserCells(session, row, parents));
    if (options.fields) AddFieldLines(row, table);
    // A page may be short: the widths are settled by as many rows as there are.
    if (table.waiting() >= kPageSize) session.console.Print(table.Take());
  };
  CLIENT_TRY(ForEachUser(session, filter, each, begin));
  if (session.json) return Exit::kDone;
  session.console.Print(table.Take());
  if (shown + relatives + held == 0) {
    CLIENT_ASSIGN(const bool unread, SayNothingWasRead(session, counters));
    if (!unread) SayNone(session, filter, counters);
    return Exit::kDone;
  }
  session.console.Line();
  session.console.Line(Count(shown, "user") + Described(filter) + ".");
  if (relatives > 0) {
    session.console.Paragraph(
        fmt::format("{} without an x {} reviewed before, and shown beside their relatives.",
                    Count(relatives, "user"), relatives == 1 ? "was" : "were"));
  }
  if (held > 0) {
    session.console.Paragraph(session.WithSchool(
        fmt::format("{} shown beside their relatives {} held back by an error: rosterctl users "
                    "--status error.",
                    Count(held, "user"), held == 1 ? "is" : "are")));
  }
  SayNext(session, filter);
  return Exit::kDone;
}

}  // namespace roster::client
