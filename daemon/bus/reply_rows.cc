#include "daemon/bus/reply_rows.h"

#include <google/protobuf/message.h>

#include <algorithm>

#include "roster/v1/control.pb.h"

namespace roster::bus {
namespace {

namespace wire = ::roster::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsIn(const std::vector<PersonId>& persons, std::int64_t person) {
  return std::find(persons.begin(), persons.end(), PersonId(person)) != persons.end();
}

// True when something was removed.
bool Clear(Message& message, const std::vector<PersonId>& persons);

bool ClearRow(wire::UserRow& row, const std::vector<PersonId>& persons) {
  if (!IsIn(persons, row.person())) return false;
  const std::int64_t person = row.person();
  row.Clear();
  row.set_person(person);
  return true;
}

bool ClearGroup(wire::GroupRow& group, const std::vector<PersonId>& persons) {
  bool cleared = false;
  for (wire::UserRow& row : *group.mutable_members()) cleared = ClearRow(row, persons) || cleared;
  if (cleared) group.clear_address();
  return cleared;
}

bool Clear(Message& message, const std::vector<PersonId>& persons) {
  if (message.GetDescriptor() == wire::UserRow::descriptor()) {
    return ClearRow(static_cast<wire::UserRow&>(message), persons);
  }
  if (message.GetDescriptor() == wire::GroupRow::descriptor()) {
    return ClearGroup(static_cast<wire::GroupRow&>(message), persons);
  }
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  bool cleared = false;
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      cleared = Clear(*reflection.MutableMessage(&message, field), persons) || cleared;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      cleared = Clear(*reflection.MutableRepeatedMessage(&message, field, i), persons) || cleared;
    }
  }
  return cleared;
}

}  // namespace

std::optional<std::string> WithoutPersons(std::string_view reply,
                                          const std::vector<PersonId>& persons) {
  wire::Reply parsed;
  if (!parsed.ParseFromArray(reply.data(), static_cast<int>(reply.size()))) return std::string();
  if (!Clear(parsed, persons)) return std::nullopt;
  return parsed.SerializeAsString();
}

}  // namespace roster::bus
