// Which entries a person asked for.

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "client/commands.h"
#include "client/event_text.h"

namespace roster::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::array<std::string_view, 4> kPersons = {"person", "persons", "holder", "left_out"};
constexpr std::array<std::string_view, 2> kPlans = {"plan", "undo_of"};

template <typename List>
bool IsOneOf(const List& names, const FieldDescriptor& field) {
  return std::find(names.begin(), names.end(), field.name()) != names.end();
}

// Any field of such a name, at any depth, has that value.
template <typename List>
bool Names(const Message& message, const List& names, std::uint64_t wanted) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      std::uint64_t value = 0;
      switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_MESSAGE:
          if (Names(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                         : reflection.GetMessage(message, field),
                    names, wanted)) {
            return true;
          }
          continue;
        case FieldDescriptor::CPPTYPE_INT64:
          value = static_cast<std::uint64_t>(field->is_repeated()
                                                 ? reflection.GetRepeatedInt64(message, field, i)
                                                 : reflection.GetInt64(message, field));
          break;
        case FieldDescriptor::CPPTYPE_UINT64:
          value = field->is_repeated() ? reflection.GetRepeatedUInt64(message, field, i)
                                       : reflection.GetUInt64(message, field);
          break;
        default:
          continue;
      }
      if (value == wanted && IsOneOf(names, *field)) return true;
    }
  }
  return false;
}

}  // namespace

bool Shows(const EntryFilter& filter, const v1::Entry& entry) {
  const auto& types = filter.types;
  if (!types.empty() && std::find(types.begin(), types.end(), EventName(entry)) == types.end()) {
    return false;
  }
  if (!filter.actor.empty() && entry.actor() != filter.actor) return false;
  if (filter.from && entry.at().seconds() < filter.from->seconds()) return false;
  if (filter.until && entry.at().seconds() > filter.until->seconds()) return false;
  if (filter.person != 0 && !Names(entry, kPersons, static_cast<std::uint64_t>(filter.person))) {
    return false;
  }
  return filter.plan == 0 || Names(entry, kPlans, filter.plan);
}

}  // namespace roster::client
