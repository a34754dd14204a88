#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/model/settings.h"
#include "daemon/model/snapshot.h"

namespace roster::roster {

// What one Students row says of its person. In the order in which it decides when several rows of
// one person differ and none is in scope (rules, 4 and 20: the first that fits any of them).
enum class RowSays : std::uint8_t {
  kInScope = 1,
  kUnknown,
  kNotYet,
  kGraduated,
  kWithdrawn,
  kInactive,
  kOutOfScope,
};

// The config's scope, made ready to be asked a million times.
class ScopeCheck {
 public:
  explicit ScopeCheck(const model::Scope& scope);

  RowSays Judge(const model::Student& row, model::Standing standing) const;

 private:
  bool NamesStatus(model::Standing standing) const;

  std::vector<std::string> school_codes_;  // folded; empty: all
  std::vector<std::string> grades_;        // the same
  std::vector<model::Standing> statuses_;
};

}  // namespace roster::roster
