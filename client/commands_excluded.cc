#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client/commands.h"
#include "client/format.h"
#include "client/listing.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::size_t kFamiliesMax = 1000;  // in one request

// What keeps people from the sync, and is no duplicate: those have a screen of their own.
constexpr std::array<const char*, 5> kHeldBack = {"missing-email", "no-person", "graphs-disagree",
                                                  "ambiguous", "lost"};

// A list of rows: laid out in a table, or one JSON object a line.
class Rows {
 public:
  Rows(Session& session, std::string title, std::vector<Column> columns)
      : session_(session), title_(std::move(title)), table_(std::move(columns), session.console) {}

  void Add(const google::protobuf::Message& row, std::vector<Cell> cells) {
    ++count_;
    if (session_.json) {
      session_.Json(row);
      return;
    }
    Title();
    table_.Add(std::move(cells));
    if (table_.waiting() >= kPageSize) session_.console.Print(table_.Take());
  }

  // The rest, and a sentence: `some` of the count, or `none`.
  void End(const std::function<std::string(std::uint64_t)>& some, const std::string& none) {
    if (session_.json) return;
    Title();
    session_.console.Print(table_.Take());
    if (count_ > 0) session_.console.Line();
    session_.console.Paragraph(count_ > 0 ? some(count_) : none);
  }

  std::uint64_t count() const { return count_; }

 private:
  // Not before rosterd has answered: it may refuse.
  void Title() {
    if (!title_.empty()) session_.console.Line(session_.console.In(Tone::kBold, title_));
    title_.clear();
  }

  Session& session_;
  std::string title_;  // "": shown
  Table table_;
  std::uint64_t count_ = 0;
};

std::vector<Column> UserColumns(bool parents, const char* last) {
  return {{"ID", Align::kRight, 0, false},
          {"Name", Align::kLeft, 10, true},
          {parents ? "Family" : "Grade", Align::kLeft, parents ? 8U : 0U, parents},
          {last, Align::kLeft, 28, true}};
}

std::vector<Cell> Cells(const v1::UserRow& row, bool parents, Cell last) {
  return {{std::to_string(row.person()), Tone::kPlain, {}},
          {Name(row.first_name(), row.last_name(), row.person()), Tone::kPlain, {}},
          {parents ? FamilyOf(row) : row.grade(), Tone::kPlain, {}},
          std::move(last)};
}

Answer<std::uint64_t> ShowHeldBack(Session& session, bool parents) {
  v1::Filter filter;
  filter.set_status(v1::STATUS_ERROR);
  for (const char* reason : kHeldBack) filter.add_reasons(reason);
  Rows rows(session, "New: held back by an error", UserColumns(parents, "Why"));
  CLIENT_TRY(ForEachUser(session, filter, [&](const v1::UserRow& row) {
    const Tone tone = row.severity() == "warning" ? Tone::kWarning : Tone::kBad;
    rows.Add(row, Cells(row, parents, {WhyOf(row), tone, {}}));
  }));
  rows.End([](std::uint64_t count) { return Count(count, "user") + " held back."; },
           session.WithSchool(
               "Nobody is held back by an error, duplicates apart: rosterctl duplicates."));
  return rows.count();
}

Answer<void> ShowExcludedFamilies(Session& session) {
  Rows rows(session, "On purpose: families",
            {{"Family", Align::kRight, 0, false},
             {"Name", Align::kLeft, 10, true},
             {"Users", Align::kRight, 0, false},
             {"Excluded", Align::kLeft, 0, false},
             {"By", Align::kLeft, 8, true},
             {"Note", Align::kLeft, 12, true}});
  const auto ask = [](const std::string& token) {
    v1::Request request;
    request.mutable_list_families()->set_excluded_only(true);
    request.mutable_list_families()->set_page_size(kPageSize);
    request.mutable_list_families()->set_page_token(token);
    return request;
  };
  const auto each = [&rows](const v1::FamilyPage& page) {
    for (const v1::FamilyRow& row : page.rows()) {
      rows.Add(row, {{std::to_string(row.family()), Tone::kPlain, {}},
                     {row.name(), Tone::kPlain, {}},
                     {Number(row.users()), Tone::kPlain, {}},
                     {Minute(row.at()), Tone::kPlain, {}},
                     {row.actor(), Tone::kPlain, {}},
                     {row.note(), Tone::kPlain, {}}});
    }
    return true;
  };
  CLIENT_TRY(ForEachPage<v1::FamilyPage>(
      session, ask,
      [](const v1::Reply& reply) -> const v1::FamilyPage& { return reply.families(); }, each));
  rows.End([](std::uint64_t count) { return Families(count) + " excluded on purpose."; },
           "No family is excluded on purpose.");
  return {};
}

