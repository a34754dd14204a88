#include "tests/sandbox/scim_store.h"

#include <algorithm>
#include <cstdio>

#include "tests/sandbox/scim_schema.h"

namespace roster::sandbox {
namespace {

const std::string kExtensionKey(kVolunteerUrn);

bool IsProtected(const Json& user) {
  if (!user.contains("roles")) return false;
  return std::any_of(user["roles"].begin(), user["roles"].end(), [](const Json& role) {
    const std::string value = Lower(MemberText(role, "value"));
    return value == "owner" || value == "manager" || value == "coordinator";
  });
}

// Names of the attributes that differ; those within name and the extension one by one.
std::vector<std::string> Changed(const Json& before, const Json& after, const std::string& prefix) {
  std::vector<std::string> names;
  const auto compare = [&](const std::string& key) {
    if (prefix.empty() && (key == "meta" || key == "schemas" || key == "id")) return;
    const Json old_value = before.contains(key) ? before[key] : Json();
    const Json new_value = after.contains(key) ? after[key] : Json();
    if (old_value == new_value) return;
    const bool inside = prefix.empty() && (key == "name" || key == kExtensionKey);
    if (!inside) {
      names.push_back(prefix + key);
      return;
    }
    const auto inner = Changed(old_value.is_null() ? Json::object() : old_value,
                               new_value.is_null() ? Json::object() : new_value,
                               key + (key == "name" ? "." : ":"));
    names.insert(names.end(), inner.begin(), inner.end());
  };
  for (const auto& [key, value] : after.items()) compare(key);
  for (const auto& [key, value] : before.items()) {
    if (!after.contains(key)) compare(key);
  }
  return names;
}

void EraseFrom(std::unordered_multimap<std::string, size_t>& index, const std::string& key,
               size_t at) {
  for (auto [entry, end] = index.equal_range(key); entry != end; ++entry) {
    if (entry->second == at) {
      index.erase(entry);
      return;
    }
  }
}

}  // namespace

std::string ScimStore::Etag(uint64_t version) { return "W/\"" + std::to_string(version) + "\""; }

AccountView ScimStore::View(const Account& account) {
  return {account.id, account.version, account.json};
}

void ScimStore::set_leaky(bool leaky) {
  const std::lock_guard lock(mutex_);
  leaky_ = leaky;
}

std::optional<size_t> ScimStore::At(const std::string& id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

std::optional<size_t> ScimStore::Named(const std::string& name) const {
  if (const auto at = At(name)) return at;
  if (const auto found = by_external_id_.find(name); found != by_external_id_.end()) {
    return found->second;
  }
  const auto found = by_user_name_.find(Lower(name));
  if (found == by_user_name_.end()) return std::nullopt;
  return found->second;
}

void ScimStore::IndexAccount(size_t at, const Json& user) {
  Account& account = accounts_[at];
  account.user_name_key = Lower(MemberText(user, "userName"));
  account.external_id = MemberText(user, "externalId");
  account.is_protected = IsProtected(user);
  account.email_keys.clear();
  if (user.contains("emails")) {
    for (const Json& email : user["emails"]) {
      account.email_keys.push_back(Lower(MemberText(email, "value")));
    }
  }
  by_id_.emplace(account.id, at);
  by_user_name_.emplace(account.user_name_key, at);
  if (!account.external_id.empty()) by_external_id_.emplace(account.external_id, at);
  for (const std::string& key : account.email_keys) by_email_.emplace(key, at);
}

void ScimStore::Unindex(size_t at) {
  const Account& account = accounts_[at];
  EraseFrom(by_id_, account.id, at);
  EraseFrom(by_user_name_, account.user_name_key, at);
  if (!account.external_id.empty()) EraseFrom(by_external_id_, account.external_id, at);
  for (const std::string& key : account.email_keys) EraseFrom(by_email_, key, at);
}

AccountView ScimStore::Insert(Json user) {
  const size_t at = accounts_.size();
  Account& account = accounts_.emplace_back();
  char id[32];
  std::snprintf(id, sizeof id, "acc-%07zu", at + 1);
  account.id = id;
  account.version = 0;
  Json whole = {{"schemas", user["schemas"]}, {"id", account.id}};
  user.erase("schemas");
  whole.update(user);
  whole["meta"] = {{"resourceType", "User"}, {"created", clock_.NowText()}};
  IndexAccount(at, whole);
  Store(at, std::move(whole));
  return View(account);
}

// Writes a new version. The meta comes last, so that its location can be added to the text.
void ScimStore::Store(size_t at, Json user) {
  Account& account = accounts_[at];
  ++account.version;
  Json meta = user["meta"];
  user.erase("meta");
  meta["lastModified"] = clock_.NowText();
  meta["version"] = Etag(account.version);
  user["meta"] = std::move(meta);
  account.json = user.dump();
}

void ScimStore::CheckUnique(const Json& user, std::optional<size_t> self) const {
  const std::string name = user["userName"].get<std::string>();
  for (auto [entry, end] = by_user_name_.equal_range(Lower(name)); entry != end; ++entry) {
    if (self && entry->second == *self) continue;
    throw ScimError(409, "uniqueness",
                    leaky_ ? "The userName " + name + " is already in use."
                           : "The userName is already in use.");
  }
}

AccountView ScimStore::Seed(const Json& user) {
  WriteRules rules;
  Json normal = UserFromBody(user, rules);
  if (user.contains("roles")) normal["roles"] = user["roles"];
  const std::lock_guard lock(mutex_);
  CheckUnique(normal, std::nullopt);
  return Insert(std::move(normal));
}

AccountView ScimStore::Create(const Json& body, const WriteRules& rules) {
  Json user = UserFromBody(body, rules);
  const std::lock_guard lock(mutex_);
  CheckUnique(user, std::nullopt);
  const auto changed = Changed(Json::object(), user, "");
  AccountView view = Insert(std::move(user));
  const Account& account = accounts_.back();
  effects_.Append({{"method", "POST"},
                   {"effect", "add"},
                   {"account", account.id},
                   {"externalId", account.external_id},
                   {"changed", changed},
                   {"before", nullptr},
                   {"after", Etag(account.version)},
                   {"time", clock_.NowText()}});
  return view;
}

void ScimStore::Violate(const Account& account, const char* method, const char* rule,
                        const std::string& detail) {
  effects_.Append({{"method", method},
                   {"effect", "violation"},
                   {"rule", rule},
                   {"account", account.id},
                   {"externalId", account.external_id},
                   {"changed", Json::array()},
                   {"before", Etag(account.version)},
                   {"after", Etag(account.version)},
                   {"time", clock_.NowText()}});
  throw ScimError(403, "", detail);
}

AccountView ScimStore::Patch(const std::string& id, const Json& request,
                             const std::optional<std::string>& if_match, const WriteRules& rules) {
  const std::lock_guard lock(mutex_);
  const auto at = At(id);
  if (!at) throw ScimError(404, "", "There is no such account.");
  Account& account = accounts_[*at];
  if (account.is_protected) {
    Violate(account, "PATCH", "protected", "Owners, managers and coordinators are not changed.");
  }
  if (if_match && *if_match != "*" && *if_match != Etag(account.version)) {
    throw ScimError(412, "", "The account has changed since: its version is not the one given.");
  }
  const Json before = Json::parse(account.json);
  Json after = before;
  ApplyPatch(after, request, rules);
  if (after == before) return View(account);  // nothing to do: the version stays
  CheckUnique(after, *at);
  const uint64_t version_before = account.version;
  Unindex(*at);
  IndexAccount(*at, after);
  Store(*at, after);
  LogChange(account, before, after, version_before);
  return View(account);
}

// One PATCH may restore and update: an effect each, with the same versions.
void ScimStore::LogChange(const Account& account, const Json& before, const Json& after,
                          uint64_t version_before) {
  const std::string invited = kExtensionKey + ":invitedAt";
  std::vector<std::string> other;
  std::vector<std::pair<const char*, std::string>> effects;
  for (std::string& name : Changed(before, after, "")) {
    if (name == "active") {
      effects.emplace_back(MemberBool(after, "active", true) ? "restore" : "archive", name);
    } else if (name == invited && after.contains(kExtensionKey) &&
               after[kExtensionKey].contains("invitedAt")) {
      effects.emplace_back("invite", name);
    } else {
      other.push_back(std::move(name));
    }
  }
  const auto append = [&](const char* effect, const std::vector<std::string>& changed) {
    effects_.Append({{"method", "PATCH"},
                     {"effect", effect},
                     {"account", account.id},
                     {"externalId", account.external_id},
                     {"changed", changed},
                     {"before", Etag(version_before)},
                     {"after", Etag(account.version)},
                     {"time", clock_.NowText()}});
  };
  for (const auto& [effect, name] : effects) append(effect, {name});
  if (!other.empty()) append("update", other);
  const bool invited_now = std::any_of(effects.begin(), effects.end(), [](const auto& effect) {
    return std::string_view(effect.first) == "invite";
  });
  if (invited_now && !MemberBool(after, "active", true)) {
    effects_.Append({{"method", "PATCH"},
                     {"effect", "violation"},
                     {"rule", "invited-archived"},
                     {"account", account.id},
                     {"externalId", account.external_id},
                     {"changed", {invited}},
                     {"before", Etag(version_before)},
                     {"after", Etag(account.version)},
                     {"time", clock_.NowText()}});
  }
}

void ScimStore::Delete(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto at = At(id);
  if (!at) throw ScimError(404, "", "There is no such account.");
  Violate(accounts_[*at], "DELETE", "delete", "Accounts are archived here, never deleted.");
}

std::optional<AccountView> ScimStore::Get(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto at = At(id);
  if (!at) return std::nullopt;
  return View(accounts_[*at]);
}

std::optional<AccountView> ScimStore::Find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto at = Named(name);
  if (!at) return std::nullopt;
  return View(accounts_[*at]);
}

std::optional<std::vector<size_t>> ScimStore::Candidates(const ScimFilter& filter) const {
  for (const ScimFilter::Equality& equality : filter.equalities()) {
    if (!equality.value.is_string()) continue;
    const auto value = equality.value.get<std::string>();
    const Index* index = nullptr;
    std::string key = value;
    if (equality.path == "id") {
      index = &by_id_;
    } else if (equality.path == "externalid") {
      index = &by_external_id_;
    } else if (equality.path == "username") {
      index = &by_user_name_;
      key = Lower(value);
    } else if (equality.path == "emails.value" || equality.path == "emails") {
      index = &by_email_;
      key = Lower(value);
    }
    if (index == nullptr) continue;
    std::vector<size_t> found;
    for (auto [entry, end] = index->equal_range(key); entry != end; ++entry) {
      found.push_back(entry->second);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }
  return std::nullopt;
}

ScimStore::Page ScimStore::List(const ScimFilter* filter, int64_t first, int64_t count) const {
  const std::lock_guard lock(mutex_);
  Page page;
  const auto consider = [&](const Account& account) {
    if (account.gone) return;
    if (filter != nullptr && !filter->Matches(Json::parse(account.json))) return;
    if (page.total >= first && page.total < first + count) page.accounts.push_back(View(account));
    ++page.total;
  };
  const auto candidates = filter != nullptr ? Candidates(*filter) : std::nullopt;
  if (candidates) {
    for (const size_t at : *candidates) consider(accounts_[at]);
  } else if (filter == nullptr && by_id_.size() == accounts_.size()) {
    // Nothing to leave out: no need to walk over all of them for each page.
    page.total = static_cast<int64_t>(accounts_.size());
    for (int64_t i = first; i < std::min(page.total, first + count); ++i) {
      page.accounts.push_back(View(accounts_[static_cast<size_t>(i)]));
    }
  } else {
    for (const Account& account : accounts_) consider(account);
  }
  return page;
}

AccountView ScimStore::Access(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto at = Named(name);
  if (!at) throw ScimError(404, "", "There is no such account.");
  Json user = Json::parse(accounts_[*at].json);
  user[kExtensionKey]["lastAccessedAt"] = clock_.NowText();
  user["schemas"] = Json::array({kUserUrn, kVolunteerUrn});
  Store(*at, std::move(user));
  return View(accounts_[*at]);
}

AccountView ScimStore::Edit(const std::string& name, const Json& attributes) {
  const std::lock_guard lock(mutex_);
  const auto at = Named(name);
  if (!at) throw ScimError(404, "", "There is no such account.");
  Json user = Json::parse(accounts_[*at].json);
  Json rest = attributes;
  if (rest.is_object() && rest.contains("roles")) {
    user["roles"] = rest["roles"];
    rest.erase("roles");
  }
  ApplyPatch(user,
             {{"schemas", {kPatchUrn}},
              {"Operations", Json::array({{{"op", "replace"}, {"value", rest}}})}},
             {});
  CheckUnique(user, *at);
  Unindex(*at);
  IndexAccount(*at, user);
  Store(*at, std::move(user));
  return View(accounts_[*at]);
}

bool ScimStore::Forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto at = Named(name);
  if (!at) return false;
  Unindex(*at);
  accounts_[*at].gone = true;
  return true;
}

}  // namespace roster::sandbox
