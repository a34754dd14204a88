#pragma once

#include <vector>

#include "daemon/model/account.h"
#include "daemon/model/field.h"
#include "daemon/model/settings.h"

namespace roster::diff {

// How what FACTS says and what the site says differ, over the mapped fields.
struct FieldDiff {
  std::vector<model::FieldChange> write;  // FACTS owns these: what to write, by field
  std::vector<model::FieldChange> drift;  // what the site changed, whoever owns it, by field
  // Which side has moved since rosterd last wrote: of the fields to write, and of those that the
  // site owns and keeps.
  bool write_facts_changed = false;
  bool write_site_changed = false;
  bool kept_facts_changed = false;
  bool kept_site_changed = false;

  bool any() const { return !write.empty() || kept_facts_changed || kept_site_changed; }
};

// `last_written`: empty when nothing was ever written. A blank in `wanted` is no difference.
FieldDiff DiffFields(const model::Fields& wanted, const model::Account& account,
                     const model::Fields& last_written, const std::vector<model::FieldRule>& rules);

}  // namespace roster::diff
