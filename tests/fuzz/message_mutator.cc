#include "tests/fuzz/message_mutator.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/random.h"
#include "tests/fuzz/fuzz.h"

// Of libFuzzer, or of replay.cc.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace roster::fuzz {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kNodesMax = 500;
constexpr std::size_t kTextMax = 2'048;

class Mutator {
 public:
  explicit Mutator(unsigned int seed) : random_(seed) {}

  void Change(Message& message) {
    for (std::uint64_t left = 1 + Below(3); left > 0; --left) {
      std::vector<Message*> nodes;
      Collect(message, nodes);
      ChangeOne(*nodes[Below(nodes.size())]);
    }
  }

 private:
  std::uint64_t Below(std::uint64_t limit) { return random_.Next() % limit; }

  // The message and those in it.
  void Collect(Message& message, std::vector<Message*>& nodes) {
    if (nodes.size() >= kNodesMax) return;
    nodes.push_back(&message);
    const Reflection& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      if (!field->is_repeated()) {
        Collect(*reflection.MutableMessage(&message, field), nodes);
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Collect(*reflection.MutableRepeatedMessage(&message, field, i), nodes);
      }
    }
  }

  void ChangeOne(Message& message) {
    const Descriptor& type = *message.GetDescriptor();
    if (type.field_count() == 0) return;
    const FieldDescriptor& field =
        *type.field(static_cast<int>(Below(static_cast<std::uint64_t>(type.field_count()))));
    if (field.is_repeated()) {
      ChangeList(message, field);
    } else if (Below(8) == 0) {
      message.GetReflection()->ClearField(&message, &field);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message& inner = *message.GetReflection()->MutableMessage(&message, &field);
      if (Below(2) == 0) ChangeOne(inner);
    } else {
      Set(message, field);
    }
  }

  void ChangeList(Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    const auto any = [&] { return static_cast<int>(Below(static_cast<std::uint64_t>(size))); };
    switch (size == 0 ? 0 : Below(6)) {
      case 1:
        reflection.RemoveLast(&message, &field);
        return;
      case 2:
        reflection.SwapElements(&message, &field, any(), any());
        return;
      case 3:
        if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_map()) {
          const std::unique_ptr<Message> copy(
              reflection.GetRepeatedMessage(message, &field, any()).New());
          copy->CopyFrom(reflection.GetRepeatedMessage(message, &field, any()));
          for (std::uint64_t left = 1 + Below(20); left > 0; --left) {
            reflection.AddMessage(&message, &field)->CopyFrom(*copy);
          }
          return;
        }
        break;
      case 4:
        reflection.ClearField(&message, &field);
        return;
      default:
        break;
    }
    Add(message, field);
  }

  std::int64_t Number() {
    static constexpr std::int64_t kLimits[] = {std::numeric_limits<std::int64_t>::min(),
                                               std::numeric_limits<std::int64_t>::max(),
                                               std::numeric_limits<std::int32_t>::min(),
                                               std::numeric_limits<std::int32_t>::max(),
                                               std::numeric_limits<std::uint32_t>::max(),
                                               -1,
                                               0,
                                               1'000,
                                               1'001,
                                               10'000,
                                               999'999'999,
                                               1'000'000'000,
                                               253'402'300'799,
                                               253'402'300'800};
    switch (Below(4)) {
      case 0:
        return kLimits[Below(std::size(kLimits))];
      case 1:
        return static_cast<std::int64_t>(random_.Next() >> Below(64));
      default:
        return static_cast<std::int64_t>(Below(24));
    }
  }

  double Share() {
    static constexpr double kShares[] = {0,
                                         0.5,
                                         1,
                                         -1,
                                         1e308,
                                         std::numeric_limits<double>::infinity(),
                                         std::numeric_limits<double>::quiet_NaN(),
                                         5e-324};
    return kShares[Below(std::size(kShares))];
  }

  // `text`: what stands there now.
  std::string Text(std::string text, bool bytes) {
    static const std::vector<std::string> kWords = {"",
                                                    "tcs",
                                                    "c1",
                                                    std::string(kMarker),
                                                    std::string(kMarker) + "@example.org",
                                                    "email",
                                                    "name.givenName",
                                                    "grade",
                                                    "in-step",
                                                    "duplicate-email",
                                                    "invalid",
                                                    "a\x1b[31mb",
                                                    "line\nline",
                                                    "\u202ewolla",
                                                    "\u0085",
                                                    "e\u0301",
                                                    "\U0001F600",
                                                    "美咲",
                                                    std::string(32, '\0'),
                                                    std::string(16, 'f'),
                                                    std::string(64, 'x'),
                                                    std::string(65, 'x'),
                                                    std::string(1001, 'y')};
    switch (Below(4)) {
      case 0:
        return kWords[Below(kWords.size())];
      case 1:
        return text + kWords[Below(kWords.size())];
      default:
        break;
    }
    const std::size_t size = std::min(text.size(), kTextMax);
    text.resize(kTextMax);
    text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, kTextMax));
    if (!bytes && Below(4) != 0) {
      // A text that is no UTF-8 is refused as a whole, so most are.
      for (char& c : text) c = static_cast<char>(static_cast<unsigned char>(c) & 0x7FU);
    }
    return text;
  }

  void Set(Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, &field, static_cast<std::int32_t>(Number()));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, &field, Number());
      case FieldDescriptor::CPPTYPE_UINT32:
        return reflection.SetUInt32(&message, &field, static_cast<std::uint32_t>(Number()));
      case FieldDescriptor::CPPTYPE_UINT64:
        return reflection.SetUInt64(&message, &field, static_cast<std::uint64_t>(Number()));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection.SetDouble(&message, &field, Share());
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.SetFloat(&message, &field, static_cast<float>(Share()));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.SetBool(&message, &field, Below(2) == 0);
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.SetEnumValue(&message, &field, static_cast<int>(Number()));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&message, &field,
                                    Text(reflection.GetString(message, &field), IsBytes(field)));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        ChangeOne(*reflection.MutableMessage(&message, &field));
    }
  }

  void Add(Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.AddInt32(&message, &field, static_cast<std::int32_t>(Number()));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.AddInt64(&message, &field, Number());
      case FieldDescriptor::CPPTYPE_UINT32:
        return reflection.AddUInt32(&message, &field, static_cast<std::uint32_t>(Number()));
      case FieldDescriptor::CPPTYPE_UINT64:
        return reflection.AddUInt64(&message, &field, static_cast<std::uint64_t>(Number()));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection.AddDouble(&message, &field, Share());
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.AddFloat(&message, &field, static_cast<float>(Share()));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.AddBool(&message, &field, Below(2) == 0);
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.AddEnumValue(&message, &field, static_cast<int>(Number()));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.AddString(&message, &field, Text("", IsBytes(field)));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        ChangeOne(*reflection.AddMessage(&message, &field));
    }
  }

  static bool IsBytes(const FieldDescriptor& field) {
    return field.type() == FieldDescriptor::TYPE_BYTES;
  }

  SeededRandom random_;
};

}  // namespace

std::size_t MutateMessage(const Message& prototype, std::uint8_t* data, std::size_t size,
                          std::size_t size_max, unsigned int seed) {
  if (seed % 16 == 0) return LLVMFuzzerMutate(data, size, size_max);
  const std::unique_ptr<Message> message(prototype.New());
  // What can't be read is lost; what could be read so far stays.
  static_cast<void>(message->ParsePartialFromArray(data, static_cast<int>(size)));
  Mutator(seed / 16).Change(*message);
  const std::string changed = message->SerializePartialAsString();
  if (changed.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
  std::memcpy(data, changed.data(), changed.size());
  return changed.size();
}

}  // namespace roster::fuzz
