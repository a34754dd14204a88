#pragma once

// What every command has at hand.

#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/connection.h"
#include "client/console.h"
#include "client/failure.h"
#include "client/feed.h"
#include "client/system.h"

namespace roster::client {

using OpenFeed = std::function<Answer<std::unique_ptr<Feed>>(
    const std::string& endpoint, const std::vector<std::string>& schools)>;

struct Session {
  Connection& connection;
  Console& console;
  Clock& clock;
  OpenFeed open_feed;
  std::string school;  // "": the only one
  bool json = false;
  bool several = false;  // this is one of several schools that the same is shown of

  // Commands that are named in a text of ours, as they run here: with --school where that was
  // given.
  std::string WithSchool(std::string text) const;
  // What to do next: a dim sentence, for people at a terminal. Its commands WithSchool().
  void Next(const std::string& text) const;
  // The same where there is nothing to show: of one of several schools that fills no second line.
  void NextAfterNone(const std::string& text) const;
  // One line of protobuf JSON on standard output; of one of several schools with its id.
  void Json(const google::protobuf::Message& message) const;
  // Progress is wanted.
  bool progress() const { return !json; }
};

// Commands that are named in a text of ours, with the school behind their program; "": as they are.
std::string WithSchool(std::string text, std::string_view school);

// The protobuf JSON mapping on one line, fields with their default value included.
std::string ToJson(const google::protobuf::Message& message);
// The same, as an object that says its school in a field "school"; a message that has one of its
// own is as it is.
std::string ToJson(const google::protobuf::Message& message, std::string_view school);

// Where the school stands that this command is about. Fails when there are several and none was
// named, or none of that name.
struct Standing {
  v1::Status status;
  v1::SchoolStatus school;
};
Answer<Standing> AskStanding(Session& session);
// "There are 3 schools: say which with --school (...)."
std::string WhichSchool(const std::vector<std::string>& schools);

// The accounts of that school are parents'. Not asked for under --json, where no screen depends on
// it: false.
Answer<bool> AskIsOfParents(Session& session);

// Calls `each` with every page. `ask` makes the request for a page token; `page` finds the page in
// the reply; `each` returns false when it has enough.
inline constexpr std::uint32_t kPageSize = 500;
template <typename Page>
Answer<void> ForEachPage(Session& session,
                         const std::function<v1::Request(const std::string& token)>& ask,
                         const std::function<const Page&(const v1::Reply&)>& page,
                         const std::function<bool(const Page&)>& each) {
  std::string token;
  while (!session.console.broken()) {
    CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(ask(token)));
    const Page& got = page(reply);
    if (!each(got) || got.next_page_token().empty()) return {};
    if (got.next_page_token() == token) {
      return Fail(Exit::kFailed, "rosterd gives the same page of the list again and again.");
    }
    token = got.next_page_token();
  }
  return {};
}

}  // namespace roster::client
