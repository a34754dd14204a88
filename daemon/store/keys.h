#pragma once

// The key layout of proto/README.md ("The disk"). Keys sort as what they name does: by school,
// kind, then number or name. Written in stone.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/digest.h"
#include "daemon/base/id.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/change.h"

namespace roster::store {

// Keys in [begin, end).
struct Range {
  std::string begin;
  std::string end;
};

// All keys that begin with `prefix` (not empty, and not 0xff alone).
Range PrefixRange(std::string prefix);

inline constexpr std::size_t kSortNameMax = 48;  // bytes

// The name a list is ordered by: the folded last name, 0x01, the folded first name; without zero
// bytes, cut to kSortNameMax at the end of a character.
std::string SortName(std::string_view first_name, std::string_view last_name);

// ---- meta
std::string FormatKey();
std::string UpgradeKey();  // there while an upgrade is under way, after its checkpoint
std::string QuotaKey(const Fingerprint& subscription_key);
std::string SchoolHeadKey(const SchoolId& school);
std::string BackupRunKey();
std::string RestoredMarkKey(const SchoolId& school);
// Of all subscription keys.
Range QuotaRange();
// The school whose head this key is of; nullopt: it is of something else.
std::optional<SchoolId> SchoolOfHeadKey(std::string_view key);

// ---- review
std::string ChangeKey(const SchoolId& school, PersonId person);
std::string DecisionKey(const SchoolId& school, PersonId person);
std::string PlacementKey(const SchoolId& school, PersonId person);
std::string LinkKey(const SchoolId& school, PersonId person);
std::string AccountKey(const SchoolId& school, const AccountId& account);
// `person`'s row names `rival` among its duplicates: it is judged anew when the rival's decision
// changes.
std::string RivalKey(const SchoolId& school, PersonId rival, PersonId person);
std::string StatusIndexKey(const SchoolId& school, model::ListStatus status,
                           std::string_view sort_name, PersonId person);
std::string BucketIndexKey(const SchoolId& school, model::Bucket bucket, std::string_view sort_name,
                           PersonId person);
// A duplicate, and what was decided on it, by DuplicateGroup::key; its number leads to the key.
std::string GroupKey(const SchoolId& school, const Fingerprint& group);
std::string GroupNumberKey(const SchoolId& school, GroupId group);
std::string GroupDecisionKey(const SchoolId& school, const Fingerprint& group);
std::string EmailChoiceKey(const SchoolId& school, PersonId person);
std::string MatchDecisionKey(const SchoolId& school, PersonId person);
std::string FamilyExclusionKey(const SchoolId& school, FamilyId family);
std::string FamilyCountKey(const SchoolId& school, FamilyId family);
// Somebody who was forgotten: an account that carries their id links nobody by itself.
std::string ForgottenKey(const SchoolId& school, PersonId person);
// `person`'s row is of a user of `family`.
std::string FamilyUserKey(const SchoolId& school, FamilyId family, PersonId person);
Range ChangeRange(const SchoolId& school);
Range DecisionRange(const SchoolId& school);
Range PlacementRange(const SchoolId& school);
Range LinkRange(const SchoolId& school);
Range AccountRange(const SchoolId& school);
Range RivalRange(const SchoolId& school, PersonId rival);
Range StatusIndexRange(const SchoolId& school, model::ListStatus status);
Range BucketIndexRange(const SchoolId& school, model::Bucket bucket);
Range GroupRange(const SchoolId& school);
Range GroupNumberRange(const SchoolId& school);
Range GroupDecisionRange(const SchoolId& school);
Range EmailChoiceRange(const SchoolId& school);
Range MatchDecisionRange(const SchoolId& school);
Range FamilyExclusionRange(const SchoolId& school);
Range FamilyCountRange(const SchoolId& school);
Range ForgottenRange(const SchoolId& school);
Range FamilyUserRange(const SchoolId& school, FamilyId family);

// ---- work
std::string PollKey(const SchoolId& school, PollId poll);
std::string PlanKey(const SchoolId& school, PlanId plan);
std::string PlanItemsKey(const SchoolId& school, PlanId plan, std::uint32_t chunk);
std::string TaskKey(const SchoolId& school, TaskId task);
std::string HeldTaskKey(const SchoolId& school, PersonId person);
std::string DeadTaskKey(const SchoolId& school, TaskId task);
Range PollRange(const SchoolId& school);
Range PlanRange(const SchoolId& school);
Range TaskRange(const SchoolId& school);
Range TaskRange(const SchoolId& school, PlanId plan);
Range HeldTaskRange(const SchoolId& school);
Range DeadTaskRange(const SchoolId& school);

// ---- journal
std::string EntryKey(const SchoolId& school, Seq seq);
std::string PersonEntryKey(const SchoolId& school, PersonId person, Seq seq);
Range EntryRange(const SchoolId& school, Seq begin, Seq end);  // [begin, end)
Range PersonEntryRange(const SchoolId& school, PersonId person);
Range PersonEntryRange(const SchoolId& school);  // of everybody

// ---- replies
std::string ReplyKey(const SchoolId& school, const CommandId& command);
std::string ReplyExpiryKey(const SchoolId& school, Time at, const CommandId& command);
Range ReplyExpiryRange(const SchoolId& school, Time before);  // kept before then

// ---- back to ids. Corrupt "bad-key" when the key is not of a kind that holds such an id; a key
// that came from outside (a page token) is judged Corrupt too: the caller knows better. A kind is
// a letter within its family (store.h): the caller knows which family the key is of.
Result<PersonId> PersonOfKey(std::string_view key);    // c d v l s b o, review's e m k, the second
                                                       // of r and u, and the journal's x
Result<FamilyId> FamilyOfKey(std::string_view key);    // f, review's n, and u's first
Result<Fingerprint> GroupOfKey(std::string_view key);  // g, and review's w
Result<GroupId> GroupNumberOfKey(std::string_view key);  // G
Result<AccountId> AccountOfKey(std::string_view key);    // a
Result<PollId> PollOfKey(std::string_view key);          // p
Result<PlanId> PlanOfKey(std::string_view key);          // work's n
Result<TaskId> TaskOfKey(std::string_view key);          // t, and work's x
Result<Seq> SeqOfKey(std::string_view key);              // the journal's e and x
Result<CommandId> CommandOfKey(std::string_view key);    // k, and the replies' w

}  // namespace roster::store
