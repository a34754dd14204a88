#pragma once

// The site's accounts, found by what they can be asked for. Pure; read by any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/id.h"
#include "daemon/base/text.h"
#include "daemon/model/account.h"
#include "daemon/model/settings.h"

namespace roster::match {

// A school's external ids, by the template in its config: what model::ExternalId writes, and back.
class ExternalIdPattern {
 public:
  explicit ExternalIdPattern(const model::RosterRules& rules);

  // nullopt when this is not how the school writes a person's id, or when the template does not
  // hold {person} exactly once.
  std::optional<PersonId> Read(std::string_view external_id) const;
  // "" when the template does not hold {person} exactly once.
  std::string Write(PersonId person) const;

 private:
  bool names_persons_ = false;
  std::string before_;  // {person}
  std::string after_;
};

// Calls `use(key)`, an EmailKey, for each address of an account that is not blank: userName and all
// its e-mails. One that it has twice comes twice.
template <typename Use>
void ForEachEmailKey(const model::Account& account, const Use& use) {
  const auto one = [&use](const std::string& address) {
    const std::string key = EmailKey(address);
    if (!key.empty()) use(key);
  };
  one(account.fields.Get(model::Field::kUserName));
  one(account.fields.Get(model::Field::kEmail));
  for (const std::string& address : account.other_emails) one(address);
}

class AccountIndex {
 public:
  // Keeps a reference to `accounts` (unique ids, sorted by id), which must outlive this and not
  // change. `links` are sorted by person. About 40 bytes an account.
  AccountIndex(const model::Accounts& accounts, const std::vector<model::Link>& links,
               const model::RosterRules& rules);

  // nullptr when the site has no such account.
  const model::Account* Find(const AccountId& id) const;

  // Accounts that carry this external id, compared byte by byte (RFC 7643, 3.1: caseExact).
  std::vector<const model::Account*> FindByExternalId(std::string_view external_id) const;

  // Accounts, archived ones included, whose userName or one of whose e-mails has this EmailKey; by
  // id, each once.
  std::vector<const model::Account*> FindByEmail(std::string_view email_key) const;

  // The person to whom an account belongs: by a link on record, else by its external id (rules,
  // 14). nullopt: to nobody that this school knows.
  std::optional<PersonId> OwnerOf(const model::Account& account) const;
  // The same by id, also of an account that is linked and that the site no longer has.
  std::optional<PersonId> OwnerOf(const AccountId& id) const;

  // True when links on record of several persons name this account: nothing may be written to it.
  bool LinkedTwice(const AccountId& id) const;

 private:
  using Slot = std::pair<std::uint64_t, std::uint32_t>;  // hash of the key, place in all_

  std::optional<PersonId> LinkedTo(const AccountId& id) const;
  std::vector<const model::Account*> Collect(const std::vector<Slot>& slots,
                                             std::uint64_t hash) const;

  const std::vector<model::Account>& all_;
  const ExternalIdPattern external_ids_;
  std::vector<Slot> by_email_;                         // sorted
  std::vector<Slot> by_external_id_;                   // sorted
  std::vector<std::pair<AccountId, PersonId>> links_;  // sorted
};

}  // namespace roster::match
