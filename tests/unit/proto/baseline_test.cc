// Wire and disk outlive the programs: what was frozen in proto/baseline is still there, with the
// same numbers, names and types. Fields may be added; a removed one must be reserved.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <fstream>

#include "roster/store/v1/store.pb.h"
#include "roster/v1/control.pb.h"
#include "roster/v1/events.pb.h"
#include "roster/v1/journal.pb.h"
#include "roster/v1/tasks.pb.h"

namespace roster {
namespace {

namespace pb = google::protobuf;

void CompareEnum(const pb::EnumDescriptorProto& frozen, const std::string& scope) {
  const auto* now = pb::DescriptorPool::generated_pool()->FindEnumTypeByName(scope + frozen.name());
  ASSERT_NE(now, nullptr) << scope << frozen.name();
  for (const auto& value : frozen.value()) {
    const auto* found = now->FindValueByNumber(value.number());
    ASSERT_NE(found, nullptr) << now->full_name() << "." << value.name();
    EXPECT_EQ(found->name(), value.name()) << now->full_name();
  }
}

void CompareMessage(const pb::DescriptorProto& frozen, const std::string& scope) {
  const std::string name = scope + frozen.name();
  const auto* now = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  ASSERT_NE(now, nullptr) << name;
  for (const auto& field : frozen.field()) {
    const auto* found = now->FindFieldByNumber(field.number());
    if (found == nullptr) {
      EXPECT_TRUE(now->IsReservedNumber(field.number()))
          << name << "." << field.name() << " is gone and its number not reserved";
      continue;
    }
    EXPECT_EQ(found->name(), field.name()) << name;
    EXPECT_EQ(static_cast<int>(found->type()), static_cast<int>(field.type()))
        << name << "." << field.name();
    EXPECT_EQ(static_cast<int>(found->label()), static_cast<int>(field.label()))
        << name << "." << field.name();
    if (!field.type_name().empty()) {
      const std::string type = found->message_type() != nullptr ? found->message_type()->full_name()
                                                                : found->enum_type()->full_name();
      EXPECT_EQ("." + type, field.type_name()) << name << "." << field.name();
    }
  }
  for (const auto& nested : frozen.nested_type()) {
    if (!nested.options().map_entry()) CompareMessage(nested, name + ".");
  }
  for (const auto& nested : frozen.enum_type()) CompareEnum(nested, name + ".");
}

void CompareAll(const std::string& file) {
  std::ifstream stream(std::string(ROSTER_BASELINE_DIR) + "/" + file, std::ios::binary);
  pb::FileDescriptorSet set;
  ASSERT_TRUE(set.ParseFromIstream(&stream)) << file;
  std::size_t messages = 0;
  for (const auto& frozen : set.file()) {
    if (frozen.package().rfind("roster.", 0) != 0) continue;
    for (const auto& message : frozen.message_type()) {
      CompareMessage(message, frozen.package() + ".");
      ++messages;
    }
    for (const auto& one : frozen.enum_type()) CompareEnum(one, frozen.package() + ".");
  }
  EXPECT_GT(messages, 10U) << file << " holds nothing to compare";
}

TEST(Proto, TheWireStillIsWhatWasFrozen) {
  pb::LinkMessageReflection<v1::Request>();
  pb::LinkMessageReflection<v1::WorkerRequest>();
  pb::LinkMessageReflection<v1::Beat>();
  pb::LinkMessageReflection<v1::Entry>();
  for (const char* file : {"wire-1.binpb", "wire-2.binpb"}) CompareAll(file);
}

TEST(Proto, TheDiskStillIsWhatWasFrozen) {
  pb::LinkMessageReflection<store::v1::Change>();
  for (const char* file : {"disk-1.binpb", "disk-2.binpb"}) CompareAll(file);
}

}  // namespace
}  // namespace roster
