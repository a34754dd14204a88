#include "daemon/journal/word.h"

namespace roster::journal {
namespace {

std::uint64_t Number(Time at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }
std::uint64_t Number(PersonId person) { return static_cast<std::uint64_t>(person.value()); }

}  // namespace

Digest WordDigest(const model::FamilyExclusion& exclusion) {
  return Blake2b(Canonical()
                     .Add("family")
                     .Add(exclusion.note)
                     .Add(exclusion.actor)
                     .Add(Number(exclusion.at))
                     .bytes());
}

Digest WordDigest(const model::GroupDecision& decision) {
  Canonical all;
  all.Add("holder")
      .Add(decision.key.view())
      .Add(static_cast<std::uint64_t>(decision.kind))
      .Add(Number(decision.holder))
      .Add(decision.made_on.view())
      .Add(decision.members.size());
  for (const PersonId person : decision.members) all.Add(Number(person));
  all.Add(decision.address).Add(decision.actor).Add(Number(decision.at));
  return Blake2b(all.bytes());
}

Digest WordDigest(const model::EmailChoice& choice) {
  return Blake2b(Canonical()
                     .Add("email2")
                     .Add(Number(choice.person))
                     .Add(choice.email2)
                     .Add(choice.actor)
                     .Add(Number(choice.at))
                     .bytes());
}

Digest WordDigest(const model::MatchDecision& decision) {
  Canonical all;
  all.Add("match").Add(Number(decision.person)).Add(decision.account ? 1U : 0U);
  if (decision.account) all.Add(decision.account->value());
  all.Add(decision.seen.size());
  for (const AccountId& account : decision.seen) all.Add(account.value());
  all.Add(decision.actor).Add(Number(decision.at));
  return Blake2b(all.bytes());
}

}  // namespace roster::journal
