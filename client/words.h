#pragma once

// The words of the screen for the enums of the wire, taken from the enums themselves:
// FOUND_ARCHIVED is "found-archived", STATUS_NEW is "new", TO_ADD is "add", CLASS_EMAIL_CHANGE is
// "email-change".

#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roster::client {

// "" for zero; the number for one that this client does not know.
std::string WordOf(const google::protobuf::EnumDescriptor* descriptor, int number);
// All but zero, in order.
std::vector<std::string> WordsOf(const google::protobuf::EnumDescriptor* descriptor);
std::optional<int> NumberOf(const google::protobuf::EnumDescriptor* descriptor,
                            std::string_view word);

template <typename Enum>
std::string Word(Enum value) {
  return WordOf(google::protobuf::GetEnumDescriptor<Enum>(), static_cast<int>(value));
}

template <typename Enum>
std::vector<std::string> AllWords() {
  return WordsOf(google::protobuf::GetEnumDescriptor<Enum>());
}

template <typename Enum>
std::optional<Enum> FromWord(std::string_view word) {
  const auto number = NumberOf(google::protobuf::GetEnumDescriptor<Enum>(), word);
  if (!number) return std::nullopt;
  return static_cast<Enum>(*number);
}

// "PollCompleted", ...: the events of the journal, in the order of journal.proto.
std::vector<std::string> EventNames();

}  // namespace roster::client
