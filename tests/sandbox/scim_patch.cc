#include "tests/sandbox/scim_patch.h"

#include <algorithm>
#include <optional>

#include "tests/sandbox/scim_filter.h"
#include "tests/sandbox/scim_schema.h"

namespace roster::sandbox {
namespace {

enum class Op { kAdd, kReplace, kRemove };

const std::string kExtensionKey(kVolunteerUrn);

ScimError InvalidValue(std::string_view name) {
  return {400, "invalidValue", "The value of \"" + std::string(name) + "\" is not valid."};
}

void UnknownAttribute(std::string_view name, const WriteRules& rules) {
  if (rules.drop_unknown) return;
  throw ScimError(400, "invalidPath", "There is no attribute \"" + std::string(name) + "\".");
}

void CheckSimple(const Attribute& attribute, const Json& value) {
  const bool fits = attribute.type == ScimType::kBoolean ? value.is_boolean() : value.is_string();
  if (!fits) throw InvalidValue(attribute.name);
}

// One value of a complex attribute, in the proper spelling.
Json Element(const Attribute& attribute, const Json& value, const WriteRules& rules) {
  if (!value.is_object()) throw InvalidValue(attribute.name);
  Json element = Json::object();
  for (const auto& [name, part_value] : value.items()) {
    const Attribute* part = FindPart(attribute, name);
    if (part == nullptr) {
      UnknownAttribute(std::string(attribute.name) + "." + name, rules);
      continue;
    }
    if (part_value.is_null()) continue;
    CheckSimple(*part, part_value);
    element[std::string(part->name)] = part_value;
  }
  return element;
}

// The value of an attribute as it is kept. A single value of a multiple attribute becomes a list.
Json Normal(const Attribute& attribute, const Json& value, const WriteRules& rules) {
  if (attribute.type != ScimType::kComplex) {
    CheckSimple(attribute, value);
    return value;
  }
  if (!attribute.multiple) return Element(attribute, value, rules);
  Json list = Json::array();
  if (value.is_array()) {
    for (const Json& one : value) list.push_back(Element(attribute, one, rules));
  } else {
    list.push_back(Element(attribute, value, rules));
  }
  return list;
}

bool IsPrimary(const Json& element) {
  const auto primary = element.find("primary");
  if (primary == element.end()) return false;
  const bool* const value = primary->get_ptr<const bool*>();
  return value != nullptr && *value;
}

// When several say that they are the primary one, the last to say so is.
void OnePrimary(Json& list) {
  bool seen = false;
  for (auto element = list.rbegin(); element != list.rend(); ++element) {
    if (!IsPrimary(*element)) continue;
    if (seen) (*element)["primary"] = false;
    seen = true;
  }
}

class Patcher {
 public:
  Patcher(Json& user, const WriteRules& rules) : user_(user), rules_(rules) {}

  void Apply(const Json& operation) {
    if (!operation.is_object() || !operation.contains("op") || !operation["op"].is_string()) {
      throw ScimError(400, "invalidSyntax", "An operation needs its op.");
    }
    const std::string name = Lower(operation["op"].get<std::string>());
    const std::optional<Op> op = name == "add"       ? std::optional(Op::kAdd)
                                 : name == "replace" ? std::optional(Op::kReplace)
                                 : name == "remove"  ? std::optional(Op::kRemove)
                                                     : std::nullopt;
    if (!op) throw ScimError(400, "invalidSyntax", "op is add, replace or remove.");
    const bool has_value = operation.contains("value");
    if (*op != Op::kRemove && !has_value) {
      throw ScimError(400, "invalidValue", "The operation needs a value.");
    }
    const Json value = has_value ? operation["value"] : Json();
    if (operation.contains("path")) {
      if (!operation["path"].is_string()) {
        throw ScimError(400, "invalidPath", "The path must be a text.");
      }
      ApplyAt(*op, operation["path"].get<std::string>(), value);
    } else if (*op == Op::kRemove) {
      throw ScimError(400, "noTarget", "remove needs a path.");
    } else {
      if (!value.is_object()) throw InvalidValue("value");
      for (const auto& [key, inner] : value.items()) {
        if (key != "schemas") ApplyAt(*op, key, inner);
      }
    }
  }

