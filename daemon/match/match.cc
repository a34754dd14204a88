#include "daemon/match/match.h"

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/match/duplicates.h"
#include "daemon/match/groups.h"
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

model::Fit FitOf(const Account& account, bool carries_id) {
  const auto& fields = account.fields;
  const std::string name =
      fields.Get(model::Field::kGivenName) + " " + fields.Get(model::Field::kFamilyName);
  return {account.id, account.active, fields.Get(model::Field::kUserName), std::string(Trim(name)),
          carries_id};
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

// Moves `at` on to the person's row, of rows by person; false when there is none. Persons are asked
// for in order.
template <typename Row>
bool FindPerson(Row& at, const Row end, PersonId person) {
  while (at != end && at->person < person) ++at;
  return at != end && at->person == person;
}

class Matcher {
 public:
  Matcher(const AccountIndex& index, const model::RosterRules& rules)
      : index_(index),
        rules_(rules),
        external_ids_(rules),
        protection_(rules),
        never_archive_(rules.never_archive) {}

  model::Match Linked(const Candidate& candidate, const AccountId& id) const {
    model::Match match;
    const Account* account = index_.Find(id);
    if (index_.LinkedTwice(id)) match.collision = id;
    if (account == nullptr) return match;
    if (protection_.Covers(*account)) match.kind = Kind::kProtected;
    match.never_archive = never_archive_.Cover(*account);
    if (!match.collision) match.collision = Collision(candidate, *account);
    return match;
  }

  // `decided`: people's word on this candidate, nullptr without.
  model::Match Unlinked(const Candidate& candidate, const model::MatchDecision* decided) const {
    const auto carriers = index_.FindByExternalId(external_ids_.Write(candidate.person));
    if (!carriers.empty()) return ByExternalId(candidate, carriers);
    // Somebody who is not eligible gets no account, by an address or by choice.
    if (candidate.eligibility != Eligibility::kEligible) return {};
    if (decided == nullptr) return ByEmail(candidate);
    if (!decided->account) return NoneOf(candidate, decided->seen);
    const Account* chosen = index_.Find(*decided->account);
    return chosen == nullptr ? ByEmail(candidate) : Fitting(candidate, *chosen);
  }

 private:
  // Rules, 14.
  model::Match ByExternalId(const Candidate& candidate,
                            const std::vector<const Account*>& carriers) const {
    if (carriers.size() > 1) return Several(carriers, true);
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
    match.never_archive = never_archive_.Cover(account);
    match.collision = Collision(candidate, account);
    return match;
  }

  // Rules, 15.
  model::Match ByEmail(const Candidate& candidate) const {
    return OneOf(candidate, index_.FindByEmail(EmailKey(candidate.email)));
  }

  // Rules, 11: none of the accounts that fitted then. Those that fit since are judged as ever.
  model::Match NoneOf(const Candidate& candidate, const std::vector<AccountId>& seen) const {
    auto fitting = index_.FindByEmail(EmailKey(candidate.email));
    const auto fresh =
        std::stable_partition(fitting.begin(), fitting.end(), [&seen](const Account* account) {
          return std::binary_search(seen.begin(), seen.end(), account->id);
        });
    model::Match match = OneOf(candidate, {fresh, fitting.end()});
    // The site takes an address once: another account with it cannot be added.
    if (match.kind == Kind::kNone && !fitting.empty()) match.collision = fitting.front()->id;
    return match;
  }

  model::Match OneOf(const Candidate& candidate, const std::vector<const Account*>& fitting) const {
    if (fitting.empty()) return {};
    if (fitting.size() > 1) return Several(fitting);
    return Fitting(candidate, *fitting.front());
  }

  // The one account that fits, by the address or by choice.
  model::Match Fitting(const Candidate& candidate, const Account& account) const {
    model::Match match;
    match.account = account;
    if (protection_.Covers(account)) {
      match.kind = Kind::kProtected;
      return match;
    }
    match.taken_by = index_.OwnerOf(account);
    match.kind = match.taken_by || !account.external_id.empty() ? Kind::kTaken : Kind::kExact;
    if (match.kind == Kind::kTaken) return match;
    match.never_archive = never_archive_.Cover(account);
    match.collision = Collision(candidate, account);  // of a chosen one, or where several e-mails
    return match;
  }

  static model::Match Several(const std::vector<const Account*>& accounts, bool carry_id = false) {
    model::Match match;
    match.kind = Kind::kSeveral;
    for (const Account* account : accounts) {
      if (match.others.size() == kSeveralMax) break;
      match.others.push_back(FitOf(*account, carry_id));
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
  const AccountPatterns never_archive_;
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

MatchResult Match(const std::vector<Candidate>& candidates, const AccountIndex& index,
                  const std::vector<Link>& links, const model::RosterRules& rules,
                  const model::Choices& choices) {
  const Matcher matcher(index, rules);
  MatchResult result;
  result.matches.reserve(candidates.size());
  auto link = links.begin();
  auto decided = choices.matches.begin();
  for (const Candidate& candidate : candidates) {
    if (FindPerson(link, links.end(), candidate.person)) {
      result.matches.push_back(matcher.Linked(candidate, link->account));
    } else {
      const bool found = FindPerson(decided, choices.matches.end(), candidate.person);
      result.matches.push_back(matcher.Unlinked(candidate, found ? &*decided : nullptr));
    }
  }
  const std::vector<Want> wants = CollectWants(candidates, result.matches);
  NameRivals(candidates, wants, result.matches);
  result.groups = FindGroups(candidates, wants, index, rules.accounts, result.matches);
  return result;
}

bool IsProtected(const Account& account, const model::RosterRules& rules) {
  return Protection(rules).Covers(account);
}

bool IsNeverArchived(const Account& account, const model::RosterRules& rules) {
  return AccountPatterns(rules.never_archive).Cover(account);
}

}  // namespace roster::match
