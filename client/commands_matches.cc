#include <fmt/format.h>

#include "client/commands.h"
#include "client/format.h"
#include "client/listing.h"
#include "client/screen.h"
#include "client/settle.h"

namespace roster::client {
namespace {

Table FitsTable(const Session& session) {
  return Table({{"  Account", Align::kLeft, 12, true},
                {"State", Align::kLeft, 0, false},
                {"Its login", Align::kLeft, 14, true},
                {"Its name", Align::kLeft, 10, true}},
               session.console);
}

void AddPerson(const v1::UserRow& row, bool parents, Table& table) {
  std::string text =
      fmt::format("{} ({})", Name(row.first_name(), row.last_name(), row.person()), row.person());
  if (parents && !FamilyOf(row).empty()) text += ", family " + FamilyOf(row);
  if (!parents && !row.grade().empty()) text += ", grade " + row.grade();
  text += ", " + (row.email().empty() ? "no e-mail" : row.email());
  table.AddSpan({});
  table.AddSpan({text, Tone::kBold, {}});
  for (const v1::Fit& fit : row.fits()) {
    table.Add({{"  " + fit.account(), Tone::kPlain, {}},
               {fit.active() ? "active" : "archived", Tone::kPlain, {}},
               {fit.user_name(), Tone::kPlain, {}},
               {fit.name().empty() ? "-" : fit.name(), Tone::kPlain, {}}});
  }
  if (CarryId(row)) table.AddSpan({row.sentence(), Tone::kPlain, {}}, 2);
}

std::string Said(const MatchOptions& options) {
  switch (options.word) {
    case v1::DecideMatch::kAccount:
      return fmt::format("Account {} is that of {}.", options.account, options.person);
    case v1::DecideMatch::kNone:
      return fmt::format("No account on the site is that of {}: a new one may be added.",
                         options.person);
    default:
      return fmt::format("What was said about the account of {} no longer counts.", options.person);
  }
}

}  // namespace

Answer<Exit> RunMatches(Session& session) {
  CLIENT_ASSIGN(const bool parents, AskIsOfParents(session));
  v1::Filter filter;
  filter.set_status(v1::STATUS_ERROR);
  filter.add_reasons("ambiguous");
  Table table = FitsTable(session);
  std::uint64_t shown = 0;
  std::uint64_t by_id = 0;  // of them: to be settled on the site
  v1::Counters counters;
  const auto each = [&](const v1::UserRow& row) {
    ++shown;
    if (CarryId(row)) ++by_id;
    if (session.json) {
      session.Json(row);
      return;
    }
    AddPerson(row, parents, table);
    if (table.waiting() >= kPageSize) session.console.Print(table.Take());
  };
  CLIENT_TRY(
      ForEachUser(session, filter, each, [&](const v1::Counters& told) { counters = told; }));
  if (session.json) return Exit::kDone;
  session.console.Print(table.Take());
  if (shown == 0) {
    CLIENT_ASSIGN(const bool unread, SayNothingWasRead(session, counters));
    if (unread) return Exit::kDone;
    session.console.Paragraph("Nobody is waiting to be matched with an account.");
    session.NextAfterNone("rosterctl excluded");
    return Exit::kDone;
  }
  session.console.Line();
  session.console.Line(fmt::format("{} with accounts that may be theirs.",
                                   shown == 1 ? "1 person" : Number(shown) + " people"));
  session.Next(by_id == shown
                   ? "settle it on the site, then rosterctl poll --wait"
                   : "rosterctl match ID --account ACCOUNT, or rosterctl match ID --none");
  return Exit::kDone;
}

Answer<Exit> RunMatch(Session& session, const MatchOptions& options) {
  v1::Request request;
  v1::DecideMatch& match = *request.mutable_decide_match();
  match.set_person(options.person);
  switch (options.word) {
    case v1::DecideMatch::kAccount:
      match.set_account(options.account);
      break;
    case v1::DecideMatch::kNone:
      match.set_none(true);
      break;
    default:
      match.set_withdraw(true);
  }
  return Settle(session, request, Said(options), "rosterctl matches shows what is left");
}

}  // namespace roster::client
