#include "client/words.h"

#include <cctype>

#include "roster/v1/journal.pb.h"

namespace roster::client {
namespace {

std::string FromName(std::string_view name) {
  for (const std::string_view prefix : {"STATUS_", "TO_", "CLASS_", "GUARD_", "GROUP_"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  std::string word;
  for (const char letter : name) {
    word += letter == '_' ? '-' : static_cast<char>(std::tolower(letter));
  }
  return word;
}

}  // namespace

std::string WordOf(const google::protobuf::EnumDescriptor* descriptor, int number) {
  if (number == 0) return "";
  const auto* value = descriptor->FindValueByNumber(number);
  return value == nullptr ? std::to_string(number) : FromName(value->name());
}

std::vector<std::string> WordsOf(const google::protobuf::EnumDescriptor* descriptor) {
  std::vector<std::string> words;
  for (int i = 0; i < descriptor->value_count(); ++i) {
    if (descriptor->value(i)->number() != 0)
      words.push_back(FromName(descriptor->value(i)->name()));
  }
  return words;
}

std::optional<int> NumberOf(const google::protobuf::EnumDescriptor* descriptor,
                            std::string_view word) {
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const auto* value = descriptor->value(i);
    if (value->number() != 0 && FromName(value->name()) == word) return value->number();
  }
  return std::nullopt;
}

std::vector<std::string> EventNames() {
  std::vector<std::string> names;
  const auto* events = roster::v1::Entry::descriptor()->FindOneofByName("event");
  names.reserve(static_cast<std::size_t>(events->field_count()));
  for (int i = 0; i < events->field_count(); ++i) {
    names.push_back(events->field(i)->message_type()->name());
  }
  return names;
}

}  // namespace roster::client
