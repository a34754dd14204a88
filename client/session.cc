#include "client/session.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include "client/format.h"
#include "client/text.h"

namespace roster::client {

void Session::Next(const std::string& text) const {
  if (json || !console.terminal().out) return;
  console.Paragraph("Next: " + WithSchool(text), Tone::kDim);
}

void Session::NextAfterNone(const std::string& text) const {
  if (!several) Next(text);
}

std::string Session::WithSchool(std::string text) const {
  return client::WithSchool(std::move(text), school);
}

std::string WithSchool(std::string text, std::string_view school) {
  static constexpr std::string_view kProgram = "rosterctl ";
  static constexpr std::string_view kOfAll = "whoami";  // says the schools there are
  if (school.empty()) return text;
  const std::string option = "--school " + Clean(school) + " ";
  for (auto at = text.find(kProgram); at != std::string::npos; at = text.find(kProgram, at)) {
    at += kProgram.size();
    if (text.compare(at, kOfAll.size(), kOfAll) != 0) text.insert(at, option);
  }
  return text;
}

void Session::Json(const google::protobuf::Message& message) const {
  console.Line(several ? ToJson(message, school) : ToJson(message));
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  if (const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
      !status.ok()) {
    // Text that is no UTF-8, or a time out of range: said, not hidden.
    return fmt::format("{{\"unprintable\":\"{}\"}}", message.GetTypeName());
  }
  return json;
}

std::string ToJson(const google::protobuf::Message& message, std::string_view school) {
  std::string json = ToJson(message);
  if (message.GetDescriptor()->FindFieldByName("school") != nullptr || json.size() < 2) return json;
  google::protobuf::StringValue value;
  value.set_value(std::string(school));
  json.insert(1, "\"school\":" + ToJson(value) + (json == "{}" ? "" : ","));
  return json;
}

std::string WhichSchool(const std::vector<std::string>& schools) {
  std::vector<std::string> names;
  names.reserve(schools.size());
  for (const std::string& school : schools) names.push_back(Clean(school));
  return fmt::format("There are {} schools: say which with --school ({}).", Number(names.size()),
                     List(names));
}

Answer<bool> AskIsOfParents(Session& session) {
  if (session.json) return false;
  CLIENT_ASSIGN(const Standing standing, AskStanding(session));
  return standing.school.accounts() == "parents";
}

Answer<Standing> AskStanding(Session& session) {
  v1::Request request;
  request.mutable_get_status();
  CLIENT_ASSIGN(v1::Reply reply, session.connection.Call(request));
  Standing standing;
  standing.status = std::move(*reply.mutable_status());
  std::vector<std::string> names;
  for (const v1::SchoolStatus& school : standing.status.schools()) {
    names.push_back(Clean(school.school()));
    if (school.school() == session.school ||
        (session.school.empty() && standing.status.schools_size() == 1)) {
      standing.school = school;
      return standing;
    }
  }
  if (session.school.empty()) return Fail(Exit::kUsage, WhichSchool(names));
  return Fail(Exit::kUsage, fmt::format("--school: there is no school \"{}\"; there are: {}.",
                                        session.school, List(names)));
}

}  // namespace roster::client
