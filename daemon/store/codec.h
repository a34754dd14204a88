#pragma once

// The one codec between the model and the bytes on disk (roster.store.v1), and the journal's entry
// (roster.v1.Entry). Encoding is deterministic: the same value gives the same bytes. Text in the
// model is valid UTF-8: the doors see to that.
//
// Decoding what these functions did not write: Corrupt "bad-value". Ids that the key holds are
// arguments. Thread-safe.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/base/result.h"
#include "daemon/model/account.h"
#include "daemon/model/backup.h"
#include "daemon/model/change.h"
#include "daemon/model/entry.h"
#include "daemon/model/plan.h"
#include "daemon/model/poll.h"
#include "daemon/model/quota_state.h"
#include "daemon/model/school_head.h"

namespace roster::store {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kPlanChunk = 1000;  // items in one value

struct Format {
  std::uint32_t version = kFormatVersion;
  std::string written_by;
};
std::string EncodeFormat(const Format& format);
Result<Format> DecodeFormat(std::string_view value);

std::string EncodeSchoolHead(const model::SchoolHead& head);
Result<model::SchoolHead> DecodeSchoolHead(std::string_view value);

std::string EncodeQuota(const model::QuotaState& state);
Result<model::QuotaState> DecodeQuota(std::string_view value);

// A backup that was made is verified.
std::string EncodeBackupRun(const model::BackupRun& run);
Result<model::BackupRun> DecodeBackupRun(std::string_view value);

std::string EncodeRestoredMark(const model::RestoredMark& mark);
Result<model::RestoredMark> DecodeRestoredMark(std::string_view value);

// The values of a change and of a group begin with their fingerprint, so that a scan compares rows
// without parsing them.
std::string EncodeChange(const model::Change& change);
Result<model::Change> DecodeChange(PersonId person, std::string_view value);
Fingerprint ChangeFingerprint(const model::Change& change);
Result<Fingerprint> PeekFingerprint(std::string_view value);

// The fingerprint is of everything but the number: `id` is given when the group is first kept.
std::string EncodeGroup(const model::DuplicateGroup& group);
Result<model::DuplicateGroup> DecodeGroup(const Fingerprint& key, std::string_view value);
Fingerprint GroupFingerprint(const model::DuplicateGroup& group);

// The value of a group number's key: DuplicateGroup::key. 16 bytes.
std::string EncodeFingerprint(const Fingerprint& fingerprint);
Result<Fingerprint> DecodeFingerprint(std::string_view value);

std::string EncodePlacement(const model::Placement& placement);
Result<model::Placement> DecodePlacement(std::string_view value);

std::string EncodeLink(const model::Link& link);
Result<model::Link> DecodeLink(PersonId person, std::string_view value);

std::string EncodeDecision(const model::Decision& decision);
Result<model::Decision> DecodeDecision(PersonId person, std::string_view value);

std::string EncodeGroupDecision(const model::GroupDecision& decision);
Result<model::GroupDecision> DecodeGroupDecision(const Fingerprint& key, std::string_view value);

std::string EncodeEmailChoice(const model::EmailChoice& choice);
Result<model::EmailChoice> DecodeEmailChoice(PersonId person, std::string_view value);

std::string EncodeMatchDecision(const model::MatchDecision& decision);
Result<model::MatchDecision> DecodeMatchDecision(PersonId person, std::string_view value);

std::string EncodeFamilyExclusion(const model::FamilyExclusion& exclusion);
Result<model::FamilyExclusion> DecodeFamilyExclusion(FamilyId family, std::string_view value);

std::string EncodeFamilyCount(const model::FamilyCount& count);
Result<model::FamilyCount> DecodeFamilyCount(FamilyId family, std::string_view value);

// The value of an account's key: whose it is. 8 bytes.
std::string EncodePerson(PersonId person);
Result<PersonId> DecodePerson(std::string_view value);

// What a poll shows while it runs (phase, done, total) is not kept.
std::string EncodePoll(const model::Poll& poll);
Result<model::Poll> DecodePoll(PollId id, std::string_view value);

// A plan of a version before plans expired: it does 14 days after it was prepared.
std::string EncodePlan(const model::Plan& plan);
Result<model::Plan> DecodePlan(PlanId id, std::string_view value);

// At most kPlanChunk items. Of a version before classes: each has the class of its action.
std::string EncodePlanItems(const std::vector<model::PlanItem>& items);
Result<std::vector<model::PlanItem>> DecodePlanItems(std::string_view value);

std::string EncodeTask(const model::Task& task);
Result<model::Task> DecodeTask(TaskId id, std::string_view value);

// A person's task that is open, or dead and not replaced. 13 bytes: plan, index, 1 when dead.
std::string EncodeHeldTask(const TaskId& task, bool dead);
Result<std::pair<TaskId, bool>> DecodeHeldTask(std::string_view value);

struct KeptReply {
  Digest request;     // of the request's body
  std::string reply;  // serialised roster.v1.Reply without its request_id
  Time at;
  std::string actor = {};  // whose command it was; "": kept by a version that did not say

  friend bool operator==(const KeptReply&, const KeptReply&) = default;
};
std::string EncodeKeptReply(const KeptReply& kept);
Result<KeptReply> DecodeKeptReply(std::string_view value);

// The journal's entry: these bytes are stored, published, replayed and hashed.
std::string EncodeEntry(const model::Entry& entry);
Result<model::Entry> DecodeEntry(std::string_view value);

}  // namespace roster::store
