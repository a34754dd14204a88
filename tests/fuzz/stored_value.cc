// A value from the disk, of each kind: damage is an error with words, never a crash, and what is
// read is what would be written again. What was read can be told to a client.
//
// The first byte chooses the kind, the rest is the value.

#include <cstring>
#include <optional>

#include "daemon/bus/control_codec.h"
#include "daemon/journal/journal.h"
#include "daemon/store/codec.h"
#include "roster/store/v1/store.pb.h"
#include "roster/v1/journal.pb.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message_mutator.h"

namespace roster::fuzz {
namespace {

namespace disk = ::roster::store::v1;

const PersonId kPerson(7);
const FamilyId kFamily(9);
const PollId kPoll(3);
const PlanId kPlan(4);
const TaskId kTask{PlanId(4), 2};

// Decodes; what decodes must be the same after another round.
template <typename Decode, typename Encode>
auto Round(std::string_view bytes, const Decode& decode, const Encode& encode) {
  auto value = decode(bytes);
  using Value = std::decay_t<decltype(*value)>;
  if (!value) {
    Expect(value.error().code == Code::kCorrupt, "Damage is not called corrupt.");
    ExpectError(value.error(), {"bad-value"});
    return std::optional<Value>();
  }
  const std::string again = encode(*value);
  const auto second = decode(again);
  Expect(second.has_value(), "What was written can't be read.");
  Expect(encode(*second) == again, "What was read is not what was written.");
  return std::optional<Value>(std::move(*value));
}

void Tell(const model::ReplyBody& body) {
  Expect(!bus::EncodeReply("r", body).empty(), "A reply is empty.");
}

void Change(std::string_view bytes) {
  const auto change = Round(
      bytes, [](std::string_view b) { return store::DecodeChange(kPerson, b); },
      store::EncodeChange);
  const auto peeked = store::PeekFingerprint(bytes);
  if (!change) return;
  Expect(peeked.has_value(), "A change is read, and its fingerprint is not.");
  model::UserPage page;
  page.rows.emplace_back().change = *change;
  Tell(page);
}

void Group(std::string_view bytes) {
  const auto group = Round(
      bytes, [](std::string_view b) { return store::DecodeGroup(Fingerprint{}, b); },
      store::EncodeGroup);
  if (!group) return;
  model::GroupPage page;
  page.rows.emplace_back().group = *group;
  Tell(page);
}

void Poll(std::string_view bytes) {
  const auto poll = Round(
      bytes, [](std::string_view b) { return store::DecodePoll(kPoll, b); }, store::EncodePoll);
  if (poll) Tell(model::PollReply{*poll});
}

void Plan(std::string_view bytes) {
  const auto plan = Round(
      bytes, [](std::string_view b) { return store::DecodePlan(kPlan, b); }, store::EncodePlan);
  if (plan) Tell(model::PlanReply{*plan});
}

void Task(std::string_view bytes) {
  const auto task = Round(
      bytes, [](std::string_view b) { return store::DecodeTask(kTask, b); }, store::EncodeTask);
  if (!task) return;
  model::TaskPage page;
  page.rows.emplace_back().task = *task;
  Tell(page);
}

void HeldTask(std::string_view bytes) {
  Round(bytes, store::DecodeHeldTask, [](const std::pair<TaskId, bool>& held) {
    return store::EncodeHeldTask(held.first, held.second);
  });
}

void KeptReply(std::string_view bytes) {
  const auto kept = Round(bytes, store::DecodeKeptReply, store::EncodeKeptReply);
  if (kept) bus::RelabelReply(kept->reply, "r");
}

void Entry(std::string_view bytes) {
  const auto entry = Round(bytes, store::DecodeEntry, store::EncodeEntry);
  if (entry) journal::Tell(*entry, kPerson);
}

template <auto DecodeIt, auto EncodeIt>
void Plain(std::string_view bytes) {
  Round(bytes, DecodeIt, EncodeIt);
}

template <auto DecodeIt, auto EncodeIt>
void OfPerson(std::string_view bytes) {
  Round(
      bytes, [](std::string_view b) { return DecodeIt(kPerson, b); }, EncodeIt);
}

template <auto DecodeIt, auto EncodeIt>
void OfFamily(std::string_view bytes) {
  Round(
      bytes, [](std::string_view b) { return DecodeIt(kFamily, b); }, EncodeIt);
}

void OfGroup(std::string_view bytes) {
  Round(
      bytes, [](std::string_view b) { return store::DecodeGroupDecision(Fingerprint{}, b); },
      store::EncodeGroupDecision);
}

struct Kind {
  void (*check)(std::string_view) = nullptr;
  const google::protobuf::Message* shape = nullptr;  // null: plain bytes
};

// In the corpus by number: add at the end.
const std::vector<Kind>& Kinds() {
  using namespace store;
  static const std::vector<Kind> kinds = {
      {Plain<DecodeFormat, EncodeFormat>, &disk::Format::default_instance()},
      {Plain<DecodeSchoolHead, EncodeSchoolHead>, &disk::SchoolHead::default_instance()},
      {Plain<DecodeQuota, EncodeQuota>, &disk::Quota::default_instance()},
      {Change, &disk::Change::default_instance()},
      {Group, &disk::DuplicateGroup::default_instance()},
      {Plain<DecodeFingerprint, EncodeFingerprint>, nullptr},
      {Plain<DecodePlacement, EncodePlacement>, &disk::Placement::default_instance()},
      {OfPerson<DecodeLink, EncodeLink>, &disk::Link::default_instance()},
      {OfPerson<DecodeDecision, EncodeDecision>, &disk::Decision::default_instance()},
      {OfGroup, &disk::GroupDecision::default_instance()},
      {OfPerson<DecodeEmailChoice, EncodeEmailChoice>, &disk::EmailChoice::default_instance()},
      {OfPerson<DecodeMatchDecision, EncodeMatchDecision>,
       &disk::MatchDecision::default_instance()},
      {OfFamily<DecodeFamilyExclusion, EncodeFamilyExclusion>,
       &disk::FamilyExclusion::default_instance()},
      {OfFamily<DecodeFamilyCount, EncodeFamilyCount>, &disk::FamilyCount::default_instance()},
      {Plain<DecodePerson, EncodePerson>, nullptr},
      {Poll, &disk::Poll::default_instance()},
      {Plan, &disk::Plan::default_instance()},
      {Plain<DecodePlanItems, EncodePlanItems>, &disk::PlanItems::default_instance()},
      {Task, &disk::Task::default_instance()},
      {HeldTask, nullptr},
      {KeptReply, &disk::KeptReply::default_instance()},
      {Entry, &::roster::v1::Entry::default_instance()},
  };
  return kinds;
}

}  // namespace
}  // namespace roster::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roster::fuzz;
  if (size == 0) return 0;
  Kinds()[data[0] % Kinds().size()].check(Bytes(data + 1, size - 1));
  return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  using namespace roster::fuzz;
  if (size == 0 || seed % 64 == 1) return LLVMFuzzerMutate(data, size, size_max);
  const auto* shape = Kinds()[data[0] % Kinds().size()].shape;
  if (shape == nullptr) return 1 + LLVMFuzzerMutate(data + 1, size - 1, size_max - 1);
  return 1 + MutateMessage(*shape, data + 1, size - 1, size_max - 1, seed);
}
