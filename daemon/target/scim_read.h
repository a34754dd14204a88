#pragma once

// From the site's JSON (RFC 7643, 7644) to values. Strict about what we rely on, tolerant of the
// rest: unknown attributes are skipped, null and missing are alike, names are compared without case
// (RFC 7643, 2.1). Messages say what is wrong and where, and never quote what the site sent.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/account.h"

namespace roster::target {

inline constexpr std::string_view kUserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr std::string_view kVolunteerSchema =
    "urn:ietf:params:scim:schemas:extension:volunteer:2.0:User";

// ASCII, as attribute names and URNs are.
bool SameName(std::string_view a, std::string_view b);

// What a list answer says (RFC 7644, 3.4.2). `itemsPerPage` and `startIndex` are not read: they may
// be what was asked for.
struct UserPage {
  std::uint64_t total = 0;
  std::vector<model::Account> accounts;
};

// Reads many documents with one parser. One thread. Every failure is Invalid "site-malformed".
class ScimReader {
 public:
  ScimReader();
  ~ScimReader();
  ScimReader(const ScimReader&) = delete;
  ScimReader& operator=(const ScimReader&) = delete;

  // `body` gets more capacity (the parser reads past the end), its content stays.
  Result<UserPage> Users(std::string& body);
  Result<model::Account> User(std::string& body);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// Of an answer of /Schemas (a list) or /Schemas/{id} (one).
struct SchemaAnswer {
  bool named = false;    // the volunteer extension is among them
  bool whole = false;    // the list holds as many as it says
  bool invited = false;  // its invitedAt is declared
};
Result<SchemaAnswer> ReadSchemas(const std::string& body);

// Of /ServiceProviderConfig: sort.supported. False when it is not said.
bool ReadSortSupported(const std::string& body);

// An error's scimType (RFC 7644, 3.12), "" when there is none. Its detail is never read: it may
// hold an address.
std::string ReadScimType(const std::string& body);

}  // namespace roster::target
