#include "daemon/store/keys.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/base/text.h"

namespace roster::store {
namespace {

constexpr std::size_t kNumber = 8;
constexpr std::size_t kIndex = 4;
constexpr std::size_t kFingerprint = 16;

void AppendBigEndian(std::string& key, std::uint64_t number, std::size_t width) {
  for (std::size_t i = width; i > 0; --i) {
    key += static_cast<char>((number >> ((i - 1) * 8U)) & 0xffU);
  }
}

std::uint64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = (number << 8U) | static_cast<unsigned char>(byte);
  return number;
}

// Flipping the sign makes the order of the bytes that of the numbers.
constexpr std::uint64_t kSign = std::uint64_t{1} << 63U;

void AppendSigned(std::string& key, std::int64_t number) {
  AppendBigEndian(key, static_cast<std::uint64_t>(number) ^ kSign, kNumber);
}

std::int64_t ReadSigned(std::string_view bytes) {
  return static_cast<std::int64_t>(ReadBigEndian(bytes) ^ kSign);
}

void AppendPerson(std::string& key, PersonId person) { AppendSigned(key, person.value()); }

PersonId ReadPerson(std::string_view bytes) { return PersonId(ReadSigned(bytes)); }

std::string Prefix(const SchoolId& school, char kind) {
  std::string key;
  key.reserve(school.value().size() + 2 + kSortNameMax + 2 * kNumber);
  key += school.value();
  key += '\0';
  key += kind;
  return key;
}

Range KindRange(const SchoolId& school, char kind) { return PrefixRange(Prefix(school, kind)); }

std::string OfPerson(const SchoolId& school, char kind, PersonId person) {
  std::string key = Prefix(school, kind);
  AppendPerson(key, person);
  return key;
}

std::string OfFamily(const SchoolId& school, char kind, FamilyId family) {
  std::string key = Prefix(school, kind);
  AppendSigned(key, family.value());
  return key;
}

std::string OfFingerprint(const SchoolId& school, char kind, const Fingerprint& fingerprint) {
  return Prefix(school, kind).append(fingerprint.view());
}

std::string OfNumber(const SchoolId& school, char kind, std::uint64_t number) {
  std::string key = Prefix(school, kind);
  AppendBigEndian(key, number, kNumber);
  return key;
}

std::string OfTask(const SchoolId& school, char kind, const TaskId& task) {
  std::string key = OfNumber(school, kind, task.plan.value());
  AppendBigEndian(key, task.index, kIndex);
  return key;
}

std::string OfList(const SchoolId& school, char kind, std::uint8_t list, std::string_view sort_name,
                   PersonId person) {
  std::string key = Prefix(school, kind);
  key += static_cast<char>(list);
  key += sort_name;
  key += '\0';
  AppendPerson(key, person);
  return key;
}

Range ListRange(const SchoolId& school, char kind, std::uint8_t list) {
  return PrefixRange(Prefix(school, kind) + static_cast<char>(list));
}

// Times before 1970 count as 1970: rosterd keeps none.
void AppendTime(std::string& key, Time at) {
  const auto micros = std::max<std::int64_t>(0, at.time_since_epoch().count());
  AppendBigEndian(key, static_cast<std::uint64_t>(micros), kNumber);
}

struct Parts {
  char kind = 0;
  std::string_view rest;
};

std::optional<Parts> Split(std::string_view key) {
  const std::size_t zero = key.find('\0');
  if (zero == 0 || zero == std::string_view::npos || zero + 1 >= key.size()) return std::nullopt;
  return Parts{key[zero + 1], key.substr(zero + 2)};
}

bool IsKind(const std::optional<Parts>& parts, std::string_view kinds) {
  return parts && kinds.find(parts->kind) != std::string_view::npos;
}

tl::unexpected<Error> BadKey() {
  return Fail(Code::kCorrupt, "bad-key",
              "A key is not of the layout that this version knows: the store is damaged.");
}

}  // namespace

