#pragma once

// What an entry says of the words that are kept beside it: digests, since the journal holds neither
// notes nor addresses. Written in stone: entries that exist carry them. Pure.

#include "daemon/base/digest.h"
#include "daemon/model/change.h"

namespace roster::journal {

// Of everything that is kept of such a word.
Digest WordDigest(const model::FamilyExclusion& exclusion);  // whichever family: one for many
Digest WordDigest(const model::GroupDecision& decision);
Digest WordDigest(const model::EmailChoice& choice);
Digest WordDigest(const model::MatchDecision& decision);

}  // namespace roster::journal
