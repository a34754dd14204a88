#pragma once

// What the codecs of this folder share: the nouns of roster.v1 to and from the model. Of this
// folder alone. The numbers of the wire's enums are those of the model; tests compare them.

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/request.h"
#include "roster/v1/control.pb.h"
#include "roster/v1/tasks.pb.h"
#include "roster/v1/types.pb.h"

namespace roster::bus {

namespace wire = ::roster::v1;

inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kIdMax = 64;       // bytes of a request's or command's id
inline constexpr std::size_t kSchoolMax = 32;   // bytes
inline constexpr std::size_t kWorkerMax = 128;  // bytes
inline constexpr std::string_view kBadRequest = "bad-request";

std::string Serialize(const google::protobuf::MessageLite& message);  // deterministic
bool Parse(std::string_view bytes, google::protobuf::MessageLite& message);

// Remembers the first thing that is wrong with a message.
class Checker {
 public:
  // `what` is for people: what is wrong, and what to do where that is not plain. `reason` is the
  // stable word of the error.
  void Require(bool condition, std::string_view what, std::string_view reason = kBadRequest) {
    if (condition || !wrong_.empty()) return;
    wrong_ = what;
    reason_ = reason;
  }
  template <typename Enum>
  Enum Between(int number, Enum first, Enum last, std::string_view what) {
    const bool inside = number >= static_cast<int>(first) && number <= static_cast<int>(last);
    Require(inside, what);
    return inside ? static_cast<Enum>(number) : first;
  }
  bool ok() const { return wrong_.empty(); }
  const std::string& wrong() const { return wrong_; }
  const std::string& reason() const { return reason_; }

 private:
  std::string wrong_;
  std::string reason_;
};

Error NotAMessage();
Error UnknownVersion(std::uint32_t version);

bool IsSchool(std::string_view id);  // [a-z0-9-]{1,32}

void Put(Time time, google::protobuf::Timestamp& out);
Time Get(const google::protobuf::Timestamp& in, Checker& checker);
void Put(Duration duration, google::protobuf::Duration& out);
// 0 to a year.
Duration Get(const google::protobuf::Duration& in, Checker& checker);

template <typename Message, typename Enum>
Message As(Enum value) {
  return static_cast<Message>(static_cast<int>(value));
}

void Put(const std::vector<model::FieldChange>& fields,
         google::protobuf::RepeatedPtrField<wire::FieldChange>& out);
std::vector<model::FieldChange> Get(const google::protobuf::RepeatedPtrField<wire::FieldChange>& in,
                                    Checker& checker);

// Words and how often, in the order given.
void Put(const std::vector<std::pair<std::string, std::uint64_t>>& counts,
         google::protobuf::RepeatedPtrField<wire::Count>& out);
void Put(const std::vector<model::Hold>& holds,
         google::protobuf::RepeatedPtrField<wire::Hold>& out);
void Put(const model::Tally& tally, wire::Counters& out);
void Put(const model::TaskCounts& counts, wire::TaskCounts& out);
void Put(const model::Plan& plan, wire::Plan& out);
void Put(const model::Poll& poll, wire::Poll& out);
void Put(const model::UserRow& row, wire::UserRow& out);
void Put(const model::TaskRow& row, wire::TaskRow& out);
void Put(const Error& error, wire::Error& out);
// kInvalid "bad-reply" is what a code of an unknown word becomes.
Error Get(const wire::Error& in);

}  // namespace roster::bus
