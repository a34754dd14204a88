// What people decided, and what is counted of families: the rest of the family `review`.

#include "daemon/store/codec.h"
#include "daemon/store/codec_values.h"

namespace roster::store {
namespace {

void Put(const model::Basis& basis, disk::Basis& out) {
  out.set_eligible(basis.eligible);
  out.set_name(basis.name);
  out.set_email(basis.email);
  out.set_account(basis.account.value());
  PutIds(basis.families, *out.mutable_families());
  out.set_no_family(basis.families_read && basis.families.empty());
}

model::Basis Get(const disk::Basis& in) {
  return {in.eligible(),
          in.name(),
          in.email(),
          AccountId(in.account()),
          GetIds<FamilyId>(in.families()),
          in.families_size() > 0 || in.no_family()};
}

// An inclusion takes a decision away, and is none that is kept.
model::DecisionKind KindOf(std::uint32_t number, Sound& sound) {
  const auto kind =
      sound.Between(number, model::DecisionKind::kSync, model::DecisionKind::kProtect);
  sound.Require(kind != model::DecisionKind::kInclude);
  return kind;
}

}  // namespace

std::string EncodeDecision(const model::Decision& decision) {
  disk::Decision out;
  out.set_kind(Number(decision.kind));
  out.set_made_on(std::string(decision.made_on.view()));
  out.set_actor(decision.actor);
  out.set_at_us(Micros(decision.at));
  if (decision.basis) Put(*decision.basis, *out.mutable_basis());
  out.set_note(decision.note);
  return Serialize(out);
}

Result<model::Decision> DecodeDecision(PersonId person, std::string_view value) {
  Sound sound("a decision");
  disk::Decision in;
  sound.Parse(value, in);
  model::Decision decision;
  decision.person = person;
  decision.kind = KindOf(in.kind(), sound);
  decision.made_on = sound.FingerprintOf(in.made_on());
  decision.actor = in.actor();
  decision.at = sound.TimeOf(in.at_us());
  if (in.has_basis()) decision.basis = Get(in.basis());
  decision.note = in.note();
  return sound.Finish(std::move(decision));
}

std::string EncodeFingerprint(const Fingerprint& fingerprint) {
  return std::string(fingerprint.view());
}

Result<Fingerprint> DecodeFingerprint(std::string_view value) {
  Sound sound("a duplicate's key");
  const Fingerprint fingerprint = sound.FingerprintOf(value);
  return sound.Finish(fingerprint);
}

std::string EncodeGroupDecision(const model::GroupDecision& decision) {
  disk::GroupDecision out;
  out.set_kind(Number(decision.kind));
  out.set_holder(decision.holder.value());
  out.set_made_on(std::string(decision.made_on.view()));
  PutIds(decision.members, *out.mutable_members());
  out.set_address(decision.address);
  out.set_actor(decision.actor);
  out.set_at_us(Micros(decision.at));
  return Serialize(out);
}

Result<model::GroupDecision> DecodeGroupDecision(const Fingerprint& key, std::string_view value) {
  Sound sound("a decision on a duplicate");
  disk::GroupDecision in;
  sound.Parse(value, in);
  model::GroupDecision decision;
  decision.key = key;
  decision.kind = sound.Between(in.kind(), model::HolderKind::kKeep, model::HolderKind::kShare);
  decision.holder = PersonId(in.holder());
  decision.made_on = sound.FingerprintOf(in.made_on());
  sound.Require(static_cast<std::size_t>(in.members_size()) <= model::kGroupMembersMax);
  decision.members = GetIds<PersonId>(in.members());
  decision.address = in.address();
  decision.actor = in.actor();
  decision.at = sound.TimeOf(in.at_us());
  return sound.Finish(std::move(decision));
}

std::string EncodeEmailChoice(const model::EmailChoice& choice) {
  disk::EmailChoice out;
  out.set_email2(choice.email2);
  out.set_actor(choice.actor);
  out.set_at_us(Micros(choice.at));
  return Serialize(out);
}

Result<model::EmailChoice> DecodeEmailChoice(PersonId person, std::string_view value) {
  Sound sound("a choice of an address");
  disk::EmailChoice in;
  sound.Parse(value, in);
  sound.Require(!in.email2().empty());
  return sound.Finish(
      model::EmailChoice{person, in.email2(), in.actor(), sound.TimeOf(in.at_us())});
}

std::string EncodeMatchDecision(const model::MatchDecision& decision) {
  disk::MatchDecision out;
  if (decision.account) out.set_account(decision.account->value());
  for (const AccountId& account : decision.seen) out.add_seen(account.value());
  out.set_actor(decision.actor);
  out.set_at_us(Micros(decision.at));
  return Serialize(out);
}

Result<model::MatchDecision> DecodeMatchDecision(PersonId person, std::string_view value) {
  Sound sound("a decision on an account");
  disk::MatchDecision in;
  sound.Parse(value, in);
  model::MatchDecision decision;
  decision.person = person;
  if (in.has_account()) {
    sound.Require(!in.account().empty());
    decision.account = AccountId(in.account());
  }
  for (const std::string& account : in.seen()) decision.seen.emplace_back(account);
  decision.actor = in.actor();
  decision.at = sound.TimeOf(in.at_us());
  return sound.Finish(std::move(decision));
}

std::string EncodeFamilyExclusion(const model::FamilyExclusion& exclusion) {
  disk::FamilyExclusion out;
  out.set_note(exclusion.note);
  out.set_actor(exclusion.actor);
  out.set_at_us(Micros(exclusion.at));
  PutIds(exclusion.left, *out.mutable_left());
  return Serialize(out);
}

Result<model::FamilyExclusion> DecodeFamilyExclusion(FamilyId family, std::string_view value) {
  Sound sound("a family's exclusion");
  disk::FamilyExclusion in;
  sound.Parse(value, in);
  return sound.Finish(model::FamilyExclusion{
      family, in.note(), in.actor(), sound.TimeOf(in.at_us()), GetIds<PersonId>(in.left())});
}

std::string EncodeFamilyCount(const model::FamilyCount& count) {
  disk::FamilyCount out;
  out.set_name(count.name);
  out.set_users(count.users);
  out.set_fresh(count.fresh);
  out.set_selected(count.selected);
  out.set_fresh_selected(count.fresh_selected);
  out.set_excluded(count.excluded);
  return Serialize(out);
}

Result<model::FamilyCount> DecodeFamilyCount(FamilyId family, std::string_view value) {
  Sound sound("a family's counts");
  disk::FamilyCount in;
  sound.Parse(value, in);
  return sound.Finish(model::FamilyCount{family, in.name(), in.users(), in.fresh(), in.selected(),
                                         in.fresh_selected(), in.excluded()});
}

}  // namespace roster::store
