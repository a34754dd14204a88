// SCIM's filter language (RFC 7644, section 3.4.2.2), for lists and for the values in a PATCH path.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/json_row.h"

namespace roster::sandbox {

class ScimFilter {
 public:
  // `path eq value`, which every match fulfils.
  struct Equality {
    std::string path;  // in lower case
    Json value;
  };

  // Throws ScimError (invalidFilter).
  explicit ScimFilter(std::string_view text);
  ~ScimFilter();
  ScimFilter(ScimFilter&&) noexcept;

  bool Matches(const Json& resource) const;

  // Those that are joined by `and`: they allow a lookup, and say what a new value must hold.
  const std::vector<Equality>& equalities() const { return equalities_; }

 private:
  struct Node;
  class Parser;

  static bool Matches(const Node& node, const Json& resource);
  void Collect(const Node& node);

  std::unique_ptr<Node> root_;
  std::vector<Equality> equalities_;
};

}  // namespace roster::sandbox
