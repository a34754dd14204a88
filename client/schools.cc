#include "client/schools.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "client/text.h"

namespace roster::client {
namespace {

struct Named {
  std::string school;
  std::string name;  // "": not known
};

// Those in which the caller has a role.
Answer<std::vector<Named>> AskSchools(Session& session) {
  v1::Request request;
  request.mutable_who_am_i();
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  std::vector<Named> schools;
  for (const auto& school : reply.who_am_i().schools()) schools.push_back({school.school(), ""});
  return schools;
}

// For the headings.
Answer<void> AskNames(Session& session, std::vector<Named>& schools) {
  v1::Request request;
  request.mutable_get_status();
  CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
  for (const v1::SchoolStatus& status : reply.status().schools()) {
    for (Named& named : schools) {
      if (named.school == status.school()) named.name = status.name();
    }
  }
  return {};
}

// "Example Christian School (tcs)"
std::string Heading(const Console& console, const Named& named) {
  const std::string school = Clean(named.school);
  if (named.name.empty()) return console.In(Tone::kBold, school);
  return console.In(Tone::kBold, Clean(named.name)) + " (" + school + ")";
}

// It would be the same of every school.
bool EndsAll(const Failure& failure) {
  return failure.message.empty() || failure.unanswered || failure.exit == Exit::kUsage;
}

class Course {
 public:
  Course(Session& session, const RunOne& run) : session_(session), run_(run) {}

  Answer<void> Do(const Named& named) {
    Console& console = session_.console;
    Connection connection = session_.connection.For(named.school);
    Session one{connection,    console, session_.clock, session_.open_feed, named.school,
                session_.json, true};
    if (!session_.json) console.Announce((shown_ ? "\n" : "") + Heading(console, named));
    auto exit = run_(one);
    shown_ = !console.Withdraw() || shown_;
    if (exit) {
      exits_.push_back(*exit);
      return {};
    }
    if (EndsAll(exit.error())) return tl::unexpected(std::move(exit).error());
    if (IsRefused(exit.error())) {
      refused_.emplace_back(named.school, std::move(exit).error());
    } else {
      TellOfSchool(one, named.school, exit.error());
      exits_.push_back(Exit::kFailed);
    }
    return {};
  }

  Answer<Exit> End(Worth worth) {
    if (exits_.empty() && !refused_.empty()) {
      return tl::unexpected(std::move(refused_.front().second));
    }
    for (const auto& [school, failure] : refused_) TellOfSchool(session_, school, failure);
    if (exits_.empty()) return Exit::kDone;  // nobody reads any more
    return worth == Worth::kBest ? *std::min_element(exits_.begin(), exits_.end())
                                 : *std::max_element(exits_.begin(), exits_.end());
  }

 private:
  Session& session_;
  const RunOne& run_;
  bool shown_ = false;
  std::vector<Exit> exits_;
  std::vector<std::pair<std::string, Failure>> refused_;
};

}  // namespace

RunOne ForEachSchool(RunOne run, Worth worth) {
  return [run = std::move(run), worth](Session& session) -> Answer<Exit> {
    if (!session.school.empty()) return run(session);
    CLIENT_ASSIGN(std::vector<Named> schools, AskSchools(session));
    if (schools.size() < 2) return run(session);
    if (!session.json) CLIENT_TRY(AskNames(session, schools));
    Course course(session, run);
    for (const Named& named : schools) {
      CLIENT_TRY(course.Do(named));
      if (session.console.broken() || session.clock.Interrupted()) break;
    }
    return course.End(worth);
  };
}

bool IsRefused(const Failure& failure) {
  return failure.error && failure.error->code() == "refused";
}

void TellOfSchool(Session& session, const std::string& school, const Failure& failure) {
  if (session.json && failure.error) {
    session.console.Error(ToJson(*failure.error, school));
    return;
  }
  session.console.Error(fmt::format("rosterctl: {}{}: {}", Clean(school),
                                    IsRefused(failure) ? " is left out" : "",
                                    Clean(failure.message)));
}

void NameSchools(Session& session, Failure& failure) {
  if (!failure.error || failure.error->reason() != "school-needed") return;
  const auto schools = AskSchools(session);
  if (!schools || schools->size() < 2) return;
  std::vector<std::string> names;
  for (const Named& named : *schools) names.push_back(named.school);
  failure.message = WhichSchool(names);
  failure.error->set_message(failure.message);
}

}  // namespace roster::client
