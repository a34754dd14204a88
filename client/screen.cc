#include "client/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "client/format.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::size_t kNameMin = 12;
constexpr std::size_t kEmailMin = 12;
constexpr std::size_t kWhyMin = 15;  // "duplicate-email" and "email-collision" stay whole
constexpr std::size_t kFamilyMin = 8;
constexpr std::size_t kBelow = 4;               // columns in, of lines below a row
constexpr std::size_t kRoomForSentences = 110;  // columns

std::string Why(const v1::UserRow& row) {
  return row.sentence().empty() ? row.reason() : row.sentence();
}

Tone ToneOf(const v1::UserRow& row) {
  if (row.context()) return Tone::kDim;
  if (row.status() != v1::STATUS_ERROR) return Tone::kPlain;
  return row.severity() == "warning" ? Tone::kWarning : Tone::kBad;
}

// A word where there is no room for a sentence.
std::string ShortWhyOf(const Session& session, const v1::UserRow& row) {
  if (session.console.terminal().width >= kRoomForSentences) {
    return row.context() ? "Relative of a new user. " + WhyOf(row) : WhyOf(row);
  }
  const std::string why =
      row.severity().empty() ? row.reason() : row.severity() + ": " + row.reason();
  return row.context() ? "relative, " + why : why;
}

std::uint64_t OfClass(const v1::Counters& counters, v1::ChangeClass which) {
  for (const v1::Count& count : counters.by_class()) {
    if (count.reason() == Word(which)) return count.count();
  }
  return 0;
}

// A class of what is in a plan, and the guard that counts it.
struct Part {
  v1::ChangeClass which;
  v1::Guard guard;
  std::uint64_t count;
};

// Those that have anybody and that a guard holds, or that none does.
std::vector<std::string> ClassesOf(const v1::Plan& plan,
                                   const google::protobuf::RepeatedPtrField<v1::Hold>& holds,
                                   bool are_held) {
  const std::array<Part, 6> parts = {{
      {v1::CLASS_ADD, v1::GUARD_ADD, plan.adds()},
      {v1::CLASS_UPDATE, v1::GUARD_UPDATE, plan.updates() - plan.email_changes()},
      {v1::CLASS_EMAIL_CHANGE, v1::GUARD_UPDATE, plan.email_changes()},
      {v1::CLASS_ARCHIVE, v1::GUARD_ARCHIVE, plan.archives() - plan.missing()},
      {v1::CLASS_MISSING, v1::GUARD_MISSING, plan.missing()},
      {v1::CLASS_RESTORE, v1::GUARD_RESTORE, plan.restores()},
  }};
  std::vector<std::string> words;
  for (const Part& part : parts) {
    const bool held = std::any_of(holds.begin(), holds.end(), [&part](const v1::Hold& hold) {
      return hold.guard() == part.guard;
    });
    if (part.count > 0 && held == are_held) words.push_back(Word(part.which));
  }
  return words;
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

// What ties people together: a family, or a grade.
Column GroupingColumn(bool parents) {
  if (parents) return {"Family", Align::kLeft, kFamilyMin, true};
  return {"Grade", Align::kLeft, 0, false};
}

}  // namespace

std::string WhyOf(const v1::UserRow& row) {
  return row.severity().empty() ? Why(row) : row.severity() + ": " + Why(row);
}

std::string NoticeText(const v1::Count& notice) {
  std::string words = Clean(notice.reason());
  std::replace(words.begin(), words.end(), '-', ' ');
  return words + ": " + Number(notice.count());
}

std::string FamilyOf(const v1::UserRow& row) {
  if (!row.family_name().empty()) return row.family_name();
  std::vector<std::string> ids;
  for (const v1::FamilyPlace& place : row.families()) ids.push_back(std::to_string(place.family()));
  return List(ids);
}

Answer<bool> SayNothingWasRead(Session& session, const v1::Counters& counters) {
  if (counters.everybody() > 0) return false;
  CLIENT_ASSIGN(const Standing standing, AskStanding(session));
  if (standing.school.has_last_good_poll()) return false;
  session.console.Paragraph(
      session.WithSchool("Nothing was read from FACTS yet: rosterctl poll --wait."));
  return true;
}

