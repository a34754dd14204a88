#include "daemon/target/scim_write.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/base/text.h"
#include "daemon/target/scim_read.h"

namespace roster::target {
namespace {

using model::Field;
using model::FieldChange;
using nlohmann::json;

constexpr std::string_view kPatchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

std::string ExtensionPath(std::string_view attribute) {
  return std::string(kVolunteerSchema) + ":" + std::string(attribute);
}

tl::unexpected<Error> InvalidText() {
  return Fail(Code::kInvalid, "invalid-text",
              "A value of this task is no valid UTF-8. Nothing was written.");
}

bool AllText(const model::Task& task) {
  return IsValidUtf8(task.external_id) &&
         std::all_of(task.fields.begin(), task.fields.end(),
                     [](const FieldChange& change) { return IsValidUtf8(change.after); });
}

// A member by name without case (RFC 7643, 2.1); nullptr when absent.
json* FindMember(json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (SameName(it.key(), name)) return &it.value();
  }
  return nullptr;
}

std::string TextOf(json& element, std::string_view name) {
  if (element.is_string() && name == "value") return element.get<std::string>();
  json* member = FindMember(element, name);
  return member != nullptr && member->is_string() ? member->get<std::string>() : std::string();
}

bool IsPrimary(json& element) {
  json* primary = FindMember(element, "primary");
  return primary != nullptr && primary->is_boolean() && primary->get<bool>();
}

// Writes the value into an element that is there; what the site shows for the old value goes.
void Revalue(json& element, const std::string& value) {
  if (!element.is_object()) element = json::object();
  if (json* member = FindMember(element, "value")) {
    *member = value;
  } else {
    element["value"] = value;
  }
  for (auto it = element.begin(); it != element.end();) {
    it = SameName(it.key(), "display") ? element.erase(it) : std::next(it);
  }
}

// The array of a multi-valued attribute as the site has it.
json Elements(json& resource, std::string_view name) {
  json* elements = FindMember(resource, name);
  return elements != nullptr && elements->is_array() ? *elements : json::array();
}

// The element that ReadEmails takes for the e-mail; end when there is none.
json::iterator MainEmail(json& emails) {
  const auto has_value = [](json& element) { return !TextOf(element, "value").empty(); };
  const auto primary = std::find_if(emails.begin(), emails.end(), [&](json& element) {
    return has_value(element) && IsPrimary(element);
  });
  if (primary != emails.end()) return primary;
  return std::find_if(emails.begin(), emails.end(), has_value);
}

// Puts the address in the place of the present one; every other address stays.
void SetEmail(json& emails, const std::string& address) {
  if (const auto main = MainEmail(emails); main != emails.end()) {
    if (address.empty()) {
      emails.erase(main);
      return;
    }
    Revalue(*main, address);
    const auto place = main - emails.begin();
    // The same address further down would be there twice.
    for (auto i = static_cast<std::ptrdiff_t>(emails.size()); i-- > 0;) {
      json& element = emails[static_cast<std::size_t>(i)];
      if (i != place && EmailKey(TextOf(element, "value")) == EmailKey(address)) {
        emails.erase(static_cast<std::size_t>(i));
      }
    }
  } else if (!address.empty()) {
    emails.push_back({{"value", address}, {"primary", true}});
  }
}

void SetPhone(json& phones, std::string_view type, const std::string& number) {
  const auto found = std::find_if(phones.begin(), phones.end(), [&](json& phone) {
    return SameName(TextOf(phone, "type"), type) && !TextOf(phone, "value").empty();
  });
  if (found == phones.end()) {
    if (!number.empty()) phones.push_back({{"type", type}, {"value", number}});
  } else if (number.empty()) {
    phones.erase(found);
  } else {
    Revalue(*found, number);
  }
}

void AddOperation(json& operations, const std::string& path, const json& value) {
  const bool remove = value.is_array() ? value.empty() : value == "";
  if (remove) {
    operations.push_back({{"op", "remove"}, {"path", path}});
  } else {
    operations.push_back({{"op", "replace"}, {"path", path}, {"value", value}});
  }
}

void SetMember(json& user, Field field, const std::string& value) {
  switch (field) {
    case Field::kEmail:
      SetEmail(user["emails"], value);
      return;
    case Field::kGivenName:
      user["name"]["givenName"] = value;
      return;
    case Field::kMiddleName:
      user["name"]["middleName"] = value;
      return;
    case Field::kFamilyName:
      user["name"]["familyName"] = value;
      return;
    case Field::kHomePhone:
      SetPhone(user["phoneNumbers"], "home", value);
      return;
    case Field::kMobilePhone:
      SetPhone(user["phoneNumbers"], "mobile", value);
      return;
    case Field::kUserName:
    case Field::kNickName:
    case Field::kDisplayName:
      user[std::string(FieldWord(field))] = value;
      return;
    case Field::kSchool:
    case Field::kGrade:
    case Field::kGrouping:
    case Field::kRole:
      user[std::string(kVolunteerSchema)][std::string(FieldWord(field))] = value;
      return;
  }
}

json FieldOperations(const std::vector<FieldChange>& fields, json& resource) {
  json operations = json::array();
  std::optional<json> emails;
  std::optional<json> phones;
  for (const FieldChange& change : fields) {
    if (change.field == Field::kEmail) {
      if (!emails) emails = Elements(resource, "emails");
      SetEmail(*emails, change.after);
    } else if (change.field == Field::kHomePhone || change.field == Field::kMobilePhone) {
      if (!phones) phones = Elements(resource, "phoneNumbers");
      SetPhone(*phones, change.field == Field::kHomePhone ? "home" : "mobile", change.after);
    } else if (IsExtensionField(change.field)) {
      AddOperation(operations, ExtensionPath(FieldWord(change.field)), change.after);
    } else {
      AddOperation(operations, std::string(FieldWord(change.field)), change.after);
    }
  }
  if (emails) AddOperation(operations, "emails", *emails);
  if (phones) AddOperation(operations, "phoneNumbers", *phones);
  return operations;
}

}  // namespace

