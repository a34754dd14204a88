#include "tests/sandbox/faults.h"

#include <algorithm>
#include <charconv>

namespace roster::sandbox {
namespace {

struct KindName {
  FaultKind kind;
  std::string_view name;
};

constexpr KindName kKindNames[] = {
    {FaultKind::kStatus, "status"},
    {FaultKind::kBreakBefore, "break-before"},
    {FaultKind::kBreakAfter, "break-after"},
    {FaultKind::kTruncate, "truncate"},
    {FaultKind::kTruncateGzip, "truncate-gzip"},
    {FaultKind::kHtml, "html"},
    {FaultKind::kDelay, "delay"},
    {FaultKind::kTorn, "torn"},
    {FaultKind::kDuplicate, "duplicate"},
    {FaultKind::kRowCount, "row-count"},
    {FaultKind::kShrink, "shrink"},
    {FaultKind::kEmpty, "empty"},
    {FaultKind::kRowWithoutId, "row-without-id"},
    {FaultKind::kNumberAsText, "number-as-text"},
    {FaultKind::kInvalidUtf8, "invalid-utf8"},
    {FaultKind::kIdSpelling, "id-spelling"},
    {FaultKind::kNullFields, "null-fields"},
    {FaultKind::kMissingFields, "missing-fields"},
    {FaultKind::kUnknownFields, "unknown-fields"},
    {FaultKind::kScopeWithdrawn, "scope-withdrawn"},
    {FaultKind::kKeyRefused, "key-refused"},
};

FaultKind KindOf(const std::string& name) {
  std::string known;
  for (const KindName& entry : kKindNames) {
    if (entry.name == name) return entry.kind;
    known += known.empty() ? "" : ", ";
    known += entry.name;
  }
  throw FaultError("there is no fault \"" + name + "\". There are: " + known);
}

bool IsRowFault(FaultKind kind) {
  return kind >= FaultKind::kRowWithoutId && kind <= FaultKind::kUnknownFields;
}

bool PathFits(const std::string& pattern, const std::string& path) {
  if (pattern.empty()) return true;
  if (pattern.back() == '$') {
    return path.ends_with(std::string_view(pattern).substr(0, pattern.size() - 1));
  }
  return path.find(pattern) != std::string::npos;
}

void ChangeRow(Json& row, FaultKind kind, std::string_view key) {
  Json changed = Json::object();
  for (auto& [name, value] : row.items()) {
    const bool unset = value.is_null() || (value.is_string() && value.get<std::string>().empty());
    std::string new_name = name;
    switch (kind) {
      case FaultKind::kRowWithoutId:
        if (name == key) continue;
        break;
      case FaultKind::kNumberAsText:
        if (value.is_number_integer()) value = std::to_string(value.get<int64_t>());
        break;
      case FaultKind::kIdSpelling:
        if (name.ends_with("Id")) {
          new_name.back() = 'D';
        } else if (name.ends_with("ID")) {
          new_name.back() = 'd';
        }
        break;
      case FaultKind::kNullFields:
        if (unset) value = nullptr;
        break;
      case FaultKind::kMissingFields:
        if (unset) continue;
        break;
      default:
        break;
    }
    changed[new_name] = std::move(value);
  }
  if (kind == FaultKind::kUnknownFields) {
    changed["futureField"] = {{"of", Json::array({1, "two", nullptr})}};
    changed["futureFlag"] = true;
  }
  row = std::move(changed);
}

// A byte that no UTF-8 text holds, at the start of the first text that is not empty.
std::string WithInvalidByte(std::string row) {
  const size_t colon = row.find(":\"");
  if (colon != std::string::npos) row.insert(colon + 2, 1, '\xFF');
  return row;
}

}  // namespace

std::string_view NameOf(FaultKind kind) {
  for (const KindName& entry : kKindNames) {
    if (entry.kind == kind) return entry.name;
  }
  return "";
}

Fault FaultFromJson(const Json& json) {
  if (!json.is_object() || !json.contains("kind") || !json["kind"].is_string()) {
    throw FaultError("a fault needs its kind");
  }
  Fault fault;
  for (const auto& [name, value] : json.items()) {
    try {
      if (name == "kind") {
        fault.kind = KindOf(value.get<std::string>());
      } else if (name == "server") {
        const auto server = value.get<std::string>();
        if (server == "facts") fault.server = Server::kFacts;
        if (server == "site") fault.server = Server::kSite;
        if (!fault.server && server != "both") throw FaultError("server: facts, site or both");
      } else if (name == "method") {
        fault.method = value.get<std::string>();
      } else if (name == "path") {
        fault.path = Lower(value.get<std::string>());
      } else if (name == "after") {
        fault.after = value.get<int64_t>();
      } else if (name == "times") {
        fault.times = value.get<int64_t>();
      } else if (name == "probability") {
        fault.probability = value.get<double>();
      } else if (name == "status") {
        fault.status = value.get<int>();
        if (fault.status < 200 || fault.status > 599) throw FaultError("status: 200 to 599");
      } else if (name == "retry_after") {
        fault.retry_after = value.get<int>();
      } else if (name == "delay_ms") {
        fault.delay_ms = value.get<int>();
      } else if (name == "percent") {
        fault.percent = value.get<double>();
      } else if (name == "rows") {
        fault.all_rows = value.get<std::string>() != "one";
      } else if (name == "when") {
        fault.after_effect = value.get<std::string>() == "after";
      } else {
        throw FaultError("a fault has no \"" + name +
                         "\". It has: kind, server, method, path, "
                         "after, times, probability, status, retry_after, delay_ms, percent, "
                         "rows (one|all), when (before|after)");
      }
    } catch (const Json::exception&) {
      throw FaultError("\"" + name + "\" has a value of the wrong type");
    }
  }
  return fault;
}

Json FaultFields(std::string_view text) {
  Json json = Json::object();
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const size_t equals = part.find('=');
    const std::string name(equals == std::string_view::npos ? "kind" : part.substr(0, equals));
    const std::string value(equals == std::string_view::npos ? part : part.substr(equals + 1));
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool numeric = error == std::errc() && end == value.data() + value.size();
    if (numeric && number == static_cast<double>(static_cast<int64_t>(number))) {
      json[name] = static_cast<int64_t>(number);
    } else if (numeric) {
      json[name] = number;
    } else {
      json[name] = value;
    }
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return json;
}

Fault FaultFromText(std::string_view text) { return FaultFromJson(FaultFields(text)); }

Json ToJson(const Fault& fault) {
  Json json = {{"id", fault.id}, {"kind", NameOf(fault.kind)}};
  json["server"] = !fault.server ? "both" : *fault.server == Server::kFacts ? "facts" : "site";
  if (!fault.method.empty()) json["method"] = fault.method;
  if (!fault.path.empty()) json["path"] = fault.path;
  json["after"] = fault.after;
  json["times"] = fault.times;
  json["probability"] = fault.probability;
  if (fault.status != 0) json["status"] = fault.status;
  if (fault.retry_after) json["retry_after"] = *fault.retry_after;
  if (fault.delay_ms != 0) json["delay_ms"] = fault.delay_ms;
  json["hits"] = fault.hits;
  return json;
}

int64_t FaultBook::Add(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault.id = ++last_id_;
  fault.path = Lower(fault.path);
  faults_.push_back(std::move(fault));
  return last_id_;
}

bool FaultBook::Remove(int64_t id) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(faults_, [id](const Fault& fault) { return fault.id == id; }) > 0;
}