Answer<void> ShowExcludedUsers(Session& session, bool parents) {
  v1::Filter filter;
  filter.add_reasons("excluded");
  Rows rows(session, "On purpose: users",
            {{"ID", Align::kRight, 0, false},
             {"Name", Align::kLeft, 10, true},
             {parents ? "Family" : "Grade", Align::kLeft, parents ? 8U : 0U, parents},
             {"Excluded", Align::kLeft, 0, false},
             {"By", Align::kLeft, 8, true},
             {"Note", Align::kLeft, 12, true}});
  CLIENT_TRY(ForEachUser(session, filter, [&](const v1::UserRow& row) {
    std::string note = row.decision() == "exclude" ? "" : "with the family";
    if (!row.note().empty()) note += (note.empty() ? "" : ": ") + row.note();
    std::vector<Cell> cells = Cells(row, parents, {Minute(row.decided_at()), Tone::kPlain, {}});
    cells.push_back({row.decided_by(), Tone::kPlain, {}});
    cells.push_back({std::move(note), Tone::kPlain, {}});
    rows.Add(row, std::move(cells));
  }));
  rows.End(
      [](std::uint64_t count) {
        return Count(count, "user") + " excluded on purpose: their accounts stay as they are.";
      },
      "No user is excluded on purpose.");
  return {};
}

}  // namespace

Answer<Exit> RunExcluded(Session& session, ExcludedStatus status) {
  CLIENT_ASSIGN(const bool parents, AskIsOfParents(session));
  std::uint64_t held_back = 0;
  if (status != ExcludedStatus::kOnPurpose) {
    CLIENT_ASSIGN(held_back, ShowHeldBack(session, parents));
  }
  if (status == ExcludedStatus::kAll && !session.json) session.console.Line();
  if (status != ExcludedStatus::kNew) {
    CLIENT_TRY(ShowExcludedFamilies(session));
    if (!session.json) session.console.Line();
    CLIENT_TRY(ShowExcludedUsers(session, parents));
  }
  if (status == ExcludedStatus::kOnPurpose) {
    session.Next("rosterctl include family|person ID... takes an exclusion back");
  } else if (held_back > 0) {
    session.Next(
        "mend them in FACTS; or rosterctl resolve --use-email2 ID, rosterctl match ID, "
        "rosterctl exclude person ID");
  } else {
    session.NextAfterNone("rosterctl users --status all, then rosterctl plan");
  }
  return Exit::kDone;
}

Answer<Exit> RunDecideFamilies(Session& session, const DecideFamiliesOptions& options) {
  CLIENT_ASSIGN(const bool parents, AskIsOfParents(session));
  v1::DecideFamiliesReply total;
  for (std::size_t begin = 0; begin < options.families.size(); begin += kFamiliesMax) {
    v1::Request request;
    v1::DecideFamilies& decide = *request.mutable_decide_families();
    decide.set_exclude(options.exclude);
    decide.set_note(options.note);
    const std::size_t end = std::min(begin + kFamiliesMax, options.families.size());
    for (std::size_t i = begin; i < end; ++i) decide.add_families(options.families[i]);
    CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
    const v1::DecideFamiliesReply& part = reply.decide_families();
    total.set_changed(total.changed() + part.changed());
    total.set_unchanged(total.unchanged() + part.unchanged());
    total.set_users(total.users() + part.users());
    *total.mutable_counters() = part.counters();
  }
  if (session.json) {
    session.Json(total);
    return Exit::kDone;
  }
  ShowTop(session, total.counters(), parents);
  std::string text = fmt::format("{} {}, {}", options.exclude ? "Excluded" : "Included again",
                                 Families(total.changed()), Count(total.users(), "user"));
  if (total.unchanged() > 0) {
    text += fmt::format("; {} had been {} before", Number(total.unchanged()),
                        options.exclude ? "excluded" : "included");
  }
  session.console.Line(text + ".");
  session.Next("rosterctl excluded --status on-purpose, or rosterctl plan");
  return Exit::kDone;
}

}  // namespace roster::client