std::string GuardText(v1::Guard guard) {
  switch (guard) {
    case v1::GUARD_ADD:
    case v1::GUARD_UPDATE:
    case v1::GUARD_ARCHIVE:
    case v1::GUARD_RESTORE:
      return Word(guard) + "s";
    case v1::GUARD_MISSING:
      return "people missing from FACTS";
    default:
      return Word(guard);
  }
}

std::string SelectedLine(const v1::Counters& counters, bool parents) {
  if (!parents) {
    return fmt::format("{} selected. To review: {}.", Count(counters.fresh_selected(), "new user"),
                       Count(counters.fresh(), "user"));
  }
  return fmt::format("{} with new users selected, {}. To review: {}, {}.",
                     Families(counters.families_selected()),
                     Count(counters.fresh_selected(), "user"), Families(counters.families_fresh()),
                     Count(counters.fresh(), "user"));
}

void ShowTop(const Session& session, const v1::Counters& counters, bool parents) {
  session.console.Paragraph(SelectedLine(counters, parents), Tone::kBold);
  session.console.Line(CountersLine(counters));
  session.console.Line();
}

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
    if (count == 0) continue;
    items.push_back(fmt::format("{} to {}", Number(count), verb));
    if (verb == std::string_view("update") && plan.email_changes() > 0) {
      items.back() += fmt::format(" ({} with a changed e-mail)", Number(plan.email_changes()));
    }
    if (verb == std::string_view("archive") && plan.missing() > 0) {
      items.back() += fmt::format(" ({} missing from FACTS)", Number(plan.missing()));
    }
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

Table UsersTable(const Session& session, bool parents) {
  return Table({{"ID", Align::kRight, 0, false},
                {"Name", Align::kLeft, kNameMin, true},
                GroupingColumn(parents),
                {"E-mail", Align::kLeft, kEmailMin, true},
                {"New?", Align::kLeft, 0, false},
                {"Sync?", Align::kLeft, 0, false},
                {"Why", Align::kLeft, kWhyMin, true}},
               session.console);
}

std::vector<Cell> UserCells(const Session& session, const v1::UserRow& row, bool parents) {
  const Tone plain = row.context() ? Tone::kDim : Tone::kPlain;
  return {{std::to_string(row.person()), plain, {}},
          {Name(row.first_name(), row.last_name(), row.person()), plain, {}},
          {parents ? FamilyOf(row) : row.grade(), plain, {}},
          {row.email(), plain, {}},
          {row.is_new() ? " x" : "", Tone::kBold, {}},
          {row.sync() ? "[x]" : "[ ]", plain, {}},
          {ShortWhyOf(session, row), ToneOf(row), {}}};
}

void AddFieldLines(const v1::UserRow& row, Table& table) {
  for (const v1::FieldChange& change : row.fields()) {
    table.AddSpan({Arrow(change), Tone::kPlain, {}}, kBelow);
  }
  for (const v1::FieldChange& change : row.drift()) {
    table.AddSpan({"changed on the site: " + Arrow(change), Tone::kWarning, {}}, kBelow);
  }
}

void ShowStanding(const Session& session, const std::vector<v1::UserRow>& rows) {
  Table table({{"ID", Align::kRight, 0, false},
               {"Name", Align::kLeft, kNameMin, true},
               {"E-mail", Align::kLeft, kEmailMin, true},
               {"List", Align::kLeft, 0, false},
               {"Sync?", Align::kLeft, 0, false},
               {"Why", Align::kLeft, 24, true}},
              session.console);
  for (const v1::UserRow& row : rows) {
    table.Add({{std::to_string(row.person()), Tone::kPlain, {}},
               {Name(row.first_name(), row.last_name(), row.person()), Tone::kPlain, {}},
               {row.email(), Tone::kPlain, {}},
               {Word(row.status()), Tone::kPlain, {}},
               {row.sync() ? "[x]" : "[ ]", Tone::kPlain, {}},
               {WhyOf(row), ToneOf(row), {}}});
  }
  session.console.Print(table.Take());
}

Table ItemsTable(const Session& session, bool parents) {
  return Table({{"Action", Align::kLeft, 0, false},
                {"ID", Align::kRight, 0, false},
                {"Name", Align::kLeft, kNameMin, true},
                GroupingColumn(parents),
                {"Why", Align::kLeft, 2 * kWhyMin, true}},
               session.console);
}