Range PrefixRange(std::string prefix) {
  std::string end = prefix;
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {std::move(prefix), std::move(end)};
}

std::string SortName(std::string_view first_name, std::string_view last_name) {
  std::string name = Fold(last_name) + '\x01' + Fold(first_name);
  std::erase(name, '\0');
  if (name.size() <= kSortNameMax) return name;
  std::size_t end = kSortNameMax;
  // Not in the middle of a character: back over its continuation bytes, 10xxxxxx.
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80U) --end;
  name.resize(end);
  return name;
}

std::string FormatKey() { return std::string("\0format", 7); }

std::string UpgradeKey() { return std::string("\0upgrade", 8); }

std::string QuotaKey(const Fingerprint& subscription_key) {
  return std::string("\0quota\0", 7) + std::string(subscription_key.view());
}

Range QuotaRange() { return PrefixRange(std::string("\0quota\0", 7)); }

std::string BackupRunKey() { return std::string("\0backup", 7); }

std::string SchoolHeadKey(const SchoolId& school) { return Prefix(school, 'h'); }
std::string RestoredMarkKey(const SchoolId& school) { return Prefix(school, 'r'); }

std::optional<SchoolId> SchoolOfHeadKey(std::string_view key) {
  const auto parts = Split(key);
  if (!parts || parts->kind != 'h' || !parts->rest.empty()) return std::nullopt;
  return SchoolId(std::string(key.substr(0, key.find('\0'))));
}

std::string ChangeKey(const SchoolId& school, PersonId person) {
  return OfPerson(school, 'c', person);
}
std::string DecisionKey(const SchoolId& school, PersonId person) {
  return OfPerson(school, 'd', person);
}
std::string PlacementKey(const SchoolId& school, PersonId person) {
  return OfPerson(school, 'v', person);
}
std::string LinkKey(const SchoolId& school, PersonId person) {
  return OfPerson(school, 'l', person);
}
std::string AccountKey(const SchoolId& school, const AccountId& account) {
  return Prefix(school, 'a') + account.value();
}
std::string StatusIndexKey(const SchoolId& school, model::ListStatus status,
                           std::string_view sort_name, PersonId person) {
  return OfList(school, 's', static_cast<std::uint8_t>(status), sort_name, person);
}
std::string BucketIndexKey(const SchoolId& school, model::Bucket bucket, std::string_view sort_name,
                           PersonId person) {
  return OfList(school, 'b', static_cast<std::uint8_t>(bucket), sort_name, person);
}
Range ChangeRange(const SchoolId& school) { return KindRange(school, 'c'); }
Range DecisionRange(const SchoolId& school) { return KindRange(school, 'd'); }
Range PlacementRange(const SchoolId& school) { return KindRange(school, 'v'); }
Range LinkRange(const SchoolId& school) { return KindRange(school, 'l'); }
std::string RivalKey(const SchoolId& school, PersonId rival, PersonId person) {
  std::string key = OfPerson(school, 'r', rival);
  AppendPerson(key, person);
  return key;
}
Range RivalRange(const SchoolId& school, PersonId rival) {
  return PrefixRange(OfPerson(school, 'r', rival));
}
Range AccountRange(const SchoolId& school) { return KindRange(school, 'a'); }
Range StatusIndexRange(const SchoolId& school, model::ListStatus status) {
  return ListRange(school, 's', static_cast<std::uint8_t>(status));
}
Range BucketIndexRange(const SchoolId& school, model::Bucket bucket) {
  return ListRange(school, 'b', static_cast<std::uint8_t>(bucket));
}

