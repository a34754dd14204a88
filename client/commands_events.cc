#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "client/commands.h"
#include "client/event_text.h"
#include "client/follow.h"
#include "client/format.h"
#include "client/schools.h"
#include "client/subscriber/loop.h"
#include "client/text.h"

namespace roster::client {
namespace {

constexpr Millis kListen{500};

constexpr std::size_t kSeqWidth = 7;
constexpr std::size_t kTypeWidth = 17;

class Printer {
 public:
  // `school_width`: each line says its school, in so many columns; 0: none does.
  Printer(const Session& session, const EntryFilter& filter, std::size_t school_width = 0)
      : session_(session), filter_(filter), school_width_(school_width) {}

  void Print(const v1::Entry& entry) {
    if (!Shows(filter_, entry)) return;
    ++shown_;
    if (session_.json) {
      session_.Json(entry);
      return;
    }
    const std::string name = EventName(entry);
    std::string front = school_width_ == 0 ? "" : Pad(Clean(entry.school()), school_width_) + "  ";
    front += fmt::format("{:>{}}  {}  {:<{}}  ", entry.seq(), kSeqWidth, Second(entry.at()),
                         name.empty() ? "(unknown)" : name, kTypeWidth);
    const std::string text = Clean(EventText(entry));
    const Terminal& terminal = session_.console.terminal();
    // A pipe gets one line an entry.
    if (!terminal.out || terminal.width < Width(front) + 20) {
      session_.console.Line(front + text);
      return;
    }
    bool first = true;
    for (const std::string& line : Wrap(text, terminal.width - Width(front))) {
      session_.console.Line((first ? front : std::string(Width(front), ' ')) + line);
      first = false;
    }
  }

  std::uint64_t shown() const { return shown_; }

 private:
  const Session& session_;
  const EntryFilter& filter_;
  std::size_t school_width_;
  std::uint64_t shown_ = 0;
};

// Fails as rosterd would where it shows no such school any more: a request about it would stand in
// the journals of those that it does show.
Answer<void> CheckIsThere(Session& session, const std::string& school) {
  v1::Request request;
  request.mutable_get_status();
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  for (const v1::SchoolStatus& one : reply.status().schools()) {
    if (one.school() == school) return {};
  }
  Failure failure;
  failure.message =
      "rosterd shows this school no more. It was taken out of the config, or your role was. What "
      "happens there is not followed any more.";
  failure.error.emplace();
  failure.error->set_code("not-found");
  failure.error->set_reason("unknown-school");
  failure.error->set_message(failure.message);
  return tl::unexpected(std::move(failure));
}

// What is followed of one school. Stays where it is: its parts know each other.
struct Course {
  // `several`: others are followed too.
  Course(Session& session, const std::string& id, std::uint64_t since, bool several)
      : school(id),
        connection(session.connection.For(id)),
        follower(id, since),
        loop(connection, session.clock, follower,
             several ? [&session, id] { return CheckIsThere(session, id); } : Loop::LookFirst()) {}
  Course(const Course&) = delete;
  Course& operator=(const Course&) = delete;

  std::string school;
  Connection connection;
  Follower follower;
  Loop loop;
};
using Courses = std::vector<std::unique_ptr<Course>>;

// rosterd has no school of that id any more, or shows it to us no more.
bool HasLeft(const Failure& failure) {
  return failure.error && failure.error->reason() == "unknown-school";
}

// `step` with each. Of several schools one that refuses or has left is left out; the last one's
// refusal is the answer, and so is whatever else goes wrong with one.
Answer<void> WithEach(Session& session, bool several, Courses& courses,
                      const std::function<Answer<void>(Course&)>& step) {
  for (std::size_t i = 0; i < courses.size();) {
    auto done = step(*courses[i]);
    if (done) {
      ++i;
      continue;
    }
    if (!several || courses.size() == 1 || !(IsRefused(done.error()) || HasLeft(done.error()))) {
      return done;
    }
    TellOfSchool(session, courses[i]->school, done.error());
    courses.erase(courses.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return {};
}

// Those that are followed: the one that was named, or all that the caller has a role in. Entries
// and plans are numbered school by school.
Answer<v1::Status> AskFollowed(Session& session, const EventsOptions& options) {
  if (!session.school.empty() || options.since || options.filter.plan != 0) {
    CLIENT_ASSIGN(Standing standing, AskStanding(session));
    standing.status.clear_schools();
    *standing.status.add_schools() = std::move(standing.school);
    return std::move(standing.status);
  }
  v1::Request request;
  request.mutable_get_status();
  CLIENT_ASSIGN(v1::Reply reply, session.connection.Call(request));
  return std::move(*reply.mutable_status());
}

Answer<Exit> Follow(Session& session, const EventsOptions& options, const v1::Status& status) {
  const bool several = status.schools_size() > 1;
  std::vector<std::string> schools;
  std::size_t width = 0;
  for (const v1::SchoolStatus& school : status.schools()) {
    schools.push_back(school.school());
    if (several) width = std::max(width, Width(Clean(school.school())));
  }
  // Subscribed before the first replay, so that nothing falls between.
  CLIENT_ASSIGN(const auto feed, session.open_feed(status.events_endpoint(), schools));
  Courses courses;
  for (const v1::SchoolStatus& school : status.schools()) {
    courses.push_back(std::make_unique<Course>(
        session, school.school(), options.since.value_or(options.filter.from ? 0 : school.head()),
        several));
  }
  Printer printer(session, options.filter, width);
  const auto print = [&](const std::vector<v1::Entry>& entries) -> Answer<bool> {
    for (const v1::Entry& entry : entries) printer.Print(entry);
    return !session.console.broken();
  };
  CLIENT_TRY(WithEach(session, several, courses,
                      [&](Course& course) { return course.loop.CatchUp(print); }));
  session.console.Flush();
  while (!session.clock.Interrupted() && !session.console.broken()) {
    CLIENT_ASSIGN(const std::optional<Published> published, feed->Receive(kListen));
    const auto hear = [&](Course& course) -> Answer<void> {
      const bool own = published && published->topic.starts_with(course.school + ".");
      return course.loop.Hear(own ? published : std::nullopt, print);
    };
    CLIENT_TRY(WithEach(session, several, courses, hear));
    session.console.Flush();
  }
  return Exit::kDone;
}

}  // namespace

Answer<Exit> RunEvents(Session& session, const EventsOptions& options) {
  CLIENT_ASSIGN(const Standing standing, AskStanding(session));
  session.school = standing.school.school();
  Follower follower(session.school, options.since.value_or(0));
  Printer printer(session, options.filter);
  Loop loop(session.connection, session.clock, follower);
  CLIENT_TRY(loop.CatchUp([&](const std::vector<v1::Entry>& entries) -> Answer<bool> {
    for (const v1::Entry& entry : entries) printer.Print(entry);
    return !session.console.broken();
  }));
  session.console.Flush();
  if (session.several && !session.json && printer.shown() == 0) session.console.Line("No entries.");
  if (printer.shown() > 0 || !session.several) {
    session.Next("rosterctl events --follow shows what comes");
  }
  return Exit::kDone;
}

Answer<Exit> RunFollow(Session& session, const EventsOptions& options) {
  session.connection.WaitForEver(
      [&session](const std::string& message) { session.console.Error(message + " Waiting on."); });
  CLIENT_ASSIGN(const v1::Status status, AskFollowed(session, options));
  return Follow(session, options, status);
}

}  // namespace roster::client
