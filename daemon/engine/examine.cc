#include "daemon/engine/examine.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/diff/diff.h"
#include "daemon/match/match.h"
#include "daemon/roster/roster.h"
#include "daemon/store/codec.h"
#include "daemon/store/keys.h"

namespace roster::engine {
namespace {

using store::Family;

Result<std::vector<model::Link>> ReadLinks(const PollJob& job) {
  std::vector<model::Link> links;
  const store::Range range = store::LinkRange(job.school);
  const auto cursor = job.stored->Scan(Family::kReview, range.begin, range.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "reading links");
    ROSTER_ASSIGN(auto link, store::DecodeLink(person, cursor->value()), "reading links");
    links.push_back(std::move(link));
  }
  ROSTER_TRY(cursor->status(), "reading links");
  return links;
}

std::vector<model::Link> Merge(const std::vector<model::Link>& kept,
                               const std::vector<model::Link>& recovered) {
  std::vector<model::Link> all;
  all.reserve(kept.size() + recovered.size());
  std::merge(kept.begin(), kept.end(), recovered.begin(), recovered.end(), std::back_inserter(all),
             [](const model::Link& a, const model::Link& b) { return a.person < b.person; });
  return all;
}

// Takes out those whose person was forgotten: the account stays nobody's. The links of those are
// given back, since who is in scope again has their account again.
Result<std::vector<model::Link>> TakeForgotten(const PollJob& job,
                                               std::vector<model::Link>& recovered) {
  std::vector<model::Link> taken;
  const store::Range range = store::ForgottenRange(job.school);
  const auto cursor = job.stored->Scan(Family::kReview, range.begin, range.end);
  std::set<PersonId> forgotten;
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "reading links");
    forgotten.insert(person);
  }
  ROSTER_TRY(cursor->status(), "reading links");
  for (const model::Link& link : recovered) {
    if (forgotten.contains(link.person)) taken.push_back(link);
  }
  std::erase_if(recovered,
                [&](const model::Link& link) { return forgotten.contains(link.person); });
  return taken;
}

std::vector<PersonId> PersonsOf(const std::vector<model::Link>& links) {
  std::vector<PersonId> persons;
  persons.reserve(links.size());
  for (const model::Link& link : links) persons.push_back(link.person);
  return persons;
}

// Of those links, the ones of people who are in scope. Both are by person.
std::vector<model::Link> InScope(const std::vector<model::Link>& links,
                                 const std::vector<model::Candidate>& candidates) {
  std::vector<model::Link> here;
  for (const model::Link& link : links) {
    const auto candidate = std::lower_bound(
        candidates.begin(), candidates.end(), link.person,
        [](const model::Candidate& one, PersonId person) { return one.person < person; });
    if (candidate != candidates.end() && candidate->person == link.person &&
        candidate->eligibility == model::Eligibility::kEligible) {
      here.push_back(link);
    }
  }
  return here;
}

Result<model::Choices> ReadChoices(const PollJob& job) {
  model::Choices choices;
  const store::Range emails = store::EmailChoiceRange(job.school);
  auto cursor = job.stored->Scan(Family::kReview, emails.begin, emails.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "reading choices");
    ROSTER_ASSIGN(auto one, store::DecodeEmailChoice(person, cursor->value()), "reading choices");
    choices.emails.push_back(std::move(one));
  }
  ROSTER_TRY(cursor->status(), "reading choices");
  const store::Range matches = store::MatchDecisionRange(job.school);
  cursor = job.stored->Scan(Family::kReview, matches.begin, matches.end);
  for (; cursor->Valid(); cursor->Next()) {
    ROSTER_ASSIGN(const PersonId person, store::PersonOfKey(cursor->key()), "reading choices");
    ROSTER_ASSIGN(auto one, store::DecodeMatchDecision(person, cursor->value()), "reading choices");
    choices.matches.push_back(std::move(one));
  }
  ROSTER_TRY(cursor->status(), "reading choices");
  return choices;
}

// Walks the stored groups beside the computed ones; both are by key.
Result<void> CompareGroups(const PollJob& job, std::vector<model::DuplicateGroup> groups,
                           Findings& findings) {
  const store::Range range = store::GroupRange(job.school);
  const auto stored = job.stored->Scan(Family::kReview, range.begin, range.end);
  auto group = groups.begin();
  while (stored->Valid() || group != groups.end()) {
    std::optional<Fingerprint> kept;
    if (stored->Valid()) {
      ROSTER_ASSIGN(kept, store::GroupOfKey(stored->key()), "comparing duplicates");
    }
    if (kept && (group == groups.end() || kept->view() < group->key.view())) {
      findings.groups_removed.push_back(*kept);
      stored->Next();
      continue;
    }
    if (kept && kept->view() == group->key.view()) {
      ROSTER_ASSIGN(const Fingerprint before, store::PeekFingerprint(stored->value()),
                    "comparing duplicates");
      stored->Next();
      if (before == store::GroupFingerprint(*group)) {
        ++group;
        continue;
      }
    }
    findings.groups_changed.push_back(std::move(*group++));
  }
  return stored->status();
}