std::string GroupKey(const SchoolId& school, const Fingerprint& group) {
  return OfFingerprint(school, 'g', group);
}
std::string GroupNumberKey(const SchoolId& school, GroupId group) {
  return OfNumber(school, 'G', group.value());
}
std::string GroupDecisionKey(const SchoolId& school, const Fingerprint& group) {
  return OfFingerprint(school, 'w', group);
}
std::string EmailChoiceKey(const SchoolId& school, PersonId person) {
  return OfPerson(school, 'e', person);
}
std::string MatchDecisionKey(const SchoolId& school, PersonId person) {
  return OfPerson(school, 'm', person);
}
std::string FamilyExclusionKey(const SchoolId& school, FamilyId family) {
  return OfFamily(school, 'f', family);
}
std::string FamilyCountKey(const SchoolId& school, FamilyId family) {
  return OfFamily(school, 'n', family);
}
std::string FamilyUserKey(const SchoolId& school, FamilyId family, PersonId person) {
  std::string key = OfFamily(school, 'u', family);
  AppendPerson(key, person);
  return key;
}
std::string ForgottenKey(const SchoolId& school, PersonId person) {
  return OfPerson(school, 'k', person);
}
Range ForgottenRange(const SchoolId& school) { return KindRange(school, 'k'); }
Range GroupRange(const SchoolId& school) { return KindRange(school, 'g'); }
Range GroupNumberRange(const SchoolId& school) { return KindRange(school, 'G'); }
Range GroupDecisionRange(const SchoolId& school) { return KindRange(school, 'w'); }
Range EmailChoiceRange(const SchoolId& school) { return KindRange(school, 'e'); }
Range MatchDecisionRange(const SchoolId& school) { return KindRange(school, 'm'); }
Range FamilyExclusionRange(const SchoolId& school) { return KindRange(school, 'f'); }
Range FamilyCountRange(const SchoolId& school) { return KindRange(school, 'n'); }
Range FamilyUserRange(const SchoolId& school, FamilyId family) {
  return PrefixRange(OfFamily(school, 'u', family));
}

std::string PollKey(const SchoolId& school, PollId poll) {
  return OfNumber(school, 'p', poll.value());
}
std::string PlanKey(const SchoolId& school, PlanId plan) {
  return OfNumber(school, 'n', plan.value());
}
std::string PlanItemsKey(const SchoolId& school, PlanId plan, std::uint32_t chunk) {
  return OfTask(school, 'i', {plan, chunk});
}
std::string TaskKey(const SchoolId& school, TaskId task) { return OfTask(school, 't', task); }
std::string HeldTaskKey(const SchoolId& school, PersonId person) {
  return OfPerson(school, 'o', person);
}
std::string DeadTaskKey(const SchoolId& school, TaskId task) { return OfTask(school, 'x', task); }
Range PollRange(const SchoolId& school) { return KindRange(school, 'p'); }
Range PlanRange(const SchoolId& school) { return KindRange(school, 'n'); }
Range TaskRange(const SchoolId& school) { return KindRange(school, 't'); }
Range TaskRange(const SchoolId& school, PlanId plan) {
  return PrefixRange(OfNumber(school, 't', plan.value()));
}
Range HeldTaskRange(const SchoolId& school) { return KindRange(school, 'o'); }
Range DeadTaskRange(const SchoolId& school) { return KindRange(school, 'x'); }

std::string EntryKey(const SchoolId& school, Seq seq) { return OfNumber(school, 'e', seq.value()); }
std::string PersonEntryKey(const SchoolId& school, PersonId person, Seq seq) {
  std::string key = OfPerson(school, 'x', person);
  AppendBigEndian(key, seq.value(), kNumber);
  return key;
}
Range EntryRange(const SchoolId& school, Seq begin, Seq end) {
  return {EntryKey(school, begin), EntryKey(school, end)};
}
Range PersonEntryRange(const SchoolId& school) { return KindRange(school, 'x'); }
Range PersonEntryRange(const SchoolId& school, PersonId person) {
  return PrefixRange(OfPerson(school, 'x', person));
}

