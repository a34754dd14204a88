#include "client/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "client/format.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::size_t kNameMin = 10;
constexpr std::size_t kEmailMin = 12;
constexpr std::size_t kWhyMin = 14;
constexpr std::size_t kRoomForSentences = 110;  // columns

std::string Why(const v1::UserRow& row) {
  return row.sentence().empty() ? row.reason() : row.sentence();
}

Tone ToneOf(v1::ListStatus status) {
  return status == v1::STATUS_ERROR ? Tone::kBad : Tone::kPlain;
}

Tone ToneOf(v1::Action action) {
  switch (action) {
    case v1::ADD:
    case v1::RESTORE:
      return Tone::kGood;
    case v1::ARCHIVE:
      return Tone::kWarning;
    default:
      return Tone::kPlain;
  }
}

}  // namespace

std::string CountersLine(const v1::Counters& counters) {
  return fmt::format("selected {} · new {} · skipped {} · errors {} of {}",
                     Number(counters.status_selected()), Number(counters.status_new()),
                     Number(counters.status_skipped()), Number(counters.status_error()),
                     Number(counters.everybody()));
}

std::string ActionsLine(const v1::Plan& plan) {
  const std::array<std::pair<std::uint64_t, const char*>, 5> parts = {{
      {plan.adds(), "add"},
      {plan.updates(), "update"},
      {plan.archives(), "archive"},
      {plan.restores(), "restore"},
      {plan.invites(), "invite"},
  }};
  std::vector<std::string> items;
  for (const auto& [count, verb] : parts) {
    if (count > 0) items.push_back(fmt::format("{} to {}", Number(count), verb));
  }
  return items.empty() ? "nothing" : List(items);
}

std::string TasksLine(const v1::TaskCounts& counts) {
  return fmt::format("queued {} · leased {} · unknown {} · applied {} · dead {} · superseded {}",
                     Number(counts.queued()), Number(counts.leased()), Number(counts.unknown()),
                     Number(counts.applied()), Number(counts.dead()), Number(counts.superseded()));
}

std::uint64_t TotalOf(const v1::TaskCounts& counts) {
  return counts.queued() + counts.leased() + counts.unknown() + counts.applied() + counts.dead() +
         counts.superseded();
}

Table UsersTable(const Session& session) {
  return Table({{"ID", Align::kRight, 0, false},
                {"Name", Align::kLeft, kNameMin, false},
                {"Grade", Align::kLeft, 0, false},
                {"E-mail", Align::kLeft, kEmailMin, false},
                {"New?", Align::kLeft, 0, false},
                {"Sync?", Align::kLeft, 0, false},
                {"Why", Align::kLeft, kWhyMin, false}},
               session.console);
}

std::vector<Cell> UserCells(const Session& session, const v1::UserRow& row) {
  const bool room = session.console.terminal().width >= kRoomForSentences;
  return {{std::to_string(row.person()), Tone::kPlain, {}},
          {Name(row.first_name(), row.last_name(), row.person()), Tone::kPlain, {}},
          {row.grade(), Tone::kPlain, {}},
          {row.email(), Tone::kPlain, {}},
          {row.is_new() ? " x" : "", Tone::kBold, {}},
          {row.sync() ? "[x]" : "[ ]", Tone::kPlain, {}},
          {room ? Why(row) : row.reason(), ToneOf(row.status()), {}}};
}

Table ItemsTable(const Session& session) {
  return Table({{"Action", Align::kLeft, 0, false},
                {"ID", Align::kRight, 0, false},
                {"Name", Align::kLeft, kNameMin, false},
                {"Grade", Align::kLeft, 0, false},
                {"Why", Align::kLeft, 2 * kWhyMin, true}},
               session.console);
}

std::vector<Cell> ItemCells(const v1::UserRow& row) {
  Cell why{Why(row), Tone::kPlain, {}};
  const bool shows_fields = row.action() == v1::UPDATE || row.action() == v1::RESTORE;
  if (shows_fields) {
    for (const v1::FieldChange& change : row.fields()) why.more.push_back(Arrow(change));
  } else if (row.action() == v1::ADD && !row.email().empty()) {
    why.more.push_back(row.email());
  }
  if (row.changed()) {
    why.more.push_back("No longer what the plan holds: it would be refused.");
    why.tone = Tone::kWarning;
  }
  std::string action = Word(row.action());
  if (action.empty()) action = Word(row.bucket());
  return {{action, ToneOf(row.action()), {}},
          {std::to_string(row.person()), Tone::kPlain, {}},
          {Name(row.first_name(), row.last_name(), row.person()), Tone::kPlain, {}},
          {row.grade(), Tone::kPlain, {}},
          std::move(why)};
}

Table InvitationsTable(const Session& session) {
  return Table({{"ID", Align::kRight, 0, false},
                {"Name", Align::kLeft, kNameMin, false},
                {"Grade", Align::kLeft, 0, false},
                {"E-mail", Align::kLeft, kEmailMin, false},
                {"", Align::kLeft, 0, false}},
               session.console);
}

std::vector<Cell> InvitationCells(const v1::UserRow& row) {
  return {{std::to_string(row.person()), Tone::kPlain, {}},
          {Name(row.first_name(), row.last_name(), row.person()), Tone::kPlain, {}},
          {row.grade(), Tone::kPlain, {}},
          {row.email(), Tone::kPlain, {}},
          {row.changed() ? "has changed" : "", Tone::kWarning, {}}};
}

void ShowCounters(const Session& session, const v1::Counters& counters) {
  const std::array<std::pair<const char*, std::uint64_t>, 7> rows = {{
      {"to add", counters.to_add()},
      {"to update", counters.to_update()},
      {"to archive", counters.to_archive()},
      {"to restore", counters.to_restore()},
      {"to skip", counters.to_skip()},
      {"unchanged", counters.unchanged()},
      {"everybody", counters.everybody()},
  }};
  std::size_t name_width = 10;
  for (const v1::Count& count : counters.skipped_because()) {
    name_width = std::max(name_width, Width(Clean(count.reason())));
  }
  const std::size_t width = std::max<std::size_t>(6, Number(counters.everybody()).size());
  const auto show = [&](std::string_view name, std::uint64_t count) {
    session.console.Line("  " + Pad(Clean(name), name_width + 2) +
                         Pad(Number(count), width, Align::kRight));
  };
  for (const auto& [name, count] : rows) show(name, count);
  if (counters.skipped_because().empty()) return;
  session.console.Line();
  session.console.Line("Skipped because");
  for (const v1::Count& count : counters.skipped_because()) show(count.reason(), count.count());
}

void ShowChanged(const Session& session,
                 const google::protobuf::RepeatedPtrField<v1::UserRow>& rows, std::uint64_t total) {
  Table table = ItemsTable(session);
  for (const v1::UserRow& row : rows) table.Add(ItemCells(row));
  session.console.Print(table.Take());
  const auto shown = static_cast<std::uint64_t>(rows.size());
  if (total > shown) session.console.Line(fmt::format("... and {} more.", Number(total - shown)));
}

}  // namespace roster::client
