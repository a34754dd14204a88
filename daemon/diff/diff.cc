#include "daemon/diff/diff.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "daemon/diff/field_diff.h"
#include "daemon/diff/situation.h"

namespace roster::diff {
namespace {

using model::Account;
using model::Action;
using model::Candidate;
using model::Change;
using model::Eligibility;
using model::Link;
using model::Match;
using model::Reason;
using model::Situation;

Linked LinkedState(const Link* link, const Account* account) {
  if (link == nullptr) return Linked::kNo;
  if (account == nullptr) return Linked::kGone;
  return account->active ? Linked::kActive : Linked::kArchived;
}

// The reason of a situation that explains itself; the others are told apart in Propose.
Reason OwnReason(Situation situation) {
  switch (situation) {
    case Situation::kNew:
      return Reason::kNew;
    case Situation::kFound:
      return Reason::kFound;
    case Situation::kFoundArchived:
      return Reason::kFoundArchived;
    case Situation::kAmbiguous:
      return Reason::kAmbiguous;
    case Situation::kTaken:
      return Reason::kTaken;
    case Situation::kProtected:
      return Reason::kProtected;
    case Situation::kInStep:
      return Reason::kInStep;
    case Situation::kOutdated:
      return Reason::kOutdated;
    case Situation::kDrifted:
      return Reason::kDrifted;
    case Situation::kReturned:
      return Reason::kReturned;
    case Situation::kLost:
      return Reason::kLost;
    case Situation::kRetired:
      return Reason::kRetired;
    case Situation::kNotYet:
      return Reason::kNotYet;
    case Situation::kMissing:
      return Reason::kMissing;
    case Situation::kUnclear:
    case Situation::kIneligible:
      break;
  }
  return Reason::kNone;
}

// Of somebody who has no row among everybody: what to show when asked about them all the same.
Situation WithoutLink(Eligibility eligibility) {
  switch (eligibility) {
    case Eligibility::kNotYet:
      return Situation::kNotYet;
    case Eligibility::kUnclear:
      return Situation::kUnclear;
    case Eligibility::kMissing:
      return Situation::kMissing;
    case Eligibility::kEligible:
    case Eligibility::kIneligible:
      break;
  }
  return Situation::kIneligible;
}

std::vector<model::FieldChange> AllFields(const model::Fields& fields) {
  std::vector<model::FieldChange> changes;
  changes.reserve(fields.size());
  for (const auto& [field, value] : fields) changes.push_back({field, "", value});
  return changes;
}

// What the situation proposes, if nothing holds it back.
void Propose(Change& change, FieldDiff diff, const model::RosterRules& rules) {
  change.reason = OwnReason(change.situation);
  switch (change.situation) {
    case Situation::kNew:
      change.action = Action::kAdd;
      change.fields = AllFields(change.candidate.fields);
      return;
    case Situation::kFound:
      change.action = Action::kUpdate;
      change.fields = std::move(diff.write);
      return;
    case Situation::kFoundArchived:
    case Situation::kReturned:
      change.action = Action::kRestore;
      change.fields = std::move(diff.write);
      change.drift = std::move(diff.drift);
      return;
    case Situation::kOutdated:
    case Situation::kDrifted:
      change.drift = std::move(diff.drift);
      if (diff.write.empty()) {
        change.reason = Reason::kSiteOwned;
      } else {
        change.action = Action::kUpdate;
        change.fields = std::move(diff.write);
      }
      return;
    case Situation::kIneligible:
      change.action = Action::kArchive;
      change.reason = change.candidate.reason;
      return;
    case Situation::kMissing:
      if (change.missing_polls >= rules.missing_polls) {
        change.action = Action::kArchive;
      } else {
        change.reason = Reason::kMissingWaiting;
      }
      return;
    case Situation::kAmbiguous:
    case Situation::kTaken:
    case Situation::kProtected:
    case Situation::kInStep:
    case Situation::kLost:
    case Situation::kRetired:
    case Situation::kNotYet:
      return;
    case Situation::kUnclear:
      change.reason = change.candidate.reason;
      return;
  }
}

void HoldFor(Change& change, Reason reason) {
  change.action = Action::kNone;
  change.reason = reason;
}

// What no decision of a person can lift, in the order in which it is told.
void HoldBack(Change& change) {
  if (change.situation == Situation::kProtected || change.situation == Situation::kRetired) return;
  const Candidate& candidate = change.candidate;
  if (candidate.eligibility == Eligibility::kEligible && candidate.reason != Reason::kNone) {
    HoldFor(change, candidate.reason);  // no-person, missing-email, graphs-disagree
    change.fields.clear();
  } else if (change.collision) {
    HoldFor(change, Reason::kEmailCollision);
  } else if (change.duplicates.size() >= model::kGroupMembersMax) {
    HoldFor(change, Reason::kDuplicateEmail);
  }
}

Change Build(Candidate candidate, const Match& match, const Link* link, const Account* account,
             std::uint32_t missing_polls_before, const model::RosterRules& rules) {
  Change change;
  change.candidate = std::move(candidate);
  change.linked = link != nullptr;
  change.duplicates = match.duplicates;
  change.collision = match.collision;
  change.severity = match.severity;
  change.group = match.group;
  change.never_archive = match.never_archive;
  if (link == nullptr) {
    change.account = match.account;
    change.taken_by = match.taken_by;
    change.several = match.others;
  } else if (account != nullptr) {
    change.account = *account;
  } else {
    change.lost_account = link->account;
  }

  Standpoint at;
  at.eligibility = change.candidate.eligibility;
  at.linked = LinkedState(link, account);
  at.fit = match.kind;
  at.fit_active = !change.account || change.account->active;
  FieldDiff diff;
  if (at.eligibility == Eligibility::kEligible && change.account) {
    static const model::Fields kNothing;
    diff = DiffFields(change.candidate.fields, *change.account,
                      link != nullptr ? link->last_written : kNothing, rules.fields);
    const bool writes = !diff.write.empty();
    at.facts_changed = writes ? diff.write_facts_changed : diff.kept_facts_changed;
    at.site_changed = writes ? diff.write_site_changed : diff.kept_site_changed;
  }

  const std::optional<Situation> situation = Situate(at);
  if (!situation) {
    change.situation = WithoutLink(at.eligibility);
    change.reason = Reason::kNotLinked;
    return change;
  }
  change.situation = *situation;
  if (change.situation == Situation::kMissing) {
    const std::uint32_t enough = std::max<std::uint32_t>(rules.missing_polls, 1);
    change.missing_polls = std::min(missing_polls_before, enough - 1) + 1;
  }
  Propose(change, std::move(diff), rules);
  HoldBack(change);
  return change;
}

const Account* FindAccount(const model::Accounts& accounts, const AccountId& id) {
  const auto at = std::lower_bound(
      accounts.all.begin(), accounts.all.end(), id,
      [](const Account& account, const AccountId& wanted) { return account.id < wanted; });
  return at != accounts.all.end() && at->id == id ? &*at : nullptr;
}

// A link that only the account's external id shows (rules, 14).
Link ByExternalId(PersonId person, const Account& account, const model::RosterRules& rules) {
  Link link{person, account.id, {}};
  for (const model::FieldRule& rule : rules.fields) {
    link.last_written.Set(rule.to, account.fields.Get(rule.to));
  }
  return link;
}

}  // namespace

Change Diff(const Candidate& candidate, const Match& match, const Link* link,
            const Account* account, std::uint32_t missing_polls_before,
            const model::RosterRules& rules) {
  return Build(candidate, match, link, account, missing_polls_before, rules);
}

void DiffEach(std::vector<Candidate> candidates, const std::vector<Match>& matches,
              const std::vector<Link>& links, const model::Accounts& accounts,
              const MissingBefore& missing_before, const model::RosterRules& rules,
              const std::function<void(Change)>& take) {
  assert(candidates.size() == matches.size());
  auto next = links.begin();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const PersonId person = candidates[i].person;
    const Match& match = matches[i];
    while (next != links.end() && next->person < person) ++next;
    const Link* link = next != links.end() && next->person == person ? &*next : nullptr;
    const Account* account = link != nullptr ? FindAccount(accounts, link->account) : nullptr;
    Link shown;
    if (link == nullptr && match.by_external_id && match.account) {
      shown = ByExternalId(person, *match.account, rules);
      link = &shown;
      account = &*match.account;
    }
    const bool missing = candidates[i].eligibility == Eligibility::kMissing;
    take(Build(std::move(candidates[i]), match, link, account, missing ? missing_before(person) : 0,
               rules));
  }
}

std::vector<Change> DiffAll(std::vector<Candidate> candidates, const std::vector<Match>& matches,
                            const std::vector<Link>& links, const model::Accounts& accounts,
                            const MissingBefore& missing_before, const model::RosterRules& rules) {
  std::vector<Change> changes;
  changes.reserve(candidates.size());
  DiffEach(std::move(candidates), matches, links, accounts, missing_before, rules,
           [&changes](Change change) { changes.push_back(std::move(change)); });
  return changes;
}

}  // namespace roster::diff