std::string ReplyKey(const SchoolId& school, const CommandId& command) {
  return Prefix(school, 'k') + command.value();
}
std::string ReplyExpiryKey(const SchoolId& school, Time at, const CommandId& command) {
  std::string key = Prefix(school, 'w');
  AppendTime(key, at);
  key += command.value();
  return key;
}
Range ReplyExpiryRange(const SchoolId& school, Time before) {
  Range range{Prefix(school, 'w'), Prefix(school, 'w')};
  AppendTime(range.end, before);
  return range;
}

Result<PersonId> PersonOfKey(std::string_view key) {
  const auto parts = Split(key);
  if (IsKind(parts, "cdvloemk") && parts->rest.size() == kNumber) return ReadPerson(parts->rest);
  if (IsKind(parts, "x") && parts->rest.size() == 2 * kNumber) {
    return ReadPerson(parts->rest.substr(0, kNumber));
  }
  if (IsKind(parts, "ru") && parts->rest.size() == 2 * kNumber) {
    return ReadPerson(parts->rest.substr(kNumber));
  }
  // List, sort name, zero, person; a sort name holds no zero byte.
  if (IsKind(parts, "sb") && parts->rest.size() >= 2 + kNumber &&
      parts->rest[parts->rest.size() - kNumber - 1] == '\0') {
    return ReadPerson(parts->rest.substr(parts->rest.size() - kNumber));
  }
  return BadKey();
}

Result<FamilyId> FamilyOfKey(std::string_view key) {
  const auto parts = Split(key);
  const std::size_t after = IsKind(parts, "u") ? kNumber : 0;
  if (!IsKind(parts, "fnu") || parts->rest.size() != kNumber + after) return BadKey();
  return FamilyId(ReadSigned(parts->rest.substr(0, kNumber)));
}

Result<Fingerprint> GroupOfKey(std::string_view key) {
  const auto parts = Split(key);
  if (!IsKind(parts, "gw") || parts->rest.size() != kFingerprint) return BadKey();
  return *Fingerprint::FromBytes(parts->rest);
}

Result<GroupId> GroupNumberOfKey(std::string_view key) {
  const auto parts = Split(key);
  if (!IsKind(parts, "G") || parts->rest.size() != kNumber) return BadKey();
  return GroupId(ReadBigEndian(parts->rest));
}

Result<AccountId> AccountOfKey(std::string_view key) {
  const auto parts = Split(key);
  if (!IsKind(parts, "a") || parts->rest.empty()) return BadKey();
  return AccountId(std::string(parts->rest));
}

Result<PollId> PollOfKey(std::string_view key) {
  const auto parts = Split(key);
  if (!IsKind(parts, "p") || parts->rest.size() != kNumber) return BadKey();
  return PollId(ReadBigEndian(parts->rest));
}

Result<PlanId> PlanOfKey(std::string_view key) {
  const auto parts = Split(key);
  if (!IsKind(parts, "n") || parts->rest.size() != kNumber) return BadKey();
  return PlanId(ReadBigEndian(parts->rest));
}

Result<TaskId> TaskOfKey(std::string_view key) {
  const auto parts = Split(key);
  if (!IsKind(parts, "tx") || parts->rest.size() != kNumber + kIndex) return BadKey();
  return TaskId{PlanId(ReadBigEndian(parts->rest.substr(0, kNumber))),
                static_cast<std::uint32_t>(ReadBigEndian(parts->rest.substr(kNumber)))};
}

Result<Seq> SeqOfKey(std::string_view key) {
  const auto parts = Split(key);
  const std::size_t before = IsKind(parts, "x") ? kNumber : 0;
  if (!IsKind(parts, "ex") || parts->rest.size() != before + kNumber) return BadKey();
  return Seq(ReadBigEndian(parts->rest.substr(before)));
}

Result<CommandId> CommandOfKey(std::string_view key) {
  const auto parts = Split(key);
  const std::size_t before = IsKind(parts, "w") ? kNumber : 0;
  if (!IsKind(parts, "kw") || parts->rest.size() <= before) return BadKey();
  return CommandId(std::string(parts->rest.substr(before)));
}

}  // namespace roster::store
