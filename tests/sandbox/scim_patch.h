// Reading what a client sends about a user: a whole one (POST) or operations on one (PATCH, RFC
// 7644 section 3.5.2).
#pragma once

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {

struct WriteRules {
  bool extension_on = true;
  bool drop_unknown = false;  // accept unknown attributes, and forget them
};

// The user as the site keeps it: known attributes in their proper spelling, read-only ones left
// out.
// Throws ScimError.
Json UserFromBody(const Json& body, const WriteRules& rules);

// Applies all operations of a PatchOp, or throws ScimError; then `user` is to be thrown away.
void ApplyPatch(Json& user, const Json& request, const WriteRules& rules);

}  // namespace roster::sandbox
