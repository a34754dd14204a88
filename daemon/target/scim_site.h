#pragma once

// A volunteer site that speaks SCIM 2.0 (RFC 7643, 7644), with or without the volunteer extension.

#include <chrono>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/target/judge.h"
#include "daemon/target/scim_client.h"
#include "daemon/target/scim_read.h"
#include "daemon/target/scim_walk.h"
#include "daemon/target/site.h"

namespace roster::target {

struct ScimSettings {
  SchoolId school;
  std::string base_url;  // absolute; a trailing slash is dropped
  std::vector<std::string> protected_roles = {"owner", "manager", "coordinator"};  // rules, 16
  std::uint32_t page_size = 200;                    // accounts asked for at a time, >= 1
  std::uint64_t accounts_max = 5'000'000;           // of a site
  std::chrono::milliseconds read_timeout{30'000};   // one request of ReadAccounts
  std::chrono::milliseconds write_timeout{20'000};  // one request of Execute, looking included
  Patience patience;                                // of ReadAccounts
  Patience look_patience{3, std::chrono::milliseconds(500), std::chrono::seconds(5)};  // of Execute
  Duration schema_age_max = std::chrono::minutes(10);  // then Execute asks /Schemas again
  int conflicts_max = 5;  // times a 412 is looked at again, for one task
};

// Outcomes of Execute, beyond what site.h says of reading; again, and counted as the site's
// failing: "site-unauthorized", "site-forbidden", "site-unavailable", "site-malformed", "connect",
// "tls", "url", "header", "broken", "too-many-requests". Again, this task's own: "conflict",
// "stopped". Not again: "write-refused", "rejected-by-site", "attribute-dropped",
// "externalid-not-kept", "no-invitations", "invalid-text", "filter-ignored", "invalid-task".
// Superseded: "changed-on-site", "protected", "archived-on-site", "linked-elsewhere",
// "username-taken", "gone", "already-accessed", "ambiguous", "changed" (only looked). Unknown:
// "no-answer", those of Finding (judge.h), and of a task in doubt whose look failed each of those
// that are not again: the site can't tell.
class ScimSite : public Site {
 public:
  // What is passed by reference must outlive it; `rate` is shared by all that talk to this site.
  ScimSite(ScimSettings settings, const std::string& token, http::Http& http, SiteRate& rate,
           const Clock& clock, Random& random);

  Result<model::Accounts> ReadAccounts(
      const std::function<void(std::uint64_t, std::uint64_t)>& progress,
      const std::stop_token& stop) override;
  model::Outcome Execute(const model::Task& task, const std::stop_token& stop) override;

 private:
  // An account as the site shows it, with its JSON.
  struct Seen {
    model::Account account;
    std::string resource;
  };
  // Either a value, or the end of the task.
  template <typename T>
  using OrEnd = tl::expected<T, model::Outcome>;

  Result<SchemaAnswer> ReadExtension(const Patience& patience, const std::stop_token& stop);
  // The same, as it was a while ago.
  Result<SchemaAnswer> Extension(const std::stop_token& stop);
  Result<bool> ReadSorted(const std::stop_token& stop);

  OrEnd<Seen> ParseSeen(http::Response answer, const AccountId& wanted);
  // What the site has under this id. "gone" only after two 404s and a search that finds nothing.
  OrEnd<Seen> Look(const model::Task& task, const std::stop_token& stop);
  // All accounts that carry the task's external id.
  OrEnd<std::vector<model::Account>> Search(const model::Task& task, const std::stop_token& stop);

  model::Outcome ExecuteTask(const model::Task& task, const std::stop_token& stop);

  // The end of a look that failed. Of a task in doubt no such end is final but a person's word.
  static model::Outcome NotSeen(const model::Task& task, model::Outcome end);

  model::Outcome Add(const model::Task& task, const Policy& policy, const std::stop_token& stop);
  model::Outcome Create(const model::Task& task, const Policy& policy, const std::stop_token& stop);
  model::Outcome Created(const model::Task& task, http::Response answer);
  model::Outcome CreateConflict(const model::Task& task);
  // After a POST without a clear answer; `failed` is the end when the effect is not there.
  model::Outcome CreateUnclear(const model::Task& task, model::Outcome failed);

  model::Outcome Change(const model::Task& task, const Policy& policy, const std::stop_token& stop);
  // One PATCH, and what came of it; nullopt: look again.
  std::optional<model::Outcome> Patch(const model::Task& task, const Seen& seen,
                                      const Writing& writing, const Policy& policy,
                                      const std::stop_token& stop);
  model::Outcome Patched(const model::Task& task, const Writing& writing, http::Response answer);
  // After a PATCH without a clear answer; `failed` is the end when the effect is not there.
  model::Outcome PatchUnclear(const model::Task& task, const Policy& policy, model::Outcome failed);
  model::Outcome FoundAfterCreate(OrEnd<std::vector<model::Account>> found,
                                  model::Outcome when_none, bool already);
  // The ends that a refused write has in common; nullopt for the others.
  std::optional<model::Outcome> Refused(const http::Response& answer) const;

  ScimSettings settings_;
  const Clock& clock_;
  ScimClient reading_;  // ReadAccounts
  ScimClient client_;   // Execute
  ScimReader reader_;
  std::vector<std::string> protected_roles_;  // folded
  std::optional<SchemaAnswer> extension_;
  Duration extension_read_at_{};  // Clock::Steady
};

}  // namespace roster::target
