#pragma once

// What the parts of the codec share. Of this folder alone.

#include <google/protobuf/message_lite.h>
#include <google/protobuf/repeated_field.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/change.h"
#include "daemon/model/field.h"
#include "daemon/model/plan.h"
#include "daemon/model/settings.h"
#include "roster/store/v1/store.pb.h"

namespace roster::store {

namespace disk = ::roster::store::v1;

// Deterministic.
void AppendMessage(const google::protobuf::MessageLite& message, std::string& bytes);
std::string Serialize(const google::protobuf::MessageLite& message);

inline std::int64_t Micros(Time time) { return time.time_since_epoch().count(); }
inline Time FromMicros(std::int64_t micros) { return Time(Duration(micros)); }

template <typename Enum>
std::uint32_t Number(Enum value) {
  return static_cast<std::uint32_t>(value);
}

// Goes through a value that was read, and remembers whether all of it made sense.
class Sound {
 public:
  // `what` for the message: "a change". A literal.
  explicit Sound(std::string_view what) : what_(what) {}

  void Require(bool condition) { ok_ = ok_ && condition; }
  void Parse(std::string_view bytes, google::protobuf::MessageLite& message);

  template <typename Enum>
  Enum Between(std::uint32_t number, Enum first, Enum last) {
    Require(number >= Number(first) && number <= Number(last));
    return ok_ ? static_cast<Enum>(number) : first;
  }
  model::Reason ReasonOf(std::uint32_t number);
  model::Field FieldOf(std::uint32_t number);
  Digest DigestOf(std::string_view bytes);
  Fingerprint FingerprintOf(std::string_view bytes);
  // Of the years 1 to 9999, as a Timestamp can say it: reckoning with it can't overflow.
  Time TimeOf(std::int64_t micros);

  // The value, or Corrupt "bad-value".
  template <typename Value>
  Result<Value> Finish(Value value) const {
    if (!ok_) return tl::unexpected<Error>(BadValue());
    return value;
  }

 private:
  Error BadValue() const;

  std::string_view what_;
  bool ok_ = true;
};

void Put(const model::Fields& fields, google::protobuf::RepeatedPtrField<disk::FieldValue>& out);
model::Fields GetFields(const google::protobuf::RepeatedPtrField<disk::FieldValue>& in,
                        Sound& sound);

void Put(const std::vector<model::FieldChange>& fields,
         google::protobuf::RepeatedPtrField<disk::FieldChange>& out);
std::vector<model::FieldChange> GetFieldChanges(
    const google::protobuf::RepeatedPtrField<disk::FieldChange>& in, Sound& sound);

// By number: [Enum].
template <std::size_t N>
void PutArray(const std::uint64_t (&numbers)[N],
              google::protobuf::RepeatedField<std::uint64_t>& out) {
  out.Add(std::begin(numbers), std::end(numbers));
}
// A shorter one was written before the list of words grew.
template <std::size_t N>
void GetArray(const google::protobuf::RepeatedField<std::uint64_t>& in, std::uint64_t (&numbers)[N],
              Sound& sound) {
  const auto size = static_cast<std::size_t>(in.size());
  sound.Require(size <= N);
  std::copy_n(in.begin(), std::min(size, N), numbers);
}

// The ids of a list: persons, families.
template <typename Id>
void PutIds(const std::vector<Id>& ids, google::protobuf::RepeatedField<std::int64_t>& out) {
  out.Reserve(static_cast<int>(ids.size()));
  for (const Id id : ids) out.Add(id.value());
}
template <typename Id>
std::vector<Id> GetIds(const google::protobuf::RepeatedField<std::int64_t>& in) {
  std::vector<Id> ids;
  ids.reserve(static_cast<std::size_t>(in.size()));
  for (const std::int64_t id : in) ids.emplace_back(id);
  return ids;
}

using WordCounts = std::vector<std::pair<std::string, std::uint64_t>>;
void Put(const WordCounts& words, google::protobuf::RepeatedPtrField<disk::WordCount>& out);
WordCounts GetWordCounts(const google::protobuf::RepeatedPtrField<disk::WordCount>& in);

// `Numbers` is a repeated number or enum.
template <typename Numbers>
void PutGuards(const std::vector<model::GuardKind>& guards, Numbers& out) {
  using Number = typename Numbers::value_type;
  for (const model::GuardKind guard : guards) out.Add(static_cast<Number>(guard));
}
template <typename Numbers>
std::vector<model::GuardKind> GetGuards(const Numbers& in, Sound& sound) {
  std::vector<model::GuardKind> guards;
  guards.reserve(static_cast<std::size_t>(in.size()));
  for (const auto number : in) {
    guards.push_back(sound.Between(static_cast<std::uint32_t>(number), model::GuardKind::kAdd,
                                   model::GuardKind::kMissing));
  }
  return guards;
}

void Put(const model::Tally& tally, disk::Tally& out);
model::Tally GetTally(const disk::Tally& in, Sound& sound);

// The wire's and the disk's TaskCounts are alike.
template <typename Message>
void PutCounts(const model::TaskCounts& counts, Message& out) {
  out.set_queued(counts.queued);
  out.set_leased(counts.leased);
  out.set_unknown(counts.unknown);
  out.set_applied(counts.applied);
  out.set_dead(counts.dead);
  out.set_superseded(counts.superseded);
  out.set_resting(counts.resting);
}
template <typename Message>
model::TaskCounts GetCounts(const Message& in) {
  return {in.queued(), in.leased(),     in.unknown(), in.applied(),
          in.dead(),   in.superseded(), in.resting()};
}

}  // namespace roster::store