  void Tidy() {
    for (const char* list : {"emails", "phoneNumbers"}) {
      if (!user_.contains(list)) continue;
      OnePrimary(user_[list]);
      if (user_[list].empty()) user_.erase(list);
    }
    if (user_.contains(kExtensionKey) && user_[kExtensionKey].empty()) user_.erase(kExtensionKey);
    user_["schemas"] = Json::array({kUserUrn});
    if (user_.contains(kExtensionKey)) user_["schemas"].push_back(kVolunteerUrn);
    if (!user_.contains("userName") || Trim(user_["userName"].get<std::string>()).empty()) {
      throw ScimError(400, "invalidValue", "userName is required.");
    }
  }

 private:
  void ApplyAt(Op op, const std::string& text, const Json& value) {
    const auto path = ParseScimPath(text, rules_.extension_on);
    if (!path) {
      UnknownAttribute(text, rules_);
      return;
    }
    if (path->attribute == nullptr) {
      ApplyToExtension(op, value);
      return;
    }
    const Attribute& attribute = *path->attribute;
    if (attribute.read_only || (path->part != nullptr && path->part->read_only)) {
      throw ScimError(400, "mutability", "\"" + std::string(attribute.name) + "\" is read-only.");
    }
    Json& home = path->extension ? user_[kExtensionKey] : user_;
    if (home.is_null()) home = Json::object();
    const std::string name(attribute.name);
    // To replace by null is to remove.
    if (op == Op::kReplace && value.is_null()) op = Op::kRemove;
    if (path->filter) {
      ApplyToSome(op, home[name], *path, value);
    } else if (path->part != nullptr) {
      ApplyToPart(op, home, *path, value);
    } else if (op == Op::kRemove) {
      home.erase(name);
    } else {
      ApplyToAttribute(op, home[name], attribute, value);
    }
    if (home.contains(name) && home[name].is_null()) home.erase(name);
  }

  void ApplyToExtension(Op op, const Json& value) {
    if (op == Op::kRemove) {
      user_.erase(kExtensionKey);
      return;
    }
    if (!value.is_object()) throw InvalidValue(kVolunteerUrn);
    for (const auto& [key, inner] : value.items()) ApplyAt(op, kExtensionKey + ":" + key, inner);
  }

  void ApplyToAttribute(Op op, Json& target, const Attribute& attribute, const Json& value) {
    Json normal = Normal(attribute, value, rules_);
    if (attribute.multiple && op == Op::kAdd && target.is_array()) {
      for (Json& element : normal) {
        if (std::find(target.begin(), target.end(), element) == target.end()) {
          target.push_back(std::move(element));
        }
      }
    } else if (attribute.type == ScimType::kComplex && !attribute.multiple && target.is_object()) {
      target.update(normal);
    } else {
      target = std::move(normal);
    }
  }

  // attribute.part, without a filter: in all values of a multiple attribute.
  void ApplyToPart(Op op, Json& home, const ScimPath& path, const Json& value) {
    const std::string name(path.attribute->name);
    const std::string part(path.part->name);
    if (op == Op::kRemove) {
      if (!home.contains(name)) return;
      Json& target = home[name];
      if (target.is_array()) {
        for (Json& element : target) element.erase(part);
      } else {
        target.erase(part);
        if (target.empty()) home.erase(name);
      }
      return;
    }
    CheckSimple(*path.part, value);
    Json& target = home[name];
    if (!path.attribute->multiple) {
      target[part] = value;
      return;
    }
    if (!target.is_array() || target.empty()) target = Json::array({Json::object()});
    for (Json& element : target) element[part] = value;
  }