Result<std::string> CreateBody(const model::Task& task, bool has_extension) {
  if (!AllText(task)) return InvalidText();
  json user = {{"schemas", {kUserSchema}}, {"externalId", task.external_id}, {"active", true}};
  for (const FieldChange& change : task.fields) {
    if (change.after.empty() || (IsExtensionField(change.field) && !has_extension)) continue;
    SetMember(user, change.field, change.after);
    // userName is required (RFC 7643, 4.1.1); where nothing is mapped to it, the e-mail is the
    // login.
    if (change.field == Field::kEmail && !user.contains("userName")) {
      user["userName"] = change.after;
    }
  }
  if (user.contains(std::string(kVolunteerSchema))) user["schemas"].push_back(kVolunteerSchema);
  return user.dump();
}

Result<std::string> PatchBody(const model::Task& task, const Writing& writing,
                              const std::string& resource, Time now) {
  if (!AllText(task)) return InvalidText();
  json current = json::parse(resource, nullptr, /*allow_exceptions=*/false);
  if (!current.is_object()) {
    return Fail(Code::kInvalid, "site-malformed", "The site's answer is no account in JSON.");
  }
  json operations = FieldOperations(writing.fields, current);
  if (writing.external_id) AddOperation(operations, "externalId", task.external_id);
  if (writing.active) AddOperation(operations, "active", *writing.active);
  if (writing.invite) {
    // Whole seconds on the wire: one that differs from the last, so that its effect can be told.
    const Time later = task.invited_before.value_or(Time{}) + std::chrono::seconds(1);
    AddOperation(operations, ExtensionPath("invitedAt"), FormatTime(std::max(now, later)));
  }
  return json{{"schemas", {kPatchSchema}}, {"Operations", std::move(operations)}}.dump();
}

std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte >> 4U];
      encoded += kHex[byte & 15U];
    }
  }
  return encoded;
}

std::string ExternalIdFilter(std::string_view external_id) {
  const std::string value =
      json(external_id).dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
  return PercentEncoded("externalId eq " + value);
}

}  // namespace roster::target
