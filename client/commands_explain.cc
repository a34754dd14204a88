#include <fmt/format.h>

#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::size_t kNameWidth = 12;

class Screen {
 public:
  explicit Screen(const Session& session) : session_(session) {}

  void Row(const std::string& name, const std::string& text) {
    if (text.empty()) return;
    Lines("  " + Pad(name, kNameWidth), text);
  }

  void Lines(const std::string& front, const std::string& text) {
    const std::string indent(Width(front), ' ');
    const std::size_t width = session_.console.terminal().width;
    const std::size_t room = width > indent.size() + 20 ? width - indent.size() : 20;
    bool first = true;
    for (const std::string& line : Wrap(Clean(text), room)) {
      session_.console.Line((first ? front : indent) + line);
      first = false;
    }
  }

 private:
  const Session& session_;
};

// "Abbott; 812 (listed first), 930"
std::string FamiliesText(const v1::UserRow& row) {
  std::vector<std::string> places;
  for (const v1::FamilyPlace& place : row.families()) {
    places.push_back(std::to_string(place.family()) +
                     (place.listed_first() ? " (listed first)" : ""));
  }
  if (row.family_name().empty() || places.empty()) return List(places);
  return row.family_name() + "; " + List(places);
}

// "10412, 10433 (not eligible)"
std::string ChildrenText(const v1::UserRow& row) {
  std::vector<std::string> children;
  for (const v1::Child& child : row.children()) {
    std::vector<std::string> marks;
    if (child.blocked()) marks.emplace_back("blocked");
    if (!child.eligible()) marks.emplace_back("not eligible");
    if (!child.household()) marks.emplace_back("by ParentStudent alone");
    if (!child.link()) marks.emplace_back("by the household alone");
    children.push_back(std::to_string(child.person()) +
                       (marks.empty() ? "" : " (" + List(marks) + ")"));
  }
  return List(children);
}

std::string Mismatched(const std::string& word) {
  if (word == "household-alone") return "FACTS has them in a household, and no ParentStudent row";
  if (word == "link-alone") return "FACTS has a ParentStudent row, and no household";
  return word;
}

std::string FitText(const v1::Fit& fit) {
  return fmt::format("account {}, {}, {}{}", fit.account(), fit.active() ? "active" : "archived",
                     fit.user_name(), fit.name().empty() ? "" : ", " + fit.name());
}

std::string DuplicateText(const v1::UserRow& row) {
  std::string text = row.group() == 0 ? "" : fmt::format("group {}", row.group());
  if (row.duplicates().empty()) return text;
  return text + (text.empty() ? "" : ", ") + "with " + Ids(row.duplicates());
}

std::string DecisionText(const v1::UserRow& row) {
  std::string text = row.decision().empty() ? "none yet" : row.decision();
  if (!row.note().empty()) text += ": " + row.note();
  if (row.outdated().empty()) return text;
  return text + "; since then this has changed: " +
         List(std::vector<std::string>(row.outdated().begin(), row.outdated().end()));
}

void ShowRow(const Session& session, const v1::UserRow& row) {
  Screen screen(session);
  session.console.Line(session.console.In(Tone::kBold, Clean(Name(row.first_name(), row.last_name(),
                                                                  row.person()))) +
                       fmt::format(" ({})", row.person()));
  std::string facts = row.status_word().empty() ? "(no status)" : row.status_word();
  if (!row.grade().empty()) facts += ", grade " + row.grade();
  if (!row.school_code().empty()) facts += ", " + row.school_code();
  const bool is_parent = row.children_size() > 0 && row.status_word().empty();
  if (!is_parent) screen.Row("In FACTS", facts);  // a parent has no status there
  screen.Row("E-mail", row.email().empty() ? "(none)" : row.email());
  if (!row.email2().empty()) screen.Row("E-mail 2", row.email2());
  if (row.uses_email2()) screen.Row("", "the second e-mail of FACTS is used, by decision");
  screen.Row("Families", FamiliesText(row));
  screen.Row("Children", ChildrenText(row));
  if (!row.mismatch().empty()) screen.Row("", Mismatched(row.mismatch()));
  screen.Row("Account", row.account().empty() ? "(none)" : row.account());
  screen.Row("Situation", Word(row.situation()));
  screen.Row("List", fmt::format("{}; New? {}; Sync? {}", Word(row.status()),
                                 row.is_new() ? "x" : "-", row.sync() ? "[x]" : "[ ]"));
  for (const v1::Fit& fit : row.fits()) screen.Row("May be", FitText(fit));
  screen.Row("Duplicate", DuplicateText(row));
  screen.Row("Decision", DecisionText(row));
  std::string outcome = Word(row.bucket());
  if (row.in_progress()) outcome += ", a task is under way";
  screen.Row("Comes to", outcome);
  screen.Row("Why", WhyOf(row));
  for (const v1::FieldChange& change : row.fields()) screen.Row("Would write", Arrow(change));
  for (const v1::FieldChange& change : row.drift()) screen.Row("Drift", Arrow(change));
}

std::string ErrorNext(const v1::UserRow& row) {
  if (row.group() != 0)
    return "rosterctl duplicates, then rosterctl resolve " + std::to_string(row.group());
  if (CarryId(row)) return "settle it on the site, then rosterctl poll --wait";
  if (row.reason() == "ambiguous") return "rosterctl matches, then rosterctl match";
  if (row.reason() == "lost") {
    return fmt::format("rosterctl match {} --none, to start anew", row.person());
  }
  return fmt::format("mend it in FACTS, then rosterctl poll --wait; or rosterctl deselect {}",
                     row.person());
}

void SayNext(const Session& session, const v1::UserRow& row) {
  switch (row.status()) {
    case v1::STATUS_NEW:
      session.Next(fmt::format("rosterctl select {0}, or rosterctl deselect {0}", row.person()));
      return;
    case v1::STATUS_ERROR:
      session.Next(ErrorNext(row));
      return;
    case v1::STATUS_SKIPPED:
      session.Next(fmt::format("rosterctl select {}, to sync this person after all", row.person()));
      return;
    default:
      session.Next(row.in_progress() ? "rosterctl tasks" : "rosterctl plan");
  }
}

}  // namespace

Answer<Exit> RunExplain(Session& session, std::int64_t person) {
  v1::Request request;
  request.mutable_explain()->set_person(person);
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::ExplainReply& explain = reply.explain();
  const bool known = explain.has_row() || !explain.lines().empty();
  const Exit exit = known ? Exit::kDone : Exit::kFailed;
  if (session.json) {
    session.Json(explain);
    return exit;
  }
  if (explain.has_row()) {
    ShowRow(session, explain.row());
  } else {
    session.console.Paragraph(
        fmt::format("Person {} is not of everybody: not in scope, and not linked to an account{}.",
                    person, known ? " any more" : "; nothing is on record"));
  }
  if (!explain.lines().empty()) {
    session.console.Line();
    session.console.Line("What is known");
    Screen screen(session);
    for (const v1::ExplainReply::Line& line : explain.lines()) {
      const std::string when = line.has_at() ? Minute(line.at()) : "now";
      const std::string seq = line.seq() == 0 ? "" : fmt::format("#{}", line.seq());
      screen.Lines(fmt::format("  {:<16}  {:<7} ", when, seq), line.text());
    }
  }
  if (explain.has_row()) SayNext(session, explain.row());
  return exit;
}

}  // namespace roster::client
