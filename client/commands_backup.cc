#include <fmt/format.h>

#include "client/commands.h"
#include "client/format.h"
#include "client/progress.h"
#include "client/table.h"
#include "client/text.h"

namespace roster::client {
namespace {

constexpr Millis kLookEvery{250};

Answer<v1::BackupList> AskBackups(Session& session) {
  v1::Request request;
  request.mutable_list_backups();
  CLIENT_ASSIGN(v1::Reply reply, session.connection.Call(request));
  return std::move(*reply.mutable_backups());
}

// Until this run has ended, or a later one where that began within two looks: it holds all that
// this one would have, and what became of this one nobody can tell any more. The list is as it was
// then.
Answer<v1::BackupList> WaitForBackup(Session& session, std::uint64_t run) {
  Progress progress(session.console, session.progress());
  while (true) {
    CLIENT_ASSIGN(v1::BackupList list, AskBackups(session));
    const v1::BackupRun& last = list.last();
    if (last.run() < run) {
      return Fail(Exit::kFailed,
                  "rosterd knows nothing of this backup: its store was put back from an earlier "
                  "one meanwhile.");
    }
    if (last.state() != v1::BackupRun::RUNNING) return list;
    const bool verifies = last.phase() == "verify";
    progress.Show(verifies ? "Reading it again" : "Copying", last.done(), last.total());
    session.clock.Wait(kLookEvery);
  }
}

void ShowMade(Session& session, const v1::BackupList& list, const v1::BackupRun& run) {
  const v1::Backup& backup = run.backup();
  session.console.Paragraph(
      fmt::format("Backup {} is made, and was read again: {} in {}, begun {}, in {}.",
                  backup.backup(), Bytes(backup.bytes()), Count(backup.files(), "file"),
                  Second(backup.at()), Clean(list.directory())),
      Tone::kGood);
  std::string kept =
      fmt::format("{} of at most {} are kept",
                  Count(static_cast<std::uint64_t>(list.backups_size()), "backup"), list.keep());
  if (run.removed() > 0) kept += fmt::format("; {} removed", Count(run.removed(), "older one"));
  session.console.Line(kept + ".");
  if (!run.message().empty()) session.console.Paragraph(Clean(run.message()), Tone::kWarning);
  session.Next("copy that directory to another machine; rosterctl backups lists what is there");
}

Answer<Exit> ShowEnded(Session& session, const v1::BackupList& list, std::uint64_t asked) {
  const v1::BackupRun& run = list.last();
  const bool made = run.state() == v1::BackupRun::MADE;
  if (session.json) {
    session.Json(run);
    return made ? Exit::kDone : Exit::kFailed;
  }
  if (run.run() != asked) {
    session.console.Paragraph("Another backup was asked for meanwhile. What became of that one:");
  }
  if (made) {
    ShowMade(session, list, run);
    return Exit::kDone;
  }
  session.console.Paragraph("No backup was made. " + Clean(run.message()), Tone::kBad);
  session.Next("rosterctl backups shows those that were made before");
  return Exit::kFailed;
}

}  // namespace

Answer<Exit> RunBackup(Session& session, const BackupOptions& options) {
  v1::Request request;
  request.mutable_make_backup();
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::BackupRun& started = reply.backup().run();
  if (options.wait) {
    CLIENT_ASSIGN(const v1::BackupList list, WaitForBackup(session, started.run()));
    return ShowEnded(session, list, started.run());
  }
  if (session.json) {
    session.Json(started);
    return Exit::kDone;
  }
  session.console.Line(reply.backup().already_running() ? "A backup is being made already."
                                                        : "A backup is being made.");
  session.Next("rosterctl backup --wait watches it, rosterctl backups says what came of it");
  return Exit::kDone;
}

Answer<Exit> RunBackups(Session& session) {
  CLIENT_ASSIGN(const v1::BackupList list, AskBackups(session));
  if (session.json) {
    session.Json(list);
    return Exit::kDone;
  }
  if (list.backups().empty()) {
    session.console.Paragraph("No backup in " + Clean(list.directory()) + ".");
  } else {
    session.console.Line("In " + Clean(list.directory()) +
                         fmt::format(", of which the newest {} are kept:", list.keep()));
    Table table({{"Backup", Align::kRight, 0, false},
                 {"Made", Align::kLeft, 0, false},
                 {"Size", Align::kRight, 0, false},
                 {"Files", Align::kRight, 0, false},
                 {"Read again", Align::kLeft, 0, false},
                 {"By rosterd", Align::kLeft, 8, false}},
                session.console);
    for (const v1::Backup& backup : list.backups()) {
      const bool damaged = backup.damaged();
      table.Add({{std::to_string(backup.backup()), Tone::kPlain, {}},
                 {damaged ? "-" : Second(backup.at()), Tone::kPlain, {}},
                 {damaged ? "-" : Bytes(backup.bytes()), Tone::kPlain, {}},
                 {damaged ? "-" : Number(backup.files()), Tone::kPlain, {}},
                 {damaged ? "damaged" : (backup.verified() ? "yes" : "not yet"),
                  damaged ? Tone::kBad : Tone::kPlain,
                  {}},
                 {damaged ? "-" : backup.program(), Tone::kPlain, {}}});
    }
    session.console.Print(table.Take());
  }
  const v1::BackupRun& last = list.last();
  if (last.state() == v1::BackupRun::RUNNING) session.console.Line("One is being made.");
  if (last.state() == v1::BackupRun::FAILED) {
    session.console.Paragraph(
        fmt::format("The last one, asked for at {} by {}, was not made. {}",
                    Second(last.started_at()), Clean(last.actor()), Clean(last.message())),
        Tone::kBad);
  }
  session.Next(list.backups().empty() ? "rosterctl backup --wait"
                                      : "rosterd --restore NUMBER puts one back, with rosterd "
                                        "stopped");
  return Exit::kDone;
}

}  // namespace roster::client
