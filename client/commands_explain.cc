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

void ShowRow(const Session& session, const v1::UserRow& row) {
  Screen screen(session);
  session.console.Line(session.console.In(Tone::kBold, Clean(Name(row.first_name(), row.last_name(),
                                                                  row.person()))) +
                       fmt::format(" ({})", row.person()));
  std::string facts = row.status_word().empty() ? "(no status)" : row.status_word();
  if (!row.grade().empty()) facts += ", grade " + row.grade();
  if (!row.school_code().empty()) facts += ", " + row.school_code();
  screen.Row("In FACTS", facts);
  screen.Row("E-mail", row.email().empty() ? "(none)" : row.email());
  screen.Row("Account", row.account().empty() ? "(none)" : row.account());
  screen.Row("Situation", Word(row.situation()));
  screen.Row("List", fmt::format("{}; New? {}; Sync? {}", Word(row.status()),
                                 row.is_new() ? "x" : "-", row.sync() ? "[x]" : "[ ]"));
  screen.Row("Decision", row.decision().empty() ? "none yet" : row.decision());
  std::string outcome = Word(row.bucket());
  if (row.in_progress()) outcome += ", a task is under way";
  screen.Row("Comes to", outcome);
  screen.Row("Why", row.sentence().empty() ? row.reason() : row.sentence());
  for (const v1::FieldChange& change : row.fields()) screen.Row("Would write", Arrow(change));
  for (const v1::FieldChange& change : row.drift()) screen.Row("Drift", Arrow(change));
}

void SayNext(const Session& session, const v1::UserRow& row) {
  switch (row.status()) {
    case v1::STATUS_NEW:
      session.Next(fmt::format("rosterctl select {0}, or rosterctl deselect {0}", row.person()));
      return;
    case v1::STATUS_ERROR:
      session.Next(fmt::format(
          "mend it in FACTS, then rosterctl poll --wait; or rosterctl deselect {}", row.person()));
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
