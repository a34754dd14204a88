#include "daemon/config/renew.h"

#include <utility>

namespace roster::config {
namespace {

// Takes what may change, and notes what differs.
class Pass {
 public:
  explicit Pass(Renewed& out) : out_(out) {}

  template <typename T>
  void Take(const std::string& key, T& running, const T& next) {
    if (running == next) return;
    running = next;
    Note(out_.changed, key);
  }

  template <typename T>
  void Keep(const std::string& key, const T& running, const T& next) {
    if (!(running == next)) Note(out_.needs_restart, key);
  }

  void Note(std::vector<std::string>& keys, const std::string& key) {
    if (keys.empty() || keys.back() != key) keys.push_back(key);
  }

 private:
  Renewed& out_;
};

void PassFacts(Pass& pass, const std::string& at, Facts& running, const Facts& next) {
  pass.Keep(at, running.base_url, next.base_url);
  pass.Keep(at, running.subscription_key, next.subscription_key);
  pass.Keep(at, running.api_key, next.api_key);
  pass.Keep(at, running.tier, next.tier);
  pass.Take(at + ".page_size", running.page_size, next.page_size);
  pass.Take(at + ".poll_every", running.poll_every, next.poll_every);
  pass.Take(at + ".max_shrink", running.limits.shrink_max, next.limits.shrink_max);
  pass.Take(at + ".max_rejected", running.limits.rejected_max, next.limits.rejected_max);
}

// Everybody would have to be judged anew, and what is under way was read by the rules before.
void PassRules(Pass& pass, const std::string& at, const model::RosterRules& running,
               const model::RosterRules& next) {
  pass.Keep(at + ".accounts", running.accounts, next.accounts);
  pass.Keep(at + ".scope", running.scope, next.scope);
  pass.Keep(at + ".status_words", running.status_words, next.status_words);
  pass.Keep(at + ".parents", running.parents, next.parents);
  pass.Keep(at + ".fields", running.fields, next.fields);
  pass.Keep(at + ".email_fallback", running.email2_fallback, next.email2_fallback);
  pass.Keep(at + ".missing_polls", running.missing_polls, next.missing_polls);
  pass.Keep(at + ".protected", running.protected_roles, next.protected_roles);
  pass.Keep(at + ".protected", running.protected_accounts, next.protected_accounts);
  pass.Keep(at + ".protected", running.never_archive, next.never_archive);
}

void PassSite(Pass& pass, const std::string& at, School& running, const School& next) {
  pass.Keep(at, running.spreadsheet, next.spreadsheet);
  pass.Keep(at, running.scim.base_url, next.scim.base_url);
  pass.Keep(at, running.scim.read_token, next.scim.read_token);
  pass.Keep(at, running.scim.write_token, next.scim.write_token);
  pass.Keep(at, running.rules.external_id, next.rules.external_id);
  pass.Keep(at, running.rules.shared_logins, next.rules.shared_logins);
  pass.Take(at + ".page_size", running.scim.page_size, next.scim.page_size);
  pass.Take(at + ".requests_per_second", running.scim.requests_per_second,
            next.scim.requests_per_second);
}

void PassPlans(Pass& pass, const std::string& at, model::PlanRules& running,
               const model::PlanRules& next) {
  pass.Take(at + ".guards", running.guards, next.guards);
  pass.Take(at + ".rollover", running.rollovers, next.rollovers);
  pass.Take(at + ".plan_ttl", running.plan_ttl, next.plan_ttl);
  pass.Take(at + ".invite", running.invite_cooldown, next.invite_cooldown);
  pass.Take(at + ".invite", running.invite_batch, next.invite_batch);
  pass.Take(at + ".four_eyes", running.four_eyes, next.four_eyes);
}

}  // namespace

Renewed Renew(const Config& running, const Config& next) {
  Renewed out;
  out.config = running;
  out.config.digest = next.digest;
  Pass pass(out);
  pass.Keep("state_dir", running.state_dir, next.state_dir);
  pass.Keep("backup.directory", running.backup.directory, next.backup.directory);
  pass.Take("backup.keep", out.config.backup.keep, next.backup.keep);
  pass.Keep("endpoints", running.endpoints, next.endpoints);
  pass.Take("worker.lease", out.config.worker.lease, next.worker.lease);
  // roster-worker reads the file for itself, when it starts.
  pass.Keep("worker", running.worker.concurrency, next.worker.concurrency);
  pass.Keep("worker", running.worker.connect, next.worker.connect);
  pass.Keep("worker", running.worker.server_key, next.worker.server_key);
  pass.Keep("worker", running.worker.certificate, next.worker.certificate);
  const Observability& watched = next.observability;
  pass.Keep("observability.listen", running.observability.host, watched.host);
  pass.Keep("observability.listen", running.observability.port, watched.port);
  pass.Take("observability.log_level", out.config.observability.log_level, watched.log_level);
  pass.Keep("network", running.network_certificate, next.network_certificate);
  pass.Take("access", out.config.access, next.access);
  for (School& school : out.config.schools) {
    const std::string at = "schools[" + school.id().value() + "]";
    const School* const other = next.FindSchool(school.id());
    if (other == nullptr) {
      pass.Note(out.needs_restart, at);
      continue;
    }
    pass.Take(at + ".name", school.name, other->name);
    PassFacts(pass, at + ".facts", school.facts, other->facts);
    PassRules(pass, at, school.rules, other->rules);
    PassSite(pass, at + (school.spreadsheet ? ".site.spreadsheet" : ".site.scim"), school, *other);
    PassPlans(pass, at, school.plans, other->plans);
    pass.Take(at + ".retention", school.retention, other->retention);
  }
  for (const School& school : next.schools) {
    if (running.FindSchool(school.id()) == nullptr) {
      pass.Note(out.needs_restart, "schools[" + school.id().value() + "]");
    }
  }
  return out;
}

}  // namespace roster::config
