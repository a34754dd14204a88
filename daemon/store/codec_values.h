#pragma once

// What the parts of the codec share. Of this folder alone.

#include <google/protobuf/message_lite.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/digest.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/change.h"
#include "daemon/model/field.h"
#include "daemon/model/plan.h"
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
}
template <typename Message>
model::TaskCounts GetCounts(const Message& in) {
  return {in.queued(), in.leased(), in.unknown(), in.applied(), in.dead(), in.superseded()};
}

}  // namespace roster::store
