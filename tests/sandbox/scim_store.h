// The accounts of the volunteer site, with what may and may not be done to them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/sandbox/effects.h"
#include "tests/sandbox/sandbox_clock.h"
#include "tests/sandbox/scim_filter.h"
#include "tests/sandbox/scim_patch.h"

namespace roster::sandbox {

// One account as JSON text with its meta, whose location is left to whoever knows the URL.
struct AccountView {
  std::string id;
  uint64_t version = 0;
  std::string json;
};

// Thread-safe. Whatever is refused throws ScimError.
class ScimStore {
 public:
  ScimStore(const SandboxClock& clock, EffectLog& effects) : clock_(clock), effects_(effects) {}

  // An account that somebody made on the site: no effect of the sync. `roles` may be among it.
  AccountView Seed(const Json& user);

  // 409 when another account has the userName, archived ones too, in any case.
  AccountView Create(const Json& body, const WriteRules& rules);

  // 412 when if_match is given and is not the version; 403 for a protected account.
  AccountView Patch(const std::string& id, const Json& request,
                    const std::optional<std::string>& if_match, const WriteRules& rules);

  // Always refused; a violation.
  [[noreturn]] void Delete(const std::string& id);

  std::optional<AccountView> Get(const std::string& id) const;

  // In the order in which they were made. first counts from 0.
  struct Page {
    int64_t total = 0;
    std::vector<AccountView> accounts;
  };
  Page List(const ScimFilter* filter, int64_t first, int64_t count) const;

  // By id, externalId or userName; for the control API.
  std::optional<AccountView> Find(const std::string& name) const;

  // The person themselves: logs in, or edits their account. No effect of the sync.
  AccountView Access(const std::string& name);
  AccountView Edit(const std::string& name, const Json& attributes);
  // Takes the account away, as the site's owner could. False when there is none.
  bool Forget(const std::string& name);

  // Put into the detail of a 409, where a site lets addresses leak.
  void set_leaky(bool leaky);

 private:
  struct Account {
    std::string id;
    uint64_t version = 1;
    std::string user_name_key;
    std::string external_id;
    std::vector<std::string> email_keys;
    bool is_protected = false;
    bool gone = false;
    std::string json;
  };
  using Index = std::unordered_multimap<std::string, size_t>;

  AccountView Insert(Json user);  // by mutex_, as are all below
  void Store(size_t at, Json user);
  void IndexAccount(size_t at, const Json& user);
  void Unindex(size_t at);
  std::optional<size_t> At(const std::string& id) const;
  std::optional<size_t> Named(const std::string& name) const;
  void CheckUnique(const Json& user, std::optional<size_t> self) const;
  void LogChange(const Account& account, const Json& before, const Json& after,
                 uint64_t version_before);
  [[noreturn]] void Violate(const Account& account, const char* method, const char* rule,
                            const std::string& detail);
  std::optional<std::vector<size_t>> Candidates(const ScimFilter& filter) const;
  static AccountView View(const Account& account);
  static std::string Etag(uint64_t version);

  const SandboxClock& clock_;
  EffectLog& effects_;
  mutable std::mutex mutex_;
  std::deque<Account> accounts_;
  Index by_id_;
  Index by_user_name_;
  Index by_external_id_;
  Index by_email_;
  bool leaky_ = false;
};

}  // namespace roster::sandbox