void FaultBook::Clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

Json FaultBook::List() const {
  const std::lock_guard lock(mutex_);
  Json list = Json::array();
  for (const Fault& fault : faults_) list.push_back(ToJson(fault));
  return list;
}

std::vector<Fault> FaultBook::Take(Server server, std::string_view method, std::string_view path) {
  const std::string lower_path = Lower(path);
  const std::lock_guard lock(mutex_);
  std::vector<Fault> taken;
  for (Fault& fault : faults_) {
    if (fault.server && *fault.server != server) continue;
    if (!fault.method.empty() && !EqualNoCase(fault.method, method)) continue;
    if (!PathFits(fault.path, lower_path)) continue;
    if (fault.after > 0) {
      --fault.after;
      continue;
    }
    if (fault.times == 0) continue;
    if (fault.probability < 1 && !random_.Chance(fault.probability)) continue;
    if (fault.times > 0) --fault.times;
    ++fault.hits;
    taken.push_back(fault);
  }
  return taken;
}

const Fault* FindFault(const std::vector<Fault>& faults, FaultKind kind) {
  const auto found = std::find_if(faults.begin(), faults.end(),
                                  [kind](const Fault& fault) { return fault.kind == kind; });
  return found == faults.end() ? nullptr : &*found;
}

bool HasRowFault(const std::vector<Fault>& faults) {
  return std::any_of(faults.begin(), faults.end(),
                     [](const Fault& fault) { return IsRowFault(fault.kind); });
}

std::string RowWithFaults(std::string_view row, std::string_view key,
                          const std::vector<Fault>& faults, bool first) {
  Json parsed = Json::parse(row);
  bool invalid = false;
  for (const Fault& fault : faults) {
    if (!IsRowFault(fault.kind) || !(fault.all_rows || first)) continue;
    if (fault.kind == FaultKind::kInvalidUtf8) {
      invalid = true;
    } else {
      ChangeRow(parsed, fault.kind, key);
    }
  }
  std::string out = parsed.dump();
  return invalid ? WithInvalidByte(std::move(out)) : out;
}

}  // namespace roster::sandbox
