#include "daemon/diff/field_diff.h"

#include <algorithm>
#include <string>

#include "daemon/base/text.h"

namespace roster::diff {
namespace {

using model::Account;
using model::FieldChange;
using model::Owner;
using model::SameValue;

bool SiteKeeps(Owner owner, const Account& account) {
  switch (owner) {
    case Owner::kFacts:
      return false;
    case Owner::kSite:
      return true;
    case Owner::kUntilFirstLogin:
      return account.last_accessed.has_value();
  }
  return true;
}

void SortByField(std::vector<FieldChange>& changes) {
  std::sort(changes.begin(), changes.end(),
            [](const FieldChange& a, const FieldChange& b) { return a.field < b.field; });
}

}  // namespace

FieldDiff DiffFields(const model::Fields& wanted, const Account& account,
                     const model::Fields& last_written,
                     const std::vector<model::FieldRule>& rules) {
  FieldDiff diff;
  for (const model::FieldRule& rule : rules) {
    const std::string& facts = wanted.Get(rule.to);
    if (Trim(facts).empty()) continue;
    const std::string& site = account.fields.Get(rule.to);
    if (SameValue(rule.to, facts, site)) continue;
    // Without a value written before nobody can tell who moved: FACTS counts as new.
    const std::string& last = last_written.Get(rule.to);
    const bool site_changed = !last.empty() && !SameValue(rule.to, last, site);
    const bool facts_changed = last.empty() || !SameValue(rule.to, last, facts);
    if (site_changed) diff.drift.push_back({rule.to, last, site});
    if (SiteKeeps(rule.owner, account)) {
      diff.kept_site_changed |= site_changed;
      diff.kept_facts_changed |= facts_changed;
    } else {
      diff.write_site_changed |= site_changed;
      diff.write_facts_changed |= facts_changed;
      diff.write.push_back({rule.to, site, facts});
    }
  }
  SortByField(diff.write);
  SortByField(diff.drift);
  return diff;
}

}  // namespace roster::diff