std::vector<Cell> ItemCells(const v1::UserRow& row, bool parents) {
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
          {parents ? FamilyOf(row) : row.grade(), Tone::kPlain, {}},
          std::move(why)};
}

Table InvitationsTable(const Session& session, bool parents) {
  return Table({{"ID", Align::kRight, 0, false},
                {"Name", Align::kLeft, kNameMin, true},
                GroupingColumn(parents),
                {"E-mail", Align::kLeft, kEmailMin, true},
                {"", Align::kLeft, 0, false}},
               session.console);
}

std::vector<Cell> InvitationCells(const v1::UserRow& row, bool parents) {
  return {{std::to_string(row.person()), Tone::kPlain, {}},
          {Name(row.first_name(), row.last_name(), row.person()), Tone::kPlain, {}},
          {parents ? FamilyOf(row) : row.grade(), Tone::kPlain, {}},
          {row.email(), Tone::kPlain, {}},
          {row.changed() ? "has changed" : "", Tone::kWarning, {}}};
}

void ShowCounters(const Session& session, const v1::Counters& counters) {
  const std::array<std::pair<const char*, std::uint64_t>, 9> rows = {{
      {"to add", counters.to_add()},
      {"to update", counters.to_update()},
      {"  of these: a changed e-mail", OfClass(counters, v1::CLASS_EMAIL_CHANGE)},
      {"to archive", counters.to_archive()},
      {"  of these: missing from FACTS", OfClass(counters, v1::CLASS_MISSING)},
      {"to restore", counters.to_restore()},
      {"to skip", counters.to_skip()},
      {"unchanged", counters.unchanged()},
      {"everybody", counters.everybody()},
  }};
  std::size_t name_width = 0;
  for (const auto& [name, count] : rows) name_width = std::max(name_width, Width(name));
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

void ShowHolds(const Session& session, const google::protobuf::RepeatedPtrField<v1::Hold>& holds) {
  for (const v1::Hold& hold : holds) {
    session.console.Paragraph(fmt::format("Held by the guard on {}{}: {}", GuardText(hold.guard()),
                                          hold.rollover() ? " (limits of the rollover window)" : "",
                                          Clean(hold.message())),
                              Tone::kWarning);
    if (hold.persons_size() > 0) {
      session.console.Paragraph("Among them: " + Ids(hold.persons()) + ".");
    }
  }
}

void SayWaysOn(const Session& session, const v1::Plan& plan,
               const google::protobuf::RepeatedPtrField<v1::Hold>& holds) {
  const std::uint64_t number = plan.plan();
  const char* look = "To look at them:";
  for (const std::string& word : ClassesOf(plan, holds, true)) {
    session.console.Line(
        session.WithSchool(fmt::format("{:<23}rosterctl plan {} --class {}", look, number, word)));
    look = "";
  }
  if (const auto beside = ClassesOf(plan, holds, false); !beside.empty()) {
    session.console.Line(session.WithSchool(fmt::format(
        "To approve the others: rosterctl sync {} --only {}", number, fmt::join(beside, ","))));
  }
  session.console.Line("To lift the guard for this plan alone, and say why:");
  session.console.Line(session.WithSchool(fmt::format(
      "                       rosterctl sync {} --override-guard --reason TEXT", number)));
}

void ShowChanged(const Session& session, bool parents,
                 const google::protobuf::RepeatedPtrField<v1::UserRow>& rows, std::uint64_t total) {
  const auto shown = static_cast<std::uint64_t>(rows.size());
  if (shown == 0 && total > 0) {
    session.console.Paragraph(
        fmt::format("{}: they are in no list any more, have left, or were forgotten, so there is "
                    "no row to show.",
                    total == 1 ? "1 person" : Number(total) + " people"));
    return;
  }
  Table table = ItemsTable(session, parents);
  for (const v1::UserRow& row : rows) table.Add(ItemCells(row, parents));
  session.console.Print(table.Take());
  if (total > shown) session.console.Line(fmt::format("... and {} more.", Number(total - shown)));
}

}  // namespace roster::client
