// What the volunteer site says about itself (RFC 7643): attributes, schemas, resource types.
#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {

inline constexpr std::string_view kUserUrn = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr std::string_view kVolunteerUrn =
    "urn:ietf:params:scim:schemas:extension:volunteer:2.0:User";
inline constexpr std::string_view kListUrn = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
inline constexpr std::string_view kErrorUrn = "urn:ietf:params:scim:api:messages:2.0:Error";
inline constexpr std::string_view kPatchUrn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

// An answer that is no success (RFC 7644, section 3.12).
class ScimError : public std::runtime_error {
 public:
  ScimError(int status, std::string scim_type, const std::string& detail)
      : std::runtime_error(detail), status_(status), scim_type_(std::move(scim_type)) {}
  int status() const { return status_; }
  const std::string& scim_type() const { return scim_type_; }

 private:
  int status_;
  std::string scim_type_;
};

enum class ScimType { kString, kBoolean, kDateTime, kComplex };

struct Attribute {
  std::string_view name;
  ScimType type = ScimType::kString;
  bool multiple = false;
  bool read_only = false;
  std::span<const Attribute> parts = {};
};

// Names in any case; nullptr when unknown.
const Attribute* FindAttribute(bool extension, std::string_view name);
const Attribute* FindPart(const Attribute& attribute, std::string_view name);

// A path of a PATCH: [urn:]attribute["[" filter "]"]["." part].
struct ScimPath {
  bool extension = false;
  const Attribute* attribute = nullptr;  // nullptr: the whole extension
  std::optional<std::string> filter;
  const Attribute* part = nullptr;
};

// nullopt when the site has no such attribute. Throws ScimError (invalidPath) for what is no path.
std::optional<ScimPath> ParseScimPath(std::string_view text, bool extension_on);

// Cuts "urn:...:User" off the front of an attribute's name, when it stands there. `text` is then
// empty or the name after the colon.
enum class Prefix { kNone, kCore, kExtension };
Prefix TakePrefix(std::string_view& text);

Json ServiceProviderConfig(int page_max);
Json SchemaList(bool extension_on);
Json ResourceTypeList(bool extension_on);

}  // namespace roster::sandbox
