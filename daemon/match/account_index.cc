#include "daemon/match/account_index.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

namespace roster::match {
namespace {

using model::Account;

// Spreads keys over 64 bits. Equal hashes are told apart by the keys themselves.
std::uint64_t Hash(std::string_view key) {
  const Fingerprint fingerprint = Xxh3(key);
  std::uint64_t hash = 0;
  std::memcpy(&hash, fingerprint.bytes.data(), sizeof hash);
  return hash;
}

bool HasEmail(const Account& account, std::string_view email_key) {
  bool found = false;
  ForEachEmailKey(account, [&](const std::string& key) { found = found || key == email_key; });
  return found;
}

void SortUnique(std::vector<std::pair<std::uint64_t, std::uint32_t>>& slots) {
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  slots.shrink_to_fit();
}

}  // namespace

AccountIndex::AccountIndex(const model::Accounts& accounts, const std::vector<model::Link>& links,
                           const model::RosterRules& rules)
    : all_(accounts.all), external_ids_(rules) {
  by_email_.reserve(all_.size());
  for (std::uint32_t place = 0; place < all_.size(); ++place) {
    const Account& account = all_[place];
    ForEachEmailKey(account, [&](const std::string& key) {
      const Slot slot{Hash(key), place};
      // A userName that is also the e-mail, which is the rule, takes one slot.
      if (by_email_.empty() || by_email_.back() != slot) by_email_.push_back(slot);
    });
    if (!account.external_id.empty()) {
      by_external_id_.emplace_back(Hash(account.external_id), place);
    }
  }
  SortUnique(by_email_);
  SortUnique(by_external_id_);
  links_.reserve(links.size());
  for (const model::Link& link : links) links_.emplace_back(link.account, link.person);
  std::sort(links_.begin(), links_.end());
}

const Account* AccountIndex::Find(const AccountId& id) const {
  const auto at = std::lower_bound(
      all_.begin(), all_.end(), id,
      [](const Account& account, const AccountId& wanted) { return account.id < wanted; });
  return at != all_.end() && at->id == id ? &*at : nullptr;
}

std::vector<const Account*> AccountIndex::Collect(const std::vector<Slot>& slots,
                                                  std::uint64_t hash) const {
  std::vector<const Account*> found;
  for (auto at = std::lower_bound(slots.begin(), slots.end(), Slot{hash, 0});
       at != slots.end() && at->first == hash; ++at) {
    found.push_back(&all_[at->second]);
  }
  return found;
}

std::vector<const Account*> AccountIndex::FindByExternalId(std::string_view external_id) const {
  if (external_id.empty()) return {};
  auto found = Collect(by_external_id_, Hash(external_id));
  std::erase_if(found, [&](const Account* account) { return account->external_id != external_id; });
  return found;
}

std::vector<const Account*> AccountIndex::FindByEmail(std::string_view email_key) const {
  if (email_key.empty()) return {};
  auto found = Collect(by_email_, Hash(email_key));
  std::erase_if(found, [&](const Account* account) { return !HasEmail(*account, email_key); });
  return found;
}

std::optional<PersonId> AccountIndex::LinkedTo(const AccountId& id) const {
  const auto at = std::lower_bound(
      links_.begin(), links_.end(), id,
      [](const auto& link, const AccountId& wanted) { return link.first < wanted; });
  if (at == links_.end() || at->first != id) return std::nullopt;
  return at->second;
}

std::optional<PersonId> AccountIndex::OwnerOf(const Account& account) const {
  if (const auto linked = LinkedTo(account.id)) return linked;
  return external_ids_.Read(account.external_id);
}

std::optional<PersonId> AccountIndex::OwnerOf(const AccountId& id) const {
  const Account* account = Find(id);
  return account == nullptr ? LinkedTo(id) : OwnerOf(*account);
}

bool AccountIndex::LinkedTwice(const AccountId& id) const {
  const auto at = std::lower_bound(
      links_.begin(), links_.end(), id,
      [](const auto& link, const AccountId& wanted) { return link.first < wanted; });
  return at != links_.end() && at->first == id && std::next(at) != links_.end() &&
         std::next(at)->first == id;
}

ExternalIdPattern::ExternalIdPattern(const model::RosterRules& rules) {
  constexpr std::string_view kSchool = "{school}";
  constexpr std::string_view kPerson = "{person}";
  std::string pattern = rules.external_id;
  for (auto at = pattern.find(kSchool); at != std::string::npos;
       at = pattern.find(kSchool, at + rules.school.value().size())) {
    pattern.replace(at, kSchool.size(), rules.school.value());
  }
  const auto at = pattern.find(kPerson);
  if (at == std::string::npos || pattern.find(kPerson, at + 1) != std::string::npos) return;
  names_persons_ = true;
  before_ = pattern.substr(0, at);
  after_ = pattern.substr(at + kPerson.size());
}

std::optional<PersonId> ExternalIdPattern::Read(std::string_view external_id) const {
  if (!names_persons_ || external_id.size() <= before_.size() + after_.size() ||
      !external_id.starts_with(before_) || !external_id.ends_with(after_)) {
    return std::nullopt;
  }
  external_id.remove_prefix(before_.size());
  external_id.remove_suffix(after_.size());
  std::int64_t number = 0;
  const char* end = external_id.data() + external_id.size();
  const auto read = std::from_chars(external_id.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  // "007" is not how this school's ids are written.
  if (std::to_string(number) != external_id) return std::nullopt;
  return PersonId(number);
}

std::string ExternalIdPattern::Write(PersonId person) const {
  if (!names_persons_) return {};
  return before_ + std::to_string(person.value()) + after_;
}

}  // namespace roster::match
