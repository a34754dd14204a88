#include "tests/sandbox/scim_server.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "tests/sandbox/scim_schema.h"

namespace roster::sandbox {
namespace {

constexpr const char* kScimJson = "application/scim+json; charset=utf-8";
constexpr std::string_view kRoot = "/scim/v2";

Answer ScimAnswer(int status, const Json& body) {
  Answer answer;
  answer.status = status;
  answer.content_type = kScimJson;
  answer.body = body.dump();
  return answer;
}

Answer ErrorAnswer(int status, const std::string& scim_type, const std::string& detail) {
  Json body = {{"schemas", {kErrorUrn}}, {"status", std::to_string(status)}};
  if (!scim_type.empty()) body["scimType"] = scim_type;
  body["detail"] = detail;
  Answer answer = ScimAnswer(status, body);
  if (status == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

Answer FaultAnswer(const Fault& fault, int status) {
  Answer answer = ErrorAnswer(status, "", "The site cannot do this now.");
  if (fault.retry_after) {
    answer.headers.emplace_back("Retry-After", std::to_string(*fault.retry_after));
  }
  return answer;
}

Json ParseBody(const Call& call) {
  Json body = Json::parse(call.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) throw ScimError(400, "invalidSyntax", "The body is no JSON.");
  return body;
}

int64_t NumberParameter(const Call& call, const char* name, int64_t otherwise) {
  const auto text = call.Parameter(name);
  if (!text) return otherwise;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) {
    throw ScimError(400, "invalidValue", std::string(name) + " must be a number.");
  }
  return std::clamp<int64_t>(number, -1, 1'000'000'000);
}

// The names in `attributes=a,b.c`, with the part cut off.
std::vector<std::string> TopLevelNames(const std::string& list) {
  std::vector<std::string> names;
  std::string_view rest = list;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    std::string_view name = Trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    std::string_view after = name;
    if (TakePrefix(after) == Prefix::kExtension) {
      names.push_back(Lower(kVolunteerUrn));
    } else {
      names.push_back(Lower(after.substr(0, after.find('.'))));
    }
  }
  return names;
}

void Project(Json& user, const std::optional<std::string>& wanted,
             const std::optional<std::string>& excluded) {
  const auto listed = [](const std::vector<std::string>& names, const std::string& key) {
    return std::find(names.begin(), names.end(), Lower(key)) != names.end();
  };
  const auto names = TopLevelNames(wanted ? *wanted : excluded.value_or(""));
  Json out = Json::object();
  for (const auto& [key, value] : user.items()) {
    const bool always = key == "id" || key == "schemas";
    const bool keep = wanted ? listed(names, key) : !listed(names, key);
    if (always || keep) out[key] = value;
  }
  user = std::move(out);
}

}  // namespace

ScimServer::ScimServer(SiteOptions options, uint64_t seed, ScimStore& store, FaultBook& faults)
    : store_(store),
      options_(std::move(options)),
      random_(seed),
      host_(
          Server::kSite, &faults, [this](const Call& call) { return Handle(call); }, FaultAnswer) {
  store_.set_leaky(options_.leaky_errors);
}

SiteOptions ScimServer::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

void ScimServer::set_options(const SiteOptions& options) {
  const std::lock_guard lock(mutex_);
  options_ = options;
  store_.set_leaky(options.leaky_errors);
}

bool ScimServer::SpuriouslyNotFound(const SiteOptions& options) {
  if (options.spurious_not_found <= 0) return false;
  const std::lock_guard lock(mutex_);
  return random_.Chance(options.spurious_not_found);
}

Answer ScimServer::Handle(const Call& call) {
  const SiteOptions options = this->options();
  std::this_thread::sleep_for(std::chrono::milliseconds(options.slow_ms));
  std::string path = call.path;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  std::string route = "(unknown)";
  if (path.starts_with(kRoot)) {
    const std::string inside = path.substr(kRoot.size());
    const size_t second = inside.find('/', 1);
    route = std::string(kRoot) + inside.substr(0, second);
    if (second != std::string::npos) route += "/{id}";
  }
  Answer answer;
  try {
    Authorize(call, options);
    if (!path.starts_with(kRoot)) throw ScimError(404, "", "There is nothing here.");
    answer = Route(call, path.substr(kRoot.size()), options);
  } catch (const ScimError& error) {
    answer = ErrorAnswer(error.status(), error.scim_type(), error.what());
  }
  answer.route = route;
  return answer;
}

void ScimServer::Authorize(const Call& call, const SiteOptions& options) const {
  constexpr std::string_view kBearer = "bearer ";
  const std::string header = call.header("Authorization").value_or("");
  const std::string token =
      Lower(header.substr(0, kBearer.size())) == kBearer ? header.substr(kBearer.size()) : "";
  const bool may_write = token == options.write_token;
  const bool known = !token.empty() && (may_write || token == options.read_token);
  if (!known || call.Has(FaultKind::kKeyRefused)) {
    throw ScimError(401, "", "The token is missing or not valid.");
  }
  if (call.Has(FaultKind::kScopeWithdrawn)) throw ScimError(403, "", "The token may not do this.");
  if (call.method != "GET" && !may_write) {
    throw ScimError(403, "", "This token may only read.");
  }
}

Answer ScimServer::Route(const Call& call, const std::string& path, const SiteOptions& options) {
  const bool get = call.method == "GET";
  const auto read_only = [&](const Json& body) {
    if (!get) throw ScimError(405, "", "This can only be read.");
    return ScimAnswer(200, body);
  };
  const auto one_of = [&](const Json& list, const std::string& id) {
    for (const Json& resource : list["Resources"]) {
      if (EqualNoCase(resource["id"].get<std::string>(), id)) return read_only(resource);
    }
    throw ScimError(404, "", "There is no such resource.");
  };
  constexpr std::string_view kUsers = "/Users";
  constexpr std::string_view kSchemas = "/Schemas";
  constexpr std::string_view kTypes = "/ResourceTypes";
  if (path == "/ServiceProviderConfig") return read_only(ServiceProviderConfig(options.page_max));
  if (path == kSchemas) return read_only(SchemaList(options.extension));
  if (path == kTypes) return read_only(ResourceTypeList(options.extension));
  if (path.starts_with("/Schemas/")) {
    return one_of(SchemaList(options.extension), path.substr(kSchemas.size() + 1));
  }
  if (path.starts_with("/ResourceTypes/")) {
    return one_of(ResourceTypeList(options.extension), path.substr(kTypes.size() + 1));
  }
  if (path == kUsers) return Users(call, options);
  if (path == "/Users/.search" || path == "/.search" || path == "/Bulk" || path == "/Me") {
    throw ScimError(501, "", "The site does not offer this.");
  }
  if (path.starts_with("/Users/") && path.find('/', kUsers.size() + 1) == std::string::npos) {
    return User(call, path.substr(kUsers.size() + 1), options);
  }
  throw ScimError(404, "", "There is nothing here.");
}

std::string ScimServer::Rendered(const AccountView& view, const Call& call,
                                 const SiteOptions& options) const {
  // The text ends with its meta, to which the location is added.
  std::string text = view.json.substr(0, view.json.size() - 2) + ",\"location\":\"" + url() +
                     "/Users/" + view.id + "\"}}";
  const auto wanted = call.Parameter("attributes");
  const auto excluded = call.Parameter("excludedAttributes");
  if (options.extension && !wanted && !excluded) return text;
  Json user = Json::parse(text);
  if (!options.extension) {
    user.erase(std::string(kVolunteerUrn));
    user["schemas"] = Json::array({kUserUrn});
  }
  if (wanted || excluded) Project(user, wanted, excluded);
  return user.dump();
}

Answer ScimServer::AccountAnswer(int status, const AccountView& view, const Call& call,
                                 const SiteOptions& options) const {
  Answer answer;
  answer.status = status;
  answer.content_type = kScimJson;
  answer.body = Rendered(view, call, options);
  if (HasRowFault(call.faults)) answer.body = RowWithFaults(answer.body, "id", call.faults, true);
  answer.headers.emplace_back("ETag", "W/\"" + std::to_string(view.version) + "\"");
  if (status == 201) answer.headers.emplace_back("Location", url() + "/Users/" + view.id);
  return answer;
}

Answer ScimServer::Users(const Call& call, const SiteOptions& options) {
  if (call.method == "POST") {
    const WriteRules rules{options.extension, options.drop_unknown};
    return AccountAnswer(201, store_.Create(ParseBody(call), rules), call, options);
  }
  if (call.method != "GET") throw ScimError(405, "", "Users are listed or created here.");

  std::optional<ScimFilter> filter;
  if (const auto text = call.Parameter("filter")) filter.emplace(*text);
  const int64_t start = std::max<int64_t>(1, NumberParameter(call, "startIndex", 1));
  const int64_t asked = std::max<int64_t>(0, NumberParameter(call, "count", options.page_default));
  const int64_t count = std::min<int64_t>(asked, options.page_max);
  int64_t first = start - 1;
  if (first > 0 && call.Has(FaultKind::kTorn)) ++first;
  if (first > 0 && call.Has(FaultKind::kDuplicate)) --first;
  const ScimFilter* const wanted = filter ? &*filter : nullptr;
  ScimStore::Page page = store_.List(wanted, first, count);
  if (options.past_end_first_page && page.accounts.empty() && page.total > 0 && count > 0) {
    page = store_.List(wanted, 0, count);
  }
  int64_t total = page.total;
  if (const Fault* shrink = FindFault(call.faults, FaultKind::kShrink)) {
    total = static_cast<int64_t>(static_cast<double>(total) * shrink->percent / 100);
  }
  if (call.Has(FaultKind::kEmpty)) total = 0;
  const auto left = static_cast<size_t>(std::max<int64_t>(0, total - first));
  if (total < page.total && page.accounts.size() > left) page.accounts.resize(left);
  if (call.Has(FaultKind::kRowCount)) total += first;

  Answer answer;
  answer.content_type = kScimJson;
  std::string& out = answer.body;
  const auto shown = static_cast<int64_t>(page.accounts.size());
  out = "{\"schemas\":[\"" + std::string(kListUrn) +
        "\"],\"totalResults\":" + std::to_string(total) +
        ",\"startIndex\":" + std::to_string(start) +
        ",\"itemsPerPage\":" + std::to_string(options.echo_items_per_page ? asked : shown) +
        ",\"Resources\":[";
  const bool row_faults = HasRowFault(call.faults);
  for (size_t i = 0; i < page.accounts.size(); ++i) {
    if (i > 0) out += ',';
    std::string row = Rendered(page.accounts[i], call, options);
    out += row_faults ? RowWithFaults(row, "id", call.faults, i == 0) : row;
  }
  out += "]}";
  return answer;
}

Answer ScimServer::User(const Call& call, const std::string& id, const SiteOptions& options) {
  const bool get = call.method == "GET";
  if (call.method == "PUT") {
    throw ScimError(501, "", "Accounts are changed by PATCH here.");
  }
  if (!get && call.method != "PATCH" && call.method != "DELETE") {
    throw ScimError(405, "", "An account is read or changed here.");
  }
  if (SpuriouslyNotFound(options)) throw ScimError(404, "", "There is no such account.");
  if (call.method == "DELETE") store_.Delete(id);
  if (call.method == "PATCH") {
    const WriteRules rules{options.extension, options.drop_unknown};
    return AccountAnswer(200, store_.Patch(id, ParseBody(call), call.header("If-Match"), rules),
                         call, options);
  }
  const auto view = store_.Get(id);
  if (!view) throw ScimError(404, "", "There is no such account.");
  const std::string etag = "W/\"" + std::to_string(view->version) + "\"";
  if (call.header("If-None-Match").value_or("") == etag) {
    Answer answer;
    answer.status = 304;
    answer.headers.emplace_back("ETag", etag);
    return answer;
  }
  return AccountAnswer(200, *view, call, options);
}

}  // namespace roster::sandbox
