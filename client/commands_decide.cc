#include <fmt/format.h>

#include <algorithm>

#include "client/commands.h"
#include "client/format.h"
#include "client/screen.h"
#include "client/words.h"

namespace roster::client {
namespace {

constexpr std::size_t kPersonsMax = 1000;  // in one request
constexpr int kNamedMax = 20;              // ids named on the screen

v1::Request AskOf(const DecideOptions& options) {
  v1::Request request;
  request.mutable_decide()->set_decision(options.decision);
  request.mutable_decide()->set_note(options.note);
  if (options.filter) *request.mutable_decide()->mutable_filter() = *options.filter;
  return request;
}

// The ids go in several requests when there are many; the answers are added up.
Answer<v1::DecideReply> Decide(Session& session, const DecideOptions& options) {
  if (options.filter) {
    CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(AskOf(options)));
    return reply.decide();
  }
  v1::DecideReply total;
  for (std::size_t begin = 0; begin < options.persons.size(); begin += kPersonsMax) {
    v1::Request request = AskOf(options);
    const std::size_t end = std::min(begin + kPersonsMax, options.persons.size());
    for (std::size_t i = begin; i < end; ++i)
      request.mutable_decide()->add_persons(options.persons[i]);
    CLIENT_ASSIGN(const v1::Reply reply, session.connection.Call(request));
    const v1::DecideReply& part = reply.decide();
    total.set_changed(total.changed() + part.changed());
    total.set_unchanged(total.unchanged() + part.unchanged());
    *total.mutable_counters() = part.counters();
    total.mutable_not_selectable()->MergeFrom(part.not_selectable());
  }
  return total;
}

std::string HeldBack(const v1::DecideReply& reply) {
  std::string ids;
  for (int i = 0; i < reply.not_selectable_size() && i < kNamedMax; ++i) {
    ids += (i == 0 ? "" : ", ") + std::to_string(reply.not_selectable(i));
  }
  if (reply.not_selectable_size() > kNamedMax) ids += ", ...";
  return fmt::format(
      "Selected, but nothing comes of it while their rows stand as they do: {}. rosterctl explain "
      "ID says why.",
      ids);
}

// "Selected" 12 users; 2 "had been selected before".
struct Verbs {
  const char* done;
  const char* before;
};
Verbs VerbsOf(v1::Decision decision) {
  switch (decision) {
    case v1::SYNC:
      return {"Selected", "selected"};
    case v1::SKIP:
      return {"Deselected", "deselected"};
    case v1::EXCLUDE:
      return {"Excluded", "excluded"};
    case v1::PROTECT:
      return {"Protected", "protected"};
    default:
      return {"Neither excluded nor protected any more:", "neither"};
  }
}

void SayDone(const Session& session, const DecideOptions& options, const v1::DecideReply& reply) {
  const Verbs verbs = VerbsOf(options.decision);
  std::string text = fmt::format("{} {}", verbs.done, Count(reply.changed(), "user"));
  if (reply.unchanged() > 0) {
    text += fmt::format("; {} had been {} before", Number(reply.unchanged()), verbs.before);
  }
  session.console.Line(text + ".");
  if (reply.not_selectable_size() > 0) {
    session.console.Paragraph(HeldBack(reply), Tone::kWarning);
  }
}

}  // namespace

Answer<Exit> RunDecide(Session& session, const DecideOptions& options) {
  CLIENT_ASSIGN(const bool parents, AskIsOfParents(session));
  CLIENT_ASSIGN(const v1::DecideReply reply, Decide(session, options));
  if (session.json) {
    session.Json(reply);
    return Exit::kDone;
  }
  ShowTop(session, reply.counters(), parents);
  SayDone(session, options, reply);
  session.Next(reply.counters().fresh() > 0
                   ? "rosterctl users shows who is still new; then rosterctl plan"
                   : "rosterctl plan");
  return Exit::kDone;
}

}  // namespace roster::client