// Whole polls in a row that ended without this person.
Result<std::uint32_t> MissingBefore(const PollJob& job, PersonId person) {
  ROSTER_ASSIGN(const auto value,
                job.stored->Get(Family::kReview, store::ChangeKey(job.school, person)),
                "reading how long somebody is missing");
  if (!value) return 0U;
  ROSTER_ASSIGN(const model::Change change, store::DecodeChange(person, *value),
                "reading how long somebody is missing");
  return change.missing_polls;
}

// Accounts that are linked to nobody and fit nobody.
std::uint64_t CountUnowned(const model::Accounts& accounts, const match::AccountIndex& index,
                           const std::vector<model::Match>& matches) {
  std::set<AccountId> fitting;
  for (const model::Match& match : matches) {
    if (match.account) fitting.insert(match.account->id);
    for (const model::Fit& fit : match.others) fitting.insert(fit.account);
  }
  return static_cast<std::uint64_t>(
      std::count_if(accounts.all.begin(), accounts.all.end(), [&](const model::Account& account) {
        return !index.OwnerOf(account) && !fitting.contains(account.id);
      }));
}

// The school's rules as far as they apply to what has come.
model::RosterRules RulesHere(model::RosterRules rules, const model::Snapshot& snapshot,
                             const model::Accounts& accounts) {
  if (!accounts.has_extension) {
    // The site has no place for these: they are done without.
    std::erase_if(rules.fields, [](const model::FieldRule& rule) {
      return rule.to == model::Field::kSchool || rule.to == model::Field::kGrade ||
             rule.to == model::Field::kGrouping || rule.to == model::Field::kRole;
    });
  }
  // Nobody is archived as missing by a poll with rejected rows that had not been missing before.
  if (snapshot.rejected_count > 0) rules.missing_polls = std::max(rules.missing_polls, 2U);
  return rules;
}

std::shared_ptr<const std::vector<std::uint64_t>> MarksOf(const model::Accounts& accounts) {
  auto marks = std::make_shared<std::vector<std::uint64_t>>();
  marks->reserve(accounts.all.size());
  for (const model::Account& account : accounts.all) marks->push_back(AccountMark(account.id));
  return marks;
}

// Words of the school's own list that no student has, and the config does not map either.
void AddUnusedWords(const model::Snapshot& snapshot, const model::RosterRules& rules,
                    std::vector<std::pair<std::string, std::uint64_t>>& words) {
  for (const model::StatusWord& word : snapshot.statuses) {
    const std::string key = Fold(Trim(word.status));
    const auto same = [&key](const auto& known) { return Fold(Trim(known.first)) == key; };
    if (key.empty() || rules.status_words.contains(key)) continue;
    if (std::none_of(words.begin(), words.end(), same)) words.emplace_back(word.status, 0);
  }
}

// Walks the stored rows beside the computed ones, which come by person, one at a time.
class Comparison {
 public:
  Comparison(const PollJob& job, Findings& findings) : findings_(findings) {
    const store::Range range = store::ChangeRange(job.school);
    stored_ = job.stored->Scan(Family::kReview, range.begin, range.end);
  }

  // The next computed row.
  Result<void> Take(model::Change change) {
    while (stored_->Valid()) {
      ROSTER_ASSIGN(const PersonId kept, store::PersonOfKey(stored_->key()), "comparing");
      if (kept > change.candidate.person) break;
      if (kept < change.candidate.person) {
        findings_.removed.push_back(kept);
        stored_->Next();
        continue;
      }
      ROSTER_ASSIGN(const Fingerprint before, store::PeekFingerprint(stored_->value()),
                    "comparing");
      stored_->Next();
      if (before != store::ChangeFingerprint(change))
        findings_.changed.push_back(std::move(change));
      return {};
    }
    findings_.changed.push_back(std::move(change));
    return {};
  }

  Result<void> Finish() {
    for (; stored_->Valid(); stored_->Next()) {
      ROSTER_ASSIGN(const PersonId kept, store::PersonOfKey(stored_->key()), "comparing");
      findings_.removed.push_back(kept);
    }
    return stored_->status();
  }

 private:
  Findings& findings_;
  std::unique_ptr<store::Cursor> stored_;
};

}  // namespace

std::uint64_t AccountMark(const AccountId& account) {
  std::uint64_t mark = 0;
  const Fingerprint fingerprint = Xxh3(account.value());
  std::memcpy(&mark, fingerprint.bytes.data(), sizeof mark);
  return mark;
}

