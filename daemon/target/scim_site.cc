#include "daemon/target/scim_site.h"

#include <algorithm>
#include <exception>

#include "daemon/base/text.h"
#include "daemon/target/scim_write.h"

namespace roster::target {
namespace {

using model::Account;
using model::Action;
using model::Applied;
using model::Failed;
using model::Outcome;
using model::Superseded;
using model::Task;
using model::Unknown;

constexpr std::size_t kAnswerMax = std::size_t{4} << 20U;  // bytes, of one account or a search

ScimAccess Access(const ScimSettings& settings, const std::string& token,
                  std::chrono::milliseconds timeout) {
  std::string base_url = settings.base_url;
  while (base_url.ends_with('/')) base_url.pop_back();
  return {settings.school.value(), std::move(base_url), token, timeout};
}

ScimAccess LookAccess(const ScimSettings& settings, const std::string& token) {
  ScimAccess access = Access(settings, token, settings.write_timeout);
  access.body_max = kAnswerMax;
  return access;
}

Outcome SiteFails(std::string reason,
                  std::optional<std::chrono::milliseconds> retry_after = std::nullopt) {
  return Failed{std::move(reason), /*again=*/true, /*site_failing=*/true, retry_after};
}

Outcome NoRetryHelps(std::string reason) {
  return Failed{std::move(reason), /*again=*/false, /*site_failing=*/false, std::nullopt};
}

Outcome Stopped() { return Failed{"stopped", true, false, std::nullopt}; }

// A look that failed: nothing was written, so it can be tried again.
Outcome LookFailed(const Error& error) {
  if (error.reason == "stopped") return Stopped();
  return SiteFails(error.reason, error.retry_after);
}

bool IsSuccess(const http::Response& answer) { return answer.status >= 200 && answer.status < 300; }

// Whether a server that answers this may have done what was asked.
bool IsUnclear(const http::Response& answer) {
  return answer.status < 200 || (answer.status >= 500 && answer.status != 501);
}

// Of an error of the transport: whether the site may have got the request.
bool WasSent(const Error& error) {
  return error.reason == "broken" || error.reason == "timeout" || error.code == Code::kExhausted;
}

Outcome NotSent(const Error& error) {
  return error.reason == "stopped" ? Stopped() : SiteFails(error.reason);
}

std::string UserPath(const AccountId& id) { return "/Users/" + PercentEncoded(id.value()); }

bool WritesLogin(const Writing& writing) {
  return std::any_of(writing.fields.begin(), writing.fields.end(),
                     [](const auto& change) { return model::IsEmailField(change.field); });
}

}  // namespace

ScimSite::ScimSite(ScimSettings settings, const std::string& token, http::Http& http,
                   SiteRate& rate, const Clock& clock, Random& random)
    : settings_(std::move(settings)),
      clock_(clock),
      reading_(Access(settings_, token, settings_.read_timeout), http, rate, clock, random),
      client_(LookAccess(settings_, token), http, rate, clock, random) {
  for (const std::string& role : settings_.protected_roles) {
    protected_roles_.push_back(Fold(Trim(role)));
  }
}

// ---- reading ------------------------------------------------------------------------------------

// A 404 of the list alone proves nothing: the schema is then asked for by its name.
Result<SchemaAnswer> ScimSite::ReadExtension(const Patience& patience,
                                             const std::stop_token& stop) {
  constexpr std::string_view kDoing = "Asking the site for its schemas";
  ROSTER_ASSIGN(const http::Response list, reading_.Read("/Schemas", patience, stop), kDoing);
  if (list.status == 200) {
    ROSTER_ASSIGN(const SchemaAnswer schemas, ReadSchemas(list.body), kDoing);
    if (schemas.named || schemas.whole) return schemas;
  }
  ROSTER_ASSIGN(const http::Response one,
                reading_.Read("/Schemas/" + PercentEncoded(kVolunteerSchema), patience, stop),
                kDoing);
  if (one.status != 200) return SchemaAnswer{};
  ROSTER_ASSIGN(const SchemaAnswer schema, ReadSchemas(one.body), kDoing);
  return schema;
}

Result<SchemaAnswer> ScimSite::Extension(const std::stop_token& stop) {
  const Duration now = clock_.Steady();
  if (extension_ && now - extension_read_at_ < settings_.schema_age_max) return *extension_;
  auto read = ReadExtension(settings_.look_patience, stop);
  if (!read) return read;
  extension_ = *read;
  extension_read_at_ = now;
  return read;
}

Result<bool> ScimSite::ReadSorted(const std::stop_token& stop) {
  ROSTER_ASSIGN(const http::Response answer,
                reading_.Read("/ServiceProviderConfig", settings_.patience, stop),
                "Asking the site whether it sorts");
  return answer.status == 200 && ReadSortSupported(answer.body);
}

Result<model::Accounts> ScimSite::ReadAccounts(
    const std::function<void(std::uint64_t, std::uint64_t)>& progress,
    const std::stop_token& stop) {
  const std::uint64_t requests_before = reading_.requests();
  model::Accounts accounts;
  ROSTER_ASSIGN(const SchemaAnswer extension, ReadExtension(settings_.patience, stop),
                "Reading the site's accounts");
  accounts.has_extension = extension.named;
  ROSTER_ASSIGN(const bool sorted, ReadSorted(stop), "Reading the site's accounts");
  WalkSettings walk;
  walk.page_size = std::max<std::uint32_t>(settings_.page_size, 1);
  walk.accounts_max = settings_.accounts_max;
  walk.patience = settings_.patience;
  ROSTER_ASSIGN(accounts.all, ScimWalk(walk, reading_, reader_).All(sorted, progress, stop),
                "Reading the site's accounts");
  accounts.requests = reading_.requests() - requests_before;
  return accounts;
}

// ---- looking ------------------------------------------------------------------------------------

ScimSite::OrEnd<ScimSite::Seen> ScimSite::ParseSeen(http::Response answer,
                                                    const AccountId& wanted) {
  auto account = reader_.User(answer.body);
  if (!account || (!wanted.value().empty() && account->id != wanted)) {
    return tl::make_unexpected(SiteFails("site-malformed"));
  }
  if (account->version.empty()) {
    const auto etag = answer.headers.find("etag");
    if (etag != answer.headers.end()) account->version = etag->second;
  }
  return Seen{std::move(*account), std::move(answer.body)};
}

ScimSite::OrEnd<ScimSite::Seen> ScimSite::Look(const Task& task, const std::stop_token& stop) {
  constexpr int kLooksMax = 3;
  bool searched = false;
  for (int i = 0; i < kLooksMax; ++i) {
    auto answer = client_.Read(UserPath(task.account), settings_.look_patience, stop);
    if (!answer) return tl::make_unexpected(LookFailed(answer.error()));
    if (answer->status == 200) return ParseSeen(std::move(*answer), task.account);
    if (answer->status != 404 && answer->status != 410) {
      return tl::make_unexpected(NoRetryHelps("rejected-by-site"));
    }
    if (searched) return tl::make_unexpected(Outcome(Superseded{"gone"}));
    const auto found = Search(task, stop);
    if (!found) return tl::make_unexpected(found.error());
    searched = std::none_of(found->begin(), found->end(),
                            [&](const Account& account) { return account.id == task.account; });
  }
  // The search finds it, and the account itself is not to be had.
  return tl::make_unexpected(SiteFails("site-malformed"));
}

// A site that does not know the filter may answer with everybody: what does not carry the external
// id is left out, and then "none found" proves nothing.
ScimSite::OrEnd<std::vector<Account>> ScimSite::Search(const Task& task,
                                                       const std::stop_token& stop) {
  auto answer = client_.Read("/Users?filter=" + ExternalIdFilter(task.external_id),
                             settings_.look_patience, stop);
  if (!answer) return tl::make_unexpected(LookFailed(answer.error()));
  if (answer->status != 200) return tl::make_unexpected(NoRetryHelps("rejected-by-site"));
  auto page = reader_.Users(answer->body);
  if (!page) return tl::make_unexpected(SiteFails("site-malformed"));
  auto& found = page->accounts;
  const bool whole = page->total == found.size();
  const auto others = std::erase_if(
      found, [&](const Account& account) { return account.external_id != task.external_id; });
  if (found.empty() && (others > 0 || !whole)) {
    return tl::make_unexpected(NoRetryHelps("filter-ignored"));
  }
  return std::move(found);
}

// ---- executing ----------------------------------------------------------------------------------

Outcome ScimSite::Execute(const Task& task, const std::stop_token& stop) {
  try {
    return ExecuteTask(task, stop);
  } catch (const std::exception&) {
    return Unknown{"no-answer"};  // out of memory: what was written is to be looked at
  }
}

Outcome ScimSite::NotSeen(const Task& task, Outcome end) {
  const auto* failed = std::get_if<Failed>(&end);
  if (task.doubt.empty() || failed == nullptr || failed->again) return end;
  return Unknown{failed->reason, /*untold=*/true};
}

Outcome ScimSite::ExecuteTask(const Task& task, const std::stop_token& stop) {
  if (task.action == Action::kNone || task.external_id.empty() ||
      (task.action != Action::kAdd && task.account.value().empty())) {
    return NoRetryHelps("invalid-task");
  }
  const auto extension = Extension(stop);
  if (!extension) return LookFailed(extension.error());
  const Policy policy{protected_roles_, extension->named, extension->invited};
  return task.action == Action::kAdd ? Add(task, policy, stop) : Change(task, policy, stop);
}

std::optional<Outcome> ScimSite::Refused(const http::Response& answer) const {
  if (answer.status == 401) return SiteFails("site-unauthorized");
  if (answer.status == 403) return NoRetryHelps("write-refused");
  if (answer.status == 429) return SiteFails("too-many-requests", client_.RetryAfter(answer));
  return std::nullopt;
}

Outcome ScimSite::Add(const Task& task, const Policy& policy, const std::stop_token& stop) {
  auto found = Search(task, stop);
  if (!found) return NotSeen(task, std::move(found.error()));
  if (found->size() > 1) return Superseded{"ambiguous"};
  // Whatever it says: it is this person's. The next poll shows what differs.
  if (found->size() == 1) return Applied{std::move(found->front()), /*already=*/true};
  if (task.look_only) return Superseded{"changed"};
  return Create(task, policy, stop);
}

Outcome ScimSite::Create(const Task& task, const Policy& policy, const std::stop_token& stop) {
  auto body = CreateBody(task, policy.has_extension);
  if (!body) return NoRetryHelps(body.error().reason);
  auto answer = client_.Write("POST", "/Users", std::move(*body), "", stop);
  if (!answer) {
    return WasSent(answer.error()) ? CreateUnclear(task, SiteFails("broken"))
                                   : NotSent(answer.error());
  }
  if (IsUnclear(*answer)) {
    return CreateUnclear(task, SiteFails("site-unavailable", client_.RetryAfter(*answer)));
  }
  if (IsSuccess(*answer)) return Created(task, std::move(*answer));
  if (answer->status == 409) return CreateConflict(task);
  if (auto refused = Refused(*answer)) return std::move(*refused);
  return NoRetryHelps("rejected-by-site");
}

// The answer may be empty, or leave things out; only an account that carries the external id
// counts.
Outcome ScimSite::Created(const Task& task, http::Response answer) {
  auto seen = ParseSeen(std::move(answer), AccountId());
  if (seen && seen->account.external_id != task.external_id) {
    Task created = task;
    created.account = seen->account.id;
    seen = Look(created, std::stop_token());
    if (seen && seen->account.external_id != task.external_id) {
      return NoRetryHelps("externalid-not-kept");
    }
  }
  if (seen) return Applied{std::move(seen->account), /*already=*/false};
  return FoundAfterCreate(Search(task, std::stop_token()), NoRetryHelps("externalid-not-kept"),
                          /*already=*/false);
}

Outcome ScimSite::CreateConflict(const Task& task) {
  auto found = Search(task, std::stop_token());
  if (!found) return found.error();  // nothing was written
  return FoundAfterCreate(std::move(found), Superseded{"username-taken"}, /*already=*/true);
}

Outcome ScimSite::CreateUnclear(const Task& task, Outcome failed) {
  return FoundAfterCreate(Search(task, std::stop_token()), std::move(failed), /*already=*/false);
}

Outcome ScimSite::FoundAfterCreate(OrEnd<std::vector<Account>> found, Outcome when_none,
                                   bool already) {
  if (!found) return Unknown{"no-answer"};
  if (found->empty()) return when_none;
  if (found->size() > 1) return Superseded{"ambiguous"};
  return Applied{std::move(found->front()), already};
}

Outcome ScimSite::Change(const Task& task, const Policy& policy, const std::stop_token& stop) {
  for (int i = 0; i < std::max(settings_.conflicts_max, 1); ++i) {
    auto seen = Look(task, stop);
    if (!seen) {
      const bool gone = std::holds_alternative<Superseded>(seen.error());
      return gone && task.look_only ? Outcome(Superseded{"changed"})
                                    : NotSeen(task, std::move(seen.error()));
    }
    Finding finding = Judge(task, seen->account, policy);
    if (finding.kind == Finding::Kind::kDone) {
      return Applied{std::move(seen->account), /*already=*/true};
    }
    if (finding.kind == Finding::Kind::kUntold) {
      return Unknown{std::move(finding.reason), /*untold=*/true};
    }
    if (finding.kind == Finding::Kind::kNotSeen) return Unknown{std::move(finding.reason)};
    if (task.look_only) return Superseded{"changed"};
    if (finding.kind == Finding::Kind::kImpossible) return NoRetryHelps(std::move(finding.reason));
    if (finding.kind == Finding::Kind::kSuperseded) return Superseded{std::move(finding.reason)};
    if (auto end = Patch(task, *seen, finding.writing, policy, stop)) return std::move(*end);
  }
  return Failed{"conflict", /*again=*/true, /*site_failing=*/false, std::nullopt};
}

std::optional<Outcome> ScimSite::Patch(const Task& task, const Seen& seen, const Writing& writing,
                                       const Policy& policy, const std::stop_token& stop) {
  auto body = PatchBody(task, writing, seen.resource, clock_.Now());
  if (!body) return NoRetryHelps(body.error().reason);
  auto answer =
      client_.Write("PATCH", UserPath(task.account), std::move(*body), seen.account.version, stop);
  if (!answer) {
    return WasSent(answer.error()) ? PatchUnclear(task, policy, SiteFails("broken"))
                                   : NotSent(answer.error());
  }
  if (IsUnclear(*answer)) {
    return PatchUnclear(task, policy, SiteFails("site-unavailable", client_.RetryAfter(*answer)));
  }
  if (IsSuccess(*answer)) return Patched(task, writing, std::move(*answer));
  if (auto refused = Refused(*answer)) return refused;
  if (answer->status == 412 || answer->status == 404) return std::nullopt;
  if (answer->status == 409) {
    if (WritesLogin(writing) || ReadScimType(answer->body) == "uniqueness") {
      return Superseded{"username-taken"};
    }
    return std::nullopt;
  }
  return NoRetryHelps("rejected-by-site");
}

// An accepted PATCH may be answered without a body (204), and a body may leave things out: what is
// not in it is looked for before it counts as dropped.
Outcome ScimSite::Patched(const Task& task, const Writing& writing, http::Response answer) {
  if (answer.status == 200 && !answer.body.empty()) {
    auto seen = ParseSeen(std::move(answer), task.account);
    if (seen && DroppedBySite(task, writing, seen->account).empty()) {
      return Applied{std::move(seen->account), /*already=*/false};
    }
  }
  auto seen = Look(task, std::stop_token());
  if (!seen) return Unknown{writing.invite ? std::string(model::kUnseen) : "no-answer"};
  std::string dropped = DroppedBySite(task, writing, seen->account);
  // An invitation that the site accepted may have gone out, whatever the site shows.
  if (!dropped.empty() && writing.invite) return Unknown{"not-shown", /*untold=*/true};
  if (!dropped.empty()) return NoRetryHelps(std::move(dropped));
  return Applied{std::move(seen->account), /*already=*/false};
}

Outcome ScimSite::PatchUnclear(const Task& task, const Policy& policy, Outcome failed) {
  auto seen = Look(task, std::stop_token());
  if (!seen) return Unknown{"no-answer"};
  Task doubted = task;
  if (doubted.doubt.empty()) doubted.doubt = "no-answer";
  Finding finding = Judge(doubted, seen->account, policy);
  if (finding.kind == Finding::Kind::kDone) {
    return Applied{std::move(seen->account), /*already=*/false};
  }
  if (finding.kind == Finding::Kind::kUntold) return Unknown{finding.reason, /*untold=*/true};
  if (finding.kind == Finding::Kind::kNotSeen) return Unknown{finding.reason};
  return failed;
}

}  // namespace roster::target
