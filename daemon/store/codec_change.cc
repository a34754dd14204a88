// What stands in the family `review`: rows, duplicates, links. What people decided: codec_decision.

#include <optional>

#include "daemon/store/codec.h"
#include "daemon/store/codec_values.h"

namespace roster::store {
namespace {

constexpr std::size_t kFingerprintBytes = 16;
// Field 1, length-delimited, 16 bytes long.
constexpr std::string_view kFingerprintTag{"\x0a\x10", 2};
constexpr std::size_t kBody = kFingerprintTag.size() + kFingerprintBytes;

void Put(const model::FamilyPlace& place, disk::FamilyPlace& out) {
  out.set_family(place.family.value());
  out.set_listed_first(place.listed_first);
}

void Put(const model::Child& child, disk::Child& out) {
  out.set_person(child.person.value());
  out.set_household(child.household);
  out.set_tie(child.tie);
  out.set_blocked(child.blocked);
  out.set_counts(child.counts);
  out.set_eligible(child.eligible);
}

model::Child Get(const disk::Child& in) {
  return {PersonId(in.person()), in.household(), in.tie(),
          in.blocked(),          in.counts(),    in.eligible()};
}

void Put(const model::Candidate& candidate, disk::Candidate& out) {
  out.set_eligibility(Number(candidate.eligibility));
  out.set_reason(Number(candidate.reason));
  out.set_no_person(candidate.no_person);
  out.set_first_name(candidate.first_name);
  out.set_last_name(candidate.last_name);
  out.set_school_code(candidate.school_code);
  out.set_grade(candidate.grade);
  out.set_status_word(candidate.status_word);
  out.set_next_status(candidate.next_status);
  out.set_next_grade(candidate.next_grade);
  store::Put(candidate.fields, *out.mutable_fields());
  out.set_email(candidate.email);
  out.set_facts_email(candidate.facts_email);
  out.set_uses_email2(candidate.uses_email2);
  out.set_email2(candidate.email2);
  for (const model::FamilyPlace& place : candidate.families) Put(place, *out.add_families());
  out.set_no_family(candidate.families_read && candidate.families.empty());
  out.set_family_name(candidate.family_name);
  for (const model::Child& child : candidate.children) Put(child, *out.add_children());
  out.set_mismatch(Number(candidate.mismatch));
}

model::Candidate Get(PersonId person, const disk::Candidate& in, Sound& sound) {
  model::Candidate candidate;
  candidate.person = person;
  candidate.eligibility =
      sound.Between(in.eligibility(), model::Eligibility::kEligible, model::Eligibility::kMissing);
  candidate.reason = sound.ReasonOf(in.reason());
  candidate.no_person = in.no_person();
  candidate.first_name = in.first_name();
  candidate.last_name = in.last_name();
  candidate.school_code = in.school_code();
  candidate.grade = in.grade();
  candidate.status_word = in.status_word();
  candidate.next_status = in.next_status();
  candidate.next_grade = in.next_grade();
  candidate.fields = GetFields(in.fields(), sound);
  candidate.email = in.email();
  candidate.facts_email = in.facts_email();
  candidate.uses_email2 = in.uses_email2();
  candidate.email2 = in.email2();
  for (const disk::FamilyPlace& place : in.families()) {
    candidate.families.push_back({FamilyId(place.family()), place.listed_first()});
  }
  candidate.families_read = in.families_size() > 0 || in.no_family();
  candidate.family_name = in.family_name();
  sound.Require(static_cast<std::size_t>(in.children_size()) <= model::kChildrenMax);
  for (const disk::Child& child : in.children()) candidate.children.push_back(Get(child));
  candidate.mismatch =
      sound.Between(in.mismatch(), model::Mismatch::kNone, model::Mismatch::kTieAlone);
  return candidate;
}

void Put(const model::Account& account, disk::Account& out) {
  out.set_id(account.id.value());
  out.set_external_id(account.external_id);
  out.set_version(account.version);
  out.set_active(account.active);
  store::Put(account.fields, *out.mutable_fields());
  for (const std::string& email : account.other_emails) out.add_other_emails(email);
  for (const std::string& role : account.roles) out.add_roles(role);
  if (account.last_accessed) out.set_last_accessed_us(Micros(*account.last_accessed));
  if (account.invited) out.set_invited_us(Micros(*account.invited));
}

model::Account Get(const disk::Account& in, Sound& sound) {
  model::Account account;
  account.id = AccountId(in.id());
  account.external_id = in.external_id();
  account.version = in.version();
  account.active = in.active();
  account.fields = GetFields(in.fields(), sound);
  account.other_emails.assign(in.other_emails().begin(), in.other_emails().end());
  account.roles.assign(in.roles().begin(), in.roles().end());
  if (in.has_last_accessed_us()) account.last_accessed = sound.TimeOf(in.last_accessed_us());
  if (in.has_invited_us()) account.invited = sound.TimeOf(in.invited_us());
  return account;
}

void Put(const model::Fit& fit, disk::Fit& out) {
  out.set_account(fit.account.value());
  out.set_active(fit.active);
  out.set_user_name(fit.user_name);
  out.set_name(fit.name);
  out.set_carries_id(fit.carries_id);
}

// Versions before `fits` kept the accounts alone, as `several`.
std::vector<model::Fit> GetFits(const disk::Change& in, Sound& sound) {
  sound.Require(in.several().empty() || in.fits().empty());
  std::vector<model::Fit> fits;
  for (const std::string& account : in.several()) fits.emplace_back().account = AccountId(account);
  for (const disk::Fit& fit : in.fits()) {
    fits.push_back(
        {AccountId(fit.account()), fit.active(), fit.user_name(), fit.name(), fit.carries_id()});
  }
  return fits;
}

void Put(const model::Change& change, disk::Change& out) {
  Put(change.candidate, *out.mutable_candidate());
  out.set_situation(Number(change.situation));
  out.set_action(Number(change.action));
  out.set_reason(Number(change.reason));
  if (change.account) Put(*change.account, *out.mutable_account());
  if (change.lost_account) out.set_lost_account(change.lost_account->value());
  store::Put(change.fields, *out.mutable_fields());
  store::Put(change.drift, *out.mutable_drift());
  PutIds(change.duplicates, *out.mutable_duplicates());
  if (change.collision) out.set_collision(change.collision->value());
  if (change.taken_by) out.set_taken_by(change.taken_by->value());
  out.set_missing_polls(change.missing_polls);
  out.set_linked(change.linked);
  for (const model::Fit& fit : change.several) Put(fit, *out.add_fits());
  out.set_severity(Number(change.severity));
  if (change.group) out.set_group(std::string(change.group->view()));
  out.set_never_archive(change.never_archive);
}

// Everything but the fingerprint. The message is kept for its memory: a poll encodes a million.
void AppendBody(const model::Change& change, std::string& bytes) {
  thread_local disk::Change message;
  message.Clear();
  Put(change, message);
  AppendMessage(message, bytes);
}

// Everything but the fingerprint and the number.
void AppendBody(const model::DuplicateGroup& group, std::string& bytes) {
  disk::DuplicateGroup out;
  out.set_reason(Number(group.reason));
  out.set_severity(Number(group.severity));
  out.set_address(group.address);
  PutIds(group.members, *out.mutable_members());
  out.set_members_total(group.members_total);
  if (group.account) out.set_account(group.account->value());
  if (group.family) out.set_family(group.family->value());
  out.set_state(std::string(group.state.view()));
  AppendMessage(out, bytes);
}

// Writes the first field into the room that was left for it.
void SetFingerprint(const Fingerprint& fingerprint, std::string& value) {
  value.replace(0, kFingerprintTag.size(), kFingerprintTag);
  value.replace(kFingerprintTag.size(), kFingerprintBytes, fingerprint.view());
}

template <typename Row>
Fingerprint BodyFingerprint(const Row& row) {
  thread_local std::string body;
  body.clear();
  AppendBody(row, body);
  return Xxh3(body);
}

}  // namespace

std::string EncodeChange(const model::Change& change) {
  std::string value(kBody, '\0');
  AppendBody(change, value);
  SetFingerprint(Xxh3(std::string_view(value).substr(kBody)), value);
  return value;
}

Fingerprint ChangeFingerprint(const model::Change& change) { return BodyFingerprint(change); }

std::string EncodeGroup(const model::DuplicateGroup& group) {
  std::string value(kBody, '\0');
  disk::DuplicateGroup number;
  number.set_id(group.id.value());
  AppendMessage(number, value);
  const std::size_t body = value.size();
  AppendBody(group, value);
  SetFingerprint(Xxh3(std::string_view(value).substr(body)), value);
  return value;
}

Fingerprint GroupFingerprint(const model::DuplicateGroup& group) { return BodyFingerprint(group); }

Result<model::DuplicateGroup> DecodeGroup(const Fingerprint& key, std::string_view value) {
  Sound sound("a duplicate");
  disk::DuplicateGroup in;
  sound.Parse(value, in);
  sound.FingerprintOf(in.fingerprint());
  model::DuplicateGroup group;
  group.id = GroupId(in.id());
  group.key = key;
  group.reason = sound.ReasonOf(in.reason());
  group.severity = sound.Between(in.severity(), model::Severity::kNone, model::Severity::kError);
  group.address = in.address();
  sound.Require(static_cast<std::size_t>(in.members_size()) <= model::kGroupMembersMax);
  group.members = GetIds<PersonId>(in.members());
  group.members_total = in.members_total();
  if (in.has_account()) group.account = AccountId(in.account());
  if (in.has_family()) group.family = FamilyId(in.family());
  group.state = sound.FingerprintOf(in.state());
  return sound.Finish(std::move(group));
}

Result<Fingerprint> PeekFingerprint(std::string_view value) {
  Sound sound("a row of the review");
  sound.Require(value.size() >= kBody && value.starts_with(kFingerprintTag));
  return sound.Finish(value.size() < kBody ? Fingerprint{}
                                           : sound.FingerprintOf(value.substr(
                                                 kFingerprintTag.size(), kFingerprintBytes)));
}

Result<model::Change> DecodeChange(PersonId person, std::string_view value) {
  Sound sound("a change");
  disk::Change in;
  sound.Parse(value, in);
  sound.FingerprintOf(in.fingerprint());
  model::Change change;
  change.candidate = Get(person, in.candidate(), sound);
  change.situation =
      sound.Between(in.situation(), model::Situation::kNew, model::Situation::kNotYet);
  change.action = sound.Between(in.action(), model::Action::kNone, model::Action::kInvite);
  change.reason = sound.ReasonOf(in.reason());
  if (in.has_account()) change.account = Get(in.account(), sound);
  if (in.has_lost_account()) change.lost_account = AccountId(in.lost_account());
  change.fields = GetFieldChanges(in.fields(), sound);
  change.drift = GetFieldChanges(in.drift(), sound);
  change.duplicates = GetIds<PersonId>(in.duplicates());
  if (in.has_collision()) change.collision = AccountId(in.collision());
  if (in.has_taken_by()) change.taken_by = PersonId(in.taken_by());
  change.several = GetFits(in, sound);
  change.missing_polls = in.missing_polls();
  change.linked = in.linked();
  change.severity = sound.Between(in.severity(), model::Severity::kNone, model::Severity::kError);
  if (in.has_group()) change.group = sound.FingerprintOf(in.group());
  change.never_archive = in.never_archive();
  return sound.Finish(std::move(change));
}

std::string EncodePlacement(const model::Placement& placement) {
  disk::Placement out;
  out.set_status(Number(placement.verdict.status));
  out.set_bucket(Number(placement.verdict.bucket));
  out.set_action(Number(placement.verdict.action));
  out.set_reason(Number(placement.verdict.reason));
  out.set_is_new(placement.verdict.is_new);
  out.set_sync(placement.verdict.sync);
  out.set_sort_name(placement.sort_name);
  out.set_need(std::string(placement.need.view()));
  out.set_change_class(Number(placement.verdict.change_class));
  out.set_severity(Number(placement.verdict.severity));
  out.set_linked_active(placement.linked_active);
  PutIds(placement.families, *out.mutable_families());
  return Serialize(out);
}

Result<model::Placement> DecodePlacement(std::string_view value) {
  Sound sound("a row's place");
  disk::Placement in;
  sound.Parse(value, in);
  model::Placement placement;
  placement.verdict.status =
      sound.Between(in.status(), model::ListStatus::kNew, model::ListStatus::kError);
  placement.verdict.bucket =
      sound.Between(in.bucket(), model::Bucket::kAdd, model::Bucket::kUnchanged);
  placement.verdict.action =
      sound.Between(in.action(), model::Action::kNone, model::Action::kInvite);
  placement.verdict.reason = sound.ReasonOf(in.reason());
  placement.verdict.is_new = in.is_new();
  placement.verdict.sync = in.sync();
  placement.sort_name = in.sort_name();
  placement.need = sound.FingerprintOf(in.need());
  placement.verdict.change_class =
      sound.Between(in.change_class(), model::ChangeClass::kNone, model::ChangeClass::kInvite);
  placement.verdict.severity =
      sound.Between(in.severity(), model::Severity::kNone, model::Severity::kError);
  placement.linked_active = in.linked_active();
  placement.families = GetIds<FamilyId>(in.families());
  return sound.Finish(std::move(placement));
}

std::string EncodeLink(const model::Link& link) {
  disk::Link out;
  out.set_account(link.account.value());
  store::Put(link.last_written, *out.mutable_last_written());
  if (link.invited) out.set_invited_us(Micros(*link.invited));
  return Serialize(out);
}

Result<model::Link> DecodeLink(PersonId person, std::string_view value) {
  Sound sound("a link");
  disk::Link in;
  sound.Parse(value, in);
  sound.Require(!in.account().empty());
  model::Link link{person, AccountId(in.account()), GetFields(in.last_written(), sound)};
  if (in.has_invited_us()) link.invited = sound.TimeOf(in.invited_us());
  return sound.Finish(std::move(link));
}

}  // namespace roster::store
