#include "daemon/match/match.h"

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/match/duplicates.h"
#include "daemon/match/protection.h"

namespace roster::match {
namespace {

using model::Account;
using model::Accounts;
using model::Candidate;
using model::Eligibility;
using model::Link;
using Kind = model::Match::Kind;

model::Fields MappedFields(const Account& account, const model::RosterRules& rules) {
  model::Fields mapped;
  for (const model::FieldRule& rule : rules.fields) {
    mapped.Set(rule.to, account.fields.Get(rule.to));
  }
  return mapped;
}

bool OnRecord(const std::vector<Link>& links, PersonId person) {
  const auto at =
      std::lower_bound(links.begin(), links.end(), person,
                       [](const Link& link, PersonId wanted) { return link.person < wanted; });
  return at != links.end() && at->person == person;
}

// The addresses that would be written to a linked account and are new to it, as keys (rules, 17:
// "new addresses"). One that the site owns is never written; see diff/.
std::vector<std::string> NewAddresses(const Candidate& candidate, const Account& account,
                                      const model::RosterRules& rules) {
  std::vector<std::string> fresh;
  for (const model::FieldRule& rule : rules.fields) {
    if (!model::IsEmailField(rule.to) || rule.owner == model::Owner::kSite) continue;
    if (rule.owner == model::Owner::kUntilFirstLogin && account.last_accessed) continue;
    std::string wanted = EmailKey(candidate.fields.Get(rule.to));
    if (!wanted.empty() && wanted != EmailKey(account.fields.Get(rule.to))) {
      fresh.push_back(std::move(wanted));
    }
  }
  return fresh;
}

class Matcher {
 public:
  Matcher(const AccountIndex& index, const model::RosterRules& rules)
      : index_(index), rules_(rules), external_ids_(rules), protection_(rules) {}

  model::Match Linked(const Candidate& candidate, const AccountId& id) const {
    model::Match match;
    const Account* account = index_.Find(id);
    if (index_.LinkedTwice(id)) match.collision = id;
    if (account == nullptr) return match;
    if (protection_.Covers(*account)) match.kind = Kind::kProtected;
    if (!match.collision) match.collision = Collision(candidate, *account);
    return match;
  }

  model::Match Unlinked(const Candidate& candidate) const {
    const auto carriers = index_.FindByExternalId(external_ids_.Write(candidate.person));
    if (!carriers.empty()) return ByExternalId(candidate, carriers);
    // Somebody who is not eligible gets no account by an address.
    if (candidate.eligibility != Eligibility::kEligible) return {};
    return ByEmail(candidate);
  }

 private:
  // Rules, 14.
  model::Match ByExternalId(const Candidate& candidate,
                            const std::vector<const Account*>& carriers) const {
    if (carriers.size() > 1) return Several(carriers);
    const Account& account = *carriers.front();
    model::Match match;
    match.account = account;
    if (const auto owner = index_.OwnerOf(account); owner && *owner != candidate.person) {
      match.kind = Kind::kTaken;  // linked to somebody else on record, which weighs more
      match.taken_by = owner;
      return match;
    }
    match.kind = protection_.Covers(account) ? Kind::kProtected : Kind::kExact;
    match.by_external_id = true;
    match.collision = Collision(candidate, account);
    return match;
  }

  // Rules, 15.
  model::Match ByEmail(const Candidate& candidate) const {
    const auto fitting = index_.FindByEmail(EmailKey(candidate.email));
    if (fitting.empty()) return {};
    if (fitting.size() > 1) return Several(fitting);
    const Account& account = *fitting.front();
    model::Match match;
    match.account = account;
    if (protection_.Covers(account)) {
      match.kind = Kind::kProtected;
      return match;
    }
    match.taken_by = index_.OwnerOf(account);
    match.kind = match.taken_by || !account.external_id.empty() ? Kind::kTaken : Kind::kExact;
    return match;
  }

  static model::Match Several(const std::vector<const Account*>& accounts) {
    model::Match match;
    match.kind = Kind::kSeveral;
    for (const Account* account : accounts) {
      if (match.others.size() == kSeveralMax) break;
      match.others.push_back(account->id);
    }
    return match;
  }

  std::optional<AccountId> Collision(const Candidate& candidate, const Account& own) const {
    if (candidate.eligibility != Eligibility::kEligible) return std::nullopt;
    for (const std::string& address : NewAddresses(candidate, own, rules_)) {
      for (const Account* other : index_.FindByEmail(address)) {
        if (other->id != own.id) return other->id;
      }
    }
    return std::nullopt;
  }

  const AccountIndex& index_;
  const model::RosterRules& rules_;
  const ExternalIdPattern external_ids_;
  const Protection protection_;
};

}  // namespace

std::vector<Link> RecoverLinks(const Accounts& accounts, const std::vector<Link>& links,
                               const model::RosterRules& rules) {
  const ExternalIdPattern external_ids(rules);
  std::vector<AccountId> linked;
  linked.reserve(links.size());
  for (const Link& link : links) linked.push_back(link.account);
  std::sort(linked.begin(), linked.end());

  std::vector<std::pair<PersonId, const Account*>> carriers;
  for (const Account& account : accounts.all) {
    const auto person = external_ids.Read(account.external_id);
    if (person && !OnRecord(links, *person)) carriers.emplace_back(*person, &account);
  }
  std::stable_sort(carriers.begin(), carriers.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });

  std::vector<Link> recovered;
  for (std::size_t i = 0; i < carriers.size(); ++i) {
    const auto& [person, account] = carriers[i];
    const bool several = (i > 0 && carriers[i - 1].first == person) ||
                         (i + 1 < carriers.size() && carriers[i + 1].first == person);
    if (several || std::binary_search(linked.begin(), linked.end(), account->id)) continue;
    recovered.push_back({person, account->id, MappedFields(*account, rules)});
  }
  return recovered;
}

std::vector<model::Match> Match(const std::vector<Candidate>& candidates, const AccountIndex& index,
                                const std::vector<Link>& links, const model::RosterRules& rules) {
  const Matcher matcher(index, rules);
  std::vector<model::Match> matches;
  matches.reserve(candidates.size());
  auto link = links.begin();
  for (const Candidate& candidate : candidates) {
    while (link != links.end() && link->person < candidate.person) ++link;
    matches.push_back(link != links.end() && link->person == candidate.person
                          ? matcher.Linked(candidate, link->account)
                          : matcher.Unlinked(candidate));
  }
  FindDuplicates(candidates, matches);
  return matches;
}

bool IsProtected(const Account& account, const model::RosterRules& rules) {
  return Protection(rules).Covers(account);
}

}  // namespace roster::match
