#pragma once

// A candidate's name, addresses and mapped fields: the same for students and parents.

#include "daemon/model/change.h"
#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"

namespace roster::roster {

// Name and e-mail (rules, 5). `choice`: what a person decided for this one; nullptr: nothing. A
// choice for an address that email2 no longer has is ignored.
void FillPerson(model::Candidate& candidate, const model::Person& person,
                const model::RosterRules& rules, const model::EmailChoice* choice);

// What only those who may get an account have: email2, a missing e-mail as the reason, and the
// fields. To be called when all else of the candidate is known. `row`: of a student; nullptr of a
// parent, and what is mapped from it is then blank.
void FillEligible(model::Candidate& candidate, const model::Person& person,
                  const model::Student* row, const model::RosterRules& rules);

}  // namespace roster::roster
