#include "tests/sandbox/facts_server.h"

#include <algorithm>
#include <charconv>
#include <shared_mutex>

namespace roster::sandbox {
namespace {

constexpr int64_t kCacheMs = 120'000;
constexpr size_t kCacheBytesMax = 64U << 20U;
constexpr size_t kSelectionsMax = 16;
constexpr const char* kTraceId = "00-5a4db0c0ffee4a1bb5a4db0c0ffee123-5a4db0c0ffee4a1b-00";

// What the gateway itself answers.
Answer GatewayAnswer(int status, const std::string& message) {
  Answer answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.body = Json{{"statusCode", status}, {"message", message}}.dump();
  return answer;
}

// What the application behind it answers.
Answer ApplicationError(int status, const std::string& code, const std::string& message,
                        const std::string& target = "") {
  Answer answer;
  answer.status = status;
  answer.body = Json{{"error",
                      {{"code", code},
                       {"message", message},
                       {"target", target.empty() ? Json() : Json(target)},
                       {"details", Json::array()},
                       {"innererror", nullptr}}}}
                    .dump();
  return answer;
}

Answer Problem(int status) {
  Answer answer;
  answer.status = status;
  answer.content_type = "application/problem+json; charset=utf-8";
  answer.body = Json{
      {"type", status == 401 ? "https://tools.ietf.org/html/rfc7235#section-3.1"
                             : "https://tools.ietf.org/html/rfc7231#section-6.5.3"},
      {"title", status == 401 ? "Unauthorized" : "Forbidden"},
      {"status", status},
      {"traceId",
       kTraceId}}.dump();
  return answer;
}

Answer StackTrace(const std::string& message) {
  Answer answer;
  answer.status = 500;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body =
      "Sieve.Exceptions.SieveMethodNotFoundException: " + message +
      "\n   at Sieve.Services.SieveProcessor`3.ApplyCustomMethod[TEntity](IQueryable`1 result, "
      "String name, Object parent, Object[] parameters)\n   at Sieve.Services.SieveProcessor`3."
      "ApplyFiltering[TEntity](TSieveModel model, IQueryable`1 result)\n   at Microsoft.AspNetCore"
      ".Mvc.Infrastructure.ActionMethodExecutor.Execute()\n";
  return answer;
}

Answer WithRetryAfter(Answer answer, int64_t seconds) {
  answer.headers.emplace_back("Retry-After", std::to_string(seconds));
  return answer;
}

Answer RateAnswer(int64_t seconds) {
  return WithRetryAfter(GatewayAnswer(429, "Rate limit is exceeded. Try again in " +
                                               std::to_string(seconds) + " seconds."),
                        seconds);
}

Answer QuotaAnswer(int64_t seconds) {
  const auto two = [](int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const std::string time =
      two(seconds / 3600) + ":" + two(seconds / 60 % 60) + ":" + two(seconds % 60);
  return WithRetryAfter(GatewayAnswer(403,
                                      "Out of call volume quota. Quota will be replenished "
                                      "in " +
                                          time + "."),
                        seconds);
}

Answer FaultAnswer(const Fault& fault, int status) {
  if (status == 429) {
    const int wait = fault.retry_after.value_or(1);
    Answer answer = RateAnswer(wait);
    if (!fault.retry_after) answer.headers.clear();
    return answer;
  }
  if (status == 403 && fault.retry_after) return QuotaAnswer(*fault.retry_after);
  if (status == 401 || status == 403) return Problem(status);
  Answer answer = status == 500
                      ? StackTrace("Object reference not set to an instance of an object.")
                  : status < 500 ? ApplicationError(status, "Fault", "The request failed.")
                                 : GatewayAnswer(status, "Service unavailable");
  if (fault.retry_after) return WithRetryAfter(std::move(answer), *fault.retry_after);
  return answer;
}

std::optional<int64_t> PositiveNumber(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return std::min<int64_t>(number, 1'000'000'000);
}

}  // namespace

FactsServer::FactsServer(FactsOptions options, School& school, const SandboxClock& clock,
                         FaultBook& faults)
    : school_(school),
      clock_(clock),
      limit_(options.tier),
      options_(std::move(options)),
      host_(
          Server::kFacts, &faults, [this](const Call& call) { return Handle(call); }, FaultAnswer) {
}

FactsOptions FactsServer::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

void FactsServer::set_options(const FactsOptions& options) {
  const std::lock_guard lock(mutex_);
  options_ = options;
  limit_.set_tier(options.tier);
}

void FactsServer::SetScope(const std::string& scope, bool granted) {
  const std::lock_guard lock(mutex_);
  if (granted) {
    withdrawn_.erase(Lower(scope));
  } else {
    withdrawn_.insert(Lower(scope));
  }
}

Answer FactsServer::Handle(const Call& call) {
  std::string path = call.path;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const Resource* resource =
      call.method == "GET" && path.starts_with('/') ? FindResource(path) : nullptr;
  const std::string lower = Lower(path);
  constexpr std::string_view kOne = "/students/";
  const bool status_list = call.method == "GET" && lower == "/students/status";
  std::string student_id;
  if (resource == nullptr && !status_list && call.method == "GET" && lower.starts_with(kOne)) {
    student_id = lower.substr(kOne.size());
    if (student_id.find('/') != std::string::npos) student_id.clear();
  }
  Answer answer = Gateway(call, resource, status_list, student_id);
  answer.route = resource != nullptr   ? std::string(resource->path)
                 : status_list         ? "/Students/Status"
                 : !student_id.empty() ? "/Students/{personStudentId}"
                                       : "(unknown)";
  return answer;
}

Answer FactsServer::Gateway(const Call& call, const Resource* resource, bool status_list,
                            const std::string& student_id) {
  if (resource == nullptr && !status_list && student_id.empty()) {
    return GatewayAnswer(404, "Resource not found");
  }
  const FactsOptions options = this->options();
  const auto subscription = call.header("Ocp-Apim-Subscription-Key");
  if (!subscription || subscription->empty()) {
    return GatewayAnswer(401,
                         "Access denied due to missing subscription key. Make sure to include "
                         "subscription key when making requests to an API.");
  }
  if (*subscription != options.subscription_key) {
    return GatewayAnswer(401,
                         "Access denied due to invalid subscription key. Make sure to provide a "
                         "valid key for an active subscription.");
  }
  if (const auto refusal = limit_.Take(clock_.NowMs())) {
    return refusal->daily ? QuotaAnswer(refusal->wait_seconds) : RateAnswer(refusal->wait_seconds);
  }

  // The gateway answers from its cache before the school's key is looked at again.
  const bool cached = options.cache && call.faults.empty() && !call.header("x-bypass-cache");
  const std::string cache_key =
      call.header("Facts-Api-Key").value_or("") + " " + call.path + "?" + call.query;
  if (cached) {
    const std::lock_guard lock(mutex_);
    const auto found = cache_.find(cache_key);
    if (found != cache_.end() && clock_.NowMs() - found->second.made_ms < kCacheMs) {
      Answer answer;
      answer.body = found->second.body;
      return answer;
    }
  }

  const std::string_view scope = resource == nullptr ? "Students" : resource->scope;
  if (auto refused = Unauthorized(call, options, scope)) return std::move(*refused);
  const std::string wanted(resource != nullptr ? resource->api_version : status_list ? "1" : "1.3");
  const std::string version = call.Parameter("api-version").value_or("");
  if (version.empty()) {
    return ApplicationError(400, "ApiVersionUnspecified",
                            "An API version is required, but was not specified.");
  }
  if (version != wanted && version != wanted + ".0") {
    return ApplicationError(400, "UnsupportedApiVersion",
                            "The HTTP resource that matches the request URI does not support the "
                            "API version '" +
                                version + "'.");
  }

  Answer answer;
  try {
    const std::shared_lock lock(school_.mutex());
    if (resource != nullptr) {
      answer = List(call, *resource, options);
    } else if (status_list) {
      answer.body = school_.statuses();
    } else {
      answer = OneStudent(student_id);
    }
  } catch (const SieveError& error) {
    return StackTrace(error.what());
  }
  if (cached && answer.status == 200) {
    const std::lock_guard lock(mutex_);
    if (cache_bytes_ + answer.body.size() > kCacheBytesMax) {
      cache_.clear();
      cache_bytes_ = 0;
    }
    CachedAnswer& entry = cache_[cache_key];
    cache_bytes_ += answer.body.size() - entry.body.size();
    entry = {clock_.NowMs(), answer.body};
  }
  return answer;
}

std::optional<Answer> FactsServer::Unauthorized(const Call& call, const FactsOptions& options,
                                                std::string_view scope) {
  if (const Fault* fault = FindFault(call.faults, FaultKind::kKeyRefused)) {
    return Problem(fault->status == 0 ? options.wrong_key_status : fault->status);
  }
  if (call.header("Facts-Api-Key").value_or("") != options.api_key) {
    return Problem(options.wrong_key_status);
  }
  if (call.Has(FaultKind::kScopeWithdrawn)) return Problem(403);
  const std::lock_guard lock(mutex_);
  if (withdrawn_.contains(Lower(scope))) return Problem(403);
  return std::nullopt;
}

Positions FactsServer::Select(const Resource& resource, const std::string& filters,
                              const std::string& sorts) {
  const Table& table = school_.table(resource.name);
  const SieveFilter filter(resource, filters);
  const std::vector<SortKey> keys = ParseSorts(resource, sorts);
  if (filter.empty()) return keys.empty() ? nullptr : table.Order(keys);
  const std::string name = std::string(resource.name) + "\n" + filters + "\n" + sorts;
  {
    const std::lock_guard lock(mutex_);
    const auto found = selections_.find(name);
    if (found != selections_.end() && found->second.version == table.version()) {
      return found->second.positions;
    }
  }
  const Positions order = table.Order(keys);
  auto positions = std::make_shared<std::vector<uint32_t>>();
  for (const uint32_t position : *order) {
    if (filter.Matches(table[position])) positions->push_back(position);
  }
  const std::lock_guard lock(mutex_);
  if (selections_.size() >= kSelectionsMax) selections_.clear();
  selections_[name] = {table.version(), positions};
  return positions;
}

Answer FactsServer::List(const Call& call, const Resource& resource, const FactsOptions& options) {
  const Table& table = school_.table(resource.name);
  const std::string sorts = call.Parameter("Sorts").value_or("");
  const Positions selected = Select(resource, call.Parameter("Filters").value_or(""), sorts);
  const auto page = PositiveNumber(call.Parameter("Page").value_or("1"));
  const auto size = PositiveNumber(
      call.Parameter("PageSize").value_or(std::to_string(options.page_size_default)));
  if (!page || !size) {
    return ApplicationError(400, "BadArgument", "Page and PageSize must be positive numbers.",
                            page ? "PageSize" : "Page");
  }

  auto count = static_cast<int64_t>(selected ? selected->size() : table.size());
  if (const Fault* shrink = FindFault(call.faults, FaultKind::kShrink)) {
    count = static_cast<int64_t>(static_cast<double>(count) * shrink->percent / 100);
  }
  if (call.Has(FaultKind::kEmpty)) count = 0;
  const bool unordered = options.unordered && sorts.empty();
  const Shuffle shuffle(unordered ? static_cast<uint64_t>(count) : 0,
                        school_.options().seed * 1'000'003 + answers_++);

  // Sieve skips by the size that was asked for, and takes by the cap: the rest is never served.
  int64_t first = (*page - 1) * *size;
  const int64_t taken = options.page_size_cap > 0 ? std::min(*size, options.page_size_cap) : *size;
  if (*page > 1 && call.Has(FaultKind::kTorn)) ++first;
  if (*page > 1 && call.Has(FaultKind::kDuplicate)) --first;
  const int64_t end = std::min(count, first + taken);
  const bool row_faults = HasRowFault(call.faults);

  Answer answer;
  std::string& out = answer.body;
  out = "{\"results\":[";
  for (int64_t i = first; i < end; ++i) {
    const auto at = unordered ? shuffle(static_cast<uint64_t>(i)) : static_cast<uint64_t>(i);
    const std::string_view row = table[selected ? (*selected)[at] : static_cast<uint32_t>(at)];
    if (i > first) out += ',';
    if (row_faults) {
      out += RowWithFaults(row, resource.key, call.faults, i == first);
    } else {
      out += row;
    }
  }
  const int64_t announced = count + (call.Has(FaultKind::kRowCount) ? *page - 1 : 0);
  const int64_t pages = (announced + *size - 1) / *size;
  out += "],\"currentPage\":" + std::to_string(*page) + ",\"pageCount\":" + std::to_string(pages) +
         ",\"pageSize\":" + std::to_string(*size) + ",\"rowCount\":" + std::to_string(announced) +
         ",\"nextPage\":";
  AppendQuoted(out, *page < pages ? NextPage(call, *page + 1) : "");
  out += '}';
  return answer;
}

std::string FactsServer::NextPage(const Call& call, int64_t page) const {
  std::string url = this->url() + call.path;
  char separator = '?';
  std::string_view query = call.query;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    if (!part.empty() && !EqualNoCase(part.substr(0, part.find('=')), "Page")) {
      url += separator;
      url += part;
      separator = '&';
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return url + separator + "Page=" + std::to_string(page);
}

Answer FactsServer::OneStudent(const std::string& id) {
  const auto number = PositiveNumber(id);
  if (!number) return ApplicationError(400, "BadArgument", "The id is not valid.", "id");
  const auto found = school_.table(kStudents).Find("personStudentId", *number);
  if (found.empty()) return ApplicationError(404, "NotFound", "The student was not found.", "id");
  Answer answer;
  answer.body = school_.table(kStudents)[found.front()];
  return answer;
}

}  // namespace roster::sandbox
