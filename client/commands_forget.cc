#include <fmt/format.h>

#include "client/commands.h"
#include "client/format.h"
#include "client/text.h"

namespace roster::client {

Answer<Exit> RunForget(Session& session, const ForgetOptions& options) {
  if (!options.yes) {
    if (!session.console.can_ask()) {
      return Fail(Exit::kUsage,
                  "Nobody is here to be asked, and it can't be taken back: say --yes.");
    }
    const std::string whom = options.persons.size() == 1
                                 ? fmt::format("person {}", options.persons.front())
                                 : fmt::format("{} people", options.persons.size());
    if (!session.console.Confirm("Remove for good what is held of " + whom + "?")) {
      session.console.Line("Nothing was removed.");
      return Exit::kFailed;
    }
  }
  v1::Request request;
  for (const std::int64_t person : options.persons) request.mutable_forget()->add_persons(person);
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  const v1::ForgetReply& forget = reply.forget();
  const Exit exit = forget.refused().empty() ? Exit::kDone : Exit::kRefused;
  if (session.json) {
    session.Json(forget);
    return exit;
  }
  session.console.Paragraph(
      forget.forgotten() == 0
          ? "Nothing was removed."
          : fmt::format(
                "What was held of {} is removed. Their numbers stay in the journal, and "
                "nothing else does.",
                forget.forgotten() == 1 ? "1 person" : Number(forget.forgotten()) + " people"));
  for (const v1::ForgetReply::Refused& refused : forget.refused()) {
    session.console.Paragraph(Clean(fmt::format("{}: {}", refused.person(), refused.sentence())),
                              Tone::kWarning);
  }
  if (forget.forgotten() > 0) {
    session.console.Paragraph(
        "Backups that were made before still hold it, until newer ones have taken their place "
        "(rosterctl backups).");
  }
  session.Next("rosterctl journal verify still agrees");
  return exit;
}

Answer<Exit> RunAck(Session& session, std::uint64_t seq) {
  v1::Request request;
  request.mutable_acknowledge()->set_seq(seq);
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  if (session.json) {
    session.Json(reply.acknowledge());
    return Exit::kDone;
  }
  session.console.Line(fmt::format(
      "What entries tell up to {} is known, for the whole school: nothing nags about it.",
      reply.acknowledge().seq()));
  session.Next("rosterctl status");
  return Exit::kDone;
}

}  // namespace roster::client
