#pragma once

// Journal: the chain of what happened, and how it is told. Pure; the bytes are the codec's.

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/entry.h"

namespace roster::journal {

// Where a school's chain stands.
struct Head {
  Seq seq;      // 0: empty
  Digest hash;  // of the newest entry's bytes; zero when empty

  friend bool operator==(const Head&, const Head&) = default;
};

// The entry that comes after `head`.
model::Entry Next(const Head& head, const SchoolId& school, Time now, std::string actor,
                  std::string cause, model::Event event);

// The head after an entry with these bytes.
Head Advance(const Head& head, std::string_view bytes);

// Whether this entry, with these bytes, follows `head`. Corrupt "journal-broken" otherwise.
Result<Head> Follow(const Head& head, const model::Entry& entry, std::string_view bytes);

// The persons an entry names. Families are none: who was in them then is not on record.
std::vector<PersonId> PersonsOf(const model::Event& event);

// What happened to this person by this entry, in a plain sentence. Of an entry that names nobody,
// what happened at all.
std::string Tell(const model::Entry& entry, PersonId person);

// More persons or families than one entry may name are split over several, in order.
std::vector<model::Event> SplitDecided(model::DecisionKind kind,
                                       const std::vector<PersonId>& persons);
std::vector<model::Event> SplitFamilies(bool excluded, const std::vector<FamilyId>& families,
                                        const Digest& word);

}  // namespace roster::journal