  // attribute[filter] or attribute[filter].part.
  void ApplyToSome(Op op, Json& target, const ScimPath& path, const Json& value) {
    const ScimFilter filter(*path.filter);
    if (!target.is_array()) target = Json::array();
    const auto fits = [&](const Json& element) { return filter.Matches(element); };
    const bool any = std::any_of(target.begin(), target.end(), fits);
    if (!any && op != Op::kAdd) {
      throw ScimError(400, "noTarget", "No value fits the path's filter.");
    }
    if (op == Op::kRemove && path.part == nullptr) {
      target.erase(std::remove_if(target.begin(), target.end(), fits), target.end());
      return;
    }
    if (!any) {
      // A new value that the filter would find.
      Json element = Json::object();
      for (const ScimFilter::Equality& equality : filter.equalities()) {
        const Attribute* part = FindPart(*path.attribute, equality.path);
        if (part != nullptr) element[std::string(part->name)] = equality.value;
      }
      target.push_back(std::move(element));
    }
    bool became_primary = false;
    std::vector<size_t> chosen;
    for (size_t i = 0; i < target.size(); ++i) {
      if (!any ? i + 1 == target.size() : fits(target[i])) chosen.push_back(i);
    }
    for (const size_t i : chosen) {
      Json& element = target[i];
      const bool was_primary = IsPrimary(element);
      if (path.part == nullptr) {
        const Json normal = Element(*path.attribute, value, rules_);
        element.update(normal);
      } else if (op == Op::kRemove) {
        element.erase(std::string(path.part->name));
      } else {
        CheckSimple(*path.part, value);
        element[std::string(path.part->name)] = value;
      }
      became_primary = became_primary || (!was_primary && IsPrimary(element));
    }
    if (!became_primary) return;
    for (size_t i = 0; i < target.size(); ++i) {
      const bool here = std::find(chosen.begin(), chosen.end(), i) != chosen.end();
      if (!here && IsPrimary(target[i])) target[i]["primary"] = false;
    }
  }

  Json& user_;
  const WriteRules& rules_;
};

}  // namespace

Json UserFromBody(const Json& body, const WriteRules& rules) {
  if (!body.is_object()) throw ScimError(400, "invalidSyntax", "The body is no object.");
  Json user = Json::object();
  Patcher patcher(user, rules);
  Json operation = {{"op", "add"}};
  for (const auto& [key, value] : body.items()) {
    // What is read-only or unset is ignored in a whole user (RFC 7644, section 3.3).
    const Attribute* attribute = FindAttribute(false, key);
    if (value.is_null() || (attribute != nullptr && attribute->read_only)) continue;
    if (EqualNoCase(key, "schemas")) continue;
    if (EqualNoCase(key, kVolunteerUrn) && value.is_object()) {
      Json writable = Json::object();
      for (const auto& [inner, inner_value] : value.items()) {
        const Attribute* known = FindAttribute(true, inner);
        if (!inner_value.is_null() && (known == nullptr || !known->read_only)) {
          writable[inner] = inner_value;
        }
      }
      operation["value"] = Json{{key, writable}};
    } else {
      operation["value"] = Json::object();
      operation["value"][key] = value;
    }
    patcher.Apply(operation);
  }
  if (!user.contains("active")) user["active"] = true;
  patcher.Tidy();
  return user;
}

void ApplyPatch(Json& user, const Json& request, const WriteRules& rules) {
  if (!request.is_object()) throw ScimError(400, "invalidSyntax", "The body is no object.");
  const bool known = request.contains("schemas") && request["schemas"].is_array() &&
                     std::find(request["schemas"].begin(), request["schemas"].end(),
                               Json(kPatchUrn)) != request["schemas"].end();
  if (!known) throw ScimError(400, "invalidSyntax", "The body is no PatchOp.");
  const Json* operations = nullptr;
  for (const auto& [key, value] : request.items()) {
    if (EqualNoCase(key, "Operations")) operations = &value;
  }
  if (operations == nullptr || !operations->is_array() || operations->empty()) {
    throw ScimError(400, "invalidSyntax", "The body has no Operations.");
  }
  Patcher patcher(user, rules);
  for (const Json& operation : *operations) patcher.Apply(operation);
  patcher.Tidy();
}

}  // namespace roster::sandbox
