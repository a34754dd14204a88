// What stands in the family `review`.

#include <optional>

#include "daemon/store/codec.h"
#include "daemon/store/codec_values.h"

namespace roster::store {
namespace {

constexpr std::size_t kFingerprintBytes = 16;
// Field 1, length-delimited, 16 bytes long.
constexpr std::string_view kFingerprintTag{"\x0a\x10", 2};
constexpr std::size_t kBody = kFingerprintTag.size() + kFingerprintBytes;

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
  if (in.has_last_accessed_us()) account.last_accessed = FromMicros(in.last_accessed_us());
  if (in.has_invited_us()) account.invited = FromMicros(in.invited_us());
  return account;
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
  for (const PersonId person : change.duplicates) out.add_duplicates(person.value());
  if (change.collision) out.set_collision(change.collision->value());
  if (change.taken_by) out.set_taken_by(change.taken_by->value());
  for (const AccountId& account : change.several) out.add_several(account.value());
  out.set_missing_polls(change.missing_polls);
  out.set_linked(change.linked);
}

// Everything but the fingerprint. The message is kept for its memory: a poll encodes a million.
void AppendBody(const model::Change& change, std::string& bytes) {
  thread_local disk::Change message;
  message.Clear();
  Put(change, message);
  AppendMessage(message, bytes);
}

}  // namespace

std::string EncodeChange(const model::Change& change) {
  std::string value(kBody, '\0');
  AppendBody(change, value);
  const Fingerprint fingerprint = Xxh3(std::string_view(value).substr(kBody));
  value.replace(0, kFingerprintTag.size(), kFingerprintTag);
  value.replace(kFingerprintTag.size(), kFingerprintBytes, fingerprint.view());
  return value;
}

Fingerprint ChangeFingerprint(const model::Change& change) {
  thread_local std::string body;
  body.clear();
  AppendBody(change, body);
  return Xxh3(body);
}

Result<Fingerprint> PeekFingerprint(std::string_view value) {
  Sound sound("a change");
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
  for (const std::int64_t other : in.duplicates()) change.duplicates.emplace_back(other);
  if (in.has_collision()) change.collision = AccountId(in.collision());
  if (in.has_taken_by()) change.taken_by = PersonId(in.taken_by());
  for (const std::string& account : in.several()) change.several.emplace_back(account);
  change.missing_polls = in.missing_polls();
  change.linked = in.linked();
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
  return sound.Finish(std::move(placement));
}

std::string EncodeLink(const model::Link& link) {
  disk::Link out;
  out.set_account(link.account.value());
  store::Put(link.last_written, *out.mutable_last_written());
  return Serialize(out);
}

Result<model::Link> DecodeLink(PersonId person, std::string_view value) {
  Sound sound("a link");
  disk::Link in;
  sound.Parse(value, in);
  sound.Require(!in.account().empty());
  return sound.Finish(
      model::Link{person, AccountId(in.account()), GetFields(in.last_written(), sound)});
}

std::string EncodeDecision(const model::Decision& decision) {
  disk::Decision out;
  out.set_kind(Number(decision.kind));
  out.set_made_on(std::string(decision.made_on.view()));
  out.set_actor(decision.actor);
  out.set_at_us(Micros(decision.at));
  return Serialize(out);
}

Result<model::Decision> DecodeDecision(PersonId person, std::string_view value) {
  Sound sound("a decision");
  disk::Decision in;
  sound.Parse(value, in);
  model::Decision decision;
  decision.person = person;
  decision.kind =
      sound.Between(in.kind(), model::DecisionKind::kSync, model::DecisionKind::kExclude);
  decision.made_on = sound.FingerprintOf(in.made_on());
  decision.actor = in.actor();
  decision.at = FromMicros(in.at_us());
  return sound.Finish(std::move(decision));
}

}  // namespace roster::store
