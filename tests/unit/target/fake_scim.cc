#include "tests/unit/target/fake_scim.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "daemon/base/text.h"

namespace roster::target {
namespace {

using Json = FakeScim::Json;

std::string Decode(const std::string& text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      decoded += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::map<std::string, std::string> Query(const std::string& text) {
  std::map<std::string, std::string> query;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find('&', at), text.size());
    const auto pair = text.substr(at, end - at);
    const auto equals = pair.find('=');
    query[pair.substr(0, equals)] = Decode(pair.substr(equals + 1));
    at = end + 1;
  }
  return query;
}

std::string Header(const http::Request& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

http::Response Error(int status, const std::string& type = "") {
  Json body = {{"schemas", {"urn:ietf:params:scim:api:messages:2.0:Error"}},
               {"status", std::to_string(status)},
               {"detail", "about somebody@example.org"}};
  if (!type.empty()) body["scimType"] = type;
  return {status, {}, body.dump()};
}

}  // namespace

Json& FakeScim::Add(const std::string& id, const std::string& user_name) {
  users_.push_back({{"id", id}, {"userName", user_name}, {"active", true}});
  Touch(id);
  return users_.back();
}

Json* FakeScim::Find(const std::string& id) {
  for (Json& user : users_) {
    if (user["id"] == id) return &user;
  }
  return nullptr;
}

Json& FakeScim::User(const std::string& id) {
  Json* user = Find(id);
  if (user == nullptr) throw std::out_of_range("no user " + id);
  return *user;
}

bool FakeScim::Has(const std::string& id) const {
  return std::any_of(users_.begin(), users_.end(), [&](const Json& u) { return u["id"] == id; });
}

void FakeScim::Remove(const std::string& id) {
  std::erase_if(users_, [&](const Json& user) { return user["id"] == id; });
}

void FakeScim::Touch(const std::string& id) {
  User(id)["meta"]["version"] = "W/\"" + std::to_string(next_version_++) + "\"";
}

void FakeScim::Break(const std::string& method, int nth, Fault fault) {
  plans_.push_back({method, nth, fault, std::nullopt, nullptr});
}

void FakeScim::Answer(const std::string& method, int nth, int status, const std::string& body,
                      const std::string& retry_after) {
  http::Response answer{status, {}, body};
  if (!retry_after.empty()) answer.headers["retry-after"] = retry_after;
  plans_.push_back({method, nth, std::nullopt, answer, nullptr});
}

void FakeScim::Before(const std::string& method, int nth, std::function<void()> act) {
  plans_.push_back({method, nth, std::nullopt, std::nullopt, std::move(act)});
}

std::vector<std::string> FakeScim::Writes() const {
  std::vector<std::string> writes;
  for (const http::Request& request : requests) {
    if (request.method != "GET") {
      writes.push_back(request.method + request.url.substr(std::string(kBase).size()));
    }
  }
  return writes;
}

int FakeScim::Count(const std::string& method) const {
  return static_cast<int>(std::count_if(requests.begin(), requests.end(), [&](const auto& request) {
    return request.method == method;
  }));
}

Result<http::Response> FakeScim::Send(const http::Request& request) {
  requests.push_back(request);
  std::optional<Fault> fault;
  std::optional<http::Response> answer;
  for (Plan& plan : plans_) {
    if (plan.method != request.method || --plan.countdown != 0) continue;
    if (plan.act) plan.act();
    if (plan.fault) fault = plan.fault;
    if (plan.answer) answer = plan.answer;
  }
  if (fault == Fault::kConnect) return Fail(Code::kUnavailable, "connect", "refused");
  if (fault == Fault::kBrokenBefore) return Fail(Code::kUnavailable, "broken", "closed");
  if (answer) return *answer;
  auto handled = Handle(request);
  if (fault == Fault::kBrokenAfter) return Fail(Code::kUnavailable, "broken", "closed");
  if (fault == Fault::kTimeoutAfter) return Fail(Code::kUnavailable, "timeout", "no answer");
  return handled;
}

http::Response FakeScim::Handle(const http::Request& request) {
  const std::string bearer = Header(request, "Authorization");
  if (bearer != "Bearer " + write_token && bearer != "Bearer " + read_token) return Error(401);
  if (request.method != "GET" && bearer != "Bearer " + write_token) return Error(403);
  std::string path = request.url.substr(std::string(kBase).size());
  std::string query;
  if (const auto mark = path.find('?'); mark != std::string::npos) {
    query = path.substr(mark + 1);
    path.resize(mark);
  }
  path = Decode(path);
  if (path == "/ServiceProviderConfig") {
    return {200, {}, Json{{"sort", {{"supported", sorts}}}}.dump()};
  }
  if (path.starts_with("/Schemas")) return Schemas(path);
  if (path == "/Users") return request.method == "POST" ? Create(request) : List(query);
  Json* user = path.starts_with("/Users/") ? Find(path.substr(7)) : nullptr;
  if (user == nullptr) return Error(404);
  return request.method == "PATCH" ? Patch(*user, request) : Show(*user, 200);
}

http::Response FakeScim::Schemas(const std::string& path) {
  if (path == "/Schemas") {
    if (!lists_schemas) return Error(404);
    Json schemas = Json::array({{{"id", "urn:ietf:params:scim:schemas:core:2.0:User"}}});
    if (has_extension) schemas.push_back(Extension());
    return {200, {}, Json{{"totalResults", schemas.size()}, {"Resources", schemas}}.dump()};
  }
  if (!has_extension || path != std::string("/Schemas/") + kExtension) return Error(404);
  return {200, {}, Extension().dump()};
}

FakeScim::Json FakeScim::Extension() const {
  Json attributes = Json::array({{{"name", "grade"}, {"type", "string"}}});
  if (declares_invited) attributes.push_back({{"name", "invitedAt"}, {"type", "dateTime"}});
  return {{"id", kExtension}, {"attributes", attributes}};
}

Json FakeScim::Shown(const Json& user) const {
  Json shown = user;
  if (!versions || !version_in_meta) shown.erase("meta");
  return shown;
}

http::Response FakeScim::Show(const Json& user, int status) const {
  http::Response answer{status, {}, Shown(user).dump()};
  if (versions) answer.headers["etag"] = user["meta"]["version"].get<std::string>();
  return answer;
}

http::Response FakeScim::Page(const std::vector<Json>& users, std::uint64_t total) const {
  Json page = {{"schemas", {"urn:ietf:params:scim:api:messages:2.0:ListResponse"}},
               {"totalResults", total},
               {"itemsPerPage", 9999},
               {"Resources", Json::array()}};
  for (const Json& user : users) page["Resources"].push_back(Shown(user));
  return {200, {}, page.dump()};
}

http::Response FakeScim::List(const std::string& text) {
  auto query = Query(text);
  if (query.contains("filter") && !ignores_filter) return Search(query["filter"]);
  if (query.contains("sortBy") && !sorts) return Error(400, "invalidValue");
  const std::uint64_t total = announced.value_or(users_.size());
  std::size_t start = query.contains("startIndex") ? std::stoul(query["startIndex"]) : 1;
  const std::size_t count =
      std::min(page_max, query.contains("count") ? std::stoul(query["count"]) : page_max);
  if (start > users_.size() && wraps_around) start = 1;
  std::vector<Json> page;
  for (std::size_t i = start - 1; i < users_.size() && page.size() < count; ++i) {
    page.push_back(users_[i]);
  }
  return Page(page, total);
}

http::Response FakeScim::Search(const std::string& filter) {
  const std::string prefix = "externalId eq ";
  if (!filter.starts_with(prefix)) return Error(400, "invalidFilter");
  const Json wanted = Json::parse(filter.substr(prefix.size()), nullptr, false);
  if (!wanted.is_string()) return Error(400, "invalidFilter");
  std::vector<Json> found;
  for (const Json& user : users_) {
    if (user.value("externalId", "") == wanted) found.push_back(user);
  }
  return Page(found, found.size());
}

bool FakeScim::IsTaken(const std::string& user_name, const std::string& except) const {
  return std::any_of(users_.begin(), users_.end(), [&](const Json& user) {
    return user["id"] != except && EmailKey(user.value("userName", "")) == EmailKey(user_name);
  });
}

http::Response FakeScim::Create(const http::Request& request) {
  Json user = Json::parse(request.body, nullptr, false);
  if (!user.is_object() || !user.contains("userName")) return Error(400, "invalidValue");
  if (user.contains(kExtension) && !has_extension) return Error(400, "invalidValue");
  if (IsTaken(user["userName"], "")) return Error(409, "uniqueness");
  for (const std::string& attribute : dropped) user.erase(attribute);
  const std::string id = std::to_string(next_id_++);
  user["id"] = id;
  users_.push_back(user);
  Touch(id);
  if (create_without_body) return {201, {}, ""};
  return Show(users_.back(), 201);
}

// RFC 7644, 3.5.2: paths "a", "a.b", "urn:...:User:a".
void FakeScim::Apply(Json& user, const Json& operation) {
  const std::string path = operation["path"];
  const bool remove = operation["op"] == "remove";
  Json* parent = &user;
  std::string name = path;
  const std::string extension = std::string(kExtension) + ":";
  if (path.starts_with(extension)) {
    name = path.substr(extension.size());
    parent = &user[kExtension];
  } else if (const auto dot = path.find('.'); dot != std::string::npos) {
    name = path.substr(dot + 1);
    parent = &user[path.substr(0, dot)];
  }
  if (dropped.contains(name)) return;
  if (remove) {
    parent->erase(name);
  } else {
    (*parent)[name] = operation["value"];
  }
}

http::Response FakeScim::Patch(Json& user, const http::Request& request) {
  const std::string if_match = Header(request, "If-Match");
  if (versions && !if_match.empty() && if_match != user["meta"]["version"]) return Error(412);
  const Json patch = Json::parse(request.body, nullptr, false);
  if (!patch.is_object() || !patch.contains("Operations")) return Error(400, "invalidSyntax");
  Json changed = user;
  for (const Json& operation : patch["Operations"]) Apply(changed, operation);
  if (IsTaken(changed["userName"], user["id"])) return Error(409, "uniqueness");
  user = changed;
  Touch(user["id"]);
  if (answers_204) return {204, {}, ""};
  return Show(user, 200);
}

}  // namespace roster::target
