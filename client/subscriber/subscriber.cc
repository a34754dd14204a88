#include "client/subscriber/subscriber.h"

#include <fmt/format.h>

#include "client/connection.h"
#include "client/follow.h"
#include "client/subscriber/cursor.h"
#include "client/subscriber/loop.h"
#include "client/text.h"
#include "client/zmq_channel.h"
#include "client/zmq_feed.h"
#include "client/zmq_link.h"

namespace roster::client {
namespace {

constexpr Millis kListen{500};

// Of an entry in the midst of a batch: the next one has it in `previous`.
std::string HashOf(const std::vector<v1::Entry>& entries, std::size_t index,
                   const Follower& follower) {
  return index + 1 < entries.size() ? entries[index + 1].previous() : follower.known_hash();
}

}  // namespace

Answer<Whereabouts> FindSchool(Connection& connection, const std::string& control,
                               const std::string& events, const std::string& school) {
  v1::Request request;
  request.mutable_get_status();
  // Of all schools: one that is not there would be refused, which stands in the others' journals.
  CLIENT_ASSIGN(const v1::Reply reply, connection.For("").Call(request));
  const v1::Status& status = reply.status();
  for (const v1::SchoolStatus& one : status.schools()) {
    if (one.school() != school && !(school.empty() && status.schools_size() == 1)) continue;
    return Whereabouts{events.empty() ? Reachable(status.events_endpoint(), control) : events,
                       one.school(), one.head(), status.schools_size()};
  }
  if (school.empty()) {
    return Fail(Exit::kUsage, fmt::format("rosterd shows {} schools here, and none was named.",
                                          status.schools_size()));
  }
  return Fail(
      Exit::kUsage,
      fmt::format("rosterd shows no school \"{}\" here: check the id, and that this user or "
                  "key has a role in it (rosterctl whoami).",
                  Clean(school)));
}

Answer<void> Subscriber::Run(const std::function<bool(const v1::Entry&)>& each) {
  ZmqChannel channel(options_.control, options_.keys);
  Connection connection(channel, clock_, Patience{}, options_.school);
  connection.WaitForEver([this](const std::string& message) {
    if (options_.waiting) options_.waiting(message);
  });
  auto found = FindSchool(connection, options_.control, options_.events, options_.school);
  if (!found) {
    if (clock_.Interrupted()) return {};
    return tl::unexpected(std::move(found).error());
  }
  // Subscribed before the first replay, so that nothing falls between.
  CLIENT_ASSIGN(const auto feed, ZmqFeed::Open(found->events, found->school, options_.keys));

  Cursor cursor{found->school, options_.since.value_or(found->head), ""};
  const bool kept = !options_.cursor_file.empty();
  if (kept) {
    CLIENT_ASSIGN(auto before, ReadCursor(options_.cursor_file, found->school));
    if (before) {
      cursor = std::move(*before);
    } else {
      CLIENT_TRY(WriteCursor(options_.cursor_file, cursor));
    }
  }
  Follower follower(cursor.school, cursor.seq, cursor.hash);

  bool enough = false;
  const auto take = [&](const std::vector<v1::Entry>& entries) -> Answer<bool> {
    std::size_t done = 0;
    while (done < entries.size() && !enough && !clock_.Interrupted())
      enough = !each(entries[done++]);
    if (done > 0 && kept) {
      cursor.seq = entries[done - 1].seq();
      cursor.hash = HashOf(entries, done - 1, follower);
      CLIENT_TRY(WriteCursor(options_.cursor_file, cursor));
    }
    return done == entries.size() && !enough;
  };
  Loop loop(connection, clock_, follower);
  Answer<void> went = loop.CatchUp(take);
  while (went && !enough && !clock_.Interrupted()) went = loop.Listen(*feed, kListen, take);
  if (clock_.Interrupted()) return {};
  return went;
}

}  // namespace roster::client