Result<Findings> Examine(const model::Snapshot& snapshot, const model::Accounts& accounts,
                         const PollJob& job, const model::RosterRules& school_rules) {
  Findings findings;
  const model::RosterRules rules = RulesHere(school_rules, snapshot, accounts);
  ROSTER_ASSIGN(std::vector<model::Link> links, ReadLinks(job), "examining");
  findings.recorded = match::RecoverLinks(accounts, links, rules);
  ROSTER_ASSIGN(const std::vector<model::Link> forgotten, TakeForgotten(job, findings.recorded),
                "examining");
  links = Merge(links, findings.recorded);
  ROSTER_ASSIGN(const model::Choices choices, ReadChoices(job), "examining");

  roster::RosterResult people = roster::Roster(snapshot, rules, PersonsOf(links), choices);
  if (const auto back = InScope(forgotten, people.candidates); !back.empty()) {
    findings.recorded = Merge(findings.recorded, back);
    links = Merge(links, back);
    people = roster::Roster(snapshot, rules, PersonsOf(links), choices);
  }
  findings.unknown_words = std::move(people.unknown_words);
  AddUnusedWords(snapshot, rules, findings.unknown_words);
  findings.notices = std::move(people.notices);

  const match::AccountIndex index(accounts, links, rules);
  match::MatchResult matched = match::Match(people.candidates, index, links, rules, choices);
  const std::vector<model::Match>& matches = matched.matches;
  findings.unowned_accounts = CountUnowned(accounts, index, matches);
  ROSTER_TRY(CompareGroups(job, std::move(matched.groups), findings), "examining");
  Result<void> read;  // the first error of what is called back
  const auto missing_before = [&](PersonId person) -> std::uint32_t {
    const auto known = MissingBefore(job, person);
    if (!known && read) read = tl::unexpected<Error>(known.error());
    const std::uint32_t polls = known.value_or(0);
    // A row that was rejected may be this person's, and what was read before says nothing new: they
    // are not counted further as missing.
    return (snapshot.rejected_count > 0 || job.reuse) && polls > 0 ? polls - 1 : polls;
  };
  Comparison comparison(job, findings);
  diff::DiffEach(std::move(people.candidates), matches, links, accounts, missing_before, rules,
                 [&](model::Change change) {
                   if (auto taken = comparison.Take(std::move(change)); !taken && read) {
                     read = tl::unexpected<Error>(taken.error());
                   }
                 });
  ROSTER_TRY(read, "examining");
  ROSTER_TRY(comparison.Finish(), "examining");

  findings.people = snapshot.people.size();
  findings.students = snapshot.students.size();
  findings.members = snapshot.members.size();
  findings.ties = snapshot.ties.size();
  findings.families = snapshot.families.size();
  findings.accounts = accounts.all.size();
  findings.accounts_as_of = accounts.as_of;
  findings.account_marks = MarksOf(accounts);
  findings.requests = snapshot.requests + accounts.requests;
  findings.bytes = snapshot.bytes;
  findings.rows_rejected = snapshot.rejected_count;
  findings.rejected = snapshot.rejected;
  return findings;
}

PollEnd RunPoll(source::Source& source, target::Site& site, const PollJob& asked,
                const model::RosterRules& rules, std::unique_ptr<Reading>& last,
                const std::function<void(PollProgress)>& progress, const std::stop_token& stop) {
  PollJob job = asked;
  if (job.reuse && last != nullptr) {
    progress({"compare", 0, 0});
    auto findings = Examine(last->snapshot, last->accounts, job, rules);
    if (findings) {
      findings->reused = true;
      findings->requests = 0;
      findings->bytes = 0;
    }
    return {job.school, job.poll, PollEnd::Side::kSource, std::move(findings), {}};
  }
  job.reuse = false;
  last.reset();
  const auto fail = [&](PollEnd::Side side, Error error) {
    return PollEnd{job.school, job.poll, side, tl::unexpected<Error>(std::move(error)),
                   source.rejected()};
  };
  auto snapshot = source.Fetch(
      job.last_good,
      [&](const source::Progress& at) {
        progress({std::string(at.resource) + (at.waits ? ", waiting for the FACTS quota" : ""),
                  at.rows, at.total});
      },
      stop);
  if (!snapshot) return fail(PollEnd::Side::kSource, snapshot.error());
  auto accounts = site.ReadAccounts(
      [&](std::uint64_t done, std::uint64_t total) {
        progress({"accounts", done, total});
      },
      stop);
  if (!accounts) return fail(PollEnd::Side::kSite, accounts.error());
  const auto least = static_cast<double>(job.last_good_accounts) * (1 - job.shrink_max);
  if (static_cast<double>(accounts->all.size()) < least) {
    return fail(PollEnd::Side::kSite,
                {Code::kInvalid, "site-shrunk",
                 "The site lists " + std::to_string(accounts->all.size()) + " accounts, and had " +
                     std::to_string(job.last_good_accounts) +
                     " at the last good poll: fewer by more than max_shrink allows. Check that " +
                     (accounts->as_of ? "all were exported, archived ones too."
                                      : "the read token still sees all of them.")});
  }
  progress({"compare", 0, 0});
  last = std::make_unique<Reading>(Reading{*std::move(snapshot), *std::move(accounts)});
  return {job.school,
          job.poll,
          PollEnd::Side::kSource,
          Examine(last->snapshot, last->accounts, job, rules),
          {}};
}

}  // namespace roster::engine
