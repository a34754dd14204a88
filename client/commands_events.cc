#include <fmt/format.h>

#include <algorithm>

#include "client/commands.h"
#include "client/event_text.h"
#include "client/follow.h"
#include "client/format.h"
#include "client/text.h"

namespace roster::client {
namespace {

constexpr std::uint32_t kReplayMax = 1000;  // entries in one answer
constexpr Millis kListen{500};
// A beat comes once a second: without one for so long the socket is deaf, or the daemon away.
constexpr Millis kSilenceMax{3000};

constexpr std::size_t kSeqWidth = 7;
constexpr std::size_t kTypeWidth = 17;

class Printer {
 public:
  Printer(const Session& session, const std::vector<std::string>& types)
      : session_(session), types_(types) {}

  void Print(const v1::Entry& entry) {
    const std::string name = EventName(entry);
    if (!types_.empty() && std::find(types_.begin(), types_.end(), name) == types_.end()) return;
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
  const std::vector<std::string>& types_;
};

Answer<void> Replay(Session& session, Follower& follower, Printer& printer) {
  while (const auto since = follower.Wanted()) {
    v1::Request request;
    request.mutable_replay()->set_since(*since);
    request.mutable_replay()->set_limit(kReplayMax);
    CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
    follower.OnReplay(*since, reply.replay());
    for (const v1::Entry& entry : follower.Take()) printer.Print(entry);
    if (session.console.broken() || session.clock.Interrupted()) return {};
  }
  if (!follower.fault().empty()) return Fail(Exit::kFailed, Clean(follower.fault()));
  return {};
}

Answer<void> Follow(Session& session, Follower& follower, Printer& printer, Feed& feed) {
  auto heard = session.clock.Now();
  while (!session.clock.Interrupted() && !session.console.broken()) {
    CLIENT_ASSIGN(auto published, feed.Receive(kListen));
    const auto now = session.clock.Now();
    if (published) {
      heard = now;
      if (published->topic.ends_with(".Beat")) {
        follower.OnBeat(published->bytes);
      } else {
        follower.OnPublished(published->bytes);
      }
    } else if (now - heard > kSilenceMax) {
      heard = now;
      follower.OnSilence();
    }
    for (const v1::Entry& entry : follower.Take()) printer.Print(entry);
    CLIENT_TRY(Replay(session, follower, printer));
    session.console.Flush();
  }
  return {};
}

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
  Printer printer(session, options.types);
  CLIENT_TRY(Replay(session, follower, printer));
  session.console.Flush();
  if (options.follow) {
    CLIENT_TRY(Follow(session, follower, printer, *feed));
  } else {
    session.Next("rosterctl events --follow shows what comes");
  }
  return Exit::kDone;
}

}  // namespace roster::client
