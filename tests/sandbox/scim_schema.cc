#include "tests/sandbox/scim_schema.h"

namespace roster::sandbox {
namespace {

using enum ScimType;

constexpr Attribute kNameParts[] = {
    {"formatted"},  {"familyName"},      {"givenName"},
    {"middleName"}, {"honorificPrefix"}, {"honorificSuffix"},
};
constexpr Attribute kMultiParts[] = {
    {"value"},
    {"display"},
    {"type"},
    {"primary", kBoolean},
};
constexpr Attribute kMetaParts[] = {
    {"resourceType", kString, false, true},   {"created", kDateTime, false, true},
    {"lastModified", kDateTime, false, true}, {"location", kString, false, true},
    {"version", kString, false, true},
};

// Roles are given on the site, by its owner: never by a sync.
constexpr Attribute kUserAttributes[] = {
    {"id", kString, false, true},
    {"externalId"},
    {"userName"},
    {"name", kComplex, false, false, kNameParts},
    {"displayName"},
    {"nickName"},
    {"title"},
    {"userType"},
    {"preferredLanguage"},
    {"locale"},
    {"timezone"},
    {"active", kBoolean},
    {"emails", kComplex, true, false, kMultiParts},
    {"phoneNumbers", kComplex, true, false, kMultiParts},
    {"roles", kComplex, true, true, kMultiParts},
    {"meta", kComplex, false, true, kMetaParts},
};

constexpr Attribute kVolunteerAttributes[] = {
    {"grouping"},
    {"school"},
    {"grade"},
    {"role"},
    {"lastAccessedAt", kDateTime, false, true},
    {"invitedAt", kDateTime},
};

bool StartsWithNoCase(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && EqualNoCase(text.substr(0, start.size()), start);
}

std::string_view TypeName(ScimType type) {
  switch (type) {
    case kString:
      return "string";
    case kBoolean:
      return "boolean";
    case kDateTime:
      return "dateTime";
    case kComplex:
      return "complex";
  }
  return "";
}

Json ToJson(const Attribute& attribute) {
  const bool exact =
      attribute.name == "id" || attribute.name == "externalId" || attribute.type == kDateTime;
  Json json = {
      {"name", attribute.name},
      {"type", TypeName(attribute.type)},
      {"multiValued", attribute.multiple},
      {"required", attribute.name == "userName"},
      {"caseExact", exact},
      {"mutability", attribute.read_only ? "readOnly" : "readWrite"},
      {"returned", attribute.name == "id" ? "always" : "default"},
      {"uniqueness", attribute.name == "userName" || attribute.name == "id" ? "server" : "none"}};
  for (const Attribute& part : attribute.parts) json["subAttributes"].push_back(ToJson(part));
  return json;
}

Json Schema(std::string_view urn, const char* name, std::span<const Attribute> attributes) {
  Json json = {
      {"schemas", {"urn:ietf:params:scim:schemas:core:2.0:Schema"}},
      {"id", urn},
      {"name", name},
      {"description", name},
      {"attributes", Json::array()},
      {"meta", {{"resourceType", "Schema"}, {"location", "/scim/v2/Schemas/" + std::string(urn)}}}};
  for (const Attribute& attribute : attributes) {
    if (attribute.name != "meta") json["attributes"].push_back(ToJson(attribute));
  }
  return json;
}

Json List(Json resources) {
  const size_t count = resources.size();
  return {{"schemas", {kListUrn}},
          {"totalResults", count},
          {"startIndex", 1},
          {"itemsPerPage", count},
          {"Resources", std::move(resources)}};
}

}  // namespace

const Attribute* FindAttribute(bool extension, std::string_view name) {
  const std::span<const Attribute> all = extension
                                             ? std::span<const Attribute>(kVolunteerAttributes)
                                             : std::span<const Attribute>(kUserAttributes);
  for (const Attribute& attribute : all) {
    if (EqualNoCase(attribute.name, name)) return &attribute;
  }
  return nullptr;
}

const Attribute* FindPart(const Attribute& attribute, std::string_view name) {
  for (const Attribute& part : attribute.parts) {
    if (EqualNoCase(part.name, name)) return &part;
  }
  return nullptr;
}

Prefix TakePrefix(std::string_view& text) {
  for (const auto& [urn, prefix] :
       {std::pair{kUserUrn, Prefix::kCore}, std::pair{kVolunteerUrn, Prefix::kExtension}}) {
    if (!StartsWithNoCase(text, urn)) continue;
    std::string_view rest = text.substr(urn.size());
    if (!rest.empty() && rest.front() != ':') continue;
    if (!rest.empty()) rest.remove_prefix(1);
    text = rest;
    return prefix;
  }
  return Prefix::kNone;
}

std::optional<ScimPath> ParseScimPath(std::string_view text, bool extension_on) {
  const std::string whole(text);
  const auto malformed = [&whole] {
    return ScimError(400, "invalidPath", "The path \"" + whole + "\" is malformed.");
  };
  if (text.empty()) throw malformed();
  ScimPath path;
  path.extension = TakePrefix(text) == Prefix::kExtension;
  if (path.extension && !extension_on) return std::nullopt;
  if (text.empty()) return path.extension ? std::optional(path) : std::nullopt;

  const size_t name_end = text.find_first_of("[.");
  path.attribute = FindAttribute(path.extension, text.substr(0, name_end));
  text = name_end == std::string_view::npos ? std::string_view() : text.substr(name_end);
  if (text.starts_with('[')) {
    // The filter ends at the bracket that no text holds.
    bool quoted = false;
    size_t end = 1;
    for (; end < text.size(); ++end) {
      if (text[end] == '\\' && quoted) {
        ++end;
      } else if (text[end] == '"') {
        quoted = !quoted;
      } else if (text[end] == ']' && !quoted) {
        break;
      }
    }
    if (end >= text.size()) throw malformed();
    path.filter = std::string(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
  }
  if (path.attribute == nullptr) return std::nullopt;
  if (path.filter && !path.attribute->multiple) throw malformed();
  if (text.empty()) return path;
  if (text.front() != '.' || text.size() == 1) throw malformed();
  path.part = FindPart(*path.attribute, text.substr(1));
  if (path.part == nullptr) return std::nullopt;
  return path;
}

Json ServiceProviderConfig(int page_max) {
  return {{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}},
          {"patch", {{"supported", true}}},
          {"bulk", {{"supported", false}, {"maxOperations", 0}, {"maxPayloadSize", 0}}},
          {"filter", {{"supported", true}, {"maxResults", page_max}}},
          {"changePassword", {{"supported", false}}},
          {"sort", {{"supported", false}}},
          {"etag", {{"supported", true}}},
          {"authenticationSchemes",
           {{{"type", "oauthbearertoken"},
             {"name", "Bearer token"},
             {"description", "A token that may read, and one that may write"},
             {"primary", true}}}},
          {"meta",
           {{"resourceType", "ServiceProviderConfig"},
            {"location", "/scim/v2/ServiceProviderConfig"}}}};
}

Json SchemaList(bool extension_on) {
  Json schemas = Json::array();
  schemas.push_back(Schema(kUserUrn, "User", kUserAttributes));
  if (extension_on) schemas.push_back(Schema(kVolunteerUrn, "Volunteer", kVolunteerAttributes));
  return List(std::move(schemas));
}

Json ResourceTypeList(bool extension_on) {
  Json user = {{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
               {"id", "User"},
               {"name", "User"},
               {"endpoint", "/Users"},
               {"description", "An account of a volunteer"},
               {"schema", kUserUrn}};
  user["schemaExtensions"] = Json::array();
  if (extension_on) {
    user["schemaExtensions"].push_back({{"schema", kVolunteerUrn}, {"required", false}});
  }
  user["meta"] = {{"resourceType", "ResourceType"}, {"location", "/scim/v2/ResourceTypes/User"}};
  Json list = Json::array();
  list.push_back(std::move(user));
  return List(std::move(list));
}

}  // namespace roster::sandbox
