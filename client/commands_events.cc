#include <fmt/format.h>

#include "client/commands.h"
#include "client/event_text.h"
#include "client/follow.h"
#include "client/format.h"
#include "client/subscriber/loop.h"
#include "client/text.h"

namespace roster::client {
namespace {

constexpr Millis kListen{500};

constexpr std::size_t kSeqWidth = 7;
constexpr std::size_t kTypeWidth = 17;

class Printer {
 public:
  Printer(const Session& session, const EntryFilter& filter) : session_(session), filter_(filter) {}

  void Print(const v1::Entry& entry) {
    if (!Shows(filter_, entry)) return;
    const std::string name = EventName(entry);
    if (session_.json) {
      session_.Json(entry);
      return;
    }
    const std::string front =
        fmt::format("{:>{}}  {}  {:<{}}  ", entry.seq(), kSeqWidth, Second(entry.at()),
                    name.empty() ? "(unknown)" : name, kTypeWidth);
    const std::string text = Clean(EventText(entry));
    const Terminal& terminal = session_.console.terminal();
    // A pipe gets one line an entry.
    if (!terminal.out || terminal.width < front.size() + 20) {
      session_.console.Line(front + text);
      return;
    }
    bool first = true;
    for (const std::string& line : Wrap(text, terminal.width - front.size())) {
      session_.console.Line((first ? front : std::string(front.size(), ' ')) + line);
      first = false;
    }
  }

 private:
  const Session& session_;
  const EntryFilter& filter_;
};

}  // namespace

Answer<Exit> RunEvents(Session& session, const EventsOptions& options) {
  if (options.follow) {
    session.connection.WaitForEver([&session](const std::string& message) {
      session.console.Error(message + " Waiting on.");
    });
  }
  CLIENT_ASSIGN(const Standing standing, AskStanding(session));
  session.school = standing.school.school();
  // Subscribed before the first replay, so that nothing falls between.
  std::unique_ptr<Feed> feed;
  if (options.follow) {
    CLIENT_ASSIGN(feed, session.open_feed(standing.status.events_endpoint(), session.school));
  }
  const std::uint64_t since = options.since.value_or(options.follow ? standing.school.head() : 0);
  Follower follower(session.school, since);
  Printer printer(session, options.filter);
  const auto print = [&](const std::vector<v1::Entry>& entries) -> Answer<bool> {
    for (const v1::Entry& entry : entries) printer.Print(entry);
    return !session.console.broken();
  };
  Loop loop(session.connection, session.clock, follower);
  CLIENT_TRY(loop.CatchUp(print));
  session.console.Flush();
  if (!options.follow) session.Next("rosterctl events --follow shows what comes");
  while (options.follow && !session.clock.Interrupted() && !session.console.broken()) {
    CLIENT_TRY(loop.Listen(*feed, kListen, print));
    session.console.Flush();
  }
  return Exit::kDone;
}

}  // namespace roster::client
