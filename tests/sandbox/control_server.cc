#include "tests/sandbox/control_server.h"

#include <algorithm>
#include <charconv>
#include <shared_mutex>

#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/scim_schema.h"

namespace roster::sandbox {
namespace {

constexpr std::string_view kRoot = "/sandbox/";

// What was asked of the control API makes no sense.
class ControlError : public std::runtime_error {
 public:
  ControlError(int status, const std::string& what) : std::runtime_error(what), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

Answer Reply(std::string body, int status = 200) {
  Answer answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.body = std::move(body);
  return answer;
}

Answer Reply(const Json& body, int status = 200) { return Reply(body.dump(), status); }

int64_t Number(const Call& call, const char* name, int64_t otherwise) {
  const std::string text = call.Parameter(name).value_or("");
  int64_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

const Json& Needed(const Json& body, const char* name) {
  if (!body.contains(name)) throw ControlError(400, std::string("\"") + name + "\" is missing");
  return body[name];
}

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> parts;
  std::string_view rest = list;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    parts.emplace_back(Trim(rest.substr(0, comma)));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return parts;
}

}  // namespace

ControlServer::ControlServer(Sandbox& sandbox)
    : sandbox_(sandbox),
      host_(
          Server::kFacts, nullptr, [this](const Call& call) { return Handle(call); },
          [](const Fault&, int status) { return Reply(Json::object(), status); }) {}

Answer ControlServer::Handle(const Call& call) {
  const auto refuse = [](int status, const std::string& why) {
    return Reply(Json{{"error", why}}, status);
  };
  if (!call.path.starts_with(kRoot)) return refuse(404, "everything here is under /sandbox/");
  const std::string what = call.path.substr(kRoot.size());
  try {
    if (call.method == "GET") return Get(call, what);
    if (call.method == "POST") return Post(call, what);
    if (call.method == "DELETE") return Delete(what);
    return refuse(405, "only GET, POST and DELETE");
  } catch (const ControlError& error) {
    return refuse(error.status(), error.what());
  } catch (const ScimError& error) {
    return refuse(error.status(), error.what());
  } catch (const FaultError& error) {
    return refuse(400, error.what());
  } catch (const ScenarioError& error) {
    return refuse(409, error.what());
  } catch (const Json::exception& error) {
    return refuse(400, std::string("the body does not fit: ") + error.what());
  }
}

Answer ControlServer::Get(const Call& call, const std::string& what) {
  if (what == "effects") return Effects(call);
  if (what == "accounts") return Accounts(call);
  if (what == "seeded") return Reply(sandbox_.seeded());
  if (what == "ready") return Reply(sandbox_.Ready());
  if (what == "faults") return Reply(sandbox_.faults().List());
  if (what == "requests") {
    return Reply(
        Json{{"facts", sandbox_.facts().log().ToJson()}, {"site", sandbox_.site().log().ToJson()}});
  }
  if (what == "scenarios") {
    Json list = Json::array();
    for (const ScenarioName& one : Scenarios::All()) {
      list.push_back({{"name", one.name}, {"what", one.what}});
    }
    return Reply(list);
  }
  if (what == "school") {
    constexpr const char* kAll = "people,students,personFamily,parentStudent,families";
    const std::shared_lock lock(sandbox_.school().mutex());
    return Reply(sandbox_.school().GroundTruth(Split(call.Parameter("parts").value_or(kAll))));
  }
  throw ControlError(404, "there is no GET /sandbox/" + what);
}

// ?since=N&limit=1000&wait_ms=0&effect=add&account=ID&externalId=X&format=lines
Answer ControlServer::Effects(const Call& call) {
  const int64_t since = Number(call, "since", 0);
  const auto limit = static_cast<size_t>(std::max<int64_t>(1, Number(call, "limit", 1'000'000)));
  const auto wait_ms = static_cast<int>(std::clamp<int64_t>(Number(call, "wait_ms", 0), 0, 30'000));
  const std::vector<std::string> lines = sandbox_.effects().After(since, limit, wait_ms);
  const bool plain = call.Parameter("format").value_or("") == "lines";
  std::string out;
  for (const std::string& line : lines) {
    bool fits = true;
    for (const char* field : {"effect", "account", "externalId"}) {
      const auto wanted = call.Parameter(field);
      fits = fits && (!wanted || TextOf(line, field) == *wanted);
    }
    if (!fits) continue;
    if (!plain && !out.empty()) out += ',';
    out += line;
    if (plain) out += '\n';
  }
  if (plain) return Reply(out.empty() ? std::string("\n") : out);
  return Reply("{\"next\":" + std::to_string(since + static_cast<int64_t>(lines.size())) +
               ",\"counts\":" + sandbox_.effects().Counts().dump() + ",\"effects\":[" + out + "]}");
}

// ?name=ID, externalId or userName; ?filter= as in SCIM
Answer ControlServer::Accounts(const Call& call) {
  if (const auto name = call.Parameter("name")) {
    const auto view = sandbox_.store().Find(*name);
    if (!view) throw ControlError(404, "there is no such account");
    return Reply(view->json);
  }
  std::optional<ScimFilter> filter;
  if (const auto text = call.Parameter("filter")) filter.emplace(*text);
  const auto page = sandbox_.store().List(filter ? &*filter : nullptr, 0, 100'000'000);
  std::string out = "{\"total\":" + std::to_string(page.total) + ",\"accounts\":[";
  for (size_t i = 0; i < page.accounts.size(); ++i) {
    if (i > 0) out += ',';
    out += page.accounts[i].json;
  }
  return Reply(out + "]}");
}

Answer ControlServer::Post(const Call& call, const std::string& what) {
  const Json body = Json::parse(call.body.empty() ? "{}" : call.body);
  if (!body.is_object()) throw ControlError(400, "the body must be an object");
  if (what == "scenario") {
    return Reply(sandbox_.scenarios().Apply(Needed(body, "name").get<std::string>()));
  }
  if (what == "faults") {
    return Reply(Json{{"id", sandbox_.faults().Add(FaultFromJson(body))}}, 201);
  }
  if (what == "site/access") {
    return Reply(sandbox_.store().Access(Needed(body, "account").get<std::string>()).json);
  }
  if (what == "site/edit") {
    return Reply(sandbox_.store()
                     .Edit(Needed(body, "account").get<std::string>(), Needed(body, "attributes"))
                     .json);
  }
  if (what == "site/create") return Reply(sandbox_.store().Seed(body).json, 201);
  if (what == "site/forget") {
    if (!sandbox_.store().Forget(Needed(body, "account").get<std::string>())) {
      throw ControlError(404, "there is no such account");
    }
    return Reply(Json::object());
  }
  if (what == "site/settings") return SiteSettings(body);
  if (what == "facts/settings") return FactsSettings(body);
  if (what == "facts/scope") {
    sandbox_.facts().SetScope(Needed(body, "scope").get<std::string>(),
                              Needed(body, "granted").get<bool>());
    return Reply(Json::object());
  }
  if (what == "facts/spend") {
    sandbox_.facts().limit().Spend(Needed(body, "calls").get<int64_t>(), sandbox_.clock().NowMs());
    return Reply(Json::object());
  }
  if (what == "facts/edit" || what == "facts/add" || what == "facts/remove") {
    return EditFacts(body, what.substr(6));
  }
  if (what == "clock") {
    sandbox_.clock().Advance(static_cast<int64_t>(Needed(body, "advance_s").get<double>() * 1000));
    return Reply(Json{{"now", sandbox_.clock().NowText()}});
  }
  throw ControlError(404, "there is no POST /sandbox/" + what);
}

Answer ControlServer::Delete(const std::string& what) {
  if (what == "requests") {
    sandbox_.facts().log().Clear();
    sandbox_.site().log().Clear();
    return Reply(Json::object());
  }
  if (what == "faults") {
    sandbox_.faults().Clear();
    return Reply(Json::object());
  }
  constexpr std::string_view kFault = "faults/";
  if (what.starts_with(kFault)) {
    int64_t id = 0;
    std::from_chars(what.data() + kFault.size(), what.data() + what.size(), id);
    if (!sandbox_.faults().Remove(id)) throw ControlError(404, "there is no such fault");
    return Reply(Json::object());
  }
  throw ControlError(404, "there is no DELETE /sandbox/" + what);
}

// {"personId": 1, "field": "email", "value": ...}; a field of People, or else of Students.
// {"resource": "parentStudent", "where": {"parentID": 1, "studentID": 2}, ...} for the others.
Answer ControlServer::EditFacts(const Json& body, const std::string& how) {
  School& school = sandbox_.school();
  const std::string field = MemberText(body, "field");
  std::string name = MemberText(body, "resource");
  Json where = body.contains("where") ? body["where"] : Json::object();
  if (name.empty()) {
    const bool of_student =
        field.starts_with("school.") || FindColumn(*FindResource(kPeople), field) == nullptr;
    name = how == "edit" && of_student ? kStudents : kPeople;
  }
  const Resource* resource = FindResource(name);
  if (resource == nullptr) throw ControlError(400, "there is no resource \"" + name + "\"");
  const std::unique_lock lock(school.mutex());
  Table& table = school.table(resource->name);
  if (how == "add") {
    table.Add(Needed(body, "row").dump());
    return Reply(Json{{"rows", table.size()}}, 201);
  }
  if (body.contains("personId")) {
    where[resource->name == kStudents ? "studentId" : "personId"] = body["personId"];
  }
  if (where.empty()) throw ControlError(400, "say which rows: \"personId\" or \"where\"");
  const auto fits = [&](std::string_view row) {
    return std::all_of(where.items().begin(), where.items().end(), [&](const auto& item) {
      return FieldOf(row, item.key()) == item.value().dump();
    });
  };
  int64_t touched = 0;
  if (how == "remove") {
    table.RemoveIf([&](std::string_view row) {
      const bool gone = fits(row);
      touched += gone ? 1 : 0;
      return gone;
    });
  } else {
    if (field.empty()) throw ControlError(400, "\"field\" is missing");
    for (uint32_t position = 0; position < table.size(); ++position) {
      if (!fits(table[position])) continue;
      table.Replace(position, WithField(table[position], field, Needed(body, "value")));
      ++touched;
    }
  }
  if (touched == 0) throw ControlError(404, "no row fits");
  return Reply(Json{{"rows", touched}});
}

Answer ControlServer::FactsSettings(const Json& body) {
  FactsOptions options = sandbox_.facts().options();
  for (const auto& [name, value] : body.items()) {
    if (name == "tier") {
      const auto tier = value.get<std::string>();
      options.tier = TierNamed(tier);
      if (!options.tier && tier != "none") {
        throw ControlError(400, "tier: basic, pro, enterprise or none");
      }
    } else if (name == "page_size_cap") {
      options.page_size_cap = value.get<int64_t>();
    } else if (name == "page_size_default") {
      options.page_size_default = std::max<int64_t>(1, value.get<int64_t>());
    } else if (name == "wrong_key_status") {
      options.wrong_key_status = value.get<int>();
    } else if (name == "unordered") {
      options.unordered = value.get<bool>();
    } else if (name == "cache") {
      options.cache = value.get<bool>();
    } else if (name == "subscription_key") {
      options.subscription_key = value.get<std::string>();
    } else if (name == "api_key") {
      options.api_key = value.get<std::string>();
    } else {
      throw ControlError(400, "FACTS has no setting \"" + name + "\"");
    }
  }
  sandbox_.facts().set_options(options);
  return Reply(Json::object());
}

Answer ControlServer::SiteSettings(const Json& body) {
  SiteOptions options = sandbox_.site().options();
  for (const auto& [name, value] : body.items()) {
    if (name == "page_max") {
      options.page_max = std::max(1, value.get<int>());
    } else if (name == "page_default") {
      options.page_default = std::max(1, value.get<int>());
    } else if (name == "extension") {
      options.extension = value.get<bool>();
    } else if (name == "drop_unknown") {
      options.drop_unknown = value.get<bool>();
    } else if (name == "past_end_first_page") {
      options.past_end_first_page = value.get<bool>();
    } else if (name == "echo_items_per_page") {
      options.echo_items_per_page = value.get<bool>();
    } else if (name == "leaky_errors") {
      options.leaky_errors = value.get<bool>();
    } else if (name == "spurious_not_found") {
      options.spurious_not_found = value.get<double>();
    } else if (name == "slow_ms") {
      options.slow_ms = value.get<int>();
    } else if (name == "read_token") {
      options.read_token = value.get<std::string>();
    } else if (name == "write_token") {
      options.write_token = value.get<std::string>();
    } else {
      throw ControlError(400, "the site has no setting \"" + name + "\"");
    }
  }
  sandbox_.site().set_options(options);
  return Reply(Json::object());
}

}  // namespace roster::sandbox
